//! Initial weights from a seed, the same on every machine.
//!
//! Generator: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators",
//! 2014), 64-bit integer arithmetic only. Each layer has its own stream, so a change to one layer
//! leaves the weights of the others as they were.

use super::{LayerWeights, NetworkWeights, Weights};
use crate::config::{Activation, Design, Layer, LayerOp, Network, Role};
use ndarray::{Array1, Array2};

/// SplitMix64: a counter and a mixing function; every seed is a good seed. Period `2^64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    /// The sequence that belongs to `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// An independent sequence for item `index` of `seed`: the generator is seeded with
    /// `first(first(seed) + index)`, where `first` is the first output of a seed.
    pub fn stream(seed: u64, index: u64) -> Self {
        let base = Self::new(seed).next_u64().wrapping_add(index);
        Self::new(Self::new(base).next_u64())
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in `0.0 <= x < 1.0`: the upper 53 bits times `2^-53`, exact.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in `low <= x < high`, up to rounding at the upper end.
    pub fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }
}

impl Weights {
    /// He-uniform initial weights with zero biases.
    ///
    /// A weight is uniform in `-b ..= b`, `b = gain * sqrt(3 / fan_in)`, which gives a sum of
    /// `fan_in` inputs of unit power a variance of `gain^2` (He et al., "Delving deep into
    /// rectifiers", 2015).
    ///
    /// `gain^2` is 2 for ReLU, `2 / (1 + slope^2)` for leaky ReLU, 25/9 for tanh, 1 for the others.
    /// `fan_in` is the number of products that meet in one output: inputs of a dense layer,
    /// `k*k*in_channels` of a convolution, `k*k*in_channels / stride^2` (at least 1) on average of
    /// a transposed one. Values are drawn in row-major order of the crossbar matrix, from stream
    /// `role * 2^32 + layer index` with role 0, 1, 2 for generator, discriminator, classifier.
    pub fn seeded(design: &Design, seed: u64) -> Weights {
        Weights { networks: design.networks.iter().map(|network| NetworkWeights::seeded(network, seed)).collect() }
    }
}

impl NetworkWeights {
    /// The part of [`Weights::seeded`] of one network.
    pub fn seeded(network: &Network, seed: u64) -> NetworkWeights {
        let role = match network.role {
            Role::Generator => 0,
            Role::Discriminator => 1,
            Role::Classifier => 2u64,
        };
        let layers = network.layers.iter().enumerate();
        let layers =
            layers.map(|(index, layer)| seeded_layer(layer, SplitMix64::stream(seed, (role << 32) + index as u64)));
        NetworkWeights { role: network.role, layers: layers.collect() }
    }
}

/// The bound `b` of [`Weights::seeded`] for `layer`.
pub fn bound(layer: &Layer) -> f32 {
    let gain_squared = match layer.activation {
        Activation::Relu => 2.0,
        Activation::LeakyRelu { shift } => {
            let slope = 1.0 / f64::from(1u32 << shift.min(31));
            2.0 / (1.0 + slope * slope)
        }
        Activation::Tanh => 25.0 / 9.0,
        Activation::Linear | Activation::Sigmoid => 1.0,
    };
    let fan_in = match layer.op {
        LayerOp::Dense | LayerOp::Conv { .. } => layer.matrix_rows() as f64,
        LayerOp::ConvTranspose { kernel, stride, .. } => {
            let products = (kernel * kernel * layer.input.channels) as f64;
            (products / (stride * stride) as f64).max(1.0)
        }
    };
    (gain_squared * 3.0 / fan_in).sqrt() as f32
}

fn seeded_layer(layer: &Layer, mut random: SplitMix64) -> LayerWeights {
    let bound = f64::from(bound(layer));
    let size = (layer.matrix_rows(), layer.matrix_columns());
    let matrix = Array2::from_shape_simple_fn(size, || random.uniform(-bound, bound) as f32);
    LayerWeights { matrix, bias: Array1::zeros(layer.biases()) }
}
