//! Each device's own steps in the behavioural view, drawn once as `device::ArrayModel` draws them.

use super::real::{RealFunctions, W, int};
use super::real_devices::Drawn;
use crate::device::ArrayModel;
use crate::hdl::{Builder, Expr, Mem, Process};
use crate::numeric::Draw;

/// Widths of a device's numbers.
const STEP: usize = 20;
const INVERSE: usize = 22;
const SLOPE: usize = 15;

/// Full steps of the devices, by `{cell, side}`.
pub(super) struct Steps {
    pub up: Mem,
    pub down: Mem,
    /// Only where the step depends on the place in the device's range.
    pub inverse: Option<Mem>,
    /// Only where slopes differ from device to device.
    pub slopes: Option<Slopes>,
    step: Expr,
    asymmetry: Expr,
    quotient: Expr,
}

/// Slopes of the devices' laws.
pub(super) struct Slopes {
    pub up: Mem,
    pub down: Mem,
    slope: Expr,
}

impl Steps {
    /// `devices`: of the tile.
    pub fn new(m: &mut Builder, model: &ArrayModel, devices: usize) -> Self {
        let [up, down] = ["up_q", "down_q"].map(|n| m.mem(n, STEP, devices));
        let inverse = (!model.constant_law()).then(|| m.mem("inverse_q", INVERSE, devices));
        let slopes = model.slopes.is_some().then(|| {
            let [up, down] = ["slope_up_q", "slope_down_q"].map(|n| m.mem(n, SLOPE, devices));
            Slopes { up, down, slope: m.var("own_slope", W) }
        });
        let [step, asymmetry, quotient] = ["own_step", "asymmetry", "quotient"].map(|n| m.var(n, W));
        Self { up, down, inverse, slopes, step, asymmetry, quotient }
    }

    /// Whether random numbers have a part in them.
    pub fn are_drawn(model: &ArrayModel) -> bool {
        model.step_dtod + model.up_down_dtod > 0 || model.slopes.is_some()
    }

    /// What `ArrayModel::device` has of steps, for the device at this address; its bounds are in `d`.
    pub fn draw(&self, s: &mut Process, d: &Drawn, model: &ArrayModel, f: &RealFunctions, at: &Expr) {
        s.comment("Full steps");
        d.spread(s, f, model, Draw::Step, (&self.step, model.step_dtod, model.step));
        s.set_now(&self.step, f.clamp.call(&[self.step.clone(), int(0), int(ArrayModel::MAX_STEP)]));
        d.normal(s, f, model, Draw::UpDown, (&self.asymmetry, model.up_down_dtod, model.up_down));
        let moves = d.free.as_ref().expect("pulses move devices");
        s.if_(moves.not(), |s| s.set_now(&self.step, int(0)));
        let scaled = |s: &mut Process, by: Expr, to: Expr| {
            s.set_now(&self.quotient, f.clamp.call(&[by, int(0), int(256)]));
            s.set_now(&self.quotient, int(256).sub(&self.quotient));
            s.set_now(&self.quotient, self.step.smul_w(&self.quotient, W));
            s.set_now(to, self.quotient.slice(8, STEP));
        };
        scaled(s, int(0).sub(&self.asymmetry), self.up.at(at));
        scaled(s, self.asymmetry.clone(), self.down.at(at));
        if let Some(inverse) = &self.inverse {
            s.set_now(&self.quotient, int(0));
            s.if_(moves, |s| s.set_now(&self.quotient, int(1 << 26).udiv(d.high.sub(&d.low))));
            s.set_now(inverse.at(at), self.quotient.slice(0, INVERSE));
        }
        if let (Some(own), Some(all)) = (&self.slopes, &model.slopes) {
            s.comment("Slopes of the law");
            for (way, (kind, to)) in [(Draw::SlopeUp, &own.up), (Draw::SlopeDown, &own.down)].into_iter().enumerate() {
                d.normal(s, f, model, kind, (&own.slope, all.dtod[way], all.mean[way]));
                s.set_now(&own.slope, own.slope.msb().mux(int(0).sub(&own.slope), own.slope.clone()));
                s.set_now(to.at(at), own.slope.slice(0, SLOPE));
            }
        }
    }
}
