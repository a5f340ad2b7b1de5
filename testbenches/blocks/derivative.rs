//! One lane of the derivative, exhaustively, against the numeric contract.

use crate::common::{
    Bench, PAIR, Random, TRAIN_SHORT, TRAIN_WIDE, lint_clean, preset, schedule, signed, synthesis_clean, training,
};
use memgan::config::{Activation, UpdateRule};
use memgan::numeric::derive;
use memgan::rtl::blocks::derivative_lane;
use memgan::schedule::Schedule;

/// Every error with every activation, with and without dropout.
fn lane(schedule: &Schedule, activations: &[(u32, Activation)]) {
    lint_clean(&derivative_lane(schedule));
    let mut bench = Bench::new(&derivative_lane(schedule));
    let names = ["error_i", "value_i", "activation_i", "slope_i", "dropout_i"];
    let layout = bench.model.layout_of(&names, &["error_o"]).unwrap();
    let mut random = Random::new(9);
    for &(code, activation) in activations {
        // A sigmoid is not negative.
        let lowest = if activation == Activation::Sigmoid { 0 } else { -127 };
        let cases: Vec<(i64, i64, bool)> = (-127..=127)
            .flat_map(|r| (lowest..=127).flat_map(move |a| [false, true].map(|dropped| (r, a, dropped))))
            .collect();
        let mut slope = || match activation {
            Activation::LeakyRelu { shift } => shift,
            _ => random.below(8) as u32,
        };
        let inputs: Vec<u32> = cases
            .iter()
            .flat_map(|&(r, a, dropped)| [r as u32 & 0xff, a as u32 & 0xff, code, slope(), u32::from(dropped)])
            .collect();
        let got = bench.model.run_vectors(&layout, &inputs, cases.len()).expect("no check fails");
        for (&(r, a, dropped), got) in cases.iter().zip(got) {
            let want = derive(r as i32, a as i8, activation, dropped);
            assert_eq!(signed(u64::from(got), 8), i64::from(want), "{r} at {a}, {activation:?}, dropout {dropped}");
        }
    }
}

const LINEAR_AND_RELU: [(u32, Activation); 2] = [(0, Activation::Linear), (1, Activation::Relu)];

/// Every activation, where the design has tables and slopes.
fn all() -> Vec<(u32, Activation)> {
    let leaky = (1..8).map(|shift| (2, Activation::LeakyRelu { shift }));
    LINEAR_AND_RELU.into_iter().chain([(3, Activation::Tanh), (4, Activation::Sigmoid)]).chain(leaky).collect()
}

#[test]
fn every_activation() {
    lane(&training(&preset("tiny"), UpdateRule::Stochastic, 2), &all());
}

#[test]
fn of_another_design() {
    lane(&training(&schedule(PAIR), UpdateRule::Accumulate, 2), &all());
}

/// Without tables and slopes, which these designs do not need.
#[test]
fn linear_and_relu_alone() {
    lane(&schedule(TRAIN_WIDE), &LINEAR_AND_RELU);
    lane(&schedule(TRAIN_SHORT), &LINEAR_AND_RELU);
}

#[test]
fn synthesis() {
    synthesis_clean(&derivative_lane(&training(&preset("tiny"), UpdateRule::Stochastic, 2)));
    synthesis_clean(&derivative_lane(&schedule(TRAIN_SHORT)));
}
