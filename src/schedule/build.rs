//! From a design to its schedule.

use super::training::{append_phases, gradient_regions};
use super::widths::Widths;
use super::{Bank, NetworkProgram, Op, OpKind, Pass, Schedule, Tensor, Window};
use crate::config::{Design, Layer, LayerOp, Role, Shape};
use crate::numeric::dropout_threshold;

impl Schedule {
    /// Every design has exactly one schedule.
    pub fn new(design: &Design) -> Self {
        let mut b = Builder { design, tensors: vec![], banks: vec![], ops: vec![], act_words: 0, bias_words: 0 };
        let mut programs = Vec::new();
        let mut image_tensor = None;
        for network in &design.networks {
            // The generator's image is the discriminator's input: one region.
            let input = match (network.role, image_tensor) {
                (Role::Discriminator, Some(t)) => t,
                _ => b.tensor(format!("{}_input", network.role.name()), network.input),
            };
            let (first_op, first_layer) = (b.ops.len(), b.banks.len());
            let mut source = input;
            for layer in &network.layers {
                source = b.layer(layer, source);
            }
            if network.role == Role::Generator {
                image_tensor = Some(source);
            }
            programs.push(NetworkProgram {
                role: network.role,
                first_op,
                last_op: b.ops.len() - 1,
                input,
                output: source,
                first_layer,
                last_layer: b.banks.len() - 1,
            });
        }
        let mut schedule = Self {
            design: design.clone(),
            lanes: design.lanes,
            widths: Widths::default(),
            banks: b.banks,
            tensors: b.tensors,
            ops: b.ops,
            programs,
            phases: vec![],
            gradients: vec![],
            gradient_words: 0,
            update_rows: design.training.as_ref().map_or(1, |t| t.update_rows),
            activation_words: b.act_words.max(2),
            accumulator_words: 2,
            bias_words: b.bias_words.max(2),
        };
        (schedule.gradients, schedule.gradient_words) = gradient_regions(&schedule);
        append_phases(&mut schedule);
        let finished = schedule.ops.iter().filter(|o| o.kind == OpKind::Finish);
        schedule.accumulator_words = finished.map(|o| o.drain_len.div_ceil(design.lanes)).max().unwrap_or(0).max(2);
        schedule.widths = Widths::of(&schedule);
        schedule
    }
}

struct Builder<'a> {
    design: &'a Design,
    tensors: Vec<Tensor>,
    banks: Vec<Bank>,
    ops: Vec<Op>,
    act_words: usize,
    bias_words: usize,
}

impl Builder<'_> {
    fn tensor(&mut self, name: String, shape: Shape) -> usize {
        let words = shape.len().div_ceil(self.design.lanes);
        self.tensors.push(Tensor { name, shape, base_word: self.act_words, words });
        self.act_words += words;
        self.tensors.len() - 1
    }

    fn layer(&mut self, layer: &Layer, source: usize) -> usize {
        let first_tile = self.banks.iter().map(Bank::tiles).sum();
        let index = self.banks.len();
        let crossbar = &self.design.crossbar;
        self.banks.push(Bank::new(layer, crossbar, self.design.converter.adc_bits, first_tile));
        let target = self.tensor(layer.name.clone(), layer.output);
        let lanes = self.design.lanes;
        let bias_base = self.bias_words;
        let bias_period = bias_period(layer.biases(), layer.output.len(), lanes);
        self.bias_words += bias_period;
        let dropout = if self.design.dropout_at_inference { dropout_threshold(layer.dropout) } else { 0 };
        let op = Op {
            pass: Pass::Forward,
            kind: OpKind::GatherRun,
            layer: index,
            source: Some(source),
            target: Some(target),
            window: None,
            positions: 1,
            gather_len: layer.input.len(),
            drain_len: layer.output.len(),
            bias_base,
            bias_period,
            activation: layer.activation,
            dropout,
            loss: None,
        };
        match layer.op {
            LayerOp::Dense => self.ops.push(op),
            LayerOp::Conv { kernel, stride, padding } => {
                let window = window(kernel, stride, padding, layer.input, layer.output);
                self.ops.push(Op {
                    kind: OpKind::GatherWindow,
                    window: Some(window),
                    positions: window.positions_x * window.positions_y,
                    gather_len: 0,
                    drain_len: layer.output.channels,
                    ..op
                });
            }
            LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
                let window = window(kernel, stride, padding, layer.output, layer.input);
                self.ops.push(Op {
                    kind: OpKind::ScatterWindow,
                    target: None,
                    window: Some(window),
                    positions: window.positions_x * window.positions_y,
                    gather_len: layer.input.channels,
                    drain_len: 0,
                    ..op.clone()
                });
                self.ops.push(Op { kind: OpKind::Finish, source: None, gather_len: 0, ..op });
            }
        }
        target
    }
}

/// The window over `image`, one position for each pixel of `pixels`.
fn window(kernel: usize, stride: usize, padding: usize, image: Shape, pixels: Shape) -> Window {
    Window {
        kernel,
        row_len: kernel * image.channels,
        image_rows: image.height,
        image_row_len: image.width * image.channels,
        stride,
        step: stride * image.channels,
        padding,
        padding_len: padding * image.channels,
        positions_x: pixels.width,
        positions_y: pixels.height,
    }
}

/// Words after which the biases of consecutive output words repeat: `lcm(biases, lanes) / lanes`, no more than there
/// are words.
fn bias_period(biases: usize, elements: usize, lanes: usize) -> usize {
    let gcd =
        (1..=biases.min(lanes)).rev().find(|d| biases.is_multiple_of(*d) && lanes.is_multiple_of(*d)).unwrap_or(1);
    (biases / gcd).min(elements.div_ceil(lanes))
}
