//! Noise of the array models: a counter hash, so that a value depends on what it is for and not on the order of events.

use super::splitmix32;

/// Kinds of draws; each kind has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Per device: size of its step, its asymmetry, its upper and lower bound, whether and where it is stuck.
    Step = 0,
    UpDown = 1,
    High = 2,
    Low = 3,
    Stuck = 4,
    /// Per ADC: offset and gain.
    Offset = 5,
    Gain = 6,
    /// Per pulse and device, per read and line.
    Pulse = 7,
    Read = 8,
    /// Per ADC: bow of its transfer curve.
    Bow = 9,
    /// Per device: its lifetime, and the size of its random walk.
    Lifetime = 10,
    Diffusion = 11,
    /// Per unit of time and device: how its decay is rounded, whether it walks, and how far.
    Decay = 12,
    Chance = 13,
    Walk = 14,
    /// Per device: the amplitude that forms it.
    Forming = 15,
    /// Per device: slopes of its linear steps.
    SlopeUp = 16,
    SlopeDown = 17,
}

impl Draw {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 18] = [
        Self::Step,
        Self::UpDown,
        Self::High,
        Self::Low,
        Self::Stuck,
        Self::Offset,
        Self::Gain,
        Self::Pulse,
        Self::Read,
        Self::Bow,
        Self::Lifetime,
        Self::Diffusion,
        Self::Decay,
        Self::Chance,
        Self::Walk,
        Self::Forming,
        Self::SlopeUp,
        Self::SlopeDown,
    ];
}

/// The key of a kind of draws in an array of this seed.
pub fn draw_key(array_seed: u32, kind: Draw) -> u32 {
    splitmix32(array_seed.wrapping_add((kind as u32).wrapping_mul(0x0100_0193)))
}

/// The key of event number `count` since the streams were seeded with `seed`: a read, a pulse or a unit of time.
#[inline]
pub fn event_key(kind_key: u32, seed: u32, count: u32) -> u32 {
    splitmix32(kind_key ^ seed.wrapping_add(count.wrapping_mul(0x9e37_79b9)))
}

/// 32 random bits for thing `id` under a key.
#[inline]
pub fn draw(key: u32, id: u32) -> u32 {
    splitmix32(key ^ id)
}

/// A nearly normal number from random bits: the sum of the upper three bytes, -765..=765, with mean 0 and standard
/// deviation 256 (255.998). Its tails end at 2.99 deviations.
#[inline]
pub fn bell(bits: u32) -> i32 {
    let sum = (bits >> 24) + (bits >> 16 & 255) + (bits >> 8 & 255);
    2 * sum as i32 - 765
}

/// `value * factor`, rounded down, where `factor` has `bits` fraction bits.
#[inline]
pub fn times(value: i32, factor: i32, bits: u32) -> i32 {
    (value * factor) >> bits
}

/// `value * (1 + deviation / 256 * bell / 256)`: a spread value; `deviation` in
/// 1/256, at most 1280; `value` at most `2^18`.
#[inline]
pub fn spread(value: i32, deviation: i32, bell: i32) -> i32 {
    value + times(value, times(deviation, bell, 8), 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moments of the sum of three independent uniform bytes, by convolution.
    #[test]
    fn bell_is_the_sum_of_three_bytes() {
        let mut ways = vec![1.0f64];
        for _ in 0..3 {
            let mut next = vec![0.0; ways.len() + 255];
            for (at, w) in ways.iter().enumerate() {
                (0..256).for_each(|b| next[at + b] += w / 256.0);
            }
            ways = next;
        }
        let variance: f64 = ways.iter().enumerate().map(|(sum, p)| p * (2.0 * sum as f64 - 765.0).powi(2)).sum();
        assert!((variance.sqrt() - 256.0).abs() < 0.01, "{}", variance.sqrt());

        let count = 1 << 20;
        let key = draw_key(1, Draw::Pulse);
        let mut histogram = vec![0u32; ways.len()];
        for id in 0..count {
            histogram[((bell(draw(key, id)) + 765) / 2) as usize] += 1;
        }
        // Kolmogorov distance: 1.63 / sqrt(n) is passed by one sample in a hundred.
        let (mut seen, mut expected, mut most) = (0.0, 0.0, 0.0f64);
        for (h, p) in histogram.iter().zip(&ways) {
            seen += f64::from(*h) / f64::from(count);
            expected += p;
            most = most.max((seen - expected).abs());
        }
        assert!(most < 1.63 / f64::from(count).sqrt(), "{most}");
    }

    /// Draws of neighbouring things, events and kinds have nothing to do with each other.
    #[test]
    fn draws_are_uncorrelated() {
        let n = 1 << 16;
        let correlation = |a: &dyn Fn(u32) -> u32, b: &dyn Fn(u32) -> u32| {
            let sum: f64 = (0..n).map(|i| f64::from(bell(a(i))) * f64::from(bell(b(i)))).sum();
            sum / f64::from(n) / 256.0 / 256.0
        };
        let key = |count| event_key(draw_key(7, Draw::Read), 3, count);
        let aged = |kind| event_key(draw_key(7, kind), 3, 5);
        type Stream<'t> = &'t dyn Fn(u32) -> u32;
        let pairs: [(Stream, Stream); 7] = [
            (&|i| draw(key(5), i), &|i| draw(key(5), i + 1)),
            (&|i| draw(key(5), i), &|i| draw(key(6), i)),
            (&|i| draw(key(i), 9), &|i| draw(key(i + 1), 9)),
            (&|i| draw(draw_key(7, Draw::Step), i), &|i| draw(draw_key(7, Draw::UpDown), i)),
            (&|i| draw(draw_key(7, Draw::SlopeUp), i), &|i| draw(draw_key(7, Draw::SlopeDown), i)),
            (&|i| draw(aged(Draw::Decay), i), &|i| draw(aged(Draw::Walk), i)),
            (&|i| draw(aged(Draw::Walk), i), &|i| draw(aged(Draw::Chance), i)),
        ];
        for (k, (a, b)) in pairs.into_iter().enumerate() {
            let r = correlation(a, b);
            assert!(r.abs() < 4.0 / f64::from(n).sqrt(), "pair {k}: {r}");
        }
    }

    #[test]
    fn spread_scales() {
        assert_eq!(spread(1000, 0, 700), 1000);
        assert_eq!(spread(1000, 256, 256), 2000);
        assert_eq!(spread(1 << 18, 1280, -765), (1 << 18) + ((1 << 18) * -3825 / 256));
    }
}
