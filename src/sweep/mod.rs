//! A description varied over a grid: every point is trained, scored and collected.
//!
//! A sweep file names a description and the values of any of its keys. The keys are set in the description's tree and the
//! loader of descriptions judges the result, so nothing here knows what keys there are. Data flows one way:
//! file -> [`Point`]s -> [`Plan`] (with data and digests) -> a file a point -> tables and pictures.
//!
//! Results are found by a digest of all that they depend on. A sweep can be stopped at any moment, changed, or run by
//! several processes at once: what has a result is not run again, and results of other settings are never taken.

mod collect;
mod error;
mod estimate;
mod file;
mod noise;
mod pictures;
mod place;
mod plan;
mod points;
mod pool;
mod result;
mod settings;
mod slurm;
mod source;
mod training;
mod tree;

pub use collect::{Collection, collect};
pub use error::SweepError;
pub use file::Sweep;
pub use place::{PlaceError, place};
pub use plan::{Plan, Planned};
pub use points::{MOST_POINTS, Point};
pub use pool::{Progress, run};
pub use result::{POINTS, PointResult};
pub use settings::{Mode, Settings};
pub use slurm::{Job, submit};
pub use source::Source;
pub use training::{TRAINED, Trained, TrainedTo};
