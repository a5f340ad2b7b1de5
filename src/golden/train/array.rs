//! A layer's devices under pulses, with the layouts of its weights that row and column reads use.

use super::LayerState;
use super::backward::ColumnReads;
use crate::config::{Design, PairScheme};
use crate::golden::BankKernel;

/// The devices of one layer, to be pulsed.
pub(super) struct Devices<'t> {
    pub layer: &'t mut LayerState,
    pub rows: &'t mut BankKernel,
    pub columns: Option<&'t mut ColumnReads>,
    /// Whether both devices of a pair move.
    pub pair: bool,
    /// Highest level.
    pub top: u8,
}

impl<'t> Devices<'t> {
    pub fn new(
        design: &Design,
        layer: &'t mut LayerState,
        rows: &'t mut BankKernel,
        columns: Option<&'t mut ColumnReads>,
    ) -> Self {
        let pair = design.crossbar.pair == PairScheme::Differential;
        Self { layer, rows, columns, pair, top: (design.device.levels - 1) as u8 }
    }

    /// One pulse: up is SET on plus and RESET on minus. Each device stops at its own bound.
    pub fn pulse(&mut self, i: usize, j: usize, up: bool) {
        let toward =
            |level: u8, up: bool| if up { level.saturating_add(1).min(self.top) } else { level.saturating_sub(1) };
        let (plus, minus) = (&mut self.layer.plus[(i, j)], &mut self.layer.minus[(i, j)]);
        let before = (*plus, *minus);
        *plus = toward(*plus, up);
        if self.pair {
            *minus = toward(*minus, !up);
        }
        if before != (*plus, *minus) {
            let weight = i16::from(*plus) - i16::from(*minus);
            self.rows.set(i, j, weight);
            if let Some(columns) = &mut self.columns {
                columns.set(i, j, weight);
            }
        }
    }
}
