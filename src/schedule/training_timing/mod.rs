//! Cycles of what only training has: blocks that walk memories by themselves, without the array.

mod adapt;
mod loss;
mod step;

pub use adapt::adapt_cycles;
pub use loss::loss_cycles;
pub use step::train_step_cycles;
