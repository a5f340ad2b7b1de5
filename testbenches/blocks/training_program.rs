//! The operations of a training step, written by hand from docs/training.md, against those of the schedule.

use crate::common::{preset, training};
use memgan::config::{Activation, UpdateRule};
use memgan::schedule::{LossTarget, Op, OpKind, Pass, Phase, Schedule};

fn schedule(name: &str, rule: UpdateRule) -> Schedule {
    training(&preset(name), rule, 4)
}

/// An operation in a line: pass, movement, layer, tensors; then what the pass needs beside.
fn line(schedule: &Schedule, op: &Op) -> String {
    let tensor = |t: Option<usize>| t.map_or("-", |t| schedule.tensors[t].name.as_str());
    let pass = match op.pass {
        Pass::Forward => "forward",
        Pass::Loss => "loss",
        Pass::Backward => "backward",
        Pass::Update => "update",
        Pass::BiasSum => "bias_sum",
        Pass::Apply => "apply",
        Pass::Adapt => "adapt",
    };
    let kind = match op.kind {
        OpKind::GatherWindow => "window",
        OpKind::GatherRun => "run",
        OpKind::ScatterWindow => "scatter",
        OpKind::Finish => "finish",
        OpKind::Words => "words",
        OpKind::Rows => "rows",
        OpKind::Control => "control",
    };
    let activation = match op.activation {
        Activation::Linear => "linear".to_owned(),
        Activation::Relu => "relu".to_owned(),
        Activation::LeakyRelu { shift } => format!("leaky_{shift}"),
        Activation::Tanh => "tanh".to_owned(),
        Activation::Sigmoid => "sigmoid".to_owned(),
    };
    let more = match op.pass {
        // What is written has a non-linearity, or the derivative of one, and dropout.
        Pass::Forward | Pass::Backward if op.target.is_some() => format!(" {activation} {}", op.dropout),
        Pass::Loss => match op.loss {
            Some(LossTarget::Code(code)) => format!(" {code}"),
            Some(LossTarget::Class) => " class".to_owned(),
            None => " nothing".to_owned(),
        },
        Pass::Adapt => format!(" {}", op.drain_len),
        _ => String::new(),
    };
    let layer = &schedule.banks[op.layer].name;
    format!("{pass} {kind} {layer}: {} > {}{more}", tensor(op.source), tensor(op.target))
}

/// Compares the operations of a phase with lines, the phases being in order and without gaps.
fn compare(name: &str, rule: UpdateRule, expected: &[(Phase, String)]) {
    let schedule = schedule(name, rule);
    let mut next = schedule.programs.iter().map(|p| p.last_op + 1).max().unwrap();
    assert_eq!(schedule.phases.len(), expected.len(), "{name}, {rule:?}: phases");
    for (program, (phase, lines)) in schedule.phases.iter().zip(expected) {
        assert_eq!(program.phase, *phase, "{name}, {rule:?}: order of the phases");
        assert_eq!(program.first_op, next, "{name}, {rule:?}: {phase:?} begins after the phase before");
        let got: Vec<String> =
            schedule.ops[program.first_op..=program.last_op].iter().map(|op| line(&schedule, op)).collect();
        let want: Vec<&str> = lines.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        assert_eq!(got, want, "{name}, {rule:?}: {phase:?}");
        next = program.last_op + 1;
    }
    assert_eq!(next, schedule.ops.len(), "{name}, {rule:?}: operations of no phase");
}

/// Phases of a GAN; `apply` is left out where gradients are not summed.
fn gan(name: &str, texts: [&str; 5]) {
    let phases =
        [Phase::Real, Phase::Fake, Phase::ApplyDiscriminator, Phase::Generate, Phase::ApplyGenerator].into_iter();
    let with: Vec<(Phase, String)> = phases.zip(texts.map(str::to_owned)).collect();
    compare(name, UpdateRule::Accumulate, &with);
    compare(name, UpdateRule::Stochastic, &without_apply(&with));
}

