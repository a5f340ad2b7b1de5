//! What can go wrong between the emitted Verilog and a running model.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A program that must be installed is missing or does not work.
#[derive(Debug, Clone, Error)]
#[error("{tool} is needed: {problem}\n  tried: {tried}\n  install it with: {install}")]
pub struct ToolError {
    /// Name of the program, such as `verilator`.
    pub tool: String,
    /// What is wrong with it.
    pub problem: String,
    /// Commands and places that were tried.
    pub tried: String,
    /// Command that installs it.
    pub install: String,
}

impl ToolError {
    /// Exit code of a program that ends because a tool is missing.
    pub const EXIT_CODE: i32 = 3;
}

/// Failure of a build, a simulation or a check.
#[derive(Debug, Error)]
pub enum CosimError {
    /// A program is missing.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// A program ran and refused.
    #[error("{what} failed\n  command: {command}\n{output}")]
    Command {
        /// What was to be done.
        what: String,
        /// The command line.
        command: String,
        /// Everything it printed.
        output: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The built library could not be loaded.
    #[error("cannot load the model {}: {problem}", path.display())]
    Load {
        /// The library.
        path: PathBuf,
        /// The cause.
        problem: String,
    },
    /// The model has no such port, or it has another direction or width.
    #[error("port `{port}`: {problem}")]
    Port {
        /// The name asked for.
        port: String,
        /// What is wrong.
        problem: String,
    },
    /// The caller's data does not fit the interface.
    #[error("{0}")]
    Data(String),
    /// The model executed `$stop` or `$fatal`, an assertion failed, or it did not settle.
    #[error("the model stopped in cycle {cycle}: {message}")]
    Stopped {
        /// What the model said.
        message: String,
        /// Cycle in which it happened.
        cycle: u64,
    },
    /// The design did not answer in time.
    #[error("the design hangs: {0}")]
    Timeout(String),
    /// The design broke the rules of its interface.
    #[error("the design breaks its interface: {0}")]
    Protocol(String),
}

impl CosimError {
    /// Whether a missing program is the cause (exit code [`ToolError::EXIT_CODE`]).
    pub fn is_missing_tool(&self) -> bool {
        matches!(self, Self::Tool(_))
    }

    pub(super) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { path, source }
    }
}

/// Result of this module.
pub type Result<T> = std::result::Result<T, CosimError>;
