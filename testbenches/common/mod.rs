//! What the testbenches of blocks share: designs of many shapes, a block under control of a test, random stimuli.
#![allow(dead_code, unused_imports, reason = "every target uses another part of this module")]

mod bench;
mod designs;
mod random;

pub use bench::{Bench, pack, print, signed, unpack};
pub use designs::{
    EIGHT, PAIR, STEPS, TRAIN_NARROW, TRAIN_ONE, TRAIN_SHORT, TRAIN_WIDE, WIDE, any_design, preset, schedule,
};
pub use random::Random;
