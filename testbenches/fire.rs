//! Lines that fire, for every value and every rate, around the random word that decides.

mod common;

use common::{Bench, Random, lint_clean, signed, synthesis_clean};
use memgan::numeric::{Rate, fire};
use memgan::rtl::blocks::fire_lane;

/// Random words below which a line may fire: both sides of the threshold, the ends, and some others. The threshold is the
/// probability's formula, in real numbers.
fn words(value: i64, rate: u8, random: &mut Random) -> Vec<u16> {
    let factor = (1.0 + f64::from(rate % 8) / 8.0) * 2f64.powi(i32::from(rate / 8) + 3);
    let threshold = (value.abs() as f64 * factor / 128.0).floor() as i64;
    let mut all: Vec<u16> = (-1..=1).filter_map(|d| u16::try_from(threshold + d).ok()).collect();
    all.extend([0, u16::MAX, random.next() as u16, random.next() as u16]);
    all
}

#[test]
fn every_value_and_rate() {
    lint_clean(&fire_lane());
    let mut bench = Bench::new(&fire_lane());
    let layout = bench.model.layout_of(&["value_i", "random_i", "rate_i"], &["code_o"]).unwrap();
    let mut random = Random::new(3);
    let mut fired = 0;
    for rate in 0..=Rate::MAX_FIRE.code() {
        let mut cases: Vec<(i64, u16)> = Vec::new();
        for value in -127..=127 {
            cases.extend(words(value, rate, &mut random).into_iter().map(|word| (value, word)));
        }
        let inputs: Vec<u32> =
            cases.iter().flat_map(|&(v, word)| [v as u32 & 0xff, u32::from(word), u32::from(rate)]).collect();
        let got = bench.model.run_vectors(&layout, &inputs, cases.len()).expect("no check fails");
        for (&(value, word), got) in cases.iter().zip(got) {
            // The lower half of the lane's word does not matter.
            let state = u32::from(word) << 16 | random.next() as u32 & 0xffff;
            let want = fire(value as i8, state, Rate::from_code(rate));
            assert_eq!(signed(u64::from(got), 8), i64::from(want), "{value} at rate {rate}, word {word}");
            fired += u32::from(want != 0);
        }
    }
    assert!(fired > 10_000, "{fired} lines fire");
}

#[test]
fn synthesis() {
    synthesis_clean(&fire_lane());
}
