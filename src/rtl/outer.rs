//! Outer products: a position's inputs times its errors are added to the gradient memory.

use super::gather::{dac_word_bits, fit};
use super::gradient_memory::row_bits;
use super::lanes::Sizes;
use super::outer_row::outer_row;
use super::vector_memory::{vector_address_bits, vector_memory};
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Words that hold the longest vector of a side; a memory has 2 at least.
fn vector_words(schedule: &Schedule, elements: impl Iterator<Item = usize>) -> usize {
    elements.max().unwrap_or(0).div_ceil(schedule.lanes).max(2)
}

/// Bits of the number of a block of `update_rows` matrix rows.
pub(super) fn block_bits(schedule: &Schedule) -> usize {
    (schedule.widths.index as usize).saturating_sub(row_bits(schedule)).max(1)
}

/// The block that adds outer products to the gradient memory.
pub fn outer(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let (l, lb) = (sizes.lanes, sizes.lane_bits);
    let (rows, rb, bb) = (schedule.update_rows, row_bits(schedule), block_bits(schedule));
    let w = &schedule.widths;
    let (gw, gb, pw) = (w.gradient_word as usize, w.gradient as usize, w.position as usize);
    let dw = dac_word_bits(schedule);
    let row_words = vector_words(schedule, schedule.banks.iter().map(|b| b.matrix_rows));
    let column_words = vector_words(schedule, schedule.banks.iter().map(|b| b.matrix_columns));

    let mut m = Builder::new("memgan_outer", file!());
    m.doc(&format!(
        "For each position, adds the product of every row element and every column element to the sum of its weight in \
         the gradient memory, exactly, {} at a time. The vectors come in the beats that fill the line DACs and are zero where \
         no beat wrote. While those of one position are multiplied, the next ones are written.",
        match rows {
            1 => "a matrix row".to_owned(),
            n => format!("a block of {n} matrix rows"),
        }
    ));
    m.contract(
        "start_i for one cycle with the operation's fields, which stay stable until done_o. No operation during \
         clearing_o. Beats count from start_i on. vector_ready_i is high for one cycle a position, after its last beat and no \
         later than the first beat of the next one. apply_o says that the vectors of a position are used up. Of the third \
         position from there on no beat comes sooner than 2 cycles after it.",
    );
    m.latency("an address of gradients a cycle, read 1 cycle and written 3 cycles after its elements are read");
    m.clk_rst();
    m.group("Operation");
    let start = m.input("start_i", 1, "");
    let blocks_last = m.input(
        "blocks_last_i",
        bb,
        &match rows {
            1 => "matrix rows - 1".to_owned(),
            n => format!("blocks of {n} matrix rows - 1"),
        },
    );
    let row_words_last = m.input("row_words_last_i", dw, "words of a matrix row - 1");
    let base = m.input("gradient_word_i", gw, "first gradient address of the layer");
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
    let apply = m.output("apply_o", 1, "");
    m.group("Gradient memory, zeroed after reset");
    let gradient_read = m.output("gradient_read_valid_o", 1, "");
    let gradient_address = m.output("gradient_read_address_o", gw, "");
    let gradient = m.input("gradient_read_data_i", rows * l * gb, "");
    let gradient_write = m.output("gradient_write_valid_o", 1, "");
    let write_address = m.output("gradient_write_address_o", gw, "");
    let write_data = m.output("gradient_write_data_o", rows * l * gb, "");
    let clearing = m.output_reg("clearing_o", 1, 1, "after reset, until gradients and vectors are zero");

    m.section("Positions. Of the vector memories one half is filled while the other one is used");
    let running = m.reg("running_q", 1, 0);
    let position = m.reg("position_q", pw, 0);
    m.note("positions whose vectors are there");
    let complete = m.reg("complete_q", 2, 0);
    let filled = m.reg("filled_q", 1, 0);
    let used = m.reg("used_q", 1, 0);
    m.note("a beat with vector_ready_i is of the next position");
    let fills = m.wire("fills", filled.xor(&vector_ready));

    m.section("Place in the matrix. A position begins when the first sums of the last one are written");
    let block = m.reg("block_q", bb, 0);
    let word = m.reg("word_q", dw, 0);
    let address = m.reg("address_q", gw, 0);
    let first1 = m.reg("first1_q", 1, 0);
    let first2 = m.reg("first2_q", 1, 0);
    let first = m.wire("first", block.any().or(word.any()).not());
    let wait = m.wire("wait_for_sums", first.and(first1.or(&first2)));
    let issue = m.wire("issue", running.and(complete.any()).and(wait.not()));
    let row_end = m.wire("row_end", word.eq(&row_words_last));
    let last_block = m.wire("last_block", block.eq(&blocks_last));
    let last_position = m.wire("last_position", position.eq(&positions_last));
    let position_end = m.wire("position_end", issue.and(&row_end).and(&last_block));
    let last = m.wire("last", position_end.and(&last_position));
    m.assign(&apply, &position_end);
    m.clocked(|s| {
        s.if_(start.or(&position_end), |s| {
            s.set(&block, Expr::zero(bb));
            s.set(&word, Expr::zero(dw));
            s.set(&address, &base);
        })
        .elif(&issue, |s| {
            s.set(&block, row_end.mux(block.add(Expr::lit(bb, 1)), &block));
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
        s.if_(vector_ready.and(position_end.not()), |s| s.set(&complete, complete.add(Expr::lit(2, 1))))
            .elif(position_end.and(vector_ready.not()), |s| s.set(&complete, complete.sub(Expr::lit(2, 1))));
        s.set(&filled, &fills);
        s.set(&used, used.xor(&position_end));
        s.set(&first1, issue.and(&first));
        s.set(&first2, &first1);
    });

    m.section("Stage 1: products, and the sums are read; stage 2: they are added; stage 3: written");
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
    m.clocked_no_reset(|s| {
        s.if_(&issue, |s| s.set(&address1, &address));
        s.if_(&valid1, |s| s.set(&address2, &address1));
        s.if_(&valid2, |s| s.set(&address3, &address2));
    });

    m.section("Vectors: a word of rows is read once, a word of columns for the last time in the last block");
    // Blocks whose row elements share a word.
    let shared = lb - rb;
    let word_begins = if shared == 0 {
        word.any().not()
    } else {
        let place = block.zext(bb.max(shared)).trunc(shared);
        word.any().or(place.any()).not()
    };
    let row_read = m.wire("row_read", issue.and(word_begins));
    let row_word = m.wire("row_word", block.zext(bb.max(shared + 1)).drop_low(shared));
    let used1 = m.var("used1_q", 1);
    let fill = m.wire("fill_half", Expr::concat(&[fills.clone(), fills.not()]));
    let uses = m.wire("use_half", Expr::concat(&[used.clone(), used.not()]));
    m.clocked_no_reset(|s| {
        s.if_(&issue, |s| s.set(&used1, &used));
    });
    let mut vector = |side: &str, words: usize, chosen: Expr, read: &Expr, at: &Expr, last: &Expr| {
        let bits = vector_address_bits(words);
        let beat = m.wire(&format!("{side}_beat"), running.and(&dac_valid).and(chosen));
        let beat_word = fit(&mut m, &format!("{side}_beat_word"), &dac_word, bits);
        let address = fit(&mut m, &format!("{side}_address"), at, bits);
        let halves = m.net(&format!("{side}_halves"), 2 * 8 * l);
        let module = vector_memory(side, words, l);
        m.gen_for(&format!("gen_{side}_half"), "half", 0..2, |m, half| {
            m.inst(&format!("u_{side}"), &module, |u| {
                u.clk_rst();
                u.connect("beat_valid_i", beat.and(fill.bit_at(half)));
                u.connect("beat_word_i", &beat_word);
                u.connect("beat_mask_i", &dac_mask);
                u.connect("beat_next_i", &dac_next);
                u.connect("beat_data_i", &dac_data);
                u.connect("read_valid_i", read.and(uses.bit_at(half)));
                u.connect("read_address_i", &address);
                u.connect("read_last_i", last);
                u.connect("read_data_o", halves.part_at(half * (8 * l), 8 * l));
            });
        });
        m.wire(&format!("{side}_data"), used1.mux(halves.slice(8 * l, 8 * l), halves.slice(0, 8 * l)))
    };
    let row_data = vector("row", row_words, dac_side.not(), &row_read, &row_word, &Expr::ones(1));
    let column_data = vector("column", column_words, dac_side.clone(), &issue, &word, &last_block);
    let no_place = complete.bit(1).or(complete.bit(0).and(&vector_ready));
    m.check(running.and(&dac_valid).and(no_place).not(), "a vector changes while it is in use");

    m.section("Products and sums of the rows of a block");
    let elements = if shared == 0 {
        row_data
    } else {
        let place1 = m.var("place1_q", shared);
        m.clocked_no_reset(|s| {
            s.if_(&issue, |s| s.set(&place1, block.zext(bb.max(shared)).trunc(shared)));
        });
        let first_bit = Expr::concat(&[place1, Expr::zero(rb + 3)]);
        m.wire("elements", row_data.part_dyn(first_bit, 8 * rows))
    };
    let sums = m.net("sums", rows * l * gb);
    let module = outer_row(schedule);
    let place = |m: &mut Builder, element: Expr, of_row: &dyn Fn(&Expr) -> Expr| {
        m.inst("u_sums", &module, |u| {
            u.clk();
            u.connect("multiply_i", &valid1);
            u.connect("row_i", element);
            u.connect("columns_i", &column_data);
            u.connect("add_i", &valid2);
            u.connect("sums_i", of_row(&gradient));
            u.connect("sums_o", of_row(&sums));
        });
        m.assign(of_row(&write_data), clearing.mux(Expr::zero(l * gb), of_row(&sums)));
    };
    if rows == 1 {
        place(&mut m, elements, &Expr::clone);
    } else {
        m.gen_for("gen_block_row", "row", 0..rows, |m, row| {
            place(m, elements.part_at(row * 8, 8), &|all| all.part_at(row * (l * gb), l * gb));
        });
    }
    m.assign(&gradient_read, &valid1);
    m.assign(&gradient_address, &address1);

    m.section("Zeroing after reset");
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
    m.finish()
}
