//! Things that tests need, made by the calls that clients would make.

use chrono::TimeDelta;
use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;
use yuno_sessions::api::auth::sha256;
use yuno_sessions::db::{api_keys, organizations};
use yuno_sessions::types::{AccountId, OrganizationId, Timestamp};

use super::client::{Client, Keys};

/// An organization with an account and keys.
pub async fn organization(pool: &PgPool, now: Timestamp) -> (Keys, String) {
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now.plus(TimeDelta::zero())));
    let public = format!("sandbox_{}", Uuid::new_v4());
    let secret = Uuid::new_v4().to_string();
    let mut connection = pool.acquire().await.unwrap();
    organizations::insert(&mut connection, organization, account, "Another", now).await.unwrap();
    api_keys::insert(&mut connection, organization, &public, &sha256(&secret), now).await.unwrap();
    (Keys { public: Some(public), secret: Some(secret) }, account.to_string())
}

/// The body of a card connection.
pub fn connection(client: &Client) -> Value {
    json!({
        "account_id": client.account,
        "merchant_connection_id": format!("cards-{}", Uuid::new_v4()),
        "provider_id": "YUNO_TEST_PAYMENT_GW",
        "flow_type": "PAYIN",
        "payment_methods": ["CARD"],
        "params": [],
    })
}

impl Client {
    /// A checkout session's body: what is required, for a country and a currency.
    pub fn session_body(&self, country: &str, currency: &str) -> Value {
        json!({
            "account_id": self.account,
            "merchant_order_id": "order-1",
            "payment_description": "Running shoes",
            "country": country,
            "amount": {"currency": currency, "value": 100},
        })
    }

    /// Makes a checkout session and gives its id.
    pub async fn make_checkout_session(&self, country: &str, currency: &str) -> String {
        let session = self.post("/v1/checkout/sessions", self.session_body(country, currency)).await.expect(200);
        session["checkout_session"].as_str().unwrap().to_owned()
    }

    /// Makes a customer and gives its id.
    pub async fn make_customer(&self) -> String {
        let body = json!({"merchant_customer_id": format!("customer-{}", Uuid::new_v4()), "email": "ana@example.com"});
        let customer = self.post("/v1/customers", body).await.expect(201);
        customer["id"].as_str().unwrap().to_owned()
    }

    /// Makes a customer session and gives its id.
    pub async fn make_customer_session(&self, country: &str) -> String {
        let customer = self.make_customer().await;
        let body = json!({"account_id": self.account, "country": country, "customer_id": customer});
        let session = self.post("/v1/customers/sessions", body).await.expect(200);
        session["customer_session"].as_str().unwrap().to_owned()
    }

    /// The types that a checkout session offers.
    pub async fn offered(&self, session: &str) -> Vec<String> {
        let methods = self.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
        methods.as_array().unwrap().iter().map(|method| method["type"].as_str().unwrap().to_owned()).collect()
    }
}
