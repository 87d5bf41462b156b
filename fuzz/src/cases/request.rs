//! Requests grown from the operations of the document.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use serde_json::{Map, Value, json};
use yuno_sessions::demo;

use super::contract::{document, fill};
use super::entropy::Entropy;
use super::odd;
use super::value::Grower;
use super::world::Subject;

/// An id of nothing.
const NOBODY: &str = "00000000-0000-4000-8000-00000000abcd";

/// A request, in parts that can be shown.
pub struct Sent {
    pub method: Method,
    pub path: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<Vec<u8>>,
}

/// An operation of the document: its verb, its path and what it says.
pub fn operation(id: &str) -> Option<(&'static str, &'static str, &'static Value)> {
    let paths = document()["paths"].as_object()?;
    paths.iter().find_map(|(path, item)| {
        let (verb, operation) = item.as_object()?.iter().find(|(_, operation)| operation["operationId"] == id)?;
        Some((verb.as_str(), path.as_str(), operation))
    })
}

impl Sent {
    /// A request to an operation, or a page, with these bytes as its body, if it reads one.
    pub fn plain(id: &str, subject: &Subject, bytes: Vec<u8>) -> Self {
        let Some((verb, template, operation)) = operation(id) else {
            let mut sent = Self::grow_page(id, subject, &mut Entropy::new(&[]));
            sent.body = sent.body.map(|_| bytes);
            return sent;
        };
        let path = fill(template, |name| subject.get(name).cloned().unwrap_or_else(|| NOBODY.to_owned()));
        let mut headers = keys(subject);
        headers.extend(header("content-type", b"application/json"));
        let body = operation.get("requestBody").map(|_| bytes);
        Self { method: verb.to_ascii_uppercase().parse().expect("a method"), path, headers, body }
    }

    /// Grows a request to an operation.
    pub fn grow(id: &str, subject: &Subject, entropy: &mut Entropy<'_>) -> Self {
        let Some((verb, template, operation)) = operation(id) else { panic!("there is no operation {id}") };
        let wrong = *entropy.of(&[0, 0, 0, 16, 48]);
        let mut path = segments(template, subject, entropy);
        path += &query(operation, subject, entropy, wrong);
        let mut headers = headers(operation, subject, entropy);
        let content = &operation["requestBody"]["content"]["application/json"];
        let body = (!content.is_null()).then(|| body(content, subject, entropy, wrong));
        if body.is_some() || entropy.one_in(32) {
            let kind = match entropy.one_in(64) {
                true => {
                    *entropy.of(&["text/plain", "application/json; charset=utf-8", "application/x+json", "", "a/b\t;"])
                }
                false => "application/json",
            };
            headers.extend(header("content-type", kind.as_bytes()));
        }
        Self { method: verb.to_ascii_uppercase().parse().expect("a method"), path, headers, body }
    }

    /// A request to a page of the simulated provider.
    pub fn grow_page(id: &str, subject: &Subject, entropy: &mut Entropy<'_>) -> Self {
        let method = if id == "show_page" { Method::GET } else { Method::POST };
        let page = subject.get("page").cloned().unwrap_or_default();
        let path = match entropy.below(8) {
            0 => format!("/simulator/{}/{}", encoded(&odd::text(entropy)), page.rsplit('/').next().unwrap_or_default()),
            1 => format!("{}/{}", page.rsplit_once('/').map_or("", |page| page.0), encoded(&odd::text(entropy))),
            _ => page,
        };
        let form = match entropy.below(6) {
            0 => b"decision=approve".to_vec(),
            1 => b"decision=decline".to_vec(),
            2 => format!("otp={}", entropy.of(&["1234", "1111", "2222", "3333", "4444", "0000", "%00"])).into_bytes(),
            3 => format!("decision={}&otp={}", encoded(&odd::text(entropy)), encoded(&odd::text(entropy))).into_bytes(),
            _ => entropy.rest(),
        };
        let headers = header("content-type", b"application/x-www-form-urlencoded").into_iter().collect();
        Self { method, path, headers, body: (id != "show_page").then_some(form) }
    }

    /// The request itself. An address that is none of HTTP is written so that it is one.
    pub fn request(&self) -> Request<Body> {
        let uri = self.path.parse::<Uri>().unwrap_or_else(|_| {
            let plain: String = self.path.chars().filter(char::is_ascii_graphic).collect();
            plain.parse().unwrap_or(Uri::from_static("/v1/none"))
        });
        let mut request = Request::new(self.body.clone().map_or_else(Body::empty, Body::from));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        request.headers_mut().extend(self.headers.iter().map(|(name, value)| (Some(name.clone()), value.clone())));
        request
    }

