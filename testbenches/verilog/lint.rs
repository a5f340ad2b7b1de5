//! Every emitted design with every view of the crossbar is clean under Verilator (each version there is) and Icarus.

use crate::common::{EIGHT, PAIR, Random, WIDE, accumulating, any_design, schedule, training};
use memgan::config::{self, Design, UpdateRule, presets};
use memgan::cosim::lint;
use memgan::cosim::tools::{Tool, Verilator, Version};
use memgan::emit::Package;
use memgan::rtl::{CrossbarView, TOP};
use memgan::schedule::Schedule;
use std::path::{Path, PathBuf};

fn write(package: &Package, view: CrossbarView, dir: &Path) -> Vec<PathBuf> {
    let write = |(path, bytes): (&str, &[u8])| {
        let file = dir.join(view.name()).join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file
    };
    package.verilog(view).into_iter().map(write).collect()
}

/// Each view with each version.
fn clean(schedule: &Schedule) {
    clean_by(schedule, |_, _| true);
}

/// Each view with one version: large designs take long, and small ones have every construct that they have.
fn clean_once(schedule: &Schedule) {
    clean_by(schedule, |view, version| view % 2 == version % 2);
}

/// `wanted` chooses number of view and number of version.
fn clean_by(schedule: &Schedule, wanted: impl Fn(usize, usize) -> bool) {
    let dir = tempfile::tempdir().unwrap();
    let package = Package::new(schedule, None);
    let verilators = Verilator::all();
    if !verilators.iter().any(|v| v.version > Version { major: 5, minor: 6 }) {
        eprintln!("SKIPPED: the newest Verilator is not installed, run scripts/setup.sh");
    }
    if verilators.is_empty() {
        eprintln!("SKIPPED: Verilator is not installed, run scripts/setup.sh");
    }
    let views = CrossbarView::emitted(schedule).iter().filter(|v| **v != CrossbarView::BlackBox);
    for (number, &view) in views.enumerate() {
        let files = write(&package, view, dir.path());
        let chosen = verilators.iter().enumerate().filter(|(v, _)| verilators.len() == 1 || wanted(number, *v));
        for (_, tool) in chosen {
            lint::verilator(tool, TOP, &files).unwrap_or_else(|e| panic!("{} {view:?}: {e}", tool.version));
        }
        match Tool::iverilog() {
            Ok(_) => lint::iverilog(TOP, &files).unwrap_or_else(|e| panic!("{view:?}: {e}")),
            Err(missing) => eprintln!("SKIPPED: {missing}"),
        }
    }
}

fn preset(name: &str) {
    clean(&crate::common::training_preset(name));
}

#[test]
fn tiny() {
    preset("tiny");
    clean(&crate::common::preset("tiny"));
}

/// Small presets with the rule that they do not have.
#[test]
fn other_rule() {
    for name in ["tiny", "cnn"] {
        let schedule = crate::common::preset(name);
        let rule = Design::load(name).expect("a preset").training.expect("a preset that trains").rule;
        let other = match rule {
            UpdateRule::Stochastic => UpdateRule::Accumulate,
            UpdateRule::Accumulate => UpdateRule::Stochastic,
        };
        clean(&training(&schedule, other, 4));
    }
    clean(&accumulating(config::preset("tiny").expect("a preset").text, 4, true));
}

#[test]
fn mnist_small() {
    clean_once(&crate::common::training_preset("mnist-small"));
}

#[test]
fn am_dcgan() {
    clean_once(&crate::common::training_preset("am-dcgan"));
}

#[test]
fn classifiers() {
    preset("mlp");
    preset("cnn");
}

/// Models of devices that generate other Verilog, with training and without.
#[test]
fn real_devices() {
    let every = "preset = \"ReRamSB\"\nstuck = 0.1\nread_noise = 0.01\nadc_offset = 1\nadc_gain = 0.01\nadc_nonlinearity = 0.5\nwire_ohm = \
                 1\nhalf_select = 0.01\nlifetime = 1000\nlifetime_dtod = 0.2\ndrift_to = -0.5\ndiffusion = \
                 0.001\ndiffusion_dtod = 0.2\nforming = 0.7\nforming_dtod = 0.1";
    for model in [
        "preset = \"Ideal\"",
        "preset = \"EcRam\"",
        "law = \"linear_step\"\ngamma_up_dtod = 0.2\nhalf_select = 0.05",
        "preset = \"GokmenVlasov\"",
        "read_noise = 0.1",
        "wire_ohm = 2",
        "half_select = 0.05",
        "lifetime = 100",
        "diffusion = 0.1\ndw_min_std = 0.1\nhalf_select = 0.01",
        "forming = 0.5",
        "forming = 0.9\nforming_dtod = 0.1\nread_noise = 0.01",
        every,
    ] {
        // A classifier has the same macro in another size.
        for name in if model == every { &["tiny", "mlp"][..] } else { &["tiny"] } {
            let text = config::preset(name).expect("a preset").text;
            for text in [text, text.split("[training]").next().expect("a text")] {
                let text = format!("{text}\n[device.model]\n{model}\n");
                clean_once(&schedule(&text));
            }
        }
    }
    let tiny = config::preset("tiny").expect("a preset").text;
    clean_once(&schedule(&format!("{tiny}\n[converter]\ntrim_bits = 8\n[device.model]\n{every}\n")));
    clean_once(&schedule(&format!("{PAIR}\n[device.model]\n{every}\ndw_min = 0.01\n")));
}

#[test]
fn odd_shapes() {
    [PAIR, EIGHT, WIDE].into_iter().for_each(|text| clean(&schedule(text)));
}

#[test]
fn any_shapes() {
    let mut random = Random::new(21);
    for _ in 0..10 {
        let (design, text) = any_design(&mut random);
        let result = std::panic::catch_unwind(|| clean(&Schedule::new(&design)));
        assert!(result.is_ok(), "{text}");
    }
}

/// A preset that is added is added here, too.
#[test]
fn no_preset_is_forgotten() {
    let names: Vec<&str> = presets().iter().map(|p| p.name).collect();
    assert_eq!(names, ["tiny", "mnist-small", "am-dcgan", "mlp", "cnn"]);
}

/// The gates themselves: an unused net is refused by each.
#[test]
fn the_gates_refuse() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("bad.v");
    let text = "module bad (input wire [3:0] a_i, output wire [2:0] y_o);\n  wire [3:0] idle;\n  assign y_o = a_i;\n";
    std::fs::write(
        &file,
        format!("{text}  bad_leaf u_leaf (.a_i(a_i[1:0]));\nendmodule\nmodule bad_leaf (input wire a_i);\nendmodule\n"),
    )
    .unwrap();
    for tool in Verilator::all() {
        assert!(lint::verilator(&tool, "bad", std::slice::from_ref(&file)).is_err(), "{}", tool.version);
    }
    if Tool::iverilog().is_ok() {
        assert!(lint::iverilog("bad", &[file]).is_err());
    }
}
