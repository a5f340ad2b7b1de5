//! Which bit-line registers of which column tile the lanes of a memory word belong to.

use super::ports::{Ports, TrainingPorts};
use crate::hdl::{Builder, Expr};
use crate::rtl::crossbar::Slots;
use crate::schedule::{Bank, Schedule, bits_for};

/// A write to the bit lines, decoded.
pub(super) struct BitLines {
    /// A lane mask a column tile.
    pub masks: Expr,
    /// Whether anything is written, one bit a column tile.
    pub loads: Expr,
    /// `dac_slot_i`, the same for all tiles.
    pub slots: Expr,
    /// Low bits of the next word's number that the decoder looks at.
    pub word_bits: usize,
}

pub(super) fn decode(
    m: &mut Builder,
    schedule: &Schedule,
    b: &Bank,
    p: &Ports,
    t: &TrainingPorts,
    next_word: &Expr,
) -> BitLines {
    m.section("Bit lines: matrix columns by column tile and slot");
    let load = m.wire("column_load", p.select.and(&p.dac_valid).and(&t.dac_side));
    if b.column_tiles == 1 {
        return one_tile(m, schedule, p, next_word, &load);
    }
    let l = schedule.lanes;
    let Slots { chunk, chunks, bits, .. } = Slots::of(schedule);
    let tile_bits = bits_for(b.column_tiles - 1) as usize;
    let place_bits = tile_bits + bits;
    let chunk_bits = chunks.trailing_zeros() as usize;
    let index_bits = p.dac_word.width() + chunk_bits;
    let columns = schedule.design.crossbar.columns;
    let place = m.function("place", place_bits, &[("index", index_bits)], &[], |s, f| {
        s.case(&f.args[0], |c| {
            for k in 0..b.matrix_columns.div_ceil(chunk) {
                let at = b.column_slot(k * chunk);
                let (tile, slot) = (at / columns, at % columns / chunk);
                let value = Expr::concat(&[Expr::lit(tile_bits, tile as u128), Expr::lit(bits, slot as u128)]);
                c.arm(Expr::lit(index_bits, k as u128), |s| s.set(&f.result, &value));
            }
            c.default(|s| s.set(&f.result, Expr::zero(place_bits)));
        });
    });
    let parts: Vec<u128> = (0..chunks as u128).collect();
    let ids = (chunks > 1).then(|| m.table("CHUNKS", chunk_bits, &parts, "number of each chunk of lanes in a word"));
    let places = m.net("places", 2 * chunks * place_bits);
    let slots = m.net("slots", 2 * chunks * bits);
    m.gen_for("gen_place", "chunk", 0..chunks, |m, at| {
        for (next, word) in [&p.dac_word, next_word].into_iter().enumerate() {
            let index = match &ids {
                None => word.clone(),
                Some(ids) => Expr::concat(&[word.clone(), ids.part_at(at * chunk_bits, chunk_bits)]),
            };
            let base = at * (2 * place_bits) + next * place_bits;
            m.assign(places.part_at(&base, place_bits), place.call(&[index]));
            m.assign(slots.part_at(at * (2 * bits) + next * bits, bits), places.part_at(&base, bits));
        }
    });
    let numbers: Vec<u128> = (0..b.column_tiles as u128).collect();
    let tiles = m.table("COLUMN_TILES", tile_bits, &numbers, "number of each column tile");
    let masks = m.net("column_masks", b.column_tiles * l);
    let loads = m.net("column_loads", b.column_tiles);
    m.gen_for("gen_column_tile", "tile", 0..b.column_tiles, |m, tile| {
        let id = tiles.part_at(tile * tile_bits, tile_bits);
        m.gen_for("gen_column_mask", "part", 0..chunks, |m, at| {
            let of =
                |next: usize| places.part_at(at * (2 * place_bits) + (next * place_bits + bits), tile_bits).eq(&id);
            let [here, there] = [("column_here", 0), ("column_there", 1)].map(|(name, next)| m.wire(name, of(next)));
            let next = p.dac_next.part_at(at * chunk, chunk);
            let side = next.not().and(here.repeat(chunk)).or(next.and(there.repeat(chunk)));
            m.assign(masks.part_at(tile * l + at * chunk, chunk), p.dac_mask.part_at(at * chunk, chunk).and(side));
        });
        m.assign(loads.bit_at(tile), load.and(masks.part_at(tile * l, l).any()));
    });
    BitLines { masks, loads, slots, word_bits: next_word.width() }
}

/// One column tile holds all matrix columns in their order, so the number of a chunk is its slot.
fn one_tile(m: &mut Builder, schedule: &Schedule, p: &Ports, next_word: &Expr, load: &Expr) -> BitLines {
    let Slots { chunks, bits, .. } = Slots::of(schedule);
    let chunk_bits = chunks.trailing_zeros() as usize;
    let slot = |word: &Expr, chunk: usize| {
        let index = match chunk_bits {
            0 => word.clone(),
            _ => Expr::concat(&[word.clone(), Expr::lit(chunk_bits, chunk as u128)]),
        };
        index.zext(index.width().max(bits)).trunc(bits)
    };
    let pairs: Vec<Expr> = (0..chunks).rev().flat_map(|k| [slot(next_word, k), slot(&p.dac_word, k)]).collect();
    BitLines {
        masks: p.dac_mask.clone(),
        loads: m.wire("column_loads", load.and(p.dac_mask.any())),
        slots: m.wire("slots", Expr::concat(&pairs)),
        word_bits: bits.saturating_sub(chunk_bits).min(next_word.width()),
    }
}
