//! Adapt: registers in two cycles, then passes over the places of the layer's bias pattern.

use crate::schedule::timing::OP_OVERHEAD;
use crate::schedule::{Op, Schedule};

/// Cycles of an adapt operation from fetch to done. They do not depend on data.
pub fn adapt_cycles(schedule: &Schedule, op: &Op) -> u64 {
    let places = op.bias_period * schedule.lanes;
    let compare_and_write = 2;
    let step = 2 * places;
    // Biases that take a step: their sums of several places are folded before, and cleared after it.
    let (fold, clear) = if op.drain_len > 0 { (3 * (places - op.drain_len), op.bias_period) } else { (0, 0) };
    let seen_done = 1;
    OP_OVERHEAD + (compare_and_write + fold + step + clear + seen_done) as u64
}
