//! Compiles the C++ of a model: few, large translation units, at most two at a time, and a runtime that models share.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Condvar, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::error::{CosimError, Result};
use super::tools::{Toolchain, run};

/// Compilers at work at the same time in this process.
const JOBS: usize = 2;
/// Generated text is collected into translation units of about this many bytes: parsing Verilator's headers again for
/// each of many small files costs more than compiling them.
const UNIT_BYTES: u64 = 400_000;

/// Below this all of a model is one translation unit.
const SMALL_BYTES: u64 = 100_000;

static RUNNING: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// Options for every C++ file. Symbols stay private and unique to one library, because many models with the same class
/// names live in one process.
const FLAGS: &[&str] = &[
    "-std=gnu++17",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-strict-aliasing",
    "-w",
    "-DVERILATOR=1",
    "-DVM_SC=0",
    "-DVM_COVERAGE=0",
    "-DVM_TIMING=0",
    "-DVM_VPI=0",
    "-DVM_TRACE_SAIF=0",
    "-DVL_USER_FINISH",
    "-DVL_USER_STOP",
    "-DVL_USER_FATAL",
];

/// Calls the compiler for one toolchain and one kind of trace.
pub(super) struct Compiler<'a> {
    pub tools: &'a Toolchain,
    /// 0 none, 1 VCD, 2 FST.
    pub trace: u32,
}

impl Compiler<'_> {
    /// All that decides what object files look like.
    pub fn identity(&self) -> String {
        let t = self.tools;
        let cxx = (&t.cxx.path, &t.cxx.version);
        format!("{:?} {:?} {:?} {:?}", self.flags(), cxx, t.verilator.version_text, t.verilator.root)
    }

    fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> = FLAGS.iter().map(|f| (*f).to_string()).collect();
        flags.push(format!("-DVM_TRACE={}", u8::from(self.trace != 0)));
        flags.push(format!("-DVM_TRACE_VCD={}", u8::from(self.trace == 1)));
        flags.push(format!("-DVM_TRACE_FST={}", u8::from(self.trace == 2)));
        if !self.tools.cxx.version.contains("clang") {
            flags.push("-fno-gnu-unique".into());
        }
        let include = self.tools.verilator.root.join("include");
        flags.push(format!("-I{}", include.display()));
        flags.push(format!("-I{}", include.join("vltstd").display()));
        flags
    }

    /// The compiler, at a low priority: a build must not slow down what else the machine does.
    fn command(&self) -> Command {
        let mut command = Command::new("nice");
        command.args(["-n", "10"]).arg(&self.tools.cxx.path);
        command
    }

    /// Compiles one file.
    fn object(&self, source: &Path, object: &Path, optimise: &str) -> Result<()> {
        let mut command = self.command();
        command.args(self.flags()).arg(optimise);
        if let Some(dir) = source.parent() {
            command.arg("-I").arg(dir);
        }
        command.arg("-c").arg(source).arg("-o").arg(object);
        let _slot = Slot::take();
        run("compiling a model", &mut command).map(drop)
    }

    /// Compiles `(source, optimisation)` next to their sources and returns the object files in the same order.
    pub fn objects(&self, sources: &[(PathBuf, &str)]) -> Result<Vec<PathBuf>> {
        let next = Mutex::new(0..sources.len());
        let work = || -> Result<()> {
            loop {
                let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some(i) = taken else { return Ok(()) };
                let (source, optimise) = &sources[i];
                self.object(source, &source.with_extension("o"), optimise)?;
            }
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..JOBS.min(sources.len())).map(|_| scope.spawn(work)).collect();
            workers.into_iter().try_for_each(|w| w.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
        })?;
        Ok(sources.iter().map(|(s, _)| s.with_extension("o")).collect())
    }

    /// Object files of Verilator's own runtime, built once for each version, compiler and kind of trace.
    pub fn runtime(&self, names: &[String], cache: &Path) -> Result<Vec<PathBuf>> {
        let key = hex(&Sha256::digest(self.identity().as_bytes()));
        let dir = cache.join(format!("runtime-{}", &key[..16]));
        fs::create_dir_all(&dir).map_err(CosimError::io(&dir))?;
        let _lock = lock(&dir.join("lock"))?;
        for name in names {
            let object = dir.join(format!("{name}.o"));
            if object.is_file() {
                continue;
            }
            let source = self.tools.verilator.root.join(format!("include/{name}.cpp"));
            let partial = dir.join(format!("{name}.partial.o"));
            self.object(&source, &partial, "-O2")?;
            fs::rename(&partial, &object).map_err(CosimError::io(&object))?;
        }
        Ok(names.iter().map(|n| dir.join(format!("{n}.o"))).collect())
    }

    /// Links a shared library that stays loaded once it is: unloading a Verilated model crashes at thread exit.
    pub fn link(&self, objects: &[PathBuf], library: &Path) -> Result<()> {
        let mut command = self.command();
        command.args(["-shared", "-Wl,-z,nodelete", "-o"]).arg(library).args(objects).arg("-pthread");
        if self.trace == 2 {
            command.args(fst_libraries(self.tools).iter().map(|l| format!("-l{l}")));
        }
        run("linking a model", &mut command).map(drop)
    }

    /// Whether the headers that FST needs are installed.
    pub fn can_write_fst(&self, scratch: &Path) -> Result<bool> {
        let text: String = fst_libraries(self.tools)
            .iter()
            .map(|l| format!("#include <{}.h>\n", if *l == "z" { "zlib" } else { l }))
            .collect();
        let probe = scratch.join("probe.cpp");
        fs::write(&probe, text).map_err(CosimError::io(&probe))?;
        Ok(run("probing for zlib and lz4", self.command().arg("-E").arg(&probe)).is_ok())
    }
}

