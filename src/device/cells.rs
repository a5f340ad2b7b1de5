//! Weights as conductance codes, and the stream that programs them.

use super::LayerMap;
use super::model::ArrayModel;
use crate::config::{CODE_BITS, Design, PairScheme};
use crate::schedule::{Schedule, bits_for};
use std::ops::Range;

/// How a signed weight in level steps becomes conductance codes of devices, and a cell's programming data.
///
/// The code of an ideal device is its level; that of a real one has [`ArrayModel::fraction_of`] bits below the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellCode {
    pair: PairScheme,
    levels: u32,
    fraction: u32,
    code_bits: u32,
}

impl CellCode {
    pub fn new(design: &Design) -> Self {
        let levels = design.device.levels;
        let code_bits = match design.device.model {
            Some(_) => CODE_BITS,
            None => bits_for(levels as usize - 1),
        };
        Self { pair: design.crossbar.pair, levels, fraction: ArrayModel::fraction_of(design), code_bits }
    }

    /// Bits of a code below a level.
    pub fn fraction(&self) -> u32 {
        self.fraction
    }

    /// Bits of one device's code.
    pub fn code_bits(&self) -> u32 {
        self.code_bits
    }

    /// Largest code that a device may hold.
    pub fn ceiling(&self) -> u32 {
        ((self.levels - 1) << self.fraction) * if self.fraction > 0 { 2 } else { 1 }
    }

    /// Largest magnitude of a weight in codes, of either sign.
    pub fn largest_weight(&self) -> u32 {
        match self.pair {
            PairScheme::Differential => self.ceiling(),
            PairScheme::Reference => {
                let reference = u32::from(self.reference_code());
                reference.max(self.ceiling() - reference)
            }
        }
    }

    /// Largest weight magnitude in level steps that both signs reach.
    pub fn weight_max(&self) -> i32 {
        match self.pair {
            PairScheme::Differential => self.levels as i32 - 1,
            PairScheme::Reference => self.levels as i32 - 1 - self.reference(),
        }
    }

    /// Level of the fixed reference column.
    fn reference(&self) -> i32 {
        (self.levels / 2) as i32
    }

    /// Code of the fixed reference column.
    pub fn reference_code(&self) -> u16 {
        ((self.levels / 2) << self.fraction) as u16
    }

    /// Bits of a cell's programming data.
    pub fn bits(&self) -> u32 {
        match self.pair {
            PairScheme::Differential => 2 * self.code_bits,
            PairScheme::Reference => self.code_bits,
        }
    }

    /// Programming data of a weight in level steps. Differential: `{minus, plus}`, one of them at the lowest level.
    /// Reference: the level.
    pub fn encode(&self, weight: i32) -> u32 {
        match self.pair {
            PairScheme::Differential => self.of_levels(weight.max(0), (-weight).max(0)),
            PairScheme::Reference => self.of_levels(weight + self.reference(), 0),
        }
    }

    fn of_levels(&self, plus: i32, minus: i32) -> u32 {
        self.from_codes((plus << self.fraction) as u16, (minus << self.fraction) as u16)
    }

    /// Programming data of a weight in level steps with both devices of a pair around the middle of their range, so that
    /// pulses can move them both ways. Reference: as [`CellCode::encode`].
    pub fn encode_centred(&self, weight: i32) -> u32 {
        match self.pair {
            PairScheme::Differential => {
                let plus = (self.levels as i32 + weight) / 2;
                self.of_levels(plus, plus - weight)
            }
            PairScheme::Reference => self.encode(weight),
        }
    }

    /// Codes `(plus, minus)` of programming data; with a reference column the second is the reference.
    pub fn codes(&self, data: u32) -> (u16, u16) {
        let mask = (1 << self.code_bits) - 1;
        match self.pair {
            PairScheme::Differential => ((data & mask) as u16, ((data >> self.code_bits) & mask) as u16),
            PairScheme::Reference => ((data & mask) as u16, self.reference_code()),
        }
    }

    /// Programming data of the codes of two devices, the inverse of [`CellCode::codes`].
    pub fn from_codes(&self, plus: u16, minus: u16) -> u32 {
        match self.pair {
            PairScheme::Differential => u32::from(minus) << self.code_bits | u32::from(plus),
            PairScheme::Reference => u32::from(plus),
        }
    }

