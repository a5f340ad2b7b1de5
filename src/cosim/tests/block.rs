use std::fs;
use std::path::Path;

use super::{Random, source, toolchains};
use crate::cosim::tools::{Toolchain, Verilator, Version};
use crate::cosim::{BuildSpec, CosimError, Model, Optimise, Trace, TraceWindow, VerilatedModel};

fn spec() -> BuildSpec {
    BuildSpec::new("counter", [source("counter.v")])
}

fn build(spec: &BuildSpec, tools: &Toolchain) -> Model {
    let built = VerilatedModel::build_with(spec, tools).expect("the counter builds");
    Model::new(&built.library).expect("the counter loads")
}

/// What counter.v does, and how many of its outputs differ from the model's over random cycles.
fn differences(model: &mut Model, cycles: usize, seed: u64) -> usize {
    let outputs = ["count_o", "sum_o", "long_o", "total_o", "small_o"];
    let layout = model.layout_of(&["en_i", "step_i", "long_i", "wide_i"], &outputs).expect("ports");
    assert_eq!((layout.input_words(), layout.output_words()), (8, 10));
    let mut random = Random(seed);
    let inputs: Vec<u32> = (0..8 * cycles).map(|_| random.next() as u32).collect();
    let outputs = model.run_vectors(&layout, &inputs, cycles).expect("the vectors run");
    let (mut count, mut total) = (0_u32, 0_u128);
    let mut wrong = 0;
    for (i, o) in inputs.chunks(8).zip(outputs.chunks(10)) {
        let wide = |w: &[u32]| w.iter().rev().fold(0_u128, |v, w| v << 32 | u128::from(*w));
        let long = |w: &[u32]| wide(&w[..2]) as u64;
        // Bits above a port's width must not matter: they are random here.
        let (enable, step, add) = (i[0] & 1 == 1, i[1] & 0xfff, wide(&i[4..8]) & ((1 << 100) - 1));
        let sum = u64::from(count) + u64::from(step);
        let small = u32::from(add < 1 << 99) << 1 | u32::from(step < 0x800);
        let expected = (count, sum, !long(&i[2..4]), total, small);
        wrong += usize::from(expected != (o[0], long(&o[1..3]), long(&o[3..5]), wide(&o[5..9]), o[9]));
        if enable {
            count = count.wrapping_add(step);
            total = (total + add) & ((1 << 100) - 1);
        }
    }
    wrong
}

#[test]
fn random_vectors_agree_with_the_model_on_every_verilator() {
    for tools in toolchains() {
        let mut model = build(&spec(), &tools);
        model.reset().expect("reset");
        assert_eq!(differences(&mut model, 20_000, 1), 0, "{}", tools.verilator.version_text);
        assert_eq!(model.cycle(), 20_004);
        let mut broken = build(&spec().define("BROKEN", "1"), &tools);
        broken.reset().expect("reset");
        assert!(differences(&mut broken, 100, 1) > 50, "the check must be able to fail");
    }
}

#[test]
fn single_ports_and_cycles() {
    for tools in toolchains() {
        let mut model = build(&spec(), &tools);
        model.reset().expect("reset");
        let step = model.port("step_i").expect("port");
        model.poke("en_i", 1).expect("poke");
        model.poke_id(step, 0xabc).expect("poke");
        model.poke_wide("wide_i", &[0xffff_ffff, 0, 0, 0xf]).expect("poke");
        model.poke("long_i", 0x0123_4567_89ab_cdef).expect("poke");
        model.eval().expect("eval");
        assert_eq!(model.peek("sum_o").expect("peek"), 0xabc);
        assert_eq!(model.peek("long_o").expect("peek"), !0x0123_4567_89ab_cdef_u64);
        model.tick(3).expect("tick");
        assert_eq!(model.peek("count_o").expect("peek"), 3 * 0xabc);
        assert_eq!(model.peek_wide("total_o").expect("peek"), [0xffff_fffd, 2, 0, 0xd]);
        model.reset().expect("reset");
        assert_eq!(model.peek("count_o").expect("peek"), 0);
        assert_eq!(model.cycle(), 4 + 3 + 4);
    }
}

