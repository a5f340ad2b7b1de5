//! Why a sweep cannot start or go on.

use crate::config::ConfigError;
use crate::data::{MnistError, ShapeError, WriteError};
use crate::evaluate::JudgeError;
use crate::sweep::PlaceError;
use crate::train::TrainingError;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode, SourceSpan};
use std::fmt::Display;
use std::ops::Range;
use thiserror::Error;

/// The first fault found in a sweep file or in one of its points, or what kept a point from being run.
#[derive(Debug, Error)]
pub enum SweepError {
    #[error("cannot read `{file}`: {reason}")]
    Unreadable { file: String, reason: String },
    /// The file is no TOML, or a key of its first level is wrong.
    #[error("`{}`: {message}", source_code.name())]
    Toml { message: String, source_code: Box<NamedSource<String>>, span: SourceSpan },
    #[error("unknown key `{key}` in `{file}`")]
    UnknownKey { file: String, key: String, allowed: String },
    #[error("`{key}` is {value}; allowed is {allowed}")]
    Value { key: String, value: String, allowed: String, way_out: String },
    #[error("`{key}` is in {first} and in {second}")]
    Twice { key: String, first: String, second: String },
    #[error("{points} points; a sweep has at most {most}")]
    TooMany { points: String, most: usize },
    /// The description does not stand with the values of a point.
    #[error("{point}: {problem}")]
    Description { point: String, problem: ConfigError },
    /// A key has no place in the description.
    #[error("{point}: `{key}` cannot be set: {reason}")]
    Key { point: String, key: String, reason: String },
    #[error("{point}: {problem}")]
    Place { point: String, problem: PlaceError },
    #[error("{point}: a batch of {batch} images; `training.batch` of the description allows 1 to {most}")]
    Batch { point: String, batch: usize, most: usize },
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Data(#[from] MnistError),
    #[error(transparent)]
    Shape(#[from] ShapeError),
    #[error(transparent)]
    Judge(#[from] JudgeError),
    #[error("a result cannot be written: {0}")]
    Write(#[from] WriteError),
    #[error("{missing} of {points} points have no result")]
    Missing { missing: usize, points: usize },
    #[error("sbatch: {reason}")]
    Slurm { reason: String },
}

impl SweepError {
    /// A fault of TOML in `text`.
    pub(super) fn toml(file: &str, text: &str, message: &str, span: Range<usize>) -> Self {
        let source_code = NamedSource::new(file, text.to_owned()).with_language("toml");
        let message = message.trim_end().replace('\n', "; ");
        Self::Toml { message, source_code: Box::new(source_code), span: span.into() }
    }

    /// Whether the surroundings are to blame and not what was asked for.
    pub fn is_external(&self) -> bool {
        match self {
            Self::Training(error) => error.is_external(),
            Self::Write(_) | Self::Missing { .. } | Self::Slurm { .. } => true,
            _ => false,
        }
    }

    /// The fault of the description behind it, if there is one.
    pub fn description(&self) -> Option<&ConfigError> {
        match self {
            Self::Description { problem, .. } => Some(problem),
            _ => None,
        }
    }

    fn way_out(&self) -> String {
        match self {
            Self::Unreadable { .. } => "give the path of a sweep file; docs/examples/sweep.toml is one".into(),
            Self::Toml { .. } => {
                "a sweep file has `name`, `description`, and the tables [run], [set], [grid] and [[points]]".into()
            }
            Self::UnknownKey { allowed, .. } => format!("allowed: {allowed}"),
            Self::Value { way_out, .. } => way_out.clone(),
            Self::Twice { .. } => "leave it in one of them".into(),
            Self::TooMany { .. } => "vary fewer keys at a time, or fewer values".into(),
            Self::Description { problem, .. } => problem.help.clone(),
            Self::Key { .. } => {
                "name keys as the description does, with numbers for elements of a list: \"generator.0.activation\""
                    .into()
            }
            Self::Place { .. } => "leave this key out, or set `mode` to \"in_situ\"".into(),
            Self::Batch { .. } => "lower `batch`, or set \"training.batch\" in [set]".into(),
            Self::Training(error) => error.help(),
            Self::Data(error) => error.help(),
            Self::Shape(error) => error.help(),
            Self::Judge(error) => error.help(),
            Self::Write(error) => format!("{}; points that are done stay", error.help()),
            Self::Missing { .. } => "run the sweep again: only these points are run".into(),
            Self::Slurm { .. } => "the scripts are written: change them, or submit them by hand".into(),
        }
    }
}

impl Diagnostic for SweepError {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        match self {
            Self::Description { problem, .. } => problem.code(),
            _ => Some(Box::new("memgan::sweep")),
        }
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(self.way_out())).filter(|text| !text.is_empty()).map(|text| text as Box<dyn Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        match self {
            Self::Toml { source_code, .. } => Some(source_code.as_ref()),
            Self::Description { problem, .. } => problem.source_code(),
            _ => None,
        }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        match self {
            Self::Toml { span, .. } => Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, *span)))),
            Self::Description { problem, .. } => problem.labels(),
            _ => None,
        }
    }
}
