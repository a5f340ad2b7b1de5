//! Why a command failed, and the exit code of that.

use std::io;

use memgan::config::ConfigError;
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
    #[error("{tool} is missing or failed: {why}")]
    #[diagnostic(code(memgan::external_tool))]
    #[expect(dead_code, reason = "for the commands that drive tools")]
    ExternalTool { tool: String, why: String },
    #[error("cannot write the result")]
    #[diagnostic(code(memgan::output))]
    Output(#[from] io::Error),
}

impl CliError {
    /// 2 for bad input, 3 for what the surroundings are to blame for.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Description(_) | Self::NoSuchPreset { .. } => 2,
            Self::ExternalTool { .. } | Self::Output(_) => 3,
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
            _ => json!({ "message": self.to_string(), "help": self.help().map(|help| help.to_string()) }),
        };
        error["code"] = json!(code);
        json!({ "format_version": super::output::FORMAT_VERSION, "error": error })
    }
}
