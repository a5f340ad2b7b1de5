//! Weights as device levels, and the stream that programs them.

use crate::config::{Design, PairScheme};
use crate::schedule::{Schedule, bits_for};
use ndarray::Array2;
use std::ops::Range;

/// How a signed weight in level steps becomes device levels, and a cell's programming data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellCode {
    pair: PairScheme,
    levels: u32,
    level_bits: u32,
}

impl CellCode {
    pub fn new(design: &Design) -> Self {
        let levels = design.device.levels;
        Self { pair: design.crossbar.pair, levels, level_bits: bits_for(levels as usize - 1) }
    }

    /// Largest weight magnitude that both signs reach.
    pub fn weight_max(&self) -> i32 {
        match self.pair {
            PairScheme::Differential => self.levels as i32 - 1,
            PairScheme::Reference => self.levels as i32 - 1 - self.reference(),
        }
    }

    /// Level of the fixed reference column.
    pub fn reference(&self) -> i32 {
        (self.levels / 2) as i32
    }

    /// Bits of a cell's programming data.
    pub fn bits(&self) -> u32 {
        match self.pair {
            PairScheme::Differential => 2 * self.level_bits,
            PairScheme::Reference => self.level_bits,
        }
    }

    /// Programming data of a weight. Differential: `{minus, plus}`, one of them at the lowest level. Reference: the
    /// level.
    pub fn encode(&self, weight: i32) -> u32 {
        match self.pair {
            PairScheme::Differential => {
                let (plus, minus) = (weight.max(0) as u32, (-weight).max(0) as u32);
                (minus << self.level_bits) | plus
            }
            PairScheme::Reference => (weight + self.reference()) as u32,
        }
    }

    /// Programming data of a weight with both devices of a pair around the middle of their range, so that pulses can
    /// move them both ways. Reference: as [`CellCode::encode`].
    pub fn encode_centred(&self, weight: i32) -> u32 {
        match self.pair {
            PairScheme::Differential => {
                let plus = (self.levels as i32 + weight) / 2;
                (((plus - weight) as u32) << self.level_bits) | plus as u32
            }
            PairScheme::Reference => self.encode(weight),
        }
    }

    /// Levels `(plus, minus)` of programming data; with a reference column the second is the reference.
    pub fn levels(&self, data: u32) -> (u8, u8) {
        let mask = (1 << self.level_bits) - 1;
        match self.pair {
            PairScheme::Differential => ((data & mask) as u8, ((data >> self.level_bits) & mask) as u8),
            PairScheme::Reference => ((data & mask) as u8, self.reference() as u8),
        }
    }

    /// Programming data of two device levels, the inverse of [`CellCode::levels`].
    pub fn from_levels(&self, plus: u8, minus: u8) -> u32 {
        match self.pair {
            PairScheme::Differential => u32::from(minus) << self.level_bits | u32::from(plus),
            PairScheme::Reference => u32::from(plus),
        }
    }

    /// The weight that programming data stands for.
    pub fn decode(&self, data: u32) -> i32 {
        let mask = (1 << self.level_bits) - 1;
        match self.pair {
            PairScheme::Differential => (data & mask) as i32 - ((data >> self.level_bits) & mask) as i32,
            PairScheme::Reference => (data & mask) as i32 - self.reference(),
        }
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
    pub fn of_layer(schedule: &Schedule, layer: usize, levels: &Array2<i16>) -> Vec<ProgramWord> {
        let code = CellCode::new(&schedule.design);
        // Pulses need room both ways; without training fewer conducting devices draw less power.
        let encode = |w: i16| match schedule.design.training {
            Some(_) => code.encode_centred(i32::from(w)),
            None => code.encode(i32::from(w)),
        };
        Self::of_cells(schedule, layer, |i, j| encode(levels[(i, j)]))
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
            for levels in [2, 3, 16, 64, 256] {
                let code = CellCode { pair, levels, level_bits: bits_for(levels as usize - 1) };
                for w in -code.weight_max()..=code.weight_max() {
                    let data = code.encode(w);
                    assert!(data < 1 << code.bits());
                    assert_eq!(code.decode(data), w);
                    let centred = code.encode_centred(w);
                    assert_eq!(code.decode(centred), w);
                    let (plus, minus) = code.levels(centred);
                    assert_eq!(code.from_levels(plus, minus), centred);
                    assert!(u32::from(plus) < levels && u32::from(minus) < levels);
                }
            }
        }
    }
}
