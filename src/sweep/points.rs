//! The points of a sweep: what each one sets, and the designs that come of it.

use super::place::check_places;
use super::{Mode, Settings, Sweep, SweepError, tree};
use crate::config::Design;
use std::fmt::Write;
use std::sync::Arc;
use toml::{Table, Value};

/// More points are refused: their designs are held in memory.
pub const MOST_POINTS: usize = 100_000;

/// One combination of values.
#[derive(Clone, Debug)]
pub struct Point {
    /// Place in the sweep, from 0: the last key of the grid changes fastest.
    pub index: usize,
    /// What was varied, in the order of [`Sweep::variables`].
    pub values: Vec<(String, Value)>,
    pub settings: Settings,
    /// What is scored.
    pub design: Arc<Design>,
    /// What is trained: the same design, or with [`Mode::Transfer`] the one without the point's values.
    pub trained: Arc<Design>,
}

impl Point {
    /// Images a step.
    pub fn batch(&self) -> usize {
        let most = self.trained.training.as_ref().map_or(1, |training| training.batch);
        self.settings.batch.unwrap_or(most)
    }

    /// Names of the values that a table shows: `device.levels = 64, seed = 1`.
    pub fn label(&self) -> String {
        label(&self.values)
    }
}

fn label(values: &[(String, Value)]) -> String {
    let mut text = String::new();
    for (key, value) in values {
        let comma = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{comma}{key} = {value}");
    }
    text
}

impl Sweep {
    /// Number of points, however many.
    pub fn count(&self) -> usize {
        self.axes.iter().fold(1, |count, axis| count.saturating_mul(axis.rows.len()))
    }

    /// All points in their order.
    ///
    /// # Errors
    /// If there are more than [`MOST_POINTS`], or the first of them has a value that is refused.
    pub fn points(&self) -> Result<Vec<Point>, SweepError> {
        if self.count() > MOST_POINTS {
            let points = match self.count() {
                usize::MAX => "too many".to_owned(),
                count => count.to_string(),
            };
            return Err(SweepError::TooMany { points, most: MOST_POINTS });
        }
        let base = Arc::new(self.design(&[], "the description with [set]")?);
        (0..self.count()).map(|index| self.point(index, &base)).collect()
    }

    /// The first point alone, for an estimate of many.
    ///
    /// # Errors
    /// If it has a value that is refused.
    pub fn first_point(&self) -> Result<Point, SweepError> {
        self.point(0, &Arc::new(self.design(&[], "the description with [set]")?))
    }

    fn point(&self, index: usize, base: &Arc<Design>) -> Result<Point, SweepError> {
        let values = self.values(index);
        let name = format!("point {index} ({})", label(&values));
        let mut settings = self.settings.clone();
        let mut keys = Vec::new();
        for (key, value) in &values {
            if !settings.set(key, value, key)? {
                keys.push((key.clone(), value.clone()));
            }
        }
        let design = if keys.is_empty() { base.clone() } else { Arc::new(self.design(&keys, &name)?) };
        let trained = match settings.mode {
            Mode::InSitu => design.clone(),
            Mode::Transfer => base.clone(),
        };
        check_places(&trained, &design).map_err(|problem| SweepError::Place { point: name.clone(), problem })?;
        let point = Point { index, values, settings, design, trained };
        let most = point.trained.training.as_ref().map_or(1, |training| training.batch);
        match point.batch() {
            batch if batch > most => Err(SweepError::Batch { point: name, batch, most }),
            _ => Ok(point),
        }
    }

    /// The point that has these rows of the axes.
    pub(super) fn index(&self, rows: &[usize]) -> usize {
        self.axes.iter().zip(rows).fold(0, |index, (axis, row)| index * axis.rows.len() + row)
    }

    /// The row of each axis that point `index` has.
    fn values(&self, index: usize) -> Vec<(String, Value)> {
        let (mut rest, mut rows) = (index, Vec::new());
        for axis in self.axes.iter().rev() {
            rows.push(axis.keys.iter().cloned().zip(axis.rows[rest % axis.rows.len()].iter().cloned()));
            rest /= axis.rows.len();
        }
        rows.into_iter().rev().flatten().collect()
    }

    /// The description with `[set]` and then `keys`; `name` is that of the point.
    fn design(&self, keys: &[(String, Value)], name: &str) -> Result<Design, SweepError> {
        let mut tree: Table = self.tree.clone();
        for (key, value) in self.set.iter().chain(keys) {
            tree::set(&mut tree, key, value.clone()).map_err(|reason| SweepError::Key {
                point: name.into(),
                key: key.clone(),
                reason,
            })?;
        }
        let mut design = Design::from_toml(&tree.to_string(), &self.description)
            .map_err(|problem| SweepError::Description { point: name.into(), problem })?;
        // A description that only infers trains with the defaults of [training].
        design.training.get_or_insert_with(Default::default);
        Ok(design)
    }
}
