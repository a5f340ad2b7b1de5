//! Reads of a layer's tiles: bit-line sums, conversion, partial sums.

use super::lines::{Conversion, Element, PairLine, QuadLine, TileRead, LINE};
use super::{simd, InstructionSet};
use crate::schedule::Bank;
use ndarray::Array2;

/// Lines that a kernel reads side by side.
const PANEL_LINES: usize = 4;

/// A layer's weights laid out for reading.
///
/// Columns come in panels of up to four lines; `[panel][row tile][group of word lines][line]`.
#[derive(Clone, Debug)]
pub struct BankKernel {
    set: InstructionSet,
    rows: usize,
    columns: usize,
    tile_rows: usize,
    weights: Weights,
}

#[derive(Clone, Debug)]
enum Weights {
    /// Every level fits 8 bits, and the instructions are there. `start`: minus the sums of an input of all offsets,
    /// `[panel][row tile][column]`.
    Quads { lines: Vec<QuadLine>, start: Vec<i32> },
    Pairs { lines: Vec<PairLine> },
}

/// Input vectors and sums of one call of the kernel, kept to be used again.
#[derive(Clone, Debug, Default)]
pub struct ReadBuffers {
    pub(super) quads: Vec<u8>,
    pub(super) pairs: Vec<i16>,
    pub(super) sums: Vec<i32>,
}

/// The rows and columns that one panel of one row tile covers.
struct PanelTile {
    tile: usize,
    first_column: usize,
    width: usize,
    /// Groups of word lines.
    groups: usize,
}

impl BankKernel {
    /// `levels` is `[matrix_rows x matrix_columns]`; `tile_rows` a multiple of 4. Uses the processor's fastest
    /// instructions.
    pub fn new(bank: &Bank, tile_rows: usize, levels: &Array2<i16>) -> Self {
        Self::with_instructions(InstructionSet::detected(), bank, tile_rows, levels)
    }

    /// As [`BankKernel::new`] with given instructions: the results do not depend on them.
    pub fn with_instructions(set: InstructionSet, bank: &Bank, tile_rows: usize, levels: &Array2<i16>) -> Self {
        assert_eq!(levels.dim(), (bank.matrix_rows, bank.matrix_columns), "layer {}", bank.name);
        assert_eq!(tile_rows % 4, 0, "word lines of a tile");
        let (rows, columns) = levels.dim();
        let small = levels.iter().all(|&w| i8::try_from(w).is_ok());
        let mut kernel = Self { set, rows, columns, tile_rows, weights: Weights::Pairs { lines: vec![] } };
        let weight = |i: usize, j: usize| levels.get((i, j)).copied().unwrap_or(0);
        if set.has_quads() && small {
            let (mut lines, mut start) = (vec![], vec![]);
            kernel.weights = Weights::Quads { lines: vec![], start: vec![] };
            for p in kernel.panel_tiles() {
                let end = rows.min((p.tile + 1) * tile_rows);
                let rows = p.tile * tile_rows..end;
                for (group, line) in p.lines() {
                    let (i, j) = (rows.start + 4 * group, p.first_column + LINE * line);
                    lines.push(QuadLine(std::array::from_fn(|k| weight(i + k % 4, j + k / 4) as i8)));
                }
                start.extend((p.first_column..p.first_column + p.width * LINE).map(|j| {
                    rows.clone().map(|i| -i32::from(u8::ZERO) * i32::from(weight(i, j))).sum::<i32>()
                }));
            }
            kernel.weights = Weights::Quads { lines, start };
        } else {
            let mut lines = vec![];
            for p in kernel.panel_tiles() {
                for (group, line) in p.lines() {
                    let (i, j) = (p.tile * tile_rows + 2 * group, p.first_column + LINE * line);
                    let of = |h: usize, k: usize| weight(i + k % 2, j + 8 * h + k / 2);
                    lines.push(PairLine([0, 1].map(|h| std::array::from_fn(|k| of(h, k)))));
                }
            }
            kernel.weights = Weights::Pairs { lines };
        }
        kernel
    }

    pub fn row_tiles(&self) -> usize {
        self.rows.div_ceil(self.tile_rows)
    }

    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Distance of the sums of consecutive vectors.
    pub fn padded_columns(&self) -> usize {
        self.columns.next_multiple_of(LINE)
    }

    /// Distance of consecutive input vectors. What lies between them does not matter.
    pub(super) fn padded_rows(&self) -> usize {
        self.rows.next_multiple_of(4)
    }

    pub(super) fn reads_quads(&self) -> bool {
        matches!(self.weights, Weights::Quads { .. })
    }

    /// Word lines that the weights' format multiplies at once.
    fn group_rows(&self) -> usize {
        if self.reads_quads() { 4 } else { 2 }
    }

