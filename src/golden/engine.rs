//! Executes operations on the memories of several images at once, so that they share the reads of the weights.

use super::bank::{grow, load};
use super::lines::{Conversion, Element, SATURATED, UPPER};
use super::real::{self, Events, LayerReal, RealRead};
use super::window::{PaddedWindow, SLACK};
use super::{BankKernel, InstructionSet, ReadBuffers, simd};
use crate::device::{LayerConverters, LayerMap, LayerParameters, Mapping};
use crate::numeric::{LaneRandom, RangeCount, SHIFT_BITS};
use crate::schedule::{Op, OpKind, Schedule};
use ndarray::Array2;
use std::ops::{Range, RangeInclusive};

/// Bytes that the buffers of a group of images may take: what a core's own cache holds.
const GROUP_BYTES: usize = 256 << 10;

/// What belongs to the array and not to an image.
#[derive(Clone)]
pub(super) struct Engine<'a> {
    pub schedule: &'a Schedule,
    pub set: InstructionSet,
    pub kernels: Vec<BankKernel>,
    pub parameters: Vec<LayerParameters>,
    /// One a layer; empty where the devices are ideal.
    pub real: Vec<LayerReal>,
    /// The window of each operation that has one.
    pub windows: Vec<Option<PaddedWindow>>,
}

/// What belongs to an image.
#[derive(Clone)]
pub(super) struct Image {
    /// The activation memory, byte for byte.
    pub memory: Vec<i8>,
    /// The error memory, of the same addresses; empty for inference.
    pub errors: Vec<i8>,
    pub random: LaneRandom,
    pub events: Events,
}

/// Buffers that operations share; between operations only the accumulators hold something, between a scatter and
/// its finish. They start at zero and are left at zero.
#[derive(Clone, Default)]
pub(super) struct Buffers {
    read: ReadBuffers,
    padded_quads: Vec<u8>,
    padded_pairs: Vec<i16>,
    accumulators: Vec<i32>,
    bias: Vec<i32>,
    /// Ranges that the codes of each layer's reads used; empty where nobody counts.
    pub ranges: Vec<RangeCount>,
}

impl Image {
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            memory: vec![0; schedule.activation_words * schedule.lanes],
            errors: vec![],
            random: LaneRandom::seeded(0, schedule.lanes),
            events: Events::new(schedule.banks.len()),
        }
    }

    /// Seeds the random streams, and the noise of the array.
    pub fn seed(&mut self, schedule: &Schedule, seed: u32) {
        self.random = LaneRandom::seeded(seed, schedule.lanes);
        self.events.restart(seed);
    }

    pub fn with_errors(schedule: &Schedule) -> Self {
        Self { errors: vec![0; schedule.activation_words * schedule.lanes], ..Self::new(schedule) }
    }
}

impl Buffers {
    /// Buffers that count the ranges of reads.
    pub fn counting(layers: usize) -> Self {
        Self { ranges: vec![RangeCount::default(); layers], ..Self::default() }
    }
}

/// Adds the reads whose flags are given.
pub(super) fn count_flags(range: &mut RangeCount, flags: &[u8]) {
    range.total += flags.len() as u32;
    for &f in flags {
        range.saturated += u32::from(f & SATURATED != 0);
        range.upper += u32::from(f & UPPER != 0);
    }
}

/// Bytes of a tensor in the activation memory.
pub(super) fn tensor_range(schedule: &Schedule, tensor: usize) -> Range<usize> {
    let t = &schedule.tensors[tensor];
    let base = t.base_word * schedule.lanes;
    base..base + t.shape.len()
}

impl<'a> Engine<'a> {
    /// The array as it was programmed with `mapping`.
    pub fn new(schedule: &'a Schedule, mapping: &Mapping, set: InstructionSet) -> Self {
        let real = real::layers(schedule);
        if real.is_empty() {
            return Self::ideal(schedule, mapping, set);
        }
        let rows = schedule.design.crossbar.rows;
        let kernel = |(layer, real): (usize, &LayerReal)| {
            let codes = real::placed(schedule, &mapping.layers[layer], &real.devices);
            let weights = Array2::from_shape_fn(codes.dim(), |(i, j)| {
                let (plus, minus) = codes[(i, j)];
                real.devices.weight(i, j, plus, minus)
            });
            BankKernel::from_levels(set, weights.view(), rows, false)
        };
        let kernels = real.iter().enumerate().map(kernel).collect();
        let parameters = mapping.layers.iter().map(|l| l.parameters.clone()).collect();
        Self { real, ..Self::with_kernels(schedule, set, kernels, parameters) }
    }

