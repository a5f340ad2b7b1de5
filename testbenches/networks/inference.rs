//! Whole networks: the emitted design in Verilator against the golden model, every activation and every cycle.

use memgan::config::{Design, Role};
use memgan::cosim::Trace;
use memgan::cosim::icarus::{self, Replay};
use memgan::data::{DataSet, mnist, synthetic};
use memgan::diff::{Session, SessionOptions, Totals};
use memgan::prepare;
use memgan::rtl::{CrossbarView, TOP};
use memgan::schedule::Schedule;
use memgan::weights::Weights;

/// A small design that uses what the presets do not: two-phase inputs, a reference column, odd shapes, several row
/// tiles, strides that do not divide, dropout at inference, tanh, uniform latents, an odd number of columns.
const ODD: &str = r#"
name = "odd"
[gan]
latent = 11
image = [9, 7, 1]
latent_distribution = "uniform"
dropout_at_inference = true
[[generator]]
type = "dense"
outputs = [5, 4, 6]
activation = "leaky_relu"
slope = 0.125
dropout = 0.25
[[generator]]
type = "conv_transpose"
channels = 5
kernel = 3
stride = 2
padding = 1
activation = "relu"
dropout = 0.1
[[generator]]
type = "conv_transpose"
channels = 1
kernel = 3
stride = 1
padding = 1
activation = "tanh"
[[discriminator]]
type = "conv"
channels = 7
kernel = 3
stride = 2
padding = 2
activation = "leaky_relu"
slope = 0.5
dropout = 0.4
[[discriminator]]
type = "conv"
channels = 3
kernel = 5
stride = 3
padding = 1
activation = "linear"
[[discriminator]]
type = "dense"
outputs = 1
activation = "sigmoid"
[crossbar]
rows = 32
columns = 8
columns_per_adc = 4
pair = "reference"
[device]
levels = 33
[converter]
adc_bits = 7
signed_input = "two_phase"
settle_cycles = 2
sample_cycles = 3
conversion_cycles = 5
[buffer]
lanes = 8
"#;

/// A classifier with dropout at inference, which nothing seeds before its first image.
const UNSEEDED: &str = r#"
name = "unseeded"
[classifier]
image = [4, 4, 1]
dropout_at_inference = true
[[layers]]
type = "dense"
outputs = 8
activation = "relu"
dropout = 0.5
[[layers]]
type = "dense"
outputs = 2
activation = "linear"
[crossbar]
rows = 16
columns = 8
[buffer]
lanes = 4
"#;

/// Images of the default data set in the design's shape, or drawn digits.
fn images(design: &Design, count: usize) -> DataSet {
    match mnist::load(None, mnist::Split::Test).expect("a readable data set") {
        Some(data) => match data.take(count).fit(design.image) {
            Ok(fitted) => fitted.data,
            Err(_) => synthetic::digits(design.image, count, 3),
        },
        None => synthetic::digits(design.image, count, 3),
    }
}

fn design(name: &str) -> Design {
    match name {
        "odd" => Design::from_toml(ODD, "odd.toml").unwrap_or_else(|e| panic!("{e}: {:?}", e.help)),
        "unseeded" => Design::from_toml(UNSEEDED, "unseeded.toml").unwrap_or_else(|e| panic!("{e}: {:?}", e.help)),
        // With its training `tiny` alone: the others take long to build, and their steps are simulated elsewhere.
        preset => {
            let mut design = Design::load(preset).expect("a preset");
            design.training = design.training.filter(|_| preset == "tiny");
            design
        }
    }
}

/// Runs `passes` inputs through every network and demands equality of all activations; returns the sums.
fn run(name: &str, passes: usize, options: &SessionOptions) -> Totals {
    let design = design(name);
    let schedule = Schedule::new(&design);
    let weights = Weights::seeded(&design, 5);
    let mapping = prepare::map(&schedule, &weights).expect("weights of the design");
    let mut session = Session::start(&schedule, &mapping, &mapping, options).unwrap_or_else(|e| panic!("{e}"));
    let data = images(&design, passes);
    println!("{name}: {}", data.source);
    let codes = prepare::codes(&data, &design);
    let mut totals = Totals::default();
    for network in &design.networks {
        for (i, image) in codes.iter().enumerate() {
            let pass = match network.role {
                Role::Generator => session.generate(prepare::pass_seed(9, i)),
                role => session.apply(role, image),
            };
            let pass = pass.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(pass.is_equal(), "{name}: {} differences: {:?}", pass.differences, pass.first_mismatch);
            let expected: usize = network.layers.iter().map(|l| l.output.len()).sum();
            assert_eq!(pass.compared as usize, expected, "{name}: every activation is compared");
            assert_eq!(pass.rtl_output, pass.golden_output, "{name}: the output stream");
            totals.add(&pass);
        }
    }
    assert!(totals.array_busy_cycles > 0);
    totals
}

/// Values and cycles, with a macro of fixed latency.
fn run_exact(name: &str, passes: usize) -> Totals {
    let totals = run(name, passes, &SessionOptions::default());
    for layer in &totals.layers {
        assert_eq!(layer.cycles, layer.predicted_cycles, "{name}: cycles of {}", layer.layer);
    }
    assert_eq!(totals.cycles, totals.predicted_cycles, "{name}: cycles");
    totals
}

