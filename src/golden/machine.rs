//! Executes operations on the activation memory, exactly as the hardware leaves it.

use super::engine::{Buffers, Engine, Image, tensor_range};
use super::{InstructionSet, real};
use crate::config::Role;
use crate::device::{LayerMap, Mapping};
use crate::schedule::{NetworkProgram, OpKind, Schedule, WindowSegments};
use ndarray::Array2;

/// The hardware's state: memories, weights, random streams.
#[derive(Clone)]
pub struct Machine<'a> {
    engine: Engine<'a>,
    image: Image,
    buffers: Buffers,
    /// Codes `(plus, minus)` of each layer's devices; empty where devices do not drift.
    codes: Vec<Array2<(u16, u16)>>,
}

impl<'a> Machine<'a> {
    /// Uses the processor's fastest instructions.
    pub fn new(schedule: &'a Schedule, mapping: &Mapping) -> Self {
        Self::with_instructions(InstructionSet::detected(), schedule, mapping)
    }

    /// With given instructions: no result depends on them.
    pub fn with_instructions(set: InstructionSet, schedule: &'a Schedule, mapping: &Mapping) -> Self {
        let engine = Engine::new(schedule, mapping, set);
        let layers = engine.real.iter().zip(&mapping.layers).filter(|(real, _)| real.devices.model.drift.is_some());
        let codes = layers.map(|(real, map)| real::placed(schedule, map, &real.devices)).collect();
        Self { engine, image: Image::new(schedule), buffers: Buffers::default(), codes }
    }

    /// Seeds the random streams.
    pub fn seed(&mut self, seed: u32) {
        self.image.seed(self.engine.schedule, seed);
    }

    /// Lets `units` units of time pass: devices drift, if they do.
    pub fn age(&mut self, units: u32) {
        let events = &mut self.image.events;
        for (layer, codes) in self.codes.iter_mut().enumerate() {
            let devices = &self.engine.real[layer].devices;
            *codes = devices.age(|at| codes[at], &devices.age_keys(events.seed, events.ages, units));
            for ((i, j), &(plus, minus)) in codes.indexed_iter() {
                self.engine.kernels[layer].set(i, j, devices.weight(i, j, plus, minus));
            }
        }
        events.ages = events.ages.wrapping_add(units);
    }

    /// Writes a network's input, e.g. an image in row, column, channel order.
    ///
    /// # Panics
    /// If the length is not the input's.
    pub fn load(&mut self, role: Role, values: &[i8]) {
        self.image.load(self.engine.schedule, role, values);
    }

    /// Fills a network's input with latents.
    pub fn latents(&mut self, role: Role) {
        self.image.latents(self.engine.schedule, role);
    }

    /// Runs a network from its input to its output.
    pub fn run(&mut self, role: Role) {
        let p = program(self.engine.schedule, role);
        self.engine.run(p.first_op..=p.last_op, std::slice::from_mut(&mut self.image), &mut self.buffers);
    }

    /// Executes one operation.
    pub fn execute(&mut self, op_index: usize) {
        self.engine.execute(op_index, std::slice::from_mut(&mut self.image), &mut self.buffers);
    }

    /// Content of a tensor.
    pub fn tensor(&self, index: usize) -> &[i8] {
        self.image.tensor(self.engine.schedule, index)
    }

    /// A network's output.
    pub fn output(&self, role: Role) -> &[i8] {
        self.tensor(program(self.engine.schedule, role).output)
    }

    /// The whole activation memory.
    pub fn memory(&self) -> &[i8] {
        &self.image.memory
    }

    /// Replaces a layer's weights and parameters.
    pub fn set_layer(&mut self, layer: usize, map: &LayerMap) {
        self.engine.set_layer(layer, map);
    }

    /// The input vector of every read that operation `op_index` makes on the memory as it is now.
    pub fn read_vectors(&self, op_index: usize) -> Vec<Vec<i8>> {
        self.image.read_vectors(self.engine.schedule, op_index)
    }
}

/// The program of a network that the design has.
pub(super) fn program(schedule: &Schedule, role: Role) -> &NetworkProgram {
    schedule.program(role).expect("the design has this network")
}

impl Image {
    pub fn load(&mut self, schedule: &Schedule, role: Role, values: &[i8]) {
        self.memory[tensor_range(schedule, program(schedule, role).input)].copy_from_slice(values);
    }

    pub fn latents(&mut self, schedule: &Schedule, role: Role) {
        let range = tensor_range(schedule, program(schedule, role).input);
        self.random.latents(&mut self.memory[range], schedule.design.latent);
    }

    pub fn tensor(&self, schedule: &Schedule, index: usize) -> &[i8] {
        &self.memory[tensor_range(schedule, index)]
    }

    pub fn read_vectors(&self, schedule: &Schedule, op_index: usize) -> Vec<Vec<i8>> {
        let op = &schedule.ops[op_index];
        let Some(source) = op.source.map(|t| self.tensor(schedule, t)) else { return vec![] };
        match (op.kind, op.window) {
            (OpKind::GatherWindow, Some(window)) => {
                let mut vectors = vec![vec![0; schedule.banks[op.layer].matrix_rows]; op.positions];
                for (i, s) in WindowSegments::new(window).enumerate().filter(|(_, s)| s.len > 0) {
                    vectors[i / window.kernel][s.index..s.index + s.len]
                        .copy_from_slice(&source[s.address..s.address + s.len]);
                }
                vectors
            }
            _ => source.chunks(op.gather_len).map(<[i8]>::to_vec).collect(),
        }
    }
}
