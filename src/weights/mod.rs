//! Trained or initial weights of a design, in the orientation of the crossbars.
//!
//! A file is [safetensors](https://huggingface.co/docs/safetensors) with PyTorch layouts, so that
//! `safetensors.torch.save_file(model.state_dict(), ...)` of a model with members `generator`,
//! `discriminator` or `classifier` (`nn.Sequential`) loads as it is.
//!
//! # Names
//! `<role>.<index>.weight` and `<role>.<index>.bias`, e.g. `generator.0.weight`; the index is the
//! layer's place in its network. Gaps are allowed, since `nn.Sequential` counts activations and
//! dropout too: the k-th weight of a role, by increasing index, belongs to layer k. A bias that is
//! not there is zero.
//!
//! # Layouts
//! | layer | PyTorch weight | matrix row | matrix column |
//! |---|---|---|---|
//! | conv | `[out, in, k, k]` | `(ky*k + kx)*in + ci` | `co` |
//! | conv_transpose | `[in, out, k, k]` | `ci` | `(ky*k + kx)*out + co` |
//! | dense | `[out, in]` | input element | output element |
//!
//! A transposed convolution scatters: input pixel `(y, x)` adds its column `(ky, kx, co)` to output
//! pixel `(y*stride - padding + ky, x*stride - padding + kx)`. PyTorch flattens feature maps
//! channel first and the crossbars take them channel last (`Shape`), so [`layout`] permutes the
//! inputs of a dense layer that reads a feature map, and the outputs and biases of one that makes a
//! feature map.

mod error;
mod file;
mod float;
pub mod layout;
pub mod seeded;

#[cfg(test)]
mod fixture;
#[cfg(test)]
mod layout_tests;
#[cfg(test)]
mod refusal_tests;
#[cfg(test)]
mod tests;

pub use error::WeightsError;

use crate::config::{Design, Layer, Role};
use ndarray::{Array1, Array2};

/// Weights of one layer.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerWeights {
    /// `[matrix_rows, matrix_columns]` of the layer: row = word line, column = output sum. Finite.
    pub matrix: Array2<f32>,
    /// One value a channel, or one an output of a dense layer in row, column, channel order.
    /// Finite.
    pub bias: Array1<f32>,
}

impl LayerWeights {
    /// Zero weights of the size that `layer` needs.
    pub fn zeros(layer: &Layer) -> Self {
        Self {
            matrix: Array2::zeros((layer.matrix_rows(), layer.matrix_columns())),
            bias: Array1::zeros(layer.biases()),
        }
    }
}

/// Weights of one network, one entry a layer in the network's order.
#[derive(Clone, Debug, PartialEq)]
pub struct NetworkWeights {
    pub role: Role,
    pub layers: Vec<LayerWeights>,
}

/// Weights of a design, one entry a network in the design's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    pub networks: Vec<NetworkWeights>,
}

impl Weights {
    /// Zero weights of the sizes that `design` needs.
    pub fn zeros(design: &Design) -> Self {
        let network = |n: &crate::config::Network| NetworkWeights {
            role: n.role,
            layers: n.layers.iter().map(LayerWeights::zeros).collect(),
        };
        Self { networks: design.networks.iter().map(network).collect() }
    }

    /// The weights of `role`, if the design has that network.
    pub fn network(&self, role: Role) -> Option<&NetworkWeights> {
        self.networks.iter().find(|n| n.role == role)
    }
}
