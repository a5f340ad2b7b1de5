//! Beats become activations: rotate, scatter-add or bias, requantise, non-linearity, dropout.

use super::activation::{ACTIVATION_BITS, activation_lane};
use super::derivative::derivative_lane;
use super::lanes::Sizes;
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{BIAS_BITS, SHIFT_BITS};
use crate::schedule::{OpKind, Schedule, bits_for};
use std::sync::Arc;

/// Whether the design has accumulators.
pub(super) fn scatters(schedule: &Schedule) -> bool {
    schedule.ops.iter().any(|o| o.kind == OpKind::ScatterWindow)
}

/// What the pipeline needs beside in a design that trains.
struct Training {
    backward: Expr,
    read: Expr,
    read_address: Expr,
    read_data: Expr,
    /// Errors written in this cycle: whether, how many, how many saturated, how many in the upper half.
    counts: [Expr; 4],
}

impl Training {
    fn ports(m: &mut Builder, schedule: &Schedule) -> Self {
        let (l, aw) = (schedule.lanes, schedule.widths.activation_word as usize);
        let n = bits_for(l) as usize;
        m.group("Training: errors instead of activations, without bias, times the derivative");
        let backward = m.input("backward_i", 1, "");
        let read = m.output("activation_read_valid_o", 1, "");
        let read_address = m.output("activation_read_address_o", aw, "");
        let read_data = m.input("activation_read_data_i", 8 * l, "");
        m.group("Range of the errors before the derivative");
        let counts = [
            m.output("errors_valid_o", 1, ""),
            m.output("errors_count_o", n, ""),
            m.output("errors_saturated_o", n, ""),
            m.output("errors_upper_o", n, "magnitude above 63"),
        ];
        Self { backward, read, read_address, read_data, counts }
    }

    fn count(&self, m: &mut Builder, writes: &Expr, mask: &Expr, rounded: &Expr, clipped: &Expr) {
        let l = mask.width();
        let n = bits_for(l) as usize;
        let [valid, outs @ ..] = &self.counts;
        m.assign(valid, writes.and(&self.backward));
        let numbers = ["written_count", "saturated_count", "upper_count"].map(|name| m.var(name, n));
        m.comb(|s| {
            for number in &numbers {
                s.set_now(number, Expr::zero(n));
            }
            s.for_("error", 0..l, |s, lane| {
                s.if_(mask.bit_at(lane), |s| {
                    let top = rounded.part_at(lane * 8 + 6, 2);
                    // -64 has the top bits of the upper half and a magnitude of 64.
                    let upper = top
                        .eq(Expr::bin(2, 0b01))
                        .or(top.eq(Expr::bin(2, 0b10)))
                        .or(rounded.part_at(lane * 8, 8).eq(Expr::slit(8, -64)));
                    for (number, one) in numbers.iter().zip([Expr::ones(1), clipped.bit_at(lane), upper]) {
                        s.set_now(number, number.add(one.zext(n)));
                    }
                });
            });
        });
        for (out, number) in outs.iter().zip(&numbers) {
            m.assign(out, number);
        }
    }
}

/// `value`, or zero in a backward operation.
fn unless(backward: &Option<Expr>, value: Expr) -> Expr {
    match backward {
        Some(backward) => backward.not().repeat(value.width()).and(value),
        None => value,
    }
}

