//! What a session of a checkout would offer, by the rule that decides it for sessions.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::SECTION;
use crate::availability::{Purchase, Situation, judge};
use crate::catalog::{CATALOG, PaymentMethod};
use crate::checkout::{MethodSettings, Settings};
use crate::db::checkouts;
use crate::error::ApiError;
use crate::state::AppState;
use crate::types::{Amount, CheckoutId, Country, Currency};
use crate::web::console::sign_in::Operator;
use crate::web::form::Form;
use crate::web::safe::origin;

/// The session that is thought of: field, name and what it is while nothing was said.
const FIELDS: [(&str, &str, &str); 3] =
    [("country", "Country", "BR"), ("currency", "Currency", "BRL"), ("amount", "Amount", "100")];

/// What a session would offer.
pub(super) struct Preview {
    offered: Vec<Offered>,
    /// The other types, and why each is not offered.
    others: Vec<(String, String)>,
    /// What is wrong with the session that is thought of.
    problems: Vec<String>,
    /// Origins of pictures that are not this server's.
    pub(super) pictures: BTreeSet<String>,
}

struct Offered {
    r#type: String,
    name: String,
    icon: String,
}

/// A field, or what it is while nothing was said.
fn said<'a>(query: &'a Form, field: &str) -> &'a str {
    let default = FIELDS.iter().find(|(known, ..)| *known == field).map_or("", |(.., default)| default);
    match query.ticked(field) {
        true => query.text(field),
        false => default,
    }
}

impl Preview {
    /// Judges what the checkout makes of a session; `None` when there is no such checkout.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) async fn of(
        app: &AppState,
        operator: &Operator,
        id: CheckoutId,
        query: &Form,
    ) -> Result<Option<Self>, ApiError> {
        let (organization, account) = (operator.organization(), operator.account);
        let found = checkouts::find(&mut *app.db.acquire().await?, organization, account, id).await?;
        let Some(row) = found else { return Ok(None) };
        let mut preview =
            Self { offered: Vec::new(), others: Vec::new(), problems: Vec::new(), pictures: BTreeSet::new() };
        let mut wrong = |field: &str, what: String| preview.problems.push(format!("{field}: {what}"));
        let country = Country::parse(&said(query, "country").to_uppercase());
        let country = country.map_err(|what| wrong("country", what));
        let currency = Currency::parse(&said(query, "currency").to_uppercase());
        let currency = currency.map_err(|what| wrong("currency", what));
        let amount = Amount::parse(said(query, "amount")).map_err(|what| wrong("amount", what));
        let (Ok(country), Ok(currency), Ok(amount)) = (country, currency, amount) else { return Ok(Some(preview)) };

        // Published or not: what it would do is what is asked.
        let settings = Settings {
            checkout_id: Some(id),
            is_default: row.is_default,
            methods: Settings::methods_of(&row.payment_methods.0),
        };
        let situation = Situation { country, purchase: Some(Purchase { currency, amount, metadata: None }) };
        let offers = app.accounts.offers(&app.db, &app.clock, organization, account).await?;
        for verdict in judge(&situation, offers.connections(), Some(&settings), &CATALOG) {
            match (verdict.offered(), verdict.method, verdict.decided_by()) {
                (true, Some(method), _) => preview.offer(method, settings.methods.get(&method.r#type)),
                (_, _, Some((connection, reason))) => {
                    let words = reason.words(verdict.r#type, &connection.provider_id, &situation);
                    preview.others.push((verdict.r#type.to_owned(), words));
                }
                _ => {}
            }
        }
        Ok(Some(preview))
    }

    fn offer(&mut self, method: &PaymentMethod, said: Option<&MethodSettings>) {
        let own_icon = said.and_then(MethodSettings::own_icon);
        if let Some(origin) = own_icon.and_then(origin) {
            self.pictures.insert(origin);
        }
        self.offered.push(Offered {
            r#type: method.r#type.clone(),
            name: said.and_then(MethodSettings::own_name).unwrap_or(&method.name).to_owned(),
            // By its path: this page may have been reached under another name of the server.
            icon: own_icon.map_or_else(|| format!("/icons/{}.svg", method.slug), str::to_owned),
        });
    }

    pub(super) fn drawn(&self, id: &str, query: &Form) -> Markup {
        html! {
            form.row method="get" action={ (SECTION) "/" (id) "#preview" } {
                @for (field, name, _) in FIELDS {
                    div {
                        label for=(field) { (name) }
                        input.short id=(field) name=(field) value=(said(query, field)) required autocomplete="off"
                            spellcheck="false";
                    }
                }
                button { "Show" }
            }
            @if !self.problems.is_empty() {
                ul.alert role="alert" { @for problem in &self.problems { li { (problem) } } }
            } @else {
                div #preview data-live {
                    div.phone {
                        p { "How would you like to pay?" }
                        ol aria-label="What a session offers" {
                            @for method in &self.offered {
                                li data-type=(method.r#type) {
                                    img src=(method.icon) alt="" width="48" height="32";
                                    span { (method.name) }
                                }
                            }
                        }
                        @if self.offered.is_empty() { p { "Nothing is offered." } }
                        @else { p.pay aria-hidden="true" { "Pay " (said(query, "currency").to_uppercase()) " " (said(query, "amount")) } }
                    }
                    h3 { "Not offered" }
                    @if self.others.is_empty() { p.hint { "Everything that a connection has is offered." } }
                    dl.reasons { @for (r#type, why) in &self.others { dt { (r#type) } dd { (why) } } }
                }
            }
        }
    }
}
