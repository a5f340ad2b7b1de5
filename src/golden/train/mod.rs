//! On-chip training, bit-exact by `docs/training.md`.

mod adapt;
mod array;
mod backward;
mod gradient;
mod pulses;
mod report;
mod settings;
mod state;
mod trainer;
mod worker;

pub use report::{Divergence, LayerReport, PhaseLoss, PulseRecord, StepReport};
pub use settings::{TargetFall, TrainSettings};
pub use state::{LayerState, TrainState};
pub use trainer::{TrainError, Trainer};
