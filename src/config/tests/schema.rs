//! The schema is fresh, and says what the reader does.

use serde_json::Value;

use super::super::json_schema;

#[test]
fn committed_schema_is_fresh() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config.schema.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == format!("{:#}\n", json_schema()), "run: memgan schema > docs/config.schema.json");
}

/// Every key of every table, with its path in the schema.
fn keys<'a>(path: &str, schema: &'a Value, found: &mut Vec<(String, &'a Value)>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, property) in properties {
            found.push((format!("{path}.{name}"), property));
        }
    }
    match schema {
        Value::Object(object) => object.iter().for_each(|(name, child)| keys(&format!("{path}/{name}"), child, found)),
        Value::Array(array) => array.iter().for_each(|child| keys(path, child, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_described_and_every_number_bounded() {
    let mut found = Vec::new();
    keys("", json_schema(), &mut found);
    assert!(found.len() > 50, "{}", found.len());
    for (path, property) in found {
        let described = property.get("description").is_some() || path.ends_with(".type");
        assert!(described, "{path} has no description");
        if matches!(property["type"].as_str(), Some("integer" | "number")) {
            let bounded = property.get("minimum").is_some() && property.get("maximum").is_some();
            assert!(bounded || property.get("enum").is_some(), "{path} has no bounds");
        }
        assert!(property.get("format").is_none(), "{path} has a Rust width");
        assert!(!property.to_string().contains("null"), "{path} allows null");
    }
}
