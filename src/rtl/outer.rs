//! Outer products: a position's inputs times its errors are added to the gradient memory.

use super::gather::{dac_word_bits, fit};
use super::lanes::Sizes;
use super::vector_memory::{vector_address_bits, vector_memory};
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Words that hold the longest vector of a side; a memory has 2 at least.
fn vector_words(schedule: &Schedule, elements: impl Iterator<Item = usize>) -> usize {
    elements.max().unwrap_or(0).div_ceil(schedule.lanes).max(2)
}

/// The block that adds outer products to the gradient memory.
pub fn outer(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (e, l, lb) = (sizes.element, sizes.lanes, sizes.lane_bits);
    let w = &schedule.widths;
    let (gw, gb, pw) = (w.gradient_word as usize, w.gradient as usize, w.position as usize);
    let dw = dac_word_bits(schedule);
    let row_words = vector_words(schedule, schedule.banks.iter().map(|b| b.matrix_rows));
    let column_words = vector_words(schedule, schedule.banks.iter().map(|b| b.matrix_columns));

    let mut m = Builder::new("memgan_outer", file!());
    m.doc(
        "For each position, adds the product of every row element and every column element to the sum of its weight in \
           the gradient memory, exactly. The vectors come in the beats that fill the line DACs and are zero where no beat \
           wrote.",
    );
    m.contract(
        "start_i for one cycle with the operation's fields, which stay stable until done_o. No operation during \
                clearing_o. Beats count from start_i on. vector_ready_i says that both vectors are complete and falls \
                after apply_o, which is high in the cycle in which their last words are read; beats of the next position \
                come 2 cycles after it or later.",
    );
    m.latency("one gradient word a cycle, read 1 cycle and written 3 cycles after its elements are read");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let rows_last = m.input("rows_last_i", w.index as usize, "matrix rows - 1");
    let row_words_last = m.input("row_words_last_i", dw, "gradient words a matrix row - 1");
    let base = m.input("gradient_word_i", gw, "first gradient word of the layer");
    let positions_last = m.input("positions_last_i", pw, "positions - 1");
    let done = m.output_reg("done_o", 1, 0, "from the operation's last write to the next start_i");
    m.group("Line DACs: lane l goes to element (dac_word_i + dac_next_i[l]) * lanes + l of its vector");
    let dac_valid = m.input("dac_valid_i", 1, "");
    let dac_side = m.input("dac_side_i", 1, "0 rows, 1 columns");
    let dac_word = m.input("dac_word_i", dw, "");
    let dac_mask = m.input("dac_mask_i", l, "lanes to write");
    let dac_next = m.input("dac_next_i", l, "lanes of the next word");
    let dac_data = m.input("dac_data_i", 8 * l, "signed 8 bit a lane");
    let vector_ready = m.input("vector_ready_i", 1, "");
    let apply = m.output("apply_o", 1, "the vectors are used up");
    m.group("Gradient memory, zeroed after reset");
    let gradient_read = m.output("gradient_read_valid_o", 1, "");
    let gradient_address = m.output("gradient_read_address_o", gw, "");
    let gradient = m.input("gradient_read_data_i", l * gb, "");
    let gradient_write = m.output("gradient_write_valid_o", 1, "");
    let write_address = m.output("gradient_write_address_o", gw, "");
    let write_data = m.output("gradient_write_data_o", l * gb, "");
    let clearing = m.output_reg("clearing_o", 1, 1, "after reset, until gradients and vectors are zero");

    m.section(
        "Place in the matrix. After apply_o two cycles pass, so that no gradient word is read before it is written",
    );
    let running = m.reg("running_q", 1, 0);
    let position = m.reg("position_q", pw, 0);
    let row = m.reg("row_q", e, 0);
    let word = m.reg("word_q", dw, 0);
    let address = m.reg("address_q", gw, 0);
    let applied1 = m.reg("applied1_q", 1, 0);
    let applied2 = m.reg("applied2_q", 1, 0);
    let issue = m.wire("issue", running.and(&vector_ready).and(applied1.or(&applied2).not()));
    let row_end = m.wire("row_end", word.eq(&row_words_last));
    let last_row = m.wire("last_row", row.eq(rows_last.zext(e)));
    let last_position = m.wire("last_position", position.eq(&positions_last));
    let position_end = m.wire("position_end", issue.and(&row_end).and(&last_row));
    let last = m.wire("last", position_end.and(&last_position));
    m.assign(&apply, &position_end);
    m.clocked(|s| {
        s.if_(start.or(&position_end), |s| {
            s.set(&row, Expr::zero(e));
            s.set(&word, Expr::zero(dw));
            s.set(&address, &base);
        })
        .elif(&issue, |s| {
            s.set(&row, row_end.mux(row.add(Expr::lit(e, 1)), &row));
            s.set(&word, row_end.mux(Expr::zero(dw), word.add(Expr::lit(dw, 1))));
            s.set(&address, address.add(Expr::lit(gw, 1)));
        });
        s.if_(&start, |s| {
            s.set(&running, Expr::ones(1));
            s.set(&position, Expr::zero(pw));
        })
        .elif(&position_end, |s| {
            s.set(&running, last_position.not());
            s.set(&position, position.add(Expr::lit(pw, 1)));
        });
        s.set(&applied1, &position_end);
        s.set(&applied2, &applied1);
    });

    m.section("Stage 1: product, and the gradient word is read; stage 2: sum; stage 3: written");
    let [valid1, valid2, valid3] = [1, 2, 3].map(|i| m.reg(&format!("valid{i}_q"), 1, 0));
    let [last1, last2, last3] = [1, 2, 3].map(|i| m.reg(&format!("last{i}_q"), 1, 0));
    let [address1, address2, address3] = [1, 2, 3].map(|i| m.var(&format!("address{i}_q"), gw));
    m.clocked(|s| {
        s.set(&valid1, &issue);
        s.set(&valid2, &valid1);
        s.set(&valid3, &valid2);
        s.set(&last1, &last);
        s.set(&last2, &last1);
        s.set(&last3, &last2);
        s.if_(&start, |s| s.set(&done, Expr::zero(1))).elif(&last3, |s| s.set(&done, Expr::ones(1)));
    });

    m.section("Vectors: a row element is used in one matrix row, a column element for the last time in the last");
    let row_lane = m.wire("row_lane", sizes.lane(&row));
    let row_word = m.wire("row_word", sizes.word(&row));
    let row_read = m.wire("row_read", issue.and(word.any().not()).and(row_lane.any().not()));
    let mut vector = |side: &str, words: usize, chosen: Expr, read: &Expr, at: &Expr, last: &Expr| {
        let bits = vector_address_bits(words);
        let beat = m.wire(&format!("{side}_beat"), running.and(&dac_valid).and(chosen));
        let beat_word = fit(&mut m, &format!("{side}_beat_word"), &dac_word, bits);
        let address = fit(&mut m, &format!("{side}_address"), at, bits);
        let data = m.net(&format!("{side}_data"), 8 * l);
        m.inst(&format!("u_{side}"), &vector_memory(side, words, l), |u| {
            u.clk_rst();
            u.connect("beat_valid_i", &beat);
            u.connect("beat_word_i", beat_word);
            u.connect("beat_mask_i", &dac_mask);
            u.connect("beat_next_i", &dac_next);
            u.connect("beat_data_i", &dac_data);
            u.connect("read_valid_i", read);
            u.connect("read_address_i", address);
            u.connect("read_last_i", last);
            u.connect("read_data_o", &data);
        });
        data
    };
    let row_data = vector("row", row_words, dac_side.not(), &row_read, &row_word, &Expr::ones(1));
    let column_data = vector("column", column_words, dac_side.clone(), &issue, &word, &last_row);
    m.check(running.and(&vector_ready).and(&dac_valid).not(), "a vector changes while it is in use");

    m.section("Products and sums");
    let lane1 = m.var("lane1_q", lb);
    let x = m.wire("x", row_data.part_dyn(Expr::concat(&[lane1.clone(), Expr::zero(3)]), 8));
    let product1 = m.net("product1", 16 * l);
    let product2 = m.var("product2_q", 16 * l);
    let sum2 = m.net("sum2", l * gb);
    let sum3 = m.var("sum3_q", l * gb);
    m.gen_for("gen_lane", "lane", 0..l, |m, lane| {
        m.assign(product1.part_at(lane * 16, 16), x.smul(column_data.part_at(lane * 8, 8)));
        let product = product2.part_at(lane * 16, 16).sext(gb);
        m.assign(sum2.part_at(lane * gb, gb), gradient.part_at(lane * gb, gb).add(product));
    });
    m.clocked_no_reset(|s| {
        s.if_(&issue, |s| {
            s.set(&address1, &address);
            s.set(&lane1, &row_lane);
        });
        s.if_(&valid1, |s| {
            s.set(&address2, &address1);
            s.set(&product2, &product1);
        });
        s.if_(&valid2, |s| {
            s.set(&address3, &address2);
            s.set(&sum3, &sum2);
        });
    });
    m.assign(&gradient_read, &valid1);
    m.assign(&gradient_address, &address1);

    let clear_address = m.reg("clear_address_q", gw, 0);
    let clear_last = Expr::lit(gw, schedule.gradient_words.max(2) as u128 - 1);
    m.clocked(|s| {
        s.if_(&clearing, |s| {
            s.set(&clear_address, clear_address.add(Expr::lit(gw, 1)));
            s.if_(clear_address.eq(clear_last), |s| s.set(&clearing, Expr::zero(1)));
        });
    });
    m.assign(&gradient_write, clearing.or(&valid3));
    m.assign(&write_address, clearing.mux(&clear_address, &address3));
    m.assign(&write_data, clearing.mux(Expr::zero(l * gb), &sum3));
    m.finish()
}
