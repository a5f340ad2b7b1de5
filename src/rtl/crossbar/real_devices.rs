//! What belongs to each device and converter of a tile, drawn once, as `device::ArrayModel` draws it.

use super::cells::{Slot, address, log2};
use super::ports::{ModelPorts, Ports};
use super::real::{RealFunctions, W, int, word};
use crate::config::PairScheme;
use crate::device::{ArrayModel, wire_factors};
use crate::electrical::{LineFactors, Lines};
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};
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
    /// Only where pulses move devices.
    pub steps: Option<Steps>,
    /// Only where ADCs have errors.
    pub adcs: Option<Adcs>,
    /// Only where wires have resistance.
    pub wires: Option<Wires>,
    adc_bits: usize,
    built: Expr,
    drawn: Drawn,
}

/// Full steps of the devices.
pub(super) struct Steps {
    pub up: Mem,
    pub down: Mem,
    /// Only where the step depends on the place in the device's range.
    pub inverse: Option<Mem>,
    step: Expr,
    asymmetry: Expr,
    quotient: Expr,
}

/// Errors of the ADCs.
pub(super) struct Adcs {
    pub offset: Mem,
    pub gain: Mem,
    pub bow: Mem,
    error: Expr,
}

/// Variables of the drawing.
struct Drawn {
    slot: Slot,
    /// Number of the device or ADC and its random bits; only where anything is drawn.
    random: Option<(Expr, Expr)>,
    low: Expr,
    high: Expr,
    /// The device moves; only where pulses move devices.
    free: Option<Expr>,
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
        let steps_spread = trains && model.step_dtod + model.up_down_dtod > 0;
        let draws = spreads.iter().any(|&d| d > 0) || steps_spread || model.stuck[2] > 0;
        let random = draws.then(|| (m.var("number", W), m.var("drawn", W)));
        if let (Some((_, drawn)), 0) = (&random, model.stuck[2]) {
            m.unused("unused_drawn_byte", &[drawn.slice(0, 8)]);
        }
        let free = trains.then(|| m.var("free", 1));
        let steps = trains.then(|| {
            let [up, down] = ["up_q", "down_q"].map(|n| m.mem(n, STEP, devices));
            let inverse = (!model.constant_law()).then(|| m.mem("inverse_q", INVERSE, devices));
            let [step, asymmetry, quotient] = ["own_step", "asymmetry", "quotient"].map(|n| m.var(n, W));
            Steps { up, down, inverse, step, asymmetry, quotient }
        });
        let adcs = model.adc_errors().then(|| {
            let [offset, gain, bow] = ["offset_q", "gain_error_q", "bow_q"].map(|n| m.mem(n, W, 2 << adc_bits));
            Adcs { offset, gain, bow, error: m.var("adc_error", W) }
        });
        m.unused("unused_low_bits", &[highest.slice(CODE, W - CODE), lowest.slice(CODE, W - CODE)]);
        let slot = Slot::new(m, "drawn_slot", c);
        let drawn = Drawn { slot, random, low: lowest, high: highest, free };
        let wires = wire_factors(&schedule.design, model).map(|factors| Wires::new(m, schedule, &factors));
        Self { low, high, steps, adcs, wires, adc_bits, built, drawn }
    }

    /// Address of an ADC's numbers.
    pub fn adc(&self, row_side: &Expr, adc: &Ix) -> Expr {
        Expr::concat(&[row_side.clone(), adc.value(self.adc_bits)])
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
            s.for_("row", 0..c.rows, |s, row| {
                s.for_("column", 0..c.columns, |s, column| {
                    let (group, adc) = self.drawn.slot.take(s, column);
                    let line = (c.rows > 1).then(|| row.value(log2(c.rows)));
                    // Memories go by group first; a device's number by word line first.
                    let at = address(&[group.clone(), Some(row.value(log2(c.rows))), adc.clone()]);
                    let place = address(&[line, group.clone(), adc.clone()]);
                    let bits = cells.trailing_zeros() as usize + 1;
                    let tile = tile.zext(tile.width().max(W - bits)).slice(0, W - bits);
                    let one = |s: &mut Process, side: &Expr| {
                        if let Some((number, _)) = &self.drawn.random {
                            s.set_now(number, Expr::concat(&[tile.clone(), device(&place, side)]));
                        }
                        self.draw_device(s, model, functions, &device(&at, side));
                    };
                    match sides(schedule) {
                        1 => one(s, &Expr::zero(1)),
                        n => s.for_("side", 0..n, |s, side| one(s, &side.value(1))),
                    }
                    if let Some(wires) = &self.wires {
                        wires.draw(s, &at, row, [adc, group]);
                    }
                    each(s, &at);
                });
            });
            self.draw_adcs(s, schedule, model, functions, tile);
        });
    }

    /// `ArrayModel::device` of the number.
    fn draw_device(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, at: &Expr) {
        let d = &self.drawn;
        let drawn = || d.random.as_ref().expect("something is drawn");
        let random = || &drawn().1;
        let draw = |kind: Draw| f.mix.call(&[word(model.key(kind)).xor(&drawn().0)]);
        // `deviation` times a bell.
        let bell = |s: &mut Process, kind: Draw, to: &Expr, deviation: i32| {
            s.set_now(random(), draw(kind));
            s.set_now(to, f.bell.call(&[random().slice(8, 24)]));
            s.set_now(to, to.smul_w(int(deviation), W));
            s.set_now(to, to.sra(8));
        };
        // The spread value of `mean`.
        let spread = |s: &mut Process, kind: Draw, to: &Expr, deviation: i32, mean: i32| {
            if deviation == 0 {
                return s.set_now(to, int(mean));
            }
            bell(s, kind, to, deviation);
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
        let Some(t) = &self.steps else { return };
        s.comment("Full steps");
        spread(s, Draw::Step, &t.step, model.step_dtod, model.step);
        clamp(s, &t.step, ArrayModel::MAX_STEP);
        if model.up_down_dtod == 0 {
            s.set_now(&t.asymmetry, int(model.up_down));
        } else {
            bell(s, Draw::UpDown, &t.asymmetry, model.up_down_dtod);
            s.set_now(&t.asymmetry, t.asymmetry.add(int(model.up_down)));
        }
        let moves = d.free.as_ref().expect("pulses move devices");
        s.if_(moves.not(), |s| s.set_now(&t.step, int(0)));
        let scaled = |s: &mut Process, by: Expr, to: Expr| {
            s.set_now(&t.quotient, f.clamp.call(&[by, int(0), int(256)]));
            s.set_now(&t.quotient, int(256).sub(&t.quotient));
            s.set_now(&t.quotient, t.step.smul_w(&t.quotient, W));
            s.set_now(to, t.quotient.slice(8, STEP));
        };
        scaled(s, int(0).sub(&t.asymmetry), t.up.at(at));
        scaled(s, t.asymmetry.clone(), t.down.at(at));
        if let Some(inverse) = &t.inverse {
            s.set_now(&t.quotient, int(0));
            s.if_(moves, |s| s.set_now(&t.quotient, int(1 << 26).udiv(d.high.sub(&d.low))));
            s.set_now(inverse.at(at), t.quotient.slice(0, INVERSE));
        }
    }

    /// `ArrayModel::adc` of every ADC.
    fn draw_adcs(&self, s: &mut Process, schedule: &Schedule, model: &ArrayModel, f: &RealFunctions, tile: &Expr) {
        let Some(adcs) = &self.adcs else { return };
        let c = &schedule.design.crossbar;
        let d = &self.drawn;
        let (own_number, random) = d.random.as_ref().expect("errors are drawn");
        let sides = [(false, c.adcs()), (true, c.row_adcs())];
        let used = if schedule.design.training.is_some() { 2 } else { 1 };
        for (row_side, count) in sides.into_iter().take(used) {
            s.for_("adc", 0..count, |s, adc| {
                let number = Expr::concat(&[tile.clone(), Expr::lit(1, u128::from(row_side)), adc.value(9)]);
                s.set_now(own_number, number.zext(W));
                for (kind, deviation, to) in [
                    (Draw::Offset, model.adc_offset, &adcs.offset),
                    (Draw::Gain, model.adc_gain, &adcs.gain),
                    (Draw::Bow, model.adc_bow, &adcs.bow),
                ] {
                    s.set_now(random, f.mix.call(&[word(model.key(kind)).xor(own_number)]));
                    s.set_now(&adcs.error, f.bell.call(&[random.slice(8, 24)]));
                    s.set_now(&adcs.error, adcs.error.smul_w(int(deviation), W));
                    let side = Expr::lit(1, u128::from(row_side));
                    s.set_now(to.at(self.adc(&side, adc)), adcs.error.sra(8));
                }
            });
        }
    }
}

