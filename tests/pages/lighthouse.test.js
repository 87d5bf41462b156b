// Lighthouse on the three pages. What it says of accessibility and of good practice is asserted; how fast pages are depends
// on the machine, and is only told.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import lighthouse from "lighthouse";
import { chromium } from "playwright-core";
import { checkout, flags, keys, server, session } from "./browser.js";

/** @returns {Promise<number>} */
async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", () => resolve(null)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (probe.address());
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** The cookie of who is signed in. */
async function signedIn() {
  const body = new URLSearchParams({ public_api_key: keys["public-api-key"], private_secret_key: keys["private-secret-key"] });
  const response = await fetch(`${server}/console/sign-in`, { method: "POST", body, redirect: "manual" });
  return response.headers.getSetCookie()[0].split(";")[0];
}

test("Lighthouse gives the pages 95 or more", async () => {
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...flags, `--remote-debugging-port=${port}`],
  });
  /** @type {[string, string, Record<string, string>][]} */
  const pages = [
    ["home", server, {}],
    ["checkout", checkout(await session()), {}],
    ["console", `${server}/console`, { Cookie: await signedIn() }],
  ];
  try {
    for (const [name, address, extraHeaders] of pages) {
      const onlyCategories = ["performance", "accessibility", "best-practices"];
      const result = await lighthouse(address, { port, onlyCategories, extraHeaders, logLevel: "error", output: "json" });
      const scores = Object.values(result?.lhr.categories ?? {}).map(({ id, score }) => /** @type {const} */ ([id, Math.round((score ?? 0) * 100)]));
      const paint = result?.lhr.audits["first-contentful-paint"].displayValue;
      console.log(`lighthouse, ${name}: ${scores.map(([id, score]) => `${id} ${score}`).join(", ")}; first paint ${paint}`);
      for (const [id, score] of scores.filter(([id]) => id !== "performance")) {
        const wrong = Object.values(result?.lhr.audits ?? {}).filter((audit) => audit.score === 0).map((audit) => audit.id);
        assert.ok(score >= 95, `${name}: ${id} is ${score} for ${wrong}`);
      }
    }
  } finally {
    await browser.close();
  }
});
