//! The sequence of calibration: a walk over the trims, a conversion, and again, for every bit of every side.

use crate::hdl::{FlipFlop, Kernel, Module};
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of calibration.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum CalibratorState {
    Idle,
    Fetch,
    Store,
    Apply,
    Settle,
    Sample,
    Start,
    Convert,
}

/// Calibration as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock)]
pub struct CalibratorFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    /// Calibration begins.
    pub start_i: Signal<In, Bit>,
    /// The settle or sample timer is at its end.
    pub timer_end_i: Signal<In, Bit>,
    /// Lines have been driven in every phase.
    pub last_phase_i: Signal<In, Bit>,
    pub adc_done_i: Signal<In, Bit>,
    /// The side's last ADC.
    pub last_adc_i: Signal<In, Bit>,
    /// All conversions of the side are done.
    pub last_bit_i: Signal<In, Bit>,
    /// The last side of the last tile.
    pub last_side_i: Signal<In, Bit>,
    /// Read an ADC's trim, then write it.
    pub fetch_o: Signal<Out, Bit>,
    pub store_o: Signal<Out, Bit>,
    pub apply_o: Signal<Out, Bit>,
    pub load_settle_o: Signal<Out, Bit>,
    pub load_sample_o: Signal<Out, Bit>,
    pub sample_o: Signal<Out, Bit>,
    pub next_phase_o: Signal<Out, Bit>,
    pub adc_start_o: Signal<Out, Bit>,
    /// The trims of a side are found.
    pub side_end_o: Signal<Out, Bit>,
    /// The tile settles, samples or converts.
    pub active_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    state: FlipFlop<CalibratorState>,
}

impl Default for CalibratorFsm {
    fn default() -> Self {
        Self {
            clk_i: Default::default(),
            rst_ni: Default::default(),
            start_i: Default::default(),
            timer_end_i: Default::default(),
            last_phase_i: Default::default(),
            adc_done_i: Default::default(),
            last_adc_i: Default::default(),
            last_bit_i: Default::default(),
            last_side_i: Default::default(),
            fetch_o: Default::default(),
            store_o: Default::default(),
            apply_o: Default::default(),
            load_settle_o: Default::default(),
            load_sample_o: Default::default(),
            sample_o: Default::default(),
            next_phase_o: Default::default(),
            adc_start_o: Default::default(),
            side_end_o: Default::default(),
            active_o: Default::default(),
            busy_o: Default::default(),
            state: FlipFlop::new(CalibratorState::Idle),
        }
    }
}

impl Logic for CalibratorFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.fetch_o.next = false;
        self.store_o.next = false;
        self.apply_o.next = false;
        self.load_settle_o.next = false;
        self.load_sample_o.next = false;
        self.sample_o.next = false;
        self.next_phase_o.next = false;
        self.adc_start_o.next = false;
        self.side_end_o.next = false;
        self.active_o.next = false;
        // Assigned once, without a default: readiness depends on it, and must see no glitch in simulation.
        self.busy_o.next = self.state.q.val() != CalibratorState::Idle;
        match self.state.q.val() {
            CalibratorState::Idle => {
                if self.start_i.val() {
                    self.state.d.next = CalibratorState::Fetch;
                }
            }
            CalibratorState::Fetch => {
                self.fetch_o.next = true;
                self.state.d.next = CalibratorState::Store;
            }
            CalibratorState::Store => {
                self.store_o.next = true;
                if self.last_adc_i.val() {
                    if self.last_bit_i.val() {
                        self.side_end_o.next = true;
                        if self.last_side_i.val() {
                            self.state.d.next = CalibratorState::Idle;
                        } else {
                            self.state.d.next = CalibratorState::Fetch;
                        }
                    } else {
                        self.state.d.next = CalibratorState::Apply;
                    }
                } else {
                    self.state.d.next = CalibratorState::Fetch;
                }
            }
            CalibratorState::Apply => {
                self.apply_o.next = true;
                self.load_settle_o.next = true;
                self.state.d.next = CalibratorState::Settle;
            }
            CalibratorState::Settle => {
                self.active_o.next = true;
                if self.timer_end_i.val() {
                    self.load_sample_o.next = true;
                    self.state.d.next = CalibratorState::Sample;
                }
            }
            CalibratorState::Sample => {
                self.active_o.next = true;
                self.sample_o.next = true;
                if self.timer_end_i.val() {
                    if self.last_phase_i.val() {
                        self.state.d.next = CalibratorState::Start;
                    } else {
                        self.next_phase_o.next = true;
                        self.load_settle_o.next = true;
                        self.state.d.next = CalibratorState::Settle;
                    }
                }
            }
            CalibratorState::Start => {
                self.active_o.next = true;
                self.adc_start_o.next = true;
                self.state.d.next = CalibratorState::Convert;
            }
            CalibratorState::Convert => {
                self.active_o.next = true;
                if self.adc_done_i.val() {
                    self.state.d.next = CalibratorState::Fetch;
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn calibrator_fsm() -> Arc<Module> {
    Kernel::new("memgan_calibrator_fsm", file!(), CalibratorFsm::default())
        .doc(
            "Calibration of the trims, side by side: a walk over the ADCs, which reads and writes each trim, before the \
             first conversion and after each.",
        )
        .contract("adc_done_i may come any number of cycles after adc_start_o and stays high until the next one.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}
