//! The crossbar macros of a bank and what selects among them.

use super::bit_lines::{BitLines, decode};
use super::ports::{Ports, TrainingPorts};
use super::trims::Trims;
use super::used::UsedAdcs;
use crate::hdl::{Builder, Expr, Ix, Module};
use crate::rtl::crossbar::{Slots, tile_codes, tile_word_bits};
use crate::schedule::{Bank, Schedule};
use std::sync::Arc;

/// What the tiles say.
pub(super) struct Tiles {
    /// Codes by row tile, column tile and ADC.
    pub codes: Expr,
    pub training: Option<TrainingTiles>,
}

pub(super) struct TrainingTiles {
    /// Codes of the row side by row tile, column tile and ADC.
    pub row_codes: Expr,
    /// Row tile of a column read; `None` where there is one.
    pub row_tile: Option<Expr>,
}

/// Nets and decoders that only a design which trains has.
struct Training<'a> {
    ports: &'a TrainingPorts,
    lines: BitLines,
    row_tile: Option<Expr>,
    row_codes: Expr,
    used: UsedAdcs,
    pulse_dones: Expr,
    pulse_start: Expr,
    levels: Expr,
    reads: Expr,
    /// The tile that is programmed, one bit a tile.
    programmed: Expr,
    saturated: Expr,
    upper: Expr,
}

