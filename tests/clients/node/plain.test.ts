// A merchant without a generated client.
import { inject } from "vitest";
import { test } from "./plain.ts";

test("calls with its own keys", async ({ merchant, expect }) => {
  const headers = { ...merchant.headers, "content-type": "application/json" };
  const session = {
    account_id: merchant.account_id,
    merchant_order_id: "order-1",
    payment_description: "Running shoes",
    country: "BR",
    amount: { currency: "BRL", value: 100 },
  };
  const body = JSON.stringify(session);
  const answer = await fetch(`${inject("yuno")}/v1/checkout/sessions`, { method: "POST", headers, body });
  expect([answer.status, ((await answer.json()) as { status: string }).status]).toEqual([200, "ACTIVE"]);
});
