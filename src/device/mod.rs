//! Memristor levels and crossbar contents, golden side.

mod cells;
mod mapping;

pub use cells::{CellCode, ProgramPlace, ProgramWord};
pub use mapping::{LayerMap, LayerParameters, Mapping, QuantisationReport};