pub(super) fn tiles(m: &mut Builder, schedule: &Schedule, b: &Bank, crossbar: &Arc<Module>, p: &Ports) -> Tiles {
    let d = &schedule.design;
    let l = schedule.lanes;
    let (adcs, bits) = (d.crossbar.adcs(), d.converter.adc_bits as usize);
    let (dw, pb) = (p.dac_word.width(), p.prog_tile.width());
    let tb = (d.crossbar.rows / l).trailing_zeros() as usize;
    let code_bits = b.column_tiles * adcs * bits;

    m.section("Selected");
    let to_rows = match &p.training {
        None => p.select.and(&p.dac_valid),
        Some(t) => p.select.and(&p.dac_valid).and(t.dac_side.not()),
    };
    let load = m.wire("load", to_rows);
    let apply_here = m.wire("apply", p.select.and(&p.apply));
    let sample_here = m.wire("sample", p.select.and(&p.sample));
    let start_here = m.wire("adc_start", p.select.and(&p.start));
    let word_in_tile = if tb == 0 { Expr::zero(1) } else { p.dac_word.slice(0, tb) };
    debug_assert_eq!(word_in_tile.width(), tile_word_bits(schedule));
    let row_tile_bits = dw - tb;
    let this_tile = m.wire("row_tile", p.dac_word.slice(tb, row_tile_bits));
    let next_word = m.wire("next_word", p.dac_word.add(Expr::lit(dw, 1)));
    let next_tile = m.wire("next_row_tile", next_word.slice(tb, row_tile_bits));
    let training = p.training.as_ref().map(|t| Training::new(m, schedule, b, p, t, &next_word));
    if tb > training.as_ref().map_or(0, |t| t.lines.word_bits) {
        m.unused("unused_next_word", &[next_word.slice(0, tb)]);
    }
    let group = match &training {
        None => p.group.clone(),
        Some(t) => t.group(m, schedule, p),
    };
    let lines = training.as_ref().map(|t| t.lines(m, schedule, p, &word_in_tile));
    let (word, next) = lines.as_ref().map_or((&word_in_tile, &p.dac_next), |l| (&l.word, &l.next));

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
    let row_dones = training.as_ref().filter(|t| t.row_tile.is_some()).map(|_| m.net("row_dones", row_tiles));
    let trims = p.trims.as_ref().map(|t| Trims::new(m, schedule, b, t));
    m.gen_for("gen_row", "row", 0..row_tiles, |m, row| {
        let id = row_ids.part_at(row * row_tile_bits, row_tile_bits);
        let here = m.wire("here", this_tile.eq(&id));
        let next_here = m.wire("next_here", next_tile.eq(&id));
        let mask = masks.part_at(row * l, l);
        m.assign(&mask, p.dac_mask.and(p.dac_next.and(next_here.repeat(l)).or(p.dac_next.not().and(here.repeat(l)))));
        m.assign(loads.bit_at(row), load.and(mask.any()));
        // In a column read the tiles of one row tile convert.
        let converts = match (&training, &row_dones) {
            (Some(t), Some(row_dones)) => {
                let converts = t.converts(m, &row_ids, row, row_tile_bits);
                let done = dones.part_at(row * column_tiles, column_tiles).all();
                m.assign(row_dones.bit_at(row), converts.not().or(done));
                Some(converts)
            }
            _ => None,
        };
        let start = converts.as_ref().map_or(start_here.clone(), |c| m.wire("row_start", start_here.and(c)));
        m.gen_for("gen_column", "column", 0..column_tiles, |m, column| {
            let tile = &(row * column_tiles) + column;
            let id = tile_ids.part_at(&tile * pb, pb);
            let prog = m.wire("prog", p.prog_valid.and(p.prog_tile.eq(&id)));
            let programmed = training.as_ref().map(|t| t.programmed(m, &tile, &id));
            let strobe = |own: &Expr, all: &Expr| programmed.as_ref().map_or(own.clone(), |here| own.or(here.and(all)));
            let own_codes = codes.part_at(&tile * (adcs * bits), adcs * bits);
            let code = match &training {
                None => own_codes,
                Some(t) => t.codes(m, schedule, &tile, column, &own_codes, converts.as_ref()),
            };
            let (valid, mask) = match &training {
                None => (loads.bit_at(row), mask.clone()),
                Some(t) => t.write(m, p, &tile, &loads.bit_at(row), &mask, column),
            };
            if let Some(t) = &training {
                t.read_back(m, p, &tile, &prog);
            }
            let trim_here = trims.as_ref().map(|t| t.tile(m, &tile, &id, &code));
            m.inst("u_tile", crossbar, |u| {
                u.clk_rst();
                u.connect("dac_valid_i", &valid);
                u.connect("dac_word_i", word);
                u.connect("dac_mask_i", &mask);
                u.connect("dac_next_i", next);
                u.connect("dac_data_i", &p.dac_data);
                u.connect("apply_i", strobe(&apply_here, &p.apply));
                u.connect("sample_i", strobe(&sample_here, &p.sample));
                u.connect("phase_i", &p.phase);
                u.connect("adc_start_i", strobe(&start, &p.start));
                u.connect("adc_group_i", &group);
                u.connect("adc_gain_i", &p.gain);
                u.connect("adc_done_o", dones.bit_at(tile.clone()));
                u.connect("adc_code_o", &code);
                u.connect("prog_valid_i", &prog);
                u.connect("prog_row_i", &p.prog_row);
                u.connect("prog_group_i", &p.prog_group);
                u.connect("prog_data_i", &p.prog_data);
                if let (Some(t), Some(here)) = (&trims, &trim_here) {
                    t.connect(u, &tile, here);
                }
                if let Some((valid, seed)) = &p.noise {
                    u.connect("tile_i", tile_ids.part_at(&tile * pb, pb));
                    u.connect("seed_valid_i", valid);
                    u.connect("seed_i", seed);
                }
                if let Some(age) = &p.age {
                    u.connect("age_i", age);
                }
                if let Some(t) = &training {
                    u.connect("dac_side_i", &t.ports.dac_side);
                    u.connect("dac_slot_i", &lines.as_ref().expect("the design trains").slots);
                    u.connect("read_columns_i", &t.ports.read_columns);
                    u.connect("pulse_start_i", strobe(&t.pulse_start, &t.ports.pulse.start));
                    u.connect("pulse_rows_negative_i", &t.ports.pulse.rows_negative);
                    u.connect("pulse_columns_negative_i", &t.ports.pulse.columns_negative);
                    u.connect("pulse_up_i", &t.ports.pulse.up);
                    u.connect("pulse_strength_i", &t.ports.pulse.strength);
                    if let Some(form) = &t.ports.pulse.form {
                        u.connect("pulse_form_i", form);
                    }
                    if let Some(sides) = &t.ports.pulse.sides {
                        u.connect("sides_i", sides);
                    }
                    u.connect("pulse_done_o", t.pulse_dones.bit_at(tile.clone()));
                    u.connect("prog_write_i", &t.ports.prog_write);
                    u.connect("prog_data_o", t.levels.part_at(&tile * p.prog_data.width(), p.prog_data.width()));
                }
            });
        });
    });
    m.assign(&p.done, row_dones.as_ref().unwrap_or(&dones).all());
    if let (Some(trims), Some(t)) = (&trims, &training) {
        trims.finish(m, &t.programmed);
    }
    let training = training.map(|t| t.finish(m, b, p, &dones, &codes));
    Tiles { codes, training }
}

