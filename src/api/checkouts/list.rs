//! `GET /v1/checkouts`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::default_of;
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::checkouts::{self, Summary};
use crate::db::organizations;
use crate::error::ApiError;
use crate::input::{Count, QueryOf, Several, input};
use crate::state::AppState;
use crate::types::{AccountId, CheckoutId, CheckoutStatus, OrganizationId, Text, Timestamp};

/// Checkouts of a page of which only the number was given.
const PAGE_SIZE: i64 = 25;

input! {
    /// Which checkouts.
    pub struct ListCheckouts {
        /// Only those whose name has this in it, in upper or lower case.
        optional name: Text<0, 255>,
        /// Only those whose id has this in it.
        optional id: Text<0, 36>,
        /// Only those with one of these, given more than once or with commas between them.
        optional status: Several<CheckoutStatus>,
        /// Only those made at this time or later.
        optional created_after: Timestamp,
        /// Only those made at this time or before.
        optional created_before: Timestamp,
        /// Only those last changed at this time or later.
        optional updated_after: Timestamp,
        /// Only those last changed at this time or before.
        optional updated_before: Timestamp,
        /// Which page, from 1. With it or `size`, the answer is a page.
        optional page: Count<1, 1_000_000>,
        /// How many on a page.
        optional size: Count<1, 100>,
    }
}

/// A checkout in a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct CheckoutSummary {
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
}

/// All checkouts that were asked for, or one page of them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum CheckoutList {
    /// Neither `page` nor `size` was sent.
    All(Vec<CheckoutSummary>),
    /// One of them was.
    Page {
        /// Those on the page.
        data: Vec<CheckoutSummary>,
        /// Where it stands among all.
        pagination: Pagination,
    },
}

/// Where a page stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pagination {
    /// Its number, from 1.
    page: i64,
    /// How many there are on a full one.
    size: i64,
    /// How many there are on all pages together.
    total: usize,
}

refusals!(ApiError::IllegalArgument(vec!["page: must be a whole number from 1 to 1000000".into()]));

/// List checkouts
///
/// The default, then those that were changed last. With `page` or `size` an object with `data` and `pagination`, else an
/// array of all.
#[utoipa::path(
    get,
    path = "/v1/checkouts",
    tag = "checkouts",
    params(
        ("name" = Option<String>, Query, description = "Only those whose name has this in it, in upper or lower case."),
        ("id" = Option<String>, Query, description = "Only those whose id has this in it."),
        ("status" = Option<String>, Query,
            description = "Only those with one of these: given more than once, or with commas between them."),
        ("created_after" = Option<String>, Query, format = DateTime,
            description = "Only those made at this time or later."),
        ("created_before" = Option<String>, Query, format = DateTime,
            description = "Only those made at this time or before."),
        ("updated_after" = Option<String>, Query, format = DateTime,
            description = "Only those last changed at this time or later."),
        ("updated_before" = Option<String>, Query, format = DateTime,
            description = "Only those last changed at this time or before."),
        ("page" = Option<i64>, Query, minimum = 1, maximum = 1_000_000,
            description = "Which page, from 1; 1 when only `size` is sent."),
        ("size" = Option<i64>, Query, minimum = 1, maximum = 100,
            description = "How many on a page, 1 to 100; 25 when only `page` is sent."),
    ),
    responses(
        (status = 200, description = "The checkouts.", body = CheckoutList, example = json!([example()])),
        Refusals,
    ),
)]
pub async fn list_checkouts(
    State(app): State<AppState>,
    merchant: Merchant,
    query: Result<QueryOf<ListCheckouts>, ApiError>,
) -> Result<Json<CheckoutList>, ApiError> {
    let QueryOf(query) = query.map_err(|refused| match refused {
        ApiError::InvalidParameters(messages) => ApiError::IllegalArgument(messages),
        other => other,
    })?;
    let account = merchant.account_of_header()?;
    let all = listed(&app, merchant.organization, account).await?;
    let asked: Vec<_> = all.into_iter().filter(|checkout| asks_for(&query, checkout)).map(Into::into).collect();
    if query.page.is_none() && query.size.is_none() {
        return Ok(Json(CheckoutList::All(asked)));
    }
    let (page, size) = (query.page.map_or(1, |page| page.0), query.size.map_or(PAGE_SIZE, |size| size.0));
    let total = asked.len();
    let before = usize::try_from((page - 1) * size).unwrap_or(total);
    let data = asked.into_iter().skip(before).take(usize::try_from(size).unwrap_or(total)).collect();
    Ok(Json(CheckoutList::Page { data, pagination: Pagination { page, size, total } }))
}

/// The checkouts of an account, of which there is always a default.
async fn listed(app: &AppState, organization: OrganizationId, account: AccountId) -> Result<Vec<Summary>, ApiError> {
    let connection = &mut *app.db.acquire().await?;
    let present = checkouts::list(connection, organization, account).await?;
    if present.iter().any(|checkout| checkout.is_default) {
        return Ok(present);
    }
    let mut database = sqlx::Connection::begin(connection).await?;
    organizations::lock_account(&mut database, organization, account).await?;
    default_of(&mut database, organization, account, app.clock.now(organization)).await?;
    let present = checkouts::list(&mut database, organization, account).await?;
    database.commit().await?;
    Ok(present)
}

fn asks_for(query: &ListCheckouts, checkout: &Summary) -> bool {
    let has = |whole: &str, part: &str| whole.to_lowercase().contains(&part.to_lowercase());
    query.name.as_ref().is_none_or(|name| has(&checkout.name, name.as_str()))
        && query.id.as_ref().is_none_or(|id| has(&checkout.checkout_id.to_string(), id.as_str()))
        && query.status.as_ref().is_none_or(|wanted| wanted.0.contains(&checkout.status))
        && query.created_after.is_none_or(|time| time <= checkout.created_at)
        && query.created_before.is_none_or(|time| checkout.created_at <= time)
        && query.updated_after.is_none_or(|time| time <= checkout.updated_at)
        && query.updated_before.is_none_or(|time| checkout.updated_at <= time)
}

impl From<Summary> for CheckoutSummary {
    fn from(row: Summary) -> Self {
        Self {
            id: row.checkout_id,
            name: row.name,
            description: row.description,
            status: row.status,
            is_default: row.is_default,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

fn example() -> Value {
    json!({
        "id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        "name": "Default",
        "description": "Default",
        "status": "PUBLISHED",
        "is_default": true,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000000Z",
    })
}
