//! What a cell is, and what an ADC makes of sums of cells.

use super::ports::TrainingPorts;
use crate::config::{Crossbar, PairScheme};
use crate::device::CellCode;
use crate::hdl::{Builder, Expr, Function, Ix, Process};
use crate::schedule::Schedule;

/// Width of a word line's address and of an ADC's index, both at least 1.
pub(super) fn log2(n: usize) -> usize {
    (n.trailing_zeros() as usize).max(1)
}

/// An address of several fields, the most significant first; a field for one thing (`None`) has no bits.
pub(super) fn address(fields: &[Option<Expr>]) -> Expr {
    Expr::concat(&fields.iter().flatten().cloned().collect::<Vec<_>>())
}

/// The low bits of `index` that tell `n` things apart, or nothing where there is one.
pub(super) fn field(index: &Expr, n: usize) -> Option<Expr> {
    (n > 1).then(|| index.slice(0, log2(n)))
}

/// Marks the bits of `index` above those that tell `n` things apart.
pub(super) fn rest(m: &mut Builder, name: &str, index: &Expr, n: usize) {
    let used = if n > 1 { log2(n) } else { 0 };
    if used < index.width() {
        m.unused(name, &[index.slice(used, index.width() - used)]);
    }
}

/// The number of a bit-line register, group * ADCs + adc, in a loop. One loop over all of them and not one in another:
/// simulators repeat the bodies of short loops.
pub(super) struct Slot {
    value: Expr,
    adc_bits: usize,
}

impl Slot {
    /// `name`: of the variable that holds it.
    pub fn new(m: &mut Builder, name: &str, crossbar: &Crossbar) -> Self {
        let adc_bits = if crossbar.adcs() > 1 { log2(crossbar.adcs()) } else { 0 };
        Self { value: m.var(name, log2(crossbar.columns)), adc_bits }
    }

    /// Group and ADC as fields of an address, each `None` where there is one.
    pub fn take(&self, s: &mut Process, column: &Ix) -> (Option<Expr>, Option<Expr>) {
        let width = self.value.width();
        s.set_now(&self.value, column.value(width));
        let group = (width > self.adc_bits).then(|| self.value.slice(self.adc_bits, width - self.adc_bits));
        (group, (self.adc_bits > 0).then(|| self.value.slice(0, self.adc_bits)))
    }
}

/// Signed weight of a cell's programming data; `data(lo, n)` gives bits of it.
pub(super) fn weight(schedule: &Schedule, data: &dyn Fn(usize, usize) -> Expr) -> Expr {
    let code = CellCode::new(&schedule.design);
    let w = schedule.widths.weight as usize;
    match schedule.design.crossbar.pair {
        PairScheme::Differential => {
            let half = code.bits() as usize / 2;
            data(0, half).zext(w).sub(data(half, half).zext(w))
        }
        PairScheme::Reference => {
            data(0, code.bits() as usize).zext(w).sub(Expr::lit(w, u128::from(code.reference_code())))
        }
    }
}

/// Programming data of a cell with ones where a device is connected; `None` with a reference column, where all are.
pub(super) fn connected(m: &mut Builder, schedule: &Schedule, t: &TrainingPorts) -> Option<Expr> {
    let device = schedule.widths.cell as usize / 2;
    let sides = t.sides.as_ref()?;
    Some(m.wire("connected", Expr::concat(&[sides.bit(1).repeat(device), sides.bit(0).repeat(device)])))
}

/// A cell's data with nothing of devices that are not connected.
pub(super) fn seen(data: &Expr, connected: Option<&Expr>) -> Expr {
    connected.map_or(data.clone(), |c| data.and(c))
}

/// A cell after a pulse that would make it `moved`: devices that are not connected stay.
pub(super) fn kept(old: &Expr, moved: Expr, connected: Option<&Expr>) -> Expr {
    connected.map_or(moved.clone(), |c| moved.and(c).or(old.and(c.not())))
}

/// A cell after one pulse: every device stops at its own bound.
pub(super) fn moved(m: &mut Builder, schedule: &Schedule) -> Function {
    let bits = CellCode::new(&schedule.design).bits() as usize;
    let pair = schedule.design.crossbar.pair;
    let (half, name) = match pair {
        PairScheme::Differential => (bits / 2, "stepped"),
        PairScheme::Reference => (bits, "moved"),
    };
    let last = m.localparam("LAST_LEVEL", half, u128::from(schedule.design.device.levels) - 1, "levels - 1");
    let one = Expr::lit(half, 1);
    let stepped = m.function(name, half, &[("level", half), ("higher", 1)], &[], |p, f| {
        let (level, up) = (&f.args[0], &f.args[1]);
        p.set(&f.result, level);
        p.if_(up.and(level.ne(&last)), |p| p.set(&f.result, level.add(&one)))
            .elif(up.not().and(level.any()), |p| p.set(&f.result, level.sub(&one)));
    });
    match pair {
        PairScheme::Reference => stepped,
        PairScheme::Differential => m.function("moved", bits, &[("old", bits), ("up", 1)], &[], |p, f| {
            let (plus, minus, up) = (f.args[0].slice(0, half), f.args[0].slice(half, half), &f.args[1]);
            p.set(&f.result, Expr::concat(&[stepped.call(&[minus, up.not()]), stepped.call(&[plus, up.clone()])]));
        }),
    }
}

/// Whether a line's code is not zero and has the chosen sign.
pub(super) fn fires(m: &mut Builder) -> Function {
    m.function("fires", 1, &[("code", 8), ("negative", 1)], &[], |p, f| {
        p.set(&f.result, f.args[0].any().and(f.args[0].msb().eq(&f.args[1])));
    })
}

/// `round_shift` by `gain`, then saturation to the ADC's range: the numeric contract's `adc`.
pub(super) fn convert(m: &mut Builder, schedule: &Schedule, dot_bits: usize) -> Function {
    let bits = schedule.design.converter.adc_bits as usize;
    let wide = dot_bits.max(16) + 1;
    let (max, min) = ((1i128 << (bits - 1)) - 1, -(1i128 << (bits - 1)));
    m.function("convert", bits, &[("dot", dot_bits), ("gain", 4)], &[("half", wide), ("scaled", wide)], |p, f| {
        let (half, scaled) = (&f.locals[0], &f.locals[1]);
        p.set(half, Expr::lit(wide, 1).shl_dyn(&f.args[1]).shr(1));
        p.set(scaled, f.args[0].sext(wide).add(half));
        p.set(scaled, scaled.sra_dyn(&f.args[1]));
        p.if_(scaled.sgt(Expr::slit(wide, max)), |p| p.set(&f.result, Expr::slit(bits, max)))
            .elif(scaled.slt(Expr::slit(wide, min)), |p| p.set(&f.result, Expr::slit(bits, min)))
            .else_(|p| p.set(&f.result, scaled.slice(0, bits)));
    })
}
