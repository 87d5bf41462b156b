//! Checkout sessions.

mod shared;

use serde_json::Value;
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Json;

pub use shared::{Find, Insert};

use super::{AsSent, Connection, idempotency_keys};
use crate::types::{
    AccountId, Amount, CheckoutId, CheckoutSessionId, Country, Currency, CustomerId, Link, OrganizationId, Timestamp,
    Workflow,
};

/// What a checkout session answers with.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub checkout_session_id: CheckoutSessionId,
    /// The account that it belongs to.
    pub account_id: AccountId,
    /// Who pays, when the merchant said so.
    pub customer_id: Option<CustomerId>,
    /// The merchant's id of the order.
    pub merchant_order_id: String,
    /// What is paid for.
    pub payment_description: String,
    /// Where the customer pays.
    pub country: Country,
    /// In which currency.
    pub currency: Currency,
    /// How much, in major units.
    pub amount: Amount,
    /// Where the customer is sent when done, and what is notified.
    pub callback_url: Option<Link>,
    /// Where the customer is sent when done, before `callback_url`.
    pub return_url: Option<Link>,
    /// The merchant's metadata, in the form in which it was sent.
    pub metadata: Option<AsSent>,
    /// How its payment is made.
    pub workflow: Workflow,
    /// The merchant's own instalments for it.
    pub installments: Option<AsSent>,
    /// The checkout that shapes it.
    pub checkout_id: Option<CheckoutId>,
    /// Whether a payment was made on it.
    pub used: bool,
    /// Whether its payment has come to an end.
    pub completed: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it can do nothing any more.
    pub expires_at: Timestamp,
}

/// What is kept of a session and never answered, as it was sent.
#[derive(Debug, Default)]
pub struct Kept {
    /// The amount in another currency, for display.
    pub alternative_amount: Option<Json<Value>>,
    /// What a wallet shows of a subscription.
    pub recurring_payment: Option<AsSent>,
    /// Order, airline and other data for payments.
    pub additional_data: Option<AsSent>,
    /// What is decided of the payment method beforehand.
    pub payment_method: Option<AsSent>,
    /// Who pays: personal data, which goes when the customer is deleted.
    pub customer_payer: Option<AsSent>,
}

/// Adds a checkout session; `false` when it names a customer and there is no such customer. The customer cannot be
/// deleted in between.
///
/// # Errors
/// When the database refuses.
pub async fn insert(
    connection: &mut Connection,
    organization: OrganizationId,
    session: &Row,
    kept: &Kept,
) -> sqlx::Result<bool> {
    let statement = sqlx::query(
        r#"
        insert into checkout_sessions (organization_id, checkout_session_id, account_id, customer_id,
            merchant_order_id, payment_description, country, currency, amount, callback_url, return_url, metadata,
            workflow, installments, checkout_id, alternative_amount, recurring_payment, additional_data,
            payment_method, customer_payer, created_at, updated_at, expires_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21, $22
        where $4::uuid is null or exists (
            select from customers where organization_id = $1 and customer_id = $4 and deleted_at is null for share
        )
        "#,
    );
    let inserted = bind(statement, organization, session, kept).execute(connection).await?;
    Ok(inserted.rows_affected() == 1)
}

/// The answer that is kept under the idempotency key of a request.
#[derive(Debug)]
pub struct Once<'a> {
    /// The key.
    pub key: idempotency_keys::Key<'a>,
    /// SHA-256 of the request's body.
    pub body_sha256: &'a [u8],
    /// The answer's status.
    pub status: i16,
    /// The answer's body.
    pub answer: &'a str,
    /// Keys that were used before this time do not count.
    pub forgotten_before: Timestamp,
}

