//! Arithmetic of real devices and converters for the behavioural view: functions that are `device::ArrayModel` in 32 bits.

use crate::device::{ArrayModel, LAW_ONE, SlopeModel};
use crate::hdl::{Builder, Expr, Function, Process};
use crate::schedule::Schedule;

/// Width of all arithmetic, two's complement.
pub(super) const W: usize = 32;

/// A parameter of the model.
pub(super) fn int(value: i32) -> Expr {
    Expr::slit(W, i128::from(value))
}

/// A key or a constant of the hash.
pub(super) fn word(value: u32) -> Expr {
    Expr::hex(W, u128::from(value))
}

/// Functions of the macro's model; what the parameters leave out is not written.
pub(super) struct RealFunctions {
    /// `numeric::splitmix32`.
    pub mix: Function,
    /// `numeric::bell` of the upper three bytes.
    pub bell: Function,
    /// Value, low and high bound.
    pub clamp: Function,
    /// Code, bounds, full step, direction, [`luck`], the inverse unless the law is constant, the slope in the direction where
    /// devices have their own, and whether the device is half-selected where that moves it: the code after a pulse.
    /// Only of a design that trains.
    pub pulsed: Option<Function>,
    /// Sum, gain, and offset and gain error where ADCs have them: the ADC's code.
    pub convert: Function,
}

impl RealFunctions {
    pub fn new(m: &mut Builder, schedule: &Schedule, model: &ArrayModel, trains: bool) -> Self {
        let mix = m.model_function("mix", W, &[("value", W)], &[("mixed", W)], |p, f| {
            let z = &f.locals[0];
            p.set(z, f.args[0].add(int(1)));
            p.set(z, z.umul_w(word(0x9e37_79b9), W));
            for (shift, factor) in [(16, 0x85eb_ca6b), (13, 0xc2b2_ae35)] {
                p.set(z, z.xor(z.shr(shift)));
                p.set(z, z.umul_w(word(factor), W));
            }
            p.set(&f.result, z.xor(z.shr(16)));
        });
        let bell = m.model_function("bell", W, &[("random", 24)], &[("bytes", W)], |p, f| {
            let byte = |lo| f.args[0].slice(lo, 8).zext(W);
            p.set(&f.locals[0], byte(16).add(byte(8)).add(byte(0)));
            p.set(&f.result, f.locals[0].shl(1).sub(int(765)));
        });
        let clamp = m.model_function("clamp", W, &[("given", W), ("least", W), ("most", W)], &[], |p, f| {
            let [given, least, most] = f.args.as_slice() else { unreachable!("three arguments") };
            p.if_(given.slt(least), |p| p.set(&f.result, least))
                .elif(given.sgt(most), |p| p.set(&f.result, most))
                .else_(|p| p.set(&f.result, given));
        });
        let pulsed = trains.then(|| pulsed(m, model, &bell, &clamp));
        let convert = convert(m, schedule, model);
        Self { mix, bell, clamp, pulsed, convert }
    }
}

/// How a step depends on the place in the device's range.
enum StepLaw {
    /// The nodes of one law for all devices.
    Table(Function),
    Slope(SlopeModel),
}

/// The step law's nodes, one case an end of a segment.
fn law(m: &mut Builder, model: &ArrayModel) -> Function {
    m.function("law", W, &[("node", 6), ("higher", 1)], &[], |p, f| {
        p.case(Expr::concat(&[f.args[1].clone(), f.args[0].clone()]), |c| {
            for (way, nodes) in model.law.iter().enumerate() {
                for (k, &node) in nodes.iter().enumerate() {
                    let at = (1 - way as u128) << 6 | k as u128;
                    c.arm(Expr::lit(7, at), |p| p.set(&f.result, int(node)));
                }
            }
            c.default(|p| p.set(&f.result, int(0)));
        });
    })
}

/// Bits that round the little that a half-selected device moves.
const DISTURB_FRACTION: usize = 20;

