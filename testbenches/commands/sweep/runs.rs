//! Sweeps that are run, stopped, changed, and run by several processes at once.

use super::place::{GRID, Place, SECONDS, number};
use crate::commands::black_images::write_black_images;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[test]
fn every_point_is_trained_and_scored_as_train_and_evaluate_do_it() {
    let place = Place::new();
    place.write(12, GRID);
    let text = place.must(0, "sweep s.toml --jobs 2");
    assert!(text.contains("4 of 4 points, 0 diverged"), "{text}");
    let rows = place.rows("sweep-s");
    let keys: Vec<[&str; 3]> = rows.iter().map(|r| ["point", "device.levels", "seed"].map(|k| r[k].as_str())).collect();
    assert_eq!(keys, [["0", "16", "1"], ["1", "16", "2"], ["2", "64", "1"], ["3", "64", "2"]]);
    for row in &rows {
        assert_eq!((row["ending"].as_str(), row["steps"].as_str()), ("finished", "12"));
        assert!(number(row, SECONDS) > 0.0 && number(row, "loss_real") > 0.0 && number(row, "step_cycles") > 1e4);
        assert_eq!(row["accuracy"], "");
    }

    // The same training by hand.
    let text = memgan::config::preset("tiny").expect("a preset").text;
    fs::write(place.path("coarse.toml"), format!("{text}\n[device]\nlevels = 16\n")).expect("a file");
    place.must(0, "train coarse.toml --steps 12 --seed 2 --images 100 --out run");
    let json = place.must(0, "evaluate coarse.toml run --images 80 --format json");
    let score = &serde_json::from_str::<Value>(&json).expect("JSON")["score"];
    assert_eq!(score["distance"].as_f64(), Some(number(&rows[1], "distance")));
    assert_eq!(score["inception_score"].as_f64(), Some(number(&rows[1], "inception_score")));

    // The other table says the same.
    let json = place.json("sweep-s/results.json");
    let others = json["rows"].as_array().expect("rows");
    assert_eq!((others.len(), &json["variables"]), (4, &serde_json::json!(["device.levels", "seed"])));
    for (row, other) in rows.iter().zip(others) {
        assert_eq!(other["score"]["distance"].as_f64(), Some(number(row, "distance")));
        assert_eq!(other["values"]["device.levels"].as_f64(), Some(number(row, "device.levels")));
        assert_eq!(other["losses"]["fake"].as_f64(), Some(number(row, "loss_fake")));
    }
    for name in ["distance-device-levels.png", "images.png"] {
        assert!(fs::read(place.path("sweep-s").join(name)).expect(name).starts_with(b"\x89PNG"), "{name}");
    }
}

#[test]
fn no_result_depends_on_jobs_and_nothing_is_run_twice() {
    let place = Place::new();
    place.write(8, GRID);
    place.must(0, "sweep s.toml --jobs 1 --out one");
    place.must(0, "sweep s.toml --jobs 3 --out three");
    assert_eq!(place.results("one"), place.results("three"));
    for name in ["images.png", "distance-device-levels.png"] {
        let bytes = |out: &str| fs::read(place.path(out).join(name)).expect("a picture");
        assert!(bytes("one") == bytes("three"), "{name}");
    }
    // Again: the same files, not written anew, and the same bytes of tables.
    let (points, table) = (place.points("one"), fs::read(place.path("one/results.csv")).expect("a table"));
    place.must(0, "sweep s.toml --out one");
    assert_eq!(place.points("one"), points);
    assert_eq!(fs::read(place.path("one/results.csv")).expect("a table"), table);
}

