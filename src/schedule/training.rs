//! The operations of a training step: backward passes, outer products and the ends of batches, made from the forward
//! operations.

use super::{GradientRegion, LossTarget, NetworkProgram, Op, OpKind, Pass, Phase, Schedule, TrainingProgram};
use crate::config::{Layer, Role, UpdateRule};
use crate::numeric::{ACTIVATION_MAX, dropout_threshold};

/// Regions of the gradient memory, one a layer, and its addresses.
pub(super) fn gradient_regions(schedule: &Schedule) -> (Vec<GradientRegion>, usize) {
    let sums = schedule.design.update_rule() == Some(UpdateRule::Accumulate);
    let mut words = 0;
    let mut regions = Vec::new();
    for bank in schedule.banks.iter().filter(|_| sums) {
        let row_words = bank.matrix_columns.div_ceil(schedule.lanes);
        regions.push(GradientRegion { base_word: words, row_words });
        words += bank.matrix_rows.div_ceil(schedule.update_rows) * row_words;
    }
    (regions, words)
}

/// Appends the phases of a training step to a schedule that has its inference operations.
pub(super) fn append_phases(schedule: &mut Schedule) {
    let Some(training) = schedule.design.training.clone() else { return };
    let real = LossTarget::Code((training.target_real * f64::from(ACTIVATION_MAX)).round() as i8);
    let plan: Vec<(Phase, Vec<Op>)> = {
        let b = Phases { schedule, layers: schedule.design.networks.iter().flat_map(|n| &n.layers).collect() };
        if let Some(c) = schedule.program(Role::Classifier) {
            let classify = [b.forward(c), b.loss(c, LossTarget::Class), b.backward(c, false), b.update(c)].concat();
            vec![(Phase::Classify, classify), (Phase::ApplyClassifier, b.apply(c))]
        } else {
            let g = schedule.program(Role::Generator).expect("a design has a classifier or a generator");
            let d = schedule.program(Role::Discriminator).expect("a generator comes with a discriminator");
            let judge = |target| [b.forward(d), b.loss(d, target), b.backward(d, false), b.update(d)].concat();
            let one = LossTarget::Code(ACTIVATION_MAX as i8);
            let generate =
                [b.forward(g), b.forward(d), b.loss(d, one), b.backward(d, true), b.backward(g, false), b.update(g)];
            vec![
                (Phase::Real, judge(real)),
                (Phase::Fake, [b.forward(g), judge(LossTarget::Code(0))].concat()),
                (Phase::ApplyDiscriminator, b.apply(d)),
                (Phase::Generate, generate.concat()),
                (Phase::ApplyGenerator, b.apply(g)),
            ]
        }
    };
    for (phase, ops) in plan {
        let first_op = schedule.ops.len();
        schedule.ops.extend(ops);
        schedule.phases.push(TrainingProgram { phase, first_op, last_op: schedule.ops.len() - 1 });
    }
}

/// Times that the stochastic rule lets the lines of a layer fire for an image, at least. A line fires once a position at most
/// and with the square of its code, so one position gives a dense layer fewer pulses than it should get.
const FIRINGS: usize = 16;

struct Phases<'a> {
    schedule: &'a Schedule,
    /// Over all networks.
    layers: Vec<&'a Layer>,
}

