//! Gather: segments of a tensor become a vector in the line DAC registers.

use super::fire::fire_lane;
use super::lanes::{Sizes, lanes_below, wrapped_lane_mask};
use crate::config::UpdateRule;
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{FIRE_BITS, Rate};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Bits of a DAC word index within the longest matrix row vector.
pub(super) fn dac_word_bits(schedule: &Schedule) -> usize {
    let sizes = Sizes::of(schedule);
    sizes.element - sizes.lane_bits
}

/// What gather needs beside in a design that trains.
struct Training {
    start: Expr,
    backward: Expr,
    update: Expr,
    target_word: Expr,
    error_data: Expr,
    segment_side: Expr,
    read_side: Expr,
    dac_side: Expr,
    /// Random words, rate and step, where lines fire at random.
    fire: Option<(Expr, Expr, Expr)>,
}

impl Training {
    fn ports(m: &mut Builder, schedule: &Schedule) -> Self {
        let (l, a) = (schedule.lanes, schedule.widths.activation_word as usize);
        m.group("Training: side 0 is inputs to word lines, side 1 errors to bit lines; an update takes them in turns");
        Self {
            start: m.input("start_i", 1, ""),
            backward: m.input("backward_i", 1, "side 1 only"),
            update: m.input("update_i", 1, "side 0, then side 1 of each position"),
            target_word: m.input("target_word_i", a, "first word of the update's errors"),
            error_data: m.input("error_data_i", 8 * l, "as read_data_i, from the error memory"),
            segment_side: m.output("segment_side_o", 1, "side of the segment that is taken next"),
            read_side: m.output("read_side_o", 1, "0 activation memory, 1 error memory"),
            dac_side: m.output("dac_side_o", 1, "0 word lines, 1 bit lines"),
            fire: fires(schedule).then(|| {
                (
                    m.input("random_i", FIRE_BITS as usize * l, "one a lane"),
                    m.input("rate_i", Rate::BITS as usize, ""),
                    m.output("random_step_o", 1, "a word of the update was turned into lines that fire"),
                )
            }),
        }
    }
}

/// Whether lines fire at random in an update.
pub(super) fn fires(schedule: &Schedule) -> bool {
    schedule.design.update_rule() == Some(UpdateRule::Stochastic)
}

/// Whether an update's vectors go to the outer products.
fn sums(schedule: &Schedule) -> bool {
    schedule.design.update_rule() == Some(UpdateRule::Accumulate)
}

