//! The behavioural view of real devices and converters: every code that the golden model computes, cycle for cycle.

use super::behavioural_training::number;
use super::bounds::Bounds;
use super::cells::{Slot, address, field, fires, log2, rest};
use super::checks;
use super::lines::{bit_lines, word_lines};
use super::ports::{ModelPorts, Ports, TrainingPorts};
use super::real::{RealFunctions, W, int, luck};
use super::real_devices::{CellPlace, OwnNumbers, device, device_number, sides};
use super::real_drift::Drift;
use super::real_events::Events;
use super::real_forming::{FormingPulse, conducts, is_virgin, saturate};
use super::timer::{CONVERSION, PULSE, noise, time};
use crate::config::Crossbar;
use crate::device::{ArrayModel, CellCode, VIRGIN};
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};
use crate::numeric::Draw;
use crate::schedule::Schedule;

/// Width of a weight that reads see.
const WEIGHT: usize = 16;

/// What the parts of the model share.
struct Tile<'a> {
    schedule: &'a Schedule,
    model: ArrayModel,
    functions: RealFunctions,
    own: OwnNumbers,
    events: Events,
    /// Codes `{minus, plus}` by conversion group, word line and ADC; only where pulses or time change them.
    cells: Option<Mem>,
    /// The weights that reads see of them.
    weights: Mem,
    weight: Expr,
    /// Codes of the word lines, and of the bit lines by group and ADC.
    rows: Expr,
    columns: Option<Expr>,
    ports: &'a ModelPorts,
    /// Connected devices of a pair, in a design that trains.
    connected: Option<Expr>,
    bounds: Bounds,
    /// New codes of a cell's devices, plus first.
    placed: Vec<Expr>,
    data: Expr,
}

pub(super) fn body(m: &mut Builder, schedule: &Schedule, model: ArrayModel, jitter: bool) {
    let d = &schedule.design;
    let (conversion, pulse) = (d.converter.conversion_cycles, d.pulse_cycles());
    let trains = d.training.is_some();
    let mut latency = time("adc_done_o", "adc_start_i", conversion, jitter);
    if trains {
        latency += &format!(
            "; {}; prog_data_o 1 cycle after prog_valid_i",
            time("pulse_done_o", "pulse_start_i", pulse, jitter)
        );
    }
    m.latency(&latency);
    let p = Ports::new(m, schedule);
    let t = p.training.as_ref();
    let ports = p.model.as_ref().expect("the design has a model");
    let bounds = Bounds::new(m, schedule);
    m.section("Line DACs");
    let rows = word_lines(m, schedule, &p, Some(&bounds));
    let columns = t.map(|t| bit_lines(m, schedule, &p, t, Some(&bounds)));
    let events = Events::new(m, &p, &model, ports);

    m.section("Arithmetic of the model: 32 bits, two's complement");
    let functions = RealFunctions::new(m, schedule, &model, trains);
    m.section("Cells: conductance codes by conversion group, word line and ADC; own numbers of devices and ADCs");
    let c = &d.crossbar;
    let cells =
        (trains || model.drift.is_some()).then(|| m.mem("code_q", schedule.widths.cell as usize, c.rows * c.columns));
    let weights = m.mem("weight_q", WEIGHT, c.rows * c.columns);
    let weight = m.var("new_weight", W);
    m.unused("unused_weight", &[weight.slice(WEIGHT, W - WEIGHT)]);
    let own = OwnNumbers::new(m, schedule, &model);
    let placed = ["plus_code", "minus_code"][..sides(schedule)].iter().map(|n| m.var(n, W)).collect::<Vec<_>>();
    let data = m.var("cell_data", schedule.widths.cell as usize);
    let above = schedule.widths.cell as usize / sides(schedule);
    m.unused("unused_code", &placed.iter().map(|code| code.slice(above, W - above)).collect::<Vec<_>>());
    let connected = t.and_then(|t| t.sides.clone());
    let tile = Tile {
        schedule,
        model,
        functions,
        own,
        events,
        cells,
        weights,
        weight,
        rows,
        columns,
        ports,
        connected,
        bounds,
        placed,
        data,
    };
    tile.change(m, &p, t);
    if let (Some(ports), Some(trims)) = (&p.trims, tile.own.adcs.as_ref().and_then(|a| a.trims.as_ref())) {
        trims.registers(m, ports);
    }

    m.section("Conversion");
    let result = tile.codes(m, &p, t);
    let extra = jitter.then(|| noise(m, &p));
    let converting = CONVERSION.emit(m, conversion, extra.as_ref(), &p.start, &p.done, |s| s.set(&p.code, &result));
    let pulsing = t.map(|t| {
        m.section("Time of a pulse");
        PULSE.emit(m, pulse, extra.as_ref(), &t.pulse_start, &t.pulse_done, |_| {})
    });
    checks::contract(m, &p, &converting, pulsing.as_ref());
}

