//! Array control: settle, sample, convert group after group, while the next vector loads.

use crate::config::SignedInput;
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::schedule::Schedule;
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of the read sequence.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum ArrayState {
    Idle,
    Settle,
    Sample,
    Start,
    Wait,
}

/// The read sequence as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock)]
pub struct ArrayFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    /// A vector is complete in the shadow registers.
    pub vector_ready_i: Signal<In, Bit>,
    /// The settle or sample timer is at its end.
    pub timer_end_i: Signal<In, Bit>,
    /// Lines have been driven in every phase.
    pub last_phase_i: Signal<In, Bit>,
    /// All tiles are done converting.
    pub done_i: Signal<In, Bit>,
    /// The capture registers are free, or become free in this cycle.
    pub free_i: Signal<In, Bit>,
    /// The group being converted is the read's last.
    pub last_group_i: Signal<In, Bit>,
    pub apply_o: Signal<Out, Bit>,
    pub load_settle_o: Signal<Out, Bit>,
    pub load_sample_o: Signal<Out, Bit>,
    pub sample_o: Signal<Out, Bit>,
    pub next_phase_o: Signal<Out, Bit>,
    pub adc_start_o: Signal<Out, Bit>,
    pub capture_o: Signal<Out, Bit>,
    pub next_group_o: Signal<Out, Bit>,
    /// A tile settles, samples or converts; a finished conversion that waits does not count.
    pub active_o: Signal<Out, Bit>,
    stalled: FlipFlop<Bit>,
    state: FlipFlop<ArrayState>,
}

impl Default for ArrayFsm {
    fn default() -> Self {
        Self {
            clk_i: Default::default(),
            rst_ni: Default::default(),
            vector_ready_i: Default::default(),
            timer_end_i: Default::default(),
            last_phase_i: Default::default(),
            done_i: Default::default(),
            free_i: Default::default(),
            last_group_i: Default::default(),
            apply_o: Default::default(),
            load_settle_o: Default::default(),
            load_sample_o: Default::default(),
            sample_o: Default::default(),
            next_phase_o: Default::default(),
            adc_start_o: Default::default(),
            capture_o: Default::default(),
            next_group_o: Default::default(),
            active_o: Default::default(),
            stalled: FlipFlop::new(false),
            state: FlipFlop::new(ArrayState::Idle),
        }
    }
}

