//! Accumulate in designs that train: errors without bias and dropout, times the derivative at the activation of their place,
//! and their range; forward operations in between do what they do without training.

use crate::common::{
    EIGHT, PAIR, Pipeline, TRAIN_ONE, TRAIN_WIDE, WIDE, lint_clean, preset, schedule, synthesis_clean, training,
};
use memgan::config::{Activation, UpdateRule};
use memgan::rtl::blocks::{accumulate, rotator};
use memgan::schedule::{OpKind, Pass, Schedule};

/// Non-linearities of the operations of a pass that write.
fn used(schedule: &Schedule, pass: Pass) -> Vec<Activation> {
    let mut all = Vec::new();
    for op in schedule.ops.iter().filter(|o| o.pass == pass && o.target.is_some()) {
        if !all.contains(&op.activation) {
            all.push(op.activation);
        }
    }
    all
}

fn drive(schedule: &Schedule) {
    lint_clean(&accumulate(schedule, &rotator("memgan_drain_rotate", schedule.lanes, schedule.widths.sum as usize)));
    let mut p = Pipeline::new(schedule);
    p.clear();
    let passes = [Pass::Forward, Pass::Backward].map(|pass| (pass, used(schedule, pass)));
    let largest = schedule.tensors.iter().map(|t| t.shape.len()).max().unwrap();
    for round in 0..48 {
        let pace = [100, 60, 25][round % 3];
        // Forward and backward in turns, and every activation of each.
        let (pass, activations) = &passes[round % 2];
        let activation = activations[round / 2 % activations.len()];
        let elements = p.random.between(1, largest);
        p.write(*pass, OpKind::GatherRun, elements, activation, pace);
        if p.has_accumulators {
            p.scatter(*pass, 150, pace);
            let all = schedule.accumulator_words * schedule.lanes;
            let some = p.random.between(1, all);
            p.write(*pass, OpKind::Finish, some, activation, pace);
            p.write(*pass, OpKind::Finish, all, activation, pace);
        }
        if round == 23 {
            p.scatter_and_reset();
        }
    }
}

#[test]
fn two_lanes() {
    drive(&training(&schedule(PAIR), UpdateRule::Stochastic, 2));
}

#[test]
fn four_lanes() {
    drive(&training(&preset("tiny"), UpdateRule::Accumulate, 2));
}

#[test]
fn eight_lanes() {
    drive(&training(&schedule(EIGHT), UpdateRule::Stochastic, 2));
}

#[test]
fn thirty_two_lanes() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 2));
}

/// Designs that never scatter have no accumulators.
#[test]
fn without_accumulators() {
    drive(&schedule(TRAIN_ONE));
    drive(&schedule(TRAIN_WIDE));
}

#[test]
fn synthesis() {
    for schedule in [schedule(TRAIN_ONE), training(&schedule(PAIR), UpdateRule::Stochastic, 2)] {
        let rotate = rotator("memgan_drain_rotate", schedule.lanes, schedule.widths.sum as usize);
        synthesis_clean(&accumulate(&schedule, &rotate));
    }
}
