//! `memgan sweep` as a user sees it.

mod answers;
#[path = "../black_images.rs"]
mod black_images;
mod cluster;
mod place;
mod runs;
mod slurm;
