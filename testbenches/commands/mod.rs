//! Commands of the program as a user runs them.

mod black_images;
mod spice;
mod store;
mod sweep;
mod training_runs;
