//! The OpenAPI document: what holds for every operation is added here, once, and not in each of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use serde_json::json;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::response::{Response, ResponseBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    ComponentsBuilder, InfoBuilder, KnownFormat, LicenseBuilder, ObjectBuilder, OpenApi, OpenApiBuilder, RefOr,
    Required, SchemaFormat, Type,
};
use utoipa::openapi::{ServerBuilder, tag::TagBuilder};
use utoipa::{PartialSchema, ToSchema};

use crate::api::auth::{ACCOUNT_CODE, PRIVATE_SECRET_KEY, PUBLIC_API_KEY};
use crate::error::{ApiError, ErrorBody, checkouts_body, connections_body, webhooks_body};

/// Security scheme of the public key.
const PUBLIC: &str = "public_api_key";

/// Security scheme of the secret key.
const SECRET: &str = "private_secret_key";

/// The document, as `openapi.yaml` and `/openapi.json` have it.
#[must_use]
pub fn document() -> OpenApi {
    let mut document = super::documented();
    for (path, item) in &mut document.paths.paths {
        for operation in operations(item) {
            complete(path, operation);
        }
    }
    super::links::add(&mut document);
    document
}

/// The document as `openapi.yaml` has it.
///
/// # Errors
/// When it cannot be written as YAML.
pub fn yaml() -> anyhow::Result<String> {
    // By way of JSON, which is YAML too: the numbers of examples keep their digits in a form that only JSON's writer knows.
    let document: yaml_serde::Value = yaml_serde::from_str(&document().to_json()?)?;
    Ok(yaml_serde::to_string(&document)?)
}

/// The document as the server serves it: its calls go to wherever it was fetched from, so that a browser may make them.
pub(super) async fn serve() -> Result<axum::response::Response, ApiError> {
    static SERVED: LazyLock<Result<String, serde_json::Error>> = LazyLock::new(|| {
        let mut document = document();
        document.servers = Some(vec![ServerBuilder::new().url("/").build()]);
        document.to_json()
    });
    match &*SERVED {
        Ok(json) => Ok(([(CONTENT_TYPE, "application/json")], json.as_str()).into_response()),
        Err(error) => Err(anyhow::anyhow!("the document cannot be written: {error}").into()),
    }
}

/// What the document says before any route is added.
pub(super) fn frame() -> OpenApi {
    let key =
        |name, description| SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(name, description)));
    let both = SecurityRequirement::new(PUBLIC, [""; 0]).add(SECRET, [""; 0]);
    let tags = [
        ("customers", "Who pays."),
        ("checkout sessions", "One purchase: what is paid, where, and with which methods."),
        ("customer sessions", "One enrollment of a payment method by a customer."),
        ("tokens", "A card, or another method, for one payment within a quarter of an hour."),
        ("payments", "What is paid, and what becomes of it: captures, cancellations, refunds."),
        ("installments plans", "In how many parts, and at which price, customers can pay."),
        ("payment methods", "What customers have enrolled, to pay with again."),
        ("checkouts", "What a checkout shows, in which order, under which conditions, and how it looks."),
        ("webhooks", "Telling a merchant what happened, and what came of telling it."),
        ("connections", "Which providers an account uses, and for which methods."),
        ("catalog", "Which provider serves which method where."),
        ("server", "The server itself."),
        (
            "testing",
            "What an integration test decides, for an organization of its own. Only where test controls are on (embedded \
             runs, and `--testing`): elsewhere these addresses do not exist, and answer 404.",
        ),
    ];
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("yuno-sessions")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(
                    "An open server for the sessions API of the Yuno payment orchestrator. Not affiliated with Yuno.",
                ))
                .license(Some(LicenseBuilder::new().name("Apache-2.0").identifier(Some("Apache-2.0")).build())),
        )
        .servers(Some([ServerBuilder::new().url("http://127.0.0.1:7070").build()]))
        .tags(Some(tags.map(|(name, description)| TagBuilder::new().name(name).description(Some(description)).build())))
        .components(Some(
            ComponentsBuilder::new()
                .schema(ErrorBody::name(), ErrorBody::schema())
                .security_scheme(PUBLIC, key(PUBLIC_API_KEY, "The public half of a key pair."))
                .security_scheme(SECRET, key(PRIVATE_SECRET_KEY, "The secret half: only from a backend."))
                .build(),
        ))
        .security(Some([both]))
        .build()
}

