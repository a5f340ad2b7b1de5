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
        let (tile, row) = (i / self.tile_rows, i % self.tile_rows);
        let width = PANEL_LINES.min(self.columns().div_ceil(LINE) - panel * PANEL_LINES);
        let (line, lane) = (column / LINE, column % LINE);
        let group_rows = self.group_rows();
        // Of a panel, over all tiles: only the last tile may have fewer.
        let groups = self.rows / self.tile_rows * (self.tile_rows / group_rows)
            + (self.rows % self.tile_rows).div_ceil(group_rows);
        let group = tile * (self.tile_rows / group_rows) + row / group_rows;
        let at = panel * PANEL_LINES * groups + group * width + line;
        let tiles = self.row_tiles();
        match &mut self.weights {
            Weights::Columns { weights } => {
                let rows = self.tile_rows.min(self.rows - tile * self.tile_rows);
                let tile_start = panel * PANEL * self.rows + tile * self.tile_rows * width * LINE;
                weights[tile_start + column * rows + row] = weight;
            }
            Weights::Pairs { lines } => {
                lines[at].0[lane / 8][lane % 8 * 2 + row % 2] = weight;
            }
            Weights::Quads { lines, start } => {
                let narrow = i8::try_from(weight).expect("an 8-bit weight");
                let cell = &mut lines[at].0[lane * 4 + row % 4];
                start[(panel * PANEL_LINES * tiles + tile * width) * LINE + column] -=
                    i32::from(u8::ZERO) * (i32::from(narrow) - i32::from(*cell));
                *cell = narrow;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{InstructionSet, ReadBuffers};
    use crate::numeric::{splitmix32, xorshift32};
    use ndarray::Array2;

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
