//! Training in hardware: the emitted design in Verilator against the golden trainer, every activation, error, device,
//! register, loss and cycle.

use memgan::config::{Design, Role};
use memgan::cosim::icarus::{self, Replay};
use memgan::data::{DataSet, mnist, synthetic};
use memgan::diff::{SessionOptions, TrainingSession};
use memgan::golden::{TrainSettings, TrainState};
use memgan::prepare;
use memgan::rtl::{CrossbarView, TOP};
use memgan::schedule::{Phase, Schedule};
use memgan::weights::Weights;

/// A preset with a table for training.
fn with_training(preset: &str, rule: &str, more: &str) -> Design {
    let text = memgan::config::preset(preset).expect("a preset").text;
    let text = text.split("\n[training]").next().expect("a text");
    let text = format!("{text}\n[training]\nrule = \"{rule}\"\n{more}\n");
    Design::from_toml(&text, preset).unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

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

/// Images of the default data set in the design's shape, or drawn digits.
fn images(design: &Design, count: usize) -> DataSet {
    let drawn = || synthetic::digits(design.image, count, 3);
    match mnist::load(None, mnist::Split::Test).expect("a readable data set") {
        Some(data) => data.take(count).fit(design.image).map_or_else(|_| drawn(), |fitted| fitted.data),
        None => drawn(),
    }
}

fn initial(schedule: &Schedule) -> TrainState {
    let mapping = prepare::map(schedule, &Weights::seeded(&schedule.design, 5)).expect("weights of the design");
    TrainState::initial(schedule, &mapping, &TrainSettings::of(&schedule.design), 77)
}

/// Runs whole steps phase by phase and demands equality of all that is written, of every cycle and of the state.
fn phases_are_exact(design: &Design, steps: usize, batch: usize) {
    let schedule = Schedule::new(design);
    let data = images(design, steps * batch);
    let codes = prepare::codes(&data, design);
    let options = SessionOptions::default();
    let mut session = TrainingSession::start(&schedule, initial(&schedule), &options).unwrap_or_else(|e| panic!("{e}"));
    let differences = session.differences().expect("read-back");
    assert!(differences.is_empty(), "after programming: {:?}", &differences[..differences.len().min(5)]);
    let mut images = codes.iter();
    for step in 0..steps {
        let mut run = |phase, image: Option<&Vec<i8>>| {
            let report = session.phase(phase, image.map(Vec::as_slice)).unwrap_or_else(|e| panic!("{phase:?}: {e}"));
            assert_eq!(report.differences, 0, "step {step} {phase:?}: first {:?}", report.first);
            let late = report.late();
            assert!(late.is_empty(), "step {step} {phase:?}: cycles {late:?}");
            let registers: Vec<_> = session.differences().expect("read-back").into_iter().take(5).collect();
            assert!(registers.is_empty(), "step {step} after {phase:?}: {registers:?}");
        };
        for _ in 0..batch {
            run(Phase::Real, images.next());
            run(Phase::Fake, None);
        }
        run(Phase::ApplyDiscriminator, None);
        for _ in 0..batch {
            run(Phase::Generate, None);
        }
        run(Phase::ApplyGenerator, None);
    }
}

/// Runs steps by the train command and compares the state after each.
fn steps_are_exact(design: &Design, steps: usize, batch: usize, options: &SessionOptions) {
    let schedule = Schedule::new(design);
    let data = images(design, 64);
    let codes = prepare::codes(&data, design);
    let mut session = TrainingSession::start(&schedule, initial(&schedule), options).unwrap_or_else(|e| panic!("{e}"));
    for step in 0..steps {
        let places: Vec<usize> = (0..batch).map(|k| (step * batch + k) % codes.len()).collect();
        let batch: Vec<&[i8]> = places.iter().map(|&i| codes[i].as_slice()).collect();
        let labels: Vec<u8> = places.iter().map(|&i| data.labels[i]).collect();
        let labels = design.network(Role::Classifier).map(|_| labels.as_slice());
        let report = session.step(&batch, labels).unwrap_or_else(|e| panic!("step {step}: {e}"));
        let losses: Vec<u64> = report.losses.iter().map(|l| l.loss).collect();
        let measured: Vec<u64> = session.losses().expect("read-back").into_iter().map(u64::from).collect();
        assert_eq!(losses, measured, "step {step}: losses");
        let differences = session.differences().expect("read-back");
        assert!(differences.is_empty(), "step {step}: {:?}", &differences[..differences.len().min(5)]);
    }
}

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
    steps_are_exact(&with_training("tiny", "accumulate", "batch = 4"), 200, 2, &SessionOptions::default());
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
    let design = with_training("tiny", "accumulate", "batch = 4\nkeep_remainder = true");
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
    steps_are_exact(&with_training("tiny", "accumulate", "batch = 2"), 5, 2, &options);
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
        let design = with_training("tiny", rule, "batch = 2");
        let schedule = Schedule::new(&design);
        let codes = prepare::codes(&images(&design, 2), &design);
        let options = SessionOptions { record: true, ..SessionOptions::default() };
        let mut session =
            TrainingSession::start(&schedule, initial(&schedule), &options).unwrap_or_else(|e| panic!("{e}"));
        session.step(&[codes[0].as_slice()], None).unwrap_or_else(|e| panic!("{rule}: {e}"));
        assert!(session.differences().expect("read-back").is_empty(), "{rule}");
        let recording = session.driver().model().take_recording();
        // Until the first write the memories hold nothing: Verilator shows zeros, Icarus unknowns.
        let data = ["out_data_o", "tap_addr_o", "tap_data_o", "tap_mask_o", "cfg_data_o", "prog_data_o"];
        let replay = icarus::replay(&recording, TOP, session.sources(), &[], &data).unwrap_or_else(|e| panic!("{e}"));
        assert!(matches!(replay, Replay::Pass { cycles } if cycles as usize == recording.cycles()), "{replay:?}");
    }
}
