//! `PUT /v1/checkouts/{checkout_code}`

use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::{CheckoutCode, CheckoutConfiguration, configured, example_configuration, known_types, of_account};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::catalog::CATALOG;
use crate::checkout::{
    GeneralSettings, MethodSettings, Settings, Styling, check_styling, merged_general, merged_styling,
};
use crate::db::checkouts::{self, Row};
use crate::db::organizations;
use crate::error::ApiError;
use crate::input::{At, Body, Input as _, PathParameter, Problems, Unread, input};
use crate::state::AppState;
use crate::types::{ActiveEnrollmentType, CheckoutStatus, MethodType, Timestamp};

/// How long what is kept of a checkout may be in each of its parts, in bytes of JSON. All of an account's published
/// checkouts are read together.
const MAX_PART_BYTES: usize = 64 * 1024;

/// Methods that are looked at in one request.
const MAX_METHODS: usize = 300;

input! {
    /// What to change of a checkout: one of the two at least.
    pub struct PublishCheckout {
        /// What it shows.
        optional config: PublishConfig,
        /// How it looks, and what its SDK is told. What is not sent, or `null`, stays.
        optional styling: Styling,
    }
}

input! {
    /// What a checkout shows.
    pub struct PublishConfig {
        /// The methods to change; the others stay as they are.
        optional payment_methods: Vec<MethodSettings>,
        /// What it makes of countries.
        optional general_settings: GeneralSettings,
    }
}

refusals!(
    ApiError::CheckoutNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()),
    ApiError::CheckoutArchived,
    ApiError::IdempotencyConflict,
);

/// Publish the configuration of a checkout
///
/// Only what is sent changes, all of it or nothing; sessions are shaped by it at once. Its status stays the same.
#[utoipa::path(
    put,
    path = "/v1/checkouts/{checkout_code}",
    tag = "checkouts",
    params(("checkout_code" = String, Path, description = "Id of the checkout."), IdempotencyKey),
    request_body(content = PublishCheckout, example = json!({
        "config": {
            "payment_methods": [
                {"payment_method_type": "PIX", "order_to_show": 0, "name": "Pix, at once"},
                {
                    "payment_method_type": "CARD",
                    "order_to_show": 1,
                    "conditions_to_override": [{
                        "name": "Not the smallest amounts",
                        "conditions": [{
                            "condition_type": "AMOUNT", "conditional": "INCLUDE",
                            "values": [{"currency": "BRL", "min": 10}],
                        }],
                    }],
                },
            ],
        },
        "styling": {"styles": {"global": {"accent_color": "#1A73E8"}}},
    })),
    responses(
        (status = 200, description = "The checkout.", body = CheckoutConfiguration, example = json!(example_configuration())),
        Refusals,
    ),
)]
pub async fn publish_checkout(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(code): PathParameter,
    key: IdempotencyKey,
    Body { value: Unread(mut raw, _), sha256 }: Body<Unread<PublishCheckout>>,
) -> Result<Response, ApiError> {
    let account = merchant.account_of_header()?;
    let organization = merchant.organization;
    let code = CheckoutCode::read(code)?;
    let sha256 = code.of_checkout(of_account(sha256, account));
    let mut work = match begin(&app, organization, "publish_checkout", key, sha256, OtherBody::Refused).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    let now = app.clock.now(organization);
    let mut database = work.connection().begin().await?;
    organizations::lock_account(&mut database, organization, account).await?;
    let row = code.find(&mut database, organization, account).await?;
    if row.status == CheckoutStatus::Archived {
        return Err(ApiError::CheckoutArchived);
    }
    let known = known_types(&mut database, organization, account).await?;
    forget_what_was_told(&mut raw, &row, &known, &app.public_url);
    let sent = read(&raw, &row, &known)?;
    let row = merged(row, sent, now)?;
    checkouts::update(&mut database, organization, &row).await?;
    let answer = CheckoutConfiguration::of(&app, &mut database, organization, row).await?;
    database.commit().await?;
    let answer = work.answer(StatusCode::OK, &answer).await?;
    app.accounts.changed(organization, account);
    Ok(answer)
}

