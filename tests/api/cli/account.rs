//! `yuno-sessions account create`: needs a server, so that it is tested where there is one.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::support::{FINGERPRINT_KEY, OnServer, Server, command, http, server};

#[tokio::test]
async fn makes_keys_that_work_and_shows_the_secret_once() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    let output = command().args(["account", "create", "--name", "Shop", "--database-url", &url]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).unwrap();
    let made: HashMap<_, _> =
        printed.lines().filter_map(|line| line.split_once(' ')).map(|(k, v)| (k, v.trim())).collect();
    assert!(made["public-api-key"].starts_with("sandbox_"));
    assert!(made["private-secret-key"].len() >= 64, "256 bits");

    let running =
        Server::start(command().env("FINGERPRINT_KEY", FINGERPRINT_KEY).args(["--demo", "--database-url", &url]));
    let call = |method: &str, path: &str| {
        http()
            .request(method.parse().unwrap(), format!("{}{path}", running.url))
            .header("public-api-key", made["public-api-key"])
            .header("private-secret-key", made["private-secret-key"])
    };
    let body = json!({
        "account_id": made["account_id"], "merchant_connection_id": "one", "provider_id": "YUNO_TEST_PAYMENT_GW",
        "flow_type": "PAYIN", "payment_methods": ["CARD"], "params": [],
    });
    assert_eq!(call("POST", "/v1/connections").json(&body).send().await.unwrap().status(), 201);
    let listed: Value = call("GET", "/v1/connections").send().await.unwrap().json().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1, "its own, not the demo's");
}

#[tokio::test]
async fn needs_a_name_and_a_database() {
    let output = command().args(["account", "create", "--name", "Shop"]).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("DATABASE_URL"));
    let arguments = ["account", "create", "--name", "", "--database-url", "postgres://u@127.0.0.1:1/x"];
    let output = command().args(arguments).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "error: --name must have 1 to 255 characters\n");
}
