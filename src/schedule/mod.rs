//! Layers become tiles, memory regions and operations. The golden model and the hardware both execute this; the
//! cycle prediction walks the same operations.

mod banks;
mod build;
mod program;
mod segments;
mod timing;
mod training;
mod widths;

pub use banks::Bank;
pub use program::{
    Gather, GradientRegion, LossTarget, NetworkProgram, Op, OpKind, Pass, Phase, Schedule, Tensor, TrainingProgram,
    Window,
};
pub use segments::{Segment, WindowSegments};
pub use timing::{OpCycles, Starvation, predict};
pub use widths::{Widths, bits_for};
