//! One lane of the end of a batch: a sum becomes a pulse.

use crate::hdl::{Builder, Expr, Module};
use crate::numeric::Rate;
use crate::schedule::Schedule;
use std::sync::Arc;

/// Whether sums keep what rounding leaves over.
pub(super) fn keeps_remainder(schedule: &Schedule) -> bool {
    schedule.design.training.as_ref().is_some_and(|t| t.keep_remainder)
}

/// Rounding of one lane, at random or with a remainder.
pub fn round_gradient(schedule: &Schedule) -> Arc<Module> {
    let gb = schedule.widths.gradient as usize;
    let keeps = keeps_remainder(schedule);
    // The largest step is 15 * 2^22.
    let step_bits = 4 + Rate::MAX_STEP.exponent() as usize;
    let mut m = Builder::new("memgan_round_gradient", file!());
    m.latency("combinational");
    m.group("Gradient");
    let gradient = m.input("gradient_i", gb, "two's complement");
    let step = m.input(
        "step_i",
        Rate::BITS as usize,
        &format!("{{exponent, mantissa - 8}}, at most {}", Rate::MAX_STEP.code()),
    );
    let random = (!keeps).then(|| m.input("random_i", 8, "top byte of the lane's state"));
    m.group("Pulse");
    let pulse = m.output("pulse_o", 8, "-1, 0 or 1");
    let remainder = keeps.then(|| m.output("remainder_o", gb, "two's complement"));

    let negative = m.wire("negative", gradient.msb());
    // Unsigned, so that the size of the most negative sum fits too.
    let size = m.wire("size", negative.mux(gradient.neg(), &gradient));
    let mantissa = m.wire("mantissa", Expr::concat(&[Expr::ones(1), step.slice(0, 3)]));
    let exponent = m.wire("exponent", step.drop_low(3));
    // Of 0 there is no sign, and no step is 0: it never fires.
    let fires = if let (None, Some(remainder)) = (&random, &remainder) {
        m.doc(
            "Cuts a summed gradient g to pulses: the sign of g if |g| is one step or more. That step is taken off g.",
        );
        let bits = gb.max(step_bits);
        let value = m.wire("value", mantissa.zext(step_bits).shl_dyn(&exponent));
        let fires = m.wire("fires", size.zext(bits).uge(value.zext(bits)));
        // A step that is taken off is no larger than g, so it fits.
        let taken = m.wire("taken", if gb < step_bits { value.trunc(gb) } else { value.zext(gb) });
        let left = m.wire("left", negative.mux(gradient.add(&taken), gradient.sub(&taken)));
        m.assign(remainder, fires.mux(&left, &gradient));
        fires
    } else {
        let random = random.expect("what keeps no remainder is rounded at random");
        m.doc(
            "Rounds a summed gradient g to pulses at random: the sign of g if |g| + floor(random step / 256) is one step \
               or more, which is 256 |g| >= (256 - random) step.",
        );
        // At most 256 * 15 before the shift: 12 bits, and 8 bits of fraction in all.
        let bits = (gb + 8).max(step_bits + 8);
        let share = m.wire("share", Expr::lit(9, 256).sub(random.zext(9)));
        let product = m.wire("product", share.zext(12).mul(mantissa.zext(12)));
        let threshold = m.wire("threshold", product.zext(step_bits + 8).shl_dyn(&exponent));
        m.wire("fires", Expr::concat(&[size.zext(bits - 8), Expr::zero(8)]).uge(threshold.zext(bits)))
    };
    m.assign(&pulse, Expr::concat(&[negative.and(&fires).repeat(7), fires]));
    m.finish()
}
