//! `GET /v1/catalog/payment-methods`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::Category;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::api::icons;
use crate::catalog::{CATALOG, Flow, PaymentMethod, Reach};
use crate::error::ApiError;
use crate::input::{QueryOf, input};
use crate::state::AppState;
use crate::types::{Country, Currency, Text};

input! {
    /// Which methods.
    pub struct ListCatalogPaymentMethods {
        /// Only those that are served in a country.
        optional country: Country,
        /// Only those that are served in a currency.
        optional currency: Currency,
        /// Only those that a provider offers.
        optional provider_id: Text<1, 255>,
        /// Only those of a category.
        optional category: Category,
    }
}

/// What the catalog knows of a payment method type.
#[derive(Debug, Serialize, ToSchema)]
pub struct CatalogPaymentMethod {
    /// The type.
    r#type: &'static str,
    /// What a customer reads.
    name: &'static str,
    /// The group of the type.
    category: &'static str,
    /// How a customer pays with it.
    flow: Flow,
    /// Whether a customer can enroll it.
    enrollable: bool,
    /// Address of a picture of it.
    icon: String,
    /// Where it is served; `null` means everywhere.
    #[schema(value_type = Option<Vec<String>>, required)]
    countries: Option<&'static [Country]>,
    /// In which currencies it is served; `null` means in all.
    #[schema(value_type = Option<Vec<String>>, required)]
    currencies: Option<&'static [Currency]>,
    /// Whether somebody states where it is served. Where nobody does it counts as served everywhere.
    reach_is_stated: bool,
    /// Why it is served there; `null` where nobody states it.
    #[schema(required)]
    ground: Option<&'static str>,
    /// The providers that offer it.
    providers: Vec<&'static str>,
}

refusals!();

/// List the catalog's payment methods
///
/// What each provider serves where, by this server's catalog. This server's own; the published API does not have it.
#[utoipa::path(
    get,
    path = "/v1/catalog/payment-methods",
    tag = "catalog",
    params(
        ("country" = Option<String>, Query, description = "Only methods that are served in this country."),
        ("currency" = Option<String>, Query, description = "Only methods that are served in this currency."),
        ("provider_id" = Option<String>, Query, description = "Only methods that this provider offers."),
        ("category" = Option<String>, Query, description = "Only methods of this category."),
    ),
    responses(
        (status = 200, description = "The methods, by type.", body = [CatalogPaymentMethod], example = json!([{
            "type": "PIX",
            "name": "Pix",
            "category": "BANK_TRANSFER",
            "flow": "QR",
            "enrollable": false,
            "icon": "http://127.0.0.1:7070/icons/pix.svg",
            "countries": ["BR"],
            "currencies": ["BRL"],
            "reach_is_stated": true,
            "ground": "Instant payment scheme of Brazil's central bank",
            "providers": ["ADYEN", "DLOCAL"],
        }])),
        Refusals,
    ),
)]
pub async fn list_catalog_payment_methods(
    State(app): State<AppState>,
    _: Merchant,
    QueryOf(query): QueryOf<ListCatalogPaymentMethods>,
) -> Result<Json<Vec<CatalogPaymentMethod>>, ApiError> {
    let methods = CATALOG
        .methods()
        .filter(|method| query.country.is_none_or(|country| method.countries.has(&country)))
        .filter(|method| query.currency.is_none_or(|currency| method.currencies.has(&currency)))
        .filter(|method| query.category.as_ref().is_none_or(|category| category.has(method)))
        .filter(|method| query.provider_id.as_ref().is_none_or(|provider| offers(provider.as_str(), method)));
    Ok(Json(methods.map(|method| known(method, &app.public_url)).collect()))
}

fn offers(provider: &str, method: &PaymentMethod) -> bool {
    CATALOG.offered_by(provider).unwrap_or_default().contains(&method.r#type)
}

fn known(method: &'static PaymentMethod, public_url: &str) -> CatalogPaymentMethod {
    CatalogPaymentMethod {
        r#type: &method.r#type,
        name: &method.name,
        category: &method.category,
        flow: method.flow,
        enrollable: method.enrollable,
        icon: icons::address(public_url, method),
        countries: list(&method.countries),
        currencies: list(&method.currencies),
        reach_is_stated: method.reach_is_stated(),
        ground: method.reach_is_stated().then_some(&method.ground),
        providers: CATALOG.providers_of(&method.r#type).collect(),
    }
}

fn list<T>(reach: &Reach<T>) -> Option<&[T]> {
    match reach {
        Reach::All => None,
        Reach::Only(these) => Some(these),
    }
}