/// Adds a checkout session and the answer under a key, both or none; `false` when the key was used or the session
/// names a customer that there is not. Waits while somebody else uses the key.
///
/// # Errors
/// When the database refuses.
pub async fn insert_once(
    connection: &mut Connection,
    organization: OrganizationId,
    session: &Row,
    kept: &Kept,
    once: &Once<'_>,
) -> sqlx::Result<bool> {
    let statement = sqlx::query(
        r#"
        with claimed as (
            insert into idempotency_keys (organization_id, operation, idempotency_key, body_sha256, status, answer,
                created_at)
            select $1, $23, $24, $25, $26, $27, $21
            -- Of a key that was used only the answer is wanted, whatever became of the customer.
            where case
                when exists (
                    select from idempotency_keys
                    where organization_id = $1 and operation = $23 and idempotency_key = $24 and created_at > $28
                ) or $4::uuid is null then true
                else exists (
                    select from customers
                    where organization_id = $1 and customer_id = $4 and deleted_at is null
                    for share
                )
            end
            on conflict (organization_id, operation, idempotency_key) do update
            set body_sha256 = excluded.body_sha256, status = excluded.status, answer = excluded.answer,
                created_at = excluded.created_at, customer_id = null, subject_id = null, refused = false
            where idempotency_keys.created_at <= $28
            returning true
        )
        insert into checkout_sessions (organization_id, checkout_session_id, account_id, customer_id,
            merchant_order_id, payment_description, country, currency, amount, callback_url, return_url, metadata,
            workflow, installments, checkout_id, alternative_amount, recurring_payment, additional_data,
            payment_method, customer_payer, created_at, updated_at, expires_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21, $22
        from claimed
        "#,
    );
    let inserted = bind(statement, organization, session, kept)
        .bind(once.key.operation)
        .bind(once.key.idempotency_key)
        .bind(once.body_sha256)
        .bind(once.status)
        .bind(once.answer)
        .bind(once.forgotten_before)
        .execute(connection)
        .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A statement with a session as its first 22 parameters.
fn bind<'a>(
    statement: Query<'a, Postgres, PgArguments>,
    organization: OrganizationId,
    session: &'a Row,
    kept: &'a Kept,
) -> Query<'a, Postgres, PgArguments> {
    statement
        .bind(organization)
        .bind(session.checkout_session_id)
        .bind(session.account_id)
        .bind(session.customer_id)
        .bind(&session.merchant_order_id)
        .bind(&session.payment_description)
        .bind(session.country)
        .bind(session.currency)
        .bind(session.amount)
        .bind(&session.callback_url)
        .bind(&session.return_url)
        .bind(&session.metadata)
        .bind(session.workflow)
        .bind(&session.installments)
        .bind(session.checkout_id)
        .bind(&kept.alternative_amount)
        .bind(&kept.recurring_payment)
        .bind(&kept.additional_data)
        .bind(&kept.payment_method)
        .bind(&kept.customer_payer)
        .bind(session.created_at)
        .bind(session.expires_at)
}

/// Finds a checkout session.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country, currency,
            amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used, completed,
            created_at, expires_at
        from checkout_sessions
        where organization_id = $1 and checkout_session_id = $2
        "#,
    )
    .bind(organization)
    .bind(session)
    .fetch_optional(connection)
    .await
}

/// What is to change of a session. `None` stays as it is.
#[derive(Debug, Default)]
pub struct Change {
    /// Who pays.
    pub customer_id: Option<CustomerId>,
    /// The merchant's id of the order.
    pub merchant_order_id: Option<String>,
    /// What is paid for.
    pub payment_description: Option<String>,
    /// Where the customer pays.
    pub country: Option<Country>,
    /// In which currency.
    pub currency: Option<Currency>,
    /// How much.
    pub amount: Option<Amount>,
    /// Where the customer is sent when done, and what is notified.
    pub callback_url: Option<Link>,
    /// Where the customer is sent when done.
    pub return_url: Option<Link>,
    /// The metadata to replace the old with.
    pub metadata: Option<AsSent>,
    /// How its payment is made.
    pub workflow: Option<Workflow>,
    /// The merchant's own instalments.
    pub installments: Option<AsSent>,
    /// What is kept and never answered.
    pub kept: Kept,
}

