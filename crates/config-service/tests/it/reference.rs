//! The API reference says of every operation what it is called, what it takes and how it may fail.

use std::collections::{BTreeMap, BTreeSet};

use pinfold_config_service::mount;
use pinfold_http::Mount;
use serde_json::Value;

fn references(json: &Value, found: &mut BTreeSet<String>) {
    match json {
        Value::Object(entries) => entries.iter().for_each(|(name, value)| match value.as_str() {
            Some(reference) if name == "$ref" => drop(found.insert(reference.to_owned())),
            _ => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn every_shape_that_is_referred_to_is_there_and_every_name_is_one_shape() {
    let mut operations = Mount::default();
    mount(&mut operations);
    let mut shapes: BTreeMap<String, Value> = BTreeMap::new();
    for (name, schema) in operations.schemas() {
        let schema = serde_json::to_value(schema).expect("serialises");
        let known = shapes.entry(name.clone()).or_insert_with(|| schema.clone());
        assert_eq!(*known, schema, "{name}");
    }
    let mut wanted = BTreeSet::new();
    shapes.values().for_each(|shape| references(shape, &mut wanted));
    for one in operations.documents() {
        references(&serde_json::to_value(&one.operation).expect("serialises"), &mut wanted);
    }
    let there = shapes.keys().map(|name| format!("#/components/schemas/{name}")).collect();
    assert_eq!(wanted.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn every_operation_tells_its_name_its_body_and_its_failures() {
    let mut operations = Mount::default();
    mount(&mut operations);
    let mut names = BTreeSet::new();
    for one in operations.documents() {
        let operation = serde_json::to_value(&one.operation).expect("serialises");
        let name = operation["operationId"].as_str().expect("has a name").to_owned();
        assert!(names.insert(name.clone()), "{name}");
        assert!(operation["summary"].is_string() && operation["tags"][0].is_string(), "{name}");
        let statuses: BTreeSet<&str> = operation["responses"].as_object().expect("answers").keys().map(String::as_str).collect();
        // For browsers: whatever comes of it, the answer leads on.
        if statuses.contains("303") {
            assert_eq!(statuses, BTreeSet::from(["303", "400"]), "{name}");
            continue;
        }
        let mut expected = vec!["400", "401", "403", "429", "503"];
        if operation.get("requestBody").is_some() {
            assert_eq!(operation["requestBody"]["required"], true, "{name}");
            expected.extend(["413", "415"]);
        }
        if one.path.contains('{') {
            expected.push("404");
        }
        for status in expected {
            assert!(statuses.contains(status), "{name} {status}");
            assert!(operation["responses"][status]["content"].is_object(), "{name} {status}");
        }
    }
    assert_eq!(names.len(), 172);
}
