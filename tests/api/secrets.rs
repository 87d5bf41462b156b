//! Card numbers and security codes are nowhere: not in a row, not in the log, not in an answer. Other secrets are not
//! printed.

use std::collections::BTreeSet;

use serde_json::json;
use sqlx::Row as _;
use yuno_sessions::db::{api_keys, webhooks};
use yuno_sessions::keys::KeyPair;
use yuno_sessions::types::AccountId;

use crate::support::{Client, GOOD_CARD, OnServer, Server, TestApp, command, direct_body, server};

/// Numbers whose digits stand nowhere else.
const NUMBERS: [&str; 6] =
    [GOOD_CARD, "4507990000000010", "5252440000000002", "370000000000002", "4000000000003220", "4916994064252017"];

/// Every row of every table, as text.
async fn dump(pool: &sqlx::PgPool) -> String {
    let tables = sqlx::query("select table_name::text from information_schema.tables where table_schema = 'public'");
    let mut text = String::new();
    for table in tables.fetch_all(pool).await.unwrap() {
        let table: String = table.get(0);
        let select = sqlx::AssertSqlSafe(format!("select coalesce(string_agg(t::text, ' '), '') from {table} t"));
        text += &sqlx::query_scalar::<_, String>(select).fetch_one(pool).await.unwrap();
    }
    text
}

/// Every way in which a card can be sent, with every number.
async fn send_cards_everywhere(merchant: &Client) -> String {
    let customer = merchant.make_customer().await;
    let mut answers = String::new();
    for number in NUMBERS {
        let card = Client::card(number);
        let mut direct = merchant.direct_body(number);
        direct["customer_payer"] = json!({"id": customer});
        direct["payment_method"]["vault_on_success"] = json!(true);
        let mut wrong_code = direct.clone();
        wrong_code["payment_method"]["detail"]["card"]["card_data"]["security_code"] = json!("12345");
        let mut no_month = direct.clone();
        no_month["payment_method"]["detail"]["card"]["card_data"]["expiration_month"] = json!(number);
        let session = merchant.make_session_of(&customer).await;
        let enrolling = merchant.make_customer_session("BR").await;
        let enroll = format!("/v1/customers/sessions/{enrolling}/payment-methods");
        let ready = json!({"account_id": merchant.account, "country": "BR", "payment_method_type": "CARD"});
        let ready = merchant.post(&enroll, ready).await.expect(201);
        let keyed = merchant.with("x-idempotency-key", number.chars().rev().collect::<String>());
        for (path, body) in [
            ("/v1/payments".to_owned(), direct),
            ("/v1/payments".to_owned(), wrong_code),
            ("/v1/payments".to_owned(), no_month),
            ("/v1/tokens".to_owned(), json!({"account_id": merchant.account, "card_data": card})),
            (
                format!("/v1/checkout/sessions/{session}/token"),
                json!({"payment_method": {"type": "CARD", "card": {"detail": card}}, "card_data": card}),
            ),
            (
                format!("/v1/customers/{customer}/payment-methods"),
                json!({"account_id": merchant.account, "country": "BR", "type": "CARD", "card_data": card,
                    "verify": {"vault_on_success": true}}),
            ),
            (format!("{enroll}/{}/complete", ready["id"].as_str().unwrap()), json!({"card_data": card})),
        ] {
            answers += &String::from_utf8_lossy(&keyed.post(path, body).await.bytes);
        }
    }
    answers
}

fn assert_clean(what: &str, text: &str) {
    let found: BTreeSet<_> = NUMBERS.iter().filter(|number| text.contains(**number)).collect();
    assert!(found.is_empty(), "{what} has {found:?}");
    assert!(!text.contains("\"security_code\":"), "{what} has security codes");
}

#[tokio::test]
async fn no_number_is_in_the_database_or_in_an_answer() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    assert_clean("an answer", &send_cards_everywhere(&merchant).await);
    let customer = merchant.make_customer().await;
    // Where anything is kept as it was sent, a card may be sent by mistake.
    let mut body = merchant.direct_body(GOOD_CARD);
    body["customer_payer"] = json!({"id": customer});
    merchant.post("/v1/payments", body).await.expect(201);
    let dump = dump(app.pool()).await;
    assert!(dump.contains("45079900"), "the first digits are there: the dump has the cards");
    assert_clean("the database", &dump);
}

#[tokio::test]
async fn rows_with_secrets_can_be_printed() {
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.whole_webhook_body();
    let secrets = ["api_key", "secret", "hmac_client_secret", "oauth2_client_secret"];
    for name in secrets {
        body[name] = json!(format!("hunter-{name}"));
    }
    for only_in_changes in ["clear_renewal_days", "state"] {
        body.as_object_mut().unwrap().remove(only_in_changes);
    }
    merchant.post("/v1/webhooks", body).await.expect(201);
    let connection = &mut *app.pool().acquire().await.unwrap();
    let key = api_keys::find(connection, "sandbox_demo_public_key").await.unwrap().unwrap();
    let account = AccountId::parse(&merchant.account).unwrap();
    let rows = webhooks::list(connection, key.organization_id, account).await.unwrap();
    let printed = format!("{rows:?} {key:?} {:?}", KeyPair::random().unwrap());
    assert!(printed.contains("https://example.com/hook") && printed.contains("sandbox_demo_public_key"), "{printed}");
    assert!(!printed.contains("hunter") && !printed.contains("secret_sha256"), "{printed}");
    assert_eq!(printed.matches("REDACTED").count(), secrets.len() + 1, "{printed}");
    // And they are what they were.
    assert_eq!(rows[0].hmac_client_secret.as_ref().unwrap().expose(), "hunter-hmac_client_secret");
}

#[tokio::test]
async fn no_number_is_in_the_log_or_on_the_screen() {
    let mut program = command();
    program.env("RUST_LOG", "trace,hyper=info,wasmer=info,cranelift=info");
    let database = match server() {
        Some(postgres) => Some(OnServer::empty(postgres).await),
        None => None,
    };
    match &database {
        Some(database) => {
            let key = crate::support::FINGERPRINT_KEY;
            program.args(["--demo", "--database-url", &database.url()]).env("FINGERPRINT_KEY", key)
        }
        None => program.arg("--ephemeral"),
    };
    let server = Server::start(&mut program);
    for number in NUMBERS {
        let mut body = direct_body();
        body["payment_method"]["detail"]["card"]["card_data"] = Client::card(number);
        let answer = server.call("POST", "/v1/payments").json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        // Cut off in the middle, so that the parser complains.
        let cut = body.to_string();
        let cut = cut[..cut.len() - 10].to_owned();
        let call = server.call("POST", "/v1/payments").header("content-type", "application/json").body(cut);
        assert_eq!(call.send().await.unwrap().status(), 400);
    }
    let (_, log) = server.stop("-TERM");
    assert!(log.contains("insert into payments"), "the log tells statements");
    assert_clean("the log", &log);
}
