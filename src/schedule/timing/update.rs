//! Operations that pulse the array: what they take depends on how many of a position's four phases are empty.

use super::gather::{GatherModel, Runs, in_turns, runs, windows};
use super::{OP_OVERHEAD, OpCycles};
use crate::schedule::{Op, OpKind, Schedule};

/// Pulse control: a position takes a cycle, one for each empty phase, and a pulse for each other one.
pub(crate) struct PulseModel<'a> {
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

/// Cycles of an update that pulses lines at random; `phases` has the number of phases with a pulse of each position.
pub fn predict_pulses(schedule: &Schedule, op: &Op, phases: &[u8]) -> OpCycles {
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
    let mut cycles = OpCycles { total, array_busy: pulses.pulsed, ..OpCycles::default() };
    cycles.starved.overhead = total - pulses.pulsed;
    cycles
}

/// The gather of an update: inputs and errors of each position in turns.
pub(super) fn vectors<'a>(schedule: &Schedule, op: &Op) -> GatherModel<'a> {
    let (inputs, errors): (Runs, Runs) = match op.kind {
        OpKind::GatherWindow => (windows(op), runs(op.drain_len, op.positions)),
        OpKind::ScatterWindow => (runs(op.gather_len, op.positions), windows(op)),
        _ => (runs(op.gather_len, op.positions), runs(op.drain_len, op.positions)),
    };
    GatherModel::new(schedule.lanes, in_turns(inputs, errors))
}
