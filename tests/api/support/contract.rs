//! Holds every request that was accepted and every answer that was given to the OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::{HeaderMap, Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

/// The document as the server serves it.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> =
        LazyLock::new(|| serde_json::to_value(yuno_sessions::api::document::document()).unwrap());
    &DOCUMENT
}

/// A path of the document with something in place of each parameter.
pub fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let filled = template.split('/').map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
        Some(parameter) => value(parameter),
        None => part.to_owned(),
    });
    filled.collect::<Vec<_>>().join("/")
}

/// Fails when an answer is not as the document says.
#[track_caller]
pub fn check_answer(method: &Method, path: &str, status: StatusCode, headers: &HeaderMap, body: &[u8]) {
    let held = answer_as_documented(method, path, status, headers, body);
    assert!(held.is_ok(), "{method} {path}: {}", held.unwrap_err());
}

/// Every answer must be documented: its status, its kind and its body, with no key that the document does not have.
///
/// # Errors
/// What is not as documented.
pub fn answer_as_documented(
    method: &Method,
    path: &str,
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), String> {
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        return Err(format!("a fault: {}", String::from_utf8_lossy(body)));
    }
    let Some(operation) = operation(method, path) else {
        // No operation: a wrong address or method, refused in the common shape. `/docs` and its like are pages.
        return match path.starts_with("/v1/") {
            true if ![404, 405, 200].contains(&status.as_u16()) => Err(format!("answered {status}")),
            true if status != StatusCode::OK => is_error(body),
            _ => Ok(()),
        };
    };
    let documented = &operation["responses"][status.as_str()];
    if !documented.is_object() {
        return Err(format!("answered {status}, which is not documented"));
    }
    let kind = headers.get("content-type").map(|kind| kind.to_str().unwrap_or("no text"));
    let kind = kind.map(|kind| kind.split(';').next().unwrap_or_default());
    match (documented["content"].as_object(), kind) {
        (None, None) if body.is_empty() => Ok(()),
        (None, None) => Err(format!("{status}: a body that is not documented")),
        (Some(content), Some(kind)) => match content.get(kind) {
            Some(content) if kind == "application/json" => fits(&content["schema"], &json_of(body)?, true),
            Some(_) => Ok(()),
            None => Err(format!("{status}: {kind} is not documented")),
        },
        (content, kind) => Err(format!("{status}: documented {content:?}, answered {kind:?}")),
    }
}

/// Whether a body has the common shape of errors.
///
/// # Errors
/// What is not as documented.
pub fn is_error(body: &[u8]) -> Result<(), String> {
    fits(&json!({"$ref": "#/components/schemas/ErrorBody"}), &json_of(body)?, true)
}

/// Fails when a body that was accepted is none that the document allows.
#[track_caller]
pub fn check_request(method: &Method, path: &str, body: &Value) {
    let held = request_as_documented(method, path, body);
    assert!(held.is_ok(), "{method} {path}: {}", held.unwrap_err());
}

/// A body that was accepted must be one that the document allows.
///
/// # Errors
/// What the document does not allow.
pub fn request_as_documented(method: &Method, path: &str, body: &Value) -> Result<(), String> {
    let Some(operation) = operation(method, path) else { return Ok(()) };
    fits(&operation["requestBody"]["content"]["application/json"]["schema"], body, false)
        .map_err(|what| format!("it took a body that the document does not allow: {what}"))
}

/// What is wrong with an example of the document, by the schema that it is an example of.
pub fn example_problems(schema: &Value, example: &Value) -> Vec<String> {
    validator(schema, true).iter_errors(example).map(|error| error.to_string()).collect()
}

fn json_of(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("{error}: {}", String::from_utf8_lossy(body)))
}

fn fits(schema: &Value, body: &Value, closed: bool) -> Result<(), String> {
    let validator = validator(schema, closed);
    if validator.is_valid(body) {
        return Ok(());
    }
    let problems: Vec<_> =
        validator.iter_errors(body).map(|error| format!("{}: {error}", error.instance_path())).collect();
    Err(format!("{problems:#?}\n{body:#}"))
}

/// The fields that an operation's body can have; none when it reads no body.
pub fn body_fields(operation: &Value) -> Option<&'static Map<String, Value>> {
    let schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].as_str()?;
    document().pointer(schema.strip_prefix('#')?)?["properties"].as_object()
}

/// The operation that a call goes to.
pub fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap();
    let paths = document()["paths"].as_object().unwrap();
    let verb = method.as_str().to_ascii_lowercase();
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len()
            && template
                .iter()
                .zip(&path)
                .all(|(part, sent)| part == sent || (part.starts_with('{') && !sent.is_empty()))
    };
    // A template without parameters goes before one that has them, as in the router.
    let template =
        paths.keys().filter(|template| fits(template)).min_by_key(|template| template.matches('{').count())?;
    paths[template].get(&verb)
}

/// A validator of a schema of the document; a closed one allows no key that the document does not name.
fn validator(schema: &Value, closed: bool) -> Arc<Validator> {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let name = format!("{closed} {schema}");
    if let Some(validator) = VALIDATORS.lock().unwrap().get(&name) {
        return Arc::clone(validator);
    }
    let mut components = document()["components"].clone();
    if closed {
        close(&mut components["schemas"]);
    }
    let mut whole = Map::from_iter([("components".to_owned(), components)]);
    whole.extend(schema.as_object().expect("a schema").clone());
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&Value::Object(whole))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let validator = Arc::new(validator);
    VALIDATORS.lock().unwrap().insert(name, Arc::clone(&validator));
    validator
}

fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.insert("additionalProperties".into(), json!(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}
