//! Calibration of the ADCs' trims by successive approximation. Its golden counterpart is `device::Calibration`.

mod control;

use super::crossbar::{tile_codes, trim_adc_bits};
use super::programmer::timers;
use crate::device::HALF_CODE;
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::Schedule;
use std::sync::Arc;

pub use control::{CalibratorFsm, CalibratorState, calibrator_fsm};

/// Width of the number of ADCs at an end of their range.
pub(super) const AT_END_BITS: usize = 32;

pub fn calibrator(schedule: &Schedule) -> Arc<Module> {
    let c = &schedule.design.crossbar;
    let (tile_bits, bits) = (schedule.widths.tile as usize, schedule.design.converter.trim_bits as usize);
    let (adc_bits, count) = (trim_adc_bits(schedule), tile_codes(schedule));
    let mut m = Builder::new("memgan_calibrator", file!());
    m.doc(
        "Calibrates the ADCs of all tiles, one tile and one side after the other, the ADCs of a side together: with all \
         lines at zero, successive approximation finds the largest trim with which an ADC still reads 1 or more. That \
         leaves half a code of its offset, which is added to the trim in the end.",
    );
    m.contract("start_i only while busy_o is low. The tile's lines and converters belong to the calibrator then.");
    m.latency("a side takes a conversion a bit, and before the first and after each two cycles an ADC");
    m.clk_rst();
    m.group("Command");
    let start = m.input("start_i", 1, "one cycle");
    let busy = m.output("busy_o", 1, "");
    let at_end = m.output_reg("at_end_o", AT_END_BITS, 0, "ADCs whose trim is at an end of its range");
    m.group("Tile");
    let tile = m.output_reg("tile_o", tile_bits, 0, "");
    let side = m.output_reg("side_o", 1, 0, "1: ADCs of the word lines");
    let apply = m.output("apply_o", 1, "");
    let sample = m.output("sample_o", 1, "");
    let phase = m.output("phase_o", 1, "1: negative inputs");
    let adc_start = m.output("adc_start_o", 1, "");
    let adc_done = m.input("adc_done_i", 1, "");
    let high = m.input("codes_high_i", count, "by ADC: it reads 1 or more");
    let active = m.output("active_o", 1, "the tile settles, samples or converts");
    m.group("Trims");
    let trim_valid = m.output("trim_valid_o", 1, "");
    let store = m.output("trim_write_o", 1, "");
    let adc = m.output_reg("trim_adc_o", adc_bits, 0, "");
    let trim_out = m.output("trim_data_o", bits, "signed, 1/16 code");
    let trim_in = m.input("trim_data_i", bits, "in the cycle after a read");

    m.section("Control");
    let [fetch, load_settle, load_sample, next_phase, side_end] =
        ["fetch", "load_settle", "load_sample", "next_phase", "side_end"].map(|n| m.net(n, 1));
    let [last_adc, last_bit, last_side] = ["last_adc", "last_bit", "last_side"].map(|n| m.net(n, 1));
    let (timer_end, last_phase) = timers(&mut m, schedule, [&load_settle, &load_sample, &next_phase, &apply], &phase);
    m.inst("u_fsm", &calibrator_fsm(), |u| {
        u.clk_rst();
        for (port, net) in [
            ("start_i", &start),
            ("timer_end_i", &timer_end),
            ("last_phase_i", &last_phase),
            ("adc_done_i", &adc_done),
            ("last_adc_i", &last_adc),
            ("last_bit_i", &last_bit),
            ("last_side_i", &last_side),
            ("fetch_o", &fetch),
            ("store_o", &store),
            ("apply_o", &apply),
            ("load_settle_o", &load_settle),
            ("load_sample_o", &load_sample),
            ("sample_o", &sample),
            ("next_phase_o", &next_phase),
            ("adc_start_o", &adc_start),
            ("side_end_o", &side_end),
            ("active_o", &active),
            ("busy_o", &busy),
        ] {
            u.connect(port, net);
        }
    });
    m.assign(&trim_valid, fetch.or(&store));

    m.section("Tile, side, ADC, and the bit that the last conversion decides; before the first conversion none");
    let none = Expr::lit(bits + 1, 1 << bits);
    let bit = m.reg("bit_q", bits + 1, 1 << bits);
    let adcs_last = |count: usize| Expr::lit(adc_bits, count as u128 - 1);
    let last = if c.adcs() == c.row_adcs() {
        adcs_last(count)
    } else {
        side.mux(adcs_last(c.row_adcs()), adcs_last(c.adcs()))
    };
    m.assign(&last_adc, adc.eq(last));
    m.assign(&last_bit, bit.bit(0));
    let tiles_last = Expr::lit(tile_bits, schedule.tiles() as u128 - 1);
    m.assign(&last_side, side.and(tile.eq(&tiles_last)));
    m.clocked(|s| {
        s.if_(&start, |s| s.set(&tile, Expr::zero(tile_bits))).elif(side_end.and(&side), |s| {
            s.set(&tile, tile.add(Expr::lit(tile_bits, 1)));
        });
        s.if_(&side_end, |s| s.set(&side, side.not()));
        s.if_(&store, |s| {
            s.set(&adc, last_adc.mux(Expr::zero(adc_bits), adc.add(Expr::lit(adc_bits, 1))));
            s.if_(&last_adc, |s| s.set(&bit, last_bit.mux(&none, bit.shr(1))));
        });
    });

    m.section("Successive approximation in offset binary: the lowest trim is 0");
    let sign = Expr::lit(bits, 1 << (bits - 1));
    let tried = m.wire("tried", trim_in.xor(&sign));
    let shifted = m.wire("high_here", high.shr_dyn(&adc));
    if count > 1 {
        m.unused("unused_high", &[shifted.slice(1, count - 1)]);
    }
    let lowered = tried.and(bit.slice(0, bits).not());
    let kept = m.wire("kept", shifted.bit(0).mux(&tried, lowered));
    let first = bit.bit(bits);
    let next = m.wire("next", first.mux(Expr::zero(bits), kept).or(bit.drop_low(1)));
    let half = m.wire("with_half", next.add_c(Expr::lit(bits, HALF_CODE as u128)));
    let most = half.bit(bits).mux(Expr::ones(bits), half.slice(0, bits));
    let end = m.wire("found", next.any().mux(most, &next));
    m.assign(&trim_out, last_bit.mux(&end, next).xor(sign));
    let ends = m.wire("ends", store.and(&last_bit).and(end.all().or(end.any().not())));
    let one = Expr::lit(AT_END_BITS, 1);
    m.clocked(|s| {
        s.if_(&start, |s| s.set(&at_end, Expr::zero(AT_END_BITS))).elif(&ends, |s| s.set(&at_end, at_end.add(one)));
    });
    m.finish()
}

/// Address of a trim on the configuration port.
pub fn trim_address(schedule: &Schedule, tile: usize, row_side: bool, adc: usize) -> usize {
    (tile << 1 | usize::from(row_side)) << trim_adc_bits(schedule) | adc
}

/// Bits of a trim's address on the configuration port: `{tile, side, ADC}`.
pub(super) fn trim_address_bits(schedule: &Schedule) -> usize {
    schedule.widths.tile as usize + 1 + trim_adc_bits(schedule)
}
