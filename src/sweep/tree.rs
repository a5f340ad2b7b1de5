//! Keys of a description by their dotted names.

use toml::{Table, Value};

/// Sets `key` (`device.levels`, `generator.0.activation`) in a tree; tables that are missing are made. Whether the key
/// exists is for the loader of descriptions to say.
///
/// # Errors
/// What stands in the way of the key, as a sentence without its name.
pub(super) fn set(root: &mut Table, key: &str, value: Value) -> Result<(), String> {
    let (mut place, mut seen) = (root, String::new());
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            return Err("a part of its name is empty".into());
        }
        if parts.peek().is_none() {
            place.insert(part.into(), value);
            return Ok(());
        }
        seen = if seen.is_empty() { part.into() } else { format!("{seen}.{part}") };
        let mut next = place.entry(part).or_insert_with(|| Value::Table(Table::new()));
        while let Value::Array(list) = next {
            let length = list.len();
            let index = parts.next().unwrap_or_default();
            let element = index.parse().ok().and_then(|i: usize| list.get_mut(i));
            let Some(element) = element else {
                return Err(format!("`{seen}` is a list of {length}, and `{index}` is no index of it"));
            };
            if parts.peek().is_none() {
                *element = value;
                return Ok(());
            }
            seen += &format!(".{index}");
            next = element;
        }
        place = match next {
            Value::Table(table) => table,
            other => return Err(format!("`{seen}` is {other}, which has no keys")),
        };
    }
    Err("it has no name".into())
}

/// All values of nested tables under dotted names, in their order.
pub(super) fn flatten(table: &Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (key, value) in table {
        match value {
            Value::Table(inner) => flat.extend(flatten(inner).into_iter().map(|(k, v)| (format!("{key}.{k}"), v))),
            other => flat.push((key.clone(), other.clone())),
        }
    }
    flat
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Table {
        text.parse().expect("TOML")
    }

    #[test]
    fn keys_are_set_where_they_are_or_made() {
        let mut tree = table("[device]\nlevels = 64\n[[generator]]\nkernel = 4\n[[generator]]\noutputs = [1, 2, 3]\n");
        for (key, value) in [
            ("device.levels", 16),
            ("training.batch", 8),
            ("generator.0.kernel", 5),
            ("generator.1.outputs.2", 9),
            ("top", 1),
        ] {
            set(&mut tree, key, value.into()).expect(key);
        }
        let expected = "top = 1\n[device]\nlevels = 16\n[[generator]]\nkernel = 5\n[[generator]]\noutputs = [1, 2, 9]\n\
                        [training]\nbatch = 8\n";
        assert_eq!(tree, table(expected));
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let mut tree = table("name = \"x\"\n[[generator]]\nkernel = 4\n");
        for (key, part) in [
            ("name.x", "`name` is \"x\""),
            ("generator.1.kernel", "a list of 1, and `1`"),
            ("generator.kernel", "`kernel` is no index"),
            ("generator.0.kernel.x", "`generator.0.kernel` is 4"),
            ("a..b", "empty"),
            ("", "empty"),
        ] {
            let error = set(&mut tree, key, 1.into()).expect_err(key);
            assert!(error.contains(part), "{key}: {error}");
        }
    }

    #[test]
    fn nested_tables_have_dotted_names() {
        let flat = flatten(&table("a.b = [1]\n\"a.c\" = 2\n[d.e]\nf = 3\n"));
        let names: Vec<&str> = flat.iter().map(|(k, _)| k.as_str()).collect();
        assert_eq!(names, ["a.b", "a.c", "d.e.f"]);
    }
}
