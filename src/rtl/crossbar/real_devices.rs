//! What belongs to each device and converter of a tile, drawn once, as `device::ArrayModel` draws it.

use super::behavioural_training::number;
use super::bounds::Bounds;
use super::cells::{Slot, address, log2};
use super::real::{RealFunctions, W, int, word};
use super::real_forming::{AMPLITUDE, Forming};
use super::real_steps::Steps;
use super::real_trims::Trims;
use super::real_wires::Wires;
use crate::config::PairScheme;
use crate::device::{ArrayModel, NEVER, wire_factors};
use crate::hdl::{Bound, Builder, Expr, Ix, Mem, Process};
use crate::numeric::Draw;
use crate::schedule::Schedule;

/// Width of a device's bounds.
const CODE: usize = 16;

/// The numbers of all devices, by `{cell, side}`, and of all ADCs, by `{side, ADC}`.
pub(super) struct OwnNumbers {
    pub low: Mem,
    pub high: Mem,
    /// Only where pulses move devices.
    pub steps: Option<Steps>,
    /// Only where devices are to be formed.
    pub forming: Option<Forming>,
    /// Only where ADCs have errors.
    pub adcs: Option<Adcs>,
    /// Only where wires have resistance.
    pub wires: Option<Wires>,
    adc_bits: usize,
    /// Where a cell has two devices.
    sides: Option<Bound>,
    built: Expr,
    drawn: Drawn,
}

/// Errors of the ADCs.
pub(super) struct Adcs {
    pub offset: Mem,
    pub gain: Mem,
    pub bow: Mem,
    error: Expr,
    pub trims: Option<Trims>,
}

/// Variables of the drawing.
pub(super) struct Drawn {
    slot: Slot,
    /// Number of the device or ADC and its random bits; only where anything is drawn.
    random: Option<(Expr, Expr)>,
    pub low: Expr,
    pub high: Expr,
    /// The device moves; only where pulses move devices or form them.
    pub free: Option<Expr>,
    /// Its amplitude; only where it is to be formed.
    amplitude: Option<Expr>,
}

impl Drawn {
    /// Sets `to` to `deviation` times a nearly normal number of this kind, over 256; the random bits stay in their variable.
    fn bell(&self, s: &mut Process, f: &RealFunctions, model: &ArrayModel, kind: Draw, to: &Expr, deviation: i32) {
        let (number, random) = self.random.as_ref().expect("something is drawn");
        s.set_now(random, f.mix.call(&[word(model.key(kind)).xor(number)]));
        s.set_now(to, f.bell.call(&[random.slice(8, 24)]));
        s.set_now(to, to.smul_w(int(deviation), W));
        s.set_now(to, to.sra(8));
    }

    /// Sets `to` to the spread value of `mean`.
    pub fn spread(
        &self,
        s: &mut Process,
        f: &RealFunctions,
        model: &ArrayModel,
        kind: Draw,
        (to, deviation, mean): (&Expr, i32, i32),
    ) {
        if deviation == 0 {
            return s.set_now(to, int(mean));
        }
        self.bell(s, f, model, kind, to, deviation);
        s.set_now(to, to.smul_w(int(mean), W));
        s.set_now(to, to.sra(8));
        s.set_now(to, to.add(int(mean)));
    }

    /// Sets `to` to a nearly normal number with this mean and standard deviation.
    pub fn normal(
        &self,
        s: &mut Process,
        f: &RealFunctions,
        model: &ArrayModel,
        kind: Draw,
        (to, deviation, mean): (&Expr, i32, i32),
    ) {
        if deviation == 0 {
            return s.set_now(to, int(mean));
        }
        self.bell(s, f, model, kind, to, deviation);
        s.set_now(to, to.add(int(mean)));
    }
}

/// Sides of a cell that are devices.
pub(super) fn sides(schedule: &Schedule) -> usize {
    match schedule.design.crossbar.pair {
        PairScheme::Differential => 2,
        PairScheme::Reference => 1,
    }
}

/// Address of a device among all: cell, then side.
pub(super) fn device(cell: &Expr, side: &Expr) -> Expr {
    Expr::concat(&[cell.clone(), side.clone()])
}

/// Number of a device in all tiles, `ArrayModel::device_number`; `place` is its cell by word line first.
pub(super) fn device_number(tile: &Expr, place: &Expr, side: &Expr) -> Expr {
    let bits = W - place.width() - side.width();
    let tile = tile.zext(tile.width().max(bits)).slice(0, bits);
    Expr::concat(&[tile, device(place, side)])
}

/// A cell in a loop over word lines and columns.
pub(super) struct CellPlace {
    /// Address in the memories: by group first.
    pub at: Expr,
    /// Its part of a device's number: by word line first.
    pub place: Expr,
    /// Fields of the physical column: ADC, then group.
    pub column: [Option<Expr>; 2],
}

