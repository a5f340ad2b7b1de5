//! What a design needs of crossbars, by layer and in all.

use std::ops::AddAssign;

use memgan::config::{Design, Layer, PairScheme};
use serde::Serialize;

/// Needs of a layer, or of a design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// Matrix elements.
    pub weights: usize,
    /// Biases, which are digital.
    pub biases: usize,
    /// Devices that hold weights, without reference columns and without the unused parts of tiles.
    pub devices: usize,
    /// Crossbar tiles: ceil(matrix rows / tile rows) * ceil(matrix columns / tile columns), summed over layers.
    pub tiles: usize,
}

impl Sizes {
    pub fn of_layer(layer: &Layer, design: &Design) -> Self {
        let weights = layer.matrix_rows() * layer.matrix_columns();
        let devices = match design.crossbar.pair {
            PairScheme::Differential => 2 * weights,
            PairScheme::Reference => weights,
        };
        let row_tiles = layer.matrix_rows().div_ceil(design.crossbar.rows);
        let column_tiles = layer.matrix_columns().div_ceil(design.crossbar.columns);
        Self { weights, biases: layer.biases(), devices, tiles: row_tiles * column_tiles }
    }

    pub fn of_design(design: &Design) -> Self {
        let mut total = Self::default();
        for layer in design.networks.iter().flat_map(|network| &network.layers) {
            total += Self::of_layer(layer, design);
        }
        total
    }
}

impl AddAssign for Sizes {
    fn add_assign(&mut self, other: Self) {
        self.weights += other.weights;
        self.biases += other.biases;
        self.devices += other.devices;
        self.tiles += other.tiles;
    }
}
