//! The images that a run learns from, and those that it is tested on.

use crate::config::Design;
use crate::data::batches::shuffled;
use crate::data::mnist::{self, Split};
use crate::data::{DataSet, MnistError, ShapeError, synthetic};
use crate::weights::seeded::SplitMix64;
use ndarray::Axis;
use std::path::Path;

/// Drawn digits, where there is no data set.
const SYNTHETIC: usize = 5_000;
const SYNTHETIC_SEED: u64 = 1;
/// Without a test half a tenth of the images is for testing.
const TENTH: usize = 10;
const SPLIT_SEED: u64 = 3;

/// Images to learn from, and others to test on, in the design's shape.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainingData {
    pub train: DataSet,
    pub test: DataSet,
    /// Set when images were averaged down.
    pub note: Option<String>,
}

/// The half of a data set that `prefer` names, in the design's shape; drawn digits where nobody named a data set and the
/// default one is not there or of another shape.
///
/// # Errors
/// Two kinds: the data set cannot be read; the one that was named has another shape.
pub fn images_of(
    design: &Design,
    named: Option<&Path>,
    prefer: Split,
) -> Result<Result<(DataSet, Option<String>), ShapeError>, MnistError> {
    let drawn = || (synthetic::digits(design.image, SYNTHETIC, SYNTHETIC_SEED), None);
    Ok(match mnist::load(named, prefer)? {
        Some(data) if named.is_some() => data.require_shape(design.image).map(|()| (data, None)),
        Some(data) => Ok(data.fit(design.image).map_or_else(|_| drawn(), |fitted| (fitted.data, fitted.note))),
        None => Ok(drawn()),
    })
}

impl TrainingData {
    /// The training half and the test half if both are there, else nine tenths and a tenth. Of the training
    /// images only the first `images` are taken, if given.
    ///
    /// # Errors
    /// As [`images_of`].
    pub fn load(
        design: &Design,
        named: Option<&Path>,
        images: Option<usize>,
    ) -> Result<Result<Self, ShapeError>, MnistError> {
        let (train, test) = (images_of(design, named, Split::Train)?, images_of(design, named, Split::Test)?);
        let ((train, note), (test, _)) = match (train, test) {
            (Ok(train), Ok(test)) => (train, test),
            (Err(error), _) | (_, Err(error)) => return Ok(Err(error)),
        };
        let (train, test) = if train.source == test.source { split(&train) } else { (train, test) };
        let train = images.map_or_else(|| train.clone(), |count| train.take(count));
        Ok(Ok(Self { train, test, note }))
    }

    /// SHA-256 of the training images and labels, in hexadecimal.
    pub fn sha256(&self) -> String {
        self.train.sha256()
    }
}

/// A tenth of the images of each class, drawn at random, is for testing: the order of a data set may mean something.
fn split(data: &DataSet) -> (DataSet, DataSet) {
    let mut tests = [0; 256];
    data.labels.iter().for_each(|&class| tests[usize::from(class)] += 1);
    tests.iter_mut().for_each(|count| *count /= TENTH);
    let order = shuffled(data.len(), SplitMix64::stream(SPLIT_SEED, 0));
    let (test, train): (Vec<usize>, Vec<usize>) = order.into_iter().partition(|&i| {
        let left = &mut tests[usize::from(data.labels[i])];
        let tested = *left > 0;
        *left -= usize::from(tested);
        tested
    });
    let part = |places: &[usize]| {
        let mut places = places.to_vec();
        places.sort_unstable();
        DataSet {
            images: data.images.select(Axis(0), &places),
            labels: places.iter().map(|&i| data.labels[i]).collect(),
            source: data.source.clone(),
        }
    };
    (part(&train), part(&test))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Shape;

    #[test]
    fn the_parts_have_every_image_once_and_every_class() {
        let data = synthetic::digits(Shape::new(8, 8, 1), 405, 1);
        let (train, test) = split(&data);
        assert_eq!((train.len(), test.len()), (365, 40));
        let all = || (0..data.len()).map(|i| data.image(i));
        let count = |part: &DataSet, image| (0..part.len()).filter(|&i| part.image(i) == image).count();
        assert!(all().all(|image| count(&train, image) + count(&test, image) == count(&data, image)));
        for class in 0..10 {
            assert!(train.labels.contains(&class) && test.labels.contains(&class), "{class}");
        }
        assert!((0..test.len()).all(|i| count(&train, test.image(i)) == 0));
    }
}
