// From the first page to the console: what a developer does in the first five minutes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fillCard, keys, look, open, receiver, server } from "./browser.js";

/**
 * Makes a session on the home page, and opens its checkout.
 * @param {import("playwright-core").Page} page
 */
async function begin(page) {
  await page.goto(server);
  await page.getByRole("button", { name: "Create a session" }).click();
  await page.getByText("HTTP 200").waitFor();
  const link = page.getByRole("link", { name: "Open its checkout" });
  const id = /checkout\/([0-9a-f-]{36})/.exec((await link.getAttribute("href")) ?? "")?.[1] ?? "";
  assert.match((await page.textContent("#request")) ?? "", /curl http.*\/v1\/checkout\/sessions/);
  return { id, link };
}

/**
 * Signs in to the console, on the way to a session, and sees it completed, with its webhooks delivered.
 * @param {import("playwright-core").Page} page
 * @param {string} id
 */
async function seeCompleted(page, id) {
  await page.goto(`${server}/console/sessions/${id}`);
  if (page.url().includes("/console/sign-in")) {
    await page.getByLabel("Public key").fill(keys["public-api-key"]);
    await page.getByLabel("Secret key").fill(keys["private-secret-key"]);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL(`${server}/console/sessions/${id}`);
  }
  await page.getByText("COMPLETED").first().waitFor();
  // It comes by itself when it was not there yet.
  await page.getByText("DELIVERED").first().waitFor();
}

test("by card: made on the first page, paid on the hosted checkout, seen in the console with its webhook", async () => {
  const hook = await receiver();
  const page = await open();
  await page.goto(server);
  await look(page, "home");
  const { id, link } = await begin(page);
  await look(page, "home-session");
  await link.click();
  await page.getByText("Running shoes").waitFor();
  await fillCard(page, "4507990000000002");
  await page.click("#pay");
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  await page.goto(`${server}/console`);
  await look(page, "console-sign-in");
  await seeCompleted(page, id);
  await look(page, "console-session");
  assert.ok(hook.received.some((event) => JSON.stringify(event).includes(id)), "its receiver was called");
  await page.done();
  await hook.close();
});

test("by PIX: the console shows the end of it by itself", async () => {
  const hook = await receiver();
  const page = await open();
  const { id, link } = await begin(page);
  await link.click();
  await page.getByLabel("Pix").check();
  await page.click("#pay");
  await page.getByRole("heading", { name: "Waiting for your payment" }).waitFor();
  await page.getByRole("link", { name: "Continue to the payment" }).click();
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  await seeCompleted(page, id);
  await page.done();
  await hook.close();
});

test("by a card that is authenticated", async () => {
  const hook = await receiver();
  const page = await open();
  const { id, link } = await begin(page);
  await link.click();
  await fillCard(page, "4916994064252017");
  await page.click("#pay");
  await page.fill("#otp", "1234");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("heading", { name: "Payment approved" }).waitFor();
  await seeCompleted(page, id);
  await page.done();
  await hook.close();
});
