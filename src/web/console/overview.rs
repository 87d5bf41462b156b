//! `/console`: how many sessions an account has had of late, how many were paid, and why others were not.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use chrono::TimeDelta;
use maud::{Markup, html};

use super::chart::{self, Bar, Share};
use super::draw::when;
use super::frame;
use super::sign_in::Operator;
use crate::db::console::{self, Made};
use crate::db::retention::{self, Kind};
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{CheckoutSessionId, PaymentId, PaymentStatus, Timestamp};
use crate::web::form::Form;

const SECTION: &str = "/console";

/// How many of the organization's sessions, and of its payments, are read for the charts.
const LOOKED_AT: i64 = 10_000;

/// How many reasons are told.
const REASONS: i64 = 20;

/// How a payment stands that was refused or has failed.
const DECLINED: [PaymentStatus; 3] = [PaymentStatus::Declined, PaymentStatus::Rejected, PaymentStatus::Error];

/// A window of time that can be looked at: its name in the address and on the page, how many parts it has, and how many
/// minutes each.
struct Window(&'static str, &'static str, usize, i64);

const WINDOWS: [Window; 3] = [
    Window("hour", "Last hour", 30, 2),
    Window("day", "Last 24 hours", 24, 60),
    Window("week", "Last 7 days", 28, 6 * 60),
];

/// Its pages.
pub(super) fn routes() -> Router<AppState> {
    Router::new().route(SECTION, get(show))
}

async fn show(State(app): State<AppState>, operator: Operator, uri: Uri) -> Result<Response, ApiError> {
    let query = Form::of_query(&uri);
    let window = WINDOWS.iter().find(|window| window.0 == query.text("window")).unwrap_or(&WINDOWS[1]);
    let organization = operator.organization();
    let parts = parts(window, app.clock.now(organization));
    let (Some(&begin), Some(end)) = (parts.first(), parts.last().map(|last| last.plus(length(window)))) else {
        return Err(anyhow::anyhow!("a window without parts").into());
    };
    let sessions = CheckoutSessionId::first_of(begin)..CheckoutSessionId::first_of(end);
    let payments = PaymentId::first_of(begin)..PaymentId::first_of(end);
    let connection = &mut *app.db.acquire().await?;
    let made = console::count_checkout_sessions(
        connection,
        organization,
        operator.account,
        sessions.clone(),
        &parts,
        LOOKED_AT,
    )
    .await?;
    let reasons = console::count_reasons(
        connection,
        organization,
        operator.account,
        payments.clone(),
        &DECLINED,
        LOOKED_AT,
        REASONS,
    )
    .await?;
    let ids = sessions.start.into()..sessions.end.into();
    let more_sessions = retention::id_after(connection, organization, Kind::CheckoutSessions, &ids, LOOKED_AT).await?;
    let ids = payments.start.into()..payments.end.into();
    let more_payments = retention::id_after(connection, organization, Kind::Payments, &ids, LOOKED_AT).await?;
    let page = html! {
        nav.windows aria-label="Window of time" {
            @for Window(name, label, ..) in &WINDOWS {
                a href={ (SECTION) "?window=" (name) } aria-current=[(*name == window.0).then_some("true")] { (label) }
            }
        }
        p.hint { "From " (when(begin)) ", of the account that is looked at." }
        div #sessions data-live { (made_over_time(&made, &parts, more_sessions.is_some())) }
        div #methods data-live { (by_method(&made)) }
        div #countries data-live { (by_country(&made)) }
        div #declines data-live { (declines(&reasons, more_payments.is_some())) }
    };
    Ok(frame::page(&app, &operator, SECTION, "Overview", &page).into_response())
}

fn length(window: &Window) -> TimeDelta {
    TimeDelta::minutes(window.3)
}

/// When the parts of a window begin. They begin at whole multiples of their length, so that what is drawn stays where it
/// is while time goes on; the last one is now.
fn parts(window: &Window, now: Timestamp) -> Vec<Timestamp> {
    let (seconds, nanoseconds) = now.unix();
    let into = i64::try_from(seconds).unwrap_or_default() % length(window).num_seconds();
    let last = now.plus(-TimeDelta::seconds(into) - TimeDelta::nanoseconds(i64::from(nanoseconds)));
    (0..window.2).rev().map(|back| last.plus(-length(window) * i32::try_from(back).unwrap_or_default())).collect()
}

