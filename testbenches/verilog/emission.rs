//! What `memgan emit` writes: deterministic, complete, well formed; the committed emission is fresh.

use memgan::config::{Design, presets};
use memgan::emit::{MANIFEST, Package};
use memgan::prepare;
use memgan::rtl::CrossbarView;
use memgan::schedule::Schedule;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

fn package(name: &str) -> (Schedule, Package) {
    let design = Design::load(name).expect("a preset");
    let schedule = Schedule::new(&design);
    let package = Package::new(&schedule, Some(&prepare::initial_content(&schedule, 1).expect("a content")));
    (schedule, package)
}

/// Every file below `root`, by path relative to it.
fn read_tree(root: &Path, below: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(root.join(below)).expect("a directory") {
        let entry = entry.expect("an entry");
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            read_tree(root, &path, files);
        } else {
            let name = path.to_str().expect("a name").replace('\\', "/");
            files.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
}

#[test]
fn the_committed_emission_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("rtl-out/tiny");
    let mut committed = BTreeMap::new();
    read_tree(&root, Path::new(""), &mut committed);
    let (_, package) = package("tiny");
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    let way_out = "run `memgan emit tiny --out rtl-out/tiny` and commit the result";
    assert_eq!(names(&committed), names(&package.files), "{way_out}");
    for (name, bytes) in &package.files {
        assert!(committed[name] == *bytes, "rtl-out/tiny/{name} is stale: {way_out}");
    }
}

#[test]
fn emission_is_the_same_every_time() {
    for preset in presets() {
        assert_eq!(package(preset.name).1, package(preset.name).1, "{}", preset.name);
    }
}

#[test]
fn the_manifest_lists_every_file_with_its_hash() {
    let (schedule, package) = package("cnn");
    let manifest: serde_json::Value = serde_json::from_slice(&package.files[MANIFEST]).expect("JSON");
    let listed = manifest["files"].as_object().expect("an object");
    assert_eq!(listed.len() + 1, package.files.len());
    for (name, bytes) in package.files.iter().filter(|(name, _)| *name != MANIFEST) {
        let hash: String = Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(listed[name], hash, "{name}");
    }
    assert_eq!(manifest["tiles"], schedule.tiles());
}

#[test]
fn file_lists_name_each_verilog_file_of_their_view_once() {
    let (schedule, package) = package("tiny");
    let rtl = package.files.keys().filter(|p| p.starts_with("rtl/")).count();
    for &view in CrossbarView::emitted(&schedule) {
        let files = package.verilog(view);
        assert_eq!(files.len(), rtl + 1, "{view:?}");
        for (path, bytes) in files {
            let text = std::str::from_utf8(bytes).expect("text");
            let module = Path::new(path).file_stem().and_then(|s| s.to_str()).expect("a name");
            assert_eq!(text.lines().filter(|l| l.starts_with("module ")).count(), 1, "{path}: one module a file");
            assert!(text.contains(&format!("module {module} ")), "{path} holds {module}");
        }
    }
}

#[test]
fn verilog_keeps_the_house_style() {
    for preset in presets() {
        let (_, package) = package(preset.name);
        for (path, bytes) in package.files.iter().filter(|(p, _)| p.ends_with(".v")) {
            let text = std::str::from_utf8(bytes).expect("text");
            let at = format!("{}: {path}", preset.name);
            assert!(text.starts_with("// SPDX-License-Identifier: MIT OR Apache-2.0\n// memgan "), "{at}: banner");
            assert!(text.contains("\n`default_nettype none\n") && text.ends_with("`default_nettype wire\n"), "{at}");
            assert!(text.contains("\n// Source: src/"), "{at}: source file");
            let source = text.lines().find_map(|l| l.strip_prefix("// Source: ")).expect("a source");
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(source).is_file(), "{at}: {source} exists");
            for (number, line) in text.lines().enumerate() {
                assert!(line.len() <= 100, "{at}:{}: {} columns", number + 1, line.len());
                assert!(!line.contains('\t') && !line.ends_with(' '), "{at}:{}: white space", number + 1);
            }
        }
    }
}

/// The RTL is a function of the architecture: other weights change images, never Verilog.
#[test]
fn weights_change_no_verilog() {
    let design = Design::load("tiny").expect("a preset");
    let schedule = Schedule::new(&design);
    let emit =
        |seed| Package::new(&schedule, Some(&prepare::initial_content(&schedule, seed).expect("a content"))).files;
    let (one, two) = (emit(1), emit(2));
    for (name, bytes) in &one {
        let same = *bytes == two[name];
        let of_weights = name.starts_with("weights/") || name == MANIFEST;
        assert!(same || of_weights, "{name} depends on the weights");
    }
    assert_ne!(one["weights/generator_0.hex"], two["weights/generator_0.hex"]);
}
