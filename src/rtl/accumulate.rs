//! Beats become activations: rotate, scatter-add or bias, requantise, non-linearity, dropout.

use super::activation::{ACTIVATION_BITS, activation_lane};
use super::lanes::Sizes;
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{BIAS_BITS, SHIFT_BITS};
use crate::schedule::{OpKind, Schedule};
use std::sync::Arc;

/// Whether the design has accumulators.
pub(super) fn scatters(schedule: &Schedule) -> bool {
    schedule.ops.iter().any(|o| o.kind == OpKind::ScatterWindow)
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
            let bias = bias_data.part_at(lane * bb, bb).sext(vb);
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
            let bias = bias_data.part_at(lane * bb, bb).sext(vb);
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

    m.section("Stage 3: requantise, non-linearity, dropout");
    let lane_module = activation_lane(schedule);
    let activated = m.net("activated", 8 * l);
    let kept = m.net("kept", 8 * l);
    m.gen_for("gen_lane", "lane", 0..l, |m, lane| {
        m.inst("u_activation", &lane_module, |u| {
            u.connect("value_i", value3.part_at(lane * vb, vb));
            u.connect("shift_i", &shift);
            u.connect("activation_i", &activation);
            u.connect("slope_i", &slope);
            u.connect("value_o", activated.part_at(lane * 8, 8));
        });
        let drop = m.wire("drop", random.part_at(lane * 8, 8).ult(&dropout));
        m.assign(kept.part_at(lane * 8, 8), drop.mux(Expr::zero(8), activated.part_at(lane * 8, 8)));
    });
    let writes = m.wire("writes_activations", valid3.and(is_scatter.not()));
    m.assign(&step, writes.and(&done3).and(dropout.any()));
    m.clocked(|s| s.set(&write, &writes));
    let address3 = super::gather::fit(&mut m, "target_offset", &word3, aw);
    m.clocked_no_reset(|s| {
        s.if_(&writes, |s| {
            s.set(&write_address, target.add(&address3));
            s.set(&write_mask, &mask3);
            s.set(&write_data, &kept);
        });
    });
    m.assign(&idle, Expr::concat(&[beat_valid.clone(), valid2.clone(), valid3.clone(), write.clone()]).any().not());
    m.finish()
}
