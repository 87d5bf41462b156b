//! Signatures verify with the code that docs/WEBHOOKS.md shows, run as it stands there: where its language is installed,
//! and in CI both are.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::support::{GOOD_CARD, TestApp};

/// A receiver of the documentation that runs, killed when it is dropped.
struct Shown(Child);

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The block of a language in the documentation.
fn code(language: &str) -> &'static str {
    let text = include_str!("../../../docs/WEBHOOKS.md");
    let block = text.split_once(&format!("```{language}\n")).expect("a block of the language").1;
    block.split_once("```").unwrap().0
}

/// Runs the code on a free port, and gives where; `None` when the language is not installed.
async fn run(interpreter: &str, language: &str) -> Option<(Shown, String)> {
    let installed = Command::new(interpreter).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if installed.is_err() {
        assert!(std::env::var_os("CI").is_none(), "{interpreter} is not installed");
        return None;
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = Command::new(interpreter)
        .arg("-")
        .env("PORT", port.to_string())
        .env("HMAC_CLIENT_SECRET", "a-secret-of-mine")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(code(language).as_bytes()).unwrap();
    let shown = Shown(child);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        tokio::task::yield_now().await;
    }
    Some((shown, format!("http://127.0.0.1:{port}/")))
}

/// A genuine delivery is answered 200, and one under another secret 401.
async fn verifies(interpreter: &str, language: &str) {
    let Some((_shown, url)) = run(interpreter, language).await else { return };
    let app = TestApp::new().await;
    let merchant = app.merchant();
    let mut body = merchant.webhook_body(&url);
    body["hmac_client_secret"] = json!("a-secret-of-mine");
    let webhook = merchant.post("/v1/webhooks", body).await.expect(201);
    let id = webhook["id"].as_str().unwrap();
    let mut paying = merchant.direct_body(GOOD_CARD);
    paying["description"] = json!("Calçados ✓");
    merchant.post("/v1/payments", paying).await.expect(201);
    app.deliver().await;
    assert_eq!(merchant.deliveries(id).await[0]["status"], "DELIVERED", "{language}");
    merchant.change_webhook(id, json!({"hmac_client_secret": "another"})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    assert_eq!(merchant.deliveries(id).await[0]["answer_status"], 401, "{language}");
    merchant.change_webhook(id, json!({"hmac_client_secret": ""})).await;
    merchant.pay_direct(GOOD_CARD).await;
    app.deliver().await;
    assert_eq!(merchant.deliveries(id).await[0]["answer_status"], 401, "{language}");
}

#[tokio::test]
async fn signatures_verify_in_python() {
    verifies("python3", "python").await;
}

#[tokio::test]
async fn signatures_verify_in_node() {
    verifies("node", "js").await;
}