/// What wires leave of the conductances: `electrical::LineFactors`.
pub(super) struct Wires {
    /// Factor of every bit-line crossing, by `{cell, side}`; the minus side is the reference line where there is one.
    factor: Mem,
    /// Factors of word lines up to each bit line, by column and side, and of bit lines from each word line.
    word: Function,
    bit: Function,
    offset: i32,
    product: Expr,
    other: Expr,
}

impl Wires {
    fn new(m: &mut Builder, schedule: &Schedule, factors: &LineFactors) -> Self {
        let c = &schedule.design.crossbar;
        let mut table = |name: &str, index: &str, values: &[(usize, u16)], width: usize| {
            m.function(name, W, &[(index, width)], &[], |p, f| {
                p.case(&f.args[0], |case| {
                    for &(at, value) in values {
                        case.arm(Expr::lit(width, at as u128), |p| p.set(&f.result, int(value.into())));
                    }
                    case.default(|p| p.set(&f.result, int(0)));
                });
            })
        };
        let lines = Lines::of(c);
        let word: Vec<(usize, u16)> = (0..c.columns)
            .flat_map(|column| [(2 * column, lines.plus(column)), (2 * column + 1, lines.minus(column))])
            .map(|(at, line)| (at, factors.word[line]))
            .collect();
        let bit: Vec<(usize, u16)> = factors.bit.iter().copied().enumerate().collect();
        let word = table("word_factor", "crossing", &word, log2(c.columns) + 1);
        let bit = table("bit_factor", "from", &bit, log2(c.rows));
        let factor = m.mem("factor_q", 16, 2 * c.rows * c.columns);
        let [product, other] = ["product", "other_product"].map(|n| m.var(n, W));
        Self { factor, word, bit, offset: factors.offset() as i32, product, other }
    }

