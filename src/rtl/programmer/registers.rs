//! Registers and counters of write-verify.

use super::{ERROR_BITS, INPUT_BITS};
use crate::device::VerifyRegisters;
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::SHIFT_BITS;
use crate::rtl::calibrator::AT_END_BITS;
use crate::rtl::crossbar::STRENGTH_BITS;
use crate::schedule::Schedule;
use std::sync::Arc;

/// Width of an address, and of the registers' data.
pub(in crate::rtl) const ADDRESS_BITS: usize = 4;
pub(in crate::rtl) const DATA_BITS: usize = 32;

/// Addresses of the registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramRegister {
    /// 0: words of the programming port are written directly; 1: by pulses; 2 and 3: their devices are refreshed, each to the
    /// level nearest to it; where devices are to be formed, 3: they are.
    Verify = 0,
    ReadInput = 1,
    ReadGain = 2,
    Tolerance = 3,
    MaxPulses = 4,
    Mode = 5,
    /// Start, step, max and slope, a byte each, from the low byte on.
    Set = 6,
    Reset = 7,
    /// The first of the counters: words, devices, SET pulses, RESET pulses, verify reads, failed devices. Writing any of
    /// them clears all.
    Counters = 8,
    /// Where ADCs have trims: a write calibrates them; reads as the ADCs whose trim is at an end of its range.
    Calibrate = 14,
    /// Where devices are to be formed: start, step, max and attempts of forming, a byte each, from the low byte on.
    Form = 15,
}

/// Ends of the names of the counters and of their events, in the order of their addresses.
pub(in crate::rtl) const EVENTS: [&str; 6] = ["word", "device", "set_pulse", "reset_pulse", "read", "failure"];

/// Registers with their width, port and value out of reset, in the order of their addresses.
fn registers(r: &VerifyRegisters, forms: bool) -> [(&'static str, usize, u32, &'static str); 8] {
    let verify = if forms {
        "words are written: 0 directly, 1 by pulses, 2 refreshed, 3 formed"
    } else {
        "words are written: 0 directly, 1 by pulses, else refreshed"
    };
    [
        ("verify", 2, 0, verify),
        ("read_input", INPUT_BITS, r.read_input.into(), "code of the word line in a verify read"),
        ("read_gain", SHIFT_BITS as usize, r.read_gain.into(), "of a verify read"),
        ("tolerance", ERROR_BITS, r.tolerance.into(), "error that is left alone, in ADC codes"),
        ("max_pulses", ERROR_BITS, r.max_pulses.into(), "pulses of a device"),
        ("mode", 2, r.mode as u32, "0 fixed, 1 incremental, else adaptive"),
        ("set", 4 * STRENGTH_BITS, r.set.word(), "{slope, max, step, start}"),
        ("reset", 4 * STRENGTH_BITS, r.reset.word(), "{slope, max, step, start}"),
    ]
}

pub fn program_registers(schedule: &Schedule) -> Arc<Module> {
    let (trims, forms) = (schedule.design.converter.trim_bits > 0, schedule.design.forms());
    let mut m = Builder::new("memgan_program_registers", file!());
    m.doc("Registers of write-verify and counters of what it did, which stay at their largest value.");
    m.doc(
        "Addresses: 0 verify, 1 read input, 2 read gain, 3 tolerance, 4 most pulses, 5 mode, 6 SET and 7 RESET strengths; \
         8 words, 9 devices, 10 SET pulses, 11 RESET pulses, 12 verify reads, 13 failed devices.",
    );
    if forms {
        m.doc("15: strengths of forming pulses.");
    }
    if trims {
        m.doc("14: a write calibrates the ADCs; reads as those whose trim is at an end of its range.");
    }
    m.contract("Written only while nothing is programmed. A write to a counter clears all counters.");
    m.latency("reading is combinational; events and writes count from the next cycle on");
    m.clk_rst();
    m.group("Access");
    let write = m.input("write_valid_i", 1, "");
    let address = m.input("address_i", ADDRESS_BITS, "");
    let data = m.input("write_data_i", DATA_BITS, "");
    let read = m.output_var("read_data_o", DATA_BITS, "");
    m.group("Registers");
    let values = VerifyRegisters::of(&schedule.design);
    let all = registers(&values, forms);
    let registers: Vec<Expr> = all
        .iter()
        .map(|(name, bits, reset, doc)| m.output_reg(&format!("{name}_o"), *bits, (*reset).into(), doc))
        .collect();
    let form = forms
        .then(|| m.output_reg("form_o", 4 * STRENGTH_BITS, values.form.word().into(), "{attempts, max, step, start}"));
    m.group("Events");
    let events = EVENTS.map(|name| m.input(&format!("{name}_valid_i"), 1, ""));

    let calibration = trims.then(|| {
        m.group("Calibration");
        let start = m.output("calibrate_o", 1, "one cycle");
        (start, m.input("at_end_i", AT_END_BITS, "ADCs whose trim is at an end of its range"))
    });

    let counters = EVENTS.map(|name| m.reg(&format!("{name}_count_q"), DATA_BITS, 0));
    let first = Expr::lit(ADDRESS_BITS, ProgramRegister::Counters as u128);
    let at = |i: usize| Expr::lit(ADDRESS_BITS, i as u128);
    let calibrate = ProgramRegister::Calibrate as usize;
    let counts = address.ult(first).not();
    let counts = if trims { counts.and(address.eq(at(calibrate)).not()) } else { counts };
    let form_address = ProgramRegister::Form as usize;
    let counts = if forms { counts.and(address.eq(at(form_address)).not()) } else { counts };
    let clear = m.wire("clear", write.and(counts));
    if let Some((start, _)) = &calibration {
        m.assign(start, write.and(address.eq(at(calibrate))));
    }
    m.clocked(|s| {
        for (i, register) in registers.iter().enumerate() {
            s.if_(write.and(address.eq(at(i))), |s| s.set(register, data.trunc(register.width())));
        }
        if let Some(form) = &form {
            s.if_(write.and(address.eq(at(form_address))), |s| s.set(form, data.trunc(form.width())));
        }
        for (counter, event) in counters.iter().zip(&events) {
            s.if_(&clear, |s| s.set(counter, Expr::zero(DATA_BITS)))
                .elif(event.and(counter.all().not()), |s| s.set(counter, counter.add(Expr::lit(DATA_BITS, 1))));
        }
    });
    m.comb(|s| {
        s.case(&address, |c| {
            for (i, value) in registers.iter().chain(&counters).enumerate() {
                c.arm(at(i), |s| s.set(&read, value.zext(DATA_BITS)));
            }
            if let Some(form) = &form {
                c.arm(at(form_address), |s| s.set(&read, form.zext(DATA_BITS)));
            }
            if let Some((_, at_end)) = &calibration {
                c.arm(at(calibrate), |s| s.set(&read, at_end.zext(DATA_BITS)));
            }
            c.default(|s| s.set(&read, Expr::zero(DATA_BITS)));
        });
    });
    m.finish()
}
