//! The sweep file.

use super::settings::{integer, refused};
use super::{Settings, SweepError, tree};
use crate::config::{Design, preset};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// Longest name, which is a part of file names.
const NAME: usize = 40;
/// Images that are scored. The features of a score have 64 dimensions, so fewer give no covariance.
const SAMPLES: std::ops::RangeInclusive<u64> = 65..=100_000;
const DEFAULT_SAMPLES: usize = 2000;
/// Keys of `[run]` that are the same in all points.
const COMMON: [&str; 3] = ["samples", "data", "images"];

/// The file as typed.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    description: String,
    #[serde(default)]
    run: Table,
    #[serde(default)]
    set: Table,
    #[serde(default)]
    grid: Table,
    #[serde(default)]
    points: Vec<Table>,
}

/// A sweep file that was read. Its points may still be wrong.
#[derive(Clone, Debug)]
pub struct Sweep {
    pub name: String,
    /// Preset, or path of the description.
    pub description: String,
    /// Directory of an MNIST-like data set, as `memgan train --data` takes it.
    pub data: Option<PathBuf>,
    /// Learn from the first images only.
    pub images: Option<usize>,
    /// Images that are generated and scored in each point.
    pub samples: usize,
    pub(super) settings: Settings,
    /// Keys of the description that are set in all points.
    pub(super) set: Vec<(String, Value)>,
    /// Factors of the grid; the last one changes fastest.
    pub(super) axes: Vec<Axis>,
    /// The description's tree without any change.
    pub(super) tree: Table,
}

/// Variables that change together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Axis {
    pub keys: Vec<String>,
    /// A value a key.
    pub rows: Vec<Vec<Value>>,
}

impl Sweep {
    /// Reads and checks a sweep file and its description.
    ///
    /// # Errors
    /// The first fault found.
    pub fn load(path: &Path) -> Result<Self, SweepError> {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|error| SweepError::Unreadable { file: file.clone(), reason: error.to_string() })?;
        Self::from_toml(&text, &file, path.parent().unwrap_or(Path::new("")))
    }

    /// As [`Sweep::load`], from text; paths in it are relative to `directory`.
    ///
    /// # Errors
    /// The first fault found.
    pub fn from_toml(text: &str, file: &str, directory: &Path) -> Result<Self, SweepError> {
        let raw: Raw = toml::from_str(text)
            .map_err(|error| SweepError::toml(file, text, error.message(), error.span().unwrap_or(0..0)))?;
        check_name(&raw.name)?;
        let (mut settings, mut data, mut images, mut samples) = (Settings::default(), None, None, DEFAULT_SAMPLES);
        for (key, value) in &raw.run {
            let place = format!("run.{key}");
            match key.as_str() {
                "samples" => samples = integer(&place, value, *SAMPLES.start(), *SAMPLES.end())? as usize,
                "images" => images = Some(integer(&place, value, 1, u32::MAX.into())? as usize),
                "data" => {
                    let path = value.as_str().ok_or_else(|| refused(&place, value, "the path of a directory"))?;
                    data = Some(directory.join(path));
                }
                _ if settings.set(key, value, &place)? => {}
                _ => return Err(unknown(file, place, COMMON.iter().chain(&Settings::NAMES))),
            }
        }
        let set = tree::flatten(&raw.set);
        if let Some((key, _)) = set.iter().find(|(key, _)| is_run_level(key)) {
            let allowed = format!("keys of the description; `{key}` belongs into [run], [grid] or [[points]]");
            return Err(SweepError::UnknownKey { file: file.into(), key: format!("set.{key}"), allowed });
        }
        let axes = axes(&raw)?;
        for (key, place) in axes.iter().flat_map(|axis| axis.keys.iter().map(|key| (key, axis.place()))) {
            if set.iter().any(|(other, _)| other == key) {
                return Err(SweepError::Twice { key: key.clone(), first: "[set]".into(), second: place });
            }
            if COMMON.contains(&key.as_str()) {
                let way_out = format!("move `{key}` to [run]: it is the same in all points");
                let allowed = "a key of the description or one of ".to_owned() + &Settings::NAMES.join(", ");
                return Err(SweepError::Value { key: place, value: format!("`{key}`"), allowed, way_out });
            }
        }
        let (description, tree) = description(&raw.description, directory)?;
        Ok(Self { name: raw.name, description, data, images, samples, settings, set, axes, tree })
    }

    /// What is varied, in the order of the file.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.axes.iter().flat_map(|axis| axis.keys.iter().map(String::as_str))
    }
}

impl Axis {
    /// Where it stands in the file.
    pub fn place(&self) -> String {
        if self.keys.len() == 1 { format!("[grid] ({})", self.keys[0]) } else { "[[points]]".into() }
    }
}

/// Whether it is a setting of runs, and no key of the description.
pub(super) fn is_run_level(key: &str) -> bool {
    Settings::NAMES.contains(&key) || COMMON.contains(&key)
}

