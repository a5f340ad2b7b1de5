//! Refresh: the level whose target is nearest to the device's first read, found in the low bits of the word's data.

use super::Reading;
use crate::device::CellCode;
use crate::hdl::{Builder, Expr};
use crate::schedule::{Schedule, bits_for};

/// Strobes and states of the search.
pub(super) struct Seek<'a> {
    /// The first read is there.
    pub begin: &'a Expr,
    pub seek: &'a Expr,
    pub below: &'a Expr,
    pub above: &'a Expr,
    pub last_bit: &'a Expr,
    /// Nets to drive: the error becomes `away`, target less first read.
    pub compares: &'a Expr,
    pub away: &'a Expr,
}

/// The search: successive approximation of the highest level whose target is not above the read, or level 0; then whichever
/// is nearer of it and the next one. Returns when the code in the low bits of the word changes, and to what.
pub(super) fn seek(
    m: &mut Builder,
    schedule: &Schedule,
    reading: &Reading,
    read: &Expr,
    device: &Expr,
    s: &Seek,
) -> (Expr, Expr) {
    m.section("Refresh: the level nearest to the first read of the device");
    let code = CellCode::new(&schedule.design);
    let (fraction, top) = (code.fraction() as usize, schedule.design.device.levels as usize - 1);
    let bits = bits_for(top) as usize;
    let first = m.reg("first_read_q", read.width(), 0);
    let bit = m.reg("level_bit_q", bits, 0);
    let stepped = m.reg("stepped_q", 1, 0);
    let level = m.wire("level", device.slice(fraction, bits));
    let one = Expr::lit(bits, 1);
    let highest = Expr::lit(bits, 1 << (bits - 1));
    let last = Expr::lit(bits, top as u128);
    let away = s.away;
    m.assign(away, reading.target.sext(read.width()).sub(&first));
    // Not above the read, and a level.
    let mut fits = away.msb().or(away.any().not());
    if top + 1 < 1 << bits {
        fits = fits.and(level.ugt(&last).not());
    }
    let kept = m.wire("level_fits", fits).mux(&level, level.and(bit.not()));
    let lower = (bits > 1).then(|| bit.shr(1));
    let sought = lower.as_ref().map_or(kept.clone(), |lower| kept.or(lower));
    m.assign(s.last_bit, bit.bit(0));
    let at_top = m.wire("at_top", level.eq(&last));
    let nearer = m.wire("nearer", away.slt(&reading.magnitude));
    let back = s.above.and(&stepped).and(nearer.not());
    m.clocked(|p| {
        p.if_(s.begin, |p| {
            p.set(&first, read);
            p.set(&bit, &highest);
        })
        .elif(s.seek, |p| p.set(&bit, lower.unwrap_or(bit.clone())));
        p.if_(s.below, |p| p.set(&stepped, at_top.not()));
    });
    let next =
        s.begin.mux(&highest, s.seek.mux(sought, s.below.mux(at_top.mux(&level, level.add(&one)), level.sub(&one))));
    let next = m.wire("next_level", next);
    let unused = device.width() - bits - fraction;
    let parts = [(unused > 0).then(|| Expr::zero(unused)), Some(next), (fraction > 0).then(|| Expr::zero(fraction))];
    let next = Expr::concat(&parts.into_iter().flatten().collect::<Vec<_>>());
    let moves = m.wire("level_moves", s.begin.or(s.seek).or(s.below).or(&back));
    m.assign(s.compares, s.below.or(s.above.and(&stepped).and(&nearer)));
    (moves, next)
}
