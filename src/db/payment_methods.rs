//! Payment methods that customers enroll.

use sqlx::types::Json;

use super::{AsSent, Connection};
use crate::types::{
    AccountId, Country, Currency, CustomerId, CustomerSessionId, EnrollmentStatus, KeptCard, Link, OrganizationId,
    PageId, PaymentId, PaymentMethodId, Timestamp, VaultedToken,
};

/// A payment method that a customer enrolls, or has enrolled.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub payment_method_id: PaymentMethodId,
    /// The account that enrolled it.
    pub account_id: AccountId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The session that it was enrolled through.
    pub customer_session_id: Option<CustomerSessionId>,
    /// Its type.
    pub payment_method_type: String,
    /// Where it was enrolled.
    pub country: Country,
    /// How it stands; that it has expired is not stored.
    pub status: EnrollmentStatus,
    /// The token to pay with it, once it is enrolled.
    pub vaulted_token: VaultedToken,
    /// The provider's token of it.
    pub provider_token: Option<VaultedToken>,
    /// Its card.
    pub card: Option<Json<KeptCard>>,
    /// Whether it is listed.
    pub listed: bool,
    /// Where the customer is sent when done, and what is notified.
    pub callback_url: Option<String>,
    /// Where the customer is sent when done, before `callback_url`.
    pub return_url: Option<String>,
    /// Whether the card is verified before it is enrolled.
    pub verify_vault_on_success: bool,
    /// In which currency it is verified.
    pub verify_currency: Option<Currency>,
    /// The merchant's metadata of the verification.
    pub verify_metadata: Option<AsSent>,
    /// The payment of nothing that verified it.
    pub verify_payment_id: Option<PaymentId>,
    /// The key that it was made under.
    pub idempotency_key: Option<String>,
    /// The page on which the customer agrees.
    pub page_id: Option<PageId>,
    /// When it was last paid with.
    pub last_successfully_used_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// Until when it can be enrolled.
    pub expires_at: Option<Timestamp>,
}

impl Row {
    /// Where the customer is sent when done, with the id of its session.
    #[must_use]
    pub fn return_address(&self) -> Option<String> {
        let address = self.return_url.as_deref().or(self.callback_url.as_deref())?;
        let session = self.customer_session_id.map(|session| ("customerSession", session.to_string()));
        Link::from_loose(address).ok()?.for_return(session)
    }

    /// How it stands at a time.
    #[must_use]
    pub fn status(&self, now: Timestamp) -> EnrollmentStatus {
        match self.status {
            // What is being verified ends with the payment that verifies it.
            EnrollmentStatus::ReadyToEnroll
                if self.verify_payment_id.is_none() && self.expires_at.is_some_and(|expires_at| now >= expires_at) =>
            {
                EnrollmentStatus::Expired
            }
            status => status,
        }
    }
}

/// Adds a payment method.
///
/// # Errors
/// When the database refuses.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, method: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into payment_methods (organization_id, payment_method_id, account_id, customer_id, customer_session_id,
            payment_method_type, country, status, vaulted_token, provider_token, card, listed, callback_url,
            verify_vault_on_success, verify_currency, verify_metadata, verify_payment_id, idempotency_key, page_id,
            last_successfully_used_at, created_at, updated_at, expires_at, return_url)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $21,
            $22, $23)
        "#,
    )
    .bind(organization)
    .bind(method.payment_method_id)
    .bind(method.account_id)
    .bind(method.customer_id)
    .bind(method.customer_session_id)
    .bind(&method.payment_method_type)
    .bind(method.country)
    .bind(method.status)
    .bind(method.vaulted_token)
    .bind(method.provider_token)
    .bind(&method.card)
    .bind(method.listed)
    .bind(&method.callback_url)
    .bind(method.verify_vault_on_success)
    .bind(method.verify_currency)
    .bind(&method.verify_metadata)
    .bind(method.verify_payment_id)
    .bind(&method.idempotency_key)
    .bind(method.page_id)
    .bind(method.last_successfully_used_at)
    .bind(method.created_at)
    .bind(method.expires_at)
    .bind(&method.return_url)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a payment method by its id or by its token, and keeps everybody else from moving it until the transaction
/// ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(
    connection: &mut Connection,
    organization: OrganizationId,
    method: PaymentMethodId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select * from payment_methods
        where organization_id = $1 and (payment_method_id = $2 or vaulted_token = $2)
        for update
        "#,
    )
    .bind(organization)
    .bind(method)
    .fetch_optional(connection)
    .await
}

/// Finds the payment method that a page is for, and keeps everybody else from moving it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_by_page(
    connection: &mut Connection,
    organization: OrganizationId,
    page: PageId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as("select * from payment_methods where organization_id = $1 and page_id = $2 for update")
        .bind(organization)
        .bind(page)
        .fetch_optional(connection)
        .await
}

