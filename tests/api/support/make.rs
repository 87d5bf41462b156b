//! Things that tests need, made by the calls that clients would make.

use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;
use yuno_sessions::db::{api_keys, organizations};
use yuno_sessions::keys::sha256;
use yuno_sessions::types::{AccountId, OrganizationId, Timestamp};

use super::client::{Client, Keys};

/// An organization with an account and keys.
pub async fn organization(pool: &PgPool, now: Timestamp) -> (Keys, String) {
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now));
    let public = format!("sandbox_{}", Uuid::new_v4());
    let secret = Uuid::new_v4().to_string();
    let mut connection = pool.acquire().await.unwrap();
    organizations::insert(&mut connection, organization, account, "Another", now).await.unwrap();
    api_keys::insert(&mut connection, organization, &public, &sha256(&secret), now).await.unwrap();
    (Keys { public: Some(public), secret: Some(secret) }, account.to_string())
}

impl Client {
    /// The body of a card connection.
    pub fn connection_body(&self) -> Value {
        json!({
            "account_id": self.account,
            "merchant_connection_id": format!("cards-{}", Uuid::new_v4()),
            "provider_id": "YUNO_TEST_PAYMENT_GW",
            "flow_type": "PAYIN",
            "payment_methods": ["CARD"],
            "params": [],
        })
    }

    /// A customer's body with every field.
    pub fn whole_customer_body(&self) -> Value {
        let address = json!({
            "address_line_1": "Rua A 1", "address_line_2": "Ap 2", "building_number_1": "3",
            "building_number_2": "4", "city": "São Paulo", "country": "BR", "state": "SP", "zip_code": "01310-100",
            "neighborhood": "Bela Vista",
        });
        json!({
            "merchant_customer_id": "c-1",
            "merchant_customer_created_at": "2022-05-09T20:46:54.786342Z",
            "first_name": "Ana",
            "last_name": "Souza",
            "gender": "F",
            "date_of_birth": "1990-02-28",
            "email": "ana@example.com",
            "nationality": "BR",
            "country": "BR",
            "document": {"document_type": "CPF", "document_number": "12345678909"},
            "phone": {"country_code": "55", "number": "11987654321"},
            "billing_address": address,
            "shipping_address": address,
            "metadata": [{"key": "segment", "value": "gold"}],
        })
    }

    /// A checkout session's body with every field.
    pub fn whole_session_body(&self, customer: &str) -> Value {
        let billing = json!({"label": "Monthly", "amount": "9.99", "interval_unit": "month", "interval_count": 1});
        json!({
            "account_id": self.account,
            "merchant_order_id": "1717681150",
            "payment_description": "Test cards",
            "country": "CO",
            "customer_id": customer,
            "callback_url": "https://www.example.com",
            "return_url": "myshop://done",
            "amount": {"currency": "COP", "value": "8000.5000"},
            "alternative_amount": {"currency": "USD", "value": 2},
            "metadata": [{"key": "ID", "value": "123456"}],
            "workflow": "SDK_SEAMLESS",
            "installments": {"plan_id": "p-1", "plan": [{"installment": 3, "rate": 1.2}]},
            "recurring_payment": {
                "description": "Monthly subscription", "management_url": "https://example.com/manage",
                "billing_agreement": "BA-123", "regular_billing": billing, "trial_billing": billing,
            },
            "checkout_id": "6822f80c-684e-41a3-8628-78963d3d60f7",
            "additional_data": {"order": {"items": [{"name": "Shoes", "unit_amount": 8000.5}]}},
            "customer_payer": {"first_name": "Ana", "gender": "MALE"},
            "payment_method": {
                "type": "CARD", "vaulted_token": "t-1", "vault_on_success": true, "detail": {"card": {"capture": false}},
            },
        })
    }

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
