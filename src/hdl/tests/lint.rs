//! Verilator, Icarus Verilog and Yosys have nothing to say about the printed text.

use super::{samples, tools};
use crate::hdl::{Module, Printer};
use std::sync::Arc;

fn silent(module: &Arc<Module>) {
    silent_in(module, &tools::complaints(module));
}

fn silent_in(module: &Arc<Module>, complaints: &str) {
    let text: String = Printer::new("0", "0").print(module.as_ref()).into_iter().map(|f| f.1).collect();
    tools::keep(&format!("{}.v", module.name()), &text);
    assert!(complaints.is_empty(), "{complaints}\n{text}");
}

#[test]
fn lanes_are_clean() {
    silent(&samples::lanes());
}

#[test]
fn parameters_are_clean() {
    silent(&samples::sram());
    silent(&samples::sram_user());
}

#[test]
fn a_model_is_clean() {
    // Yosys wants loops over constants.
    let model = samples::model();
    silent_in(&model, &tools::simulators_complain(&model));
}

#[test]
fn tools_do_complain() {
    use crate::hdl::Builder;
    let mut m = Builder::new("mg_bad", "x.rs");
    let a = m.input("a_i", 8, "");
    let y = m.output("y_o", 4, "");
    m.assign(&y, a.slice(2, 4));
    let complaints = tools::complaints(&m.finish());
    assert!(!tools::have("verilator") || complaints.contains("UNUSED"), "{complaints}");
}

#[test]
fn emission_is_fast() {
    let start = std::time::Instant::now();
    for _ in 0..100 {
        Printer::new("0", "0").print(samples::lanes().as_ref());
    }
    let each = start.elapsed() / 100;
    eprintln!("two modules, 190 lines: {each:?}");
    assert!(each.as_millis() < 20, "{each:?}");
}
