//! Training in hardware beside the golden trainer: runs that demand equality of everything.

use memgan::config::{Design, Role, UpdateRule};
use memgan::cosim::icarus::{self, Replay};
use memgan::data::{DataSet, mnist, synthetic};
use memgan::diff::{SessionOptions, TrainingSession};
use memgan::golden::{TrainSettings, TrainState, Trainer};
use memgan::prepare;
use memgan::rtl::TOP;
use memgan::schedule::{Phase, Schedule};
use memgan::weights::Weights;

/// A preset with a table for training.
pub fn with_training(preset: &str, rule: &str, more: &str) -> Design {
    let text = memgan::config::preset(preset).expect("a preset").text;
    let text = text.split("\n[training]").next().expect("a text");
    let text = format!("{text}\n[training]\nrule = \"{rule}\"\n{more}\n");
    Design::from_toml(&text, preset).unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

/// Images of the default data set in the design's shape, or drawn digits.
pub fn images(design: &Design, count: usize) -> DataSet {
    let drawn = || synthetic::digits(design.image, count, 3);
    match mnist::load(None, mnist::Split::Test).expect("a readable data set") {
        Some(data) => data.take(count).fit(design.image).map_or_else(|_| drawn(), |fitted| fitted.data),
        None => drawn(),
    }
}

pub fn initial(schedule: &Schedule) -> TrainState {
    let mapping = prepare::map(schedule, &Weights::seeded(&schedule.design, 5)).expect("weights of the design");
    TrainState::initial(schedule, &mapping, &TrainSettings::of(&schedule.design), 77)
}

/// The initial state, by the stochastic rule after steps of the golden model: rates begin low, and without pulses there
/// would be nothing to compare.
fn pulsing(schedule: &Schedule) -> TrainState {
    let state = initial(schedule);
    if schedule.design.update_rule() != Some(UpdateRule::Stochastic) {
        return state;
    }
    let data = images(&schedule.design, 2);
    let codes = prepare::codes(&data, &schedule.design);
    let batch: Vec<&[i8]> = codes.iter().map(Vec::as_slice).collect();
    let labels = schedule.design.network(Role::Classifier).map(|_| data.labels.as_slice());
    let mut trainer = Trainer::new(schedule, state).expect("a state of the design");
    for _ in 0..20 {
        trainer.step(&batch, labels).expect("a batch of the design");
    }
    trainer.into_state()
}

/// Runs whole steps phase by phase and demands equality of all that is written, of every cycle and of the state.
pub fn phases_are_exact(design: &Design, steps: usize, batch: usize) {
    let schedule = Schedule::new(design);
    let data = images(design, steps * batch);
    let codes = prepare::codes(&data, design);
    let options = SessionOptions::default();
    let mut session = TrainingSession::start(&schedule, pulsing(&schedule), &options).unwrap_or_else(|e| panic!("{e}"));
    let differences = session.differences().expect("read-back");
    assert!(differences.is_empty(), "after programming: {:?}", &differences[..differences.len().min(5)]);
    let mut images = codes.iter();
    let mut pulses = 0;
    for step in 0..steps {
        let mut run = |phase, image: Option<&Vec<i8>>| {
            let report = session.phase(phase, image.map(Vec::as_slice)).unwrap_or_else(|e| panic!("{phase:?}: {e}"));
            assert_eq!(report.differences, 0, "step {step} {phase:?}: first {:?}", report.first);
            pulses += report.golden.pulses.iter().flat_map(|r| &r.phases).map(|&used| usize::from(used)).sum::<usize>();
            let late = report.late();
            assert!(late.is_empty(), "step {step} {phase:?}: cycles {late:?}");
            let registers: Vec<_> = session.differences().expect("read-back").into_iter().take(5).collect();
            assert!(registers.is_empty(), "step {step} after {phase:?}: {registers:?}");
        };
        for _ in 0..batch {
            run(Phase::Real, images.next());
            run(Phase::Fake, None);
        }
        run(Phase::ApplyDiscriminator, None);
        for _ in 0..batch {
            run(Phase::Generate, None);
        }
        run(Phase::ApplyGenerator, None);
    }
    assert!(pulses >= 2 * steps * schedule.banks.len(), "{pulses} pulses");
}

/// Runs steps by the train command and compares the state after each.
pub fn steps_are_exact(design: &Design, steps: usize, batch: usize, options: &SessionOptions) {
    let schedule = Schedule::new(design);
    let data = images(design, 64);
    let codes = prepare::codes(&data, design);
    let mut session = TrainingSession::start(&schedule, pulsing(&schedule), options).unwrap_or_else(|e| panic!("{e}"));
    for step in 0..steps {
        let places: Vec<usize> = (0..batch).map(|k| (step * batch + k) % codes.len()).collect();
        let batch: Vec<&[i8]> = places.iter().map(|&i| codes[i].as_slice()).collect();
        let labels: Vec<u8> = places.iter().map(|&i| data.labels[i]).collect();
        let labels = design.network(Role::Classifier).map(|_| labels.as_slice());
        let report = session.step(&batch, labels).unwrap_or_else(|e| panic!("step {step}: {e}"));
        let losses: Vec<u64> = report.losses.iter().map(|l| l.loss).collect();
        let measured: Vec<u64> = session.losses().expect("read-back").into_iter().map(u64::from).collect();
        assert_eq!(losses, measured, "step {step}: losses");
        let differences = session.differences().expect("read-back");
        assert!(differences.is_empty(), "step {step}: {:?}", &differences[..differences.len().min(5)]);
    }
}

/// Trains one step in Verilator and replays it in Icarus, cycle for cycle.
pub fn icarus_trains_the_same(design: &Design) {
    let rule = design.training.as_ref().map(|t| t.rule);
    let schedule = Schedule::new(design);
    let codes = prepare::codes(&images(design, 2), design);
    let options = SessionOptions { record: true, ..SessionOptions::default() };
    let mut session = TrainingSession::start(&schedule, pulsing(&schedule), &options).unwrap_or_else(|e| panic!("{e}"));
    session.step(&[codes[0].as_slice()], None).unwrap_or_else(|e| panic!("{rule:?}: {e}"));
    assert!(session.differences().expect("read-back").is_empty(), "{rule:?}");
    let recording = session.driver().model().take_recording();
    // Until the first write the memories hold nothing: Verilator shows zeros, Icarus unknowns.
    let data = ["out_data_o", "tap_addr_o", "tap_data_o", "tap_mask_o", "cfg_data_o", "prog_data_o"];
    let replay = icarus::replay(&recording, TOP, session.sources(), &[], &data).unwrap_or_else(|e| panic!("{e}"));
    assert!(matches!(replay, Replay::Pass { cycles } if cycles as usize == recording.cycles()), "{replay:?}");
}
