//! Trims of the ADCs: access to them, and which ADCs of the tile that is calibrated read 1 or more.

use super::ports::TrimPorts;
use crate::hdl::{Builder, Expr, Ix, Ports};
use crate::rtl::crossbar::tile_codes;
use crate::schedule::{Bank, Schedule};

pub(super) struct Trims<'a> {
    ports: &'a TrimPorts,
    tiles: usize,
    adcs: usize,
    /// Trims that the tiles show, and which tile was read last.
    data: Expr,
    reads: Expr,
    high: Expr,
}

impl<'a> Trims<'a> {
    pub fn new(m: &mut Builder, schedule: &Schedule, b: &Bank, ports: &'a TrimPorts) -> Self {
        let (tiles, adcs) = (b.tiles(), tile_codes(schedule));
        Self {
            ports,
            tiles,
            adcs,
            data: m.net("trims", tiles * ports.data.width()),
            reads: m.reg("trim_reads_q", tiles, 0),
            high: m.net("codes_high", tiles * adcs),
        }
    }

    /// Nets of tile `tile`, whose number is `id`; returns its strobe. `codes` by ADC.
    pub fn tile(&self, m: &mut Builder, tile: &Ix, id: &Expr, codes: &Expr) -> Expr {
        let p = self.ports;
        let here = m.wire("trim_here", p.valid.and(p.tile.eq(id)));
        m.clocked(|s| {
            s.if_(p.valid.and(p.write.not()), |s| s.set(self.reads.bit_at(tile), &here));
        });
        let bits = codes.width() / self.adcs;
        m.gen_for("gen_high", "of_adc", 0..self.adcs, |m, of_adc| {
            let code = codes.part_at(of_adc * bits, bits - 1);
            let high = self.high.bit_at(&(tile * self.adcs) + of_adc);
            m.assign(high, codes.bit_at(of_adc * bits + (bits - 1)).not().and(code.any()));
        });
        here
    }

    /// The macro's pins; `here`: [`Trims::tile`]'s strobe.
    pub fn connect(&self, u: &mut Ports, tile: &Ix, here: &Expr) {
        let p = self.ports;
        u.connect("trim_valid_i", here);
        u.connect("trim_write_i", &p.write);
        u.connect("trim_side_i", &p.side);
        u.connect("trim_adc_i", &p.adc);
        u.connect("trim_data_i", &p.data);
        u.connect("trim_data_o", self.data.part_at(tile * p.data.width(), p.data.width()));
    }

    /// What leaves the bank; `programmed`: the tile in the hands of the programming unit, one bit a tile.
    pub fn finish(&self, m: &mut Builder, programmed: &Expr) {
        m.section("Trim that was read last; ADCs of the tile that is calibrated");
        for (out, of, chosen) in
            [(&self.ports.out, &self.data, &self.reads), (&self.ports.high, &self.high, programmed)]
        {
            let width = out.width();
            m.comb(|s| {
                s.set(out, Expr::zero(width));
                s.for_("each", 0..self.tiles, |s, tile| {
                    s.if_(chosen.bit_at(tile), |s| s.set(out, of.part_at(tile * width, width)));
                });
            });
        }
    }
}
