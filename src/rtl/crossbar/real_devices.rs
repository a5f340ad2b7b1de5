//! What belongs to each device and converter of a tile, drawn once, as `device::ArrayModel` draws it.

use super::cells::log2;
use super::ports::{ModelPorts, Ports, TrainingPorts};
use super::real::{RealFunctions, W, int, word};
use crate::config::PairScheme;
use crate::device::ArrayModel;
use crate::hdl::{Builder, Expr, Ix, Mem, Process};
use crate::numeric::Draw;
use crate::schedule::Schedule;

/// Widths of a device's numbers.
const CODE: usize = 16;
const STEP: usize = 20;
const INVERSE: usize = 22;

/// The numbers of all devices, by `{cell, side}`, and of all ADCs, by `{side, ADC}`.
pub(super) struct OwnNumbers {
    pub low: Mem,
    pub high: Mem,
    pub up: Mem,
    pub down: Mem,
    pub inverse: Mem,
    pub offset: Mem,
    pub gain: Mem,
    adc_bits: usize,
    built: Expr,
    drawn: Drawn,
}

/// Variables of the drawing.
struct Drawn {
    number: Expr,
    random: Expr,
    low: Expr,
    high: Expr,
    step: Expr,
    asymmetry: Expr,
    inverse: Expr,
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

impl OwnNumbers {
    pub fn new(m: &mut Builder, schedule: &Schedule) -> Self {
        let c = &schedule.design.crossbar;
        let devices = 2 * c.rows * c.columns;
        let adc_bits = log2(c.adcs().max(c.row_adcs()));
        let [low, high] = ["low_q", "high_q"].map(|n| m.mem(n, CODE, devices));
        let [up, down] = ["up_q", "down_q"].map(|n| m.mem(n, STEP, devices));
        let inverse = m.mem("inverse_q", INVERSE, devices);
        let [offset, gain] = ["offset_q", "gain_error_q"].map(|n| m.mem(n, W, 2 << adc_bits));
        let built = m.var("built_q", 1);
        m.initial(|s| s.set(&built, Expr::zero(1)));
        let [number, random, low_v, high_v, step, asymmetry, inverse_v] =
            ["number", "drawn", "lowest", "highest", "own_step", "asymmetry", "own_inverse"].map(|n| m.var(n, W));
        let drawn = Drawn { number, random, low: low_v, high: high_v, step, asymmetry, inverse: inverse_v };
        Self { low, high, up, down, inverse, offset, gain, adc_bits, built, drawn }
    }

    /// Address of an ADC's numbers.
    pub fn adc(&self, row_side: bool, adc: &Ix) -> Expr {
        Expr::concat(&[Expr::lit(1, u128::from(row_side)), adc.value(self.adc_bits)])
    }

    /// Draws everything at the first clock edge; `each` gets the address of every cell.
    pub fn draw(
        &self,
        s: &mut Process,
        schedule: &Schedule,
        model: &ArrayModel,
        functions: &RealFunctions,
        tile: &Expr,
        each: &dyn Fn(&mut Process, &Expr),
    ) {
        let c = &schedule.design.crossbar;
        let cells = c.rows * c.columns;
        s.if_(self.built.not(), |s| {
            s.set(&self.built, Expr::ones(1));
            s.for_("group", 0..c.columns_per_adc, |s, group| {
                s.for_("row", 0..c.rows, |s, row| {
                    s.for_("adc", 0..c.adcs(), |s, adc| {
                        let field = |ix: &Ix, n: usize| (n > 1).then(|| ix.value(log2(n)));
                        let parts =
                            |list: [Option<Expr>; 3]| Expr::concat(&list.into_iter().flatten().collect::<Vec<_>>());
                        let (g, r, a) = (field(group, c.columns_per_adc), field(row, c.rows), field(adc, c.adcs()));
                        // Memories go by group first; a device's number by word line first.
                        let at = parts([g.clone(), r.clone(), a.clone()]);
                        let place = parts([r, g, a]);
                        let bits = cells.trailing_zeros() as usize + 1;
                        let tile = tile.zext(tile.width().max(W - bits)).slice(0, W - bits);
                        let one = |s: &mut Process, side: &Expr| {
                            s.set_now(&self.drawn.number, Expr::concat(&[tile.clone(), device(&place, side)]));
                            self.draw_device(s, model, functions, &device(&at, side));
                        };
                        match sides(schedule) {
                            1 => one(s, &Expr::zero(1)),
                            n => s.for_("side", 0..n, |s, side| one(s, &side.value(1))),
                        }
                        each(s, &at);
                    });
                });
            });
            self.draw_adcs(s, schedule, model, functions, tile);
        });
    }

