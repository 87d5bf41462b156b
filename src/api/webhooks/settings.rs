//! What a webhook is sent with, and the rules that its settings follow together.

use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use crate::db::webhooks::Row;
use crate::error::ApiError;
use crate::input::{At, Input, Problems, input};
use crate::types::{
    AccountId, CheckoutSessionTrigger, Endpoint, EnrollmentTrigger, HeaderText, OnboardingTrigger, PaymentTrigger,
    ReportTrigger, SubscriptionTrigger, Text, WebhookState,
};
use crate::webhooks::Webhooks;

input! {
    /// A webhook to create. It starts `ACTIVE`, and asks for one thing at least.
    pub struct CreateWebhook /
    /// What is to change of a webhook. A list takes the place of the one before; an empty text takes a secret away.
    UpdateWebhook of {
        /// The account that it belongs to, whose events it gets. It stays the same.
        required account_id: AccountId,
    } {
        /// The merchant's name of it, unique in the account.
        required name: Text<1, 255>,
        /// Where it leads: `http` or `https`, and a public address unless the server allows others.
        required url: Endpoint,
        /// Sent as `x-api-key`.
        optional api_key: HeaderText,
        /// Sent as `x-secret`.
        optional secret: HeaderText,
        /// What deliveries are signed with: `x-hmac-signature`.
        optional hmac_client_secret: Text<0, 1024>,
        /// Where a token for deliveries is fetched: `https`. The four of url, id, secret and grant type go together.
        optional oauth2_authentication_url: Text<0, 2048>,
        /// As whom.
        optional oauth2_client_id: HeaderText,
        /// With which secret.
        optional oauth2_client_secret: Text<0, 1024>,
        /// `client_credentials`.
        optional oauth2_grant_type: Text<0, 64>,
        /// For what a token is fetched.
        optional oauth2_scope: Text<0, 1024>,
        /// The header that the token is sent in; `Authorization` when not sent.
        optional oauth2_authorization_name: HeaderText,
        /// Whether the client id is also sent as a header, `client_id`, where the token is fetched.
        optional oauth2_include_client_id: bool,
        /// What it asks for of payment methods.
        optional enrollment_triggers: Vec<EnrollmentTrigger>,
        /// What it asks for of payments.
        optional payment_triggers: Vec<PaymentTrigger>,
        /// What it asks for of reports. There are none here.
        optional report_triggers: Vec<ReportTrigger>,
        /// What it asks for of subscriptions. There are none here.
        optional subscription_triggers: Vec<SubscriptionTrigger>,
        /// What it asks for of the onboarding of sellers. There is none here.
        optional onboarding_triggers: Vec<OnboardingTrigger>,
        /// What it asks for of checkout sessions: this server's own.
        optional checkout_session_triggers: Vec<CheckoutSessionTrigger>,
        /// How many days before a renewal it is told: with the trigger `CLOSE_TO_RENEWAL` only.
        optional renewal_days: Days,
    } with {
        /// Whether it gets anything.
        optional state: WebhookState,
        /// Whether `renewal_days` is taken away.
        optional clear_renewal_days: bool,
    }
}

/// A number of days. That it is at least 1 is asked with the rules that go with it.
#[derive(Clone, Copy)]
pub struct Days(i32);

impl Input for Days {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let days = raw.as_i64().and_then(|days| i32::try_from(days).ok());
        if days.is_none() {
            problems.wrong(at, "must be a whole number");
        }
        days.map(Self)
    }

    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::Object(ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1)).build()))
    }
}

/// Checks that what a webhook is to call may be called. Names are looked up: not in a transaction.
pub(super) async fn check_addresses(webhooks: &Webhooks, sent: &UpdateWebhook) -> Result<(), ApiError> {
    let token_url = sent.oauth2_authentication_url.as_ref().and_then(|url| Endpoint::parse(url.as_str()).ok());
    for endpoint in sent.url.iter().chain(&token_url) {
        webhooks.check(endpoint.url()).await.map_err(|_| ApiError::WebhookUrlUnsafe)?;
    }
    Ok(())
}

