//! Random streams of the hardware: one 32-bit xorshift generator (a linear-feedback register that advances a whole
//! word a step) for each memory lane.
//!
//! Each lane shifts by its own amounts. With the same amounts in all lanes the states would differ by constants for ever,
//! since a step is linear: 32 lanes would drop activations in one of only 256 patterns, and a discriminator learns those.
//!
//! Seeding: lane `l` starts from `seed ^ constant[l]` (the constant itself where that is zero) and makes
//! [`SEED_WARMUP`] steps. Every word of latents or of activations with dropout uses the lanes' current states, then
//! steps them once. So element `e` of a tensor draws from lane `e % lanes` after `e / lanes` steps, whatever the
//! timing.

use crate::config::LatentDistribution;

/// Steps after seeding, so that neighbouring seeds part.
pub const SEED_WARMUP: u32 = 8;

/// Most lanes.
pub const LANES_MAX: usize = 64;

/// Shifts of each lane's generator: left, right, left. All have period `2^32 - 1`. They are chosen such that, of any two
/// lanes, the top bytes of any two words among the first eight after seeding are independent over all seeds.
#[rustfmt::skip]
pub const LANE_SHIFTS: [[u32; 3]; LANES_MAX] = [
    [13, 17, 5], [9, 17, 6], [12, 21, 5], [13, 17, 11], [17, 15, 2], [11, 17, 13],
    [13, 21, 11], [15, 17, 13], [6, 13, 5], [7, 21, 6], [9, 21, 2], [12, 25, 7],
    [16, 21, 9], [7, 13, 3], [5, 13, 6], [6, 21, 7], [15, 9, 2], [16, 11, 1],
    [7, 9, 5], [11, 21, 13], [8, 27, 5], [14, 13, 15], [15, 5, 4], [15, 13, 14],
    [3, 13, 7], [3, 19, 1], [5, 17, 13], [19, 11, 9], [9, 7, 2], [12, 7, 11],
    [14, 5, 9], [15, 5, 2], [20, 25, 7], [5, 9, 7], [25, 13, 7], [1, 11, 6],
    [5, 21, 12], [7, 7, 2], [17, 3, 4], [22, 7, 5], [5, 27, 8], [10, 3, 1],
    [17, 15, 20], [20, 5, 3], [20, 15, 17], [21, 9, 10], [23, 9, 8], [24, 25, 3],
    [19, 5, 1], [21, 3, 5], [25, 27, 5], [2, 7, 7], [11, 7, 16], [21, 5, 2],
    [22, 5, 3], [28, 9, 5], [2, 7, 9], [2, 15, 17], [25, 7, 2], [3, 27, 11],
    [13, 5, 19], [19, 5, 13], [10, 9, 21], [17, 15, 26],
];

/// One step of a lane's generator; zero stays zero.
#[inline]
pub fn step_lane(mut x: u32, lane: usize) -> u32 {
    let [a, b, c] = LANE_SHIFTS[lane % LANES_MAX];
    x ^= x << a;
    x ^= x >> b;
    x ^= x << c;
    x
}

/// One step of Marsaglia's xorshift (13, 17, 5), the generator of lane 0.
#[inline]
pub fn xorshift32(x: u32) -> u32 {
    step_lane(x, 0)
}

/// A well-mixed value for index `i`: the finaliser of splitmix with 32-bit constants. Host side only.
pub fn splitmix32(i: u32) -> u32 {
    let mut z = i.wrapping_add(1).wrapping_mul(0x9e37_79b9);
    z = (z ^ (z >> 16)).wrapping_mul(0x85eb_ca6b);
    z = (z ^ (z >> 13)).wrapping_mul(0xc2b2_ae35);
    z ^ (z >> 16)
}

/// The seed constants of the lanes; never zero.
pub fn lane_constants(lanes: usize) -> Vec<u32> {
    (0..lanes as u32).map(|l| splitmix32(0x6d67_0000 + l).max(1)).collect()
}

/// The generators of all lanes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaneRandom {
    state: Vec<u32>,
}

impl LaneRandom {
    pub fn seeded(seed: u32, lanes: usize) -> Self {
        let mut random =
            Self { state: lane_constants(lanes).into_iter().map(|c| if seed == c { c } else { seed ^ c }).collect() };
        for _ in 0..SEED_WARMUP {
            random.step();
        }
        random
    }

    pub fn step(&mut self) {
        for (lane, s) in self.state.iter_mut().enumerate() {
            *s = step_lane(*s, lane);
        }
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.state.len()
    }

    /// States of all lanes, for kernels that step them.
    pub(crate) fn states(&mut self) -> &mut [u32] {
        &mut self.state
    }

    /// Current state of a lane.
    pub fn lane(&self, lane: usize) -> u32 {
        self.state[lane]
    }

    /// Fills `out` with latent codes and leaves the generators as the hardware leaves them.
    pub fn latents(&mut self, out: &mut [i8], distribution: LatentDistribution) {
        let lanes = self.state.len();
        for word in out.chunks_mut(lanes) {
            for (lane, code) in word.iter_mut().enumerate() {
                *code = latent_code(self.state[lane], distribution);
            }
            self.step();
        }
    }

