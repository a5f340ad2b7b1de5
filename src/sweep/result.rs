//! What a point came to: one file a point.

use super::{Planned, Progress, SweepError, Trained, training};
use crate::config::Role;
use crate::data::atomic::{self, Sync};
use crate::data::png_grid::drawable;
use crate::data::{Arrange, Grid, Panel};
use crate::evaluate::Score;
use crate::schedule::Schedule;
use crate::sweep::place;
use crate::sweep::training::TrainedTo;
use crate::train::{CHECKPOINT, Checkpoint, Learner, State};
use ndarray::{Array4, s};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::Path;

/// Directory of the results: a JSON file and a picture a point, under the point's digest.
pub const POINTS: &str = "points";
/// Images of a point that are kept, side by side.
pub(super) const KEPT: usize = 16;
/// Seed of the latents, that of `memgan evaluate`.
const SCORE_SEED: u32 = 1;

/// The result of a point, in a file of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointResult {
    /// Of all that the result depends on.
    pub digest: String,
    #[serde(flatten)]
    pub trained: Trained,
    /// Of generated images; a training that diverged has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Score>,
    /// Share of test images that a classifier gets right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

impl Planned {
    /// The result in `out`, if there is a whole one of this point.
    pub fn result(&self, out: &Path) -> Option<PointResult> {
        let result: PointResult = serde_json::from_slice(&fs::read(self.result_file(out, "json")).ok()?).ok()?;
        Some(result).filter(|result| result.digest == self.digest)
    }

    /// Trains if that is not done, places, scores and writes. `None`: it was told to stop.
    pub(super) fn run(&self, out: &Path, progress: &Progress<'_>) -> Result<Option<PointResult>, SweepError> {
        let schedule = Schedule::new(&self.point.trained);
        let Some(trained) = training::train(self, &schedule, out, progress)? else { return Ok(None) };
        let mut result = PointResult { digest: self.digest.clone(), trained, score: None, accuracy: None };
        if result.trained.ending == TrainedTo::Finished {
            self.score(&schedule, out, &mut result)?;
        }
        let text = serde_json::to_vec_pretty(&result).expect("plain data");
        atomic::write(&self.result_file(out, "json"), &text, Sync::Yes)?;
        Ok(Some(result))
    }

    fn score(&self, trained: &Schedule, out: &Path, result: &mut PointResult) -> Result<(), SweepError> {
        let checkpoint = Checkpoint::read(&trained.design, &self.run_directory(out).join(CHECKPOINT))?;
        let State::Chip(state) = checkpoint.state else { unreachable!("sweeps train on devices") };
        let schedule = Schedule::new(&self.point.design);
        let learner = Learner::from_state(&schedule, State::Chip(place(&state, trained, &schedule)))?;
        if self.point.design.network(Role::Classifier).is_some() {
            result.accuracy = learner.accuracy(&self.source.data.test)?;
        }
        let images = learner.generate(self.samples, SCORE_SEED);
        if let (Some(images), Some(scorer)) = (images, self.source.scorer()) {
            result.score = Some(scorer.score(images.view()));
            let kept = drawable(images.slice(s![..KEPT, .., .., ..]).to_owned());
            let strip = Grid {
                panels: vec![Panel { caption: String::new(), images: kept, columns: KEPT }],
                arrange: Arrange::Across,
                scale: 1,
                gap: 0,
            };
            // Before the result: where that is, the picture is.
            if let Ok(canvas) = strip.draw() {
                atomic::write(&self.result_file(out, "png"), &canvas.png(), Sync::No)?;
            }
        }
        Ok(())
    }

    /// The kept images as `[images, height, width, channels]` with 1 or 3 channels; `None` if there are none.
    pub(super) fn images(&self, out: &Path) -> Option<Array4<u8>> {
        let file = fs::File::open(self.result_file(out, "png")).ok()?;
        let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().ok()?;
        let mut bytes = vec![0; reader.output_buffer_size()?];
        let info = reader.next_frame(&mut bytes).ok()?;
        let (width, height) = (info.width as usize / KEPT, info.height as usize);
        let channels = info.color_type.samples();
        let strip = Array4::from_shape_vec((height, KEPT, width, channels), bytes).ok()?;
        Some(strip.permuted_axes([1, 0, 2, 3]).as_standard_layout().into_owned())
    }
}
