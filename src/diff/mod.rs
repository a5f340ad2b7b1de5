//! Hardware and golden model side by side: sessions, the first difference, reports.

mod calibration;
mod programming;
mod report;
mod session;
mod training;

pub use programming::ProgrammingReport;
pub use report::{LayerReport, Mismatch, PassReport, Totals};
pub use session::{Session, SessionOptions};
pub use training::{OpReport, PhaseReport, StateDifference, TrainingSession};
