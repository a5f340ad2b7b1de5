//! What a run is told beside its description.

use super::SweepError;
use serde::{Deserialize, Serialize};
use toml::Value;

/// Where the networks of a point learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// On the point's own devices.
    InSitu,
    /// On the devices of the description with `[set]`; the trained levels are then placed on the point's devices.
    Transfer,
}

/// Settings of a run that a grid may vary, under names that no key of a description has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub mode: Mode,
    /// Of initial weights, order of images, latents, dropout and noise of the inputs.
    pub seed: u32,
    /// Training steps, 1 to 1,000,000,000.
    pub steps: u64,
    /// Images a step, 1 to 256; `training.batch` of the description unless given.
    pub batch: Option<usize>,
    /// Standard deviation of what is added to the training images, with full scale (black to white) as 1; 0 to 1.
    pub input_noise: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { mode: Mode::InSitu, seed: 1, steps: 3000, batch: None, input_noise: 0.0 }
    }
}

impl Settings {
    /// What [`Settings::set`] knows.
    pub const NAMES: [&str; 5] = ["mode", "seed", "steps", "batch", "input_noise"];

    /// Sets what `name` names; `place` is where the value stands, for the error. False: there is no such setting.
    pub(super) fn set(&mut self, name: &str, value: &Value, place: &str) -> Result<bool, SweepError> {
        match name {
            "mode" => {
                self.mode = match value.as_str() {
                    Some("in_situ") => Mode::InSitu,
                    Some("transfer") => Mode::Transfer,
                    _ => return Err(refused(place, value, "\"in_situ\" or \"transfer\"")),
                }
            }
            "seed" => self.seed = integer(place, value, 0, u32::MAX.into())? as u32,
            "steps" => self.steps = integer(place, value, 1, 1_000_000_000)?,
            "batch" => self.batch = Some(integer(place, value, 1, 256)? as usize),
            "input_noise" => self.input_noise = fraction(place, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// An integer from `low` to `high`.
pub(super) fn integer(place: &str, value: &Value, low: u64, high: u64) -> Result<u64, SweepError> {
    let number = value.as_integer().and_then(|v| u64::try_from(v).ok()).filter(|v| (low..=high).contains(v));
    number.ok_or_else(|| refused(place, value, &format!("an integer from {low} to {high}")))
}

fn fraction(place: &str, value: &Value) -> Result<f64, SweepError> {
    let number = value.as_float().or_else(|| value.as_integer().map(|v| v as f64));
    // Zero of either sign is one setting.
    let number = number.filter(|v| (0.0..=1.0).contains(v)).map(|v| v + 0.0);
    number.ok_or_else(|| refused(place, value, "a number from 0 to 1"))
}

pub(super) fn refused(place: &str, value: &Value, allowed: &str) -> SweepError {
    let way_out = "see the sweep section of the user guide".into();
    SweepError::Value { key: place.into(), value: value.to_string(), allowed: allowed.into(), way_out }
}