/// Finds a payment method by its id or by its token.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    method: PaymentMethodId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select * from payment_methods
        where organization_id = $1 and (payment_method_id = $2 or vaulted_token = $2)
        "#,
    )
    .bind(organization)
    .bind(method)
    .fetch_optional(connection)
    .await
}

/// Finds the enrolled payment method of a token.
///
/// # Errors
/// When the database refuses.
pub async fn find_enrolled(
    connection: &mut Connection,
    organization: OrganizationId,
    vaulted_token: VaultedToken,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        "select * from payment_methods where organization_id = $1 and vaulted_token = $2 and status = 'ENROLLED'",
    )
    .bind(organization)
    .bind(vaulted_token)
    .fetch_optional(connection)
    .await
}

/// Finds the enrolled payment method of a token and keeps it from being unenrolled until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn hold_enrolled(
    connection: &mut Connection,
    organization: OrganizationId,
    vaulted_token: VaultedToken,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select * from payment_methods
        where organization_id = $1 and vaulted_token = $2 and status = 'ENROLLED'
        for share
        "#,
    )
    .bind(organization)
    .bind(vaulted_token)
    .fetch_optional(connection)
    .await
}

/// Lists what a customer has enrolled: what was last paid with first, then the newest; at most `limit`.
///
/// # Errors
/// When the database refuses.
pub async fn list_enrolled(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
    limit: i64,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select * from payment_methods
        where organization_id = $1 and customer_id = $2 and status = 'ENROLLED' and listed
        order by last_successfully_used_at desc nulls last, created_at desc, payment_method_id desc
        limit $3
        "#,
    )
    .bind(organization)
    .bind(customer)
    .bind(limit)
    .fetch_all(connection)
    .await
}

/// Writes what a payment method has become. It must have been [locked](lock) in the same transaction.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    method: &Row,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update payment_methods
        set status = $3, provider_token = $4, card = $5, verify_payment_id = $6, expires_at = $7, updated_at = $8
        where organization_id = $1 and payment_method_id = $2
        "#,
    )
    .bind(organization)
    .bind(method.payment_method_id)
    .bind(method.status)
    .bind(method.provider_token)
    .bind(&method.card)
    .bind(method.verify_payment_id)
    .bind(method.expires_at)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Ends the enrollment that a payment of nothing verifies, and gives it, if there is one.
///
/// # Errors
/// When the database refuses.
pub async fn end_verification(
    connection: &mut Connection,
    organization: OrganizationId,
    payment: PaymentId,
    status: EnrollmentStatus,
    provider_token: Option<VaultedToken>,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        update payment_methods
        set status = $3, provider_token = $4, updated_at = $5
        where organization_id = $1 and verify_payment_id = $2 and status = 'READY_TO_ENROLL'
        returning *
        "#,
    )
    .bind(organization)
    .bind(payment)
    .bind(status)
    .bind(provider_token)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Notes that a payment with a method has succeeded.
///
/// # Errors
/// When the database refuses.
pub async fn note_use(
    connection: &mut Connection,
    organization: OrganizationId,
    vaulted_token: VaultedToken,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update payment_methods
        set last_successfully_used_at = $3
        where organization_id = $1 and vaulted_token = $2
        "#,
    )
    .bind(organization)
    .bind(vaulted_token)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Keeps everybody else from moving the payment methods of a customer until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock_all(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        select from payment_methods
        where organization_id = $1 and customer_id = $2
        order by payment_method_id
        for update
        "#,
    )
    .bind(organization)
    .bind(customer)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Unenrolls everything that a customer has enrolled, forgets the cards, and gives what it was. All must have been
/// [locked](lock_all): otherwise one that is just being enrolled would be passed over.
///
/// # Errors
/// When the database refuses.
pub async fn unenroll_all(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
    now: Timestamp,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        update payment_methods
        set status = 'UNENROLLED', provider_token = null, card = null, updated_at = $3
        where organization_id = $1 and customer_id = $2 and status = 'ENROLLED'
        returning *
        "#,
    )
    .bind(organization)
    .bind(customer)
    .bind(now)
    .fetch_all(connection)
    .await
}

/// Ends the enrollments that a customer has begun, and forgets the cards of those that ended otherwise.
///
/// # Errors
/// When the database refuses.
pub async fn forget_unenrolled(
    connection: &mut Connection,
    organization: OrganizationId,
    customer: CustomerId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        update payment_methods
        set status = case when status = 'READY_TO_ENROLL' then 'UNENROLLED' else status end,
            provider_token = null, card = null, updated_at = $3
        where organization_id = $1 and customer_id = $2 and (status = 'READY_TO_ENROLL' or card is not null)
        "#,
    )
    .bind(organization)
    .bind(customer)
    .bind(now)
    .execute(connection)
    .await
    .map(|_| ())
}