/// The block that fills the line DACs; `rotate` turns words of activations.
pub fn gather(schedule: &Schedule, rotate: &Arc<Module>) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (e, l, lb) = (sizes.element, sizes.lanes, sizes.lane_bits);
    let a = schedule.widths.activation_word as usize;
    let dw = dac_word_bits(schedule);
    let mut m = Builder::new("memgan_gather", file!());
    m.doc(
        "Copies segments from the activation memory to the line DAC shadow registers. A memory word is rotated to \
           the lanes of its destination; lanes flagged in dac_next_o belong to the next DAC word.",
    );
    m.contract(
        "One memory word a cycle. After the last segment of a vector nothing is read until apply_i moves the \
                shadow registers to the lines; vector_ready_o is high from the vector's last write to apply_i.",
    );
    if sums(schedule) {
        m.contract(
            "An update goes on with the next position while the vectors of the one before are in use: vector_ready_o is \
                    high for one cycle a position, apply_i for one cycle when the vectors of a position are used up, and \
                    there are places for two.",
        );
    }
    m.latency("3 cycles from the last read of a vector to vector_ready_o");
    m.clk_rst();
    m.group("Segments");
    let seg_valid = m.input("segment_valid_i", 1, "");
    let seg_ready = m.output("segment_ready_o", 1, "");
    let seg_address = m.input("segment_address_i", e, "first element in the tensor");
    let seg_index = m.input("segment_index_i", e, "first matrix row");
    let seg_len = m.input("segment_len_i", e, "elements, 0 for none");
    let seg_last = m.input("segment_last_i", 1, "closes a vector");
    m.group("Activation memory");
    let base = m.input("source_word_i", a, "first word of the tensor");
    let read = m.output("read_valid_o", 1, "");
    let read_address = m.output("read_address_o", a, "");
    let read_data = m.input("read_data_i", 8 * l, "one cycle after read_valid_o");
    m.group("Line DACs");
    let dac_valid = m.output("dac_valid_o", 1, "");
    let dac_word = m.output("dac_word_o", dw, "matrix row / lanes");
    let dac_mask = m.output("dac_mask_o", l, "lanes to write");
    let dac_next = m.output("dac_next_o", l, "lanes that belong to dac_word_o + 1");
    let dac_data = m.output("dac_data_o", 8 * l, "signed 8 bit a lane");
    m.group("Array control");
    let apply = m.input("apply_i", 1, "the vector moves to the lines");
    let ready_out = m.output("vector_ready_o", 1, "");
    let training = schedule.design.training.is_some().then(|| Training::ports(&mut m, schedule));

    m.section("Segment in progress");
    let valid = m.reg("valid_q", 1, 0);
    let address = m.reg("address_q", e, 0);
    let index = m.reg("index_q", e, 0);
    let left = m.reg("left_q", e, 0);
    let last = m.reg("last_q", 1, 0);
    let update = training.as_ref().filter(|_| sums(schedule)).map(|t| t.update.clone());
    let ahead = match &update {
        Some(_) => m.reg("ahead_q", 2, 0),
        None => m.reg("pending_q", 1, 0),
    };
    let ready = m.reg("ready_q", 1, 0);

    let offset = m.wire("offset", sizes.lane(&address));
    let room = m.wire("room", sizes.room(&offset));
    let ends = m.wire("ends_here", left.ule(room.zext(e)));
    let take = m.wire("take", ends.mux(left.trunc(lb + 1), &room));
    let full = match &update {
        Some(update) => m.wire("full", update.mux(ahead.bit(1), ahead.any())),
        None => ahead.clone(),
    };
    let issue = m.wire("issue", valid.and(full.not()));
    let finish = m.wire("finish", issue.and(&ends));
    let accept = m.wire("accept", valid.not().or(&finish));
    // The side of the segment in progress, of the next one, and of the word at the memories' outputs.
    let sides = training.as_ref().map(|t| {
        let side = m.reg("side_q", 1, 0);
        let next_side = m.reg("next_side_q", 1, 0);
        m.assign(&t.segment_side, &next_side);
        m.clocked(|s| {
            s.if_(&t.start, |s| s.set(&next_side, &t.backward)).elif(accept.and(&seg_valid), |s| {
                s.set(&side, &next_side);
                s.set(&next_side, next_side.xor(seg_last.and(&t.update)));
            });
        });
        side
    });
    let vector_end = match (&training, &sides) {
        (Some(t), Some(side)) => finish.and(&last).and(side.or(t.update.not())),
        _ => finish.and(&last),
    };
    let vector_end = m.wire("vector_end", vector_end);
    m.assign(&seg_ready, &accept);
    let fetch = m.wire("fetch", issue.and(left.any()));
    m.assign(&read, &fetch);
    let word = m.wire("word", sizes.word(&address));
    let source_word = fit(&mut m, "word", &word, a);
    let base = match (&training, &sides) {
        (Some(t), Some(side)) => {
            m.assign(&t.read_side, side);
            m.wire("base_word", t.update.and(side).mux(&t.target_word, &base))
        }
        _ => base,
    };
    m.assign(&read_address, base.add(source_word));

    m.section("Stage 1: the word is at the memory's output; stage 2: at the DACs");
    let valid1 = m.reg("valid1_q", 1, 0);
    let last1 = m.reg("last1_q", 1, 0);
    let take1 = m.var("take1_q", lb + 1);
    let from1 = m.var("from1_q", lb);
    let to1 = m.var("to1_q", lb);
    let word1 = m.var("word1_q", dw);
    let turn = m.wire("turn", to1.sub(&from1));
    let turned = m.net("turned", 8 * l);
    let read_data = match (&training, &sides) {
        (Some(t), Some(side)) => {
            let side1 = m.var("side1_q", 1);
            let side2 = m.var("side2_q", 1);
            m.clocked_no_reset(|s| {
                s.if_(&fetch, |s| s.set(&side1, side));
                s.if_(&valid1, |s| s.set(&side2, &side1));
            });
            m.assign(&t.dac_side, &side2);
            let word = m.wire("read_word", side1.mux(&t.error_data, &read_data));
            match &t.fire {
                None => word,
                Some((random, rate, step)) => {
                    m.assign(step, t.update.and(&valid1));
                    let rate = rate_of(&mut m, rate, &side1);
                    let codes = fired(&mut m, schedule, &word, random, &rate);
                    m.wire("line_word", t.update.mux(&codes, word))
                }
            }
        }
        _ => read_data,
    };
    m.inst("u_rotate", rotate, |u| {
        u.connect("data_i", &read_data);
        u.connect("amount_i", &turn);
        u.connect("data_o", &turned);
    });
    let mask = wrapped_lane_mask(&mut m, "target", &sizes, &to1, &take1);
    let next = lanes_below(&mut m, "wrapped", &sizes, &to1);
    let valid2 = m.reg("valid2_q", 1, 0);
    let last2 = m.reg("last2_q", 1, 0);
    let word2 = m.var("word2_q", dw);
    let mask2 = m.var("mask2_q", l);
    let next2 = m.var("next2_q", l);
    let data2 = m.var("data2_q", 8 * l);
    m.assign(&dac_valid, &valid2);
    m.assign(&dac_word, &word2);
    m.assign(&dac_mask, &mask2);
    m.assign(&dac_next, &next2);
    m.assign(&dac_data, &data2);
    m.assign(&ready_out, &ready);

    m.clocked(|s| {
        s.if_(&accept, |s| {
            s.set(&valid, &seg_valid);
            s.set(&address, &seg_address);
            s.set(&index, &seg_index);
            s.set(&left, &seg_len);
            s.set(&last, &seg_last);
        })
        .elif(&issue, |s| {
            s.set(&address, address.add(take.zext(e)));
            s.set(&index, index.add(take.zext(e)));
            s.set(&left, left.sub(take.zext(e)));
        });
        if update.is_some() {
            s.if_(vector_end.and(apply.not()), |s| s.set(&ahead, ahead.add(Expr::lit(2, 1))))
                .elif(apply.and(vector_end.not()), |s| s.set(&ahead, ahead.sub(Expr::lit(2, 1))));
        } else {
            s.set(&ahead, ahead.and(apply.not()).or(&vector_end));
        }
        s.set(&valid1, &fetch);
        s.set(&last1, &vector_end);
        s.set(&valid2, &valid1);
        s.set(&last2, &last1);
        let taken = update.as_ref().map_or(apply.clone(), |update| apply.or(update));
        s.set(&ready, ready.and(taken.not()).or(&last2));
    });
    m.clocked_no_reset(|s| {
        s.if_(&fetch, |s| {
            s.set(&take1, &take);
            s.set(&from1, &offset);
            s.set(&to1, sizes.lane(&index));
            s.set(&word1, sizes.word(&index));
        });
        s.if_(&valid1, |s| {
            s.set(&word2, &word1);
            s.set(&mask2, &mask);
            s.set(&next2, &next);
            s.set(&data2, &turned);
        });
    });
    m.finish()
}