#[test]
fn wrong_use_of_ports_is_refused() {
    let mut model = build(&spec(), &toolchains()[0]);
    let text = model.poke("enable_i", 1).expect_err("no such port").to_string();
    assert!(text.contains("enable_i") && text.contains("en_i, "), "{text}");
    assert!(model.poke("step_i", 0x1000).is_err(), "13 bits into 12");
    assert!(model.poke("count_o", 0).is_err(), "an output");
    assert!(model.poke_wide("wide_i", &[0; 3]).is_err(), "too few words");
    assert!(model.peek("total_o").is_err(), "100 bits into 64");
    assert!(model.layout_of(&["clk_i"], &[]).is_err(), "the clock is the model's");
    let layout = model.layout();
    assert!(model.run_vectors(&layout, &[0; 7], 1).is_err(), "too few words");
    let other = BuildSpec { clock: Some("clock".into()), ..spec() };
    let text = VerilatedModel::build(&other).expect_err("no such clock").to_string();
    assert!(text.contains("`clock`"), "{text}");
}

#[test]
fn equal_builds_are_built_once() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = dir.path().join("block.v");
    let text = fs::read_to_string(source("counter.v")).expect("source");
    fs::write(&file, &text).expect("write");
    let cache_dir = dir.path().join("cache");
    let spec = BuildSpec { cache_dir, optimise: Optimise::Build, ..BuildSpec::new("counter", [&file]) };
    let tools = &toolchains()[0];
    let built: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(|| VerilatedModel::build_with(&spec, tools))).collect();
        threads.into_iter().map(|t| t.join().expect("no panic").expect("it builds")).collect()
    });
    assert_eq!(built.iter().filter(|b| !b.cached).count(), 1, "one builds, the others wait for it");
    assert!(built.iter().all(|b| b.library == built[0].library));
    Model::new(&built[0].library).expect("it loads");
    let start = std::time::Instant::now();
    assert!(VerilatedModel::build_with(&spec, tools).expect("cached").cached);
    assert!(start.elapsed().as_secs_f64() < 0.5);
    let left = fs::read_dir(&spec.cache_dir).expect("cache").flatten();
    assert!(
        !left.into_iter().any(|e| e.file_name().to_string_lossy().starts_with("build-")),
        "nothing half built is left"
    );

    fs::write(&file, text.replace("~long_i", "long_i")).expect("write");
    let changed = VerilatedModel::build_with(&spec, tools).expect("it builds");
    assert!(!changed.cached && changed.library != built[0].library, "another text is another model");
    let other = VerilatedModel::build_with(&spec.clone().define("BROKEN", "1"), tools).expect("it builds");
    assert!(!other.cached, "another macro is another model");
}

#[test]
fn messages_of_the_tools_reach_the_caller() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = dir.path().join("bad.v");
    fs::write(&file, "module bad(input a, output b);\n  assign b = c + ;\nendmodule\n").expect("write");
    let error = VerilatedModel::build(&BuildSpec::new("bad", [&file])).expect_err("a syntax error");
    let text = error.to_string();
    assert!(text.contains("bad.v:2") && text.contains("--cc"), "{text}");
    assert!(!error.is_missing_tool());
}

#[test]
fn a_missing_tool_is_named_with_the_command_that_installs_it() {
    let missing = Verilator::at(Path::new("/nonexistent/verilator")).expect_err("not there");
    let text = missing.to_string();
    assert!(text.contains("/nonexistent/verilator --version") && text.contains("apt-get install verilator"), "{text}");
    assert!(CosimError::from(missing).is_missing_tool());
    let silent = Verilator::at(Path::new("true")).expect_err("tells no version");
    assert!(silent.to_string().contains("does not tell its version"), "{silent}");
}

#[test]
fn versions_are_read_and_ordered() {
    let debian = Version::parse("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)").expect("a version");
    let newest = Version::parse("Verilator 5.052 2026-09-05 rev v5.052").expect("a version");
    assert!(debian < newest && newest.to_string() == "5.052");
    assert_eq!(Version::parse("Verilator rev UNKNOWN"), None);
}

