//! Nodal analysis of a crossbar with resistive lines: factorised once, solved for any inputs.
//!
//! Two unknowns a cell, one on each line. Ordered bit line by bit line, the matrix is block tridiagonal: a bit line
//! touches the next one through the segments of the word lines only. So bit lines are eliminated one after the other
//! from the far end of the word lines, and what remains is the admittance of all that lies behind, a symmetric
//! positive definite matrix `[word lines x word lines]`:
//!
//! `Y_k = L_k + Y_(k+1) P_(k+1)`, `P_k = (I + r Y_k)^-1`, `v_k = P_k v_(k-1)`
//!
//! with `L_k` the load of bit line `k`, `v_k` the word lines' voltages there and `r` a segment's resistance. It is
//! block Cholesky elimination, written with resistances in series in place of differences of large conductances:
//! `r = 0` is no special case, and small `r` costs no digits. The work is `2 word_lines^3` multiplications a bit line.

use super::bit_line::{BitLine, Scratch};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use ndarray::Array2;
use thiserror::Error;

/// Cells and wires of a tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Conductance of each cell in siemens, `[word lines x bit lines]`.
    pub cells: Array2<f64>,
    /// Resistance in ohms of a segment between neighbouring cells, before the first cell of a word line and behind the
    /// last one of a bit line.
    pub wire_ohm: f64,
    /// Resistance in ohms between each driver and its word line's first segment.
    pub source_ohm: f64,
}

/// A network that has no solution.
#[derive(Debug, Error)]
pub enum NetworkError {
    #[error("a network of {word_lines} word lines and {bit_lines} bit lines")]
    Empty { word_lines: usize, bit_lines: usize },
    #[error("the cell at word line {word_line}, bit line {bit_line} has {value} S; allowed are finite values from 0")]
    Cell { word_line: usize, bit_line: usize, value: f64 },
    #[error("{what} is {value} ohm; allowed are finite values from 0")]
    Resistance { what: &'static str, value: f64 },
    /// Resistances so large that the sums overflow or lose all digits.
    #[error("the network behind bit line {bit_line} is singular in double precision; lower the resistances of wires")]
    Singular { bit_line: usize },
}

/// A network made ready to be solved for any inputs: `8 * word_lines^2 * bit_lines` bytes.
#[derive(Clone, Debug)]
pub struct Factored {
    bit_lines: Vec<BitLine>,
    /// Voltages at a bit line over those at the one before, or over the drivers.
    passes: Vec<DMatrix<f64>>,
    transfer: Array2<f64>,
}

/// Voltages and currents for one input.
#[derive(Clone, Debug, PartialEq)]
pub struct OperatingPoint {
    /// Volts at each crossing, `[word lines x bit lines]`.
    pub word: Array2<f64>,
    pub bit: Array2<f64>,
    /// Amperes into each sense amplifier.
    pub currents: Vec<f64>,
}

impl Network {
    /// Eliminates all nodes.
    ///
    /// # Errors
    /// If there is no line, a cell or resistance is negative or not finite, or the sums leave the range of `f64`.
    pub fn factor(&self) -> Result<Factored, NetworkError> {
        self.check()?;
        let (rows, columns) = self.cells.dim();
        let bit_lines: Vec<BitLine> =
            self.cells.columns().into_iter().map(|c| BitLine::new(c.to_vec(), self.wire_ohm)).collect();
        // Of currents into the sense amplifiers, columns from `k` on: over the voltages at bit line `k - 1`.
        let mut transfer = DMatrix::zeros(rows, columns);
        let mut passes = vec![];
        let mut behind = DMatrix::zeros(rows, rows);
        let mut scratch = Scratch::new(rows);
        for (k, bit_line) in bit_lines.iter().enumerate().rev() {
            for (j, column) in behind.as_mut_slice().chunks_exact_mut(rows).enumerate() {
                bit_line.add_load(j, &mut scratch, column);
            }
            transfer.set_column(k, &DVector::from_vec(bit_line.transfer()));
            let series = self.wire_ohm + if k == 0 { self.source_ohm } else { 0.0 };
            let pass = invert(&behind, series).ok_or(NetworkError::Singular { bit_line: k })?;
            behind *= &pass;
            let moved = &pass * transfer.columns(k, columns - k);
            transfer.columns_mut(k, columns - k).copy_from(&moved);
            passes.push(pass);
        }
        passes.reverse();
        let transfer = Array2::from_shape_fn((rows, columns), |at| transfer[at]);
        if !transfer.iter().all(|g: &f64| g.is_finite()) {
            return Err(NetworkError::Singular { bit_line: 0 });
        }
        Ok(Factored { bit_lines, passes, transfer })
    }

    fn check(&self) -> Result<(), NetworkError> {
        let (word_lines, bit_lines) = self.cells.dim();
        if word_lines == 0 || bit_lines == 0 {
            return Err(NetworkError::Empty { word_lines, bit_lines });
        }
        let wrong = |v: f64| !v.is_finite() || v < 0.0;
        if let Some(((word_line, bit_line), &value)) = self.cells.indexed_iter().find(|&(_, &g)| wrong(g)) {
            return Err(NetworkError::Cell { word_line, bit_line, value });
        }
        for (what, value) in [("a segment of wire", self.wire_ohm), ("the resistance of a driver", self.source_ohm)] {
            if wrong(value) {
                return Err(NetworkError::Resistance { what, value });
            }
        }
        Ok(())
    }
}

/// `(I + r Y)^-1`.
fn invert(admittance: &DMatrix<f64>, r: f64) -> Option<DMatrix<f64>> {
    let size = admittance.nrows();
    if r == 0.0 {
        return Some(DMatrix::identity(size, size));
    }
    let matrix = admittance * r + DMatrix::identity(size, size);
    Cholesky::<f64, Dyn>::new(matrix).map(|c| c.inverse())
}

impl Factored {
    /// Effective conductances in siemens, `[word lines x bit lines]`: the current into sense amplifier `k` is the sum
    /// over the word lines of the driver's voltage times entry `(i, k)`. Without resistance these are the cells.
    ///
    /// Many inputs are one matrix product with it. By reciprocity the transposed matrix holds for reads the other way
    /// round, when bit lines are driven where they were sensed and word lines are sensed where they were driven.
    pub fn transfer(&self) -> &Array2<f64> {
        &self.transfer
    }

    /// Everything for `drivers` volts, one a word line.
    ///
    /// # Panics
    /// If `drivers` has not one voltage a word line.
    pub fn solve(&self, drivers: &[f64]) -> OperatingPoint {
        let (rows, columns) = self.transfer.dim();
        assert_eq!(drivers.len(), rows, "one voltage a word line");
        let (mut word, mut bit) = (Array2::zeros((rows, columns)), Array2::zeros((rows, columns)));
        let mut currents = Vec::with_capacity(columns);
        let mut at = DVector::from_column_slice(drivers);
        let mut along = vec![0.0; rows];
        for (k, (pass, bit_line)) in self.passes.iter().zip(&self.bit_lines).enumerate() {
            at = pass * at;
            currents.push(bit_line.solve(at.as_slice(), &mut along));
            for i in 0..rows {
                word[(i, k)] = at[i];
                bit[(i, k)] = along[i];
            }
        }
        OperatingPoint { word, bit, currents }
    }
}
