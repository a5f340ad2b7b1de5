//! The JSON Schema of a description, generated from the raw types.

use std::sync::LazyLock;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use super::raw::RawDescription;

/// The JSON Schema (draft 2020-12) of a description, for editors and other tools. Every range that one key alone
/// decides is in it; what several keys decide together is checked by [`Design::from_toml`](super::Design::from_toml).
pub fn json_schema() -> &'static Value {
    static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
        SchemaSettings::draft2020_12()
            .with_transform(RecursiveTransform(PlainToml))
            .into_generator()
            .into_root_schema_for::<RawDescription>()
            .to_value()
    });
    &SCHEMA
}

/// The schema that a reference points to, or the schema itself.
pub(super) fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(reference) => json_schema().pointer(reference.trim_start_matches('#')).unwrap_or(schema),
        None => schema,
    }
}

/// Removes what TOML does not have or the reader does not need: `null`, and the widths of Rust's numbers.
#[derive(Clone)]
struct PlainToml;

impl Transform for PlainToml {
    fn transform(&mut self, schema: &mut Schema) {
        let Some(object) = schema.as_object_mut() else { return };
        object.remove("format");
        if let Some(Value::String(text)) = object.get_mut("description") {
            *text = text.replace('\n', " ");
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|t| t != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
            choices.retain(|c| c.get("type").is_none_or(|t| t != "null"));
            if choices.len() == 1
                && let Some(Value::Object(only)) = choices.pop()
            {
                object.remove("anyOf");
                object.extend(only);
            }
        }
    }
}