/// Newer versions bring an FST writer that compresses with lz4 beside zlib.
fn fst_libraries(tools: &Toolchain) -> &'static [&'static str] {
    if tools.verilator.root.join("include/fstcpp").is_dir() { &["lz4", "z"] } else { &["z"] }
}

/// Writes files that include the generated C++ in `dir` and the harness, and returns them with their optimisation: code
/// that runs only at the start is not optimised. A small model is one file.
pub(super) fn units(dir: &Path, harness: &str, optimise: &'static str) -> Result<Vec<(PathBuf, &'static str)>> {
    let mut sources: Vec<(String, u64)> = Vec::new();
    for entry in fs::read_dir(dir).map_err(CosimError::io(dir))? {
        let entry = entry.map_err(CosimError::io(dir))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".cpp") {
            sources.push((name, entry.metadata().map_err(CosimError::io(dir))?.len()));
        }
    }
    sources.sort();
    let write = |name: String, text: String| {
        let unit = dir.join(name);
        fs::write(&unit, text).map_err(CosimError::io(&unit)).map(|()| unit)
    };
    let include = |name: &str| format!("#include \"{name}\"\n");
    if sources.iter().map(|(_, size)| size).sum::<u64>() < SMALL_BYTES {
        let text: String = sources.iter().map(|(name, _)| include(name)).collect();
        return Ok(vec![(write("model.cc".into(), format!("{harness}{text}"))?, optimise)]);
    }
    let mut units = vec![(write("harness.cc".into(), harness.into())?, "-O2")];
    for (slow, level) in [(false, optimise), (true, "-O0")] {
        let mut text = String::new();
        let mut bytes = 0;
        let chosen: Vec<_> = sources.iter().filter(|(n, _)| n.contains("__Slow") == slow).collect();
        for (i, (name, size)) in chosen.iter().enumerate() {
            text.push_str(&include(name));
            bytes += size;
            if bytes >= UNIT_BYTES || i + 1 == chosen.len() {
                let unit = write(format!("unit{}.cc", units.len()), std::mem::take(&mut text))?;
                units.push((unit, level));
                bytes = 0;
            }
        }
    }
    Ok(units)
}

/// Holds a file lock until dropped; processes and threads exclude each other.
pub(super) fn lock(path: &Path) -> Result<File> {
    let file = File::options().create(true).append(true).open(path).map_err(CosimError::io(path))?;
    file.lock().map_err(CosimError::io(path))?;
    Ok(file)
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// The right to run one compiler.
struct Slot;

impl Slot {
    fn take() -> Self {
        let (count, freed) = &RUNNING;
        let running = count.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = freed.wait_while(running, |n| *n >= JOBS).unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *RUNNING.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        RUNNING.1.notify_one();
    }
}
