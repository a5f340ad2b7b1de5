//! The golden model: executes a schedule with integers, and the same network in float.

mod bank;
mod bank_cells;
mod batch;
mod calibrate;
mod engine;
mod float;
mod instruction_set;
mod lane_words;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code))]
mod lines;
mod machine;
mod portable;
mod pulse;
#[cfg(target_arch = "x86_64")]
mod pulse_256;
mod real;
#[cfg_attr(not(target_arch = "x86_64"), allow(dead_code, unused_imports))]
mod simd;
mod train;
mod window;

pub use bank::{BankKernel, ReadBuffers};
pub use batch::BatchMachine;
pub use calibrate::{Calibration, MappingError, map_weights};
pub use float::FloatNetwork;
pub use instruction_set::InstructionSet;
pub use machine::Machine;
pub use pulse::FiredColumns;
pub use train::{
    Divergence, LayerReport, LayerState, PhaseLoss, PulseRecord, StepReport, TargetFall, TrainError, TrainSettings,
    TrainState, Trainer,
};
