//! Reads in the behavioural view of real devices: the sums of the lines, their noise, and what the ADCs make of them.

use super::behavioural_real::{Tile, WEIGHT};
use super::behavioural_training::number;
use super::cells::{Slot, address, field, log2, rest};
use super::ports::{Ports, TrainingPorts};
use super::real::{W, int};
use crate::device::ArrayModel;
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};
use crate::numeric::Draw;

/// Variables of a conversion.
struct Conversion {
    /// Only of a design that trains.
    slot: Option<Slot>,
    /// Only where one side of a pair can be read.
    codes: Option<Expr>,
    /// Weight of one device; only where it may be virgin.
    alone: Option<Expr>,
    sum: Mem,
    /// ADC.
    index: Expr,
    input: Expr,
    data: Expr,
    weight: Expr,
    noise: Option<ReadNoise>,
    result: Expr,
}

/// Those of its noise.
struct ReadNoise {
    root: Function,
    energy: Expr,
    key: Expr,
    number: Expr,
}

impl Conversion {
    fn new(m: &mut Builder, model: &ArrayModel, adcs: usize, result: usize) -> Self {
        let [input, weight] = ["line_code", "weight"].map(|n| m.var(n, W));
        let index = m.var("adc_index", log2(adcs));
        m.unused("unused_index", std::slice::from_ref(&index));
        let data = m.var("cell_weight", WEIGHT);
        let noise = (model.read_noise > 0).then(|| {
            let root = root(m);
            let [energy, key, number] = ["energy", "read_key", "noise_number"].map(|n| m.var(n, W));
            ReadNoise { root, energy, key, number }
        });
        let result = m.var("result_q", result);
        Self {
            slot: None,
            codes: None,
            alone: None,
            sum: m.mem("sum", W, adcs),
            index,
            input,
            data,
            weight,
            noise,
            result,
        }
    }

    fn add_energy(&self, s: &mut Process) {
        if let Some(n) = &self.noise {
            s.set_now(&self.weight, self.input.smul_w(&self.input, W));
            s.set_now(&n.energy, n.energy.add(&self.weight));
        }
    }
}

/// The integer square root of a number below `2^22`.
fn root(m: &mut Builder) -> Function {
    let locals = [("found", W), ("digit", W), ("tried", W), ("square", W)];
    m.model_function("root", W, &[("squared", W)], &locals, |p, f| {
        let [found, digit, tried, square] = f.locals.as_slice() else { unreachable!("four locals") };
        p.set(found, int(0));
        p.set(digit, int(1 << 10));
        p.for_("place", 0..11, |p, _| {
            p.set(tried, found.add(&*digit));
            p.set(square, tried.smul_w(&*tried, W));
            p.if_(square.sgt(&f.args[0]).not(), |p| p.set(found, &*tried));
            p.set(digit, digit.shr(1));
        });
        p.set(&f.result, found);
    })
}

