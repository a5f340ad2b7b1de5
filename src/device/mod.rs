//! Memristor levels and crossbar contents, golden side.

mod cells;
mod content;
mod mapping;

pub use cells::{CellCode, ProgramPlace, ProgramWord};
pub use content::{Content, LayerContent, TrainingRegisters};
pub use mapping::{LayerMap, LayerParameters, Mapping, QuantisationReport};
