//! The programming unit: devices reach their codes by pulses and verify reads. Its golden counterpart is
//! `device::WriteVerify`.

mod control;
mod registers;
mod seek;
mod strength;

use super::crossbar::{STRENGTH_BITS, Slots, tile_word_bits};
use super::lanes::Sizes;
use crate::config::{PairScheme, SignedInput};
use crate::device::{CellCode, NOMINAL_STRENGTH};
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::SHIFT_BITS;
use crate::schedule::{Schedule, bits_for};
use std::sync::Arc;

use seek::Seek;

pub use control::{ProgrammerFsm, ProgrammerState, programmer_fsm};
pub(super) use registers::{ADDRESS_BITS, DATA_BITS, EVENTS};
pub use registers::{ProgramRegister, program_registers};

/// Bits of the input of a verify read, of a tolerance, and of a number of pulses.
const INPUT_BITS: usize = 7;
const ERROR_BITS: usize = 8;

/// What a device's error is made of.
struct Reading {
    target: Expr,
    error: Expr,
    magnitude: Expr,
}

pub fn programmer(schedule: &Schedule) -> Arc<Module> {
    let (d, w) = (&schedule.design, &schedule.widths);
    let code = CellCode::new(d);
    let pair = d.crossbar.pair == PairScheme::Differential;
    let (adcs, bits, lanes) = (d.crossbar.adcs(), d.converter.adc_bits as usize, Sizes::of(schedule).lanes);
    let word_bits = adcs * w.cell as usize;
    let mut m = Builder::new("memgan_programmer", file!());
    m.doc(
        "Programs the devices of a word one after the other, ADC 0 first and plus before minus: reads a device alone, compares \
         the code with that of its target, and pulses it until it is within the tolerance or has had its pulses. In a \
         refresh the target is the level nearest to the first read.",
    );
    if d.forms() {
        m.doc("With forms_i high devices get forming pulses of rising amplitude until they read as the word or more.");
    }
    m.contract(
        "start_i only while busy_o is low. Registers are stable while it is high. The tile's lines, converters and pulses \
         belong to the programmer then.",
    );
    m.latency(
        "a verify read takes 3 cycles, settle and sample cycles a phase, and a conversion; a pulse takes 3 cycles and the pulse",
    );
    m.clk_rst();
    m.group("Word");
    let start = m.input("start_i", 1, "one cycle, with the word");
    let prog_tile = m.input("prog_tile_i", w.tile as usize, "");
    let prog_row = m.input("prog_row_i", w.row as usize, "word line");
    let prog_group = m.input("prog_group_i", w.group as usize, "conversion group");
    let prog_data = m.input("prog_data_i", word_bits, "codes a cell, ADC 0 in the low bits");
    let busy = m.output("busy_o", 1, "high while a word is programmed");
    let failed_out = m.output_reg("prog_failed_o", adcs, 0, "by ADC: cells of the last word that failed");
    let r = Registers::new(&mut m, d.forms());
    m.group("Tile");
    let tile = m.output_reg("tile_o", w.tile as usize, 0, "");
    let dac_valid = m.output("dac_valid_o", 1, "");
    let dac_side = m.output("dac_side_o", 1, "1: bit line");
    let word_out = m.output("word_o", tile_word_bits(schedule), "of the word line");
    let slots = Slots::of(schedule);
    let slot_out = m.output("slot_o", slots.bits, "of the bit line");
    let mask = m.output("mask_o", lanes, "the line's lane");
    let dac_code = m.output("dac_code_o", 8, "");
    let apply = m.output("apply_o", 1, "");
    let sample = m.output("sample_o", 1, "");
    let phase_out = m.output("phase_o", 1, "1: negative inputs");
    let adc_start = m.output("adc_start_o", 1, "");
    let group = m.output_reg("group_o", w.group as usize, 0, "");
    let adc_done = m.input("adc_done_i", 1, "");
    let codes = m.input("adc_codes_i", adcs * bits, "signed, ADC 0 in the low bits");
    let pulse_start = m.output("pulse_start_o", 1, "");
    let up = m.output("pulse_up_o", 1, "");
    let strength_out = m.output("pulse_strength_o", STRENGTH_BITS, "nominal while busy_o is low");
    let form_out = d.forms().then(|| m.output("pulse_form_o", 1, "a forming pulse; 0 while busy_o is low"));
    let pulse_done = m.input("pulse_done_i", 1, "");
    let sides = pair.then(|| m.output("sides_o", 2, "the device; both while busy_o is low"));
    m.group("Status");
    let active = m.output("active_o", 1, "the tile settles, samples, converts or is pulsed");
    let events = EVENTS.map(|name| m.output(&format!("{name}_valid_o"), 1, ""));

    m.section("Control");
    let [reached, exhausted, last_device] = ["reached", "exhausted", "last_device"].map(|n| m.net(n, 1));
    let [seeks, last_bit, seek, below, above] = ["seeks", "last_bit", "seek", "below", "above"].map(|n| m.net(n, 1));
    let [row_beat, read_row, column_beat, load_settle, load_sample, next_phase, capture, next_pulse, device_end] = [
        "row_beat",
        "read_row",
        "column_beat",
        "load_settle",
        "load_sample",
        "next_phase",
        "capture",
        "next_pulse",
        "device_end",
    ]
    .map(|n| m.net(n, 1));
    let (timer_end, last_phase) =
        timers(&mut m, schedule, [&load_settle, &load_sample, &next_phase, &apply], &phase_out);
    m.inst("u_fsm", &programmer_fsm(), |u| {
        u.clk_rst();
        for (port, net) in [
            ("start_i", &start),
            ("timer_end_i", &timer_end),
            ("last_phase_i", &last_phase),
            ("adc_done_i", &adc_done),
            ("pulse_done_i", &pulse_done),
            ("seek_i", &seeks),
            ("last_bit_i", &last_bit),
            ("reached_i", &reached),
            ("exhausted_i", &exhausted),
            ("last_device_i", &last_device),
            ("row_o", &row_beat),
            ("read_row_o", &read_row),
            ("column_o", &column_beat),
            ("apply_o", &apply),
            ("load_settle_o", &load_settle),
            ("load_sample_o", &load_sample),
            ("sample_o", &sample),
            ("next_phase_o", &next_phase),
            ("adc_start_o", &adc_start),
            ("capture_o", &capture),
            ("seek_o", &seek),
            ("below_o", &below),
            ("above_o", &above),
            ("next_pulse_o", &next_pulse),
            ("pulse_start_o", &pulse_start),
            ("device_end_o", &device_end),
            ("active_o", &active),
            ("busy_o", &busy),
        ] {
            u.connect(port, net);
        }
    });

    m.section("Devices of the word: the code of the present one in the low bits");
    let code_bits = code.code_bits() as usize;
    let row = m.reg("row_q", w.row as usize, 0);
    let data = m.reg("data_q", word_bits, 0);
    let adc_bits = bits_for(adcs - 1).max(1) as usize;
    let adc = m.reg("adc_q", adc_bits, 0);
    let minus = if pair { m.reg("minus_q", 1, 0) } else { Expr::zero(1) };
    let last_side = if pair { minus.clone() } else { Expr::ones(1) };
    m.assign(&last_device, last_side.and(adc.eq(Expr::lit(adc_bits, adcs as u128 - 1))));
    let here = m.wire("here", Expr::lit(adcs, 1).shl_dyn(&adc));
    m.section("Error of the last read");
    let reading = reading(&mut m, schedule, &r, &data.slice(0, code_bits));
    let (target, error) = (&reading.target, &reading.error);
    let raw = m.var("code", bits);
    m.comb(|s| {
        s.case(&adc, |c| {
            for k in 0..adcs {
                c.arm(Expr::lit(adc_bits, k as u128), |s| s.set(&raw, codes.slice(k * bits, bits)));
            }
            if adcs < 1 << adc_bits {
                c.default(|s| s.set(&raw, Expr::zero(bits)));
            }
        });
    });
    let raw = m.wire("code_read", raw.sext(error.width()));
    let (compares, away) = (m.net("level_compares", 1), m.net("from_first", error.width()));
    let read = if pair { m.wire("read_code", minus.mux(Expr::zero(error.width()).sub(&raw), &raw)) } else { raw };
    m.clocked(|s| {
        s.if_(&capture, |s| s.set(error, target.sext(error.width()).sub(&read)))
            .elif(&compares, |s| s.set(error, &away));
    });
    let tolerance = r.tolerance.zext(reading.magnitude.width());
    let within = reading.magnitude.ule(tolerance);
    // A device that is formed may conduct as well as it likes.
    m.assign(&reached, r.form.as_ref().map_or(within.clone(), |form| within.or(form.on.and(error.msb()))));

    let begin = m.wire("seek_begin", capture.and(&seeks));
    let strobes = Seek {
        begin: &begin,
        seek: &seek,
        below: &below,
        above: &above,
        last_bit: &last_bit,
        compares: &compares,
        away: &away,
    };
    let (moves, code_sought) = seek::seek(&mut m, schedule, &reading, &read, &data.slice(0, code_bits), &strobes);
    m.section("From device to device");
    m.clocked(|s| {
        s.if_(&start, |s| {
            s.set(&tile, &prog_tile);
            s.set(&row, &prog_row);
            s.set(&group, &prog_group);
            s.set(&data, &prog_data);
            s.set(&adc, Expr::zero(adc_bits));
            s.set(&failed_out, Expr::zero(adcs));
            if pair {
                s.set(&minus, Expr::zero(1));
            }
        })
        .elif(&device_end, |s| {
            if word_bits > code_bits {
                s.set(&data, data.shr(code_bits));
            }
            if pair {
                s.set(&minus, minus.not());
            }
            s.if_(&last_side, |s| s.set(&adc, adc.add(Expr::lit(adc_bits, 1))));
            s.if_(reached.not(), |s| s.set(&failed_out, failed_out.or(&here)));
        })
        .elif(&moves, |s| s.set(data.slice(0, code_bits), &code_sought));
    });

    m.section("Pulses of the device, and those in the same direction just before");
    let pulses = m.reg("pulses_q", ERROR_BITS, 0);
    let same = m.reg("same_q", ERROR_BITS, 0);
    let sets = m.reg("sets_q", 1, 0);
    let rises = m.wire("rises", error.msb().not());
    let goes_on = m.wire("goes_on", pulses.any().and(sets.eq(&rises)));
    let one = Expr::lit(ERROR_BITS, 1);
    let before = m.wire("pulses_before", goes_on.mux(same.add(&one), Expr::zero(ERROR_BITS)));
    let most = r.form.as_ref().map_or(r.max_pulses.clone(), |form| {
        m.wire("most_pulses", form.on.mux(form.pulses.slice(3 * STRENGTH_BITS, ERROR_BITS), &r.max_pulses))
    });
    m.assign(&exhausted, pulses.eq(&most));
    m.assign(&seeks, r.refresh.and(pulses.any().not()));
    let next_strength = strength::strength(&mut m, &r, &rises, &before, &reading.magnitude);
    let strength = m.reg("strength_q", STRENGTH_BITS, NOMINAL_STRENGTH.into());
    m.clocked(|s| {
        s.if_(start.or(&device_end), |s| s.set(&pulses, Expr::zero(ERROR_BITS))).elif(&next_pulse, |s| {
            s.set(&pulses, pulses.add(&one));
            s.set(&same, &before);
            s.set(&sets, &rises);
            s.set(&strength, &next_strength);
        });
    });

    m.section("Lines: one word line, one bit line");
    m.assign(&dac_valid, row_beat.or(&column_beat));
    m.assign(&dac_side, &column_beat);
    m.assign(&dac_code, read_row.mux(r.read_input.zext(8), Expr::lit(8, 1)));
    let (row_word, row_lane) = split(&row, lanes, tile_word_bits(schedule));
    m.assign(&word_out, row_word);
    let register = register_of(schedule, &group, &adc);
    let (slot, column_lane) = split(&register, slots.chunk, slots.bits);
    m.assign(&slot_out, slot);
    let one_lane = |lane: Option<Expr>| lane.map_or(Expr::lit(lanes, 1), |lane| Expr::lit(lanes, 1).shl_dyn(lane));
    let (row_mask, column_mask) = (one_lane(row_lane), one_lane(column_lane));
    m.assign(&mask, column_beat.mux(column_mask, row_mask));
    let spare = group.width() - bits_for(d.crossbar.columns_per_adc - 1) as usize;
    if spare > 0 {
        m.unused("unused_group", &[group.slice(group.width() - spare, spare)]);
    }
    m.assign(&up, sets.xor(&minus));
    m.assign(&strength_out, busy.mux(&strength, Expr::lit(STRENGTH_BITS, NOMINAL_STRENGTH.into())));
    if let Some(sides) = &sides {
        let device = Expr::concat(&[minus.clone(), minus.not()]);
        m.assign(sides, busy.mux(device, Expr::ones(2)));
    }

    if let (Some(out), Some(form)) = (&form_out, &r.form) {
        m.assign(out, busy.and(&form.on));
    }

    let of = [
        device_end.and(&last_device),
        device_end.clone(),
        next_pulse.and(&rises),
        next_pulse.and(rises.not()),
        capture,
        device_end.and(reached.not()),
    ];
    for (event, value) in events.iter().zip(of) {
        m.assign(event, value);
    }
    m.finish()
}

