//! Pulse control: the four phases of a position, for word lines and bit lines that hold -1, 0 or 1.

use super::lanes::Sizes;
use super::training_registers::pulse_bits;
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::schedule::Schedule;
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of the pulse sequence.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum PulseState {
    Idle,
    Phase,
    Wait,
}

/// The pulse sequence as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock)]
pub struct PulseFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    /// Both vectors are complete in the shadow registers.
    pub vectors_ready_i: Signal<In, Bit>,
    /// The phase has word lines and bit lines.
    pub phase_used_i: Signal<In, Bit>,
    pub last_phase_i: Signal<In, Bit>,
    /// All tiles have ended the pulse.
    pub done_i: Signal<In, Bit>,
    pub apply_o: Signal<Out, Bit>,
    pub pulse_start_o: Signal<Out, Bit>,
    pub next_phase_o: Signal<Out, Bit>,
    pub position_end_o: Signal<Out, Bit>,
    pub active_o: Signal<Out, Bit>,
    state: FlipFlop<PulseState>,
}

impl Default for PulseFsm {
    fn default() -> Self {
        Self {
            clk_i: Default::default(),
            rst_ni: Default::default(),
            vectors_ready_i: Default::default(),
            phase_used_i: Default::default(),
            last_phase_i: Default::default(),
            done_i: Default::default(),
            apply_o: Default::default(),
            pulse_start_o: Default::default(),
            next_phase_o: Default::default(),
            position_end_o: Default::default(),
            active_o: Default::default(),
            state: FlipFlop::new(PulseState::Idle),
        }
    }
}

