//! Column reads: errors of a layer's output become errors of its input.

use super::worker::{Fixed, Worker};
use crate::golden::bank::grow;
use crate::golden::engine::{Image, count_flags, gather_vectors, tensor_range};
use crate::golden::lines::Element;
use crate::golden::{BankKernel, InstructionSet, ReadBuffers, simd};
use crate::numeric::RangeCount;
use crate::schedule::{Bank, Op, OpKind};
use ndarray::Array2;

/// A layer's weights laid out for column reads: the "rows" of the kernel are the bit lines of all column tiles side by
/// side, in the order of the bit-line registers; bit lines without a matrix column weigh zero.
#[derive(Clone, Debug)]
pub(super) struct ColumnReads {
    kernel: BankKernel,
    slots: Vec<usize>,
    /// Matrix columns whose slots follow each other: first column, first slot, length. Empty if every column's slot is
    /// the column.
    runs: Vec<(usize, usize, usize)>,
}

impl ColumnReads {
    /// `small`: every weight that can occur fits 8 bits.
    pub fn new(set: InstructionSet, bank: &Bank, tile_columns: usize, weights: &Array2<i16>, small: bool) -> Self {
        let slots: Vec<usize> = (0..bank.matrix_columns).map(|j| bank.column_slot(j)).collect();
        let permuted = slots.iter().enumerate().any(|(j, &slot)| j != slot);
        let lines = if permuted { bank.column_tiles * tile_columns } else { bank.matrix_columns };
        let mut levels = Array2::zeros((lines, bank.matrix_rows));
        let mut runs: Vec<(usize, usize, usize)> = Vec::new();
        for (j, &slot) in slots.iter().enumerate() {
            for i in 0..bank.matrix_rows {
                levels[(slot, i)] = weights[(i, j)];
            }
            match runs.last_mut() {
                Some((_, first, len)) if *first + *len == slot => *len += 1,
                _ => runs.push((j, slot, 1)),
            }
        }
        if !permuted {
            runs.clear();
        }
        Self { kernel: BankKernel::from_levels(set, levels.view(), tile_columns, small), slots, runs }
    }

    /// Sets the weight at matrix row `i`, column `j`.
    pub fn set(&mut self, i: usize, j: usize, weight: i16) {
        self.kernel.set(self.slots[j], i, weight);
    }

    /// Sets neighbouring weights of matrix row `i` from matrix column `first` on.
    pub fn set_in_row(&mut self, i: usize, first: usize, weights: &[i16]) {
        let slots = &self.slots[first..first + weights.len()];
        if slots.windows(2).all(|pair| pair[0] + 1 == pair[1]) {
            self.kernel.set_in_column(slots[0], i, weights);
        } else {
            slots.iter().zip(weights).for_each(|(&slot, &weight)| self.kernel.set(slot, i, weight));
        }
    }
}

/// Buffers of column reads. The accumulators start at zero and are left at zero.
#[derive(Clone, Debug, Default)]
pub(super) struct ColumnBuffers {
    read: ReadBuffers,
    padded_quads: Vec<u8>,
    padded_pairs: Vec<i16>,
    plain_quads: Vec<u8>,
    plain_pairs: Vec<i16>,
    accumulators: Vec<i32>,
}

