//! Which ADCs convert lines of the matrix: cells beside it may weigh something where devices are real.

use super::ports::{Ports, TrainingPorts};
use crate::hdl::{Builder, Expr, Ix};
use crate::rtl::crossbar::tile_codes;
use crate::schedule::{Bank, Schedule};

/// ADCs in use by column tile; the row tiles differ only in whether they convert.
pub(super) struct UsedAdcs {
    masks: Expr,
    count: usize,
}

impl UsedAdcs {
    /// Only the last group of either side is cut by the end of the matrix.
    pub fn new(m: &mut Builder, schedule: &Schedule, b: &Bank, p: &Ports, t: &TrainingPorts) -> Self {
        let c = &schedule.design.crossbar;
        let (adcs, row_adcs, count) = (c.adcs(), c.row_adcs(), tile_codes(schedule));
        let ones = |n: usize| if n == 0 { 0 } else { u128::MAX >> (128 - n) };
        let last = |groups: usize| p.group.eq(Expr::lit(p.group.width(), groups as u128 - 1));
        let (last_columns, last_rows) = (last(b.groups), last(b.row_groups));
        let left = b.matrix_columns - (b.groups - 1) * b.column_tiles * adcs;
        let cut: Vec<u128> = (0..b.column_tiles).map(|tile| ones(left.saturating_sub(tile * adcs).min(adcs))).collect();
        let cut = m.table("LAST_COLUMNS", count, &cut, "ADCs of the last group in use, by column tile");
        let rows = b.matrix_rows - (b.row_groups - 1) * row_adcs;
        let rows = last_rows.mux(Expr::bin(count, ones(rows)), Expr::bin(count, ones(row_adcs)));
        let rows = m.wire("rows_used", rows);
        let all = Expr::bin(count, ones(adcs)).repeat(b.column_tiles);
        let columns = m.wire("columns_used", last_columns.mux(cut, all));
        let masks = m.wire("adcs_used", t.read_columns.mux(rows.repeat(b.column_tiles), columns));
        Self { masks, count }
    }

    /// Whether an ADC of a column tile is in use.
    pub fn of(&self, column: &Ix, adc: &Ix) -> Expr {
        self.masks.bit_at(&(column * self.count) + adc)
    }
}
