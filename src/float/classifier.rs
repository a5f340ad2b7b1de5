//! A classifier in f32, trained with Adam.

use super::adam::Adam;
use super::gan::CHUNK;
use super::image::to_real;
use super::loss::{categorical, softmax};
use super::net::{Dropout, Net, sum, zeros};
use super::state::FloatState;
use crate::config::{Network, PixelRange};
use crate::weights::seeded::SplitMix64;
use crate::weights::{NetworkWeights, Weights};
use ndarray::{Array2, ArrayView4};
use rayon::prelude::*;

/// Settings of classifiers.
pub const CLASSIFIER: Adam = Adam { rate: 1e-3, betas: (0.9, 0.999), epsilon: 1e-8 };

/// A network that ends in one value a class; the loss is the cross entropy of their softmax.
#[derive(Clone, Debug)]
pub struct FloatClassifier {
    net: Net,
    features: usize,
    pixel_range: PixelRange,
    adam: Adam,
    state: FloatState,
}

/// What a classifier says of a set of images.
#[derive(Clone, Debug, PartialEq)]
pub struct Classified {
    /// Outputs of the layer before the last, `[images, features]`.
    pub features: Array2<f32>,
    /// Probabilities, `[images, classes]`.
    pub probabilities: Array2<f32>,
}

impl Classified {
    /// The most probable class of each image.
    pub fn classes(&self) -> Vec<usize> {
        let most = |row: ndarray::ArrayView1<'_, f32>| {
            let better = |best: usize, (class, &p): (usize, &f32)| if p > row[best] { class } else { best };
            row.iter().enumerate().fold(0, better)
        };
        self.probabilities.outer_iter().map(most).collect()
    }
}

impl FloatClassifier {
    /// Initial weights of [`NetworkWeights::seeded`].
    pub fn new(network: &Network, pixel_range: PixelRange, seed: u64) -> Self {
        let weights = Weights { networks: vec![NetworkWeights::seeded(network, seed)] };
        Self::from_state(network, pixel_range, FloatState::new(weights, seed))
    }

    /// Continues from a state of the same network.
    pub fn from_state(network: &Network, pixel_range: PixelRange, state: FloatState) -> Self {
        let features = network.layers.last().map_or(0, |l| l.input.len());
        Self { net: Net::with_logits(network), features, pixel_range, adam: CLASSIFIER, state }
    }

    pub fn state(&self) -> &FloatState {
        &self.state
    }

    /// Another rate for the steps that follow; that of [`CLASSIFIER`] before the first call.
    pub fn set_rate(&mut self, rate: f32) {
        self.adam.rate = rate;
    }

    /// One step; gives the mean loss in nats and the share of images that were classified right before it.
    ///
    /// # Panics
    /// If a label is no class, or there are not as many labels as images.
    pub fn step(&mut self, images: ArrayView4<'_, u8>, labels: &[u8]) -> (f64, f64) {
        let batch = labels.len();
        assert_eq!(images.dim().0, batch, "a label an image");
        let images = to_real(images, self.pixel_range);
        let seed = SplitMix64::stream(self.state.seed, self.state.step).next_u64();
        let weights = &self.state.weights.networks[0];
        let chunks = images.par_chunks(CHUNK * self.net.input).zip(labels.par_chunks(CHUNK)).enumerate();
        let learn = |(index, (images, labels)): (usize, (&[f32], &[u8]))| {
            let dropout = Dropout { seed, first: index * CHUNK };
            let pass = self.net.forward(weights, images, Some(dropout));
            let mut error = vec![0.0; labels.len() * self.net.output];
            let (mut loss, mut right) = (0.0, 0.0);
            let outputs = pass.output().chunks_exact(self.net.output);
            for ((logits, &label), error) in outputs.zip(labels).zip(error.chunks_exact_mut(self.net.output)) {
                let class = usize::from(label);
                loss += f64::from(categorical(logits, class, error));
                right += f64::from(u8::from(logits.iter().all(|&l| l <= logits[class])));
            }
            error.iter_mut().for_each(|e| *e /= batch as f32);
            let mut gradient = zeros(weights);
            self.net.backward(weights, images, &pass, error, Some(&mut gradient), false);
            (loss, right, gradient)
        };
        let parts: Vec<_> = chunks.map(learn).collect();
        let loss = parts.iter().map(|p| p.0).sum::<f64>() / batch as f64;
        let right = parts.iter().map(|p| p.1).sum::<f64>() / batch as f64;
        let gradient = sum(zeros(weights), parts.into_iter().map(|p| p.2));
        self.state.step += 1;
        let step = self.state.step;
        let adam = self.adam;
        let [weights, first, second] = self.state.network(0);
        adam.update(weights, first, second, &gradient, step);
        (loss, right)
    }

    /// Features and probabilities, without dropout.
    pub fn classify(&self, images: ArrayView4<'_, u8>) -> Classified {
        let count = images.dim().0;
        let images = to_real(images, self.pixel_range);
        let parts: Vec<(Vec<f32>, Vec<f32>)> = images
            .par_chunks(CHUNK * self.net.input)
            .map(|images| {
                let pass = self.net.forward(&self.state.weights.networks[0], images, None);
                let features = pass.features().to_vec();
                let mut probabilities = pass.into_output();
                for row in probabilities.chunks_exact_mut(self.net.output) {
                    let logits = row.to_vec();
                    let _ = softmax(&logits, row);
                }
                (features, probabilities)
            })
            .collect();
        let (features, probabilities): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        let shaped = |values: Vec<Vec<f32>>, columns: usize| {
            Array2::from_shape_vec((count, columns), values.concat()).expect("a row an image")
        };
        // A network of one layer has no features.
        let features = if features.iter().all(Vec::is_empty) {
            Array2::zeros((count, 0))
        } else {
            shaped(features, self.features)
        };
        Classified { features, probabilities: shaped(probabilities, self.net.output) }
    }
}