/// Registers as the programmer sees them.
struct Registers {
    read_input: Expr,
    read_gain: Expr,
    tolerance: Expr,
    max_pulses: Expr,
    mode: Expr,
    refresh: Expr,
    set: Expr,
    reset: Expr,
    /// Only where devices are to be formed.
    form: Option<FormRegisters>,
}

/// Whether words are formed, and how.
struct FormRegisters {
    on: Expr,
    pulses: Expr,
}

impl Registers {
    fn new(m: &mut Builder, forms: bool) -> Self {
        m.group("Registers");
        Self {
            read_input: m.input("read_input_i", INPUT_BITS, "code of the word line in a verify read"),
            read_gain: m.input("read_gain_i", SHIFT_BITS as usize, "of a verify read"),
            tolerance: m.input("tolerance_i", ERROR_BITS, "error that is left alone, in ADC codes"),
            max_pulses: m.input("max_pulses_i", ERROR_BITS, "pulses of a device"),
            mode: m.input("mode_i", 2, "0 fixed, 1 incremental, else adaptive"),
            refresh: m.input("refresh_i", 1, "1: the nearest level is the target, not the word"),
            set: m.input("set_i", 4 * STRENGTH_BITS, "{slope, max, step, start}"),
            reset: m.input("reset_i", 4 * STRENGTH_BITS, "{slope, max, step, start}"),
            form: forms.then(|| FormRegisters {
                on: m.input("forms_i", 1, "1: devices are formed; the word has the codes from which on they are"),
                pulses: m.input("form_i", 4 * STRENGTH_BITS, "{attempts, max, step, start}"),
            }),
        }
    }
}

