//! One read of a layer's tiles: bit-line sums, conversion, partial sums.

use crate::numeric::adc;
use crate::schedule::Bank;
use ndarray::Array2;

/// Columns are padded to this many rows so that the dot product runs in whole vectors.
const ROW_CHUNK: usize = 32;

/// A layer's weights laid out for reading: for each row tile, column after column.
#[derive(Clone, Debug)]
pub struct BankKernel {
    rows: usize,
    columns: usize,
    tile_rows: usize,
    /// Padded rows of a tile.
    stride: usize,
    /// `[row tile][column][stride]`, weights in level steps.
    weights: Vec<i16>,
}

impl BankKernel {
    /// `levels` is `[matrix_rows x matrix_columns]`.
    pub fn new(bank: &Bank, tile_rows: usize, levels: &Array2<i16>) -> Self {
        assert_eq!(levels.dim(), (bank.matrix_rows, bank.matrix_columns), "layer {}", bank.name);
        let (rows, columns) = levels.dim();
        let stride = tile_rows.min(rows).next_multiple_of(ROW_CHUNK);
        let mut weights = vec![0; bank.row_tiles * columns * stride];
        for ((i, j), &w) in levels.indexed_iter() {
            weights[((i / tile_rows) * columns + j) * stride + i % tile_rows] = w;
        }
        Self { rows, columns, tile_rows, stride, weights }
    }

    /// Exact bit-line sums of row tile `tile` for input `x` (whole matrix rows), one a column.
    pub fn dots(&self, tile: usize, x: &[i8], dots: &mut [i32]) {
        debug_assert_eq!(x.len(), self.rows);
        let first = tile * self.tile_rows;
        let mut lines = vec![0i16; self.stride];
        for (line, &v) in lines.iter_mut().zip(&x[first..self.rows.min(first + self.tile_rows)]) {
            *line = i16::from(v);
        }
        let columns = self.weights[tile * self.columns * self.stride..].chunks_exact(self.stride);
        for (dot, column) in dots.iter_mut().zip(columns) {
            *dot = lines.iter().zip(column).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum();
        }
    }

    pub fn row_tiles(&self) -> usize {
        self.rows.div_ceil(self.tile_rows)
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Sums over row tiles of the ADC codes for input `x`, one a column, in units of `2^gain`.
    pub fn sums(&self, x: &[i8], gain: u32, adc_bits: u32, sums: &mut [i32]) {
        let mut dots = vec![0; self.columns];
        sums.fill(0);
        for tile in 0..self.row_tiles() {
            self.dots(tile, x, &mut dots);
            for (sum, &dot) in sums.iter_mut().zip(&dots) {
                *sum += adc(dot, gain, adc_bits);
            }
        }
    }
}