    /// `ArrayModel::device` of the number.
    fn draw_device(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, at: &Expr) {
        let d = &self.drawn;
        let draw = |kind: Draw| f.mix.call(&[word(model.key(kind)).xor(&d.number)]);
        let bell_of = |s: &mut Process, kind: Draw, to: &Expr, deviation: i32| {
            s.set_now(&d.random, draw(kind));
            s.set_now(to, f.bell.call(&[d.random.slice(8, 24)]));
            s.set_now(to, to.smul_w(int(deviation), W));
            s.set_now(to, to.sra(8));
        };
        // The spread value of `mean`.
        let spread = |s: &mut Process, kind: Draw, to: &Expr, deviation: i32, mean: i32| {
            if deviation == 0 {
                return s.set_now(to, int(mean));
            }
            bell_of(s, kind, to, deviation);
            s.set_now(to, to.smul_w(int(mean), W));
            s.set_now(to, to.sra(8));
            s.set_now(to, to.add(int(mean)));
        };
        let clamp = |s: &mut Process, to: &Expr, high: i32| {
            s.set_now(to, f.clamp.call(&[to.clone(), int(0), int(high)]));
        };
        spread(s, Draw::High, &d.high, model.high_dtod, model.top);
        clamp(s, &d.high, model.ceiling());
        if model.low_dtod == 0 {
            s.set_now(&d.low, int(0));
        } else {
            bell_of(s, Draw::Low, &d.low, model.low_dtod);
            s.set_now(&d.low, d.low.smul_w(int(model.top), W));
            s.set_now(&d.low, d.low.sra(8));
            clamp(s, &d.low, model.ceiling());
        }
        spread(s, Draw::Step, &d.step, model.step_dtod, model.step);
        clamp(s, &d.step, ArrayModel::MAX_STEP);
        s.set_now(&d.asymmetry, int(0));
        if model.up_down_dtod != 0 {
            bell_of(s, Draw::UpDown, &d.asymmetry, model.up_down_dtod);
        }
        s.set_now(&d.asymmetry, d.asymmetry.add(int(model.up_down)));
        s.set_now(&d.inverse, int(1));
        s.if_(d.high.sub(&d.low).slt(int(ArrayModel::MIN_RANGE)), |s| {
            s.set_now(&d.inverse, int(0));
            s.set_now(&d.high, &d.low);
        });
        if model.stuck[2] > 0 {
            s.comment("Stuck devices");
            s.set_now(&d.random, draw(Draw::Stuck));
            let below = |limit: u32| d.random.shr(8).slt(int(limit as i32));
            let stuck = |s: &mut Process, at: Expr| {
                s.set_now(&d.high, at);
                s.set_now(&d.low, &d.high);
                s.set_now(&d.inverse, int(0));
            };
            s.if_(below(model.stuck[0]), |s| stuck(s, int(model.top)))
                .elif(below(model.stuck[1]), |s| stuck(s, int(0)))
                .elif(below(model.stuck[2]), |s| {
                    s.set_now(&d.high, d.random.slice(0, 8).zext(W));
                    s.set_now(&d.high, d.high.smul_w(int(model.top), W));
                    stuck(s, d.high.sra(8));
                });
        }
        let scaled = |s: &mut Process, negative: bool, to: Expr| {
            let by = if negative { int(0).sub(&d.asymmetry) } else { d.asymmetry.clone() };
            s.set_now(&d.random, f.clamp.call(&[by, int(0), int(256)]));
            s.set_now(&d.random, int(256).sub(&d.random));
            s.set_now(&d.random, d.step.smul_w(&d.random, W));
            s.set_now(to, d.random.slice(8, STEP));
        };
        scaled(s, true, self.up.at(at));
        scaled(s, false, self.down.at(at));
        s.if_(d.inverse.any(), |s| s.set_now(&d.inverse, int(1 << 26).udiv(d.high.sub(&d.low)))).else_(|s| {
            s.set_now(self.up.at(at), Expr::zero(STEP));
            s.set_now(self.down.at(at), Expr::zero(STEP));
        });
        s.set_now(self.low.at(at), d.low.slice(0, CODE));
        s.set_now(self.high.at(at), d.high.slice(0, CODE));
        s.set_now(self.inverse.at(at), d.inverse.slice(0, INVERSE));
    }

