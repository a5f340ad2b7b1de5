//! The algorithm on single devices, against its rules.

use super::*;
use crate::device::NOMINAL_STRENGTH;

fn design(more: &str) -> Design {
    let text = crate::config::preset("tiny").expect("a preset").text;
    Design::from_toml(&format!("{text}\n{more}"), "tiny").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

const REAL: &str = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod = 0.1\n\
                    read_noise = 0.002\nstuck_at_hrs = 0.05";

const PLACE: DevicePlace = DevicePlace { tile: 1, row: 3, group: 2, adc: 1, minus: false };

/// From every level to every level in as many pulses as levels lie between, one read more.
#[test]
fn ideal_devices_walk_level_by_level() {
    for levels in [2u16, 16, 64] {
        let verify = WriteVerify::new(&design(&format!("[device]\nlevels = {levels}")));
        for (from, to, minus) in (0..levels).flat_map(|a| (0..levels).flat_map(move |b| [(a, b, false), (a, b, true)]))
        {
            let (mut code, mut events, mut counters) = (from, TileEvents::default(), VerifyCounters::default());
            let place = DevicePlace { minus, ..PLACE };
            assert!(verify.program_device(place, &mut code, to, &mut events, &mut counters));
            assert_eq!(code, to, "from {from}");
            let away = u32::from(from.abs_diff(to));
            let (set, reset) = if to > from { (away, 0) } else { (0, away) };
            let expected = [0, 1, set, reset, away + 1, 0];
            assert_eq!(counters.values(), expected);
            assert_eq!((events.reads, events.pulses), (away + 1, away));
        }
    }
}

#[test]
fn a_device_fails_after_its_pulses() {
    let mut verify = WriteVerify::new(&design(""));
    verify.registers.max_pulses = 5;
    let (mut code, mut events, mut counters) = (0, TileEvents::default(), VerifyCounters::default());
    assert!(!verify.program_device(PLACE, &mut code, 40, &mut events, &mut counters));
    assert_eq!((code, counters.values()), (5, [0, 1, 5, 0, 6, 1]));
}

/// The rules of the three modes, from their text.
#[test]
fn strengths_follow_their_mode() {
    let set = PulseStrength { start: 10, step: 7, max: 60, slope: 24 };
    let reset = PulseStrength { start: 70, step: 1, max: 60, slope: 255 };
    let mut r = VerifyRegisters { set, reset, ..VerifyRegisters::of(&design("")) };
    for (mode, error, before, strength) in [
        (StrengthMode::Fixed, 9, 3, 10),
        (StrengthMode::Fixed, -9, 3, 70),
        (StrengthMode::Incremental, 2, 0, 10),
        (StrengthMode::Incremental, 2, 3, 31),
        (StrengthMode::Incremental, 2, 200, 60),
        (StrengthMode::Incremental, -2, 0, 60),
        (StrengthMode::Adaptive, 1, 0, 10),
        (StrengthMode::Adaptive, 11, 0, 17), // 16.5 and half
        (StrengthMode::Adaptive, 200, 0, 60),
        (StrengthMode::Adaptive, -1, 0, 60),
        (StrengthMode::Adaptive, 1 << 22, 0, 60),
    ] {
        r.mode = mode;
        assert_eq!(r.strength(error, before), strength, "{mode:?} {error} {before}");
    }
}

/// Most real devices get within the tolerance and a code of noise; those that are stuck elsewhere fail and stay.
#[test]
fn real_devices_get_near_their_codes() {
    let design = design(REAL);
    let verify = WriteVerify::new(&design);
    let model = ArrayModel::of(&design).expect("a model");
    let (mut failed, mut far, mut stuck, n) = (0, 0, 0, 2000);
    for k in 0..n {
        let place = DevicePlace { tile: k / 256, row: k / 16 % 16, group: k % 4, adc: k / 4 % 4, minus: k % 3 == 0 };
        let own = model.device(verify.number(&model, place));
        let mut code = own.low as u16;
        let wanted = (10 + k as u16 * 7 % 35) << model.fraction;
        // Beyond its bounds a device that moves fails as well.
        let target = if own.low == own.high { wanted } else { wanted.clamp(own.low as u16, own.high as u16) };
        let (mut events, mut counters) = (TileEvents { seed: 9, ..TileEvents::default() }, VerifyCounters::default());
        let done = verify.program_device(place, &mut code, target, &mut events, &mut counters);
        stuck += u32::from(own.low == own.high);
        failed += u32::from(!done);
        let of_code = (1 << (u32::from(verify.registers.read_gain) + model.fraction)) / 127;
        far += u32::from(done && i32::from(code.abs_diff(target)) > 4 * of_code);
        if own.low == own.high {
            assert_eq!(i32::from(code), own.low, "a stuck device does not move");
        }
    }
    assert!(stuck > 50 && failed >= stuck / 2, "stuck {stuck}, failed {failed}");
    assert!(failed < stuck + n as u32 / 50, "stuck {stuck}, failed {failed}");
    assert!(far < n as u32 / 50, "far {far}");
}

/// The pulses of one device move those on its word line and on its bit line, of its side of the pairs, each by a tenth of a
/// level, and no others.
#[test]
fn pulses_disturb_the_devices_on_their_lines() {
    let mut verify = WriteVerify::new(&design("[device.model]\nhalf_select = 0.1"));
    (verify.registers.mode, verify.registers.set.start) = (StrengthMode::Fixed, NOMINAL_STRENGTH);
    let model = verify.model.clone().expect("a model");
    for minus in [false, true] {
        let mut tile = TileCells::unprogrammed(&verify, 1);
        let untouched = tile.clone();
        let goal = 20 << model.fraction;
        let (adcs, last) = (verify.adcs, verify.adcs - 1);
        let mut cells = untouched.word(PLACE.row, PLACE.group).to_vec();
        let (plus, other) = verify.code.codes(cells[last]);
        cells[last] = if minus { verify.code.from_codes(plus, goal) } else { verify.code.from_codes(goal, other) };
        let word = ProgramWord { tile: 1, row: PLACE.row, group: PLACE.group, cells };
        let result = tile.program(&word, &mut TileEvents { seed: 9, ..TileEvents::default() });
        let pulses = result.counters.set_pulses;
        assert!(pulses >= 15 && result.counters.reset_pulses == 0, "{:?}", result.counters);
        let each = f64::from(model.step) / 16.0 / 10.0;
        let mut half = 0;
        for (row, group, adc) in
            (0..verify.rows).flat_map(|r| (0..verify.groups).flat_map(move |g| (0..adcs).map(move |a| (r, g, a))))
        {
            let codes = |tile: &TileCells| {
                let (plus, minus) = verify.code.codes(tile.word(row, group)[adc]);
                [i32::from(plus), i32::from(minus)]
            };
            let (before, after) = (codes(&untouched), codes(&tile));
            let (here, there) = (usize::from(minus), usize::from(!minus));
            assert_eq!(after[there], before[there], "row {row} group {group} ADC {adc}: not connected");
            let lines = [row == PLACE.row, (group, adc) == (PLACE.group, last)];
            let moved = f64::from(after[here] - before[here]);
            match lines {
                [true, true] => assert!(moved > 15.0 * 10.0 * each),
                [false, false] => assert_eq!(moved, 0.0, "row {row} group {group} ADC {adc}"),
                _ => {
                    half += 1;
                    let wanted = f64::from(pulses) * each;
                    assert!((moved - wanted).abs() <= f64::from(pulses), "{moved} of {wanted}");
                }
            }
        }
        assert_eq!(half, verify.rows - 1 + verify.groups * adcs - 1);
    }
}

/// The gain leaves room above the highest level, and the next smaller one would not.
#[test]
fn the_read_gain_fits_the_levels() {
    for (levels, more) in [(2, ""), (16, ""), (64, ""), (256, ""), (64, "[device.model]\nread_noise = 0.01")] {
        let r = VerifyRegisters::of(&design(&format!("[device]\nlevels = {levels}\n{more}")));
        let top = f64::from((levels - 1) * i32::from(r.read_input));
        let end = |gain: u8| (top / f64::from(1u32 << gain)).round() + 1.0;
        assert!(end(r.read_gain) < 127.0, "{levels}: {r:?}");
        assert!(r.read_gain == 0 || end(r.read_gain - 1) >= 127.0, "{levels}: {r:?}");
        assert!(r.set.start >= 1 && r.set.start <= r.set.max);
    }
}