#[test]
fn a_changed_sweep_runs_only_what_is_new() {
    let place = Place::new();
    place.write(8, GRID);
    place.must(0, "sweep s.toml --out run");
    let (points, rows) = (place.points("run"), place.results("run"));
    // One more value: two more points, at other numbers.
    place.write(8, &GRID.replace("[16, 64]", "[16, 32, 64]"));
    place.must(0, "sweep s.toml --out run");
    let (more, all) = (place.points("run"), place.results("run"));
    assert_eq!(more.len(), 6);
    assert!(points.iter().all(|(name, time)| more[name] == *time));
    for (old, new) in rows.iter().zip([0, 1, 4, 5]) {
        let without = |row: &BTreeMap<String, String>| {
            let mut row = row.clone();
            row.remove("point");
            row
        };
        assert_eq!(without(old), without(&all[new]));
    }
    // Other steps: none of these results is taken.
    place.write(9, GRID);
    assert!(place.must(3, "sweep s.toml --out run --collect").contains("4 of 4 points have no result"));
    // A result that is damaged is made again.
    let name = points.keys().next().expect("a point");
    let path = place.path("run/points").join(name);
    let good = fs::read(&path).expect("a result");
    fs::write(&path, &good[..good.len() / 2]).expect("a file");
    place.write(8, GRID);
    place.must(0, "sweep s.toml --out run");
    assert_eq!(place.results("run"), rows);
    assert_eq!(fs::read(&path).expect("a result"), good);
    // Another key: its plot goes, where there is none of it any more.
    assert!(place.path("run/distance-device-levels.png").exists());
    place.write(8, "[grid]\nseed = [1, 2]\n");
    place.must(0, "sweep s.toml --out run");
    assert!(!place.path("run/distance-device-levels.png").exists() && place.path("run/images.png").exists());
}

/// Starts a sweep and waits until it has a checkpoint or a point of its own.
#[cfg(unix)]
fn begun(place: &Place, args: &str, there: impl Fn() -> bool) -> std::process::Child {
    let mut child = place.command(args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("memgan starts");
    let start = Instant::now();
    while !there() && child.try_wait().expect("a child").is_none() && start.elapsed() < Duration::from_secs(120) {
        std::thread::sleep(Duration::from_millis(2));
    }
    child
}

#[cfg(unix)]
#[test]
fn interrupted_and_killed_sweeps_go_on_to_the_same_results() {
    let place = Place::new();
    place.write(400, GRID);
    place.must(0, "sweep s.toml --out whole");
    // In the middle of a training: a checkpoint is there and no point.
    let trained = place.path("stopped/trained");
    let child = begun(&place, "sweep s.toml --jobs 1 --out stopped", || {
        fs::read_dir(&trained).into_iter().flatten().flatten().any(|d| d.path().join("checkpoint.safetensors").exists())
    });
    let signal = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill starts");
    assert!(signal.success());
    let output = child.wait_with_output().expect("a child");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(130), "{text}");
    assert!(text.contains("not run") && place.points("stopped").len() < 4, "{text}");
    // After a point, without any warning.
    let known = place.points("stopped").len();
    let mut child =
        begun(&place, "sweep s.toml --jobs 1 --out stopped", || place.points("stopped").len() > known.max(1));
    child.kill().expect("a child");
    child.wait().expect("a child");
    let left = place.points("stopped");
    place.must(0, "sweep s.toml --out stopped");
    assert_eq!(place.results("stopped"), place.results("whole"));
    assert!(left.iter().all(|(name, time)| place.points("stopped")[name] == *time));
    // The time of a training that was interrupted is not known.
    assert!(place.rows("stopped").iter().any(|row| row[SECONDS].is_empty()));
}

