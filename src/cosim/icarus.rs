//! A second opinion: the same Verilog in Icarus, with four-valued logic and another scheduler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::error::{CosimError, Result};
use super::ports::Direction;
use super::record::{EXPECTED_FILE, INPUTS_FILE, Recording, TESTBENCH};
use super::tools::{Tool, run};

/// Result of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replay {
    /// Every output of every cycle was as recorded.
    Pass {
        /// Compared cycles.
        cycles: u64,
    },
    /// Something differed.
    Fail {
        /// Differences in all cycles and ports.
        mismatches: u64,
        /// The first of them, `MISMATCH cycle <n> <port> got <hex> expected <hex>`.
        lines: Vec<String>,
    },
}

/// A test bench for Icarus.
#[derive(Debug, Clone)]
pub struct IcarusRun<'a> {
    /// Module without ports that starts the simulation.
    pub top: &'a str,
    /// Verilog files.
    pub sources: &'a [PathBuf],
    /// Directories for `` `include ``.
    pub include_dirs: &'a [PathBuf],
    /// Macros and their values.
    pub defines: &'a [(&'a str, &'a str)],
    /// Arguments such as `+vectors=in.hex`.
    pub plusargs: &'a [String],
}

impl IcarusRun<'_> {
    /// Compiles as Verilog-2005 and runs in `dir`; returns what the test bench printed. `$fatal` and `$stop` are errors.
    pub fn run(&self, dir: &Path) -> Result<String> {
        let (iverilog, vvp) = (Tool::iverilog()?, Tool::vvp()?);
        let program = dir.join(format!("{}.vvp", self.top));
        let mut compile = Command::new(&iverilog.path);
        compile.args(["-g2005", "-Wall", "-s", self.top, "-o"]).arg(&program);
        compile.args(self.include_dirs.iter().map(|d| format!("-I{}", d.display())));
        compile.args(self.defines.iter().map(|(n, v)| format!("-D{n}={v}")));
        run("iverilog", compile.args(self.sources))?;
        let program = fs::canonicalize(&program).map_err(CosimError::io(&program))?;
        run("vvp", Command::new(&vvp.path).current_dir(dir).arg("-N").arg(&program).args(self.plusargs))
    }
}

/// Runs `top` from `sources` with the recorded inputs and compares every output of every cycle.
///
/// `defines` must be those of the recorded model. `ignore_x`: see [`Recording::testbench`].
pub fn replay(
    recording: &Recording,
    top: &str,
    sources: &[PathBuf],
    defines: &[(&str, &str)],
    ignore_x: &[&str],
) -> Result<Replay> {
    let dir = tempfile::tempdir().map_err(CosimError::io(Path::new("the temporary directory")))?;
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).map_err(CosimError::io(&path)).map(|()| path)
    };
    write(INPUTS_FILE, &recording.hex(Direction::Input))?;
    write(EXPECTED_FILE, &recording.hex(Direction::Output))?;
    let mut files = sources.to_vec();
    files.push(write("testbench.v", &recording.testbench(top, ignore_x)?)?);
    let text =
        IcarusRun { top: TESTBENCH, sources: &files, include_dirs: &[], defines, plusargs: &[] }.run(dir.path())?;
    verdict(&text)
}

fn verdict(text: &str) -> Result<Replay> {
    let count = |line: &str, word: &str| line.strip_prefix(word)?.split_whitespace().next()?.parse().ok();
    for line in text.lines() {
        if let Some(cycles) = count(line, "PASS ") {
            return Ok(Replay::Pass { cycles });
        }
        if let Some(mismatches) = count(line, "FAIL ") {
            let lines = text.lines().filter(|l| l.starts_with("MISMATCH ")).map(str::to_string).collect();
            return Ok(Replay::Fail { mismatches, lines });
        }
    }
    Err(CosimError::Data(format!("the replay ended without a verdict:\n{text}")))
}
