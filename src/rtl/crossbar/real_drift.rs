//! Retention drift in the behavioural view: `ArrayModel::age` of every device of the tile.

use super::behavioural_real::Tile;
use super::cells::Slot;
use super::real::{RealFunctions, W, int, word};
use super::real_devices::{CellPlace, device, device_number};
use super::real_events::Events;
use super::real_forming::is_virgin;
use crate::config::Crossbar;
use crate::device::{ArrayModel, DriftModel};
use crate::hdl::{Builder, Expr, Function, Mem, Process, Scope};
use crate::numeric::Draw;

/// What a unit of time does, and its variables.
pub(super) struct Drift {
    /// Code, bounds, number of the device, keys: the code after a unit of time.
    aged: Function,
    pub slot: Slot,
    pub number: Expr,
    /// Kinds of draws of the unit, with their keys.
    keys: Vec<(Draw, Expr)>,
}

impl Drift {
    /// `None` where conductances do not change with time.
    pub fn new(m: &mut Builder, model: &ArrayModel, functions: &RealFunctions, crossbar: &Crossbar) -> Option<Self> {
        let drift = model.drift.as_ref()?;
        let mut kinds = vec![];
        kinds.extend((drift.rate > 0).then_some((Draw::Decay, "decay_key")));
        kinds.extend((drift.walk > 0 && drift.rarity > 0).then_some((Draw::Chance, "chance_key")));
        kinds.extend((drift.walk > 0).then_some((Draw::Walk, "walk_key")));
        let aged = aged(m, model, drift, functions, &kinds);
        let slot = Slot::new(m, "aged_slot", crossbar);
        let number = m.var("aged_number", W);
        let keys = kinds.iter().map(|&(kind, name)| (kind, m.var(&format!("unit_{name}"), W))).collect();
        Some(Self { aged, slot, number, keys })
    }

    /// Sets the keys of the unit that passes now.
    pub fn begin(&self, s: &mut Process, model: &ArrayModel, functions: &RealFunctions, events: &Events) {
        for (kind, key) in &self.keys {
            events.key(s, model, functions, *kind, key);
        }
    }

    /// The code of a device after the unit; its number is in [`Drift::number`].
    pub fn aged(&self, code: Expr, low: Expr, high: Expr) -> Expr {
        let keys = self.keys.iter().map(|(_, key)| key.clone());
        self.aged.call(&[code, low, high, self.number.clone()].into_iter().chain(keys).collect::<Vec<_>>())
    }
}

impl Tile<'_> {
    /// A unit of time, device by device.
    pub fn age(&self, s: &mut Process, drift: &Drift) {
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
}

fn aged(
    m: &mut Builder,
    model: &ArrayModel,
    drift: &DriftModel,
    functions: &RealFunctions,
    kinds: &[(Draw, &str)],
) -> Function {
    let mut args = vec![("unaged_code", W), ("least_code", W), ("most_code", W), ("aged_device", W)];
    args.extend(kinds.iter().map(|&(_, name)| (name, W)));
    let locals = [("moved", W), ("unit_random", W), ("own_part", W)];
    m.model_function("aged", W, &args, &locals, |p, f| {
        let [code, low, high, number, keys @ ..] = f.args.as_slice() else { unreachable!("arguments") };
        let [moved, random, part] = f.locals.as_slice() else { unreachable!("three locals") };
        let draw = |p: &mut Process, key: Expr| p.set(random, functions.mix.call(&[key.xor(number)]));
        let key = |kind: Draw| {
            let at = kinds.iter().position(|&(k, _)| k == kind).expect("the kind is drawn");
            keys[at].clone()
        };
        // The device's own value in `part`, as `DriftModel` has it for all.
        let own = |p: &mut Process, mean: i32, deviation: i32, kind: Draw, most: i32| {
            if deviation == 0 {
                return p.set(part, int(mean.clamp(0, most)));
            }
            draw(p, word(model.key(kind)));
            p.set(part, functions.bell.call(&[random.slice(8, 24)]));
            p.set(part, part.smul_w(int(deviation), W));
            p.set(part, part.sra(8));
            p.set(part, part.smul_w(int(mean), W));
            p.set(part, part.sra(8));
            p.set(part, part.add(int(mean)));
            p.set(part, functions.clamp.call(&[part.clone(), int(0), int(most)]));
        };
        let low_bits = |bits: u32| random.and(word((1 << bits) - 1));
        p.set(moved, int(0));
        if drift.rate > 0 {
            p.comment("Decay");
            own(p, drift.rate, drift.rate_dtod, Draw::Lifetime, drift.most_rate());
            p.set(moved, int(drift.rest).sub(code));
            p.set(moved, moved.smul_w(part, W));
            draw(p, key(Draw::Decay));
            p.set(random, low_bits(drift.rate_bits));
            p.set(moved, moved.add(random));
            p.set(moved, moved.sra(drift.rate_bits as usize));
        }
        if drift.walk > 0 {
            p.comment("Random walk");
            own(p, drift.walk, drift.walk_dtod, Draw::Diffusion, ArrayModel::MAX_STEP);
            let step = |p: &mut Process| {
                draw(p, key(Draw::Walk));
                walk(p, functions, f, random, part);
            };
            if drift.rarity == 0 {
                step(p);
            } else {
                draw(p, key(Draw::Chance));
                p.if_(low_bits(2 * drift.rarity).any().not(), step);
            }
        }
        p.set(moved, moved.add(code));
        p.set(&f.result, functions.clamp.call(&[moved.clone(), low.clone(), high.clone()]));
    })
}

/// Adds a step of the walk, whose size is in `part`, to the first local.
fn walk(p: &mut Process, functions: &RealFunctions, f: &Scope, random: &Expr, part: &Expr) {
    let moved = &f.locals[0];
    p.set(part, part.smul_w(functions.bell.call(&[random.slice(8, 24)]), W));
    p.set(part, part.add(Expr::concat(&[random.slice(0, 8), Expr::lit(4, 8)]).zext(W)));
    p.set(part, part.sra(12));
    p.set(moved, moved.add(part));
}
