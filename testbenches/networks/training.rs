//! Training in hardware: the emitted design in Verilator against the golden trainer, every activation, error, device,
//! register, loss and cycle.

use super::exact::{phases_are_exact, steps_are_exact, with_training};
use memgan::config::Design;
use memgan::diff::SessionOptions;
use memgan::rtl::CrossbarView;

/// A classifier with every kind of layer that one can have.
const CLASSIFIER: &str = r#"
name = "classifier"
[classifier]
image = [8, 8, 1]
[[layers]]
type = "conv"
channels = 4
kernel = 3
stride = 2
padding = 1
activation = "leaky_relu"
slope = 0.25
dropout = 0.2
[[layers]]
type = "dense"
outputs = 20
activation = "tanh"
[[layers]]
type = "dense"
outputs = 10
activation = "linear"
[crossbar]
rows = 16
columns = 16
columns_per_adc = 4
[buffer]
lanes = 4
"#;

#[test]
fn tiny_trains_by_stochastic_pulses_phase_by_phase() {
    phases_are_exact(&with_training("tiny", "stochastic", "batch = 4"), 6, 2);
}

#[test]
fn tiny_trains_by_summed_gradients_phase_by_phase() {
    phases_are_exact(&with_training("tiny", "accumulate", "batch = 4"), 6, 2);
}

#[test]
fn tiny_trains_for_200_steps_by_stochastic_pulses() {
    steps_are_exact(&with_training("tiny", "stochastic", "batch = 4"), 200, 2, &SessionOptions::default());
}

#[test]
fn tiny_trains_for_200_steps_by_summed_gradients() {
    let design = with_training("tiny", "accumulate", "batch = 4\nupdate_rows = 1");
    steps_are_exact(&design, 200, 2, &SessionOptions::default());
}

#[test]
fn a_classifier_trains_by_both_rules() {
    for rule in ["stochastic", "accumulate"] {
        let text = format!("{CLASSIFIER}\n[training]\nrule = \"{rule}\"\nbatch = 4\n");
        let design = Design::from_toml(&text, "classifier").unwrap_or_else(|e| panic!("{e}: {:?}", e.help));
        steps_are_exact(&design, 40, 3, &SessionOptions::default());
    }
}

#[test]
fn kept_remainders_are_exact() {
    let design = with_training("tiny", "accumulate", "batch = 4\nkeep_remainder = true\nupdate_rows = 2");
    steps_are_exact(&design, 30, 3, &SessionOptions::default());
}

#[test]
fn training_does_not_depend_on_the_latency_of_the_macro() {
    let options = SessionOptions { view: CrossbarView::Jitter, ..SessionOptions::default() };
    steps_are_exact(&with_training("tiny", "stochastic", "batch = 2"), 5, 2, &options);
}

#[test]
fn training_on_the_emulation_is_the_same() {
    let options = SessionOptions { view: CrossbarView::Emulation, ..SessionOptions::default() };
    for rule in ["accumulate", "stochastic"] {
        steps_are_exact(&with_training("tiny", rule, "batch = 2"), 5, 2, &options);
    }
}

/// 28x28 images, several tiles a layer, dropout, tanh.
#[test]
fn mnist_small_trains_by_summed_gradients() {
    phases_are_exact(&with_training("mnist-small", "accumulate", "batch = 4"), 3, 1);
}

#[test]
fn mnist_small_trains_by_stochastic_pulses() {
    phases_are_exact(&with_training("mnist-small", "stochastic", "batch = 4"), 3, 1);
}

#[test]
fn icarus_trains_the_same() {
    for rule in ["stochastic", "accumulate"] {
        super::exact::icarus_trains_the_same(&with_training("tiny", rule, "batch = 2"));
    }
}
