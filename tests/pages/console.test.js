// Every page of the console is looked at, and what happens shows by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { account, call, keys, look, open, server, session } from "./browser.js";

/**
 * Signs in to a page of the console.
 * @param {import("playwright-core").Page} page
 * @param {string} path
 */
async function signIn(page, path) {
  await page.goto(`${server}${path}`);
  await page.getByLabel("Public key").fill(keys["public-api-key"]);
  await page.getByLabel("Secret key").fill(keys["private-secret-key"]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${server}${path}`);
}

test("every page of the console, in light, in the dark and on a phone", async () => {
  const page = await open();
  const paid = await session();
  const token = await call("POST", `/v1/checkout/sessions/${paid}/token`, {
    payment_method: { type: "CARD", card: { number: "4507990000000010", expiration_month: 11, expiration_year: 28, security_code: "123", holder_name: "Ana Souza" } },
  });
  const payment = await call("POST", `/v1/checkout/sessions/${paid}/pay`, { token: token.token });
  const [connection] = await call("GET", `/v1/connections?account_id=${account}`);
  const made = await call("POST", "/v1/checkouts", { name: `look ${crypto.randomUUID()}` });
  await signIn(page, "/console");
  const sections = await page.locator("header nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
  assert.equal(sections.length, 9);
  for (const path of [
    ...sections, `/console/payments/${payment.id}`, `/console/connections/${connection.connection_id}`, `/console/checkouts/${made.id}`,
    "/console/sessions/01980f2e-7a6b-7c4d-8e5f-0123456789ab",
  ]) {
    await page.goto(server + path);
    const name = path.replace(/[0-9a-f-]{36}/, "one").slice(1).replaceAll("/", "-");
    await look(page, name);
    for (const secret of [keys["private-secret-key"]]) assert.ok(!(await page.content()).includes(secret), path);
  }
  await page.context().close();
});

test("a session that is made elsewhere shows by itself", async () => {
  const page = await open();
  await signIn(page, "/console/sessions");
  const id = await session();
  await page.locator(`a[href*="${id}"]`).first().waitFor();
  await page.done();
});

test("a page that a refused form has led to follows what happens, too", async () => {
  const page = await open();
  const paid = await session();
  const token = await call("POST", `/v1/checkout/sessions/${paid}/token`, {
    payment_method: { type: "CARD", card: { number: "4507990000000002", expiration_month: 11, expiration_year: 28, security_code: "123", holder_name: "Ana Souza" } },
  });
  const { id } = await call("POST", `/v1/checkout/sessions/${paid}/pay`, { token: token.token });
  await signIn(page, `/console/payments/${id}`);
  await page.locator("details.asks summary").click();
  await page.getByLabel("Amount in BRL").fill("1000");
  await page.getByRole("button", { name: "Yes, refund" }).click();
  await page.getByRole("alert").getByText("Nothing was changed").waitFor();
  const { transactions } = await call("GET", `/v1/payments/${id}`);
  await call("POST", `/v1/payments/${id}/transactions/${transactions[0].id}/refund`, { merchant_reference: "elsewhere", amount: { currency: "BRL", value: 10 } });
  await page.locator("#facts").getByText("BRL 10", { exact: true }).waitFor();
  await page.context().close();
});

test("what cannot be undone asks first", async () => {
  const page = await open();
  const connection = await call("POST", "/v1/connections", {
    account_id: account, merchant_connection_id: crypto.randomUUID(), provider_id: "YUNO_TEST_PAYMENT_GW", flow_type: "PAYIN",
    payment_methods: ["CARD"], params: [],
  });
  const path = `/console/connections/${connection.connection_id}`;
  await signIn(page, path);
  const sure = page.getByRole("button", { name: /^Yes, delete/ });
  assert.equal(await sure.isVisible(), false);
  await page.locator("details.asks summary").click();
  await sure.click();
  await page.waitForURL(`${server}/console/connections`);
  const response = await fetch(`${server}/v1/connections/${connection.connection_id}`, { headers: keys });
  assert.equal(response.status, 404);
  await page.done();
});
