//! Running the tools on printed text. A missing tool is said loudly and skips its part.

use crate::hdl::{Module, Printer};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// Whether the tool can be started.
pub fn have(tool: &str) -> bool {
    let flag = if tool == "verilator" { "--version" } else { "-V" };
    let found = Command::new(tool).arg(flag).output().is_ok();
    if !found {
        eprintln!("SKIPPED: `{tool}` is not installed");
    }
    found
}

/// Runs a tool; its output, and whether it succeeded.
pub fn run(dir: &Path, tool: &str, args: &[&str]) -> (bool, String) {
    let out = Command::new(tool).args(args).current_dir(dir).output().expect("the tool starts");
    let text = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    (out.status.success(), text)
}

/// Writes each module into its own file; the file names, children first.
pub fn write(module: &Arc<Module>) -> (TempDir, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let files = Printer::new("0.0.0", "00000000").print(module.as_ref());
    let names = files.iter().map(|(name, text)| {
        let file = format!("{name}.v");
        std::fs::write(dir.path().join(&file), text).expect("a file");
        file
    });
    let names = names.collect();
    (dir, names)
}

/// What a tool says: empty when it is silent.
fn complaint(dir: &Path, tool: &str, args: &[&str]) -> String {
    if !have(tool) {
        return String::new();
    }
    let (good, text) = run(dir, tool, args);
    // New versions of Verilator report what they did.
    let text: String = text.lines().filter(|l| !l.starts_with("- ")).map(|l| format!("{l}\n")).collect();
    if good && text.trim().is_empty() { String::new() } else { format!("{tool}: {text}\n") }
}

/// All complaints of Verilator and Icarus Verilog about the text of the module; empty when they are silent.
pub fn simulators_complain(module: &Arc<Module>) -> String {
    let (dir, files) = write(module);
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let top = module.name();
    let verilator = [&["--lint-only", "-Wall", "--top-module", top], files.as_slice()].concat();
    let icarus = [&["-g2005", "-Wall", "-t", "null", "-s", top], files.as_slice()].concat();
    complaint(dir.path(), "verilator", &verilator) + &complaint(dir.path(), "iverilog", &icarus)
}

/// The same, and those of Yosys.
pub fn complaints(module: &Arc<Module>) -> String {
    let (dir, files) = write(module);
    let top = module.name();
    let script = |flags: &str| {
        format!("read_verilog {flags} {}; hierarchy -check -top {top}; proc; check -assert", files.join(" "))
    };
    let yosys = |flags: &str| complaint(dir.path(), "yosys", &["-q", "-p", &script(flags)]);
    simulators_complain(module) + &yosys("") + &yosys("-formal")
}

/// Builds and runs a test bench beside the files of the module with Icarus Verilog; its output.
pub fn simulate(dir: &Path, files: &[String], bench: &str) -> Option<String> {
    if !have("iverilog") {
        return None;
    }
    std::fs::write(dir.join("bench.v"), bench).expect("a file");
    let sources: Vec<&str> = files.iter().map(String::as_str).chain(["bench.v"]).collect();
    let (good, text) =
        run(dir, "iverilog", &[&["-g2005", "-o", "bench.vvp", "-s", "bench"], sources.as_slice()].concat());
    assert!(good, "{text}");
    let (good, text) = run(dir, "vvp", &["-n", "bench.vvp"]);
    assert!(good, "{text}");
    Some(text)
}

/// The path of a file that a test wants to keep, if `MEMGAN_KEEP` names a directory.
pub fn keep(name: &str, text: &str) {
    if let Some(dir) = std::env::var_os("MEMGAN_KEEP") {
        let path = PathBuf::from(dir).join(name);
        std::fs::write(path, text).expect("a file");
    }
}
