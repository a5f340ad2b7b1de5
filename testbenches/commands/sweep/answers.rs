//! What is answered without running: lists, estimates, mistakes.

use super::place::{GRID, Place};
use serde_json::Value;
use std::fs;

#[test]
fn points_are_listed_without_running() {
    let place = Place::new();
    place.write(
        5,
        "[set]\ndevice.pulse_ns = 500\n[[points]]\ndevice.levels = 16\nconverter.adc_bits = 6\n\
         [[points]]\nconverter.adc_bits = 8\ndevice.levels = 64\n[grid]\nseed = [3, 4]\n",
    );
    let text = place.must(0, "sweep s.toml --list");
    let lines: Vec<Vec<&str>> = text.lines().take(5).map(|line| line.split_whitespace().collect()).collect();
    let expected: [&[&str]; 5] = [
        &["point", "device.levels", "converter.adc_bits", "seed"],
        &["0", "16", "6", "3"],
        &["1", "16", "6", "4"],
        &["2", "64", "8", "3"],
        &["3", "64", "8", "4"],
    ];
    assert_eq!(lines, expected);
    let json: Value = serde_json::from_str(&place.must(0, "sweep s.toml --list --format json")).expect("JSON");
    assert_eq!(
        json["points"][3]["values"],
        serde_json::json!({"device.levels": 64, "converter.adc_bits": 8, "seed": 4})
    );
    assert_eq!(json["points"][3]["settings"]["seed"], 4);
    assert!(!place.path("sweep-s").exists());
}

#[test]
fn many_points_are_refused_with_an_estimate() {
    let place = Place::new();
    let seeds: Vec<String> = (1..=1001).map(|seed| seed.to_string()).collect();
    place.write(5, &format!("[grid]\nseed = [{}]\n", seeds.join(", ")));
    let text = place.must(2, "sweep s.toml");
    for part in ["1,001", "up to 1,000 without --yes", "hours on", "--yes"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!place.path("sweep-s").exists());
    assert!(place.must(0, "sweep s.toml --yes --slurm write").contains("1,001 points"));
    let script = fs::read_to_string(place.path("sweep-s/sweep.sbatch")).expect("a script");
    assert!(script.contains("--array=0-999\n") && script.contains("--every 1000"), "{script}");
    // More than could ever be held.
    let list = |key: &str| format!("\"device.{key}\" = [{}]\n", seeds.join(", "));
    place.write(5, &format!("[grid]\n{}", ["a", "b", "c", "d", "e", "f", "g"].map(list).concat()));
    assert!(place.must(2, "sweep s.toml --yes").contains("at most 100000"));
}

