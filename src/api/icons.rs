//! `GET /icons/{icon}`: a small picture for every payment method type, so that no page depends on another host.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};

use crate::api::document::refusals;
use crate::catalog::{CATALOG, Flow, PaymentMethod};
use crate::error::ApiError;
use crate::input::PathParameter;

/// Where the picture of a method is served.
#[must_use]
pub fn address(public_url: &str, method: &PaymentMethod) -> String {
    format!("{public_url}/icons/{}.svg", method.slug)
}

/// Where the picture that customers see of a method is: the merchant's `own`, which may be a path on this server, else the
/// one of this server.
#[must_use]
pub fn shown(public_url: &str, method: &PaymentMethod, own: Option<&str>) -> String {
    match own {
        Some(path) if path.starts_with('/') => format!("{public_url}{path}"),
        Some(url) => url.to_owned(),
        None => address(public_url, method),
    }
}

refusals!(ApiError::NotFound);

/// Retrieve the icon of a payment method type
///
/// An SVG of 48 by 32, drawn by this server. Needs no keys.
#[utoipa::path(
    get,
    path = "/icons/{icon}",
    tag = "catalog",
    params(("icon" = String, Path, description = "The `icon` of a payment method, such as `pix.svg`.")),
    security(()),
    responses(
        (status = 200, description = "The picture.", content_type = "image/svg+xml", body = String,
            example = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"48\" height=\"32\"></svg>"),
        Refusals,
    ),
)]
pub async fn retrieve_icon(PathParameter(icon): PathParameter) -> Result<Response, ApiError> {
    let slug = icon.strip_suffix(".svg").ok_or(ApiError::NotFound)?;
    let method = CATALOG.method_by_slug(slug).ok_or(ApiError::NotFound)?;
    let headers = [(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")];
    Ok((headers, draw(method)).into_response())
}

/// A rounded tile in the colour of the method's flow, with its initials.
fn draw(method: &PaymentMethod) -> String {
    let initials = initials(&method.name);
    let colour = colour(method.flow);
    // Initials are letters and digits, so that nothing in them needs escaping; the name does.
    let name = method.name.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"48\" height=\"32\" viewBox=\"0 0 48 32\" role=\"img\">\
         <title>{name}</title><rect width=\"48\" height=\"32\" rx=\"6\" fill=\"{colour}\"/>\
         <text x=\"24\" y=\"21\" text-anchor=\"middle\" font-family=\"system-ui,sans-serif\" font-size=\"14\" \
         font-weight=\"600\" fill=\"#fff\">{initials}</text></svg>"
    )
}

/// The first letters of up to three words, or of the only word.
fn initials(name: &str) -> String {
    let words: Vec<&str> = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    match words.as_slice() {
        [only] => only.chars().take(3).collect::<String>().to_uppercase(),
        several => several.iter().take(3).filter_map(|word| word.chars().next()).collect::<String>().to_uppercase(),
    }
}

fn colour(flow: Flow) -> &'static str {
    match flow {
        Flow::Card => "#1d4ed8",
        Flow::Wallet => "#7c3aed",
        Flow::Redirect => "#0f766e",
        Flow::Voucher => "#b45309",
        Flow::BankTransfer => "#166534",
        Flow::Qr => "#0e7490",
        Flow::Bnpl => "#be185d",
        Flow::Payout | Flow::Service => "#475569",
    }
}
