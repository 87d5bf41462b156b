//! Payments.

use sqlx::types::Json;

use super::{AsSent, Connection};
use crate::types::{
    AccountId, Amount, CheckoutSessionId, ConnectionId, Country, Currency, CustomerId, KeptCard, OrganizationId,
    PageId, PaymentId, PaymentStatus, PaymentSubStatus, Timestamp, TokenId, TransactionId, VaultedToken, Workflow,
};

/// A payment.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub payment_id: PaymentId,
    /// The account that is paid.
    pub account_id: AccountId,
    /// The session that it was made on.
    pub checkout_session_id: Option<CheckoutSessionId>,
    /// Who pays, when that is a customer of the organization.
    pub customer_id: Option<CustomerId>,
    /// The merchant's id of the order.
    pub merchant_order_id: String,
    /// The merchant's reference of the transaction.
    pub merchant_reference: Option<String>,
    /// What is paid for.
    pub description: String,
    /// Where the customer pays.
    pub country: Country,
    /// In which currency.
    pub currency: Currency,
    /// How much, in major units.
    pub amount: Amount,
    /// What was taken in.
    pub paid: Amount,
    /// What captures took of that.
    pub captured: Amount,
    /// What was given back of it.
    pub refunded: Amount,
    /// How it stands, roughly.
    pub status: PaymentStatus,
    /// How it stands, exactly.
    pub sub_status: PaymentSubStatus,
    /// How it is made.
    pub workflow: Workflow,
    /// The type of its method.
    pub payment_method_type: String,
    /// The provider that takes it.
    pub provider_id: String,
    /// The connection to that provider.
    pub connection_id: Option<ConnectionId>,
    /// The one-time token that it was made with.
    pub token_id: Option<TokenId>,
    /// The enrolled method that it was made with, or that it enrolled.
    pub vaulted_token: Option<VaultedToken>,
    /// Whether its method is enrolled when it succeeds.
    pub vault_on_success: bool,
    /// Its card.
    pub card: Option<Json<KeptCard>>,
    /// The details of its method as they are answered, without the card.
    pub detail: AsSent,
    /// Where the customer is sent when done, and what is notified.
    pub callback_url: Option<String>,
    /// Where the customer is sent when done, before `callback_url`.
    pub return_url: Option<String>,
    /// The merchant's metadata, in the form in which it was sent.
    pub metadata: Option<AsSent>,
    /// Who pays, as far as it is known: personal data, which goes when the customer is deleted.
    pub customer_payer: Option<AsSent>,
    /// Order, airline and other data.
    pub additional_data: Option<AsSent>,
    /// Who gets which part.
    pub split_marketplace: Option<AsSent>,
    /// What the subscription of the payment is.
    pub subscription: Option<AsSent>,
    /// The key that it was made under.
    pub idempotency_key: Option<String>,
    /// The transaction that a gateway is being asked about.
    pub in_flight: Option<TransactionId>,
    /// The page on which the customer agrees or authenticates.
    pub page_id: Option<PageId>,
    /// When something is to be done about it unless it moves.
    pub due_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
}

/// Adds a payment.
///
/// # Errors
/// A violation of `payments_checkout_session_key` when its session has one.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, payment: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into payments (organization_id, payment_id, account_id, checkout_session_id, customer_id,
            merchant_order_id, merchant_reference, description, country, currency, amount, status, sub_status, workflow,
            payment_method_type, provider_id, connection_id, token_id, vaulted_token, vault_on_success, card, detail,
            callback_url, metadata, customer_payer, additional_data, split_marketplace, subscription, idempotency_key,
            in_flight, page_id, due_at, created_at, updated_at, return_url)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $33, $34)
        "#,
    )
    .bind(organization)
    .bind(payment.payment_id)
    .bind(payment.account_id)
    .bind(payment.checkout_session_id)
    .bind(payment.customer_id)
    .bind(&payment.merchant_order_id)
    .bind(&payment.merchant_reference)
    .bind(&payment.description)
    .bind(payment.country)
    .bind(payment.currency)
    .bind(payment.amount)
    .bind(payment.status)
    .bind(payment.sub_status)
    .bind(payment.workflow)
    .bind(&payment.payment_method_type)
    .bind(&payment.provider_id)
    .bind(payment.connection_id)
    .bind(payment.token_id)
    .bind(payment.vaulted_token)
    .bind(payment.vault_on_success)
    .bind(&payment.card)
    .bind(&payment.detail)
    .bind(&payment.callback_url)
    .bind(&payment.metadata)
    .bind(&payment.customer_payer)
    .bind(&payment.additional_data)
    .bind(&payment.split_marketplace)
    .bind(&payment.subscription)
    .bind(&payment.idempotency_key)
    .bind(payment.in_flight)
    .bind(payment.page_id)
    .bind(payment.due_at)
    .bind(payment.created_at)
    .bind(&payment.return_url)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a payment.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from payments where organization_id = $1 and payment_id = $2")
        .bind(organization)
        .bind(payment)
        .fetch_optional(connection)
        .await
}

/// Finds a payment and keeps everybody else from moving it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from payments where organization_id = $1 and payment_id = $2 for update")
        .bind(organization)
        .bind(payment)
        .fetch_optional(connection)
        .await
}

/// Finds the payment that a page is for, and keeps everybody else from moving it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_by_page(
    connection: &mut Connection,
    organization: OrganizationId,
    page: PageId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from payments where organization_id = $1 and page_id = $2 for update")
        .bind(organization)
        .bind(page)
        .fetch_optional(connection)
        .await
}

/// Finds the payment of a session.
///
/// # Errors
/// When the database refuses.
pub async fn find_by_session(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from payments where organization_id = $1 and checkout_session_id = $2")
        .bind(organization)
        .bind(session)
        .fetch_optional(connection)
        .await
}