fn unknown<'a>(file: &str, key: String, allowed: impl Iterator<Item = &'a &'a str>) -> SweepError {
    let mut allowed: Vec<&str> = allowed.copied().collect();
    allowed.sort_unstable();
    SweepError::UnknownKey { file: file.into(), key, allowed: allowed.join(", ") }
}

fn check_name(name: &str) -> Result<(), SweepError> {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_empty() && name.len() <= NAME && name.chars().all(good) {
        return Ok(());
    }
    let allowed = format!("1 to {NAME} letters, digits, `-` and `_`");
    let way_out = "it is a part of file names".into();
    Err(SweepError::Value { key: "name".into(), value: format!("{name:?}"), allowed, way_out })
}

/// The list of points, if there is one, then each key of the grid.
fn axes(raw: &Raw) -> Result<Vec<Axis>, SweepError> {
    let mut axes: Vec<Axis> = Vec::new();
    let rows: Vec<Vec<(String, Value)>> = raw.points.iter().map(tree::flatten).collect();
    if let Some(first) = rows.first() {
        let keys: Vec<String> = first.iter().map(|(key, _)| key.clone()).collect();
        let rows: Vec<Vec<Value>> = rows.iter().map(|row| in_order(row, &keys)).collect::<Result<_, _>>()?;
        if let Some(twice) = (1..rows.len()).find(|&i| rows[..i].contains(&rows[i])) {
            let value = format!("a list whose table {} is there before", twice + 1);
            let (allowed, way_out) = ("different tables".into(), "leave one of them out".into());
            return Err(SweepError::Value { key: "points".into(), value, allowed, way_out });
        }
        axes.push(Axis { rows, keys });
    }
    for (key, value) in tree::flatten(&raw.grid) {
        let place = format!("grid.{key}");
        let Value::Array(values) = &value else {
            return Err(refused(&place, &value, "a list of values, as in [1, 2, 3]"));
        };
        if values.is_empty() {
            let way_out = "give it a value, or leave it out".into();
            let allowed = "a list of at least one value".into();
            return Err(SweepError::Value { key: place, value: "[]".into(), allowed, way_out });
        }
        if let Some(twice) = (1..values.len()).find(|&i| values[..i].contains(&values[i])) {
            let value = format!("{value}, with {} twice", values[twice]);
            let (allowed, way_out) = ("a list of different values".into(), "leave one of them out".into());
            return Err(SweepError::Value { key: place, value, allowed, way_out });
        }
        axes.push(Axis { keys: vec![key], rows: values.iter().map(|v| vec![v.clone()]).collect() });
    }
    let keys: Vec<&String> = axes.iter().flat_map(|axis| &axis.keys).collect();
    if let Some(twice) = (1..keys.len()).find(|&i| keys[..i].contains(&keys[i])) {
        let (key, first, second) = (keys[twice].clone(), "[[points]] or [grid]".into(), "[grid]".into());
        return Err(SweepError::Twice { key, first, second });
    }
    if keys.is_empty() {
        let allowed = "[grid] with a list for each key, or [[points]]".into();
        let way_out = "add a table [grid], as in `seed = [1, 2, 3]`".into();
        return Err(SweepError::Value { key: "grid".into(), value: "empty: no points".into(), allowed, way_out });
    }
    Ok(axes)
}

/// The values of a table of `[[points]]` in the order of the first table's keys.
fn in_order(row: &[(String, Value)], keys: &[String]) -> Result<Vec<Value>, SweepError> {
    let find = |key: &String| row.iter().find(|(other, _)| other == key).map(|(_, value)| value.clone());
    let values: Option<Vec<Value>> = keys.iter().map(find).collect();
    values.filter(|values| values.len() == row.len()).ok_or_else(|| {
        let names: Vec<&str> = row.iter().map(|(key, _)| key.as_str()).collect();
        let allowed = format!("the keys of the first table: {}", keys.join(", "));
        let way_out = "give every table of [[points]] the same keys".into();
        SweepError::Value { key: "points".into(), value: format!("a table of {}", names.join(", ")), allowed, way_out }
    })
}

/// The description as it can be named anywhere, and its tree.
fn description(named: &str, directory: &Path) -> Result<(String, Table), SweepError> {
    let (name, text) = match preset(named) {
        Some(preset) => (named.to_owned(), preset.text.to_owned()),
        None => {
            let path = directory.join(named).display().to_string();
            // What is wrong without any point is reported at its place in the file.
            let problem = |problem| SweepError::Description { point: "the description".into(), problem };
            Design::load(&path).map_err(problem)?;
            let text = std::fs::read_to_string(&path);
            let reason = |e: std::io::Error| SweepError::Unreadable { file: path.clone(), reason: e.to_string() };
            (path.clone(), text.map_err(reason)?)
        }
    };
    let tree = text.parse().map_err(|e: toml::de::Error| SweepError::toml(&name, &text, e.message(), 0..0))?;
    Ok((name, tree))
}
