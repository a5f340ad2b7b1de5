//! SRAM wrappers: the modules that a user swaps for memory macros.

use crate::hdl::{Builder, Module};
use std::sync::Arc;

/// One read and one write port, `words` words of `lanes` lanes of `width` bits.
pub fn sram(name: &str, doc: &str, words: usize, lanes: usize, width: usize, masked: bool) -> Arc<Module> {
    let address = crate::schedule::bits_for(words - 1).max(1) as usize;
    let bits = lanes * width;
    let mut m = Builder::new(name, file!());
    m.doc(&format!(
        "{doc}: {words} words of {lanes} lanes x {width} bits. Replace by a memory macro of the same ports."
    ));
    m.contract(
        "One read and one write port. Reading a word in the cycle in which it is written gives undefined data, \
                which nobody uses. read_data_o keeps its value until the next read.",
    );
    m.latency("read_data_o 1 cycle after read_valid_i");
    m.group("Clock");
    m.clock();
    m.group("Read port");
    let read = m.input("read_valid_i", 1, "");
    let read_address = m.input("read_address_i", address, "");
    let read_data = m.output_var("read_data_o", bits, "");
    m.group("Write port");
    let write = m.input("write_valid_i", 1, "");
    let write_address = m.input("write_address_i", address, "");
    let mask = masked.then(|| m.input("write_mask_i", lanes, "lanes to write"));
    let write_data = m.input("write_data_i", bits, "");
    let mem = m.mem("mem", bits, words);
    m.clocked_no_reset(|s| {
        s.if_(&read, |s| s.set(&read_data, mem.at(&read_address)));
    });
    m.clocked_no_reset(|s| {
        s.if_(&write, |s| match &mask {
            None => s.set(mem.at(&write_address), &write_data),
            Some(mask) => s.for_("lane", 0..lanes, |s, lane| {
                s.if_(mask.bit_at(lane), |s| {
                    s.set(mem.at(&write_address).part_at(lane * width, width), write_data.part_at(lane * width, width));
                });
            }),
        });
    });
    m.finish()
}
