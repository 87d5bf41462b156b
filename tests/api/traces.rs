//! Traces that go to a collector of OpenTelemetry.

use crate::support::{Receiver, Reply, Server, command};

const TRACE: [u8; 16] =
    [0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd, 0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c];
const PARENT: [u8; 8] = [0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31];
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A server that sends traces of a part of its requests to a receiver.
fn server(receiver: &Receiver, ratio: &str) -> Server {
    let collector = receiver.url.strip_suffix("/hook").unwrap();
    Server::start(command().args(["--ephemeral", "--otlp-endpoint", collector, "--otlp-sample-ratio", ratio]))
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}

/// The collector answers on another thread while this one waits for the server to end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_is_a_span_below_that_of_its_caller() {
    let collector = Receiver::new().await;
    let server = server(&collector, "1");
    let call = server.call("GET", "/v1/connections?secret=1").header("traceparent", TRACEPARENT);
    assert_eq!(call.header("x-request-id", "request-1").send().await.unwrap().status(), 200);
    // It waits some seconds for more, or for the end.
    let (status, log) = server.stop("-TERM");
    assert_eq!(status.code(), Some(0), "{log}");
    let calls = collector.calls();
    assert_eq!(calls.len(), 1, "{log}");
    assert_eq!(calls[0].uri.path(), "/v1/traces");
    assert_eq!(calls[0].header("content-type"), "application/x-protobuf");
    let told: [&[u8]; 8] = [
        &TRACE,
        &PARENT,
        b"GET /v1/connections",
        b"http.route",
        b"http.response.status_code",
        b"request-1",
        b"00000000-0000-4000-8000-000000000000",
        b"yuno-sessions",
    ];
    for what in told {
        assert!(has(&calls[0].bytes, what), "{}", String::from_utf8_lossy(what));
    }
    for secret in ["sandbox_demo", "secret"] {
        assert!(!has(&calls[0].bytes, secret.as_bytes()), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_do_not_decide_what_is_traced() {
    let collector = Receiver::new().await;
    let server = server(&collector, "0");
    server.call("GET", "/v1/connections").header("traceparent", TRACEPARENT).send().await.unwrap();
    assert_eq!(server.stop("-TERM").0.code(), Some(0));
    assert_eq!(collector.calls().len(), 0);
}

#[tokio::test]
async fn a_collector_that_is_away_or_hangs_harms_nobody() {
    let hangs = Receiver::answering(|_, _| Reply::Hang).await;
    let gone = Receiver::new().await;
    let url = gone.url.clone();
    drop(gone);
    for receiver in [hangs.url.as_str(), url.as_str()] {
        let collector = receiver.strip_suffix("/hook").unwrap();
        let options = ["--ephemeral", "--otlp-endpoint", collector, "--otlp-sample-ratio", "1"];
        let server = Server::start(command().args(options));
        for _ in 0..50 {
            assert_eq!(server.call("GET", "/health/live").send().await.unwrap().status(), 200);
        }
        assert_eq!(server.stop("-TERM").0.code(), Some(0));
    }
}

#[tokio::test]
async fn settings_of_traces_are_checked() {
    let options = ["--listen", "127.0.0.1:0", "--otlp-endpoint", "collector:4318", "--otlp-sample-ratio", "2"];
    let output = command().args(options).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && told.contains("OTLP_SAMPLE_RATIO"), "{told}");
}
