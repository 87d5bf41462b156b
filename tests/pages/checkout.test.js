// The hosted checkout: what a customer sees and does.
import assert from "node:assert/strict";
import { test } from "node:test";
import { account, call, checkout, fillCard, look, open, server, session } from "./browser.js";

const GOOD = "4507990000000002";
const DECLINED = "4507990000000028";
const CHALLENGED = "4916994064252017";

test("a card is paid with, and the customer goes back to the shop", async () => {
  const page = await open({ locale: "pt-BR" });
  await page.route("https://shop.test/**", (route) => route.fulfill({ body: "the shop" }));
  const id = await session({ return_url: "https://shop.test/done?a=b" });
  await page.goto(checkout(id));
  assert.equal(await page.getAttribute("html", "lang"), "pt");
  assert.match((await page.textContent(".amount")) ?? "", /R\$\s259,90 BRL/);
  await look(page, "checkout");
  await fillCard(page, GOOD);
  assert.equal(await page.inputValue("#number"), "4507 9900 0000 0002");
  assert.equal(await page.textContent("#brand"), "Visa");
  await look(page, "checkout-card");
  await page.click("#pay");
  await page.getByRole("heading", { name: "Pagamento aprovado" }).waitFor();
  await look(page, "checkout-approved");
  await page.getByRole("button", { name: "Ficar aqui" }).click();
  await page.getByRole("link", { name: "Voltar à loja" }).click();
  const payment = await call("GET", `/v1/checkout/sessions/${id}/payment`);
  assert.deepEqual([payment.status, payment.workflow, payment.amount.value], ["SUCCEEDED", "CHECKOUT", 259.9]);
  await page.waitForURL(`https://shop.test/done?a=b&checkoutSession=${id}`);
  await page.done();
});

test("of several methods with a card each is paid with its own", async () => {
  const connection = await call("POST", "/v1/connections", {
    account_id: account, merchant_connection_id: crypto.randomUUID(), provider_id: "MERCADO_PAGO", flow_type: "PAYIN",
    payment_methods: ["CHECKOUT_API"], params: [],
  }).catch((error) => error);
  assert.ok(connection.connection_id, String(connection));
  const page = await open();
  const id = await session();
  await page.goto(checkout(id));
  await page.locator("input[value=CARD]").check();
  await page.fill("#number", DECLINED);
  await page.locator("input[value=CHECKOUT_API]").check();
  await page.locator("input[value=CHECKOUT_API] ~ .card #holder").fill("Ana Souza");
  await page.fill("#number", GOOD);
  await page.fill("#expiry", "11/28");
  await page.fill("#security-code", "123");
  await page.click("#pay");
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  assert.equal((await call("GET", `/v1/checkout/sessions/${id}/payment`)).payment_method.type, "CHECKOUT_API");
  await page.done();
  await call("DELETE", `/v1/connections/${connection.connection_id}`);
});

test("in the dark a merchant's colours are still the merchant's", async () => {
  const page = await open({ colorScheme: "dark" });
  const made = await call("POST", "/v1/checkouts", { name: `dark ${crypto.randomUUID()}` });
  const look = { styles: { global: { accent_color: "#FFB3D1", primary_button_text_color: "#000000" } } };
  for (const [dark_mode, background] of /** @type {[boolean, string][]} */ ([[false, "rgb(255, 255, 255)"], [true, "rgb(25, 28, 34)"]])) {
    await call("PUT", `/v1/checkouts/${made.id}`, { styling: { ...look, settings: { ui: { dark_mode } } } });
    await page.goto(checkout(await session({ checkout_id: made.id })));
    const drawn = await page.evaluate(() => [
      getComputedStyle(/** @type {Element} */ (document.querySelector("#pay"))).backgroundColor,
      getComputedStyle(/** @type {Element} */ (document.querySelector(".payment"))).backgroundColor,
    ]);
    assert.deepEqual(drawn, ["rgb(255, 179, 209)", background]);
  }
  await page.done();
});

