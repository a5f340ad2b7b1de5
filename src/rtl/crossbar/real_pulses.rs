//! Pulses in the behavioural view of real devices: which devices a pulse reaches, and what becomes of each.

use super::behavioural_real::Tile;
use super::cells::{Slot, fires};
use super::ports::TrainingPorts;
use super::real::{W, int, luck};
use super::real_devices::{CellPlace, device, device_number};
use super::real_forming::{FormingPulse, is_virgin};
use crate::config::Crossbar;
use crate::device::ArrayModel;
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};

/// Variables of a pulse.
pub(super) struct Pulse {
    fires: Function,
    slot: Slot,
    chosen: Expr,
    pub key: Expr,
    number: Expr,
    drawn: Expr,
    step: Expr,
    /// Only where half-selected devices move.
    half: Option<HalfSelect>,
}

/// Whether a pulse has selected the word line, and only one of the device's lines.
struct HalfSelect {
    row: Expr,
    selected: Expr,
}

impl Pulse {
    pub fn new(m: &mut Builder, model: &ArrayModel, crossbar: &Crossbar) -> Self {
        let fires = fires(m);
        let slot = Slot::new(m, "pulsed_slot", crossbar);
        let chosen = m.var("chosen", crossbar.columns);
        let [key, number, drawn, step] = ["pulse_key", "device_number", "drawn_bits", "full_step"].map(|n| m.var(n, W));
        let half = (model.half_select > 0).then(|| {
            let [row, selected] = ["row_selected", "half_selected"].map(|n| m.var(n, 1));
            HalfSelect { row, selected }
        });
        // Bits that `luck` leaves out.
        match (&half, model.step_std > 0) {
            (Some(_), true) => {}
            (Some(_), false) => m.unused("unused_drawn", &[drawn.slice(20, W - 20)]),
            (None, noisy) => m.unused("unused_drawn", &[drawn.slice(4, if noisy { 4 } else { W - 4 })]),
        }
        Self { fires, slot, chosen, key, number, drawn, step, half }
    }
}

impl Tile<'_> {
    /// One pulse, device by device.
    pub fn pulse(&self, s: &mut Process, t: &TrainingPorts, v: &Pulse) {
        let c = &self.schedule.design.crossbar;
        let columns = self.columns.as_ref().expect("the design trains");
        s.for_("column", self.bounds.columns(), |s, column| {
            let code = columns.part_at(column * 8, 8);
            s.set_now(v.chosen.bit_at(column), v.fires.call(&[code, t.columns_negative.clone()]));
        });
        s.for_("row", &self.bounds.rows, |s, row| {
            let code = self.rows.part_at(row * 8, 8);
            let fires = v.fires.call(&[code, t.rows_negative.clone()]);
            let cell = |s: &mut Process, column: &Ix| {
                let CellPlace { at, place, .. } = CellPlace::take(s, &v.slot, row, column, c.rows);
                self.pulse_cell(s, t, &at, &place, v);
            };
            let Some(half) = &v.half else {
                s.if_(fires, |s| {
                    s.for_("column", self.bounds.columns(), |s, column| {
                        s.if_(v.chosen.bit_at(column), |s| cell(s, column));
                    });
                });
                return;
            };
            s.set_now(&half.row, fires);
            s.for_("column", self.bounds.columns(), |s, column| {
                s.set_now(&half.selected, half.row.xor(v.chosen.bit_at(column)));
                s.if_(half.row.or(v.chosen.bit_at(column)), |s| cell(s, column));
            });
        });
    }

    fn pulse_cell(&self, s: &mut Process, t: &TrainingPorts, at: &Expr, place: &Expr, v: &Pulse) {
        let n = self.code_bits();
        let steps = self.own.steps.as_ref().expect("the design trains");
        for (side, placed) in self.placed.iter().enumerate() {
            let side_bit = Expr::lit(1, side as u128);
            let own = device(at, &side_bit);
            let of = |m: &Mem| m.at(&own).zext(W);
            s.set_now(&v.number, device_number(&self.ports.tile, place, &side_bit));
            s.set_now(&v.drawn, self.functions.mix.call(&[v.key.xor(&v.number)]));
            let rises = if side == 0 { t.up.clone() } else { t.up.not() };
            s.set_now(&v.step, rises.mux(of(&steps.up), of(&steps.down)));
            s.set_now(&v.step, v.step.umul_w(t.strength.zext(W), W));
            s.set_now(&v.step, v.step.shr(4));
            s.if_(v.step.sgt(int(ArrayModel::MAX_STEP)), |s| s.set_now(&v.step, int(ArrayModel::MAX_STEP)));
            s.set_now(&self.data, self.codes_of(at));
            let code = self.data.slice(side * n, n).zext(W);
            let mut arguments = vec![code, of(&self.own.low), of(&self.own.high), v.step.clone(), rises.clone()];
            arguments.push(luck(&self.model, &v.drawn));
            arguments.extend(steps.inverse.as_ref().map(of));
            arguments.extend(steps.slopes.as_ref().map(|own| rises.mux(of(&own.up), of(&own.down))));
            arguments.extend(v.half.as_ref().map(|half| half.selected.clone()));
            let pulsed = self.functions.pulsed.as_ref().expect("the design trains");
            let code = arguments[0].clone();
            let moved = |s: &mut Process| match (&self.own.forming, &t.form) {
                (Some(forming), Some(form)) => {
                    let rises = if side == 0 { t.up.clone() } else { t.up.not() };
                    let whole = v.half.as_ref().map_or(Expr::ones(1), |half| half.selected.not());
                    let forms = form.and(rises).and(whole);
                    let pulse = FormingPulse { forms, amplitude: t.strength.clone(), drawn: v.drawn.clone() };
                    s.if_(is_virgin(&code), |s| {
                        forming.form(s, placed, &own, [&self.own.low, &self.own.high], &pulse);
                    })
                    .else_(|s| s.set_now(placed, pulsed.call(&arguments)));
                }
                _ => s.set_now(placed, pulsed.call(&arguments)),
            };
            match &self.connected {
                Some(sides) => s.if_(sides.bit(side), moved).else_(|s| s.set_now(placed, &code)),
                None => moved(s),
            }
        }
        self.store(s, at);
    }
}
