//! Arguments that say which images go in, and where they come from.

use memgan::config::Design;
use memgan::data::mnist::{self, Split};
use memgan::data::{DataSet, synthetic};
use std::path::PathBuf;

use super::error::CliError;

#[derive(clap::Args)]
pub struct ImageArgs {
    /// Directory of an MNIST-like data set (IDX files, plain or gzip); without it MEMGAN_MNIST, then
    /// ../shared/data/mnist, then digits drawn by the program.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

impl ImageArgs {
    /// The first `count` images in the design's shape, and a note if they were changed.
    pub fn load(&self, design: &Design, count: usize, seed: u32) -> Result<(DataSet, Option<String>), CliError> {
        match mnist::load(self.data.as_deref(), Split::Test)? {
            Some(data) if self.data.is_some() => {
                data.require_shape(design.image)?;
                Ok((data.take(count), None))
            }
            Some(data) => match data.take(count).fit(design.image) {
                Ok(fitted) => Ok((fitted.data, fitted.note)),
                // The default data set is only a default: another shape is not the user's mistake.
                Err(_) => Ok((synthetic::digits(design.image, count, u64::from(seed)), None)),
            },
            None => Ok((synthetic::digits(design.image, count, u64::from(seed)), None)),
        }
    }
}
