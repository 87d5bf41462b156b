// Checkout and customer sessions: what they offer, and how they end.
import { describe } from "vitest";
import { card, Merchant, ok, test } from "./merchant.ts";

describe("a checkout session", () => {
  test("offers to the SDK what can be paid with there", async ({ merchant, expect }) => {
    const { checkout_session } = await merchant.session("MX", "MXN");
    const params = { path: { checkout_session } };
    const methods = await ok(merchant.sdk.GET("/v1/checkout/sessions/{checkout_session}/payment-methods", { params }));
    expect(methods.map((method) => method.type)).toEqual(["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]);
  });

  test("names every field that is wrong", async ({ merchant, expect }) => {
    const body = { ...merchant.sessionBody("brazil"), merchant_order_id: "" };
    const { error, response } = await merchant.backend.POST("/v1/checkout/sessions", { body });
    expect([response.status, error?.code]).toEqual([400, "INVALID_PARAMETERS"]);
    expect(error?.messages.map((message) => message.split(":")[0])).toEqual(["merchant_order_id", "country"]);
  });

  test("is nobody else's", async ({ merchant, expect }) => {
    const { checkout_session } = await merchant.session();
    const other = await Merchant.make();
    const params = { path: { checkout_session } };
    const { error } = await other.backend.GET("/v1/checkout/sessions/{checkout_session}", { params });
    expect(error?.code).toBe("CHECKOUT_SESSION_NOT_FOUND");
    await other.delete();
  });

  test("expires after five hours", async ({ merchant, expect }) => {
    const { checkout_session } = await merchant.session();
    const params = { path: { checkout_session } };
    await merchant.advance({ hours: 4, minutes: 59 });
    const before = await ok(merchant.backend.GET("/v1/checkout/sessions/{checkout_session}", { params }));
    await merchant.advance({ minutes: 2 });
    const after = await ok(merchant.backend.GET("/v1/checkout/sessions/{checkout_session}", { params }));
    expect([before.status, after.status]).toEqual(["ACTIVE", "EXPIRED"]);
    const { error } = await merchant.sdk.GET("/v1/checkout/sessions/{checkout_session}/payment-methods", { params });
    expect(error?.code).toBe("CHECKOUT_SESSION_NOT_FOUND");
  });

  test("is completed by its payment, and takes no second one", async ({ merchant, expect }) => {
    const { checkout_session } = await merchant.session();
    const token = await merchant.token(checkout_session);
    const body = merchant.paymentBody({ token }, { workflow: undefined, checkout: { session: checkout_session } });
    const payment = await merchant.pay(body);
    const params = { path: { checkout_session } };
    const session = await ok(merchant.backend.GET("/v1/checkout/sessions/{checkout_session}", { params }));
    expect([payment.status, session.status]).toEqual(["SUCCEEDED", "COMPLETED"]);
    const { error } = await merchant.backend.POST("/v1/payments", { body });
    expect(error?.code).toBeDefined();
  });

  test("offers the customer's card once it is enrolled", async ({ merchant, expect }) => {
    const customer = await ok(
      merchant.backend.POST("/v1/customers", { body: { merchant_customer_id: "c-1", email: "ana@example.com" } }),
    );
    const account_id = merchant.account_id;
    const { customer_session } = await ok(
      merchant.backend.POST("/v1/customers/sessions", {
        body: { account_id, country: "BR", customer_id: customer.id },
      }),
    );
    const enrolled = await ok(
      merchant.backend.POST("/v1/customers/sessions/{customer_session}/payment-methods", {
        params: { path: { customer_session } },
        body: { account_id, payment_method_type: "CARD", country: "BR" },
      }),
    );
    await ok(
      merchant.sdk.POST("/v1/customers/sessions/{customer_session}/payment-methods/{payment_method_id}/complete", {
        params: { path: { customer_session, payment_method_id: enrolled.id } },
        body: { card_data: card },
      }),
    );
    const session = await ok(
      merchant.backend.POST("/v1/checkout/sessions", {
        body: { ...merchant.sessionBody(), customer_id: customer.id },
      }),
    );
    const methods = await ok(
      merchant.sdk.GET("/v1/checkout/sessions/{checkout_session}/payment-methods", {
        params: { path: { checkout_session: session.checkout_session } },
      }),
    );
    expect(methods[0]?.vaulted_token).toBeTruthy();
  });
});
