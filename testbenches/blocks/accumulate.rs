//! Accumulate against plain integers: scatter-add with hazards, finish, direct writes, bias, dropout, clearing.

use crate::common::{EIGHT, PAIR, Pipeline, WIDE, preset, schedule};
use memgan::config::Activation;
use memgan::schedule::{OpKind, Pass, Schedule};

fn drive(schedule: &Schedule) {
    let mut p = Pipeline::new(schedule);
    p.clear();
    let used: Vec<Activation> = schedule.ops.iter().map(|o| o.activation).collect();
    for round in 0..24 {
        let pace = [100, 60, 25][round % 3];
        let activation = used[round % used.len()];
        let elements = p.random.between(1, schedule.tensors.iter().map(|t| t.shape.len()).max().unwrap());
        p.write(Pass::Forward, OpKind::GatherRun, elements, activation, pace);
        if p.has_accumulators {
            p.scatter(Pass::Forward, 200, pace);
            let all = schedule.accumulator_words * schedule.lanes;
            let some = p.random.between(1, all);
            p.write(Pass::Forward, OpKind::Finish, some, activation, pace);
            p.write(Pass::Forward, OpKind::Finish, all, activation, pace);
        }
        if round == 11 {
            p.scatter_and_reset();
        }
    }
}

#[test]
fn two_lanes() {
    drive(&schedule(PAIR));
}

#[test]
fn four_lanes() {
    drive(&preset("tiny"));
}

#[test]
fn eight_lanes() {
    drive(&schedule(EIGHT));
}

#[test]
fn thirty_two_lanes() {
    drive(&schedule(WIDE));
}

/// A design that never scatters has no accumulators.
#[test]
fn without_accumulators() {
    drive(&preset("mlp"));
}
