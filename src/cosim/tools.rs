//! Finds the programs that co-simulation needs and says how to install what is missing.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::error::{CosimError, Result, ToolError};

/// The script that installs every program named here; `sh` runs it.
pub const SETUP_SCRIPT: &str = include_str!("../../scripts/setup.sh");

const SETUP: &str = "sh scripts/setup.sh";

/// Version of Verilator, such as 5.006 or 5.052.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Before the point.
    pub major: u32,
    /// After the point; three digits when printed.
    pub minor: u32,
}

impl Version {
    /// Reads the answer to `verilator --version`.
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.split_whitespace().skip_while(|w| *w != "Verilator").nth(1)?;
        let (major, minor) = number.split_once('.')?;
        Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:03}", self.major, self.minor)
    }
}

/// An installed Verilator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verilator {
    /// The program.
    pub path: PathBuf,
    /// Its version.
    pub version: Version,
    /// The whole answer to `--version`.
    pub version_text: String,
    /// Directory that holds `include/verilated.cpp`.
    pub root: PathBuf,
}

impl Verilator {
    /// The one named by `MEMGAN_VERILATOR`, else that on `PATH`, else the newest that `scripts/setup.sh` has installed.
    pub fn find() -> Result<Self> {
        if let Some(path) = env::var_os("MEMGAN_VERILATOR") {
            return Ok(Self::at(Path::new(&path))?);
        }
        match Self::at(Path::new("verilator")) {
            Ok(found) => Ok(found),
            Err(missing) => Self::installed().pop().ok_or_else(|| missing.into()),
        }
    }

    /// Every Verilator there is, oldest first, one for each version.
    pub fn all() -> Vec<Self> {
        let mut found: Vec<Self> = Self::find().into_iter().chain(Self::at(Path::new("verilator"))).collect();
        found.extend(Self::installed());
        found.sort_by_key(|v| v.version);
        found.dedup_by_key(|v| v.version);
        found
    }

    /// Those in [`tool_dir`], oldest first.
    fn installed() -> Vec<Self> {
        let entries = std::fs::read_dir(tool_dir()).into_iter().flatten().flatten();
        let mut found: Vec<Self> = entries
            .filter(|e| e.file_name().to_string_lossy().starts_with("verilator-"))
            .filter_map(|e| Self::at(&e.path().join("bin/verilator")).ok())
            .collect();
        found.sort_by_key(|v| v.version);
        found
    }

    /// The one with this path or this name on `PATH`.
    pub fn at(path: &Path) -> std::result::Result<Self, ToolError> {
        let error = |problem: String| ToolError {
            tool: "verilator".into(),
            problem,
            tried: format!("{} --version, and {}", path.display(), tool_dir().join("verilator-*").display()),
            install: format!("apt-get install verilator, or the newest with {SETUP}"),
        };
        let text = answer(path, &["--version"]).map_err(error)?;
        let version = Version::parse(&text)
            .ok_or_else(|| error(format!("it does not tell its version but {:?}", text.trim())))?;
        if version < (Version { major: 5, minor: 6 }) {
            return Err(error(format!("version {version} is too old, 5.006 is the oldest that works")));
        }
        let root = answer(path, &["--getenv", "VERILATOR_ROOT"]).map_err(error)?;
        let root = PathBuf::from(root.trim());
        if !root.join("include/verilated.cpp").is_file() {
            return Err(error(format!("{} has no include/verilated.cpp", root.display())));
        }
        Ok(Self { path: path.to_path_buf(), version, version_text: text.trim().to_string(), root })
    }
}

/// A program without version requirements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The program.
    pub path: PathBuf,
    /// First line of its answer to its version option.
    pub version: String,
}

impl Tool {
    /// The C++ compiler: `CXX`, else `g++`, `c++` or `clang++`.
    pub fn cxx() -> std::result::Result<Self, ToolError> {
        let named = env::var("CXX").ok().filter(|c| !c.is_empty());
        let names = named.iter().map(String::as_str).chain(["g++", "c++", "clang++"]);
        Self::first("a C++ compiler", names, "--version", "g++")
    }

