//! Whole designs with every imperfection: the emitted design in Verilator against the golden model, every value and cycle.

use super::exact::{phases_are_exact, steps_are_exact, with_training};
use memgan::config::Design;
use memgan::diff::SessionOptions;
use memgan::rtl::CrossbarView;

/// Every imperfection at once.
const MODEL: &str = "law = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nup_down = 0.05\nup_down_dtod = \
                     0.05\nw_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck_at_lrs = 0.02\nstuck_at_hrs = 0.02\nstuck = \
                     0.02\nread_noise = 0.01\nadc_offset = 0.5\nadc_gain = 0.02\nadc_nonlinearity = 0.7\nwire_ohm = 3\n\
                     half_select = 0.02\nlifetime = 40\nlifetime_dtod = 0.3\ndrift_to = 0.4\ndiffusion = \
                     0.01\ndiffusion_dtod = 0.3";

fn real(preset: &str, rule: &str, batch: usize, model: &str) -> Design {
    with_training(preset, rule, &format!("batch = {batch}\n[device.model]\n{model}"))
}

#[test]
fn tiny_trains_with_every_imperfection_phase_by_phase() {
    for rule in ["stochastic", "accumulate"] {
        phases_are_exact(&real("tiny", rule, 4, MODEL), 3, 2);
    }
}

#[test]
fn tiny_trains_for_40_steps_with_every_imperfection() {
    for rule in ["stochastic", "accumulate"] {
        steps_are_exact(&real("tiny", rule, 4, MODEL), 40, 2, &SessionOptions::default());
    }
}

/// Laws, schemes and levels that generate other Verilog: no noise, a constant law, a reference column, two phases, slopes of
/// the devices' own with noise and without.
#[test]
fn each_imperfection_alone_is_exact() {
    let reference = "\n[crossbar]\nrows = 16\ncolumns = 16\ncolumns_per_adc = 4\npair = \"reference\"";
    for (crossbar, device, model) in [
        ("", "", "preset = \"Ideal\""),
        ("", "levels = 16", "dw_min_std = 0.5\nmult_noise = false\nlaw = \"pow_step\""),
        (reference, "levels = 256", "preset = \"EcRam\""),
        (
            "",
            "levels = 16",
            "law = \"linear_step\"\ngamma_up = 0.9\ngamma_up_dtod = 0.3\ngamma_down_dtod = 0.5\nw_max_dtod = 0.2",
        ),
        (
            "",
            "",
            "law = \"linear_step\"\ngamma_down = 1\ngamma_down_dtod = 1\nw_max = 0.5\ndw_min_std = 0.5\nmult_noise = \
             false\nhalf_select = 0.05\nstuck = 0.1",
        ),
        (reference, "", "stuck = 0.1\nread_noise = 0.02"),
    ] {
        let mut text = memgan::config::preset("tiny").expect("a preset").text.replace("[training]", "[training] # ");
        if !crossbar.is_empty() {
            let start = text.find("[crossbar]").expect("a table");
            let end = start + text[start..].find("\n\n").expect("its end");
            text.replace_range(start..end, crossbar.trim());
        }
        let text = format!("{text}\n[device]\n{device}\n[device.model]\n{model}\n");
        let design = Design::from_toml(&text, "tiny").unwrap_or_else(|e| panic!("{e}: {:?}", e.help));
        steps_are_exact(&design, 10, 4, &SessionOptions::default());
    }
}

/// The handshake of the macro has no part in its noise.
#[test]
fn noise_does_not_depend_on_the_latency_of_the_macro() {
    let options = SessionOptions { view: CrossbarView::Jitter, ..SessionOptions::default() };
    steps_are_exact(&real("tiny", "stochastic", 2, MODEL), 5, 2, &options);
}

/// The same Verilog in a second simulator, cycle for cycle.
#[test]
fn icarus_has_the_same_devices() {
    super::exact::icarus_trains_the_same(&real("tiny", "stochastic", 2, MODEL));
}
