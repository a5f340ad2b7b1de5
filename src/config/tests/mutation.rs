//! Mutated presets: no panic, whatever the text. `MEMGAN_FUZZ_INPUTS` sets the number of inputs.

use super::super::{Design, preset, presets};

#[path = "../../../examples/fuzz_inputs/mutate.rs"]
mod mutate;

use mutate::{Random, mutate};

const TOKENS: &[&str] = &[
    "0",
    "1",
    "4",
    "31",
    "33",
    "1024",
    "4096",
    "-1",
    "0.5",
    "1e400",
    "nan",
    "99999999999999999999",
    "true",
    "\"conv\"",
    "\"dense\"",
    "\"tanh\"",
    "[1, 1, 1]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    "\"",
    "'''",
    "\n",
    "\u{e9}",
    "\u{1f600}",
    "\u{feff}",
    "padding = ",
    "kernel = ",
    "\n[[generator]]\n",
    "\n[classifier]\n",
    "\n[[layers]]\n",
    "\n[device]\n",
];

#[test]
fn mutated_presets_never_panic() {
    let inputs = std::env::var("MEMGAN_FUZZ_INPUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(30_000);
    let seeds: Vec<Vec<u8>> = presets().iter().map(|preset| preset.text.as_bytes().to_vec()).collect();
    let (mut accepted, mut refused) = (0u32, 0u32);
    for index in 0..inputs {
        let input = mutate(&seeds, TOKENS, &mut Random::new(7, index));
        match Design::from_toml(&String::from_utf8_lossy(&input), "mutated.toml") {
            Ok(_) => accepted += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.help.is_empty() && !error.message.is_empty(), "input {index}: {error}");
                if index % 16 == 0 {
                    // Spans must be such that the fault can be shown.
                    let shown = format!("{:?}", miette::Report::new(error));
                    assert!(!shown.is_empty());
                }
            }
        }
    }
    assert!(accepted > 0 && refused > accepted, "{accepted} accepted, {refused} refused: the mutations test nothing");
}

#[test]
fn every_single_byte_may_be_missing_or_changed() {
    let text = preset("tiny").expect("the preset").text;
    for at in 0..text.len() {
        for replacement in ["", "\0", "\"", "[", "=", "9", "-", "\n", "\u{e9}"] {
            let changed = format!("{}{replacement}{}", &text[..at], &text[at + 1..]);
            let _ = Design::from_toml(&changed, "changed.toml");
        }
    }
}
