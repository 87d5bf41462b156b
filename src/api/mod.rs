//! What clients see: the routes, and what surrounds every one of them.
//!
//! Method and path lead to `api/<resource>/<verb>.rs`.

pub mod auth;
pub mod caller;
pub mod cards;
pub mod catalog;
pub mod checkout_sessions;
pub mod checkouts;
pub mod connections;
pub mod customer_sessions;
pub mod customers;
pub mod document;
pub mod due;
pub mod events;
pub mod health;
pub mod icons;
pub mod idempotency;
pub mod installments_plans;
mod links;
pub mod pages;
pub mod payment_methods;
pub mod payments;
pub mod same_site;
pub mod security_headers;
pub mod settlement;
pub mod testing;
mod to_the_end;
pub mod tokens;
pub mod waiting;
pub mod webhooks;
pub mod written;

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, Method, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::time::Instant;
use tower::util::MapResponseLayer;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as Anyone, CorsLayer};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::admission::Admission;
use crate::config::limits::REQUEST_TIMEOUT;
use crate::db::Pool;
use crate::error::{ApiError, ErrorBody, checkouts_body, connections_body, webhooks_body, with_body};
use crate::state::AppState;
use crate::telemetry;
use crate::web::{self, inside::Inside};
use to_the_end::ToTheEnd;

/// Requests at a time for what anybody may call, such as whether the server is well: told also when it has all it can
/// do.
const OPEN_REQUESTS: usize = 32;

/// Everything that this server serves.
pub fn router(app: AppState) -> Router {
    // The page would otherwise show a badge of somebody else's validator.
    let config = Config::new(["/openapi.json"]).validator_url("none");
    let documentation = Router::new()
        .merge(SwaggerUi::new("/docs").config(config))
        .route("/openapi.json", get(document::serve))
        .layer(MapResponseLayer::new(security_headers::to_documentation));
    let observed = |routes: Router<AppState>| match app.testing.is_some() {
        true => routes.layer(from_fn_with_state(app.clone(), testing::observe)),
        false => routes,
    };
    let admitted = |routes| guarded(observed(routes), app.admission.clone(), app.db.clone());
    let secure: fn(Response) -> Response = match app.public_url.starts_with("https://") {
        true => security_headers::to_tls_answer,
        false => security_headers::to_answer,
    };
    Router::new()
        .merge(operations(app.testing.is_some(), admitted))
        .merge(guarded(routes_of(open_routes()), Admission::new(OPEN_REQUESTS), app.db.clone()))
        .merge(admitted(web::simulator_routes()))
        .merge(
            guarded(web::routes(inside(&app)), app.admission.clone(), app.db.clone()).layer(map_response(web::as_page)),
        )
        .merge(admitted(documentation))
        .fallback(|| async { ApiError::NotFound })
        .layer(MapResponseLayer::new(secure))
        .layer(from_fn_with_state(app.metrics.clone(), telemetry::log_request))
        .with_state(app)
}

/// The operations that need keys: each part of the API in what guards it, and around that what shapes its answers.
fn operations(testing: bool, guard: impl Fn(Router<AppState>) -> Router<AppState>) -> Router<AppState> {
    let controls = if testing { guard(routes_of(testing_routes())) } else { Router::new() };
    Router::new()
        .merge(controls)
        .merge(guard(routes_of(merchant_routes())))
        .merge(guard(routes_of(sdk_routes())).layer(cross_origin()))
        .merge(guard(routes_of(connections_routes())).layer(map_response(as_connections_error)))
        .merge(guard(routes_of(checkouts_routes())).layer(from_fn(as_checkouts_error)))
        .merge(guard(routes_of(webhooks_routes())).layer(from_fn(as_webhooks_error)))
}

