//! The gradient memory: outer products of inputs and errors, summed over the positions and images of a batch.
//!
//! The sum over positions is a matrix product. The kernels of the reads compute it: the longer side of the layer's matrix
//! takes the place of the weights' columns, the shorter one that of the input vectors, and positions that of word lines.

use super::array::{Devices, PulseEvents};
use crate::device::Connected;
use crate::golden::bank::{PANEL_LINES, grow, load};
use crate::golden::engine::{Engine, Image, gather_vectors, gather_windows, tensor_range};
use crate::golden::lines::{Conversion, Element, LINE, PairLine, QuadLine, TileRead};
use crate::golden::window::SLACK;
use crate::golden::{InstructionSet, simd};
use crate::numeric::{LANES_MAX, LaneRandom, cut_gradient};
use crate::schedule::OpKind;
use ndarray::Array2;

/// Bytes of the vectors of a group of images whose outer products are summed in one go.
const GROUP_BYTES: usize = 192 << 10;

/// The gradient sums of a layer.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Gradient {
    rows: usize,
    columns: usize,
    /// Whether matrix rows are the longer side.
    wide_rows: bool,
    /// `[shorter side][longer side]`, lines of the longer side `stride` apart.
    sums: Vec<i32>,
    stride: usize,
}

/// Vectors of a group of images, kept to be used again.
#[derive(Clone, Debug, Default)]
pub(super) struct OuterBuffers {
    padded: Vec<i8>,
    /// `[position][longer side]` and `[position][shorter side]`.
    wide: Vec<i8>,
    narrow: Vec<i8>,
    /// The same as the kernels want them.
    quads: Operands<u8, QuadLine>,
    pairs: Operands<i16, PairLine>,
}

/// A panel of the longer side as weights, and the shorter side as inputs.
#[derive(Clone, Debug)]
struct Operands<E, L> {
    vectors: Vec<E>,
    lines: Vec<L>,
    start: Vec<i32>,
}

