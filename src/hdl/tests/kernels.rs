//! Kernels: rust-hdl's simulation and the printed text in step, the text, and what is refused.

use super::{samples, tools};
use crate::hdl::{Builder, FlipFlop, Kernel, Module, Printer};
use rust_hdl::core::prelude::*;
use rust_hdl::widgets::dff_setup;
use std::sync::Arc;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum State {
    Idle,
    Settle,
    Sample,
    Start,
    Wait,
}

/// Reads the array: apply a vector, let it settle, sample, convert group after group.
#[derive(LogicBlock, Default)]
struct Reader {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub vec_ready_i: Signal<In, Bit>,
    pub settled_i: Signal<In, Bit>,
    pub sampled_i: Signal<In, Bit>,
    pub done_i: Signal<In, Bit>,
    pub free_i: Signal<In, Bit>,
    pub last_group_i: Signal<In, Bit>,
    pub apply_o: Signal<Out, Bit>,
    pub sample_o: Signal<Out, Bit>,
    pub start_o: Signal<Out, Bit>,
    pub capture_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    state: FlipFlop<State>,
}

impl Logic for Reader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk_i, state);
        self.state.reset_n.next = self.rst_ni.val();
        self.apply_o.next = false;
        self.sample_o.next = false;
        self.start_o.next = false;
        self.capture_o.next = false;
        self.busy_o.next = self.state.q.val() != State::Idle;
        match self.state.q.val() {
            State::Idle => {
                if self.vec_ready_i.val() {
                    self.apply_o.next = true;
                    self.state.d.next = State::Settle;
                }
            }
            State::Settle => {
                if self.settled_i.val() {
                    self.state.d.next = State::Sample;
                }
            }
            State::Sample => {
                self.sample_o.next = true;
                if self.sampled_i.val() {
                    self.state.d.next = State::Start;
                }
            }
            State::Start => {
                if self.free_i.val() {
                    self.start_o.next = true;
                    self.state.d.next = State::Wait;
                }
            }
            State::Wait => {
                if self.done_i.val() && !self.last_group_i.val() {
                    self.capture_o.next = true;
                    self.state.d.next = State::Start;
                } else if self.done_i.val() {
                    self.capture_o.next = true;
                    self.state.d.next = State::Idle;
                }
            }
        }
    }
}

fn reader() -> Arc<Module> {
    Kernel::new("mg_reader", "src/hdl/tests/kernels.rs", Reader::default())
        .doc("Reads the array: applies a vector, lets it settle, samples, converts group after group.")
        .contract("`vec_ready_i` is taken in the cycle of `apply_o`.")
        .group("clk_i", "Clock and reset")
        .port("rst_ni", "asynchronous, active low")
        .group("vec_ready_i", "From the data path")
        .group("apply_o", "To the array")
        .port("busy_o", "a vector is under way")
        .finish()
}

/// A kernel with two bit registers in an array, a loop, a local net and every operator.
#[derive(LogicBlock, Default)]
struct Edges {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub line_i: Signal<In, Bit>,
    pub mask_i: Signal<In, Bit>,
    pub rise_o: Signal<Out, Bit>,
    pub fall_o: Signal<Out, Bit>,
    pub toggle_o: Signal<Out, Bit>,
    change: Signal<Local, Bit>,
    history: [FlipFlop<Bit>; 3],
}

impl Logic for Edges {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..3 {
            self.history[i].clock.next = self.clk_i.val();
            self.history[i].reset_n.next = self.rst_ni.val();
        }
        self.history[0].d.next = self.line_i.val();
        for i in 0..2 {
            self.history[i + 1].d.next = self.history[i].q.val();
        }
        self.change.next = self.history[1].q.val() != self.history[2].q.val();
        self.rise_o.next = self.change.val() && self.history[1].q.val() && !self.mask_i.val();
        self.fall_o.next = self.change.val() && (!self.history[1].q.val() || self.mask_i.val());
        self.toggle_o.next = false;
        if (self.line_i.val() == self.mask_i.val()) == self.change.val() {
            self.toggle_o.next = self.line_i.val() ^ self.history[2].q.val();
        }
    }
}

fn edges() -> Arc<Module> {
    Kernel::new("mg_edges", "src/hdl/tests/kernels.rs", Edges::default()).finish()
}

struct Random(u64);

impl Random {
    fn bit(&mut self) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 40 & 1 == 1
    }
}

fn settle<B: Block>(uut: &mut B) {
    assert!(rust_hdl::core::simulate::simulate(uut, 50), "the kernel does not settle");
}

