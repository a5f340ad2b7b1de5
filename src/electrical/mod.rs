//! The electrical truth of one tile: its resistor network solved exactly, its SPICE netlist, and an integer correction
//! for the voltage that its wires lose.
//!
//! Every line is a chain of segments of one resistance. Word line `i` starts at a driver and meets bit line 0 first;
//! bit line `k` meets word line 0 first and ends, behind the last word line, at a sense amplifier that holds it at 0 V.

mod bit_line;
mod ir_drop;
#[cfg(test)]
mod ir_drop_tests;
mod lines;
mod netlist;
mod network;
#[cfg(test)]
mod tests;
mod tile;

pub use ir_drop::{CellFactors, FACTOR_BITS, FINE_MAX, IrDrop, IrDropError, LineFactors};
pub use lines::Lines;
pub use netlist::{Netlist, netlist};
pub use network::{Factored, Network, NetworkError, OperatingPoint};
pub use tile::{Tile, code_siemens, line_volts, unit_ampere};
