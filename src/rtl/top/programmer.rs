//! Write-verify in the top level: the programming unit, its registers, and what it takes over while a word is programmed.

use super::addresses::pairs;
use super::nets::Top;
use crate::hdl::Expr;
use crate::rtl::programmer::{ADDRESS_BITS, DATA_BITS, EVENTS, program_registers, programmer};

/// Space of the configuration port with the registers and counters of write-verify.
pub(super) const PROGRAMMER_SPACE: u128 = 14;

/// Registers and the nets that carry them.
const REGISTERS: [(&str, &str); 8] = [
    ("verify", "verify"),
    ("read_input", "verify_input"),
    ("read_gain", "verify_gain"),
    ("tolerance", "verify_tolerance"),
    ("max_pulses", "verify_pulses"),
    ("mode", "verify_mode"),
    ("set", "set_strengths"),
    ("reset", "reset_strengths"),
];

/// What the programming unit and calibration both drive.
pub(super) const SHARED: [&str; 6] = ["tile", "apply", "sample", "phase", "adc_start", "active"];

impl Top<'_> {
    /// The unit, its registers, and who is ready; `idle`: nothing runs and no word is programmed.
    pub(super) fn programmer(&mut self, idle: &Expr) {
        let events = EVENTS.map(|e| (format!("{e}_valid"), format!("verify_{e}_valid")));
        let shared: Vec<(&str, &str)> = [&REGISTERS[..], &pairs(&events)].concat();
        let space = self.get("cfg_space");
        let address = self.get("cfg_addr");
        let mut here = space.eq(Expr::lit(space.width(), PROGRAMMER_SPACE));
        if address.width() > ADDRESS_BITS {
            here = here.and(address.drop_low(ADDRESS_BITS).any().not());
        }
        self.wire("verify_write", self.get("cfg_writes").and(here));
        self.wire("verify_address", address.trunc(ADDRESS_BITS));
        self.wire("verify_data", self.get("cfg_data").trunc(DATA_BITS));
        let access = [
            ("write_valid", "verify_write"),
            ("address", "verify_address"),
            ("write_data", "verify_data"),
            ("read_data", "verify_read_data"),
            ("at_end", "trims_at_end"),
        ];
        self.place("u_program_registers", &program_registers(self.schedule), &[&shared[..], &access].concat());
        let verify = self.get("verify");
        if self.schedule.design.forms() {
            self.wire("forms", verify.all());
            self.wire("refreshes", verify.eq(Expr::lit(2, 2)));
        } else {
            self.wire("refreshes", verify.bit(1));
        }
        let verifies = self.wire("verifies", verify.any().and(self.get("prog_write")));
        // A command that comes with a word goes first.
        let ready = self.get("prog_ready");
        self.m.assign(&ready, idle.and(verifies.and(self.get("cmd_valid")).not()));
        self.wire("program_start", self.get("prog_valid").and(&ready).and(&verifies));
        let names: Vec<(String, String)> = [
            "tile",
            "word",
            "slot",
            "mask",
            "group",
            "dac_valid",
            "dac_side",
            "dac_code",
            "apply",
            "sample",
            "phase",
            "adc_start",
            "adc_done",
            "pulse_start",
            "pulse_up",
            "pulse_done",
            "active",
        ]
        .iter()
        .map(|n| {
            let shared = self.trims() && SHARED.contains(n);
            ((*n).to_owned(), format!("{}_{n}", if shared { "verify" } else { "program" }))
        })
        .collect();
        let busy = if self.trims() { "verifying" } else { "programming" };
        let sides = if self.schedule.design.pulses_one_device() { "program_sides" } else { "sides" };
        let own = [
            ("start", "program_start"),
            ("busy", busy),
            ("adc_codes", "program_codes"),
            ("refresh", "refreshes"),
            ("sides", sides),
        ];
        self.place("u_programmer", &programmer(self.schedule), &[&shared[..], &own, &pairs(&names)].concat());
        if self.trims() {
            self.calibrator();
        }
    }

    /// Lines that training or the programming unit drives.
    pub(super) fn array_training_inputs(&mut self) {
        let program = self.get("programming");
        let pulse = self.net("pulse_apply", 1);
        self.wire("apply", self.get("read_apply").or(&pulse).or(self.get("program_apply")));
        self.wire("sample", self.get("read_sample").or(self.get("program_sample")));
        self.wire("phase", program.mux(self.get("program_phase"), self.get("read_phase")));
        self.wire("adc_start", self.get("read_start").or(self.get("program_adc_start")));
        let columns = self.get("op_backward").and(program.not());
        let columns = if self.trims() { columns.or(self.get("calibrate_rows")) } else { columns };
        self.wire("read_columns", columns);
        self.wire("tile_gain", program.mux(self.get("verify_gain"), self.get("read_gain")));
        self.wire("tile_dac_valid", self.get("dac_valid").or(self.get("program_dac_valid")));
        self.wire("tile_dac_side", program.mux(self.get("program_dac_side"), self.get("dac_side")));
        let code = self.get("program_dac_code").repeat(self.sizes.lanes);
        self.wire("tile_dac_data", program.mux(code, self.get("dac_data")));
        self.wire("tile_pulse_start", self.get("pulse_start").or(self.get("program_pulse_start")));
        self.wire("tile_pulse_up", program.mux(self.get("program_pulse_up"), self.get("pulse_up")));
        for side in ["rows_negative", "columns_negative"] {
            self.wire(&format!("tile_pulse_{side}"), self.get(&format!("pulse_{side}")).and(program.not()));
        }
    }

    /// What the tile that is programmed answers.
    pub(super) fn programmer_answers(&mut self) {
        let trims: &[&str] = if self.trims() { &["trim_data", "codes_high"] } else { &[] };
        for &answer in ["program_adc_done", "program_codes", "program_pulse_done"].iter().chain(trims) {
            let of_tile = self.any_bank(|name| format!("{answer}_{name}"));
            self.assign(answer, of_tile);
        }
    }
}
