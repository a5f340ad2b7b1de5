//! Arguments that say which weights the devices hold.

use memgan::device::{Content, Mapping};
use memgan::golden::TrainState;
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::train::{Checkpoint, State};
use memgan::weights::Weights;
use std::path::PathBuf;

use super::error::CliError;

#[derive(clap::Args)]
pub struct WeightArgs {
    /// A safetensors file with PyTorch's layouts and names; without it, seeded initial weights.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<PathBuf>,
    /// A checkpoint of `memgan train`: the devices as they were trained.
    #[arg(long, value_name = "FILE", conflicts_with = "weights")]
    pub checkpoint: Option<PathBuf>,
    /// Seed of the initial weights, of latents and of synthetic images.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub seed: u32,
}

impl WeightArgs {
    /// The float weights, and the same on devices. A checkpoint has no float weights.
    pub fn mapped(&self, schedule: &Schedule) -> Result<(Option<Weights>, Mapping), CliError> {
        if let Some(state) = self.trained(schedule)? {
            return Ok((None, state.mapping(schedule)));
        }
        let weights = match &self.weights {
            Some(path) => Weights::load(&schedule.design, path)?,
            None => Weights::seeded(&schedule.design, u64::from(self.seed)),
        };
        let mapping = prepare::map(schedule, &weights)?;
        Ok((Some(weights), mapping))
    }

    /// What the chip is programmed with. Seeded weights of a design that trains are those that a training starts from.
    pub fn content(&self, schedule: &Schedule) -> Result<Content, CliError> {
        if let Some(state) = self.trained(schedule)? {
            return Ok(state.content(schedule));
        }
        Ok(match &self.weights {
            Some(path) => {
                let mapping = prepare::map(schedule, &Weights::load(&schedule.design, path)?)?;
                prepare::content(schedule, &mapping, self.seed)
            }
            None => prepare::initial_content(schedule, self.seed)?,
        })
    }

    fn trained(&self, schedule: &Schedule) -> Result<Option<TrainState>, CliError> {
        let Some(path) = &self.checkpoint else { return Ok(None) };
        match Checkpoint::read(&schedule.design, path)?.state {
            State::Chip(state) => Ok(Some(state)),
            State::Float(_) => Err(CliError::Argument {
                key: "--checkpoint",
                value: path.display().to_string(),
                allowed: "a checkpoint of devices; this one is of a run with --float".into(),
                way_out: "give the run's weights.safetensors with --weights".into(),
            }),
        }
    }
}