impl Logic for PulseFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.apply_o.next = false;
        self.pulse_start_o.next = false;
        self.next_phase_o.next = false;
        self.position_end_o.next = false;
        self.active_o.next = false;
        match self.state.q.val() {
            PulseState::Idle => {
                if self.vectors_ready_i.val() {
                    self.apply_o.next = true;
                    self.state.d.next = PulseState::Phase;
                }
            }
            PulseState::Phase => {
                if self.phase_used_i.val() {
                    self.pulse_start_o.next = true;
                    self.active_o.next = true;
                    self.state.d.next = PulseState::Wait;
                } else {
                    self.next_phase_o.next = true;
                    if self.last_phase_i.val() {
                        self.position_end_o.next = true;
                        self.state.d.next = PulseState::Idle;
                    }
                }
            }
            PulseState::Wait => {
                self.active_o.next = true;
                if self.done_i.val() {
                    self.next_phase_o.next = true;
                    if self.last_phase_i.val() {
                        self.position_end_o.next = true;
                        self.state.d.next = PulseState::Idle;
                    } else {
                        self.state.d.next = PulseState::Phase;
                    }
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn pulse_fsm() -> Arc<Module> {
    Kernel::new("memgan_pulse_fsm", file!(), PulseFsm::default())
        .doc("Pulse sequence of a position: takes the vectors, then goes through the four phases and leaves out empty ones.")
        .contract("done_i may come any number of cycles after pulse_start_o and stays high until the next one.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// The kernel with its phase counter, and what it knows of the lines.
pub fn pulse_control(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let l = sizes.lanes;
    let p = schedule.widths.position as usize;
    let line_bits = schedule.widths.index as usize;
    let mut m = Builder::new("memgan_pulse_control", file!());
    m.doc(
        "Gives the pulses of an update: for each position the lines are taken over, then word lines and bit lines of the \
         chosen signs are pulsed together, up where the signs differ and down where they agree. Counts the lines that fire \
         while their vectors are written.",
    );
    m.contract(
        "enable_i is stable from start_i to all_sent_o. Lanes of dac_data_i hold -1, 0 or 1. Phases without word lines or \
         without bit lines take one cycle and no pulse.",
    );
    m.latency("a position takes 1 cycle, 1 for each empty phase, and a pulse for each other one");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let enable = m.input("enable_i", 1, "the operation pulses");
    let positions_last = m.input("positions_last_i", p, "positions - 1");
    let all_sent = m.output_reg("all_sent_o", 1, 0, "from the end of the last position to the next start_i");
    m.group("Beats to the line DACs");
    let dac_valid = m.input("dac_valid_i", 1, "");
    let dac_side = m.input("dac_side_i", 1, "0 word lines, 1 bit lines");
    let dac_mask = m.input("dac_mask_i", l, "");
    let dac_data = m.input("dac_data_i", 8 * l, "signed 8 bit a lane");
    let ready = m.input("vectors_ready_i", 1, "");
    let apply = m.output("apply_o", 1, "");
    m.group("Pulses");
    let pulse_start = m.output("pulse_start_o", 1, "");
    let rows_negative = m.output("pulse_rows_negative_o", 1, "");
    let columns_negative = m.output("pulse_columns_negative_o", 1, "");
    let up = m.output("pulse_up_o", 1, "");
    let done = m.input("pulse_done_i", 1, "");
    let active = m.output("active_o", 1, "a pulse is given");
    let devices = schedule.design.pulses_one_device().then(|| {
        let minus_first = m.input("minus_first_i", 1, "at start_i: the first position pulses the minus devices");
        (minus_first, m.output("sides_o", 2, "connected devices of a pair: bit 0 plus, bit 1 minus"))
    });
    m.group("Counters");
    let count_valid = m.output("pulses_valid_o", 1, "");
    let count = m.output("pulses_o", pulse_bits(schedule), "word lines times bit lines that fire");

    m.section("Lines that fire, by sign");
    let positive = m.var("positive", l);
    let negative = m.var("negative", l);
    let fired = m.var("fired", sizes.lane_bits + 1);
    m.comb(|s| {
        s.set_now(&positive, Expr::zero(l));
        s.set_now(&negative, Expr::zero(l));
        s.set_now(&fired, Expr::zero(sizes.lane_bits + 1));
        s.for_("lane", 0..l, |s, lane| {
            let (code, chosen) = (dac_data.part_at(lane * 8, 8), dac_mask.bit_at(lane));
            s.set_now(positive.bit_at(lane), chosen.and(dac_data.bit_at(lane * 8 + 7).not()).and(code.any()));
            s.set_now(negative.bit_at(lane), chosen.and(dac_data.bit_at(lane * 8 + 7)));
            let one = positive.bit_at(lane).or(negative.bit_at(lane));
            s.set_now(&fired, fired.add(one.zext(sizes.lane_bits + 1)));
        });
    });
    let take = m.wire("take", enable.and(&dac_valid));
    let mut next = Vec::new();
    let mut now = Vec::new();
    for (side, here) in [("rows", dac_side.not()), ("columns", dac_side.clone())] {
        let flags = m.reg(&format!("{side}_next_q"), 2, 0);
        let number = m.reg(&format!("{side}_fired_q"), line_bits, 0);
        let held = m.reg(&format!("{side}_q"), 2, 0);
        let chosen = m.wire(&format!("take_{side}"), take.and(&here));
        m.clocked(|s| {
            s.if_(start.or(&apply), |s| {
                s.set(&flags, Expr::zero(2));
                s.set(&number, Expr::zero(line_bits));
            })
            .elif(&chosen, |s| {
                s.set(&flags, flags.or(Expr::concat(&[negative.any(), positive.any()])));
                s.set(&number, number.add(super::gather::resize(&fired, line_bits)));
            });
            s.if_(&apply, |s| s.set(&held, &flags));
        });
        next.push(number);
        now.push(held);
    }
    m.assign(&count_valid, &apply);
    let product = m.wire("product", next[0].umul(&next[1]));
    let fitted = super::gather::fit(&mut m, "product", &product, count.width());
    m.assign(&count, fitted);

    m.section("Phases: ++ down, +- up, -+ up, -- down");
    let phase = m.reg("phase_q", 2, 0);
    let row_sign = m.wire("row_sign", phase.bit(1));
    let column_sign = m.wire("column_sign", phase.bit(0));
    let rows_used = row_sign.mux(now[0].bit(1), now[0].bit(0));
    let columns_used = column_sign.mux(now[1].bit(1), now[1].bit(0));
    let used = m.wire("phase_used", rows_used.and(columns_used));
    let last_phase = m.wire("last_phase", phase.all());
    let [next_phase, position_end] = ["next_phase", "position_end"].map(|n| m.net(n, 1));
    let ready_here = m.wire("vectors_ready", ready.and(&enable));
    m.inst("u_fsm", &pulse_fsm(), |u| {
        u.clk_rst();
        u.connect("vectors_ready_i", &ready_here);
        u.connect("phase_used_i", &used);
        u.connect("last_phase_i", &last_phase);
        u.connect("done_i", &done);
        u.connect("apply_o", &apply);
        u.connect("pulse_start_o", &pulse_start);
        u.connect("next_phase_o", &next_phase);
        u.connect("position_end_o", &position_end);
        u.connect("active_o", &active);
    });
    let position = m.reg("position_q", p, 0);
    let last_position = m.wire("last_position", position.eq(&positions_last));
    m.clocked(|s| {
        s.if_(&next_phase, |s| s.set(&phase, phase.add(Expr::lit(2, 1))));
        s.if_(&start, |s| {
            s.set(&position, Expr::zero(p));
            s.set(&all_sent, Expr::zero(1));
        })
        .elif(&position_end, |s| {
            s.set(&position, position.add(Expr::lit(p, 1)));
            s.set(&all_sent, &last_position);
        });
    });
    if let Some((minus_first, sides)) = devices {
        m.section("One device of a pair a position, in turns");
        let minus = m.reg("minus_q", 1, 0);
        m.clocked(|s| {
            s.if_(&start, |s| s.set(&minus, &minus_first)).elif(&position_end, |s| s.set(&minus, minus.not()));
        });
        m.assign(&sides, enable.mux(Expr::concat(&[minus.clone(), minus.not()]), Expr::ones(2)));
    }
    m.assign(&rows_negative, &row_sign);
    m.assign(&columns_negative, &column_sign);
    m.assign(&up, row_sign.xor(&column_sign));
    m.finish()
}