    /// The weight that programming data stands for, in codes.
    pub fn decode(&self, data: u32) -> i32 {
        let (plus, minus) = self.codes(data);
        i32::from(plus) - i32::from(minus)
    }

    /// Data of a cell outside the matrix: weight zero.
    pub fn unused(&self) -> u32 {
        self.encode(0)
    }
}

/// One beat of the programming port: the cells of one word line that belong to one conversion group, ADC 0 first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramWord {
    pub tile: usize,
    pub row: usize,
    pub group: usize,
    pub cells: Vec<u32>,
}

impl ProgramWord {
    /// The whole content of a layer's tiles. Word lines and groups that the matrix does not use are left out: the
    /// programming port leaves them at weight zero.
    pub fn of_layer(schedule: &Schedule, layer: usize, map: &LayerMap) -> Vec<ProgramWord> {
        let (code, codes) = (CellCode::new(&schedule.design), map.codes(schedule));
        Self::of_cells(schedule, layer, |i, j| {
            let (plus, minus) = codes[(i, j)];
            code.from_codes(plus, minus)
        })
    }

    /// The words of a layer's tiles with the programming data of matrix row `i`, column `j` from `cell`; what the
    /// matrix does not use weighs zero.
    pub fn of_cells(schedule: &Schedule, layer: usize, cell: impl Fn(usize, usize) -> u32) -> Vec<ProgramWord> {
        let columns = schedule.banks[layer].matrix_columns;
        let unused = CellCode::new(&schedule.design).unused();
        let word = |p: ProgramPlace| {
            let at = |j| if j < columns { cell(p.matrix_row, j) } else { unused };
            ProgramWord { tile: p.tile, row: p.row, group: p.group, cells: p.columns.map(at).collect() }
        };
        ProgramPlace::of_layer(schedule, layer).map(word).collect()
    }
}

/// Where a word of the programming port lies, on the tiles and in the matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramPlace {
    pub tile: usize,
    pub row: usize,
    pub group: usize,
    pub matrix_row: usize,
    /// Matrix column of each cell, ADC 0 first; columns beyond the matrix are unused cells.
    pub columns: Range<usize>,
}

impl ProgramPlace {
    /// The places of a layer's cells, word line after word line.
    pub fn of_layer(schedule: &Schedule, layer: usize) -> impl Iterator<Item = ProgramPlace> {
        let bank = &schedule.banks[layer];
        let (adcs, rows) = (schedule.design.crossbar.adcs(), schedule.design.crossbar.rows);
        let tile_columns = bank.column_tiles;
        (0..bank.matrix_rows).flat_map(move |matrix_row| {
            let first_tile = bank.first_tile + matrix_row / rows * tile_columns;
            (0..bank.groups * tile_columns).map(move |k| ProgramPlace {
                tile: first_tile + k % tile_columns,
                row: matrix_row % rows,
                group: k / tile_columns,
                matrix_row,
                columns: k * adcs..(k + 1) * adcs,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_weight_survives_its_encoding() {
        for pair in [PairScheme::Differential, PairScheme::Reference] {
            for (levels, real) in [2, 3, 16, 64, 256].into_iter().flat_map(|l| [(l, false), (l, true)]) {
                let level_bits = bits_for(levels as usize - 1);
                let (fraction, code_bits) = if real { (14 - level_bits, 15) } else { (0, level_bits) };
                let code = CellCode { pair, levels, fraction, code_bits };
                for w in -code.weight_max()..=code.weight_max() {
                    let data = code.encode(w);
                    assert!(u64::from(data) < 1 << code.bits());
                    assert_eq!(code.decode(data), w << fraction);
                    let centred = code.encode_centred(w);
                    assert_eq!(code.decode(centred), w << fraction);
                    let (plus, minus) = code.codes(centred);
                    assert_eq!(code.from_codes(plus, minus), centred);
                    assert!(u32::from(plus) <= code.ceiling() && u32::from(minus) <= code.ceiling());
                }
            }
        }
    }
}