/// Drives kernel and text with the same random inputs, with a reset in the middle, and compares all outputs every cycle.
fn in_step<B: Block>(
    module: &Arc<Module>,
    kernel: &mut B,
    set: impl Fn(&mut B, &[bool], bool, bool),
    get: impl Fn(&B) -> Vec<bool>,
) {
    let inputs: Vec<&str> =
        module.ports().iter().filter(|p| p.name().ends_with("_i")).map(|p| p.name()).skip(1).collect();
    let outputs: Vec<&str> = module.ports().iter().filter(|p| p.name().ends_with("_o")).map(|p| p.name()).collect();
    let mut bench = String::from("module bench;\n  reg clk_i, rst_ni;\n");
    inputs.iter().for_each(|name| bench += &format!("  reg {name};\n"));
    outputs.iter().for_each(|name| bench += &format!("  wire {name};\n"));
    let ports = ["clk_i", "rst_ni"].iter().chain(&inputs).chain(&outputs);
    let ports: Vec<String> = ports.map(|name| format!(".{name}({name})")).collect();
    bench += &format!("  {} dut ({});\n  initial begin\n    clk_i = 0; rst_ni = 1;\n", module.name(), ports.join(", "));
    kernel.connect_all();
    let mut random = Random(0x1234_5678_9abc_def1);
    let mut expected = Vec::new();
    for cycle in 0..2000 {
        let reset_n = cycle > 2 && cycle != 900;
        let values: Vec<bool> = inputs.iter().map(|_| random.bit()).collect();
        set(kernel, &values, false, reset_n);
        settle(kernel);
        expected.push(get(kernel).iter().map(|&b| if b { "1" } else { "0" }).collect::<Vec<_>>().join(" "));
        set(kernel, &values, true, reset_n);
        settle(kernel);
        let drive: Vec<String> = inputs.iter().zip(&values).map(|(n, &v)| format!("{n} = {};", u8::from(v))).collect();
        let show = vec!["%b"; outputs.len()].join(" ");
        bench += &format!(
            "    clk_i = 0; rst_ni = {}; {} #1 $display(\"{show}\", {}); clk_i = 1; #1;\n",
            u8::from(reset_n),
            drive.join(" "),
            outputs.join(", ")
        );
    }
    bench += "    $finish;\n  end\nendmodule\n";
    let (dir, files) = tools::write(module);
    let Some(text) = tools::simulate(dir.path(), &files, &bench) else { return };
    let lines: Vec<&str> = text.lines().filter(|l| !l.contains("finish")).collect();
    assert_eq!(lines.len(), expected.len());
    for (cycle, (line, expected)) in lines.iter().zip(&expected).enumerate() {
        assert_eq!(line, expected, "cycle {cycle}: {outputs:?}");
    }
}

#[test]
fn the_reader_runs_in_step() {
    in_step(
        &reader(),
        &mut Reader::default(),
        |k, v, clk, rst| {
            k.clk_i.next = clk.into();
            k.rst_ni.next = rst;
            k.vec_ready_i.next = v[0];
            k.settled_i.next = v[1];
            k.sampled_i.next = v[2];
            k.done_i.next = v[3];
            k.free_i.next = v[4];
            k.last_group_i.next = v[5];
        },
        |k| vec![k.apply_o.val(), k.sample_o.val(), k.start_o.val(), k.capture_o.val(), k.busy_o.val()],
    );
}

#[test]
fn the_edge_detector_runs_in_step() {
    in_step(
        &edges(),
        &mut Edges::default(),
        |k, v, clk, rst| {
            k.clk_i.next = clk.into();
            k.rst_ni.next = rst;
            k.line_i.next = v[0];
            k.mask_i.next = v[1];
        },
        |k| vec![k.rise_o.val(), k.fall_o.val(), k.toggle_o.val()],
    );
}

#[test]
fn kernels_are_clean() {
    for module in [reader(), edges(), gears()] {
        let complaints = tools::complaints(&module);
        let text = Printer::new("0", "0").text(&module);
        tools::keep(&format!("{}.v", module.name()), &text);
        assert!(complaints.is_empty(), "{complaints}\n{text}");
    }
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Side {
    Left,
    Right,
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Gear {
    Low,
    Middle,
    High,
    Spare,
    Reverse,
}

/// Two states in one bit; five states, three of which are `_`; a register that does not reset to zero.
#[derive(LogicBlock)]
struct Gears {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub up_i: Signal<In, Bit>,
    pub right_o: Signal<Out, Bit>,
    pub high_o: Signal<Out, Bit>,
    side: FlipFlop<Side>,
    gear: FlipFlop<Gear>,
}

impl Default for Gears {
    fn default() -> Self {
        Self {
            clk_i: Signal::default(),
            rst_ni: Signal::default(),
            up_i: Signal::default(),
            right_o: Signal::default(),
            high_o: Signal::default(),
            side: FlipFlop::new(Side::Right),
            gear: FlipFlop::new(Gear::Middle),
        }
    }
}

impl Logic for Gears {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk_i, side, gear);
        self.side.reset_n.next = self.rst_ni.val();
        self.gear.reset_n.next = self.rst_ni.val();
        self.right_o.next = self.side.q.val() == Side::Right;
        self.high_o.next = false;
        match self.side.q.val() {
            Side::Left => self.side.d.next = Side::Right,
            Side::Right => {
                if self.up_i.val() {
                    self.side.d.next = Side::Left;
                }
            }
        }
        match self.gear.q.val() {
            Gear::Low => {
                if self.up_i.val() {
                    self.gear.d.next = Gear::Middle;
                }
            }
            Gear::Middle => {
                if self.up_i.val() {
                    self.gear.d.next = Gear::High;
                } else {
                    self.gear.d.next = Gear::Low;
                }
            }
            _ => {
                self.high_o.next = true;
                if !self.up_i.val() {
                    self.gear.d.next = Gear::Middle;
                }
            }
        }
    }
}

