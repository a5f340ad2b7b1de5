//! The integers of on-chip training: errors, pulses, and the controllers that keep both in range.
//!
//! No exponent is tracked: a layer's errors have whatever power of two their shift gives, and the rate controller of the
//! layer makes up for it by counting pulses.

use super::round::{round_error, round_shift, saturate, saturate_activation};
use super::{BIAS_BITS, SHIFT_BITS};
use crate::config::Activation;

/// Added to the trainer's seed before each image and each end of a batch: the golden ratio of `2^32`.
pub const SEED_STEP: u32 = 0x9e37_79b9;

/// Error of an output: `y - target`, saturated. For a sigmoid with cross entropy, and for a linear output with squared
/// error, this is the gradient before the non-linearity.
#[inline]
pub fn loss_error(y: i8, target: i8) -> i8 {
    saturate_activation(i32::from(y) - i32::from(target)) as i8
}

/// A requantised error `r` (`-127..=127`) times the derivative of `activation`, taken at its output `a`. `dropped`: the
/// layer has dropout, so an output of zero counts as dropped.
///
/// - linear 1; relu 1 where `a > 0`; leaky relu `2^-k` where `a < 0`, else 1
/// - tanh `1 - a^2`, as `((127^2 - a^2) >> 7) / 128`; sigmoid `4 a (1 - a)`, as `((127 a - a^2) >> 5) / 128`: the
///   factor 4 is left to the error's scale
#[inline]
pub fn derive(r: i32, a: i8, activation: Activation, dropped: bool) -> i8 {
    let a = i32::from(a);
    if dropped && a == 0 {
        return 0;
    }
    let out = match activation {
        Activation::Linear => r,
        Activation::Relu => {
            if a > 0 {
                r
            } else {
                0
            }
        }
        Activation::LeakyRelu { shift } => {
            if a < 0 {
                round_error(r, shift)
            } else {
                r
            }
        }
        Activation::Tanh => round_error(r * ((127 * 127 - a * a) >> 7), 7),
        Activation::Sigmoid => round_error(r * ((127 * a - a * a) >> 5), 7),
    };
    out as i8
}

/// A pulse rate or a gradient step as a small floating point number: `(8 + code % 8) * 2^(code / 8)`, 12 % apart or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(u8);

impl Rate {
    pub const BITS: u32 = 8;
    /// Codes from a layer's rate to those of its two sides: a factor of 4.
    pub const SIDE: u8 = 16;
    /// Largest rate of pulses: codes of 2 or more fire with the probability of their magnitude alone.
    pub const MAX_FIRE: Rate = Rate(127);
    /// Largest gradient step, `15 * 2^22`.
    pub const MAX_STEP: Rate = Rate(183);

    pub fn from_code(code: u8) -> Self {
        Self(code)
    }

    pub fn code(self) -> u8 {
        self.0
    }

    /// 8..=15.
    #[inline]
    pub fn mantissa(self) -> u32 {
        8 + u32::from(self.0 & 7)
    }

    #[inline]
    pub fn exponent(self) -> u32 {
        u32::from(self.0 >> 3)
    }

    /// The rate of word lines (inputs) in an update by pulses: a quarter of this one, or the smallest.
    pub fn of_inputs(self) -> Self {
        Self(self.0.saturating_sub(Self::SIDE))
    }

    /// The rate of bit lines (errors): four times this one, or [`Rate::MAX_FIRE`].
    pub fn of_errors(self) -> Self {
        Self((self.0 + Self::SIDE).min(Self::MAX_FIRE.0))
    }

    /// `mantissa * 2^exponent`.
    #[inline]
    pub fn value(self) -> u64 {
        u64::from(self.mantissa()) << self.exponent()
    }
}

/// Bits of a random word that decide whether a line fires: the upper ones.
pub const FIRE_BITS: u32 = 16 + FIRE_SIZE_BITS;
/// Those of them that the magnitude alone is compared with.
pub const FIRE_SIZE_BITS: u32 = 7;

/// The bit of a random word that [`minus_first`] takes.
pub const MINUS_FIRST_BIT: u32 = 31 - FIRE_BITS;

/// Whether a line with code `x` fires in a stochastic update, and with which sign: -1, 0 or 1. The probability is
/// `(|x| * rate) >> 7` in units of `2^-16`, at most 1, times `|x| / 128`: the upper half of the random word is below the one,
/// and the 7 bits below it are less than `|x|`. `rate` at most [`Rate::MAX_FIRE`].
#[inline]
pub fn fire(x: i8, random: u32, rate: Rate) -> i8 {
    let size = u32::from(x.unsigned_abs());
    let threshold = (size * rate.mantissa()) << rate.exponent() >> 7;
    let passes = (random >> (32 - FIRE_BITS)) & ((1 << FIRE_SIZE_BITS) - 1) < size;
    if random >> 16 < threshold && passes { x.signum() } else { 0 }
}

