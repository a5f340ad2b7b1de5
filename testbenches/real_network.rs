//! Whole designs with every imperfection: the emitted design in Verilator against the golden model, every value and cycle.

#[allow(dead_code)] // shared with other test files
#[path = "exact_training.rs"]
mod exact;

use exact::{phases_are_exact, steps_are_exact, with_training};
use memgan::config::Design;
use memgan::diff::SessionOptions;

/// Every imperfection at once.
const MODEL: &str = "law = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nup_down = 0.05\nup_down_dtod = \
                     0.05\nw_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck_at_lrs = 0.02\nstuck_at_hrs = 0.02\nstuck = \
                     0.02\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = 0.02";

fn real(preset: &str, rule: &str, batch: usize, model: &str) -> Design {
    with_training(preset, rule, &format!("batch = {batch}\n[device.model]\n{model}"))
}

#[test]
fn tiny_trains_with_every_imperfection() {
    for rule in ["stochastic", "accumulate"] {
        phases_are_exact(&real("tiny", rule, 4, MODEL), 6, 2);
    }
}
