//! The description as typed: one Rust type a TOML table, with spans, ranges, defaults and the text of the help.
//!
//! The JSON Schema is generated from these types and the structural check reads that schema, so a key, its range and
//! its documentation are written here and nowhere else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::design::{LatentDistribution, PairScheme, PixelRange, SignedInput, Training, UpdateRule};
use super::located::Located;
use super::raw_device_model::RawDeviceModel;
use super::raw_layer::RawLayer;
use super::raw_shape::RawShape;

/// Most channels of a feature map, outputs of a dense layer and values of a latent vector.
pub(super) const MAX_CHANNELS: usize = 4096;
/// Largest height or width of a feature map.
pub(super) const MAX_SIDE: usize = 1024;
/// Sizes that a tile side may have.
const TILE_SIDES: [u32; 9] = [4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// Description of a generative adversarial network, or of a classifier, on memristive crossbars.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "memgan description", extend("oneOf" = [
    { "required": ["gan", "generator", "discriminator"] },
    { "required": ["classifier", "layers"] },
]))]
pub(super) struct RawDescription {
    /// Name of the design, used in module and file names: lower case letters, digits and underscores, starts with a
    /// letter, at most 40 characters, not a Verilog keyword.
    #[schemars(pattern(r"^[a-z][a-z0-9_]{0,39}$"))]
    pub name: Located<String>,
    /// Settings of a generator and discriminator pair.
    pub gan: Option<Located<RawGan>>,
    /// Layers of the generator, from the latent vector to the image.
    #[schemars(length(min = 1, max = 64))]
    pub generator: Option<Located<Vec<RawLayer>>>,
    /// Layers of the discriminator, from the image to one value.
    #[schemars(length(min = 1, max = 64))]
    pub discriminator: Option<Located<Vec<RawLayer>>>,
    /// Settings of a classifier.
    pub classifier: Option<Located<RawClassifier>>,
    /// Layers of the classifier, from the image to one value a class.
    #[schemars(length(min = 1, max = 64))]
    pub layers: Option<Located<Vec<RawLayer>>>,
    /// Size and sharing of the crossbar tiles.
    pub crossbar: RawCrossbar,
    /// The memristive device.
    #[serde(default)]
    pub device: RawDevice,
    /// Line DACs and ADCs.
    #[serde(default)]
    pub converter: RawConverter,
    /// The clock of the digital part.
    #[serde(default)]
    pub clock: RawClock,
    /// Activation memories.
    #[serde(default)]
    pub buffer: RawBuffer,
    /// Training on the chip; without this table the hardware only infers.
    pub training: Option<Located<RawTraining>>,
}

/// Settings of a generator and discriminator pair.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gan")]
pub(super) struct RawGan {
    /// Number of values of the latent vector, the generator's input.
    #[schemars(range(min = 1, max = MAX_CHANNELS))]
    pub latent: Located<i64>,
    /// Image as [height, width, channels].
    pub image: Located<RawShape>,
    /// How 8-bit pixels map to activations; by default what the generator's last activation yields (sigmoid: unit,
    /// tanh: symmetric).
    pub pixel_range: Option<Located<PixelRange>>,
    /// Distribution of the latent values.
    #[serde(default = "normal")]
    pub latent_distribution: LatentDistribution,
    /// Keep dropout on when running inference.
    #[serde(default)]
    pub dropout_at_inference: bool,
}

fn normal() -> LatentDistribution {
    LatentDistribution::Normal
}

/// Settings of a classifier.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Classifier")]
pub(super) struct RawClassifier {
    /// Image as [height, width, channels].
    pub image: Located<RawShape>,
    /// How 8-bit pixels map to activations.
    #[serde(default = "unit")]
    pub pixel_range: PixelRange,
    /// Keep dropout on when running inference.
    #[serde(default)]
    pub dropout_at_inference: bool,
}

fn unit() -> PixelRange {
    PixelRange::Unit
}

/// Size and sharing of the crossbar tiles.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Crossbar")]
pub(super) struct RawCrossbar {
    /// Word lines of a tile.
    #[schemars(extend("enum" = TILE_SIDES))]
    pub rows: Located<i64>,
    /// Weight columns (bit-line pairs) of a tile.
    #[schemars(extend("enum" = TILE_SIDES))]
    pub columns: Located<i64>,
    /// Adjacent columns that share one ADC, a divisor of `columns`; 8 unless given.
    #[schemars(range(min = 1, max = 1024))]
    pub columns_per_adc: Option<Located<i64>>,
    /// Word lines that share one ADC of the row side, through which training reads errors; a divisor of `rows`, 8 unless
    /// given.
    #[schemars(range(min = 1, max = 1024))]
    pub rows_per_adc: Option<Located<i64>>,
    /// How a signed weight is held by unsigned conductances.
    #[serde(default = "differential")]
    pub pair: PairScheme,
}

fn differential() -> PairScheme {
    PairScheme::Differential
}