impl Tile<'_> {
    fn code_bits(&self) -> usize {
        CellCode::new(&self.schedule.design).code_bits() as usize
    }

    fn cell(&self, group: Option<Expr>, row: Expr, adc: &Ix) -> Expr {
        address(&[group, Some(row), number(adc, self.schedule.design.crossbar.adcs())])
    }

    /// Writes `data` to a cell, moved within the bounds of its devices.
    fn place(&self, s: &mut Process, at: &Expr, data: &Expr) {
        let n = self.code_bits();
        for (side, placed) in self.placed.iter().enumerate() {
            let own = device(at, &Expr::lit(1, side as u128));
            let bound = |m: &Mem| m.at(&own).zext(W);
            let code = data.slice(side * n, n).zext(W);
            let held = self.functions.clamp.call(&[code.clone(), bound(&self.own.low), bound(&self.own.high)]);
            s.set_now(placed, held);
            if let Some(forming) = &self.own.forming {
                s.if_(forming.stays(&code, &own), |s| s.set_now(placed, int(VIRGIN.into())));
            }
        }
        self.store(s, at);
    }

    fn codes_of(&self, at: &Expr) -> Expr {
        self.cells.as_ref().expect("something changes the codes").at(at)
    }

    fn store(&self, s: &mut Process, at: &Expr) {
        let n = self.code_bits();
        if let Some(cells) = &self.cells {
            let codes: Vec<Expr> = self.placed.iter().rev().map(|code| code.slice(0, n)).collect();
            s.set_now(cells.at(at), Expr::concat(&codes));
        }
        let reference = int(CellCode::new(&self.schedule.design).reference_code().into());
        let forming = self.own.forming.as_ref();
        let plus = conducts(forming, &self.placed[0]);
        let minus = self.placed.get(1).map_or(reference, |minus| conducts(forming, minus));
        match &self.own.wires {
            None => s.set_now(&self.weight, plus.sub(minus)),
            Some(wires) => wires.weight(s, &self.functions, &self.weight, at, &plus, &minus),
        }
        if forming.is_some() && self.own.wires.is_none() {
            saturate(s, &self.functions, &self.weight);
        }
        s.set_now(self.weights.at(at), self.weight.slice(0, WEIGHT));
    }

    /// Drawing, programming, pulses and drift, in one process: all write the cells.
    fn change(&self, m: &mut Builder, p: &Ports, t: Option<&TrainingPorts>) {
        let c = &self.schedule.design.crossbar;
        let (adcs, groups) = (c.adcs(), c.columns_per_adc);
        let cell = self.schedule.widths.cell as usize;
        let prog_group = field(&p.prog_group, groups);
        rest(m, "unused_prog_group", &p.prog_group, groups);
        let training = t.map(|t| {
            let levels = m.var("levels_q", adcs * cell);
            m.assign(&t.levels, &levels);
            (t, levels, Pulse::new(m, &self.model, c))
        });
        let unused = Expr::lit(cell, u128::from(CellCode::new(&self.schedule.design).unused()));
        // Or those that never were anything else.
        let unused = if self.own.forming.is_some() { Expr::ones(cell) } else { unused };
        let drift = Drift::new(m, &self.model, &self.functions, c);
        m.clocked_no_reset(|s| {
            let each = |s: &mut Process, at: &Expr| self.place(s, at, &unused);
            self.own.draw(s, &self.bounds, &self.model, &self.functions, &self.ports.tile, &each);
            s.if_(&p.prog_valid, |s| {
                s.for_("adc", &self.bounds.adcs, |s, adc| {
                    let at = self.cell(prog_group.clone(), p.prog_row.clone(), adc);
                    let data = p.prog_data.part_at(adc * cell, cell);
                    match &training {
                        None => self.place_part(s, &at, &data),
                        Some((t, levels, _)) => {
                            s.if_(&t.prog_write, |s| self.place_part(s, &at, &data)).else_(|s| {
                                s.set(levels.part_at(adc * cell, cell), self.codes_of(&at));
                            });
                        }
                    }
                });
            });
            if let Some((t, _, v)) = &training {
                s.if_(&t.pulse_start, |s| {
                    self.events.key(s, &self.model, &self.functions, Draw::Pulse, &v.key);
                    self.pulse(s, t, v);
                });
            }
            if let (Some(drift), Some(age)) = (&drift, &self.ports.age) {
                s.if_(age, |s| self.age(s, drift));
            }
        });
    }

    /// A unit of time, device by device.
    fn age(&self, s: &mut Process, drift: &Drift) {
        let rows = self.schedule.design.crossbar.rows;
        drift.begin(s, &self.model, &self.functions, &self.events);
        s.for_("row", &self.bounds.rows, |s, row| {
            s.for_("column", self.bounds.columns(), |s, column| {
                let CellPlace { at, place, .. } = CellPlace::take(s, &drift.slot, row, column, rows);
                s.set_now(&self.data, self.codes_of(&at));
                for (side, placed) in self.placed.iter().enumerate() {
                    let side_bit = Expr::lit(1, side as u128);
                    let own = device(&at, &side_bit);
                    let of = |m: &Mem| m.at(&own).zext(W);
                    s.set_now(&drift.number, device_number(&self.ports.tile, &place, &side_bit));
                    let code = self.data.slice(side * self.code_bits(), self.code_bits()).zext(W);
                    s.set_now(placed, drift.aged(code.clone(), of(&self.own.low), of(&self.own.high)));
                    if self.own.forming.is_some() {
                        s.if_(is_virgin(&code), |s| s.set_now(placed, code));
                    }
                }
                self.store(s, &at);
            });
        });
    }

    /// As [`Tile::place`] of a part of a wider word.
    fn place_part(&self, s: &mut Process, at: &Expr, data: &Expr) {
        s.set_now(&self.data, data);
        self.place(s, at, &self.data);
    }

    /// One pulse, device by device.
    fn pulse(&self, s: &mut Process, t: &TrainingPorts, v: &Pulse) {
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
            let mut arguments = vec![code, of(&self.own.low), of(&self.own.high), v.step.clone(), rises];
            arguments.push(luck(&self.model, &v.drawn));
            arguments.extend(steps.inverse.as_ref().map(of));
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

    /// The codes of the group that is being converted, computed at the start.
    fn codes(&self, m: &mut Builder, p: &Ports, t: Option<&TrainingPorts>) -> Expr {
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

/// Variables of a pulse.
struct Pulse {
    fires: Function,
    slot: Slot,
    chosen: Expr,
    key: Expr,
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
    fn new(m: &mut Builder, model: &ArrayModel, crossbar: &Crossbar) -> Self {
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
