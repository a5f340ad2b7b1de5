//! A layer's devices under pulses, with the layouts of its weights that row and column reads use.

use super::LayerState;
use super::backward::ColumnReads;
use super::state::difference;
use crate::config::{Design, PairScheme};
use crate::device::{AgeKeys, LayerDevices};
use crate::golden::BankKernel;
use crate::golden::real::LayerReal;
use crate::numeric::{Draw, event_key};

/// The devices of one layer, to be pulsed.
pub(super) struct Devices<'t> {
    pub layer: &'t mut LayerState,
    pub rows: &'t mut BankKernel,
    pub columns: Option<&'t mut ColumnReads>,
    /// Whether both devices of a pair move.
    pair: bool,
    /// Highest level of ideal devices.
    top: u16,
    real: Option<&'t LayerDevices>,
}

/// What the noise of pulses depends on.
pub(super) struct PulseEvents<'t> {
    pub seed: u32,
    /// Pulses of the layer since the streams were seeded.
    pub count: &'t mut u32,
}

impl<'t> Devices<'t> {
    pub fn new(
        design: &Design,
        layer: &'t mut LayerState,
        rows: &'t mut BankKernel,
        columns: Option<&'t mut ColumnReads>,
        real: Option<&'t LayerReal>,
    ) -> Self {
        let pair = design.crossbar.pair == PairScheme::Differential;
        let top = (design.device.levels - 1) as u16;
        Self { layer, rows, columns, pair, top, real: real.map(|r| &r.devices) }
    }

    /// One pulse on the cells between some word lines and some bit lines: up is SET on plus and RESET on minus.
    pub fn pulse(&mut self, rows: &[usize], columns: &[usize], up: bool, events: &mut PulseEvents) {
        if rows.is_empty() || columns.is_empty() {
            return;
        }
        let key = self.real.map_or(0, |real| event_key(real.model.key(Draw::Pulse), events.seed, *events.count));
        *events.count = events.count.wrapping_add(1);
        for &i in rows {
            for &j in columns {
                self.pulse_cell(i, j, up, key);
            }
        }
        if let Some(real) = self.real.filter(|real| real.model.half_select > 0) {
            self.disturb(real, rows, columns, up, key);
        }
    }

    /// What the pulse does to devices with only their word line or only their bit line, of all tiles.
    fn disturb(&mut self, real: &LayerDevices, rows: &[usize], columns: &[usize], up: bool, key: u32) {
        let (height, width) = self.layer.plus.dim();
        let others = |lines: &[usize], count: usize| -> Vec<usize> {
            let mut selected = vec![false; count];
            lines.iter().for_each(|&line| selected[line] = true);
            (0..count).filter(|&line| !selected[line]).collect()
        };
        let (other_rows, other_columns) = (others(rows, height), others(columns, width));
        for (rows, columns) in [(rows, other_columns.as_slice()), (&other_rows, columns)] {
            for (&i, &j) in rows.iter().flat_map(|i| columns.iter().map(move |j| (i, j))) {
                self.change(i, j, |plus, minus| real.disturb(i, j, plus, minus, up, key));
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

    /// Each device stops at its own bound.
    #[inline]
    fn pulse_cell(&mut self, i: usize, j: usize, up: bool, key: u32) {
        match self.real {
            Some(real) => self.change(i, j, |plus, minus| real.pulse(i, j, plus, minus, up, key)),
            None => {
                let (top, pair) = (self.top, self.pair);
                let toward = |level: u16, up: bool| if up { (level + 1).min(top) } else { level.saturating_sub(1) };
                self.change(i, j, |plus, minus| (toward(plus, up), if pair { toward(minus, !up) } else { minus }));
            }
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
