//! The gradient memory: wide for outer products, a matrix row at a time for apply.

use super::lanes::pick_lane;
use super::memory::sram;
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Bits of a matrix row's number among those of an address: 0 where an address holds one row.
pub(super) fn row_bits(schedule: &Schedule) -> usize {
    schedule.update_rows.trailing_zeros() as usize
}

/// The memory with both of its users.
pub fn gradient_memory(schedule: &Schedule) -> Arc<Module> {
    let (rows, rb) = (schedule.update_rows, row_bits(schedule));
    let (l, gw, gb) = (schedule.lanes, schedule.widths.gradient_word as usize, schedule.widths.gradient as usize);
    let word = l * gb;
    let slice = sram(
        "memgan_gradient_sram",
        if rows > 1 { "Gradients of every matrix row of one place in a block" } else { "Gradient memory" },
        schedule.gradient_words.max(2),
        l,
        gb,
        false,
    );
    let mut m = Builder::new("memgan_gradient_memory", file!());
    m.doc(&if rows > 1 {
        format!(
            "The sums of all gradients, in a memory for each of {rows} matrix rows. Outer products read and write an address \
             of all memories at once, apply one matrix row."
        )
    } else {
        "The sums of all gradients. Outer products and apply take turns with them.".to_owned()
    });
    m.contract(if rows > 1 {
        "The two users are never at work together. apply_row_i is stable from a read to the use of its data, and to the \
         write of the same word."
    } else {
        "The two users are never at work together."
    });
    m.latency("read data 1 cycle after the read, kept until the next one");
    m.group("Clock");
    m.clock();
    m.group("Outer products: row r of the block in sums r * lanes and up");
    let outer_read = m.input("outer_read_valid_i", 1, "");
    let outer_read_address = m.input("outer_read_address_i", gw, "");
    let sums = m.output("outer_read_data_o", rows * word, "");
    let outer_write = m.input("outer_write_valid_i", 1, "");
    let outer_write_address = m.input("outer_write_address_i", gw, "");
    let outer_write_data = m.input("outer_write_data_i", rows * word, "");
    m.group("Apply");
    let row = (rows > 1).then(|| m.input("apply_row_i", rb, "row of the block"));
    let apply_read = m.input("apply_read_valid_i", 1, "");
    let apply_read_address = m.input("apply_read_address_i", gw, "");
    let apply_read_data = m.output("apply_read_data_o", word, "");
    let apply_write = m.input("apply_write_valid_i", 1, "");
    let apply_write_address = m.input("apply_write_address_i", gw, "");
    let apply_write_data = m.input("apply_write_data_i", word, "");

    m.section("Who reads and writes");
    let chosen = row.as_ref().map(|row| m.wire("chosen", Expr::lit(rows, 1).shl_dyn(row)));
    let read_address = m.wire("read_address", apply_read.mux(&apply_read_address, &outer_read_address));
    let write_address = m.wire("write_address", apply_write.mux(&apply_write_address, &outer_write_address));
    // The memory of the rows that `here` chooses for apply, with their part of the outer products' data.
    let place = |m: &mut Builder, here: Option<Expr>, part: &dyn Fn(&Expr) -> Expr| {
        let chosen = |valid: &Expr| here.as_ref().map_or_else(|| valid.clone(), |here| valid.and(here));
        let read = m.wire("read", outer_read.or(chosen(&apply_read)));
        let write = m.wire("write", outer_write.or(chosen(&apply_write)));
        let write_data = m.wire("write_data", apply_write.mux(&apply_write_data, part(&outer_write_data)));
        m.inst("u_sums", &slice, |u| {
            u.clk();
            u.connect("read_valid_i", &read);
            u.connect("read_address_i", &read_address);
            u.connect("read_data_o", part(&sums));
            u.connect("write_valid_i", &write);
            u.connect("write_address_i", &write_address);
            u.connect("write_data_i", &write_data);
        });
    };
    match chosen.zip(row) {
        None => {
            place(&mut m, None, &Expr::clone);
            m.assign(&apply_read_data, &sums);
        }
        Some((chosen, row)) => {
            m.gen_for("gen_row", "row", 0..rows, |m, row| {
                place(m, Some(chosen.bit_at(row)), &|all| all.part_at(row * word, word));
            });
            let picked = pick_lane(&mut m, "sums", &sums, &row);
            m.assign(&apply_read_data, picked);
        }
    }
    m.finish()
}