/// Where a write of the line DACs goes, within a tile.
struct Lines {
    word: Expr,
    next: Expr,
    slots: Expr,
}

impl<'a> Training<'a> {
    fn new(m: &mut Builder, schedule: &Schedule, b: &Bank, p: &Ports, t: &'a TrainingPorts, next_word: &Expr) -> Self {
        let c = &schedule.design.crossbar;
        let pulse_start = m.wire("pulse_start", p.select.and(&t.pulse.start));
        let lines = decode(m, schedule, b, p, t, next_word);
        let low = c.rows_per_adc.trailing_zeros() as usize;
        let width = p.group.width();
        let row_tile = (b.row_tiles > 1).then(|| m.wire("read_tile", p.group.slice(low, width - low)));
        Self {
            ports: t,
            lines,
            row_tile,
            row_codes: m.net("row_codes", b.tiles() * c.row_adcs() * schedule.design.converter.adc_bits as usize),
            used: UsedAdcs::new(m, schedule, b, p, t),
            pulse_dones: m.net("pulse_dones", b.tiles()),
            pulse_start,
            levels: m.net("levels", b.tiles() * p.prog_data.width()),
            reads: m.reg("reads_q", b.tiles(), 0),
            programmed: m.net("programmed", b.tiles()),
            saturated: m.net("saturated", b.tiles()),
            upper: m.net("upper", b.tiles()),
        }
    }

    /// Whether tile `tile`, whose number is `id`, is the one that is programmed.
    fn programmed(&self, m: &mut Builder, tile: &Ix, id: &Expr) -> Expr {
        let program = &self.ports.program;
        let here = self.programmed.bit_at(tile);
        m.assign(&here, program.on.and(program.tile.eq(id)));
        here
    }

    /// Where a write of the line DACs goes, while programming too.
    fn lines(&self, m: &mut Builder, schedule: &Schedule, p: &Ports, word: &Expr) -> Lines {
        let program = &self.ports.program;
        let one_slot = program.slot.repeat(2 * Slots::of(schedule).chunks);
        Lines {
            word: m.wire("line_word", program.on.mux(&program.word, word)),
            next: m.wire("line_next", p.dac_next.and(program.on.not().repeat(schedule.lanes))),
            slots: m.wire("line_slots", program.on.mux(one_slot, &self.lines.slots)),
        }
    }

    /// Group within a tile.
    fn group(&self, m: &mut Builder, schedule: &Schedule, p: &Ports) -> Expr {
        let (width, own) = (schedule.widths.group as usize, p.group.width());
        let low = schedule.design.crossbar.rows_per_adc.trailing_zeros() as usize;
        let fit = |bits: usize| match bits.min(own) {
            0 => Expr::zero(width),
            bits => p.group.slice(0, bits).zext(width),
        };
        if self.row_tile.is_none() && own > width {
            m.unused("unused_group", &[p.group.slice(width, own - width)]);
        }
        let read = if low == width { fit(width) } else { self.ports.read_columns.mux(fit(low), fit(width)) };
        m.wire("tile_group", self.ports.program.on.mux(&self.ports.program.group, read))
    }

    /// Whether row tile `row` converts.
    fn converts(&self, m: &mut Builder, row_ids: &Expr, row: &Ix, id_bits: usize) -> Expr {
        let read_tile = self.row_tile.as_ref().expect("there are several row tiles");
        let (width, shared) = (read_tile.width(), id_bits.min(read_tile.width()));
        let id = row_ids.part_at(row * id_bits, shared).zext(width);
        m.wire("converts", self.ports.read_columns.not().or(read_tile.eq(id)))
    }

