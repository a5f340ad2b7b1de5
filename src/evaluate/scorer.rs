//! Scores of generated images against one data set.

use super::frechet::{Gaussian, frechet_distance};
use super::inception::inception_score;
use super::judge::{Judge, JudgeError};
use crate::data::DataSet;
use crate::data::batches::shuffled;
use crate::float::Classified;
use crate::weights::seeded::SplitMix64;
use ndarray::{Array2, ArrayView4, Axis};
use serde::{Deserialize, Serialize};

/// Order in which real images are taken.
const SEED: u64 = 2;

/// A classifier and real images to compare with.
pub struct Scorer {
    judge: Judge,
    /// Features of the real images, shuffled.
    real: Array2<f32>,
}

/// What a set of generated images scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Images that were scored.
    pub images: usize,
    /// Frechet distance of the features to those of as many real images, or of all there are.
    pub distance: f64,
    /// The same between two sets of real images that share none: what a perfect generator would have. Each has as many
    /// images as were scored, or half of those there are.
    pub real_half_distance: f64,
    /// 1 to the number of classes.
    pub inception_score: f64,
    /// How many images were taken for each class.
    pub classes: Vec<usize>,
    /// Share of real images, held out from training, that the classifier behind these figures gets right.
    pub classifier_accuracy: f64,
}

impl Scorer {
    /// Trains the classifier, or takes it from the cache. `progress` gets the steps made and all steps.
    ///
    /// # Errors
    /// If the data set is too small for a classifier.
    pub fn for_data(data: &DataSet, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, JudgeError> {
        let judge = Judge::for_data(data, progress)?;
        let features = judge.classifier.classify(data.images.view()).features;
        let real = features.select(Axis(0), &shuffled(data.len(), SplitMix64::stream(SEED, 0)));
        Ok(Self { judge, real })
    }

    /// Share of held out images that the classifier gets right.
    pub fn classifier_accuracy(&self) -> f64 {
        self.judge.accuracy
    }

    /// Scores `images`, `[images, height, width, channels]`, of the data set's shape.
    ///
    /// # Panics
    /// If the images have another shape.
    pub fn score(&self, images: ArrayView4<'_, u8>) -> Score {
        let classified = self.judge.classifier.classify(images);
        let mut classes = vec![0; classified.probabilities.ncols()];
        for class in classified.classes() {
            classes[class] += 1;
        }
        let Classified { features, probabilities } = classified;
        let count = features.nrows();
        Score {
            images: count,
            distance: frechet_distance(&self.reference(0, count), &Gaussian::of(features.view())),
            real_half_distance: self.real_half_distance(count),
            inception_score: inception_score(probabilities.view()),
            classes,
            classifier_accuracy: self.judge.accuracy,
        }
    }

    fn real_half_distance(&self, count: usize) -> f64 {
        let count = count.min(self.real.nrows() / 2);
        frechet_distance(&self.reference(0, count), &self.reference(count, count))
    }

    /// Real images `first` and following.
    fn reference(&self, first: usize, count: usize) -> Gaussian {
        let end = (first + count).min(self.real.nrows());
        Gaussian::of(self.real.slice(ndarray::s![first..end, ..]))
    }
}
