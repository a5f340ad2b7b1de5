//! The words of a diagnostic, from the JSON Schema: what a key may hold, what it means, which name was meant.

use serde_json::Value;

use super::schema::resolve;

/// The values of an enumeration.
pub(super) fn choices(schema: &Value) -> Option<Vec<&Value>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.iter().collect());
    }
    schema["oneOf"].as_array()?.iter().map(|choice| choice.get("const")).collect()
}

/// What a key may hold, to follow "must be".
pub(super) fn allowed(schema: &Value) -> String {
    let schema = resolve(schema);
    if let Some(values) = choices(schema) {
        let list = values.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(", ");
        return if values.len() == 1 { list } else { format!("one of {list}") };
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().map(allowed).collect::<Vec<_>>().join(" or ");
    }
    // As f64, because its text of 1e9 has no needless fraction.
    let bound = |name: &str| schema[name].as_f64().unwrap_or_default();
    let range = || format!("from {} to {}", bound("minimum"), bound("maximum"));
    match schema["type"].as_str() {
        Some("integer") => format!("an integer {}", range()),
        Some("number") => format!("a number {}", range()),
        Some("string") => "a string".into(),
        Some("boolean") => "true or false".into(),
        Some("array") => match schema["prefixItems"].as_array() {
            Some(items) => {
                let names: Vec<_> = items.iter().map(|item| text(item).trim_end_matches('.').to_lowercase()).collect();
                format!("[{}]", names.join(", "))
            }
            None => format!("an array of {} to {} tables", schema["minItems"], schema["maxItems"]),
        },
        _ => "a table".into(),
    }
}

/// What a key means and what holds when it is left out.
pub(super) fn help(schema: &Value) -> String {
    let default = match schema.get("default") {
        Some(default @ (Value::Number(_) | Value::String(_) | Value::Bool(_))) => {
            format!(" Without the key: {default}.")
        }
        _ => String::new(),
    };
    let text = match text(schema) {
        "" => text(resolve(schema)),
        own => own,
    };
    format!("{text}{default}")
}

fn text(schema: &Value) -> &str {
    schema["description"].as_str().unwrap_or_default()
}

/// The candidate that `given` may be a misspelling of.
pub(super) fn nearest<'a>(given: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // A longer name is no misspelling of any key, and the distance costs its length.
    if given.len() > 40 {
        return None;
    }
    candidates
        .map(|candidate| (distance(given, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The choice that a string may be a misspelling of, as it stands in a text.
pub(super) fn nearest_choice(schema: &Value, given: &str) -> Option<String> {
    let names = choices(schema)?;
    nearest(given, names.iter().filter_map(|name| name.as_str())).map(|name| format!("{name:?}"))
}

/// The allowed number next to one that is not allowed; none for not-a-number.
pub(super) fn nearest_number(schema: &Value, given: f64) -> Option<String> {
    let bound = |name: &str| schema[name].as_f64();
    let near = match choices(schema) {
        Some(listed) => {
            let away = |number: &f64| (number - given).abs();
            listed.iter().filter_map(|number| number.as_f64()).min_by(|a, b| away(a).total_cmp(&away(b)))?
        }
        None if given < bound("minimum")? => bound("minimum")?,
        None if given > bound("maximum")? => bound("maximum")?,
        None => return None,
    };
    (!given.is_nan()).then(|| near.to_string())
}

/// Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let substituted = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_names_are_found_and_others_are_not() {
        let keys = || ["kernel", "stride", "padding", "output_padding"].into_iter();
        assert_eq!(nearest("kernal", keys()), Some("kernel"));
        assert_eq!(nearest("strides", keys()), Some("stride"));
        assert_eq!(nearest("output-padding", keys()), Some("output_padding"));
        assert_eq!(nearest("bias", keys()), None);
        assert_eq!(nearest("", keys()), None);
        assert_eq!(nearest(&"k".repeat(41), keys()), None);
    }

    #[test]
    fn numbers_next_to_the_allowed_ones_are_found() {
        let listed = serde_json::json!({ "enum": [4, 8, 16] });
        let ranged = serde_json::json!({ "minimum": 0.5, "maximum": 1e9 });
        let text = |number: Option<String>| number.unwrap_or_default();
        assert_eq!(text(nearest_number(&listed, -3.0)), "4");
        assert_eq!(text(nearest_number(&listed, 13.0)), "16");
        assert_eq!(text(nearest_number(&ranged, 0.0)), "0.5");
        assert_eq!(text(nearest_number(&ranged, f64::INFINITY)), "1000000000");
        assert_eq!(nearest_number(&listed, f64::NAN), None);
        assert_eq!(nearest_number(&ranged, f64::NAN), None);
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
