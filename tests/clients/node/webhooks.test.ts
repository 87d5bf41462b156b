// Webhooks: told, told again, and what they would tell.
import { describe } from "vitest";
import { ok, test } from "./merchant.ts";
import { receiver } from "./receiver.ts";

describe("a webhook", () => {
  test("tells of a payment", async ({ merchant, expect }) => {
    await using shop = await receiver();
    await merchant.webhook(shop.url);
    await merchant.pay(merchant.cardBody());
    await ok(merchant.backend.POST("/v1/testing/deliveries/wait"));
    expect(shop.told.map((event) => [event.type_event, event.retry, event.data.payment?.status])).toEqual([
      ["payment.purchase", 0, "SUCCEEDED"],
    ]);
  });

  test("is tried again, as the same event", async ({ merchant, expect }) => {
    await using shop = await receiver(500, 503);
    await merchant.webhook(shop.url);
    await merchant.pay(merchant.cardBody());
    await merchant.advance({ days: 1 });
    expect(shop.told.map((event) => event.retry)).toEqual([0, 1, 2]);
    expect(new Set(shop.told.map((event) => event.data.payment?.idempotency_key)).size).toBe(1);
  });

  test("gives up after seven tries", async ({ merchant, expect }) => {
    await using shop = await receiver(...Array<number>(10).fill(500));
    const { id } = await merchant.webhook(shop.url);
    await merchant.pay(merchant.cardBody());
    await merchant.advance({ days: 5 });
    expect(shop.told.map((event) => event.retry)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    const params = { path: { webhook_id: id } };
    const deliveries = await ok(merchant.backend.GET("/v1/webhooks/{webhook_id}/deliveries", { params }));
    expect(deliveries.map((delivery) => delivery.status)).toEqual(["FAILED"]);
  });

  test("tells that a session has expired", async ({ merchant, expect }) => {
    await using shop = await receiver();
    await merchant.webhook(shop.url, { payment_triggers: undefined, checkout_session_triggers: ["EXPIRED"] });
    await merchant.session();
    const done = await merchant.advance({ hours: 6 });
    expect([done.expiries_told, done.complete]).toEqual([1, true]);
    expect(shop.told.map((event) => event.type_event)).toEqual(["checkout_session.expired"]);
  });

  test("can be read where nobody receives it", async ({ merchant, expect }) => {
    await merchant.pay(merchant.cardBody());
    const { events } = await ok(merchant.backend.GET("/v1/events"));
    expect(events.map((event) => event.body.type_event)).toEqual(["payment.purchase"]);
  });
});