impl Gradient {
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let wide_rows = rows > columns;
        let (narrow, wide) = if wide_rows { (columns, rows) } else { (rows, columns) };
        let stride = wide.next_multiple_of(LINE);
        Self { rows, columns, wide_rows, sums: vec![0; narrow * stride], stride }
    }

    fn at(&self, i: usize, j: usize) -> usize {
        if self.wide_rows { j * self.stride + i } else { i * self.stride + j }
    }

    /// `[matrix_rows x matrix_columns]`.
    pub fn to_array(&self) -> Array2<i32> {
        Array2::from_shape_fn((self.rows, self.columns), |(i, j)| self.sums[self.at(i, j)])
    }

    pub fn set_from(&mut self, sums: &Array2<i32>) {
        for ((i, j), &sum) in sums.indexed_iter() {
            let at = self.at(i, j);
            self.sums[at] = sum;
        }
    }

    /// Moves the sums of `other` here.
    pub fn take(&mut self, other: &mut Gradient) {
        for (to, from) in self.sums.iter_mut().zip(&mut other.sums) {
            *to += std::mem::take(from);
        }
    }

    /// Adds the outer products of update operation `op_index` for each of `images`.
    pub fn add(&mut self, engine: &Engine, op_index: usize, images: &[Image], buffers: &mut OuterBuffers) {
        let positions = engine.schedule.ops[op_index].positions;
        let group = (GROUP_BYTES / (positions * self.stride)).max(1);
        for images in images.chunks(group) {
            self.gather(engine, op_index, images, buffers);
            self.add_vectors(engine.set, images.len() * positions, buffers);
        }
    }

    /// Inputs and errors of every position, `stride` apart on the longer side.
    fn gather(&self, engine: &Engine, op_index: usize, images: &[Image], buffers: &mut OuterBuffers) {
        let op = &engine.schedule.ops[op_index];
        let window = engine.windows[op_index].as_ref();
        let OuterBuffers { padded, wide, narrow, .. } = buffers;
        let (x, x_stride, d, d_stride) = if self.wide_rows {
            (wide, self.stride, narrow, self.columns)
        } else {
            (narrow, self.rows, wide, self.stride)
        };
        let source = tensor_range(engine.schedule, op.source.expect("an update has inputs"));
        let inputs = images.iter().map(|image| &image.memory[source.clone()]);
        gather_vectors(op, window, inputs, x_stride, padded, x);
        let target = tensor_range(engine.schedule, op.target.expect("an update has errors"));
        let len = op.positions * d_stride;
        grow(d, images.len() * len + SLACK);
        for (k, image) in images.iter().enumerate() {
            let (d, errors) = (&mut d[k * len..], &image.errors[target.clone()]);
            match window {
                Some(window) if op.kind == OpKind::ScatterWindow => {
                    gather_windows(window, errors, d_stride, padded, d);
                }
                _ => load(d, errors, op.drain_len, d_stride),
            }
        }
    }

    /// Adds the outer products of the first `positions` vectors.
    fn add_vectors(&mut self, set: InstructionSet, positions: usize, buffers: &mut OuterBuffers) {
        let narrow = self.sums.len() / self.stride;
        if !set.multiplies_pairs() {
            let wide = buffers.wide.chunks_exact(self.stride);
            for (wide, narrow) in wide.zip(buffers.narrow.chunks_exact(narrow)).take(positions) {
                simd::add_outer(set, narrow, wide, &mut self.sums);
            }
            return;
        }
        let group = if set.has_quads() { 4 } else { 2 };
        let groups = positions.div_ceil(group);
        let padded = groups * group;
        // Rows beyond the last position meet a zero input, whatever they hold.
        grow(&mut buffers.wide, padded * self.stride);
        let OuterBuffers { wide, narrow: from, quads, pairs, .. } = buffers;
        if set.has_quads() {
            transpose(&from[..positions * narrow], narrow, padded, &mut quads.vectors);
        } else {
            transpose(&from[..positions * narrow], narrow, padded, &mut pairs.vectors);
        }
        let all_lines = self.stride / LINE;
        for first in (0..all_lines).step_by(PANEL_LINES) {
            let width = PANEL_LINES.min(all_lines - first);
            let (wide, sums) = (&wide[first * LINE..], &mut self.sums[first * LINE..]);
            if set.has_quads() {
                quads.resize(groups, width, QuadLine([0; 64]));
                simd::interleave(set, wide, self.stride, width, &mut quads.lines, &mut quads.start);
                simd::read_quads(set, &mut quads.product(narrow, padded, width, sums, self.stride));
            } else {
                pairs.resize(groups, width, PairLine([[0; LINE]; 2]));
                simd::interleave_pairs(set, wide, self.stride, width, &mut pairs.lines);
                simd::read_pairs(set, &mut pairs.product(narrow, padded, width, sums, self.stride));
            }
        }
    }

    /// Gradients become pulses; returns their number. `record` gets the phases of pulses that each matrix row needs.
    pub fn apply(
        &mut self,
        set: InstructionSet,
        devices: &mut Devices,
        random: &mut LaneRandom,
        events: &mut PulseEvents,
        keep_remainder: bool,
        mut record: Option<&mut Vec<u8>>,
    ) -> u32 {
        let (lanes, step) = (random.lanes(), devices.layer.rate);
        let (mut sums, mut pulses) = ([0; LANES_MAX], [0; LANES_MAX]);
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let mut count = 0;
        for i in 0..self.rows {
            down.clear();
            up.clear();
            for first in (0..self.columns).step_by(lanes) {
                let columns = first..self.columns.min(first + lanes);
                sums.fill(0);
                for (sum, j) in sums.iter_mut().zip(columns.clone()) {
                    let at = self.at(i, j);
                    *sum = std::mem::take(&mut self.sums[at]);
                }
                if keep_remainder {
                    for ((pulse, &sum), j) in pulses.iter_mut().zip(&sums).zip(columns.clone()) {
                        let at = self.at(i, j);
                        (*pulse, self.sums[at]) = cut_gradient(sum, step);
                    }
                } else {
                    simd::round_word(set, &sums[..lanes], random.states(), step, &mut pulses[..lanes]);
                }
                for (j, &pulse) in columns.zip(&pulses).filter(|(_, pulse)| **pulse != 0) {
                    if pulse < 0 { up.push(j) } else { down.push(j) }
                }
            }
            count += (down.len() + up.len()) as u32;
            if let Some(record) = &mut record {
                record.push([&down, &up].into_iter().map(|columns| u8::from(!columns.is_empty())).sum());
            }
            devices.pulse(&[i], &down, Connected::Both, false, events);
            devices.pulse(&[i], &up, Connected::Both, true, events);
        }
        count
    }
}

impl<E, L> Default for Operands<E, L> {
    fn default() -> Self {
        Self { vectors: vec![], lines: vec![], start: vec![] }
    }
}

impl<E, L: Copy> Operands<E, L> {
    fn resize(&mut self, groups: usize, width: usize, zero: L) {
        self.lines.resize(groups * width, zero);
        self.start.clear();
        self.start.resize(width * LINE, 0);
    }

    /// The sums of products of `narrow` vectors with `width` lines, to be added to `sums`.
    fn product<'t>(
        &'t self,
        narrow: usize,
        x_stride: usize,
        width: usize,
        sums: &'t mut [i32],
        sums_stride: usize,
    ) -> TileRead<'t, E, L> {
        TileRead {
            x: &self.vectors,
            x_stride,
            vectors: narrow,
            width,
            lines: &self.lines,
            start: &self.start,
            conversion: Conversion::exact(),
            accumulate: true,
            sums,
            sums_stride,
            flags: &mut [],
        }
    }
}

/// `[position][width]` to `[width][padded]`; positions beyond are zero inputs.
fn transpose<E: Element>(from: &[i8], width: usize, padded: usize, to: &mut Vec<E>) {
    to.clear();
    to.resize(width * padded, E::ZERO);
    for (p, from) in from.chunks_exact(width).enumerate() {
        for (to, &x) in to[p..].iter_mut().step_by(padded).zip(from) {
            *to = E::of(x);
        }
    }
}
