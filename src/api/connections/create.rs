//! `POST /v1/connections`

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::Connection as _;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{Name, PaymentMethods, ProviderConnection, example, note, offered_by};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::idempotency::{Begun, IdempotencyKey, OtherBody, begin};
use crate::catalog::CATALOG;
use crate::db::audit_log::Action;
use crate::db::{AsSent, connections};
use crate::error::{ApiError, OnConstraint as _};
use crate::input::{Anything, At, Body, Input, Problems, input};
use crate::state::AppState;
use crate::types::{AccountId, ConnectionId, Country, Currency};

/// Connections that an account can have.
const MAX_CONNECTIONS: usize = 200;

input! {
    /// A connection to create.
    pub struct CreateConnection {
        /// The account that uses it.
        required account_id: AccountId,
        /// The merchant's name of it, unique in the account.
        required merchant_connection_id: Name,
        /// The provider.
        required provider_id: Name,
        /// `PAYIN`.
        required flow_type: FlowType,
        /// The types to enable, of those that the provider offers.
        required payment_methods: PaymentMethods,
        /// What the provider needs to know. Nothing here calls a provider: values of secret parameters, and of those
        /// that the catalog does not know, are not kept.
        required params: Vec<NewParam>,
        /// What the provider charges, as the merchant says.
        optional costs: Vec<Anything>,
        /// Countries to narrow the connection to.
        optional countries: Vec<Country>,
        /// Currencies to narrow the connection to.
        optional currencies: Vec<Currency>,
    }
}

input! {
    /// Something that a provider needs to know.
    #[derive(Serialize)]
    pub struct NewParam {
        /// Its name. Case matters.
        required param_id: Name,
        /// Its value.
        required value: ParamValue,
    }
}

/// `PAYIN`: the only flow there is.
#[derive(Clone)]
pub struct FlowType;

impl Input for FlowType {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        if raw.as_str() == Some("PAYIN") {
            return Some(Self);
        }
        problems.wrong(at, "must be PAYIN");
        None
    }

    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["PAYIN"]));
        RefOr::T(names.build().into())
    }
}

/// A value of a parameter: text, a number, true or false, or a list of texts.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct ParamValue(Value);

impl Input for ParamValue {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        let storable = |text: &str| !text.contains('\0');
        let right = match raw {
            Value::String(text) => storable(text),
            Value::Bool(_) | Value::Number(_) => true,
            Value::Array(items) => items.iter().all(|item| item.as_str().is_some_and(storable)),
            Value::Object(_) | Value::Null => false,
        };
        if !right {
            problems.wrong(at, "must be a string, a number, true or false, or an array of strings");
        }
        right.then(|| Self(raw.clone()))
    }

    fn schema() -> RefOr<Schema> {
        use utoipa::openapi::schema::{ArrayBuilder, OneOfBuilder, SchemaType};
        let kinds = SchemaType::Array(vec![Type::String, Type::Number, Type::Boolean]);
        let one = ObjectBuilder::new().schema_type(kinds);
        let many = ArrayBuilder::new().items(ObjectBuilder::new().schema_type(Type::String));
        RefOr::T(OneOfBuilder::new().item(one).item(many).build().into())
    }
}

refusals!(
    ApiError::InvalidAccountId,
    ApiError::UnknownProvider("NO_SUCH_PROVIDER".into()),
    ApiError::MissingRequiredParam { param: "API_KEY".into(), provider: "STRIPE".into() },
    ApiError::UnsupportedPaymentMethod { methods: "PIX".into(), provider: "STRIPE".into() },
    ApiError::ConnectionMerchantIdConflict,
    ApiError::IdempotencyConflict,
);

/// Create a connection
///
/// It is active at once. The same idempotency key with another body is refused.
#[utoipa::path(
    post,
    path = "/v1/connections",
    tag = "connections",
    params(IdempotencyKey),
    request_body(content = CreateConnection, example = json!({
        "account_id": "00000000-0000-4000-8000-000000000001",
        "merchant_connection_id": "dlocal-latam-2",
        "provider_id": "DLOCAL",
        "flow_type": "PAYIN",
        "payment_methods": ["PIX", "OXXO"],
        "params": [{"param_id": "X_LOGIN", "value": "secret"}],
        "countries": ["BR", "MX"],
    })),
    responses((status = 201, description = "The connection.", body = ProviderConnection, example = json!(example())), Refusals),
)]
pub async fn create_connection(
    State(app): State<AppState>,
    merchant: Merchant,
    key: IdempotencyKey,
    Body { value: new, sha256 }: Body<CreateConnection>,
) -> Result<Response, ApiError> {
    let account_id = merchant.account(new.account_id)?;
    let organization = merchant.organization;
    let provider = new.provider_id.into_string();
    let payment_methods = offered_by(&provider, new.payment_methods.0)?;
    let params = kept_params(&provider, &new.params)?;
    let mut work = match begin(&app, organization, "create_connection", key, sha256, OtherBody::Refused).await? {
        Begun::Before(answer) => return Ok(answer),
        Begun::New(work) => work,
    };
    let present = connections::list(work.connection(), organization, Some(account_id)).await?.len();
    if present >= MAX_CONNECTIONS {
        let message = format!("account_id: has {MAX_CONNECTIONS} connections, which is the most there can be");
        return Err(ApiError::InvalidParameters(vec![message]));
    }
    let now = app.clock.now(merchant.organization);
    let connection = connections::Row {
        connection_id: ConnectionId::new(now),
        account_id,
        merchant_connection_id: new.merchant_connection_id.into_string(),
        provider_id: provider,
        status: "ACTIVE".to_owned(),
        payment_methods,
        countries: new.countries.filter(|list| !list.is_empty()),
        currencies: new.currencies.filter(|list| !list.is_empty()),
        params: AsSent(params),
        costs: AsSent(json!(new.costs.unwrap_or_default())),
        created_at: now,
        updated_at: now,
    };
    // With a key it is a part of the key's transaction.
    let mut database = work.connection().begin().await?;
    connections::insert(&mut database, organization, &connection)
        .await
        .on_constraint("connections_merchant_connection_id_key", ApiError::ConnectionMerchantIdConflict)?;
    note(&mut database, &merchant, Action::ConnectionCreated, &connection, now).await?;
    database.commit().await?;

    let answer = work.answer(StatusCode::CREATED, &ProviderConnection::from(connection)).await?;
    app.accounts.changed(organization, account_id);
    Ok(answer)
}

/// The parameters as they are kept and answered: without the values of those that are secret or unknown.
fn kept_params(provider: &str, sent: &[NewParam]) -> Result<Value, ApiError> {
    let known: Vec<_> = CATALOG.params_of(provider).collect();
    let missing =
        known.iter().find(|param| !param.optional && !sent.iter().any(|sent| sent.param_id.as_str() == param.param_id));
    if let Some(param) = missing {
        return Err(ApiError::MissingRequiredParam { param: param.param_id.clone(), provider: provider.to_owned() });
    }
    let kept = sent.iter().map(|sent| {
        let open = known.iter().any(|param| param.param_id == sent.param_id.as_str() && !param.secret);
        json!({"param_id": sent.param_id, "value": if open { sent.value.0.clone() } else { json!("***") }})
    });
    Ok(kept.collect())
}
