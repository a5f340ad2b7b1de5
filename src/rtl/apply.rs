//! Apply: row after row of the gradient memory becomes pulses on the lines.

use super::gather::{dac_word_bits, fit};
use super::gradient_memory::row_bits;
use super::lanes::{Sizes, lanes_below};
use super::round_gradient::{keeps_remainder, round_gradient};
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::Rate;
use crate::schedule::Schedule;
use std::sync::Arc;

/// The block that turns gradients into pulses.
pub fn apply(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (e, l, lb) = (sizes.element, sizes.lanes, sizes.lane_bits);
    let w = &schedule.widths;
    let (gw, gb) = (w.gradient_word as usize, w.gradient as usize);
    let dw = dac_word_bits(schedule);
    let keeps = keeps_remainder(schedule);

    let mut m = Builder::new("memgan_apply", file!());
    m.doc(
        "Turns the sums of a layer into pulses, one matrix row at a time: the bit lines get -1, 0 or 1 a column, the word \
           line of the row gets 1. What was summed is used up, or its remainder is kept, as the design says.",
    );
    m.contract(
        "start_i for one cycle with the operation's fields, which stay stable until all_sent_o. A row's beats are \
                followed by vector_ready_o, which is high until apply_i takes the vectors; apply_i only then. The beats of \
                the next row come after it.",
    );
    m.latency("one gradient word a cycle; its beat and its write 2 cycles after it is read");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let rows_last = m.input("rows_last_i", w.index as usize, "matrix rows - 1");
    let row_words_last = m.input("row_words_last_i", dw, "gradient words a matrix row - 1");
    let tail = m.input("columns_tail_i", lb, "valid lanes of a row's last word - 1");
    let base = m.input("gradient_word_i", gw, "first gradient address of the layer");
    let step = m.input("step_i", Rate::BITS as usize, "gradient of a pulse: {exponent, mantissa - 8}");
    let all_sent = m.output_reg("all_sent_o", 1, 0, "from the last row's apply_i to the next start_i");
    m.group("Gradient memory");
    let rb = row_bits(schedule);
    let block_row = (rb > 0).then(|| m.output("gradient_row_o", rb, "row of the block that an address holds"));
    let gradient_read = m.output("gradient_read_valid_o", 1, "");
    let gradient_address = m.output("gradient_read_address_o", gw, "");
    let gradient = m.input("gradient_read_data_i", l * gb, "");
    let gradient_write = m.output_reg("gradient_write_valid_o", 1, 0, "");
    let write_address = m.output_var("gradient_write_address_o", gw, "");
    let write_data = if keeps {
        m.output_var("gradient_write_data_o", l * gb, "remainders")
    } else {
        m.output("gradient_write_data_o", l * gb, "zeros")
    };
    let random = (!keeps).then(|| {
        m.group("Random bytes");
        (m.input("random_i", 8 * l, "top byte of each lane's state"), m.output("random_step_o", 1, "once a word"))
    });
    m.group("Line DACs");
    let dac_valid = m.output_reg("dac_valid_o", 1, 0, "");
    let dac_side = m.output_var("dac_side_o", 1, "0 word lines, 1 bit lines");
    let dac_word = m.output_var("dac_word_o", dw, "matrix row or column / lanes");
    let dac_mask = m.output_var("dac_mask_o", l, "lanes to write");
    let dac_next = m.output("dac_next_o", l, "none: words are whole");
    let dac_data = m.output_var("dac_data_o", 8 * l, "-1, 0 or 1 a lane");
    m.group("Pulse control");
    let ready = m.output_reg("vector_ready_o", 1, 0, "");
    let take = m.input("apply_i", 1, "the vectors move to the lines");

    m.section("A row is read word by word; one more cycle is for its word line");
    let reading = m.reg("reading_q", 1, 0);
    let line = m.reg("line_q", 1, 0);
    let row = m.reg("row_q", e, 0);
    let word = m.reg("word_q", dw, 0);
    let address = m.reg("address_q", gw, 0);
    let row_end = m.wire("row_end", word.eq(&row_words_last));
    let last_row = m.wire("last_row", row.eq(rows_last.zext(e)));
    m.assign(&gradient_read, &reading);
    m.assign(&gradient_address, &address);
    // The rows of a block lie at the same addresses.
    let block = block_row.map(|out| {
        m.assign(&out, row.slice(0, rb));
        let first = m.reg("block_address_q", gw, 0);
        let end = m.wire("block_end", row.slice(0, rb).all());
        let next = m.wire("next_row_address", end.mux(&address, &first));
        (first, next)
    });
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&reading, Expr::ones(1));
            s.set(&row, Expr::zero(e));
            s.set(&address, &base);
            if let Some((first, _)) = &block {
                s.set(first, &base);
            }
        })
        .elif(&take, |s| {
            s.set(&reading, last_row.not());
            s.set(&row, row.add(Expr::lit(e, 1)));
            if let Some((first, next)) = &block {
                s.set(&address, next);
                s.set(first, next);
            }
        })
        .elif(&reading, |s| {
            s.set(&reading, row_end.not());
            s.set(&word, row_end.mux(Expr::zero(dw), word.add(Expr::lit(dw, 1))));
            s.set(&address, address.add(Expr::lit(gw, 1)));
        });
        s.set(&line, reading.and(&row_end));
        s.if_(&start, |s| s.set(&all_sent, Expr::zero(1)))
            .elif(take.and(&last_row), |s| s.set(&all_sent, Expr::ones(1)));
    });

    m.section("Stage 1: the sums are at the memory's output; stage 2: beat and write");
    let valid1 = m.reg("valid1_q", 1, 0);
    let line1 = m.reg("line1_q", 1, 0);
    let line2 = m.reg("line2_q", 1, 0);
    let last1 = m.var("last1_q", 1);
    let word1 = m.var("word1_q", dw);
    let address1 = m.var("address1_q", gw);
    let lane_module = round_gradient(schedule);
    let pulses = m.net("pulses", 8 * l);
    let remainders = keeps.then(|| m.net("remainders", l * gb));
    m.gen_for("gen_lane", "lane", 0..l, |m, lane| {
        m.inst("u_round", &lane_module, |u| {
            u.connect("gradient_i", gradient.part_at(lane * gb, gb));
            u.connect("step_i", &step);
            if let Some((bytes, _)) = &random {
                u.connect("random_i", bytes.part_at(lane * 8, 8));
            }
            u.connect("pulse_o", pulses.part_at(lane * 8, 8));
            if let Some(remainders) = &remainders {
                u.connect("remainder_o", remainders.part_at(lane * gb, gb));
            }
        });
    });
    if let Some((_, random_step)) = &random {
        m.assign(random_step, &valid1);
        m.assign(&write_data, Expr::zero(l * gb));
    }
    let valid_lanes = m.wire("valid_lanes", tail.zext(lb + 1).add(Expr::lit(lb + 1, 1)));
    let in_matrix = lanes_below(&mut m, "in_matrix", &sizes, &valid_lanes);
    let row_lane = m.wire("row_lane", sizes.lane(&row));
    let row_word = m.wire("row_word", sizes.word(&row));
    let row_word = fit(&mut m, "row_word", &row_word, dw);
    m.assign(&dac_next, Expr::zero(l));
    m.clocked(|s| {
        s.set(&valid1, &reading);
        s.set(&line1, &line);
        s.set(&line2, &line1);
        s.set(&gradient_write, &valid1);
        s.set(&dac_valid, valid1.or(&line1));
        s.set(&ready, ready.and(take.not()).or(&line2));
    });
    m.clocked_no_reset(|s| {
        s.if_(&reading, |s| {
            s.set(&last1, &row_end);
            s.set(&word1, &word);
            s.set(&address1, &address);
        });
        s.if_(&valid1, |s| {
            s.set(&dac_side, Expr::ones(1));
            s.set(&dac_word, &word1);
            s.set(&dac_mask, last1.mux(&in_matrix, Expr::ones(l)));
            s.set(&dac_data, &pulses);
            s.set(&write_address, &address1);
            if let Some(remainders) = &remainders {
                s.set(&write_data, remainders);
            }
        })
        .elif(&line1, |s| {
            s.set(&dac_side, Expr::zero(1));
            s.set(&dac_word, &row_word);
            s.set(&dac_mask, Expr::lit(l, 1).shl_dyn(&row_lane));
            s.set(&dac_data, Expr::lit(8, 1).repeat(l));
        });
    });
    m.check(take.and(ready.not()).not(), "vectors are taken before they are ready");
    m.finish()
}
