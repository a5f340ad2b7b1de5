//! The example for users of the Verilog, run as they run it: images and losses are those of the golden model.

use memgan::config::{Design, Role};
use memgan::cosim::tools::Tool;
use memgan::golden::{Machine, Trainer};
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::weights::Weights;
use std::path::Path;
use std::process::Command;

/// Runs a command that must succeed; its output.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_example_makes_an_image_and_trains() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (iverilog, vvp) = match (Tool::iverilog(), Tool::vvp()) {
        (Ok(iverilog), Ok(vvp)) => (iverilog, vvp),
        (Err(missing), _) | (_, Err(missing)) => {
            eprintln!("SKIPPED: {missing}");
            return;
        }
    };
    let emission = root.join("rtl-out/tiny");
    let dir = tempfile::tempdir().expect("a directory");
    let program = dir.path().join("load.vvp");
    let example = root.join("docs/examples/load.v");
    let options = ["-g2005", "-c", "behavioural.f", "-s", "load", "-o"];
    run(Command::new(iverilog.path).current_dir(&emission).args(options).arg(&program).arg(&example));
    let printed = run(Command::new(vvp.path).current_dir(&emission).arg(&program));

    let design = Design::load("tiny").expect("a preset");
    let schedule = Schedule::new(&design);
    let state = prepare::initial_state(&schedule, &Weights::seeded(&design, 1), 1).expect("weights of the design");
    let mut machine = Machine::new(&schedule, &state.mapping(&schedule));
    machine.seed(1_020_716_019);
    machine.latents(Role::Generator);
    machine.run(Role::Generator);
    let words = machine.output(Role::Generator).chunks(4);
    // Lane 0 is the last byte of the printed number.
    let mut expected: Vec<String> =
        words.map(|w| w.iter().rev().map(|&v| format!("{:02x}", v as u8)).collect()).collect();
    machine.run(Role::Discriminator);
    expected.push(format!("score {}/127", machine.output(Role::Discriminator)[0]));

    let mut trainer = Trainer::new(&schedule, state).expect("a state of this design");
    let black = vec![0; design.image.len()];
    let batch = vec![black.as_slice(); 8];
    trainer.step(&batch, None).expect("a batch of the design");
    let step = trainer.step(&batch, None).expect("a batch of the design");
    expected.extend(step.losses.iter().map(|l| format!("loss {}", l.loss)));
    assert_eq!(printed.lines().collect::<Vec<_>>(), expected);
}
