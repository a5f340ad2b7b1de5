//! Pulses and success of write-verify on the devices of `[device.model]`, by mode: the tables of docs/programming-study.md.
//! `cargo run --release --example write_verify`; half a minute.

mod trial;

use memgan::device::{NOMINAL_STRENGTH, PulseStrength, StrengthMode, VerifyRegisters};
use trial::{Array, Outcome};

/// Devices of the array that registers are tuned on; measured are all devices of another.
const TUNED_ON: usize = 1024;
/// Pulses after which a device has failed: enough for those of a thousand steps.
const MAX_PULSES: u8 = 100;
/// Success that is given up for fewer pulses.
const SLACK: f64 = 0.01;
/// Strengths to try, in 1/16 of a nominal pulse.
const STRENGTHS: [u8; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 255];

/// Devices: name, levels of the description, and its `[device.model]`.
const DEVICES: [(&str, u32, &str); 5] = [
    ("ReRamArrayOM", 16, "preset = \"ReRamArrayOM\""),
    ("ReRamArrayHfO2", 4, "preset = \"ReRamArrayHfO2\""),
    ("ReRamES", 64, "preset = \"ReRamES\""),
    ("ReRamSB", 64, "preset = \"ReRamSB\""),
    ("generic", 64, "law = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nstuck = 0.05"),
];

/// Levels to store, and the error that is left alone, as a part of the window: for two bits a cell the published 1 uS of 21,
/// for more levels a quarter of their distance, where the ADC has it.
const CASES: [(u32, f64); 3] = [(4, 1.0 / 21.0), (16, 1.0 / 60.0), (64, 1.0 / 126.0)];

fn main() {
    for (levels, tolerance) in CASES {
        println!("### {levels} levels, within {:.1} % of the window\n", 100.0 * tolerance);
        println!("| device | mode | registers | success | pulses where it succeeds | pulses | reads |");
        println!("|---|---|---|--:|--:|--:|--:|");
        for (name, of_device, model) in DEVICES {
            let [tuning, measured] = [1, 2].map(|seed| Array::new(of_device, model, seed, levels, tolerance));
            let name = format!("{name}, {:.1} % can", 100.0 * measured.can_succeed());
            let all = |r: &VerifyRegisters| measured.program(r, usize::MAX);
            let rule = tuning.registers;
            let patient = VerifyRegisters { max_pulses: MAX_PULSES, ..rule };
            // As a controller without adaptive strengths would begin.
            let full = levels == 4;
            if full {
                let nominal = PulseStrength { start: NOMINAL_STRENGTH, ..rule.set };
                let nominal = VerifyRegisters { mode: StrengthMode::Fixed, set: nominal, reset: nominal, ..patient };
                row(&name, "fixed, nominal", &nominal, &all(&nominal));
            }
            for mode in StrengthMode::ALL {
                let best = tuned(&tuning, &patient, mode);
                row(&name, &format!("{}, tuned", mode_name(mode)), &best, &all(&best));
            }
            if full {
                let small = tuning.with_small_start();
                row(&name, "adaptive, small START", &small, &all(&small));
            }
            row(&name, "adaptive, by rule", &rule, &all(&rule));
        }
        println!();
    }
}

fn mode_name(mode: StrengthMode) -> &'static str {
    match mode {
        StrengthMode::Fixed => "fixed",
        StrengthMode::Incremental => "incremental",
        StrengthMode::Adaptive => "adaptive",
    }
}

/// The registers of a mode, the same for SET and RESET, with the fewest pulses among those that nearly reach the highest
/// success.
fn tuned(array: &Array, defaults: &VerifyRegisters, mode: StrengthMode) -> VerifyRegisters {
    let tried: Vec<(VerifyRegisters, Outcome)> = candidates(mode)
        .into_iter()
        .map(|strength| VerifyRegisters { mode, set: strength, reset: strength, ..*defaults })
        .map(|registers| (registers, array.program(&registers, TUNED_ON)))
        .collect();
    let highest = tried.iter().map(|(_, o)| o.success()).fold(0.0, f64::max);
    let good = tried.iter().filter(|(_, o)| o.success() >= highest - SLACK);
    good.min_by(|a, b| a.1.pulses().total_cmp(&b.1.pulses())).expect("one is the highest").0
}

fn candidates(mode: StrengthMode) -> Vec<PulseStrength> {
    let base = PulseStrength { start: 16, step: 0, max: 255, slope: 0 };
    let starts = STRENGTHS.into_iter().map(|start| PulseStrength { start, ..base });
    match mode {
        StrengthMode::Fixed => starts.collect(),
        StrengthMode::Incremental => {
            starts.flat_map(|s| [1, 2, 4, 8, 16, 32].map(|step| PulseStrength { step, ..s })).collect()
        }
        StrengthMode::Adaptive => starts
            .flat_map(|s| [2, 4, 8, 16, 32, 64, 128, 255].map(|slope| PulseStrength { slope, ..s }))
            .flat_map(|s| [32, 64, 128, 255].map(|max| PulseStrength { max, ..s }))
            .filter(|s| s.start <= s.max)
            .collect(),
    }
}

fn row(name: &str, mode: &str, r: &VerifyRegisters, o: &Outcome) {
    let s = r.set;
    let registers = match r.mode {
        StrengthMode::Fixed => format!("START {}", s.start),
        StrengthMode::Incremental => format!("START {}, STEP {}", s.start, s.step),
        StrengthMode::Adaptive => format!("START {}, SLOPE {}, MAX {}", s.start, s.slope, s.max),
    };
    println!(
        "| {name} | {mode} | {registers}, MAX_PULSES {} | {:.1} % | {:.1} | {:.1} | {:.1} |",
        r.max_pulses,
        100.0 * o.success(),
        o.pulses_of_successful(),
        o.pulses(),
        o.reads()
    );
}
