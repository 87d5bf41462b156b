"""What a backend does when a call goes wrong: again, with the same idempotency key."""

from itertools import count

import httpx
from yuno_sessions_client.api.payments import create_payment, find_payments
from yuno_sessions_client.models import ErrorBody

from merchant import ok


def pay_once(merchant, key):
    """Pays as a careful backend does: until there is an answer, and never twice."""
    for tries in count(1):
        try:
            answer = create_payment.sync(client=merchant.backend, body=merchant.card_body(), x_idempotency_key=key)
        except httpx.TransportError:
            continue
        if not isinstance(answer, ErrorBody):
            return tries, answer.status


def payments(merchant):
    return len(ok(find_payments.sync(client=merchant.backend, merchant_order_id="order-1")))


def test_that_was_refused_for_now_succeeds_later(merchant):
    merchant.go_wrong(operation="create_payment", status=503, times=2)
    assert pay_once(merchant, "key-1") == (3, "SUCCEEDED")
    assert payments(merchant) == 1


def test_that_was_done_without_an_answer_is_not_done_twice(merchant):
    merchant.go_wrong(operation="create_payment", cut_off=True)
    assert pay_once(merchant, "key-1") == (2, "SUCCEEDED")
    assert payments(merchant) == 1
