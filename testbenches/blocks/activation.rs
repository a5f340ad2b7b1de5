//! One lane of requantisation and non-linearity, exhaustively, against the numeric contract.

use crate::common::{
    Bench, EIGHT, PAIR, Random, TRAIN_NARROW, TRAIN_WIDE, WIDE, lint_clean, preset, schedule, signed, training,
};
use memgan::config::{Activation, UpdateRule};
use memgan::numeric::{TABLE_ENTRIES, activate, round_error, saturate_activation, tanh_table};
use memgan::rtl::blocks::activation_lane;
use memgan::schedule::Schedule;

/// Every value near zero, where rounding, saturation and table are decided for small shifts; for large shifts those
/// around every multiple of half a step; the ends of the range.
fn values(shift: u32, bits: u32, random: &mut Random) -> Vec<i64> {
    let (max, min) = ((1i64 << (bits - 1)) - 1, -(1i64 << (bits - 1)));
    let half = (1i64 << shift) >> 1;
    let mut all: Vec<i64> = (-1200..1200).collect();
    all.extend((-300..300).flat_map(|k| [-1, 0, 1].map(|d| k * (1 << shift) + half + d)));
    all.extend((0..4).flat_map(|d| [max - d, min + d]));
    all.extend((0..200).map(|_| random.signed(min, max)));
    all.retain(|v| (min..=max).contains(v));
    all
}

fn lane(schedule: &Schedule, activations: &[(u64, Activation)]) {
    let mut bench = Bench::new(&activation_lane(schedule));
    let layout = bench.model.layout_of(&["value_i", "shift_i", "activation_i", "slope_i"], &["value_o"]).unwrap();
    let bits = schedule.widths.pre_activation;
    let mut random = Random::new(u64::from(bits));
    for shift in 0..16 {
        let values = values(shift, bits, &mut random);
        for &(code, activation) in activations {
            let slope = match activation {
                Activation::LeakyRelu { shift } => shift,
                _ => random.below(8) as u32,
            };
            let mask = (1i64 << bits) - 1;
            let inputs: Vec<u32> =
                values.iter().flat_map(|&v| [(v & mask) as u32, shift, code as u32, slope]).collect();
            let got = bench.model.run_vectors(&layout, &inputs, values.len()).expect("no check fails");
            for (&v, got) in values.iter().zip(got) {
                let want = activate(v as i32, shift, activation);
                assert_eq!(signed(u64::from(got), 8), i64::from(want), "{v} >> {shift}, {activation:?}");
            }
        }
    }
}

/// Every activation, where the design has all of them.
fn all() -> Vec<(u64, Activation)> {
    let leaky = (1..8).map(|shift| (2, Activation::LeakyRelu { shift }));
    let others = [(0, Activation::Linear), (1, Activation::Relu), (3, Activation::Tanh), (4, Activation::Sigmoid)];
    others.into_iter().chain(leaky).collect()
}

#[test]
fn every_activation() {
    for schedule in [preset("tiny"), schedule(PAIR), schedule(EIGHT)] {
        lane(&schedule, &all());
    }
}

/// Without table and slopes, which this design does not need.
#[test]
fn linear_and_relu_alone() {
    lane(&schedule(WIDE), &[(0, Activation::Linear), (1, Activation::Relu)]);
}

/// In designs that train: errors round halves away from zero and say whether they did not fit; other values are rounded and
/// activated as they are without training.
#[test]
fn errors() {
    let stochastic = training(&schedule(EIGHT), UpdateRule::Stochastic, 2);
    for schedule in [schedule(TRAIN_NARROW), schedule(TRAIN_WIDE), stochastic] {
        let block = activation_lane(&schedule);
        lint_clean(&block);
        let mut bench = Bench::new(&block);
        let inputs = ["value_i", "shift_i", "activation_i", "slope_i", "error_i"];
        let layout = bench.model.layout_of(&inputs, &["value_o", "rounded_o", "clipped_o"]).unwrap();
        let bits = schedule.widths.pre_activation;
        let mut random = Random::new(u64::from(bits));
        let mut halves_below_zero = 0;
        for shift in 0..16 {
            let cases: Vec<(i64, bool)> = values(shift, bits, &mut random)
                .into_iter()
                .flat_map(|v| [false, true].map(|error| (v, error)))
                .collect();
            let mask = (1i64 << bits) - 1;
            let inputs: Vec<u32> =
                cases.iter().flat_map(|&(v, error)| [(v & mask) as u32, shift, 0, 0, u32::from(error)]).collect();
            let got = bench.model.run_vectors(&layout, &inputs, cases.len()).expect("no check fails");
            for (&(v, error), got) in cases.iter().zip(got.chunks_exact(3)) {
                let [value, rounded] = [got[0], got[1]].map(|code| signed(u64::from(code), 8) as i32);
                if error {
                    let exact = round_error(v as i32, shift);
                    let want = (saturate_activation(exact), u32::from(exact.abs() > 127));
                    assert_eq!((rounded, got[2]), want, "error {v} >> {shift}: rounded, and whether it did not fit");
                    halves_below_zero += u32::from(v < 0 && (2 * v).rem_euclid(2 << shift) == 1 << shift);
                } else {
                    assert_eq!(value, i32::from(activate(v as i32, shift, Activation::Linear)), "{v} >> {shift}");
                }
            }
        }
        assert!(halves_below_zero > 1000, "{halves_below_zero} halves below zero");
    }
}

/// All entries of the table, both signs, straight from the formula.
#[test]
fn every_entry_of_the_table() {
    let schedule = preset("tiny");
    let mut bench = Bench::new(&activation_lane(&schedule));
    let bits = schedule.widths.pre_activation as usize;
    bench.set("shift_i", 0u64);
    bench.set("activation_i", 3u64);
    for (i, entry) in tanh_table().into_iter().enumerate() {
        let exact = 127.0 * (i as f64 / 64.0).tanh();
        assert!((f64::from(entry) - exact).abs() <= 0.5);
        for sign in [1, -1] {
            bench.set_all("value_i", bits, [sign * i as i64]);
            bench.eval();
            assert_eq!(bench.get_signed("value_o", 8, 1)[0], sign * i64::from(entry), "entry {i}");
        }
    }
    assert_eq!(tanh_table().len(), TABLE_ENTRIES);
}
