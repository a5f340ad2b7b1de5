//! Loss: the error of a network's output, and the sum of its squares.

use super::lanes::{Sizes, pick_lane};
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::numeric::{ACTIVATION_MAX, CLASS_TARGET};
use crate::schedule::{LossTarget, Pass, Phase, Schedule, bits_for};
use rust_hdl::prelude::*;
use std::sync::Arc;

/// Bits of a sum of squares.
const LOSS_BITS: usize = 32;
/// Bits of a class.
pub(super) const LABEL_BITS: usize = 16;

/// States of the walk over the output.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum LossState {
    Idle,
    Read,
    Lane,
}

/// The walk as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock, Default)]
pub struct LossFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub start_i: Signal<In, Bit>,
    /// The lane is its word's last.
    pub last_lane_i: Signal<In, Bit>,
    /// The word is the tensor's last.
    pub last_word_i: Signal<In, Bit>,
    pub read_o: Signal<Out, Bit>,
    pub write_o: Signal<Out, Bit>,
    pub done_o: Signal<Out, Bit>,
    state: FlipFlop<LossState>,
}

impl Logic for LossFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.read_o.next = false;
        self.write_o.next = false;
        self.done_o.next = false;
        match self.state.q.val() {
            LossState::Idle => {
                self.done_o.next = true;
                if self.start_i.val() {
                    self.state.d.next = LossState::Read;
                }
            }
            LossState::Read => {
                self.read_o.next = true;
                self.state.d.next = LossState::Lane;
            }
            LossState::Lane => {
                self.write_o.next = true;
                if self.last_lane_i.val() {
                    if self.last_word_i.val() {
                        self.state.d.next = LossState::Idle;
                    } else {
                        self.state.d.next = LossState::Read;
                    }
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn loss_fsm() -> Arc<Module> {
    Kernel::new("memgan_loss_fsm", file!(), LossFsm::default())
        .doc("Walks the words of a tensor: reads a word, then takes its lanes one after the other.")
        .contract("last_lane_i and last_word_i belong to the lane that write_o takes.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// The phases that have a loss, with their numbers, in the order of the schedule.
fn phases(schedule: &Schedule) -> Vec<(usize, Phase)> {
    let has_loss = |first: usize, last: usize| schedule.ops[first..=last].iter().any(|o| o.pass == Pass::Loss);
    let numbered = schedule.phases.iter().enumerate();
    numbered.filter(|(_, p)| has_loss(p.first_op, p.last_op)).map(|(i, p)| (i, p.phase)).collect()
}

/// The name of a phase in the text.
pub(super) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Real => "real",
        Phase::Fake => "fake",
        Phase::ApplyDiscriminator => "apply_discriminator",
        Phase::Generate => "generate",
        Phase::ApplyGenerator => "apply_generator",
        Phase::Classify => "classify",
        Phase::ApplyClassifier => "apply_classifier",
    }
}

/// Bits of a phase's number in [`Schedule::phases`].
pub(super) fn phase_bits(schedule: &Schedule) -> usize {
    bits_for(schedule.phases.len().max(2) - 1) as usize
}

/// The block that compares a network's output with its target.
pub fn loss(schedule: &Schedule) -> Arc<Module> {
    let Sizes { lanes: l, lane_bits: lb, .. } = Sizes::of(schedule);
    let aw = schedule.widths.activation_word as usize;
    let phases = phases(schedule);
    let classes = schedule.ops.iter().any(|o| o.loss == Some(LossTarget::Class));

    let mut m = Builder::new("memgan_loss", file!());
    m.doc(
        "Error of a network's output: output minus target, limited to -127..127, an element a cycle. The squares of the \
         errors are added up for each phase; a sum stays at its largest value.",
    );
    if classes {
        m.doc("The target is that of a class: the element whose number is the label, against all others.");
    }
    m.contract(
        "`start_i` for one cycle with the operation's fields, which stay stable until done_o. The errors lie where the \
         outputs lie. Lanes beyond the tensor's end are neither written nor added.",
    );
    m.latency("2 cycles, 1 a word, 1 an element; the last of them shows done_o");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let source = m.input("source_word_i", aw, "first word of the output");
    let words_last = m.input("words_last_i", aw, "words - 1");
    let tail = m.input("tail_i", lb, "lanes of the last word - 1");
    let target = if classes {
        m.input("label_i", LABEL_BITS, "class of the image")
    } else {
        m.input("target_i", 8, "two's complement, -127..127")
    };
    let done = m.output("done_o", 1, "high until the next start");
    m.group("Activation memory");
    let read = m.output("read_valid_o", 1, "");
    let read_address = m.output("read_address_o", aw, "");
    let outputs = m.input("read_data_i", 8 * l, "");
    m.group("Error memory");
    let write = m.output("error_write_valid_o", 1, "");
    let write_address = m.output("error_write_address_o", aw, "");
    let write_mask = m.output("error_write_mask_o", l, "one lane");
    let write_data = m.output("error_write_data_o", 8 * l, "");
    m.group("Sums of squares");
    let clear = m.input("clear_i", 1, "a step starts");
    let phase = m.input("phase_i", phase_bits(schedule), "that runs");
    let sums: Vec<Expr> = phases
        .iter()
        .map(|(_, phase)| m.output_reg(&format!("loss_{}_o", phase_name(*phase)), LOSS_BITS, 0, ""))
        .collect();

    let word = m.reg("word_q", aw, 0);
    let lane = m.reg("lane_q", lb, 0);
    let last_word = m.wire("last_word", word.eq(&words_last));
    let last_lane = m.wire("last_lane", lane.all().or(last_word.and(lane.eq(&tail))));
    m.inst("u_fsm", &loss_fsm(), |u| {
        u.clk_rst();
        u.connect("start_i", &start);
        u.connect("last_lane_i", &last_lane);
        u.connect("last_word_i", &last_word);
        u.connect("read_o", &read);
        u.connect("write_o", &write);
        u.connect("done_o", &done);
    });
    m.clocked(|p| {
        p.if_(&start, |p| {
            p.set(&word, Expr::zero(aw));
            p.set(&lane, Expr::zero(lb));
        })
        .elif(&write, |p| {
            p.set(&lane, last_lane.mux(Expr::zero(lb), lane.add(Expr::lit(lb, 1))));
            p.if_(&last_lane, |p| p.set(&word, word.add(Expr::lit(aw, 1))));
        });
    });
    let address = m.wire("address", source.add(&word));
    m.assign(&read_address, &address);
    m.assign(&write_address, &address);

    m.section("Error of an element");
    let target = if classes {
        let wide = LABEL_BITS.max(aw + lb);
        let element = m.wire("element", Expr::concat(&[word.clone(), lane.clone()]));
        let chosen = element.zext(wide).eq(target.zext(wide));
        let codes = [i128::from(CLASS_TARGET), 0].map(|code| Expr::slit(8, code));
        m.wire("target", chosen.mux(&codes[0], &codes[1]))
    } else {
        target
    };
    let output = pick_lane(&mut m, "output", &outputs, &lane);
    let difference = m.wire("difference", output.sext(9).sub(target.sext(9)));
    let max = i128::from(ACTIVATION_MAX);
    let over = difference.sgt(Expr::slit(9, max));
    let under = difference.slt(Expr::slit(9, -max));
    let low = under.mux(Expr::slit(8, -max), difference.trunc(8));
    let error = m.wire("error", over.mux(Expr::slit(8, max), low));
    m.assign(&write_mask, Expr::lit(l, 1).shl_dyn(&lane));
    m.assign(&write_data, error.repeat(l));

    m.section("Its square");
    let square = m.wire("square", error.smul(&error));
    let ones = Expr::ones(LOSS_BITS);
    let totals: Vec<Expr> = phases
        .iter()
        .zip(&sums)
        .map(|((_, phase), sum)| {
            let total = m.wire(&format!("total_{}", phase_name(*phase)), sum.add_c(square.zext(LOSS_BITS)));
            total.msb().mux(&ones, total.trunc(LOSS_BITS))
        })
        .collect();
    m.clocked(|p| {
        p.if_(&clear, |p| sums.iter().for_each(|sum| p.set(sum, Expr::zero(LOSS_BITS)))).elif(&write, |p| {
            p.case(&phase, |c| {
                for ((number, _), (sum, total)) in phases.iter().zip(sums.iter().zip(&totals)) {
                    c.arm(Expr::lit(phase.width(), *number as u128), |p| p.set(sum, total));
                }
                c.default(|p| p.comment("a phase without a loss"));
            });
        });
    });
    m.finish()
}
