//! Things that tests need, made by the calls that clients would make.

use serde_json::{Value, json};
use sqlx::PgPool;
use uuid::Uuid;
use yuno_sessions::db::api_keys::{self, NewKey};
use yuno_sessions::db::organizations;
use yuno_sessions::demo;
use yuno_sessions::keys::sha256;
use yuno_sessions::types::{AccountId, OrganizationId, Timestamp};

use super::client::{Client, Keys};

/// A test card with which everything succeeds.
pub const GOOD_CARD: &str = "4507990000000002";

/// An organization with an account and keys.
pub async fn organization(pool: &PgPool, now: Timestamp) -> (Keys, String) {
    let (organization, account) = (OrganizationId::new(now), AccountId::new(now));
    let public = format!("sandbox_{}", Uuid::new_v4());
    let secret = Uuid::new_v4().to_string();
    let mut connection = pool.acquire().await.unwrap();
    organizations::insert(&mut connection, organization, account, "Another", now).await.unwrap();
    api_keys::insert(&mut connection, organization, &NewKey::unlimited(&public, sha256(&secret)), now).await.unwrap();
    (Keys { public: Some(public), secret: Some(secret) }, account.to_string())
}

/// The body of a card payment in the demo account, without a session.
pub fn direct_body() -> Value {
    body_of_payment(&demo::ACCOUNT.to_string(), GOOD_CARD)
}

