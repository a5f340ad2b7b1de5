//! Whole designs: the emitted Verilog against the golden model, every value and every cycle.

mod exact;
mod inference;
mod programming;
mod real_devices;
mod real_drift;
mod training;