/// The operations of a path.
pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

/// The operations of a path with their methods.
pub(super) fn verbs(item: PathItem) -> impl Iterator<Item = (Method, Operation)> {
    let operations = [
        (Method::GET, item.get),
        (Method::POST, item.post),
        (Method::PUT, item.put),
        (Method::PATCH, item.patch),
        (Method::DELETE, item.delete),
    ];
    operations.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

/// Adds the answers and parameters that follow from what kind of operation it is.
fn complete(path: &str, operation: &mut Operation) {
    let open = operation.security.as_ref().is_some_and(|security| security.contains(&SecurityRequirement::default()));
    let mut refusals = Vec::new();
    if !open {
        refusals.extend([
            ApiError::InvalidCredentials,
            ApiError::ExpiredCredentials,
            ApiError::UnknownIpAddress,
            ApiError::TooManyRequests { retry_after: 1 },
            ApiError::InvalidAccountId,
        ]);
        let needs_account = path.starts_with("/v1/checkouts");
        let account =
            ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)));
        operation.parameters.get_or_insert_default().push(RefOr::T(
            ParameterBuilder::new()
                .name(ACCOUNT_CODE)
                .parameter_in(ParameterIn::Header)
                .required(if needs_account { Required::True } else { Required::False })
                .description(Some(match needs_account {
                    true => "The account whose checkouts they are: one of the organization.",
                    false => "An account of the organization; checked when sent.",
                }))
                .schema(Some(account))
                .build(),
        ));
    }
    let reads_query = operation
        .parameters
        .iter()
        .flatten()
        .any(|parameter| matches!(parameter, RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query));
    if operation.request_body.is_some() || reads_query {
        refusals.extend([
            ApiError::InvalidParameters(vec![
                "country: must be an ISO 3166-1 alpha-2 code in upper case, such as BR".into(),
            ]),
            ApiError::MissingParameters(vec!["account_id: is required".into(), "amount.value: is required".into()]),
            ApiError::InvalidRequest(
                "The body is not valid JSON: EOF while parsing a value at line 1 column 0.".into(),
            ),
        ]);
    }
    if operation.request_body.is_some() {
        refusals.extend([ApiError::PayloadTooLarge, ApiError::UnsupportedMediaType, ApiError::BodyTimeout]);
    }
    if path.starts_with("/v1/testing") {
        refusals.push(ApiError::NotFound);
    }
    refusals.push(ApiError::Internal(anyhow::anyhow!("a fault")));
    refusals.push(ApiError::RequestTimeout);
    if !operation.responses.responses.contains_key("503") {
        refusals.push(ApiError::Unavailable(sqlx::Error::PoolTimedOut));
    }
    for (status, response) in answers(&refusals) {
        let responses = &mut operation.responses.responses;
        match (responses.get_mut(&status), response) {
            (Some(RefOr::T(present)), RefOr::T(more)) => merge(present, more),
            (_, response) => {
                responses.insert(status, response);
            }
        }
    }
    if path.starts_with("/v1/connections") {
        for (status, response) in &mut operation.responses.responses {
            let Ok(status) = status.parse() else { continue };
            change_examples(response, |body| connections_body(status, body));
        }
    }
    if path.starts_with("/v1/checkouts") {
        for response in operation.responses.responses.values_mut() {
            change_examples(response, checkouts_body);
        }
        tell_not_authenticated(operation);
    }
    if path.starts_with("/v1/webhooks") {
        for response in operation.responses.responses.values_mut() {
            change_examples(response, |body| match webhooks_body(body) {
                body if body.code == "WEBHOOK_INVALID_REQUEST" => {
                    let messages = vec!["account_id: is required".to_owned(), "state: must be a string".to_owned()];
                    ErrorBody { messages, ..body }
                }
                body => body,
            });
        }
        tell_not_authenticated(operation);
    }
}

