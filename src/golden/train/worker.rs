//! The part of a phase in which weights do not move: reads forward and backward, losses, sums of gradients.

use super::LayerState;
use super::backward::{ColumnBuffers, ColumnReads, backward};
use super::gradient::{Gradient, OuterBuffers};
use crate::config::UpdateRule;
use crate::golden::engine::{Buffers, Engine, Image, tensor_range};
use crate::numeric::{CLASS_TARGET, RangeCount, loss_error};
use crate::schedule::{LossTarget, Op, OpKind, Pass, Schedule, TrainingProgram};

/// What the images of a batch share.
#[derive(Clone, Copy)]
pub(super) struct Fixed<'t> {
    pub engine: &'t Engine<'t>,
    /// Column reads of the layers that errors pass.
    pub columns: &'t [Option<ColumnReads>],
    pub layers: &'t [LayerState],
}

/// The counters of a layer since its last adapt, but for those of row reads.
#[derive(Clone, Debug, Default)]
pub(super) struct Counters {
    pub column_reads: RangeCount,
    pub errors: RangeCount,
    /// Sums of errors, one a bias.
    pub bias_sums: Vec<i64>,
    /// Pulses given.
    pub pulses: u32,
}

/// What a network's outputs said in a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Sum of squared errors.
    pub loss: u64,
    pub outputs: u64,
    pub lowest: i8,
    pub highest: i8,
}

impl Default for Outcome {
    fn default() -> Self {
        Self { loss: 0, outputs: 0, lowest: i8::MAX, highest: i8::MIN }
    }
}

impl Outcome {
    pub fn add(&mut self, other: &Outcome) {
        self.loss += other.loss;
        self.outputs += other.outputs;
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
    }
}

/// Buffers and sums of one thread. All sums are of integers, so that it does not matter which thread adds what.
#[derive(Clone)]
pub(super) struct Worker {
    pub buffers: Buffers,
    pub column: ColumnBuffers,
    pub outer: OuterBuffers,
    pub counters: Vec<Counters>,
    /// One a layer; empty for the stochastic rule.
    pub gradients: Vec<Gradient>,
    pub outcome: Outcome,
}

impl Worker {
    pub fn new(schedule: &Schedule) -> Self {
        let layers = schedule.design.networks.iter().flat_map(|n| &n.layers);
        let counters = layers.map(|l| Counters { bias_sums: vec![0; l.biases()], ..Counters::default() });
        let accumulates = schedule.design.update_rule() == Some(UpdateRule::Accumulate);
        let gradients = schedule.banks.iter().filter(|_| accumulates);
        Self {
            buffers: Buffers::counting(schedule.banks.len()),
            column: ColumnBuffers::default(),
            outer: OuterBuffers::default(),
            counters: counters.collect(),
            gradients: gradients.map(|b| Gradient::zeros(b.matrix_rows, b.matrix_columns)).collect(),
            outcome: Outcome::default(),
        }
    }

    /// Executes a phase for some images, but for what changes weights.
    pub fn run(&mut self, fixed: Fixed, program: &TrainingProgram, images: &mut [Image], labels: Option<&[u8]>) {
        let ops = &fixed.engine.schedule.ops;
        let mut next = program.first_op;
        while next <= program.last_op {
            let op = &ops[next];
            let first = next;
            next += 1;
            match op.pass {
                Pass::Forward => {
                    while next <= program.last_op && ops[next].pass == Pass::Forward {
                        next += 1;
                    }
                    fixed.engine.run(first..=next - 1, images, &mut self.buffers);
                }
                Pass::Loss => self.losses(fixed, op, images, labels),
                Pass::Backward => {
                    next += usize::from(op.kind == OpKind::ScatterWindow);
                    for group in images.chunks_mut(fixed.engine.group_images(first)) {
                        backward(fixed, first, group, self);
                    }
                }
                Pass::Update => {
                    if let Some(gradient) = self.gradients.get_mut(op.layer) {
                        gradient.add(fixed.engine, first, images, &mut self.outer);
                    }
                }
                Pass::BiasSum => self.bias_sums(fixed, op, images),
                Pass::Apply | Pass::Adapt => unreachable!("the end of a batch has no image"),
            }
        }
    }

    fn losses(&mut self, fixed: Fixed, op: &Op, images: &mut [Image], labels: Option<&[u8]>) {
        let range = tensor_range(fixed.engine.schedule, op.target.expect("a loss has an output"));
        for (k, image) in images.iter_mut().enumerate() {
            let outputs = &image.memory[range.clone()];
            for (e, (error, &y)) in image.errors[range.clone()].iter_mut().zip(outputs).enumerate() {
                let target = match op.loss.expect("a loss has a target") {
                    LossTarget::Code(code) => code,
                    LossTarget::Class if labels.is_some_and(|l| usize::from(l[k]) == e) => CLASS_TARGET,
                    LossTarget::Class => 0,
                };
                *error = loss_error(y, target);
                self.outcome.add(&Outcome { loss: i32::from(*error).pow(2) as u64, outputs: 1, lowest: y, highest: y });
            }
        }
    }

    fn bias_sums(&mut self, fixed: Fixed, op: &Op, images: &[Image]) {
        let range = tensor_range(fixed.engine.schedule, op.source.expect("errors are of a tensor"));
        let sums = &mut self.counters[op.layer].bias_sums;
        for image in images {
            for errors in image.errors[range.clone()].chunks(sums.len()) {
                for (sum, &e) in sums.iter_mut().zip(errors) {
                    *sum += i64::from(e);
                }
            }
        }
    }

    /// Moves the sums of `other` here.
    pub fn take_sums(&mut self, other: &mut Worker) {
        for (to, from) in self.buffers.ranges.iter_mut().zip(&mut other.buffers.ranges) {
            add_range(to, &std::mem::take(from));
        }
        for (to, from) in self.counters.iter_mut().zip(&mut other.counters) {
            add_range(&mut to.column_reads, &std::mem::take(&mut from.column_reads));
            add_range(&mut to.errors, &std::mem::take(&mut from.errors));
            for (to, from) in to.bias_sums.iter_mut().zip(&mut from.bias_sums) {
                *to += std::mem::take(from);
            }
        }
        for (to, from) in self.gradients.iter_mut().zip(&mut other.gradients) {
            to.take(from);
        }
        self.outcome.add(&std::mem::take(&mut other.outcome));
    }
}

pub(super) fn add_range(to: &mut RangeCount, from: &RangeCount) {
    to.saturated += from.saturated;
    to.upper += from.upper;
    to.total += from.total;
}