/// That the numbers are not all that there is.
fn cut_off(what: &str) -> Markup {
    html! {
        p.hint {
            "There are more: only the newest " (LOOKED_AT) " " (what) " of the organization in this time are counted."
        }
    }
}

fn made_over_time(made: &[Made], parts: &[Timestamp], more: bool) -> Markup {
    let mut bars: Vec<_> = parts.iter().map(|begin| Bar { begin: *begin, all: 0, part: 0 }).collect();
    for row in made {
        let at = usize::try_from(row.part - 1).ok();
        if let Some(bar) = at.and_then(|at| bars.get_mut(at)) {
            bar.all += row.made;
            bar.part += row.paid;
        }
    }
    let total: i64 = made.iter().map(|row| row.made).sum();
    let paid: i64 = made.iter().map(|row| row.paid).sum();
    html! {
        h2 { "Checkout sessions" }
        p.figures {
            span { strong { (total) } " created" }
            span { strong { (paid) } " paid" }
            span { strong { (chart::percent(paid, total)) } " conversion" }
        }
        (chart::over_time(&bars, "Checkout sessions created over time", "Created", "Paid"))
        @if more { (cut_off("sessions")) }
    }
}

/// Adds up what was made and paid by something about it.
fn shares<'a>(made: &'a [Made], by: impl Fn(&'a Made) -> Option<&'a str>) -> Vec<Share> {
    let mut sums: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for (name, row) in made.iter().filter_map(|row| Some((by(row)?, row))) {
        let sum = sums.entry(name).or_default();
        *sum = (sum.0 + row.made, sum.1 + row.paid);
    }
    let mut shares: Vec<_> =
        sums.into_iter().map(|(name, (all, part))| Share { name: name.to_owned(), all, part }).collect();
    shares.sort_by_key(|share| std::cmp::Reverse(share.all));
    shares
}

fn by_method(made: &[Made]) -> Markup {
    let untried: i64 = made.iter().filter(|row| row.payment_method_type.is_none()).map(|row| row.made).sum();
    html! {
        h2 { "Conversion by payment method" }
        (chart::conversion(&shares(made, |row| row.payment_method_type.as_deref()), "Method", "Sessions with a payment"))
        @if untried > 0 { p.hint { "On " (untried) " sessions no payment was made: they are of no method." } }
    }
}

fn by_country(made: &[Made]) -> Markup {
    html! {
        h2 { "Conversion by country" }
        (chart::conversion(&shares(made, |row| Some(&row.country)), "Country", "Sessions created"))
    }
}

fn declines(reasons: &[(String, i64)], more: bool) -> Markup {
    html! {
        h2 { "Declined, rejected and failed payments" }
        (chart::counts(reasons, "Reason", "Payments"))
        @if more { (cut_off("payments")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_begin_at_whole_multiples_and_the_last_one_is_now() {
        let now = Timestamp::parse("2026-01-15T12:03:04.5Z").expect("a time");
        for (window, last) in WINDOWS.iter().zip(["12:02", "12:00", "12:00"]) {
            let parts = parts(window, now);
            assert_eq!(parts.len(), window.2);
            assert_eq!(parts[parts.len() - 1].to_seconds(), format!("2026-01-15T{last}:00Z"));
            assert_eq!(parts[1].since(parts[0]), length(window));
        }
    }

    #[test]
    fn sums_are_by_name_with_the_largest_first() {
        let row = |country: &str, method: Option<&str>, made, paid| Made {
            part: 1,
            country: country.to_owned(),
            payment_method_type: method.map(str::to_owned),
            made,
            paid,
        };
        let made = [row("BR", Some("CARD"), 2, 1), row("BR", None, 3, 0), row("MX", Some("CARD"), 6, 2)];
        let named =
            |shares: Vec<Share>| shares.into_iter().map(|one| (one.name, one.all, one.part)).collect::<Vec<_>>();
        let by_country = named(shares(&made, |row| Some(&row.country)));
        assert_eq!(by_country, [("MX".to_owned(), 6, 2), ("BR".to_owned(), 5, 1)]);
        assert_eq!(named(shares(&made, |row| row.payment_method_type.as_deref())), [("CARD".to_owned(), 8, 3)]);
    }
}
