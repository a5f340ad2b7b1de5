//! Devices and crossbar contents, golden side.

mod array;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod blocks;
mod calibration;
mod cells;
mod content;
mod drift;
mod forming;
mod mapping;
mod model;
mod pulse;
mod slopes;
mod write_verify;

pub use array::{LayerConverters, LayerDevices, wire_factors};
pub(crate) use blocks::{BLOCK, wide_lane};
#[cfg(target_arch = "x86_64")]
pub(crate) use blocks::{DeviceBlock, LawTable};
pub(crate) use calibration::HALF_CODE;
pub use calibration::{Calibration, TileTrims};
pub use cells::{CellCode, ProgramPlace, ProgramWord};
pub use content::{Content, LayerContent, TrainingRegisters};
pub use drift::{AgeKeys, DriftModel, DriftParameters};
pub use forming::{FormingModel, MOST_AMPLITUDE, NEVER, VIRGIN};
pub use mapping::{LayerMap, LayerParameters, Mapping, QuantisationReport};
pub use model::{AdcParameters, ArrayModel, DeviceParameters, NOMINAL_STRENGTH};
pub(crate) use model::{LAW_ONE, convert_sum};
pub use pulse::{Connected, Pulse};
pub use slopes::SlopeModel;
pub use write_verify::{
    DevicePlace, FormingPulses, GivenPulse, ProgramMode, PulseStrength, StrengthMode, TileCells, TileEvents,
    VerifyCounters, VerifyRegisters, WordResult, WriteVerify,
};
