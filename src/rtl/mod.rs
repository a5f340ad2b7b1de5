//! The hardware, one block a file. Every block takes its widths from the schedule; control state machines are rust-hdl
//! kernels, everything with a size is a netlist module.

mod accumulate;
mod activation;
mod adapt;
mod apply;
mod array_control;
mod bank;
mod bias_sum;
mod calibrator;
mod crossbar;
mod derivative;
mod drain;
mod fire;
mod gather;
mod gradient_memory;
mod host;
mod lanes;
mod layer_parameters;
mod loss;
mod memory;
mod outer;
mod outer_row;
mod programmer;
mod pulse_control;
mod random;
mod round_gradient;
mod schedule_rom;
mod top;
mod trainer;
mod training_registers;

mod vector_memory;
mod walkers;

pub use adapt::{AdaptFsm, AdaptState};
pub use array_control::{ArrayFsm, ArrayState};
pub use calibrator::{CalibratorFsm, CalibratorState, trim_address};
pub use crossbar::{
    CROSSBAR, CrossbarView, crossbar, emulation_column_cycles, emulation_cycles, emulation_pulse_cycles,
};
pub use host::{HostFsm, HostState};
pub use loss::{LossFsm, LossState};
pub use programmer::{ProgramRegister, ProgrammerFsm, ProgrammerState};
pub use pulse_control::{PulseFsm, PulseState};
pub use top::{Rtl, TOP, top};
pub use trainer::{TrainerFsm, TrainerState};

/// The builders of single blocks, which testbenches drive one by one.
pub mod blocks {
    pub use super::accumulate::accumulate;
    pub use super::activation::activation_lane;
    pub use super::adapt::{adapt, adapt_fsm};
    pub use super::apply::apply;
    pub use super::array_control::{array_control, array_fsm};
    pub use super::bank::bank;
    pub use super::bias_sum::bias_sum;
    pub use super::calibrator::{calibrator, calibrator_fsm};
    pub use super::derivative::derivative_lane;
    pub use super::drain::drain;
    pub use super::fire::fire_lane;
    pub use super::gather::gather;
    pub use super::gradient_memory::gradient_memory;
    pub use super::host::{host, host_fsm};
    pub use super::lanes::rotator;
    pub use super::layer_parameters::layer_parameters;
    pub use super::loss::{loss, loss_fsm};
    pub use super::memory::sram;
    pub use super::outer::outer;
    pub use super::outer_row::outer_row;
    pub use super::programmer::{program_registers, programmer, programmer_fsm};
    pub use super::pulse_control::{pulse_control, pulse_fsm};
    pub use super::random::random;
    pub use super::round_gradient::round_gradient;
    pub use super::schedule_rom::schedule_rom;
    pub use super::trainer::{trainer, trainer_fsm};
    pub use super::training_registers::{
        COUNTER_SPACE, COUNTERS, SPACE_BITS, TRAINING_REGISTER_BITS, pulse_bits, training_registers,
    };

    pub use super::vector_memory::vector_memory;
    pub use super::walkers::{run_walker, window_walker};
}