fn body_of_payment(account: &str, number: &str) -> Value {
    json!({
        "account_id": account,
        "merchant_order_id": "order-1",
        "description": "Running shoes",
        "country": "BR",
        "amount": {"currency": "BRL", "value": 100},
        "workflow": "DIRECT",
        "payment_method": {"type": "CARD", "detail": {"card": {"card_data": Client::card(number)}}},
    })
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

    /// Makes a checkout and gives its id.
    pub async fn make_checkout(&self, name: &str) -> String {
        let checkout = self.with_account().post("/v1/checkouts", json!({"name": name})).await.expect(201);
        checkout["id"].as_str().unwrap().to_owned()
    }

    /// The id of the account's default checkout.
    pub async fn default_checkout(&self) -> String {
        let checkouts = self.with_account().get("/v1/checkouts").await.expect(200);
        assert_eq!(checkouts[0]["is_default"], true, "the default comes first");
        checkouts[0]["id"].as_str().unwrap().to_owned()
    }

    /// Publishes what a checkout makes of payment methods.
    pub async fn publish_methods(&self, checkout: &str, methods: Value) -> Value {
        let body = json!({"config": {"payment_methods": methods}});
        self.with_account().put(format!("/v1/checkouts/{checkout}"), body).await.expect(200)
    }

    /// What is published of a checkout, with every field.
    pub fn whole_publish_body() -> Value {
        let set = json!({
            "code": "6822f80c-684e-41a3-8628-78963d3d60f7", "name": "In Brazil", "is_active": true, "priority": 1,
            "conditions": [{"condition_type": "COUNTRY", "conditional": "ONE_OF", "values": ["BR"]}],
        });
        let field = json!({
            "field_name": "security_code", "is_active": true, "current_value": "ALWAYS", "conditions_to_override": [set],
        });
        json!({
            "config": {
                "payment_methods": [{
                    "payment_method_type": "CARD", "order_to_show": 0, "is_active": true,
                    "active_enrollment_type": "BOTH", "name": "Card", "description": "Any card",
                    "icon": "https://cdn.example.com/card.png", "short_name": "Card", "hint": "Have it at hand",
                    "conditions_to_override": [set],
                    "required_fields_to_override": {
                        "is_active": true, "fields": [field], "enrollment_fields": [], "is_enrollment_active": true,
                    },
                }],
                "general_settings": {"country_documents": [{"country_code": "BR", "documents": ["CPF", "CNPJ"]}]},
            },
            "styling": {
                "styles": {"global": {"accent_color": "#1A73E8", "font_family": "Inter"}},
                "settings": {"card": {"save_on_success": true}},
                "flags": {"force_default_styles": false},
                "external_fonts": [],
                "payment_link_styles": {"checkbox": {"color": "#282A30"}},
            },
        })
    }

    /// A checkout session's body with every field, but for a checkout.
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
            "installments": {"plan_id": null, "plan": [{"installment": 3, "rate": 1.2}]},
            "recurring_payment": {
                "description": "Monthly subscription", "management_url": "https://example.com/manage",
                "billing_agreement": "BA-123", "regular_billing": billing, "trial_billing": billing,
            },
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

    /// A card as it is sent, by its number.
    pub fn card(number: &str) -> Value {
        let security_code = if number.starts_with("34") || number.starts_with("37") { "1234" } else { "123" };
        json!({
            "number": number, "expiration_month": 11, "expiration_year": 28, "security_code": security_code,
            "holder_name": "Ana Souza",
        })
    }

    /// The body of a card payment without a session.
    pub fn direct_body(&self, number: &str) -> Value {
        body_of_payment(&self.account, number)
    }

    /// A payment's body with every field.
    pub fn whole_payment_body(&self) -> Value {
        let address = json!({
            "address_line_1": "Rua A 1", "address_line_2": "", "building_number_1": "3", "building_number_2": "4",
            "country": "BR", "state": "SP", "city": "São Paulo", "zip_code": "01310-100", "neighborhood": "Bela Vista",
        });
        let mut body = self.direct_body(GOOD_CARD);
        let card = &mut body["payment_method"]["detail"]["card"];
        for (field, value) in [
            ("capture", json!(true)),
            ("verify", json!(false)),
            ("installments", json!(3)),
            ("first_installment_deferral", json!(0)),
            ("soft_descriptor", json!("SHOES")),
            (
                "stored_credentials",
                json!({
                    "reason": "CARD_ON_FILE", "usage": "FIRST", "subscription_agreement_id": "a-1",
                    "network_transaction_id": "n-1",
                }),
            ),
            ("three_d_secure", json!({"three_d_secure_setup_id": "s-1"})),
            ("external_providers_data", json!([{"provider_id": "ADYEN", "provider_token": "t"}])),
            ("delayed_capture_settings", json!({"delay": "P20D"})),
            ("delayed_cancel_settings", json!({"delay": "P40D"})),
            ("acquirer_reference_number", json!("1")),
        ] {
            card[field] = value;
        }
        let detail = &mut body["payment_method"]["detail"];
        detail["wallet"] = json!({"payment_token": "t", "card_data": {"lfd": "1515"}});
        detail["bank_transfer"] = json!({"code": "1"});
        detail["ticket"] = json!({"benefit_type": "x"});
        detail["strong_customer_authentication_exemptions"] = json!(["LOW_VALUE"]);
        for (field, value) in [
            ("token", json!("")),
            ("vaulted_token", json!("")),
            ("vault_on_success", json!(false)),
            ("account_updater", json!(false)),
            ("otp", json!({"is_required": false})),
        ] {
            body["payment_method"][field] = value;
        }
        for (field, value) in [
            ("checkout", json!({"session": ""})),
            ("merchant_reference", json!("reference-1")),
            (
                "customer_payer",
                json!({
                    "merchant_customer_id": "c-1", "merchant_customer_created_at": "2014-05-12 13:05:00",
                    "merchant_customer_validations": {"account_is_verified": true}, "first_name": "Ana",
                    "last_name": "Souza", "gender": "F", "date_of_birth": "1990-02-28", "email": "ana@example.com",
                    "nationality": "BR", "ip_address": "192.0.2.1", "device_fingerprint": "f",
                    "device_fingerprints": [{"provider_id": "CLEARSALE", "id": "f"}],
                    "browser_info": {
                        "user_agent": "u", "accept_header": "a", "accept_content": "c", "accept_browser": "b",
                        "color_depth": "24", "screen_height": "1", "screen_width": "1", "javascript_enabled": true,
                        "java_enabled": false, "browser_time_difference": "0", "language": "pt", "platform": "x",
                    },
                    "document": {"document_type": "CPF", "document_number": "12345678909"},
                    "phone": {"country_code": "55", "number": "11987654321"},
                    "billing_address": address, "shipping_address": address,
                    "geolocation": {"latitude": "1", "longitude": "2"},
                }),
            ),
            ("callback_url", json!("www.example.com")),
            ("metadata", json!([{"key": "k", "value": "v"}])),
            ("additional_data", json!({"order": {"items": [{"name": "Shoes"}]}})),
            ("split_marketplace", json!([{"type": "PURCHASE"}])),
            ("subscription", json!({"frequency": {"type": "DAY"}})),
            ("fraud_screening", json!({"stand_alone": false})),
        ] {
            body[field] = value;
        }
        body
    }

    /// The body of a one-time token, of a session or direct, with every field.
    pub fn whole_token_body(&self) -> Value {
        let mut card = Self::card(GOOD_CARD);
        card["type"] = json!("DEBIT");
        let mut session_card = card.clone();
        session_card["save"] = json!(true);
        session_card["installment"] = json!({"id": "i", "value": 3});
        session_card["detail"] = card.clone();
        json!({
            "account_id": self.account,
            "card_data": card,
            "payment_method": {
                "type": "CARD", "vaulted_token": "", "card": session_card, "customer": {"first_name": "Ana"},
                "device_fingerprint": "f", "third_party_session_id": "t",
            },
        })
    }

    /// The body of a direct enrollment with every field.
    pub fn whole_enrollment_body(&self) -> Value {
        let mut card = Self::card(GOOD_CARD);
        for (field, value) in [("type", "DEBIT"), ("brand", "VISA"), ("lfd", "0002")] {
            card[field] = json!(value);
        }
        json!({
            "account_id": self.account, "country": "BR", "type": "CARD", "workflow": "DIRECT",
            "callback_url": "www.example.com", "token": "", "parent_type": "CARD", "account_updater": false,
            "card_data": card, "customer_payer": {"code": "c"}, "payment_method": {"vault_on_success": true},
            "provider_data": {
                "id": "ADYEN", "token_source": "PROVIDER_TOKEN", "payment_method_token": "t", "connection_id": "c",
            },
            "verify": {"vault_on_success": false, "currency": "BRL", "metadata": [{"key": "k", "value": "v"}]},
            "recurring_payment": {"reference": "r"},
        })
    }

    /// The body of a webhook that asks for everything that happens here.
    pub fn webhook_body(&self, url: &str) -> Value {
        json!({
            "account_id": self.account,
            "name": format!("webhook-{}", Uuid::new_v4()),
            "url": url,
            "payment_triggers": ["AUTHORIZE", "CANCEL", "CAPTURE", "PURCHASE", "REFUND", "VERIFY"],
            "enrollment_triggers": ["ENROLL", "UNENROLL"],
        })
    }

    /// The body of a webhook with every field that can be created or changed together.
    pub fn whole_webhook_body(&self) -> Value {
        let mut body = self.webhook_body("https://example.com/hook");
        for (field, value) in [
            ("api_key", json!("key")),
            ("secret", json!("secret")),
            ("hmac_client_secret", json!("hmac")),
            ("oauth2_authentication_url", json!("https://example.com/token")),
            ("oauth2_client_id", json!("client")),
            ("oauth2_client_secret", json!("secret")),
            ("oauth2_grant_type", json!("client_credentials")),
            ("oauth2_scope", json!("webhooks:write")),
            ("oauth2_authorization_name", json!("X-Token")),
            ("oauth2_include_client_id", json!(true)),
            ("report_triggers", json!(["UPDATE"])),
            ("subscription_triggers", json!(["CLOSE_TO_RENEWAL"])),
            ("onboarding_triggers", json!(["CREATED"])),
            ("checkout_session_triggers", json!(["EXPIRED"])),
            ("renewal_days", json!(5)),
            ("clear_renewal_days", json!(false)),
            ("state", json!("ACTIVE")),
        ] {
            body[field] = value;
        }
        body
    }

    /// The body of an installments plan: what is required.
    pub fn plan_body(&self) -> Value {
        json!({
            "name": "Plan",
            "account_id": [self.account],
            "merchant_reference": "reference-1",
            "installments_plan": [{"installment": 1}, {"installment": 3, "rate": 1.2}],
        })
    }

    /// The body of an installments plan with every field.
    pub fn whole_plan_body(&self) -> Value {
        let mut body = self.plan_body();
        body["installments_plan"][1]["financial_costs"] = json!([{"type": "CFT", "rate": 45.25}]);
        body["installments_plan"][1]["type"] = json!("MERCHANT_INSTALLMENTS");
        for (field, value) in [
            ("country_code", json!("CO")),
            ("scheme", json!("VISA")),
            ("brand", json!(["VISA", "MASTERCARD"])),
            ("issuer", json!("A bank")),
            ("iin", json!(["450799", "52524400"])),
            ("first_installment_deferral", json!(1)),
            ("amount", json!({"currency": "COP", "min_value": 50, "max_value": 10_000})),
            ("availability", json!({"start_at": "2026-01-01T00:00:00Z", "finish_at": "2026-12-31T23:59:59.999Z"})),
            ("payment_method_type", json!("CARD")),
        ] {
            body[field] = value;
        }
        body
    }

    /// Makes an installments plan, narrowed by nothing but what `more` says, and gives its id.
    pub async fn make_plan(&self, more: Value) -> String {
        let mut body = self.plan_body();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let plan = self.post("/v1/installments-plans", body).await.expect(200);
        plan["id"].as_str().unwrap().to_owned()
    }

    /// Makes a webhook that asks for everything that happens here, and gives its id.
    pub async fn make_webhook(&self, url: &str) -> String {
        let webhook = self.post("/v1/webhooks", self.webhook_body(url)).await.expect(201);
        webhook["id"].as_str().unwrap().to_owned()
    }

    /// Changes a webhook.
    pub async fn change_webhook(&self, id: &str, mut change: Value) -> Value {
        change["account_id"] = json!(self.account);
        self.patch(format!("/v1/webhooks/{id}"), change).await.expect(200)
    }

    /// The deliveries of a webhook, newest first.
    pub async fn deliveries(&self, webhook: &str) -> Vec<Value> {
        let deliveries = self.get(format!("/v1/webhooks/{webhook}/deliveries")).await.expect(200);
        deliveries.as_array().unwrap().clone()
    }

    /// Pays with a card, without a session.
    pub async fn pay_direct(&self, number: &str) -> Value {
        self.post("/v1/payments", self.direct_body(number)).await.expect(201)
    }

    /// Gives back all of a payment that was taken at once.
    pub async fn refund(&self, payment: &Value) {
        let body =
            json!({"merchant_reference": "ref-1", "reason": "REQUESTED_BY_CUSTOMER", "description": "Given back"});
        let (id, transaction) = (payment["id"].as_str().unwrap(), payment["transactions"]["id"].as_str().unwrap());
        self.post(format!("/v1/payments/{id}/transactions/{transaction}/refund"), body).await.expect(200);
    }

    /// Holds 100 on a card, and gives the payment.
    pub async fn authorize(&self) -> Value {
        let mut body = self.direct_body(GOOD_CARD);
        body["payment_method"]["detail"]["card"]["capture"] = json!(false);
        self.post("/v1/payments", body).await.expect(201)
    }

    /// Makes a one-time token of a session, as an SDK does.
    pub async fn make_token(&self, session: &str, number: &str) -> String {
        let body = json!({"payment_method": {"type": "CARD", "card": Self::card(number)}});
        let token = self.without_secret().post(format!("/v1/checkout/sessions/{session}/token"), body).await;
        token.expect(201)["token"].as_str().unwrap().to_owned()
    }

    /// The body of a payment on a session of [`session_body`](Self::session_body).
    pub fn payment_body(&self, session: &str, country: &str, currency: &str, method: Value) -> Value {
        let mut body = json!({
            "account_id": self.account,
            "merchant_order_id": "order-1",
            "description": "Running shoes",
            "country": country,
            "amount": {"currency": currency, "value": 100},
            "checkout": {"session": session},
        });
        body["payment_method"] = method;
        body
    }

    /// Enrolls a card directly, and gives the method.
    pub async fn enroll(&self, customer: &str, number: &str) -> Value {
        let body =
            json!({"account_id": self.account, "country": "BR", "type": "CARD", "card_data": Self::card(number)});
        self.post(format!("/v1/customers/{customer}/payment-methods"), body).await.expect(201)
    }

    /// Makes a session of a customer and gives its id.
    pub async fn make_session_of(&self, customer: &str) -> String {
        let mut body = self.session_body("BR", "BRL");
        body["customer_id"] = json!(customer);
        let session = self.post("/v1/checkout/sessions", body).await.expect(200);
        session["checkout_session"].as_str().unwrap().to_owned()
    }

    /// The types that a checkout session offers.
    pub async fn offered(&self, session: &str) -> Vec<String> {
        let methods = self.get(format!("/v1/checkout/sessions/{session}/payment-methods")).await.expect(200);
        methods.as_array().unwrap().iter().map(|method| method["type"].as_str().unwrap().to_owned()).collect()
    }
}
