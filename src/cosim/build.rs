//! Turns Verilog into a shared library that [`Model`](super::Model) and [`Driver`](super::Driver) load.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest, Sha256};

use super::compile::{Compiler, hex, lock, units};
use super::error::{CosimError, Result};
use super::ffi::ABI;
use super::ports::{Direction, HeaderSpec, Port, Reset, parse_header, ports_header};
use super::tools::{Toolchain, build_dir, run};

/// The class that Verilator makes of the top module.
const CLASS: &str = "Vdut";
/// Verilator splits the C++ of large designs into files of about this many operations.
const SPLIT: &str = "20000";

/// Part of every cache key; raise it when a model would be built differently from the same options.
const RECIPE: u32 = 2;

/// The harness, which is compiled with every model.
const SHIM: &[(&str, &str)] = &[
    ("sim.h", include_str!("../../testbenches/shim/sim.h")),
    ("shim.cpp", include_str!("../../testbenches/shim/shim.cpp")),
    ("taps.h", include_str!("../../testbenches/shim/taps.h")),
    ("driver.h", include_str!("../../testbenches/shim/driver.h")),
    ("driver.cpp", include_str!("../../testbenches/shim/driver.cpp")),
];

/// Whether and how a model can write a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trace {
    /// It cannot, and runs fastest.
    #[default]
    Off,
    /// FST if its libraries are installed, else VCD.
    Auto,
    /// Value change dump.
    Vcd,
    /// Fast signal trace: a tenth of the size.
    Fst,
}

/// How much the C++ compiler optimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Optimise {
    /// For the shortest build: a model that runs few cycles.
    Build,
    /// For speed.
    #[default]
    Run,
}

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildSpec {
    /// Top module.
    pub top: String,
    /// Verilog files.
    pub sources: Vec<PathBuf>,
    /// Directories for `` `include ``.
    pub include_dirs: Vec<PathBuf>,
    /// Macros and their values.
    pub defines: BTreeMap<String, String>,
    /// Parameters of the top module.
    pub parameters: BTreeMap<String, String>,
    /// Clock port; `None` takes `clk_i` if there is one.
    pub clock: Option<String>,
    /// Reset port; `None` takes `rst_ni` if there is one.
    pub reset: Option<Reset>,
    /// Trace support.
    pub trace: Trace,
    /// Whether the top module has the ports of a whole design and gets the design driver.
    pub driver: bool,
    /// C++ files to compile and link in addition.
    pub extra_cpp: Vec<PathBuf>,
    /// Whether Verilator's warnings are errors.
    pub strict: bool,
    /// C++ optimisation.
    pub optimise: Optimise,
    /// Where results are kept.
    pub cache_dir: PathBuf,
}

impl BuildSpec {
    /// A block with usual clock and reset, no trace, in the default cache.
    pub fn new(top: impl Into<String>, sources: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self {
            top: top.into(),
            sources: sources.into_iter().map(Into::into).collect(),
            include_dirs: Vec::new(),
            defines: BTreeMap::new(),
            parameters: BTreeMap::new(),
            clock: None,
            reset: None,
            trace: Trace::Off,
            driver: false,
            extra_cpp: Vec::new(),
            strict: true,
            optimise: Optimise::Run,
            cache_dir: build_dir(),
        }
    }

    /// A whole design, which [`Driver`](super::Driver) drives.
    pub fn design(top: impl Into<String>, sources: impl IntoIterator<Item = impl Into<PathBuf>>) -> Self {
        Self { driver: true, ..Self::new(top, sources) }
    }

    /// Sets the trace support.
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// Sets a macro.
    pub fn define(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.defines.insert(name.into(), value.into());
        self
    }

    /// Sets a parameter of the top module.
    pub fn parameter(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }
}

/// A model that was built, now or earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerilatedModel {
    /// The shared library.
    pub library: PathBuf,
    /// Whether it was there before.
    pub cached: bool,
}

impl VerilatedModel {
    /// Builds with the default tools.
    pub fn build(spec: &BuildSpec) -> Result<Self> {
        Self::build_with(spec, &Toolchain::find()?)
    }

    /// Builds with given tools, or returns what an equal call has built. Callers may run at the same time.
    pub fn build_with(spec: &BuildSpec, tools: &Toolchain) -> Result<Self> {
        fs::create_dir_all(&spec.cache_dir).map_err(CosimError::io(&spec.cache_dir))?;
        let cache = fs::canonicalize(&spec.cache_dir).map_err(CosimError::io(&spec.cache_dir))?;
        let compiler = Compiler { tools, trace: trace_kind(spec, tools, &cache)? };
        let key = key(spec, &compiler)?;
        let dir = cache.join(format!("{}-{}", spec.top, &key[..24]));
        let library = dir.join("model.so");
        if library.is_file() {
            return Ok(Self { library, cached: true });
        }
        let _lock = lock(&cache.join(format!("{}-{}.lock", spec.top, &key[..24])))?;
        if library.is_file() {
            return Ok(Self { library, cached: true });
        }
        let temp = tempfile::Builder::new().prefix("build-").tempdir_in(&cache).map_err(CosimError::io(&cache))?;
        build_in(temp.path(), spec, &compiler, &cache)?;
        fs::rename(temp.path(), &dir).map_err(CosimError::io(&dir))?;
        Ok(Self { library, cached: false })
    }
}

/// 0 none, 1 VCD, 2 FST.
fn trace_kind(spec: &BuildSpec, tools: &Toolchain, cache: &Path) -> Result<u32> {
    let fst = || -> Result<bool> {
        let scratch = tempfile::tempdir_in(cache).map_err(CosimError::io(cache))?;
        Compiler { tools, trace: 2 }.can_write_fst(scratch.path())
    };
    Ok(match spec.trace {
        Trace::Off => 0,
        Trace::Vcd => 1,
        Trace::Fst => 2,
        Trace::Auto if fst()? => 2,
        Trace::Auto => 1,
    })
}

