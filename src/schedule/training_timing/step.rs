//! A training step: what the trainer adds to the operations of its phases.

use crate::config::Role;
use crate::numeric::SEED_WARMUP;
use crate::schedule::{Phase, Schedule};

/// Cycles of a training step of `batch` images, while no image is waited for. `operations` are the cycles of a phase's
/// operations, each from fetch to done.
pub fn train_step_cycles(schedule: &Schedule, batch: u64, operations: impl Fn(Phase) -> u64) -> u64 {
    let words = |role| schedule.program(role).map_or(0, |p| schedule.tensors[p.input].words as u64);
    // A command is one cycle before its work.
    let seed = 1 + u64::from(SEED_WARMUP);
    let phase_cycles = |phase| {
        let label = 1;
        let input = match phase {
            Phase::Real => 1 + words(Role::Discriminator),
            Phase::Classify => 1 + words(Role::Classifier) + label,
            Phase::Fake | Phase::Generate => 1 + words(Role::Generator),
            Phase::ApplyDiscriminator | Phase::ApplyGenerator | Phase::ApplyClassifier => 0,
        };
        let run = 1 + operations(phase);
        let seen_idle = 1;
        seed + input + run + seen_idle
    };
    let times = |phase: Phase| if phase.ends_batch() { 1 } else { batch };
    schedule.phases.iter().map(|p| times(p.phase) * phase_cycles(p.phase)).sum()
}