/// Rotation, scatter-add or bias, requantisation, non-linearity and dropout; `rotate` turns words of column sums.
pub fn accumulate(schedule: &Schedule, rotate: &Arc<Module>) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (e, l, lb) = (sizes.element, sizes.lanes, sizes.lane_bits);
    let w = &schedule.widths;
    let (sb, vb, bb) = (w.sum as usize, w.pre_activation as usize, BIAS_BITS as usize);
    let (aw, bw) = (w.activation_word as usize, w.bias_word as usize);
    let word_bits = e - lb;
    let scatter = scatters(schedule);
    let (cw, cb) = (w.accumulator_word as usize, w.accumulator as usize);

    let mut m = Builder::new("memgan_accumulate", file!());
    m.doc(
        "Takes beats of column sums, one memory word each. Direct operations add the bias and write activations; \
           scatter operations add to the accumulators; finish operations add the bias to the accumulators, write \
           activations and leave zeros.",
    );
    m.contract(
        "A beat is taken in every cycle with beat_valid_i. Two beats in a row may hit one accumulator word: its \
                newest value is forwarded.",
    );
    m.latency("accumulators written 2 cycles, activations 3 cycles after the beat; idle_o when the pipeline is empty");
    m.clk_rst();
    m.group("Operation");
    let is_scatter = m.input("scatter_i", 1, "");
    let is_finish = m.input("finish_i", 1, "");
    let target = m.input("target_word_i", aw, "output region");
    let bias_base = m.input("bias_word_i", bw, "first word of the bias pattern");
    let shift = m.input("shift_i", SHIFT_BITS as usize, "requantisation");
    let activation = m.input("activation_i", ACTIVATION_BITS, "");
    let slope = m.input("slope_i", 3, "");
    let dropout = m.input("dropout_i", 8, "threshold, 0 is off");
    m.group("Beats");
    let beat_valid = m.input("beat_valid_i", 1, "");
    let beat_word = m.input("beat_word_i", word_bits, "");
    let beat_mask = m.input("beat_mask_i", l, "");
    let beat_turn = m.input("beat_turn_i", lb, "");
    let beat_bias = m.input("beat_bias_i", bw, "");
    let beat_done = m.input("beat_done_i", 1, "");
    let beat_sums = m.input("beat_sums_i", l * sb, "of the same cycle as beat_valid_i");
    let idle = m.output("idle_o", 1, "");
    m.group("Bias memory");
    let bias_read = m.output("bias_read_valid_o", 1, "");
    let bias_address = m.output("bias_read_address_o", bw, "");
    let bias_data = m.input("bias_read_data_i", l * bb, "");
    let acc = scatter.then(|| {
        m.group("Accumulator memory, zeroed after reset");
        (
            m.output("sum_read_valid_o", 1, ""),
            m.output("sum_read_address_o", cw, ""),
            m.input("sum_read_data_i", l * cb, ""),
            m.output("sum_write_valid_o", 1, ""),
            m.output("sum_write_address_o", cw, ""),
            m.output("sum_write_data_o", l * cb, ""),
            m.output_reg("clearing_o", 1, 1, "after reset, until the accumulators are zero"),
        )
    });
    m.group("Random bytes");
    let random = m.input("random_i", 8 * l, "one a lane");
    let step = m.output("random_step_o", 1, "");
    m.group("Activation memory");
    let write = m.output_reg("write_valid_o", 1, 0, "");
    let write_address = m.output_var("write_address_o", aw, "");
    let write_mask = m.output_var("write_mask_o", l, "");
    let write_data = m.output_var("write_data_o", 8 * l, "");
    let training = schedule.design.training.is_some().then(|| Training::ports(&mut m, schedule));
    let backward = training.as_ref().map(|t| t.backward.clone());

    m.section("Stage 1: rotate the sums to their lanes, read bias and accumulators");
    m.assign(&bias_read, &beat_valid);
    m.assign(&bias_address, bias_base.add(&beat_bias));
    let turned = m.net("turned", l * sb);
    m.inst("u_rotate", rotate, |u| {
        u.connect("data_i", &beat_sums);
        u.connect("amount_i", &beat_turn);
        u.connect("data_o", &turned);
    });
    let valid2 = m.reg("valid2_q", 1, 0);
    let word2 = m.var("word2_q", word_bits);
    let mask2 = m.var("mask2_q", l);
    let done2 = m.var("done2_q", 1);
    let sums2 = m.var("sums2_q", l * sb);
    m.clocked(|s| s.set(&valid2, &beat_valid));
    m.clocked_no_reset(|s| {
        s.if_(&beat_valid, |s| {
            s.set(&word2, &beat_word);
            s.set(&mask2, &beat_mask);
            s.set(&done2, &beat_done);
            s.set(&sums2, &turned);
        });
    });

    m.section("Stage 2: add");
    let valid3 = m.reg("valid3_q", 1, 0);
    let word3 = m.var("word3_q", word_bits);
    let mask3 = m.var("mask3_q", l);
    let done3 = m.var("done3_q", 1);
    let value3 = m.var("value3_q", l * vb);
    let value2 = m.net("value2", l * vb);
    if let Some((read, read_address, read_data, sum_write, sum_address, sum_data, clearing)) = &acc {
        m.assign(read, beat_valid.and(is_scatter.or(&is_finish)));
        let beat_address = super::gather::fit(&mut m, "beat_word", &beat_word, cw);
        m.assign(read_address, beat_address);
        let added3 = m.var("added3_q", l * cb);
        let added4 = m.var("added4_q", l * cb);
        let word4 = m.var("word4_q", word_bits);
        let written4 = m.reg("written4_q", 1, 0);
        let writes3 = m.wire("writes3", valid3.and(is_scatter.or(&is_finish)));
        let hit3 = m.wire("hit3", writes3.and(word3.eq(&word2)));
        let hit4 = m.wire("hit4", written4.and(word4.eq(&word2)));
        let newest = m.wire("newest", hit3.mux(&added3, hit4.mux(&added4, read_data)));
        let added2 = m.net("added2", l * cb);
        m.gen_for("gen_add", "lane", 0..l, |m, lane| {
            let old = newest.part_at(lane * cb, cb);
            let sum = sums2.part_at(lane * sb, sb);
            let kept = is_finish.mux(Expr::zero(cb), &old);
            let more = mask2.bit_at(lane).and(&is_scatter);
            let added = m.wire("added", more.mux(old.add(sum.sext(cb)), kept));
            m.assign(added2.part_at(lane * cb, cb), added);
            let bias = unless(&backward, bias_data.part_at(lane * bb, bb).sext(vb));
            let base = m.wire("base", is_finish.mux(old.sext(vb), sum.sext(vb)));
            m.assign(value2.part_at(lane * vb, vb), base.add(bias));
        });
        m.clocked(|s| s.set(&written4, &writes3));
        m.clocked_no_reset(|s| {
            s.if_(&valid2, |s| s.set(&added3, &added2));
            s.if_(&writes3, |s| {
                s.set(&added4, &added3);
                s.set(&word4, &word3);
            });
        });
        let clear_address = m.reg("clear_address_q", cw, 0);
        let clear_last = Expr::lit(cw, schedule.accumulator_words as u128 - 1);
        m.clocked(|s| {
            s.if_(clearing, |s| {
                s.set(&clear_address, clear_address.add(Expr::lit(cw, 1)));
                s.if_(clear_address.eq(clear_last), |s| s.set(clearing, Expr::zero(1)));
            });
        });
        m.assign(sum_write, clearing.or(&writes3));
        let write_address3 = super::gather::fit(&mut m, "word3", &word3, cw);
        m.assign(sum_address, clearing.mux(&clear_address, write_address3));
        m.assign(sum_data, clearing.mux(Expr::zero(l * cb), &added3));
    } else {
        m.unused("unused_kind", std::slice::from_ref(&is_finish));
        m.gen_for("gen_add", "lane", 0..l, |m, lane| {
            let bias = unless(&backward, bias_data.part_at(lane * bb, bb).sext(vb));
            m.assign(value2.part_at(lane * vb, vb), sums2.part_at(lane * sb, sb).sext(vb).add(bias));
        });
    }
    m.clocked(|s| s.set(&valid3, &valid2));
    m.clocked_no_reset(|s| {
        s.if_(&valid2, |s| {
            s.set(&word3, &word2);
            s.set(&mask3, &mask2);
            s.set(&done3, &done2);
            s.set(&value3, &value2);
        });
    });

    let value_of_activation = training.as_ref().map(|t| {
        m.section("The activation at the place of an error: read in stage 1, here in stage 2");
        m.assign(&t.read, beat_valid.and(&t.backward).and(is_scatter.not()));
        let address = super::gather::fit(&mut m, "activation_offset", &beat_word, aw);
        m.assign(&t.read_address, target.add(&address));
        let at3 = m.var("activation3_q", 8 * l);
        m.clocked_no_reset(|s| {
            s.if_(&valid2, |s| s.set(&at3, &t.read_data));
        });
        at3
    });

    m.section("Stage 3: requantise, non-linearity, dropout");
    let lane_module = activation_lane(schedule);
    let activated = m.net("activated", 8 * l);
    let kept = m.net("kept", 8 * l);
    let drops = match &backward {
        Some(backward) => m.wire("drops", backward.not().and(dropout.any())),
        None => dropout.any(),
    };
    let range = training.as_ref().map(|_| (m.net("rounded", 8 * l), m.net("clipped", l), m.net("derived", 8 * l)));
    m.gen_for("gen_lane", "lane", 0..l, |m, lane| {
        m.inst("u_activation", &lane_module, |u| {
            u.connect("value_i", value3.part_at(lane * vb, vb));
            u.connect("shift_i", &shift);
            u.connect("activation_i", &activation);
            u.connect("slope_i", &slope);
            u.connect("value_o", activated.part_at(lane * 8, 8));
            if let (Some((rounded, clipped, _)), Some(backward)) = (&range, &backward) {
                u.connect("error_i", backward);
                u.connect("rounded_o", rounded.part_at(lane * 8, 8));
                u.connect("clipped_o", clipped.bit_at(lane));
            }
        });
        let below = random.part_at(lane * 8, 8).ult(&dropout);
        let drop = m.wire("drop", if backward.is_some() { drops.and(below) } else { below });
        m.assign(kept.part_at(lane * 8, 8), drop.mux(Expr::zero(8), activated.part_at(lane * 8, 8)));
    });
    if let (Some(at3), Some((rounded, _, derived))) = (&value_of_activation, &range) {
        let derivative = derivative_lane(schedule);
        let dropped = m.wire("had_dropout", dropout.any());
        m.gen_for("gen_derivative", "lane", 0..l, |m, lane| {
            m.inst("u_derivative", &derivative, |u| {
                u.connect("error_i", rounded.part_at(lane * 8, 8));
                u.connect("value_i", at3.part_at(lane * 8, 8));
                u.connect("activation_i", &activation);
                u.connect("slope_i", &slope);
                u.connect("dropout_i", &dropped);
                u.connect("error_o", derived.part_at(lane * 8, 8));
            });
        });
    }
    let writes = m.wire("writes_activations", valid3.and(is_scatter.not()));
    m.assign(&step, writes.and(&done3).and(&drops));
    let written = match (&training, &range) {
        (Some(t), Some((rounded, clipped, derived))) => {
            t.count(&mut m, &writes, &mask3, rounded, clipped);
            m.wire("written", t.backward.mux(derived, &kept))
        }
        _ => kept,
    };
    m.clocked(|s| s.set(&write, &writes));
    let address3 = super::gather::fit(&mut m, "target_offset", &word3, aw);
    m.clocked_no_reset(|s| {
        s.if_(&writes, |s| {
            s.set(&write_address, target.add(&address3));
            s.set(&write_mask, &mask3);
            s.set(&write_data, &written);
        });
    });
    m.assign(&idle, Expr::concat(&[beat_valid.clone(), valid2.clone(), valid3.clone(), write.clone()]).any().not());
    m.finish()
}