test("a card that is declined costs nothing", async () => {
  const page = await open({ locale: "es-MX" });
  await page.goto(checkout(await session({ country: "MX", amount: { currency: "MXN", value: 1899 } })));
  assert.match((await page.textContent(".amount")) ?? "", /\$\s1,899\.00 MXN/);
  await fillCard(page, DECLINED);
  await page.click("#pay");
  await page.getByRole("heading", { name: "Pago rechazado" }).waitFor();
  await look(page, "checkout-declined");
  await page.done();
});

test("a card is authenticated on the way", async () => {
  const page = await open();
  const id = await session();
  await page.goto(`${checkout(id)}&language=es`);
  await fillCard(page, CHALLENGED);
  await page.click("#pay");
  await page.waitForURL(/\/simulator\//);
  await look(page, "challenge");
  await page.fill("#otp", "1234");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { name: "Pago aprobado" }).waitFor();
  assert.ok(page.url().startsWith(`${server}/checkout/${id}?`), page.url());
  await page.done();
});

test("PIX shows its code, and the page goes on by itself when the money comes", async () => {
  const page = await open();
  const id = await session();
  await page.goto(checkout(id));
  await page.getByLabel("Pix", { exact: false }).check();
  await page.click("#pay");
  await page.getByRole("heading", { name: "Waiting for your payment" }).waitFor();
  await page.locator(".qr svg").waitFor();
  assert.match(await page.inputValue("#code"), /^000201/);
  await look(page, "checkout-pix");
  const bank = await open();
  await bank.goto(/** @type {string} */ (await page.getByRole("link", { name: "Continue to the payment" }).evaluate((link) => /** @type {HTMLAnchorElement} */ (link).href)));
  await look(bank, "provider");
  await bank.getByRole("button", { name: "Approve" }).click();
  await bank.getByRole("heading", { name: "Payment approved" }).waitFor();
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  assert.equal((await call("GET", `/v1/checkout/sessions/${id}`)).status, "COMPLETED");
  await bank.done();
  await page.done();
});

test("what is wrong with a card is said where it is, and nothing is sent", async () => {
  const page = await open();
  const id = await session();
  await page.goto(checkout(id));
  await page.click("#pay");
  assert.match((await page.textContent("#problem")) ?? "", /Choose how to pay/);
  await page.locator("input[data-card]").check();
  await page.fill("#number", "1234");
  await page.fill("#expiry", "01/20");
  await page.click("#pay");
  for (const [field, text] of [["number", "8 to 19"], ["expiry", "expired"], ["security-code", "3 or 4"], ["holder", "name"]]) {
    assert.match((await page.textContent(`#${field}-wrong`)) ?? "", new RegExp(text));
    assert.equal(await page.getAttribute(`#${field}`, "aria-invalid"), "true");
  }
  assert.equal(await page.evaluate(() => document.activeElement?.id), "number", "the first that is wrong");
  await look(page, "checkout-wrong");
  await page.fill("#number", "");
  await page.locator("#number").pressSequentially(GOOD);
  assert.equal(await page.getAttribute("#number", "aria-invalid"), "false", "it is looked at again while it is mended");
  assert.equal((await call("GET", `/v1/checkout/sessions/${id}`)).used, false);
  await page.done();
});

