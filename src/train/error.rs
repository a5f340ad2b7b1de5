//! Why a training run cannot start, go on or be used.

use crate::cosim::CosimError;
use crate::data::{TensorFileError, WriteError};
use crate::golden::{MappingError, TrainError};
use std::path::PathBuf;
use thiserror::Error;

/// A run that does not start or ends early, or a checkpoint that is of no use.
#[derive(Debug, Error)]
pub enum TrainingError {
    #[error(transparent)]
    File(#[from] TensorFileError),
    /// The checkpoint is whole but of another run.
    #[error("{file}: {what} is {found}, not {wanted}")]
    Other { file: String, what: &'static str, found: String, wanted: String },
    #[error("{file}: {reason}")]
    Content { file: String, reason: String },
    #[error("{} is in use by another run", directory.display())]
    InUse { directory: PathBuf },
    #[error("{}: cannot be made a directory for results: {reason}", directory.display())]
    Directory { directory: PathBuf, reason: std::io::Error },
    #[error("a result cannot be written: {0}")]
    Write(#[from] WriteError),
    #[error(transparent)]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error(transparent)]
    Simulation(#[from] CosimError),
    #[error("the checkpoint has remainders of gradients, and the hardware has no port to write them to")]
    Remainder,
    #[error("--write-verify with {devices} devices; in simulation at most {most} are programmed by pulses")]
    WriteVerify { devices: usize, most: usize },
    /// Hardware and golden model.
    #[error("hardware and golden model differ after step {step} in {count} places; {first}")]
    Differs { step: u64, count: usize, first: String },
    #[error("label {label} of the data set; the design has {classes} classes")]
    Label { label: u8, classes: usize },
}

crate::data::diagnostic!(TrainingError);

impl TrainingError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::File(error) => error.help(),
            Self::Other { .. } => {
                "a run continues with the arguments that it was started with; name another --out for another run".into()
            }
            Self::Content { .. } => "take another copy of the file, or start again in another directory".into(),
            Self::InUse { .. } => "wait for the other run to end, or name another --out".into(),
            Self::Directory { .. } => "name a directory that may be written".into(),
            Self::Write(error) => format!("{}; the last checkpoint is whole", error.help()),
            Self::Mapping(_) => "the initial weights do not fit the design".into(),
            Self::Train(error) => match error {
                TrainError::NoTraining => {
                    "add a table [training] to the description, or train the float baseline with --float".into()
                }
                TrainError::Batch { .. } => {
                    "choose another --batch, or raise `training.batch` of the description".into()
                }
                _ => "use data of the design's shape and classes".into(),
            },
            Self::Simulation(_) => "scripts/setup.sh installs every tool that is missing".into(),
            Self::Remainder => {
                "with `keep_remainder` only a new run can train the hardware: name another --out, or leave --hardware out".into()
            }
            Self::WriteVerify { .. } => {
                "leave --write-verify out to write the devices directly, or take a design with fewer or smaller tiles".into()
            }
            Self::Differs { .. } => "this is a fault of memgan: report it with the description and the command".into(),
            Self::Label { .. } => "raise the outputs of the last layer, or use another data set".into(),
        }
    }

    /// Whether the surroundings are to blame and not what was asked for.
    pub fn is_external(&self) -> bool {
        matches!(self, Self::Write(_) | Self::Directory { .. } | Self::Simulation(_))
    }
}
