//! The time that behavioural views take, with a random part for tests of the handshake.

use super::ports::Ports;
use crate::hdl::{Builder, Expr, Process};
use crate::schedule::bits_for;

/// Most cycles that the jitter view adds to what is configured.
const JITTER: u32 = 15;

/// What the header says of `cycles` from `start` to `done`.
pub(super) fn time(done: &str, start: &str, cycles: u32, jitter: bool) -> String {
    if jitter {
        format!("{done} {} to {} cycles after {start}, at random", cycles - 1, cycles - 1 + JITTER)
    } else {
        format!("{done} {} cycles after {start}", cycles - 1)
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
