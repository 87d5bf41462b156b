//! Connections between accounts and providers.

use super::{AsSent, Connection};
use crate::availability;
use crate::types::{AccountId, ConnectionId, Country, Currency, OrganizationId, Timestamp};

/// A connection.
#[derive(Debug, sqlx::FromRow)]
pub struct Row {
    /// Its id.
    pub connection_id: ConnectionId,
    /// The account that it belongs to.
    pub account_id: AccountId,
    /// The merchant's name of it, unique in the account.
    pub merchant_connection_id: String,
    /// The provider.
    pub provider_id: String,
    /// `ACTIVE` or `PAUSED`.
    pub status: String,
    /// The types that are enabled on it.
    pub payment_methods: Vec<String>,
    /// Countries that the merchant narrowed it to.
    pub countries: Option<Vec<Country>>,
    /// Currencies that the merchant narrowed it to.
    pub currencies: Option<Vec<Currency>>,
    /// Its parameters, without the values of secret ones.
    pub params: AsSent,
    /// What the provider charges, as the merchant says.
    pub costs: AsSent,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl From<Row> for availability::Connection {
    fn from(row: Row) -> Self {
        Self {
            connection_id: row.connection_id,
            merchant_connection_id: row.merchant_connection_id,
            provider_id: row.provider_id,
            active: row.status == "ACTIVE",
            payment_methods: row.payment_methods,
            countries: row.countries,
            currencies: row.currencies,
        }
    }
}

/// Adds a connection.
///
/// # Errors
/// A violation of `connections_merchant_connection_id_key` when the merchant's name is taken in the account.
pub async fn insert(connection: &mut Connection, organization: OrganizationId, new: &Row) -> sqlx::Result<()> {
    sqlx::query(
        r#"
        insert into connections (organization_id, connection_id, account_id, merchant_connection_id, provider_id,
            status, payment_methods, countries, currencies, params, costs, created_at, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        "#,
    )
    .bind(organization)
    .bind(new.connection_id)
    .bind(new.account_id)
    .bind(&new.merchant_connection_id)
    .bind(&new.provider_id)
    .bind(&new.status)
    .bind(&new.payment_methods)
    .bind(&new.countries)
    .bind(&new.currencies)
    .bind(&new.params)
    .bind(&new.costs)
    .bind(new.created_at)
    .bind(new.updated_at)
    .execute(connection)
    .await
    .map(|_| ())
}

/// Finds a connection.
///
/// # Errors
/// When the database refuses.
pub async fn find(
    connection: &mut Connection,
    organization: OrganizationId,
    id: ConnectionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select connection_id, account_id, merchant_connection_id, provider_id, status, payment_methods, countries,
            currencies, params, costs, created_at, updated_at
        from connections
        where organization_id = $1 and connection_id = $2
        "#,
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(connection)
    .await
}

/// Finds a connection and keeps everybody else from changing it until the transaction ends.
///
/// # Errors
/// When the database refuses.
pub async fn lock(
    connection: &mut Connection,
    organization: OrganizationId,
    id: ConnectionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        select connection_id, account_id, merchant_connection_id, provider_id, status, payment_methods, countries,
            currencies, params, costs, created_at, updated_at
        from connections
        where organization_id = $1 and connection_id = $2
        for update
        "#,
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(connection)
    .await
}

/// Lists the connections of one account, or of all, oldest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    connection: &mut Connection,
    organization: OrganizationId,
    account: Option<AccountId>,
) -> sqlx::Result<Vec<Row>> {
    sqlx::query_as(
        r#"
        select connection_id, account_id, merchant_connection_id, provider_id, status, payment_methods, countries,
            currencies, params, costs, created_at, updated_at
        from connections
        where organization_id = $1 and ($2::uuid is null or account_id = $2)
        order by connection_id
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_all(connection)
    .await
}

/// What is to change of a connection. `None` stays as it is; an empty list of countries or currencies lifts the
/// narrowing.
#[derive(Debug, Default)]
pub struct Change {
    /// `ACTIVE` or `PAUSED`.
    pub status: Option<String>,
    /// The types that are enabled.
    pub payment_methods: Option<Vec<String>>,
    /// The countries it is narrowed to.
    pub countries: Option<Vec<Country>>,
    /// The currencies it is narrowed to.
    pub currencies: Option<Vec<Currency>>,
}

/// Changes a connection and gives what it is now; `None` when there is no such connection.
///
/// # Errors
/// When the database refuses.
pub async fn update(
    connection: &mut Connection,
    organization: OrganizationId,
    id: ConnectionId,
    change: &Change,
    now: Timestamp,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        update connections
        set status = coalesce($3, status),
            payment_methods = coalesce($4, payment_methods),
            countries = nullif(coalesce($5, countries), '{}'),
            currencies = nullif(coalesce($6, currencies), '{}'),
            updated_at = $7
        where organization_id = $1 and connection_id = $2
        returning connection_id, account_id, merchant_connection_id, provider_id, status, payment_methods, countries,
            currencies, params, costs, created_at, updated_at
        "#,
    )
    .bind(organization)
    .bind(id)
    .bind(&change.status)
    .bind(&change.payment_methods)
    .bind(&change.countries)
    .bind(&change.currencies)
    .bind(now)
    .fetch_optional(connection)
    .await
}

/// Removes a connection, and gives what it was; `None` when there is no such connection.
///
/// # Errors
/// When the database refuses.
pub async fn delete(
    connection: &mut Connection,
    organization: OrganizationId,
    id: ConnectionId,
) -> sqlx::Result<Option<Row>> {
    sqlx::query_as(
        r#"
        delete from connections
        where organization_id = $1 and connection_id = $2
        returning connection_id, account_id, merchant_connection_id, provider_id, status, payment_methods, countries,
            currencies, params, costs, created_at, updated_at
        "#,
    )
    .bind(organization)
    .bind(id)
    .fetch_optional(connection)
    .await
}
