//! TOML text with its spans kept becomes a validated [`Design`].
//!
//! Data flows one way: text -> tree with spans -> structural check against the [`json_schema`] -> raw types ->
//! checks of what several keys decide together -> [`Design`]. The first fault found is the [`ConfigError`].

mod allowed;
mod check;
mod description;
mod design;
mod device_model;
mod error;
mod hardware;
mod layers;
mod load;
mod located;
mod name;
mod presets;
mod raw;
mod raw_device_model;
mod raw_layer;
mod raw_shape;
mod raw_step_law;
mod read;
mod schema;

pub use design::*;
pub use device_model::{CODE_BITS, DeviceModel, DevicePreset, LawName, StepLaw};
pub use error::{ConfigError, Problem, ProblemKind};
pub use presets::{Preset, preset, presets};
pub(crate) use raw_device_model::MAX_LINE;
pub use schema::json_schema;

#[cfg(test)]
mod tests;