/// Settle and sample times and phases, as in array control. Returns the end of a time and whether the phase is the last.
pub(super) fn timers(
    m: &mut Builder,
    schedule: &Schedule,
    [load_settle, load_sample, next_phase, apply]: [&Expr; 4],
    phase_out: &Expr,
) -> (Expr, Expr) {
    let c = &schedule.design.converter;
    let bits = bits_for(c.settle_cycles.max(c.sample_cycles) as usize - 1).max(1) as usize;
    let settle = m.localparam("SETTLE_LAST", bits, u128::from(c.settle_cycles) - 1, "settle cycles - 1");
    let window = m.localparam("SAMPLE_LAST", bits, u128::from(c.sample_cycles) - 1, "sample cycles - 1");
    let timer = m.reg("timer_q", bits, 0);
    let end = m.wire("timer_end", timer.any().not());
    m.clocked(|s| {
        s.if_(load_settle, |s| s.set(&timer, &settle))
            .elif(load_sample, |s| s.set(&timer, &window))
            .elif(end.not(), |s| s.set(&timer, timer.sub(Expr::lit(bits, 1))));
    });
    if c.signed_input == SignedInput::TwoPhase {
        let phase = m.reg("phase_q", 1, 0);
        m.clocked(|s| {
            s.if_(apply, |s| s.set(&phase, Expr::zero(1))).elif(next_phase, |s| s.set(&phase, Expr::ones(1)));
        });
        m.assign(phase_out, &phase);
        (end, phase)
    } else {
        m.assign(phase_out, Expr::zero(1));
        m.unused("unused_next_phase", std::slice::from_ref(next_phase));
        (end, Expr::ones(1))
    }
}

