// Payments: approved, declined, waited for, held and given back.
import { describe } from "vitest";
import { ok, test } from "./merchant.ts";

describe("a payment", () => {
  test("by card succeeds at once", async ({ merchant, expect }) => {
    const payment = await merchant.pay(merchant.cardBody());
    expect([payment.status, payment.sub_status]).toEqual(["SUCCEEDED", "APPROVED"]);
  });

  test("is declined as its card says", async ({ merchant, expect }) => {
    const payment = await merchant.pay(merchant.cardBody({}, "4507990000000010"));
    expect([payment.status, payment.sub_status]).toEqual(["DECLINED", "DECLINED"]);
  });

  test("is declined for the reason that a test decides", async ({ merchant, expect }) => {
    await merchant.decide({ response_code: "DO_NOT_HONOR", merchant_order_id: "order-2" });
    const other = await merchant.pay(merchant.cardBody());
    const payment = await merchant.pay({ ...merchant.cardBody(), merchant_order_id: "order-2" });
    expect([other.status, payment.status]).toEqual(["SUCCEEDED", "DECLINED"]);
    expect(payment.transactions).toMatchObject({ response_code: "DO_NOT_HONOR" });
  });

  test("by PIX waits for the customer, and ends when a test says so", async ({ merchant, expect }) => {
    const payment = await merchant.pay(merchant.paymentBody({ type: "PIX" }));
    expect(payment.status).toBe("PENDING");
    const params = { path: { payment_id: payment.id } };
    const body = { response_code: "SUCCEEDED" };
    const settled = await ok(merchant.backend.POST("/v1/testing/payments/{payment_id}/settle", { params, body }));
    expect(settled.status).toBe("SUCCEEDED");
  });

  test("by PIX runs out when nobody pays", async ({ merchant, expect }) => {
    const payment = await merchant.pay(merchant.paymentBody({ type: "PIX" }));
    expect((await merchant.advance({ days: 2 })).payments_ended).toBe(1);
    expect((await merchant.payment(payment.id)).status).toBe("EXPIRED");
  });

  test("whose cardholder fails the challenge is declined", async ({ merchant, expect }) => {
    await merchant.decide({ three_d_secure: "BROWSER_CHALLENGE" });
    const payment = await merchant.pay(merchant.cardBody());
    expect(payment.status).toBe("PENDING");
    const params = { path: { payment_id: payment.id } };
    const body = { three_d_secure: "NOT_AUTHENTICATED" };
    const settled = await ok(merchant.backend.POST("/v1/testing/payments/{payment_id}/settle", { params, body }));
    expect(settled.status).toBe("DECLINED");
  });

  test("that was held is captured, and given back in part", async ({ merchant, expect }) => {
    const held = await merchant.pay(merchant.cardBody({ capture: false }));
    expect(held.sub_status).toBe("AUTHORIZED");
    const params = { path: { payment_id: held.id, transaction_id: [held.transactions].flat()[0]!.id } };
    const amount = { currency: "BRL", value: 100 };
    const captured = await ok(
      merchant.backend.POST("/v1/payments/{payment_id}/transactions/{transaction_id}/capture", {
        params,
        body: { merchant_reference: "capture-1", amount, reason: "PRODUCT_CONFIRMED" },
      }),
    );
    const refunded = await ok(
      merchant.backend.POST("/v1/payments/{payment_id}/transactions/{transaction_id}/refund", {
        params: { path: { payment_id: held.id, transaction_id: captured.id } },
        body: { merchant_reference: "refund-1", amount: { currency: "BRL", value: 40 } },
      }),
    );
    expect(refunded.sub_status).toBe("PARTIALLY_REFUNDED");
  });
});
