//! Accepting connections: with limits on how many there are and what a client may hold, and an orderly end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONNECTION;
use axum::response::{IntoResponse as _, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;
use tower::util::MapResponseLayer;

use crate::api::caller::PeerAddress;
use crate::api::security_headers;
use crate::config::limits::{
    HANDSHAKE_TIMEOUT, HEADER_TIMEOUT, MAX_HEADER_BYTES, MAX_HEADERS, SHUTDOWN_DEADLINE, TELLING_TIMEOUT,
    TOLD_CONNECTIONS, WRITE_TIMEOUT,
};
use crate::error::ApiError;
use crate::metrics::{Held, Metrics};

/// Serves until `stop` ends; then takes no more connections and lets what runs finish, within a deadline. At most
/// `max_connections` at a time are served; a few more are told so, and others closed. All are counted.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    max_connections: usize,
    metrics: Metrics,
    stop: impl Future<Output = ()>,
) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(max_connections));
    let told = Arc::new(Semaphore::new(TOLD_CONNECTIONS));
    metrics.note(|measures| {
        measures.connections_limit.set(i64::try_from(max_connections).unwrap_or(i64::MAX));
    });
    let refusal = Router::new().fallback(refuse).layer(MapResponseLayer::new(security_headers::to_answer));
    tokio::pin!(stop);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let peer = PeerAddress(peer.ip());
                    let watcher = connections.watcher();
                    let tls = tls.clone();
                    if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
                        let open = metrics.hold(|measures| &measures.connections_open);
                        tokio::spawn(connection(stream, peer, tls, router.clone(), watcher, (place, open)));
                        continue;
                    }
                    metrics.count(|measures| &measures.connections_refused);
                    if let Ok(place) = Arc::clone(&told).try_acquire_owned() {
                        let telling = connection(stream, peer, tls, refusal.clone(), watcher, (place, None));
                        tokio::spawn(timeout(TELLING_TIMEOUT, telling));
                    }
                }
                // Out of file descriptors, most likely: others must end before the next one can begin.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    tracing::info!(connections = connections.count(), "stopping");
    if timeout(SHUTDOWN_DEADLINE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish within {} s", SHUTDOWN_DEADLINE.as_secs());
    }
}

/// What is answered on a connection beyond the limit.
async fn refuse() -> Response {
    let mut response = ApiError::Overloaded.into_response();
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// One connection from its handshake to its end. It gives its place back then, and is counted until then.
async fn connection(
    stream: TcpStream,
    peer: PeerAddress,
    tls: Option<TlsAcceptor>,
    router: Router,
    watcher: Watcher,
    _place: (OwnedSemaphorePermit, Option<Held>),
) {
    // Small answers must not wait for each other's acknowledgement.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let stream = Box::pin(stream);
    let ended = match tls {
        None => watcher.watch(http(stream, router, peer)).await,
        Some(tls) => match timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => watcher.watch(http(stream, router, peer)).await,
            Ok(Err(error)) => return tracing::debug!(%error, "a handshake failed"),
            Err(_) => return tracing::debug!("a handshake took too long"),
        },
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn http<S: AsyncRead + AsyncWrite + Unpin + 'static>(
    stream: S,
    router: Router,
    peer: PeerAddress,
) -> http1::Connection<
    TokioIo<S>,
    impl hyper::service::Service<
        hyper::Request<hyper::body::Incoming>,
        Response = Response,
        Error = Infallible,
        Future: Send,
    >,
> {
    let service = router.map_request(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(peer);
        request.map(axum::body::Body::new)
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
}
