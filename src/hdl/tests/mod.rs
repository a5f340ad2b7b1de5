//! Tests of the netlist: width checks, refused modules, hand-written texts, tools, and values against a simulator.

mod checks;
mod golden;
mod kernels;
mod lint;
mod random;
mod samples;
mod tools;
mod widths;