fn without_apply(phases: &[(Phase, String)]) -> Vec<(Phase, String)> {
    let kept = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|l| !l.trim().starts_with("apply"));
        // One position fires sixteen times; every window and every scatter of these designs has that many or more.
        let times = |line: &str| if line.trim().starts_with("update run") { 16 } else { 1 };
        lines.flat_map(|l| std::iter::repeat_n(l.to_owned(), times(l))).collect()
    };
    phases.iter().map(|(phase, text)| (*phase, kept(text).join("\n"))).collect()
}

#[test]
fn tiny() {
    // 0.9 of 127 is 114.
    let real = "
        forward window discriminator_0: generator_1 > discriminator_0 leaky_2 0
        forward run discriminator_1: discriminator_0 > discriminator_1 sigmoid 0
        loss words discriminator_1: discriminator_1 > discriminator_1 114
        backward run discriminator_1: discriminator_1 > discriminator_0 leaky_2 0
        update window discriminator_0: generator_1 > discriminator_0
        bias_sum words discriminator_0: discriminator_0 > discriminator_0
        update run discriminator_1: discriminator_0 > discriminator_1
        bias_sum words discriminator_1: discriminator_1 > discriminator_1";
    let fake = "
        forward run generator_0: generator_input > generator_0 relu 0
        forward scatter generator_1: generator_0 > -
        forward finish generator_1: - > generator_1 sigmoid 0
        forward window discriminator_0: generator_1 > discriminator_0 leaky_2 0
        forward run discriminator_1: discriminator_0 > discriminator_1 sigmoid 0
        loss words discriminator_1: discriminator_1 > discriminator_1 0
        backward run discriminator_1: discriminator_1 > discriminator_0 leaky_2 0
        update window discriminator_0: generator_1 > discriminator_0
        bias_sum words discriminator_0: discriminator_0 > discriminator_0
        update run discriminator_1: discriminator_0 > discriminator_1
        bias_sum words discriminator_1: discriminator_1 > discriminator_1";
    let apply_discriminator = "
        apply rows discriminator_0: - > -
        apply rows discriminator_1: - > -
        adapt control generator_0: - > - 0
        adapt control generator_1: - > - 0
        adapt control discriminator_0: - > - 4
        adapt control discriminator_1: - > - 1";
    let generate = "
        forward run generator_0: generator_input > generator_0 relu 0
        forward scatter generator_1: generator_0 > -
        forward finish generator_1: - > generator_1 sigmoid 0
        forward window discriminator_0: generator_1 > discriminator_0 leaky_2 0
        forward run discriminator_1: discriminator_0 > discriminator_1 sigmoid 0
        loss words discriminator_1: discriminator_1 > discriminator_1 127
        backward run discriminator_1: discriminator_1 > discriminator_0 leaky_2 0
        backward scatter discriminator_0: discriminator_0 > -
        backward finish discriminator_0: - > generator_1 sigmoid 0
        backward window generator_1: generator_1 > generator_0 relu 0
        update run generator_0: generator_input > generator_0
        bias_sum words generator_0: generator_0 > generator_0
        update scatter generator_1: generator_0 > generator_1
        bias_sum words generator_1: generator_1 > generator_1";
    let apply_generator = "
        apply rows generator_0: - > -
        apply rows generator_1: - > -
        adapt control generator_0: - > - 64
        adapt control generator_1: - > - 1
        adapt control discriminator_0: - > - 0
        adapt control discriminator_1: - > - 0";
    gan("tiny", [real, fake, apply_discriminator, generate, apply_generator]);
}