#[test]
fn tiny_is_exact() {
    run_exact("tiny", 8);
}

#[test]
fn an_odd_design_is_exact() {
    run_exact("odd", 6);
}

#[test]
fn dropout_before_any_seed_is_exact() {
    run_exact("unseeded", 3);
}

#[test]
fn mnist_small_is_exact_and_keeps_the_array_busy() {
    let totals = run_exact("mnist-small", 4);
    assert!(totals.array_utilisation >= 0.9, "utilisation {}", totals.array_utilisation);
}

#[test]
fn am_dcgan_is_exact_and_keeps_the_array_busy() {
    let totals = run_exact("am-dcgan", 2);
    assert!(totals.array_utilisation >= 0.9, "utilisation {}", totals.array_utilisation);
}

#[test]
fn a_convolutional_classifier_is_exact() {
    run_exact("cnn", 3);
}

#[test]
fn a_multi_layer_perceptron_is_exact() {
    run_exact("mlp", 4);
}

#[test]
fn values_do_not_depend_on_stalls() {
    let options = SessionOptions { stall_probability: 0.6, stall_seed: 11, ..Default::default() };
    let totals = run("tiny", 6, &options);
    assert_eq!(totals.cycles, totals.predicted_cycles, "stalls are outside a run");
}

#[test]
fn values_do_not_depend_on_the_latency_of_the_macro() {
    for name in ["tiny", "odd"] {
        let totals = run(name, 4, &SessionOptions { view: CrossbarView::Jitter, ..Default::default() });
        assert!(totals.cycles > totals.predicted_cycles, "{name}: the macro answers late");
    }
}

#[test]
fn the_emulation_computes_the_same() {
    for name in ["tiny", "odd"] {
        run(name, 3, &SessionOptions { view: CrossbarView::Emulation, ..Default::default() });
    }
}

#[test]
fn a_wrong_cell_is_found_and_located() {
    let design = design("tiny");
    let schedule = Schedule::new(&design);
    let golden = prepare::map(&schedule, &Weights::seeded(&design, 5)).expect("weights of the design");
    let mut hardware = golden.clone();
    let cell = &mut hardware.layers[1].levels[(2, 5)];
    *cell = if *cell > 0 { -63 } else { 63 };
    let mut session =
        Session::start(&schedule, &hardware, &golden, &SessionOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    let pass = session.generate(1).expect("a run");
    assert!(!pass.is_equal());
    let layers: Vec<(&str, u64)> = pass.layers.iter().map(|l| (l.layer.as_str(), l.differences)).collect();
    assert_eq!(layers, [("generator_0", 0), ("generator_1", pass.differences)], "the faulty layer has them all");
    let first = pass.first_mismatch.expect("the first difference");
    assert_eq!(first.layer, "generator_1");
    // Weight column 5 is kernel row 1, column 1: it reaches output (2y, 2x) of the input pixel (y, x).
    assert_eq!((first.row % 2, first.column % 2, first.channel), (0, 0, 0), "{first:?}");
    assert!(first.cycle.is_some_and(|c| c < pass.cycles) && first.got != Some(first.expected), "{first:?}");
}

#[test]
fn icarus_agrees_on_the_same_vectors() {
    let design = design("tiny");
    let schedule = Schedule::new(&design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, 5)).expect("weights of the design");
    let options = SessionOptions { record: true, ..Default::default() };
    let mut session = Session::start(&schedule, &mapping, &mapping, &options).unwrap_or_else(|e| panic!("{e}"));
    let image = prepare::codes(&images(&design, 1), &design).remove(0);
    assert!(session.generate(3).expect("a run").is_equal());
    assert!(session.apply(Role::Discriminator, &image).expect("a run").is_equal());
    let recording = session.driver().model().take_recording();
    assert!(recording.cycles() > 1000, "{} cycles", recording.cycles());
    let sources = session.sources().to_vec();
    // Until the first write the memories hold nothing: Verilator shows zeros, Icarus unknowns.
    let data = ["out_data_o", "tap_addr_o", "tap_data_o", "tap_mask_o", "cfg_data_o", "prog_data_o"];
    let replay = icarus::replay(&recording, TOP, &sources, &[], &data).unwrap_or_else(|e| panic!("{e}"));
    assert!(matches!(replay, Replay::Pass { cycles } if cycles as usize == recording.cycles()), "{replay:?}");
}

#[test]
fn a_waveform_is_written_when_asked_for() {
    let design = design("tiny");
    let schedule = Schedule::new(&design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, 5)).expect("weights of the design");
    let options = SessionOptions { trace: Trace::Fst, ..Default::default() };
    let mut session = Session::start(&schedule, &mapping, &mapping, &options).unwrap_or_else(|e| panic!("{e}"));
    let dir = tempfile::tempdir().expect("a directory");
    let wave = session.begin_trace(&dir.path().join("run"), 0..u64::MAX).expect("a waveform");
    session.generate(1).expect("a run");
    session.end_trace();
    assert!(std::fs::metadata(&wave).expect("the waveform").len() > 1000);
}
