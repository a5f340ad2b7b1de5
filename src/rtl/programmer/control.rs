//! The sequence of write-verify: read, compare, pulse, until the device is there or has failed.

use crate::hdl::{FlipFlop, Kernel, Module};
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of write-verify.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum ProgrammerState {
    Idle,
    ReadLine,
    ReadApply,
    Settle,
    Sample,
    Start,
    Convert,
    Seek,
    Below,
    Above,
    Decide,
    PulseLine,
    PulseColumn,
    PulseApply,
    Pulse,
    PulseWait,
}

/// Write-verify of the devices of a word as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock)]
pub struct ProgrammerFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    /// A word to program is taken.
    pub start_i: Signal<In, Bit>,
    /// The settle or sample timer is at its end.
    pub timer_end_i: Signal<In, Bit>,
    /// Lines have been driven in every phase.
    pub last_phase_i: Signal<In, Bit>,
    pub adc_done_i: Signal<In, Bit>,
    pub pulse_done_i: Signal<In, Bit>,
    /// The device goes to the level nearest to its first read, which is this one.
    pub seek_i: Signal<In, Bit>,
    /// The level's last bit.
    pub last_bit_i: Signal<In, Bit>,
    /// The last read is within the tolerance.
    pub reached_i: Signal<In, Bit>,
    /// The device has had all its pulses.
    pub exhausted_i: Signal<In, Bit>,
    /// The device is the word's last.
    pub last_device_i: Signal<In, Bit>,
    /// Write the word line; with the input of a read, or for a pulse.
    pub row_o: Signal<Out, Bit>,
    pub read_row_o: Signal<Out, Bit>,
    /// Write the bit line.
    pub column_o: Signal<Out, Bit>,
    pub apply_o: Signal<Out, Bit>,
    pub load_settle_o: Signal<Out, Bit>,
    pub load_sample_o: Signal<Out, Bit>,
    pub sample_o: Signal<Out, Bit>,
    pub next_phase_o: Signal<Out, Bit>,
    pub adc_start_o: Signal<Out, Bit>,
    pub capture_o: Signal<Out, Bit>,
    /// One bit of the level whose target is not above the read; then compare with it, and with the next level.
    pub seek_o: Signal<Out, Bit>,
    pub below_o: Signal<Out, Bit>,
    pub above_o: Signal<Out, Bit>,
    /// The device gets one more pulse.
    pub next_pulse_o: Signal<Out, Bit>,
    pub pulse_start_o: Signal<Out, Bit>,
    /// The device is done, or has failed.
    pub device_end_o: Signal<Out, Bit>,
    /// The tile settles, samples, converts or is pulsed.
    pub active_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    state: FlipFlop<ProgrammerState>,
}

impl Default for ProgrammerFsm {
    fn default() -> Self {
        Self {
            clk_i: Default::default(),
            rst_ni: Default::default(),
            start_i: Default::default(),
            timer_end_i: Default::default(),
            last_phase_i: Default::default(),
            adc_done_i: Default::default(),
            pulse_done_i: Default::default(),
            seek_i: Default::default(),
            last_bit_i: Default::default(),
            reached_i: Default::default(),
            exhausted_i: Default::default(),
            last_device_i: Default::default(),
            row_o: Default::default(),
            read_row_o: Default::default(),
            column_o: Default::default(),
            apply_o: Default::default(),
            load_settle_o: Default::default(),
            load_sample_o: Default::default(),
            sample_o: Default::default(),
            next_phase_o: Default::default(),
            adc_start_o: Default::default(),
            capture_o: Default::default(),
            seek_o: Default::default(),
            below_o: Default::default(),
            above_o: Default::default(),
            next_pulse_o: Default::default(),
            pulse_start_o: Default::default(),
            device_end_o: Default::default(),
            active_o: Default::default(),
            busy_o: Default::default(),
            state: FlipFlop::new(ProgrammerState::Idle),
        }
    }
}

