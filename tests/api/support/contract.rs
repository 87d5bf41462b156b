//! Holds every request that was accepted and every answer that was given to the OpenAPI document.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use axum::http::{Method, StatusCode};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::client::Answer;

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

/// Every answer must be documented: its status, its kind and its body, with no key that the document does not have.
#[track_caller]
pub fn check_answer(method: &Method, path: &str, answer: &Answer) {
    let status = answer.status;
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}: {:?}", answer.bytes);
    let Some(operation) = operation(method, path) else {
        // No operation: a wrong address or method, refused in the common shape. `/docs` and its like are pages.
        if path.starts_with("/v1/") {
            assert!([404, 405, 200].contains(&status.as_u16()), "{method} {path} answered {status}");
            if status != StatusCode::OK {
                check("the error", &json!({"$ref": "#/components/schemas/ErrorBody"}), &answer.json(), true);
            }
        }
        return;
    };
    let documented = &operation["responses"][status.as_str()];
    assert!(documented.is_object(), "{method} {path} answered {status}, which is not documented");
    let kind = answer.headers.get("content-type").map(|kind| kind.to_str().unwrap().split(';').next().unwrap());
    match (documented["content"].as_object(), kind) {
        (None, None) => assert!(answer.bytes.is_empty(), "{method} {path} {status}: a body that is not documented"),
        (Some(content), Some(kind)) => {
            let schema = &content.get(kind).unwrap_or_else(|| panic!("{method} {path} {status}: {kind}"))["schema"];
            if kind == "application/json" {
                check(&format!("{method} {path} {status}"), schema, &answer.json(), true);
            }
        }
        (content, kind) => panic!("{method} {path} {status}: documented {content:?}, answered {kind:?}"),
    }
}

/// A body that was accepted must be one that the document allows.
#[track_caller]
pub fn check_request(method: &Method, path: &str, body: &Value) {
    if let Some(operation) = operation(method, path) {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        check(&format!("the body of {method} {path}"), schema, body, false);
    }
}

/// What is wrong with an example of the document, by the schema that it is an example of.
pub fn example_problems(schema: &Value, example: &Value) -> Vec<String> {
    validator(schema, true).iter_errors(example).map(|error| error.to_string()).collect()
}

#[track_caller]
fn check(what: &str, schema: &Value, body: &Value, closed: bool) {
    let problems: Vec<_> = validator(schema, closed)
        .iter_errors(body)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{what} is not as documented: {problems:#?}\n{body:#}");
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
