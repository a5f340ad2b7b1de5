//! The top level: structure only. One file a part of the data flow; what they share are nets, by name.

mod addresses;
mod array;
mod calibrator;
mod memories;
mod nets;
mod ports;
mod programmer;
mod results;
mod sequencer;
mod training;

use super::crossbar::CrossbarView;
use crate::hdl::Module;
use crate::schedule::Schedule;
use nets::Top;
use std::sync::Arc;

/// Name of the top module.
pub const TOP: &str = "memgan_top";

/// The hardware of a design with one view of the crossbar macro.
pub struct Rtl {
    pub top: Arc<Module>,
}

/// Builds the top level.
pub fn top(schedule: &Schedule, view: CrossbarView) -> Rtl {
    let mut t = Top::new(TOP, file!(), schedule);
    t.ports();
    t.sequencer();
    t.address_generators();
    t.gather();
    if t.trains {
        t.updates();
    }
    t.array(view);
    t.results();
    if t.trains {
        t.errors();
        t.adapt();
    }
    t.memories();
    Rtl { top: t.finish() }
}
