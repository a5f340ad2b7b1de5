//! Exact widths of every counter and data path, from the largest value each must hold.

use super::{Bank, Op, OpKind, Tensor};
use crate::config::Design;
use crate::numeric::BIAS_BITS;
use serde::Serialize;

/// Bits that hold `0..=max`; 0 for 0.
pub const fn bits_for(max: usize) -> u32 {
    usize::BITS - max.leading_zeros()
}

/// Bits of an address or counter for `0..=max`, at least 1.
pub(crate) fn address_bits(max: usize) -> u32 {
    bits_for(max).max(1)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Widths {
    /// Element address within a tensor or the accumulators, and steps of a window (unsigned).
    pub element: u32,
    /// Signed image coordinate in elements or rows: one bit more than `element` plus sign.
    pub coordinate: u32,
    /// Index within a matrix row or column, and lengths up to and including the largest vector.
    pub index: u32,
    /// Largest partial sum over all banks.
    pub sum: u32,
    /// Accumulator for scatter-add.
    pub accumulator: u32,
    /// Pre-activation: accumulator or sum plus bias.
    pub pre_activation: u32,
    /// Word addresses.
    pub activation_word: u32,
    pub accumulator_word: u32,
    pub bias_word: u32,
    /// Layer index and operation index.
    pub layer: u32,
    pub op: u32,
    /// Tile index, word line and group of the programming port.
    pub tile: u32,
    pub row: u32,
    pub group: u32,
    /// One device pair or device: programming data of a cell.
    pub cell: u32,
    /// Signed weight in level steps.
    pub weight: u32,
    /// Exact bit-line sum of a tile.
    pub dot: u32,
    /// Positions counter.
    pub position: u32,
}

impl Widths {
    pub(super) fn of(
        design: &Design,
        banks: &[Bank],
        tensors: &[Tensor],
        ops: &[Op],
        words: (usize, usize, usize),
    ) -> Self {
        let max = |values: &mut dyn Iterator<Item = usize>| values.max().unwrap_or(0);
        // A stride or padding may be larger than the image that it moves over.
        let element_max = max(&mut tensors.iter().map(|t| t.shape.len()))
            .max(max(&mut ops.iter().filter_map(|o| o.window).map(|w| w.largest_step())));
        let index_max = max(&mut banks.iter().flat_map(|b| [b.matrix_rows, b.matrix_columns]))
            .max(max(&mut ops.iter().flat_map(|o| [o.gather_len, o.drain_len])));
        let sum = banks.iter().map(|b| b.sum_bits).max().unwrap_or(1);
        // A scatter-add element receives ceil(kernel / stride)^2 sums.
        let accumulator = ops
            .iter()
            .filter(|o| o.kind == OpKind::ScatterWindow)
            .filter_map(|o| o.window.map(|w| (o, w)))
            .map(|(o, w)| {
                let overlap = w.kernel.div_ceil(w.stride);
                banks[o.layer].sum_bits + bits_for(overlap * overlap - 1)
            })
            .max()
            .unwrap_or(sum)
            .max(sum);
        let levels = design.device.levels as usize;
        let tile_columns = design.crossbar.columns_per_adc;
        let (weight_max, cell) = match design.crossbar.pair {
            crate::config::PairScheme::Differential => (levels - 1, 2 * bits_for(levels - 1)),
            crate::config::PairScheme::Reference => (levels - levels / 2, bits_for(levels - 1)),
        };
        Self {
            element: address_bits(element_max),
            coordinate: address_bits(element_max) + 2,
            index: address_bits(index_max),
            sum,
            accumulator,
            pre_activation: accumulator.max(BIAS_BITS) + 1,
            activation_word: address_bits(words.0 - 1),
            accumulator_word: address_bits(words.1 - 1),
            bias_word: address_bits(words.2 - 1),
            layer: address_bits(banks.len() - 1),
            op: address_bits(ops.len() - 1),
            tile: address_bits(banks.iter().map(Bank::tiles).sum::<usize>() - 1),
            row: address_bits(design.crossbar.rows - 1),
            group: address_bits(tile_columns - 1),
            cell,
            weight: bits_for(weight_max) + 1,
            dot: bits_for(design.crossbar.rows * 127 * weight_max) + 1,
            position: address_bits(max(&mut ops.iter().map(|o| o.positions))),
        }
    }
}