fn gears() -> Arc<Module> {
    Kernel::new("mg_gears", "src/hdl/tests/kernels.rs", Gears::default()).finish()
}

#[test]
fn the_gears_run_in_step() {
    assert!(Gear::Spare != Gear::Reverse && Gear::High != Gear::Spare);
    let text = Printer::new("0", "0").text(&gears());
    assert!(text.contains("      GearHigh, GearSpare, GearReverse: begin\n"), "{text}");
    assert!(text.contains("      default: gear_d = GearMiddle;\n"), "{text}");
    in_step(
        &gears(),
        &mut Gears::default(),
        |k, v, clk, rst| {
            k.clk_i.next = clk.into();
            k.rst_ni.next = rst;
            k.up_i.next = v[0];
        },
        |k| vec![k.right_o.val(), k.high_o.val()],
    );
}

#[test]
fn a_module_instantiates_a_kernel() {
    let kernel = edges();
    let mut m = Builder::new("mg_user", "x.rs");
    m.clk_rst();
    let line = m.input("line_i", 1, "");
    let rise = m.output("rise_o", 1, "");
    m.inst("u_edges", &kernel, |u| {
        u.clk_rst();
        u.connect("line_i", &line);
        u.connect("mask_i", crate::hdl::Expr::lit(1, 0));
        u.connect("rise_o", &rise);
        u.open("fall_o");
        u.open("toggle_o");
    });
    let complaints = tools::complaints(&m.finish());
    assert!(complaints.is_empty(), "{complaints}");
}

#[derive(LogicBlock, Default)]
struct Latch {
    pub clk_i: Signal<In, Clock>,
    pub x_i: Signal<In, Bit>,
    pub y_o: Signal<Out, Bit>,
}

impl Logic for Latch {
    #[hdl_gen]
    fn update(&mut self) {
        if self.x_i.val() {
            self.y_o.next = true;
        }
    }
}

#[test]
#[should_panic(expected = "does not assign `y_o` on every path")]
fn a_latch_is_refused() {
    Kernel::new("mg_latch", "x.rs", Latch::default()).finish();
}

#[derive(LogicBlock, Default)]
struct Wide {
    pub x_i: Signal<In, Bits<4>>,
    pub y_o: Signal<Out, Bit>,
}

impl Logic for Wide {
    #[hdl_gen]
    fn update(&mut self) {
        self.y_o.next = self.x_i.val().any();
    }
}

#[test]
#[should_panic(expected = "kernel `mg_wide`: `Bits::<4>` is neither a bit nor a state enum")]
fn a_vector_is_refused() {
    Kernel::new("mg_wide", "x.rs", Wide::default()).finish();
}

#[derive(LogicBlock, Default)]
struct Unclocked {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub y_o: Signal<Out, Bit>,
    state: FlipFlop<Bit>,
}

impl Logic for Unclocked {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clk_i, state);
        self.y_o.next = self.state.q.val();
        self.state.d.next = !self.state.q.val();
    }
}

#[test]
#[should_panic(expected = "every register needs `clock` from clk_i and `reset_n` from rst_ni")]
fn a_register_without_reset_is_refused() {
    Kernel::new("mg_unclocked", "x.rs", Unclocked::default()).finish();
}

#[derive(LogicBlock, Default)]
struct Arithmetic {
    pub x_i: Signal<In, Bit>,
    pub y_o: Signal<Out, Bit>,
}

#[expect(clippy::bool_comparison, reason = "the order is what the kernel must refuse")]
impl Logic for Arithmetic {
    #[hdl_gen]
    fn update(&mut self) {
        self.y_o.next = self.x_i.val() > false;
    }
}

#[test]
#[should_panic(expected = "kernel `mg_arithmetic`: the expression")]
fn an_order_is_refused() {
    Kernel::new("mg_arithmetic", "x.rs", Arithmetic::default()).finish();
}

#[test]
fn rust_hdl_prints_the_same_modules() {
    let text = generate_verilog_unchecked(samples::lanes().as_ref());
    assert!(text.contains("module mg_lane (") && text.contains("module mg_lanes ("), "{text}");
}