#[test]
fn a_point_run_by_several_processes_has_one_result() {
    let place = Place::new();
    place.write(60, GRID);
    place.must(0, "sweep s.toml --out whole");
    let start = |args: &str| place.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("memgan");
    let children = [
        start("sweep s.toml --out run --point 1"),
        start("sweep s.toml --out run --point 1"),
        start("sweep s.toml --out run"),
        start("sweep s.toml --out run --point 0 --every 2"),
    ];
    for child in children {
        let output = child.wait_with_output().expect("a child");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert_eq!(place.points("run").len(), 4);
    place.must(0, "sweep s.toml --out run --collect");
    assert_eq!(place.results("run"), place.results("whole"));
    // Killed after the last step and before anything was said about it.
    let run = fs::read_dir(place.path("run/trained")).expect("a folder").flatten().next().expect("a training").path();
    fs::remove_file(run.join("outcome.json")).expect("a file");
    fs::remove_dir_all(place.path("run/points")).expect("a folder");
    place.must(0, "sweep s.toml --out run");
    assert_eq!(place.results("run"), place.results("whole"));
    let left = |folder: &str| fs::read_dir(place.path(folder)).expect("a folder").flatten().count();
    assert_eq!(left("run/points"), 8, "results, pictures and nothing else");
}

#[test]
fn points_alone_and_then_their_collection() {
    let place = Place::new();
    place.write(5, GRID);
    let text = place.must(0, "sweep s.toml --point 2");
    assert!(text.contains("point 2 (device.levels = 64, seed = 1): distance"), "{text}");
    assert!(!place.path("sweep-s/results.csv").exists());
    let text = place.must(3, "sweep s.toml --collect");
    assert!(text.contains("3 of 4 points have no result") && text.contains("run the sweep again"), "{text}");
    assert_eq!(place.rows("sweep-s").iter().map(|r| r["point"].as_str()).collect::<Vec<_>>(), ["2"]);
    place.must(0, "sweep s.toml --point 0 --every 3");
    let json: Value = serde_json::from_str(&place.must(0, "sweep s.toml --point 3 --format json")).expect("JSON");
    assert!(json["result"]["score"]["distance"].is_f64() && json["point"] == 3, "{json}");
    let json: Value = serde_json::from_str(&place.must(0, "sweep s.toml --format json")).expect("JSON");
    assert_eq!((&json["points"], &json["finished"], &json["diverged"]), (&4.into(), &4.into(), &0.into()));
    assert!(place.must(2, "sweep s.toml --point 4").contains("0 to 3"));
}

#[test]
fn trained_levels_are_placed_on_the_devices_of_the_point() {
    let place = Place::new();
    let grid = "[grid]\nmode = [\"in_situ\", \"transfer\"]\ndevice.levels = [8, 64, 256]\n";
    place.write(40, grid);
    place.must(0, "sweep s.toml");
    let rows = place.rows("sweep-s");
    let distance = |mode: &str, levels: &str| {
        let row = rows.iter().find(|r| r["mode"] == mode && r["device.levels"] == levels).expect("a row");
        number(row, "distance")
    };
    // On the description's own devices both modes are one; finer devices hold the same weights, coarser ones do not.
    assert_eq!(distance("transfer", "64"), distance("in_situ", "64"));
    assert_eq!(distance("transfer", "256"), distance("transfer", "64"));
    assert_ne!(distance("in_situ", "256"), distance("in_situ", "64"));
    assert_ne!(distance("transfer", "8"), distance("transfer", "64"));
    assert_ne!(distance("transfer", "8"), distance("in_situ", "8"));
    // One training for all transfers and the equal point, one for each of the others.
    assert_eq!(fs::read_dir(place.path("sweep-s/trained")).expect("a folder").count(), 3);
}

/// Faults of real devices: trained with them, or trained on ideal devices and then placed on faulty ones.
#[test]
fn faults_of_devices_are_keys_as_any_other() {
    let place = Place::new();
    place.write(40, "[grid]\nmode = [\"in_situ\", \"transfer\"]\ndevice.model.stuck = [0, 0.3]\n");
    place.must(0, "sweep s.toml");
    let rows = place.rows("sweep-s");
    let distances: Vec<f64> = rows.iter().map(|row| number(row, "distance")).collect();
    // Real devices without faults hold what ideal ones were trained to hold.
    let text = memgan::config::preset("tiny").expect("a preset").text;
    fs::write(place.path("tiny.toml"), text).expect("a file");
    place.must(0, "train tiny.toml --steps 40 --images 100 --out run");
    let json = place.must(0, "evaluate tiny.toml run --images 80 --format json");
    let ideal = serde_json::from_str::<Value>(&json).expect("JSON")["score"]["distance"].as_f64();
    assert_eq!(Some(distances[2]), ideal);
    assert!(distances[1] != distances[0] && distances[3] != distances[2] && distances[1] != distances[3]);
    assert!(place.path("sweep-s/distance-device-model-stuck.png").exists());
}

#[test]
fn noise_of_the_inputs_changes_what_is_learned() {
    let place = Place::new();
    place.write(30, "[grid]\ninput_noise = [0, 0.1]\n");
    place.must(0, "sweep s.toml --out a");
    place.must(0, "sweep s.toml --out b --jobs 1");
    let rows = place.results("a");
    assert_ne!(rows[0]["loss_real"], rows[1]["loss_real"]);
    assert_eq!(rows[0]["real_distance"], rows[1]["real_distance"], "what is compared with has no noise");
    assert_eq!(rows, place.results("b"));
    assert!(place.path("a/distance-input-noise.png").exists());
}

#[test]
fn classifiers_have_accuracies() {
    let place = Place::new();
    let file = "name = \"c\"\ndescription = \"mlp\"\n[run]\nsteps = 150\nimages = 1000\n[set]\n\"training.batch\" = 32\n\
                [grid]\n\"layers.0.activation\" = [\"relu\", \"tanh\"]\ndevice.levels = [16, 64]\n";
    fs::write(place.path("c.toml"), file).expect("a file");
    place.must(0, "sweep c.toml");
    let rows = place.rows("sweep-c");
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row["distance"].is_empty()));
    // As the preset is: what `memgan train` reports.
    let json: Value =
        serde_json::from_str(&place.must(0, "train mlp --steps 150 --batch 32 --images 1000 --out run --format json"))
            .expect("JSON");
    assert_eq!(json["test_accuracy"].as_f64(), Some(number(&rows[1], "accuracy")));
    assert!(number(&rows[1], "accuracy") > 0.5);
    assert!(place.path("sweep-c/accuracy-device-levels.png").exists());
    assert!(!place.path("sweep-c/images.png").exists());
}