/// The API as the server's own pages call it: who gets to a page was let in already.
fn inside(app: &AppState) -> Inside {
    let routes = operations(app.testing.is_some(), |routes| routes).fallback(|| async { ApiError::NotFound });
    Inside::new(routes.with_state(app.clone()))
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
        .routes(routes!(customer_sessions::enroll_session_payment_method))
        .routes(routes!(payment_methods::enroll_payment_method, payment_methods::list_enrolled_payment_methods))
        .routes(routes!(payment_methods::list_enrolled_payment_methods_alias))
        .routes(routes!(payment_methods::retrieve_customer_payment_method))
        .routes(routes!(payment_methods::retrieve_payment_method))
        .routes(routes!(payment_methods::unenroll_customer_payment_method))
        .routes(routes!(payment_methods::unenroll_payment_method))
        .routes(routes!(tokens::create_token))
        .routes(routes!(payments::create_payment, payments::find_payments))
        .routes(routes!(payments::retrieve_payment))
        .routes(routes!(checkout_sessions::retrieve_session_payment))
        .routes(routes!(payments::capture_payment))
        .routes(routes!(payments::cancel_payment))
        .routes(routes!(payments::refund_payment))
        .routes(routes!(payments::cancel_or_refund_payment))
        .routes(routes!(payments::cancel_or_refund_transaction))
        .routes(routes!(installments_plans::create_installments_plan, installments_plans::list_installments_plans))
        .routes(routes!(
            installments_plans::retrieve_installments_plan,
            installments_plans::update_installments_plan,
            installments_plans::delete_installments_plan
        ))
        .routes(routes!(events::list_events))
        .routes(routes!(catalog::list_catalog_payment_methods))
}

/// What an SDK client may call with the public key alone.
fn sdk_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(checkout_sessions::list_checkout_payment_methods))
        .routes(routes!(checkout_sessions::list_checkout_installments))
        .routes(routes!(checkout_sessions::create_session_token))
        .routes(routes!(checkout_sessions::retrieve_checkout_info))
        .routes(routes!(checkout_sessions::pay_checkout_session))
        .routes(routes!(customer_sessions::list_enrollable_payment_methods))
        .routes(routes!(customer_sessions::complete_session_payment_method))
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

/// The checkout builder, whose errors have codes of their own.
fn checkouts_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(checkouts::create_checkout, checkouts::list_checkouts)).routes(routes!(
        checkouts::retrieve_checkout,
        checkouts::publish_checkout,
        checkouts::update_checkout
    ))
}

/// The part of the API whose errors have codes of their own.
fn webhooks_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::create_webhook, webhooks::list_webhooks))
        .routes(routes!(webhooks::retrieve_webhook, webhooks::update_webhook, webhooks::delete_webhook))
        .routes(routes!(webhooks::list_webhook_deliveries))
        .routes(routes!(webhooks::resend_delivery))
}

/// What a test decides. Only where test controls are on; elsewhere these addresses do not exist.
fn testing_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(testing::create_test_organization))
        .routes(routes!(testing::delete_test_organization))
        .routes(routes!(testing::retrieve_test_clock, testing::set_test_clock))
        .routes(routes!(testing::advance_test_clock))
        .routes(routes!(testing::create_test_outcome, testing::list_test_outcomes))
        .routes(routes!(testing::delete_test_outcome))
        .routes(routes!(testing::settle_test_payment))
        .routes(routes!(testing::dispute_test_payment))
        .routes(routes!(testing::settle_test_payment_method))
        .routes(routes!(testing::wait_for_test_deliveries))
        .routes(routes!(testing::list_test_log, testing::clear_test_log))
        .routes(routes!(testing::create_test_fault, testing::list_test_faults))
        .routes(routes!(testing::delete_test_fault))
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
        .merge(checkouts_routes())
        .merge(webhooks_routes())
        .merge(open_routes())
        .merge(testing_routes())
        .into_openapi()
}

fn routes_of(documented: OpenApiRouter<AppState>) -> Router<AppState> {
    documented.split_for_parts().0
}