/// The memristive device.
// Resistances, threshold and write voltage: WOx device of doi 10.1038/s41598-020-62676-7. Levels, read voltage and
// pulse: assumed.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Device")]
pub(super) struct RawDevice {
    /// Lowest resistance in ohm; less than `r_off_ohm`.
    #[schemars(range(min = 100, max = 1e9))]
    pub r_on_ohm: Located<f64>,
    /// Highest resistance in ohm; more than `r_on_ohm`.
    #[schemars(range(min = 100, max = 1e9))]
    pub r_off_ohm: Located<f64>,
    /// Programmable conductance levels.
    #[schemars(range(min = 2, max = 256))]
    pub levels: Located<i64>,
    /// Voltage under which a device keeps its state; more than `read_v` and than half of `write_v`.
    #[schemars(range(min = 0.01, max = 10))]
    pub threshold_v: Located<f64>,
    /// Programming voltage; more than `threshold_v` and less than twice of it.
    #[schemars(range(min = 0.01, max = 10))]
    pub write_v: Located<f64>,
    /// Read voltage; less than `threshold_v`.
    #[schemars(range(min = 0.01, max = 10))]
    pub read_v: Located<f64>,
    /// Length of a programming pulse in nanoseconds.
    #[schemars(range(min = 1, max = 1e6))]
    pub pulse_ns: Located<f64>,
    /// Imperfections of devices and converters; without this table they are ideal, with a whole number of levels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Located<RawDeviceModel>>,
}

impl Default for RawDevice {
    fn default() -> Self {
        Self {
            r_on_ohm: 40e3.into(),
            r_off_ohm: 250e3.into(),
            levels: 64.into(),
            threshold_v: 0.8.into(),
            write_v: 1.0.into(),
            read_v: 0.2.into(),
            pulse_ns: 1000.0.into(),
            model: None,
        }
    }
}

/// Line DACs and ADCs, with their timing in clock cycles.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Converter")]
pub(super) struct RawConverter {
    /// Resolution of the line DACs with sign.
    #[schemars(extend("enum" = [8]))]
    pub dac_bits: Located<i64>,
    /// Resolution of the ADCs with sign.
    #[schemars(range(min = 4, max = 12))]
    pub adc_bits: Located<i64>,
    /// How negative inputs reach the word lines.
    pub signed_input: SignedInput,
    /// Cycles from the update of the line DACs to the sample.
    #[schemars(range(min = 1, max = 4095))]
    pub settle_cycles: Located<i64>,
    /// Cycles of the sample window.
    #[schemars(range(min = 1, max = 255))]
    pub sample_cycles: Located<i64>,
    /// Cycles of one conversion.
    #[schemars(range(min = 3, max = 255))]
    pub conversion_cycles: Located<i64>,
    /// Bits of each ADC's trim in 1/16 code, which the programming unit calibrates: 5 to 10, or 0 for none. Needs `[training]`
    /// and `[device.model]`.
    #[schemars(range(min = 0, max = 10))]
    pub trim_bits: Located<i64>,
}

impl Default for RawConverter {
    fn default() -> Self {
        Self {
            dac_bits: 8.into(),
            adc_bits: 8.into(),
            signed_input: SignedInput::Dac,
            settle_cycles: 4.into(),
            sample_cycles: 1.into(),
            conversion_cycles: 12.into(),
            trim_bits: 0.into(),
        }
    }
}

/// The clock of the digital part.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Clock")]
pub(super) struct RawClock {
    /// Frequency in megahertz.
    #[schemars(range(min = 1, max = 1000))]
    pub mhz: Located<f64>,
}

impl Default for RawClock {
    fn default() -> Self {
        Self { mhz: 100.0.into() }
    }
}

/// Activation memories.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Buffer")]
pub(super) struct RawBuffer {
    /// Bytes of a memory word, at most `crossbar.rows`; 32, or `crossbar.rows` where that is less, unless given.
    #[schemars(extend("enum" = [2, 4, 8, 16, 32, 64]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lanes: Option<Located<i64>>,
}

/// Training on the chip.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Training")]
pub(super) struct RawTraining {
    /// How gradients become pulses: `stochastic` needs no memory a weight, `accumulate` sums a batch's gradients first.
    pub rule: UpdateRule,
    /// Most images of a batch; sums are sized for it.
    #[schemars(range(min = 1, max = 256))]
    pub batch: Located<i64>,
    /// Keep what rounding to pulses leaves over in the gradient memory, with `rule = "accumulate"`.
    pub keep_remainder: Located<bool>,
    /// Matrix rows that outer products change in a cycle with `rule = "accumulate"`, at most `buffer.lanes`: multipliers
    /// are as many times the lanes. 16, or the lanes where they are fewer, unless given.
    #[schemars(extend("enum" = [1, 2, 4, 8, 16, 32, 64]))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_rows: Option<Located<i64>>,
    /// Target of the discriminator for real images.
    #[schemars(range(min = 0.5, max = 1))]
    pub target_real: Located<f64>,
}

impl Default for RawTraining {
    fn default() -> Self {
        let Training { rule, batch, keep_remainder, target_real, .. } = Training::default();
        Self {
            rule,
            batch: (batch as i64).into(),
            keep_remainder: keep_remainder.into(),
            update_rows: None,
            target_real: target_real.into(),
        }
    }
}
