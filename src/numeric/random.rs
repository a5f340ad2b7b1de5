//! Random streams of the hardware: one 32-bit xorshift generator (a linear-feedback register that advances a whole
//! word a step) for each memory lane.
//!
//! Seeding: lane `l` starts from `seed ^ constant[l]` (the constant itself where that is zero) and makes
//! [`SEED_WARMUP`] steps. Every word of latents or of activations with dropout uses the lanes' current states, then
//! steps them once. So element `e` of a tensor draws from lane `e % lanes` after `e / lanes` steps, whatever the
//! timing.

use crate::config::LatentDistribution;

/// Steps after seeding, so that neighbouring seeds part.
pub const SEED_WARMUP: u32 = 8;

/// One step of Marsaglia's xorshift (13, 17, 5), period `2^32 - 1`, zero excluded.
#[inline]
pub fn xorshift32(mut x: u32) -> u32 {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    x
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
        for s in &mut self.state {
            *s = xorshift32(*s);
        }
    }

    /// Number of lanes.
    pub fn lanes(&self) -> usize {
        self.state.len()
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
}
