//! `yuno-sessions listen`

use std::io::{BufRead as _, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;
use yuno_sessions::webhooks::signature;

use crate::support::{Receiver, Reply, Server, command, direct_body};

/// A listener that runs, killed when it is dropped.
struct Listener {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Listener {
    fn start(server: &Server, arguments: &[&str]) -> Self {
        let mut program = command();
        program.args(["listen", "--server", &server.url]).args(arguments).stderr(Stdio::inherit());
        let mut child = program.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn pay(server: &Server) -> Value {
    server.call("POST", "/v1/payments").json(&direct_body()).send().await.unwrap().json().await.unwrap()
}

fn id(payment: &Value) -> &str {
    payment["id"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn forwards_every_event_also_over_a_restart_of_the_server() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::embedded(directory.path());
    let before = pay(&server).await;
    let receiver = Receiver::answering(|_, before| Reply::Status(if before == 0 { 500 } else { 200 })).await;
    let mut listener = Listener::start(&server, &["--forward-to", &receiver.url, "--hmac-client-secret", "s"]);
    assert_eq!(listener.line(), format!("listening to {}/ from event 2 on", server.url));
    let second = pay(&server).await;
    assert_eq!(listener.line(), format!("2 payment.purchase {} SUCCEEDED -> 500, which is not delivered", id(&second)));
    let call = &receiver.calls()[0];
    assert_eq!(call.header("x-hmac-signature"), signature("s", &call.bytes));
    assert_eq!(call.json()["data"]["payment"]["id"], second["id"]);

    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    server.kill();
    assert_eq!(listener.line(), format!("waiting for http://{address}/"));
    let server = Server::start_at(command().arg("--data-dir").arg(directory.path()), &address);
    let third = pay(&server).await;
    assert_eq!(listener.line(), format!("3 payment.purchase {} SUCCEEDED -> 200", id(&third)));

    let mut from_the_start = Listener::start(&server, &["--after", "0"]);
    from_the_start.line();
    for (position, payment) in [before, second, third].iter().enumerate() {
        assert_eq!(from_the_start.line(), format!("{} payment.purchase {} SUCCEEDED", position + 1, id(payment)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn begins_anew_with_a_server_that_has_nothing_of_before() {
    let server = Server::start(command().arg("--ephemeral"));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    pay(&server).await;
    let mut listener = Listener::start(&server, &[]);
    listener.line();
    server.kill();
    listener.line();
    let server = Server::start_at(command().arg("--ephemeral"), &address);
    assert_eq!(listener.line(), "the server begins anew, and so does this");
    let payment = pay(&server).await;
    assert_eq!(listener.line(), format!("1 payment.purchase {} SUCCEEDED", id(&payment)));
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_for_a_receiver_that_is_not_there_and_says_what_the_server_refuses() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::embedded(directory.path());
    // A port that was free a moment ago.
    let nobody = Receiver::new().await.url.clone();
    let mut listener = Listener::start(&server, &["--forward-to", &nobody]);
    listener.line();
    pay(&server).await;
    assert!(listener.line().starts_with(&format!("waiting for {nobody}: cannot connect")));

    for (arguments, code, what) in [
        (["--private-secret-key", "wrong"], 1, "INVALID_CREDENTIALS"),
        (["--forward-to", "localhost:3000/hook"], 2, "must be an http or https URL"),
    ] {
        let output = command().args(["listen", "--server", &server.url]).args(arguments).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        assert!(error.contains(what), "{error}");
    }
}