test("instalments of the card are offered, and an enrolled card comes first", async () => {
  const page = await open();
  const customer = await call("POST", "/v1/customers", { merchant_customer_id: crypto.randomUUID(), first_name: "Ana" });
  const parts = [{ installment: 1, rate: 1 }, { installment: 3, rate: 1.1 }];
  const with_customer = { customer_id: customer.id, installments: { plan: parts } };
  await page.goto(checkout(await session(with_customer)));
  await fillCard(page, GOOD);
  await page.locator("#installments-field").waitFor();
  await page.selectOption("#installments", "3");
  assert.match((await page.textContent("#installments option:checked")) ?? "", /3 × R\$\s95\.30 \(R\$\s285\.89\)/);
  await page.check("#save");
  await look(page, "checkout-instalments");
  await page.click("#pay");
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  const id = await session({ customer_id: customer.id });
  await page.goto(checkout(id));
  const first = page.locator(".method").first();
  assert.match((await first.textContent()) ?? "", /VISA ending in •••• 0002/);
  await first.locator("input").check();
  await look(page, "checkout-enrolled");
  await page.click("#pay");
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  const payment = await call("GET", `/v1/checkout/sessions/${id}/payment`);
  assert.notEqual(payment.payment_method.vaulted_token, "");
  await page.done();
});

test("a session whose payment the backend makes ends with a token for it", async () => {
  const page = await open();
  await page.goto(checkout(await session({ workflow: "SDK_CHECKOUT" })));
  await fillCard(page, GOOD);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.locator("#for-backend").waitFor();
  const told = await page.locator("#for-backend code").textContent();
  const body = JSON.parse((told ?? "").split("\n\n")[1]);
  const payment = await call("POST", "/v1/payments", { ...body, account_id: account });
  assert.equal(payment.status, "SUCCEEDED");
  await look(page, "checkout-for-backend");
  await page.done();
});

test("the checkout looks as the merchant has it", async () => {
  const page = await open();
  const made = await call("POST", "/v1/checkouts", { name: `look ${crypto.randomUUID()}` }).catch(() => null);
  assert.ok(made, "a checkout is made");
  await call("PUT", `/v1/checkouts/${made.id}`, {
    styling: {
      styles: {
        global: { accent_color: "#8A1C4A", primary_background_color: "#FFF7FA", secondary_background_color: "#F3DCE6", font_family: "Georgia" },
        button: { corner_radius: 24 },
      },
    },
  });
  await page.goto(checkout(await session({ checkout_id: made.checkout_code ?? made.id })));
  const button = await page.locator("#pay").evaluate((element) => {
    const style = getComputedStyle(element);
    return [style.backgroundColor, style.borderRadius, style.fontFamily.split(",")[0]];
  });
  assert.deepEqual(button, ["rgb(138, 28, 74)", "24px", "Georgia"]);
  await look(page, "checkout-styled");
  await page.done();
});

test("the first paint needs no script, and all of it is small", async () => {
  const page = await open({ javaScriptEnabled: false });
  await page.goto(checkout(await session()));
  await page.getByText("Running shoes").waitFor();
  assert.ok((await page.locator(".method").count()) > 1);
  await page.done();
  const whole = await open();
  await whole.goto(checkout(await session()), { waitUntil: "networkidle" });
  const bytes = await whole.evaluate(() =>
    [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
      .map((entry) => /** @type {PerformanceResourceTiming} */ (entry).encodedBodySize)
      .reduce((sum, size) => sum + size, 0));
  console.log(`checkout: ${bytes} bytes with all that it loads`);
  assert.ok(bytes > 10_000 && bytes < 100_000, `${bytes} bytes`);
  await whole.done();
});

test("it is used with the keyboard alone", async () => {
  const page = await open();
  await page.goto(checkout(await session()));
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("value")), "CARD");
  await page.keyboard.press("Tab");
  for (const text of [GOOD, "1128", "123", "Ana Souza"]) {
    await page.keyboard.type(text);
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  await page.done();
});

test("what is no checkout says so, in the language of who asks", async () => {
  const page = await open({ locale: "es-CO" });
  for (const address of ["nonsense", "01980f2e-7a6b-7c4d-8e5f-0123456789ab"]) {
    const response = await page.goto(`${server}/checkout/${address}`);
    assert.equal(response?.status(), 404);
    await page.getByRole("heading", { name: "Este pago no existe" }).waitFor();
  }
  await page.context().close();
});