/// Says what is answered where no keys came, in the parts of the API that have a code for it.
fn tell_not_authenticated(operation: &mut Operation) {
    let status = ApiError::InvalidCredentials.status_and_code().0;
    if let Some(response) = operation.responses.responses.get_mut(status.as_str()) {
        let body = json!({"code": "NOT_AUTHENTICATED", "messages": ["Not authenticated."]});
        add_example(response, "NOT_AUTHENTICATED", &body);
    }
}

/// The documented answers of an operation that can refuse with `errors`: by status, an example for each code.
pub(crate) fn answers(errors: &[ApiError]) -> BTreeMap<String, RefOr<Response>> {
    let mut responses: BTreeMap<String, RefOr<Response>> = BTreeMap::new();
    for error in errors {
        let (status, code) = error.status_and_code();
        let example = ExampleBuilder::new().value(Some(json!(error.body()))).build();
        let content = ContentBuilder::new()
            .schema(Some(crate::input::reference("ErrorBody")))
            .examples_from_iter([(code, example)]);
        let response = ResponseBuilder::new()
            .description(status.canonical_reason().unwrap_or("Refused"))
            .content("application/json", content.build())
            .build();
        match responses.get_mut(status.as_str()) {
            Some(RefOr::T(present)) => merge(present, response),
            _ => {
                responses.insert(status.as_str().to_owned(), RefOr::T(response));
            }
        }
    }
    responses
}

/// Adds the examples of one answer to those of another of the same status.
fn merge(present: &mut Response, more: Response) {
    for (kind, content) in more.content {
        match (present.content.get_mut(&kind), content) {
            (Some(RefOr::T(known)), RefOr::T(content)) => known.examples.extend(content.examples),
            (_, content) => {
                present.content.insert(kind, content);
            }
        }
    }
}

/// Gives the errors of an answer the bodies that a part of the API has, each under its code.
fn change_examples(response: &mut RefOr<Response>, change: impl Fn(ErrorBody) -> ErrorBody) {
    let RefOr::T(response) = response else { return };
    for content in response.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        for (name, example) in std::mem::take(&mut content.examples) {
            let body = match &example {
                RefOr::T(example) => example.value.clone().and_then(|value| serde_json::from_value(value).ok()),
                RefOr::Ref(_) => None,
            };
            match body.map(&change) {
                Some(body) => {
                    let example = ExampleBuilder::new().value(Some(json!(body))).build();
                    content.examples.insert(body.code, RefOr::T(example));
                }
                None => {
                    content.examples.insert(name, example);
                }
            }
        }
    }
}

/// Adds an example of an error to an answer.
fn add_example(response: &mut RefOr<Response>, name: &str, body: &serde_json::Value) {
    let RefOr::T(response) = response else { return };
    for content in response.content.values_mut() {
        if let RefOr::T(content) = content {
            let example = ExampleBuilder::new().value(Some(body.clone())).build();
            content.examples.insert(name.to_owned(), RefOr::T(example));
        }
    }
}

/// Declares the refusals that are an operation's own, beside those of every operation of its kind.
macro_rules! refusals {
    ($($error:expr),* $(,)?) => {
        /// The refusals that are these operations' own.
        struct Refusals;

        impl utoipa::IntoResponses for Refusals {
            fn responses() -> std::collections::BTreeMap<
                String,
                utoipa::openapi::RefOr<utoipa::openapi::response::Response>,
            > {
                $crate::api::document::answers(&[$($error),*])
            }
        }
    };
}
pub(crate) use refusals;
