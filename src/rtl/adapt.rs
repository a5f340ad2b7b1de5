//! Adapt: gains, shifts, pulse rate and biases of a layer at the end of a batch.

use super::lanes::{Sizes, pick_lane};
use super::random::CHANCE_BITS;
use super::training_registers::{COUNTER_BITS, RANGE_BITS};
use crate::config::UpdateRule;
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::numeric::{BIAS_BITS, Rate, SHIFT_BITS};
use crate::schedule::Schedule;
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of the controller.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum AdaptState {
    Idle,
    Compare,
    Write,
    FoldSource,
    FoldTarget,
    FoldAdd,
    StepRead,
    StepWrite,
    Clear,
}

/// The controller as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock, Default)]
pub struct AdaptFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub start_i: Signal<In, Bit>,
    /// The layer's biases take a step.
    pub trained_i: Signal<In, Bit>,
    /// Places of the pattern hold biases that earlier places hold, too.
    pub fold_i: Signal<In, Bit>,
    /// The place is the pattern's last.
    pub last_i: Signal<In, Bit>,
    /// The place is in the pattern's last word.
    pub last_word_i: Signal<In, Bit>,
    pub compare_o: Signal<Out, Bit>,
    pub write_o: Signal<Out, Bit>,
    pub sum_read_o: Signal<Out, Bit>,
    /// The sum that is read is that of the place, not that of its bias.
    pub of_place_o: Signal<Out, Bit>,
    /// The sum of the place is there.
    pub take_o: Signal<Out, Bit>,
    pub sum_write_o: Signal<Out, Bit>,
    pub clear_o: Signal<Out, Bit>,
    pub bias_read_o: Signal<Out, Bit>,
    pub bias_write_o: Signal<Out, Bit>,
    pub advance_o: Signal<Out, Bit>,
    /// The pass is over: back to the first place.
    pub restart_o: Signal<Out, Bit>,
    pub done_o: Signal<Out, Bit>,
    state: FlipFlop<AdaptState>,
}