/// The rate of a side: a quarter of the layer's for inputs, four times for errors.
fn rate_of(m: &mut Builder, rate: &Expr, side: &Expr) -> Expr {
    debug_assert_eq!(Rate::SIDE, 16);
    let (steps, rest) = (rate.slice(4, 4), rate.slice(0, 4));
    let near = |steps: Expr| Expr::concat(&[steps, rest.clone()]);
    let lower = steps.any().mux(near(steps.sub(Expr::lit(4, 1))), Expr::zero(8));
    let most = Expr::lit(8, u128::from(Rate::MAX_FIRE.code()));
    let higher = steps.uge(Expr::lit(4, 7)).mux(most, near(steps.add(Expr::lit(4, 1))));
    m.wire("side_rate", side.mux(higher, lower))
}

/// `word` as lines that fire: -1, 0 or 1 a lane.
fn fired(m: &mut Builder, schedule: &Schedule, word: &Expr, random: &Expr, rate: &Expr) -> Expr {
    let lane_module = fire_lane();
    let codes = m.net("fired", 8 * schedule.lanes);
    m.gen_for("gen_fire", "lane", 0..schedule.lanes, |m, lane| {
        m.inst("u_fire", &lane_module, |u| {
            u.connect("value_i", word.part_at(lane * 8, 8));
            u.connect("random_i", random.part_at(lane * FIRE_BITS as usize, FIRE_BITS as usize));
            u.connect("rate_i", rate);
            u.connect("code_o", codes.part_at(lane * 8, 8));
        });
    });
    codes
}

/// `value` in exactly `width` bits: cut (the schedule guarantees that the cut bits are zero) or zero-extended.
pub(super) fn fit(m: &mut Builder, name: &str, value: &Expr, width: usize) -> Expr {
    if value.width() > width {
        m.unused(&format!("unused_{name}"), &[value.slice(width, value.width() - width)]);
        value.trunc(width)
    } else {
        value.zext(width)
    }
}

/// `value`, whose lost bits are known to be zero, in exactly `width` bits.
pub(super) fn resize(value: &Expr, width: usize) -> Expr {
    if value.width() > width { value.trunc(width) } else { value.zext(width) }
}
