//! The kernels in plain Rust: what the compiler's target offers, and the bodies that the wider instruction sets
//! compile again.

pub(super) use super::lane_words::{fire_word, round_word};
use super::lines::{LINE, PairLine, QuadLine, TileRead, magnitude};
pub(super) use super::real::convert_line;
use crate::config::Activation;
use crate::numeric::{RangeCount, activate};

/// Entries of a table over requantised values -256..=255.
pub(super) const TABLE: usize = 512;

/// Bit-line sums, conversion and partial sums of one tile, column after column: compilers find the dot product.
pub(super) fn read_columns(r: &mut TileRead<i16, i16>) {
    let columns = r.width * LINE;
    let rows = r.lines.len() / columns;
    for vector in 0..r.vectors {
        let x = &r.x[vector * r.x_stride..][..rows];
        let sums = &mut r.sums[vector * r.sums_stride..][..columns];
        let mut most = 0;
        for (sum, column) in sums.iter_mut().zip(r.lines.chunks_exact(rows)) {
            let dot = x.iter().zip(column).map(|(&x, &w)| i32::from(x) * i32::from(w)).sum();
            let code = r.conversion.code(dot);
            most = magnitude(code).max(most);
            *sum = if r.accumulate { *sum + code } else { code };
        }
        if let Some(flags) = r.flags.get_mut(vector) {
            *flags |= r.conversion.flags(most);
        }
    }
}

/// `round_shift` for values that leave room for half a step.
#[inline(always)]
fn round_shift(v: i32, shift: u32) -> i32 {
    v.wrapping_add((1 << shift) >> 1) >> shift
}

/// `numeric::round_error` for values that leave room for half a step.
#[inline(always)]
fn round_error(v: i32, shift: u32) -> i32 {
    let half = (1 << shift) >> 1;
    // Not at shift 0, where there is nothing to round.
    v.wrapping_add(half).wrapping_sub(i32::from(v < 0 && half > 0)) >> shift
}

/// Pre-activations `sums + bias` to activations: `numeric::activate` of each.
///
/// All slices have one length. `|sum + bias|` is below `2^31 - 2^15`, `shift` at most 15.
#[inline(always)]
pub(super) fn finish(sums: &[i32], bias: &[i32], shift: u32, activation: Activation, out: &mut [i8]) {
    #[inline(always)]
    fn map(sums: &[i32], bias: &[i32], out: &mut [i8], f: impl Fn(i32) -> i32) {
        for ((out, &sum), &bias) in out.iter_mut().zip(sums).zip(bias) {
            *out = f(sum.wrapping_add(bias)) as i8;
        }
    }
    let clipped = |v: i32| round_shift(v, shift).clamp(-127, 127);
    match activation {
        Activation::Linear => map(sums, bias, out, clipped),
        Activation::Relu => map(sums, bias, out, |v| round_shift(v, shift).clamp(0, 127)),
        Activation::LeakyRelu { shift: k } => map(sums, bias, out, |v| {
            let s = clipped(v);
            if s < 0 { round_shift(s, k) } else { s }
        }),
        Activation::Tanh | Activation::Sigmoid => {
            let table = table(activation);
            map(sums, bias, out, |v| {
                let index = (round_shift(v, shift).clamp(-256, 255) + 256) as usize;
                i32::from(table[index % TABLE])
            });
        }
    }
}

/// The outputs of an activation for requantised values -256..=255, beyond which they do not change.
fn table(activation: Activation) -> &'static [i8; TABLE] {
    static TABLES: std::sync::OnceLock<[[i8; TABLE]; 2]> = std::sync::OnceLock::new();
    let tables = TABLES.get_or_init(|| {
        [Activation::Tanh, Activation::Sigmoid].map(|a| std::array::from_fn(|i| activate(i as i32 - 256, 0, a)))
    });
    &tables[usize::from(activation == Activation::Sigmoid)]
}

/// Sums of column reads to errors: `numeric::derive` of the requantised sum and of the activation at the same place.
/// Counts how the requantised values use their range. All slices have one length.
#[inline(always)]
pub(super) fn derive_errors(
    sums: &[i32],
    activations: &[i8],
    shift: u32,
    activation: Activation,
    dropped: bool,
    out: &mut [i8],
    range: &mut RangeCount,
) {
    #[inline(always)]
    fn map(sums: &[i32], a: &[i8], out: &mut [i8], shift: u32, range: &mut RangeCount, f: impl Fn(i32, i32) -> i32) {
        let (mut saturated, mut upper) = (0, 0);
        for ((out, &sum), &a) in out.iter_mut().zip(sums).zip(a) {
            let r = round_error(sum, shift);
            saturated += u32::from(r.abs() > 127);
            upper += u32::from(r.abs() > 63);
            *out = f(r.clamp(-127, 127), i32::from(a)) as i8;
        }
        range.saturated += saturated;
        range.upper += upper;
        range.total += sums.len() as u32;
    }
    // No branch within: a dropped output takes the error's place by a mask.
    let kept = |a: i32, e: i32| if dropped && a == 0 { 0 } else { e };
    match activation {
        Activation::Linear => map(sums, activations, out, shift, range, |r, a| kept(a, r)),
        Activation::Relu => map(sums, activations, out, shift, range, |r, a| if a > 0 { r } else { 0 }),
        Activation::LeakyRelu { shift: k } => {
            map(sums, activations, out, shift, range, |r, a| kept(a, if a < 0 { round_error(r, k) } else { r }));
        }
        Activation::Tanh => {
            map(sums, activations, out, shift, range, |r, a| kept(a, round_error(r * ((127 * 127 - a * a) >> 7), 7)))
        }
        Activation::Sigmoid => {
            map(sums, activations, out, shift, range, |r, a| kept(a, round_error(r * ((127 * a - a * a) >> 5), 7)))
        }
    }
}

