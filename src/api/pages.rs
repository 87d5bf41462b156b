//! Addresses of the pages on which customers agree or authenticate.

use crate::catalog::Flow;
use crate::db::payments;
use crate::lifecycle::{State, flow_of};
use crate::state::AppState;
use crate::types::{OrganizationId, PageId};

/// Where a page is. Whoever knows the address may open it: the ids cannot be guessed.
#[must_use]
pub fn address(app: &AppState, organization: OrganizationId, page: PageId) -> String {
    format!("{}/simulator/{organization}/{page}", app.public_url)
}

/// The page on which a payment is decided: of a card only as long as it is not.
#[must_use]
pub fn of_payment(app: &AppState, organization: OrganizationId, row: &payments::Row) -> Option<String> {
    let undecided = State::new(row.status, row.sub_status).is_undecided();
    let page = row.page_id.filter(|_| undecided || flow_of(&row.payment_method_type) != Flow::Card)?;
    Some(address(app, organization, page))
}
