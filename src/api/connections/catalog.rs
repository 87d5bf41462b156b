//! `GET /v1/connections/catalog/{provider_id}`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::catalog::CATALOG;
use crate::error::ApiError;
use crate::input::PathParameter;

/// What a provider offers and needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProviderCatalog {
    /// The types that it offers.
    payment_method_type: Vec<String>,
    /// What it is known to need.
    params: Vec<CatalogParam>,
}

/// Something that a provider needs to know.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogParam {
    /// Its name. Case matters.
    param_id: String,
    /// The kind of its value: `string`, `boolean`, `array` or `number`.
    field_type: String,
    /// Whether its value is answered as `***` only.
    secret: bool,
    /// What it is.
    description: String,
    /// Whether it can be changed.
    editable_field: bool,
    /// Whether it may be left out.
    optional: bool,
}

refusals!(ApiError::ProviderNotFound("NO_SUCH_PROVIDER".into()));

/// Retrieve a provider's catalog
///
/// What to fill in to connect it. Case matters.
#[utoipa::path(
    get,
    path = "/v1/connections/catalog/{provider_id}",
    tag = "connections",
    params(("provider_id" = String, Path, description = "The provider, such as STRIPE.")),
    responses(
        (status = 200, description = "What it offers and needs.", body = ProviderCatalog, example = json!({
            "payment_method_type": ["ACH", "CARD"],
            "params": [{
                "param_id": "API_KEY",
                "field_type": "string",
                "secret": true,
                "description": "Secret API key",
                "editable_field": true,
                "optional": false,
            }],
        })),
        Refusals,
    ),
)]
pub async fn retrieve_provider_catalog(
    _: Merchant,
    PathParameter(provider): PathParameter,
) -> Result<Json<ProviderCatalog>, ApiError> {
    let Some(offered) = CATALOG.offered_by(&provider) else { return Err(ApiError::ProviderNotFound(provider)) };
    let params = CATALOG.params_of(&provider).map(|param| CatalogParam {
        param_id: param.param_id.clone(),
        field_type: param.field_type.clone(),
        secret: param.secret,
        description: param.description.clone(),
        editable_field: true,
        optional: param.optional,
    });
    Ok(Json(ProviderCatalog { payment_method_type: offered.to_vec(), params: params.collect() }))
}
