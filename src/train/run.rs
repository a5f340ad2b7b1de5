//! The loop of a training run.

use super::checkpoint::{CHECKPOINT, Checkpoint, Kind, Origin};
use super::directory::RunDirectory;
use super::learner::{Learner, StepRecord};
use super::metrics::{METRICS, Metrics};
use super::{TrainingData, TrainingError};
use crate::config::Training;
use crate::data::png_grid::{GridError, drawable};
use crate::data::{Arrange, Batches, Curve, Grid, Panel, Plot};
use crate::golden::TrainError;
use crate::report::StepCycles;
use crate::schedule::Schedule;
use ndarray::Axis;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Steps with a sign of trouble, one after the other, that end a run.
const PATIENCE: u64 = 25;
/// Generated images in a picture, and in a row of it.
const SHOWN: usize = 64;
const COLUMNS: usize = 16;
/// Seed of the latents of pictures: all pictures of all runs show the same latents.
const PICTURE_SEED: u32 = 1;

/// How a run goes about it.
#[derive(Clone, Debug)]
pub struct Options {
    pub kind: Kind,
    /// Steps in all, those before the checkpoint included.
    pub steps: u64,
    /// Images a step.
    pub batch: usize,
    pub seed: u32,
    /// Steps from one checkpoint to the next.
    pub checkpoint_every: u64,
    /// Steps from one picture, or test of a classifier, to the next.
    pub picture_every: u64,
    /// Train the simulated hardware, and compare it with the golden model after each step.
    pub hardware: bool,
    /// With `hardware`: the devices get to their codes by pulses, and the run goes on from where they got.
    pub write_verify: bool,
    pub out: PathBuf,
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "ending")]
pub enum Ending {
    /// All steps are done.
    Finished,
    /// It was told to stop.
    Stopped,
    /// It has shown the same trouble for many steps; the checkpoint is from before.
    Diverged { step: u64, trouble: String },
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Summary {
    #[serde(flatten)]
    pub ending: Ending,
    /// Step that the run continued from; 0 for a new one.
    pub continued_from: u64,
    /// Steps done.
    pub steps: u64,
    /// The last step that was made.
    pub last: Option<StepRecord>,
    /// What the hardware takes for it, if it is the run's last on the chip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hardware: Option<StepCycles>,
    /// Share of test images that a classifier gets right.
    pub test_accuracy: Option<f64>,
    /// Files in the run's directory.
    pub files: Vec<String>,
}

/// A run that is ready to go on.
pub struct Run<'a> {
    schedule: &'a Schedule,
    data: &'a TrainingData,
    options: Options,
    origin: Origin,
    directory: RunDirectory,
    learner: Learner<'a>,
    continued_from: u64,
}

impl<'a> Run<'a> {
    /// Opens the directory, and continues from the checkpoint in it if there is one.
    ///
    /// # Errors
    /// If the batch is too large, data and design do not fit, the directory is in use, or the checkpoint in it is damaged
    /// or of another run. Nothing has been written then.
    pub fn open(schedule: &'a Schedule, data: &'a TrainingData, options: Options) -> Result<Self, TrainingError> {
        Ok(Self::open_while(schedule, data, options, &mut |_, _| true)?.expect("nobody said no"))
    }