/// Lists the payments of an order, newest first, at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_by_order(
    connection: &mut Connection,
    organization: OrganizationId,
    merchant_order_id: &str,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select * from payments
        where organization_id = $1 and merchant_order_id = $2
        order by created_at desc, payment_id desc
        limit $3
        "#,
    )
    .bind(organization)
    .bind(merchant_order_id)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Begins to capture held money; `false` when the payment's state, another transaction or the amount that is left
/// does not allow it.
///
/// # Errors
/// When the database refuses.
pub async fn begin_capture(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
    transaction: TransactionId,
    amount: Amount,
    due_at: Timestamp,
) -> sqlx::Result<bool> {
    let begun = sqlx::query(
        r#"
        update payments
        set in_flight = $3, due_at = $5
        where organization_id = $1 and payment_id = $2 and in_flight is null
            and sub_status in ('AUTHORIZED', 'PARTIALLY_CAPTURED')
            and $4 > 0 and captured + $4 <= amount
        "#,
    )
    .bind(organization)
    .bind(payment)
    .bind(transaction)
    .bind(amount)
    .bind(due_at)
    .execute(connection)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Begins to cancel a payment; `false` when its state or another transaction does not allow it.
///
/// # Errors
/// When the database refuses.
pub async fn begin_cancel(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
    transaction: TransactionId,
    due_at: Timestamp,
) -> sqlx::Result<bool> {
    let begun = sqlx::query(
        r#"
        update payments
        set in_flight = $3, due_at = $4
        where organization_id = $1 and payment_id = $2 and in_flight is null
            and status = 'PENDING' and sub_status <> 'WAITING_ADDITIONAL_STEP'
        "#,
    )
    .bind(organization)
    .bind(payment)
    .bind(transaction)
    .bind(due_at)
    .execute(connection)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Begins to give money back; `false` when the payment's state, another transaction or the amount that is left does
/// not allow it.
///
/// # Errors
/// When the database refuses.
pub async fn begin_refund(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
    transaction: TransactionId,
    amount: Amount,
    due_at: Timestamp,
) -> sqlx::Result<bool> {
    let begun = sqlx::query(
        r#"
        update payments
        set in_flight = $3, due_at = $5
        where organization_id = $1 and payment_id = $2 and in_flight is null and status = 'SUCCEEDED'
            and $4 > 0 and refunded + $4 <= paid
        "#,
    )
    .bind(organization)
    .bind(payment)
    .bind(transaction)
    .bind(amount)
    .bind(due_at)
    .execute(connection)
    .await?;
    Ok(begun.rows_affected() == 1)
}

/// Puts a payment off about which something is to be done at `now`, when it cannot be done. One that has moved since is
/// left alone.
///
/// # Errors
/// When the database refuses.
pub async fn put_off(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
    now: Timestamp,
    until: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("update payments set due_at = $4 where organization_id = $1 and payment_id = $2 and due_at <= $3")
        .bind(organization)
        .bind(payment)
        .bind(now)
        .bind(until)
        .execute(connection)
        .await
        .map(|_| ())
}

/// Writes what a payment has become. It must have been [locked](lock) in the same transaction.
///
/// # Errors
/// A violation of `payments_money_check` when more money would go out than came in.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: &Row,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update payments
        set paid = $3, captured = $4, refunded = $5, status = $6, sub_status = $7, vaulted_token = $8, detail = $9,
            in_flight = $10, due_at = $11, updated_at = $12
        where organization_id = $1 and payment_id = $2
        "#,
    )
    .bind(organization)
    .bind(payment.payment_id)
    .bind(payment.paid)
    .bind(payment.captured)
    .bind(payment.refunded)
    .bind(payment.status)
    .bind(payment.sub_status)
    .bind(payment.vaulted_token)
    .bind(&payment.detail)
    .bind(payment.in_flight)
    .bind(payment.due_at)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Takes one payment about which something is to be done, and keeps everybody else from it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_due(
    connection: &mut Connection,
    organization: OrganizationId,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select * from payments
        where organization_id = $1 and due_at <= $2
        order by due_at
        limit 1
        for update skip locked
        "#,
    )
    .bind(organization)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Forgets what its payments know of a customer. They stay readable.
///
/// # Errors
/// When the database refuses.
pub async fn forget_payer(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update payments
        set customer_payer = null, additional_data = null, vault_on_success = false,
            card = jsonb_set(card, '{holder_name}', 'null')
        where organization_id = $1 and customer_id = $2
        "#,
    )
    .bind(organization)
    .bind(customer)
    .execute(connection)
    .await
    .map(|_| ())
}

/// When something is next to be done about a payment, after a time and up to another.
///
/// # Errors
/// When the database refuses.
pub async fn next_due(
    connection: &mut Connection,
    organization: OrganizationId,
    after: Timestamp,
    until: Timestamp,
) -> sqlx::Result<Option<Timestamp>> {
    sqlx::query_scalar("select min(due_at) from payments where organization_id = $1 and due_at > $2 and due_at <= $3")
        .bind(organization)
        .bind(after)
        .bind(until)
        .fetch_one(connection)
        .await
}

/// Whether a gateway was asked about a payment and nothing is recorded yet. Such a payment has its
/// `due_at`, by which few are looked at.
///
/// # Errors
/// When the database refuses.
pub async fn any_in_flight(connection: &mut Connection, organization: OrganizationId) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        r#"
        select exists (
            select from payments where organization_id = $1 and due_at is not null and in_flight is not null
        )
        "#,
    )
    .bind(organization)
    .fetch_one(connection)
    .await
}
