//! The programming unit in hardware: the emitted design in Verilator, programmed by pulses alone and its ADCs calibrated,
//! against the golden algorithms. The design is small, since every view and every device is a model of its own to build.

#[allow(dead_code)] // shared with other test files
#[path = "exact_training.rs"]
mod exact;

use exact::initial;
use memgan::config::Design;
use memgan::device::{Calibration, StrengthMode, TileTrims, VerifyCounters, VerifyRegisters, WriteVerify};
use memgan::diff::{SessionOptions, TrainingSession};
use memgan::rtl::CrossbarView;
use memgan::schedule::Schedule;

/// 1 x 1, 1 x 2 and 2 x 1 tiles.
const SMALL: &str = r#"
name = "little"
[gan]
latent = 6
image = [2, 3, 1]
[[generator]]
type = "dense"
outputs = [2, 3, 1]
activation = "sigmoid"
[[discriminator]]
type = "dense"
outputs = 10
activation = "leaky_relu"
slope = 0.25
[[discriminator]]
type = "dense"
outputs = 1
activation = "sigmoid"
[buffer]
lanes = 4
[crossbar]
rows = 8
columns = 8
"#;

/// Every imperfection at once.
const REAL: &str = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nup_down = 0.05\n\
                    up_down_dtod = 0.05\nw_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck_at_lrs = 0.02\nstuck_at_hrs = 0.02\n\
                    stuck = 0.02\nread_noise = 0.01\nadc_gain = 0.02\nadc_offset = 1.25\nhalf_select = 0.02\n";