impl Logic for ProgrammerFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.row_o.next = false;
        self.read_row_o.next = false;
        self.column_o.next = false;
        self.apply_o.next = false;
        self.load_settle_o.next = false;
        self.load_sample_o.next = false;
        self.sample_o.next = false;
        self.next_phase_o.next = false;
        self.adc_start_o.next = false;
        self.capture_o.next = false;
        self.seek_o.next = false;
        self.below_o.next = false;
        self.above_o.next = false;
        self.next_pulse_o.next = false;
        self.pulse_start_o.next = false;
        self.device_end_o.next = false;
        self.active_o.next = false;
        // Assigned once, without a default: readiness depends on it, and must see no glitch in simulation.
        self.busy_o.next = self.state.q.val() != ProgrammerState::Idle;
        match self.state.q.val() {
            ProgrammerState::Idle => {
                if self.start_i.val() {
                    self.state.d.next = ProgrammerState::ReadLine;
                }
            }
            ProgrammerState::ReadLine => {
                self.row_o.next = true;
                self.read_row_o.next = true;
                self.state.d.next = ProgrammerState::ReadApply;
            }
            ProgrammerState::ReadApply => {
                self.apply_o.next = true;
                self.load_settle_o.next = true;
                self.state.d.next = ProgrammerState::Settle;
            }
            ProgrammerState::Settle => {
                self.active_o.next = true;
                if self.timer_end_i.val() {
                    self.load_sample_o.next = true;
                    self.state.d.next = ProgrammerState::Sample;
                }
            }
            ProgrammerState::Sample => {
                self.active_o.next = true;
                self.sample_o.next = true;
                if self.timer_end_i.val() {
                    if self.last_phase_i.val() {
                        self.state.d.next = ProgrammerState::Start;
                    } else {
                        self.next_phase_o.next = true;
                        self.load_settle_o.next = true;
                        self.state.d.next = ProgrammerState::Settle;
                    }
                }
            }
            ProgrammerState::Start => {
                self.active_o.next = true;
                self.adc_start_o.next = true;
                self.state.d.next = ProgrammerState::Convert;
            }
            ProgrammerState::Convert => {
                self.active_o.next = true;
                if self.adc_done_i.val() {
                    self.capture_o.next = true;
                    if self.seek_i.val() {
                        self.state.d.next = ProgrammerState::Seek;
                    } else {
                        self.state.d.next = ProgrammerState::Decide;
                    }
                }
            }
            ProgrammerState::Seek => {
                self.seek_o.next = true;
                if self.last_bit_i.val() {
                    self.state.d.next = ProgrammerState::Below;
                }
            }
            ProgrammerState::Below => {
                self.below_o.next = true;
                self.state.d.next = ProgrammerState::Above;
            }
            ProgrammerState::Above => {
                self.above_o.next = true;
                self.state.d.next = ProgrammerState::Decide;
            }
            ProgrammerState::Decide => {
                if self.reached_i.val() || self.exhausted_i.val() {
                    self.device_end_o.next = true;
                    if self.last_device_i.val() {
                        self.state.d.next = ProgrammerState::Idle;
                    } else {
                        self.state.d.next = ProgrammerState::ReadLine;
                    }
                } else {
                    self.next_pulse_o.next = true;
                    self.state.d.next = ProgrammerState::PulseLine;
                }
            }
            ProgrammerState::PulseLine => {
                self.row_o.next = true;
                self.state.d.next = ProgrammerState::PulseColumn;
            }
            ProgrammerState::PulseColumn => {
                self.column_o.next = true;
                self.state.d.next = ProgrammerState::PulseApply;
            }
            ProgrammerState::PulseApply => {
                self.apply_o.next = true;
                self.state.d.next = ProgrammerState::Pulse;
            }
            ProgrammerState::Pulse => {
                self.active_o.next = true;
                self.pulse_start_o.next = true;
                self.state.d.next = ProgrammerState::PulseWait;
            }
            ProgrammerState::PulseWait => {
                self.active_o.next = true;
                if self.pulse_done_i.val() {
                    self.state.d.next = ProgrammerState::ReadLine;
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn programmer_fsm() -> Arc<Module> {
    Kernel::new("memgan_programmer_fsm", file!(), ProgrammerFsm::default())
        .doc(
            "Write-verify of the devices of a word: read one device, compare, and pulse it until the read is within the \
             tolerance or the pulses are used up; then the next device. In a refresh the first read gives the target: the \
             nearest level, which is sought bit by bit.",
        )
        .contract("Both done flags may come any number of cycles after their start and stay high until the next one.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}
