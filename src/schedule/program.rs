//! Operations, memory regions and programs.

use super::{Bank, Widths};
use crate::config::{Activation, Design, Role, Shape};
use serde::Serialize;

/// A region of the activation memory. Elements are in row, column, channel order without padding; the region starts
/// at a word boundary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tensor {
    pub name: String,
    pub shape: Shape,
    pub base_word: usize,
    pub words: usize,
}

/// A window that slides over an image, in elements where not said otherwise.
///
/// A window row is one contiguous run of `kernel * channels` elements of an image row, clipped at the image's edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Window {
    /// Kernel rows.
    pub kernel: usize,
    /// `kernel * channels`.
    pub row_len: usize,
    /// Image rows.
    pub image_rows: usize,
    /// `image width * channels`.
    pub image_row_len: usize,
    /// Stride in image rows.
    pub stride: usize,
    /// `stride * channels`.
    pub step: usize,
    /// `padding` in image rows.
    pub padding: usize,
    /// `padding * channels`.
    pub padding_len: usize,
    /// Window positions across and down.
    pub positions_x: usize,
    pub positions_y: usize,
}

impl Window {
    /// Elements from one row of positions to the next one.
    pub fn row_step(&self) -> usize {
        self.stride * self.image_row_len
    }

    /// Elements of the padding above the image.
    pub fn padding_rows_len(&self) -> usize {
        self.padding * self.image_row_len
    }

    /// Largest of all steps, in elements; at least as large as any of the fields that count rows.
    pub(super) fn largest_step(&self) -> usize {
        [self.step, self.row_step(), self.padding_len, self.padding_rows_len()].into_iter().max().unwrap_or(0)
    }
}

/// How an operation moves data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OpKind {
    /// Gather a window, read the rows, write one pixel: convolution.
    GatherWindow,
    /// Gather a contiguous run, read the rows, write a contiguous run: dense.
    GatherRun,
    /// Gather one pixel, read the rows, scatter-add a window into the accumulators: transposed convolution.
    ScatterWindow,
    /// Accumulators plus bias through the activation; accumulators are left zero.
    Finish,
}

/// Where an operation's input vectors come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    Window,
    Run,
    Nothing,
}

/// One operation of the schedule: everything the hardware's ROM holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Op {
    pub kind: OpKind,
    /// Index of the layer over all networks, which is also its bank.
    pub layer: usize,
    /// Input region; `None` for [`OpKind::Finish`].
    pub source: Option<usize>,
    /// Output region; `None` for [`OpKind::ScatterWindow`], which writes the accumulators.
    pub target: Option<usize>,
    /// The sliding window: over the input for `GatherWindow`, over the output for `ScatterWindow`.
    pub window: Option<Window>,
    /// Reads of the array; 1 for [`OpKind::Finish`].
    pub positions: usize,
    /// Elements of an input run (`GatherRun`, `ScatterWindow`).
    pub gather_len: usize,
    /// Elements of an output run (`GatherWindow`, `GatherRun`, `Finish`).
    pub drain_len: usize,
    /// First word of the layer's bias pattern and its period in words.
    pub bias_base: usize,
    pub bias_period: usize,
    pub activation: Activation,
    /// Dropout threshold in 1/256; 0 is off.
    pub dropout: u32,
}

impl Op {
    pub fn gather(&self) -> Gather {
        match self.kind {
            OpKind::GatherWindow => Gather::Window,
            OpKind::GatherRun | OpKind::ScatterWindow => Gather::Run,
            OpKind::Finish => Gather::Nothing,
        }
    }
}

/// The operations of one network.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NetworkProgram {
    pub role: Role,
    /// Range in [`Schedule::ops`].
    pub first_op: usize,
    pub last_op: usize,
    /// Input and output regions.
    pub input: usize,
    pub output: usize,
    /// Layers of this network: range in [`Schedule::banks`].
    pub first_layer: usize,
    pub last_layer: usize,
}

/// Everything that golden model, hardware and reports need to know of a design.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Schedule {
    #[serde(skip)]
    pub design: Design,
    pub lanes: usize,
    /// One bank a layer, over all networks.
    pub banks: Vec<Bank>,
    pub tensors: Vec<Tensor>,
    pub ops: Vec<Op>,
    pub programs: Vec<NetworkProgram>,
    /// Words of the activation, accumulator and bias memories; at least 2 each.
    pub activation_words: usize,
    pub accumulator_words: usize,
    pub bias_words: usize,
    pub widths: Widths,
}

impl Schedule {
    pub fn tiles(&self) -> usize {
        self.banks.iter().map(Bank::tiles).sum()
    }

    pub fn program(&self, role: Role) -> Option<&NetworkProgram> {
        self.programs.iter().find(|p| p.role == role)
    }
}
