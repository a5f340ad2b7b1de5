//! Strength of the next pulse: `VerifyRegisters::strength`.

use super::Registers;
use crate::hdl::{Builder, Expr};
use crate::rtl::crossbar::STRENGTH_BITS;

/// `before`: pulses in the same direction just before; `magnitude`: of the error, in ADC codes.
pub(super) fn strength(m: &mut Builder, r: &Registers, rises: &Expr, before: &Expr, magnitude: &Expr) -> Expr {
    let n = STRENGTH_BITS;
    let chosen = rises.mux(&r.set, &r.reset);
    let chosen = r.form.as_ref().map_or(chosen.clone(), |form| form.on.mux(&form.pulses, chosen));
    let chosen = m.wire("strengths", chosen);
    let [start, step, max, slope] =
        [("start", 0), ("step", 1), ("most", 2), ("slope", 3)].map(|(name, k)| m.wire(name, chosen.slice(k * n, n)));
    let grown_bits = before.width() + n + 1;
    let grown = before.umul_w(&step, grown_bits).add(start.zext(grown_bits));
    let grown = m.wire("grown", grown);
    let wide = magnitude.width() + n + 1;
    let scaled = m.wire("scaled", magnitude.umul_w(&slope, wide).add(Expr::lit(wide, 8)).shr(4));
    let least = m.wire("at_least", scaled.ult(start.zext(wide)).mux(start.zext(wide), &scaled));
    let capped = |m: &mut Builder, name: &str, value: &Expr| {
        let over = value.ugt(max.zext(value.width()));
        m.wire(name, over.mux(&max, value.trunc(n)))
    };
    let incremental = capped(m, "incremental", &grown);
    let adaptive = capped(m, "adaptive", &least);
    let of_mode = r.mode.bit(1).mux(adaptive, r.mode.bit(0).mux(&incremental, start));
    m.wire("next_strength", r.form.as_ref().map_or(of_mode.clone(), |form| form.on.mux(incremental, of_mode)))
}
