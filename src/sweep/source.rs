//! Images and judges of a sweep: loaded once, shared by all points.

use super::noise::noisy;
use super::{Settings, SweepError};
use crate::config::{Design, Role};
use crate::data::{DataSet, Split};
use crate::evaluate::{JudgeError, Scorer};
use crate::train::{TrainingData, images_of};
use std::borrow::Cow;
use std::path::Path;
use std::sync::OnceLock;

/// The images of one shape.
pub struct Source {
    pub data: TrainingData,
    /// What generated images are compared with: the data set's test half, as `memgan evaluate` takes it.
    pub real: DataSet,
    /// SHA-256 of the images to learn from, and of all that scores depend on.
    pub(super) train_sha256: String,
    pub(super) test_sha256: String,
    scorer: OnceLock<Scorer>,
}

impl Source {
    /// Loads the images of a design.
    ///
    /// # Errors
    /// If the data set cannot be read, has another shape, or labels for which the design has no class.
    pub fn load(design: &Design, named: Option<&Path>, images: Option<usize>) -> Result<Self, SweepError> {
        let data = TrainingData::load(design, named, images)??;
        let (real, _) = images_of(design, named, Split::Test)??;
        let train_sha256 = data.sha256();
        let test_sha256 = real.sha256() + &data.test.sha256();
        Ok(Self { data, real, train_sha256, test_sha256, scorer: OnceLock::new() })
    }

    /// Makes the judge of generated images, or takes it from the cache. `progress` gets the steps made and all steps.
    ///
    /// # Errors
    /// If the data set is too small for a judge.
    pub fn prepare(&self, design: &Design, progress: &mut dyn FnMut(u64, u64)) -> Result<(), JudgeError> {
        if design.network(Role::Generator).is_some() && self.scorer.get().is_none() {
            let _ = self.scorer.set(Scorer::for_data(&self.real, progress)?);
        }
        Ok(())
    }

    /// The judge, once it is prepared.
    pub(super) fn scorer(&self) -> Option<&Scorer> {
        self.scorer.get()
    }

    /// The images that a point learns from.
    pub(super) fn learn(&self, settings: &Settings) -> Cow<'_, TrainingData> {
        if settings.input_noise == 0.0 {
            return Cow::Borrowed(&self.data);
        }
        let train = noisy(&self.data.train, settings.input_noise, settings.seed);
        Cow::Owned(TrainingData { train, test: self.data.test.clone(), note: self.data.note.clone() })
    }
}
