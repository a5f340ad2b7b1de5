//! Points with their images and with digests of all that their results depend on.

use super::result::POINTS;
use super::training::TRAINED;
use super::{Point, Source, Sweep, SweepError};
use crate::emit::config_hash;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Raised when the same settings give another result.
const VERSION: u32 = 1;
/// Digits of a digest in file names.
const SHORT: usize = 16;

/// A sweep that is ready to run.
pub struct Plan {
    pub sweep: Sweep,
    /// All points in their order.
    pub points: Vec<Planned>,
    /// Directory of results.
    pub out: PathBuf,
}

/// A point that is ready to run.
pub struct Planned {
    pub point: Point,
    /// Digest of the training that it needs, which other points may share.
    pub training: String,
    /// Digest of all that the result depends on.
    pub digest: String,
    pub source: Arc<Source>,
    /// Images that are generated and scored.
    pub(super) samples: usize,
}

impl Plan {
    /// Loads the images of the points.
    ///
    /// # Errors
    /// If the data set cannot be read or does not fit a point.
    pub fn new(sweep: Sweep, points: Vec<Point>, out: PathBuf) -> Result<Self, SweepError> {
        let mut sources: BTreeMap<[usize; 3], Arc<Source>> = BTreeMap::new();
        let mut planned = Vec::new();
        for point in points {
            let image = point.design.image;
            let key = [image.height, image.width, image.channels];
            let source = match sources.get(&key) {
                Some(source) => source.clone(),
                None => {
                    let source = Arc::new(Source::load(&point.design, sweep.data.as_deref(), sweep.images)?);
                    sources.insert(key, source.clone());
                    source
                }
            };
            source.data.check_labels(&point.design)?;
            let training = training_digest(&point, &source);
            let score = json!([training, config_hash(&point.design), sweep.samples, source.test_sha256]);
            planned.push(Planned { digest: digest(&score), point, training, source, samples: sweep.samples });
        }
        Ok(Self { sweep, points: planned, out })
    }

    /// Points without a result.
    pub fn missing(&self) -> Vec<&Planned> {
        self.points.iter().filter(|planned| planned.result(&self.out).is_none()).collect()
    }
}

impl Planned {
    /// Directory of the training.
    pub fn run_directory(&self, out: &Path) -> PathBuf {
        out.join(TRAINED).join(&self.training[..SHORT])
    }

    pub(super) fn result_file(&self, out: &Path, extension: &str) -> PathBuf {
        out.join(POINTS).join(format!("{}.{extension}", &self.digest[..SHORT]))
    }
}

fn training_digest(point: &Point, source: &Source) -> String {
    let settings = &point.settings;
    digest(&json!([
        VERSION,
        env!("CARGO_PKG_VERSION"),
        config_hash(&point.trained),
        source.train_sha256,
        settings.seed,
        settings.steps,
        point.batch(),
        settings.input_noise,
    ]))
}

fn digest(of: &serde_json::Value) -> String {
    Sha256::digest(of.to_string()).iter().map(|b| format!("{b:02x}")).collect()
}