    /// The array with ideal devices and converters, whatever the design has.
    pub fn ideal(schedule: &'a Schedule, mapping: &Mapping, set: InstructionSet) -> Self {
        let rows = schedule.design.crossbar.rows;
        let layers = schedule.banks.iter().zip(&mapping.layers);
        let kernels = layers.map(|(b, l)| BankKernel::with_instructions(set, b, rows, &l.levels)).collect();
        Self::with_kernels(schedule, set, kernels, mapping.layers.iter().map(|l| l.parameters.clone()).collect())
    }

    /// With weights laid out by the caller, and ideal converters.
    pub fn with_kernels(
        schedule: &'a Schedule,
        set: InstructionSet,
        kernels: Vec<BankKernel>,
        parameters: Vec<LayerParameters>,
    ) -> Self {
        Self {
            schedule,
            set,
            kernels,
            parameters,
            real: vec![],
            windows: schedule.ops.iter().map(|op| op.window.as_ref().map(PaddedWindow::new)).collect(),
        }
    }

    /// Replaces a layer's weights and parameters; of an ideal array.
    pub fn set_layer(&mut self, layer: usize, map: &LayerMap) {
        let (bank, rows) = (&self.schedule.banks[layer], self.schedule.design.crossbar.rows);
        self.kernels[layer] = BankKernel::with_instructions(self.set, bank, rows, &map.levels);
        self.parameters[layer] = map.parameters.clone();
    }

    /// Executes consecutive operations, layer by layer.
    pub fn run(&self, ops: RangeInclusive<usize>, images: &mut [Image], buffers: &mut Buffers) {
        let mut next = *ops.start();
        while next <= *ops.end() {
            let layer = self.schedule.ops[next].layer;
            let first = next;
            while next <= *ops.end() && self.schedule.ops[next].layer == layer {
                next += 1;
            }
            for group in images.chunks_mut(self.group_images(first)) {
                for op in first..next {
                    self.execute(op, group, buffers);
                }
            }
        }
    }

    /// Images whose buffers for an operation fit a core's cache.
    pub fn group_images(&self, op_index: usize) -> usize {
        let op = &self.schedule.ops[op_index];
        let kernel = &self.kernels[op.layer];
        let window = self.windows[op_index].as_ref().map_or(0, PaddedWindow::len);
        let bytes = op.positions * (kernel.padded_rows() + 4 * kernel.padded_columns()) + 4 * window;
        (GROUP_BYTES / bytes).max(1)
    }

    /// Executes one operation for each of `images`. A scatter and its finish must see the same images.
    pub fn execute(&self, op_index: usize, images: &mut [Image], buffers: &mut Buffers) {
        let op = &self.schedule.ops[op_index];
        match op.kind {
            OpKind::Words | OpKind::Rows | OpKind::Control => unreachable!("an inference has no such operation"),
            OpKind::Finish => self.finish(op_index, images, buffers),
            OpKind::GatherWindow | OpKind::GatherRun | OpKind::ScatterWindow => {
                self.gather(op_index, images, buffers);
                let p = &self.parameters[op.layer];
                buffers.read.wants_flags = !buffers.ranges.is_empty();
                self.read(op, &self.kernels[op.layer], p.gain, |real| &real.rows, images, &mut buffers.read);
                if let Some(range) = buffers.ranges.get_mut(op.layer) {
                    count_flags(range, &buffers.read.flags);
                }
                match &self.windows[op_index] {
                    Some(window) if op.kind == OpKind::ScatterWindow => {
                        self.scatter(op, window, images.len(), buffers);
                    }
                    _ => self.write_outputs(op, images, &buffers.read.sums),
                }
            }
        }
        if let (Some(target), 1..) = (op.target, op.dropout) {
            let range = tensor_range(self.schedule, target);
            for image in images {
                image.random.dropout(&mut image.memory[range.clone()], op.dropout);
            }
        }
    }

    /// The reads of one side that `op` makes for each of `images`.
    pub fn read<'e>(
        &'e self,
        op: &Op,
        kernel: &BankKernel,
        gain: u32,
        side: impl Fn(&'e LayerReal) -> &'e LayerConverters,
        images: &mut [Image],
        buffers: &mut ReadBuffers,
    ) {
        let (vectors, bits) = (images.len() * op.positions, self.schedule.design.converter.adc_bits);
        let Some(real) = self.real.get(op.layer) else {
            return kernel.read(buffers, vectors, Conversion::adc(gain, bits));
        };
        let model = &real.devices.model;
        let read = RealRead { set: self.set, model, converters: side(real), kernel, gain, bits };
        read.read(buffers, vectors, |vector| {
            let events = &images[vector / op.positions].events;
            (events.seed, events.reads[op.layer].wrapping_add((vector % op.positions) as u32))
        });
        for image in images {
            let reads = &mut image.events.reads[op.layer];
            *reads = reads.wrapping_add(op.positions as u32);
        }
    }

