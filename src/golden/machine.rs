//! Executes operations on the activation memory, exactly as the hardware leaves it.

use super::BankKernel;
use crate::config::{Activation, Role};
use crate::device::{LayerMap, LayerParameters, Mapping};
use crate::numeric::{activate, LaneRandom};
use crate::schedule::{OpKind, Schedule, Segment, Tensor, WindowSegments};

/// The hardware's state: memories, weights, random streams.
#[derive(Clone)]
pub struct Machine<'a> {
    schedule: &'a Schedule,
    kernels: Vec<BankKernel>,
    parameters: Vec<LayerParameters>,
    /// The activation memory, byte for byte.
    memory: Vec<i8>,
    accumulators: Vec<i32>,
    random: LaneRandom,
}

impl<'a> Machine<'a> {
    pub fn new(schedule: &'a Schedule, mapping: &Mapping) -> Self {
        let rows = schedule.design.crossbar.rows;
        Self {
            schedule,
            kernels: schedule
                .banks
                .iter()
                .zip(&mapping.layers)
                .map(|(bank, layer)| BankKernel::new(bank, rows, &layer.levels))
                .collect(),
            parameters: mapping.layers.iter().map(|l| l.parameters.clone()).collect(),
            memory: vec![0; schedule.activation_words * schedule.lanes],
            accumulators: vec![0; schedule.accumulator_words * schedule.lanes],
            random: LaneRandom::seeded(0, schedule.lanes),
        }
    }

    /// Seeds the random streams.
    pub fn seed(&mut self, seed: u32) {
        self.random = LaneRandom::seeded(seed, self.schedule.lanes);
    }

    /// Writes a network's input, e.g. an image in row, column, channel order.
    ///
    /// # Panics
    /// If the length is not the input's.
    pub fn load(&mut self, role: Role, values: &[i8]) {
        let range = self.range(self.program_input(role));
        self.memory[range].copy_from_slice(values);
    }

    /// Fills a network's input with latents.
    pub fn latents(&mut self, role: Role) {
        let range = self.range(self.program_input(role));
        self.random.latents(&mut self.memory[range], self.schedule.design.latent);
    }

    /// Runs a network from its input to its output.
    pub fn run(&mut self, role: Role) {
        let program = self.schedule.program(role).expect("the design has this network");
        for op in program.first_op..=program.last_op {
            self.execute(op);
        }
    }

    /// Content of a tensor.
    pub fn tensor(&self, index: usize) -> &[i8] {
        &self.memory[self.range(index)]
    }

    /// A network's output.
    pub fn output(&self, role: Role) -> &[i8] {
        self.tensor(self.schedule.program(role).expect("the design has this network").output)
    }

    /// Replaces a layer's weights and parameters.
    pub fn set_layer(&mut self, layer: usize, map: &LayerMap) {
        let bank = &self.schedule.banks[layer];
        self.kernels[layer] = BankKernel::new(bank, self.schedule.design.crossbar.rows, &map.levels);
        self.parameters[layer] = map.parameters.clone();
    }

    /// The input vector of every read that operation `op_index` makes on the memory as it is now.
    pub fn read_vectors(&self, op_index: usize) -> Vec<Vec<i8>> {
        let op = &self.schedule.ops[op_index];
        let Some(source) = op.source.map(|t| self.range(t)) else { return vec![] };
        let source = &self.memory[source];
        match (op.kind, op.window) {
            (OpKind::GatherWindow, Some(window)) => {
                let mut vectors = vec![vec![0; self.schedule.banks[op.layer].matrix_rows]; op.positions];
                for (i, s) in WindowSegments::new(window).enumerate() {
                    vectors[i / window.kernel][s.index..s.index + s.len]
                        .copy_from_slice(&source[s.address..s.address + s.len]);
                }
                vectors
            }
            _ => source.chunks(op.gather_len).map(<[i8]>::to_vec).collect(),
        }
    }

    /// The whole activation memory.
    pub fn memory(&self) -> &[i8] {
        &self.memory
    }

    fn program_input(&self, role: Role) -> usize {
        self.schedule.program(role).expect("the design has this network").input
    }

    fn range(&self, tensor: usize) -> std::ops::Range<usize> {
        let t: &Tensor = &self.schedule.tensors[tensor];
        let base = t.base_word * self.schedule.lanes;
        base..base + t.shape.len()
    }

    /// Executes one operation.
    pub fn execute(&mut self, op_index: usize) {
        let op = &self.schedule.ops[op_index];
        match op.kind {
            OpKind::GatherWindow | OpKind::GatherRun => self.gather_op(op_index),
            OpKind::ScatterWindow => self.scatter_op(op_index),
            OpKind::Finish => {
                let target = self.range(op.target.expect("finish writes a tensor"));
                let p = &self.parameters[op.layer];
                for (e, acc) in self.accumulators[..op.drain_len].iter_mut().enumerate() {
                    let v = *acc + p.bias[e % p.bias.len()];
                    self.memory[target.start + e] = activate(v, p.shift, op.activation);
                    *acc = 0;
                }
            }
        }
        if let (Some(target), 1..) = (op.target, op.dropout) {
            let range = self.range(target);
            self.random.dropout(&mut self.memory[range], op.dropout);
        }
    }

    fn gather_op(&mut self, op_index: usize) {
        let op = &self.schedule.ops[op_index];
        let source = self.range(op.source.expect("a read has a source"));
        let target = self.range(op.target.expect("a direct operation writes a tensor"));
        let kernel = &self.kernels[op.layer];
        let p = &self.parameters[op.layer];
        let bits = self.schedule.design.converter.adc_bits;
        let mut x = vec![0i8; self.schedule.banks[op.layer].matrix_rows];
        let mut sums = vec![0; op.drain_len];
        let mut segments: Box<dyn Iterator<Item = Segment>> = match op.window {
            Some(window) => Box::new(WindowSegments::new(window)),
            None => Box::new(std::iter::once(Segment { address: 0, index: 0, len: op.gather_len, last: true })),
        };
        for position in 0..op.positions {
            x.fill(0);
            for s in segments.by_ref() {
                x[s.index..s.index + s.len]
                    .copy_from_slice(&self.memory[source.start + s.address..source.start + s.address + s.len]);
                if s.last {
                    break;
                }
            }
            kernel.sums(&x, p.gain, bits, &mut sums);
            let out = &mut self.memory[target.start + position * op.drain_len..][..op.drain_len];
            write_activations(out, &sums, p, op.activation);
        }
    }

    fn scatter_op(&mut self, op_index: usize) {
        let op = &self.schedule.ops[op_index];
        let source = self.range(op.source.expect("a read has a source"));
        let kernel = &self.kernels[op.layer];
        let p = &self.parameters[op.layer];
        let bits = self.schedule.design.converter.adc_bits;
        let mut sums = vec![0; self.schedule.banks[op.layer].matrix_columns];
        let mut segments = WindowSegments::new(op.window.expect("a scatter has a window"));
        for position in 0..op.positions {
            let x = &self.memory[source.start + position * op.gather_len..][..op.gather_len];
            kernel.sums(x, p.gain, bits, &mut sums);
            for s in segments.by_ref() {
                for e in 0..s.len {
                    self.accumulators[s.address + e] += sums[s.index + e];
                }
                if s.last {
                    break;
                }
            }
        }
    }
}

fn write_activations(out: &mut [i8], sums: &[i32], p: &LayerParameters, activation: Activation) {
    for ((out, &sum), &bias) in out.iter_mut().zip(sums).zip(&p.bias) {
        *out = activate(sum + bias, p.shift, activation);
    }
}
