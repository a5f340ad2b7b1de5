//! Trims of the ADCs in the top level: calibration, access of the host, and who has the tiles.

use super::nets::Top;
use super::programmer::{PROGRAMMER_SPACE, SHARED};
use crate::hdl::Expr;
use crate::rtl::ProgramRegister;
use crate::rtl::calibrator::{calibrator, trim_address_bits};
use crate::rtl::crossbar::trim_adc_bits;

/// Space of the configuration port with the trims.
pub(super) const TRIM_SPACE: u128 = 13;

impl Top<'_> {
    /// Whether ADCs have trims.
    pub(super) fn trims(&self) -> bool {
        self.schedule.design.converter.trim_bits > 0
    }

    /// Calibration, and what it shares with write-verify.
    pub(super) fn calibrator(&mut self) {
        let (tile, bits) = (self.schedule.widths.tile as usize, self.schedule.design.converter.trim_bits as usize);
        self.net("trim_data", bits);
        let names: Vec<(String, String)> = SHARED.iter().map(|n| ((*n).to_owned(), format!("calibrate_{n}"))).collect();
        let own = [
            ("start", "calibrate"),
            ("busy", "calibrating"),
            ("at_end", "trims_at_end"),
            ("side", "calibrate_side"),
            ("adc_done", "program_adc_done"),
            ("trim_valid", "calibrate_trim"),
            ("trim_write", "calibrate_write"),
            ("trim_adc", "calibrate_adc"),
            ("trim_data_o", "calibrate_data"),
            ("trim_data_i", "trim_data"),
        ];
        self.place("u_calibrator", &calibrator(self.schedule), &[&super::addresses::pairs(&names)[..], &own].concat());
        let calibrating = self.get("calibrating");
        self.assign("programming", self.get("verifying").or(&calibrating));
        for name in SHARED {
            let [calibrate, verify] = ["calibrate", "verify"].map(|unit| self.get(&format!("{unit}_{name}")));
            self.assign(&format!("program_{name}"), calibrating.mux(calibrate, verify));
        }
        self.wire("calibrate_rows", calibrating.and(self.get("calibrate_side")));

        let address = self.get("cfg_addr");
        let (adc, of_address) = (trim_adc_bits(self.schedule), trim_address_bits(self.schedule));
        let mut here = self.in_trims();
        if address.width() > of_address {
            here = here.and(address.drop_low(of_address).any().not());
        }
        let valid = self.get("cfg_valid").and(self.get("cfg_ready")).and(here);
        self.wire("trim_valid", valid.or(self.get("calibrate_trim")));
        for (name, calibrate, host) in [
            ("trim_write", "calibrate_write", self.get("cfg_write")),
            ("trim_tile", "calibrate_tile", address.slice(adc + 1, tile)),
            ("trim_side", "calibrate_side", address.bit(adc)),
            ("trim_adc", "calibrate_adc", address.slice(0, adc)),
            ("trim_data_in", "calibrate_data", self.get("cfg_data").trunc(bits)),
        ] {
            self.wire(name, calibrating.mux(self.get(calibrate), host));
        }
    }

    /// A command or a word of cells that comes with the one to calibrate goes first.
    pub(super) fn calibration_waits(&mut self) -> Expr {
        let (space, address) = (self.get("cfg_space"), self.get("cfg_addr"));
        let of_registers = space.eq(Expr::lit(space.width(), PROGRAMMER_SPACE));
        let register = address.eq(Expr::lit(address.width(), ProgramRegister::Calibrate as u128));
        let calibrates = self.wire("calibrates", self.get("cfg_write").and(of_registers).and(register));
        calibrates.and(self.get("cmd_valid").or(self.get("prog_valid")))
    }

    /// Whether the configuration port is at the trims.
    pub(super) fn in_trims(&self) -> Expr {
        let space = self.get("cfg_space");
        space.eq(Expr::lit(space.width(), TRIM_SPACE))
    }
}
