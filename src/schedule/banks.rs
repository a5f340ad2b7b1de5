//! The tiles of one layer.

use crate::config::{Crossbar, Layer};
use serde::Serialize;

/// All tiles that hold one layer's weight matrix; they read at once.
///
/// Matrix row `i` is word line `i % rows` of row tile `i / rows`. Matrix column `j` belongs to conversion group
/// `j / group_columns`; within a group, neighbouring columns sit in neighbouring ADCs and tiles, so that one
/// conversion of all tiles yields a contiguous run of the layer's outputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bank {
    /// The layer's name.
    pub name: String,
    pub matrix_rows: usize,
    pub matrix_columns: usize,
    pub row_tiles: usize,
    pub column_tiles: usize,
    /// Columns that one conversion of all tiles yields: `column_tiles * ADCs`, or all columns if fewer.
    pub group_columns: usize,
    /// Conversions of a read.
    pub groups: usize,
    /// Index of the bank's first tile in the design; row tile major.
    pub first_tile: usize,
    /// Width of a column's partial sum over all row tiles.
    pub sum_bits: u32,
    /// Rows that one conversion of a column read yields: the row-side ADCs of a tile, or all rows if fewer. The row
    /// tiles convert one after the other, so that each conversion yields a contiguous run of matrix rows.
    pub group_rows: usize,
    /// Conversions of a column read. Group `g` is group `g % rows_per_adc` of row tile `g / rows_per_adc`; ADC `a` of
    /// group `h` converts word line `h * row ADCs + a`.
    pub row_groups: usize,
    /// Width of a row's partial sum over all column tiles.
    pub row_sum_bits: u32,
    adcs: usize,
    columns_per_adc: usize,
    tile_rows: usize,
    tile_columns: usize,
}

/// Where a weight sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Index of the tile in the design.
    pub tile: usize,
    /// Word line in the tile.
    pub row: usize,
    /// Conversion group: the position among the columns that share an ADC.
    pub group: usize,
    /// The ADC; the bit line is `adc * columns_per_adc + group`.
    pub adc: usize,
}

impl Bank {
    pub fn new(layer: &Layer, crossbar: &Crossbar, adc_bits: u32, first_tile: usize) -> Self {
        let (rows, columns) = (layer.matrix_rows(), layer.matrix_columns());
        let row_tiles = rows.div_ceil(crossbar.rows);
        let column_tiles = columns.div_ceil(crossbar.columns);
        let full_group = column_tiles * crossbar.adcs();
        Self {
            name: layer.name.clone(),
            matrix_rows: rows,
            matrix_columns: columns,
            row_tiles,
            column_tiles,
            group_columns: full_group.min(columns),
            groups: columns.div_ceil(full_group),
            first_tile,
            sum_bits: adc_bits + super::bits_for(row_tiles - 1),
            group_rows: crossbar.row_adcs().min(rows),
            row_groups: rows.div_ceil(crossbar.row_adcs()),
            row_sum_bits: adc_bits + super::bits_for(column_tiles - 1),
            adcs: crossbar.adcs(),
            columns_per_adc: crossbar.columns_per_adc,
            tile_rows: crossbar.rows,
            tile_columns: crossbar.columns,
        }
    }

    pub fn tiles(&self) -> usize {
        self.row_tiles * self.column_tiles
    }

    /// Column tiles that a conversion group of the first kind really uses.
    pub fn used_adcs(&self) -> usize {
        self.group_columns
    }

    /// Width that holds the partial sums of both read directions.
    pub fn widest_sum(&self) -> u32 {
        self.sum_bits.max(self.row_sum_bits)
    }

    /// Place of the weight at matrix row `i`, column `j`.
    pub fn cell(&self, i: usize, j: usize) -> Cell {
        let full_group = self.column_tiles * self.adcs;
        let (group, offset) = (j / full_group, j % full_group);
        Cell {
            tile: self.first_tile + (i / self.tile_rows) * self.column_tiles + offset / self.adcs,
            row: i % self.tile_rows,
            group,
            adc: offset % self.adcs,
        }
    }

    /// Place of matrix column `j` among the columns of all column tiles put side by side: its column tile times the
    /// columns of a tile, plus its slot `group * ADCs + adc` in the tile's bit-line registers.
    pub fn column_slot(&self, j: usize) -> usize {
        let full_group = self.column_tiles * self.adcs;
        let (group, offset) = (j / full_group, j % full_group);
        offset / self.adcs * self.tile_columns + group * self.adcs + offset % self.adcs
    }

    /// Bit line of a cell within its tile.
    pub fn bit_line(&self, cell: Cell) -> usize {
        cell.adc * self.columns_per_adc + cell.group
    }
}
