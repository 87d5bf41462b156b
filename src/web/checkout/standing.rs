//! How the payment of a session stands: what the customer still has to do, or what became of it.

use maud::{Markup, PreEscaped, html};
use qrcode::QrCode;
use qrcode::render::svg;

use super::Drawn;
use super::info::Payment;
use crate::types::PaymentStatus as S;

impl Drawn<'_> {
    /// What became of a payment, or what is left to do.
    pub(super) fn standing(&self, payment: &Payment) -> Markup {
        let texts = self.texts;
        if payment.is_open() {
            return self.open(payment);
        }
        let (class, mark, title, more) = match payment.status {
            S::Succeeded | S::Pending | S::InDispute => ("good", "✓", texts.approved, Some(texts.approved_more)),
            S::Declined | S::Rejected => ("bad", "✕", texts.declined, Some(texts.declined_more)),
            // Whether something was charged, nobody knows of the first.
            S::Error => ("bad", "✕", texts.went_wrong, None),
            S::Refunded => ("good", "↺", texts.refunded, None),
            S::Created | S::Expired | S::Canceled | S::Chargeback => ("bad", "•", texts.ended, None),
        };
        html! {
            section.result.(class) aria-labelledby="result" {
                p.mark aria-hidden="true" { (mark) }
                h2 #result { (title) }
                @if let Some(more) = more { p { (more) } }
                @if self.info.return_url.is_some() {
                    p #back-soon .hint hidden {
                        (texts.back_soon) " " button #stay type="button" { (texts.stay) }
                    }
                }
                (self.way_back())
            }
        }
    }

    fn open(&self, payment: &Payment) -> Markup {
        let texts = self.texts;
        let detail = |name: &str| payment.detail(name);
        let text = |name: &str| detail(name).map(str::to_owned);
        let facts: Vec<(&str, String)> = [
            (texts.bank, text("bank_name")),
            (texts.beneficiary, text("beneficiary_name")),
            (texts.account, text("bank_account")),
            (texts.reference, text("reference")),
            (texts.number, text("provider_number")),
            (texts.barcode, text("provider_barcode")),
            (texts.pay_until, detail("expires_at").map(for_people)),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect();
        let of_card = payment.payment_method_detail.is_none();
        html! {
            section #waiting aria-labelledby="result" {
                h2 #result { (texts.waiting) }
                @if let Some(code) = detail("qr_code") {
                    p { (texts.scan) }
                    (qr_code(code))
                    label for="code" { (texts.code) }
                    div.copy {
                        input #code readonly value=(code);
                        button type="button" data-copy="code" data-copied=(texts.copied) { (texts.copy) }
                    }
                }
                @if !facts.is_empty() {
                    dl { @for (name, value) in &facts { dt { (name) } dd { (value) } } }
                }
                @if let Some(address) = &payment.redirect_url {
                    p {
                        a.button.primary href=(self.look.local(address)) {
                            (if of_card { texts.authenticate } else { texts.go_on })
                        }
                    }
                }
                p.hint role="status" { (texts.waiting_more) }
            }
        }
    }
}

/// A time as far as a customer cares: `2026-01-15 12:00 UTC`.
fn for_people(time: &str) -> String {
    format!("{} UTC", time.get(..16).unwrap_or(time).replace('T', " "))
}

/// A picture of a code. What is too long for one is told as text alone.
fn qr_code(text: &str) -> Markup {
    let Ok(code) = QrCode::new(text) else { return html! {} };
    let picture = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
    let start = picture.find("<svg").unwrap_or_default();
    html! { div.qr role="img" aria-label="QR" { (PreEscaped(&picture[start..])) } }
}
