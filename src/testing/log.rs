//! The last requests of each organization with their answers, in memory, without card data and secrets.

use std::collections::{HashMap, VecDeque};

use serde_json::Value;
use url::form_urlencoded;

use crate::types::{OrganizationId, Timestamp};

/// How many are kept of an organization.
pub const MOST: usize = 100;

/// The largest text of a body that is kept whole, in bytes.
const BODY_BYTES: usize = 16 * 1024;

/// The memory that all organizations' entries take at most, in bytes, as they were counted.
const ALL_BYTES: usize = 64 * 1024 * 1024;

/// What an entry takes besides its texts, in bytes.
const ENTRY_BYTES: usize = 512;

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When it came, by its organization's time.
    pub at: Timestamp,
    /// Its method.
    pub method: String,
    /// Its path with the query, as it was sent.
    pub path: String,
    /// The template of the path.
    pub route: String,
    /// Headers that say something: none with a secret.
    pub headers: Vec<(String, String)>,
    /// Whether the secret key came with it.
    pub with_secret: bool,
    /// Its body; `null` without one.
    pub body: Value,
    /// What was answered.
    pub status: u16,
    /// The answer's body; `null` without one.
    pub answer: Value,
    /// How long that took, in milliseconds.
    pub milliseconds: f64,
    /// The fault that a test had asked for.
    pub fault: Option<&'static str>,
}

/// The entries of all organizations.
#[derive(Default)]
pub struct Log {
    of: HashMap<OrganizationId, VecDeque<Kept>>,
    /// All entries in the order in which they came, those too that are gone already.
    order: VecDeque<(OrganizationId, u64)>,
    next: u64,
    bytes: usize,
}

struct Kept {
    number: u64,
    bytes: usize,
    entry: Entry,
}

impl Log {
    /// Adds an entry; the oldest of the organization goes when it has as many as are kept, and the oldest of all when
    /// they take too much memory.
    pub fn add(&mut self, organization: OrganizationId, entry: Entry) {
        let bytes = size(&entry);
        let number = self.next;
        self.next += 1;
        let own = self.of.entry(organization).or_default();
        if own.len() >= MOST
            && let Some(oldest) = own.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
        own.push_back(Kept { number, bytes, entry });
        self.bytes += bytes;
        self.order.push_back((organization, number));
        while self.bytes > ALL_BYTES || self.order.len() > ALL_BYTES / ENTRY_BYTES {
            let Some((organization, number)) = self.order.pop_front() else { break };
            self.drop_one(organization, number);
        }
    }

    /// The newest entries of an organization, at most `limit`, oldest first.
    #[must_use]
    pub fn list(&self, organization: OrganizationId, limit: usize) -> Vec<Entry> {
        let own = self.of.get(&organization).into_iter().flatten();
        let own: Vec<_> = own.collect();
        own[own.len().saturating_sub(limit)..].iter().map(|kept| kept.entry.clone()).collect()
    }

    /// Organizations that have entries.
    pub fn organizations(&self) -> impl Iterator<Item = OrganizationId> {
        self.of.keys().copied()
    }

    /// Drops the entries of an organization.
    pub fn clear(&mut self, organization: OrganizationId) {
        let gone = self.of.remove(&organization).unwrap_or_default();
        self.bytes -= gone.iter().map(|kept| kept.bytes).sum::<usize>();
    }

    fn drop_one(&mut self, organization: OrganizationId, number: u64) {
        let Some(own) = self.of.get_mut(&organization) else { return };
        if own.front().is_some_and(|oldest| oldest.number == number)
            && let Some(oldest) = own.pop_front()
        {
            self.bytes -= oldest.bytes;
        }
        if own.is_empty() {
            self.of.remove(&organization);
        }
    }
}

/// What an entry takes, roughly: a value takes more than its text, and not more than some times as much.
fn size(entry: &Entry) -> usize {
    let headers: usize = entry.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    let bodies = entry.body.to_string().len() + entry.answer.to_string().len();
    ENTRY_BYTES + entry.path.len() + entry.route.len() + headers + 4 * bodies
}

/// Fields whose value is not kept, wherever they stand: secrets, and what proves that a card is there.
const SECRET: [&str; 15] = [
    "security_code",
    "cvv",
    "cryptogram",
    "otp",
    "password",
    "secret",
    "api_key",
    "private_secret_key",
    "hmac_client_secret",
    "oauth2_client_secret",
    "client_secret",
    "access_token",
    "payment_token",
    "payment_method_token",
    "provider_token",
];

/// What stands between the groups of a card's number.
const SEPARATORS: [char; 2] = [' ', '-'];

/// The digits of the shortest and of the longest number of a card.
const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// What stands in the place of what is not kept.
pub const REMOVED: &str = "[removed]";

/// A body as it is kept: as JSON without card data and secrets, and only its beginning when it is long.
#[must_use]
pub fn kept_body(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let Ok(mut body) = serde_json::from_slice::<Value>(bytes) else {
        // What cannot be read may hold anything.
        return Value::String(format!("[{} bytes that are no JSON]", bytes.len()));
    };
    redact(&mut body, "");
    let text = body.to_string();
    match text.len() > BODY_BYTES {
        true => Value::String(format!("{}…", &text[..text.floor_char_boundary(BODY_BYTES)])),
        false => body,
    }
}

/// A text without the numbers of cards, also where it is written as in an address.
#[must_use]
pub fn kept_text(text: &str) -> String {
    let mut parts = form_urlencoded::parse(text.as_bytes());
    let in_address = parts.any(|(name, value)| has_card_number(&name) || has_card_number(&value));
    match in_address || has_card_number(text) {
        true => REMOVED.to_owned(),
        false => text.to_owned(),
    }
}

