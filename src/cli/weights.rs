//! Arguments that say which weights the devices hold.

use memgan::device::Mapping;
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::weights::Weights;
use std::path::PathBuf;

use super::error::CliError;

#[derive(clap::Args)]
pub struct WeightArgs {
    /// A safetensors file with PyTorch's layouts and names; without it, seeded initial weights.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// Seed of the initial weights, of latents and of synthetic images.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u32,
}

impl WeightArgs {
    /// The float weights, and the same on devices.
    pub fn mapped(&self, schedule: &Schedule) -> Result<(Weights, Mapping), CliError> {
        let weights = match &self.weights {
            Some(path) => Weights::load(&schedule.design, path)?,
            None => Weights::seeded(&schedule.design, u64::from(self.seed)),
        };
        let mapping = prepare::map(schedule, &weights)?;
        Ok((weights, mapping))
    }
}
