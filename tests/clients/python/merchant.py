"""An organization that is made for a test, and what tests do with it again and again, by the generated client."""

from uuid import UUID

from yuno_sessions_client import Client
from yuno_sessions_client.api.checkout_sessions import create_checkout_session, retrieve_checkout_session
from yuno_sessions_client.api.payments import create_payment, retrieve_payment
from yuno_sessions_client.api.testing import (
    advance_test_clock,
    create_test_fault,
    create_test_organization,
    create_test_outcome,
    delete_test_organization,
    settle_test_payment,
)
from yuno_sessions_client.api.tokens import create_session_token
from yuno_sessions_client.api.webhooks import create_webhook
from yuno_sessions_client.models import (
    AdvanceTestClock,
    CreateCheckoutSession,
    CreatePayment,
    CreateSessionToken,
    CreateTestFault,
    CreateTestOutcome,
    CreateWebhook,
    ErrorBody,
    NewAmount,
    SettleTestPayment,
)

CARD = {
    "number": "4507990000000002",
    "expiration_month": 11,
    "expiration_year": 28,
    "security_code": "123",
    "holder_name": "Ana Souza",
}


def ok(answer):
    """What an answer has, or an error that says what was refused."""
    assert not isinstance(answer, ErrorBody), answer
    return answer


def client(url, headers=None):
    # There is no TLS: to load the authorities that it trusts would take longer than most tests.
    return Client(url, headers=headers or {}, verify_ssl=False)


class Merchant:
    def __init__(self, url):
        with client(url) as anybody:
            self.made = ok(create_test_organization.sync(client=anybody))
        public = {"public-api-key": self.made.public_api_key}
        # With the public key alone, as an SDK calls; and with both, as a backend does.
        self.sdk = client(url, public)
        self.backend = client(url, public | {"private-secret-key": self.made.private_secret_key})
        self.account_id = UUID(str(self.made.account_id))

    def delete(self):
        delete_test_organization.sync_detailed(self.made.organization_id, client=self.backend)
        for known in (self.sdk, self.backend):
            known.get_httpx_client().close()

    def session_body(self, country="BR", currency="BRL", **more):
        return CreateCheckoutSession(
            account_id=self.account_id,
            merchant_order_id="order-1",
            payment_description="Running shoes",
            country=country,
            amount=NewAmount(currency=currency, value=100),
            **more,
        )

    def session(self, *args, **more):
        return ok(create_checkout_session.sync(client=self.backend, body=self.session_body(*args, **more)))

    def retrieve_session(self, session):
        return ok(retrieve_checkout_session.sync(session.checkout_session, client=self.backend))

    def token(self, session):
        body = CreateSessionToken.from_dict({"payment_method": {"type": "CARD", "card": CARD}})
        return ok(create_session_token.sync(session.checkout_session, client=self.sdk, body=body)).token

    def payment_body(self, payment_method, **more):
        body = {
            "account_id": str(self.account_id),
            "merchant_order_id": "order-1",
            "description": "Running shoes",
            "country": "BR",
            "amount": {"currency": "BRL", "value": 100},
            "workflow": "DIRECT",
            "payment_method": payment_method,
        }
        return CreatePayment.from_dict(body | more)

    def card_body(self, number=CARD["number"], **detail):
        """The body of a payment by card, without a session."""
        card = {"card_data": CARD | {"number": number}} | detail
        return self.payment_body({"type": "CARD", "detail": {"card": card}})

    def pay(self, body):
        return ok(create_payment.sync(client=self.backend, body=body))

    def payment(self, payment):
        return ok(retrieve_payment.sync(payment.id, client=self.backend))

    def decide(self, **outcome):
        return ok(create_test_outcome.sync(client=self.backend, body=CreateTestOutcome(**outcome)))

    def settle(self, payment, **ending):
        body = SettleTestPayment(**ending)
        return ok(settle_test_payment.sync(payment.id, client=self.backend, body=body))

    def go_wrong(self, **fault):
        return ok(create_test_fault.sync(client=self.backend, body=CreateTestFault(**fault)))

    def advance(self, **span):
        return ok(advance_test_clock.sync(client=self.backend, body=AdvanceTestClock(**span)))

    def webhook(self, url, **triggers):
        triggers = triggers or {"payment_triggers": ["PURCHASE"]}
        body = {"account_id": str(self.account_id), "name": "Shop", "url": url} | triggers
        return ok(create_webhook.sync(client=self.backend, body=CreateWebhook.from_dict(body)))
