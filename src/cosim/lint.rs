//! The three lint gates of the emitted Verilog. Each refuses on any message.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{CosimError, Result};
use super::tools::{Tool, Verilator, command_line, run};

/// `verilator --lint-only -Wall` without a warning.
pub fn verilator(tool: &Verilator, top: &str, sources: &[PathBuf]) -> Result<()> {
    let mut command = Command::new(&tool.path);
    command.args(["--lint-only", "-Wall", "--top-module", top]).args(sources);
    silent("verilator lint", &mut command)
}

/// `iverilog -g2005 -Wall` without a warning.
pub fn iverilog(top: &str, sources: &[PathBuf]) -> Result<()> {
    let mut command = Command::new(Tool::iverilog()?.path);
    command.args(["-g2005", "-Wall", "-t", "null", "-s", top]).args(sources);
    silent("iverilog lint", &mut command)
}

/// Yosys reads, synthesises and checks without a warning, and finds no latch.
pub fn yosys(top: &str, sources: &[PathBuf]) -> Result<()> {
    let files = sources.iter().map(|s| quoted(s)).collect::<Result<Vec<_>>>()?.join(" ");
    let script = format!(
        "read_verilog {files}; hierarchy -check -top {top}; proc; select -assert-none t:$dlatch t:$adlatch; \
         synth -top {top}; check -assert; select -assert-none t:$_DLATCH* t:$dlatch"
    );
    let mut command = Command::new(Tool::yosys()?.path);
    command.args(["-q", "-p", &script]);
    silent("yosys check", &mut command)
}

/// Yosys splits its scripts at blanks and semicolons unless a name is quoted.
fn quoted(path: &Path) -> Result<String> {
    match path.to_str() {
        Some(name) if !name.contains(['"', '\n']) => Ok(format!("\"{name}\"")),
        _ => Err(CosimError::Data(format!("{} cannot be given to yosys", path.display()))),
    }
}

fn silent(what: &str, command: &mut Command) -> Result<()> {
    let output = run(what, command)?;
    // Newer versions of Verilator report on themselves in lines that begin with "- ".
    if output.lines().all(|l| l.trim().is_empty() || l.starts_with("- ")) {
        return Ok(());
    }
    Err(CosimError::Command { what: what.into(), command: command_line(command), output })
}