    /// `iverilog`, the compiler of Icarus Verilog.
    pub fn iverilog() -> std::result::Result<Self, ToolError> {
        Self::first("iverilog", ["iverilog"], "-V", "iverilog")
    }

    /// `vvp`, which runs what [`Tool::iverilog`] has compiled.
    pub fn vvp() -> std::result::Result<Self, ToolError> {
        Self::first("vvp", ["vvp"], "-V", "iverilog")
    }

    /// `yosys`.
    pub fn yosys() -> std::result::Result<Self, ToolError> {
        Self::first("yosys", ["yosys"], "-V", "yosys")
    }

    /// `ngspice`.
    pub fn ngspice() -> std::result::Result<Self, ToolError> {
        Self::first("ngspice", ["ngspice"], "--version", "ngspice")
    }

    fn first<'a>(
        tool: &str,
        names: impl IntoIterator<Item = &'a str>,
        option: &str,
        package: &str,
    ) -> std::result::Result<Self, ToolError> {
        let mut tried = Vec::new();
        let mut problem = String::new();
        for name in names {
            match answer(Path::new(name), &[option]) {
                Ok(text) => {
                    let version = text.lines().next().unwrap_or_default().trim().to_string();
                    return Ok(Self { path: name.into(), version });
                }
                Err(cause) => problem = cause,
            }
            tried.push(format!("{name} {option}"));
        }
        let install = format!("apt-get install {package}, or {SETUP}");
        Err(ToolError { tool: tool.into(), problem, tried: tried.join(", "), install })
    }
}

/// What builds a model.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// Turns Verilog into C++.
    pub verilator: Verilator,
    /// Compiles the C++.
    pub cxx: Tool,
}

impl Toolchain {
    /// The default Verilator and compiler.
    pub fn find() -> Result<Self> {
        Self::with(Verilator::find()?)
    }

    /// A given Verilator and the default compiler.
    pub fn with(verilator: Verilator) -> Result<Self> {
        Ok(Self { verilator, cxx: Tool::cxx()? })
    }
}

/// Where `scripts/setup.sh` unpacks tools: `MEMGAN_CACHE`, else `memgan` in the user's cache directory.
pub fn tool_dir() -> PathBuf {
    let set = |name| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("MEMGAN_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|d| d.join("memgan")))
        .or_else(|| set("HOME").map(|d| d.join(".cache/memgan")))
        .unwrap_or_else(|| env::temp_dir().join("memgan"))
}

/// Where models are built: `memgan-cosim` in cargo's target directory when cargo runs the program, else in [`tool_dir`].
pub fn build_dir() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map(PathBuf::from)
        .or_else(|| env::var_os("CARGO_MANIFEST_DIR").map(|d| Path::new(&d).join("target")));
    target.map_or_else(|| tool_dir().join("cosim"), |t| t.join("memgan-cosim"))
}

fn answer(path: &Path, args: &[&str]) -> std::result::Result<String, String> {
    let output = Command::new(path).args(args).output().map_err(|e| format!("it does not start ({e})"))?;
    if !output.status.success() {
        return Err(format!("it ends with {}: {}", output.status, all_output(&output).trim()));
    }
    Ok(all_output(&output))
}

/// Standard output and error of a program as text.
pub(super) fn all_output(output: &Output) -> String {
    let text = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// A command line as one would type it.
pub(super) fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Runs a command and returns all it printed, or an error with it.
pub(super) fn run(what: &str, command: &mut Command) -> Result<String> {
    let line = command_line(command);
    let fail = |output: String| CosimError::Command { what: what.into(), command: line.clone(), output };
    let output = command.output().map_err(|e| fail(e.to_string()))?;
    let text = all_output(&output);
    if output.status.success() { Ok(text) } else { Err(fail(text)) }
}
