//! Everything that `memgan emit` writes: Verilog, file lists, macro views, memory images, manifest.
//!
//! The content is a function of the design and its weights alone: no time stamps, no absolute paths, ordered maps.

mod directory;
mod images;
mod package;

pub use directory::{write_directory, EmitError};
pub use images::{bias_word, parameter_word, program_word, BIAS_IMAGE, PARAMETER_IMAGE};
pub use package::{config_hash, Package, MANIFEST, VIEW_DIR};
