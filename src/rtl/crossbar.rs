//! Views of the crossbar macro: one port list, three bodies.

mod behavioural;
mod behavioural_real;
mod behavioural_training;
mod bounds;
mod cells;
mod checks;
mod emulation;
mod emulation_training;
mod lines;
mod ports;
mod real;
mod real_devices;
mod real_drift;
mod real_events;
mod real_forming;
mod real_pulses;
mod real_reads;
mod real_steps;
mod real_trims;
mod real_wires;
mod timer;
mod walk;

use crate::config::PairScheme;
use crate::device::ArrayModel;
use crate::hdl::{Builder, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

pub(super) use lines::{Slots, tile_word_bits};
pub(super) use ports::{STRENGTH_BITS, tile_codes, trim_adc_bits};

/// Which body the macro gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossbarView {
    /// Simulation: a conversion is computed at once and reported after `conversion_cycles`.
    Behavioural,
    /// The same with a random number of extra cycles: for tests of the handshake.
    Jitter,
    /// Synthesizable: block RAM and one multiply-accumulate an ADC, one word line a cycle.
    Emulation,
    /// Ports only.
    BlackBox,
}

impl CrossbarView {
    /// The views of a design that are emitted. The emulation has ideal devices only.
    pub fn emitted(schedule: &Schedule) -> &'static [CrossbarView] {
        match schedule.design.device.model {
            Some(_) => &[Self::Behavioural, Self::BlackBox],
            None => &[Self::Behavioural, Self::Emulation, Self::BlackBox],
        }
    }

    /// Directory name of the view's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behavioural => "behavioural",
            Self::Jitter => "jitter",
            Self::Emulation => "emulation",
            Self::BlackBox => "blackbox",
        }
    }
}

/// The macro's module name in every view.
pub const CROSSBAR: &str = "memgan_crossbar";

/// Stages of the emulation behind the memory: read, add, convert.
const EMULATION_STAGES: u32 = 3;

/// Cycles from `adc_start_i` to `adc_done_o` of the emulation: one a word line, and its pipeline.
pub fn emulation_cycles(schedule: &Schedule) -> u32 {
    schedule.design.crossbar.rows as u32 + EMULATION_STAGES
}

/// The same of a column read: one a memory word of the group's word lines.
pub fn emulation_column_cycles(schedule: &Schedule) -> u32 {
    let c = &schedule.design.crossbar;
    (c.row_adcs() * c.columns_per_adc) as u32 + EMULATION_STAGES
}

/// Cycles from `pulse_start_i` to `pulse_done_o` of the emulation: one a memory word, whatever the lines hold.
pub fn emulation_pulse_cycles(schedule: &Schedule) -> u32 {
    let c = &schedule.design.crossbar;
    (c.rows * c.columns_per_adc) as u32 + EMULATION_STAGES
}

/// The crossbar macro of a design.
pub fn crossbar(schedule: &Schedule, view: CrossbarView) -> Arc<Module> {
    let trains = schedule.design.training.is_some();
    match view {
        CrossbarView::Behavioural | CrossbarView::Jitter => {
            let jitter = view == CrossbarView::Jitter;
            let model = ArrayModel::of(&schedule.design);
            let devices = match model {
                Some(_) => "Behavioural model for simulation: devices and converters with their imperfections.",
                None => "Behavioural model for simulation: ideal devices with a whole number of levels.",
            };
            let mut m = begin(schedule, devices);
            if let Some(model) = model {
                behavioural_real::body(&mut m, schedule, model, jitter)
            } else if trains {
                behavioural_training::body(&mut m, schedule, jitter)
            } else {
                behavioural::body(&mut m, schedule, jitter)
            }
            m.finish()
        }
        CrossbarView::Emulation => {
            let mut m =
                begin(schedule, "Emulation for an FPGA: the cells in block RAM, one multiply-accumulate an ADC.");
            if trains {
                emulation_training::body(&mut m, schedule)
            } else {
                emulation::body(&mut m, schedule)
            }
            m.finish()
        }
        CrossbarView::BlackBox => {
            let mut m = begin(schedule, "Ports only: stands for the analogue macro in synthesis.");
            ports::Ports::new(&mut m, schedule);
            m.finish_black_box()
        }
    }
}

/// A view with its header.
fn begin(schedule: &Schedule, body: &str) -> Builder {
    let d = &schedule.design;
    let mut m = Builder::new(CROSSBAR, file!());
    m.doc(&format!(
        "Crossbar macro, {} word lines x {} weight columns, {} ADCs of {} bits. {body}",
        d.crossbar.rows,
        d.crossbar.columns,
        d.crossbar.adcs(),
        d.converter.adc_bits
    ));
    m.contract(
        "Lines are stable from apply_i to the end of the last conversion. adc_start_i only after sampling and not \
         during a conversion; adc_code_o is stable from adc_done_o to the next end of a conversion. The macro may take \
         any number of cycles to convert. Programming only between reads; unprogrammed cells weigh zero.",
    );
    if d.training.is_some() {
        m.contract(&format!(
            "Column reads drive the bit lines and convert the word lines with {} ADCs; read_columns_i is stable from \
             sampling to the last conversion. A pulse moves every connected device whose word line and bit line hold codes \
             of the chosen signs by one level; it needs lines that were applied, and nothing else happens between \
             pulse_start_i and pulse_done_o. What was sampled is void after a pulse. Cells of lines that hold 0 never \
             move.",
            d.crossbar.row_adcs()
        ));
        if d.crossbar.pair == PairScheme::Differential {
            m.contract("sides_i is stable from sampling to the last conversion, and to the end of a pulse.");
        }
        if d.converter.trim_bits > 0 {
            m.contract(
                "Trims are written and read between conversions only. They are 0 at first, and stay in a reset.",
            );
        }
    }
    if let Some(model) = &d.device.model {
        if d.training.is_some() && model.half_select > 0.0 {
            m.contract(
                "A pulse moves cells of which only the word line or only the bit line is selected, too: a little.",
            );
        }
        if model.forms() {
            m.contract(if d.training.is_some() {
                "Cells are virgin at first: they conduct nothing until a write or a pulse with pulse_form_i forms them."
            } else {
                "Cells are virgin at first: they conduct nothing until a write forms them."
            });
        }
        if model.drifts() {
            m.contract(
                "age_i only while nothing else happens; it may stay high: a unit of time passes in every cycle.",
            );
        }
    }
    m
}
