"""Payments: approved, declined, waited for, held and given back."""

from yuno_sessions_client.api.payments import capture_payment, refund_payment
from yuno_sessions_client.models import CapturePayment, RefundPayment

from merchant import ok

AMOUNT = {"currency": "BRL", "value": 100}


def state(payment):
    return payment.status, payment.sub_status


def test_by_card_succeeds_at_once(merchant):
    assert state(merchant.pay(merchant.card_body())) == ("SUCCEEDED", "APPROVED")


def test_is_declined_as_its_card_says(merchant):
    assert state(merchant.pay(merchant.card_body("4507990000000010"))) == ("DECLINED", "DECLINED")


def test_is_declined_for_the_reason_that_a_test_decides(merchant):
    merchant.decide(response_code="DO_NOT_HONOR", merchant_order_id="order-2")
    body = merchant.card_body()
    assert merchant.pay(body).status == "SUCCEEDED"
    body.merchant_order_id = "order-2"
    payment = merchant.pay(body)
    assert (payment.status, payment.transactions.response_code) == ("DECLINED", "DO_NOT_HONOR")


def test_by_pix_waits_for_the_customer_and_ends_when_a_test_says_so(merchant):
    payment = merchant.pay(merchant.payment_body({"type": "PIX"}))
    assert payment.status == "PENDING"
    assert merchant.settle(payment, response_code="SUCCEEDED").status == "SUCCEEDED"


def test_by_pix_runs_out_when_nobody_pays(merchant):
    payment = merchant.pay(merchant.payment_body({"type": "PIX"}))
    assert merchant.advance(days=2).payments_ended == 1
    assert merchant.payment(payment).status == "EXPIRED"


def test_whose_cardholder_fails_the_challenge_is_declined(merchant):
    merchant.decide(three_d_secure="BROWSER_CHALLENGE")
    payment = merchant.pay(merchant.card_body())
    assert payment.status == "PENDING"
    assert merchant.settle(payment, three_d_secure="NOT_AUTHENTICATED").status == "DECLINED"


def test_that_was_held_is_captured_and_given_back_in_part(merchant):
    held = merchant.pay(merchant.card_body(capture=False))
    assert held.sub_status == "AUTHORIZED"
    body = {"merchant_reference": "capture-1", "amount": AMOUNT, "reason": "PRODUCT_CONFIRMED"}
    body = CapturePayment.from_dict(body)
    captured = ok(capture_payment.sync(held.id, held.transactions.id, client=merchant.backend, body=body))
    body = RefundPayment.from_dict({"merchant_reference": "refund-1", "amount": AMOUNT | {"value": 40}})
    refunded = ok(refund_payment.sync(held.id, captured.id, client=merchant.backend, body=body))
    assert refunded.sub_status == "PARTIALLY_REFUNDED"