/// Forgets names and pictures that are what the checkout tells already: whoever sends back what it got says nothing of
/// them, and would otherwise take the catalog's and this server's for its own.
fn forget_what_was_told(raw: &mut Value, row: &Row, known: &BTreeSet<String>, public_url: &str) {
    let settings = Settings { methods: Settings::methods_of(&row.payment_methods.0), ..Settings::default() };
    let told = json!(configured(known, &settings, public_url));
    let Some(methods) = raw.pointer_mut("/config/payment_methods").and_then(Value::as_array_mut) else { return };
    for method in methods {
        let is_it = |told: &&Value| told["payment_method_type"] == method["payment_method_type"];
        let told = told.as_array().into_iter().flatten().find(is_it);
        if let (Some(told), Some(method)) = (told, method.as_object_mut()) {
            for field in ["name", "description", "icon", "short_name"] {
                if method.get(field) == told.get(field) {
                    method.remove(field);
                }
            }
        }
    }
}

/// Reads a body, and notes what is wrong with it for this checkout of this account: all of it in one answer.
fn read(raw: &Value, row: &Row, known: &BTreeSet<String>) -> Result<PublishCheckout, ApiError> {
    let mut problems = Problems::default();
    let sent = PublishCheckout::read(raw, At::Root, &mut problems);
    if let Some(methods) = raw.pointer("/config/payment_methods").and_then(Value::as_array) {
        let config = At::Field(&At::Root, "config");
        check_methods(methods, known, At::Field(&config, "payment_methods"), &mut problems);
    }
    if let Some(styling) = raw.get("styling").filter(|styling| !styling.is_null()) {
        check_styling(styling, &row.styling.0, At::Field(&At::Root, "styling"), &mut problems);
    }
    if sent.as_ref().is_some_and(|sent| sent.config.is_none() && sent.styling.is_none()) {
        problems.wrong(At::Root, "must have config, styling or both");
    }
    problems.into_result()?;
    sent.ok_or_else(|| anyhow::anyhow!("a request was refused without a reason").into())
}

/// Notes what the account does not have, what is there twice, and what cannot be enrolled.
fn check_methods(methods: &[Value], known: &BTreeSet<String>, at: At<'_>, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    // That there are too many was noted when they were read.
    for (place, method) in methods.iter().enumerate().take(MAX_METHODS) {
        let at = At::Item(&at, place);
        // What is no type at all was noted when it was read.
        let r#type = method["payment_method_type"].as_str().filter(|text| MethodType::parse(text).is_ok());
        let Some(r#type) = r#type else { continue };
        if !known.contains(r#type) {
            problems
                .wrong(At::Field(&at, "payment_method_type"), "must be a type that a connection of the account has");
        } else if !seen.insert(r#type) {
            problems.wrong(At::Field(&at, "payment_method_type"), "must not be there twice");
        }
        let enrollment =
            method["active_enrollment_type"].as_str().and_then(|name| ActiveEnrollmentType::parse(name).ok());
        let enrollable = CATALOG.method(r#type).is_some_and(|method| method.enrollable);
        if !enrollable && enrollment.is_some_and(ActiveEnrollmentType::allows_enrolled) {
            let what = format_args!("must be NO_ENROLLMENT or NONE, because {type} cannot be enrolled");
            problems.wrong(At::Field(&at, "active_enrollment_type"), what);
        }
    }
}

/// The checkout with what was sent in the place of what was there.
fn merged(mut row: Row, sent: PublishCheckout, now: Timestamp) -> Result<Row, ApiError> {
    let mut problems = Problems::default();
    if let Some(config) = sent.config {
        let place = At::Field(&At::Root, "config");
        let mut methods = Settings::methods_of(&row.payment_methods.0);
        for sent in config.payment_methods.into_iter().flatten() {
            let r#type = sent.payment_method_type.clone();
            methods.entry(r#type.as_str().to_owned()).or_insert(MethodSettings::plain(r#type)).merge(sent, now);
        }
        row.payment_methods.0 = json!(methods.into_values().collect::<Vec<_>>());
        check_length(&row.payment_methods.0, At::Field(&place, "payment_methods"), &mut problems);
        if let Some(general) = config.general_settings {
            row.general_settings.0 = merged_general(row.general_settings.0, &general);
            check_length(&row.general_settings.0, At::Field(&place, "general_settings"), &mut problems);
        }
    }
    if let Some(styling) = sent.styling {
        row.styling.0 = merged_styling(row.styling.0, &styling.0);
        check_length(&row.styling.0, At::Field(&At::Root, "styling"), &mut problems);
    }
    row.updated_at = now;
    problems.into_result().map(|()| row)
}

fn check_length(part: &Value, at: At<'_>, problems: &mut Problems) {
    if part.to_string().len() > MAX_PART_BYTES {
        problems
            .wrong(at, format_args!("must have at most {MAX_PART_BYTES} bytes as JSON, with what was there before"));
    }
}
