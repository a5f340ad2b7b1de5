//! Yosys synthesises every preset: no latch, no second driver, no combinational loop, no warning at all.
//!
//! The crossbar is the black box here, and the memories are, too: a user swaps them for macros, and turned into flip-flops
//! they would take more time than all the rest. They are checked by themselves, as memories, and so is the emulation of
//! the crossbar. Every distinct module is synthesised once; then the whole design is flattened, for loops through several
//! modules. Designs that are made of the same blocks in other sizes are only elaborated, not mapped to cells, unless
//! `MEMGAN_DEEP` is set: latches, drivers and loops are seen before mapping, which takes ten times as long.

use crate::common::{EIGHT, PAIR, WIDE, accumulating, schedule, update_rows};
use memgan::config::preset;
use memgan::cosim::tools::Tool;
use memgan::emit::Package;
use memgan::rtl::{CROSSBAR, CrossbarView, TOP};
use memgan::schedule::Schedule;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Latches, before and after they are mapped to cells.
const NO_LATCH: &str = "select -assert-none t:$dlatch t:$adlatch t:$dlatchsr t:$_DLATCH* t:$_DLATCHSR*";

/// Runs a script; everything that it prints is an error, or `None` where there is no Yosys.
fn yosys(script: &str) -> Option<Result<(), String>> {
    let tool = match Tool::yosys() {
        Ok(tool) => tool,
        Err(missing) => {
            eprintln!("SKIPPED: {missing}");
            return None;
        }
    };
    let output = Command::new(tool.path).args(["-q", "-p", script]).output().expect("yosys starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    Some(if output.status.success() && text.trim().is_empty() { Ok(()) } else { Err(text) })
}

fn clean(script: &str) {
    if let Some(Err(text)) = yosys(script) {
        panic!("{script}\n{text}");
    }
}

/// How far Yosys goes.
#[derive(Clone, Copy, PartialEq)]
enum Effort {
    /// Processes become registers and word-level cells.
    Elaborate,
    /// Gates and flip-flops.
    Map,
}

impl Effort {
    /// Commands between the check for latches and the check of the result; memories stay memories.
    fn commands(self, top: &str, memory: bool) -> String {
        match (self, memory) {
            (Self::Elaborate, false) => "opt_clean".into(),
            (Self::Elaborate, true) => "memory -nomap; opt_clean".into(),
            (Self::Map, false) => format!("synth -noabc -top {top}"),
            (Self::Map, true) => format!("synth -run begin:fine -top {top}"),
        }
    }
}

/// A module with a memory, up to the point where the memory would be mapped.
fn memory(file: &Path, module: &str, effort: Effort) {
    let file = file.display();
    let commands = effort.commands(module, true);
    clean(&format!(
        "read_verilog {file}; hierarchy -check -top {module}; proc; {NO_LATCH}; {commands}; check -assert; {NO_LATCH}; \
         select -assert-count 1 t:$mem_v2"
    ));
}

/// Elaborates a design, or maps it to cells in deep runs.
fn elaborate(schedule: &Schedule) {
    run(schedule, if std::env::var_os("MEMGAN_DEEP").is_some() { Effort::Map } else { Effort::Elaborate });
}

fn synthesise(schedule: &Schedule) {
    run(schedule, Effort::Map);
}

fn run(schedule: &Schedule, effort: Effort) {
    let dir = tempfile::tempdir().unwrap();
    let package = Package::new(schedule, None);
    let write = |view| -> Vec<PathBuf> {
        let write = |(path, bytes): (&str, &[u8])| {
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(&file, bytes).unwrap();
            file
        };
        package.verilog(view).into_iter().map(write).collect()
    };
    let stem = |file: &PathBuf| file.file_stem().unwrap().to_string_lossy().into_owned();
    let (memories, logic): (Vec<_>, Vec<_>) =
        write(CrossbarView::BlackBox).into_iter().partition(|f| stem(f).ends_with("_sram"));
    assert!(memories.len() >= 2, "the memories are modules of their own");
    let list = |files: &[PathBuf]| files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(" ");
    let commands = effort.commands(TOP, false);
    clean(&format!(
        "read_verilog {}; read_verilog -lib {}; hierarchy -check -top {TOP}; proc; {NO_LATCH}; {commands}; check -assert; \
         {NO_LATCH}; flatten; check -assert",
        list(&logic),
        list(&memories)
    ));
    memories.iter().for_each(|file| memory(file, &stem(file), effort));
    let emulation = write(CrossbarView::Emulation).into_iter().find(|f| stem(f) == CROSSBAR).unwrap();
    memory(&emulation, CROSSBAR, effort);
}

#[test]
fn tiny() {
    synthesise(&crate::common::training_preset("tiny"));
}

/// The rule that the preset does not have.
#[test]
fn tiny_with_gradients() {
    let text = preset("tiny").expect("a preset").text;
    synthesise(&update_rows(&accumulating(text, 8, false), 2));
}

#[test]
fn mnist_small() {
    elaborate(&crate::common::training_preset("mnist-small"));
}

/// Without training, whose blocks are those of mnist-small: with it Yosys takes minutes.
#[test]
fn am_dcgan() {
    elaborate(&crate::common::preset("am-dcgan"));
}

#[test]
fn classifiers() {
    elaborate(&crate::common::training_preset("mlp"));
    elaborate(&crate::common::training_preset("cnn"));
}

#[test]
fn odd_shapes() {
    [PAIR, EIGHT, WIDE].into_iter().for_each(|text| synthesise(&schedule(text)));
}

/// The gate itself refuses what it is there for.
#[test]
fn the_gate_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let loops = "wire x; leaf u_a (.a_i(x), .y_o(y_o)); leaf u_b (.a_i(y_o ^ a_i), .y_o(x)); endmodule \
                 module leaf (input wire a_i, output wire y_o); assign y_o = ~a_i;";
    for (what, port, body) in [
        ("a latch", "output reg y_o", "always @* if (b_i) y_o = a_i;"),
        ("two drivers", "output wire y_o", "assign y_o = a_i; assign y_o = ~b_i;"),
        ("a loop", "output wire y_o", "wire x; assign x = y_o ^ a_i; assign y_o = x & b_i;"),
        ("a loop through modules", "output wire y_o", loops),
        ("no driver", "output wire y_o", "wire x; assign y_o = x & a_i & b_i;"),
    ] {
        let file = dir.path().join("bad.v");
        std::fs::write(&file, format!("module bad (input wire a_i, input wire b_i, {port}); {body} endmodule\n"))
            .unwrap();
        for effort in [Effort::Elaborate, Effort::Map] {
            let script = format!(
                "read_verilog {}; hierarchy -check -top bad; proc; {NO_LATCH}; {}; check -assert; {NO_LATCH}; flatten; \
                 check -assert",
                file.display(),
                effort.commands("bad", false)
            );
            if let Some(result) = yosys(&script) {
                assert!(result.is_err(), "{what} passes");
            }
        }
    }
}
