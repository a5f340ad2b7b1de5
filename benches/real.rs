//! Real devices in the golden model on one thread: reads of a 128x128 tile with noise and with every imperfection, and pulses.
//!
//! `cargo bench --bench real`. A read is a 128x128 matrix-vector product with its 128 conversions, requantisation and
//! the gathering of its input.

use memgan::config::{Design, Role};
use memgan::device::{ArrayModel, LayerDevices, NOMINAL_STRENGTH};
use memgan::golden::BatchMachine;
use memgan::numeric::{Draw, event_key};
use memgan::prepare;
use memgan::schedule::Schedule;
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

/// Pulses on every device of a tile whose cells are single devices, and on a hundredth of the cells.
fn pulses() {
    let text = "pair = \"reference\"\n[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod \
                = 0.3\nw_min_dtod = 0.3\n";
    let design = design(text);
    let schedule = Schedule::new(&design);
    let devices = LayerDevices::new(&schedule, 0).expect("real devices");
    let model: &ArrayModel = &devices.model;
    let mut codes = vec![model.top as u16 / 2; 128 * 128];
    let mut count = 0;
    for (name, lines) in [("every line fires", 128), ("a tenth of the lines fires", 13)] {
        let (best, median) = time(|| {
            let key = event_key(model.key(Draw::Pulse), 1, count);
            count += 1;
            for i in (0..128).step_by(128 / lines) {
                for j in (0..128).step_by(128 / lines) {
                    let code = &mut codes[i * 128 + j];
                    *code = devices.pulse(i, j, *code, 0, count & 1 == 0, key).0;
                }
            }
        });
        let rate = |seconds: f64| 1.0 / seconds / 1e3;
        println!("pulse, {name:26} {:7.1} k a second (median {:7.1})", rate(best), rate(median));
    }
    assert_eq!(NOMINAL_STRENGTH, 16);
}

fn main() {
    reads("ideal", "");
    reads("real devices, no noise", "[device.model]\nlaw = \"soft_bounds\"\n");
    reads("read noise", "[device.model]\nread_noise = 0.01\n");
    let every = "[device.model]\nlaw = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod = 0.3\nw_min_dtod = \
                 0.3\nstuck = 0.05\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = 0.02\nadc_nonlinearity = \
                 0.5\nwire_ohm = 1\n";
    reads("every imperfection", every);
    pulses();
}
