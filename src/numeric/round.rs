//! The one rounding rule and the saturations.

/// Largest magnitude of an activation; the range is symmetric.
pub const ACTIVATION_MAX: i32 = 127;

/// `v / 2^shift` rounded to the nearest integer, halves towards plus infinity. `shift` 0..=31.
///
/// In hardware: add `2^(shift-1)`, then shift right arithmetically.
#[inline]
pub fn round_shift(v: i32, shift: u32) -> i32 {
    if shift == 0 { v } else { (((v as i64) + (1i64 << (shift - 1))) >> shift) as i32 }
}

/// `v / 2^shift` rounded to the nearest integer, halves away from zero: the rounding of errors. A gradient sums thousands
/// of small ones, and halves that all go up would outweigh it. `shift` 0..=31.
///
/// In hardware: add `2^(shift-1)`, less 1 where `v` is negative, then shift right arithmetically.
#[inline]
pub fn round_error(v: i32, shift: u32) -> i32 {
    if shift == 0 { v } else { (((v as i64) + (1i64 << (shift - 1)) - i64::from(v < 0)) >> shift) as i32 }
}

/// `v` limited to `lo..=hi`.
#[inline]
pub fn saturate(v: i32, lo: i32, hi: i32) -> i32 {
    v.clamp(lo, hi)
}

/// `v` limited to `-127..=127`.
#[inline]
pub fn saturate_activation(v: i32) -> i32 {
    saturate(v, -ACTIVATION_MAX, ACTIVATION_MAX)
}

/// The code of one conversion: bit-line sum `dot`, power-of-two `gain` exponent (the code's unit is `2^gain`),
/// `bits` with sign. Range `-2^(bits-1) ..= 2^(bits-1)-1`.
#[inline]
pub fn adc(dot: i32, gain: u32, bits: u32) -> i32 {
    saturate(round_shift(dot, gain), -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_to_nearest_with_halves_up() {
        for shift in 0..12 {
            for v in -5000..5000 {
                let exact = (v as f64 / f64::from(1 << shift) + 0.5).floor() as i32;
                assert_eq!(round_shift(v, shift), exact, "{v} >> {shift}");
            }
        }
        assert_eq!(round_shift(i32::MAX, 1), 1 << 30);
    }

    #[test]
    fn errors_round_without_bias() {
        for shift in 0..12 {
            for v in -5000..5000 {
                // `f64::round` takes halves away from zero, too.
                assert_eq!(round_error(v, shift), (v as f64 / f64::from(1 << shift)).round() as i32, "{v} >> {shift}");
            }
        }
        assert_eq!(round_error(i32::MIN, 1), -(1 << 30));
    }

    #[test]
    fn adc_saturates_at_both_ends() {
        assert_eq!(adc(1 << 20, 0, 8), 127);
        assert_eq!(adc(-(1 << 20), 0, 8), -128);
        assert_eq!(adc(1023, 3, 8), 127);
        assert_eq!(adc(100, 3, 8), 13);
        assert_eq!(adc(-100, 3, 8), -12);
    }
}