impl CellPlace {
    /// `slot`: of the loop over the columns; `rows`: word lines.
    pub fn take(s: &mut Process, slot: &Slot, row: &Ix, column: &Ix, rows: usize) -> Self {
        let (group, adc) = slot.take(s, column);
        let at = address(&[group.clone(), Some(row.value(log2(rows))), adc.clone()]);
        let place = address(&[number(row, rows), group.clone(), adc.clone()]);
        Self { at, place, column: [adc, group] }
    }
}

impl OwnNumbers {
    pub fn new(m: &mut Builder, schedule: &Schedule, model: &ArrayModel) -> Self {
        let c = &schedule.design.crossbar;
        let devices = 2 * c.rows * c.columns;
        let trains = schedule.design.training.is_some();
        let adc_bits = log2(if trains { c.adcs().max(c.row_adcs()) } else { c.adcs() });
        let [low, high] = ["low_q", "high_q"].map(|n| m.mem(n, CODE, devices));
        let built = m.var("built_q", 1);
        m.initial(|s| s.set(&built, Expr::zero(1)));
        let [lowest, highest] = ["lowest", "highest"].map(|n| m.var(n, W));
        let spreads = [model.high_dtod, model.low_dtod, model.adc_offset, model.adc_gain, model.adc_bow];
        let steps_spread = trains && Steps::are_drawn(model);
        let forming_spread = model.forming.is_some_and(|f| f.dtod > 0);
        let draws = spreads.iter().any(|&d| d > 0)
            || steps_spread
            || forming_spread
            || model.stuck[2] > 0
            || model.adc_errors();
        let random = draws.then(|| (m.var("number", W), m.var("drawn", W)));
        if let (Some((_, drawn)), 0) = (&random, model.stuck[2]) {
            m.unused("unused_drawn_byte", &[drawn.slice(0, 8)]);
        }
        let free = (trains || model.forming.is_some()).then(|| m.var("free", 1));
        let forming = Forming::new(m, model, devices);
        let steps = trains.then(|| Steps::new(m, model, devices));
        let adcs = model.adc_errors().then(|| {
            let [offset, gain, bow] = ["offset_q", "gain_error_q", "bow_q"].map(|n| m.mem(n, W, 2 << adc_bits));
            let trims = (model.trim_bits > 0).then(|| Trims::new(m, model.trim_bits as usize, 2 << adc_bits));
            Adcs { offset, gain, bow, error: m.var("adc_error", W), trims }
        });
        let sides =
            (sides(schedule) > 1).then(|| m.bounds([("sides_end", sides(schedule))]).into_iter().next()).flatten();
        m.unused("unused_low_bits", &[highest.slice(CODE, W - CODE), lowest.slice(CODE, W - CODE)]);
        let slot = Slot::new(m, "drawn_slot", c);
        let amplitude = forming.is_some().then(|| m.var("forming_amplitude", W));
        if let Some(amplitude) = &amplitude {
            m.unused("unused_amplitude", &[amplitude.slice(AMPLITUDE, W - AMPLITUDE)]);
        }
        let drawn = Drawn { slot, random, low: lowest, high: highest, free, amplitude };
        let wires = wire_factors(&schedule.design, model).map(|factors| Wires::new(m, schedule, &factors));
        Self { low, high, steps, forming, adcs, wires, adc_bits, sides, built, drawn }
    }

    /// Address of an ADC's numbers.
    pub fn adc(&self, row_side: &Expr, adc: &Ix) -> Expr {
        Expr::concat(&[row_side.clone(), adc.value(self.adc_bits)])
    }

    /// Draws everything at the first clock edge; `each` gets the address of every cell.
    pub fn draw(
        &self,
        s: &mut Process,
        bounds: &Bounds,
        model: &ArrayModel,
        functions: &RealFunctions,
        tile: &Expr,
        each: &dyn Fn(&mut Process, &Expr),
    ) {
        s.if_(self.built.not(), |s| {
            s.set(&self.built, Expr::ones(1));
            let rows = bounds.rows.end();
            s.for_("row", &bounds.rows, |s, row| {
                s.for_("column", bounds.columns(), |s, column| {
                    let CellPlace { at, place, column } = CellPlace::take(s, &self.drawn.slot, row, column, rows);
                    let one = |s: &mut Process, side: &Expr| {
                        if let Some((number, _)) = &self.drawn.random {
                            s.set_now(number, device_number(tile, &place, side));
                        }
                        self.draw_device(s, model, functions, &device(&at, side));
                    };
                    match &self.sides {
                        None => one(s, &Expr::zero(1)),
                        Some(sides) => s.for_("side", sides, |s, side| one(s, &side.value(1))),
                    }
                    if let Some(wires) = &self.wires {
                        wires.draw(s, &at, row, column);
                    }
                    each(s, &at);
                });
            });
            self.draw_adcs(s, bounds, model, functions, tile);
        });
    }