    /// The request as a person reads it.
    pub fn shown(&self) -> String {
        let headers: String = self.headers.iter().map(|(name, value)| format!("{name}: {value:?}\n")).collect();
        let body = self.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        format!("{} {}\n{headers}\n{body}", self.method, self.path)
    }
}

fn header(name: &'static str, value: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
}

/// The demo's keys, or those of the organization that is worked on.
fn keys(subject: &Subject) -> Vec<(HeaderName, HeaderValue)> {
    let keys = [("public-api-key", demo::PUBLIC_API_KEY), ("private-secret-key", demo::PRIVATE_SECRET_KEY)];
    let own = |name, key| subject.get(name).map_or(key, String::as_str);
    keys.into_iter().filter_map(|(name, key)| header(name, own(name, key).as_bytes())).collect()
}

fn segments(template: &str, subject: &Subject, entropy: &mut Entropy<'_>) -> String {
    let parts = template.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(parameter) => segment(parameter, subject, entropy),
        None => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

/// A part of a path that a parameter stands for.
fn segment(name: &str, subject: &Subject, entropy: &mut Entropy<'_>) -> String {
    let other = match name {
        "icon" => *entropy.of(&["card.svg", "pix.svg", "card.png", ".svg", "oxxo.svg"]),
        "provider_id" => *entropy.of(&["DLOCAL", "ADYEN", "STRIPE", "NOBODY", "dlocal"]),
        _ => NOBODY,
    };
    let text = match entropy.below(24) {
        23 => odd::text(entropy),
        // Bytes that are no text, and what only looks like an escape.
        22 => return (*entropy.of(&["%ff%fe", "%", "%zz", "%00", "..%2f", "%2e%2e", "%25", "a%2fb"])).to_owned(),
        21 => other.to_owned(),
        _ => subject.get(name).cloned().unwrap_or_else(|| other.to_owned()),
    };
    match encoded(&text) {
        nothing if nothing.is_empty() => "-".to_owned(),
        some => some,
    }
}

fn query(operation: &Value, subject: &Subject, entropy: &mut Entropy<'_>, wrong: usize) -> String {
    let mut pairs = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["in"] != "query" || !(parameter["required"] == true || entropy.one_in(2)) {
            continue;
        }
        for _ in 0..if entropy.one_in(24) { 2 } else { 1 } {
            let value = match entropy.one_in(16) {
                true => json!(odd::text(entropy)),
                false => Grower { entropy: &mut *entropy, subject, wrong }.grow(name, &parameter["schema"], 0),
            };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            pairs.push(format!("{name}={}", encoded(&value)));
        }
    }
    if entropy.one_in(24) {
        pairs.push((*entropy.of(&["%ff", "&&=", "a=%zz", "%00=%00", "unknown=1", "a[]=1", "?", "+=+"])).to_owned());
    }
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn headers(operation: &Value, subject: &Subject, entropy: &mut Entropy<'_>) -> Vec<(HeaderName, HeaderValue)> {
    let mut headers = keys(subject);
    if operation["security"].as_array().is_some_and(|security| security.len() == 1) && entropy.one_in(2) {
        headers.pop();
    }
    if entropy.one_in(48) {
        let value = *entropy.of(&[b"".as_slice(), b"\xff\xfe", b"wrong", b"sandbox_demo_public_key "]);
        headers.remove(entropy.below(headers.len()));
        headers.extend(header("private-secret-key", value));
    }
    let mut parameters = operation["parameters"].as_array().into_iter().flatten();
    let account = subject.get("account_id").cloned().unwrap_or_default();
    if parameters.any(|parameter| parameter["name"] == "x-account-code" && parameter["required"] == true)
        && !entropy.one_in(24)
    {
        headers.extend(header("x-account-code", account.as_bytes()));
    } else if entropy.one_in(12) {
        let odd = entropy.bytes(12);
        headers.extend(header(
            "x-account-code",
            entropy.of::<&[u8]>(&[account.as_bytes(), account.as_bytes(), b"1", &odd]),
        ));
    }
    if entropy.one_in(8) {
        let key = match entropy.below(8) {
            0 => entropy.bytes(24),
            1 => vec![b'k'; *entropy.of(&[0, 1, 64, 255, 256, 4_000])],
            _ => format!("key-{}", entropy.below(64)).into_bytes(),
        };
        headers.extend(header("x-idempotency-key", &key));
    }
    if entropy.one_in(48) {
        headers.extend(header("x-request-id", &entropy.bytes(16)));
        headers.extend(header("origin", b"https://shop.example.com"));
    }
    headers
}

fn body(content: &Value, subject: &Subject, entropy: &mut Entropy<'_>, wrong: usize) -> Vec<u8> {
    let grown = |entropy: &mut Entropy<'_>| Grower { entropy, subject, wrong }.grow("", &content["schema"], 0);
    let body = match entropy.below(15) {
        0..=5 => likely(content, subject, entropy, wrong),
        6..=9 => grown(entropy),
        10 => content["example"].clone(),
        11 | 12 => {
            let mut example = likely(content, subject, entropy, 0);
            for _ in 0..=entropy.below(2) {
                replace_one(&mut example, entropy);
            }
            example
        }
        13 => {
            let mut text = grown(entropy).to_string().into_bytes();
            odd::spoil(entropy, &mut text);
            return text;
        }
        _ => odd::value(entropy, 0),
    };
    body.to_string().into_bytes()
}

/// Fields whose values must be new.
const NAMES: [&str; 3] = ["merchant_customer_id", "merchant_connection_id", "name"];

/// The document's example about what exists, with some more fields: what is likely to be taken.
fn likely(content: &Value, subject: &Subject, entropy: &mut Entropy<'_>, wrong: usize) -> Value {
    let mut body = content["example"].clone();
    put_known(&mut body, subject);
    let schema = content["schema"]["$ref"].as_str().and_then(|name| document().pointer(name.strip_prefix('#')?));
    let properties = schema.and_then(|schema| schema["properties"].as_object());
    let (Some(body_fields), Some(properties)) = (body.as_object_mut(), properties) else { return body };
    if properties.contains_key("checkout") {
        body_fields.extend(payment_of(subject));
    }
    for (name, schema) in properties {
        if NAMES.contains(&name.as_str()) && body_fields.contains_key(name) {
            body_fields.insert(name.clone(), json!(format!("new-{:x}", entropy.number())));
        }
        if !body_fields.contains_key(name) && entropy.one_in(8) {
            let value = Grower { entropy: &mut *entropy, subject, wrong }.grow(name, schema, 1);
            body_fields.insert(name.clone(), value);
        }
    }
    body
}

/// Puts what exists into a body, by the names of its fields.
fn put_known(body: &mut Value, subject: &Subject) {
    for (name, value) in body.as_object_mut().into_iter().flatten() {
        match subject.get(name.as_str()) {
            Some(known) if value.is_string() => *value = json!(known),
            _ => put_known(value, subject),
        }
    }
}

/// The fields of a payment that pays what exists.
fn payment_of(subject: &Subject) -> Map<String, Value> {
    let mut fields = Map::new();
    let Some(session) = subject.get("checkout_session") else { return fields };
    fields.insert("checkout".to_owned(), json!({"session": session}));
    fields.insert("amount".to_owned(), json!({"currency": "BRL", "value": 100}));
    fields.insert("country".to_owned(), json!("BR"));
    fields.insert("workflow".to_owned(), json!("SDK_CHECKOUT"));
    let method = match (subject.get("token"), subject.get("vaulted_token")) {
        (Some(token), _) => json!({"token": token}),
        (None, Some(token)) => json!({"vaulted_token": token}),
        (None, None) => json!({"type": "PIX"}),
    };
    fields.insert("payment_method".to_owned(), method);
    fields
}

/// Puts an odd value somewhere into a body.
fn replace_one(body: &mut Value, entropy: &mut Entropy<'_>) {
    let inside: Vec<&mut Value> = match body {
        Value::Object(object) if !object.is_empty() => object.values_mut().collect(),
        Value::Array(items) if !items.is_empty() => items.iter_mut().collect(),
        _ => Vec::new(),
    };
    let count = inside.len();
    match (inside.into_iter().nth(entropy.below(count.max(1))), entropy.one_in(3)) {
        (Some(inner), false) => replace_one(inner, entropy),
        (Some(inner), true) => *inner = odd::value(entropy, 1),
        (None, _) => *body = odd::value(entropy, 1),
    }
}

/// A text as a path or a query can have it.
fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut encoded, byte| {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            other => encoded += &format!("%{other:02X}"),
        }
        encoded
    })
}
