//! The numbers that a training run starts from, each with its reason.

use crate::config::{Design, Layer, LayerOp, Role, UpdateRule};
use crate::numeric::Rate;
use serde::{Deserialize, Serialize};

/// How the targets of pulses fall with the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFall {
    /// Steps at the full target.
    pub after: u64,
    /// Steps from one halving to the next.
    pub every: u64,
    /// Most halvings.
    pub halvings: u32,
}

/// Settings of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    /// Root mean square of a layer's initial weights, as a part of the largest weight.
    pub weight_rms: f64,
    /// Standard deviation of a layer's values before the non-linearity, in activation codes, before the first step.
    pub activation_codes: f64,
    /// Pulses that a device of the generator should get in a batch, on average; by the stochastic rule times a share of
    /// each layer.
    pub generator_pulses: f64,
    /// The same of the discriminator.
    pub discriminator_pulses: f64,
    /// The same of a classifier.
    pub classifier_pulses: f64,
    /// Biases take steps of `2^-fineness` activation codes before the non-linearity.
    pub fineness: u32,
    /// `None`: targets stay.
    pub fall: Option<TargetFall>,
}

impl TrainSettings {
    /// The defaults for a design.
    pub fn of(design: &Design) -> Self {
        // A pulse is a level: the same movement takes fewer pulses of coarse devices, and more where only one of a pair moves.
        let levels = f64::from(design.device.levels);
        let devices = if design.pulses_one_device() { 2.0 } else { 1.0 };
        let (generator, discriminator) = match design.update_rule() {
            Some(UpdateRule::Stochastic) => [2.5, 1.5].map(|p| p * devices * levels / 256.0).into(),
            _ => [0.2, 0.1].map(|p| p * levels / 64.0).into(),
        };
        Self {
            weight_rms: 0.29,
            activation_codes: 25.0,
            generator_pulses: generator,
            discriminator_pulses: discriminator,
            classifier_pulses: generator,
            fineness: 7,
            fall: None,
        }
    }

    /// Pulses that a layer should get in a batch.
    pub fn target(&self, design: &Design, role: Role, layer: &Layer) -> u32 {
        let share = match design.update_rule() {
            Some(UpdateRule::Stochastic) => share(role, layer),
            _ => 1.0,
        };
        let pulses = share
            * match role {
                Role::Generator => self.generator_pulses,
                Role::Discriminator => self.discriminator_pulses,
                Role::Classifier => self.classifier_pulses,
            };
        (pulses * (layer.matrix_rows() * layer.matrix_columns()) as f64).round() as u32
    }

    /// A layer's target after `step` steps.
    pub fn target_at(&self, target: u32, step: u64) -> u32 {
        let halvings = self.fall.map_or(0, |f| {
            let done = step.saturating_sub(f.after) / f.every.max(1);
            f.halvings.min(u32::try_from(done).unwrap_or(u32::MAX))
        });
        target.checked_shr(halvings).unwrap_or(0)
    }

    /// A rate that the controllers start from: rather too few pulses than too many, which could not be taken back.
    pub fn initial_rate(&self, design: &Design) -> Rate {
        match design.update_rule() {
            Some(UpdateRule::Stochastic) => Rate::from_code(48),
            _ => Rate::from_code(112),
        }
    }
}

/// A layer's part in the movement by the stochastic rule, as measured on `mnist-small`. Pulses of a generator's dense layer
/// cancel least, so it is too fast first; its convolutions have more positions to learn from the larger their input is, measured
/// from 7x7 to 14x14.
fn share(role: Role, layer: &Layer) -> f64 {
    match (role, &layer.op) {
        (Role::Generator, LayerOp::Dense) => 0.28,
        (Role::Generator, _) => 0.12 * ((layer.input.height * layer.input.width) as f64).sqrt().clamp(7.0, 14.0),
        (Role::Discriminator, LayerOp::Dense) => 1.87,
        (Role::Discriminator, _) => 0.87,
        (Role::Classifier, _) => 1.0,
    }
}