impl Tile<'_> {
    /// The codes of the group that is being converted, computed at the start.
    pub fn codes(&self, m: &mut Builder, p: &Ports, t: Option<&TrainingPorts>) -> Expr {
        let c = &self.schedule.design.crossbar;
        let (rows, adcs, row_adcs) = (c.rows, c.adcs(), c.row_adcs());
        let (groups, row_groups) = (c.columns_per_adc, c.rows_per_adc);
        let most = if t.is_some() { adcs.max(row_adcs) } else { adcs };
        let slot = t.map(|_| Slot::new(m, "read_slot", c));
        let cell = self.schedule.widths.cell as usize;
        let codes = self.connected.as_ref().map(|_| m.var("side_codes", cell));
        let alone = self.connected.as_ref().and(self.own.forming.as_ref()).map(|_| m.var("one_device", W));
        if let Some(alone) = &alone {
            m.unused("unused_one_device", &[alone.slice(WEIGHT, W - WEIGHT)]);
        }
        let v = Conversion { slot, codes, alone, ..Conversion::new(m, &self.model, most, p.code.width()) };
        let group = field(&p.group, groups);
        let row_group = t.and_then(|_| field(&p.group, row_groups));
        rest(m, "unused_group", &p.group, if t.is_some() { groups.max(row_groups) } else { groups });
        m.clocked_no_reset(|s| {
            s.if_(&p.start, |s| {
                s.for_("index", self.bounds.codes(), |s, index| s.set_now(v.sum.at_ix(index), int(0)));
                if let Some(n) = &v.noise {
                    s.set_now(&n.energy, int(0));
                }
                let forward = |s: &mut Process| {
                    s.for_("row", &self.bounds.rows, |s, row| {
                        s.set_now(&v.input, self.rows.part_at(row * 8, 8).sext(W));
                        s.if_(v.input.any(), |s| {
                            v.add_energy(s);
                            s.for_("adc", &self.bounds.adcs, |s, adc| {
                                self.add(s, &v, &self.cell(group.clone(), row.value(log2(rows)), adc), adc);
                            });
                        });
                    });
                };
                let backward = |s: &mut Process, columns: &Expr| {
                    s.for_("column", self.bounds.columns(), |s, column| {
                        s.set_now(&v.input, columns.part_at(column * 8, 8).sext(W));
                        s.if_(v.input.any(), |s| {
                            v.add_energy(s);
                            let (group, adc) = v.slot.as_ref().expect("the design trains").take(s, column);
                            s.for_("line", &self.bounds.training().row_adcs, |s, line| {
                                let row = address(&[row_group.clone(), number(line, row_adcs)]);
                                let at = address(&[group.clone(), Some(row), adc.clone()]);
                                self.add(s, &v, &at, line);
                            });
                        });
                    });
                };
                match (t, &self.columns) {
                    (Some(t), Some(columns)) => {
                        s.if_(&t.read_columns, |s| backward(s, columns)).else_(forward);
                    }
                    _ => forward(s),
                }
                if let Some(n) = &v.noise {
                    s.comment("One noise for what was sampled: its key is that of the first conversion");
                    s.if_(self.events.fresh(), |s| {
                        self.events.key(s, &self.model, &self.functions, Draw::Read, &n.key);
                    });
                    s.set_now(&n.energy, n.root.call(std::slice::from_ref(&n.energy)));
                    let deviation = |noise: u32| int(noise as i32);
                    let both = deviation(self.model.read_noise);
                    let noise = match &self.connected {
                        Some(sides) => sides.all().mux(both, deviation(self.model.device_noise)),
                        None => both,
                    };
                    s.set_now(&n.energy, n.energy.smul_w(noise, W));
                    s.set_now(&n.energy, n.energy.shr(8));
                }
                let side = t.map_or(Expr::zero(1), |t| t.read_columns.clone());
                s.set(&v.result, Expr::zero(v.result.width()));
                s.for_("index", self.bounds.codes(), |s, adc| {
                    s.set_now(&v.index, adc.value(log2(most)));
                    let line = |of_group: &Option<Expr>, count: usize| {
                        let low = if count > 1 { log2(count) } else { 0 };
                        let parts = [of_group.clone(), (count > 1).then(|| v.index.slice(0, low))];
                        if parts.iter().all(Option::is_none) { Expr::zero(10) } else { address(&parts).zext(10) }
                    };
                    let line = match t {
                        Some(_) => side.mux(line(&row_group, row_adcs), line(&group, adcs)),
                        None => line(&group, adcs),
                    };
                    let (fewer, least) = if row_adcs < adcs { (side.clone(), row_adcs) } else { (side.not(), adcs) };
                    if least == most {
                        return self.convert(s, &v, adc, &line, &side, &p.gain);
                    }
                    // ADCs that the other side has more are idle.
                    let low = if least > 1 { log2(least) } else { 0 };
                    let beyond = v.index.slice(low, log2(most) - low).any();
                    s.if_(fewer.and(beyond).not(), |s| self.convert(s, &v, adc, &line, &side, &p.gain));
                });
            });
        });
        v.result
    }

    /// Adds a cell's part to a sum.
    fn add(&self, s: &mut Process, v: &Conversion, at: &Expr, to: &Ix) {
        s.set_now(&v.data, self.weights.at(at));
        if let (Some(sides), Some(codes)) = (&self.connected, &v.codes) {
            let n = self.code_bits();
            s.if_(sides.all().not(), |s| {
                s.comment("One device alone");
                let mask = Expr::concat(&[sides.bit(1).repeat(n), sides.bit(0).repeat(n)]);
                s.set_now(codes, self.codes_of(at).and(mask));
                match (&self.own.forming, &v.alone) {
                    (Some(forming), Some(alone)) => {
                        let side = |side| forming.conducts(&codes.slice(side * n, n).zext(W));
                        s.set_now(alone, side(0).sub(side(1)));
                        s.set_now(&v.data, alone.slice(0, WEIGHT));
                    }
                    _ => s.set_now(&v.data, codes.slice(0, n).zext(WEIGHT).sub(codes.slice(n, n).zext(WEIGHT))),
                }
            });
        }
        s.set_now(v.sum.at_ix(to), v.sum.at_ix(to).add(v.data.smul_w(&v.input, W)));
    }

    /// One ADC's code.
    fn convert(&self, s: &mut Process, v: &Conversion, adc: &Ix, line: &Expr, side: &Expr, gain: &Expr) {
        s.set_now(&v.weight, v.sum.at_ix(adc));
        if let Some(n) = &v.noise {
            s.set_now(&n.number, Expr::concat(&[self.ports.tile.clone(), line.clone()]).zext(W));
            s.set_now(&n.number, self.functions.mix.call(&[n.key.xor(&n.number)]));
            s.set_now(&n.number, self.functions.bell.call(&[n.number.slice(8, 24)]));
            s.set_now(&n.number, n.number.smul_w(&n.energy, W));
            s.set_now(&n.number, n.number.sra(4));
            s.set_now(&v.weight, v.weight.add(&n.number));
        }
        let mut arguments = vec![v.weight.clone(), gain.clone()];
        if let Some(adcs) = &self.own.adcs {
            let own = self.own.adc(side, adc);
            arguments.extend(adcs.arguments(s, &own));
        }
        let code = self.functions.convert.call(&arguments);
        let bits = self.schedule.design.converter.adc_bits as usize;
        s.set(v.result.part_at(adc * bits, bits), code);
    }
}
