//! Training runs as a user sees them: killed, continued, damaged, without room on the disk.

use crate::commands::black_images::write_black_images;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const CHECKPOINT: &str = "checkpoint.safetensors";

/// A folder without a data set, so that runs take drawn digits.
struct Place(tempfile::TempDir);

impl Place {
    /// With a description of each rule of training.
    fn new() -> Self {
        let place = Self(tempfile::tempdir().expect("a folder"));
        let text = memgan::config::preset("tiny").expect("a preset").text;
        let layers = text.split("[training]").next().expect("the text before");
        for (rule, more) in [("stochastic", ""), ("accumulate", "keep_remainder = true\n")] {
            let text = format!("{layers}\n[training]\nrule = \"{rule}\"\nbatch = 8\n{more}");
            fs::write(place.path(&format!("{rule}.toml")), text).expect("a file");
        }
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn prepare<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .current_dir(self.0.path())
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("MEMGAN_MNIST")
            .env("MEMGAN_CACHE", self.path("cache"))
    }

    fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memgan"));
        command.args(args.split_whitespace());
        self.prepare(&mut command);
        command
    }

    fn run(&self, args: &str) -> Output {
        self.command(args).output().expect("memgan starts")
    }

    /// A run that gets Ctrl-C once `awaited` exists, and must then end as interrupted; gives its output.
    #[cfg(unix)]
    fn interrupted(&self, args: &str, awaited: &Path) -> String {
        let mut child = self.command(args).stdout(Stdio::piped()).spawn().expect("memgan starts");
        while !awaited.exists() && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
        assert!(signal.success());
        let output = child.wait_with_output().expect("a child");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(130), "{text}");
        text
    }

    /// A run that must end with `code`; gives both outputs.
    fn must(&self, code: i32, args: &str) -> String {
        let output = self.run(args);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        text
    }

    fn file(&self, run: &str, name: &str) -> Vec<u8> {
        fs::read(self.path(run).join(name)).expect("a file of the run")
    }

    /// Whether two runs have the same checkpoint and the same metrics.
    fn assert_same(&self, a: &str, b: &str) {
        for name in [CHECKPOINT, "metrics.jsonl", "samples.png", "losses.png"] {
            assert!(self.file(a, name) == self.file(b, name), "{name} of {a} and {b}");
        }
    }

    /// Starts a run, and kills it when its metrics have lines for `lines` steps.
    fn kill_after(&self, args: &str, run: &str, lines: usize) {
        let mut child = self.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("memgan starts");
        let metrics = self.path(run).join("metrics.jsonl");
        let start = Instant::now();
        let there = || fs::read_to_string(&metrics).map_or(0, |text| text.lines().count());
        while there() < lines && start.elapsed() < Duration::from_secs(120) {
            std::thread::sleep(Duration::from_millis(1));
        }
        // SIGKILL on Unix: nothing of the program runs after this.
        child.kill().expect("a child");
        child.wait().expect("a child");
    }
}

fn is_whole(path: &Path) -> bool {
    let bytes = fs::read(path).expect("a checkpoint");
    memgan::data::TensorFile::parse(&bytes, "checkpoint").is_ok()
}

/// Arguments of a run of `steps` steps into folder `out`.
fn args(kind: &str, steps: usize, out: &str) -> String {
    format!("train {kind} --steps {steps} --batch 8 --images 200 --checkpoint-every 5 --out {out}")
}

const CHIP: &str = "accumulate.toml";
const FLOAT: &str = "tiny --float";
const KINDS: [&str; 3] = [CHIP, "stochastic.toml", FLOAT];

#[test]
fn a_killed_run_continues_to_the_same_bytes() {
    for kind in KINDS {
        let place = Place::new();
        place.must(0, &args(kind, 120, "whole"));
        // Killed in different places, some of them in the middle of a checkpoint.
        for lines in [1, 20, 40, 70] {
            place.kill_after(&args(kind, 120, "killed"), "killed", lines);
            assert!(is_whole(&place.path("killed").join(CHECKPOINT)), "{kind}");
        }
        place.must(0, &args(kind, 120, "killed"));
        place.assert_same("whole", "killed");
        let left: Vec<_> = fs::read_dir(place.path("killed")).expect("a folder").flatten().collect();
        let left: Vec<String> = left.iter().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        assert!(!left.iter().any(|name| name.ends_with(".tmp")), "{left:?}");
    }
}

