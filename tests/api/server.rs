//! Connections: how many there are, what a client may hold, TLS.

use std::convert::Infallible;
use std::path::Path;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::Instant;
use yuno_sessions::config::TlsFiles;
use yuno_sessions::config::limits::{HANDSHAKE_TIMEOUT, HEADER_TIMEOUT, MAX_HEADER_BYTES, MAX_HEADERS, WRITE_TIMEOUT};
use yuno_sessions::metrics::Metrics;
use yuno_sessions::server::serve;
use yuno_sessions::tls::Tls;

use crate::support::{Server, command};

/// Serves a router on a port, until the test ends.
async fn served(router: Router, tls: Option<tokio_rustls::TlsAcceptor>, max_connections: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(serve(listener, router, tls, max_connections, Metrics::off(), std::future::pending()));
    address
}

fn hello() -> Router {
    Router::new().route("/", get(|| async { "hello" }))
}

/// Sends a request on a connection that stays open, and gives the status and whether it is to be closed.
async fn ask(stream: &mut TcpStream) -> (u16, bool) {
    let answer = asked(stream).await;
    (answer[9..12].parse().unwrap(), answer.contains("connection: close"))
}

async fn asked(stream: &mut TcpStream) -> String {
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"hello") && !answer.ends_with(b"}") {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0, "it was closed");
    }
    String::from_utf8(answer).unwrap()
}

/// Reads until the server closes.
async fn closed(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn connections_beyond_the_limit_are_told_so_and_served_when_there_is_room() {
    let address = served(hello(), None, 2).await;
    let mut first = TcpStream::connect(&address).await.unwrap();
    let mut second = TcpStream::connect(&address).await.unwrap();
    assert_eq!(ask(&mut first).await, (200, false));
    assert_eq!(ask(&mut second).await, (200, false));
    let mut third = TcpStream::connect(&address).await.unwrap();
    let told = asked(&mut third).await;
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("\r\nconnection: close\r\n"), "{told}");
    assert!(told.contains("\r\nx-content-type-options: nosniff\r\n"), "{told}");
    assert_eq!(closed(&mut third).await, "");
    // Those who were there first are served as before.
    assert_eq!(ask(&mut first).await, (200, false));
    drop(first);
    loop {
        let mut next = TcpStream::connect(&address).await.unwrap();
        if ask(&mut next).await == (200, false) {
            break;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_sends_its_headers_slowly_is_let_go() {
    let address = served(hello(), None, 1).await;
    let began = Instant::now();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
    let answer = closed(&mut stream).await;
    assert!(began.elapsed() >= HEADER_TIMEOUT, "{:?}", began.elapsed());
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
}

#[tokio::test]
async fn headers_that_are_too_many_or_too_long_are_refused() {
    let address = served(hello(), None, 10).await;
    let many = "x: y\r\n".repeat(MAX_HEADERS + 1);
    let long = format!("x: {}\r\n", "y".repeat(2 * MAX_HEADER_BYTES));
    for (headers, is_read_whole) in [(many, true), (long, false)] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        // It is answered and closed before all of it was sent.
        let _ = stream.write_all(format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n").as_bytes()).await;
        let mut status = [0; 12];
        let answered = stream.read_exact(&mut status).await.is_ok();
        // Closing a connection with something unread on it can take the answer away.
        assert!(answered || !is_read_whole);
        assert!(!answered || status == *b"HTTP/1.1 431", "{status:?}");
    }
    let most = format!("GET / HTTP/1.1\r\nhost: x\r\nx: {}\r\n\r\n", "y".repeat(MAX_HEADER_BYTES / 2));
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(most.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(status, *b"HTTP/1.1 200");
}

/// Says when it is dropped.
struct Dropped(Option<oneshot::Sender<()>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        let _ = self.0.take().map(|dropped| dropped.send(()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_takes_nothing_of_its_answer_is_let_go() {
    let (dropped, ended) = oneshot::channel();
    let dropped = std::sync::Arc::new(std::sync::Mutex::new(Some(dropped)));
    let endless = move || {
        let held = Dropped(dropped.lock().unwrap().take());
        let body = stream::unfold(held, |held| async move {
            Some((Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 65_536])), held))
        });
        async { Body::from_stream(body) }
    };
    let address = served(Router::new().route("/", get(endless)), None, 1).await;
    let began = Instant::now();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    ended.await.unwrap();
    assert!(began.elapsed() >= WRITE_TIMEOUT, "{:?}", began.elapsed());
}

/// Writes a certificate for localhost and its key, and gives them with the certificate as clients trust it.
fn certificate(directory: &Path) -> (TlsFiles, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let files = TlsFiles { cert: directory.join("cert.pem"), key: directory.join("key.pem") };
    std::fs::write(&files.cert, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, made.cert.pem().into_bytes())
}

/// A client that trusts one certificate.
fn trusting(certificate: &[u8]) -> reqwest::Client {
    let mut roots = rustls::RootCertStore::empty();
    use rustls::pki_types::pem::PemObject as _;
    roots.add(rustls::pki_types::CertificateDer::from_pem_slice(certificate).unwrap()).unwrap();
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder().tls_backend_preconfigured(tls).no_proxy().build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_handshake_is_let_go() {
    let directory = tempfile::tempdir().unwrap();
    let tls = Tls::load(certificate(directory.path()).0).unwrap().acceptor().unwrap();
    let address = served(hello(), Some(tls), 1).await;
    let began = Instant::now();
    let mut stream = TcpStream::connect(&address).await.unwrap();
    assert_eq!(closed(&mut stream).await, "");
    assert!(began.elapsed() >= HANDSHAKE_TIMEOUT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn serves_over_tls_and_nothing_else_then() {
    let directory = tempfile::tempdir().unwrap();
    let (files, trusted) = certificate(directory.path());
    let server =
        Server::start(command().arg("--ephemeral").arg("--tls-cert").arg(&files.cert).arg("--tls-key").arg(&files.key));
    let url = server.url.replace("127.0.0.1", "localhost");
    assert!(url.starts_with("https://"), "{url}");
    let answer = trusting(&trusted).get(format!("{url}/health/live")).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let plain = url.replace("https://", "http://");
    assert!(trusting(&trusted).get(format!("{plain}/health/live")).send().await.is_err());
}

#[tokio::test]
async fn a_renewed_certificate_is_served_and_one_that_cannot_be_used_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let (files, first) = certificate(directory.path());
    let tls = Tls::load(files.clone()).unwrap();
    let address = served(hello(), Some(tls.acceptor().unwrap()), 10).await;
    let url = format!("https://{}/", address.replace("127.0.0.1", "localhost"));
    let served_with = async |trusted: &[u8]| trusting(trusted).get(&url).send().await.is_ok();
    assert!(served_with(&first).await);

    let (_, second) = certificate(directory.path());
    tls.renew();
    assert!(served_with(&second).await);
    assert!(!served_with(&first).await);

    let other = tempfile::tempdir().unwrap();
    std::fs::copy(certificate(other.path()).0.cert, &files.cert).unwrap();
    tls.renew();
    assert!(served_with(&second).await, "what does not belong to its key is not taken");
    std::fs::write(&files.cert, "no certificate").unwrap();
    assert!(Tls::load(files).unwrap_err().to_string().contains("holds no certificate"));
}
