//! The golden model against definitions and formulas that are written out here.

mod designs;
mod float;
mod kernels;
mod layers;
mod model;
mod real_devices;
mod real_slopes;
mod textbook;
mod training;
