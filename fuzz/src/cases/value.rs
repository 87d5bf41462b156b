//! Values grown from the schemas of the document: of the right shape, with a share of wrong ones.

use chrono::{DateTime, TimeDelta};
use serde_json::{Map, Value, json};

use super::contract::document;
use super::entropy::Entropy;
use super::odd;
use super::world::Subject;

/// Grows values from schemas.
pub struct Grower<'a, 'b> {
    pub entropy: &'a mut Entropy<'b>,
    /// Things that exist, by the names of the fields that lead to them.
    pub subject: &'a Subject,
    /// One in so many values is wrong, one in so many objects lacks a field or has one too many; none when 0.
    pub wrong: usize,
}

/// What fields of these names are mostly: what leads further than any text.
const KNOWN: &[(&str, &[&str])] = &[
    ("country", &["BR", "CO", "MX", "US", "CL", "AR"]),
    ("currency", &["BRL", "COP", "MXN", "USD", "CLP", "ARS"]),
    (
        "number",
        &[
            "4507990000000002",
            "4507990000000010",
            "4999999999999999",
            "5200000000000007",
            "4000000000000002",
            "374245455400126",
            "11987654321",
        ],
    ),
    ("type", &["CARD", "PIX", "BOLETO", "OXXO", "PSE", "NEQUI", "GOOGLE_PAY", "CREDIT", "DEBIT"]),
    ("payment_method_type", &["CARD", "NEQUI", "PIX", "KLARNA"]),
    ("payment_methods", &["CARD", "PIX", "OXXO", "SPEI", "ACH"]),
    ("provider_id", &["YUNO_TEST_PAYMENT_GW", "DLOCAL", "ADYEN", "EBANX", "STRIPE"]),
    ("description", &["Running shoes", "DO_NOT_HONOR", "INSUFFICIENT_FUNDS", "SUCCEEDED", "ERROR"]),
    ("status", &["ACTIVE", "PAUSED", "PUBLISHED", "ARCHIVED"]),
    ("reason", &["REQUESTED_BY_CUSTOMER", "DUPLICATE", "FRAUDULENT"]),
    ("email", &["ana@example.com", "a+b@xn--exmple-cua.com"]),
    ("url", &["https://example.com/hook", "http://127.0.0.1:1/hook", "https://例え.jp/?a=%20#b"]),
    ("oauth2_authentication_url", &["https://example.com/token"]),
    ("oauth2_grant_type", &["client_credentials"]),
    ("callback_url", &["https://example.com/back", "myshop://done"]),
    ("return_url", &["https://example.com/done?a=b", "myshop://done"]),
    ("gender", &["F", "M", "MALE", "FEMALE", "NB"]),
    ("iin", &["450799", "52524400", "4507990"]),
    ("expiration_year", &["28", "2030"]),
    ("security_code", &["123", "1234"]),
    ("document_type", &["CPF", "CNPJ", "RFC"]),
    ("ip_address", &["192.0.2.1", "2001:db8::1"]),
    ("workflow", &["SDK_CHECKOUT", "DIRECT", "REDIRECT", "SDK_LITE"]),
];

/// Fields that only lead somewhere when they name what exists.
const REFERENCES: &[&str] = &["token", "vaulted_token", "customer_id", "session", "id", "parent_type", "plan_id"];

const LETTERS: &[char] = &[
    'a', 'b', 'Z', '0', '9', ' ', '-', '_', '.', '@', '\'', '"', '\\', '/', '<', '%', 'ã', 'ß', '漢', '😀', '\u{301}',
    '\u{200b}', '\u{1}', '\n',
];

impl Grower<'_, '_> {
    /// A value of the schema, for a field of that name.
    pub fn grow(&mut self, name: &str, schema: &Value, depth: usize) -> Value {
        if self.errs() {
            return odd::value(self.entropy, depth);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let pointed = reference.strip_prefix('#').and_then(|pointer| document().pointer(pointer));
            return self.grow(name, pointed.unwrap_or(&Value::Null), depth + 1);
        }
        if let Some(forms) = schema["oneOf"].as_array() {
            let form = match self.entropy.one_in(8) || depth > 12 {
                true => &forms[0],
                false => forms.last().unwrap_or(&Value::Null),
            };
            let form = if forms.len() > 2 { self.entropy.of(forms) } else { form };
            return self.grow(name, form, depth + 1);
        }
        if let Some(known) = self.known(name, schema) {
            return known;
        }
        if let Some(values) = schema["enum"].as_array() {
            return self.entropy.of(values).clone();
        }
        match self.kind(schema) {
            "object" => Value::Object(self.object(schema, depth)),
            "array" => {
                let items = (0..self.entropy.below(4)).map(|_| self.grow(name, &schema["items"], depth + 1));
                Value::Array(items.collect())
            }
            "string" => json!(self.text(schema)),
            "integer" => self.integer(schema),
            "number" => self.decimal(),
            "boolean" => json!(self.entropy.one_in(2)),
            "null" => Value::Null,
            _ => odd::value(self.entropy, depth),
        }
    }

