//! What clients see: the routes, and what surrounds every one of them.
//!
//! Method and path lead to `api/<resource>/<verb>.rs`.

pub mod auth;
pub mod catalog;
pub mod checkout_sessions;
pub mod connections;
pub mod customer_sessions;
pub mod customers;
pub mod document;
pub mod health;
pub mod icons;
pub mod idempotency;

use std::any::Any;
use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method};
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::{Router, response::Redirect, routing::get};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as Anyone, CorsLayer};
use tracing::Instrument as _;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

use crate::error::{ApiError, as_connections_error};
use crate::state::AppState;
use crate::telemetry;

/// The largest body that is read.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// How long a request may take.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Everything that this server serves.
pub fn router(app: AppState) -> Router {
    let pages = Router::new()
        .merge(SwaggerUi::new("/docs").url("/openapi.json", document::document()))
        .route("/", get(|| async { Redirect::temporary("/docs") }));
    Router::new()
        .merge(refusing_methods(routes_of(merchant_routes())))
        .merge(refusing_methods(routes_of(sdk_routes())).layer(cross_origin()))
        .merge(refusing_methods(routes_of(connections_routes())).layer(map_response(as_connections_error)))
        .merge(refusing_methods(routes_of(open_routes())))
        .merge(refusing_methods(pages))
        .fallback(|| async { ApiError::NotFound })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(axum::middleware::from_fn(limit_time))
        .layer(from_fn_with_state(app.clone(), telemetry::log_request))
        .with_state(app)
}

/// What a merchant's backend calls with both keys.
fn merchant_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(customers::create_customer, customers::find_customer))
        .routes(routes!(customers::retrieve_customer, customers::update_customer, customers::delete_customer))
        .routes(routes!(customers::retrieve_external_customer))
        .routes(routes!(checkout_sessions::create_checkout_session))
        .routes(routes!(checkout_sessions::retrieve_checkout_session, checkout_sessions::update_checkout_session))
        .routes(routes!(checkout_sessions::explain_checkout_payment_methods))
        .routes(routes!(customer_sessions::create_customer_session))
        .routes(routes!(customer_sessions::create_customer_session_alias))
        .routes(routes!(customer_sessions::retrieve_customer_session))
        .routes(routes!(catalog::list_catalog_payment_methods))
}

/// What an SDK client may call with the public key alone.
fn sdk_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(checkout_sessions::list_checkout_payment_methods))
        .routes(routes!(customer_sessions::list_enrollable_payment_methods))
}

/// The part of the API whose errors have more than the common body.
fn connections_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(connections::create_connection, connections::list_connections))
        .routes(routes!(
            connections::retrieve_connection,
            connections::update_connection,
            connections::delete_connection
        ))
        .routes(routes!(connections::retrieve_provider_catalog))
}

/// What anybody may call.
fn open_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(icons::retrieve_icon))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
}

/// Every documented route with its documentation. An operation that is in none of these does not exist.
fn documented() -> utoipa::openapi::OpenApi {
    OpenApiRouter::<AppState>::with_openapi(document::frame())
        .merge(merchant_routes())
        .merge(sdk_routes())
        .merge(connections_routes())
        .merge(open_routes())
        .into_openapi()
}

fn routes_of(documented: OpenApiRouter<AppState>) -> Router<AppState> {
    documented.split_for_parts().0
}

/// Refuses unknown methods in the common shape. Before any layer: one around it, such as the answer to a browser's
/// preflight, must come first.
fn refusing_methods(routes: Router<AppState>) -> Router<AppState> {
    routes.method_not_allowed_fallback(|| async { ApiError::UnsupportedMethod })
}

/// Lets pages of any merchant call what an SDK needs. No cookies: the keys are headers.
fn cross_origin() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Anyone)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(Anyone)
        .expose_headers([HeaderName::from_static("x-request-id")])
        .max_age(Duration::from_secs(24 * 60 * 60))
}

/// Answers in time. The work itself always runs to its end, on a task of its own: when a client goes away or the time
/// is over, no statement is left half done on a connection that others need.
async fn limit_time(request: axum::extract::Request, next: axum::middleware::Next) -> Response {
    let work = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(REQUEST_TIMEOUT, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => ApiError::Internal(error.into()).into_response(),
        Err(_) => ApiError::RequestTimeout.into_response(),
    }
}

/// A panic is a fault of ours: the same answer as any other.
#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn answer_panic(panic: Box<dyn Any + Send>) -> Response {
    let what = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("of an unknown kind");
    ApiError::Internal(anyhow::anyhow!("a panic: {what}")).into_response()
}
