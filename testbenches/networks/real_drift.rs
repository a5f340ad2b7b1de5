//! Half-selected devices and drift: statistics against formulas in floating point, and drifting designs in Verilator against
//! the golden model.

use super::exact::{images, initial, with_training};
use memgan::config::{Design, PairScheme, Role};
use memgan::device::{ArrayModel, DeviceParameters, DriftModel, NOMINAL_STRENGTH};
use memgan::diff::{Session, SessionOptions, TrainingSession};
use memgan::golden::{Machine, Trainer};
use memgan::numeric::{Draw, draw, event_key};
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::weights::Weights;

/// `tiny` without training, with this `[device.model]`.
fn inference(model: &str) -> Design {
    let text = memgan::config::preset("tiny").expect("a preset").text;
    let text = text.split("[training]").next().expect("a text");
    let text = format!("{text}\n[device.model]\n{model}\n");
    Design::from_toml(&text, "tiny").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

/// The model and devices that are free to move in the whole window unless it says otherwise.
fn devices(model: &str, count: u32) -> (ArrayModel, Vec<(u32, DeviceParameters)>) {
    let array = ArrayModel::of(&inference(model)).expect("a model");
    let devices = (0..count).map(|number| (number, array.device(number))).collect();
    (array, devices)
}

/// Mean and standard deviation.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt())
}

fn near(what: &str, got: f64, wanted: f64, tolerance: f64) {
    assert!((got - wanted).abs() <= tolerance, "{what}: {got}, not {wanted} +- {tolerance}");
}

/// The codes of all devices `units` units after they held `from`.
fn aged(array: &ArrayModel, devices: &[(u32, DeviceParameters)], from: i32, units: u32) -> Vec<f64> {
    let keys = DriftModel::keys_of(array, 5, 0, units);
    devices.iter().map(|(number, d)| f64::from(array.age_by(from as u16, d, *number, &keys))).collect()
}

/// `w` keeps `(1 - 1 / lifetime)^n` of its distance to `drift_to`, from both sides, down to drift of a code in many units.
#[test]
fn devices_decay_by_their_formula() {
    let n = 4000;
    for (lifetime, units) in [(1, 1), (3, 2), (20, 30), (1000, 300), (100_000, 1000), (1_000_000, 2000)] {
        for drift_to in [0.0, -1.0, 0.6] {
            let (array, devices) = devices(&format!("lifetime = {lifetime}\ndrift_to = {drift_to}"), n);
            let top = f64::from(array.top);
            let rest = (drift_to + 1.0) / 2.0 * top;
            for from in [0, array.top / 3, array.top] {
                let left = (1.0 - 1.0 / f64::from(lifetime)).powi(units);
                let wanted = rest + (f64::from(from) - rest) * left;
                let (mean, sd) = moments(&aged(&array, &devices, from, units as u32));
                // Roundings by chance of each unit, four standard deviations of the mean; half a code for `rest`, and a
                // thousandth of what is lost for the rate.
                let lost = (f64::from(from) - wanted).abs();
                let tolerance = 4.0 * sd / f64::from(n).sqrt() + 0.5 + 1e-3 * lost;
                near(&format!("{from} after {units} of {lifetime} to {drift_to}"), mean, wanted, tolerance);
                assert!(sd <= 0.5 * f64::from(units).sqrt() + 0.01, "a unit rounds once: {sd}");
            }
        }
    }
}

/// The rate of decay spreads, not the lifetime; devices stay within their bounds, and stuck ones where they are.
#[test]
fn rates_spread_and_bounds_hold() {
    let (array, all) =
        devices("lifetime = 50\nlifetime_dtod = 0.3\nw_min_dtod = 0.4\nstuck = 0.1\ndrift_to = -1", 40_000);
    let rates: Vec<f64> = all.iter().map(|(number, _)| f64::from(array.drift_of(*number).rate)).collect();
    let (mean, sd) = moments(&rates);
    let one = f64::from(1u32 << array.drift.expect("a drift").rate_bits);
    near("mean rate", mean / one, 0.02, 0.02 * 0.3 * 4.0 / 200.0 + 1e-5);
    near("spread of rates", sd / mean, 0.3, 0.005);
    let codes = aged(&array, &all, array.top / 2, 2000);
    for ((number, d), code) in all.iter().zip(codes) {
        if d.low == d.high {
            continue;
        }
        // A hundredth a unit leaves nothing after 2,000.
        let slow = f64::from(array.drift_of(*number).rate) < 0.01 * one;
        assert!(slow || code == f64::from(d.low), "device {number} at {code} of {d:?}");
    }
    let (_, d) = all.iter().find(|(_, d)| d.low == d.high && d.low > 0).expect("a stuck device");
    assert_eq!(aged(&array, &[(9, *d)], d.low, 50), [f64::from(d.low)]);
}

