//! How the console draws what the API answers: texts, numbers, times, states, JSON, tables.

use maud::{Markup, html};
use serde_json::Value;

use crate::types::Timestamp;

/// A text; empty where there is none.
pub fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A number as it was answered.
pub fn number(value: &Value) -> String {
    value.as_number().map(ToString::to_string).unwrap_or_default()
}

/// An object with a currency and a value.
pub fn amount(amount: &Value) -> Markup {
    html! { (text(&amount["currency"])) " " (number(&amount["value"])) }
}

/// A time as it was answered.
pub fn time(value: &Value) -> Option<Timestamp> {
    Timestamp::parse(text(value)).ok()
}

/// A time, to the second and in UTC.
pub fn when(time: Timestamp) -> Markup {
    let written = time.to_seconds();
    html! { time datetime=(written) { (written.replace('T', " ").replace('Z', " UTC")) } }
}

/// A time as it was answered, to the second and in UTC; nothing where there is none.
pub fn moment(value: &Value) -> Markup {
    html! { @if let Some(time) = time(value) { (when(time)) } }
}

/// A state, in a colour that says whether it is good. The colour says nothing that the word does not.
pub fn badge(state: &str) -> Markup {
    let class = match state {
        "SUCCEEDED" | "COMPLETED" | "DELIVERED" | "WON" | "ACTIVE" | "PUBLISHED" => "badge good",
        "DECLINED" | "REJECTED" | "ERROR" | "FAILED" | "LOST" | "CHARGEBACK" => "badge bad",
        "PENDING" | "CREATED" | "IN_DISPUTE" => "badge warn",
        _ => "badge",
    };
    html! { span class=(class) { (state) } }
}

/// JSON as people read it.
pub fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        _ => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

/// JSON as a part of a page.
pub fn json(value: &Value) -> Markup {
    html! { pre tabindex="0" { (pretty(value)) } }
}

/// A table that a narrow screen can move.
pub fn table(label: &str, columns: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(label) {
            table {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { (rows) }
            }
        }
    }
}
