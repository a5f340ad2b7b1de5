//! Designs that train.

use memgan::config::{Training, UpdateRule};
use memgan::schedule::Schedule;

/// The schedule of a design with training added; four matrix rows a cycle, or as many as there are lanes.
pub fn training(schedule: &Schedule, rule: UpdateRule, batch: usize) -> Schedule {
    let mut design = schedule.design.clone();
    let update_rows = if rule == UpdateRule::Accumulate { design.lanes.min(4) } else { 1 };
    design.training = Some(Training { rule, batch, keep_remainder: false, update_rows, target_real: 0.9 });
    Schedule::new(&design)
}