/// Dropout of 0.4, 102 of 256, in both convolutions of the discriminator: in the forward pass of every phase, although the
/// inference has none, and in the errors of their outputs.
#[test]
fn mnist_small() {
    let judge = |target: &str| {
        format!(
            "
        forward window discriminator_0: generator_2 > discriminator_0 leaky_2 102
        forward window discriminator_1: discriminator_0 > discriminator_1 leaky_2 102
        forward run discriminator_2: discriminator_1 > discriminator_2 sigmoid 0
        loss words discriminator_2: discriminator_2 > discriminator_2 {target}
        backward run discriminator_2: discriminator_2 > discriminator_1 leaky_2 102
        backward scatter discriminator_1: discriminator_1 > -
        backward finish discriminator_1: - > discriminator_0 leaky_2 102"
        )
    };
    let make = "
        forward run generator_0: generator_input > generator_0 leaky_2 0
        forward scatter generator_1: generator_0 > -
        forward finish generator_1: - > generator_1 leaky_2 0
        forward scatter generator_2: generator_1 > -
        forward finish generator_2: - > generator_2 tanh 0";
    let update_discriminator = "
        update window discriminator_0: generator_2 > discriminator_0
        bias_sum words discriminator_0: discriminator_0 > discriminator_0
        update window discriminator_1: discriminator_0 > discriminator_1
        bias_sum words discriminator_1: discriminator_1 > discriminator_1
        update run discriminator_2: discriminator_1 > discriminator_2
        bias_sum words discriminator_2: discriminator_2 > discriminator_2";
    let through_the_generator = "
        backward scatter discriminator_0: discriminator_0 > -
        backward finish discriminator_0: - > generator_2 tanh 0
        backward window generator_2: generator_2 > generator_1 leaky_2 0
        backward window generator_1: generator_1 > generator_0 leaky_2 0
        update run generator_0: generator_input > generator_0
        bias_sum words generator_0: generator_0 > generator_0
        update scatter generator_1: generator_0 > generator_1
        bias_sum words generator_1: generator_1 > generator_1
        update scatter generator_2: generator_1 > generator_2
        bias_sum words generator_2: generator_2 > generator_2";
    let apply_discriminator = "
        apply rows discriminator_0: - > -
        apply rows discriminator_1: - > -
        apply rows discriminator_2: - > -
        adapt control generator_0: - > - 0
        adapt control generator_1: - > - 0
        adapt control generator_2: - > - 0
        adapt control discriminator_0: - > - 16
        adapt control discriminator_1: - > - 32
        adapt control discriminator_2: - > - 1";
    let apply_generator = "
        apply rows generator_0: - > -
        apply rows generator_1: - > -
        apply rows generator_2: - > -
        adapt control generator_0: - > - 1568
        adapt control generator_1: - > - 16
        adapt control generator_2: - > - 1
        adapt control discriminator_0: - > - 0
        adapt control discriminator_1: - > - 0
        adapt control discriminator_2: - > - 0";
    let real = format!("{}{update_discriminator}", judge("114"));
    let fake = format!("{make}{}{update_discriminator}", judge("0"));
    let generate = format!("{make}{}{through_the_generator}", judge("127"));
    gan("mnist-small", [&real, &fake, apply_discriminator, &generate, apply_generator]);
}

#[test]
fn cnn() {
    let classify = "
        forward window layers_0: classifier_input > layers_0 relu 0
        forward window layers_1: layers_0 > layers_1 relu 0
        forward run layers_2: layers_1 > layers_2 linear 0
        loss words layers_2: layers_2 > layers_2 class
        backward run layers_2: layers_2 > layers_1 relu 0
        backward scatter layers_1: layers_1 > -
        backward finish layers_1: - > layers_0 relu 0
        update window layers_0: classifier_input > layers_0
        bias_sum words layers_0: layers_0 > layers_0
        update window layers_1: layers_0 > layers_1
        bias_sum words layers_1: layers_1 > layers_1
        update run layers_2: layers_1 > layers_2
        bias_sum words layers_2: layers_2 > layers_2";
    let apply = "
        apply rows layers_0: - > -
        apply rows layers_1: - > -
        apply rows layers_2: - > -
        adapt control layers_0: - > - 8
        adapt control layers_1: - > - 16
        adapt control layers_2: - > - 10";
    let layers = |text: &str| text.replace("layers_", "classifier_");
    let with = [(Phase::Classify, layers(classify)), (Phase::ApplyClassifier, layers(apply))];
    compare("cnn", UpdateRule::Accumulate, &with);
    compare("cnn", UpdateRule::Stochastic, &without_apply(&with));
}

