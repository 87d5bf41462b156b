//! The OpenAPI document is current, complete and true to itself.

use std::collections::{HashMap, HashSet};
use std::fs;

use serde_json::{Value, json};

use crate::support::{body_fields, document, example_problems};

fn operations() -> impl Iterator<Item = (String, &'static Value)> {
    document()["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(move |(verb, operation)| (format!("{verb} {path}"), operation))
    })
}

#[test]
fn openapi_yaml_is_current() {
    let kept = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.yaml")).unwrap();
    let current = yuno_sessions::api::document::yaml().unwrap();
    assert!(kept == current, "openapi.yaml is not current: cargo run -- openapi > openapi.yaml");
}

#[test]
fn openapi_yaml_says_what_the_served_document_says() {
    let yaml: Value = yaml_serde::from_str(&yuno_sessions::api::document::yaml().unwrap()).unwrap();
    let mut json: Value = serde_json::from_str(&yuno_sessions::api::document::document().to_json().unwrap()).unwrap();
    as_floats(&mut json);
    let mut yaml = yaml;
    as_floats(&mut yaml);
    assert_eq!(yaml, json);
}

/// Numbers by what they are worth, and not by their digits.
fn as_floats(value: &mut Value) {
    match value {
        Value::Number(number) => *value = json!(number.as_f64()),
        Value::Array(items) => items.iter_mut().for_each(as_floats),
        Value::Object(object) => object.values_mut().for_each(as_floats),
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[test]
fn every_operation_is_told_in_full() {
    let mut ids = HashSet::new();
    for (name, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{name}: {id} stands twice");
        assert!(!operation["summary"].as_str().unwrap().is_empty(), "{name}");
        assert_eq!(operation["tags"].as_array().unwrap().len(), 1, "{name}");
        let open = operation["security"].as_array().is_some_and(|security| security.contains(&json!({})));
        let answers = operation["responses"].as_object().unwrap();
        let mut expected = vec!["500", "503", "504"];
        if !open {
            expected.extend(["400", "401", "429"]);
        }
        if operation.get("requestBody").is_some() {
            expected.extend(["413", "415"]);
        }
        for status in expected {
            assert!(answers.contains_key(status), "{name} does not document {status}");
        }
    }
    assert!(ids.len() > 20);
}

#[test]
fn every_body_has_an_example_that_fits_its_schema() {
    for (name, operation) in operations() {
        let answers = operation["responses"].as_object().unwrap().iter();
        let mut bodies: Vec<_> = answers.map(|(status, answer)| (status.as_str(), &answer["content"])).collect();
        if let Some(body) = operation.get("requestBody") {
            bodies.push(("request", &body["content"]));
        }
        for (what, content) in bodies {
            let Some(json) = content.get("application/json") else { continue };
            let named = json["examples"].as_object().into_iter().flatten().map(|(_, example)| &example["value"]);
            let examples: Vec<_> = json.get("example").into_iter().chain(named).collect();
            assert!(!examples.is_empty(), "{name} {what} has no example");
            for example in examples {
                let problems = example_problems(&json["schema"], example);
                assert!(problems.is_empty(), "{name} {what}: {problems:?}");
            }
        }
    }
}

#[test]
fn every_reference_and_security_name_resolves() {
    fn walk(value: &Value) {
        match value {
            Value::Object(object) => {
                if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
                    let pointer = reference.strip_prefix('#').unwrap();
                    assert!(document().pointer(pointer).is_some(), "{reference}");
                }
                for requirement in object.get("security").and_then(Value::as_array).into_iter().flatten() {
                    for name in requirement.as_object().unwrap().keys() {
                        assert!(document()["components"]["securitySchemes"].get(name).is_some(), "{name}");
                    }
                }
                object.values().for_each(walk);
            }
            Value::Array(items) => items.iter().for_each(walk),
            _ => {}
        }
    }
    walk(document());
}

#[test]
fn every_path_parameter_is_told() {
    for (name, operation) in operations() {
        let told = |parameter: &str| {
            operation["parameters"].as_array().into_iter().flatten().any(|told| told["name"] == parameter)
        };
        for parameter in name.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            assert!(told(parameter), "{name}: {parameter}");
        }
    }
}

/// Every runtime expression in a value.
fn expressions(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Object(object) => object.values().flat_map(expressions).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn every_link_leads_from_what_is_answered_to_what_can_be_called() {
    let by_id: HashMap<_, _> = operations().map(|(_, told)| (told["operationId"].as_str().unwrap(), told)).collect();
    let mut links = 0;
    for (name, operation) in operations() {
        for (status, answer) in operation["responses"].as_object().unwrap() {
            for (to, link) in answer["links"].as_object().into_iter().flatten() {
                links += 1;
                let place = format!("{name} {status} {to}");
                let target = by_id.get(link["operationId"].as_str().unwrap()).unwrap_or_else(|| panic!("{place}"));
                for parameter in link["parameters"].as_object().into_iter().flatten().map(|(parameter, _)| parameter) {
                    let told = target["parameters"].as_array().unwrap().iter();
                    assert!(told.clone().any(|told| told["name"] == *parameter), "{place}: {parameter}");
                }
                if let Some(body) = link["requestBody"].as_object() {
                    let fields = body_fields(target).unwrap_or_else(|| panic!("{place}: it reads no body"));
                    assert!(body.keys().all(|field| fields.contains_key(field)), "{place}: {body:?}");
                }
                for expression in expressions(&link["parameters"]).into_iter().chain(expressions(&link["requestBody"]))
                {
                    let (from, field) = expression.rsplit_once(['#', '.']).unwrap();
                    let there = match from {
                        "$response.body" => {
                            let content = &answer["content"]["application/json"];
                            let named = content["examples"].as_object().into_iter().flatten();
                            let mut examples =
                                named.map(|(_, example)| &example["value"]).chain(content.get("example"));
                            examples.any(|example| example.pointer(field).is_some())
                        }
                        "$request.body" => body_fields(operation).unwrap().contains_key(field.trim_start_matches('/')),
                        "$request.path" => name.contains(&format!("{{{field}}}")),
                        _ => false,
                    };
                    assert!(there, "{place}: {expression}");
                }
            }
        }
    }
    assert!(links > 40, "{links}");
}
