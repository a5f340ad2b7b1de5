//! Everything that float training continues from.

use super::net::zeros;
use crate::weights::{NetworkWeights, Weights};

/// Weights and the means of Adam, all of the same shapes, and how far training is.
#[derive(Clone, Debug, PartialEq)]
pub struct FloatState {
    pub weights: Weights,
    /// Means of gradients.
    pub first: Weights,
    /// Means of squared gradients.
    pub second: Weights,
    /// Steps made.
    pub step: u64,
    /// Seed of latents and dropout.
    pub seed: u64,
}

impl FloatState {
    /// The start from `weights`.
    pub fn new(weights: Weights, seed: u64) -> Self {
        let means = Weights { networks: weights.networks.iter().map(zeros).collect() };
        Self { first: means.clone(), second: means, weights, step: 0, seed }
    }

    /// Weights and means of network `index`.
    pub(super) fn network(&mut self, index: usize) -> [&mut NetworkWeights; 3] {
        [&mut self.weights, &mut self.first, &mut self.second].map(|w| &mut w.networks[index])
    }
}