    /// `ArrayModel::device` of the number.
    fn draw_device(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, at: &Expr) {
        let d = &self.drawn;
        let drawn = || d.random.as_ref().expect("something is drawn");
        let random = || &drawn().1;
        let draw = |kind: Draw| f.mix.call(&[word(model.key(kind)).xor(&drawn().0)]);
        let bell = |s: &mut Process, kind: Draw, to: &Expr, deviation: i32| d.bell(s, f, model, kind, to, deviation);
        let spread =
            |s: &mut Process, kind, to: &Expr, deviation, mean| d.spread(s, f, model, kind, (to, deviation, mean));
        let clamp = |s: &mut Process, to: &Expr, high: i32| {
            s.set_now(to, f.clamp.call(&[to.clone(), int(0), int(high)]));
        };
        spread(s, Draw::High, &d.high, model.high_dtod, model.top);
        clamp(s, &d.high, model.ceiling());
        if model.low_dtod == 0 {
            s.set_now(&d.low, int(0));
        } else {
            bell(s, Draw::Low, &d.low, model.low_dtod);
            s.set_now(&d.low, d.low.smul_w(int(model.top), W));
            s.set_now(&d.low, d.low.sra(8));
            clamp(s, &d.low, model.ceiling());
        }
        let free = |s: &mut Process, value: Expr| d.free.iter().for_each(|free| s.set_now(free, &value));
        free(s, Expr::ones(1));
        s.if_(d.high.sub(&d.low).slt(int(ArrayModel::MIN_RANGE)), |s| {
            free(s, Expr::zero(1));
            s.set_now(&d.high, &d.low);
        });
        if model.stuck[2] > 0 {
            s.comment("Stuck devices");
            s.set_now(random(), draw(Draw::Stuck));
            let below = |limit: u32| random().shr(8).slt(int(limit as i32));
            let stuck = |s: &mut Process, at: Expr| {
                s.set_now(&d.high, at);
                s.set_now(&d.low, &d.high);
                free(s, Expr::zero(1));
            };
            s.if_(below(model.stuck[0]), |s| stuck(s, int(model.top)))
                .elif(below(model.stuck[1]), |s| stuck(s, int(0)))
                .elif(below(model.stuck[2]), |s| {
                    s.set_now(&d.high, random().slice(0, 8).zext(W));
                    s.set_now(&d.high, d.high.smul_w(int(model.top), W));
                    stuck(s, d.high.sra(8));
                });
        }
        s.set_now(self.low.at(at), d.low.slice(0, CODE));
        s.set_now(self.high.at(at), d.high.slice(0, CODE));
        if let (Some(forming), Some(amplitude), Some(free)) = (&self.forming, &d.amplitude, &d.free) {
            s.comment("Forming: stuck devices come formed");
            spread(s, Draw::Forming, amplitude, forming.model.dtod, forming.model.amplitude);
            s.set_now(amplitude, f.clamp.call(&[amplitude.clone(), int(1), int(NEVER)]));
            s.if_(free.not(), |s| s.set_now(amplitude, int(0)));
            s.set_now(forming.amplitude.at(at), amplitude.slice(0, AMPLITUDE));
        }
        let Some(t) = &self.steps else { return };
        t.draw(s, d, model, f, at);
    }

    /// `ArrayModel::adc` of every ADC.
    fn draw_adcs(&self, s: &mut Process, bounds: &Bounds, model: &ArrayModel, f: &RealFunctions, tile: &Expr) {
        let Some(adcs) = &self.adcs else { return };
        let d = &self.drawn;
        let (own_number, _) = d.random.as_ref().expect("errors are drawn");
        let sides = [(false, Some(&bounds.adcs)), (true, bounds.training.as_ref().map(|t| &t.row_adcs))];
        for (row_side, count) in sides.into_iter().filter_map(|(side, count)| Some((side, count?))) {
            s.for_("adc", count, |s, adc| {
                let number = Expr::concat(&[tile.clone(), Expr::lit(1, u128::from(row_side)), adc.value(9)]);
                s.set_now(own_number, number.zext(W));
                for (kind, deviation, to) in [
                    (Draw::Offset, model.adc_offset, &adcs.offset),
                    (Draw::Gain, model.adc_gain, &adcs.gain),
                    (Draw::Bow, model.adc_bow, &adcs.bow),
                ] {
                    d.bell(s, f, model, kind, &adcs.error, deviation);
                    let side = Expr::lit(1, u128::from(row_side));
                    s.set_now(to.at(self.adc(&side, adc)), &adcs.error);
                }
            });
        }
    }
}