/// Whether a stochastic update begins with the minus devices: the highest bit of lane 0 that no firing looks at.
#[inline]
pub fn minus_first(random: u32) -> bool {
    random >> MINUS_FIRST_BIT & 1 == 1
}

/// A summed gradient `g` in pulses of one `step`: -1, 0 or 1, rounded at random with the top byte of the random word.
/// `step` at most [`Rate::MAX_STEP`].
#[inline]
pub fn round_gradient(g: i32, random: u32, step: Rate) -> i8 {
    let noise = (u64::from(random >> 24) * u64::from(step.mantissa())) << step.exponent() >> 8;
    if u64::from(g.unsigned_abs()) + noise >= step.value() { g.signum() as i8 } else { 0 }
}

/// A summed gradient in pulses, cut off, and what is left over to be added to the next batch.
#[inline]
pub fn cut_gradient(g: i32, step: Rate) -> (i8, i32) {
    if u64::from(g.unsigned_abs()) >= step.value() {
        (g.signum() as i8, g - g.signum() * step.value() as i32)
    } else {
        (0, g)
    }
}

/// Steps of a rate's code that bring `count` pulses nearer to `target`: 4 codes (a factor of 1.4) up or down beyond a
/// factor of two, 1 code beyond an eighth, else 0. Positive: more pulses are wanted.
#[inline]
pub fn rate_correction(count: u32, target: u32) -> i32 {
    let (c, t) = (u64::from(count), u64::from(target));
    if c >= 2 * t {
        -4
    } else if 2 * c <= t {
        4
    } else if c > t + (t >> 3) {
        -1
    } else if c < t - (t >> 3) {
        1
    } else {
        0
    }
}

impl Rate {
    /// The rate of firing after a batch of `count` pulses.
    pub fn adapt_fire(self, count: u32, target: u32) -> Self {
        Self(saturate(i32::from(self.0) + rate_correction(count, target), 0, i32::from(Self::MAX_FIRE.0)) as u8)
    }

    /// The gradient step after a batch of `count` pulses.
    pub fn adapt_step(self, count: u32, target: u32) -> Self {
        Self(saturate(i32::from(self.0) - rate_correction(count, target), 0, i32::from(Self::MAX_STEP.0)) as u8)
    }
}

/// What a batch says about a range: how often values left it, how often they used its upper half, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RangeCount {
    pub saturated: u32,
    pub upper: u32,
    pub total: u32,
}

impl RangeCount {
    /// Change of an ADC gain exponent, from reads: up if more than 1/16 saturated, down if fewer than 1/64 used the upper
    /// half.
    #[inline]
    pub fn gain_change(self) -> i32 {
        self.change(4, 6)
    }

    /// Change of a requantisation shift, from values: up if more than 1/64 saturated, down if fewer than 1/1024 used the
    /// upper half.
    #[inline]
    pub fn shift_change(self) -> i32 {
        self.change(6, 10)
    }

    fn change(self, saturated: u32, upper: u32) -> i32 {
        let [s, u, t] = [self.saturated, self.upper, self.total].map(u64::from);
        if s << saturated > t {
            1
        } else if u << upper < t {
            -1
        } else {
            0
        }
    }
}

const SHIFT_MAX: i32 = (1 << SHIFT_BITS) - 1;

/// Gain and shift of a forward read after a change of the gain: their sum stays, so that activations keep their scale. A
/// change that does not fit is not made. Returns gain, shift and the change made.
#[inline]
pub fn change_forward_gain(gain: u32, shift: u32, change: i32) -> (u32, u32, i32) {
    let (g, s) = (gain as i32 + change, shift as i32 - change);
    let fits = (0..=SHIFT_MAX).contains(&g) && (0..=SHIFT_MAX).contains(&s);
    if fits { (g as u32, s as u32, change) } else { (gain, shift, 0) }
}

/// Gain and shift of a backward read: the gain changes within its range, the shift makes up for it as far as it can and
/// then changes itself.
#[inline]
pub fn change_backward_gain(gain: u32, shift: u32, gain_change: i32, shift_change: i32) -> (u32, u32) {
    let g = saturate(gain as i32 + gain_change, 0, SHIFT_MAX);
    let s = saturate(shift as i32 - (g - gain as i32) + shift_change, 0, SHIFT_MAX);
    (g as u32, s as u32)
}