/// Bits of a draw that a pulse uses: four round, and 24 are the noise. A pulse that also disturbs rounds with 20.
pub(super) fn luck(model: &ArrayModel, drawn: &Expr) -> Expr {
    if model.half_select > 0 {
        return if model.step_std == 0 { drawn.slice(0, DISTURB_FRACTION) } else { drawn.clone() };
    }
    let round = drawn.slice(0, 4);
    if model.step_std == 0 { round } else { Expr::concat(&[drawn.slice(8, 24), round]) }
}

fn pulsed(m: &mut Builder, model: &ArrayModel, bell: &Function, clamp: &Function) -> Function {
    let law = (!model.constant_law()).then(|| match model.slopes {
        Some(slopes) => StepLaw::Slope(slopes),
        None => StepLaw::Table(law(m, model)),
    });
    let noisy = model.step_std > 0;
    let mut args = vec![("old_code", W), ("low", W), ("high", W), ("full", W), ("rises", 1)];
    let disturbs = model.half_select > 0;
    args.push(("luck", luck(model, &Expr::zero(W)).width()));
    args.extend(law.is_some().then_some(("inverse", W)));
    args.extend(model.slopes.is_some().then_some(("slope", W)));
    args.extend(disturbs.then_some(("half", 1)));
    let mut locals = vec![("mean", W)];
    locals.extend(noisy.then_some([("noise", W), ("deviation", W)]).into_iter().flatten());
    locals.extend(match &law {
        None => vec![],
        Some(StepLaw::Table(_)) => vec![("place_in_range", W), ("left", W), ("right", W)],
        Some(StepLaw::Slope(_)) => vec![("place_in_range", W), ("own_law", W)],
    });
    m.function("pulsed", W, &args, &locals, |p, f| {
        let [code, low, high, full, rises, luck, more @ ..] = f.args.as_slice() else { unreachable!("arguments") };
        let mean = &f.locals[0];
        let place = |p: &mut Process, place: &Expr, inverse: &Expr| {
            p.set(place, code.sub(low));
            p.set(place, place.smul_w(inverse, W));
            p.set(place, place.sra(16));
            p.if_(place.sgt(int(1023)), |p| p.set(place, int(1023)));
        };
        match (&law, more, &f.locals[if noisy { 3 } else { 1 }..]) {
            (Some(StepLaw::Table(law)), [inverse, ..], [at, left, right]) => {
                place(p, at, inverse);
                p.comment("The law between two nodes");
                p.set(left, law.call(&[at.slice(5, 6), rises.clone()]));
                p.set(right, law.call(&[at.slice(5, 6).add(Expr::lit(6, 1)), rises.clone()]));
                p.set(mean, int(32).sub(at.slice(0, 5).zext(W)));
                p.set(left, left.smul_w(mean, W));
                p.set(mean, at.slice(0, 5).zext(W));
                p.set(right, right.smul_w(mean, W));
                p.set(left, left.add(right));
                p.set(left, left.sra(5));
                p.set(mean, full.smul_w(left, W));
                p.set(mean, mean.sra(12));
            }
            (Some(StepLaw::Slope(slopes)), [inverse, slope, ..], [at, law]) => {
                place(p, at, inverse);
                p.comment("The law falls by the device's own slope, from where it is the same for all");
                let pivot = int(slopes.pivot);
                p.set(law, rises.mux(pivot.sub(at), at.sub(&pivot)));
                p.set(law, law.smul_w(slope, W));
                p.set(law, law.sra(SlopeModel::FRACTION as usize));
                p.set(law, law.add(int(model.plain)));
                p.set(law, clamp.call(&[law.clone(), int(0), int(LAW_ONE)]));
                p.set(mean, full.smul_w(law, W));
                p.set(mean, mean.sra(12));
            }
            _ => p.set(mean, full),
        }
        let noise = noisy.then(|| (&f.locals[1], &f.locals[2]));
        if let Some((noise, deviation)) = noise {
            p.comment("Noise from cycle to cycle");
            p.set(deviation, bell.call(&[luck.slice(if disturbs { 8 } else { 4 }, 24)]));
            p.set(deviation, deviation.smul_w(int(model.step_std), W));
            p.set(deviation, deviation.sra(8));
            if model.mult_noise {
                p.set(noise, mean.smul_w(deviation, W));
            } else {
                p.set(noise, full.smul_w(int(model.plain), W));
                p.set(noise, noise.sra(12));
                p.set(noise, noise.smul_w(deviation, W));
            }
            p.set(noise, noise.sra(8));
        }
        let step = |p: &mut Process| {
            noise.iter().for_each(|(noise, _)| p.set(mean, mean.add(*noise)));
            p.comment("Rounded by chance");
            p.set(mean, mean.add(luck.slice(0, 4).zext(W)));
            p.set(mean, mean.sra(4));
        };
        match more.last().filter(|_| disturbs) {
            None => step(p),
            Some(half) => p
                .if_(half, |p| {
                    p.comment("A part of the mean step, rounded by chance");
                    p.set(mean, mean.smul_w(int(model.half_select), W));
                    p.set(mean, mean.add(luck.slice(0, DISTURB_FRACTION).zext(W)));
                    p.set(mean, mean.sra(DISTURB_FRACTION));
                })
                .else_(step),
        }
        p.if_(rises, |p| p.set(mean, code.add(mean))).else_(|p| p.set(mean, code.sub(mean)));
        p.set(&f.result, clamp.call(&[mean.clone(), low.clone(), high.clone()]));
    })
}

