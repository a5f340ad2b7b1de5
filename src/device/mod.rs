//! Devices and crossbar contents, golden side.

mod array;
mod blocks;
mod calibration;
mod cells;
mod content;
mod drift;
mod mapping;
mod model;
mod write_verify;

pub use array::{LayerConverters, LayerDevices, wire_factors};
pub(crate) use array::{WordLine, read_weight};
pub(crate) use blocks::{BLOCK, DeviceBlock, LawTable, wide_lane};
pub(crate) use calibration::HALF_CODE;
pub use calibration::{Calibration, TileTrims};
pub use cells::{CellCode, ProgramPlace, ProgramWord};
pub use content::{Content, LayerContent, TrainingRegisters};
pub use drift::{AgeKeys, DriftModel, DriftParameters};
pub use mapping::{LayerMap, LayerParameters, Mapping, QuantisationReport};
pub(crate) use model::convert_sum;
pub use model::{AdcParameters, ArrayModel, DeviceParameters, NOMINAL_STRENGTH};
pub use write_verify::{
    DevicePlace, GivenPulse, PulseStrength, StrengthMode, TileCells, TileEvents, VerifyCounters, VerifyRegisters,
    WordResult, WriteVerify,
};
