//! One line of JSON a step.

use super::TrainingError;
use super::learner::StepRecord;
use crate::data::WriteError;
use crate::data::atomic::{self, Sync};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Name of the file in a run's directory.
pub const METRICS: &str = "metrics.jsonl";

/// The lines of a run so far, and the file that they go to. Lines hold nothing that differs from run to run.
pub(super) struct Metrics {
    path: PathBuf,
    file: BufWriter<File>,
    /// Step and losses by name of every line.
    pub losses: Vec<(u64, Vec<(String, f64)>)>,
}

impl Metrics {
    /// Continues after `step`: later lines, which no checkpoint covers, and a line that was cut are dropped.
    pub fn open(path: &Path, step: u64) -> Result<Self, TrainingError> {
        let known = if step > 0 { std::fs::read_to_string(path).unwrap_or_default() } else { String::new() };
        let mut kept = String::new();
        let mut losses = Vec::new();
        for line in known.lines() {
            if let Some((at, values)) = parse(line).filter(|&(at, _)| at <= step) {
                losses.push((at, values));
                kept += line;
                kept.push('\n');
            }
        }
        atomic::write(path, kept.as_bytes(), Sync::No)?;
        let file = File::options().append(true).open(path);
        let file = file.map_err(|reason| WriteError { path: path.to_owned(), step: "opening", reason })?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), losses })
    }

    pub fn add(&mut self, record: &StepRecord) -> Result<(), TrainingError> {
        let line = serde_json::json!(record).to_string();
        let result = writeln!(self.file, "{line}");
        // As read from the file, so that a plot does not depend on where a run was continued.
        self.losses.extend(parse(&line));
        self.check(result)
    }

    /// Makes sure that all lines are on the disk.
    pub fn sync(&mut self) -> Result<(), TrainingError> {
        let result = self.file.flush().and_then(|()| self.file.get_ref().sync_data());
        self.check(result)
    }

    fn check(&self, result: io::Result<()>) -> Result<(), TrainingError> {
        Ok(result.map_err(|reason| WriteError { path: self.path.clone(), step: "writing", reason })?)
    }
}

/// Step and losses of a line; `None` if it was cut.
fn parse(line: &str) -> Option<(u64, Vec<(String, f64)>)> {
    let value: Value = serde_json::from_str(line).ok()?;
    let losses = value["losses"].as_object()?.iter();
    Some((value["step"].as_u64()?, losses.filter_map(|(name, v)| Some((name.clone(), v.as_f64()?))).collect()))
}