    /// The net for the tile's codes, from which those of both sides are taken, and what range they are in.
    fn codes(
        &self,
        m: &mut Builder,
        schedule: &Schedule,
        tile: &Ix,
        column: &Ix,
        column_side: &Expr,
        converts: Option<&Expr>,
    ) -> Expr {
        let bits = schedule.design.converter.adc_bits as usize;
        let (count, row_bits) = (tile_codes(schedule), schedule.design.crossbar.row_adcs() * bits);
        let code = m.net("code", count * bits);
        m.assign(column_side, code.slice(0, column_side.width()));
        m.assign(self.row_codes.part_at(tile * row_bits, row_bits), code.slice(0, row_bits));
        let [ends, halves] = ["at_end", "beyond_half"].map(|name| m.net(name, count));
        m.gen_for("gen_range", "adc", 0..count, |m, adc| {
            let sign = code.bit_at(adc * bits + (bits - 1));
            let magnitude = code.part_at(adc * bits, bits - 1).xor(sign.repeat(bits - 1));
            let used = self.used.of(column, adc);
            m.assign(ends.bit_at(adc), used.and(magnitude.all()));
            m.assign(halves.bit_at(adc), used.and(sign.xor(code.bit_at(adc * bits + (bits - 2)))));
        });
        for (flag, of) in [(&self.saturated, &ends), (&self.upper, &halves)] {
            m.assign(flag.bit_at(tile), converts.map_or(of.any(), |c| c.and(of.any())));
        }
        code
    }

    /// Write strobe and lane mask of the tile in a column, of whichever side is written.
    fn write(&self, m: &mut Builder, p: &Ports, tile: &Ix, load: &Expr, mask: &Expr, column: &Ix) -> (Expr, Expr) {
        let lanes = mask.width();
        let program = self.programmed.bit_at(tile).and(&p.dac_valid);
        let valid = m.wire("dac_valid", load.or(self.lines.loads.bit_at(column)).or(program));
        let columns = self.lines.masks.part_at(column * lanes, lanes);
        let mask = self.ports.dac_side.mux(columns, mask);
        (valid, m.wire("dac_mask", self.ports.program.on.mux(&self.ports.program.mask, mask)))
    }

    /// Remembers which tile the last read was of.
    fn read_back(&self, m: &mut Builder, p: &Ports, tile: &Ix, prog: &Expr) {
        m.clocked(|s| {
            s.if_(p.prog_valid.and(self.ports.prog_write.not()), |s| s.set(self.reads.bit_at(tile), prog));
        });
    }

    fn finish(self, m: &mut Builder, b: &Bank, p: &Ports, dones: &Expr, codes: &Expr) -> TrainingTiles {
        m.section("The tile that is programmed");
        let program = &self.ports.program;
        m.assign(&program.adc_done, dones.and(&self.programmed).any());
        m.assign(&program.pulse_done, self.pulse_dones.and(&self.programmed).any());
        let (out, width) = (&program.codes, program.codes.width());
        m.comb(|s| {
            s.set(out, Expr::zero(width));
            s.for_("each", 0..b.tiles(), |s, tile| {
                s.if_(self.programmed.bit_at(tile), |s| s.set(out, codes.part_at(tile * width, width)));
            });
        });
        m.assign(&self.ports.codes_saturated, self.saturated.any());
        m.assign(&self.ports.codes_upper, self.upper.any());
        m.assign(&self.ports.pulse.done, self.pulse_dones.all());
        m.section("Levels of the tile that was read last");
        let (out, width) = (&self.ports.levels, p.prog_data.width());
        m.comb(|s| {
            s.set(out, Expr::zero(width));
            s.for_("each", 0..b.tiles(), |s, tile| {
                s.if_(self.reads.bit_at(tile), |s| s.set(out, self.levels.part_at(tile * width, width)));
            });
        });
        TrainingTiles { row_codes: self.row_codes, row_tile: self.row_tile }
    }
}
