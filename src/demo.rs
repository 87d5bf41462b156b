//! The demo organization: the same account and keys in every demo, so that tests and documentation can paste them.

use crate::catalog::TESTING_GATEWAY;
use crate::db::api_keys::NewKey;
use crate::db::audit_log::DEMO;
use crate::db::{AsSent, Pool, connections, organizations};
use crate::keys::{self, sha256};
use crate::types::{AccountId, ConnectionId, OrganizationId, Timestamp};

/// The demo's organization.
const ORGANIZATION: OrganizationId = OrganizationId::fixed(0x0000_0000_0000_4000_8000_0000_0000_0000);

/// The demo's account.
pub const ACCOUNT: AccountId = AccountId::fixed(0x0000_0000_0000_4000_8000_0000_0000_0001);

/// The demo's public key.
pub const PUBLIC_API_KEY: &str = "sandbox_demo_public_key";

/// The demo's secret key. No secret at all: it is only ever valid in demos.
pub const PRIVATE_SECRET_KEY: &str = "sandbox_demo_secret_key";

/// The demo's connections: provider, and the types that are enabled on it.
const CONNECTIONS: [(&str, &[&str]); 4] = [
    (TESTING_GATEWAY, &["CARD"]),
    (
        "DLOCAL",
        &[
            "PIX",
            "BOLETO",
            "OXXO",
            "SPEI",
            "PSE",
            "NEQUI",
            "EFECTY",
            "KHIPU",
            "PAGO_FACIL",
            "RAPIPAGO",
            "YAPE",
            "PAGO_EFECTIVO",
        ],
    ),
    ("EBANX", &["WEBPAY", "SERVIPAG"]),
    ("ADYEN", &["ACH", "KLARNA", "GOOGLE_PAY", "IDEAL"]),
];

/// Makes the demo organization with an account, keys and connections. Does nothing when it is there.
///
/// # Errors
/// When the database refuses.
pub async fn make(pool: &Pool, now: Timestamp) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    organizations::insert(&mut transaction, ORGANIZATION, ACCOUNT, "Demo", now).await?;
    let key = NewKey::unlimited(PUBLIC_API_KEY, sha256(PRIVATE_SECRET_KEY));
    // Keys that everybody knows are worth telling of.
    if keys::add(&mut transaction, ORGANIZATION, DEMO, &key, now).await? {
        for connection in connections_of(ACCOUNT, now) {
            connections::insert(&mut transaction, ORGANIZATION, &connection).await?;
        }
    }
    transaction.commit().await
}

/// The connections that the demo's account has, for any account.
pub fn connections_of(account: AccountId, now: Timestamp) -> impl Iterator<Item = connections::Row> {
    CONNECTIONS.into_iter().map(move |(provider, methods)| connection(account, provider, methods, now))
}

fn connection(account_id: AccountId, provider: &str, methods: &[&str], now: Timestamp) -> connections::Row {
    connections::Row {
        connection_id: ConnectionId::new(now),
        account_id,
        merchant_connection_id: format!("demo-{}", provider.to_lowercase().replace('_', "-")),
        provider_id: provider.to_owned(),
        status: "ACTIVE".to_owned(),
        payment_methods: methods.iter().map(|method| (*method).to_owned()).collect(),
        countries: None,
        currencies: None,
        params: AsSent(serde_json::json!([])),
        costs: AsSent(serde_json::json!([])),
        created_at: now,
        updated_at: now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::CATALOG;

    #[test]
    fn connects_only_what_the_catalog_has() {
        for (provider, methods) in CONNECTIONS {
            let offered = CATALOG.offered_by(provider).expect(provider);
            for method in methods {
                assert!(offered.contains(&(*method).to_owned()), "{provider} {method}");
            }
        }
    }
}
