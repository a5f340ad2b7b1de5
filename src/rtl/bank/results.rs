//! Partial sums of a bank and the registers from which they drain.

use super::balanced_sum;
use super::ports::Ports;
use super::tiles::{Tiles, TrainingTiles};
use crate::hdl::{Builder, Expr};
use crate::schedule::{Bank, Schedule, bits_for};

/// Memory words of the results of one conversion.
fn result_words(schedule: &Schedule, b: &Bank) -> usize {
    let longest = match &schedule.design.training {
        None => b.group_columns,
        Some(_) => b.group_columns.max(b.group_rows),
    };
    longest.div_ceil(schedule.lanes)
}

/// Bits of a result word index, shared by all banks.
pub(in crate::rtl) fn result_word_bits(schedule: &Schedule) -> usize {
    let words = schedule.banks.iter().map(|b| result_words(schedule, b)).max().unwrap_or(1);
    (bits_for(words - 1) as usize).max(1)
}

/// Bits of a result.
pub(super) fn sum_bits(schedule: &Schedule, b: &Bank) -> usize {
    if schedule.design.training.is_some() { b.widest_sum() as usize } else { b.sum_bits as usize }
}

pub(super) fn results(m: &mut Builder, schedule: &Schedule, b: &Bank, p: &Ports, tiles: &Tiles) {
    let l = schedule.lanes;
    let (sb, words) = (sum_bits(schedule, b), result_words(schedule, b));
    let total = words * l * sb;
    m.section("Partial sums over the row tiles");
    let sums = column_sums(m, schedule, b, &tiles.codes);
    let sums = match (&tiles.training, &p.training) {
        (Some(tiles), Some(t)) => {
            m.section("Partial sums over the column tiles");
            let rows = row_sums(m, schedule, b, tiles);
            t.read_columns.mux(padded(&rows, total), padded(&sums, total))
        }
        _ => padded(&sums, total),
    };
    let captured = m.var("captured_q", total);
    let capture_here = m.wire("capture", p.select.and(&p.capture));
    m.clocked_no_reset(|s| {
        s.if_(&capture_here, |s| s.set(&captured, &sums));
    });

    m.section("Result word, with the next one on the lanes that ask for it");
    if words == 1 {
        m.assign(&p.sums, &captured);
        m.unused("unused_result", &[p.result_word.clone(), p.result_next.clone()]);
        return;
    }
    let rw = p.result_word.width();
    let this_word = m.var("this_word", l * sb);
    let next_word = m.var("following_word", l * sb);
    m.comb(|s| {
        s.set(&this_word, Expr::zero(l * sb));
        s.set(&next_word, Expr::zero(l * sb));
        s.case(&p.result_word, |c| {
            for k in 0..words {
                c.arm(Expr::lit(rw, k as u128), |s| {
                    s.set(&this_word, captured.slice(k * l * sb, l * sb));
                    if k + 1 < words {
                        s.set(&next_word, captured.slice((k + 1) * l * sb, l * sb));
                    }
                });
            }
            if words < 1 << rw {
                c.default(|s| s.set(&this_word, Expr::zero(l * sb)));
            }
        });
    });
    m.gen_for("gen_lane", "lane", 0..l, |m, lane| {
        m.assign(
            p.sums.part_at(lane * sb, sb),
            p.result_next.bit_at(lane).mux(next_word.part_at(lane * sb, sb), this_word.part_at(lane * sb, sb)),
        );
    });
}

/// One sum a column of a conversion group.
fn column_sums(m: &mut Builder, schedule: &Schedule, b: &Bank, codes: &Expr) -> Expr {
    let bits = schedule.design.converter.adc_bits as usize;
    let sb = sum_bits(schedule, b);
    let code_bits = b.column_tiles * schedule.design.crossbar.adcs() * bits;
    let used = b.group_columns * bits;
    if used < code_bits {
        let rest: Vec<Expr> = (0..b.row_tiles).map(|r| codes.slice(r * code_bits + used, code_bits - used)).collect();
        m.unused("unused_codes", &rest);
    }
    let sums = m.net("sums", b.group_columns * sb);
    m.gen_for("gen_sum", "column", 0..b.group_columns, |m, column| {
        let term = |row: usize| codes.part_at(&(column * bits) + row * code_bits, bits).sext(sb);
        m.assign(sums.part_at(column * sb, sb), balanced_sum((0..b.row_tiles).map(term).collect()));
    });
    sums
}

/// One sum a row of a group of a column read.
fn row_sums(m: &mut Builder, schedule: &Schedule, b: &Bank, tiles: &TrainingTiles) -> Expr {
    let bits = schedule.design.converter.adc_bits as usize;
    let sb = sum_bits(schedule, b);
    let tile_bits = schedule.design.crossbar.row_adcs() * bits;
    let row_bits = b.column_tiles * tile_bits;
    let codes = match &tiles.row_tile {
        None => tiles.row_codes.clone(),
        Some(row_tile) => {
            let read = m.var("read_codes", row_bits);
            m.comb(|s| {
                s.set(&read, Expr::zero(row_bits));
                s.case(row_tile, |c| {
                    for row in 0..b.row_tiles {
                        let codes = tiles.row_codes.slice(row * row_bits, row_bits);
                        c.arm(Expr::lit(row_tile.width(), row as u128), |s| s.set(&read, codes));
                    }
                    if b.row_tiles < 1 << row_tile.width() {
                        c.default(|s| s.set(&read, Expr::zero(row_bits)));
                    }
                });
            });
            read
        }
    };
    let used = b.group_rows * bits;
    if used < tile_bits {
        let rest: Vec<Expr> =
            (0..b.column_tiles).map(|c| codes.slice(c * tile_bits + used, tile_bits - used)).collect();
        m.unused("unused_row_codes", &rest);
    }
    let sums = m.net("row_sums", b.group_rows * sb);
    m.gen_for("gen_row_sum", "line", 0..b.group_rows, |m, line| {
        let term = |column: usize| codes.part_at(&(line * bits) + column * tile_bits, bits).sext(sb);
        m.assign(sums.part_at(line * sb, sb), balanced_sum((0..b.column_tiles).map(term).collect()));
    });
    sums
}

/// `value` with zeros above it, in pieces: linters distrust a replication of thousands of bits.
fn padded(value: &Expr, width: usize) -> Expr {
    const PIECE: usize = 4096;
    let mut parts = Vec::new();
    let mut left = width - value.width();
    while left > 0 {
        let piece = left.min(PIECE);
        parts.push(Expr::zero(piece));
        left -= piece;
    }
    parts.push(value.clone());
    Expr::concat(&parts)
}
