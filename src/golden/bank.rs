//! Reads of a layer's tiles: bit-line sums, conversion, partial sums.

use super::lines::{Conversion, Element, LINE, PairLine, QuadLine, TileRead};
use super::{InstructionSet, portable, simd};
use crate::schedule::Bank;
use ndarray::{Array2, ArrayView2};
use std::ops::Range;

/// Lines that a kernel reads side by side.
pub(super) const PANEL_LINES: usize = 4;

/// A layer's weights laid out for reading.
///
/// Columns come in panels of up to four lines; `[panel][row tile][group of word lines][line]`.
#[derive(Clone, Debug)]
pub struct BankKernel {
    set: InstructionSet,
    pub(super) rows: usize,
    columns: usize,
    pub(super) tile_rows: usize,
    pub(super) weights: Weights,
}

#[derive(Clone, Debug)]
pub(super) enum Weights {
    /// Without vector instructions: `[panel][row tile][column][word line]`.
    Columns {
        weights: Vec<i16>,
    },
    /// Every level fits 8 bits, and the instructions are there. `start`: minus the sums of an input of all offsets,
    /// `[panel][row tile][column]`.
    Quads {
        lines: Vec<QuadLine>,
        start: Vec<i32>,
    },
    Pairs {
        lines: Vec<PairLine>,
    },
}

/// Input vectors and sums of one call of the kernel, kept to be used again.
#[derive(Clone, Debug, Default)]
pub struct ReadBuffers {
    pub(super) quads: Vec<u8>,
    pub(super) pairs: Vec<i16>,
    pub(super) sums: Vec<i32>,
    /// Codes of real reads before they take the place of the sums.
    pub(super) codes: Vec<i32>,
    /// Whether reads note the flags of their codes, one a vector.
    pub(super) wants_flags: bool,
    pub(super) flags: Vec<u8>,
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
        let small = levels.iter().all(|&w| i8::try_from(w).is_ok());
        Self::from_levels(set, levels.view(), tile_rows, small)
    }

    /// A kernel for any matrix. `small`: every level fits 8 bits, and so does every level that will be set.
    pub(super) fn from_levels(set: InstructionSet, levels: ArrayView2<i16>, tile_rows: usize, small: bool) -> Self {
        assert_eq!(tile_rows % 4, 0, "word lines of a tile");
        let (rows, columns) = levels.dim();
        let weight = |i: usize, j: usize| levels.get((i, j)).copied().unwrap_or(0);
        let weights = if !set.multiplies_pairs() {
            Weights::Columns { weights: vec![] }
        } else if set.has_quads() && small {
            Weights::Quads { lines: vec![], start: vec![] }
        } else {
            Weights::Pairs { lines: vec![] }
        };
        let mut kernel = Self { set, rows, columns, tile_rows, weights };
        for p in kernel.panel_tiles() {
            let first_row = p.tile * tile_rows;
            let columns = p.first_column..p.first_column + p.width * LINE;
            match &mut kernel.weights {
                Weights::Columns { weights } => {
                    let rows = first_row..first_row + p.groups;
                    weights.extend(columns.flat_map(|j| rows.clone().map(move |i| weight(i, j))));
                }
                Weights::Pairs { lines } => lines.extend(p.lines().map(|(group, line)| {
                    let (i, j) = (first_row + 2 * group, columns.start + LINE * line);
                    let of = |h: usize, k: usize| weight(i + k % 2, j + 8 * h + k / 2);
                    PairLine([0, 1].map(|h| std::array::from_fn(|k| of(h, k))))
                })),
                Weights::Quads { lines, start } => {
                    lines.extend(p.lines().map(|(group, line)| {
                        let (i, j) = (first_row + 4 * group, columns.start + LINE * line);
                        QuadLine(std::array::from_fn(|k| weight(i + k % 4, j + k / 4) as i8))
                    }));
                    let rows = first_row..rows.min(first_row + tile_rows);
                    let offset = -i32::from(u8::ZERO);
                    start.extend(columns.map(|j| offset * rows.clone().map(|i| i32::from(weight(i, j))).sum::<i32>()));
                }
            }
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

    /// Word lines of a group in the weights' format.
    pub(super) fn group_rows(&self) -> usize {
        match self.weights {
            Weights::Columns { .. } => 1,
            Weights::Pairs { .. } => 2,
            Weights::Quads { .. } => 4,
        }
    }

    /// Items of the weights' vector that hold a group of word lines of a line.
    fn lines_of_weights(&self) -> usize {
        if let Weights::Columns { .. } = self.weights { LINE } else { 1 }
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
        self.read_tiles(buffers, vectors, conversion, 0..self.row_tiles());
    }

    /// Sum of the squares of a vector's inputs to row tile `tile`, from 16-bit inputs.
    pub(super) fn energy(&self, pairs: &[i16], vector: usize, tile: usize) -> u32 {
        let rows = tile * self.tile_rows..self.rows.min((tile + 1) * self.tile_rows);
        let start = vector * self.padded_rows();
        pairs[start + rows.start..start + rows.end].iter().map(|&x| i32::from(x).pow(2) as u32).sum()
    }

    /// As [`BankKernel::read`], over some row tiles.
    pub(super) fn read_tiles(
        &self,
        buffers: &mut ReadBuffers,
        vectors: usize,
        conversion: Conversion,
        tiles: Range<usize>,
    ) {
        let sums_stride = self.padded_columns();
        if buffers.sums.len() < vectors * sums_stride {
            buffers.sums.resize(vectors * sums_stride, 0);
        }
        buffers.flags.clear();
        if buffers.wants_flags {
            buffers.flags.resize(vectors, 0);
        }
        let (mut line, mut column) = (0, 0);
        for p in self.panel_tiles() {
            let (first_line, first_start) = (line, column);
            line += p.groups * p.width * self.lines_of_weights();
            column += p.width * LINE;
            if !tiles.contains(&p.tile) {
                continue;
            }
            let (first_row, accumulate) = (p.tile * self.tile_rows, p.tile > tiles.start);
            let (sums, flags) = (&mut buffers.sums[p.first_column..], buffers.flags.as_mut_slice());
            let (width, x_stride) = (p.width, self.padded_rows());
            match &self.weights {
                Weights::Columns { weights } => {
                    let (x, lines) = (&buffers.pairs[first_row..], &weights[first_line..line]);
                    portable::read_columns(&mut TileRead {
                        x,
                        x_stride,
                        vectors,
                        width,
                        lines,
                        start: &[],
                        conversion,
                        accumulate,
                        sums,
                        sums_stride,
                        flags,
                    });
                }
                Weights::Pairs { lines } => {
                    let (x, lines) = (&buffers.pairs[first_row..], &lines[first_line..line]);
                    simd::read_pairs(
                        self.set,
                        &mut TileRead {
                            x,
                            x_stride,
                            vectors,
                            width,
                            lines,
                            start: &[],
                            conversion,
                            accumulate,
                            sums,
                            sums_stride,
                            flags,
                        },
                    );
                }
                Weights::Quads { lines, start } => {
                    let (x, lines) = (&buffers.quads[first_row..], &lines[first_line..line]);
                    let start = &start[first_start..column];
                    simd::read_quads(
                        self.set,
                        &mut TileRead {
                            x,
                            x_stride,
                            vectors,
                            width,
                            lines,
                            start,
                            conversion,
                            accumulate,
                            sums,
                            sums_stride,
                            flags,
                        },
                    );
                }
            }
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
        let mut buffers = ReadBuffers::default();
        buffers.load(self, x);
        self.read_tiles(&mut buffers, 1, Conversion::exact(), tile..tile + 1);
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
