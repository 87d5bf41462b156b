//! A checkout with all that it makes of payment methods, and its looks.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::api::icons;
use crate::catalog::{CATALOG, PaymentMethod};
use crate::checkout::{MethodSettings, Place, Settings, answered_styling};
use crate::db::checkouts::Row;
use crate::db::{Connection, connections};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{AccountId, ActiveEnrollmentType, CheckoutId, CheckoutStatus, OrganizationId, Timestamp};

/// A checkout.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutConfiguration {
    /// Its id.
    #[schema(value_type = String, format = Uuid)]
    id: CheckoutId,
    /// The merchant's name of it.
    name: String,
    /// What the merchant says of it.
    description: String,
    /// `PUBLISHED`, `NOT_PUBLISHED` or `ARCHIVED`.
    #[schema(value_type = String)]
    status: CheckoutStatus,
    /// Whether it shapes the sessions that name none.
    is_default: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// What it shows.
    config: CheckoutConfig,
    /// How it looks, and what its SDK is told: `styles`, `settings`, `external_fonts` and `payment_link_styles`.
    #[schema(value_type = Object)]
    styling: Value,
}

/// What a checkout shows.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutConfig {
    /// Every type that a connection of the account has, in the order in which they are shown.
    payment_methods: Vec<ConfiguredMethod>,
    /// What it makes of countries.
    #[schema(value_type = Object)]
    general_settings: Value,
    /// What can be changed.
    feature_flags: FeatureFlags,
}

/// What a checkout makes of a payment method.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfiguredMethod {
    /// Its type.
    payment_method_type: String,
    /// What the customer reads.
    name: String,
    /// What the customer reads below the name.
    description: String,
    /// Address of a picture of it.
    icon: String,
    /// The group of its type.
    category: &'static str,
    /// A shorter name, for narrow places.
    short_name: String,
    /// What helps the customer.
    hint: String,
    /// Its place, lower first.
    #[schema(value_type = u32)]
    order_to_show: Place,
    /// Whether it is shown.
    is_active: bool,
    /// Always `PAYMENT_METHOD`.
    r#type: &'static str,
    /// Whether customers can enroll methods of the type at all.
    has_enrollment: bool,
    /// How many sets of conditions it has.
    conditions_quantity: usize,
    /// With what customers can pay or enroll.
    #[schema(value_type = String)]
    active_enrollment_type: ActiveEnrollmentType,
    /// When it is shown: one set is enough. This server's own; the published answer only counts them.
    #[schema(value_type = Vec<Object>)]
    conditions_to_override: Value,
    /// What the customer is asked for; `null` when nothing was said. This server's own.
    #[schema(value_type = Option<Object>, required)]
    required_fields_to_override: Value,
}

/// What can be changed of a checkout. Everything can.
#[derive(Debug, Serialize, ToSchema)]
pub struct FeatureFlags {
    /// What the customer is asked for.
    custom_required_fields: bool,
    /// Names and pictures of methods.
    custom_logo_icon: bool,
}

impl CheckoutConfiguration {
    /// A checkout with what its account's connections have.
    pub(super) async fn of(
        app: &AppState,
        connection: &mut Connection,
        organization: OrganizationId,
        row: Row,
    ) -> Result<Self, ApiError> {
        let known = known_types(connection, organization, row.account_id).await?;
        let settings = Settings { methods: Settings::methods_of(&row.payment_methods.0), ..Settings::default() };
        Ok(Self {
            id: row.checkout_id,
            name: row.name,
            description: row.description,
            status: row.status,
            is_default: row.is_default,
            created_at: row.created_at,
            updated_at: row.updated_at,
            config: CheckoutConfig {
                payment_methods: configured(&known, &settings, &app.public_url),
                general_settings: match row.general_settings.0.get("country_documents") {
                    Some(countries) => json!({"country_documents": countries}),
                    None => json!({"country_documents": []}),
                },
                feature_flags: FeatureFlags { custom_required_fields: true, custom_logo_icon: true },
            },
            styling: answered_styling(&row.styling.0),
        })
    }
}

