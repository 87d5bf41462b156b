//! `GET /v1/payments?merchant_order_id=`

use axum::Json;
use axum::extract::State;

use super::{Payment, Shape, example_retrieved};
use crate::api::auth::Merchant;
use crate::api::document::refusals;
use crate::db::{payments, transactions};
use crate::error::ApiError;
use crate::input::{QueryOf, input};
use crate::state::AppState;
use crate::types::Text;

/// How many payments of one order are told.
const LIMIT: i64 = 100;

input! {
    /// Which payments.
    pub struct FindPayments {
        /// The merchant's id of the order.
        required merchant_order_id: Text<1, 255>,
    }
}

refusals!();

/// Find the payments of an order
///
/// Newest first, at most 100; none is no error.
#[utoipa::path(
    get,
    path = "/v1/payments",
    tag = "payments",
    params(("merchant_order_id" = String, Query, description = "The merchant's id of the order.")),
    responses(
        (status = 200, description = "The payments.", body = [Payment], example = json!([example_retrieved()])),
        Refusals,
    ),
)]
pub async fn find_payments(
    State(app): State<AppState>,
    merchant: Merchant,
    QueryOf(query): QueryOf<FindPayments>,
) -> Result<Json<Vec<Payment>>, ApiError> {
    let organization = merchant.organization;
    let connection = &mut *app.db.acquire().await?;
    let found = payments::list_by_order(connection, organization, query.merchant_order_id.as_str(), LIMIT).await?;
    let ids: Vec<_> = found.iter().map(|payment| payment.payment_id).collect();
    let rows = transactions::list(connection, organization, &ids).await?;
    let answers = found.into_iter().map(|payment| {
        let own: Vec<_> = rows.iter().filter(|row| row.payment_id == payment.payment_id).cloned().collect();
        Payment::new(&app, organization, &payment, &own, Shape::Retrieved)
    });
    Ok(Json(answers.collect::<Result<_, _>>()?))
}