    /// As [`Run::open`]; `None` if `go_on` says no while devices are programmed by pulses, which nothing is kept of. It is asked
    /// with the words that are done and all that there are.
    ///
    /// # Errors
    /// As there.
    pub fn open_while(
        schedule: &'a Schedule,
        data: &'a TrainingData,
        options: Options,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Self>, TrainingError> {
        let design = &schedule.design;
        data.check_labels(design)?;
        if let (Kind::Chip, Some(training)) = (options.kind, &design.training) {
            let (got, most) = (options.batch, training.batch);
            if !(1..=most).contains(&got) {
                return Err(TrainError::Batch { got, most }.into());
            }
        }
        let origin = Origin {
            kind: options.kind,
            design_sha256: Origin::hash(design),
            // How many rows the hardware updates at once changes its cycles and nothing that a run computes.
            training: Training { update_rows: 1, ..design.training.clone().unwrap_or_default() },
            data_sha256: data.sha256(),
            images: data.train.len(),
            batch: options.batch,
            seed: options.seed,
        };
        if options.write_verify {
            Learner::allow_write_verify(schedule)?;
        }
        let directory = RunDirectory::open(&options.out)?;
        let path = directory.file(CHECKPOINT);
        let learner = if path.exists() {
            let checkpoint = Checkpoint::read(design, &path)?;
            origin.require(&checkpoint.origin, &path.display().to_string())?;
            Learner::from_state(schedule, checkpoint.state)?
        } else {
            Learner::initial(schedule, options.kind, options.seed)?
        };
        let learner = if options.hardware {
            let Some(learner) = learner.into_hardware(options.write_verify, go_on)? else { return Ok(None) };
            learner
        } else {
            learner
        };
        let continued_from = learner.steps();
        Ok(Some(Self { schedule, data, options, origin, directory, learner, continued_from }))
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        self.learner.steps()
    }

    /// Trains to the last step, or until `go_on`, which is asked after each step, says no. The checkpoint is then of the
    /// last step.
    ///
    /// # Errors
    /// If a file cannot be written; the checkpoint is the last one that could.
    pub fn train(mut self, go_on: &mut dyn FnMut(&StepRecord) -> bool) -> Result<Summary, TrainingError> {
        let mut metrics = Metrics::open(&self.directory.file(METRICS), self.steps())?;
        let mut batches = Batches::new(self.data.train.len(), u64::from(self.options.seed));
        let (mut last, mut in_trouble, mut saved) = (None, 0, self.continued_from);
        let mut ending = Ending::Finished;
        if self.continued_from == 0 {
            // From here on the directory is this run's.
            self.save(&mut metrics)?;
        }
        while self.steps() < self.options.steps {
            let places = batches.batch(self.steps(), self.options.batch);
            let images = self.data.train.images.select(Axis(0), &places);
            let labels: Vec<u8> = places.iter().map(|&i| self.data.train.labels[i]).collect();
            let mut record = self.learner.step(images.view(), &labels, self.steps() + 1 == self.options.steps)?;
            let step = record.step;
            in_trouble = if record.trouble.is_some() { in_trouble + 1 } else { 0 };
            if step.is_multiple_of(self.options.picture_every) {
                record.test_accuracy = self.learner.accuracy(&self.data.test)?;
                self.picture(&format!("step-{step:06}.png"))?;
            }
            metrics.add(&record)?;
            let goes_on = go_on(&record);
            if let Some(trouble) = record.trouble.clone().filter(|_| in_trouble >= PATIENCE) {
                ending = Ending::Diverged { step: step + 1 - PATIENCE, trouble };
            } else if !goes_on && step < self.options.steps {
                ending = Ending::Stopped;
            }
            last = Some(record);
            if ending != Ending::Finished {
                break;
            }
            // A state in trouble does not replace one that was well.
            if step.is_multiple_of(self.options.checkpoint_every) && in_trouble == 0 {
                self.save(&mut metrics)?;
                saved = step;
            }
        }
        metrics.sync()?;
        if saved < self.steps() && !matches!(ending, Ending::Diverged { .. }) {
            self.save(&mut metrics)?;
        }
        self.finish(ending, last, &metrics)
    }

    /// Metrics first: lines after the checkpoint are dropped when a run continues, missing ones could not be made again.
    fn save(&mut self, metrics: &mut Metrics) -> Result<(), TrainingError> {
        metrics.sync()?;
        let checkpoint = Checkpoint { origin: self.origin.clone(), state: self.learner.state()? };
        checkpoint.write(&self.schedule.design, &self.directory.file(CHECKPOINT))
    }

    fn finish(&self, ending: Ending, last: Option<StepRecord>, metrics: &Metrics) -> Result<Summary, TrainingError> {
        let mut files = vec![CHECKPOINT.to_owned(), METRICS.to_owned()];
        let diverged = matches!(ending, Ending::Diverged { .. });
        if let (Some(weights), false) = (self.learner.weights(), diverged) {
            let path = self.directory.file("weights.safetensors");
            match weights.save(&self.schedule.design, &path) {
                Ok(()) => files.push("weights.safetensors".into()),
                Err(crate::weights::WeightsError::Write(error)) => return Err(error.into()),
                // Weights that are not finite are no result; the losses tell.
                Err(_) => {}
            }
        }
        if self.picture("samples.png")? {
            files.push("samples.png".into());
        }
        if !metrics.losses.is_empty() {
            self.plot(metrics).write(&self.directory.file("losses.png"))?;
            files.push("losses.png".into());
        }
        let test_accuracy = self.learner.accuracy(&self.data.test)?;
        let hardware = last.as_ref().and_then(|last| last.hardware.clone());
        let (continued_from, steps) = (self.continued_from, self.steps());
        Ok(Summary { ending, continued_from, steps, last, hardware, test_accuracy, files })
    }

    /// Draws generated images; false if there are none to draw.
    fn picture(&self, name: &str) -> Result<bool, TrainingError> {
        let Some(images) = self.learner.generate(SHOWN, PICTURE_SEED) else { return Ok(false) };
        let caption = format!("{}, step {}", self.schedule.design.name, self.steps());
        draw(vec![Panel { caption, images: drawable(images), columns: COLUMNS }], &self.directory.file(name))
    }

    fn plot(&self, metrics: &Metrics) -> Plot {
        let mut curves: Vec<Curve> = Vec::new();
        for (step, losses) in &metrics.losses {
            for (name, loss) in losses {
                let point = (*step as f64, *loss);
                match curves.iter_mut().find(|c| c.name == *name) {
                    Some(curve) => curve.points.push(point),
                    None => curves.push(Curve { name: name.clone(), points: vec![point] }),
                }
            }
        }
        let y = match self.options.kind {
            Kind::Chip => "rms error of the output",
            Kind::Float => "cross entropy",
        };
        Plot { title: self.schedule.design.name.clone(), x: "step".into(), y: y.into(), curves, bars: false }
    }
}

/// Writes a picture; false if the images are too large for one.
fn draw(panels: Vec<Panel>, path: &Path) -> Result<bool, TrainingError> {
    match Grid::new(Arrange::Down, panels).write(path) {
        Ok(()) => Ok(true),
        Err(GridError::Write(error)) => Err(error.into()),
        // The run does not stop for a picture.
        Err(_) => Ok(false),
    }
}
