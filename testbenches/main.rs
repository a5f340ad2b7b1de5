//! Every test that needs a simulator, a whole network or the program itself. They are one crate, since a crate for each
//! file would be linked to the library, and built, by itself: `cargo test --test testbenches -- blocks::bank` runs one file.

mod blocks;
mod commands;
mod common;
mod golden;
mod networks;
mod verilog;
