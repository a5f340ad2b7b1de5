//! memgan: a description of a generative adversarial network becomes hardware around memristive crossbars.
//!
//! Data flows one way: [`config`] -> `Design` -> [`schedule`] -> { [`golden`], [`rtl`], reports }.

pub mod config;
pub mod cosim;
pub mod data;
pub mod device;
pub mod diff;
pub mod electrical;
pub mod emit;
pub mod evaluate;
pub mod float;
pub mod golden;
pub mod hdl;
pub mod memory;
pub mod numeric;
pub mod prepare;
pub mod report;
pub mod rtl;
pub mod schedule;
pub mod sweep;
pub mod train;
pub mod weights;