/// Large and small steps walk with the standard deviation `diffusion sqrt(n)`; those far below a code too.
#[test]
fn devices_diffuse_by_their_formula() {
    let n = 4000;
    for (diffusion, units) in [(0.1, 1), (0.02, 40), (0.003, 200), (2e-4, 2000), (1e-5, 20_000)] {
        let (array, devices) = devices(&format!("diffusion = {diffusion}"), n);
        let half = array.top / 2;
        let (mean, sd) = moments(&aged(&array, &devices, half, units));
        let wanted = diffusion / 2.0 * f64::from(array.top) * f64::from(units).sqrt();
        // Four standard deviations of both estimates, half a percent for rounding.
        near(&format!("mean after {units} of {diffusion}"), mean, half.into(), 4.0 * wanted / f64::from(n).sqrt());
        let tolerance = wanted * (4.0 / (2.0 * f64::from(n)).sqrt() + 5e-3);
        near(&format!("spread after {units} of {diffusion}"), sd, wanted, tolerance);
    }
    let (array, devices) = devices("diffusion = 0.01\ndiffusion_dtod = 0.3", 40_000);
    let walks: Vec<f64> = devices.iter().map(|(number, _)| f64::from(array.drift_of(*number).walk)).collect();
    let (mean, sd) = moments(&walks);
    near("spread of walks", sd / mean, 0.3, 0.005);
}

/// A unit's draws have nothing to do with those of the next, of a neighbour, or of the decay.
#[test]
fn units_are_independent() {
    let (array, devices) = devices("diffusion = 0.05\nlifetime = 1000000", 20_000);
    let step = |count: u32, number: u32| {
        let keys = DriftModel::keys_of(&array, 5, count, 1);
        f64::from(
            array.age_by((array.top / 2) as u16, &devices[number as usize].1, number, &keys) as i32 - array.top / 2,
        )
    };
    let n = devices.len() as u32 - 1;
    let sd = 0.025 * f64::from(array.top);
    for (what, other) in [("units", [1, 0]), ("devices", [0, 1])] {
        let sum: f64 = (0..n).map(|k| step(0, k) * step(other[0], k + other[1])).sum();
        near(what, sum / f64::from(n) / sd / sd, 0.0, 4.0 / f64::from(n).sqrt());
    }
}

/// A half-selected device moves by `half_select` times the mean step at its place, however little that is.
#[test]
fn half_selected_devices_move_by_a_part_of_the_step() {
    let n = 200_000;
    for (law, noise) in
        [("constant_step", ""), ("soft_bounds", "dw_min_std = 1\n"), ("linear_step", "gamma_up = 0.5\n")]
    {
        for half_select in [0.001, 0.02, 0.1] {
            let text = format!("law = \"{law}\"\n{noise}dw_min = 0.01\nup_down = 0.2\nhalf_select = {half_select}");
            let (array, devices) = devices(&text, 1);
            for (at, up, strength) in [(0.25, true, 16), (0.25, false, 16), (0.75, true, 64), (0.5, false, 8)] {
                let (code, w) = ((at * f64::from(array.top)).round() as i32, 2.0 * at - 1.0);
                let relative = match (law, up) {
                    ("soft_bounds", true) => 1.0 - w,
                    ("soft_bounds", false) => 1.0 + w,
                    ("linear_step", true) => 1.0 - 0.5 * w,
                    _ => 1.0,
                };
                // Steps down are smaller by a fifth.
                let asymmetry = if up { 1.0 } else { 0.8 };
                let step = 0.005 * f64::from(array.top) * relative * asymmetry * f64::from(strength) / 16.0;
                let key = event_key(array.key(Draw::Pulse), 3, 7);
                let moved = |k: u32| array.disturb(code, &devices[0].1, up, strength, draw(key, k)) - code;
                let moves: Vec<f64> = (0..n).map(|k| f64::from(moved(k))).collect();
                let (mean, sd) = moments(&moves);
                let wanted = half_select * if up { step } else { -step };
                let tolerance = 4.0 * sd / f64::from(n).sqrt() + 0.01 * wanted.abs();
                near(&format!("{text} at {at} up {up} {strength}"), mean, wanted, tolerance);
            }
        }
    }
    // Without the key nothing moves.
    let (array, devices) = devices("law = \"constant_step\"", 1);
    assert_eq!(array.disturb(900, &devices[0].1, true, NOMINAL_STRENGTH, u32::MAX), 900);
}

