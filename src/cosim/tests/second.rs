use std::fs;
use std::path::PathBuf;

use super::design::{Loopback, spec, start};
use super::{Random, source, toolchains};
use crate::cosim::icarus::{IcarusRun, Replay, replay};
use crate::cosim::tools::Verilator;
use crate::cosim::{BuildSpec, DriverOptions, Model, Recording, VerilatedModel, lint};

/// Random cycles of the counter, from before its reset.
fn recorded_counter() -> Recording {
    let built = VerilatedModel::build(&BuildSpec::new("counter", [source("counter.v")])).expect("it builds");
    let mut model = Model::new(&built.library).expect("it loads");
    model.record(true);
    model.reset().expect("reset");
    let layout = model.layout();
    let mut random = Random(5);
    let inputs: Vec<u32> = (0..500 * layout.input_words()).map(|_| random.next() as u32).collect();
    model.run_vectors(&layout, &inputs, 500).expect("vectors");
    model.take_recording()
}

#[test]
fn icarus_confirms_a_block_and_finds_a_changed_cycle() {
    let mut recording = recorded_counter();
    assert_eq!(recording.cycles(), 504);
    let sources = [source("counter.v")];
    let verdict = replay(&recording, "counter", &sources, &[], &[]).expect("replay");
    assert_eq!(verdict, Replay::Pass { cycles: 504 });

    let total = recording.value(321, "total_o").expect("recorded").to_vec();
    recording.set(321, "total_o", &[total[0], total[1] ^ 0x10, total[2], total[3]]).expect("recorded");
    let Replay::Fail { mismatches: 1, lines } = replay(&recording, "counter", &sources, &[], &[]).expect("replay")
    else {
        panic!("one difference must be found");
    };
    assert!(lines[0].starts_with("MISMATCH cycle 321 total_o got "), "{lines:?}");
}

#[test]
fn icarus_finds_a_broken_block() {
    let verdict = replay(&recorded_counter(), "counter", &[source("counter.v")], &[("BROKEN", "1")], &[]);
    let Replay::Fail { mismatches, lines } = verdict.expect("replay") else { panic!("it must fail") };
    assert!(mismatches > 400 && lines.len() == 20, "{mismatches} {lines:?}");
}

#[test]
fn icarus_confirms_a_whole_run() {
    let top = source("memgan_top.v");
    for tools in toolchains() {
        // Icarus elaborates the default parameters.
        let test = Loopback::new(4, 20, 23);
        let options = DriverOptions { record: true, stall_probability: 0.2, ..DriverOptions::default() };
        let mut driver = start(&spec(4), &tools, &options);
        test.prepare(&mut driver);
        driver.run(20, 1000).expect("run");
        driver.read(20, 20).expect("read");
        let recording = driver.model().take_recording();
        assert_eq!(recording.cycles() as u64, driver.cycle());
        // Memory that nobody has written is unknown in Icarus and 0 in Verilator.
        let data = ["out_data_o", "tap_data_o"];
        let verdict = replay(&recording, "memgan_top", std::slice::from_ref(&top), &[], &data).expect("replay");
        assert_eq!(verdict, Replay::Pass { cycles: driver.cycle() });
        let strict = replay(&recording, "memgan_top", std::slice::from_ref(&top), &[], &[]).expect("replay");
        assert!(matches!(strict, Replay::Fail { .. }), "unknown bits count unless told otherwise");
        let faulty =
            replay(&recording, "memgan_top", std::slice::from_ref(&top), &[("FAULT", "3")], &data).expect("replay");
        let Replay::Fail { lines, .. } = faulty else { panic!("a known wrong bit must count on these ports too") };
        assert!(lines[0].contains("tap_data_o"), "{lines:?}");
    }
}

#[test]
fn icarus_runs_a_test_bench_with_arguments() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = dir.path().join("tb.v");
    let text = "module tb;\n  reg [7:0] n;\n  initial begin\n    if (!$value$plusargs(\"n=%d\", n)) n = 8'd0;\n    \
                $display(\"n is %0d\", n);\n    $finish;\n  end\nendmodule\n";
    fs::write(&file, text).expect("write");
    let plusargs = ["+n=42".to_string()];
    let run = IcarusRun { top: "tb", sources: &[file], include_dirs: &[], defines: &[], plusargs: &plusargs };
    assert!(run.run(dir.path()).expect("it runs").contains("n is 42"));
}

#[test]
fn good_verilog_passes_every_lint() {
    for name in ["memgan_top", "counter"] {
        let sources = [source(&format!("{name}.v"))];
        for tool in Verilator::all() {
            lint::verilator(&tool, name, &sources).expect("verilator");
        }
        lint::iverilog(name, &sources).expect("iverilog");
        lint::yosys(name, &sources).expect("yosys");
    }
}

#[test]
fn each_lint_finds_what_it_is_for() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let write = |name: &str, body: &str| -> [PathBuf; 1] {
        let file = dir.path().join(format!("{name}.v"));
        let text = format!("module {name}(input clk, input [3:0] a, output reg [3:0] y);\n{body}\nendmodule\n");
        fs::write(&file, text).expect("write");
        [file]
    };
    let narrow = write("narrow", "  always @(posedge clk) y <= a[2:0];");
    for tool in Verilator::all() {
        let text = lint::verilator(&tool, "narrow", &narrow).expect_err("a width").to_string();
        assert!(text.contains("WIDTH"), "{text}");
    }
    let implicit = write("implicit", "  assign t = a[0];\n  always @(posedge clk) y <= {4{t}};");
    let text = lint::iverilog("implicit", &implicit).expect_err("an implicit net").to_string();
    assert!(text.contains("implicit"), "{text}");
    let latch = write("latch", "  always @* if (clk) y = a;");
    lint::yosys("latch", &latch).expect_err("a latch");
    let twice = write("twice", "  wire t = a[0];\n  assign t = a[1];\n  always @(posedge clk) y <= {4{t}};");
    let text = lint::yosys("twice", &twice).expect_err("two drivers").to_string();
    assert!(text.contains("multiple conflicting drivers"), "{text}");
}