/// Four rows of codes, `stride` apart, to each group of `width` lines; `start` loses 128 times the sum of each column.
#[inline(always)]
pub(super) fn interleave(from: &[i8], stride: usize, width: usize, lines: &mut [QuadLine], start: &mut [i32]) {
    for (group, lines) in lines.chunks_exact_mut(width).enumerate() {
        for (line, to) in lines.iter_mut().enumerate() {
            let at = 4 * group * stride + line * LINE;
            let rows: [&[i8; LINE]; 4] =
                std::array::from_fn(|r| from[at + r * stride..].first_chunk().expect("a line"));
            let start: &mut [i32; LINE] = start[line * LINE..].first_chunk_mut().expect("a line");
            for column in 0..LINE {
                let mut sum = 0;
                for (row, weights) in rows.iter().enumerate() {
                    to.0[4 * column + row] = weights[column];
                    sum += i32::from(weights[column]);
                }
                start[column] -= 128 * sum;
            }
        }
    }
}

/// Two rows of codes, `stride` apart, to each group of `width` lines.
#[inline(always)]
pub(super) fn interleave_pairs(from: &[i8], stride: usize, width: usize, lines: &mut [PairLine]) {
    for (group, lines) in lines.chunks_exact_mut(width).enumerate() {
        for (line, to) in lines.iter_mut().enumerate() {
            let at = 2 * group * stride + line * LINE;
            let rows: [&[i8; LINE]; 2] =
                std::array::from_fn(|r| from[at + r * stride..].first_chunk().expect("a line"));
            for (half, to) in to.0.iter_mut().enumerate() {
                for column in 0..LINE / 2 {
                    for row in 0..2 {
                        to[2 * column + row] = i16::from(rows[row][half * LINE / 2 + column]);
                    }
                }
            }
        }
    }
}

/// Adds the outer product of `narrow` and `wide` to `sums`, one line of `wide`'s length for each of `narrow`.
#[inline(always)]
pub(super) fn add_outer(narrow: &[i8], wide: &[i8], sums: &mut [i32]) {
    for (sums, &x) in sums.chunks_exact_mut(wide.len()).zip(narrow) {
        if x != 0 {
            for (sum, &d) in sums.iter_mut().zip(wide) {
                *sum += i32::from(x) * i32::from(d);
            }
        }
    }
}

/// Adds `rows` runs of `len` sums into an image whose rows are `pitch` apart.
#[inline(always)]
pub(super) fn add_rows(sums: &[i32], len: usize, image: &mut [i32], pitch: usize) {
    for (row, sums) in sums.chunks_exact(len).enumerate() {
        for (acc, sum) in image[row * pitch..][..len].iter_mut().zip(sums) {
            *acc += sum;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{self, derive, saturate_activation};

    #[test]
    fn finish_is_the_numeric_contract() {
        let sums: Vec<i32> = (-40_000..40_000).step_by(7).chain([1 << 29, -(1 << 29)]).collect();
        let bias: Vec<i32> = (0..sums.len() as i32).map(|i| i % 1000 - 500).collect();
        let mut out = vec![0; sums.len()];
        let leaky = (1..=7).map(|shift| Activation::LeakyRelu { shift });
        let others = [Activation::Linear, Activation::Relu, Activation::Tanh, Activation::Sigmoid];
        for activation in leaky.chain(others) {
            for shift in 0..=15 {
                finish(&sums, &bias, shift, activation, &mut out);
                for ((&s, &b), &o) in sums.iter().zip(&bias).zip(&out) {
                    assert_eq!(o, activate(s + b, shift, activation), "{activation:?} of ({s} + {b}) >> {shift}");
                }
            }
        }
    }

    #[test]
    fn errors_are_the_numeric_contract() {
        let sums: Vec<i32> = (-30_000..30_000).step_by(11).chain([1 << 29, -(1 << 29)]).collect();
        let activations: Vec<i8> = (0..sums.len()).map(|i| (i * 37 % 255) as u8 as i8).map(|a| a.max(-127)).collect();
        let mut out = vec![0; sums.len()];
        let leaky = (1..=7).map(|shift| Activation::LeakyRelu { shift });
        let others = [Activation::Linear, Activation::Relu, Activation::Tanh, Activation::Sigmoid];
        for activation in leaky.chain(others) {
            for (shift, dropped) in (0..=15).flat_map(|s| [(s, false), (s, true)]) {
                let mut range = RangeCount::default();
                derive_errors(&sums, &activations, shift, activation, dropped, &mut out, &mut range);
                let mut expected = RangeCount::default();
                for ((&s, &a), &o) in sums.iter().zip(&activations).zip(&out) {
                    let r = numeric::round_error(s, shift);
                    assert_eq!(o, derive(saturate_activation(r), a, activation, dropped), "{activation:?} {s} {a}");
                    expected.total += 1;
                    expected.saturated += u32::from(r.abs() > 127);
                    expected.upper += u32::from(r.abs() > 63);
                }
                assert_eq!(range, expected);
            }
        }
    }
}
