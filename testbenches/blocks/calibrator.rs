//! Calibration of the ADCs' trims against a tile that answers late, at random, with ADCs of any offset.

use crate::common::{Bench, Random, TRAIN_NARROW, TRAIN_ONE, TRAIN_WIDE, lint_clean, schedule, synthesis_clean};
use memgan::config::SignedInput;
use memgan::device::ArrayModel;
use memgan::rtl::blocks::{calibrator, calibrator_fsm, program_registers};
use memgan::schedule::Schedule;

/// Half of a code, in the unit of trims.
const HALF: i64 = 8;

fn trimmed(text: &str, bits: u32) -> Schedule {
    let key = format!("[converter]\ntrim_bits = {bits}");
    let text = if text.contains("[converter]") { text.replace("[converter]", &key) } else { format!("{text}\n{key}") };
    schedule(&format!("{text}\n[device.model]\n"))
}

/// The tiles as the calibrator sees them: `[tile][side][ADC]`.
struct Tiles {
    offsets: Vec<[Vec<i64>; 2]>,
    trims: Vec<[Vec<i64>; 2]>,
}

/// Calibrates once and demands the best trim of every ADC.
fn calibrate(b: &mut Bench, schedule: &Schedule, random: &mut Random, latency: usize, tiles: &mut Tiles) {
    let (converter, c) = (&schedule.design.converter, &schedule.design.crossbar);
    let (bits, count) = (converter.trim_bits as usize, c.adcs().max(c.row_adcs()));
    let phases = if converter.signed_input == SignedInput::TwoPhase { 2 } else { 1 };
    let (mut settled, mut sampled, mut left, mut done) = ([0; 2], [0; 2], None, false);
    let mut high = vec![0; count];
    let mut conversions = vec![[0; 2]; tiles.trims.len()];
    let mut shown = 0;
    b.set("start_i", 1u64);
    b.tick();
    b.set("start_i", 0u64);
    let mut cycles = 0u64;
    loop {
        if let Some(n) = left {
            left = (n > 1).then_some(n - 1);
            done |= n == 1;
        }
        b.set("adc_done_i", u64::from(done));
        b.set_all("codes_high_i", 1, high.iter().copied());
        b.set("trim_data_i", (shown as u64) & ((1 << bits) - 1));
        b.eval();
        if !b.flag("busy_o") {
            break;
        }
        cycles += 1;
        assert!(cycles < 10_000_000, "it ends");
        let (tile, side) = (b.get("tile_o") as usize, b.get("side_o") as usize);
        let [apply, sample, start, access, write] =
            ["apply_o", "sample_o", "adc_start_o", "trim_valid_o", "trim_write_o"].map(|p| b.flag(p));
        assert!(left.is_none() || !(apply || sample || start || access), "the tile converts");
        assert!(b.flag("active_o") || !(sample || start || left.is_some()), "the tile is active");
        let phase = usize::from(b.flag("phase_o"));
        if apply {
            (settled, sampled, done) = ([0; 2], [0; 2], false);
        } else if sample {
            assert!(settled[phase] >= converter.settle_cycles, "lines have settled");
            sampled[phase] += 1;
        } else if sampled[phase] == 0 {
            settled[phase] += 1;
        }
        if start {
            assert_eq!(sampled[..phases], vec![converter.sample_cycles; phases][..], "cycles of sampling");
            conversions[tile][side] += 1;
            let own = &tiles.offsets[tile][side];
            // ADCs that the side has not read anything.
            high = (0..count)
                .map(|a| match own.get(a) {
                    Some(offset) => i64::from((offset - tiles.trims[tile][side][a] + HALF).div_euclid(2 * HALF) > 0),
                    None => random.signed(0, 1),
                })
                .collect();
            left = Some(random.between(1, latency));
        }
        if access {
            let adc = b.get("trim_adc_o") as usize;
            let trim = &mut tiles.trims[tile][side][adc];
            if write {
                let raw = b.get("trim_data_o") as i64;
                *trim = (raw << (64 - bits)) >> (64 - bits);
                shown = random.signed(0, 255);
            } else {
                shown = *trim;
            }
        }
        b.tick();
    }
    assert!(conversions.iter().flatten().all(|&n| n == bits), "a conversion a bit: {conversions:?}");
    let (least, most) = (-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1);
    let mut at_end = 0;
    for (offsets, trims) in tiles.offsets.iter().zip(&tiles.trims) {
        for (&offset, &trim) in offsets.iter().flatten().zip(trims.iter().flatten()) {
            at_end += u64::from(trim == least || trim == most);
            match offset {
                o if o > least + HALF => assert_eq!(trim, o.min(most), "offset {o}"),
                o if o > least => assert!((0..=HALF).contains(&(o - trim)), "offset {o}, trim {trim}"),
                o => assert_eq!(trim, least, "offset {o}"),
            }
        }
    }
    assert_eq!(b.get("at_end_o"), at_end, "trims at an end");
}