    /// Zeroes dropped elements of a tensor and leaves the generators as the hardware leaves them.
    pub fn dropout(&mut self, values: &mut [i8], threshold: u32) {
        let lanes = self.state.len();
        for word in values.chunks_mut(lanes) {
            for (lane, value) in word.iter_mut().enumerate() {
                if (self.state[lane] >> 24) < threshold {
                    *value = 0;
                }
            }
            self.step();
        }
    }
}

/// Latent code of a generator state. Normal: the sum of the four bytes (Irwin-Hall), centred, a quarter, standard
/// deviation 37. Uniform: the top byte as a signed number.
#[inline]
pub fn latent_code(state: u32, distribution: LatentDistribution) -> i8 {
    let code = match distribution {
        LatentDistribution::Normal => {
            let sum: i32 = state.to_le_bytes().iter().map(|&b| i32::from(b)).sum();
            (sum - 508) >> 2
        }
        LatentDistribution::Uniform => (state >> 24) as u8 as i8 as i32,
    };
    code.clamp(-127, 127) as i8
}

/// Real value of one latent code step: unit variance, or -1..1.
pub fn latent_scale(distribution: LatentDistribution) -> f64 {
    match distribution {
        LatentDistribution::Normal => 1.0 / 37.0,
        LatentDistribution::Uniform => 1.0 / 127.0,
    }
}

/// Dropout probability in steps of 1/256: an element is dropped when its random byte is below.
pub fn dropout_threshold(p: f64) -> u32 {
    ((p * 256.0).round() as u32).min(255)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latents_have_the_stated_moments() {
        let mut codes = vec![0i8; 100 * 64];
        for (i, chunk) in codes.chunks_mut(64).enumerate() {
            LaneRandom::seeded(splitmix32(i as u32), 32).latents(chunk, LatentDistribution::Normal);
        }
        let n = codes.len() as f64;
        let mean = codes.iter().map(|&c| f64::from(c)).sum::<f64>() / n;
        let sd = (codes.iter().map(|&c| (f64::from(c) - mean).powi(2)).sum::<f64>() / n).sqrt();
        assert!(mean.abs() < 2.0, "mean {mean}");
        assert!((sd - 37.0).abs() < 2.0, "standard deviation {sd}");
    }

    #[test]
    fn dropout_rate_follows_the_threshold() {
        let mut values = vec![1i8; 32 * 4096];
        LaneRandom::seeded(7, 32).dropout(&mut values, dropout_threshold(0.4));
        let kept = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
        assert!((kept - (1.0 - 102.0 / 256.0)).abs() < 0.01, "{kept}");
    }

    #[test]
    fn a_seed_equal_to_a_lane_constant_does_not_stop_the_lane() {
        let c = lane_constants(8)[3];
        assert_ne!(LaneRandom::seeded(c, 8).lane(3), 0);
    }

    /// A linear map of 32 bits: the image of each bit.
    type Map = [u32; 32];

    fn image(map: &Map, x: u32) -> u32 {
        (0..32).filter(|i| x >> i & 1 == 1).fold(0, |y, i| y ^ map[i])
    }

    fn power(map: &Map, mut exponent: u64) -> Map {
        let (mut result, mut square) = (std::array::from_fn(|i| 1 << i), *map);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result.map(|x| image(&square, x));
            }
            square = square.map(|x| image(&square, x));
            exponent >>= 1;
        }
        result
    }

    fn map_of(lane: usize) -> Map {
        std::array::from_fn(|i| step_lane(1 << i, lane))
    }

    #[test]
    fn every_lane_has_the_full_period() {
        let identity: Map = std::array::from_fn(|i| 1 << i);
        let period = u64::from(u32::MAX);
        for lane in 0..LANES_MAX {
            let map = map_of(lane);
            assert_eq!(power(&map, period), identity, "lane {lane}");
            // The prime factors of the period.
            for factor in [3, 5, 17, 257, 65537] {
                assert_ne!(power(&map, period / factor), identity, "lane {lane}: shorter by {factor}");
            }
        }
    }

    /// Number of independent functions among the top bytes of two words, each a linear map of the seed.
    fn independent_bits(words: [&Map; 2]) -> usize {
        let bits =
            words.into_iter().flat_map(|map| (24..32).map(|k| (0..32).map(|i| (map[i] >> k & 1) << i).sum::<u32>()));
        let mut basis: Vec<u32> = Vec::new();
        for bit in bits {
            let rest = basis.iter().fold(bit, |x, b| x.min(x ^ b));
            if rest != 0 {
                basis.push(rest);
            }
        }
        basis.len()
    }

    #[test]
    fn top_bytes_of_two_lanes_are_independent() {
        const WORDS: u64 = 8;
        let words: Vec<Vec<Map>> = (0..LANES_MAX)
            .map(|lane| (0..WORDS).map(|k| power(&map_of(lane), u64::from(SEED_WARMUP) + k)).collect())
            .collect();
        for (lane, first) in words.iter().enumerate() {
            for (other, second) in words.iter().enumerate().skip(lane + 1) {
                for (a, b) in first.iter().flat_map(|a| second.iter().map(move |b| (a, b))) {
                    assert_eq!(independent_bits([a, b]), 16, "lanes {lane} and {other}");
                }
            }
        }
    }
}
