//! The lines of a tile in the order in which wires meet them.

use crate::config::{Crossbar, PairScheme};

/// How many lines a tile has, and which of them hold a weight.
///
/// Bit lines of a differential pair are neighbours: plus and minus of weight column `c` are bit lines `2 c` and
/// `2 c + 1`. A reference line comes after all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    pub pair: PairScheme,
    /// Word lines.
    pub rows: usize,
    /// Weight columns.
    pub columns: usize,
}

impl Lines {
    pub fn of(crossbar: &Crossbar) -> Self {
        Self { pair: crossbar.pair, rows: crossbar.rows, columns: crossbar.columns }
    }

    pub fn bit_lines(&self) -> usize {
        match self.pair {
            PairScheme::Differential => 2 * self.columns,
            PairScheme::Reference => self.columns + 1,
        }
    }

    /// Bit line of a weight column's plus devices.
    #[inline]
    pub fn plus(&self, column: usize) -> usize {
        match self.pair {
            PairScheme::Differential => 2 * column,
            PairScheme::Reference => column,
        }
    }

    /// Bit line of its minus devices, or the reference line.
    #[inline]
    pub fn minus(&self, column: usize) -> usize {
        match self.pair {
            PairScheme::Differential => 2 * column + 1,
            PairScheme::Reference => self.columns,
        }
    }

    /// Short name of a bit line: `p<column>`, `m<column>`, or `ref`.
    pub fn name(&self, bit_line: usize) -> String {
        match self.pair {
            PairScheme::Differential if bit_line % 2 == 1 => format!("m{}", bit_line / 2),
            PairScheme::Differential => format!("p{}", bit_line / 2),
            PairScheme::Reference if bit_line == self.columns => "ref".into(),
            PairScheme::Reference => format!("p{bit_line}"),
        }
    }
}
