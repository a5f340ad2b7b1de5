//! The behavioural view of real devices and converters: every code that the golden model computes, cycle for cycle.

use super::behavioural_training::number;
use super::bounds::Bounds;
use super::cells::{address, field, rest};
use super::checks;
use super::lines::{bit_lines, word_lines};
use super::ports::{ModelPorts, Ports, TrainingPorts};
use super::real::{RealFunctions, W, int};
use super::real_devices::{OwnNumbers, device, sides};
use super::real_drift::Drift;
use super::real_events::Events;
use super::real_forming::{conducts, saturate};
use super::real_pulses::Pulse;
use super::timer::{CONVERSION, PULSE, noise, time};
use crate::device::{ArrayModel, CellCode, VIRGIN};
use crate::hdl::{Builder, Expr, Ix, Mem, Process};
use crate::numeric::Draw;
use crate::schedule::Schedule;

/// Width of a weight that reads see.
pub(super) const WEIGHT: usize = 16;

/// What the parts of the model share.
pub(super) struct Tile<'a> {
    pub schedule: &'a Schedule,
    pub model: ArrayModel,
    pub functions: RealFunctions,
    pub own: OwnNumbers,
    pub events: Events,
    /// Codes `{minus, plus}` by conversion group, word line and ADC; only where pulses or time change them.
    pub cells: Option<Mem>,
    /// The weights that reads see of them.
    pub weights: Mem,
    pub weight: Expr,
    /// Codes of the word lines, and of the bit lines by group and ADC.
    pub rows: Expr,
    pub columns: Option<Expr>,
    pub ports: &'a ModelPorts,
    /// Connected devices of a pair, in a design that trains.
    pub connected: Option<Expr>,
    pub bounds: Bounds,
    /// New codes of a cell's devices, plus first.
    pub placed: Vec<Expr>,
    pub data: Expr,
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
    pub fn code_bits(&self) -> usize {
        CellCode::new(&self.schedule.design).code_bits() as usize
    }

    pub fn cell(&self, group: Option<Expr>, row: Expr, adc: &Ix) -> Expr {
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

    pub fn codes_of(&self, at: &Expr) -> Expr {
        self.cells.as_ref().expect("something changes the codes").at(at)
    }

    pub fn store(&self, s: &mut Process, at: &Expr) {
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

    /// As [`Tile::place`] of a part of a wider word.
    fn place_part(&self, s: &mut Process, at: &Expr, data: &Expr) {
        s.set_now(&self.data, data);
        self.place(s, at, &self.data);
    }
}
