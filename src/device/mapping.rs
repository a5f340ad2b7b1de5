//! A network on devices: levels, parameters and the real value of every step.

use super::CellCode;
use crate::schedule::{Bank, Schedule};
use ndarray::Array2;
use serde::Serialize;

/// Run-time parameters of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerParameters {
    /// ADC gain exponent.
    pub gain: u32,
    /// Requantisation shift.
    pub shift: u32,
    /// In ADC code units; one a channel, or one an output of a dense layer.
    pub bias: Vec<i32>,
}

/// A layer as the array holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerMap {
    /// Signed weights in level steps, `[matrix_rows x matrix_columns]`.
    pub levels: Array2<i16>,
    /// Codes `(plus, minus)` of devices that were trained, of the same shape; others get the codes that `levels` ask for.
    pub trained: Option<Array2<(u16, u16)>>,
    pub parameters: LayerParameters,
    /// Real values of one step.
    pub input_scale: f64,
    pub weight_scale: f64,
    pub output_scale: f64,
    pub report: QuantisationReport,
}

/// What mapping to levels costs a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct QuantisationReport {
    pub layer: String,
    /// Root mean square of the weights, and of their error.
    pub weight_rms: f64,
    pub weight_error_rms: f64,
    /// Largest absolute weight error.
    pub weight_error_max: f64,
    /// Weights beyond the largest level.
    pub clipped_weights: usize,
    pub clipped_biases: usize,
    pub gain: u32,
    pub shift: u32,
}

/// A whole design's weights on devices.
#[derive(Clone, Debug, PartialEq)]
pub struct Mapping {
    /// One a layer, in the order of the schedule's banks.
    pub layers: Vec<LayerMap>,
}

impl LayerMap {
    /// The codes `(plus, minus)` that the devices are told to hold, `[matrix_rows x matrix_columns]`.
    pub fn codes(&self, schedule: &Schedule) -> Array2<(u16, u16)> {
        if let Some(trained) = &self.trained {
            return trained.clone();
        }
        let code = CellCode::new(&schedule.design);
        // Pulses need room both ways; without training fewer conducting devices draw less power.
        let centred = schedule.design.training.is_some();
        self.levels.mapv(|w| {
            let data = if centred { code.encode_centred(w.into()) } else { code.encode(w.into()) };
            code.codes(data)
        })
    }

    /// A layer of these weights in level steps, everything else as in [`LayerMap::unmapped`].
    pub fn of_levels(bank: &Bank, levels: Array2<i16>) -> Self {
        Self { levels, ..Self::unmapped(bank) }
    }

    /// A layer before its weights are mapped: all weights zero.
    pub fn unmapped(bank: &Bank) -> Self {
        Self {
            levels: Array2::zeros((bank.matrix_rows, bank.matrix_columns)),
            trained: None,
            parameters: LayerParameters { gain: 0, shift: 0, bias: vec![0] },
            input_scale: 1.0,
            weight_scale: 1.0,
            output_scale: 1.0,
            report: QuantisationReport {
                layer: bank.name.clone(),
                weight_rms: 0.0,
                weight_error_rms: 0.0,
                weight_error_max: 0.0,
                clipped_weights: 0,
                clipped_biases: 0,
                gain: 0,
                shift: 0,
            },
        }
    }
}
