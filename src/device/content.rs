//! What a chip is sent before its first command: cells, biases, parameters, registers of the training.

use super::{LayerParameters, Mapping, ProgramWord, QuantisationReport};
use crate::schedule::Schedule;

/// Everything that a chip is programmed with.
#[derive(Clone, Debug, PartialEq)]
pub struct Content {
    /// One a layer, in the order of the schedule's banks.
    pub layers: Vec<LayerContent>,
    /// The trainer's seed; only of a design that trains.
    pub train_seed: Option<u32>,
    /// What mapping float weights to levels cost; empty for weights that were trained on devices.
    pub reports: Vec<QuantisationReport>,
}

/// One layer of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerContent {
    pub cells: Vec<ProgramWord>,
    pub parameters: LayerParameters,
    /// Only of a design that trains.
    pub training: Option<TrainingRegisters>,
}

/// Training registers of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TrainingRegisters {
    /// Gain exponent and shift of column reads, 0..=15.
    pub back_gain: u32,
    pub back_shift: u32,
    /// Code of the rate.
    pub rate: u8,
    /// A bias takes steps of `2^-fineness` activation codes, 0..=15.
    pub fineness: u32,
    /// Pulses that a batch should give.
    pub target: u32,
}

impl Mapping {
    /// The chip with these weights and without registers of a training.
    pub fn content(&self, schedule: &Schedule) -> Content {
        let layer = |(index, map): (usize, &super::LayerMap)| LayerContent {
            cells: ProgramWord::of_layer(schedule, index, map),
            parameters: map.parameters.clone(),
            training: None,
        };
        Content {
            layers: self.layers.iter().enumerate().map(layer).collect(),
            train_seed: None,
            reports: self.layers.iter().map(|l| l.report.clone()).collect(),
        }
    }
}
