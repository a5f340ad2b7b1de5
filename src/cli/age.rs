//! `--age`: time that passes for devices that drift.

use memgan::config::Design;

use super::error::CliError;

#[derive(clap::Args)]
pub struct AgeArgs {
    /// Units of time that pass before anything is read, for devices that drift.
    #[arg(long, value_name = "UNITS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1_000_000))]
    pub age: u32,
}

impl AgeArgs {
    /// The units, where time does anything to the design.
    pub fn of(&self, design: &Design) -> Result<u32, CliError> {
        if self.age > 0 && !design.drifts() {
            return Err(CliError::Argument {
                key: "--age",
                value: self.age.to_string(),
                allowed: "0, as the design's devices do not drift".into(),
                way_out: "set `device.model.lifetime` or `device.model.diffusion` in the description".into(),
            });
        }
        Ok(self.age)
    }
}
