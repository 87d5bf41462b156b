// A browser for the tests: Debian's Chromium, or the one that CHROMIUM names, on the server at YUNO_URL.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

const require = createRequire(import.meta.url);
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const server = process.env.YUNO_URL ?? "http://127.0.0.1:7070";
export const keys = { "public-api-key": "sandbox_demo_public_key", "private-secret-key": "sandbox_demo_secret_key" };
export const account = "00000000-0000-4000-8000-000000000001";

/** Where pictures of the pages are kept. */
const shots = process.env.SCREENSHOTS ?? new URL("../../target/pages", import.meta.url).pathname;
mkdirSync(shots, { recursive: true });

/** What Chromium must not do here: ask for anything that is not this server's. */
export const flags = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

/** @type {import("playwright-core").Browser} */
let browser;
before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: flags });
});
after(() => browser.close());

/**
 * A page of its own, with nothing that others left behind. That a page asks for something of another host, breaks its
 * own policy or throws fails the test.
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function open(options) {
  const context = await browser.newContext({ locale: "en-US", viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  /** @type {string[]} */
  const faults = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server) && !url.startsWith("data:") && !url.includes("shop.test")) faults.push(`asked for ${url}`);
  });
  return Object.assign(page, {
    /** Ends the test of this page. */
    async done() {
      await context.close();
      assert.deepEqual(faults, []);
    },
  });
}

/**
 * Takes pictures of a page as it stands: light, dark and on a phone, and has axe look at each.
 * @param {import("playwright-core").Page} page
 * @param {string} name
 */
export async function look(page, name) {
  const size = page.viewportSize();
  for (const [kind, colorScheme, width] of /** @type {["light" | "dark" | "phone", "light" | "dark", number][]} */ ([
    ["light", "light", 1280], ["dark", "dark", 1280], ["phone", "light", 390],
  ])) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 900 });
    await page.screenshot({ path: `${shots}/${name}-${kind}.png`, fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    assert.equal(wide, false, `${name} must not be wider than a ${kind}'s screen`);
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => /** @type {any} */ (window).axe.run(document, { resultTypes: ["violations"] }));
    const told = violations.map((/** @type {any} */ one) => `${one.id}: ${one.nodes.map((/** @type {any} */ node) => node.html).join(" ")}`);
    assert.deepEqual(told, [], `${name}, ${kind}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  if (size) await page.setViewportSize(size);
}

/**
 * Calls the API as the merchant's backend.
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export async function call(method, path, body) {
  const response = await fetch(server + path, {
    method,
    headers: { ...keys, "x-account-code": account, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/**
 * Makes a checkout session, and gives its id.
 * @param {object} [more]
 * @returns {Promise<string>}
 */
export async function session(more) {
  const made = await call("POST", "/v1/checkout/sessions", {
    account_id: account, merchant_order_id: `order-${crypto.randomUUID()}`, payment_description: "Running shoes",
    country: "BR", amount: { currency: "BRL", value: 259.9 }, workflow: "CHECKOUT", ...more,
  });
  return made.checkout_session;
}

/** @param {string} id */
export const checkout = (id) => `${server}/checkout/${id}?public_api_key=${keys["public-api-key"]}`;

/** A receiver of webhooks on this machine, and the webhook that delivers to it. */
export async function receiver() {
  /** @type {any[]} */
  const received = [];
  const listening = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      received.push(JSON.parse(body));
      response.end();
    });
  });
  // What fails before it is closed must not wait for it.
  listening.unref();
  await new Promise((resolve) => listening.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (listening.address());
  const made = await call("POST", "/v1/webhooks", {
    account_id: account, name: `tests ${port}`, url: `http://127.0.0.1:${port}/hooks`, state: "ACTIVE",
    payment_triggers: ["PURCHASE", "AUTHORIZE"], checkout_session_triggers: ["COMPLETED"],
  });
  return {
    received,
    async close() {
      await call("DELETE", `/v1/webhooks/${made.id}?account_id=${account}`);
      listening.close();
    },
  };
}

/**
 * Fills in a card.
 * @param {import("playwright-core").Page} page
 * @param {string} number
 */
export async function fillCard(page, number) {
  await page.locator("input[data-card]").check();
  await page.locator("#number").pressSequentially(number);
  await page.locator("#expiry").pressSequentially("1128");
  await page.locator("#security-code").fill(number.startsWith("3") ? "1234" : "123");
  await page.locator("#holder").fill("Ana Souza");
}