/// The code that the device should read as, and the register of its error.
fn reading(m: &mut Builder, schedule: &Schedule, r: &Registers, device: &Expr) -> Reading {
    let d = &schedule.design;
    let code = CellCode::new(d);
    let (fraction, bits) = (code.fraction() as usize, d.converter.adc_bits as usize);
    // The product of a signed difference of codes and an input; the half of the largest shift.
    let product_bits = device.width() + 1 + INPUT_BITS + 1;
    let wide = product_bits.max(fraction + 16) + 1;
    let seen = match d.crossbar.pair {
        PairScheme::Differential => device.zext(device.width() + 1),
        PairScheme::Reference => {
            let n = device.width() + 1;
            device.zext(n).sub(Expr::lit(n, code.reference_code().into()))
        }
    };
    let seen = m.wire("seen", seen);
    let product = m.wire("product", seen.smul_w(r.read_input.zext(INPUT_BITS + 1), wide));
    let shift_bits = bits_for(15 + fraction) as usize;
    let shift = r.read_gain.zext(shift_bits).add(Expr::lit(shift_bits, fraction as u128));
    let shift = m.wire("shift", shift);
    let half = m.wire("half", Expr::lit(wide, 1).shl_dyn(&shift).shr(1));
    let rounded = m.wire("rounded", product.add(half));
    let shifted = m.wire("shifted", rounded.sra_dyn(&shift));
    // Without a gain the fraction is gone.
    let target_bits = product_bits - fraction + 1;
    if target_bits < wide {
        m.unused("unused_shifted", &[shifted.slice(target_bits, wide - target_bits)]);
    }
    let target = m.wire("target", shifted.slice(0, target_bits));
    let error_bits = target_bits.max(bits + 1) + 1;
    let error = m.reg("error_q", error_bits, 0);
    let magnitude = m.wire("magnitude", error.msb().mux(Expr::zero(error_bits).sub(&error), &error));
    Reading { target, error, magnitude }
}

/// Number of the bit-line register of a group and ADC.
fn register_of(schedule: &Schedule, group: &Expr, adc: &Expr) -> Expr {
    let c = &schedule.design.crossbar;
    let (groups, adcs) = (bits_for(c.columns_per_adc - 1) as usize, bits_for(c.adcs() - 1) as usize);
    let parts = [(groups > 0).then(|| group.slice(0, groups)), (adcs > 0).then(|| adc.clone())];
    let parts: Vec<Expr> = parts.into_iter().flatten().collect();
    if parts.is_empty() { Expr::zero(1) } else { Expr::concat(&parts) }
}

/// A line's number as a word of `lanes` lines, in `bits` bits, and a lane.
fn split(line: &Expr, lanes: usize, bits: usize) -> (Expr, Option<Expr>) {
    let low = lanes.trailing_zeros() as usize;
    let word = if line.width() > low { line.drop_low(low).zext(bits) } else { Expr::zero(bits) };
    (word, (low > 0).then(|| line.slice(0, low.min(line.width()))))
}
