//! The emitted text: what tools say of it, and that it is complete, fresh and usable.

mod emission;
mod example;
mod lint;
mod synthesis;
mod training_text;
