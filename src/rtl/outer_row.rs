//! One matrix row of an outer product: a word of its sums grows by an input times errors.

use crate::hdl::{Builder, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// The multipliers and adders of one matrix row.
pub fn outer_row(schedule: &Schedule) -> Arc<Module> {
    let (l, gb) = (schedule.lanes, schedule.widths.gradient as usize);
    let mut m = Builder::new("memgan_outer_row", file!());
    m.doc("Adds the products of one row element and a word of column elements to a word of sums, exactly.");
    m.latency("2 cycles: products after multiply_i, sums after the add_i that follows it");
    m.group("Clock");
    m.clock();
    m.group("Elements, signed 8 bit");
    let multiply = m.input("multiply_i", 1, "");
    let row = m.input("row_i", 8, "");
    let columns = m.input("columns_i", 8 * l, "one a lane");
    m.group("Sums, two's complement");
    let add = m.input("add_i", 1, "");
    let sums = m.input("sums_i", l * gb, "with add_i");
    let out = m.output_var("sums_o", l * gb, "");

    let products = m.var("products_q", 16 * l);
    m.clocked_no_reset(|s| {
        s.if_(&multiply, |s| {
            s.for_("lane", 0..l, |s, lane| {
                s.set(products.part_at(lane * 16, 16), row.smul(columns.part_at(lane * 8, 8)));
            });
        });
        s.if_(&add, |s| {
            s.for_("lane", 0..l, |s, lane| {
                let product = products.part_at(lane * 16, 16).sext(gb);
                s.set(out.part_at(lane * gb, gb), sums.part_at(lane * gb, gb).add(product));
            });
        });
    });
    m.finish()
}