    /// In the order of the weights.
    fn panel_tiles(&self) -> impl Iterator<Item = PanelTile> + use<> {
        let (rows, tile_rows, group_rows) = (self.rows, self.tile_rows, self.group_rows());
        let (all_lines, tiles) = (self.columns.div_ceil(LINE), self.row_tiles());
        (0..all_lines).step_by(PANEL_LINES).flat_map(move |line| {
            (0..tiles).map(move |tile| PanelTile {
                tile,
                first_column: line * LINE,
                width: PANEL_LINES.min(all_lines - line),
                groups: tile_rows.min(rows - tile * tile_rows).div_ceil(group_rows),
            })
        })
    }

    /// Sums over row tiles of the codes of `vectors` inputs, which [`ReadBuffers`] holds `padded_rows` apart in the
    /// weights' format; leaves them there `padded_columns` apart.
    pub(super) fn read(&self, buffers: &mut ReadBuffers, vectors: usize, conversion: Conversion) {
        let sums_stride = self.padded_columns();
        if buffers.sums.len() < vectors * sums_stride {
            buffers.sums.resize(vectors * sums_stride, 0);
        }
        let (mut line, mut column) = (0, 0);
        for p in self.panel_tiles() {
            let (first_row, accumulate) = (p.tile * self.tile_rows, p.tile > 0);
            let sums = &mut buffers.sums[p.first_column..];
            let count = p.groups * p.width;
            match &self.weights {
                Weights::Quads { lines, start } => simd::read_quads(self.set, &mut TileRead {
                    x: &buffers.quads[first_row..],
                    x_stride: self.padded_rows(),
                    vectors,
                    width: p.width,
                    lines: &lines[line..line + count],
                    start: &start[column..column + p.width * LINE],
                    conversion,
                    accumulate,
                    sums,
                    sums_stride,
                }),
                Weights::Pairs { lines } => simd::read_pairs(self.set, &mut TileRead {
                    x: &buffers.pairs[first_row..],
                    x_stride: self.padded_rows(),
                    vectors,
                    width: p.width,
                    lines: &lines[line..line + count],
                    start: &[],
                    conversion,
                    accumulate,
                    sums,
                    sums_stride,
                }),
            }
            line += count;
            column += p.width * LINE;
        }
    }

    /// Sums over row tiles of the ADC codes, in units of `2^gain`, for the inputs `x` (whole matrix rows, one vector
    /// after the other): one row of [`BankKernel::padded_columns`] for each vector.
    pub fn sums_of<'b>(&self, x: &[i8], gain: u32, adc_bits: u32, buffers: &'b mut ReadBuffers) -> &'b [i32] {
        let vectors = x.len() / self.rows;
        buffers.load(self, x);
        self.read(buffers, vectors, Conversion::adc(gain, adc_bits));
        &buffers.sums[..vectors * self.padded_columns()]
    }

    /// Sums over row tiles of the ADC codes for one input `x`, one a column, in units of `2^gain`.
    pub fn sums(&self, x: &[i8], gain: u32, adc_bits: u32, sums: &mut [i32]) {
        let mut buffers = ReadBuffers::default();
        sums.copy_from_slice(&self.sums_of(x, gain, adc_bits, &mut buffers)[..self.columns]);
    }

    /// Exact bit-line sums of row tile `tile` for one input `x` (whole matrix rows), one a column.
    pub fn dots(&self, tile: usize, x: &[i8], dots: &mut [i32]) {
        let mut lines = vec![0; self.rows];
        let range = tile * self.tile_rows..self.rows.min((tile + 1) * self.tile_rows);
        lines[range.clone()].copy_from_slice(&x[range]);
        let mut buffers = ReadBuffers::default();
        buffers.load(self, &lines);
        self.read(&mut buffers, 1, Conversion::exact());
        dots.copy_from_slice(&buffers.sums[..self.columns]);
    }
}

impl PanelTile {
    /// Group of word lines and line of every weight line, in the order of the weights.
    fn lines(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let width = self.width;
        (0..self.groups).flat_map(move |group| (0..width).map(move |line| (group, line)))
    }
}

impl ReadBuffers {
    /// Places whole input vectors where [`BankKernel::read`] wants them.
    fn load(&mut self, kernel: &BankKernel, x: &[i8]) {
        let (rows, stride) = (kernel.rows, kernel.padded_rows());
        let len = x.len() / rows * stride;
        if kernel.reads_quads() {
            grow(&mut self.quads, len);
            load(&mut self.quads, x, rows, stride);
        } else {
            grow(&mut self.pairs, len);
            load(&mut self.pairs, x, rows, stride);
        }
    }
}

/// Places vectors of `rows` elements `stride` apart.
pub(super) fn load<E: Element>(to: &mut [E], x: &[i8], rows: usize, stride: usize) {
    for (to, x) in to.chunks_exact_mut(stride).zip(x.chunks_exact(rows)) {
        for (to, &x) in to.iter_mut().zip(x) {
            *to = E::of(x);
        }
    }
}

/// Makes room for `len` elements.
pub(super) fn grow<E: Element>(buffer: &mut Vec<E>, len: usize) {
    if buffer.len() < len {
        buffer.resize(len, E::ZERO);
    }
}
