//! What wires take from a weight, in integers that golden model and Verilog compute alike.
//!
//! A cell's effective conductance is `G * u * v`: `u` is what its word line leaves of the driver's voltage, `v` what its
//! bit line leaves of the cell's current. Each is a product along the line, of a ladder whose other ends are at 0 V.
//! docs/ir-drop.md derives it, specifies every bit, and has the errors against the solved network.
//!
//! The factors are the same in both directions of reading: the network is reciprocal.

use super::Lines;
use crate::config::{Design, PairScheme};
use crate::numeric::round_shift;
use ndarray::{Array2, ArrayView2};
use thiserror::Error;

/// Fraction bits of a factor: `1 << FACTOR_BITS` is a wire without resistance.
pub const FACTOR_BITS: u32 = 15;
/// Largest conductance in fine units.
pub const FINE_MAX: u32 = 32_767;
/// Largest conductance of `G_min` in fine units: with [`FINE_MAX`] a whole conductance has 16 bits.
const OFFSET_MAX: f64 = 32_768.0;
/// Fraction bits of a segment's resistance times one fine unit.
const WIRE_BITS: u32 = 48;
/// Fraction bits of a segment's resistance times the admittance behind it.
const LOAD_BITS: u32 = 32;
/// Fraction bits of a product along a line.
const PRODUCT_BITS: u32 = 31;
/// A segment may be this part of the largest device's resistance at most. The integers then stay in range.
const MOST_OF_A_DEVICE: f64 = 0.1;

/// Wires or devices that the integers cannot express.
#[derive(Debug, Error)]
pub enum IrDropError {
    #[error(
        "r_off_ohm is {r_off_ohm} with r_on_ohm {r_on_ohm} and {top} fine units between; allowed is a ratio of {least:.3} or more"
    )]
    Window { r_on_ohm: f64, r_off_ohm: f64, top: u32, least: f64 },
    #[error("wire_ohm is {wire_ohm}; allowed are 0 to {most} ohm for these devices")]
    Wire { wire_ohm: f64, most: f64 },
    #[error("{top} fine units between G_min and G_max; allowed are 1 to {FINE_MAX}")]
    Top { top: u32 },
}

/// The wires of a tile in fine units: conductances are integers, 0 is `G_min` and `top` is `G_max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IrDrop {
    lines: Lines,
    /// `G_min` in fine units, at most 32,768.
    offset: u32,
    /// A segment's resistance times a fine unit, in `2^-48`.
    wire: u64,
}

/// Factors that depend on the position alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFactors {
    lines: Lines,
    offset: u32,
    /// Of each bit line: what word lines leave of a voltage up to there, in `2^-15`, 0..=32,768.
    pub word: Vec<u16>,
    /// Of each word line: what bit lines leave of a current from there, in the same unit.
    pub bit: Vec<u16>,
}

/// Factors of every single cell, `[word lines x bit lines]`, in `2^-15`, 0..=32,768.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFactors {
    lines: Lines,
    offset: u32,
    pub factors: Array2<u16>,
}

impl IrDrop {
    /// Wires of `wire_ohm` a segment in the tiles of a design, whose devices have `top` fine units.
    ///
    /// # Errors
    /// If `G_min` needs more than 32,768 fine units, or a segment has a tenth of a device's resistance.
    pub fn new(design: &Design, wire_ohm: f64, top: u32) -> Result<Self, IrDropError> {
        if !(1..=FINE_MAX).contains(&top) {
            return Err(IrDropError::Top { top });
        }
        let (r_on_ohm, r_off_ohm) = (design.device.r_on_ohm, design.device.r_off_ohm);
        let (low, high) = (1.0 / r_off_ohm, 1.0 / r_on_ohm);
        let unit = (high - low) / f64::from(top);
        let offset = (low / unit).round();
        if offset.is_nan() || offset > OFFSET_MAX {
            let least = 1.0 + f64::from(top) / OFFSET_MAX;
            return Err(IrDropError::Window { r_on_ohm, r_off_ohm, top, least });
        }
        let most = MOST_OF_A_DEVICE / (unit * f64::from(FINE_MAX) + low);
        if !(0.0..=most).contains(&wire_ohm) {
            return Err(IrDropError::Wire { wire_ohm, most: most.floor() });
        }
        let wire = (wire_ohm * unit * (1u64 << WIRE_BITS) as f64).round() as u64;
        Ok(Self { lines: Lines::of(&design.crossbar), offset: offset as u32, wire })
    }

    /// Factors for cells that all have `load` fine units: a table that pulses do not change.
    ///
    /// # Panics
    /// If `load` is more than [`FINE_MAX`].
    pub fn nominal(&self, load: u32) -> LineFactors {
        self.profile(&vec![load; self.lines.bit_lines()], &vec![load; self.lines.rows])
    }

    /// Factors for cells whose load depends on one line: `along_word` has the fine units of the cells on each bit line, as
    /// a word line meets them, `along_bit` of those on each word line, as a bit line does.
    ///
    /// # Panics
    /// If a length is not that of the tile, or a load more than [`FINE_MAX`].
    pub fn profile(&self, along_word: &[u32], along_bit: &[u32]) -> LineFactors {
        assert_eq!((along_word.len(), along_bit.len()), (self.lines.bit_lines(), self.lines.rows), "one load a line");
        let (mut word, mut bit) = (vec![0; along_word.len()], vec![0; along_bit.len()]);
        self.ladder(along_word.iter().copied().rev(), word.iter_mut().rev());
        self.ladder(along_bit.iter().copied(), bit.iter_mut());
        LineFactors { lines: self.lines, offset: self.offset, word, bit }
    }

