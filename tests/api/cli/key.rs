//! `yuno-sessions key` and `yuno-sessions audit`: need a server, so that they are tested where there is one.

use std::collections::HashMap;

use chrono::TimeDelta;
use serde_json::Value;
use sqlx::{Connection as _, PgConnection};
use yuno_sessions::clock::Clock;

use crate::support::{FINGERPRINT_KEY, OnServer, Server, command, http, server};

/// What a command printed, which must have gone well.
fn run(url: &str, arguments: &[&str]) -> String {
    let output = command().args(arguments).args(["--database-url", url]).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What went wrong with a command, in one line.
fn refused(url: &str, arguments: &[&str]) -> String {
    let output = command().args(arguments).args(["--database-url", url]).output().unwrap();
    assert!(!output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stderr).unwrap()
}

fn made(printed: &str) -> HashMap<&str, &str> {
    printed.lines().filter_map(|line| line.split_once(' ')).map(|(name, value)| (name, value.trim())).collect()
}

fn lines(printed: &str) -> Vec<Value> {
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn keys_are_rotated_while_the_server_runs_and_the_log_tells_it() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    let printed = run(&url, &["account", "create", "--name", "Shop"]);
    let first = made(&printed);
    let organization = first["organization_id"];
    let running = Server::start(command().env("FINGERPRINT_KEY", FINGERPRINT_KEY).args(["--database-url", &url]));
    let status = async |keys: &HashMap<&str, &str>| {
        let call = http().get(format!("{}/v1/connections", running.url));
        let call = call.header("public-api-key", keys["public-api-key"]);
        let answer = call.header("private-secret-key", keys["private-secret-key"]).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(status(&first).await.0, 200);

    let expires = ["key", "create", "--organization", organization, "--expires", "90d", "--allow-ip", "127.0.0.0/8"];
    let printed = run(&url, &expires);
    let second = made(&printed);
    assert_eq!(status(&second).await.0, 200, "a new key is known at once where nobody has asked for it");
    let printed = run(&url, &["key", "create", "--organization", organization, "--allow-ip", "192.0.2.1"]);
    let elsewhere = made(&printed);
    assert_eq!(status(&elsewhere).await, (401, "UNKNOWN_IP_ADDRESS".to_owned()));

    run(&url, &["key", "revoke", first["public-api-key"]]);
    assert!(refused(&url, &["key", "revoke", first["public-api-key"]]).contains("there is no such key"));
    let listed = run(&url, &["key", "list", "--organization", organization]);
    for secret in [&first, &second, &elsewhere].map(|keys| keys["private-secret-key"]) {
        assert!(!listed.contains(secret));
    }
    let listed = lines(&listed);
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["public_api_key"], second["public-api-key"]);
    assert_eq!(listed[0]["allowed_networks"], serde_json::json!(["127.0.0.0/8"]));
    assert!(listed[0]["expires_at"].is_string() && listed[1]["expires_at"].is_null());

    let told = lines(&run(&url, &["audit", "--organization", organization]));
    let mut told: Vec<_> = told.iter().map(|entry| (entry["actor"].as_str(), entry["action"].as_str())).collect();
    assert_eq!(told.pop(), Some((Some("cli"), Some("KEY_REVOKED"))));
    told.sort_unstable();
    let created = (Some("cli"), Some("KEY_CREATED"));
    assert_eq!(told, [(Some("cli"), Some("ACCOUNT_CREATED")), created, created, created]);
    let last = run(&url, &["audit", "--organization", organization, "--limit", "1"]);
    assert_eq!(lines(&last)[0]["subject"], first["public-api-key"]);
    let later = ["audit", "--organization", organization, "--since", "2999-01-01T00:00:00Z"];
    assert_eq!(run(&url, &later), "");
}

#[tokio::test]
async fn what_cannot_be_is_told_in_a_line() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    let nobody = "00000000-0000-4000-8000-000000000009";
    let create = ["key", "create", "--organization", nobody];
    assert!(refused(&url, &create).contains("there is no organization"));
    assert!(refused(&url, &[&create[..], &["--allow-ip", "192.0.2.1/8"]].concat()).contains("--allow-ip must be"));
    let past = [&create[..], &["--expires-at", "2020-01-01T00:00:00Z"]].concat();
    assert!(refused(&url, &past).contains("must be in the future"));
    let both = [&create[..], &["--expires-at", "2999-01-01T00:00:00Z", "--expires", "1d"]].concat();
    assert!(refused(&url, &both).contains("cannot be used with"));
    assert!(refused(&url, &["key", "revoke", "sandbox_demo_public_key"]).contains("come with the demo"));
}

#[tokio::test]
async fn a_key_of_an_organization_that_a_test_has_moved_expires_by_its_time() {
    let Some(postgres) = server() else { return };
    let database = OnServer::empty(postgres).await;
    let url = database.url();
    let printed = run(&url, &["account", "create", "--name", "Shop"]);
    let organization = made(&printed)["organization_id"];
    let mut connection = PgConnection::connect_with(&database.options).await.unwrap();
    sqlx::query("update organizations set ahead = interval '72 hours'").execute(&mut connection).await.unwrap();
    run(&url, &["key", "create", "--organization", organization, "--expires", "1d"]);
    let later = "select max(expires_at) > now() + interval '95 hours' from api_keys";
    assert!(sqlx::query_scalar::<_, bool>(later).fetch_one(&mut connection).await.unwrap());
    connection.close().await.unwrap();
    // Not in the future there.
    let tomorrow = serde_json::json!(Clock::system().machine_time().plus(TimeDelta::days(1)));
    let past = ["key", "create", "--organization", organization, "--expires-at", tomorrow.as_str().unwrap()];
    assert!(refused(&url, &past).contains("must be in the future"));
}
