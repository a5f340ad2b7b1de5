//! The golden model against definitions and formulas that are written out here.

mod designs;
mod float;
mod kernels;
mod layers;
mod model;
mod real_devices;
mod textbook;
mod training;
