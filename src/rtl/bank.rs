//! The tiles of one layer: crossbar macros, partial sums over row tiles, and the registers from which results drain.

use super::crossbar::tile_word_bits;
use super::gather::dac_word_bits;
use super::lanes::Sizes;
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Bits of a result word index, shared by all banks.
pub(super) fn result_word_bits(schedule: &Schedule) -> usize {
    let words = schedule.banks.iter().map(|b| b.group_columns.div_ceil(schedule.lanes)).max().unwrap_or(1);
    (crate::schedule::bits_for(words - 1) as usize).max(1)
}

/// The tiles of bank `index` with a view of the crossbar.
pub fn bank(schedule: &Schedule, index: usize, crossbar: &Arc<Module>) -> Arc<Module> {
    let b = &schedule.banks[index];
    let d = &schedule.design;
    let w = &schedule.widths;
    let sizes = Sizes::of(schedule);
    let l = sizes.lanes;
    let (adcs, bits, sb) = (d.crossbar.adcs(), d.converter.adc_bits as usize, b.sum_bits as usize);
    let (dw, rw) = (dac_word_bits(schedule), result_word_bits(schedule));
    let tile_words = d.crossbar.rows / l;
    let (tb, pb) = (tile_words.trailing_zeros() as usize, w.tile as usize);
    let code_bits = b.column_tiles * adcs * bits;

    let mut m = Builder::new(&format!("memgan_bank_{}", b.name), file!());
    m.doc(&format!(
        "Tiles of layer {}: a {} x {} matrix on {} x {} tiles, {} conversions a read of {} columns each.",
        b.name, b.matrix_rows, b.matrix_columns, b.row_tiles, b.column_tiles, b.groups, b.group_columns
    ));
    m.contract(
        "All tiles do the same at the same time; done_o is high when every tile is done. capture_i stores the \
                sums of the codes over the row tiles, which stay until the next capture_i.",
    );
    m.latency("capture_i to sums_o: 1 cycle; result_word_i to sums_o: combinational");
    m.clk_rst();
    m.group("Line DACs");
    let select = m.input("select_i", 1, "this layer is running");
    let dac_valid = m.input("dac_valid_i", 1, "");
    let dac_word = m.input("dac_word_i", dw, "matrix row / lanes");
    let dac_mask = m.input("dac_mask_i", l, "lanes to write");
    let dac_next = m.input("dac_next_i", l, "lanes of the next word");
    let dac_data = m.input("dac_data_i", 8 * l, "signed 8 bit a lane");
    m.group("Read");
    let apply = m.input("apply_i", 1, "");
    let sample = m.input("sample_i", 1, "");
    let phase = m.input("phase_i", 1, "");
    let start = m.input("adc_start_i", 1, "");
    let group = m.input("adc_group_i", w.group as usize, "");
    let gain = m.input("adc_gain_i", 4, "");
    let done = m.output("done_o", 1, "");
    let capture = m.input("capture_i", 1, "");
    m.group("Results of the captured group");
    let result_word = m.input("result_word_i", rw, "column within the group / lanes");
    let result_next = m.input("result_next_i", l, "lanes that show the next word");
    let sums_out = m.output("sums_o", l * sb, "signed, units of 2^gain");
    m.group("Programming");
    let prog_valid = m.input("prog_valid_i", 1, "");
    let prog_tile = m.input("prog_tile_i", pb, "tile of the design");
    let prog_row = m.input("prog_row_i", w.row as usize, "word line");
    let prog_group = m.input("prog_group_i", w.group as usize, "conversion group");
    let prog_data = m.input("prog_data_i", adcs * w.cell as usize, "");

    m.section("Selected");
    let load = m.wire("load", select.and(&dac_valid));
    let apply_here = m.wire("apply", select.and(&apply));
    let sample_here = m.wire("sample", select.and(&sample));
    let start_here = m.wire("adc_start", select.and(&start));
    let word_in_tile = if tb == 0 { Expr::zero(1) } else { dac_word.slice(0, tb) };
    debug_assert_eq!(word_in_tile.width(), tile_word_bits(schedule));
    let row_tile_bits = dw - tb;
    let this_tile = m.wire("row_tile", dac_word.slice(tb, row_tile_bits));
    let next_word = m.wire("next_word", dac_word.add(Expr::lit(dw, 1)));
    let next_tile = m.wire("next_row_tile", next_word.slice(tb, row_tile_bits));
    if tb > 0 {
        m.unused("unused_next_word", &[next_word.slice(0, tb)]);
    }

    m.section("Tiles: row tile r holds the matrix rows from r * word lines on");
    let (row_tiles, column_tiles) = (b.row_tiles, b.column_tiles);
    let rows: Vec<u128> = (0..row_tiles as u128).collect();
    let row_ids = m.table("ROW_TILES", row_tile_bits, &rows, "number of each row tile");
    let tiles: Vec<u128> = (b.first_tile..b.first_tile + b.tiles()).map(|t| t as u128).collect();
    let tile_ids = m.table("TILES", pb, &tiles, "number of each tile on the programming port");
    let masks = m.net("masks", row_tiles * l);
    let loads = m.net("loads", row_tiles);
    let codes = m.net("codes", row_tiles * code_bits);
    let dones = m.net("dones", b.tiles());
    m.gen_for("gen_row", "row", 0..row_tiles, |m, row| {
        let id = row_ids.part_at(row * row_tile_bits, row_tile_bits);
        let here = m.wire("here", this_tile.eq(&id));
        let next_here = m.wire("next_here", next_tile.eq(&id));
        let mask = masks.part_at(row * l, l);
        m.assign(&mask, dac_mask.and(dac_next.and(next_here.repeat(l)).or(dac_next.not().and(here.repeat(l)))));
        m.assign(loads.bit_at(row), load.and(mask.any()));
        m.gen_for("gen_column", "column", 0..column_tiles, |m, column| {
            let tile = &(row * column_tiles) + column;
            let id = tile_ids.part_at(&tile * pb, pb);
            let prog = m.wire("prog", prog_valid.and(prog_tile.eq(id)));
            m.inst("u_tile", crossbar, |u| {
                u.clk_rst();
                u.connect("dac_valid_i", loads.bit_at(row));
                u.connect("dac_word_i", &word_in_tile);
                u.connect("dac_mask_i", &mask);
                u.connect("dac_next_i", &dac_next);
                u.connect("dac_data_i", &dac_data);
                u.connect("apply_i", &apply_here);
                u.connect("sample_i", &sample_here);
                u.connect("phase_i", &phase);
                u.connect("adc_start_i", &start_here);
                u.connect("adc_group_i", &group);
                u.connect("adc_gain_i", &gain);
                u.connect("adc_done_o", dones.bit_at(tile.clone()));
                u.connect("adc_code_o", codes.part_at(&tile * (adcs * bits), adcs * bits));
                u.connect("prog_valid_i", &prog);
                u.connect("prog_row_i", &prog_row);
                u.connect("prog_group_i", &prog_group);
                u.connect("prog_data_i", &prog_data);
            });
        });
    });
    m.assign(&done, dones.all());

    m.section("Partial sums over the row tiles");
    let words = b.group_columns.div_ceil(l);
    let total = words * l * sb;
    let used = b.group_columns * bits;
    if used < code_bits {
        let rest: Vec<Expr> = (0..row_tiles).map(|r| codes.slice(r * code_bits + used, code_bits - used)).collect();
        m.unused("unused_codes", &rest);
    }
    let sums = m.net("sums", b.group_columns * sb);
    m.gen_for("gen_sum", "column", 0..b.group_columns, |m, column| {
        let term = |row: usize| codes.part_at(&(column * bits) + row * code_bits, bits).sext(sb);
        m.assign(sums.part_at(column * sb, sb), balanced_sum((0..row_tiles).map(term).collect()));
    });
    let captured = m.var("captured_q", total);
    let capture_here = m.wire("capture", select.and(&capture));
    let padded = if total > b.group_columns * sb { sums.zext(total) } else { sums };
    m.clocked_no_reset(|s| {
        s.if_(&capture_here, |s| s.set(&captured, &padded));
    });

    m.section("Result word, with the next one on the lanes that ask for it");
    if words == 1 {
        m.assign(&sums_out, &captured);
        m.unused("unused_result", &[result_word, result_next]);
    } else {
        let this_word = m.var("this_word", l * sb);
        let next_word = m.var("following_word", l * sb);
        m.comb(|s| {
            s.set(&this_word, Expr::zero(l * sb));
            s.set(&next_word, Expr::zero(l * sb));
            s.case(&result_word, |c| {
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
                sums_out.part_at(lane * sb, sb),
                result_next.bit_at(lane).mux(next_word.part_at(lane * sb, sb), this_word.part_at(lane * sb, sb)),
            );
        });
    }
    m.finish()
}

/// Adds neighbours until one is left: as few adders in a row as possible.
fn balanced_sum(mut terms: Vec<Expr>) -> Expr {
    while terms.len() > 1 {
        terms = terms.chunks(2).map(|pair| pair[1..].iter().fold(pair[0].clone(), |a, b| a.add(b))).collect();
    }
    terms.pop().expect("a bank has a row tile")
}
