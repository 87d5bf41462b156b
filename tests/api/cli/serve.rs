//! `yuno-sessions serve`

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::support::{FINGERPRINT_KEY, Server, command, direct_body, http};

fn session_body() -> Value {
    json!({
        "account_id": "00000000-0000-4000-8000-000000000001", "merchant_order_id": "order-1",
        "payment_description": "A first session", "country": "BR", "amount": {"currency": "BRL", "value": 100},
    })
}

/// The head of a request that makes a session, as bytes on the wire.
fn session_head(length: usize, more: &str) -> String {
    format!(
        "POST /v1/checkout/sessions HTTP/1.1\r\nhost: x\r\npublic-api-key: sandbox_demo_public_key\r\n\
         private-secret-key: sandbox_demo_secret_key\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{more}\r\n"
    )
}

/// What a program that does not start says.
fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    let error: Vec<_> = error.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(error.len(), 1, "one line: {error:?}");
    assert!(!error[0].contains("panicked"));
    error[0].to_owned()
}

#[tokio::test]
async fn prints_where_it_is_and_a_call_that_works_when_pasted() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::embedded(directory.path());
    for told in ["sandbox_demo_public_key", "sandbox_demo_secret_key", "00000000-0000-4000-8000-000000000001"] {
        assert!(server.greeting.contains(told), "{told} in {}", server.greeting);
    }
    assert!(server.greeting.contains(directory.path().to_str().unwrap()));
    let call = &server.greeting[server.greeting.find("curl ").unwrap()..server.greeting.find("\n\nStop").unwrap()];
    let pasted = Command::new("sh").args(["-c", &call.replacen("curl ", "curl -sS ", 1)]).output().unwrap();
    let answer: Value = serde_json::from_slice(&pasted.stdout).unwrap_or_else(|_| panic!("{pasted:?}"));
    assert_eq!(answer["status"], "ACTIVE");
}

#[tokio::test]
async fn finds_its_data_when_it_starts_again_and_lets_no_second_one_in() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::embedded(directory.path());
    let answer = server.call("POST", "/v1/checkout/sessions").json(&session_body()).send().await.unwrap();
    let session: Value = answer.json().await.unwrap();
    let path = format!("/v1/checkout/sessions/{}", session["checkout_session"].as_str().unwrap());

    let second = refusal(command().args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.path()));
    assert!(second.contains("another server uses the data directory"), "{second}");

    let (status, _) = server.stop("-TERM");
    assert_eq!(status.code(), Some(0));
    let server = Server::embedded(directory.path());
    let found: Value = server.call("GET", &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(found["created_at"], session["created_at"]);
}

/// The fingerprint of a card that is paid with.
async fn fingerprint(server: &Server) -> Value {
    let answer = server.call("POST", "/v1/payments").json(&direct_body()).send().await.unwrap();
    let payment: Value = answer.json().await.unwrap();
    payment["payment_method"]["payment_method_detail"]["card"]["card_data"]["fingerprint"].clone()
}

#[tokio::test]
async fn makes_a_secret_for_fingerprints_and_keeps_it_for_itself() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::embedded(one.path());
    let first = fingerprint(&server).await;
    assert!(first.is_string());
    server.stop("-TERM");
    assert_eq!(fingerprint(&Server::embedded(one.path())).await, first, "it is kept");
    assert_ne!(fingerprint(&Server::embedded(other.path())).await, first, "it is nobody else's");
    let file = one.path().join("fingerprint.key");
    let secret = std::fs::read_to_string(&file).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let told = fingerprint(&Server::start(command().arg("--ephemeral").env("FINGERPRINT_KEY", &secret))).await;
    assert_eq!(told, first, "the same secret makes the same fingerprints anywhere");
    std::fs::write(&file, "short").unwrap();
    let refused = refusal(command().args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(one.path()));
    assert!(refused.contains("fingerprint.key: it must have at least 32 characters"), "{refused}");
}

#[tokio::test]
async fn loses_no_answered_session_when_it_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let mut server = Server::embedded(directory.path());
    let answered = Arc::new(Mutex::new(HashSet::new()));
    for round in 1..=3 {
        let creates: Vec<_> = (0..8)
            .map(|_| {
                let call = server.call("POST", "/v1/checkout/sessions").json(&session_body());
                let answered = Arc::clone(&answered);
                tokio::spawn(async move {
                    // Until the server is gone in the middle of it.
                    while let Ok(answer) = call.try_clone().unwrap().send().await {
                        let Ok(session) = answer.json::<Value>().await else { break };
                        answered.lock().unwrap().insert(session["checkout_session"].as_str().unwrap().to_owned());
                    }
                })
            })
            .collect();
        while answered.lock().unwrap().len() < 100 * round {
            tokio::task::yield_now().await;
        }
        server.kill();
        for create in creates {
            create.await.unwrap();
        }
        server = Server::embedded(directory.path());
    }
    let answered = answered.lock().unwrap().clone();
    for session in answered {
        let answer = server.call("GET", &format!("/v1/checkout/sessions/{session}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{session} was answered and is lost");
    }
}

