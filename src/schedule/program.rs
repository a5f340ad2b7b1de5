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
    /// The words of a tensor one after the other, without a read.
    Words,
    /// The rows of the weight matrix one after the other, without a read.
    Rows,
    /// Registers and biases of a layer, without a tensor.
    Control,
}

/// What an operation is for. An inference only goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// Row reads: activations to activations.
    Forward,
    /// `Words`: output minus target becomes the error of a network's output.
    Loss,
    /// Column reads: the error of a layer's output becomes the error of its input. The operation moves data the other
    /// way round than the forward one: a convolution scatters, a transposed convolution gathers.
    Backward,
    /// Outer products of a layer's inputs (rows) and errors (columns): pulses, or sums in the gradient memory.
    /// Moves inputs as the forward operation does; the other side moves errors.
    Update,
    /// `Words`: errors are added up for the biases.
    BiasSum,
    /// `Rows`: the gradient memory becomes pulses.
    Apply,
    /// `Control`: biases take a step; gains, shifts and rate of a layer adapt.
    Adapt,
}

/// What a network's output is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LossTarget {
    /// Every output has this activation code as its target.
    Code(i8),
    /// One output a class: [`crate::numeric::CLASS_TARGET`] for the image's class, 0 for the others.
    Class,
}

/// Where an operation's input vectors come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gather {
    Window,
    Run,
    Nothing,
}

/// One operation of the schedule: everything the hardware's ROM holds.
///
/// Every tensor has two regions of the same addresses: activations, and errors in a memory of their own. `Backward`
/// reads and writes errors, and looks up the activations of `target` for the derivative. `Update` reads activations of
/// `source` and errors of `target`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Op {
    pub pass: Pass,
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
    /// Forward: the layer's own. Backward: that of the layer which made the activations of `target`.
    pub activation: Activation,
    /// Dropout threshold in 1/256; 0 is off. Backward: that of the layer which made the activations of `target`.
    pub dropout: u32,
    /// `Loss` only.
    pub loss: Option<LossTarget>,
}

impl Op {
    pub fn gather(&self) -> Gather {
        match self.kind {
            OpKind::GatherWindow => Gather::Window,
            OpKind::GatherRun | OpKind::ScatterWindow => Gather::Run,
            OpKind::Finish | OpKind::Words | OpKind::Rows | OpKind::Control => Gather::Nothing,
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

/// A part of a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Discriminator on a real image.
    Real,
    /// Discriminator on a generated image; starts from latents.
    Fake,
    /// End of the discriminator's batch.
    ApplyDiscriminator,
    /// Generator through the discriminator; starts from latents.
    Generate,
    /// End of the generator's batch.
    ApplyGenerator,
    /// Classifier on an image.
    Classify,
    /// End of the classifier's batch.
    ApplyClassifier,
}

impl Phase {
    /// Whether the phase ends a batch; the others come once for each image.
    pub fn ends_batch(self) -> bool {
        match self {
            Phase::ApplyDiscriminator | Phase::ApplyGenerator | Phase::ApplyClassifier => true,
            Phase::Real | Phase::Fake | Phase::Generate | Phase::Classify => false,
        }
    }
}

/// The operations of a phase.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingProgram {
    pub phase: Phase,
    /// Range in [`Schedule::ops`].
    pub first_op: usize,
    pub last_op: usize,
}

/// A layer's part of the gradient memory. An address holds the sums of `update_rows` matrix rows and `lanes` columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct GradientRegion {
    /// First address.
    pub base_word: usize,
    /// Addresses of a block of `update_rows` matrix rows: `ceil(matrix columns / lanes)`.
    pub row_words: usize,
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
    /// The phases of a training step; empty where the design only infers.
    pub phases: Vec<TrainingProgram>,
    /// One a layer; empty unless gradients are summed.
    pub gradients: Vec<GradientRegion>,
    /// Addresses of the gradient memory, 0 for none.
    pub gradient_words: usize,
    /// Matrix rows whose sums an address of the gradient memory holds, which outer products change in a cycle: row `i` is
    /// `i mod update_rows` of block `i / update_rows`. 1 where nothing is summed.
    pub update_rows: usize,
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

    /// The operations of the inference, which come before those of the training phases.
    pub fn inference_ops(&self) -> &[Op] {
        &self.ops[..self.programs.last().map_or(0, |p| p.last_op + 1)]
    }

    /// The first operation of a layer's inference.
    pub fn layer_op(&self, layer: usize) -> &Op {
        self.inference_ops().iter().find(|o| o.layer == layer).expect("a layer has an operation")
    }

    /// The operations of a training phase.
    pub fn phase(&self, phase: Phase) -> Option<&TrainingProgram> {
        self.phases.iter().find(|p| p.phase == phase)
    }

    pub fn program(&self, role: Role) -> Option<&NetworkProgram> {
        self.programs.iter().find(|p| p.role == role)
    }
}
