//! Cases: requests grown from bytes and from the OpenAPI document, sent through the real router, and every answer
//! held to the document. The fuzz targets run them for as long as asked, the tests a fixed number of them.

mod entropy;
mod odd;
mod request;
mod value;
mod world;

use axum::http::{Method, StatusCode};

use super::contract;
pub use world::World;

use entropy::Entropy;
use request::Sent;
use world::Answer;

/// The pages of the simulated provider, which are no operations of the document.
pub const PAGES: [&str; 2] = ["show_page", "decide_page"];

/// Every operation of the document and whether it reads a body, then the pages.
pub fn operations() -> Vec<(&'static str, bool)> {
    let paths = contract::document()["paths"].as_object().into_iter().flatten();
    let documented = paths.flat_map(|(_, item)| item.as_object().into_iter().flatten()).map(|(_, operation)| {
        (operation["operationId"].as_str().unwrap_or_default(), operation.get("requestBody").is_some())
    });
    documented.chain([("show_page", false), ("decide_page", true)]).collect()
}

/// Sends one request to an operation, as the bytes decide.
///
/// # Errors
/// What is wrong with the answer, and the request that got it: a 5xx, or anything that the document does not say.
pub async fn run(world: &mut World, operation: &str, bytes: &[u8]) -> Result<StatusCode, String> {
    let mut entropy = Entropy::new(bytes);
    let is_page = PAGES.contains(&operation);
    let sent = match entropy.one_in(16) {
        true => Sent::plain(operation, &world.subject(operation, &mut Entropy::new(&[])).await, entropy.rest()),
        false => {
            if entropy.one_in(256) {
                world.wait(*entropy.of(&[1, 16, 61, 1_500])).await;
            }
            let subject = world.subject(operation, &mut entropy).await;
            match is_page {
                true => Sent::grow_page(operation, &subject, &mut entropy),
                false => Sent::grow(operation, &subject, &mut entropy),
            }
        }
    };
    let answer = world.send(sent.request()).await;
    if answer.status.is_success() {
        world.clear_away(operation, &answer).await;
    }
    let held = match is_page {
        true => page_as_told(&answer),
        false => as_documented(&sent, &answer),
    };
    match held {
        Ok(()) => Ok(answer.status),
        Err(what) => {
            let told = String::from_utf8_lossy(&answer.bytes);
            Err(format!("{operation}: {what}\n\n{}\n\n{} {told}", sent.shown(), answer.status))
        }
    }
}

fn as_documented(sent: &Sent, answer: &Answer) -> Result<(), String> {
    let Sent { method, path, body, .. } = sent;
    if answer.status.is_server_error() {
        return Err("a fault".to_owned());
    }
    contract::answer_as_documented(method, path, answer.status, &answer.headers, &answer.bytes)?;
    if answer.status.is_client_error() {
        contract::is_error(&answer.bytes)?;
    }
    match body {
        Some(body) if answer.status.is_success() && method != Method::GET => {
            let body = serde_json::from_slice(body).map_err(|error| format!("it took what is no JSON: {error}"))?;
            contract::request_as_documented(method, path, &body)
        }
        _ => Ok(()),
    }
}

/// A page is HTML, or sends the customer on; what cannot be a page of it is refused as everywhere.
fn page_as_told(answer: &Answer) -> Result<(), String> {
    let kind = answer.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    match answer.status.as_u16() {
        200 | 400 | 404 if kind.starts_with("text/html") => Ok(()),
        303 if answer.headers.contains_key("location") => Ok(()),
        404 | 413 => contract::is_error(&answer.bytes),
        other => Err(format!("a page answered {other} {kind}")),
    }
}