/// `ArrayModel::convert` of a sum that has its noise.
fn convert(m: &mut Builder, schedule: &Schedule, model: &ArrayModel) -> Function {
    let bits = schedule.design.converter.adc_bits as usize;
    let (max, min) = ((1i32 << (bits - 1)) - 1, -(1i32 << (bits - 1)));
    let errors = model.adc_errors();
    let mut args = vec![("sum_of_cells", W), ("gain", 4)];
    args.extend(errors.then_some([("offset", W), ("gain_error", W), ("bow", W)]).into_iter().flatten());
    let mut locals = vec![("scaled", W), ("down", 5)];
    locals.extend(errors.then_some([("coarse", W), ("from_zero", W)]).into_iter().flatten());
    m.model_function("convert", bits, &args, &locals, |p, f| {
        let (sum, gain) = (&f.args[0], &f.args[1]);
        let (scaled, down) = (&f.locals[0], &f.locals[1]);
        p.set(scaled, sum);
        if errors {
            let coarse = &f.locals[2];
            p.set(coarse, sum.sra(12));
            p.set(coarse, coarse.smul_w(&f.args[3], W));
            p.set(scaled, scaled.add(coarse));
        }
        p.comment("In 1/16 code, then rounded");
        p.set(down, gain.zext(5).add(Expr::lit(5, u128::from(model.fraction) - 4)));
        p.set(scaled, scaled.sra_dyn(down));
        if errors {
            let (coarse, from_zero, full) = (&f.locals[2], &f.locals[3], int(8 << bits));
            p.set(scaled, scaled.add(&f.args[2]));
            p.comment("The bow: a parabola in each half, 0 at zero and at the ends");
            p.set(from_zero, scaled.msb().mux(int(0).sub(scaled), scaled));
            p.if_(from_zero.sgt(&full), |p| p.set(from_zero, &full));
            p.set(coarse, full.sub(from_zero));
            p.set(coarse, coarse.smul_w(from_zero, W));
            p.set(coarse, coarse.sra(bits + 3));
            p.set(coarse, coarse.smul_w(&f.args[4], W));
            p.set(coarse, coarse.sra(bits + 1));
            p.set(scaled, scaled.msb().mux(scaled.sub(coarse), scaled.add(coarse)));
        }
        p.set(scaled, scaled.add(int(8)));
        p.set(scaled, scaled.sra(4));
        p.if_(scaled.sgt(int(max)), |p| p.set(&f.result, Expr::slit(bits, i128::from(max))))
            .elif(scaled.slt(int(min)), |p| p.set(&f.result, Expr::slit(bits, i128::from(min))))
            .else_(|p| p.set(&f.result, scaled.slice(0, bits)));
    })
}