#[test]
fn steps_checkpoints_and_threads_change_no_result() {
    for kind in KINDS {
        let place = Place::new();
        place.must(0, &format!("{} --threads 1", args(kind, 23, "one")));
        for steps in [4, 11, 23] {
            place.must(0, &format!("{} --threads 3", args(kind, steps, "other").replace("every 5", "every 2")));
        }
        place.assert_same("one", "other");
    }
}

/// A checkpoint goes from the golden model to the hardware and back, and the run is the same.
#[test]
fn hardware_and_golden_model_continue_each_other() {
    let place = Place::new();
    place.must(0, &args("stochastic.toml", 12, "whole"));
    for (steps, how) in [(3, " --hardware"), (5, ""), (9, " --hardware"), (12, "")] {
        let text = place.must(0, &format!("{}{how}", args("stochastic.toml", steps, "mixed")));
        assert!(text.contains(if how.is_empty() { "on the devices" } else { "in simulated hardware" }), "{text}");
    }
    place.assert_same("whole", "mixed");

    // What was trained makes images in the hardware, and its devices are in the emitted images.
    place.must(0, "simulate stochastic.toml --checkpoint mixed/checkpoint.safetensors --images 2 --out simulated");
    place.must(0, "emit stochastic.toml --checkpoint mixed/checkpoint.safetensors --out trained");
    place.must(0, "emit stochastic.toml --out untrained");
    let registers = |run: &str| String::from_utf8(place.file(run, "weights/training.hex")).expect("text");
    assert_ne!(registers("trained").lines().nth(1), registers("untrained").lines().nth(1));
    assert_ne!(place.file("trained", "weights/generator_0.hex"), place.file("untrained", "weights/generator_0.hex"));

    // Remainders of gradients cannot be written to the hardware.
    place.must(0, &args("accumulate.toml", 3, "remainders"));
    let before = place.file("remainders", CHECKPOINT);
    let text = place.must(2, &format!("{} --hardware", args("accumulate.toml", 6, "remainders")));
    assert!(text.contains("remainders of gradients") && text.contains("keep_remainder"), "{text}");
    assert!(before == place.file("remainders", CHECKPOINT));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_stops_in_good_order() {
    let place = Place::new();
    place.must(0, &args(FLOAT, 300, "whole"));
    let text = place.interrupted(&args(FLOAT, 300, "stopped"), &place.path("stopped").join(CHECKPOINT));
    assert!(text.contains("the same command continues"), "{text}");
    let report: Value = serde_json::from_slice(&place.file("stopped", "report.json")).expect("JSON");
    assert_eq!(report["ending"], "stopped");
    let steps = report["steps"].as_u64().expect("a number");
    assert!(steps < 300);
    // The checkpoint is of the last step and not of one before.
    assert_eq!(place.file("stopped", "metrics.jsonl").split(|&b| b == b'\n').count() as u64, steps + 1);
    place.must(0, &args(FLOAT, 300, "stopped"));
    place.assert_same("whole", "stopped");
}

/// A run that is told to stop while its devices are formed and programmed stops after a word, before anything was written.
#[cfg(unix)]
#[test]
fn programming_by_pulses_can_be_interrupted() {
    let place = Place::new();
    let text = fs::read_to_string(place.path("stochastic.toml")).expect("a description");
    fs::write(place.path("virgin.toml"), format!("{text}[device.model]\nforming = 0.7\n")).expect("a file");
    let args = "train virgin.toml --hardware --write-verify --steps 1 --images 64 --out run";
    // The directory is opened before the model is built.
    let text = place.interrupted(args, &place.path("run"));
    assert!(text.contains("while the devices were programmed"), "{text}");
    assert!(!place.path("run").join(CHECKPOINT).exists());
}

#[test]
fn checkpoints_that_are_damaged_or_of_another_run_are_refused_and_kept() {
    let place = Place::new();
    place.must(0, &args(CHIP, 6, "run"));
    let path = place.path("run").join(CHECKPOINT);
    let good = fs::read(&path).expect("a checkpoint");
    let mut flipped = good.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 4;
    let foreign = safetensors::serialize(Vec::<(&str, safetensors::tensor::TensorView<'_>)>::new(), None);
    let bad = [
        ("damaged", good[..good.len() / 2].to_vec()),
        ("damaged", good[..good.len() - 1].to_vec()),
        ("damaged", Vec::new()),
        ("damaged", b"not a checkpoint".to_vec()),
        ("checksum", flipped),
        ("not a file of this program", foreign.expect("an empty file")),
    ];
    for (reason, bytes) in bad {
        fs::write(&path, &bytes).expect("a file");
        for command in [args(CHIP, 9, "run"), "evaluate tiny run".to_owned()] {
            let text = place.must(2, &command);
            assert!(text.contains(reason) && text.contains("help:"), "{reason}: {text}");
        }
        assert!(fs::read(&path).expect("a file") == bytes, "{reason}: it was changed");
    }
    fs::write(&path, &good).expect("a file");
    let others = [
        (args(FLOAT, 9, "run"), "what is trained"),
        (args("stochastic.toml", 9, "run"), "`training`"),
        (args("accumulate.toml --seed 2", 9, "run"), "the seed"),
        (args(CHIP, 9, "run").replace("--images 200", "--images 199"), "the data set"),
        (args(CHIP, 9, "run").replace("--batch 8", "--batch 4"), "the batch"),
        (args("mnist-small", 9, "run"), "the design"),
        ("evaluate mnist-small run".to_owned(), "the design"),
    ];
    for (command, what) in others {
        let text = place.must(2, &command);
        assert!(text.contains(what), "{what}: {text}");
    }
    assert!(fs::read(&path).expect("a checkpoint") == good);
    place.must(0, &args(CHIP, 9, "run"));

    // Hardware that updates other rows at once has the same checkpoints.
    let text = fs::read_to_string(place.path(CHIP)).expect("a description");
    fs::write(place.path("rows.toml"), text + "update_rows = 1\n").expect("a file");
    place.must(0, &args("rows.toml", 6, "rows"));
    place.must(0, &args(CHIP, 9, "rows"));
    assert!(fs::read(&path).expect("a checkpoint") == place.file("rows", CHECKPOINT));
}

#[cfg(unix)]
#[test]
fn a_full_disk_costs_no_checkpoint() {
    // Blocks of 512 bytes that a file may have: too few for the metrics, or enough for them and too few for a checkpoint.
    for (kind, blocks, file) in [(CHIP, 2, "metrics.jsonl"), (FLOAT, 12, CHECKPOINT)] {
        let place = Place::new();
        place.must(0, &args(kind, 10, "run"));
        let before = place.file("run", CHECKPOINT);
        // Without the signal a write fails as it does on a full disk.
        let shell = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" {}", args(kind, 20, "run"));
        let mut command = Command::new("sh");
        command.args(["-c", &shell, env!("CARGO_BIN_EXE_memgan")]);
        let output = place.prepare(&mut command).output().expect("sh starts");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{text}");
        assert!(text.contains("cannot be written") && text.contains(file), "{text}");
        assert!(text.contains("last checkpoint is whole"), "{text}");
        assert!(place.file("run", CHECKPOINT) == before);
        place.must(0, &args(kind, 20, "run"));
        place.must(0, &args(kind, 20, "whole"));
        place.assert_same("whole", "run");
    }
}

#[test]
fn two_runs_do_not_share_a_directory() {
    let place = Place::new();
    fs::create_dir(place.path("run")).expect("a folder");
    let lock = fs::File::create(place.path("run").join(".lock")).expect("a file");
    lock.lock().expect("a lock");
    let text = place.must(2, &args(CHIP, 5, "run"));
    assert!(text.contains("in use by another run"), "{text}");
    drop(lock);
    place.must(0, &args(CHIP, 5, "run"));
}

#[test]
fn wrong_arguments_are_answered_before_anything_is_written() {
    let place = Place::new();
    fs::write(place.path("file"), "").expect("a file");
    let bad = [
        ("train tiny --steps 0 --out x", "--steps"),
        ("train tiny --batch 0 --out x", "--batch"),
        ("train tiny --batch 257 --out x", "--batch"),
        ("train tiny --images 0 --out x", "--images"),
        ("train tiny --checkpoint-every 0 --out x", "--checkpoint-every"),
        ("train tiny --data nowhere --out x", "nowhere"),
        ("train nowhere.toml --out x", "nowhere.toml"),
        ("evaluate tiny nowhere", "nowhere"),
        ("evaluate tiny x --images 10", "--images"),
    ];
    for (command, part) in bad {
        let text = place.must(2, command);
        assert!(text.contains(part), "{command}: {text}");
        assert!(!place.path("x").exists(), "{command}");
    }
    let text = place.must(3, "train tiny --steps 1 --images 20 --out file");
    assert!(text.contains("cannot be made a directory"), "{text}");
}

#[test]
fn only_devices_of_the_same_design_can_be_emitted() {
    let place = Place::new();
    place.must(0, "train stochastic.toml --float --steps 1 --images 20 --out floats");
    let text = place.must(2, "emit stochastic.toml --checkpoint floats/checkpoint.safetensors --out y");
    assert!(text.contains("--float") && text.contains("weights.safetensors"), "{text}");
    let text = place.must(2, "emit mlp --checkpoint floats/checkpoint.safetensors --out y");
    assert!(text.contains("the design is"), "{text}");
    let text = place.must(2, "emit stochastic.toml --checkpoint none.safetensors --out y");
    assert!(text.contains("none.safetensors"), "{text}");
    assert!(!place.path("y").exists());
}

#[test]
fn a_batch_is_as_large_as_the_description_allows() {
    let place = Place::new();
    let text = place.must(2, "train stochastic.toml --batch 9 --steps 1 --images 20 --out x");
    assert!(text.contains("a batch of 9 images") && text.contains("training.batch"), "{text}");
    assert!(!place.path("x").exists());
    place.must(0, "train stochastic.toml --steps 1 --images 20 --out x");
}

#[test]
fn training_that_stands_is_stopped_and_named() {
    let place = Place::new();
    write_black_images(&place.path("black"), 100);
    let train = "train mlp --data black --batch 4 --steps 100 --checkpoint-every 10 --out run";
    let text = place.must(4, train);
    for part in ["came to a stop at step 1", "layer classifier_1 gives the same output for every image", "until 25"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let report: Value = serde_json::from_slice(&place.file("run", "report.json")).expect("JSON");
    assert_eq!((&report["ending"], &report["step"]), (&"diverged".into(), &1.into()));
    // No checkpoint of the trouble has replaced the one from before it.
    let text = place.must(0, "evaluate mlp run --data black --format json");
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON")["steps"], 0);
}

#[test]
fn a_gan_is_scored() {
    let place = Place::new();
    for kind in [CHIP, FLOAT] {
        place.must(0, &args(kind, 10, "run"));
        let json = place.must(0, "evaluate tiny run --images 200 --format json");
        let report: Value = serde_json::from_str(&json).expect("JSON");
        let score = &report["score"];
        assert_eq!(score["images"], 200);
        assert_eq!(score["classes"].as_array().map_or(0, |c| c.iter().filter_map(Value::as_u64).sum::<u64>()), 200);
        let number = |key: &str| score[key].as_f64().expect("a number");
        assert!(number("distance") > number("real_half_distance"), "{score}");
        assert!((1.0..=10.0).contains(&number("inception_score")), "{score}");
        assert!(number("classifier_accuracy") > 0.8, "{score}");
        assert!(place.path("run/evaluation.png").exists());
        let again = place.must(0, &format!("evaluate tiny run/{CHECKPOINT} --images 200 --format json --threads 1"));
        assert_eq!(serde_json::from_str::<Value>(&again).expect("JSON")["score"], *score);
        let text = place.must(0, "evaluate tiny run --images 200");
        assert!(text.contains("distance") && text.contains("two sets of real images"), "{text}");
        fs::remove_dir_all(place.path("run")).expect("a folder");
    }
}

#[test]
fn a_classifier_learns_and_is_tested() {
    let place = Place::new();
    for kind in ["", "--float"] {
        let train = format!("train mlp --steps 150 --images 1000 --out run --picture-every 50 {kind} --format json");
        let report: Value = serde_json::from_str(&place.must(0, &train)).expect("JSON");
        let accuracy = report["test_accuracy"].as_f64().expect("a number");
        assert!(accuracy > 0.5, "{kind}: {accuracy}");
        let report: Value = serde_json::from_str(&place.must(0, "evaluate mlp run --format json")).expect("JSON");
        assert_eq!(report["test_accuracy"].as_f64(), Some(accuracy));
        let metrics = String::from_utf8(place.file("run", "metrics.jsonl")).expect("UTF-8");
        let lines: Vec<Value> = metrics.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        assert_eq!(lines.len(), 150);
        assert!(lines[49]["test_accuracy"].is_f64() && lines[48]["test_accuracy"].is_null());
        assert!(place.must(0, "evaluate mlp run").contains("accuracy"));
        fs::remove_dir_all(place.path("run")).expect("a folder");
    }
}

#[test]
fn float_weights_go_on_to_the_devices() {
    let place = Place::new();
    place.must(0, &args(FLOAT, 3, "run"));
    place.must(0, "emit tiny --weights run/weights.safetensors --out hardware");
    assert!(place.path("hardware/manifest.json").exists());
}
