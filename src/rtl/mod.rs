//! The hardware, one block a file. Every block takes its widths from the schedule; control state machines are rust-hdl
//! kernels, everything with a size is a netlist module.

mod accumulate;
mod activation;
mod array_control;
mod bank;
mod crossbar;
mod drain;
mod gather;
mod host;
mod lanes;
mod layer_parameters;
mod memory;
mod random;
mod schedule_rom;
mod top;
mod walkers;

pub use array_control::{ArrayFsm, ArrayState};
pub use crossbar::{crossbar, emulation_cycles, CrossbarView, CROSSBAR};
pub use host::{HostFsm, HostState};
pub use top::{top, Rtl, TOP};
