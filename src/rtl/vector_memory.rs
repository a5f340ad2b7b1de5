//! One side's vector of an outer product.

use super::memory::sram;
use crate::hdl::{Builder, Expr, Module};
use std::sync::Arc;

/// Bits of a word address of a vector of `words` words.
pub(super) fn vector_address_bits(words: usize) -> usize {
    crate::schedule::bits_for(words - 1) as usize
}

/// The memory of a vector of `words` words, 2 at least; `side` is part of its name.
pub fn vector_memory(side: &str, words: usize, lanes: usize) -> Arc<Module> {
    let address_bits = vector_address_bits(words);
    let name = format!("memgan_{side}_vector");
    let slice = sram(&format!("{name}_sram"), &format!("A lane of the {side} vector"), words, 1, 8, false);
    let mut m = Builder::new(&name, file!());
    m.doc(&format!(
        "Half of the places for the {side} vectors of outer products: one vector of {words} words. A memory a lane, because the lanes of a beat may lie in two \
         words. A word that was read for the last time is zeroed, and all words are after reset, so elements that no beat \
         writes are zero."
    ));
    m.contract(&format!(
        "No beat in the cycle after a read with read_last_i, nor in the first {words} cycles after reset. A word is read \
                no sooner than in the cycle after it was written."
    ));
    m.latency("read_data_o 1 cycle after read_valid_i");
    m.clk_rst();
    m.group("Beats: lane l goes to word beat_word_i + beat_next_i[l]");
    let valid = m.input("beat_valid_i", 1, "");
    let word = m.input("beat_word_i", address_bits, "");
    let mask = m.input("beat_mask_i", lanes, "lanes to write");
    let next = m.input("beat_next_i", lanes, "");
    let data = m.input("beat_data_i", 8 * lanes, "signed 8 bit a lane");
    m.group("Read port");
    let read = m.input("read_valid_i", 1, "");
    let read_address = m.input("read_address_i", address_bits, "");
    let read_last = m.input("read_last_i", 1, "the word is used up");
    let read_data = m.output("read_data_o", 8 * lanes, "kept until the next read");

    m.section("Zeroing: all words after reset, then what was read last");
    let clearing = m.reg("clearing_q", 1, 1);
    let clear = m.reg("clear_q", 1, 1);
    let clear_address = m.reg("clear_address_q", address_bits, 0);
    let clear_last = clear_address.eq(Expr::lit(address_bits, words as u128 - 1));
    m.clocked(|s| {
        s.if_(&clearing, |s| {
            s.set(&clear_address, clear_address.add(Expr::lit(address_bits, 1)));
            s.if_(clear_last, |s| {
                s.set(&clearing, Expr::zero(1));
                s.set(&clear, Expr::zero(1));
            });
        })
        .else_(|s| {
            s.set(&clear, read.and(&read_last));
            s.if_(&read, |s| s.set(&clear_address, &read_address));
        });
    });

    let following = m.wire("following", word.add(Expr::lit(address_bits, 1)));
    m.gen_for("gen_lane", "lane", 0..lanes, |m, lane| {
        let target = next.bit_at(lane).mux(&following, &word);
        let write = m.wire("write", clear.or(valid.and(mask.bit_at(lane))));
        let write_address = m.wire("write_address", clear.mux(&clear_address, target));
        let write_data = m.wire("write_data", clear.mux(Expr::zero(8), data.part_at(lane * 8, 8)));
        m.inst("u_slice", &slice, |u| {
            u.clk();
            u.connect("read_valid_i", &read);
            u.connect("read_address_i", &read_address);
            u.connect("read_data_o", read_data.part_at(lane * 8, 8));
            u.connect("write_valid_i", &write);
            u.connect("write_address_i", &write_address);
            u.connect("write_data_i", &write_data);
        });
    });
    m.check(valid.and(&clear).not(), "a beat meets the zeroing of a word");
    m.finish()
}