impl Logic for AdaptFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.compare_o.next = false;
        self.write_o.next = false;
        self.sum_read_o.next = false;
        self.of_place_o.next = false;
        self.take_o.next = false;
        self.sum_write_o.next = false;
        self.clear_o.next = false;
        self.bias_read_o.next = false;
        self.bias_write_o.next = false;
        self.advance_o.next = false;
        self.restart_o.next = false;
        self.done_o.next = false;
        match self.state.q.val() {
            AdaptState::Idle => {
                self.done_o.next = true;
                if self.start_i.val() {
                    self.state.d.next = AdaptState::Compare;
                }
            }
            AdaptState::Compare => {
                self.compare_o.next = true;
                self.state.d.next = AdaptState::Write;
            }
            AdaptState::Write => {
                self.write_o.next = true;
                if self.trained_i.val() && self.fold_i.val() {
                    self.state.d.next = AdaptState::FoldSource;
                } else {
                    self.state.d.next = AdaptState::StepRead;
                }
            }
            AdaptState::FoldSource => {
                self.sum_read_o.next = true;
                self.of_place_o.next = true;
                self.state.d.next = AdaptState::FoldTarget;
            }
            AdaptState::FoldTarget => {
                self.take_o.next = true;
                self.sum_read_o.next = true;
                self.state.d.next = AdaptState::FoldAdd;
            }
            AdaptState::FoldAdd => {
                self.sum_write_o.next = true;
                self.advance_o.next = true;
                if self.last_i.val() {
                    self.restart_o.next = true;
                    self.state.d.next = AdaptState::StepRead;
                } else {
                    self.state.d.next = AdaptState::FoldSource;
                }
            }
            AdaptState::StepRead => {
                self.sum_read_o.next = true;
                self.bias_read_o.next = true;
                self.state.d.next = AdaptState::StepWrite;
            }
            AdaptState::StepWrite => {
                self.bias_write_o.next = true;
                self.advance_o.next = true;
                if self.last_i.val() {
                    self.restart_o.next = true;
                    if self.trained_i.val() {
                        self.state.d.next = AdaptState::Clear;
                    } else {
                        self.state.d.next = AdaptState::Idle;
                    }
                } else {
                    self.state.d.next = AdaptState::StepRead;
                }
            }
            AdaptState::Clear => {
                self.clear_o.next = true;
                self.sum_write_o.next = true;
                self.advance_o.next = true;
                if self.last_word_i.val() {
                    self.state.d.next = AdaptState::Idle;
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn adapt_fsm() -> Arc<Module> {
    Kernel::new("memgan_adapt_fsm", file!(), AdaptFsm::default())
        .doc(
            "Adapts a layer: compares its counters, writes its registers, folds the sums of the biases that have several \
             places onto the first of these, steps the bias of each place, and clears the sums.",
        )
        .contract("fold_i, last_i and last_word_i belong to the place that advance_o moves on.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// Change of -1, 0 or 1, in two bits, that the counters of a range ask for: up if more than one in `2^saturated`
/// saturated, down if fewer than one in `2^upper` used the upper half.
fn range_change(m: &mut Builder, name: &str, counters: &Expr, saturated: usize, upper: usize) -> Expr {
    let total = counters.slice(2 * COUNTER_BITS, COUNTER_BITS);
    let times = |m: &mut Builder, what: &str, at: usize, log2: usize| {
        let count = counters.slice(at, COUNTER_BITS);
        m.wire(&format!("{name}_{what}"), Expr::concat(&[count, Expr::zero(log2)]))
    };
    let saturated = times(m, "saturated", 0, saturated);
    let upper = times(m, "upper", COUNTER_BITS, upper);
    let up = m.wire(&format!("{name}_up"), saturated.ugt(total.zext(saturated.width())));
    let down = m.wire(&format!("{name}_down"), up.not().and(upper.ult(total.zext(upper.width()))));
    m.wire(&format!("{name}_change"), Expr::concat(&[down.clone(), up.or(&down)]))
}

/// Change of a rate's code in four bits: up means more pulses, or fewer for a step of gradients.
fn rate_change(m: &mut Builder, pulses: &Expr, target: &Expr, rule: UpdateRule) -> Expr {
    let wide = COUNTER_BITS + 1;
    let (count, target) = (pulses.zext(wide), target.zext(wide));
    let twice = |e: &Expr| Expr::concat(&[e.slice(0, COUNTER_BITS), Expr::zero(1)]);
    let eighth = m.wire("target_eighth", target.shr(3));
    let [far_above, far_below, above, below] = [
        ("far_above", count.uge(twice(&target))),
        ("far_below", twice(&count).ule(&target)),
        ("above", count.ugt(target.add(&eighth))),
        ("below", count.ult(target.sub(&eighth))),
    ]
    .map(|(name, e)| m.wire(name, e));
    let sign = if rule == UpdateRule::Stochastic { 1 } else { -1 };
    let code = |steps: i128| Expr::slit(4, sign * steps);
    let near = above.mux(code(-1), below.mux(code(1), Expr::zero(4)));
    m.wire("rate_change", far_above.mux(code(-4), far_below.mux(code(4), near)))
}

/// `value`, two's complement, limited to `0..=max`, in `width` bits.
fn limited(m: &mut Builder, name: &str, value: Expr, max: u128, width: usize) -> Expr {
    let value = m.wire(&format!("{name}_wide"), value);
    let over = value.sgt(Expr::slit(value.width(), max as i128));
    let upper = over.mux(Expr::lit(width, max), value.trunc(width));
    m.wire(name, value.msb().mux(Expr::zero(width), upper))
}

/// The block that adapts a layer.
pub fn adapt(schedule: &Schedule) -> Arc<Module> {
    let Sizes { lanes: l, lane_bits: lb, .. } = Sizes::of(schedule);
    let w = &schedule.widths;
    let (bw, bb, sb) = (w.bias_word as usize, BIAS_BITS as usize, w.bias_sum as usize);
    let (s, rb, pb) = (SHIFT_BITS as usize, Rate::BITS as usize, bw + lb);
    let rule = schedule.design.training.as_ref().map_or(UpdateRule::Stochastic, |t| t.rule);

    let mut m = Builder::new("memgan_adapt", file!());
    m.doc(
        "The end of a batch for one layer: gain, shifts and rate follow the counters; biases are rescaled with a change \
         of the gain and, in the trained network, take a step against the sign of their summed error.",
    );
    m.doc(
        "Place e of the pattern holds bias e mod biases. Sums of later places are first added to the place of their bias, \
         one at a time; then every place takes the same step.",
    );
    m.contract("`start_i` for one cycle with the operation's fields, which stay stable until done_o.");
    m.latency(
        "3 cycles, 2 a place; trained: also 3 a place beyond the first of each bias, 1 a word. The last of them shows done_o",
    );
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let trained = m.input("trained_i", 1, "biases and rate take a step");
    let biases_last = m.input("biases_last_i", pb, "biases - 1, if trained");
    let words_last = m.input("pattern_words_last_i", bw, "words of the pattern - 1");
    let base = m.input("bias_word_i", bw, "first word of the pattern");
    let done = m.output("done_o", 1, "high until the next start");
    m.group("Registers of the layer");
    let gain = m.input("gain_i", s, "");
    let shift = m.input("shift_i", s, "");
    let back_gain = m.input("back_gain_i", s, "");
    let back_shift = m.input("back_shift_i", s, "");
    let rate = m.input("rate_i", rb, "");
    let fineness = m.input("fineness_i", s, "");
    let target = m.input("target_i", COUNTER_BITS, "");
    let forward = m.input("forward_i", RANGE_BITS, "{total, upper, saturated}");
    let backward = m.input("backward_i", RANGE_BITS, "");
    let errors = m.input("errors_i", RANGE_BITS, "");
    let pulses = m.input("pulses_i", COUNTER_BITS, "");
    let write = m.output("adapt_valid_o", 1, "");
    let new_gain = m.output("adapt_gain_o", s, "");
    let new_shift = m.output("adapt_shift_o", s, "");
    let new_back_gain = m.output("adapt_back_gain_o", s, "");
    let new_back_shift = m.output("adapt_back_shift_o", s, "");
    let new_rate = m.output("adapt_rate_o", rb, "");
    m.group("Random bits");
    let random = m.input("random_i", CHANCE_BITS, "the same until done_o");
    m.group("Bias memory");
    let bias_read = m.output("bias_read_valid_o", 1, "");
    let bias_read_address = m.output("bias_read_address_o", bw, "");
    let biases = m.input("bias_read_data_i", l * bb, "");
    let bias_write = m.output("bias_write_valid_o", 1, "");
    let bias_write_address = m.output("bias_write_address_o", bw, "");
    let bias_write_data = m.output("bias_write_data_o", l * bb, "");
    m.group("Sums of errors, in the layout of the biases");
    let sum_read = m.output("sum_read_valid_o", 1, "");
    let sum_read_address = m.output("sum_read_address_o", bw, "");
    let sums = m.input("sum_read_data_i", l * sb, "");
    let sum_write = m.output("sum_write_valid_o", 1, "");
    let sum_write_address = m.output("sum_write_address_o", bw, "");
    let sum_write_data = m.output("sum_write_data_o", l * sb, "");

    m.section("Control");
    let [fold, last, last_word] = ["fold", "last", "last_word"].map(|n| m.net(n, 1));
    let names = ["compare", "of_place", "take", "clear", "advance", "restart"];
    let [compare, of_place, take, clear, advance, restart] = names.map(|n| m.net(n, 1));
    m.inst("u_fsm", &adapt_fsm(), |u| {
        u.clk_rst();
        u.connect("start_i", &start);
        u.connect("trained_i", &trained);
        u.connect("fold_i", &fold);
        u.connect("last_i", &last);
        u.connect("last_word_i", &last_word);
        u.connect("compare_o", &compare);
        u.connect("write_o", &write);
        u.connect("sum_read_o", &sum_read);
        u.connect("of_place_o", &of_place);
        u.connect("take_o", &take);
        u.connect("sum_write_o", &sum_write);
        u.connect("clear_o", &clear);
        u.connect("bias_read_o", &bias_read);
        u.connect("bias_write_o", &bias_write);
        u.connect("advance_o", &advance);
        u.connect("restart_o", &restart);
        u.connect("done_o", &done);
    });

    m.section("What the counters ask for, -1, 0 or 1, and for the rate -4..4");
    let changes = [
        range_change(&mut m, "forward", &forward, 4, 6),
        range_change(&mut m, "backward", &backward, 4, 6),
        range_change(&mut m, "errors", &errors, 6, 10),
    ];
    let change_rate = rate_change(&mut m, &pulses, &target, rule);
    let asked = ["forward", "backward", "errors"].map(|n| m.reg(&format!("{n}_asked_q"), 2, 0));
    let rate_asked = m.reg("rate_asked_q", 4, 0);
    m.clocked(|p| {
        p.if_(&compare, |p| {
            asked.iter().zip(&changes).for_each(|(q, change)| p.set(q, change));
            p.set(&rate_asked, &change_rate);
        });
    });

    m.section("New registers: the sum of gain and shift stays, what does not fit is not changed");
    let [forward_asked, backward_asked, errors_asked] = &asked;
    let (up, down) = (forward_asked.eq(Expr::lit(2, 1)), forward_asked.msb());
    let fits_up = up.and(gain.all().not()).and(shift.any());
    let fits = m.wire("forward_fits", fits_up.or(down.and(gain.any()).and(shift.all().not())));
    let made = m.wire("forward_made", fits.mux(forward_asked, Expr::zero(2)));
    m.assign(&new_gain, gain.add(made.sext(s)));
    m.assign(&new_shift, shift.sub(made.sext(s)));
    let stuck = m.wire("backward_stuck", backward_asked.msb().mux(back_gain.any().not(), back_gain.all()));
    let back_made = m.wire("backward_made", stuck.mux(Expr::zero(2), backward_asked));
    m.assign(&new_back_gain, back_gain.add(back_made.sext(s)));
    let back = back_shift.zext(s + 2).sub(back_made.sext(s + 2)).add(errors_asked.sext(s + 2));
    let back = limited(&mut m, "back_shift_limited", back, (1 << s) - 1, s);
    m.assign(&new_back_shift, back);
    let max = if rule == UpdateRule::Stochastic { Rate::MAX_FIRE } else { Rate::MAX_STEP };
    let moved = rate.zext(rb + 2).add(rate_asked.sext(rb + 2));
    let moved = limited(&mut m, "rate_limited", moved, u128::from(max.code()), rb);
    m.assign(&new_rate, trained.mux(moved, &rate));
    let gain_made = m.reg("gain_made_q", 2, 0);
    m.clocked(|p| {
        p.if_(&write, |p| p.set(&gain_made, &made));
    });

    m.section("Places of the pattern, and the number of each place's bias");
    let place = m.reg("place_q", pb, 0);
    let bias = m.reg("bias_q", pb, 0);
    let end = m.wire("pattern_end", Expr::concat(&[words_last.clone(), Expr::ones(lb)]));
    m.assign(&fold, biases_last.ne(&end));
    m.assign(&last, place.eq(&end));
    m.assign(&last_word, place.slice(lb, bw).eq(&words_last));
    let zero = Expr::zero(pb);
    m.clocked(|p| {
        p.if_(&write, |p| {
            p.comment("The first places of all biases come first: folding starts behind them.");
            p.set(&place, trained.and(&fold).mux(biases_last.add(Expr::lit(pb, 1)), &zero));
            p.set(&bias, &zero);
        })
        .elif(&restart, |p| {
            p.set(&place, &zero);
            p.set(&bias, &zero);
        })
        .elif(&advance, |p| {
            p.set(&place, place.add(clear.mux(Expr::lit(pb, l as u128), Expr::lit(pb, 1))));
            p.set(&bias, bias.eq(&biases_last).mux(&zero, bias.add(Expr::lit(pb, 1))));
        });
    });
    let place_word = m.wire("place_word", base.add(place.slice(lb, bw)));
    let home_word = m.wire("home_word", base.add(bias.slice(lb, bw)));
    m.assign(&sum_read_address, of_place.mux(&place_word, &home_word));
    m.assign(&sum_write_address, clear.mux(&place_word, &home_word));
    m.assign(&bias_read_address, &place_word);
    m.assign(&bias_write_address, &place_word);

    m.section("Sums: fold and clear");
    let lane = m.wire("sum_lane", take.mux(place.slice(0, lb), bias.slice(0, lb)));
    let sum = pick_lane(&mut m, "sum", &sums, &lane);
    let source = m.var("source_q", sb);
    m.clocked_no_reset(|p| {
        p.if_(&take, |p| p.set(&source, &sum));
    });
    let folded = m.wire("folded", sum.add(&source));
    let one = Expr::lit(l, 1);
    let home_lane = m.wire("home_lane", one.shl_dyn(bias.slice(0, lb)));
    m.gen_for("gen_sum", "lane", 0..l, |m, lane| {
        let kept = home_lane.bit_at(lane.clone()).mux(&folded, sums.part_at(lane.clone() * sb, sb));
        m.assign(sum_write_data.part_at(lane.clone() * sb, sb), clear.mux(Expr::zero(sb), kept));
    });

    m.section("Bias: rescale with the gain, step against the sign of the sum, saturate");
    let old = pick_lane(&mut m, "bias", &biases, &place.slice(0, lb));
    let halved = m.wire("halved", old.sext(bb + 1).add(Expr::lit(bb + 1, 1)));
    let doubled = Expr::concat(&[old.clone(), Expr::zero(1)]);
    let rescaled = gain_made.bit(0).mux(gain_made.bit(1).mux(doubled, halved.sra(1)), old.sext(bb + 1));
    let rescaled = m.wire("rescaled", rescaled);
    let coarse = m.wire("coarseness", shift.ugt(&fineness).mux(shift.sub(&fineness), Expr::zero(s)));
    let wide = bb + 2;
    let chance = m.wire("chance", fineness.ugt(&shift).mux(fineness.sub(&shift), Expr::zero(s)));
    m.comment("A step below 1 is a step of 1 that is taken only if as many of the first random bits are zero.");
    let taken = m.wire("bias_steps", random.shr_dyn(chance.not()).any().not());
    let step = m.wire("bias_step", taken.mux(Expr::lit(wide, 1).shl_dyn(&coarse), Expr::zero(wide)));
    let against = sum.msb().mux(&step, sum.any().mux(step.neg(), Expr::zero(wide)));
    let against = m.wire("against", trained.mux(against, Expr::zero(wide)));
    let stepped = m.wire("stepped", rescaled.sext(wide).add(&against));
    let limit = (1i128 << (bb - 1)) - 1;
    let over = stepped.sgt(Expr::slit(wide, limit));
    let under = stepped.slt(Expr::slit(wide, -limit - 1));
    let low = under.mux(Expr::slit(bb, -limit - 1), stepped.trunc(bb));
    let stepped = m.wire("bias_next", over.mux(Expr::slit(bb, limit), low));
    let place_lane = m.wire("place_lane", one.shl_dyn(place.slice(0, lb)));
    m.gen_for("gen_bias", "lane", 0..l, |m, lane| {
        let kept = biases.part_at(lane.clone() * bb, bb);
        m.assign(bias_write_data.part_at(lane.clone() * bb, bb), place_lane.bit_at(lane.clone()).mux(&stepped, kept));
    });
    m.finish()
}
