//! Which images a training step sees.

use crate::weights::seeded::SplitMix64;

/// Images in random order, each once an epoch. What a step sees is a function of seed, step and sizes, so training
/// continues from a step number alone.
#[derive(Clone, Debug)]
pub struct Batches {
    images: usize,
    seed: u64,
    /// The last epoch that was shuffled, and its order.
    epoch: Option<(u64, Vec<usize>)>,
}

impl Batches {
    /// # Panics
    /// If there are no images.
    pub fn new(images: usize, seed: u64) -> Self {
        assert!(images > 0, "an order of no images");
        Self { images, seed, epoch: None }
    }

    /// Images of batch `step`, counted from 0, if every batch has `size` images.
    pub fn batch(&mut self, step: u64, size: usize) -> Vec<usize> {
        let images = self.images as u64;
        let first = step * size as u64;
        (first..first + size as u64).map(|place| self.order(place / images)[(place % images) as usize]).collect()
    }

    fn order(&mut self, epoch: u64) -> &[usize] {
        if self.epoch.as_ref().is_none_or(|(known, _)| *known != epoch) {
            self.epoch = Some((epoch, shuffled(self.images, SplitMix64::stream(self.seed, epoch))));
        }
        self.epoch.as_ref().map_or(&[], |(_, order)| order)
    }
}

/// The numbers below `count` in random order (Fisher and Yates).
pub fn shuffled(count: usize, mut random: SplitMix64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        // The product takes the upper bits: no bias that matters for counts far below 2^64.
        let other = (u128::from(random.next_u64()) * (last as u128 + 1)) >> 64;
        order.swap(last, other as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_image_comes_once_an_epoch_in_another_order() {
        let mut batches = Batches::new(10, 3);
        // 5 batches of 4 are two epochs; the third batch lies in both.
        let all: Vec<usize> = (0..5).flat_map(|step| batches.batch(step, 4)).collect();
        for epoch in all.chunks(10) {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..10).collect::<Vec<_>>());
        }
        assert_ne!(all[..10], all[10..]);
        assert_ne!(all[..10], (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_batch_depends_on_its_number_only() {
        let mut batches = Batches::new(7, 9);
        let forward: Vec<_> = (0..20).map(|step| batches.batch(step, 3)).collect();
        for step in (0..20).rev() {
            assert_eq!(Batches::new(7, 9).batch(step, 3), forward[step as usize]);
            assert_eq!(batches.batch(step, 3), forward[step as usize]);
        }
    }

    #[test]
    fn all_orders_are_about_equally_likely() {
        let mut counts = std::collections::BTreeMap::new();
        for seed in 0..6000 {
            *counts.entry(shuffled(3, SplitMix64::new(seed))).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 6);
        // Standard deviation 29.
        assert!(counts.values().all(|n| (850..1150).contains(n)), "{counts:?}");
    }
}
