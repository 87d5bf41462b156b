//! The choice of a method, and the card's form. Without names: nothing of a card can become part of an address or of a
//! form that a browser sends by itself.

use maud::{Markup, html};

use super::Drawn;
use super::info::Method;

impl Drawn<'_> {
    /// What the customer chooses and fills in.
    pub(super) fn form(&self, methods: &[Method]) -> Markup {
        let texts = self.texts;
        if methods.is_empty() {
            return html! { p.alert role="alert" { (texts.no_methods) } (self.way_back()) };
        }
        let button = match self.info.workflow.is_open() {
            true => format!("{} {}", texts.pay, self.writing.write(self.info.amount.value)),
            false => texts.make_token.to_owned(),
        };
        html! {
            noscript { p.alert { (texts.needs_script) } }
            form #payment method="post" novalidate data-paid-here[self.info.workflow.is_open()] {
                fieldset.methods {
                    legend { (texts.how_to_pay) }
                    @let first_card = methods.iter().position(Method::is_new_card);
                    @for (place, method) in methods.iter().enumerate() {
                        (self.method(place, method, methods.len() == 1, first_card == Some(place)))
                    }
                }
                p #problem .alert role="alert" hidden data-choose=(texts.choose) data-failed=(texts.failed) {}
                // Until the script is there, it would send the browser to an address that takes no form.
                button #pay .primary disabled data-working=(texts.working) { (button) }
            }
            section #for-backend hidden aria-live="polite" {
                h2 { (texts.for_backend) }
                p { (texts.for_backend_more) }
                pre tabindex="0" { code {} }
            }
        }
    }

    /// A method to choose. There is one form for a card, below the first method that has one; the script moves it below
    /// the one that is chosen.
    fn method(&self, place: usize, method: &Method, only: bool, with_card: bool) -> Markup {
        let id = format!("method-{place}");
        let new_card = method.is_new_card();
        html! {
            div.method {
                input id=(id) type="radio" name="method" value=(method.r#type) checked[only]
                    data-vaulted-token=[method.vaulted_token.as_deref()] data-card[new_card];
                label for=(id) {
                    img src=(self.look.local(&method.icon)) alt="" width="48" height="32";
                    span {
                        @match &method.card_data {
                            Some(card) if method.vaulted_token.is_some() => {
                                (card.brand) " " span.hidden { (self.texts.ending_in) " " } "•••• " (card.lfd)
                            }
                            // The only name of the catalog that is a word and no brand.
                            _ if new_card && method.name == "Card" => (self.texts.card),
                            _ => (method.name),
                        }
                        @if method.description != method.name { small { (method.description) } }
                    }
                }
                @if with_card { (self.card()) }
            }
        }
    }

    fn card(&self) -> Markup {
        let texts = self.texts;
        html! {
            div.card {
                div.field {
                    label for="number" { (texts.card_number) }
                    div.with-brand {
                        input #number inputmode="numeric" autocomplete="cc-number" maxlength="23" required
                            aria-describedby="number-wrong" placeholder="1234 1234 1234 1234";
                        span #brand aria-live="polite" {}
                    }
                    p #number-wrong .wrong data-wrong=(texts.number_wrong) data-unusual=(texts.number_unusual) {}
                }
                div.two {
                    div.field {
                        label for="expiry" { (texts.expiry) }
                        input #expiry inputmode="numeric" autocomplete="cc-exp" maxlength="7" required
                            aria-describedby="expiry-wrong" placeholder="11/28";
                        p #expiry-wrong .wrong data-wrong=(texts.expiry_wrong) data-past=(texts.expiry_past) {}
                    }
                    div.field {
                        label for="security-code" { (texts.security_code) }
                        input #security-code inputmode="numeric" autocomplete="cc-csc" maxlength="4" required
                            aria-describedby="security-code-wrong" placeholder="123";
                        p #security-code-wrong .wrong data-wrong=(texts.code_wrong) {}
                    }
                }
                div.field {
                    label for="holder" { (texts.holder) }
                    input #holder autocomplete="cc-name" maxlength="255" required aria-describedby="holder-wrong";
                    p #holder-wrong .wrong data-wrong=(texts.holder_wrong) {}
                }
                div #installments-field .field hidden {
                    label for="installments" { (texts.installments) }
                    select #installments data-once=(texts.pay_at_once) {}
                }
                @if self.info.can_enroll {
                    div.choice {
                        input #save type="checkbox";
                        label for="save" { (texts.save_card) }
                    }
                }
            }
        }
    }
}
