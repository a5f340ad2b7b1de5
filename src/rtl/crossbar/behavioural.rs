//! The behavioural view of a design that only infers, and the timers of behavioural views.

use super::cells::{convert, log2, weight};
use super::checks;
use super::lines::word_lines;
use super::ports::Ports;
use crate::hdl::{Builder, Expr, Ix, Process};
use crate::schedule::{Schedule, bits_for};

/// Most cycles that the jitter view adds to what is configured.
pub(super) const JITTER: u32 = 15;

/// What the header says of `cycles` from `start` to `done`.
pub(super) fn time(done: &str, start: &str, cycles: u32, jitter: bool) -> String {
    if jitter {
        format!("{done} {} to {} cycles after {start}, at random", cycles - 1, cycles - 1 + JITTER)
    } else {
        format!("{done} {} cycles after {start}", cycles - 1)
    }
}

pub(super) fn body(m: &mut Builder, schedule: &Schedule, jitter: bool) {
    let d = &schedule.design;
    let w = &schedule.widths;
    let (rows, adcs, groups) = (d.crossbar.rows, d.crossbar.adcs(), d.crossbar.columns_per_adc);
    let (bits, dot, cell, ww) = (d.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    m.latency(&time("adc_done_o", "adc_start_i", d.converter.conversion_cycles, jitter));
    let p = Ports::new(m, schedule);
    m.section("Line DACs");
    let line = word_lines(m, schedule, &p);

    one_group(m, groups, &p);
    m.section("Cells: signed weights in level steps, by conversion group, word line and ADC");
    let weights = m.mem("weight_q", ww, groups * rows * adcs);
    let at = |group: &Expr, row: &Expr, adc: &Ix| {
        let mut parts = Vec::new();
        if groups > 1 {
            parts.push(group.clone());
        }
        parts.push(row.clone());
        if adcs > 1 {
            parts.push(adc.value(log2(adcs)));
        }
        Expr::concat(&parts)
    };
    m.initial(|s| {
        s.for_("index", 0..groups * rows * adcs, |s, index| s.set(weights.at_ix(index), Expr::zero(ww)));
    });
    m.clocked_no_reset(|s| {
        s.if_(&p.prog_valid, |s| {
            s.for_("adc", 0..adcs, |s, adc| {
                let data = |lo: usize, n: usize| p.prog_data.part_at(adc * cell + lo, n);
                s.set_now(weights.at(at(&p.prog_group, &p.prog_row, adc)), weight(schedule, &data));
            });
        });
    });

    m.section("Conversion");
    let convert = convert(m, schedule, dot);
    let input = m.mem("lines", 8, rows);
    let sum = m.var("sum", dot);
    let result = m.var("result_q", adcs * bits);
    m.clocked_no_reset(|s| {
        s.if_(&p.start, |s| {
            s.for_("row", 0..rows, |s, row| s.set_now(input.at_ix(row), line.part_at(row * 8, 8)));
            s.for_("adc", 0..adcs, |s, adc| {
                s.set_now(&sum, Expr::zero(dot));
                s.for_("row", 0..rows, |s, row| {
                    let cell = weights.at(at(&p.group, &row.value(log2(rows)), adc));
                    s.set_now(&sum, sum.add(input.at_ix(row).smul_w(cell, dot)));
                });
                s.set(result.part_at(adc * bits, bits), convert.call(&[sum.clone(), p.gain.clone()]));
            });
        });
    });
    let extra = jitter.then(|| noise(m, &p));
    let busy = CONVERSION.emit(m, d.converter.conversion_cycles, extra.as_ref(), &p.start, &p.done, |s| {
        s.set(&p.code, &result);
    });
    checks::contract(m, &p, &busy, None);
}

/// Where every column has its own ADC, the ports that select a group say nothing.
pub(super) fn one_group(m: &mut Builder, groups: usize, p: &Ports) {
    if groups == 1 {
        m.unused("unused_group", &[p.group.clone(), p.prog_group.clone()]);
    }
}

/// Counts from a start to its done. Names of the registers and of their first value.
pub(super) struct Timer {
    pub busy: &'static str,
    pub timer: &'static str,
    pub first: &'static str,
}

pub(super) const CONVERSION: Timer = Timer { busy: "busy_q", timer: "timer_q", first: "cycles_left" };
pub(super) const PULSE: Timer = Timer { busy: "pulsing_q", timer: "pulse_timer_q", first: "pulse_cycles_left" };

impl Timer {
    /// `done` rises `cycles - 1` cycles after `start`, and `extra` more; `at_end` is done with it. Returns busy.
    pub fn emit(
        &self,
        m: &mut Builder,
        cycles: u32,
        extra: Option<&Expr>,
        start: &Expr,
        done: &Expr,
        at_end: impl FnOnce(&mut Process),
    ) -> Expr {
        // A conversion has at most 255 cycles.
        let width = (bits_for((cycles + JITTER) as usize) as usize).max(9);
        let busy = m.reg(self.busy, 1, 0);
        let timer = m.reg(self.timer, width, 0);
        let fixed = Expr::lit(width, u128::from(cycles) - 2);
        let first = m.wire(self.first, extra.map_or(fixed.clone(), |e| e.zext(width).add(&fixed)));
        m.clocked(|s| {
            s.if_(start, |s| {
                s.set(&busy, Expr::ones(1));
                s.set(&timer, &first);
                s.set(done, Expr::zero(1));
            })
            .elif(busy.and(timer.ule(Expr::lit(width, 1))), |s| {
                s.set(&busy, Expr::zero(1));
                s.set(done, Expr::ones(1));
                at_end(s);
            })
            .elif(&busy, |s| s.set(&timer, timer.sub(Expr::lit(width, 1))));
        });
        busy
    }
}

/// Four random bits, stirred by what is written.
pub(super) fn noise(m: &mut Builder, p: &Ports) -> Expr {
    let noise = m.reg("noise_q", 16, 0xace1);
    let feedback = m.wire("noise_bit", noise.bit(0).xor(noise.bit(2)).xor(noise.bit(3)).xor(noise.bit(5)));
    let stir =
        m.wire("stir", p.dac_valid.and(p.dac_data.slice(0, 8).parity()).xor(p.prog_valid.and(p.prog_data.parity())));
    m.clocked(|s| s.set(&noise, Expr::concat(&[feedback.xor(stir).or(noise.any().not()), noise.slice(1, 15)])));
    noise.slice(0, 4)
}
