//! The programming unit in hardware: the emitted design in Verilator, programmed by pulses alone and its ADCs calibrated,
//! against the golden algorithms. The design is small, since every view and every device is a model of its own to build.

use super::exact::initial;
use memgan::config::Design;
use memgan::device::{Calibration, StrengthMode, TileTrims, VIRGIN, VerifyCounters, VerifyRegisters, WriteVerify};
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

/// Devices that decay towards `G_min`.
const DRIFT: &str = "lifetime = 300\nlifetime_dtod = 0.2\ndrift_to = -1\ndiffusion = 0.002\n";

/// One device in twenty or so never forms.
const VIRGIN_DEVICES: &str = "forming = 0.75\nforming_dtod = 0.2\n";

/// The design with more keys of `[crossbar]`, of `[converter]`, and more tables.
fn small(crossbar: &str, converter: &str, more: &str) -> Design {
    let text = format!("{SMALL}{crossbar}\n[converter]\n{converter}\n{more}");
    Design::from_toml(&text, "little").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

/// The same with devices that drift and must be formed first.
fn virgin() -> Design {
    let more = format!("{STOCHASTIC}{REAL}{DRIFT}{VIRGIN_DEVICES}[device]\nlevels = 16\n");
    small("columns_per_adc = 4\nrows_per_adc = 2", "trim_bits = 6", &more)
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

/// Time and refresh in turns, in hardware as in the golden model: devices keep what decay would take from them.
#[test]
fn drifting_cells_are_refreshed() {
    let model = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.2\ndw_min_std = 0.2\nstuck = 0.05\nread_noise = 0.003\n";
    let more = format!("{STOCHASTIC}{model}{DRIFT}[device]\nlevels = 16\n");
    let design = small("columns_per_adc = 4\nrows_per_adc = 2", "", &more);
    let schedule = Schedule::new(&design);
    let verify =
        WriteVerify::with_registers(&design, VerifyRegisters { max_pulses: 60, ..VerifyRegisters::of(&design) });
    let options = SessionOptions::default();
    let mut session = TrainingSession::start_by_pulses(&schedule, initial(&schedule), &verify, 31, &options)
        .unwrap_or_else(|e| panic!("{e}"));
    session.refresh(&verify, 30).expect("to levels");
    let mean = |session: &TrainingSession| {
        let codes = session.golden().state().layers.iter().flat_map(|l| l.plus.iter().chain(&l.minus));
        codes.clone().map(|&code| f64::from(code)).sum::<f64>() / codes.count() as f64
    };
    let before = mean(&session);
    let (rounds, units, lifetime) = (6, 4, 300.0f64);
    for round in 0..rounds {
        let full = mean(&session);
        session.age(units).expect("time passes");
        assert!(session.differences().expect("read-back").is_empty(), "round {round}: after the time");
        // One device in twenty is stuck and does not decay.
        let lost = (1.0 - mean(&session) / full) / (f64::from(units) / lifetime);
        assert!((0.85..1.1).contains(&lost), "round {round}: {lost} of the decay");
        let report = session.refresh(&verify, 32 + round).expect("a refresh");
        assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
        assert!(session.differences().expect("read-back").is_empty(), "round {round}: after the refresh");
    }
    let decay = 1.0 - (1.0 - 1.0 / lifetime).powi((rounds * units) as i32);
    let lost = 1.0 - mean(&session) / before;
    assert!(lost.abs() < decay / 3.0, "{lost} of the conductance is lost, without refresh {decay}");
    same(&mut session, "refreshed");
}

/// Virgin devices are formed and programmed; those that never form end in the map of failed cells, in both steps, and stay
/// virgin. How many they are follows from the spread.
#[test]
fn virgin_devices_are_formed_and_programmed() {
    let design = virgin();
    let schedule = Schedule::new(&design);
    let verify = WriteVerify::new(&design);
    let mut session =
        TrainingSession::start_by_pulses(&schedule, initial(&schedule), &verify, 5, &SessionOptions::default())
            .unwrap_or_else(|e| panic!("{e}"));
    let forming = session.forming().expect("it was formed").clone();
    let programming = session.programming().expect("it was programmed").clone();
    for report in [&forming, &programming] {
        assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
        assert!(report.failed_words > 3);
    }
    let devices = f64::from(forming.counters.devices);
    assert_eq!(forming.counters.devices, programming.counters.devices);
    let state = session.golden().state();
    let codes = state.layers.iter().flat_map(|l| l.plus.iter().chain(&l.minus));
    let unformed = codes.filter(|&&code| code == VIRGIN).count() as f64;
    // 6 % are stuck and come formed; 4.6 % of the others are more than 255 from a mean of 191 with a deviation of 38.
    let wanted = 0.94 * 0.046 * devices;
    assert!((unformed - wanted).abs() < 4.0 * wanted.sqrt(), "{unformed} of {devices} never form, {wanted} should");
    assert!(f64::from(programming.counters.failed_devices) > unformed);
    // A mean of 191 from 77 on in steps of 8 is pulse 15.
    let pulses = f64::from(forming.counters.set_pulses) / devices;
    assert!((12.0..18.0).contains(&pulses) && forming.counters.reset_pulses == 0, "{pulses} pulses a device");
    same(&mut session, "formed and programmed");
    let formed_again = session.form(&verify, 6).expect("forming");
    assert!(formed_again.differences.is_empty(), "failed cells, counters or cycles: {:?}", &formed_again.differences);
    assert!(formed_again.counters.set_pulses > 0, "devices below the quarter are set");
    same(&mut session, "formed again");
}

/// Neither pulses of training nor time change virgin devices; what is formed then is near the upper bounds.
#[test]
fn only_forming_pulses_form() {
    let design = virgin();
    let schedule = Schedule::new(&design);
    let mut state = initial(&schedule);
    for layer in &mut state.layers {
        layer.plus.fill(VIRGIN);
        layer.minus.fill(VIRGIN);
    }
    let mut session =
        TrainingSession::start(&schedule, state, &SessionOptions::default()).unwrap_or_else(|e| panic!("{e}"));
    let virgin = |session: &TrainingSession| {
        let layers = &session.golden().state().layers;
        layers.iter().flat_map(|l| l.plus.iter().chain(&l.minus)).filter(|&&code| code == VIRGIN).count()
    };
    let before = virgin(&session);
    session.age(20).expect("time passes");
    same(&mut session, "virgin");
    assert_eq!(virgin(&session), before);
    let report = session.form(&WriteVerify::new(&design), 8).expect("forming");
    assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
    let after = virgin(&session);
    assert!(before > 100 && after < before / 10, "{before} before, {after} after");
    same(&mut session, "formed");
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
    for (trims, model) in [
        ("", ""),
        ("trim_bits = 6", "[device.model]\npreset = \"EcRam\"\nadc_offset = 0.5\nforming = 0.8\nforming_dtod = 0.2\n"),
    ] {
        let converter = format!("signed_input = \"two_phase\"\n{trims}");
        let more = format!("{STOCHASTIC}[device]\nlevels = 16\n{model}");
        let design = small("columns_per_adc = 8\npair = \"reference\"", &converter, &more);
        program(&design, &VerifyRegisters::of(&design), &SessionOptions::default());
    }
}