/// A bias after a batch: rescaled for a change of the gain (whose unit it has), then a step of `2^(shift - fineness)` against
/// the sign of the summed error; saturated to 16 bits. `shift` is the forward shift after the change. A step below 1 is a
/// step of 1 that is taken at random, with that probability: only if the top `fineness - shift` bits of `random` are zero.
#[inline]
pub fn step_bias(bias: i32, gain_change: i32, error_sum: i32, shift: u32, fineness: u32, random: u32) -> i32 {
    let scaled = match gain_change {
        1 => round_shift(bias, 1),
        -1 => bias << 1,
        _ => bias,
    };
    let chance = fineness.saturating_sub(shift);
    let step = if u64::from(random) >> (32 - chance) == 0 { 1 << shift.saturating_sub(fineness) } else { 0 };
    let limit = (1 << (BIAS_BITS - 1)) - 1;
    saturate(scaled - error_sum.signum() * step, -limit - 1, limit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{splitmix32, xorshift32};

    #[test]
    fn derivatives_follow_the_functions() {
        for a in -127..=127i8 {
            let x = f64::from(a) / 127.0;
            let tanh = f64::from(derive(127, a, Activation::Tanh, false)) / 127.0;
            assert!((tanh - (1.0 - x * x)).abs() < 0.03, "tanh at {a}: {tanh}");
            if a >= 0 {
                let sigmoid = f64::from(derive(127, a, Activation::Sigmoid, false)) / 127.0;
                assert!((sigmoid - 4.0 * x * (1.0 - x)).abs() < 0.03, "sigmoid at {a}: {sigmoid}");
            }
        }
        let leaky = Activation::LeakyRelu { shift: 2 };
        assert_eq!((derive(-80, -1, leaky, false), derive(-80, 0, leaky, false)), (-20, -80));
        assert_eq!((derive(50, 0, leaky, true), derive(50, 0, Activation::Relu, false)), (0, 0));
    }

    #[test]
    fn lines_fire_with_the_stated_probability() {
        let mut state = splitmix32(1);
        for (x, code) in [(100i8, 56), (-30, 70), (127, 93), (1, 56)] {
            let rate = Rate::from_code(code);
            let size = f64::from(x.unsigned_abs());
            let expected = (size * rate.value() as f64 / 128.0 / 65536.0).min(1.0) * size / 128.0;
            let n = 200_000;
            let mut sum = 0i64;
            for _ in 0..n {
                state = xorshift32(state);
                sum += i64::from(fire(x, state, rate));
            }
            let got = sum as f64 / f64::from(n) * f64::from(x.signum());
            let sd = (expected / f64::from(n)).sqrt();
            assert!((got - expected).abs() < 5.0 * sd + 2e-5, "{x} at {code}: {got} against {expected}");
        }
    }

    #[test]
    fn gradients_round_to_pulses_without_bias() {
        let mut state = splitmix32(2);
        let step = Rate::from_code(75);
        for g in [0, 10, -1000, 4000, -5000, 40_000] {
            let n = 100_000;
            let mut sum = 0i64;
            for _ in 0..n {
                state = xorshift32(state);
                sum += i64::from(round_gradient(g, state, step));
            }
            let expected = (f64::from(g) / step.value() as f64).clamp(-1.0, 1.0);
            let got = sum as f64 / f64::from(n);
            assert!((got - expected).abs() < 0.01, "{g}: {got} against {expected}");
            let (pulse, rest) = cut_gradient(g, step);
            assert_eq!(i64::from(pulse) * step.value() as i64 + i64::from(rest), i64::from(g));
        }
    }

    #[test]
    fn controllers_settle() {
        // Pulses in proportion to the square of the rate, as two sides fire.
        let mut rate = Rate::from_code(20);
        let pulses = |r: Rate| (r.value() as f64).powi(2) as u32 / 100;
        for _ in 0..100 {
            rate = rate.adapt_fire(pulses(rate), 5000);
        }
        assert!((3500..6500).contains(&pulses(rate)), "{}", pulses(rate));
        assert_eq!(RangeCount { saturated: 2, upper: 30, total: 16 }.gain_change(), 1);
        assert_eq!(RangeCount { saturated: 1, upper: 1, total: 16 }.gain_change(), 0);
        assert_eq!(RangeCount { saturated: 0, upper: 0, total: 16 }.gain_change(), -1);
        assert_eq!(RangeCount::default().gain_change(), 0, "nothing was read");
        assert_eq!(change_forward_gain(3, 2, 1), (4, 1, 1));
        assert_eq!(change_forward_gain(3, 0, 1), (3, 0, 0));
        assert_eq!(change_backward_gain(15, 4, 1, -1), (15, 3));
        assert_eq!(step_bias(101, 1, -7, 6, 4, u32::MAX), 55); // 51 + 4
        assert_eq!(step_bias(-32768, -1, 1, 0, 5, 0), -32768);
        assert_eq!(step_bias(100, 0, 1, 1, 4, (1 << 29) - 1), 99);
        assert_eq!(step_bias(100, 0, 1, 1, 4, 1 << 29), 100);
    }
}
