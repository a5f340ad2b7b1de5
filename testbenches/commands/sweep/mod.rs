//! `memgan sweep` as a user sees it.

mod answers;
mod cluster;
mod place;
mod runs;
mod slurm;
