//! Structural check: the tree of a description against the JSON Schema, key by key.
//!
//! It covers what the schema of a description uses and nothing more: objects, arrays, numbers with bounds, strings,
//! booleans, enumerations, references, and objects that a `type` key tells apart.

use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::allowed::{allowed, choices, help, nearest, nearest_choice, nearest_number};
use super::error::{ConfigError, ProblemKind, Source};
use super::schema::{json_schema, resolve};

/// Finds the first fault that one key alone shows.
pub(super) fn check(source: Source, root: &Spanned<DeTable>) -> Result<(), ConfigError> {
    Checker { source }.table("", json_schema(), root.get_ref(), 0..0)
}

#[derive(Clone, Copy)]
struct Checker<'a> {
    source: Source<'a>,
}

impl Checker<'_> {
    fn table(self, path: &str, schema: &Value, table: &DeTable, span: Range<usize>) -> Result<(), ConfigError> {
        let schema = match schema.get("properties") {
            Some(_) => schema,
            None => self.variant(path, schema, table, span.clone())?,
        };
        let Some(properties) = schema["properties"].as_object() else { return Ok(()) };
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            let path = join(path, key.get_ref());
            let Some(property) = properties.get(key.get_ref().as_ref()) else {
                let names = || properties.keys().map(String::as_str);
                let known = names().collect::<Vec<_>>().join(", ");
                let help = match nearest(key.get_ref(), names()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "remove it, or use one of the allowed keys".into(),
                };
                return Err(self
                    .source
                    .problem(ProblemKind::UnknownKey, &path, key.span())
                    .message(format!("unknown key `{path}`"))
                    .allowed(known)
                    .help(help)
                    .into());
            };
            self.value(&path, property, value)?;
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            if !table.contains_key(name) {
                return Err(self.missing(path, name, &properties[name], span));
            }
        }
        Ok(())
    }

    /// The schema of a table that its `type` key tells apart from others.
    fn variant<'s>(
        self,
        path: &str,
        schema: &'s Value,
        table: &DeTable,
        span: Range<usize>,
    ) -> Result<&'s Value, ConfigError> {
        let variants = || schema["oneOf"].as_array().into_iter().flatten();
        let tags: Vec<Value> = variants().map(|v| v["properties"]["type"]["const"].clone()).collect();
        let tag = serde_json::json!({ "type": "string", "enum": tags, "description": "Kind of the layer." });
        let Some(given) = table.get("type") else { return Err(self.missing(path, "type", &tag, span)) };
        self.value(&join(path, "type"), &tag, given)?;
        let given = given.get_ref().as_str();
        Ok(variants().find(|v| v["properties"]["type"]["const"].as_str() == given).unwrap_or(schema))
    }

    fn missing(self, path: &str, name: &str, schema: &Value, span: Range<usize>) -> ConfigError {
        let path = join(path, name);
        let allowed = allowed(schema);
        let verb = match resolve(schema)["type"].as_str() {
            Some("object") => format!("add a [{name}] table"),
            Some("array") if resolve(schema).get("items").is_some() => format!("add [[{name}]] tables"),
            _ => format!("add `{name} = ...` to this table"),
        };
        self.source
            .problem(ProblemKind::MissingKey, &path, span)
            .message(format!("missing key `{path}`"))
            .help(format!("{verb}. {}", help(schema)))
            .allowed(allowed)
            .into()
    }

    fn value(self, path: &str, schema: &Value, value: &Spanned<DeValue>) -> Result<(), ConfigError> {
        let base = resolve(schema);
        if let Some(any) = base["anyOf"].as_array() {
            return match any.iter().find(|choice| has_type(choice, value.get_ref())) {
                Some(choice) => self.typed(path, choice, schema, value),
                None => Err(self.wrong_type(path, schema, value)),
            };
        }
        self.typed(path, base, schema, value)
    }

    /// Checks against `base`; `schema` is the same with the text that belongs to the key.
    fn typed(self, path: &str, base: &Value, schema: &Value, value: &Spanned<DeValue>) -> Result<(), ConfigError> {
        if !has_type(base, value.get_ref()) {
            return Err(self.wrong_type(path, schema, value));
        }
        let good = match value.get_ref() {
            DeValue::Table(table) => return self.table(path, base, table, value.span()),
            DeValue::Array(array) => {
                let bound = |key: &str, default| base[key].as_u64().map_or(default, |n| n as usize);
                if (bound("minItems", 0)..=bound("maxItems", usize::MAX)).contains(&array.len()) {
                    for (index, item) in array.iter().enumerate() {
                        let fixed = base["prefixItems"].get(index);
                        let item_schema = fixed.unwrap_or_else(|| &base["items"]);
                        self.value(&format!("{path}[{index}]"), item_schema, item)?;
                    }
                    return Ok(());
                }
                false
            }
            DeValue::String(text) => choices(base).is_none_or(|c| c.iter().any(|c| c.as_str() == Some(text))),
            DeValue::Integer(integer) => whole(integer).is_some_and(|n| in_range(base, n)),
            DeValue::Float(float) => float.as_str().parse().is_ok_and(|n| in_range(base, n)),
            DeValue::Boolean(_) | DeValue::Datetime(_) => true,
        };
        if good { Ok(()) } else { Err(self.out_of_range(path, schema, base, value)) }
    }

    fn wrong_type(self, path: &str, schema: &Value, value: &Spanned<DeValue>) -> ConfigError {
        let allowed = allowed(schema);
        let problem = self
            .source
            .problem(ProblemKind::WrongType, path, value.span())
            .message(format!("`{path}` is {}, but must be {allowed}", kind_of(value.get_ref())))
            .help(help(schema))
            .allowed(allowed);
        match value.get_ref() {
            DeValue::Table(_) => problem.into(),
            _ => problem.value(self.source.shown(value.span())).into(),
        }
    }

    fn out_of_range(self, path: &str, schema: &Value, base: &Value, value: &Spanned<DeValue>) -> ConfigError {
        let allowed = allowed(base);
        let shown = self.source.shown(value.span());
        let near = match value.get_ref() {
            DeValue::String(text) => nearest_choice(base, text),
            DeValue::Integer(integer) => whole(integer).and_then(|number| nearest_number(base, number)),
            DeValue::Float(float) => float.as_str().parse().ok().and_then(|number| nearest_number(base, number)),
            _ => None,
        };
        let near = near.map_or_else(String::new, |near| format!(" Nearest allowed value: {near}."));
        self.source
            .problem(ProblemKind::OutOfRange, path, value.span())
            .message(format!("`{path}` is {shown}, but must be {allowed}"))
            .help(format!("{}{near}", help(schema)))
            .allowed(allowed)
            .value(shown)
            .into()
    }
}

