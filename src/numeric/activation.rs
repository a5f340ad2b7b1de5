//! Requantisation and non-linearities.
//!
//! `relu`, `leaky_relu` and `linear` keep whatever scale the layer has. `tanh` and `sigmoid` fix the scale of the
//! requantised value: the mapping of weights to devices chooses the layer's weight scale accordingly, so that the
//! table is the same for every network. One table serves both, since `sigmoid(x) = (1 + tanh(x / 2)) / 2`.

use super::round::{round_shift, saturate, saturate_activation};
use crate::config::Activation;

/// Entries of the table: magnitudes 0..=255 of the requantised value.
pub const TABLE_ENTRIES: usize = 256;
/// Largest table output; stands for 1.0.
pub const TABLE_OUT_MAX: i32 = 127;
/// The requantised value of a tanh layer is in units of `2^-6`: the table ends at 3.98.
pub const TANH_INPUT_EXP: i32 = -6;
/// The requantised value of a sigmoid layer is in units of `2^-5`: the table ends at 7.97.
pub const SIGMOID_INPUT_EXP: i32 = -5;

/// Entry `i` is `round(127 * tanh(i / 64))`.
pub fn tanh_table() -> [u8; TABLE_ENTRIES] {
    std::array::from_fn(|i| (f64::from(TABLE_OUT_MAX) * (i as f64 / 64.0).tanh()).round() as u8)
}

/// Magnitude of a requantised value as the table's index.
#[inline]
pub fn table_magnitude(r: i32) -> usize {
    (r.unsigned_abs() as usize).min(TABLE_ENTRIES - 1)
}

fn table() -> &'static [u8; TABLE_ENTRIES] {
    static TABLE: std::sync::OnceLock<[u8; TABLE_ENTRIES]> = std::sync::OnceLock::new();
    TABLE.get_or_init(tanh_table)
}

/// Pre-activation `v` to activation: `r = round_shift(v, shift)`, then
/// - linear: `sat(r)`; relu: `max(sat(r), 0)`; leaky: negative `sat(r)` becomes `round_shift(sat(r), k)`
/// - tanh: the table at `|r|`, with `r`'s sign: 1.0 is 127
/// - sigmoid: `(127 + tanh entry with sign + 1) >> 1`: 0.5 is 64, 1.0 is 127
#[inline]
pub fn activate(v: i32, shift: u32, activation: Activation) -> i8 {
    let r = round_shift(v, shift);
    let out = match activation {
        Activation::Linear => saturate_activation(r),
        Activation::Relu => saturate_activation(r).max(0),
        Activation::LeakyRelu { shift: k } => {
            let s = saturate_activation(r);
            if s < 0 { round_shift(s, k) } else { s }
        }
        Activation::Tanh => signed_entry(r),
        Activation::Sigmoid => saturate((TABLE_OUT_MAX + 1 + signed_entry(r)) >> 1, 0, TABLE_OUT_MAX),
    };
    out as i8
}

fn signed_entry(r: i32) -> i32 {
    let e = i32::from(table()[table_magnitude(r)]);
    if r < 0 { -e } else { e }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_follow_the_functions() {
        for r in -400..400 {
            let t = activate(r, 0, Activation::Tanh);
            let x = f64::from(r.clamp(-255, 255)) / 64.0;
            assert!((f64::from(t) - 127.0 * x.tanh()).abs() <= 0.5, "tanh {r}");
            let s = activate(r, 0, Activation::Sigmoid);
            let x = f64::from(r.clamp(-255, 255)) / 32.0;
            let exact = 127.0 / (1.0 + (-x).exp());
            assert!((f64::from(s) - exact).abs() <= 1.0, "sigmoid {r}: {s} against {exact}");
        }
        assert_eq!(activate(0, 0, Activation::Sigmoid), 64);
    }

    #[test]
    fn piecewise_linear_activations() {
        assert_eq!(activate(-1000, 2, Activation::Linear), -127);
        assert_eq!(activate(-10, 0, Activation::Relu), 0);
        assert_eq!(activate(-10, 0, Activation::LeakyRelu { shift: 2 }), -2);
        assert_eq!(activate(-11, 0, Activation::LeakyRelu { shift: 2 }), -3);
        assert_eq!(activate(300, 1, Activation::LeakyRelu { shift: 2 }), 127);
    }
}
