//! Loss: a cycle a word and a cycle an element.

use crate::schedule::timing::OP_OVERHEAD;
use crate::schedule::{Op, Schedule};

/// Cycles of a loss operation from fetch to done.
pub fn loss_cycles(schedule: &Schedule, op: &Op) -> u64 {
    let elements = op.source.map_or(0, |t| schedule.tensors[t].shape.len());
    let seen_done = 1;
    OP_OVERHEAD + (op.positions + elements + seen_done) as u64
}
