//! Write-verify in hardware: the emitted design in Verilator, programmed by pulses alone, against the golden algorithm.

#[allow(dead_code)] // shared with other test files
#[path = "exact_training.rs"]
mod exact;

use exact::{images, initial, with_training};
use memgan::config::Design;
use memgan::device::{StrengthMode, VerifyCounters, VerifyRegisters, WriteVerify};
use memgan::diff::{SessionOptions, TrainingSession};
use memgan::prepare;
use memgan::rtl::CrossbarView;
use memgan::schedule::Schedule;

/// Every imperfection at once.
const REAL: &str = "batch = 4\n[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nup_down = \
                    0.05\nup_down_dtod = 0.05\nw_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck_at_lrs = 0.02\nstuck_at_hrs = \
                    0.02\nstuck = 0.02\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = 0.02\nhalf_select = 0.02";

/// Programs a design by pulses, compares everything, trains a step and compares again. Returns what was counted and how
/// many words had failures.
fn program(design: &Design, registers: &VerifyRegisters, options: &SessionOptions) -> (VerifyCounters, usize) {
    let schedule = Schedule::new(design);
    let verify = WriteVerify::with_registers(design, *registers);
    let mut session = TrainingSession::start_by_pulses(&schedule, initial(&schedule), &verify, 4711, options)
        .unwrap_or_else(|e| panic!("{e}"));
    let report = session.programming().expect("it was programmed by pulses").clone();
    assert!(report.differences.is_empty(), "failed cells, counters or cycles: {:?}", &report.differences);
    let differences = session.differences().expect("read-back");
    assert!(differences.is_empty(), "after programming: {:?}", &differences[..differences.len().min(5)]);
    let data = images(design, 2);
    let codes = prepare::codes(&data, design);
    for _ in 0..2 {
        session.step(&[codes[0].as_slice(), codes[1].as_slice()], None).unwrap_or_else(|e| panic!("{e}"));
        let differences = session.differences().expect("read-back");
        assert!(differences.is_empty(), "after a step: {:?}", &differences[..differences.len().min(5)]);
    }
    (report.counters, report.failed_words)
}

/// Every device gets exactly to its level, in a pulse for each level and one read more.
#[test]
fn ideal_devices_are_exactly_at_their_levels() {
    let design = with_training("tiny", "stochastic", "batch = 4");
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
    let design = with_training("tiny", "stochastic", REAL);
    for mode in StrengthMode::ALL {
        let registers = VerifyRegisters { mode, max_pulses: 20, ..VerifyRegisters::of(&design) };
        let (counters, failed) = program(&design, &registers, &SessionOptions::default());
        assert!(counters.set_pulses > 1000 && counters.reset_pulses > 100, "{counters:?}");
        assert!(failed > 10 && counters.failed_devices > 10, "{counters:?}");
    }
}

/// Latencies of the macro have no part in codes and counts; nor has the scheme.
#[test]
fn other_macros_and_schemes() {
    let jitter = SessionOptions { view: CrossbarView::Jitter, ..SessionOptions::default() };
    let design = with_training("tiny", "accumulate", REAL);
    program(&design, &VerifyRegisters::of(&design), &jitter);
    let emulation = SessionOptions { view: CrossbarView::Emulation, ..SessionOptions::default() };
    let design = with_training("tiny", "accumulate", "batch = 4\n[device]\nlevels = 8");
    program(&design, &VerifyRegisters::of(&design), &emulation);
    let text = memgan::config::preset("tiny").expect("a preset").text;
    let text = text.replace("columns_per_adc = 4", "columns_per_adc = 4\npair = \"reference\"");
    for more in ["[device]\nlevels = 16", "[device]\nlevels = 16\n[device.model]\npreset = \"EcRam\""] {
        let text = format!("{text}\n[converter]\nsigned_input = \"two_phase\"\n{more}\n");
        let design = Design::from_toml(&text, "tiny").unwrap_or_else(|e| panic!("{e}: {:?}", e.help));
        program(&design, &VerifyRegisters::of(&design), &SessionOptions::default());
    }
}
