//! `POST /v1/payments`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::installments::{Asked, Installments};
use super::method::{Method, Paying, card_detail, route};
use super::sent::Words;
use super::{
    CardDetailSent, CreatePayment, MethodDetail, Payment, ReturnAddress, Shape, answer, example, instructions, known,
};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{IdempotencyKey, Keyed};
use crate::api::settlement::{Recorded, longest_flight, record, settle};
use crate::api::written::Written;
use crate::availability::{Offer, Offers, Purchase, Situation};
use crate::catalog::Flow;
use crate::db::{AsSent, Connection, checkout_sessions, customers, payments, transactions};
use crate::error::ApiError;
use crate::gateway::{Answer, ResponseCode};
use crate::input::Body;
use crate::installments::{self, Plan};
use crate::lifecycle::flow_of;
use crate::state::AppState;
use crate::types::{
    Amount, CheckoutSessionId, Iin, KeptCard, Link, OrganizationId, PageId, PaymentId, PaymentStatus, PaymentSubStatus,
    PlanMethod, Text, Timestamp, TransactionId, TransactionStatus, TransactionType, Workflow,
};

refusals!(
    ApiError::CheckoutSessionNotFound,
    ApiError::CustomerNotFound,
    ApiError::InvalidToken,
    ApiError::TokenInUse,
    ApiError::InvalidCustomerForToken,
    ApiError::IncorrectPaymentMethodType("CARD".into()),
    ApiError::UnavailablePaymentMethod("PIX".into()),
    ApiError::InvalidAmount("It must be more than 0.".into()),
    ApiError::RequestInProcess,
    ApiError::IdempotencyDuplicated,
);

/// Create a payment
///
/// On a checkout session, or with the workflows `DIRECT` and `REDIRECT` without one. A provider's refusal is no
/// error: the payment is made and is `DECLINED`. With `capture: false` the money is only held.
#[utoipa::path(
    post,
    path = "/v1/payments",
    tag = "payments",
    params(IdempotencyKey),
    request_body(content = CreatePayment, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "merchant_order_id": "order-2001",
        "description": "Running shoes",
        "country": "BR",
        "amount": {"currency": "BRL", "value": 259.9},
        "workflow": "DIRECT",
        "payment_method": {"type": "CARD", "detail": {"card": {"card_data": {
            "number": "4507990000000002", "expiration_month": 11, "expiration_year": 28, "security_code": "123",
            "holder_name": "Ana Souza",
        }}}},
    })),
    responses((status = 201, description = "The payment.", body = Payment, example = json!(example())), Refusals),
)]
pub async fn create_payment(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, .. }: Body<CreatePayment>,
) -> Result<Response, ApiError> {
    merchant.account(new.account_id)?;
    let organization = merchant.organization;
    if new.fraud_screening.as_ref().and_then(|screening| screening.stand_alone) == Some(true) {
        let message = "fraud_screening.stand_alone: must be false, there is no fraud screening here".to_owned();
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    let keyed = Keyed { app: &app, organization, operation: "create_payment", key: &key };
    let payment = Box::pin(make(&keyed, new, &Maker::Backend)).await?;
    Ok((StatusCode::CREATED, Written(payment)).into_response())
}

/// Who makes a payment.
pub(in crate::api) enum Maker {
    /// The merchant's backend: it decides.
    Backend,
    /// The customer, with the public key alone: on a session that is open to that, in instalments that are offered.
    Customer {
        /// Where the hosted checkout is, to come back to from a provider's page.
        hosted_checkout: String,
    },
}

/// Makes a payment, and asks its gateway.
///
/// # Errors
/// What [`create_payment`] is refused with; and a customer on a session whose payment the backend makes.
pub(in crate::api) async fn make(keyed: &Keyed<'_>, new: CreatePayment, maker: &Maker) -> Result<Payment, ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let id = match keyed.use_up(begin(keyed, new, maker).await).await? {
        Begun::Before(id) => id,
        Begun::New { payment, transaction } => {
            if let Some(Recorded { payment, transactions }) = settle(app, organization, &payment, &transaction).await? {
                return Payment::new(app, organization, &payment, &transactions, Shape::Made);
            }
            payment.payment_id
        }
        Begun::Rejected(id) => id,
    };
    let connection = &mut *app.db.acquire().await?;
    let payment = payments::find(connection, organization, id).await?.ok_or(ApiError::PaymentNotFound)?;
    if payment.in_flight.is_some() && payment.status == PaymentStatus::Created {
        return Err(ApiError::RequestInProcess);
    }
    answer(app, connection, organization, payment, Shape::Made).await
}

