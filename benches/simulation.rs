//! Training of `mnist-small` in the simulator with ideal and with real devices, in turn: `cargo bench --bench simulation`.
//!
//! Seconds to build each model, and seconds of the three phases of an image in the simulator: the golden trainer's share,
//! measured by itself, is taken off. Every value is compared as in the tests.

use memgan::config::Design;
use memgan::data::synthetic;
use memgan::diff::{SessionOptions, TrainingSession};
use memgan::golden::{TrainSettings, TrainState, Trainer};
use memgan::prepare;
use memgan::schedule::{Phase, Schedule};
use memgan::weights::Weights;
use std::time::Instant;

const ROUNDS: usize = 5;
const PHASES: [Phase; 3] = [Phase::Real, Phase::Fake, Phase::Generate];

/// Every imperfection at once.
const REAL: &str = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nup_down_dtod = 0.05\n\
                    w_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck = 0.05\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = \
                    0.02\nadc_nonlinearity = 0.7\nwire_ohm = 1\n";

fn design(rule: &str, model: &str) -> Design {
    let text = memgan::config::preset("mnist-small").expect("a preset").text;
    let text = text.split("\n[training]").next().expect("a text");
    let text = format!("{text}\n[training]\nrule = \"{rule}\"\nbatch = 2\n{model}");
    Design::from_toml(&text, "mnist-small").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

fn state(schedule: &Schedule) -> TrainState {
    let mapping = prepare::map(schedule, &Weights::seeded(&schedule.design, 5)).expect("weights of the design");
    TrainState::initial(schedule, &mapping, &TrainSettings::of(&schedule.design), 77)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds[seconds.len() / 2]
}

fn main() {
    for rule in ["accumulate", "stochastic"] {
        let schedules = ["", REAL].map(|model| Schedule::new(&design(rule, model)));
        let mut sessions = Vec::new();
        for (schedule, name) in schedules.iter().zip(["ideal", "real"]) {
            let start = Instant::now();
            let session = TrainingSession::start(schedule, state(schedule), &SessionOptions::default())
                .unwrap_or_else(|error| panic!("{error}"));
            println!("{rule}, {name:5}: built (or found) and programmed in {:6.1} s", start.elapsed().as_secs_f64());
            let golden = Trainer::new(schedule, state(schedule)).expect("a state of the design");
            sessions.push((session, golden));
        }
        let image = prepare::codes(&synthetic::digits(schedules[0].design.image, 1, 1), &schedules[0].design).remove(0);
        let mut seconds = [Vec::new(), Vec::new()];
        let mut cycles = 0;
        for _ in 0..ROUNDS {
            for ((session, golden), seconds) in sessions.iter_mut().zip(&mut seconds) {
                let image = |phase| (phase == Phase::Real).then_some(image.as_slice());
                let start = Instant::now();
                cycles = 0;
                for phase in PHASES {
                    let report = session.phase(phase, image(phase)).unwrap_or_else(|error| panic!("{error}"));
                    assert_eq!(report.differences, 0, "{phase:?}: first {:?}", report.first);
                    cycles += report.ops.iter().map(|op| op.cycles).sum::<u64>();
                }
                let both = start.elapsed().as_secs_f64();
                let start = Instant::now();
                for phase in PHASES {
                    golden.run_phase(phase, image(phase), None).expect("a phase of the design");
                }
                seconds.push(both - start.elapsed().as_secs_f64());
            }
        }
        let [ideal, real] = seconds.map(median);
        println!(
            "{rule}: {cycles} cycles in {:.0} ms with ideal and {:.0} ms with real devices, ratio {:.2}",
            1e3 * ideal,
            1e3 * real,
            real / ideal
        );
    }
}