/// Without training the macro has codes only for the drift: noise or none, both pair schemes, many units at once.
#[test]
fn inference_drifts_exactly() {
    let noisy = "lifetime = 30\nlifetime_dtod = 0.3\ndrift_to = -0.5\ndiffusion = 0.02\nw_max_dtod = 0.1\nstuck = \
                 0.05\nread_noise = 0.01\nwire_ohm = 3\nforming = 0.8\nforming_dtod = 0.2";
    for (pair, model) in [
        (PairScheme::Differential, noisy),
        (PairScheme::Differential, "lifetime = 20"),
        (PairScheme::Reference, "diffusion = 0.001\nforming = 0.9\nforming_dtod = 0.2"),
    ] {
        let mut design = inference(model);
        design.crossbar.pair = pair;
        let schedule = Schedule::new(&design);
        let mapping = prepare::map(&schedule, &Weights::seeded(&design, 5)).expect("weights of the design");
        let mut session = Session::start(&schedule, &mapping, &mapping, &SessionOptions::default()).expect("a session");
        let first = session.generate(11).expect("a pass");
        assert!(first.is_equal(), "{pair:?} {model}: {:?}", first.first_mismatch);
        for units in [1, 40, 0, 300] {
            session.age(units).expect("time passes");
            let pass = session.generate(11).expect("a pass");
            assert!(pass.is_equal(), "{pair:?} {model} {units}: {:?}", pass.first_mismatch);
        }
        let last = session.generate(11).expect("a pass");
        assert_ne!(first.golden_output, last.golden_output, "{pair:?} {model}: time changes what the devices compute");
    }
}

/// The host's command between steps, a step's own unit of time, and phases one by one.
#[test]
fn time_between_steps_is_exact() {
    let model = "lifetime = 60\nlifetime_dtod = 0.3\ndiffusion = 0.005\ndw_min_std = 0.3\nhalf_select = 0.01";
    for rule in ["stochastic", "accumulate"] {
        let design = with_training("tiny", rule, &format!("batch = 4\n[device.model]\n{model}"));
        let schedule = Schedule::new(&design);
        let codes = prepare::codes(&images(&design, 4), &design);
        let images: Vec<&[i8]> = codes.iter().map(Vec::as_slice).collect();
        let mut session =
            TrainingSession::start(&schedule, initial(&schedule), &SessionOptions::default()).expect("it");
        for units in [3, 0, 50] {
            session.age(units).expect("time passes");
            assert!(session.differences().expect("read-back").is_empty(), "{rule}: after {units} units");
            session.step(&images[..2], None).expect("a step");
            assert!(session.differences().expect("read-back").is_empty(), "{rule}: a step after {units} units");
        }
    }
}

/// Every step ends with a unit of time, and a run that is continued from a state has the same devices.
#[test]
fn a_step_is_a_unit_of_time() {
    let text = |model: &str| {
        with_training("tiny", "stochastic", &format!("batch = 4\n[device.model]\nlaw = \"soft_bounds\"\n{model}"))
    };
    let (still, drifting) = (text(""), text("lifetime = 10\ndrift_to = 1"));
    let codes = prepare::codes(&images(&drifting, 4), &drifting);
    let images: Vec<&[i8]> = codes.iter().map(Vec::as_slice).collect();
    let schedules = [Schedule::new(&still), Schedule::new(&drifting)];
    let [still, drifting] = schedules.each_ref().map(|schedule| {
        let mut trainer = Trainer::new(schedule, initial(schedule)).expect("a trainer");
        trainer.step(&images, None).expect("a step");
        trainer.into_state()
    });
    // A tenth of the way to `G_max` in the step's only unit of time.
    let top = f64::from(ArrayModel::of(&schedules[1].design).expect("a model").top);
    for (before, after) in still.layers.iter().zip(&drifting.layers) {
        for (&before, &after) in before.plus.iter().zip(&after.plus) {
            near("a device", after.into(), f64::from(before) + (top - f64::from(before)) / 10.0, 1.01);
        }
    }
    let run = |state, steps| {
        let mut trainer = Trainer::new(&schedules[1], state).expect("a trainer");
        (0..steps).for_each(|_| drop(trainer.step(&images, None).expect("a step")));
        trainer.into_state()
    };
    assert!(run(drifting.clone(), 4) == run(run(drifting, 2), 2));
}

/// The golden machine drifts as its devices do, and not where they do not.
#[test]
fn time_changes_only_what_drifts() {
    for (model, changes) in [("lifetime = 10", true), ("read_noise = 0.001", false)] {
        let design = inference(model);
        let schedule = Schedule::new(&design);
        let mapping = prepare::map(&schedule, &Weights::seeded(&design, 5)).expect("weights of the design");
        let mut machine = Machine::new(&schedule, &mapping);
        let run = |machine: &mut Machine| {
            machine.seed(3);
            machine.latents(Role::Generator);
            machine.run(Role::Generator);
            machine.output(Role::Generator).to_vec()
        };
        let first = run(&mut machine);
        machine.age(20);
        assert_eq!(first != run(&mut machine), changes, "{model}");
    }
}
