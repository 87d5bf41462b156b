// What a backend does when a call goes wrong: again, with the same idempotency key.
import { describe } from "vitest";
import { type Merchant, ok, test } from "./merchant.ts";

/** Pays as a careful backend does: until there is an answer, and never twice. */
async function payOnce(merchant: Merchant, key: string) {
  const [body, params] = [merchant.cardBody(), { header: { "X-Idempotency-Key": key } }];
  for (let tries = 1; ; tries++) {
    const answer = await merchant.backend.POST("/v1/payments", { body, params }).catch(() => undefined);
    if (answer?.data) return { tries, status: answer.data.status };
  }
}

async function payments(merchant: Merchant): Promise<number> {
  const params = { query: { merchant_order_id: "order-1" } };
  return (await ok(merchant.backend.GET("/v1/payments", { params }))).length;
}

describe("a call that goes wrong", () => {
  test("that was refused for now succeeds later", async ({ merchant, expect }) => {
    await merchant.goWrong({ operation: "create_payment", status: 503, times: 2 });
    expect(await payOnce(merchant, "key-1")).toEqual({ tries: 3, status: "SUCCEEDED" });
    expect(await payments(merchant)).toBe(1);
  });

  test("that was done without an answer is not done twice", async ({ merchant, expect }) => {
    await merchant.goWrong({ operation: "create_payment", cut_off: true });
    expect(await payOnce(merchant, "key-1")).toEqual({ tries: 2, status: "SUCCEEDED" });
    expect(await payments(merchant)).toBe(1);
  });
});