    /// The factors of a cell. `column`: the fields of the physical column, ADC, then group.
    fn draw(&self, s: &mut Process, at: &Expr, row: &Ix, column: [Option<Expr>; 2]) {
        for side in 0..2u32 {
            let mut crossing: Vec<Expr> = column.iter().flatten().cloned().collect();
            if crossing.is_empty() {
                crossing.push(Expr::zero(1));
            }
            crossing.push(Expr::lit(1, u128::from(side)));
            s.set_now(&self.product, self.word.call(&[Expr::concat(&crossing)]));
            s.set_now(&self.other, self.bit.call(&[row.value(self.bit.argument_width(0))]));
            s.set_now(&self.product, self.product.umul_w(&self.other, W));
            s.set_now(&self.product, self.product.add(int(1 << 14)));
            s.set_now(self.factor.at(device(at, &Expr::lit(1, u128::from(side)))), self.product.slice(15, 16));
        }
    }

    /// Sets `to` to the weight of a cell with these codes.
    pub fn weight(&self, s: &mut Process, f: &RealFunctions, to: &Expr, at: &Expr, plus: &Expr, minus: &Expr) {
        let factor = |side: u32| self.factor.at(device(at, &Expr::lit(1, u128::from(side)))).zext(W);
        s.set_now(&self.product, plus.add(int(self.offset)));
        s.set_now(&self.product, self.product.umul_w(factor(0), W));
        s.set_now(&self.other, minus.add(int(self.offset)));
        s.set_now(&self.other, self.other.umul_w(factor(1), W));
        s.set_now(to, self.product.sub(&self.other));
        s.set_now(to, to.add(int(1 << 14)));
        s.set_now(to, to.sra(15));
        s.set_now(to, f.clamp.call(&[to.clone(), int(-32767), int(32767)]));
    }
}

/// What the noise of the next event depends on.
pub(super) struct Events {
    /// Only where reads or pulses have noise.
    seed: Option<Expr>,
    reads: Option<Reads>,
    pulses: Option<Expr>,
}

/// Only where reads are noisy.
struct Reads {
    count: Expr,
    /// No conversion yet of what was sampled.
    fresh: Expr,
}

impl Events {
    pub fn new(m: &mut Builder, p: &Ports, model: &ArrayModel, ports: &ModelPorts) -> Self {
        let (t, noisy) = (p.training.as_ref(), model.read_noise > 0);
        if t.is_none() && !noisy {
            m.unused("unused_noise", &[ports.tile.clone(), ports.seed_valid.clone(), ports.seed.clone()]);
            return Self { seed: None, reads: None, pulses: None };
        }
        m.section("Events since the noise was seeded");
        let seed = m.reg("noise_seed_q", W, 0);
        let reads = noisy.then(|| Reads { count: m.reg("reads_q", W, 0), fresh: m.reg("fresh_q", 1, 0) });
        let pulses = t.map(|_| m.reg("pulses_q", W, 0));
        m.clocked(|s| {
            if let Some(r) = &reads {
                s.if_(&p.sample, |s| s.set(&r.fresh, Expr::ones(1)));
                s.if_(p.start.and(&r.fresh), |s| {
                    s.set(&r.fresh, Expr::zero(1));
                    s.set(&r.count, r.count.add(int(1)));
                });
            }
            if let (Some(t), Some(pulses)) = (t, &pulses) {
                s.if_(&t.pulse_start, |s| s.set(pulses, pulses.add(int(1))));
            }
            s.if_(&ports.seed_valid, |s| {
                s.set(&seed, &ports.seed);
                for count in reads.iter().map(|r| &r.count).chain(&pulses) {
                    s.set(count, int(0));
                }
            });
        });
        Self { seed: Some(seed), reads, pulses }
    }

    /// Whether this conversion is the first of what was sampled.
    pub fn fresh(&self) -> &Expr {
        &self.reads.as_ref().expect("reads are noisy").fresh
    }

    /// Sets `to` to `numeric::event_key` of the read or pulse that comes now.
    pub fn key(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, kind: Draw, to: &Expr) {
        let count = match kind {
            Draw::Pulse => self.pulses.as_ref(),
            _ => self.reads.as_ref().map(|r| &r.count),
        };
        let (count, seed) = count.zip(self.seed.as_ref()).expect("this event has noise");
        s.set_now(to, count.umul_w(word(0x9e37_79b9), W));
        s.set_now(to, to.add(seed));
        s.set_now(to, f.mix.call(&[word(model.key(kind)).xor(to)]));
    }
}
