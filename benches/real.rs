//! Real devices in the golden model on one thread: reads of a 128x128 tile with noise and with every imperfection, and pulses
//! on its devices.
//!
//! `cargo bench --bench real`. A read is a 128x128 matrix-vector product with its 128 conversions, requantisation and
//! the gathering of its input. A pulse reaches the devices between all lines that fire.

use memgan::config::{Design, Role};
use memgan::device::{Connected, LayerDevices, Pulse};
use memgan::golden::{BatchMachine, FiredColumns, InstructionSet, TrainSettings, TrainState, Trainer};
use memgan::numeric::{Draw, Rate, event_key};
use memgan::prepare;
use memgan::schedule::{Phase, Schedule};
use memgan::weights::Weights;
use std::time::{Duration, Instant};

const BATCH: usize = 64;
const BUDGET: Duration = Duration::from_secs(3);

fn design(model: &str) -> Design {
    let text = format!(
        "name = \"tile\"\n[classifier]\nimage = [8, 8, 2]\n[[layers]]\ntype = \"dense\"\noutputs = 128\nactivation = \
         \"linear\"\n[crossbar]\nrows = 128\ncolumns = 128\n{model}"
    );
    Design::from_toml(&text, "tile").unwrap_or_else(|e| panic!("{e}"))
}

/// Best seconds of `run`, and the median.
fn time(mut run: impl FnMut()) -> (f64, f64) {
    run();
    let begin = Instant::now();
    let mut seconds = Vec::new();
    while begin.elapsed() < BUDGET {
        let start = Instant::now();
        run();
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    (seconds[0], seconds[seconds.len() / 2])
}

fn reads(name: &str, model: &str) {
    let design = design(model);
    let schedule = Schedule::new(&design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, 1)).expect("weights of this design");
    let mut machine = BatchMachine::new(&schedule, &mapping, BATCH);
    for image in 0..BATCH {
        let input: Vec<i8> = (0..128).map(|i| ((i * 37 + image * 11) % 255) as u8 as i8).map(|x| x.max(-127)).collect();
        machine.load(image, Role::Classifier, &input);
    }
    let (best, median) = time(|| machine.run(Role::Classifier));
    let rate = |seconds: f64| BATCH as f64 / seconds / 1e6;
    println!("{name:28} {:6.2} M reads of 128x128 a second (median {:6.2})", rate(best), rate(median));
}

/// Law and spreads of the devices that get pulses.
const PULSED: &str = "law = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod = 0.3\nw_min_dtod = 0.3\n";

fn report(name: &str, devices: usize, (best, median): (f64, f64)) {
    let (rate, moved) = (|seconds: f64| 1e-3 / seconds, devices as f64 / best / 1e9);
    println!("{name:44} {:7.1} k a second (median {:7.1}), {moved:5.2} G devices/s", rate(best), rate(median));
}

/// What training calls for a pulse on a tile, without and with the weights of the reads that follow from the codes.
fn pulses(pair: &str, law: &str) {
    let design = design(&format!("pair = \"{pair}\"\n[device.model]\n{PULSED}{law}"));
    let schedule = Schedule::new(&design);
    let devices = LayerDevices::new(&schedule, 0).expect("real devices");
    let start = |i: usize, j: usize| devices.place(i, j, devices.model.top as u16 / 2, devices.model.top as u16 / 2);
    let cells = (0..128 * 128).map(|cell| start(cell / 128, cell % 128));
    let (mut plus, mut minus): (Vec<u16>, Vec<u16>) = cells.unzip();
    let sides = if devices.pairs() { 2 } else { 1 };
    let mut fired = FiredColumns::default();
    let mut count = 0;
    for (name, lines) in [("every line", 128), ("every second line", 64), ("a tenth of the lines", 13)] {
        let some: Vec<usize> = (0..lines).map(|k| k * 128 / lines).collect();
        for set in InstructionSet::available() {
            let seconds = time(|| {
                let key = event_key(devices.model.key(Draw::Pulse), 1, count);
                count += 1;
                fired.select(&some, 128);
                let pulse = Pulse { connected: Connected::Both, up: count & 1 == 0, key };
                fired.pulse(set, &devices, &some, (&mut plus, &mut minus), pulse);
            });
            report(&format!("pulse, {pair}, {name}, {set}"), sides * lines * lines, seconds);
        }
    }
    let seconds = time(|| {
        let key = event_key(devices.model.key(Draw::Pulse), 1, count);
        count += 1;
        let pulse = Pulse { connected: Connected::Both, up: count & 1 == 0, key };
        for cell in 0..128 * 128 {
            let (i, j) = (cell / 128, cell % 128);
            (plus[cell], minus[cell]) = devices.pulse(i, j, plus[cell], minus[cell], pulse);
        }
    });
    report(&format!("pulse, {pair}, every line, device by device"), sides * 128 * 128, seconds);
}

/// The end of a batch in which every device of a tile gets a pulse: gradients to pulses, devices, weights of the reads.
fn updates(pair: &str) {
    let training = "[training]\nrule = \"accumulate\"\nkeep_remainder = true\n";
    let design = design(&format!("pair = \"{pair}\"\n{training}[device.model]\n{PULSED}"));
    let schedule = Schedule::new(&design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, 1)).expect("weights of this design");
    let mut state = TrainState::initial(&schedule, &mapping, &TrainSettings::of(&design), 1);
    // The smallest step, kept by a target beyond reach: the gradient lasts.
    let layer = &mut state.layers[0];
    (layer.target, layer.rate) = (u32::MAX, Rate::from_code(0));
    layer.remainder.iter_mut().for_each(|sums| sums.fill(1 << 30));
    let mut trainer = Trainer::new(&schedule, state).expect("a state of this design").with_threads(1);
    let seconds = time(|| {
        let report = trainer.run_phase(Phase::ApplyClassifier, None, None).expect("a phase of this design");
        assert_eq!(report.layers[0].pulses, 128 * 128);
    });
    let sides = if pair == "differential" { 2 } else { 1 };
    report(&format!("end of a batch, {pair}, all pulsed"), sides * 128 * 128, seconds);
}

fn main() {
    reads("ideal", "");
    reads("real devices, no noise", "[device.model]\nlaw = \"soft_bounds\"\n");
    reads("read noise", "[device.model]\nread_noise = 0.01\n");
    let every = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod = 0.3\nw_min_dtod = \
                 0.3\nstuck = 0.05\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = 0.02\nadc_nonlinearity = \
                 0.5\nwire_ohm = 1\n";
    reads("every imperfection", every);
    for pair in ["reference", "differential"] {
        pulses(pair, "");
        updates(pair);
    }
    // A law that is not straight, noise that does not scale with the step.
    pulses("reference", "w_min = -0.6\nmult_noise = false\n");
}