/// The design with more keys of `[crossbar]`, of `[converter]`, and more tables.
fn small(crossbar: &str, converter: &str, more: &str) -> Design {
    let text = format!("{SMALL}{crossbar}\n[converter]\n{converter}\n{more}");
    Design::from_toml(&text, "little").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

/// The design of real devices that most tests share: one model to build. Some offsets are beyond the range of the trims.
fn real() -> Design {
    let more = format!("{STOCHASTIC}{REAL}[device]\nlevels = 16\n");
    small("columns_per_adc = 4\nrows_per_adc = 2", "trim_bits = 6", &more)
}

const STOCHASTIC: &str = "[training]\nrule = \"stochastic\"\nbatch = 4\n";
const ACCUMULATE: &str = "[training]\nrule = \"accumulate\"\nbatch = 4\n";

/// Hardware and golden model hold the same, and do after steps of training.
fn same(session: &mut TrainingSession, when: &str) {
    let images: Vec<Vec<i8>> =
        (0..2).map(|k| (0..6).map(|pixel| (pixel * 37 + k * 61) as i8 & 127).collect()).collect();
    for step in 0..3 {
        let differences = session.differences().expect("read-back");
        assert!(differences.is_empty(), "{when}, step {step}: {:?}", &differences[..differences.len().min(5)]);
        session.step(&[&images[0], &images[1]], None).unwrap_or_else(|e| panic!("{e}"));
    }
}

/// Programs a design by pulses, compares everything, trains and compares again. Returns what was counted and how many
/// words had failures.
fn program(design: &Design, registers: &VerifyRegisters, options: &SessionOptions) -> (VerifyCounters, usize) {
    let schedule = Schedule::new(design);
    let verify = WriteVerify::with_registers(design, *registers);
    let mut session = TrainingSession::start_by_pulses(&schedule, initial(&schedule), &verify, 4711, options)
        .unwrap_or_else(|e| panic!("{e}"));
    let report = session.programming().expect("it was programmed by pulses").clone();
    assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
    same(&mut session, "programmed");
    (report.counters, report.failed_words)
}

/// Every device gets exactly to its level, in a pulse for each level and one read more.
#[test]
fn ideal_devices_are_exactly_at_their_levels() {
    let design = small("columns_per_adc = 4", "", STOCHASTIC);
    let schedule = Schedule::new(&design);
    let (counters, failed) = program(&design, &VerifyRegisters::of(&design), &SessionOptions::default());
    let content = initial(&schedule).content(&schedule);
    let words = content.layers.iter().flat_map(|l| &l.cells);
    let (mut devices, mut levels, mut count) = (0, 0, 0);
    for word in words {
        count += 1;
        for cell in &word.cells {
            devices += 2;
            levels += (cell & 63) + (cell >> 6);
        }
    }
    assert_eq!(counters.values(), [count, devices, levels, 0, levels + devices, 0]);
    assert_eq!(failed, 0);
}

#[test]
fn real_devices_have_the_codes_of_the_golden_model() {
    let design = real();
    for mode in StrengthMode::ALL {
        let registers = VerifyRegisters { mode, max_pulses: 20, ..VerifyRegisters::of(&design) };
        let (counters, failed) = program(&design, &registers, &SessionOptions::default());
        assert!(counters.set_pulses > 500 && counters.reset_pulses > 50, "{counters:?}");
        assert!(failed > 3 && counters.failed_devices > 3, "{counters:?}");
    }
}

/// Cells that were moved by hand go back to their levels: in hardware what the golden model says, and where devices are not
/// stuck and were moved by less than half a level, what they held.
#[test]
fn displaced_cells_are_refreshed() {
    let design = real();
    let schedule = Schedule::new(&design);
    let mut registers = VerifyRegisters::of(&design);
    registers.max_pulses = 60;
    let verify = WriteVerify::with_registers(&design, registers);
    let options = SessionOptions::default();
    let session = TrainingSession::start_by_pulses(&schedule, initial(&schedule), &verify, 11, &options)
        .unwrap_or_else(|e| panic!("{e}"));
    let failed = session.programming().expect("by pulses").counters.failed_devices;
    let before = session.golden().state().clone();
    // One model of a design at a time.
    drop(session);
    let (fraction, top) = (10, 15 << 10);
    // A quarter of a level, every other way.
    let mut moved = before.clone();
    let mut sign = 1;
    for code in moved.layers.iter_mut().flat_map(|l| l.plus.iter_mut().chain(l.minus.iter_mut())) {
        sign = -sign;
        *code = (i32::from(*code) + sign * (1 << (fraction - 2))).clamp(0, top) as u16;
    }
    let mut session = TrainingSession::start(&schedule, moved, &options).unwrap_or_else(|e| panic!("{e}"));
    let report = session.refresh(&verify, 12).expect("a refresh");
    assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
    assert!(report.counters.set_pulses > 100 && report.counters.reset_pulses > 100, "{:?}", report.counters);
    let after = session.golden().state().clone();
    let level = |code: u16| (code + (1 << (fraction - 1))) >> fraction;
    let (mut same_level, mut devices) = (0, 0);
    for (b, a) in before.layers.iter().zip(&after.layers) {
        for (before, after) in b.plus.iter().chain(&b.minus).zip(a.plus.iter().chain(&a.minus)) {
            devices += 1;
            same_level += u32::from(level(*before) == level(*after));
        }
    }
    assert!(same_level + 3 * failed > devices, "{same_level} of {devices} at their level, {failed} failed before");
    assert!(report.counters.failed_devices < failed + devices / 20, "{:?}", report.counters);
    same(&mut session, "refreshed");
}

/// Trims and cycles are those of the golden model; trims that are stored and written again have the same effect, and others
/// another.
#[test]
fn adcs_are_calibrated() {
    let design = real();
    let schedule = Schedule::new(&design);
    let expected = Calibration::of(&schedule).expect("ADCs have trims");
    assert!((1..20).contains(&expected.at_end), "some offsets are beyond the range: {}", expected.at_end);
    let mut session =
        TrainingSession::start(&schedule, initial(&schedule), &SessionOptions::default()).expect("a session");
    assert_eq!(session.trims().expect("trims"), expected.tiles, "trims after the first calibration");
    let other = |t: &TileTrims| TileTrims {
        columns: t.columns.iter().map(|trim| !trim).collect(),
        rows: t.rows.iter().map(|trim| -1 - trim / 2).collect(),
    };
    let others: Vec<TileTrims> = expected.tiles.iter().map(other).collect();
    session.set_trims(&others).expect("trims");
    assert_eq!(session.trims().expect("trims"), others, "trims as they were written");
    assert_eq!(session.calibrate().expect("a calibration"), (expected.cycles, expected.at_end));
    assert_eq!(session.trims().expect("trims"), expected.tiles, "trims after another calibration");
    session.set_trims(&others).expect("trims");
    session.set_trims(&expected.tiles).expect("trims");
    same(&mut session, "restored");
    // Trims have an effect: with wrong ones the hardware computes something else.
    session.set_trims(&others).expect("trims");
    let image: Vec<i8> = (0..6).map(|pixel| pixel * 20).collect();
    session.step(&[&image, &image], None).expect("a step");
    assert!(!session.differences().expect("read-back").is_empty());
}

/// Latencies of the macro have no part in codes and counts; nor has the scheme.
#[test]
fn other_macros_and_schemes() {
    let jitter = SessionOptions { view: CrossbarView::Jitter, ..SessionOptions::default() };
    let design = small("columns_per_adc = 2\nrows_per_adc = 4", "trim_bits = 8", &format!("{ACCUMULATE}{REAL}"));
    program(&design, &VerifyRegisters::of(&design), &jitter);
    let emulation = SessionOptions { view: CrossbarView::Emulation, ..SessionOptions::default() };
    let design = small("columns_per_adc = 4", "", &format!("{ACCUMULATE}[device]\nlevels = 8\n"));
    program(&design, &VerifyRegisters::of(&design), &emulation);
    for (trims, model) in [("", ""), ("trim_bits = 6", "[device.model]\npreset = \"EcRam\"\nadc_offset = 0.5\n")] {
        let converter = format!("signed_input = \"two_phase\"\n{trims}");
        let more = format!("{STOCHASTIC}[device]\nlevels = 16\n{model}");
        let design = small("columns_per_adc = 8\npair = \"reference\"", &converter, &more);
        program(&design, &VerifyRegisters::of(&design), &SessionOptions::default());
    }
}
