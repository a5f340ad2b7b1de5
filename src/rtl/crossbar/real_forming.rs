//! Forming in the behavioural view: `device::FormingModel`, the virgin code, and what a forming pulse makes of it.

use super::real::{RealFunctions, W, int};
use crate::device::{ArrayModel, FormingModel, NEVER, VIRGIN};
use crate::hdl::{Builder, Expr, Function, Mem, Process};

/// Width of a device's own amplitude, 0..=256.
pub(super) const AMPLITUDE: usize = 9;

/// What devices have that are to be formed.
pub(super) struct Forming {
    pub model: FormingModel,
    /// By `{cell, side}`: amplitude of the weakest pulse that forms the device; 0: it comes formed, 256: it never forms.
    pub amplitude: Mem,
    /// Code as it is told, and the device's own amplitude: whether the device is virgin then.
    stays: Function,
    /// Code: the conductance that reads see.
    conducts: Function,
}

impl Forming {
    /// `None` where devices come formed. `devices`: of the tile.
    pub fn new(m: &mut Builder, model: &ArrayModel, devices: usize) -> Option<Self> {
        let forming = model.forming?;
        let amplitude = m.mem("forming_q", AMPLITUDE, devices);
        let stays = m.model_function("stays_virgin", 1, &[("told", W), ("own_amplitude", AMPLITUDE)], &[], |p, f| {
            let [told, own] = f.args.as_slice() else { unreachable!("two arguments") };
            let never = own.eq(Expr::lit(AMPLITUDE, NEVER as u128));
            p.set(&f.result, never.or(own.any().and(is_virgin(told))));
        });
        let conducts = m.model_function("conducts", W, &[("held", W)], &[], |p, f| {
            p.set(&f.result, is_virgin(&f.args[0]).mux(int(forming.dark), &f.args[0]));
        });
        Some(Self { model: forming, amplitude, stays, conducts })
    }

    /// Whether a device that is told to hold `code` is virgin.
    pub fn stays(&self, code: &Expr, device: &Expr) -> Expr {
        self.stays.call(&[code.clone(), self.amplitude.at(device)])
    }

    /// What reads see of a code.
    pub fn conducts(&self, code: &Expr) -> Expr {
        self.conducts.call(std::slice::from_ref(code))
    }

    /// Sets `to` to the code of a virgin device after a forming pulse: it is formed where its own amplitude is reached, in the
    /// upper quarter of its range, by the low byte of the pulse's draw.
    pub fn form(&self, s: &mut Process, to: &Expr, device: &Expr, bounds: [&Mem; 2], pulse: &FormingPulse) {
        s.set_now(to, int(VIRGIN.into()));
        let own = self.amplitude.at(device);
        let reached = own.ugt(pulse.amplitude.zext(AMPLITUDE)).not();
        s.if_(pulse.forms.and(reached), |s| {
            let [low, high] = bounds.map(|bound| bound.at(device).zext(W));
            s.set_now(to, high.sub(low));
            s.set_now(to, to.umul_w(pulse.drawn.slice(0, 8).zext(W), W));
            s.set_now(to, high.sub(to.shr(10)));
        });
    }
}

/// A pulse as forming sees it.
pub(super) struct FormingPulse {
    /// It is one, towards more conductance, and has selected both lines of the device.
    pub forms: Expr,
    pub amplitude: Expr,
    /// Its random bits for the device.
    pub drawn: Expr,
}

/// Whether a code is that of a virgin device.
pub(super) fn is_virgin(code: &Expr) -> Expr {
    code.eq(Expr::lit(code.width(), VIRGIN.into()))
}

/// `ArrayModel::conductance` of a code, where there is more to it than the code.
pub(super) fn conducts(forming: Option<&Forming>, code: &Expr) -> Expr {
    forming.map_or(code.clone(), |forming| forming.conducts(code))
}

/// Largest magnitude of a weight that reads see.
const MOST_WEIGHT: i32 = 32_767;

/// Sets a weight to the nearest that reads can see.
pub(super) fn saturate(s: &mut Process, f: &RealFunctions, weight: &Expr) {
    s.set_now(weight, f.clamp.call(&[weight.clone(), int(-MOST_WEIGHT), int(MOST_WEIGHT)]));
}