    /// As [`IrDrop::nominal`] for a tile that its matrix does not fill: cells of unused word lines or weight columns are at
    /// `G_min`. Of the others `load` is best their mean.
    ///
    /// # Panics
    /// If a length is not that of the tile, or `load` more than [`FINE_MAX`].
    pub fn partly_used(&self, load: u32, rows: &[bool], columns: &[bool]) -> LineFactors {
        let lines = &self.lines;
        assert_eq!((rows.len(), columns.len()), (lines.rows, lines.columns), "one mark a line");
        // A reference line stays as it is.
        let mut along_word = vec![load; lines.bit_lines()];
        for column in columns.iter().enumerate().filter(|(_, used)| !**used).map(|(column, _)| column) {
            along_word[lines.plus(column)] = 0;
            if lines.pair == PairScheme::Differential {
                along_word[lines.minus(column)] = 0;
            }
        }
        let along_bit: Vec<u32> = rows.iter().map(|&used| if used { load } else { 0 }).collect();
        self.profile(&along_word, &along_bit)
    }

    /// Factors of every cell from the loads of its own two lines, in fine units, `[word lines x bit lines]`. One changed
    /// device changes all factors of its lines.
    ///
    /// # Panics
    /// If the size is not that of the tile, or a load more than [`FINE_MAX`].
    pub fn of_cells(&self, fine: ArrayView2<u16>) -> CellFactors {
        assert_eq!(fine.dim(), (self.lines.rows, self.lines.bit_lines()), "one load a device");
        let (mut factors, mut bits) = (Array2::zeros(fine.dim()), Array2::zeros(fine.dim()));
        for (line, mut to) in fine.rows().into_iter().zip(factors.rows_mut()) {
            self.ladder(line.iter().rev().map(|&g| u32::from(g)), to.iter_mut().rev());
        }
        for (line, mut to) in fine.columns().into_iter().zip(bits.columns_mut()) {
            self.ladder(line.iter().map(|&g| u32::from(g)), to.iter_mut());
        }
        factors.zip_mut_with(&bits, |u, &v| *u = product(*u, v));
        CellFactors { lines: self.lines, offset: self.offset, factors }
    }

    /// Factors along a line, both from its open end to the end that is driven or sensed.
    fn ladder<'t>(&self, fine: impl Iterator<Item = u32>, factors: impl DoubleEndedIterator<Item = &'t mut u16>) {
        // Resistance of a segment times the admittance behind it, from the open end on.
        let mut load = 0u64;
        let loads: Vec<u64> = fine
            .map(|g| {
                assert!(g <= FINE_MAX, "{g} fine units");
                let cell = (u64::from(g + self.offset) * self.wire) >> (WIRE_BITS - LOAD_BITS);
                load = (load << LOAD_BITS) / ((1 << LOAD_BITS) + load) + cell;
                load
            })
            .collect();
        let mut product = 1u64 << PRODUCT_BITS;
        for (load, factor) in loads.iter().rev().zip(factors.rev()) {
            product = (product << LOAD_BITS) / ((1 << LOAD_BITS) + load);
            let drop = PRODUCT_BITS - FACTOR_BITS;
            *factor = ((product + (1 << (drop - 1))) >> drop) as u16;
        }
    }
}

/// Product of two factors, rounded.
#[inline]
fn product(u: u16, v: u16) -> u16 {
    // 32,768^2 is 2^30.
    round_shift((u32::from(u) * u32::from(v)) as i32, FACTOR_BITS) as u16
}

/// `plus * plus_factor - minus * minus_factor` in fine units, rounded; conductances without `G_min`.
#[inline]
fn weight(offset: u32, plus: (i32, u16), minus: (i32, u16)) -> i32 {
    // Each product is less than 2^31.
    let current = |(fine, factor): (i32, u16)| (fine + offset as i32) * i32::from(factor);
    round_shift(current(plus) - current(minus), FACTOR_BITS)
}

impl LineFactors {
    /// `G_min` in fine units.
    pub fn offset(&self) -> u32 {
        self.offset
    }

    /// Factor of the cell at word line `row` and bit line `bit_line`, in `2^-15`.
    #[inline]
    pub fn factor(&self, row: usize, bit_line: usize) -> u16 {
        product(self.word[bit_line], self.bit[row])
    }

    /// Weight in fine units that the wires leave of devices with `plus` and `minus` fine units (-offset..=32,767), for reads of
    /// rows and of columns. With a reference line `minus` is that of the reference.
    #[inline]
    pub fn weight(&self, row: usize, column: usize, plus: impl Into<i32>, minus: impl Into<i32>) -> i32 {
        let factor = |bit_line| self.factor(row, bit_line);
        let (plus, minus) = (plus.into(), minus.into());
        weight(self.offset, (plus, factor(self.lines.plus(column))), (minus, factor(self.lines.minus(column))))
    }
}

impl CellFactors {
    /// As [`LineFactors::weight`].
    #[inline]
    pub fn weight(&self, row: usize, column: usize, plus: u16, minus: u16) -> i32 {
        let factor = |bit_line| self.factors[(row, bit_line)];
        let (plus, minus) = (plus.into(), minus.into());
        weight(self.offset, (plus, factor(self.lines.plus(column))), (minus, factor(self.lines.minus(column))))
    }
}