impl Phases<'_> {
    fn ops_of(&self, program: &NetworkProgram) -> &[Op] {
        &self.schedule.ops[program.first_op..=program.last_op]
    }

    /// First operation of a layer, and its output tensor.
    fn layer(&self, layer: usize) -> (&Op, usize) {
        let mut ops = self.schedule.ops.iter().filter(|o| o.layer == layer);
        let first = ops.next().expect("a layer has operations");
        (first, first.target.or_else(|| ops.next().and_then(|o| o.target)).expect("a layer writes a tensor"))
    }

    fn threshold(&self, layer: usize) -> u32 {
        dropout_threshold(self.layers[layer].dropout)
    }

    /// The inference, with dropout.
    fn forward(&self, program: &NetworkProgram) -> Vec<Op> {
        let with_dropout =
            |op: &Op| Op { dropout: if op.target.is_some() { self.threshold(op.layer) } else { 0 }, ..op.clone() };
        self.ops_of(program).iter().map(with_dropout).collect()
    }

    /// An operation on the words of a layer's output.
    fn words(&self, layer: usize, pass: Pass) -> Op {
        let (first, output) = self.layer(layer);
        Op {
            pass,
            kind: OpKind::Words,
            source: Some(output),
            target: Some(output),
            window: None,
            positions: self.schedule.tensors[output].words,
            gather_len: 0,
            drain_len: 0,
            dropout: 0,
            ..first.clone()
        }
    }

    fn loss(&self, program: &NetworkProgram, target: LossTarget) -> Vec<Op> {
        vec![Op { loss: Some(target), ..self.words(program.last_layer, Pass::Loss) }]
    }

    /// Errors from the output down to the input of the second layer, or of the first one.
    fn backward(&self, program: &NetworkProgram, to_input: bool) -> Vec<Op> {
        let lowest = program.first_layer + usize::from(!to_input);
        (lowest..=program.last_layer).rev().flat_map(|layer| self.layer_backward(layer)).collect()
    }

    fn layer_backward(&self, layer: usize) -> Vec<Op> {
        let (forward, output) = self.layer(layer);
        let input = forward.source.expect("a layer reads a tensor");
        // Derivative and dropout of the layer that made the activations of the input.
        let maker = (0..self.layers.len()).find(|&l| self.layer(l).1 == input);
        let (activation, dropout) =
            maker.map_or((crate::config::Activation::Linear, 0), |l| (self.layers[l].activation, self.threshold(l)));
        let op = Op {
            pass: Pass::Backward,
            source: Some(output),
            target: Some(input),
            activation,
            dropout,
            ..forward.clone()
        };
        match forward.kind {
            OpKind::GatherRun => {
                vec![Op { gather_len: forward.drain_len, drain_len: forward.gather_len, ..op }]
            }
            OpKind::ScatterWindow => {
                vec![Op { kind: OpKind::GatherWindow, gather_len: 0, drain_len: forward.gather_len, ..op }]
            }
            _ => {
                let elements = self.schedule.tensors[input].shape.len();
                let finish = Op {
                    kind: OpKind::Finish,
                    source: None,
                    window: None,
                    positions: 1,
                    gather_len: 0,
                    drain_len: elements,
                    ..op.clone()
                };
                let scatter = Op {
                    kind: OpKind::ScatterWindow,
                    target: None,
                    gather_len: forward.drain_len,
                    drain_len: 0,
                    dropout: 0,
                    ..op
                };
                vec![scatter, finish]
            }
        }
    }

    /// Outer products and sums of errors of every layer, the first one first. Few positions are pulsed several times.
    fn update(&self, program: &NetworkProgram) -> Vec<Op> {
        let outer = |layer| {
            let (forward, output) = self.layer(layer);
            let drain_len = match forward.kind {
                OpKind::ScatterWindow => 0,
                _ => forward.drain_len,
            };
            Op { pass: Pass::Update, target: Some(output), drain_len, dropout: 0, ..forward.clone() }
        };
        let stochastic = self.schedule.design.update_rule() == Some(UpdateRule::Stochastic);
        let mut ops = Vec::new();
        for layer in program.first_layer..=program.last_layer {
            let outer = outer(layer);
            let times = if stochastic { FIRINGS.div_ceil(outer.positions) } else { 1 };
            ops.extend(std::iter::repeat_n(outer, times));
            ops.push(self.words(layer, Pass::BiasSum));
        }
        ops
    }

    /// The end of a batch: gradients become pulses in the trained network, then every layer adapts.
    fn apply(&self, program: &NetworkProgram) -> Vec<Op> {
        let trained = program.first_layer..=program.last_layer;
        let mut ops = Vec::new();
        if !self.schedule.gradients.is_empty() {
            ops.extend(trained.clone().map(|layer| Op {
                pass: Pass::Apply,
                kind: OpKind::Rows,
                source: None,
                target: None,
                window: None,
                positions: self.schedule.banks[layer].matrix_rows,
                gather_len: 0,
                drain_len: self.schedule.banks[layer].matrix_columns,
                dropout: 0,
                ..self.layer(layer).0.clone()
            }));
        }
        ops.extend((0..self.layers.len()).map(|layer| Op {
            pass: Pass::Adapt,
            kind: OpKind::Control,
            source: None,
            target: None,
            window: None,
            positions: 1,
            gather_len: 0,
            // Only the trained network's biases and rates take a step.
            drain_len: if trained.contains(&layer) { self.layers[layer].biases() } else { 0 },
            dropout: 0,
            ..self.layer(layer).0.clone()
        }));
        ops
    }
}
