//! One training, which one point or several share.

use super::{Planned, Progress, SweepError};
use crate::data::WriteError;
use crate::data::atomic::{self, Sync};
use crate::schedule::Schedule;
use crate::train::{CHECKPOINT, Ending, Kind, Options, Run, Summary, TrainingError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

/// Directory of the trainings: each is a run as of `memgan train`, under its digest.
pub const TRAINED: &str = "trained";
const OUTCOME: &str = "outcome.json";
/// Steps from one checkpoint to the next.
const CHECKPOINT_EVERY: u64 = 100;
/// Between two looks at a run of another process.
const PATIENCE: Duration = Duration::from_secs(1);

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TrainedTo {
    /// All steps are done.
    Finished,
    /// It has shown the same trouble for many steps.
    Diverged,
}

/// What a training came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    pub ending: TrainedTo,
    /// Steps done.
    pub steps: u64,
    /// Losses of the last step, by name: root mean square errors of the outputs, full scale is 1.
    pub losses: BTreeMap<String, f64>,
    /// Why it diverged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// Cycles of the last step in hardware.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step_cycles: Option<u64>,
    /// Wall time of the training in seconds; not known where it was interrupted and continued.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// Makes the training of a point in `out`, or takes what is there. `None`: it was told to stop.
///
/// Where another process is at it this one waits, and takes over if the other ends early.
pub(super) fn train(
    planned: &Planned,
    schedule: &Schedule,
    out: &Path,
    progress: &Progress<'_>,
) -> Result<Option<Trained>, SweepError> {
    let directory = planned.run_directory(out);
    let outcome = directory.join(OUTCOME);
    let settings = &planned.point.settings;
    let options = Options {
        kind: Kind::Chip,
        steps: settings.steps,
        batch: planned.point.batch(),
        seed: settings.seed,
        checkpoint_every: CHECKPOINT_EVERY,
        picture_every: u64::MAX,
        write_verify: false,
        hardware: false,
        out: directory.clone(),
    };
    if let Some(trained) = read(&outcome) {
        (progress.steps)(settings.steps);
        return Ok(Some(trained));
    }
    let data = planned.source.learn(settings);
    let run = loop {
        let run = match Run::open(schedule, &data, options.clone()) {
            Err(TrainingError::InUse { .. }) if !(progress.go_on)() => return Ok(None),
            Err(TrainingError::InUse { .. }) => {
                std::thread::sleep(PATIENCE);
                continue;
            }
            run => run?,
        };
        // Another process may have ended it in the meantime.
        if let Some(trained) = read(&outcome) {
            (progress.steps)(settings.steps);
            return Ok(Some(trained));
        }
        if run.steps() < settings.steps {
            break run;
        }
        // It was killed between its last step and its outcome, and what the step said is lost: once more.
        let checkpoint = directory.join(CHECKPOINT);
        std::fs::remove_file(&checkpoint).map_err(|reason| WriteError {
            path: checkpoint,
            step: "removing",
            reason,
        })?;
    };
    let (start, before) = (Instant::now(), run.steps());
    (progress.steps)(before);
    let summary = run.train(&mut |_| {
        (progress.steps)(1);
        (progress.go_on)()
    })?;
    let seconds = (before == 0).then(|| start.elapsed().as_secs_f64());
    let Some(trained) = Trained::of(summary, seconds) else { return Ok(None) };
    (progress.steps)(settings.steps - trained.steps);
    let text = serde_json::to_vec_pretty(&trained).expect("plain data");
    atomic::write(&outcome, &text, Sync::No)?;
    Ok(Some(trained))
}

/// What is there of an earlier training; a file that is damaged counts as none, and the checkpoint beside it is whole.
fn read(path: &Path) -> Option<Trained> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

impl Trained {
    /// `None` for a training that was told to stop.
    fn of(summary: Summary, seconds: Option<f64>) -> Option<Self> {
        let (ending, trouble) = match summary.ending {
            Ending::Finished => (TrainedTo::Finished, None),
            Ending::Diverged { step, trouble } => (TrainedTo::Diverged, Some(format!("from step {step}: {trouble}"))),
            Ending::Stopped => return None,
        };
        let losses = summary.last.map(|last| last.losses).unwrap_or_default();
        let losses = losses.into_iter().map(|(name, loss)| (name.to_owned(), loss)).collect();
        let step_cycles = summary.hardware.map(|cycles| cycles.total);
        Some(Self { ending, steps: summary.steps, losses, trouble, step_cycles, seconds })
    }
}
