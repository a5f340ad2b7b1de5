//! The printer: Verilog-2005 that reads as if written by hand.

mod doc;
mod expr;
mod item;
mod module;
mod stmt;

pub(crate) use expr::flat;
pub(crate) use module::{body, complete};
