//! A layer's devices under pulses, with the layouts of its weights that row and column reads use.

use super::LayerState;
use super::backward::ColumnReads;
use super::state::difference;
use crate::config::{Design, PairScheme};
use crate::device::{AgeKeys, BLOCK, Connected, LayerDevices, Pulse};
use crate::golden::real::LayerReal;
use crate::golden::{BankKernel, FiredColumns, InstructionSet};
use crate::numeric::{Draw, event_key};

/// The devices of one layer, to be pulsed.
pub(super) struct Devices<'t> {
    pub layer: &'t mut LayerState,
    pub rows: &'t mut BankKernel,
    pub columns: Option<&'t mut ColumnReads>,
    /// Whether a cell is a pair of devices.
    pair: bool,
    /// Highest level of ideal devices.
    top: u16,
    real: Option<&'t LayerDevices>,
    set: InstructionSet,
    fired: FiredColumns,
}

/// Bit lines of a block that fire from which on the weights of all of it are written: most lie side by side.
const DENSE: usize = BLOCK / 4;

/// What the noise of pulses depends on.
pub(super) struct PulseEvents<'t> {
    pub seed: u32,
    /// Pulses of the layer since the streams were seeded.
    pub count: &'t mut u32,
}

impl<'t> Devices<'t> {
    pub fn new(
        set: InstructionSet,
        design: &Design,
        layer: &'t mut LayerState,
        rows: &'t mut BankKernel,
        columns: Option<&'t mut ColumnReads>,
        real: Option<&'t LayerReal>,
    ) -> Self {
        let pair = design.crossbar.pair == PairScheme::Differential;
        let top = (design.device.levels - 1) as u16;
        Self { layer, rows, columns, pair, top, real: real.map(|r| &r.devices), set, fired: FiredColumns::default() }
    }

    /// One pulse on the connected devices between some word lines and some bit lines: up is SET on plus and RESET on minus.
    pub fn pulse(
        &mut self,
        rows: &[usize],
        columns: &[usize],
        connected: Connected,
        up: bool,
        events: &mut PulseEvents,
    ) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        let count = *events.count;
        *events.count = count.wrapping_add(1);
        let Some(real) = self.real else { return self.pulse_ideal(rows, columns, connected, up) };
        let key = event_key(real.model.key(Draw::Pulse), events.seed, count);
        let pulse = Pulse { connected, up, key };
        self.fired.select(columns, self.layer.plus.ncols());
        let LayerState { plus, minus, .. } = &mut *self.layer;
        let [plus, minus] = [plus, minus].map(|codes| codes.as_slice_mut().expect("rows one after the other"));
        self.fired.pulse(self.set, real, rows, (plus, minus), pulse);
        rows.iter().for_each(|&i| self.set_fired(real, i));
        if real.model.half_select > 0 {
            self.disturb(real, rows, columns, pulse);
        }
    }

    /// The weights of word line `i` that follow from its codes, where bit lines fired.
    fn set_fired(&mut self, real: &LayerDevices, i: usize) {
        let [plus, minus] = [&self.layer.plus, &self.layer.minus].map(|codes| codes.row(i));
        let [plus, minus] = [plus, minus].map(|row| row.to_slice().expect("rows in one piece"));
        let mut set = |j: usize| {
            let weight = real.weight(i, j, plus[j], minus[j]);
            self.rows.set(i, j, weight);
            if let Some(columns) = &mut self.columns {
                columns.set(i, j, weight);
            }
        };
        self.fired.singles().iter().for_each(|&j| set(j));
        for (block, _) in self.fired.blocks().filter(|&(_, count)| count < DENSE) {
            self.fired.of_block(block).for_each(&mut set);
        }
        for (block, _) in self.fired.blocks().filter(|&(_, count)| count >= DENSE) {
            let first = block * BLOCK;
            let columns = first..plus.len().min(first + BLOCK);
            let mut weights = [0; BLOCK];
            let weights = &mut weights[..columns.len()];
            real.weights(i, first, &plus[columns.clone()], &minus[columns], weights);
            self.rows.set_in_row(i, first, weights);
            if let Some(columns) = &mut self.columns {
                columns.set_in_row(i, first, weights);
            }
        }
    }

    /// A pulse on ideal devices: each moves a level.
    fn pulse_ideal(&mut self, rows: &[usize], columns: &[usize], connected: Connected, up: bool) {
        let (top, pair) = (self.top, self.pair);
        let toward = |level: u16, up: bool| if up { (level + 1).min(top) } else { level.saturating_sub(1) };
        for (&i, &j) in rows.iter().flat_map(|i| columns.iter().map(move |j| (i, j))) {
            self.change(i, j, |plus, minus| {
                (
                    if connected.plus() { toward(plus, up) } else { plus },
                    if pair && connected.minus() { toward(minus, !up) } else { minus },
                )
            });
        }
    }

    /// What the pulse does to devices with only their word line or only their bit line, of all tiles.
    fn disturb(&mut self, real: &LayerDevices, rows: &[usize], columns: &[usize], pulse: Pulse) {
        let (height, width) = self.layer.plus.dim();
        let others = |lines: &[usize], count: usize| -> Vec<usize> {
            let mut selected = vec![false; count];
            lines.iter().for_each(|&line| selected[line] = true);
            (0..count).filter(|&line| !selected[line]).collect()
        };
        let (other_rows, other_columns) = (others(rows, height), others(columns, width));
        for (rows, columns) in [(rows, other_columns.as_slice()), (&other_rows, columns)] {
            for (&i, &j) in rows.iter().flat_map(|i| columns.iter().map(move |j| (i, j))) {
                self.change(i, j, |plus, minus| real.disturb(i, j, plus, minus, pulse));
            }
        }
    }

    /// A unit of time for each of `keys`.
    pub fn age(&mut self, keys: &[AgeKeys]) {
        let Some(real) = self.real else { return };
        let layer = &*self.layer;
        let aged = real.age(|at| (layer.plus[at], layer.minus[at]), keys);
        for ((i, j), &codes) in aged.indexed_iter() {
            self.change(i, j, |_, _| codes);
        }
    }

    /// Changes the codes of a cell, and the weights that follow from them.
    #[inline]
    fn change(&mut self, i: usize, j: usize, to: impl FnOnce(u16, u16) -> (u16, u16)) {
        let (plus, minus) = (&mut self.layer.plus[(i, j)], &mut self.layer.minus[(i, j)]);
        let before = (*plus, *minus);
        (*plus, *minus) = to(*plus, *minus);
        if before != (*plus, *minus) {
            let weight = match self.real {
                Some(real) => real.weight(i, j, *plus, *minus),
                None => difference(*plus, *minus),
            };
            self.rows.set(i, j, weight);
            if let Some(columns) = &mut self.columns {
                columns.set(i, j, weight);
            }
        }
    }
}
