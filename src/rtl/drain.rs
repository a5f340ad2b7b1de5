//! Drain: captured results of a conversion group become runs of output elements.

use super::bank::result_word_bits;
use super::lanes::{Sizes, lane_mask, lanes_below};
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// The block that cuts output segments into beats.
pub fn drain(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (e, l, lb) = (sizes.element, sizes.lanes, sizes.lane_bits);
    let w = &schedule.widths;
    let (rw, gw) = (result_word_bits(schedule), w.conversion as usize);
    let word_bits = e - lb;

    let mut m = Builder::new("memgan_drain", file!());
    m.doc(
        "Cuts segments of the output into memory words, in step with the conversion groups whose results a bank has \
           captured. A finish operation has no groups: its elements come from the accumulators.",
    );
    m.contract("Segments come in the order of their columns, and the last columns belong to the last segment of a \
                position. One memory word a cycle. release_o frees the captured group in the cycle in which it is last used. \
                element_done_o of a word is high when the word is complete, so that random streams and the bias \
                pattern advance once a word.");
    m.latency("beat_* 1 cycle after result_word_o");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let is_finish = m.input("finish_i", 1, "no groups");
    let groups_last = m.input("groups_last_i", gw, "conversions a read - 1");
    let group_columns = m.input("group_columns_i", e, "columns a conversion");
    let bias_last = m.input("bias_last_i", w.bias_word as usize, "words of the bias pattern - 1");
    m.group("Segments");
    let seg_valid = m.input("segment_valid_i", 1, "");
    let seg_ready = m.output("segment_ready_o", 1, "");
    let seg_address = m.input("segment_address_i", e, "first output element");
    let seg_index = m.input("segment_index_i", e, "first matrix column");
    let seg_len = m.input("segment_len_i", e, "elements, 0 for none");
    let seg_last = m.input("segment_last_i", 1, "last of its position");
    let seg_final = m.input("segment_final_i", 1, "last of the operation");
    m.group("Captured results");
    let captured = m.input("captured_i", 1, "a group is captured");
    let release = m.output("release_o", 1, "");
    let result_word = m.output("result_word_o", rw, "column within the group / lanes");
    let result_next = m.output("result_next_o", l, "lanes that show the next word");
    let sums = m.input("sums_i", l * w.sum as usize, "that word's column sums, in the same cycle");
    m.group("Beats: one memory word each");
    let beat_valid = m.output_reg("beat_valid_o", 1, 0, "");
    let beat_word = m.output_var("beat_word_o", word_bits, "output element / lanes");
    let beat_mask = m.output_var("beat_mask_o", l, "lanes");
    let beat_turn = m.output_var("beat_turn_o", lb, "rotation from column lanes to element lanes");
    let beat_bias = m.output_var("beat_bias_o", w.bias_word as usize, "word of the bias pattern");
    let beat_done = m.output_var("beat_done_o", 1, "the word is complete");
    let beat_sums = m.output_var("beat_sums_o", l * w.sum as usize, "column sums, in column lanes");
    let all_sent = m.output_reg("all_sent_o", 1, 0, "from the operation's last beat to the next start_i");

    m.section("Segment in progress; element is relative to the group");
    let valid = m.reg("valid_q", 1, 0);
    let address = m.reg("address_q", e, 0);
    let element = m.reg("element_q", e, 0);
    let left = m.reg("left_q", e, 0);
    let last = m.reg("last_q", 1, 0);
    let is_final = m.reg("final_q", 1, 0);
    let group = m.reg("group_q", gw, 0);
    let group_base = m.reg("group_base_q", e, 0);
    let bias = m.reg("bias_q", w.bias_word as usize, 0);

    m.section("What this cycle does");
    let available = m.wire("available", captured.or(&is_finish));
    let empty = m.wire("empty", left.any().not());
    let beyond = m.wire("beyond", is_finish.not().and(element.uge(&group_columns)));
    let last_group = m.wire("last_group", is_finish.or(group.eq(&groups_last)));
    let emit = m.wire("emit", valid.and(empty.not()).and(beyond.not()).and(&available));
    let skip = m.wire("skip", valid.and(empty.not()).and(&beyond).and(&available));
    let flush = m.wire("flush", valid.and(&empty).and(&last).and(&available));

    let offset = m.wire("offset", sizes.lane(&address));
    let room = m.wire("room", sizes.room(&offset));
    let ends = m.wire("ends_in_word", left.ule(room.zext(e)));
    let fits = m.wire("fits_in_word", ends.mux(left.trunc(lb + 1), &room));
    let in_group = m.wire("in_group", group_columns.sub(&element));
    let cut = m.wire("cut_by_group", is_finish.not().and(in_group.ult(fits.zext(e))));
    let take = m.wire("take", cut.mux(in_group.trunc(lb + 1), &fits));
    let segment_done = m.wire("segment_done", emit.and(left.eq(take.zext(e))));
    let group_done = m.wire("group_done", emit.and(is_finish.not()).and(in_group.eq(take.zext(e))));
    let position_done = m.wire("position_done", segment_done.and(&last).and(&last_group).or(flush.and(&last_group)));
    let word_done = m.wire("word_done", fits.eq(&room).and(cut.not()).or(position_done.and(&is_final)));
    let next_segment = m.wire(
        "next_segment",
        valid.not().or(segment_done.and(last.not())).or(valid.and(&empty).and(last.not())).or(&position_done),
    );
    let freed = m.wire("freed", skip.or(&flush).or(&group_done).or(&position_done));
    m.assign(&release, freed.and(is_finish.not()));
    m.assign(&seg_ready, &next_segment);

    let next_base = m.wire(
        "next_group_base",
        position_done.mux(Expr::zero(e), freed.mux(group_base.add(&group_columns), &group_base)),
    );
    let moved = m.wire("moved", element.add(take.zext(e)));
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&valid, Expr::zero(1));
            s.set(&group, Expr::zero(gw));
            s.set(&group_base, Expr::zero(e));
        })
        .else_(|s| {
            s.set(&group_base, &next_base);
            s.if_(&position_done, |s| s.set(&group, Expr::zero(gw)))
                .elif(&freed, |s| s.set(&group, group.add(Expr::lit(gw, 1))));
            s.if_(&next_segment, |s| {
                s.set(&valid, &seg_valid);
                s.set(&address, &seg_address);
                s.set(&element, seg_index.sub(&next_base));
                s.set(&left, &seg_len);
                s.set(&last, &seg_last);
                s.set(&is_final, &seg_final);
            })
            .elif(&emit, |s| {
                s.set(&address, address.add(take.zext(e)));
                s.set(&left, left.sub(take.zext(e)));
                s.set(&element, group_done.mux(Expr::zero(e), &moved));
            })
            .elif(&skip, |s| s.set(&element, element.sub(&group_columns)));
        });
    });

    m.section("Bias pattern: one word a memory word, repeating");
    let bias_end = m.wire("bias_end", bias.eq(&bias_last));
    m.clocked(|s| {
        s.if_(&start, |s| s.set(&bias, Expr::zero(bias.width()))).elif(emit.and(&word_done), |s| {
            s.set(&bias, bias_end.mux(Expr::zero(bias.width()), bias.add(Expr::lit(bias.width(), 1))));
        });
    });

    m.section("Beat");
    let column = m.wire("column_lane", sizes.lane(&element));
    let column_word = m.wire("column_word", sizes.word(&element));
    let here = super::gather::fit(&mut m, "column_word", &column_word, rw);
    m.assign(&result_word, here);
    let next = lanes_below(&mut m, "next_word_lanes", &sizes, &column);
    m.assign(&result_next, next);
    let mask = lane_mask(&mut m, "beat", &sizes, &offset, &take);
    m.clocked(|s| {
        s.set(&beat_valid, &emit);
        s.if_(&start, |s| s.set(&all_sent, Expr::zero(1)))
            .elif(position_done.and(&is_final), |s| s.set(&all_sent, Expr::ones(1)));
    });
    m.clocked_no_reset(|s| {
        s.if_(&emit, |s| {
            s.set(&beat_word, sizes.word(&address));
            s.set(&beat_mask, &mask);
            s.set(&beat_turn, offset.sub(&column));
            s.set(&beat_bias, &bias);
            s.set(&beat_done, &word_done);
            s.set(&beat_sums, &sums);
        });
    });
    m.finish()
}