#[tokio::test]
async fn finishes_what_runs_and_ends_with_0_on_both_signals() {
    for signal in ["-TERM", "-INT"] {
        let server = Server::start(command().arg("--ephemeral"));
        // A request that is not sent to its end yet when the server is told to stop.
        let address = server.url.strip_prefix("http://").unwrap().to_owned();
        let body = session_body().to_string();
        let head = session_head(
            body.len(),
            "expect: 100-continue
",
        );
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(head.as_bytes()).unwrap();
        // The server answers this when it begins to read the body: it is in the middle of the request.
        let mut continue_line = [0; 25];
        stream.read_exact(&mut continue_line).unwrap();
        assert_eq!(&continue_line, b"HTTP/1.1 100 Continue\r\n\r\n");
        server.tell(signal);
        server.logged("stopping");
        assert!(TcpStream::connect(&address).is_err(), "it takes no more connections");
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
        let (status, _) = server.ended();
        assert_eq!(status.code(), Some(0), "{signal}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn leaves_a_directory_that_was_there_as_it_was() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    drop(Server::embedded(directory.path()));
    assert_eq!(mode(directory.path()), 0o755);
    let new = directory.path().join("new");
    drop(Server::embedded(&new));
    assert_eq!(mode(&new), 0o700, "one of its own is for this user alone");
}

#[tokio::test]
async fn says_in_one_line_why_it_does_not_start() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = refusal(command().args(["--ephemeral", "--listen", &address]));
    assert!(refused.contains(&format!("cannot listen on {address}")), "{refused}");

    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("postgres://u:hunter2@{nobody}/x");
    let with_server = ["--listen", "127.0.0.1:0", "--database-url", &url];
    let refused = refusal(command().args(with_server));
    assert!(refused.contains("FINGERPRINT_KEY (--fingerprint-key) is required with DATABASE_URL"), "{refused}");
    let refused = refusal(command().args(with_server).env("FINGERPRINT_KEY", FINGERPRINT_KEY));
    assert!(refused.contains(&format!("cannot reach the database at {nobody}")), "{refused}");
    assert!(!refused.contains("hunter2"));
    assert_eq!(refused.matches("Connection refused").count(), 1, "{refused}");

    let refused = refusal(command().args(["--listen", "nowhere", "--demo=perhaps"]));
    assert!(refused.contains("LISTEN") && refused.contains("DEMO"), "{refused}");

    let file = tempfile::NamedTempFile::new().unwrap();
    let refused = refusal(command().args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(file.path()));
    assert!(refused.contains("cannot use the data directory"), "{refused}");
}

#[tokio::test]
async fn takes_200_headers_and_refuses_a_body_that_was_cut_off() {
    let server = Server::start(command().arg("--ephemeral"));
    let mut call = server.call("GET", "/v1/connections");
    for n in 0..200 {
        call = call.header(format!("x-filler-{n}"), "x");
    }
    assert_eq!(call.send().await.unwrap().status(), 200);

    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all((session_head(100, "") + "{").as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(!answer.contains("HTTP/1.1 5"), "{answer}");
    assert_eq!(server.call("GET", "/health/ready").send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn clients_that_go_away_harm_nobody() {
    let server = Server::start(command().arg("--ephemeral"));
    let address = server.url.strip_prefix("http://").unwrap().to_owned();
    let body = session_body().to_string();
    let request = session_head(body.len(), "") + &body;
    for _ in 0..20 {
        // Sixteen that ask and do not wait: most are gone while their statement runs or waits for its turn.
        let gone: Vec<_> = (0..16).map(|_| TcpStream::connect(&address).unwrap()).collect();
        for mut stream in gone {
            stream.write_all(request.as_bytes()).unwrap();
        }
        let answer = server.call("GET", "/health/ready").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap());
    }
    assert_eq!(server.call("POST", "/v1/checkout/sessions").json(&session_body()).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn logs_one_line_a_request_without_keys_bodies_or_personal_data() {
    let server = Server::start(command().args(["--ephemeral"]).env("RUST_LOG", "info"));
    let body = json!({"merchant_customer_id": "c-1", "email": "very.private@example.com"});
    let created = server.call("POST", "/v1/customers").header("x-request-id", "my-request").json(&body).send().await;
    let id = created.unwrap().json::<Value>().await.unwrap()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/customers?merchant_customer_id=very.private&x={id}");
    server.call("GET", &path).send().await.unwrap();
    let (_, log) = server.stop("-TERM");
    let requests: Vec<_> = log.lines().filter(|line| line.contains("/v1/customers")).collect();
    assert_eq!(requests.len(), 2, "{log}");
    for told in ["my-request", "method=POST", "status=201", "milliseconds=", "organization=00000000-"] {
        assert!(requests[0].contains(told), "{told} in {}", requests[0]);
    }
    for secret in ["sandbox_demo", "very.private", id.as_str(), "c-1"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}

#[tokio::test]
async fn logs_json_for_machines() {
    let mut server =
        command().args(["--ephemeral", "--log-format", "json", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let mut log = BufReader::new(server.stderr.take().unwrap()).lines().map(|line| line.unwrap());
    let mut next = || log.next().map(|line| serde_json::from_str::<Value>(&line).unwrap());
    let listening = next().unwrap();
    assert_eq!(listening["message"], "listening");
    let url = format!("{}/health/live", listening["address"].as_str().unwrap());
    http().get(url).header("x-request-id", "r-1").send().await.unwrap();
    Command::new("kill").args(["-TERM", &server.id().to_string()]).status().unwrap();
    let request = std::iter::from_fn(next).find(|line| line["route"] == "/health/live").unwrap();
    assert_eq!((&request["method"], &request["status"]), (&json!("GET"), &json!(200)));
    assert_eq!(request["span"]["request_id"], "r-1");
    assert!(server.wait().unwrap().success());
    let mut printed = String::new();
    server.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    assert_eq!(printed, "", "nothing but JSON");
}
