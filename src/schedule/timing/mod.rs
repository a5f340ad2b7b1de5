//! Cycle prediction: the control state machines of the hardware, stepped without data.
//!
//! Every register here has its counterpart in `src/rtl`; the co-simulation demands equality. The array answers in the
//! configured number of cycles.

mod gather;
mod read;
mod update;

use super::Schedule;
use serde::Serialize;

pub use update::predict_pulses;

/// Sequencer cycles of an operation before its units run: fetch and start.
pub const OP_OVERHEAD: u64 = 2;

/// Why no tile settled or converted, in cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Starvation {
    /// Waiting for the first or the next input vector.
    pub gather: u64,
    /// A finished conversion waits because the previous one is not drained.
    pub drain: u64,
    /// After the last read: draining, pipelines, fetch and start of the operation.
    pub overhead: u64,
    /// Pass over the accumulators.
    pub finish: u64,
}

/// Predicted cycles of one operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OpCycles {
    /// From fetch to done.
    pub total: u64,
    /// Cycles in which a tile settles, samples or converts.
    pub array_busy: u64,
    pub starved: Starvation,
}

/// Predicted cycles of each operation of the inference.
pub fn predict(schedule: &Schedule) -> Vec<OpCycles> {
    let inference = schedule.programs.iter().map(|p| p.last_op + 1).max().unwrap_or(0);
    schedule.ops[..inference].iter().map(|op| read::predict(schedule, op)).collect()
}