#[test]
fn training_that_stands_is_a_row_without_a_score() {
    let place = Place::new();
    let text = memgan::config::preset("mlp").expect("a preset").text;
    fs::write(place.path("mlp.toml"), text).expect("a file");
    write_black_images(&place.path("black"), 100);
    let file = "name = \"d\"\ndescription = \"mlp.toml\"\n[run]\nsteps = 100\nbatch = 4\ndata = \"black\"\n[grid]\nseed = [1]\n";
    fs::write(place.path("d.toml"), file).expect("a file");
    let text = place.must(0, "sweep d.toml");
    assert!(text.contains("1 of 1 points, 1 diverged") && text.contains("gives the same output"), "{text}");
    let row = &place.rows("sweep-d")[0];
    assert_eq!((row["ending"].as_str(), row["steps"].as_str(), row["accuracy"].as_str()), ("diverged", "25", ""));
}

#[test]
fn the_example_of_the_documents_runs() {
    let place = Place::new();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/examples/sweep.toml");
    let text = fs::read_to_string(&file).expect("the example");
    let listed = place.must(0, &format!("sweep {} --list", file.display()));
    assert!(listed.contains("resolution: 24 points of mnist-small"), "{listed}");
    // In short: a smaller design and a few steps.
    let short = text
        .replace("\"mnist-small\"", "\"tiny\"")
        .replace("steps = 3000", "steps = 3")
        .replace("batch = 32", "batch = 8")
        .replace("samples = 2000 ", "samples = 80 ");
    fs::write(place.path("short.toml"), short).expect("a file");
    place.must(0, "sweep short.toml");
    assert_eq!(place.rows("sweep-resolution").len(), 24);
    for name in ["distance-device-levels.png", "distance-converter-adc-bits.png", "images.png"] {
        assert!(place.path("sweep-resolution").join(name).exists(), "{name}");
    }
}