fn kind_of(value: &DeValue) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "an array",
        DeValue::Table(_) => "a table",
    }
}

fn has_type(schema: &Value, value: &DeValue) -> bool {
    let schema = resolve(schema);
    let named = schema["type"].as_str();
    match value {
        DeValue::String(_) => named == Some("string") || (named.is_none() && choices(schema).is_some()),
        DeValue::Integer(_) => matches!(named, Some("integer" | "number")),
        DeValue::Float(_) => named == Some("number"),
        DeValue::Boolean(_) => named == Some("boolean"),
        DeValue::Datetime(_) => false,
        DeValue::Array(_) => named == Some("array"),
        DeValue::Table(_) => named == Some("object") || (named.is_none() && choices(schema).is_none()),
    }
}

/// The integer, unless it is too large to be in any range.
fn whole(integer: &DeInteger) -> Option<f64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n as f64)
}

/// Also false for not-a-number, which every range must keep out.
fn in_range(schema: &Value, number: f64) -> bool {
    let listed = choices(schema).is_none_or(|c| c.iter().any(|c| c.as_f64() == Some(number)));
    let low = schema["minimum"].as_f64().is_none_or(|low| number >= low);
    let high = schema["maximum"].as_f64().is_none_or(|high| number <= high);
    listed && low && high
}

/// Path of a key in a table; a key that is no bare key is quoted, and a long one shortened.
fn join(path: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    let mut key: String = if bare { key.into() } else { format!("{key:?}") };
    if let Some((end, _)) = key.char_indices().nth(60) {
        key.truncate(end);
        key.push_str("...");
    }
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
