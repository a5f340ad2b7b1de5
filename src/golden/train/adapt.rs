//! The end of a batch for one layer: biases, gains, shifts and rate.

use super::LayerState;
use super::worker::Counters;
use crate::config::UpdateRule;
use crate::numeric::{RangeCount, change_backward_gain, change_forward_gain, step_bias};

/// Adapts a layer's registers to its counters. `trained`: its network was, so biases and rate take a step, the rate
/// towards `target` pulses.
pub(super) fn adapt(
    layer: &mut LayerState,
    row_reads: RangeCount,
    counters: &Counters,
    rule: UpdateRule,
    trained: bool,
    target: u32,
    random: u32,
) {
    let gain_change;
    (layer.gain, layer.shift, gain_change) = change_forward_gain(layer.gain, layer.shift, row_reads.gain_change());
    (layer.back_gain, layer.back_shift) = change_backward_gain(
        layer.back_gain,
        layer.back_shift,
        counters.column_reads.gain_change(),
        counters.errors.shift_change(),
    );
    for (bias, &sum) in layer.bias.iter_mut().zip(&counters.bias_sums) {
        // Only the sign counts, and no sum of a network that is not trained differs from zero.
        *bias = if trained {
            step_bias(*bias, gain_change, sum.signum() as i32, layer.shift, layer.fineness, random)
        } else {
            step_bias(*bias, gain_change, 0, layer.shift, layer.fineness, random)
        };
    }
    if trained {
        layer.rate = match rule {
            UpdateRule::Stochastic => layer.rate.adapt_fire(counters.pulses, target),
            UpdateRule::Accumulate => layer.rate.adapt_step(counters.pulses, target),
        };
    }
}