/// Changes a session that can still be paid, and gives what it is now; `None` when there is no such session.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
    change: &Change,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        update checkout_sessions
        set customer_id = coalesce($3, customer_id),
            merchant_order_id = coalesce($4, merchant_order_id),
            payment_description = coalesce($5, payment_description),
            country = coalesce($6, country),
            currency = coalesce($7, currency),
            amount = coalesce($8, amount),
            callback_url = coalesce($9, callback_url),
            return_url = coalesce($10, return_url),
            metadata = coalesce($11, metadata),
            workflow = coalesce($12, workflow),
            installments = coalesce($13, installments),
            -- Like the amount it is replaced key by key; a part alone makes none where there is none.
            alternative_amount = coalesce(
                alternative_amount || $14,
                case when $14 ?& array['currency', 'value'] then $14 end,
                alternative_amount
            ),
            additional_data = coalesce(
                $15,
                case when customer_id is null or customer_id = coalesce($3, customer_id) then additional_data end
            ),
            payment_method = coalesce($16, payment_method),
            -- What was known of another customer is not this one's.
            customer_payer = coalesce(
                $17,
                case when customer_id is null or customer_id = coalesce($3, customer_id) then customer_payer end
            ),
            updated_at = $18
        where organization_id = $1 and checkout_session_id = $2 and not used and expires_at > $18
        returning checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
            currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used, completed,
            created_at, expires_at
        "#,
    )
    .bind(organization)
    .bind(session)
    .bind(change.customer_id)
    .bind(&change.merchant_order_id)
    .bind(&change.payment_description)
    .bind(change.country)
    .bind(change.currency)
    .bind(change.amount)
    .bind(&change.callback_url)
    .bind(&change.return_url)
    .bind(&change.metadata)
    .bind(change.workflow)
    .bind(&change.installments)
    .bind(&change.kept.alternative_amount)
    .bind(&change.kept.additional_data)
    .bind(&change.kept.payment_method)
    .bind(&change.kept.customer_payer)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Takes a session for a payment, and gives it; `None` when there is no such session or it has been taken or has
/// expired.
///
/// # Errors
/// When the database refuses.
pub async fn take(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        update checkout_sessions
        set used = true, updated_at = $3
        where organization_id = $1 and checkout_session_id = $2 and not used and expires_at > $3
        returning checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
            currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used, completed,
            created_at, expires_at
        "#,
    )
    .bind(organization)
    .bind(session)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// What a session keeps for its payment: `customer_payer`, `additional_data` and `payment_method`.
///
/// # Errors
/// When the database refuses.
pub async fn kept_for_payment(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
) -> sqlx::Result<(Option<AsSent>, Option<AsSent>, Option<AsSent>)> {
    sqlx::query_as(
        r#"
        select customer_payer, additional_data, payment_method
        from checkout_sessions
        where organization_id = $1 and checkout_session_id = $2
        "#,
    )
    .bind(organization)
    .bind(session)
    .fetch_one(connection)
    .await
}

/// A session that was just completed.
#[derive(Debug, sqlx::FromRow)]
pub struct Completed {
    /// The session.
    #[sqlx(flatten)]
    pub session: Row,
    /// Whether a webhook of its account asks for that.
    pub asked: bool,
}

/// Notes that the payment of a session has come to an end; `None` when it had before.
///
/// # Errors
/// When the database refuses.
pub async fn complete(
    connection: &mut Connection,
    organization: OrganizationId,
    session: CheckoutSessionId,
    now: Timestamp,
) -> sqlx::Result<Option<Completed>> {
    sqlx::query_as(
        r#"
        update checkout_sessions
        set completed = true, updated_at = $3
        where organization_id = $1 and checkout_session_id = $2 and not completed
        returning checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country,
            currency, amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used, completed,
            created_at, expires_at, exists (
                select from webhooks
                where webhooks.organization_id = $1 and webhooks.account_id = checkout_sessions.account_id
                    and state = 'ACTIVE' and 'COMPLETED' = any(checkout_session_triggers)
            ) as asked
        "#,
    )
    .bind(organization)
    .bind(session)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Lists the sessions of an account that no payment was made on and that have an id between two, in their order, at
/// most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_unused(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
    after: CheckoutSessionId,
    before: CheckoutSessionId,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select checkout_session_id, account_id, customer_id, merchant_order_id, payment_description, country, currency,
            amount, callback_url, return_url, metadata, workflow, installments, checkout_id, used, completed,
            created_at, expires_at
        from checkout_sessions
        where organization_id = $1 and account_id = $2 and checkout_session_id > $3 and checkout_session_id < $4
            and not used
        order by checkout_session_id
        limit $5
        "#,
    )
    .bind(organization)
    .bind(account)
    .bind(after)
    .bind(before)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Forgets what is known of a customer in its sessions, and in those that it paid. They stay readable.
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
        update checkout_sessions
        set customer_payer = null, additional_data = null
        where organization_id = $1 and (customer_payer is not null or additional_data is not null)
            and (customer_id = $2 or checkout_session_id in (
                select checkout_session_id from payments where organization_id = $1 and customer_id = $2
            ))
        "#,
    )
    .bind(organization)
    .bind(customer)
    .execute(connection)
    .await
    .map(|_| ())
}