/// The types that an account's connections have, paused ones too, and that a checkout can show.
pub(super) async fn known_types(
    connection: &mut Connection,
    organization: OrganizationId,
    account: AccountId,
) -> Result<BTreeSet<String>, ApiError> {
    let connections = connections::list(connection, organization, Some(account)).await?;
    let types = connections.into_iter().flat_map(|connection| connection.payment_methods);
    let takes_payments = |r#type: &String| CATALOG.method(r#type).is_some_and(|method| method.flow.takes_payments());
    Ok(types.filter(takes_payments).collect())
}

/// What a checkout makes of each type that is known, in the order in which they are shown.
pub(super) fn configured(known: &BTreeSet<String>, settings: &Settings, public_url: &str) -> Vec<ConfiguredMethod> {
    let mut methods: Vec<&PaymentMethod> = known.iter().filter_map(|r#type| CATALOG.method(r#type)).collect();
    methods.sort_by_key(|method| settings.place_of(&method.r#type));
    let mut next = 1;
    let told = methods.into_iter().map(|method| {
        let said = settings.methods.get(&method.r#type);
        let place = said.and_then(|said| said.order_to_show).unwrap_or(Place(next.min(Place::MAX)));
        next = next.max(place.0 + 1);
        configured_method(method, said, place, public_url)
    });
    told.collect()
}

fn configured_method(
    method: &'static PaymentMethod,
    said: Option<&MethodSettings>,
    place: Place,
    public_url: &str,
) -> ConfiguredMethod {
    let name = said.and_then(MethodSettings::own_name).unwrap_or(&method.name);
    ConfiguredMethod {
        payment_method_type: method.r#type.clone(),
        name: name.to_owned(),
        description: said.and_then(MethodSettings::own_description).unwrap_or(name).to_owned(),
        icon: icons::shown(public_url, method, said.and_then(MethodSettings::own_icon)),
        category: &method.category,
        short_name: said.and_then(MethodSettings::own_short_name).unwrap_or(name).to_owned(),
        hint: said.and_then(|said| said.hint.as_ref()).map(|hint| hint.as_str().to_owned()).unwrap_or_default(),
        order_to_show: place,
        is_active: said.is_none_or(MethodSettings::shown),
        r#type: "PAYMENT_METHOD",
        has_enrollment: method.enrollable,
        conditions_quantity: said.map_or(0, |said| said.conditions().len()),
        active_enrollment_type: said
            .map_or_else(|| MethodSettings::plain_enrollment(method), |said| said.enrollment(method)),
        conditions_to_override: json!(said.map_or(&[][..], MethodSettings::conditions)),
        required_fields_to_override: json!(said.and_then(|said| said.required_fields_to_override.as_ref())),
    }
}

/// The checkout of the document's examples.
pub(super) fn example_configuration() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "name": "Promo Checkout",
        "description": "For the sale",
        "status": "PUBLISHED",
        "is_default": false,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
        "config": {
            "payment_methods": [{
                "payment_method_type": "PIX",
                "name": "Pix, at once",
                "description": "Pix, at once",
                "icon": "http://127.0.0.1:7070/icons/pix.svg",
                "category": "BANK_TRANSFER",
                "short_name": "Pix, at once",
                "hint": "",
                "order_to_show": 0,
                "is_active": true,
                "type": "PAYMENT_METHOD",
                "has_enrollment": false,
                "conditions_quantity": 0,
                "active_enrollment_type": "NONE",
                "conditions_to_override": [],
                "required_fields_to_override": null,
            }],
            "general_settings": {"country_documents": [{"country_code": "BR", "documents": ["CPF", "CNPJ"]}]},
            "feature_flags": {"custom_required_fields": true, "custom_logo_icon": true},
        },
        "styling": answered_styling(&json!({})),
    })
}
