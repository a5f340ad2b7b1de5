//! The text of the blocks that only training has: clean under every Verilator there is, Icarus and Yosys.

use crate::common::{EIGHT, STEPS, WIDE, preset, print, schedule, training};
use memgan::config::UpdateRule;
use memgan::cosim::lint;
use memgan::cosim::tools::{Tool, Verilator};
use memgan::rtl::blocks::{adapt, host, loss, trainer, training_registers};
use memgan::schedule::Schedule;

fn clean(schedule: &Schedule) {
    for module in [training_registers, adapt, loss, trainer, host].map(|block| block(schedule)) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (files, name) = (print(&module, dir.path()), module.name());
        for tool in Verilator::all() {
            lint::verilator(&tool, name, &files).unwrap_or_else(|e| panic!("{}: {e}", tool.version));
        }
        for (tool, check) in [(Tool::iverilog(), lint::iverilog as fn(&str, &[_]) -> _), (Tool::yosys(), lint::yosys)] {
            match tool {
                Ok(_) => check(name, &files).unwrap_or_else(|e| panic!("{e}")),
                Err(missing) => eprintln!("SKIPPED: {missing}"),
            }
        }
    }
}

#[test]
fn gans() {
    clean(&training(&preset("tiny"), UpdateRule::Stochastic, 4));
    clean(&training(&schedule(EIGHT), UpdateRule::Accumulate, 31));
}

#[test]
fn classifiers() {
    clean(&training(&schedule(STEPS), UpdateRule::Accumulate, 1));
    clean(&training(&schedule(WIDE), UpdateRule::Stochastic, 256));
}
