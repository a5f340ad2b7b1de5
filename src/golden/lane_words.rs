//! A memory word of training's random decisions: all lanes at once, then a step of all lanes.

use crate::numeric::{FIRE_BITS, FIRE_SIZE_BITS, LANE_SHIFTS, LANES_MAX, Rate};

/// The shifts of all lanes, one kind after the other.
const SHIFTS: [[u32; LANES_MAX]; 3] = {
    let mut shifts = [[0; LANES_MAX]; 3];
    let mut lane = 0;
    while lane < LANES_MAX {
        let mut kind = 0;
        while kind < 3 {
            shifts[kind][lane] = LANE_SHIFTS[lane][kind];
            kind += 1;
        }
        lane += 1;
    }
    shifts
};

/// `numeric::step_lane` of every lane.
#[inline(always)]
fn step(states: &mut [u32]) {
    let [left, right, last] = &SHIFTS;
    for (((state, left), right), last) in states.iter_mut().zip(left).zip(right).zip(last) {
        let x = *state ^ *state << (left & 31);
        let x = x ^ x >> (right & 31);
        *state = x ^ x << (last & 31);
    }
}

/// `numeric::fire` of the code in every lane. All slices have one length.
#[inline(always)]
pub(super) fn fire_word(codes: &[i8], states: &mut [u32], rate: Rate, out: &mut [i8]) {
    let (mantissa, exponent) = (rate.mantissa(), rate.exponent() & 31);
    for ((out, &code), &state) in out.iter_mut().zip(codes).zip(states.iter()) {
        let size = i32::from(code).unsigned_abs();
        let threshold = (size * mantissa) << exponent >> 7;
        let passes = (state >> (32 - FIRE_BITS)) & ((1 << FIRE_SIZE_BITS) - 1) < size;
        let fires = i32::from(state >> 16 < threshold) & i32::from(passes);
        *out = (fires * i32::from(code).signum()) as i8;
    }
    step(states);
}

/// `numeric::round_gradient` of the sum in every lane. All slices have one length.
#[inline(always)]
pub(super) fn round_word(sums: &[i32], states: &mut [u32], rate: Rate, out: &mut [i8]) {
    let (mantissa, step_size) = (rate.mantissa(), rate.value() as u32);
    // The noise has at most 26 bits: shifted by the difference of both shifts, it fits.
    let (up, down) = (rate.exponent().saturating_sub(8) & 31, 8u32.saturating_sub(rate.exponent()) & 31);
    for ((out, &sum), &state) in out.iter_mut().zip(sums).zip(states.iter()) {
        let noise = ((state >> 24) * mantissa) << up >> down;
        let pulses = i32::from(sum.unsigned_abs() + noise >= step_size);
        *out = (pulses * sum.signum()) as i8;
    }
    step(states);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{InstructionSet, simd};
    use crate::numeric::{LaneRandom, fire, round_gradient, splitmix32};

    #[test]
    fn words_are_the_numeric_contract() {
        for set in InstructionSet::available() {
            for lanes in [2, 4, 8, 32, 64] {
                let mut scalar = LaneRandom::seeded(11, lanes);
                let mut word = scalar.clone();
                let mut out = vec![0; lanes];
                for round in 0..400u32 {
                    let draw = |lane: usize| splitmix32(round * 64 + lane as u32);
                    let codes: Vec<i8> = (0..lanes).map(|l| (draw(l) as u8 as i8).max(-127)).collect();
                    let rate = Rate::from_code((round % 128) as u8);
                    simd::fire_word(set, &codes, word.states(), rate, &mut out);
                    let expected: Vec<i8> =
                        codes.iter().enumerate().map(|(l, &c)| fire(c, scalar.lane(l), rate)).collect();
                    assert_eq!(out, expected, "{set}, {lanes} lanes, {rate:?}");
                    scalar.step();
                    assert_eq!(word, scalar);

                    let rate = Rate::from_code((round % 184) as u8);
                    let near = |l| (draw(l) as i32) >> (draw(l + 1) % 32);
                    let sums: Vec<i32> = (0..lanes).map(|l| near(l).max(-i32::MAX)).collect();
                    simd::round_word(set, &sums, word.states(), rate, &mut out);
                    let expected: Vec<i8> =
                        sums.iter().enumerate().map(|(l, &s)| round_gradient(s, scalar.lane(l), rate)).collect();
                    assert_eq!(out, expected, "{set}, {lanes} lanes, {rate:?}, {sums:?}");
                    scalar.step();
                    assert_eq!(word, scalar);
                }
            }
        }
    }
}
