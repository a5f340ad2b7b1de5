//! Lines that fire, for every value and every rate, around the random words that decide.

use crate::common::{Bench, Random, lint_clean, signed, synthesis_clean};
use memgan::numeric::{Rate, fire};
use memgan::rtl::blocks::fire_lane;

/// A value, a number of 16 and one of 7 random bits, and whether the line fires.
type Case = (i64, u16, u8, bool);

/// Both sides of both thresholds, the ends, and some others. The thresholds are the probability's formula, in real numbers.
fn cases(value: i64, rate: u8, random: &mut Random) -> Vec<Case> {
    let factor = (1.0 + f64::from(rate % 8) / 8.0) * 2f64.powi(i32::from(rate / 8) + 3);
    let threshold = (value.abs() as f64 * factor / 128.0).floor() as i64;
    let mut chances: Vec<u16> = (-1..=1).filter_map(|d| u16::try_from(threshold + d).ok()).collect();
    chances.extend([0, u16::MAX, random.next() as u16]);
    let near = (-1..=0).filter_map(|d| u8::try_from(value.abs() + d).ok());
    let sizes: Vec<u8> = near.filter(|&s| s < 128).chain([0, random.next() as u8 & 127]).collect();
    let both = chances.iter().flat_map(|&chance| sizes.iter().map(move |&size| (chance, size)));
    both.map(|(chance, size)| {
        let fires = i64::from(chance) < threshold && i64::from(size) < value.abs();
        (value, chance, size, fires)
    })
    .collect()
}

#[test]
fn every_value_and_rate() {
    lint_clean(&fire_lane());
    let mut bench = Bench::new(&fire_lane());
    let layout = bench.model.layout_of(&["value_i", "random_i", "rate_i"], &["code_o"]).unwrap();
    let mut random = Random::new(3);
    let mut fired = 0;
    for rate in 0..=Rate::MAX_FIRE.code() {
        let cases: Vec<Case> = (-127..=127).flat_map(|value| cases(value, rate, &mut random)).collect();
        let inputs: Vec<u32> = cases
            .iter()
            .flat_map(|&(v, chance, size, _)| {
                [v as u32 & 0xff, u32::from(chance) << 7 | u32::from(size), u32::from(rate)]
            })
            .collect();
        let got = bench.model.run_vectors(&layout, &inputs, cases.len()).expect("no check fails");
        for (&(value, chance, size, fires), got) in cases.iter().zip(got) {
            let want = if fires { value.signum() } else { 0 };
            assert_eq!(signed(u64::from(got), 8), want, "{value} at rate {rate}, random {chance} and {size}");
            // The other bits of the lane's word do not matter.
            let state = u32::from(chance) << 16 | u32::from(size) << 9 | random.next() as u32 & 0x1ff;
            assert_eq!(i64::from(fire(value as i8, state, Rate::from_code(rate))), want, "the model's {value}");
            fired += u32::from(fires);
        }
    }
    assert!(fired > 10_000, "{fired} lines fire");
}

#[test]
fn synthesis() {
    synthesis_clean(&fire_lane());
}
