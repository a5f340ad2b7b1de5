//! Single weights of a layer's kernel change in place.

use super::BankKernel;
use super::bank::{PANEL_LINES, Weights};
use super::lines::{Element, LINE};

/// Columns of a full panel.
const PANEL: usize = PANEL_LINES * LINE;

impl BankKernel {
    /// Sets the weight at row `i`, column `j`, both within the matrix.
    ///
    /// # Panics
    /// If the kernel was made for 8-bit weights and `weight` is none.
    pub(super) fn set(&mut self, i: usize, j: usize, weight: i16) {
        let (panel, column) = (j / PANEL, j % PANEL);
        let (line, lane) = (column / LINE, column % LINE);
        let width = self.panel_width(panel);
        match &mut self.weights {
            Weights::Columns { weights } => {
                let (tile, row) = (i / self.tile_rows, i % self.tile_rows);
                let rows = self.tile_rows.min(self.rows - tile * self.tile_rows);
                let tile_start = panel * PANEL * self.rows + tile * self.tile_rows * width * LINE;
                weights[tile_start + column * rows + row] = weight;
            }
            Weights::Pairs { lines } => {
                let at = line_of(self.rows, 2, i, panel, width) + line;
                lines[at].0[lane / 8][lane % 8 * 2 + i % 2] = weight;
            }
            Weights::Quads { lines, start } => {
                let narrow = i8::try_from(weight).expect("an 8-bit weight");
                let at = line_of(self.rows, 4, i, panel, width) + line;
                let cell = &mut lines[at].0[lane * 4 + i % 4];
                let change = i32::from(narrow) - i32::from(*cell);
                *cell = narrow;
                let (tile, tiles) = (i / self.tile_rows, self.rows.div_ceil(self.tile_rows));
                start[(panel * PANEL_LINES * tiles + tile * width) * LINE + column] -= i32::from(u8::ZERO) * change;
            }
        }
    }

    /// Sets neighbouring weights of row `i` from column `first` on.
    ///
    /// # Panics
    /// As [`BankKernel::set`].
    pub(super) fn set_in_row(&mut self, i: usize, first: usize, weights: &[i16]) {
        let rows = self.rows;
        if !matches!(self.weights, Weights::Pairs { .. }) || !first.is_multiple_of(LINE) {
            return (first..).zip(weights).for_each(|(j, &weight)| self.set(i, j, weight));
        }
        for (k, weights) in weights.chunks(LINE).enumerate() {
            let (panel, line) = ((first / LINE + k) / PANEL_LINES, (first / LINE + k) % PANEL_LINES);
            let at = line_of(rows, 2, i, panel, self.panel_width(panel)) + line;
            if let Weights::Pairs { lines } = &mut self.weights {
                for (pair, &weight) in lines[at].0.as_flattened_mut().as_chunks_mut::<2>().0.iter_mut().zip(weights) {
                    pair[i % 2] = weight;
                }
            }
        }
    }

    /// Sets neighbouring weights of column `j` from row `first` on.
    ///
    /// # Panics
    /// As [`BankKernel::set`].
    pub(super) fn set_in_column(&mut self, first: usize, j: usize, weights: &[i16]) {
        let (panel, line, lane) = (j / PANEL, j % PANEL / LINE, j % LINE);
        let (rows, width) = (self.rows, self.panel_width(panel));
        match &mut self.weights {
            Weights::Pairs { lines } => {
                let from = line_of(rows, 2, 0, panel, width) + line;
                for (i, &weight) in (first..).zip(weights) {
                    lines[from + i / 2 * width].0[lane / 8][lane % 8 * 2 + i % 2] = weight;
                }
            }
            _ => (first..).zip(weights).for_each(|(i, &weight)| self.set(i, j, weight)),
        }
    }

    /// Lines of a panel.
    fn panel_width(&self, panel: usize) -> usize {
        PANEL_LINES.min(self.columns().div_ceil(LINE) - panel * PANEL_LINES)
    }
}

/// The first line of a panel's group that holds row `i`. Tiles have whole groups of `group_rows` but for the last one, so that
/// groups count through all of them.
#[inline]
fn line_of(rows: usize, group_rows: usize, i: usize, panel: usize, width: usize) -> usize {
    panel * PANEL_LINES * rows.div_ceil(group_rows) + i / group_rows * width
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{InstructionSet, ReadBuffers};
    use crate::numeric::{splitmix32, xorshift32};
    use ndarray::{Array2, ArrayView1, s};

    #[test]
    fn a_kernel_with_changed_weights_reads_like_a_new_one() {
        let mut state = splitmix32(3);
        let mut draw = |n: usize| {
            state = xorshift32(state);
            state as usize % n
        };
        for set in InstructionSet::available() {
            for (rows, columns, tile_rows) in [(5, 3, 4), (70, 70, 32), (64, 130, 64), (129, 17, 16), (12, 64, 128)] {
                for small in [true, false] {
                    let range = if small { 127 } else { 255 };
                    let mut levels =
                        Array2::from_shape_simple_fn((rows, columns), || draw(2 * range + 1) as i16 - range as i16);
                    let mut kernel = BankKernel::from_levels(set, levels.view(), tile_rows, small);
                    for _ in 0..200 {
                        let at = (draw(rows), draw(columns));
                        levels[at] = draw(2 * range + 1) as i16 - range as i16;
                        kernel.set(at.0, at.1, levels[at]);
                    }
                    for _ in 0..20 {
                        let at = (draw(rows), draw(columns));
                        let (right, down) = (at.1 + 1 + draw(columns - at.1), at.0 + 1 + draw(rows - at.0));
                        let mut weights = |n| (0..n).map(|_| draw(range) as i16 - range as i16).collect::<Vec<i16>>();
                        let (row, column) = (weights(right - at.1), weights(down - at.0));
                        levels.slice_mut(s![at.0, at.1..right]).assign(&ArrayView1::from(&row));
                        kernel.set_in_row(at.0, at.1, &row);
                        levels.slice_mut(s![at.0..down, at.1]).assign(&ArrayView1::from(&column));
                        kernel.set_in_column(at.0, at.1, &column);
                    }
                    let fresh = BankKernel::from_levels(set, levels.view(), tile_rows, small);
                    let x: Vec<i8> = (0..3 * rows).map(|_| draw(255) as u8 as i8).collect();
                    let (mut a, mut b) = (ReadBuffers::default(), ReadBuffers::default());
                    assert_eq!(
                        kernel.sums_of(&x, 2, 12, &mut a),
                        fresh.sums_of(&x, 2, 12, &mut b),
                        "{set} {rows}x{columns}"
                    );
                }
            }
        }
    }
}
