//! Layers as typed.

use schemars::JsonSchema;
use serde::Deserialize;

use super::located::Located;
use super::raw::MAX_CHANNELS;
use super::raw_shape::RawOutputs;

/// One layer: a matrix on crossbar tiles, then bias, activation and dropout.
// Read as an externally tagged enum, since serde's internally tagged ones lose the spans: see `read`.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "Layer", tag = "type")]
pub(super) enum RawLayer {
    /// Every output from every input; the crossbar is inputs x outputs.
    Dense {
        /// Outputs, as a number or as [height, width, channels] when a convolution follows.
        outputs: Located<RawOutputs>,
        /// Non-linearity after the bias.
        activation: Located<RawActivation>,
        /// Factor of negative values under leaky_relu, a power of two; 0.25 unless given.
        #[schemars(extend("enum" = SLOPES))]
        slope: Option<Located<f64>>,
        /// Probability of zeroing an output value, rounded to 1/256.
        #[serde(default)]
        #[schemars(range(min = 0, max = MAX_DROPOUT))]
        dropout: Located<f64>,
    },
    /// Convolution with a square kernel; the crossbar is kernel*kernel*input channels x channels.
    Conv {
        /// Channels of the output.
        #[schemars(range(min = 1, max = MAX_CHANNELS))]
        channels: Located<i64>,
        /// Side of the square kernel.
        #[schemars(range(min = 1, max = 32))]
        kernel: Located<i64>,
        /// Step between two windows.
        #[schemars(range(min = 1, max = 16))]
        stride: Located<i64>,
        /// Zeros added on each side of the input; less than the kernel.
        #[serde(default)]
        #[schemars(range(min = 0, max = 31))]
        padding: Located<i64>,
        /// Non-linearity after the bias.
        activation: Located<RawActivation>,
        /// Factor of negative values under leaky_relu, a power of two; 0.25 unless given.
        #[schemars(extend("enum" = SLOPES))]
        slope: Option<Located<f64>>,
        /// Probability of zeroing an output value, rounded to 1/256.
        #[serde(default)]
        #[schemars(range(min = 0, max = MAX_DROPOUT))]
        dropout: Located<f64>,
    },
    /// Transposed convolution with a square kernel; the crossbar is input channels x kernel*kernel*channels.
    ConvTranspose {
        /// Channels of the output.
        #[schemars(range(min = 1, max = MAX_CHANNELS))]
        channels: Located<i64>,
        /// Side of the square kernel.
        #[schemars(range(min = 1, max = 32))]
        kernel: Located<i64>,
        /// Step between two windows in the output.
        #[schemars(range(min = 1, max = 16))]
        stride: Located<i64>,
        /// Rows and columns cut from each side of the output; less than the kernel.
        #[serde(default)]
        #[schemars(range(min = 0, max = 31))]
        padding: Located<i64>,
        /// Rows and columns added at the bottom and right of the output; less than the stride.
        #[serde(default)]
        #[schemars(range(min = 0, max = 15))]
        output_padding: Located<i64>,
        /// Non-linearity after the bias.
        activation: Located<RawActivation>,
        /// Factor of negative values under leaky_relu, a power of two; 0.25 unless given.
        #[schemars(extend("enum" = SLOPES))]
        slope: Option<Located<f64>>,
        /// Probability of zeroing an output value, rounded to 1/256.
        #[serde(default)]
        #[schemars(range(min = 0, max = MAX_DROPOUT))]
        dropout: Located<f64>,
    },
}

/// 2^-1 to 2^-7.
const SLOPES: [f64; 7] = [0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125];
/// 255/256: at 1 every value would be dropped.
const MAX_DROPOUT: f64 = 0.99609375;

/// Non-linearity after the bias.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "Activation")]
pub(super) enum RawActivation {
    /// None.
    Linear,
    /// Negative values become zero.
    Relu,
    /// Negative values are multiplied by `slope`.
    LeakyRelu,
    /// Into 0 to 1, by table.
    Sigmoid,
    /// Into -1 to 1, by table.
    Tanh,
}

impl RawActivation {
    /// The value of `activation` in the text.
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky_relu",
            Self::Sigmoid => "sigmoid",
            Self::Tanh => "tanh",
        }
    }
}
