//! Cycle prediction: the control state machines of the hardware, stepped without data.
//!
//! Every register here has its counterpart in `src/rtl`; the co-simulation demands equality. The array answers in the
//! configured number of cycles.

mod gather;
mod read;
mod update;

use super::{Pass, Schedule, adapt_cycles, bias_sum_cycles, loss_cycles};
use crate::config::UpdateRule;
use serde::Serialize;

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
    schedule.inference_ops().iter().map(|op| read::predict(schedule, op)).collect()
}

/// Whether an operation pulses the array, so that its cycles depend on how many phases of its positions are empty.
pub fn pulses(schedule: &Schedule, op: usize) -> bool {
    let stochastic = schedule.design.update_rule() == Some(UpdateRule::Stochastic);
    match schedule.ops[op].pass {
        Pass::Update => stochastic,
        Pass::Apply => true,
        _ => false,
    }
}

/// Predicted cycles of any operation. `phases` has the number of phases with a pulse, 0..=4, of each position of an
/// operation that [`pulses`].
pub fn predict_op(schedule: &Schedule, op: usize, phases: &[u8]) -> OpCycles {
    let index = op;
    let op = &schedule.ops[index];
    let idle = |total: u64| {
        let starved = Starvation { overhead: total, ..Starvation::default() };
        OpCycles { total, array_busy: 0, starved }
    };
    match op.pass {
        Pass::Forward | Pass::Backward => read::predict(schedule, op),
        Pass::Loss => idle(loss_cycles(schedule, op)),
        Pass::BiasSum => idle(OP_OVERHEAD + bias_sum_cycles(op.positions)),
        Pass::Adapt => idle(adapt_cycles(schedule, op)),
        Pass::Update if pulses(schedule, index) => update::pulsed_update(schedule, op, phases),
        Pass::Update => update::summed_update(schedule, op),
        Pass::Apply => update::apply(schedule, op, phases),
    }
}
