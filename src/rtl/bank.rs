//! The tiles of one layer: crossbar macros, partial sums over tiles, and the registers from which results drain.

mod bit_lines;
mod ports;
mod results;
mod tiles;
mod trims;
mod used;

use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use ports::Ports;
use std::sync::Arc;

pub(super) use results::result_word_bits;

/// The tiles of bank `index` with a view of the crossbar.
pub fn bank(schedule: &Schedule, index: usize, crossbar: &Arc<Module>) -> Arc<Module> {
    let b = &schedule.banks[index];
    let mut m = Builder::new(&format!("memgan_bank_{}", b.name), file!());
    m.doc(&format!(
        "Tiles of layer {}: a {} x {} matrix on {} x {} tiles, {} conversions a read of {} columns each.",
        b.name, b.matrix_rows, b.matrix_columns, b.row_tiles, b.column_tiles, b.groups, b.group_columns
    ));
    m.contract(
        "All tiles do the same at the same time; done_o is high when every tile is done. capture_i stores the \
                sums of the codes over the row tiles, which stay until the next capture_i.",
    );
    if schedule.design.training.is_some() {
        m.contract(&format!(
            "A column read has {} conversions of {} rows each: group g is group g % {rows_per_adc} of the tiles of row \
             tile g / {rows_per_adc}, and only they convert. Their codes are added over the column tiles. \
             read_columns_i and adc_group_i are stable from adc_start_i to capture_i.",
            b.row_groups,
            b.group_rows,
            rows_per_adc = schedule.design.crossbar.rows_per_adc
        ));
    }
    m.latency("capture_i to sums_o: 1 cycle; result_word_i to sums_o: combinational");
    let p = Ports::new(&mut m, schedule, b);
    let tiles = tiles::tiles(&mut m, schedule, b, crossbar, &p);
    results::results(&mut m, schedule, b, &p, &tiles);
    m.finish()
}

/// Adds neighbours until one is left: as few adders in a row as possible.
pub(super) fn balanced_sum(mut terms: Vec<Expr>) -> Expr {
    while terms.len() > 1 {
        terms = terms.chunks(2).map(|pair| pair[1..].iter().fold(pair[0].clone(), |a, b| a.add(b))).collect();
    }
    terms.pop().expect("there is something to add")
}
