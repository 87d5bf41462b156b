"""Webhooks: told, told again, and what they would tell."""

from yuno_sessions_client.api.testing import wait_for_test_deliveries
from yuno_sessions_client.api.webhooks import list_events, list_webhook_deliveries

from merchant import ok
from receiver import receiver


def test_tells_of_a_payment(merchant):
    with receiver() as (url, told):
        merchant.webhook(url)
        merchant.pay(merchant.card_body())
        ok(wait_for_test_deliveries.sync(client=merchant.backend))
    assert [(event["type_event"], event["data"]["payment"]["status"]) for event in told] == [
        ("payment.purchase", "SUCCEEDED")
    ]


def test_is_tried_again_as_the_same_event(merchant):
    with receiver(500, 503) as (url, told):
        merchant.webhook(url)
        merchant.pay(merchant.card_body())
        merchant.advance(days=1)
    assert [event["retry"] for event in told] == [0, 1, 2]
    assert len({event["data"]["payment"]["idempotency_key"] for event in told}) == 1


def test_gives_up_after_seven_tries(merchant):
    with receiver(*[500] * 10) as (url, told):
        webhook = merchant.webhook(url)
        merchant.pay(merchant.card_body())
        merchant.advance(days=5)
    assert [event["retry"] for event in told] == [0, 1, 2, 3, 4, 5, 6]
    deliveries = ok(list_webhook_deliveries.sync(webhook.id, client=merchant.backend))
    assert [delivery.status for delivery in deliveries] == ["FAILED"]


def test_tells_that_a_session_has_expired(merchant):
    with receiver() as (url, told):
        merchant.webhook(url, checkout_session_triggers=["EXPIRED"])
        merchant.session()
        done = merchant.advance(hours=6)
    assert (done.expiries_told, done.complete) == (1, True)
    assert [event["type_event"] for event in told] == ["checkout_session.expired"]


def test_can_be_read_where_nobody_receives_it(merchant):
    merchant.pay(merchant.card_body())
    events = ok(list_events.sync(client=merchant.backend)).events
    assert [event.body.type_event for event in events] == ["payment.purchase"]
