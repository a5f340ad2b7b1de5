//! Builds and drives simulations of the emitted Verilog.
//!
//! [`tools`] finds the programs. [`VerilatedModel`] turns Verilog into a shared library, kept in a cache. [`Model`] puts a
//! block under the control of a test: single ports and cycles, or thousands of random vectors in one call. [`Driver`]
//! programs, loads, runs and reads a whole design and checks each of its activations. [`icarus`] replays a recorded run
//! in a second simulator, and [`lint`] holds the lint gates.
//!
//! Works with Verilator 5.006, the version of Debian 12, and newer ones. The C++ side is in `testbenches/shim`.

mod build;
mod compile;
mod driver;
mod error;
mod ffi;
pub mod icarus;
pub mod lint;
mod model;
mod ports;
mod record;
mod taps;
pub mod tools;

#[cfg(test)]
mod tests;

pub use build::{BuildSpec, Optimise, Trace, VerilatedModel};
pub use driver::{ConfigSpace, ConfigWord, Driver, DriverOptions, LayerCycles, Op, ProgramWord, RunReport};
pub use error::{CosimError, Result, ToolError};
pub use model::{Layout, Model, PortId, RESET_CYCLES, TraceWindow};
pub use ports::{Direction, Port, Reset};
pub use record::{EXPECTED_FILE, INPUTS_FILE, Recording, TESTBENCH};
pub use taps::{Compare, Difference, TapLog, TapWrite, Unwritten};
