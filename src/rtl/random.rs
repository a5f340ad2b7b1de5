//! The random streams: one 32-bit xorshift register a lane, latents and dropout bytes from it.

use super::gather::fires;
use crate::config::LatentDistribution;
use crate::hdl::{Bits, Builder, Expr, Module};
use crate::numeric::{FIRE_BITS, LANE_SHIFTS, LaneRandom, MINUS_FIRST_BIT, SHIFT_BITS, lane_constants};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Random bits of a bias step: as many as the exponent of its chance can be.
pub(super) const CHANCE_BITS: usize = (1 << SHIFT_BITS) - 1;

/// The block that holds the random streams.
pub fn random(schedule: &Schedule) -> Arc<Module> {
    let lanes = schedule.lanes;
    let mut m = Builder::new("memgan_random", file!());
    m.doc("One xorshift generator a lane, each with its own shifts: with equal ones all lanes would stay a constant apart.");
    m.contract(
        "seed_valid_i starts every lane from seed_i ^ constant; step_i steps all lanes. The host makes the warm-up \
                 steps after seeding. Reset leaves the state of seed 0 after its warm-up.",
    );
    m.latency("1 cycle");
    m.clk_rst();
    m.group("Control");
    let seed_valid = m.input("seed_valid_i", 1, "");
    let seed = m.input("seed_i", 32, "");
    let step = m.input("step_i", 1, "");
    m.group("Streams");
    let latents = m.output("latents_o", 8 * lanes, "signed 8 bit a lane, -127..127");
    let bytes = m.output("bytes_o", 8 * lanes, "uniform 0..255 a lane");
    let fire_bits = FIRE_BITS as usize;
    let firing = fires(schedule).then(|| m.output("firing_o", fire_bits * lanes, "uniform, the upper bits of a lane"));

    let minus_first = schedule
        .design
        .pulses_one_device()
        .then(|| m.output("minus_first_o", 1, "uniform: a bit of lane 0 that is in no other output for updates"));
    let chance = schedule.design.training.is_some().then(|| m.output("chance_o", CHANCE_BITS, "top bits of lane 0"));

    let constants: Vec<u128> = lane_constants(lanes).into_iter().map(u128::from).collect();
    let constant = m.table("LANE_CONSTANTS", 32, &constants, "splitmix of the lane's number");
    // Shifts by parts of a constant: wires.
    let shifts = [("LEFT_SHIFTS", 0), ("RIGHT_SHIFTS", 1), ("LAST_SHIFTS", 2)].map(|(name, k)| {
        let values: Vec<u128> = LANE_SHIFTS[..lanes].iter().map(|shifts| u128::from(shifts[k])).collect();
        m.table(name, 5, &values, "of each lane")
    });
    let reset = LaneRandom::seeded(0, lanes);
    let words: Vec<u64> =
        (0..lanes).step_by(2).map(|l| u64::from(reset.lane(l)) | u64::from(reset.lane(l + 1)) << 32).collect();
    let state = m.reg_bits("state_q", &Bits::from_words(32 * lanes, &words));
    let next = m.net("next", 32 * lanes);
    m.gen_for("gen_lane", "lane", 0..lanes, |m, lane| {
        let now = state.part_at(lane * 32, 32);
        let mixed = m.wire("mixed", seed.xor(constant.part_at(lane * 32, 32)));
        let seeded = m.wire("seeded", mixed.any().mux(&mixed, constant.part_at(lane * 32, 32)));
        let [left, right, last] = shifts.each_ref().map(|table| table.part_at(lane * 5, 5));
        let a = m.wire("left", now.xor(now.shl_dyn(left)));
        let b = m.wire("right", a.xor(a.shr_dyn(right)));
        let c = m.wire("last", b.xor(b.shl_dyn(last)));
        m.assign(next.part_at(lane * 32, 32), seed_valid.mux(&seeded, &c));
        m.assign(bytes.part_at(lane * 8, 8), state.part_at(lane * 32 + 24, 8));
        if let Some(firing) = &firing {
            m.assign(firing.part_at(lane * fire_bits, fire_bits), state.part_at(lane * 32 + 32 - fire_bits, fire_bits));
        }
        match schedule.design.latent {
            LatentDistribution::Normal => {
                let byte = |i: usize| state.part_at(lane * 32 + 8 * i, 8).zext(11);
                let sum = byte(0).add(byte(1)).add(byte(2)).add(byte(3));
                let centred = m.wire("centred", sum.sub(Expr::lit(11, 508)));
                let quarter = m.wire("quarter", centred.slice(2, 9));
                m.unused("unused_quarter", &[centred.slice(0, 2)]);
                m.assign(
                    latents.part_at(lane * 8, 8),
                    quarter.sgt(Expr::slit(9, 127)).mux(Expr::slit(8, 127), quarter.slice(0, 8)),
                );
            }
            LatentDistribution::Uniform => {
                let top = state.part_at(lane * 32 + 24, 8);
                m.assign(latents.part_at(lane * 8, 8), top.eq(Expr::slit(8, -128)).mux(Expr::slit(8, -127), &top));
            }
        }
    });
    if let Some(minus_first) = &minus_first {
        m.assign(minus_first, state.bit(MINUS_FIRST_BIT as usize));
    }
    if let Some(chance) = &chance {
        m.assign(chance, state.slice(32 - CHANCE_BITS, CHANCE_BITS));
    }
    m.clocked(|s| {
        s.if_(seed_valid.or(&step), |s| s.set(&state, &next));
    });
    m.finish()
}
