//! Tests of the configuration as its users see it.

mod diagnostics;
mod inputs;
mod layers;
mod mutation;
mod presets;
mod rendered;
mod schema;

use super::{ConfigError, Design, ProblemKind};

/// A small valid description; the tests change single lines of it.
const BASE: &str = include_str!("base.toml");

/// The base with lines replaced, counted from 1; a replacement may be empty or hold several lines.
fn edited(edits: &[(usize, &str)]) -> String {
    let mut lines: Vec<&str> = BASE.lines().collect();
    for &(line, text) in edits {
        lines[line - 1] = text;
    }
    lines.join("\n") + "\n"
}

fn design(edits: &[(usize, &str)]) -> Design {
    Design::from_toml(&edited(edits), "base.toml").expect("a valid description")
}

fn fault(edits: &[(usize, &str)]) -> ConfigError {
    match Design::from_toml(&edited(edits), "base.toml") {
        Ok(_) => panic!("no fault found in {edits:?}"),
        Err(error) => error,
    }
}

/// What is wrong, at which line, with which value and what is allowed, and a part of the help.
struct Expected {
    kind: ProblemKind,
    line: usize,
    key: &'static str,
    value: Option<&'static str>,
    allowed: &'static str,
    help: &'static str,
}

/// Compares all that a diagnostic tells.
fn expect(edits: &[(usize, &str)], expected: Expected) {
    let found = fault(edits);
    let Expected { kind, line, key, value, allowed, help } = expected;
    assert_eq!(
        (found.kind, found.line, found.key.as_str(), found.value.as_deref(), found.allowed.as_deref()),
        (kind, line, key, value, Some(allowed)),
        "{edits:?}: {found}"
    );
    assert!(found.help.contains(help), "{edits:?}: {}", found.help);
    assert_eq!(found.file, "base.toml");
    assert!(found.column > 0);
}
