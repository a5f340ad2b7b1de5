//! Bias sum: the errors of a layer's outputs are added up for its biases.

use super::gather::fit;
use super::lanes::{Sizes, lanes_below};
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// The block that adds errors to the sums of the biases.
pub fn bias_sum(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (l, lb) = (sizes.lanes, sizes.lane_bits);
    let w = &schedule.widths;
    let (aw, pw) = (w.activation_word as usize, w.position as usize);
    let (bw, sb) = (w.bias_word as usize, w.bias_sum as usize);

    let mut m = Builder::new("memgan_bias_sum", file!());
    m.doc(
        "Reads the words of an error tensor one after the other and adds each lane to the sum of its bias. The sums have \
           the layout of the biases: a pattern of words that repeats.",
    );
    m.contract(
        "start_i for one cycle with the operation's fields, which stay stable until done_o. No operation during \
                clearing_o. A word of the pattern that was added to in one of the last two cycles is forwarded, and \
                neither read nor relied on in the cycle in which it is written.",
    );
    m.latency("one word a cycle; done_o 3 cycles after the last word is read");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let source = m.input("source_word_i", aw, "first word of the error tensor");
    let words_last = m.input("words_last_i", pw, "words of the tensor - 1");
    let tail = m.input("tail_i", lb, "valid lanes of the last word - 1");
    let bias_base = m.input("bias_word_i", bw, "first word of the bias pattern");
    let bias_last = m.input("bias_last_i", bw, "words of the bias pattern - 1");
    let done = m.output_reg("done_o", 1, 0, "from the operation's last write to the next start_i");
    m.group("Error memory");
    let error_read = m.output("error_read_valid_o", 1, "");
    let error_address = m.output("error_read_address_o", aw, "");
    let errors = m.input("error_read_data_i", 8 * l, "signed 8 bit a lane");
    m.group("Bias sum memory, zeroed after reset");
    let sum_read = m.output("sum_read_valid_o", 1, "");
    let sum_address = m.output("sum_read_address_o", bw, "");
    let sum_data = m.input("sum_read_data_i", l * sb, "");
    let sum_write = m.output("sum_write_valid_o", 1, "");
    let write_address = m.output("sum_write_address_o", bw, "");
    let write_data = m.output("sum_write_data_o", l * sb, "");
    let clearing = m.output_reg("clearing_o", 1, 1, "after reset, until the sums are zero");

    m.section("A word of errors and its word of the pattern are read");
    let running = m.reg("running_q", 1, 0);
    let count = m.reg("count_q", pw, 0);
    let pattern = m.reg("pattern_q", bw, 0);
    let valid1 = m.reg("valid1_q", 1, 0);
    let valid2 = m.reg("valid2_q", 1, 0);
    let last1 = m.reg("last1_q", 1, 0);
    let last2 = m.reg("last2_q", 1, 0);
    let address1 = m.var("address1_q", bw);
    let address2 = m.var("address2_q", bw);
    let is_last = m.wire("is_last", count.eq(&words_last));
    let pattern_end = m.wire("pattern_end", pattern.eq(&bias_last));
    let address = m.wire("address", bias_base.add(&pattern));
    let near = m.wire("near", valid1.and(address1.eq(&address)));
    let far = m.wire("far", valid2.and(address2.eq(&address)));
    m.assign(&error_read, &running);
    let offset = fit(&mut m, "count", &count, aw);
    m.assign(&error_address, source.add(offset));
    m.assign(&sum_read, running.and(near.or(&far).not()));
    m.assign(&sum_address, &address);
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&running, Expr::ones(1));
            s.set(&count, Expr::zero(pw));
            s.set(&pattern, Expr::zero(bw));
        })
        .elif(&running, |s| {
            s.set(&running, is_last.not());
            s.set(&count, count.add(Expr::lit(pw, 1)));
            s.set(&pattern, pattern_end.mux(Expr::zero(bw), pattern.add(Expr::lit(bw, 1))));
        });
        s.set(&valid1, &running);
        s.set(&last1, running.and(&is_last));
        s.set(&valid2, &valid1);
        s.set(&last2, &last1);
        s.if_(&start, |s| s.set(&done, Expr::zero(1))).elif(&last2, |s| s.set(&done, Expr::ones(1)));
    });

    m.section("Stage 1: add; stage 2: write");
    let near1 = m.var("near1_q", 1);
    let far1 = m.var("far1_q", 1);
    let sums2 = m.var("sums2_q", l * sb);
    let sums3 = m.var("sums3_q", l * sb);
    let newest = m.wire("newest", near1.mux(&sums2, far1.mux(&sums3, &sum_data)));
    let valid_lanes = m.wire("valid_lanes", tail.zext(lb + 1).add(Expr::lit(lb + 1, 1)));
    let in_tensor = lanes_below(&mut m, "in_tensor", &sizes, &valid_lanes);
    let sums1 = m.net("sums1", l * sb);
    m.gen_for("gen_add", "lane", 0..l, |m, lane| {
        let used = last1.not().or(in_tensor.bit_at(lane));
        let error = m.wire("error", used.mux(errors.part_at(lane * 8, 8), Expr::zero(8)));
        m.assign(sums1.part_at(lane * sb, sb), newest.part_at(lane * sb, sb).add(error.sext(sb)));
    });
    m.clocked_no_reset(|s| {
        s.if_(&running, |s| {
            s.set(&address1, &address);
            s.set(&near1, &near);
            s.set(&far1, &far);
        });
        s.if_(&valid1, |s| {
            s.set(&address2, &address1);
            s.set(&sums2, &sums1);
        });
        s.if_(&valid2, |s| s.set(&sums3, &sums2));
    });

    let clear_address = m.reg("clear_address_q", bw, 0);
    let clear_last = Expr::lit(bw, schedule.bias_words as u128 - 1);
    m.clocked(|s| {
        s.if_(&clearing, |s| {
            s.set(&clear_address, clear_address.add(Expr::lit(bw, 1)));
            s.if_(clear_address.eq(clear_last), |s| s.set(&clearing, Expr::zero(1)));
        });
    });
    m.assign(&sum_write, clearing.or(&valid2));
    m.assign(&write_address, clearing.mux(&clear_address, &address2));
    m.assign(&write_data, clearing.mux(Expr::zero(l * sb), &sums2));
    m.finish()
}
