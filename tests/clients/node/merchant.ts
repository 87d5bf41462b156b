// A merchant of its own for each test: an organization that is made for it and deleted after it.
import createClient from "openapi-fetch";
import { inject, test as base } from "vitest";
import type { components, paths } from "./generated/api.d.ts";

export type Schemas = components["schemas"];

export const card = {
  number: "4507990000000002",
  expiration_month: 11,
  expiration_year: 28,
  security_code: "123",
  holder_name: "Ana Souza",
};

/** What an answer has, or an error that says what was answered instead. */
export async function ok<Data>(answer: Promise<{ data?: Data; error?: unknown; response: Response }>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new Error(`${response.status} ${JSON.stringify(error)}`);
  return data as Data;
}

export class Merchant {
  /** With both keys, as a backend calls. */
  readonly backend;
  /** With the public key alone, as an SDK calls. */
  readonly sdk;

  constructor(readonly made: Schemas["TestOrganization"]) {
    const baseUrl = inject("yuno");
    const publicKey = { "public-api-key": made.public_api_key };
    this.sdk = createClient<paths>({ baseUrl, headers: publicKey });
    const headers = { ...publicKey, "private-secret-key": made.private_secret_key };
    this.backend = createClient<paths>({ baseUrl, headers });
  }

  static async make(): Promise<Merchant> {
    const anybody = createClient<paths>({ baseUrl: inject("yuno") });
    return new Merchant(await ok(anybody.POST("/v1/testing/organizations")));
  }

  get account_id(): string {
    return this.made.account_id;
  }

  async delete(): Promise<void> {
    const path = { organization_id: this.made.organization_id };
    await ok(this.backend.DELETE("/v1/testing/organizations/{organization_id}", { params: { path } }));
  }

  sessionBody(country = "BR", currency = "BRL"): Schemas["CreateCheckoutSession"] {
    return {
      account_id: this.account_id,
      merchant_order_id: "order-1",
      payment_description: "Running shoes",
      country,
      amount: { currency, value: 100 },
    };
  }

  session(country?: string, currency?: string): Promise<Schemas["CheckoutSession"]> {
    return ok(this.backend.POST("/v1/checkout/sessions", { body: this.sessionBody(country, currency) }));
  }

  async token(checkout_session: string): Promise<string> {
    const body = { payment_method: { type: "CARD", card } };
    const params = { path: { checkout_session } };
    const made = await ok(this.sdk.POST("/v1/checkout/sessions/{checkout_session}/token", { params, body }));
    return made.token;
  }

  paymentBody(
    payment_method: Schemas["PaymentMethodSent"],
    more: Partial<Schemas["CreatePayment"]> = {},
  ): Schemas["CreatePayment"] {
    return {
      account_id: this.account_id,
      merchant_order_id: "order-1",
      description: "Running shoes",
      country: "BR",
      amount: { currency: "BRL", value: 100 },
      workflow: "DIRECT",
      payment_method,
      ...more,
    };
  }

  /** The body of a payment by card, without a session. */
  cardBody(detail: Partial<Schemas["CardDetailSent"]> = {}, number = card.number): Schemas["CreatePayment"] {
    return this.paymentBody({ type: "CARD", detail: { card: { card_data: { ...card, number }, ...detail } } });
  }

  pay(body: Schemas["CreatePayment"]): Promise<Schemas["Payment"]> {
    return ok(this.backend.POST("/v1/payments", { body }));
  }

  payment(payment_id: string): Promise<Schemas["Payment"]> {
    return ok(this.backend.GET("/v1/payments/{payment_id}", { params: { path: { payment_id } } }));
  }

  decide(body: Schemas["CreateTestOutcome"]): Promise<Schemas["TestOutcome"]> {
    return ok(this.backend.POST("/v1/testing/outcomes", { body }));
  }

  goWrong(body: Schemas["CreateTestFault"]): Promise<Schemas["TestFault"]> {
    return ok(this.backend.POST("/v1/testing/faults", { body }));
  }

  advance(body: Schemas["AdvanceTestClock"]): Promise<Schemas["MovedClock"]> {
    return ok(this.backend.POST("/v1/testing/clock/advance", { body }));
  }

  webhook(url: string, more: Partial<Schemas["CreateWebhook"]> = {}): Promise<Schemas["Webhook"]> {
    const body = { account_id: this.account_id, name: "Shop", url, payment_triggers: ["PURCHASE" as const], ...more };
    return ok(this.backend.POST("/v1/webhooks", { body }));
  }
}

export const test = base.extend<{ merchant: Merchant }>({
  merchant: async ({}, use) => {
    const merchant = await Merchant.make();
    await use(merchant);
    await merchant.delete();
  },
});
