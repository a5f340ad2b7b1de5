//! Shadow and line registers of the word lines and, in a design that trains, of the bit lines.

use super::bounds::Bounds;
use super::ports::{Ports, TrainingPorts};
use crate::hdl::{Bound, Builder, Expr, Rounds};
use crate::schedule::{Schedule, bits_for};

/// Bits of a DAC word index within one tile.
pub(in crate::rtl) fn tile_word_bits(schedule: &Schedule) -> usize {
    bits_for(schedule.design.crossbar.rows / schedule.lanes - 1).max(1) as usize
}

/// How lanes meet the bit-line registers of a tile: in chunks that neither a memory word nor a conversion group splits.
#[derive(Clone, Copy)]
pub(in crate::rtl) struct Slots {
    /// Lanes of a chunk, a power of two.
    pub chunk: usize,
    /// Chunks of a memory word.
    pub chunks: usize,
    /// Chunks of a tile's bit lines.
    pub slots: usize,
    /// Bits of a slot's number, at least 1.
    pub bits: usize,
}

impl Slots {
    pub fn of(schedule: &Schedule) -> Self {
        let c = &schedule.design.crossbar;
        let chunk = c.adcs().min(schedule.lanes);
        let slots = c.columns / chunk;
        Self { chunk, chunks: schedule.lanes / chunk, slots, bits: bits_for(slots - 1).max(1) as usize }
    }
}

fn rounds(constant: usize, bound: Option<&Bound>) -> Rounds {
    bound.map_or_else(|| (0..constant).into(), Rounds::from)
}

/// Registers of the word lines, written as the contract says; returns the line registers. `bounds`: of a model.
pub(super) fn word_lines(m: &mut Builder, schedule: &Schedule, p: &Ports, bounds: Option<&Bounds>) -> Expr {
    let l = schedule.lanes;
    let rows = schedule.design.crossbar.rows;
    let words = rows / l;
    let wb = p.dac_word.width();
    let shadow = m.reg("shadow_q", 8 * rows, 0);
    let line = m.reg("line_q", 8 * rows, 0);
    let hits: Vec<Expr> = if words == 1 {
        let mut unused = vec![p.dac_word.clone()];
        // The bit lines take the next word, too.
        unused.extend(p.training.is_none().then(|| p.dac_next.clone()));
        m.unused("unused_word", &unused);
        vec![p.dac_mask.clone()]
    } else {
        let next_word = m.wire("next_word", p.dac_word.add(Expr::lit(wb, 1)));
        (0..words)
            .map(|word| {
                let id = Expr::lit(wb, word as u128);
                let here = p.dac_next.not().and(p.dac_word.eq(&id).repeat(l));
                let there = p.dac_next.and(next_word.eq(&id).repeat(l));
                m.wire(&format!("hit_{word}"), p.dac_mask.and(here.or(there)))
            })
            .collect()
    };
    let load = match &p.training {
        None => p.dac_valid.clone(),
        Some(t) => p.dac_valid.and(t.dac_side.not()),
    };
    m.clocked(|s| {
        s.if_(&p.apply, |s| {
            s.set(&line, &shadow);
            s.set(&shadow, Expr::zero(8 * rows));
        })
        .elif(&load, |s| {
            s.for_("lane", rounds(l, bounds.map(|b| &b.lanes)), |s, lane| {
                for (word, hit) in hits.iter().enumerate() {
                    s.if_(hit.bit_at(lane), |s| {
                        s.set(shadow.part_at(lane * 8 + word * l * 8, 8), p.dac_data.part_at(lane * 8, 8));
                    });
                }
            });
        });
    });
    line
}

/// Registers of the bit lines, in the order `group * ADCs + adc`; returns the line registers. `bounds`: of a model.
pub(super) fn bit_lines(
    m: &mut Builder,
    schedule: &Schedule,
    p: &Ports,
    t: &TrainingPorts,
    bounds: Option<&Bounds>,
) -> Expr {
    let l = schedule.lanes;
    let columns = schedule.design.crossbar.columns;
    let Slots { chunk, chunks, slots, bits } = Slots::of(schedule);
    let shadow = m.reg("column_shadow_q", 8 * columns, 0);
    let line = m.reg("column_line_q", 8 * columns, 0);
    let hits = if slots == 1 {
        m.unused("unused_slot", &[t.dac_slot.clone(), p.dac_next.clone()]);
        p.dac_mask.clone()
    } else {
        let numbers: Vec<u128> = (0..slots as u128).collect();
        let ids = m.table("SLOTS", bits, &numbers, "number of each slot");
        let hits = m.net("slot_hits", slots * l);
        m.gen_for("gen_slot", "slot", 0..slots, |m, slot| {
            m.gen_for("gen_chunk", "chunk", 0..chunks, |m, at| {
                let id = ids.part_at(slot * bits, bits);
                let here = m.wire("slot_here", t.dac_slot.part_at(at * (2 * bits), bits).eq(&id));
                let there = m.wire("slot_there", t.dac_slot.part_at(at * (2 * bits) + bits, bits).eq(&id));
                let next = p.dac_next.part_at(at * chunk, chunk);
                let side = next.not().and(here.repeat(chunk)).or(next.and(there.repeat(chunk)));
                m.assign(hits.part_at(slot * l + at * chunk, chunk), p.dac_mask.part_at(at * chunk, chunk).and(side));
            });
        });
        hits
    };
    m.clocked(|s| {
        s.if_(&p.apply, |s| {
            s.set(&line, &shadow);
            s.set(&shadow, Expr::zero(8 * columns));
        })
        .elif(p.dac_valid.and(&t.dac_side), |s| {
            s.for_("into", rounds(slots, bounds.map(|b| &b.training().slots)), |s, slot| {
                s.for_("part", rounds(chunks, bounds.map(|b| &b.training().chunks)), |s, at| {
                    s.for_("lane", rounds(chunk, bounds.map(|b| &b.training().chunk)), |s, lane| {
                        let from = &(at * chunk) + lane;
                        s.if_(hits.bit_at(&(slot * l) + &from), |s| {
                            let to = &(slot * chunk) + lane;
                            s.set(shadow.part_at(to * 8, 8), p.dac_data.part_at(from * 8, 8));
                        });
                    });
                });
            });
        });
    });
    line
}
