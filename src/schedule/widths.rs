//! Exact widths of every counter and data path, from the largest value each must hold.

use super::{Bank, Op, OpKind, Pass, Schedule};
use crate::config::{CODE_BITS, PairScheme};
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

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
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
    /// Signed weight in codes: level steps of ideal devices.
    pub weight: u32,
    /// Exact bit-line sum of a tile.
    pub dot: u32,
    /// Positions counter.
    pub position: u32,
    /// Counter of the conversions of a read.
    pub conversion: u32,
    /// Training: a sum of the gradient memory, a sum of errors for a bias, word address of the gradient memory.
    pub gradient: u32,
    pub bias_sum: u32,
    pub gradient_word: u32,
}

impl Widths {
    pub(super) fn of(schedule: &Schedule) -> Self {
        let Schedule { design, banks, tensors, ops, .. } = schedule;
        let words = (schedule.activation_words, schedule.accumulator_words, schedule.bias_words);
        let trains = design.training.is_some();
        let max = |values: &mut dyn Iterator<Item = usize>| values.max().unwrap_or(0);
        // A stride or padding may be larger than the image that it moves over.
        let element_max = max(&mut tensors.iter().map(|t| t.shape.len()))
            .max(max(&mut ops.iter().filter_map(|o| o.window).map(|w| w.largest_step())));
        let index_max = max(&mut banks.iter().flat_map(|b| [b.matrix_rows, b.matrix_columns]))
            .max(max(&mut ops.iter().flat_map(|o| [o.gather_len, o.drain_len])));
        let reads = |o: &&Op| matches!(o.pass, Pass::Forward | Pass::Backward) && o.source.is_some();
        let sum_bits = |o: &Op| match o.pass {
            Pass::Backward => banks[o.layer].row_sum_bits,
            _ => banks[o.layer].sum_bits,
        };
        let sum = banks.iter().map(|b| if trains { b.widest_sum() } else { b.sum_bits }).max().unwrap_or(1);
        // A scatter-add element receives ceil(kernel / stride)^2 sums.
        let accumulator = ops
            .iter()
            .filter(reads)
            .filter(|o| o.kind == OpKind::ScatterWindow)
            .filter_map(|o| o.window.map(|w| (o, w)))
            .map(|(o, w)| {
                let overlap = w.kernel.div_ceil(w.stride);
                sum_bits(o) + bits_for(overlap * overlap - 1)
            })
            .max()
            .unwrap_or(sum)
            .max(sum);
        let levels = design.device.levels as usize;
        let shared = if trains {
            design.crossbar.columns_per_adc.max(design.crossbar.rows_per_adc)
        } else {
            design.crossbar.columns_per_adc
        };
        let (weight_max, cell) = match (design.crossbar.pair, &design.device.model) {
            (PairScheme::Differential, None) => (levels - 1, 2 * bits_for(levels - 1)),
            (PairScheme::Reference, None) => (levels - levels / 2, bits_for(levels - 1)),
            // Any code that a device can hold.
            (PairScheme::Differential, Some(_)) => ((1 << CODE_BITS) - 1, 2 * CODE_BITS),
            (PairScheme::Reference, Some(_)) => ((1 << CODE_BITS) - 1, CODE_BITS),
        };
        let longest_line =
            if trains { design.crossbar.rows.max(design.crossbar.columns) } else { design.crossbar.rows };
        let conversions = if trains { banks.iter().map(|b| b.groups.max(b.row_groups)).max() } else { None };
        let batch = design.training.as_ref().map_or(1, |t| t.batch);
        let most_positions = max(&mut ops.iter().filter(|o| o.pass == Pass::Update).map(|o| o.positions));
        let most_elements =
            max(&mut ops.iter().filter(|o| o.pass == Pass::BiasSum).map(|o| o.positions)) * schedule.lanes;
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
            group: address_bits(shared - 1),
            cell,
            weight: bits_for(weight_max) + 1,
            dot: bits_for(longest_line * 127 * weight_max) + 1,
            position: address_bits(max(&mut ops.iter().map(|o| o.positions))),
            conversion: address_bits(conversions.unwrap_or(0).max(shared) - 1),
            // Real and generated images of a batch; a product of two codes has 127 * 127.
            gradient: bits_for(2 * batch * most_positions * 127 * 127) + 1,
            bias_sum: bits_for(2 * batch * most_elements * 127) + 1,
            gradient_word: address_bits(schedule.gradient_words.max(2) - 1),
        }
    }
}
