//! The validated description: every later stage reads this and nothing else of the configuration.

use std::fmt;

use super::device_model::DeviceModel;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which network of a design a layer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Latent vector in, image out.
    Generator,
    /// Image in, one value out.
    Discriminator,
    /// Image in, one value a class out.
    Classifier,
}

impl Role {
    /// The name used in weight files, file names and messages.
    pub fn name(self) -> &'static str {
        match self {
            Role::Generator => "generator",
            Role::Discriminator => "discriminator",
            Role::Classifier => "classifier",
        }
    }
}

/// Extent of a feature map; a vector is `1 x 1 x channels`. Element order in memory is row, column, channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shape {
    pub height: usize,
    pub width: usize,
    pub channels: usize,
}

impl Shape {
    pub const fn new(height: usize, width: usize, channels: usize) -> Self {
        Self { height, width, channels }
    }

    pub const fn vector(channels: usize) -> Self {
        Self::new(1, 1, channels)
    }

    /// Number of elements.
    pub const fn len(&self) -> usize {
        self.height * self.width * self.channels
    }

    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Display for Shape {
    /// `28x28x1`, or `64` for a vector.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Shape { height: 1, width: 1, channels } => write!(f, "{channels}"),
            Shape { height, width, channels } => write!(f, "{height}x{width}x{channels}"),
        }
    }
}

/// The linear part of a layer. Kernels are square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum LayerOp {
    /// Crossbar `inputs x outputs`.
    Dense,
    /// Crossbar `kernel*kernel*in_channels x out_channels`.
    Conv { kernel: usize, stride: usize, padding: usize },
    /// Crossbar `in_channels x kernel*kernel*out_channels`.
    ConvTranspose { kernel: usize, stride: usize, padding: usize, output_padding: usize },
}

/// Non-linearity after the bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Linear,
    Relu,
    /// Negative values are multiplied by `2^-shift`, shift 1..=7.
    LeakyRelu {
        shift: u32,
    },
    Sigmoid,
    Tanh,
}

/// One layer with its shapes resolved.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Layer {
    /// Unique and stable within the design, e.g. `generator_0`: used in module, file and weight names.
    pub name: String,
    pub op: LayerOp,
    pub activation: Activation,
    /// Probability of zeroing an output value, 0.0..1.0, in steps of 1/256.
    pub dropout: f64,
    pub input: Shape,
    pub output: Shape,
}

impl Layer {
    /// Crossbar rows (word lines) that the layer's weight matrix needs.
    pub fn matrix_rows(&self) -> usize {
        match self.op {
            LayerOp::Dense => self.input.len(),
            LayerOp::Conv { kernel, .. } => kernel * kernel * self.input.channels,
            LayerOp::ConvTranspose { .. } => self.input.channels,
        }
    }

    /// Crossbar columns (bit-line pairs) that the layer's weight matrix needs.
    pub fn matrix_columns(&self) -> usize {
        match self.op {
            LayerOp::Dense => self.output.len(),
            LayerOp::Conv { .. } => self.output.channels,
            LayerOp::ConvTranspose { kernel, .. } => kernel * kernel * self.output.channels,
        }
    }

