//! Operations that pulse the array: what they take depends on how many of a position's four phases are empty.

use super::gather::{GatherModel, Runs, in_turns, runs, windows};
use super::{OP_OVERHEAD, OpCycles, Starvation};
use crate::schedule::{ApplyModel, Op, OpKind, OuterModel, Schedule};

/// Pulse control: a position takes a cycle, one for each empty phase, and a pulse for each other one.
struct PulseModel<'a> {
    pulse_cycles: u64,
    /// Phases with a pulse, of each position.
    phases: std::slice::Iter<'a, u8>,
    left: u64,
    positions: usize,
    pub all_sent: bool,
    /// Cycles of pulses so far.
    pub pulsed: u64,
}

impl<'a> PulseModel<'a> {
    pub fn new(pulse_cycles: u32, phases: &'a [u8]) -> Self {
        let pulse_cycles = u64::from(pulse_cycles);
        Self { pulse_cycles, phases: phases.iter(), left: 0, positions: phases.len(), all_sent: false, pulsed: 0 }
    }

    /// One clock edge; returns whether the vectors are taken in this cycle.
    pub fn step(&mut self, vectors_ready: bool) -> bool {
        if self.left > 0 {
            self.left -= 1;
            self.all_sent = self.left == 0 && self.positions == 0;
            return false;
        }
        let Some(&used) = self.phases.as_slice().first().filter(|_| vectors_ready) else { return false };
        self.phases.next();
        self.positions -= 1;
        let pulses = u64::from(used) * self.pulse_cycles;
        self.pulsed += pulses;
        self.left = pulses + 4 - u64::from(used);
        true
    }
}

/// An update that pulses lines at random.
pub(super) fn pulsed_update(schedule: &Schedule, op: &Op, phases: &[u8]) -> OpCycles {
    let mut gather = vectors(schedule, op);
    let mut pulses = PulseModel::new(schedule.design.pulse_cycles(), phases);
    let mut total = OP_OVERHEAD;
    loop {
        total += 1;
        let done = pulses.all_sent;
        let apply = pulses.step(gather.vector_ready);
        gather.step(apply);
        if done {
            break;
        }
    }
    counted(total, pulses.pulsed)
}

/// An update that adds up gradients.
pub(super) fn summed_update(schedule: &Schedule, op: &Op) -> OpCycles {
    let bank = &schedule.banks[op.layer];
    let mut gather = vectors(schedule, op).ahead();
    let blocks = bank.matrix_rows.div_ceil(schedule.update_rows);
    let mut outer = OuterModel::new(blocks, schedule.gradients[op.layer].row_words, op.positions);
    let mut total = OP_OVERHEAD;
    loop {
        total += 1;
        let done = outer.done();
        let apply = outer.step(gather.vector_ready);
        gather.step(apply);
        if done {
            return counted(total, 0);
        }
    }
}

/// The gradient memory as pulses, row after row.
pub(super) fn apply(schedule: &Schedule, op: &Op, phases: &[u8]) -> OpCycles {
    let row_words = schedule.gradients[op.layer].row_words;
    let mut rows = ApplyModel::new(schedule.banks[op.layer].matrix_rows, row_words);
    let mut pulses = PulseModel::new(schedule.design.pulse_cycles(), phases);
    let mut total = OP_OVERHEAD;
    loop {
        total += 1;
        let done = pulses.all_sent;
        let taken = pulses.step(rows.vector_ready());
        rows.step(taken);
        if done {
            return counted(total, pulses.pulsed);
        }
    }
}

fn counted(total: u64, pulsed: u64) -> OpCycles {
    let starved = Starvation { overhead: total - pulsed, ..Starvation::default() };
    OpCycles { total, array_busy: pulsed, starved }
}

/// The gather of an update: inputs and errors of each position in turns.
fn vectors<'a>(schedule: &Schedule, op: &Op) -> GatherModel<'a> {
    let (inputs, errors): (Runs, Runs) = match op.kind {
        OpKind::GatherWindow => (windows(op), runs(op.drain_len, op.positions)),
        OpKind::ScatterWindow => (runs(op.gather_len, op.positions), windows(op)),
        _ => (runs(op.gather_len, op.positions), runs(op.drain_len, op.positions)),
    };
    GatherModel::new(schedule.lanes, in_turns(inputs, errors))
}
