//! Several images through the same array.

use super::InstructionSet;
use super::engine::{Buffers, Engine, Image};
use super::machine::program;
use crate::config::Role;
use crate::device::{LayerMap, Mapping};
use crate::schedule::Schedule;
use rayon::prelude::*;

/// A [`super::Machine`] for each image of a batch, with one copy of the weights: the same results, image by image,
/// however many threads run.
#[derive(Clone)]
pub struct BatchMachine<'a> {
    engine: Engine<'a>,
    images: Vec<Image>,
    /// One a thread.
    buffers: Vec<Buffers>,
}

impl<'a> BatchMachine<'a> {
    /// Uses the processor's fastest instructions, on one thread.
    pub fn new(schedule: &'a Schedule, mapping: &Mapping, images: usize) -> Self {
        Self::with_instructions(InstructionSet::detected(), schedule, mapping, images)
    }

    /// On ideal devices and converters, whatever the design has.
    pub(super) fn ideal(schedule: &'a Schedule, mapping: &Mapping, images: usize) -> Self {
        Self::with_engine(Engine::ideal(schedule, mapping, InstructionSet::detected()), images)
    }

    /// With given instructions: no result depends on them.
    pub fn with_instructions(set: InstructionSet, schedule: &'a Schedule, mapping: &Mapping, images: usize) -> Self {
        Self::with_engine(Engine::new(schedule, mapping, set), images)
    }

    fn with_engine(engine: Engine<'a>, images: usize) -> Self {
        let schedule = engine.schedule;
        Self { engine, images: vec![Image::new(schedule); images], buffers: vec![Buffers::default()] }
    }

    /// Shares the images among `threads` tasks of rayon's current pool.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.buffers = vec![Buffers::default(); threads.max(1)];
        self
    }

    /// Number of images.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// Seeds the random streams of an image.
    pub fn seed(&mut self, image: usize, seed: u32) {
        self.images[image].seed(self.engine.schedule, seed);
    }

    /// Writes a network's input of an image, in row, column, channel order.
    ///
    /// # Panics
    /// If the length is not the input's.
    pub fn load(&mut self, image: usize, role: Role, values: &[i8]) {
        self.images[image].load(self.engine.schedule, role, values);
    }

    /// Fills a network's input with latents, for every image from its own streams.
    pub fn latents(&mut self, role: Role) {
        for image in &mut self.images {
            image.latents(self.engine.schedule, role);
        }
    }

    /// Runs a network from its input to its output for every image.
    pub fn run(&mut self, role: Role) {
        let p = program(self.engine.schedule, role);
        self.run_ops(p.first_op, p.last_op);
    }

    /// Runs the operations of one layer for every image.
    pub fn run_layer(&mut self, layer: usize) {
        let ops = self.engine.schedule.inference_ops();
        let first = ops.iter().position(|op| op.layer == layer).expect("a layer of this schedule");
        let last = ops.iter().rposition(|op| op.layer == layer).expect("a layer of this schedule");
        self.run_ops(first, last);
    }

    fn run_ops(&mut self, first: usize, last: usize) {
        let (engine, images) = (&self.engine, &mut self.images);
        if let [buffers] = self.buffers.as_mut_slice() {
            engine.run(first..=last, images, buffers);
        } else {
            let share = images.len().div_ceil(self.buffers.len()).max(1);
            let shares = images.par_chunks_mut(share).zip(&mut self.buffers);
            shares.for_each(|(images, buffers)| engine.run(first..=last, images, buffers));
        }
    }

    /// Content of a tensor of an image.
    pub fn tensor(&self, image: usize, index: usize) -> &[i8] {
        self.images[image].tensor(self.engine.schedule, index)
    }

    /// A network's output for an image.
    pub fn output(&self, image: usize, role: Role) -> &[i8] {
        self.tensor(image, program(self.engine.schedule, role).output)
    }

    /// Replaces a layer's weights and parameters.
    pub fn set_layer(&mut self, layer: usize, map: &LayerMap) {
        self.engine.set_layer(layer, map);
    }

    /// The input vector of every read that operation `op_index` makes on an image's memory as it is now.
    pub fn read_vectors(&self, image: usize, op_index: usize) -> Vec<Vec<i8>> {
        self.images[image].read_vectors(self.engine.schedule, op_index)
    }
}
