//! What a simulation is given and what comes of it.

use memgan::data::DataSet;
use memgan::device::Mapping;
use memgan::diff::{PassReport, Totals};
use memgan::schedule::Schedule;
use std::path::{Path, PathBuf};

/// Everything a simulation needs.
pub struct Job<'a> {
    pub schedule: &'a Schedule,
    pub mapping: &'a Mapping,
    /// What the hardware's cells hold.
    pub hardware: &'a Mapping,
    pub data: &'a DataSet,
    pub images: usize,
    pub seed: u32,
    pub out: &'a Path,
    pub wave: bool,
    /// Units of time that pass first.
    pub age: u32,
}

/// What came of it.
pub struct Simulated {
    pub totals: Totals,
    pub passes: Vec<PassReport>,
    pub waves: Vec<PathBuf>,
    pub picture: Option<PathBuf>,
}
