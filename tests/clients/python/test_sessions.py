"""Checkout and customer sessions: what they offer, and how they end."""

from yuno_sessions_client.api.checkout_sessions import (
    create_checkout_session,
    list_checkout_payment_methods,
    retrieve_checkout_session,
)
from yuno_sessions_client.api.customer_sessions import (
    complete_session_payment_method,
    create_customer_session,
    enroll_session_payment_method,
)
from yuno_sessions_client.api.customers import create_customer
from yuno_sessions_client.api.payments import create_payment
from yuno_sessions_client.models import (
    CompleteEnrollment,
    CreateCustomer,
    CreateCustomerSession,
    EnrollSessionPaymentMethod,
    ErrorBody,
)

from merchant import CARD, Merchant, ok


def offered(merchant, session):
    return list_checkout_payment_methods.sync(session.checkout_session, client=merchant.sdk)


def test_offers_to_the_sdk_what_can_be_paid_with_there(merchant):
    methods = offered(merchant, merchant.session("MX", "MXN"))
    assert [method.type_ for method in methods] == ["CARD", "GOOGLE_PAY", "OXXO", "SPEI"]


def test_names_every_field_that_is_wrong(merchant):
    body = merchant.session_body(country="brazil")
    body.merchant_order_id = ""
    refused = create_checkout_session.sync(client=merchant.backend, body=body)
    assert refused.code == "INVALID_PARAMETERS"
    assert [message.split(":")[0] for message in refused.messages] == ["merchant_order_id", "country"]


def test_is_nobody_elses(merchant, yuno):
    session, other = merchant.session(), Merchant(yuno)
    refused = retrieve_checkout_session.sync(session.checkout_session, client=other.backend)
    assert refused.code == "CHECKOUT_SESSION_NOT_FOUND"
    other.delete()


def test_expires_after_five_hours(merchant):
    session = merchant.session()
    merchant.advance(hours=4, minutes=59)
    assert merchant.retrieve_session(session).status == "ACTIVE"
    merchant.advance(minutes=2)
    assert merchant.retrieve_session(session).status == "EXPIRED"
    assert offered(merchant, session).code == "CHECKOUT_SESSION_NOT_FOUND"


def test_is_completed_by_its_payment_and_takes_no_second_one(merchant):
    session = merchant.session()
    checkout = {"session": str(session.checkout_session)}
    body = merchant.payment_body({"token": str(merchant.token(session))}, checkout=checkout, workflow=None)
    assert merchant.pay(body).status == "SUCCEEDED"
    assert merchant.retrieve_session(session).status == "COMPLETED"
    assert isinstance(create_payment.sync(client=merchant.backend, body=body), ErrorBody)


def test_offers_the_customers_card_once_it_is_enrolled(merchant):
    body = CreateCustomer(merchant_customer_id="c-1", email="ana@example.com")
    customer = ok(create_customer.sync(client=merchant.backend, body=body))
    body = CreateCustomerSession(account_id=merchant.account_id, country="BR", customer_id=customer.id)
    session = ok(create_customer_session.sync(client=merchant.backend, body=body)).customer_session
    body = {"account_id": str(merchant.account_id), "payment_method_type": "CARD", "country": "BR"}
    body = EnrollSessionPaymentMethod.from_dict(body)
    enrolled = ok(enroll_session_payment_method.sync(session, client=merchant.backend, body=body))
    body = CompleteEnrollment.from_dict({"card_data": CARD})
    ok(complete_session_payment_method.sync(session, enrolled.id, client=merchant.sdk, body=body))
    assert offered(merchant, merchant.session(customer_id=customer.id))[0].vaulted_token
