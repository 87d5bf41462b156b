//! `/simulator/{organization_id}/{page_id}`: the pages of the simulated provider, where a person or a test decides
//! what a customer would: pay or not, authenticate or not, enroll or not. A page's id is its key.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{Markup, html};
use serde_json::json;
use url::form_urlencoded;

use crate::api::settlement::run_out;
use crate::api::waiting::{end_enrollment, end_payment};
use crate::db::{Connection, payment_methods, payments};
use crate::error::ApiError;
use crate::gateway::{Answer, ResponseCode, challenged};
use crate::input::PathParameters;
use crate::lifecycle::State as PaymentState;
use crate::state::AppState;
use crate::types::{EnrollmentStatus, Link, OrganizationId, PageId, PaymentSubStatus, Timestamp, TransactionStatus};
use crate::web::page::Page;

/// The pages.
pub fn routes() -> Router<AppState> {
    Router::new().route("/simulator/{organization_id}/{page_id}", get(show).post(decide))
}

/// Where a page is.
#[derive(Clone, Copy)]
struct Address {
    organization: OrganizationId,
    page: PageId,
}

impl Address {
    fn parse(organization: &str, page: &str) -> Option<Self> {
        Some(Self { organization: OrganizationId::parse(organization).ok()?, page: PageId::parse(page).ok()? })
    }
}

/// What a page is for.
enum Subject {
    Payment(Box<payments::Row>),
    Enrollment(Box<payment_methods::Row>),
}

/// What a page asks.
enum Asks {
    /// To pay, or to enroll: yes or no.
    Agreement,
    /// For the one-time password of an authentication.
    Password,
    /// Nothing any more.
    Nothing,
}

async fn show(
    State(app): State<AppState>,
    PathParameters(organization, page_id): PathParameters,
) -> Result<Response, ApiError> {
    let Some(address) = Address::parse(&organization, &page_id) else { return Ok(no_page()) };
    let now = app.clock.now(address.organization);
    let mut database = app.db.begin().await?;
    let Some(subject) = find(&app, &mut database, address, now).await? else { return Ok(no_page()) };
    // What ran out on the way has run out for everybody.
    database.commit().await?;
    app.webhooks.wake(address.organization);
    Ok(page(StatusCode::OK, &subject.draw(now, None)))
}

