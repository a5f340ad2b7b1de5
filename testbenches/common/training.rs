//! Designs that train.

use memgan::config::{Training, UpdateRule};
use memgan::schedule::Schedule;

/// The schedule of a design with training added.
pub fn training(schedule: &Schedule, rule: UpdateRule, batch: usize) -> Schedule {
    let mut design = schedule.design.clone();
    design.training = Some(Training { rule, batch, keep_remainder: false, target_real: 0.9 });
    Schedule::new(&design)
}