    /// `ArrayModel::adc` of every ADC.
    fn draw_adcs(&self, s: &mut Process, schedule: &Schedule, model: &ArrayModel, f: &RealFunctions, tile: &Expr) {
        let c = &schedule.design.crossbar;
        let d = &self.drawn;
        for (row_side, count) in [(false, c.adcs()), (true, c.row_adcs())] {
            s.for_("adc", 0..count, |s, adc| {
                let number = Expr::concat(&[tile.clone(), Expr::lit(1, u128::from(row_side)), adc.value(9)]);
                s.set_now(&d.number, number.zext(W));
                for (kind, deviation, to) in
                    [(Draw::Offset, model.adc_offset, &self.offset), (Draw::Gain, model.adc_gain, &self.gain)]
                {
                    s.set_now(&d.random, f.mix.call(&[word(model.key(kind)).xor(&d.number)]));
                    s.set_now(&d.step, f.bell.call(&[d.random.slice(8, 24)]));
                    s.set_now(&d.step, d.step.smul_w(int(deviation), W));
                    s.set_now(to.at(self.adc(row_side, adc)), d.step.sra(8));
                }
            });
        }
    }
}

/// What the noise of the next event depends on.
pub(super) struct Events {
    seed: Expr,
    reads: Expr,
    pulses: Expr,
    /// No conversion yet of what was sampled.
    pub fresh: Expr,
}

impl Events {
    pub fn new(m: &mut Builder, p: &Ports, t: Option<&TrainingPorts>, model: &ModelPorts) -> Self {
        m.section("Events since the noise was seeded");
        let seed = m.reg("noise_seed_q", W, 0);
        let reads = m.reg("reads_q", W, 0);
        let fresh = m.reg("fresh_q", 1, 0);
        let pulses = m.reg("pulses_q", W, 0);
        m.clocked(|s| {
            s.if_(&p.sample, |s| s.set(&fresh, Expr::ones(1)));
            s.if_(p.start.and(&fresh), |s| {
                s.set(&fresh, Expr::zero(1));
                s.set(&reads, reads.add(int(1)));
            });
            if let Some(t) = t {
                s.if_(&t.pulse_start, |s| s.set(&pulses, pulses.add(int(1))));
            }
            s.if_(&model.seed_valid, |s| {
                s.set(&seed, &model.seed);
                s.set(&reads, int(0));
                s.set(&pulses, int(0));
            });
        });
        if t.is_none() {
            m.unused("unused_pulses", std::slice::from_ref(&pulses));
        }
        Self { seed, reads, pulses, fresh }
    }

    /// Sets `to` to `numeric::event_key` of the read or pulse that comes now.
    pub fn key(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, kind: Draw, to: &Expr) {
        let count = if kind == Draw::Pulse { &self.pulses } else { &self.reads };
        s.set_now(to, count.umul_w(word(0x9e37_79b9), W));
        s.set_now(to, to.add(&self.seed));
        s.set_now(to, f.mix.call(&[word(model.key(kind)).xor(to)]));
    }
}
