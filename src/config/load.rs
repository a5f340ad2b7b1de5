//! The two ways in: text, and a file or preset.

use std::fs::File;
use std::io::Read;

use super::allowed::nearest;
use super::description::resolve;
use super::design::Design;
use super::error::{ConfigError, Problem, Source};
use super::presets::{preset, presets};
use super::read::read;

/// Longest description, in bytes.
const MAX_BYTES: usize = 1 << 20;

impl Design {
    /// Reads and checks a description.
    ///
    /// `file_name` is only repeated in diagnostics.
    ///
    /// # Errors
    /// The first fault: of the TOML, then of single keys in the order of the text, then of keys together.
    pub fn from_toml(text: &str, file_name: &str) -> Result<Design, ConfigError> {
        if text.len() > MAX_BYTES {
            let message = format!("`{file_name}` has {} bytes", text.len());
            let help = format!("a description has at most {MAX_BYTES} bytes");
            return Err(Problem::unreadable(file_name, message, help));
        }
        let source = Source { file: file_name, text };
        resolve(source, &read(source)?)
    }

    /// Reads a preset by its name, or else a file by its path.
    ///
    /// # Errors
    /// Those of [`Design::from_toml`], and of reading the file.
    pub fn load(path_or_preset: &str) -> Result<Design, ConfigError> {
        if let Some(preset) = preset(path_or_preset) {
            return Design::from_toml(preset.text, preset.name);
        }
        let unreadable = |why: String| {
            let names = || presets().iter().map(|preset| preset.name);
            let help = match nearest(path_or_preset, names()) {
                Some(near) => format!("did you mean the preset `{near}`?"),
                None => {
                    format!("give the path of a description or a preset: {}", names().collect::<Vec<_>>().join(", "))
                }
            };
            Problem::unreadable(path_or_preset, format!("cannot read `{path_or_preset}`: {why}"), help)
        };
        let mut bytes = Vec::new();
        // The length that the system tells cannot be relied on: devices and pipes have none.
        let read = File::open(path_or_preset).and_then(|file| file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes));
        read.map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() > MAX_BYTES {
            return Err(unreadable(format!("more than {MAX_BYTES} bytes")));
        }
        let text = String::from_utf8(bytes).map_err(|_| unreadable("not UTF-8".into()))?;
        Design::from_toml(&text, path_or_preset)
    }
}