fn drive(schedule: &Schedule) {
    let module = calibrator(schedule);
    lint_clean(&module);
    let c = &schedule.design.crossbar;
    let range = 1i64 << (schedule.design.converter.trim_bits - 1);
    let mut b = Bench::new(&module);
    b.reset();
    let mut random = Random::new(range as u64);
    for latency in [1, 40] {
        let mut any = |widest: i64| -> Vec<[Vec<i64>; 2]> {
            let mut side = |count| (0..count).map(|_| random.signed(-widest, widest)).collect();
            (0..schedule.tiles()).map(|_| [side(c.adcs()), side(c.row_adcs())]).collect()
        };
        // Some offsets are beyond the range; trims are left from before.
        let mut tiles = Tiles { offsets: any(range + range / 4), trims: any(range - 1) };
        calibrate(&mut b, schedule, &mut random, latency, &mut tiles);
    }
}

#[test]
fn every_adc_gets_its_best_trim() {
    drive(&trimmed(TRAIN_NARROW, 8));
    drive(&trimmed(TRAIN_WIDE, 5));
    drive(&trimmed(TRAIN_ONE, 10));
}

/// What is left of the model's offsets, in 1/16 code: nothing within the trim's range, and what is beyond it outside.
#[test]
fn offsets_that_are_left() {
    let spread = |offset: f64, bow: f64, bits: u32| {
        let text = TRAIN_WIDE.replace("[converter]", &format!("[converter]\ntrim_bits = {bits}"));
        let model = format!("[device.model]\nadc_offset = {offset}\nadc_nonlinearity = {bow}\n");
        let design = schedule(&format!("{text}\n{model}")).design;
        let model = ArrayModel::of(&design).expect("real devices");
        let both = |number| (model.untrimmed_adc(number).offset, model.adc(number).offset);
        (0..10_000).map(both).collect::<Vec<_>>()
    };
    let deviation = |of: &[i32]| (of.iter().map(|&o| f64::from(o * o)).sum::<f64>() / of.len() as f64).sqrt() / 16.0;
    for (offset, bits) in [(0.5, 8), (2.0, 8), (2.0, 6)] {
        let all = spread(offset, 0.0, bits);
        let range = 1 << (bits - 1);
        for &(before, after) in &all {
            match before {
                o if o >= range => assert_eq!(after, o - range + 1),
                o if o > HALF as i32 - range => assert_eq!(after, 0, "offset {o}"),
                o => assert!(after <= HALF as i32 && after <= (o + range).max(HALF as i32), "offset {o}: {after}"),
            }
        }
        let (before, after): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let worst = after.iter().map(|a| a.abs()).max().expect("some");
        println!(
            "{offset} codes, {bits} bits: {:.3} to {:.3}, at most {worst}/16",
            deviation(&before),
            deviation(&after)
        );
        assert!((deviation(&before) / offset - 1.0).abs() < 0.05);
    }
    // At half a code a bow is next to nothing.
    assert!(spread(0.5, 1.0, 8).iter().all(|(_, after)| after.abs() <= 1));
}

/// Address 14 starts a calibration, clears no counter, and reads as what the last one found.
#[test]
fn the_register_calibrates() {
    let mut b = Bench::new(&program_registers(&trimmed(TRAIN_WIDE, 6)));
    b.reset();
    b.set("word_valid_i", 1u64);
    b.set("at_end_i", 77u64);
    b.tick();
    b.set("word_valid_i", 0u64);
    b.set("write_valid_i", 1u64);
    for (address, calibrates, words) in [(14u64, 1, 1), (15, 0, 0)] {
        b.set("address_i", address);
        b.eval();
        assert_eq!(b.get("calibrate_o"), calibrates, "address {address}");
        b.tick();
        b.set("address_i", 8u64);
        b.set("write_valid_i", 0u64);
        b.eval();
        assert_eq!((b.get("calibrate_o"), b.get("read_data_o")), (0, words), "words after address {address}");
        b.set("write_valid_i", 1u64);
    }
    b.set("address_i", 14u64);
    b.eval();
    assert_eq!(b.get("read_data_o"), 77);
}

#[test]
fn synthesis() {
    let schedule = trimmed(TRAIN_NARROW, 8);
    lint_clean(&calibrator_fsm());
    synthesis_clean(&calibrator(&schedule));
    synthesis_clean(&program_registers(&schedule));
}
