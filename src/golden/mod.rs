//! The golden model: executes a schedule with integers, and the same network in float.

mod bank;
mod calibrate;
mod float;
mod machine;

pub use bank::BankKernel;
pub use calibrate::{map_weights, Calibration, MappingError};
pub use float::FloatNetwork;
pub use machine::Machine;