/// Positions, lengths of runs, and windows of tiny's training operations.
#[test]
fn runs_of_tiny() {
    let schedule = schedule("tiny", UpdateRule::Accumulate);
    // Of the last phases: positions, elements of an input run, elements of an output run, kernel of the window.
    let sizes = |phase: Phase| -> Vec<(usize, usize, usize, usize)> {
        let program = schedule.phase(phase).expect("a phase");
        let ops = schedule.ops[program.first_op..=program.last_op].iter().filter(|o| o.pass != Pass::Forward);
        ops.map(|o| (o.positions, o.gather_len, o.drain_len, o.window.map_or(0, |w| w.kernel))).collect()
    };
    // Images of 8x8x1, hidden tensors of 4x4x4, windows of 4x4 elements at 4x4 positions; words of 4 elements.
    let generate = [
        (1, 0, 0, 0),  // loss
        (1, 1, 64, 0), // backward dense
        (16, 4, 0, 4), // backward convolution
        (1, 0, 64, 0), // its end
        (16, 0, 4, 4), // backward transposed convolution
        (1, 8, 64, 0), // update dense
        (16, 0, 0, 0), // bias sum of 64 elements
        (16, 4, 0, 4), // update transposed convolution
        (16, 0, 0, 0), // bias sum of 64 elements
    ];
    assert_eq!(sizes(Phase::Generate), generate);
    let real = [
        (1, 0, 0, 0),  // loss
        (1, 1, 64, 0), // backward dense
        (16, 0, 4, 4), // update convolution
        (16, 0, 0, 0), // bias sum of 64 elements
        (1, 64, 1, 0), // update dense
        (1, 0, 0, 0),  // bias sum of one element
    ];
    assert_eq!(sizes(Phase::Real), real);
    // Rows and columns of the matrices: a window of 16 to 4 channels, 64 elements to one output.
    let apply: Vec<_> = sizes(Phase::ApplyDiscriminator).into_iter().take(2).collect();
    assert_eq!(apply, [(16, 0, 4, 0), (64, 0, 1, 0)]);
}

/// Convolutions of 9, 4 and 1 positions and a dense layer: a line may fire 16 times an image or more, and an operation
/// less would be too few.
#[test]
fn few_positions_are_pulsed_several_times() {
    const FEW: &str = r#"
name = "few"
[classifier]
image = [8, 8, 1]
[[layers]]
type = "conv"
channels = 2
kernel = 4
stride = 2
activation = "relu"
[[layers]]
type = "conv"
channels = 2
kernel = 2
stride = 1
activation = "relu"
[[layers]]
type = "conv"
channels = 2
kernel = [KERNEL]
stride = 1
activation = "relu"
[[layers]]
type = "dense"
outputs = 3
activation = "linear"
[crossbar]
rows = 16
columns = 16
columns_per_adc = 4
[buffer]
lanes = 4
[training]
rule = "stochastic"
"#;
    let updates = |kernel: &str, layer: usize| {
        let schedule = crate::common::schedule(&FEW.replace("[KERNEL]", kernel));
        let ops = schedule.ops.iter().filter(|o| o.pass == Pass::Update && o.layer == layer);
        ops.map(|o| o.positions).collect::<Vec<_>>()
    };
    assert_eq!(updates("1", 0), [9; 2]);
    assert_eq!(updates("1", 1), [4; 4]);
    assert_eq!(updates("2", 2), [1; 16]);
    assert_eq!(updates("2", 3), [1; 16]);
}