#[test]
fn a_trace_holds_the_cycles_of_its_window() {
    for tools in toolchains() {
        for trace in [Trace::Vcd, Trace::Auto] {
            let dir = tempfile::tempdir().expect("temporary directory");
            let mut model = build(&spec().trace(trace), &tools);
            let extension = model.trace_extension().expect("it can trace");
            let file = |n: u32| dir.path().join(format!("{n}.{extension}"));
            model.trace_open(&file(0), TraceWindow { start: 6, stop: 9 }).expect("open");
            model.reset().expect("reset");
            model.poke("en_i", 1).expect("poke");
            model.poke("step_i", 1).expect("poke");
            model.tick(20).expect("tick");
            model.trace_open(&file(1), TraceWindow::ALL).expect("open again");
            model.tick(2).expect("tick");
            model.trace_close();
            assert!(fs::metadata(file(1)).expect("second trace").len() > 100);
            let text = fs::read(file(0)).expect("first trace");
            assert!(text.len() > 100, "{extension} of {}", tools.verilator.version_text);
            if extension == "vcd" {
                let text = String::from_utf8(text).expect("VCD is text");
                let times: Vec<&str> = text.lines().filter(|l| l.starts_with('#')).collect();
                assert_eq!(times, ["#60", "#65", "#70", "#75", "#80", "#85"]);
            }
        }
        let mut model = build(&spec(), &tools);
        assert_eq!(model.trace_extension(), None);
        assert!(model.trace_open(Path::new("/tmp/never.vcd"), TraceWindow::ALL).is_err());
    }
}

#[test]
fn a_block_without_clock_only_settles() {
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = dir.path().join("inverter.v");
    fs::write(&file, "module inverter(input [7:0] a, output [7:0] y);\n  assign y = ~a;\nendmodule\n").expect("write");
    let built = VerilatedModel::build_with(&BuildSpec::new("inverter", [&file]), &toolchains()[0]).expect("it builds");
    let mut model = Model::new(&built.library).expect("it loads");
    let layout = model.layout();
    assert_eq!(model.run_vectors(&layout, &[0x00, 0x5a, 0xff], 3).expect("vectors"), [0xff, 0xa5, 0x00]);
}

#[test]
fn a_large_model_is_compiled_in_parts() {
    const STAGES: u32 = 700;
    let factor = |i: u32| i.wrapping_mul(2_654_435_761) | 1;
    let mut text =
        String::from("module chain(input clk_i, input [31:0] d_i, output [31:0] q_o);\n  wire [31:0] r0 = d_i;\n");
    for i in 1..=STAGES {
        let (before, factor, shift) = (i - 1, factor(i), i % 13 + 1);
        text += &format!("  reg [31:0] r{i};\n");
        text += &format!(
            "  always @(posedge clk_i) r{i} <= (r{before} * 32'd{factor}) ^ {{r{before} >> {shift}}} ^ r{i};\n"
        );
    }
    text += &format!("  assign q_o = r{STAGES};\nendmodule\n");
    let dir = tempfile::tempdir().expect("temporary directory");
    let file = dir.path().join("chain.v");
    fs::write(&file, text).expect("write");
    for tools in toolchains() {
        let spec = BuildSpec { optimise: Optimise::Build, ..BuildSpec::new("chain", [&file]) };
        let built = VerilatedModel::build_with(&spec, &tools).expect("it builds");
        assert!(built.library.with_file_name("unit1.cc").is_file(), "it should be large enough to be split");
        let mut model = Model::new(&built.library).expect("it loads");
        let (mut random, mut registers) = (Random(31), vec![0_u32; STAGES as usize + 1]);
        let inputs: Vec<u32> = (0..2000).map(|_| random.next() as u32).collect();
        let layout = model.layout();
        for (input, output) in inputs.iter().zip(model.run_vectors(&layout, &inputs, 2000).expect("vectors")) {
            assert_eq!(output, registers[STAGES as usize]);
            registers[0] = *input;
            for i in (1..=STAGES as usize).rev() {
                let before = registers[i - 1];
                registers[i] ^= before.wrapping_mul(factor(i as u32)) ^ before >> (i as u32 % 13 + 1);
            }
        }
    }
}
