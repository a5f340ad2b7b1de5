//! Everything that `memgan emit` writes: Verilog, file lists, macro views, memory images, manifest.
//!
//! The content is a function of the design and its weights alone: no time stamps, no absolute paths, ordered maps.

mod directory;
mod images;
mod package;

pub use directory::{EmitError, write_directory};
pub use images::{BIAS_IMAGE, PARAMETER_IMAGE, TRAINING_IMAGE, bias_word, parameter_word, program_word, training_word};
pub use package::{MANIFEST, Package, VIEW_DIR, config_hash};