/// Refuses unknown methods, too many requests, large bodies, long work and panics in the common shape. Inside of the
/// layers of a part of the API, which answer preflights and add to errors.
fn guarded(routes: Router<AppState>, admission: Admission, db: Pool) -> Router<AppState> {
    routes
        .method_not_allowed_fallback(|| async { ApiError::UnsupportedMethod })
        .layer(CatchPanicLayer::custom(answer_panic))
        .layer(from_fn_with_state((admission, db), limit))
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

/// Errors of connections have more than the common body.
async fn as_connections_error(response: Response) -> Response {
    with_body(response, connections_body)
}

/// Errors of checkouts have codes of their own.
async fn as_checkouts_error(request: Request, next: Next) -> Response {
    with_codes(request, next, checkouts_body).await
}

/// Errors of webhooks have codes of their own.
async fn as_webhooks_error(request: Request, next: Next) -> Response {
    with_codes(request, next, webhooks_body).await
}

/// Gives errors the codes of a part of the API. That no keys came is one of them.
async fn with_codes(request: Request, next: Next, body_there: fn(ErrorBody) -> ErrorBody) -> Response {
    let keys = [auth::PUBLIC_API_KEY, auth::PRIVATE_SECRET_KEY];
    let without_keys = !keys.iter().all(|name| request.headers().contains_key(*name));
    let response = next.run(request).await;
    with_body(response, |status, body| match without_keys && status == StatusCode::UNAUTHORIZED {
        true => {
            ErrorBody { code: "NOT_AUTHENTICATED".to_owned(), messages: vec!["Not authenticated.".to_owned()], ..body }
        }
        false => body_there(body),
    })
}

/// Lets in as many requests as there may be, and answers in time. The work itself always runs to its end: when a client
/// goes away or the time is over, no statement is left half done on a connection that others need. Until then it keeps
/// its place. Only a primary that vanished is not waited for for ever.
async fn limit(State((admission, db)): State<(Admission, Pool)>, request: Request, next: Next) -> Response {
    let end = Instant::now() + REQUEST_TIMEOUT;
    let (request, place) = match admission.enter(request).await {
        Ok(entered) => entered,
        Err(refused) => return refused.into_response(),
    };
    let work = async move {
        let response = next.run(request).await;
        drop(place);
        response
    };
    let work = ToTheEnd::new(work, db.tenure());
    match tokio::time::timeout_at(end, work).await {
        Ok(response) => response,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Access;
    use crate::config::limits::Limits;
    use crate::fingerprint::FingerprintKey;
    use crate::gateway::Gateways;
    use crate::metrics::Metrics;
    use crate::state::Parts;
    use crate::webhooks::{Schedule, Webhooks};
    use axum::body::{Body, to_bytes};
    use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
    use tower::ServiceExt as _;

    /// Calls routes that need no database.
    async fn call(routes: Router<AppState>) -> (StatusCode, String) {
        let nowhere = PgPoolOptions::new().connect_lazy_with(PgConnectOptions::new_without_pgpass());
        let secret = "0123456789abcdef0123456789abcdef";
        let fingerprints = FingerprintKey::parse(secret).expect("long enough");
        let webhooks = Webhooks::new(nowhere.clone(), Clock::system(), false, Schedule::with_haste(1), Metrics::off());
        let app = AppState::new(Parts {
            db: nowhere.into(),
            clock: Clock::system(),
            public_url: String::new(),
            demo: false,
            fingerprints,
            gateways: Gateways::default(),
            webhooks: webhooks.unwrap(),
            metrics: Metrics::off(),
            limits: Limits::default(),
            access: Access::default(),
            testing: false,
        });
        let request = axum::http::Request::get("/").body(Body::empty()).unwrap();
        let response =
            guarded(routes, Admission::new(1), app.db.clone()).with_state(app).oneshot(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_panic_is_answered_like_any_fault() {
        async fn panics() -> &'static str {
            panic!("a secret of the inside")
        }
        let answer = call(Router::new().route("/", get(panics))).await;
        let body = r#"{"code":"INTERNAL_ERROR","messages":["Internal error."]}"#;
        assert_eq!(answer, (StatusCode::INTERNAL_SERVER_ERROR, body.to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_takes_too_long_is_answered_in_time() {
        let answer = call(Router::new().route("/", get(std::future::pending::<&'static str>))).await;
        let body = r#"{"code":"REQUEST_TIMEOUT","messages":["Request timeout."]}"#;
        assert_eq!(answer, (StatusCode::GATEWAY_TIMEOUT, body.to_owned()));
    }
}
