//! Training runs on disk: batches in, checkpoints, metrics and pictures out.
//!
//! A run is a function of design, data and seed. It can be stopped at any moment and continued from its checkpoint, and
//! gives the same bytes as one that was never stopped.

mod checkpoint;
mod data;
mod directory;
mod error;
mod learner;
mod metrics;
mod run;

pub use checkpoint::{CHECKPOINT, Checkpoint, Kind, Origin, State};
pub use data::{TrainingData, images_of};
pub use error::TrainingError;
pub use learner::{Learner, StepRecord};
pub use metrics::METRICS;
pub use run::{Ending, Options, Run, Summary};