    fn errs(&mut self) -> bool {
        self.wrong > 0 && self.entropy.one_in(self.wrong)
    }

    /// One of the schema's types; rarely null.
    fn kind<'s>(&mut self, schema: &'s Value) -> &'s str {
        match &schema["type"] {
            Value::String(kind) => kind,
            Value::Array(kinds) => {
                let real: Vec<_> = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null").collect();
                match real.len() < kinds.len() && self.entropy.one_in(12) {
                    true => "null",
                    false => real[self.entropy.below(real.len())],
                }
            }
            _ if schema.get("properties").is_some() => "object",
            _ => "",
        }
    }

    fn known(&mut self, name: &str, schema: &Value) -> Option<Value> {
        let is_text =
            schema["type"] == "string" || schema["type"].as_array().is_some_and(|all| all.contains(&json!("string")));
        if !is_text || self.entropy.one_in(12) {
            return None;
        }
        if let Some(known) = self.subject.get(name) {
            return Some(json!(known));
        }
        let (_, choices) = KNOWN.iter().find(|(known, _)| *known == name)?;
        let choice = json!(self.entropy.of(choices));
        let allowed = schema["enum"].as_array().is_none_or(|values| values.contains(&choice));
        allowed.then_some(choice)
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        let mut object = Map::new();
        let required = |name: &str| schema["required"].as_array().is_some_and(|names| names.contains(&json!(name)));
        for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
            let there = match required(name) {
                true => !self.errs(),
                false if REFERENCES.contains(&name.as_str()) && !self.subject.contains_key(name.as_str()) => {
                    self.entropy.one_in(16)
                }
                false => depth < 14 && self.entropy.one_in(3),
            };
            if there {
                let value = self.grow(name, inner, depth + 1);
                object.insert(name.clone(), value);
            }
        }
        if schema["additionalProperties"].is_object() {
            for at in 0..self.entropy.below(4) {
                let value = self.grow("", &schema["additionalProperties"], depth + 1);
                object.insert(format!("key-{at}"), value);
            }
        } else if schema.get("properties").is_none() {
            for at in 0..self.entropy.below(3) {
                let kinds = json!([{"type": "string"}, {"type": "integer"}, {"type": "object"}, {"type": "boolean"}]);
                let inner = self.entropy.below(4);
                let value = if depth > 6 { json!(at) } else { self.grow("", &kinds[inner], depth + 1) };
                object.insert(format!("key_{at}"), value);
            }
        }
        if self.errs() {
            object.extend(odd::fields(self.entropy, depth));
        }
        object
    }

    fn text(&mut self, schema: &Value) -> String {
        let time = |entropy: &mut Entropy<'_>| {
            let seconds = i64::try_from(entropy.number() % 4_000_000_000).unwrap_or_default();
            DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
        };
        match schema["format"].as_str() {
            Some("uuid") => {
                let number = (u128::from(self.entropy.number()) << 64) | u128::from(self.entropy.number());
                return uuid::Uuid::from_u128(number).to_string();
            }
            Some("date") => return time(self.entropy).format("%Y-%m-%d").to_string(),
            Some("date-time") => return time(self.entropy).format("%Y-%m-%dT%H:%M:%S%.3fZ").to_string(),
            _ => {}
        }
        let (range, least, most): (&[char], usize, usize) = match schema["pattern"].as_str() {
            Some("^[A-Z]{2}$") => (&LETTERS[2..3], 2, 2),
            Some("^[A-Z]{3}$") => (&LETTERS[2..3], 3, 3),
            Some("^[0-9]{3,4}$") => (&LETTERS[3..5], 3, 4),
            Some("^[0-9]{6,8}$") => (&LETTERS[3..5], 6, 8),
            Some("^[0-9]{8,19}$") => (&LETTERS[3..5], 8, 19),
            _ => {
                let bound = |name: &str| schema[name].as_u64().and_then(|bound| usize::try_from(bound).ok());
                (LETTERS, bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(64))
            }
        };
        let usual = most.min(least + 12);
        let length = match self.entropy.below(16) {
            14 => least,
            15 => most.min(4_096),
            _ => least + self.entropy.below(usual - least + 1),
        };
        let plain = self.entropy.below(4) != 0;
        let letters = if plain && range.len() > 5 { &range[..5] } else { range };
        (0..length).map(|_| *self.entropy.of(letters)).collect()
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let least = schema["minimum"].as_i64().unwrap_or(0);
        let most = schema["maximum"].as_i64().unwrap_or(i64::from(i32::MAX)).max(least);
        let span = usize::try_from(most - least).unwrap_or(0).saturating_add(1);
        json!(least + i64::try_from(self.entropy.below(span)).unwrap_or(0))
    }

    fn decimal(&mut self) -> Value {
        let whole = *self.entropy.of(&[100_usize, 1, 0, 50, 12, 999_999_999_999_999]);
        let places = self.entropy.below(5);
        let part: String = (0..places).map(|_| *self.entropy.of(&['0', '5', '9'])).collect();
        let text = if part.is_empty() { whole.to_string() } else { format!("{whole}.{part}") };
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }
}
