//! Noise of the inputs: what a sensor adds to the images that a network learns from.

use crate::data::DataSet;
use crate::weights::seeded::SplitMix64;

/// Keeps the noise apart from all else that a seed makes.
const STREAM: u64 = 0x6e6f_6973_6500_0000;
const FULL_SCALE: f64 = 255.0;

/// The images with noise of standard deviation `deviation` (full scale is 1), rounded and cut to 0..=255. Each image has
/// its noise once and keeps it in every epoch; it depends on the seed and the place of the image only.
pub(super) fn noisy(data: &DataSet, deviation: f64, seed: u32) -> DataSet {
    let mut data = data.clone();
    for (index, mut image) in data.images.outer_iter_mut().enumerate() {
        let mut random = SplitMix64::stream(STREAM | u64::from(seed), index as u64);
        for pixel in &mut image {
            let value = f64::from(*pixel) + FULL_SCALE * deviation * normal(&mut random);
            *pixel = value.round().clamp(0.0, FULL_SCALE) as u8;
        }
    }
    data
}

/// Mean 0, variance 1, at most 6: the sum of twelve uniform numbers of 16 bits, exact and thus the same on every machine.
fn normal(random: &mut SplitMix64) -> f64 {
    let mut sum = 0;
    for _ in 0..3 {
        let bits = random.next_u64();
        sum += (0..4).map(|i| i64::from((bits >> (16 * i)) as u16)).sum::<i64>();
    }
    (2 * sum - 12 * 65_535) as f64 / 131_072.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array4;

    #[test]
    fn noise_has_the_asked_deviation_and_depends_on_the_seed() {
        let grey = DataSet { images: Array4::from_elem((50, 20, 20, 1), 128), labels: vec![0; 50], source: "".into() };
        let noise = noisy(&grey, 0.05, 1);
        let count = noise.images.len() as f64;
        let errors: Vec<f64> = noise.images.iter().map(|&p| f64::from(p) - 128.0).collect();
        let mean = errors.iter().sum::<f64>() / count;
        let deviation = (errors.iter().map(|e| (e - mean).powi(2)).sum::<f64>() / count).sqrt();
        // 20,000 pixels of deviation 12.75: the mean is known to 0.09, the deviation to 0.064; rounding adds 0.003.
        assert!(mean.abs() < 0.4 && (deviation - 12.75).abs() < 0.3, "{mean} {deviation}");
        assert_eq!(noise, noisy(&grey, 0.05, 1));
        assert_ne!(noise, noisy(&grey, 0.05, 2));
        assert_ne!(noise.image(0), noise.image(1));
        assert_eq!(noisy(&grey, 0.0, 1), grey);
    }

    #[test]
    fn neighbours_are_independent() {
        let mut random = SplitMix64::new(1);
        let values: Vec<f64> = (0..20_000).map(|_| normal(&mut random)).collect();
        let product = values.windows(2).map(|w| w[0] * w[1]).sum::<f64>() / values.len() as f64;
        assert!(product.abs() < 0.03, "{product}");
    }
}