/// SHA-256 of everything the library depends on.
fn key(spec: &BuildSpec, compiler: &Compiler) -> Result<String> {
    let mut hash = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_le_bytes());
        hash.update(bytes);
    };
    add(compiler.identity().as_bytes());
    for (name, text) in SHIM {
        add(name.as_bytes());
        add(text.as_bytes());
    }
    let harness = (ABI, RECIPE, &spec.clock, &spec.reset, spec.driver, spec.optimise);
    add(format!("{harness:?} {:?}", options(spec, compiler.trace)).as_bytes());
    let mut files: Vec<PathBuf> = spec.sources.iter().chain(&spec.extra_cpp).cloned().collect();
    for dir in &spec.include_dirs {
        let mut found: Vec<PathBuf> = fs::read_dir(dir)
            .map_err(CosimError::io(dir))?
            .flatten()
            .map(|e| e.path())
            .filter(|p| p.is_file())
            .collect();
        found.sort();
        files.extend(found);
    }
    for file in &files {
        add(file.file_name().unwrap_or_default().as_encoded_bytes());
        add(&fs::read(file).map_err(CosimError::io(file))?);
    }
    Ok(hex(&hash.finalize()))
}

fn build_in(dir: &Path, spec: &BuildSpec, compiler: &Compiler, cache: &Path) -> Result<()> {
    run("verilator", &mut verilate(dir, spec, compiler))?;
    let header = dir.join(format!("{CLASS}.h"));
    let ports = parse_header(&fs::read_to_string(&header).map_err(CosimError::io(&header))?)?;
    let write = |name: &str, text: &str| {
        let path = dir.join(name);
        fs::write(&path, text).map_err(CosimError::io(&path))
    };
    write("mg_ports.h", &ports_text(spec, compiler, &ports)?)?;
    let driver = if spec.driver { "#include \"driver.cpp\"\n" } else { "" };
    let optimise = match spec.optimise {
        Optimise::Build => "-O1",
        Optimise::Run => "-O2",
    };
    let mut sources = units(dir, &format!("#include \"shim.cpp\"\n{driver}"), optimise)?;
    // After the generated files have been listed: the shim's are included, not compiled.
    for (name, text) in SHIM {
        write(name, text)?;
    }
    for (i, file) in spec.extra_cpp.iter().enumerate() {
        let text = fs::read_to_string(file).map_err(CosimError::io(file))?;
        let name = format!("extra{i}.cc");
        write(&name, &text)?;
        sources.push((dir.join(name), "-O2"));
    }
    let makefile = dir.join(format!("{CLASS}_classes.mk"));
    let names = runtime_names(&fs::read_to_string(&makefile).map_err(CosimError::io(&makefile))?);
    let mut objects = compiler.runtime(&names, cache)?;
    let own = compiler.objects(&sources)?;
    objects.extend_from_slice(&own);
    compiler.link(&objects, &dir.join("model.so"))?;
    own.iter().try_for_each(|o| fs::remove_file(o).map_err(CosimError::io(o)))
}

fn verilate(dir: &Path, spec: &BuildSpec, compiler: &Compiler) -> Command {
    let mut command = Command::new(&compiler.tools.verilator.path);
    command.arg("--cc").args(options(spec, compiler.trace)).arg("--Mdir").arg(dir);
    command.args(spec.include_dirs.iter().map(|d| format!("-I{}", d.display())));
    command.args(&spec.sources);
    command
}

/// What Verilator is told, without paths.
fn options(spec: &BuildSpec, trace: u32) -> Vec<String> {
    let fixed =
        ["--prefix", CLASS, "--top-module", &spec.top, "-O3", "--assert", "--x-assign", "fast", "--x-initial", "0"];
    let split = ["--output-split", SPLIT, "--output-split-cfuncs", SPLIT];
    let mut options: Vec<String> = fixed.iter().chain(&split).map(|o| (*o).to_string()).collect();
    if !spec.strict {
        options.push("-Wno-fatal".into());
    }
    options
        .extend(["", "--trace", "--trace-fst"].get(trace as usize).filter(|o| !o.is_empty()).map(|o| (*o).to_string()));
    options.extend(spec.defines.iter().map(|(n, v)| format!("-D{n}={v}")));
    options.extend(spec.parameters.iter().map(|(n, v)| format!("-G{n}={v}")));
    options
}

fn ports_text(spec: &BuildSpec, compiler: &Compiler, ports: &[Port]) -> Result<String> {
    let usual = |name: &str| ports.iter().any(|p| p.name == name && p.direction == Direction::Input);
    let clock = spec.clock.as_deref().or_else(|| usual("clk_i").then_some("clk_i"));
    let reset = Reset { port: "rst_ni".into(), active_high: false };
    let reset = spec.reset.as_ref().or_else(|| usual("rst_ni").then_some(&reset));
    ports_header(&HeaderSpec { class: CLASS, clock, reset, trace: compiler.trace, abi: ABI }, ports)
}

/// The parts of Verilator's runtime that a model needs, from the makefile that Verilator writes.
fn runtime_names(makefile: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut inside = false;
    for line in makefile.lines() {
        if line.contains("+=") {
            inside = line.starts_with("VM_GLOBAL_");
        } else if inside {
            names.extend(line.trim().trim_end_matches('\\').split_whitespace().map(str::to_string));
        }
        inside &= line.ends_with('\\');
    }
    names
}