    /// The input vectors of every read.
    fn gather(&self, op_index: usize, images: &[Image], buffers: &mut Buffers) {
        if self.kernels[self.schedule.ops[op_index].layer].reads_quads() {
            self.gather_elements(op_index, images, &mut buffers.padded_quads, &mut buffers.read.quads);
        } else {
            self.gather_elements(op_index, images, &mut buffers.padded_pairs, &mut buffers.read.pairs);
        }
    }

    fn gather_elements<E: Element>(&self, op_index: usize, images: &[Image], padded: &mut Vec<E>, to: &mut Vec<E>) {
        let op = &self.schedule.ops[op_index];
        let source = tensor_range(self.schedule, op.source.expect("a read has a source"));
        let sources = images.iter().map(|image| &image.memory[source.clone()]);
        let stride = self.kernels[op.layer].padded_rows();
        gather_vectors(op, self.windows[op_index].as_ref(), sources, stride, padded, to);
    }

    fn write_outputs(&self, op: &Op, images: &mut [Image], sums: &[i32]) {
        let p = &self.parameters[op.layer];
        let stride = self.kernels[op.layer].padded_columns();
        let target = tensor_range(self.schedule, op.target.expect("a direct operation writes a tensor"));
        for (image, sums) in images.iter_mut().zip(sums.chunks_exact(op.positions * stride)) {
            let out = &mut image.memory[target.clone()];
            for (out, sums) in out.chunks_exact_mut(op.drain_len).zip(sums.chunks_exact(stride)) {
                simd::finish(self.set, &sums[..op.drain_len], &p.bias, shift_of(p), op.activation, out);
            }
        }
    }

    fn scatter(&self, op: &Op, window: &PaddedWindow, images: usize, buffers: &mut Buffers) {
        let stride = self.kernels[op.layer].padded_columns();
        if buffers.accumulators.len() < images * window.len() {
            buffers.accumulators.resize(images * window.len(), 0);
        }
        let accumulators = buffers.accumulators.chunks_exact_mut(window.len());
        for (acc, sums) in accumulators.zip(buffers.read.sums.chunks_exact(op.positions * stride)).take(images) {
            window.scatter(self.set, sums, stride, acc);
        }
    }

    fn finish(&self, op_index: usize, images: &mut [Image], buffers: &mut Buffers) {
        let op = &self.schedule.ops[op_index];
        let p = &self.parameters[op.layer];
        let window = self.windows[op_index - 1].as_ref().expect("a scatter comes before its finish");
        let target = tensor_range(self.schedule, op.target.expect("finish writes a tensor"));
        buffers.bias.clear();
        buffers.bias.extend(p.bias.iter().cycle().take(window.image_row_len()));
        for (image, acc) in images.iter_mut().zip(buffers.accumulators.chunks_exact_mut(window.len())) {
            let rows = image.memory[target.clone()].chunks_exact_mut(window.image_row_len());
            for (row, range) in rows.zip(window.image_rows()) {
                simd::finish(self.set, &acc[range], &buffers.bias, shift_of(p), op.activation, row);
            }
            acc.fill(0);
        }
    }
}

/// The input vectors of every read of `op`, `stride` apart, from its source in every image. What lies between vectors is
/// left as it was.
pub(super) fn gather_vectors<'i, E: Element>(
    op: &Op,
    window: Option<&PaddedWindow>,
    sources: impl ExactSizeIterator<Item = &'i [i8]>,
    stride: usize,
    padded: &mut Vec<E>,
    to: &mut Vec<E>,
) {
    let len = op.positions * stride;
    grow(to, sources.len() * len + SLACK);
    for (i, source) in sources.enumerate() {
        let to = &mut to[i * len..];
        match window {
            Some(window) if op.kind == OpKind::GatherWindow => gather_windows(window, source, stride, padded, to),
            _ => load(to, source, op.gather_len, stride),
        }
    }
}

/// The windows of one image, `stride` apart; `to` has [`SLACK`] more.
pub(super) fn gather_windows<E: Element>(
    window: &PaddedWindow,
    image: &[i8],
    stride: usize,
    padded: &mut Vec<E>,
    to: &mut [E],
) {
    grow(padded, window.len() + SLACK);
    window.gather(image, &mut padded[..window.len() + SLACK], to, stride);
}

/// The requantisation shift, which the kernels rely on.
fn shift_of(p: &LayerParameters) -> u32 {
    assert!(p.shift < 1 << SHIFT_BITS, "shift {}", p.shift);
    p.shift
}
