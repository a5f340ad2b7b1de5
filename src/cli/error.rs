//! Why a command failed, and the exit code of that.

use std::io;

use memgan::config::ConfigError;
use memgan::cosim::CosimError;
use memgan::data::ShapeError;
use memgan::data::atomic::WriteError;
use memgan::data::mnist::MnistError;
use memgan::data::png_grid::GridError;
use memgan::emit::EmitError;
use memgan::evaluate::JudgeError;
use memgan::golden::MappingError;
use memgan::memory::{MemoryError, PictureError};
use memgan::sweep::SweepError;
use memgan::train::TrainingError;
use memgan::weights::WeightsError;
use miette::Diagnostic;
use serde_json::{Value, json};
use thiserror::Error;

/// A command that failed.
#[derive(Debug, Diagnostic, Error)]
pub enum CliError {
    #[error(transparent)]
    #[diagnostic(transparent)]
    Description(#[from] ConfigError),
    #[error("there is no preset `{name}`")]
    #[diagnostic(code(memgan::no_such_preset), help("presets: {known}"))]
    NoSuchPreset { name: String, known: String },
    #[error(transparent)]
    #[diagnostic(code(memgan::weights), help("{}", .0.help()))]
    Weights(#[from] WeightsError),
    #[error(transparent)]
    #[diagnostic(code(memgan::data), help("{}", .0.help()))]
    Data(#[from] MnistError),
    #[error(transparent)]
    #[diagnostic(code(memgan::shape), help("{}", .0.help()))]
    Shape(#[from] ShapeError),
    #[error(transparent)]
    #[diagnostic(code(memgan::mapping))]
    Mapping(#[from] MappingError),
    #[error(transparent)]
    #[diagnostic(code(memgan::out), help("{}", .0.help()))]
    Emit(#[from] EmitError),
    #[error(transparent)]
    #[diagnostic(code(memgan::file), help("{}", .0.help()))]
    File(#[from] WriteError),
    #[error(transparent)]
    #[diagnostic(code(memgan::picture), help("{}", .0.help()))]
    Picture(#[from] GridError),
    #[error("{key} is {value}; allowed is {allowed}")]
    #[diagnostic(code(memgan::argument), help("{way_out}"))]
    Argument { key: &'static str, value: String, allowed: String, way_out: String },
    #[error(transparent)]
    #[diagnostic(code(memgan::external_tool), help("scripts/setup.sh installs every tool that is missing"))]
    Simulation(#[from] CosimError),
    #[error(transparent)]
    #[diagnostic(code(memgan::training), help("{}", .0.help()))]
    Training(#[from] TrainingError),
    #[error(transparent)]
    #[diagnostic(code(memgan::scores), help("{}", .0.help()))]
    Scores(#[from] JudgeError),
    #[error("training came to a stop at step {step}: {trouble}, in this step and all that followed it until {last}")]
    #[diagnostic(
        code(memgan::diverged),
        help("the checkpoint is from before; try another seed, a larger batch or the other rule in another directory")
    )]
    Diverged { step: u64, last: u64, trouble: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Sweep(#[from] SweepError),
    #[error(transparent)]
    #[diagnostic(code(memgan::memory), help("{}", .0.help()))]
    Memory(#[from] MemoryError),
    #[error(transparent)]
    #[diagnostic(code(memgan::picture), help("{}", .0.help()))]
    Image(#[from] PictureError),
    #[error("cannot write the result")]
    #[diagnostic(code(memgan::output))]
    Output(#[from] io::Error),
}

impl CliError {
    /// 1 for a difference, 2 for bad input, 3 for what the surroundings are to blame for, 4 for training that came to a stop.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Simulation(_) | Self::Output(_) => 3,
            Self::Training(error) if error.is_external() => 3,
            Self::Sweep(error) if error.is_external() => 3,
            Self::Training(TrainingError::Differs { .. }) => 1,
            Self::Diverged { .. } => 4,
            _ => 2,
        }
    }

    /// Whether the reader of the output has gone away, as `head` does: no failure.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The error as JSON; what a description lacks, such as a line, is null.
    pub fn to_json(&self) -> Value {
        let code = self.code().map(|code| code.to_string());
        let mut error = match self {
            Self::Description(error) => json!(**error),
            Self::Sweep(error) => {
                let mut object = error.description().map_or_else(|| json!({}), |problem| json!(**problem));
                object["message"] = self.to_string().into();
                object["help"] = json!(self.help().map(|help| help.to_string()));
                object
            }
            _ => json!({ "message": self.to_string(), "help": self.help().map(|help| help.to_string()) }),
        };
        error["code"] = json!(code);
        json!({ "format_version": super::output::FORMAT_VERSION, "error": error })
    }
}
