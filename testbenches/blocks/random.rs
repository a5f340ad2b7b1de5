//! Random streams: latents and dropout bytes of every lane against the numeric contract, for many seeds.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, preset, schedule, training};
use memgan::config::{LatentDistribution, PairScheme, UpdateRule};
use memgan::numeric::{LaneRandom, SEED_WARMUP, lane_constants, latent_code};
use memgan::rtl::blocks::random;
use memgan::schedule::Schedule;

fn streams(schedule: &Schedule) {
    let lanes = schedule.lanes;
    let mut bench = Bench::new(&random(schedule));
    let mut draw = Random::new(3);
    // A lane whose constant is the seed would start from zero, where the generator stays for ever.
    let constants = lane_constants(lanes);
    let seeds = [0, 1, u32::MAX].into_iter().chain(constants).chain((0..20).map(|_| draw.next() as u32));
    let seeds: Vec<u32> = seeds.collect();
    let mut draw = Random::new(4);
    for seed in seeds {
        bench.set("seed_i", u64::from(seed));
        bench.set("seed_valid_i", 1u64);
        // A seed counts whether or not a step is asked for at the same time.
        bench.set("step_i", draw.below(2));
        bench.tick();
        bench.set("seed_valid_i", 0u64);
        // The host makes the steps that part neighbouring seeds.
        bench.set("step_i", 1u64);
        for _ in 0..SEED_WARMUP {
            bench.tick();
        }
        let mut golden = LaneRandom::seeded(seed, lanes);
        for cycle in 0..60 {
            let step = draw.percent(60);
            bench.set("step_i", u64::from(step));
            bench.set("seed_i", draw.next() & 0xffff_ffff);
            bench.eval();
            let latents = bench.get_signed("latents_o", 8, lanes);
            let bytes = bench.get_all("bytes_o", 8, lanes);
            for lane in 0..lanes {
                let state = golden.lane(lane);
                assert_eq!(bytes[lane], u64::from(state >> 24), "seed {seed:#x}, cycle {cycle}, lane {lane}");
                let code = i64::from(latent_code(state, schedule.design.latent));
                assert_eq!(latents[lane], code, "seed {seed:#x}, cycle {cycle}, lane {lane}, state {state:#x}");
            }
            if let Some(training) = &schedule.design.training {
                assert_eq!(bench.get("chance_o"), u64::from(golden.lane(0) >> 17), "seed {seed:#x}, cycle {cycle}");
                if training.rule == UpdateRule::Stochastic {
                    let firing = bench.get_all("firing_o", 23, lanes);
                    assert!((0..lanes).all(|l| firing[l] == u64::from(golden.lane(l) >> 9)), "seed {seed:#x}");
                    if schedule.design.crossbar.pair == PairScheme::Differential {
                        assert_eq!(bench.get("minus_first_o"), u64::from(golden.lane(0) >> 8 & 1), "seed {seed:#x}");
                    }
                }
            }
            bench.tick();
            if step {
                golden.step();
            }
        }
    }
}

#[test]
fn normal_latents_in_two_lanes() {
    streams(&schedule(PAIR));
}

#[test]
fn normal_latents_in_four_lanes() {
    let tiny = preset("tiny");
    assert_eq!(tiny.design.latent, LatentDistribution::Normal);
    streams(&tiny);
}

#[test]
fn uniform_latents_in_eight_lanes() {
    let eight = schedule(EIGHT);
    assert_eq!(eight.design.latent, LatentDistribution::Uniform);
    streams(&eight);
}

#[test]
fn streams_of_training() {
    streams(&training(&schedule(EIGHT), UpdateRule::Stochastic, 4));
    streams(&training(&schedule(EIGHT), UpdateRule::Accumulate, 4));
}

#[test]
fn normal_latents_in_thirty_two_lanes() {
    streams(&schedule(WIDE));
}

/// Both ends of the latent codes are rare states: each must be reached and be right.
#[test]
fn the_ends_of_the_range() {
    // Undoes the xor of seeding, so that lane 0 shows the state itself.
    for (text, states) in [
        (PAIR, [0xffff_ffff_u32, 0x0000_0001, 0xffff_fffe, 0x8000_0000]),
        (EIGHT, [0x80ff_ffff, 0x7fff_ffff, 0x8100_0000, 0x0000_0001]),
    ] {
        let schedule = schedule(text);
        let mut bench = Bench::new(&random(&schedule));
        let constant = lane_constants(schedule.lanes)[0];
        for state in states {
            bench.set("seed_i", u64::from(state ^ constant));
            bench.set("seed_valid_i", 1u64);
            bench.tick();
            let code = bench.get_signed("latents_o", 8, schedule.lanes)[0];
            assert_eq!(code, i64::from(latent_code(state, schedule.design.latent)), "state {state:#x}");
        }
    }
}

/// After reset, before any seed, the streams are those of seed 0, as in the golden model.
#[test]
fn streams_after_reset() {
    for schedule in [preset("tiny"), schedule(EIGHT)] {
        let mut bench = Bench::new(&random(&schedule));
        let mut golden = LaneRandom::seeded(0, schedule.lanes);
        bench.set("step_i", 1u64);
        for _ in 0..20 {
            bench.eval();
            let bytes = bench.get_all("bytes_o", 8, schedule.lanes);
            assert!((0..schedule.lanes).all(|l| bytes[l] == u64::from(golden.lane(l) >> 24)));
            bench.tick();
            golden.step();
        }
    }
}