    /// Number of biases: one a channel, or one an output of a dense layer.
    pub fn biases(&self) -> usize {
        match self.op {
            LayerOp::Dense => self.output.len(),
            _ => self.output.channels,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Network {
    pub role: Role,
    pub input: Shape,
    pub layers: Vec<Layer>,
}

impl Network {
    pub fn output(&self) -> Shape {
        self.layers.last().map_or(self.input, |l| l.output)
    }
}

/// How a signed weight is held by unsigned conductances.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PairScheme {
    /// Two devices a weight, `w = g_plus - g_minus`, each `0..levels`.
    Differential,
    /// One device a weight against a fixed reference column in the middle of the range.
    Reference,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Crossbar {
    /// Word lines of a tile, a power of two, 4..=1024.
    pub rows: usize,
    /// Weight columns (bit-line pairs) of a tile, a power of two, 4..=1024.
    pub columns: usize,
    /// Adjacent columns that share one ADC; divides `columns`.
    pub columns_per_adc: usize,
    /// Word lines that share one ADC of the row side, which errors are read through; divides `rows`.
    pub rows_per_adc: usize,
    pub pair: PairScheme,
}

impl Crossbar {
    /// ADCs on the bit-line side of a tile.
    pub fn adcs(&self) -> usize {
        self.columns / self.columns_per_adc
    }

    /// ADCs on the word-line side of a tile.
    pub fn row_adcs(&self) -> usize {
        self.rows / self.rows_per_adc
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Device {
    pub r_on_ohm: f64,
    pub r_off_ohm: f64,
    /// Programmable conductance levels, 2..=256.
    pub levels: u32,
    pub threshold_v: f64,
    pub write_v: f64,
    pub read_v: f64,
    pub pulse_ns: f64,
    /// `None`: ideal devices with a whole number of levels, and ideal converters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<DeviceModel>,
}

/// How negative inputs reach the word lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignedInput {
    /// Line DACs drive both polarities: one settle and sample a read.
    Dac,
    /// Positive inputs settle and are sampled, then negative ones onto the opposite plate of the same hold
    /// capacitor: two settles and samples a read, one conversion.
    TwoPhase,
}

/// Converters and their timing, in clock cycles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Converter {
    /// Line DAC resolution with sign: fixed to 8.
    pub dac_bits: u32,
    /// ADC resolution with sign, 4..=12.
    pub adc_bits: u32,
    pub signed_input: SignedInput,
    /// From line DAC update to sample, 1..=4095.
    pub settle_cycles: u32,
    /// Sample window, 1..=255.
    pub sample_cycles: u32,
    /// One conversion, 3..=255.
    pub conversion_cycles: u32,
    /// Bits of each ADC's trim, in 1/16 code: 0 where ADCs have none, else 5..=10.
    #[serde(skip_serializing_if = "is_zero")]
    pub trim_bits: u32,
}

/// Whether a key since the first release says nothing: it is left out, so that hashes of older descriptions stay.
pub(super) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// How 8-bit pixels map to activations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PixelRange {
    /// Pixel 0..255 is 0.0..1.0.
    Unit,
    /// Pixel 0..255 is -1.0..1.0.
    Symmetric,
}

/// Distribution of the latent vector's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LatentDistribution {
    /// Gaussian, mean 0.
    Normal,
    /// Every value of the range equally likely.
    Uniform,
}

/// How gradients become pulses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateRule {
    /// Rows and columns fire at random, in proportion to inputs and errors; a device moves where both do. No memory a
    /// weight.
    Stochastic,
    /// Gradients of a batch are summed in a memory, then rounded to pulses.
    Accumulate,
}

/// On-chip training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    pub rule: UpdateRule,
    /// Most images of a batch, 1..=256: sizes the sums.
    pub batch: usize,
    /// Keep what rounding to pulses leaves over in the gradient memory (`Accumulate`).
    pub keep_remainder: bool,
    /// Matrix rows that outer products change in a cycle (`Accumulate`): a power of two, 1..=lanes. 1 with `Stochastic`,
    /// which has no sums.
    #[serde(default = "one")]
    pub update_rows: usize,
    /// Target of the discriminator for real images, 0.5..=1.
    pub target_real: f64,
}

fn one() -> usize {
    1
}

impl Default for Training {
    /// What an empty `[training]` means, with memory words of 16 lanes or more.
    fn default() -> Self {
        Self { rule: UpdateRule::Accumulate, batch: 32, keep_remainder: false, update_rows: 16, target_real: 0.9 }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Design {
    /// Lower case identifier, starts with a letter: used in module and file names.
    pub name: String,
    /// Generator then discriminator, or one classifier.
    pub networks: Vec<Network>,
    /// Image shape (the discriminator's or classifier's input).
    pub image: Shape,
    pub pixel_range: PixelRange,
    pub latent: LatentDistribution,
    /// Keep dropout on when running inference.
    pub dropout_at_inference: bool,
    pub crossbar: Crossbar,
    pub device: Device,
    pub converter: Converter,
    pub clock_mhz: f64,
    /// Bytes of a memory word, a power of two, 2..=64, at most `crossbar.rows`.
    pub lanes: usize,
    /// `None`: the hardware only infers.
    pub training: Option<Training>,
}

impl Design {
    pub fn network(&self, role: Role) -> Option<&Network> {
        self.networks.iter().find(|n| n.role == role)
    }

    /// Whether an update pulses one device of a pair at a time: by the stochastic rule, where there are pairs.
    pub fn pulses_one_device(&self) -> bool {
        self.update_rule() == Some(UpdateRule::Stochastic) && self.crossbar.pair == PairScheme::Differential
    }

    /// The rule of a design that trains.
    pub fn update_rule(&self) -> Option<UpdateRule> {
        self.training.as_ref().map(|t| t.rule)
    }

    /// Whether the conductances of the modelled devices change with time.
    pub fn drifts(&self) -> bool {
        self.device.model.as_ref().is_some_and(DeviceModel::drifts)
    }

    /// Whether the modelled devices have to be formed.
    pub fn forms(&self) -> bool {
        self.device.model.as_ref().is_some_and(DeviceModel::forms)
    }

    /// Clock cycles of a programming pulse in the crossbar macro: `pulse_ns` rounded up, at least 3; at most 10^6.
    /// Counted as `conversion_cycles` are: `pulse_done_o` is high one cycle less after `pulse_start_i`.
    pub fn pulse_cycles(&self) -> u32 {
        ((self.device.pulse_ns * self.clock_mhz / 1000.0).ceil() as u32).max(3)
    }
}
