//! Layers become tiles, memory regions and operations. The golden model and the hardware both execute this; the
//! cycle prediction walks the same operations.

mod banks;
mod build;
mod gradient_timing;
mod program;
mod segments;
mod timing;
mod training;
mod training_timing;
mod widths;

pub use banks::Bank;
pub use gradient_timing::{ApplyModel, OuterModel, bias_sum_cycles};
pub use program::{
    Gather, GradientRegion, LossTarget, NetworkProgram, Op, OpKind, Pass, Phase, Schedule, Tensor, TrainingProgram,
    Window,
};
pub use segments::{Segment, WindowSegments};
pub use timing::{OpCycles, Starvation, predict, predict_op, pulses};
pub use training_timing::{adapt_cycles, loss_cycles, train_step_cycles};
pub use widths::{Widths, bits_for};