impl Logic for ArrayFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.stalled.clock.next = self.clk_i.val();
        self.stalled.reset_n.next = self.rst_ni.val();
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.stalled.d.next = false;
        self.apply_o.next = false;
        self.load_settle_o.next = false;
        self.load_sample_o.next = false;
        self.sample_o.next = false;
        self.next_phase_o.next = false;
        self.adc_start_o.next = false;
        self.capture_o.next = false;
        self.next_group_o.next = false;
        self.active_o.next = false;
        match self.state.q.val() {
            ArrayState::Idle => {
                if self.vector_ready_i.val() {
                    self.apply_o.next = true;
                    self.load_settle_o.next = true;
                    self.state.d.next = ArrayState::Settle;
                }
            }
            ArrayState::Settle => {
                self.active_o.next = true;
                if self.timer_end_i.val() {
                    self.load_sample_o.next = true;
                    self.state.d.next = ArrayState::Sample;
                }
            }
            ArrayState::Sample => {
                self.active_o.next = true;
                self.sample_o.next = true;
                if self.timer_end_i.val() {
                    if self.last_phase_i.val() {
                        self.state.d.next = ArrayState::Start;
                    } else {
                        self.next_phase_o.next = true;
                        self.load_settle_o.next = true;
                        self.state.d.next = ArrayState::Settle;
                    }
                }
            }
            ArrayState::Start => {
                self.active_o.next = true;
                self.adc_start_o.next = true;
                self.state.d.next = ArrayState::Wait;
            }
            ArrayState::Wait => {
                self.active_o.next = !self.stalled.q.val();
                if self.done_i.val() {
                    if self.free_i.val() {
                        self.capture_o.next = true;
                        if self.last_group_i.val() {
                            if self.vector_ready_i.val() {
                                self.apply_o.next = true;
                                self.load_settle_o.next = true;
                                self.state.d.next = ArrayState::Settle;
                            } else {
                                self.state.d.next = ArrayState::Idle;
                            }
                        } else {
                            self.next_group_o.next = true;
                            self.state.d.next = ArrayState::Start;
                        }
                    } else {
                        self.stalled.d.next = true;
                    }
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn array_fsm() -> Arc<Module> {
    Kernel::new("memgan_array_fsm", file!(), ArrayFsm::default())
        .doc(
            "Read sequence of the tiles of the running layer: apply, settle, sample, then start and capture each \
              conversion group. The next vector is applied in the cycle in which the last group is captured.",
        )
        .contract("done_i may come any number of cycles after adc_start_o and stays high until the next one.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// The kernel with its timers and counters.
pub fn array_control(schedule: &Schedule) -> Arc<Module> {
    let c = &schedule.design.converter;
    let gw = schedule.widths.conversion as usize;
    let tw = crate::schedule::bits_for(c.settle_cycles.max(c.sample_cycles) as usize - 1).max(1) as usize;
    let two_phase = c.signed_input == SignedInput::TwoPhase;
    let mut m = Builder::new("memgan_array_control", file!());
    m.doc(
        "Drives the tiles of the running layer through reads: counts settle and sample time, phases and conversion \
           groups, and keeps track of whether the captured results are still in use.",
    );
    m.contract("release_i frees the captured group in the cycle in which it is last used.");
    m.latency("a read takes settle + sample cycles a phase, plus conversion cycles a group");
    m.clk_rst();
    m.group("Operation");
    let groups_last = m.input("groups_last_i", gw, "conversions a read - 1");
    m.group("Vector");
    let ready = m.input("vector_ready_i", 1, "");
    let apply = m.output("apply_o", 1, "shadow registers move to the lines");
    m.group("Tiles");
    let sample = m.output("sample_o", 1, "");
    let phase_out = m.output("phase_o", 1, "1: negative inputs");
    let start = m.output("adc_start_o", 1, "");
    let group_out = m.output("adc_group_o", gw, "");
    let done = m.input("done_i", 1, "");
    m.group("Results");
    let capture = m.output("capture_o", 1, "");
    let captured_out = m.output_reg("captured_o", 1, 0, "a group is captured and in use");
    let release = m.input("release_i", 1, "");
    m.group("Status");
    let active = m.output("active_o", 1, "a tile settles, samples or converts");
    let range = schedule.design.training.is_some().then(|| {
        m.group("Range of the codes of a whole read");
        let [saturated_in, upper_in] = [
            m.input("codes_saturated_i", 1, "of the group that is captured"),
            m.input("codes_upper_i", 1, "of the group that is captured"),
        ];
        let end = m.output("read_end_o", 1, "the last group of a read is captured");
        let outs = [m.output("read_saturated_o", 1, ""), m.output("read_upper_o", 1, "")];
        (end, [saturated_in, upper_in], outs)
    });

    let settle = m.localparam("SETTLE_LAST", tw, u128::from(c.settle_cycles) - 1, "settle cycles - 1");
    let window = m.localparam("SAMPLE_LAST", tw, u128::from(c.sample_cycles) - 1, "sample cycles - 1");
    let timer = m.reg("timer_q", tw, 0);
    let group = m.reg("group_q", gw, 0);
    let timer_end = m.wire("timer_end", timer.any().not());
    let last_group = m.wire("last_group", group.eq(&groups_last));
    let free = m.wire("free", captured_out.not().or(&release));
    let [load_settle, load_sample, next_phase, next_group] =
        ["load_settle", "load_sample", "next_phase", "next_group"].map(|n| m.net(n, 1));
    let last_phase = if two_phase {
        let phase = m.reg("phase_q", 1, 0);
        m.clocked(|s| {
            s.if_(&apply, |s| s.set(&phase, Expr::zero(1))).elif(&next_phase, |s| s.set(&phase, Expr::ones(1)));
        });
        m.assign(&phase_out, &phase);
        phase
    } else {
        m.assign(&phase_out, Expr::zero(1));
        m.unused("unused_next_phase", std::slice::from_ref(&next_phase));
        Expr::ones(1)
    };
    m.assign(&group_out, &group);
    let fsm = array_fsm();
    m.inst("u_fsm", &fsm, |u| {
        u.clk_rst();
        u.connect("vector_ready_i", &ready);
        u.connect("timer_end_i", &timer_end);
        u.connect("last_phase_i", &last_phase);
        u.connect("done_i", &done);
        u.connect("free_i", &free);
        u.connect("last_group_i", &last_group);
        u.connect("apply_o", &apply);
        u.connect("load_settle_o", &load_settle);
        u.connect("load_sample_o", &load_sample);
        u.connect("sample_o", &sample);
        u.connect("next_phase_o", &next_phase);
        u.connect("adc_start_o", &start);
        u.connect("capture_o", &capture);
        u.connect("next_group_o", &next_group);
        u.connect("active_o", &active);
    });
    m.clocked(|s| {
        s.if_(&load_settle, |s| s.set(&timer, &settle))
            .elif(&load_sample, |s| s.set(&timer, &window))
            .elif(timer_end.not(), |s| s.set(&timer, timer.sub(Expr::lit(tw, 1))));
        s.if_(&apply, |s| s.set(&group, Expr::zero(gw)))
            .elif(&next_group, |s| s.set(&group, group.add(Expr::lit(gw, 1))));
        s.set(&captured_out, captured_out.and(release.not()).or(&capture));
    });
    if let Some((end, flags, outs)) = range {
        m.section("Flags of a read, collected over its groups");
        m.assign(&end, capture.and(&last_group));
        for ((name, flag), out) in ["saturated_q", "upper_q"].into_iter().zip(&flags).zip(&outs) {
            let before = m.reg(name, 1, 0);
            m.assign(out, before.or(flag));
            m.clocked(|s| {
                s.if_(&capture, |s| s.set(&before, last_group.not().and(before.or(flag))));
            });
        }
    }
    m.finish()
}
