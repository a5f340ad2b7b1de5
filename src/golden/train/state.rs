//! What a training run is at the end of a step: everything that a checkpoint holds.

use super::TrainSettings;
use crate::config::{Layer, PairScheme, Role};
use crate::device::{CellCode, LayerMap, Mapping};
use crate::numeric::Rate;
use crate::schedule::{Bank, Schedule};
use ndarray::{Array2, Zip};

/// A layer on devices, with its registers.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerState {
    /// Device levels, 0..levels, `[matrix_rows x matrix_columns]`; a weight is `plus - minus`. With a reference column
    /// `minus` is the reference everywhere and stays so.
    pub plus: Array2<u8>,
    pub minus: Array2<u8>,
    /// In ADC code units; one a channel, or one an output of a dense layer.
    pub bias: Vec<i32>,
    /// Gain exponent and requantisation shift of row reads, 0..=15.
    pub gain: u32,
    pub shift: u32,
    /// The same of column reads.
    pub back_gain: u32,
    pub back_shift: u32,
    /// Rate of firing (stochastic) or gradient step (accumulate).
    pub rate: Rate,
    /// Pulses that a batch should give, before [`TrainSettings::fall`].
    pub target: u32,
    /// A bias takes steps of `2^-fineness` activation codes before the non-linearity.
    pub fineness: u32,
    /// What rounding to pulses left over, `[matrix_rows x matrix_columns]`; only with `keep_remainder`.
    pub remainder: Option<Array2<i32>>,
}

/// The state of a training run between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainState {
    /// Steps done.
    pub step: u64,
    /// The trainer's seed: grows by `SEED_STEP` before every image and every end of a batch.
    pub seed: u32,
    pub settings: TrainSettings,
    /// One a layer over all networks.
    pub layers: Vec<LayerState>,
}

impl LayerState {
    /// Weight at matrix row `i`, column `j`, in level steps.
    #[inline]
    pub fn weight(&self, i: usize, j: usize) -> i16 {
        i16::from(self.plus[(i, j)]) - i16::from(self.minus[(i, j)])
    }

    /// All weights in level steps, `[matrix_rows x matrix_columns]`.
    pub fn weights(&self) -> Array2<i16> {
        Zip::from(&self.plus).and(&self.minus).map_collect(|&p, &m| i16::from(p) - i16::from(m))
    }
}

impl TrainState {
    /// The state before the first step, from mapped initial weights.
    ///
    /// Weights are scaled down by `2^-headroom`, so that pulses have room; gains and shifts follow, so that activations
    /// keep the scale that `mapping` gave them. The registers of the backward pass and the rates start from rough
    /// guesses: their controllers find them within some tens of steps.
    pub fn initial(schedule: &Schedule, mapping: &Mapping, settings: &TrainSettings, seed: u32) -> Self {
        let networks = schedule.design.networks.iter();
        let layers = networks.flat_map(|n| n.layers.iter().map(|l| (n.role, l)));
        let states = layers.zip(&schedule.banks).zip(&mapping.layers);
        Self {
            step: 0,
            seed,
            settings: settings.clone(),
            layers: states.map(|(((role, l), b), m)| initial_layer(schedule, role, l, b, m, settings)).collect(),
        }
    }

    /// The network on its devices as a mapping, for inference. Real scales are not known any more; they are 1.
    pub fn mapping(&self, schedule: &Schedule) -> Mapping {
        let layers = self.layers.iter().zip(&schedule.banks).map(|(layer, bank)| {
            let mut map = LayerMap::unmapped(bank);
            map.levels = layer.weights();
            map.parameters.gain = layer.gain;
            map.parameters.shift = layer.shift;
            map.parameters.bias.clone_from(&layer.bias);
            map
        });
        Mapping { layers: layers.collect() }
    }
}

fn initial_layer(
    schedule: &Schedule,
    role: Role,
    layer: &Layer,
    bank: &Bank,
    map: &LayerMap,
    settings: &TrainSettings,
) -> LayerState {
    let design = &schedule.design;
    let code = CellCode::new(design);
    let (k, p) = (settings.headroom, &map.parameters);
    let scaled = map.levels.mapv(|w| (f64::from(w) * (-f64::from(k)).exp2()).round() as i32);
    let devices = scaled.mapv(|w| code.levels(code.encode_centred(w)));
    let total = (p.gain + p.shift).saturating_sub(k);
    let gain = p.gain.saturating_sub(k).min(total);
    // A bias has the unit of the ADC's codes.
    let bias_scale = f64::from(p.gain as i32 - gain as i32 - k as i32).exp2();

    // Errors with a standard deviation of 30 codes over the columns of a tile, into a quarter of the ADC's range.
    let n = scaled.len().max(1) as f64;
    let rms = (scaled.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / n).sqrt().max(0.5);
    let columns = bank.matrix_columns.min(design.crossbar.columns) as f64;
    let dot = 30.0 * rms * columns.sqrt();
    let quarter = f64::from(1u32 << (design.converter.adc_bits - 1)) / 4.0;
    let back_gain = (dot / quarter).log2().round().clamp(0.0, 15.0);
    let back_shift = (quarter * (bank.column_tiles as f64).sqrt() / 30.0).log2().round().clamp(0.0, 15.0);
    let keeps = design.training.as_ref().is_some_and(|t| t.keep_remainder);
    let reference = design.crossbar.pair == PairScheme::Reference;
    LayerState {
        plus: devices.mapv(|(plus, _)| plus),
        minus: devices.mapv(|(_, minus)| if reference { code.reference() as u8 } else { minus }),
        bias: p.bias.iter().map(|&b| (f64::from(b) * bias_scale).round() as i32).collect(),
        gain,
        shift: (total - gain).min(15),
        back_gain: back_gain as u32,
        back_shift: back_shift as u32,
        rate: settings.initial_rate(design),
        target: settings.target(design, role, layer),
        fineness: settings.fineness,
        remainder: keeps.then(|| Array2::zeros(devices.dim())),
    }
}
