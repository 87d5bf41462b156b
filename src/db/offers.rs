//! What an account's sessions are offered by: its connections and its published checkouts, read together.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{AsSent, Connection};
use crate::availability;
use crate::checkout::{MethodSettings, Settings};
use crate::types::{AccountId, CheckoutId, ConnectionId, Country, Currency, OrganizationId};

/// A connection, or a checkout with nothing in the places of what is a connection's.
#[derive(sqlx::FromRow)]
struct Row {
    connection_id: Option<ConnectionId>,
    merchant_connection_id: Option<String>,
    provider_id: Option<String>,
    status: String,
    payment_methods: Option<Vec<String>>,
    countries: Option<Vec<Country>>,
    currencies: Option<Vec<Currency>>,
    checkout_id: Option<CheckoutId>,
    is_default: bool,
    settings: Option<AsSent>,
}

/// Reads the connections of an account, oldest first, and the settings of its published checkouts. One statement: every
/// account that is asked for is read twice a second.
///
/// # Errors
/// When the database refuses.
pub async fn read(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> sqlx::Result<(Vec<availability::Connection>, Vec<Settings>)> {
    let rows: Vec<Row> = sqlx::query_as(
        r#"
        select connection_id, merchant_connection_id, provider_id, status, payment_methods, countries, currencies,
            null::uuid as checkout_id, false as is_default, null::json as settings
        from connections
        where organization_id = $1 and account_id = $2
        union all
        select null, null, null, status, null, null, null, checkout_id, is_default, payment_methods
        from checkouts
        where organization_id = $1 and account_id = $2 and status = 'PUBLISHED'
        order by connection_id
        "#,
    )
    .bind(organization)
    .bind(account)
    .fetch_all(connection)
    .await?;
    let (mut connections, mut checkouts) = (Vec::new(), Vec::new());
    for row in rows {
        match row.connection_id {
            Some(connection_id) => connections.push(availability::Connection {
                connection_id,
                merchant_connection_id: row.merchant_connection_id.unwrap_or_default(),
                provider_id: row.provider_id.unwrap_or_default(),
                active: row.status == "ACTIVE",
                payment_methods: row.payment_methods.unwrap_or_default(),
                countries: row.countries,
                currencies: row.currencies,
            }),
            None => checkouts.push(Settings {
                checkout_id: row.checkout_id,
                is_default: row.is_default,
                methods: row.settings.map(|kept| of_the_rule(&kept.0)).unwrap_or_default(),
            }),
        }
    }
    Ok((connections, checkouts))
}

/// The settings, without what the rule does not look at.
fn of_the_rule(kept: &Value) -> BTreeMap<String, MethodSettings> {
    let mut methods = Settings::methods_of(kept);
    for settings in methods.values_mut() {
        settings.required_fields_to_override = None;
    }
    methods
}