fn redact(value: &mut Value, within: &str) {
    match value {
        Value::Object(object) => {
            // Of a connection's parameters only the provider knows which are secrets.
            if object.contains_key("param_id")
                && let Some(value) = object.get_mut("value").filter(|value| !value.is_null())
            {
                *value = Value::String(REMOVED.to_owned());
            }
            for (name, inner) in object {
                let is_number_of_card = name == "number" && !["phone", "document"].contains(&within);
                let secret = is_number_of_card || SECRET.contains(&name.as_str());
                match secret && !inner.is_null() && !inner.is_object() && !inner.is_array() {
                    true => *inner = Value::String(REMOVED.to_owned()),
                    false => redact(inner, name),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, within)),
        Value::String(text) if has_card_number(text) => *text = REMOVED.to_owned(),
        Value::Number(number) if has_card_number(&number.to_string()) => *value = Value::String(REMOVED.to_owned()),
        _ => {}
    }
}

/// Whether a text has what can be a card's number: 13 to 19 digits whose check digit is right, in a row or in groups with
/// spaces and hyphens between them. A UUID's groups are too short, or have letters in them.
fn has_card_number(text: &str) -> bool {
    for run in text.split(|c: char| !c.is_ascii_digit() && !SEPARATORS.contains(&c)) {
        let groups: Vec<&str> = run.split(SEPARATORS).filter(|group| !group.is_empty()).collect();
        // Other digits may stand beside it: each number that begins with a group is looked at.
        for first in 0..groups.len() {
            let mut digits: Vec<u32> = Vec::new();
            for group in &groups[first..] {
                digits.extend(group.bytes().map(|digit| u32::from(digit - b'0')).take(LONGEST + 1));
                if digits.len() > LONGEST {
                    break;
                }
                if digits.len() >= SHORTEST && is_checked(&digits) {
                    return true;
                }
            }
        }
    }
    false
}

/// Whether the last digit is the one that the others lead to (ISO/IEC 7812).
fn is_checked(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ => digit * 2 / 10 + digit * 2 % 10,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entry(text: &str) -> Entry {
        Entry {
            at: Timestamp::parse("2026-01-15T12:00:00Z").expect("a time"),
            method: "GET".to_owned(),
            path: text.to_owned(),
            route: String::new(),
            headers: Vec::new(),
            with_secret: true,
            body: Value::String("x".repeat(BODY_BYTES)),
            status: 200,
            answer: Value::Null,
            milliseconds: 1.0,
            fault: None,
        }
    }

    #[test]
    fn card_data_and_secrets_are_removed_wherever_they_stand() {
        let body = json!({
            "card_data": {"number": "4507990000000002", "security_code": "123", "holder_name": "Ana", "expiration_year": 28},
            "note": "paid with 4111 1111 1111 1111, thanks",
            "with_more": ["4111 1111 1111 1111 12/28", "order 12 4111-1111-1111-1111 123"],
            "params": [{"param_id": "API_KEY", "value": "sk_live"}, {"param_id": "MODES", "value": ["sk_list"]}],
            "as_number": 4111111111111111_u64,
            "phone": {"number": "11987654321"},
            "list": [{"api_key": "k", "hmac_client_secret": null}],
            "payment_id": "01980f2e-7a6b-7c4d-8e5f-0123456789ab",
        });
        let kept = kept_body(body.to_string().as_bytes());
        let text = kept.to_string();
        for gone in ["4507990000000002", "4111 1111", "4111-1111", "\"123\"", "\"k\"", "sk_live", "sk_list"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
        assert_eq!(kept["phone"]["number"], "11987654321");
        assert_eq!((&kept["card_data"]["holder_name"], &kept["payment_id"]), (&json!("Ana"), &body["payment_id"]));
        assert_eq!(kept["list"][0], json!({"api_key": REMOVED, "hmac_client_secret": null}));
        assert_eq!(kept_body(b"4507990000000002 no json"), "[24 bytes that are no JSON]");
        for path in ["4111111111111111", "4111%201111%201111%201111", "4111+1111+1111+1111"] {
            assert_eq!(kept_text(&format!("/v1/x?card={path}&limit=5")), REMOVED);
        }
        assert_eq!(kept_text("/v1/x?after=4111111111111112"), "/v1/x?after=4111111111111112");
        assert_eq!(kept_body(b""), Value::Null);
    }

    #[test]
    fn a_long_body_is_cut_and_the_memory_is_bounded() {
        let long = json!({"text": "ã".repeat(BODY_BYTES)}).to_string();
        assert!(kept_body(long.as_bytes()).as_str().is_some_and(|text| text.len() < BODY_BYTES + 10));
        let mut log = Log::default();
        for organization in 0..50 {
            for number in 0..MOST + 1 {
                log.add(OrganizationId::fixed(organization), entry(&number.to_string()));
            }
        }
        assert!(log.bytes <= ALL_BYTES, "{}", log.bytes);
        let counted: usize = log.of.values().flatten().map(|kept| kept.bytes).sum();
        assert_eq!(counted, log.bytes);
        let last = log.list(OrganizationId::fixed(49), MOST);
        assert_eq!((last.len(), last[0].path.as_str(), last[MOST - 1].path.as_str()), (MOST, "1", "100"));
        assert_eq!(log.list(OrganizationId::fixed(49), 1)[0].path, "100");
        assert!(log.list(OrganizationId::fixed(0), MOST).is_empty(), "the oldest go first");
        log.clear(OrganizationId::fixed(49));
        assert!(log.list(OrganizationId::fixed(49), MOST).is_empty());
        log.add(OrganizationId::fixed(49), entry("new"));
        assert_eq!(log.list(OrganizationId::fixed(49), MOST).len(), 1);
    }
}