/// The webhook with what was sent in the place of what was there. Tokens are fetched without TLS only where
/// `allow_plain` says so.
pub(super) fn merged(mut row: Row, sent: UpdateWebhook, allow_plain: bool) -> Result<Row, ApiError> {
    fn put<T>(place: &mut T, sent: Option<T>) {
        if let Some(sent) = sent {
            *place = sent;
        }
    }
    // An empty text takes away what is there.
    fn put_text<T: From<String>>(place: &mut Option<T>, sent: Option<String>) {
        if let Some(sent) = sent {
            *place = Some(sent).filter(|text| !text.is_empty()).map(T::from);
        }
    }
    fn put_list<T: PartialEq>(place: &mut Vec<T>, sent: Option<Vec<T>>) {
        if let Some(sent) = sent {
            place.clear();
            for trigger in sent {
                if !place.contains(&trigger) {
                    place.push(trigger);
                }
            }
        }
    }
    if sent.clear_renewal_days == Some(true) && sent.renewal_days.is_some() {
        let message = "renewal_days: cannot be set together with clear_renewal_days".to_owned();
        return Err(ApiError::WebhookInvalidRequest(vec![message]));
    }
    let four = [
        sent.oauth2_authentication_url.is_some(),
        sent.oauth2_client_id.is_some(),
        sent.oauth2_client_secret.is_some(),
        sent.oauth2_grant_type.is_some(),
    ];
    let together = four.iter().all(|sent| *sent == four[0]);
    let more = [
        sent.oauth2_scope.is_some(),
        sent.oauth2_authorization_name.is_some(),
        sent.oauth2_include_client_id.is_some(),
    ];

    put(&mut row.name, sent.name.map(Text::into_string));
    put(&mut row.state, sent.state);
    put(&mut row.url, sent.url.map(Endpoint::into_string));
    put_text(&mut row.api_key, sent.api_key.map(HeaderText::into_string));
    put_text(&mut row.secret, sent.secret.map(HeaderText::into_string));
    put_text(&mut row.hmac_client_secret, sent.hmac_client_secret.map(Text::into_string));
    put_text(&mut row.oauth2_authentication_url, sent.oauth2_authentication_url.map(Text::into_string));
    put_text(&mut row.oauth2_client_id, sent.oauth2_client_id.map(HeaderText::into_string));
    put_text(&mut row.oauth2_client_secret, sent.oauth2_client_secret.map(Text::into_string));
    put_text(&mut row.oauth2_grant_type, sent.oauth2_grant_type.map(Text::into_string));
    put_text(&mut row.oauth2_scope, sent.oauth2_scope.map(Text::into_string));
    put_text(&mut row.oauth2_authorization_name, sent.oauth2_authorization_name.map(HeaderText::into_string));
    put(&mut row.oauth2_include_client_id, sent.oauth2_include_client_id);
    put_list(&mut row.enrollment_triggers, sent.enrollment_triggers);
    put_list(&mut row.payment_triggers, sent.payment_triggers);
    put_list(&mut row.report_triggers, sent.report_triggers);
    put_list(&mut row.checkout_session_triggers, sent.checkout_session_triggers);
    if sent.subscription_triggers.is_some() {
        put_list(row.subscription_triggers.get_or_insert_default(), sent.subscription_triggers);
    }
    if sent.onboarding_triggers.is_some() {
        put_list(row.onboarding_triggers.get_or_insert_default(), sent.onboarding_triggers);
    }
    row.renewal_days = match sent.clear_renewal_days {
        Some(true) => None,
        _ => sent.renewal_days.map(|Days(days)| days).or(row.renewal_days),
    };

    let told_of_renewals =
        row.subscription_triggers.iter().flatten().any(|trigger| *trigger == SubscriptionTrigger::CloseToRenewal);
    if row.renewal_days.is_some_and(|days| days < 1 || !told_of_renewals) {
        return Err(ApiError::WebhookInvalidRenewalDays);
    }
    if !together {
        let what =
            "oauth2_authentication_url, oauth2_client_id, oauth2_client_secret and oauth2_grant_type are sent together";
        return Err(ApiError::WebhookInvalidOauth2(what));
    }
    // Whoever takes the four away takes away what goes with them.
    if four[0] && row.oauth2_authentication_url.is_none() && more == [false; 3] {
        (row.oauth2_scope, row.oauth2_authorization_name, row.oauth2_include_client_id) = (None, None, false);
    }
    check_oauth2(&row, allow_plain)?;
    Ok(row)
}

/// Whether the settings for tokens are a whole that works, or nothing.
fn check_oauth2(row: &Row, allow_plain: bool) -> Result<(), ApiError> {
    let four = [
        row.oauth2_authentication_url.is_some(),
        row.oauth2_client_id.is_some(),
        row.oauth2_client_secret.is_some(),
        row.oauth2_grant_type.is_some(),
    ];
    if four == [false; 4] {
        let more =
            row.oauth2_scope.is_some() || row.oauth2_authorization_name.is_some() || row.oauth2_include_client_id;
        return match more {
            true => Err(ApiError::WebhookInvalidOauth2("there is nothing that the other settings go with")),
            false => Ok(()),
        };
    }
    if four != [true; 4] {
        return Err(ApiError::WebhookInvalidOauth2("url, client id, client secret and grant type are needed"));
    }
    if row.oauth2_grant_type.as_deref() != Some("client_credentials") {
        return Err(ApiError::WebhookInvalidOauth2("oauth2_grant_type must be client_credentials"));
    }
    if row.oauth2_authorization_name.as_deref().is_some_and(|name| !HeaderText::names_a_free_header(name)) {
        return Err(ApiError::WebhookInvalidOauth2(
            "oauth2_authorization_name must be the name of a header of its own",
        ));
    }
    let url = row.oauth2_authentication_url.as_deref().and_then(|url| Endpoint::parse(url).ok());
    match url.is_some_and(|url| url.url().scheme() == "https" || allow_plain) {
        true => Ok(()),
        false => Err(ApiError::WebhookInvalidOauth2("oauth2_authentication_url must be an https URL")),
    }
}
