//! How long a sweep takes, from one step.

use super::{Point, Source, Sweep, SweepError};
use crate::data::Batches;
use crate::schedule::Schedule;
use crate::train::{Kind, Learner, TrainingError};
use ndarray::Axis;
use std::time::{Duration, Instant};

impl Sweep {
    /// Time of one training step of a point on one thread, measured; the scoring is not in it.
    ///
    /// # Errors
    /// If the data set cannot be read, or the point does not train.
    pub fn step_time(&self, point: &Point) -> Result<Duration, SweepError> {
        let source = Source::load(&point.trained, self.data.as_deref(), self.images)?;
        source.data.check_labels(&point.trained)?;
        let schedule = Schedule::new(&point.trained);
        let learn = &source.data.train;
        let places = Batches::new(learn.len(), point.settings.seed.into()).batch(0, point.batch());
        let images = learn.images.select(Axis(0), &places);
        let labels: Vec<u8> = places.iter().map(|&i| learn.labels[i]).collect();
        let measure = || -> Result<Duration, TrainingError> {
            let mut learner = Learner::initial(&schedule, Kind::Chip, point.settings.seed)?;
            // The first one fills caches.
            learner.step(images.view(), &labels, false)?;
            let start = Instant::now();
            learner.step(images.view(), &labels, false)?;
            Ok(start.elapsed())
        };
        Ok(match rayon::ThreadPoolBuilder::new().num_threads(1).build() {
            Ok(pool) => pool.install(measure)?,
            Err(_) => measure()?,
        })
    }
}
