//! `PATCH /v1/connections/{connection_id}`

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

use super::{PaymentMethods, ProviderConnection, example, note, offered_by};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::audit_log::Action;
use crate::db::connections;
use crate::error::ApiError;
use crate::input::{At, Body, Input, PathParameter, Problems, input};
use crate::state::AppState;
use crate::types::{ConnectionId, Country, Currency};

input! {
    /// What to change of a connection: only what is sent changes.
    pub struct UpdateConnection {
        /// `PAUSED` takes it out of every session at once, `ACTIVE` brings it back.
        optional status: ConnectionStatus,
        /// The types to enable, in place of the old ones.
        optional payment_methods: PaymentMethods,
        /// Countries to narrow the connection to; an empty list lifts the narrowing.
        optional countries: Vec<Country>,
        /// Currencies to narrow the connection to; an empty list lifts the narrowing.
        optional currencies: Vec<Currency>,
    }
}

/// Whether a connection is in use.
#[derive(Clone, Copy)]
pub enum ConnectionStatus {
    /// It is.
    Active,
    /// It is not, for the time being.
    Paused,
}

impl ConnectionStatus {
    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Paused => "PAUSED",
        }
    }
}

impl Input for ConnectionStatus {
    fn read(raw: &Value, at: At<'_>, problems: &mut Problems) -> Option<Self> {
        match raw.as_str() {
            Some("ACTIVE") => Some(Self::Active),
            Some("PAUSED") => Some(Self::Paused),
            _ => {
                problems.wrong(at, "must be ACTIVE or PAUSED");
                None
            }
        }
    }

    fn schema() -> RefOr<Schema> {
        let names = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["ACTIVE", "PAUSED"]));
        RefOr::T(names.build().into())
    }
}

refusals!(
    ApiError::ConnectionNotFound("01980f2e-7a6b-7c4d-8e5f-0123456789ab".into()),
    ApiError::UnsupportedPaymentMethod { methods: "PIX".into(), provider: "STRIPE".into() },
);

/// Update a connection
///
/// Pause it, resume it, or change what it is used for. This server's own: with the real service a dashboard does it.
#[utoipa::path(
    patch,
    path = "/v1/connections/{connection_id}",
    tag = "connections",
    params(("connection_id" = String, Path, description = "Id of the connection.")),
    request_body(content = UpdateConnection, example = json!({"status": "PAUSED"})),
    responses((status = 200, description = "The connection.", body = ProviderConnection, example = json!(example())), Refusals),
)]
pub async fn update_connection(
    State(app): State<AppState>,
    merchant: Merchant,
    PathParameter(sent): PathParameter,
    Body { value: change, .. }: Body<UpdateConnection>,
) -> Result<Json<ProviderConnection>, ApiError> {
    let Ok(id) = ConnectionId::parse(&sent) else { return Err(ApiError::ConnectionNotFound(sent)) };
    let now = app.clock.now(merchant.organization);
    let mut database = app.db.begin().await?;
    let present = connections::lock(&mut database, merchant.organization, id).await?;
    let Some(present) = present else { return Err(ApiError::ConnectionNotFound(sent)) };
    let change = connections::Change {
        status: change.status.map(|status| status.as_str().to_owned()),
        payment_methods: change
            .payment_methods
            .map(|methods| offered_by(&present.provider_id, methods.0))
            .transpose()?,
        countries: change.countries,
        currencies: change.currencies,
    };
    let changed = connections::update(&mut database, merchant.organization, id, &change, now).await?;
    let changed = changed.ok_or(ApiError::ConnectionNotFound(sent))?;
    let action = match (present.status.as_str(), changed.status.as_str()) {
        ("ACTIVE", "PAUSED") => Action::ConnectionPaused,
        ("PAUSED", "ACTIVE") => Action::ConnectionResumed,
        _ => Action::ConnectionUpdated,
    };
    note(&mut database, &merchant, action, &changed, now).await?;
    database.commit().await?;
    app.accounts.changed(merchant.organization, changed.account_id);
    Ok(Json(changed.into()))
}