async fn decide(
    State(app): State<AppState>,
    PathParameters(organization, page_id): PathParameters,
    form: Bytes,
) -> Result<Response, ApiError> {
    let Some(address) = Address::parse(&organization, &page_id) else { return Ok(no_page()) };
    let tenant = address.organization;
    let now = app.clock.now(tenant);
    let field = |name: &str| {
        form_urlencoded::parse(&form)
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let agreed = match field("decision").as_str() {
        "approve" => Some(true),
        "decline" => Some(false),
        _ => None,
    };
    let mut database = app.db.begin().await?;
    let Some(subject) = find(&app, &mut database, address, now).await? else { return Ok(no_page()) };
    let decided = match (subject.asks(now), agreed) {
        (Asks::Nothing, _) => true,
        (Asks::Password, _) => match challenged(&field("otp")) {
            Some(answer) => subject.settle(&app, &mut database, tenant, answer, now).await.map(|()| true)?,
            None => false,
        },
        (Asks::Agreement, Some(agreed)) => {
            let response = match agreed {
                true => ResponseCode::succeeded(),
                false => ResponseCode::of(TransactionStatus::Declined, "DECLINED_BY_PROVIDER"),
            };
            subject.settle(&app, &mut database, tenant, Answer::plain(response), now).await.map(|()| true)?
        }
        (Asks::Agreement, None) => false,
    };
    if !decided {
        let what = Some("Choose one of the answers below.");
        return Ok(page(StatusCode::BAD_REQUEST, &subject.draw(now, what)));
    }
    let Some(subject) = find(&app, &mut database, address, now).await? else { return Ok(no_page()) };
    database.commit().await?;
    app.webhooks.wake(tenant);
    Ok(match subject.return_address() {
        Some(address) => (StatusCode::SEE_OTHER, [(LOCATION, address)]).into_response(),
        None => page(StatusCode::OK, &subject.draw(now, None)),
    })
}

/// Finds what a page is for. What has run out is recorded so.
async fn find(
    app: &AppState,
    connection: &mut Connection,
    Address { organization, page }: Address,
    now: Timestamp,
) -> Result<Option<Subject>, ApiError> {
    if let Some(payment) = payments::lock_by_page(connection, organization, page).await? {
        let id = payment.payment_id;
        if payment.due_at.is_none_or(|due_at| due_at > now) {
            return Ok(Some(Subject::Payment(Box::new(payment))));
        }
        run_out(app, connection, organization, payment, now).await?;
        let payment = payments::find(connection, organization, id).await?;
        return Ok(payment.map(|payment| Subject::Payment(Box::new(payment))));
    }
    let method = payment_methods::lock_by_page(connection, organization, page).await?;
    Ok(method.map(|method| Subject::Enrollment(Box::new(method))))
}

impl Subject {
    fn asks(&self, now: Timestamp) -> Asks {
        match self {
            Self::Payment(payment) => {
                let open = PaymentState::new(payment.status, payment.sub_status).is_undecided();
                match (open && payment.in_flight.is_none(), payment.sub_status) {
                    (true, PaymentSubStatus::WaitingAdditionalStep) => Asks::Password,
                    (true, _) => Asks::Agreement,
                    (false, _) => Asks::Nothing,
                }
            }
            Self::Enrollment(method) if method.status(now) == EnrollmentStatus::ReadyToEnroll => Asks::Agreement,
            Self::Enrollment(_) => Asks::Nothing,
        }
    }

    async fn settle(
        &self,
        app: &AppState,
        connection: &mut Connection,
        organization: OrganizationId,
        answer: Answer,
        now: Timestamp,
    ) -> Result<(), ApiError> {
        match self {
            Self::Payment(payment) => {
                end_payment(app, connection, organization, (**payment).clone(), &answer, now).await?;
            }
            Self::Enrollment(method) => {
                let status = match answer.response.status {
                    TransactionStatus::Succeeded => EnrollmentStatus::Enrolled,
                    _ => EnrollmentStatus::Declined,
                };
                end_enrollment(connection, organization, (**method).clone(), status, now).await?;
            }
        }
        Ok(())
    }

    /// Where the customer goes when done: the merchant's address, with the session's id appended.
    fn return_address(&self) -> Option<String> {
        let payment = match self {
            Self::Payment(payment) => payment,
            Self::Enrollment(method) => return method.return_address(),
        };
        let address = payment.return_url.as_deref().or(payment.callback_url.as_deref())?;
        let session = payment.checkout_session_id.map(|session| ("checkoutSession", session.to_string()));
        Link::from_loose(address).ok()?.for_return(session)
    }

    /// The page's inside.
    fn draw(&self, now: Timestamp, warning: Option<&str>) -> Markup {
        let (title, facts) = match self {
            Self::Payment(payment) => {
                let amount = format!("{} {}", payment.currency.as_str(), json!(payment.amount));
                let state = format!("{} / {}", payment.status.as_str(), payment.sub_status.as_str());
                let facts = vec![
                    ("For", payment.description.clone()),
                    ("Order", payment.merchant_order_id.clone()),
                    ("State", state),
                ];
                (format!("{amount} by {}", payment.payment_method_type), facts)
            }
            Self::Enrollment(method) => {
                let facts = vec![("State", method.status(now).as_str().to_owned())];
                (format!("Enroll {}", method.payment_method_type), facts)
            }
        };
        html! {
            h1 { (title) }
            dl { @for (name, value) in &facts { dt { (name) } dd { (value) } } }
            @if let Some(warning) = warning { p.alert role="alert" { (warning) } }
            @match self.asks(now) {
                Asks::Agreement => {
                    form.actions method="post" {
                        button.primary name="decision" value="approve" { "Approve" }
                        button name="decision" value="decline" { "Decline" }
                    }
                }
                Asks::Password => {
                    form method="post" {
                        label for="otp" { "One-time password" }
                        input #otp name="otp" inputmode="numeric" autocomplete="one-time-code" required
                            aria-describedby="passwords";
                        button.primary { "Confirm" }
                    }
                    p #passwords .hint { "1234 authenticates, 4444 is an attempt; 1111, 2222 and 3333 fail." }
                }
                Asks::Nothing => p { "There is nothing to decide here any more." },
            }
        }
    }
}

fn no_page() -> Response {
    page(StatusCode::NOT_FOUND, &html! { h1 { "There is no such page" } })
}

/// A whole page. Its form leads on to the merchant, wherever that is.
fn page(status: StatusCode, inside: &Markup) -> Response {
    let body = html! {
        main.narrow {
            p.hint { "Simulated provider of yuno-sessions: no money moves." }
            (inside)
        }
    };
    Page { status, leads_on: true, ..Page::new("Simulated provider", "simulator", body) }.into_response()
}