/// How a payment began.
enum Begun {
    /// The first request under the key made this payment.
    Before(PaymentId),
    /// A gateway is to be asked.
    New { payment: Box<payments::Row>, transaction: Box<transactions::Row> },
    /// No connection takes it: nobody is to be asked.
    Rejected(PaymentId),
}

/// The provider of a payment that no connection takes, as the published example has it.
const ROUTING: &str = "YUNO_ROUTING";

/// The first step: everything is checked and noted, the session is used, the token is used up, and the payment is in
/// flight.
async fn begin(keyed: &Keyed<'_>, new: CreatePayment, maker: &Maker) -> Result<Begun, ApiError> {
    let (app, organization) = (keyed.app, keyed.organization);
    let now = app.clock.now(organization);
    let offers = app.accounts.offers(&app.db, &app.clock, organization, new.account_id).await?;
    let plans = match maker {
        Maker::Backend => None,
        Maker::Customer { .. } => Some(app.plans.of(&app.db, &app.clock, organization, new.account_id).await?),
    };
    let mut database = app.db.begin().await?;
    if let Some(before) = keyed.claim(&mut database, now).await? {
        return Ok(Begun::Before(PaymentId::fixed(before.as_u128())));
    }
    let id = PaymentId::new(now);
    let session = take_session(&mut database, organization, &new, now).await?;
    if matches!(maker, Maker::Customer { .. }) && !session.as_ref().is_some_and(|session| session.workflow.is_open()) {
        return Err(made_elsewhere());
    }
    let words = Description::of(&new, session.as_ref(), id)?;
    let customer = customer(&mut database, organization, &new, session.as_ref()).await?;
    let kept = match &session {
        Some(session) => {
            checkout_sessions::kept_for_payment(&mut database, organization, session.checkout_session_id).await?
        }
        None => (None, None, None),
    };
    let decided = kept.2.as_ref().map(|kept| &kept.0);
    let paying = Paying { new: &new, decided, session: session.as_ref(), customer: customer.as_ref(), payment: id };
    let method = Method::of(keyed, &mut database, paying, now).await?;
    let customer = match (customer, method.customer_id) {
        (None, Some(owner)) if customers::hold(&mut database, organization, owner).await? => {
            customers::find(&mut database, organization, owner).await?
        }
        (customer, _) => customer,
    };
    let purchase = Purchase { currency: new.amount.currency, amount: new.amount.value, metadata: None };
    let situation = Situation { country: new.country, purchase: Some(purchase) };
    let route = route(offers.connections(), &situation, &method.r#type);
    let offer = session.as_ref().map(|session| offered(&offers, session, &method));
    if offer.as_ref().is_some_and(|offer| offer.is_none() || route.is_none()) {
        return Err(ApiError::UnavailablePaymentMethod(method.r#type));
    }
    let may_vault = offer.flatten().is_none_or(|offer| offer.allows_enrolled());

    let CreatePayment { payment_method, .. } = &new;
    let card = payment_method.detail.as_ref().and_then(|detail| detail.card.as_ref());
    let capture = card
        .and_then(|card| card.capture)
        .or_else(|| decided.and_then(|decided| decided.pointer("/detail/card/capture")).and_then(Value::as_bool))
        .unwrap_or(true);
    let verify = card.and_then(|card| card.verify).unwrap_or(false);
    let is_card = flow_of(&method.r#type) == Flow::Card;
    let r#type = transaction_type(is_card && verify, is_card && !capture, new.amount.value)?;
    let session_vaults = decided.and_then(|decided| decided.get("vault_on_success")).and_then(Value::as_bool);
    let vault_on_success =
        may_vault && payment_method.vault_on_success.unwrap_or(method.vault_on_success || session_vaults == Some(true));
    let detail = match is_card {
        true => {
            let sent = card.and_then(|card| card.installments);
            let asked = Asked { sent, of_token: method.installments };
            let offered = plans.as_deref().map(|plans| offered_plan(plans, &new, method.card.as_ref(), now));
            let parts = Installments::of(&mut database, organization, session.as_ref(), asked, offered).await?;
            MethodDetail { card: Some(card_detail(card, capture, verify, &parts)), ..MethodDetail::default() }
        }
        false => {
            let amount = format!("{} {}", json!(new.amount.value), new.amount.currency.as_str());
            let wallet = payment_method.detail.as_ref().and_then(|detail| detail.wallet.as_ref());
            let last_four = wallet.and_then(|wallet| wallet.card_data.as_ref()?.lfd.clone()).map(Text::into_string);
            instructions(&method.r#type, id, &amount, now, last_four)
        }
    };
    let payer = (new.customer_payer.is_some() || kept.0.is_some() || customer.is_some())
        .then(|| known(new.customer_payer.as_ref(), kept.0.as_ref().map(|kept| &kept.0), customer.as_ref()))
        .transpose()?;
    let of_session = |link: Option<&Link>| link.map(|link| link.as_str().to_owned());
    let return_url = match (maker, &session) {
        (Maker::Customer { hosted_checkout }, Some(session)) if session.workflow == Workflow::Checkout => {
            Some(hosted_checkout.clone())
        }
        _ => of_session(session.as_ref().and_then(|session| session.return_url.as_ref())),
    };
    let callback_url = new
        .callback_url
        .map(ReturnAddress::into_string)
        .or_else(|| of_session(session.as_ref().and_then(|session| session.callback_url.as_ref())));

    let transaction_id = TransactionId::new(now);
    let (provider_id, connection_id) = match &route {
        Some(connection) => (connection.provider_id.clone(), Some(connection.connection_id)),
        None => (ROUTING.to_owned(), None),
    };
    let payment = payments::Row {
        payment_id: id,
        account_id: new.account_id,
        checkout_session_id: session.as_ref().map(|session| session.checkout_session_id),
        customer_id: customer.as_ref().map(|customer| customer.customer_id),
        merchant_order_id: words.merchant_order_id,
        merchant_reference: new.merchant_reference.map(Text::into_string),
        description: words.description,
        country: new.country,
        currency: new.amount.currency,
        amount: new.amount.value,
        paid: Amount::ZERO,
        captured: Amount::ZERO,
        refunded: Amount::ZERO,
        status: PaymentStatus::Created,
        sub_status: PaymentSubStatus::Created,
        workflow: new.workflow.unwrap_or_default(),
        payment_method_type: method.r#type,
        provider_id,
        connection_id,
        token_id: method.token_id,
        vaulted_token: method.vaulted_token,
        vault_on_success,
        card: method.card.map(sqlx::types::Json),
        detail: AsSent(json!(detail)),
        callback_url,
        return_url,
        metadata: new.metadata.map(|metadata| AsSent(json!(metadata))),
        customer_payer: payer.map(AsSent),
        additional_data: new.additional_data.map(|data| AsSent(json!(data))).or(kept.1),
        split_marketplace: new.split_marketplace.map(|split| AsSent(json!(split))),
        subscription: new.subscription.map(|subscription| AsSent(subscription.0)),
        idempotency_key: keyed.key.text().map(str::to_owned),
        in_flight: Some(transaction_id),
        page_id: route.is_some().then(|| PageId::new(now)),
        due_at: Some(now.plus(longest_flight())),
        created_at: now,
        updated_at: now,
    };
    let transaction = transactions::Row {
        merchant_reference: payment.merchant_reference.clone().or_else(|| Some(payment.merchant_order_id.clone())),
        description: Some(payment.description.clone()),
        ..transactions::Row::new(transaction_id, id, transactions::MAIN_POSITION, r#type, payment.amount, now)
    };
    payments::insert(&mut database, organization, &payment).await?;
    transactions::insert(&mut database, organization, &transaction).await?;
    keyed.keep(&mut database, id.into()).await?;
    let rejected = route.is_none();
    if rejected {
        let answer = Answer::plain(ResponseCode::of(TransactionStatus::Error, "YUNO_ROUTING_REJECTED"));
        record(app, &mut database, organization, payment.clone(), transaction_id, &answer, now).await?;
    }
    database.commit().await?;
    app.webhooks.wake(organization);
    Ok(match rejected {
        true => Begun::Rejected(id),
        false => Begun::New { payment: Box::new(payment), transaction: Box::new(transaction) },
    })
}

/// Why a session is not paid with the public key.
pub(in crate::api) fn made_elsewhere() -> ApiError {
    let message = "The payment of this session is made by the merchant's backend: only sessions with the workflow CHECKOUT or \
                   SDK_SEAMLESS are paid with the public key.";
    ApiError::InvalidRequest(message.to_owned())
}

/// The account's plan whose instalments a customer is offered with a card, where the session has no say in it.
fn offered_plan<'a>(
    plans: &'a [Plan],
    new: &CreatePayment,
    card: Option<&KeptCard>,
    now: Timestamp,
) -> Option<&'a Plan> {
    let iin = card.and_then(|card| Iin::parse(&card.iin).ok());
    let situation = installments::Situation {
        currency: new.amount.currency,
        amount: new.amount.value,
        iin: iin.as_ref(),
        country: Some(new.country),
        payment_method_type: PlanMethod::Card,
        now,
    };
    installments::best(plans, &situation)
}

/// What is asked of the gateway: nothing can be paid, and only a verification is about nothing.
fn transaction_type(verify: bool, hold: bool, amount: Amount) -> Result<TransactionType, ApiError> {
    match (verify, amount == Amount::ZERO) {
        (true, true) => Ok(TransactionType::Verify),
        (true, false) => Err(ApiError::InvalidAmount("A card is verified with an amount of 0.".to_owned())),
        (false, true) => Err(ApiError::InvalidAmount("It must be more than 0.".to_owned())),
        (false, false) if hold => Ok(TransactionType::Authorize),
        (false, false) => Ok(TransactionType::Purchase),
    }
}

/// Takes the session that the payment is made on, if its workflow has one, and compares the two.
async fn take_session(
    connection: &mut Connection,
    organization: OrganizationId,
    new: &CreatePayment,
    now: Timestamp,
) -> Result<Option<checkout_sessions::Row>, ApiError> {
    let sent = new.checkout.as_ref().and_then(|checkout| checkout.session.as_ref()).map(Text::as_str).unwrap_or("");
    if sent.is_empty() {
        return match new.workflow.unwrap_or_default() {
            Workflow::Direct | Workflow::Redirect => Ok(None),
            _ => Err(ApiError::MissingParameters(vec!["checkout.session: is required".to_owned()])),
        };
    }
    let id = CheckoutSessionId::parse(sent).map_err(|_| ApiError::CheckoutSessionNotFound)?;
    // The customer before the session, as who deletes it does: otherwise each could wait for the other.
    let customer = checkout_sessions::find(connection, organization, id).await?.and_then(|session| session.customer_id);
    if let Some(customer) = customer {
        customers::hold(connection, organization, customer).await?;
    }
    let session = checkout_sessions::take(connection, organization, id, now).await?;
    let session = session.ok_or(ApiError::CheckoutSessionNotFound)?;
    let mut wrong = Vec::new();
    let mut expect = |field: &str, agrees: bool, expected: String| {
        if !agrees {
            wrong.push(format!("{field}: must be {expected}, as the checkout session has it"));
        }
    };
    expect("account_id", new.account_id == session.account_id, session.account_id.to_string());
    let currency = session.currency;
    expect("amount.currency", new.amount.currency == currency, currency.as_str().to_owned());
    expect("amount.value", new.amount.value == session.amount, json!(session.amount).to_string());
    expect("country", new.country == session.country, session.country.as_str().to_owned());
    let payer = new.customer_payer.as_ref().and_then(|payer| payer.id);
    if let (Some(payer), Some(customer)) = (payer, session.customer_id) {
        expect("customer_payer.id", payer == customer, customer.to_string());
    }
    match wrong.is_empty() {
        true => Ok(Some(session)),
        false => Err(ApiError::InvalidParameters(wrong)),
    }
}

/// What a session makes of a method that it offers, or lets the customer pay with as it is enrolled.
fn offered<'a>(offers: &'a Offers, session: &'a checkout_sessions::Row, method: &Method) -> Option<Offer<'a>> {
    let mut served = offers.served(session.checkout_id, session.situation());
    served.find(|offer| offer.method.r#type == method.r#type).filter(|offer| match method.vaulted_token {
        Some(_) => offer.allows_enrolled(),
        None => offer.is_offered(),
    })
}

/// What a payment says of its order.
struct Description {
    merchant_order_id: String,
    description: String,
}

impl Description {
    /// What was sent, or else what the session has. A published example with a provider's token of a card has neither.
    fn of(new: &CreatePayment, session: Option<&checkout_sessions::Row>, id: PaymentId) -> Result<Self, ApiError> {
        let card = new.payment_method.detail.as_ref().and_then(|detail| detail.card.as_ref());
        let by_providers_token = card.is_some_and(CardDetailSent::has_providers_token);
        let sent = |text: &Option<Words>| text.as_ref().map(|text| text.as_str().to_owned());
        let merchant_order_id = sent(&new.merchant_order_id)
            .or_else(|| session.map(|session| session.merchant_order_id.clone()))
            .or_else(|| by_providers_token.then(|| id.to_string()));
        let description = sent(&new.description)
            .or_else(|| session.map(|session| session.payment_description.clone()))
            .or_else(|| by_providers_token.then(String::new));
        let missing: Vec<_> = [("merchant_order_id", &merchant_order_id), ("description", &description)]
            .into_iter()
            .filter(|(_, value)| value.is_none())
            .map(|(field, _)| format!("{field}: is required"))
            .collect();
        match (merchant_order_id, description) {
            (Some(merchant_order_id), Some(description)) => Ok(Self { merchant_order_id, description }),
            _ => Err(ApiError::MissingParameters(missing)),
        }
    }
}

/// The customer that pays, who cannot be deleted in between.
async fn customer(
    connection: &mut Connection,
    organization: OrganizationId,
    new: &CreatePayment,
    session: Option<&checkout_sessions::Row>,
) -> Result<Option<customers::Row>, ApiError> {
    let sent = new.customer_payer.as_ref().and_then(|payer| payer.id);
    let Some(id) = sent.or_else(|| session?.customer_id) else { return Ok(None) };
    customers::hold(connection, organization, id).await?;
    match customers::find(connection, organization, id).await? {
        Some(customer) => Ok(Some(customer)),
        // A session outlives its customer; a customer that is named must be there.
        None if sent.is_none() => Ok(None),
        None => Err(ApiError::CustomerNotFound),
    }
}
