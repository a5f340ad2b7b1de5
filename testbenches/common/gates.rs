//! The lint and synthesis gates, for a block by itself.

use super::print;
use memgan::cosim::lint;
use memgan::cosim::tools::{Tool, Verilator};
use memgan::hdl::Module;

/// Clean under every Verilator there is and Icarus.
pub fn lint_clean(module: &Module) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (files, name) = (print(module, dir.path()), module.name());
    let verilators = Verilator::all();
    if verilators.is_empty() {
        eprintln!("SKIPPED: Verilator is not installed, run scripts/setup.sh");
    }
    for tool in &verilators {
        lint::verilator(tool, name, &files).unwrap_or_else(|e| panic!("{}: {e}", tool.version));
    }
    match Tool::iverilog() {
        Ok(_) => lint::iverilog(name, &files).unwrap_or_else(|e| panic!("{e}")),
        Err(missing) => eprintln!("SKIPPED: {missing}"),
    }
}

/// Yosys synthesises it without a latch or a warning.
pub fn synthesis_clean(module: &Module) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let files = print(module, dir.path());
    match Tool::yosys() {
        Ok(_) => lint::yosys(module.name(), &files).unwrap_or_else(|e| panic!("{e}")),
        Err(missing) => eprintln!("SKIPPED: {missing}"),
    }
}
