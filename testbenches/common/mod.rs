//! What the testbenches of blocks share: designs of many shapes, a block under control of a test, random stimuli.

mod bench;
mod designs;
mod gates;
mod memory;
mod pipeline;
mod random;
mod training;

pub use bench::{Bench, pack, print, signed, unpack};
pub use designs::{
    DOT, EIGHT, PAIR, STEPS, TRAIN_NARROW, TRAIN_ONE, TRAIN_SHORT, TRAIN_WIDE, WIDE, accumulating, any_design, preset,
    schedule, training_preset, update_rows,
};
pub use gates::{lint_clean, synthesis_clean};
pub use memory::Memory;
pub use pipeline::Pipeline;
pub use random::Random;
pub use training::training;
