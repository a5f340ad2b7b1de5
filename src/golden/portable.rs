//! The kernels in plain Rust: what the compiler's target offers, and the bodies that the wider instruction sets
//! compile again.

use super::lines::{LINE, TileRead};
use crate::config::Activation;
use crate::numeric::activate;

/// Entries of a table over requantised values -256..=255.
pub(super) const TABLE: usize = 512;

/// Bit-line sums, conversion and partial sums of one tile, column after column: compilers find the dot product.
pub(super) fn read_columns(r: &mut TileRead<i16, i16>) {
    let columns = r.width * LINE;
    let rows = r.lines.len() / columns;
    for vector in 0..r.vectors {
        let x = &r.x[vector * r.x_stride..][..rows];
        let sums = &mut r.sums[vector * r.sums_stride..][..columns];
        for (sum, column) in sums.iter_mut().zip(r.lines.chunks_exact(rows)) {
            let dot = x.iter().zip(column).map(|(&x, &w)| i32::from(x) * i32::from(w)).sum();
            let code = r.conversion.code(dot);
            *sum = if r.accumulate { *sum + code } else { code };
        }
    }
}

/// `round_shift` for values that leave room for half a step.
#[inline(always)]
fn round_shift(v: i32, shift: u32) -> i32 {
    v.wrapping_add((1 << shift) >> 1) >> shift
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
}