#[test]
fn mistakes_are_answered_with_key_value_and_a_way_out() {
    let place = Place::new();
    // What is written, and what the answer must name.
    let bad: [(&str, &[&str]); 23] = [
        (
            "[grid]\n\"device.level\" = [16]\n",
            &["point 0 (device.level = 16)", "unknown key `device.level`", "`levels`"],
        ),
        ("[grid]\ndevice.levels = [16, 1]\n", &["point 1 (device.levels = 1)", "device.levels", "2 to 256"]),
        ("[grid]\ndevice.levels = [\"many\"]\n", &["point 0", "device.levels", "\"many\""]),
        ("[grid]\n\"generator.7.activation\" = [\"relu\"]\n", &["generator.7.activation", "a list of 2"]),
        ("[grid]\n\"name.x\" = [1]\n", &["name.x", "which has no keys"]),
        (
            "[set]\ndevice.levels = 1\n[grid]\nseed = [1]\n",
            &["the description with [set]", "device.levels", "2 to 256"],
        ),
        ("[grid]\n", &["grid", "no points", "add a table [grid]"]),
        ("", &["grid", "no points"]),
        ("[grid]\ndevice.levels = []\n", &["grid.device.levels", "at least one value"]),
        ("[grid]\ndevice.levels = 16\n", &["grid.device.levels", "a list of values"]),
        ("[grid]\nseed = [1, 2, 1]\n", &["grid.seed", "1 twice"]),
        ("[grid]\nseed = [-1]\n", &["seed", "-1", "0 to 4294967295"]),
        ("[grid]\nmode = [\"both\"]\n", &["mode", "\"both\"", "in_situ", "transfer"]),
        ("[grid]\ninput_noise = [1.5]\n", &["input_noise", "1.5", "0 to 1"]),
        ("[grid]\nsamples = [100, 200]\n", &["samples", "move `samples` to [run]"]),
        ("[set]\nseed = 1\n[grid]\nsteps = [1]\n", &["set.seed", "belongs into [run]"]),
        ("[set]\ndevice.levels = 16\n[grid]\ndevice.levels = [16]\n", &["`device.levels` is in [set] and in [grid]"]),
        ("[[points]]\nseed = 1\n[[points]]\nmode = \"transfer\"\n", &["points", "a table of mode", "same keys"]),
        ("[[points]]\nseed = 1\n[[points]]\nseed = 1\n", &["points", "table 2 is there before"]),
        ("[[points]]\nseed = 1\n[grid]\nseed = [1]\n", &["`seed` is in", "[grid]"]),
        ("[grid]\nbatch = [9]\n", &["point 0", "a batch of 9 images", "training.batch", "1 to 8"]),
        ("[grid]\nmode = [\"transfer\"]\ngan.latent = [4]\n", &["gan", "latent"]),
        ("[grids]\nseed = [1]\n", &["grids", "unknown field", "s.toml"]),
    ];
    for (tables, parts) in bad {
        place.write(5, tables);
        let text = place.must(2, "sweep s.toml");
        // Lines of a message may be broken anywhere.
        let flat = text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(flat.contains(part), "{tables}: {part}: {text}");
        }
        assert!(text.contains("help:"), "{tables}: {text}");
        assert!(!place.path("sweep-s").exists(), "{tables}");
    }
    // Keys of [run], and what belongs to the file itself.
    let files = [
        ("name = \"s\"\ndescription = \"tiny\"\n[run]\nstep = 5\n[grid]\nseed = [1]\n", "run.step"),
        ("name = \"s\"\ndescription = \"tiny\"\n[run]\nsamples = 10\n[grid]\nseed = [1]\n", "65 to 100000"),
        ("name = \"s\"\ndescription = \"tiny\"\n[run]\ndata = \"none\"\n[grid]\nseed = [1]\n", "none"),
        ("name = \"a/b\"\ndescription = \"tiny\"\n[grid]\nseed = [1]\n", "letters, digits"),
        ("name = \"s\"\ndescription = \"tin\"\n[grid]\nseed = [1]\n", "cannot read"),
        ("name = \"s\"\n[grid]\nseed = [1]\n", "description"),
        ("name = \"s\"\ndescription = \"tiny\"\n[grid\n", "s.toml"),
    ];
    for (text, part) in files {
        fs::write(place.path("s.toml"), text).expect("a file");
        let answer = place.must(2, "sweep s.toml");
        assert!(answer.contains(part), "{text}: {answer}");
        assert!(!place.path("sweep-s").exists(), "{text}");
    }
    assert!(place.must(2, "sweep none.toml").contains("cannot read `none.toml`"));
    // As JSON, with what a description's fault has.
    place.write(5, "[grid]\ndevice.levels = [16, 1]\n");
    let error: Value = serde_json::from_str(&place.must(2, "sweep s.toml --format json")).expect("JSON");
    assert_eq!((&error["error"]["key"], &error["error"]["value"]), (&"device.levels".into(), &"1".into()));
    assert!(error["error"]["message"].as_str().expect("text").starts_with("point 1 (device.levels = 1)"), "{error}");
}

/// A result that cannot be written is no fault of the sweep.
#[test]
fn a_place_that_cannot_be_written_is_named() {
    let place = Place::new();
    place.write(2, GRID);
    fs::write(place.path("file"), "").expect("a file");
    let text = place.must(3, "sweep s.toml --out file");
    assert!(text.contains("cannot be written") && text.contains("file"), "{text}");
}