/// Executes the backward operation `op_index`, and the finish that follows a scatter.
pub(super) fn backward(fixed: Fixed, op_index: usize, images: &mut [Image], worker: &mut Worker) {
    let op = &fixed.engine.schedule.ops[op_index];
    let columns = fixed.columns[op.layer].as_ref().expect("a layer that errors pass has column reads");
    let kernel = &columns.kernel;
    let buffers = &mut worker.column;
    let gather = Gather { fixed, op_index, columns, images };
    if kernel.reads_quads() {
        gather.vectors(&mut buffers.padded_quads, &mut buffers.plain_quads, &mut buffers.read.quads);
    } else {
        gather.vectors(&mut buffers.padded_pairs, &mut buffers.plain_pairs, &mut buffers.read.pairs);
    }
    buffers.read.wants_flags = true;
    let gain = fixed.layers[op.layer].back_gain;
    fixed.engine.read(op, kernel, gain, |real| &real.columns, images, &mut buffers.read);
    let counters = &mut worker.counters[op.layer];
    count_flags(&mut counters.column_reads, &buffers.read.flags);

    let stride = kernel.padded_columns();
    let of_image = buffers.read.sums.chunks_exact(op.positions * stride);
    if op.kind != OpKind::ScatterWindow {
        for (image, sums) in images.iter_mut().zip(of_image) {
            let runs = sums.chunks_exact(stride).map(|sums| &sums[..op.drain_len]);
            write_errors(fixed, op, image, runs, &mut counters.errors);
        }
        return;
    }
    let window = fixed.engine.windows[op_index].as_ref().expect("a scatter has a window");
    if buffers.accumulators.len() < window.len() {
        buffers.accumulators.resize(window.len(), 0);
    }
    let finish = &fixed.engine.schedule.ops[op_index + 1];
    for (image, sums) in images.iter_mut().zip(of_image) {
        let acc = &mut buffers.accumulators[..window.len()];
        window.scatter(fixed.engine.set, sums, stride, acc);
        write_errors(fixed, finish, image, window.image_rows().map(|row| &acc[row]), &mut counters.errors);
        acc.fill(0);
    }
}

/// Requantises consecutive runs of sums into the errors of `op`'s target.
fn write_errors<'s>(
    fixed: Fixed,
    op: &Op,
    image: &mut Image,
    runs: impl Iterator<Item = &'s [i32]>,
    range: &mut RangeCount,
) {
    let schedule = fixed.engine.schedule;
    let target = tensor_range(schedule, op.target.expect("errors go somewhere"));
    let (mut errors, mut activations) = (&mut image.errors[target.clone()], &image.memory[target]);
    let shift = fixed.layers[op.layer].back_shift;
    assert!(shift <= 15, "shift {shift}");
    for sums in runs {
        let (out, a);
        (out, errors) = errors.split_at_mut(sums.len());
        (a, activations) = activations.split_at(sums.len());
        simd::derive_errors(fixed.engine.set, sums, a, shift, op.activation, op.dropout > 0, out, range);
    }
}

/// Error vectors for the bit lines.
struct Gather<'t> {
    fixed: Fixed<'t>,
    op_index: usize,
    columns: &'t ColumnReads,
    images: &'t [Image],
}

impl Gather<'_> {
    fn vectors<E: Element>(&self, padded: &mut Vec<E>, plain: &mut Vec<E>, to: &mut Vec<E>) {
        let schedule = self.fixed.engine.schedule;
        let op = &schedule.ops[self.op_index];
        let source = tensor_range(schedule, op.source.expect("a read has a source"));
        let sources = self.images.iter().map(|image| &image.errors[source.clone()]);
        let window = self.fixed.engine.windows[self.op_index].as_ref();
        let stride = self.columns.kernel.padded_rows();
        if self.columns.runs.is_empty() {
            gather_vectors(op, window, sources, stride, padded, to);
            return;
        }
        let plain_stride = self.columns.slots.len();
        gather_vectors(op, window, sources, plain_stride, padded, plain);
        let len = self.images.len() * op.positions * stride;
        grow(to, len);
        // Bit lines without a matrix column weigh nothing, but their inputs would make noise.
        if !self.fixed.engine.real.is_empty() {
            to[..len].fill(E::ZERO);
        }
        for (to, from) in to.chunks_exact_mut(stride).zip(plain.chunks_exact(plain_stride)) {
            for &(column, slot, len) in &self.columns.runs {
                to[slot..slot + len].copy_from_slice(&from[column..column + len]);
            }
        }
    }
}
