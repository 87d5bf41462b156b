"""A merchant without a generated client."""

from contextlib import closing

from plain import Merchant


def test_calls_with_its_own_keys(yuno):
    with closing(Merchant(yuno)) as merchant:
        session = {
            "account_id": merchant.account_id,
            "merchant_order_id": "order-1",
            "payment_description": "Running shoes",
            "country": "BR",
            "amount": {"currency": "BRL", "value": 100},
        }
        answer = merchant.post("/v1/checkout/sessions", json=session)
        assert (answer.status_code, answer.json()["status"]) == (200, "ACTIVE")
        merchant.delete()
