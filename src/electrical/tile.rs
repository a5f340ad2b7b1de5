//! One tile with all its devices, used by the matrix or not, as its wires meet them.

use super::Lines;
use crate::config::Design;
use crate::device::{ArrayModel, CellCode, LayerDevices, ProgramWord, VIRGIN};
use crate::numeric::ACTIVATION_MAX;
use crate::schedule::Schedule;
use ndarray::Array2;

/// A programmed tile.
#[derive(Clone, Debug, PartialEq)]
pub struct Tile {
    pub layer: String,
    /// Index among the layer's tiles, row tile major, and how many those are.
    pub index: usize,
    pub layer_tiles: usize,
    /// Index in the design.
    pub design_index: usize,
    /// Conductance codes of the devices, `[word lines x bit lines]`: levels, or finer ones with a `[device.model]`.
    pub codes: Array2<u16>,
    /// Matrix row of each word line, and matrix column of each weight column, where the tile holds a part of the matrix.
    pub matrix_rows: Vec<Option<usize>>,
    pub matrix_columns: Vec<Option<usize>>,
    pub lines: Lines,
    /// `None` where devices are ideal.
    model: Option<ArrayModel>,
}

impl Tile {
    /// Tile `index` of layer `layer`, programmed with `cells`, the words of this layer. Real devices hold what their own
    /// bounds let them. Devices that no word reaches are as after reset: they weigh zero.
    ///
    /// # Panics
    /// If there is no such layer or tile.
    pub fn new(schedule: &Schedule, layer: usize, index: usize, cells: &[ProgramWord]) -> Self {
        let bank = &schedule.banks[layer];
        assert!(index < bank.tiles(), "tile {index} of {}", bank.tiles());
        let crossbar = &schedule.design.crossbar;
        let lines = Lines::of(crossbar);
        let code = CellCode::new(&schedule.design);
        let (plus, minus) = code.codes(code.unused());
        let mut tile = Self {
            layer: bank.name.clone(),
            index,
            layer_tiles: bank.tiles(),
            design_index: bank.first_tile + index,
            codes: Array2::zeros((lines.rows, lines.bit_lines())),
            matrix_rows: (0..lines.rows).map(|i| Some(index / bank.column_tiles * lines.rows + i)).collect(),
            matrix_columns: vec![None; lines.columns],
            lines,
            model: ArrayModel::of(&schedule.design),
        };
        for row in &mut tile.matrix_rows {
            *row = row.filter(|&i| i < bank.matrix_rows);
        }
        for j in 0..bank.matrix_columns {
            let cell = bank.cell(0, j);
            if cell.tile - bank.first_tile == index % bank.column_tiles {
                tile.matrix_columns[bank.bit_line(cell)] = Some(j);
            }
        }
        for row in 0..lines.rows {
            for column in 0..lines.columns {
                tile.set(row, column, (plus, minus));
            }
        }
        let own = tile.design_index;
        let real = LayerDevices::new(schedule, layer);
        for word in cells.iter().filter(|w| w.tile == own) {
            for (adc, &data) in word.cells.iter().enumerate() {
                let (row, column) = (word.row, adc * crossbar.columns_per_adc + word.group);
                let (mut plus, mut minus) = code.codes(data);
                if let (Some(real), Some(i), Some(j)) = (&real, tile.matrix_rows[row], tile.matrix_columns[column]) {
                    (plus, minus) = real.place(i, j, plus, minus);
                }
                tile.set(row, column, (plus, minus));
            }
        }
        tile
    }

    fn set(&mut self, row: usize, column: usize, (plus, minus): (u16, u16)) {
        let at = (self.lines.plus(column), self.lines.minus(column));
        self.codes[(row, at.0)] = plus;
        self.codes[(row, at.1)] = minus;
    }

    /// Conductance of every device in siemens: code 0 is `1 / r_off_ohm`, the highest level `1 / r_on_ohm`; 0 where it was never
    /// formed.
    pub fn conductances(&self, design: &Design) -> Array2<f64> {
        let step = code_siemens(design);
        let open = |code| design.forms() && code == VIRGIN;
        self.codes.mapv(|code| if open(code) { 0.0 } else { 1.0 / design.device.r_off_ohm + f64::from(code) * step })
    }

    /// Exact sums of input times weight, one a weight column, weights in conductance codes. `inputs`: one a word line.
    ///
    /// # Panics
    /// If `inputs` has not one code a word line.
    pub fn sums(&self, inputs: &[i8]) -> Vec<i64> {
        assert_eq!(inputs.len(), self.lines.rows, "one input a word line");
        let code = |i, bit_line| {
            let code = self.codes[(i, bit_line)];
            self.model.as_ref().map_or(code.into(), |model| i64::from(model.conductance(code)))
        };
        let weight = |i, c| code(i, self.lines.plus(c)) - code(i, self.lines.minus(c));
        let sum = |c| inputs.iter().enumerate().map(|(i, &x)| i64::from(x) * weight(i, c)).sum();
        (0..self.lines.columns).map(sum).collect()
    }

    /// The sums of all weight columns in units of [`Tile::sums`] from the currents of all bit lines in amperes.
    pub fn sums_of_currents(&self, design: &Design, currents: &[f64]) -> Vec<f64> {
        let unit = unit_ampere(design);
        let lines = &self.lines;
        (0..lines.columns).map(|c| (currents[lines.plus(c)] - currents[lines.minus(c)]) / unit).collect()
    }
}

/// Conductance of one step of the codes in siemens.
pub fn code_siemens(design: &Design) -> f64 {
    let device = &design.device;
    let steps = (device.levels - 1) << CellCode::new(design).fraction();
    (1.0 / device.r_on_ohm - 1.0 / device.r_off_ohm) / f64::from(steps)
}

/// Volts on a word line for an input code.
pub fn line_volts(design: &Design, code: i8) -> f64 {
    design.device.read_v * f64::from(code) / f64::from(ACTIVATION_MAX)
}

/// Current difference of a pair in amperes for an input step times a step of the codes: what a bit-line sum of 1 is.
pub fn unit_ampere(design: &Design) -> f64 {
    line_volts(design, 1) * code_siemens(design)
}
