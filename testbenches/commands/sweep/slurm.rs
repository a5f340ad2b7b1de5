//! A sweep on a cluster: a real controller gives tasks to a real node, and one of them is killed.

use super::cluster::Cluster;
use super::place::{GRID, Place};
use serde_json::Value;
use std::fs;

/// Submits what has no result; the number of points and of the array's job.
fn submit(place: &Place, cluster: &Cluster) -> (u64, String) {
    let mut command = place.command("sweep s.toml --out run --slurm submit --slurm-tasks 2 --format json");
    let output = command.env("SLURM_CONF", cluster.conf()).output().expect("memgan starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    (json["points"].as_u64().expect("a number"), json["jobs"][0].as_str().expect("a job").to_owned())
}

#[test]
fn a_killed_task_is_run_again_and_nothing_else() {
    let (place, cluster) = (Place::new(), Cluster::start());
    place.write(1500, GRID);
    place.must(0, "sweep s.toml --out whole");
    // Trainings lie under their digest: that of the task's point by itself.
    place.must(0, "sweep s.toml --out alone --point 1");
    let alone = fs::read_dir(place.path("alone/trained")).expect("a training").next().expect("a training");
    let training = place.path("run/trained").join(alone.expect("an entry").file_name());

    let (points, job) = submit(&place, &cluster);
    assert_eq!(points, 4);
    // In the middle of its training, whatever the other task does: there are steps and no outcome.
    let task = format!("{job}_1");
    let steps = || fs::metadata(training.join("metrics.jsonl")).is_ok_and(|m| m.len() > 0);
    let ended = || training.join("outcome.json").exists();
    let runs = || cluster.tool("squeue", &["-h", "-t", "R", "-j", &task]).contains("R");
    cluster.wait("a task", || steps() && !ended() && runs());
    cluster.tool("scancel", &["--signal=KILL", "--full", &task]);
    cluster.drain();
    assert_eq!(place.points("run").len(), 3);
    let log = fs::read_to_string(place.path("run/slurm/collect.log")).expect("what the last job printed");
    assert!(log.contains("1 of 4 points have no result"), "{log}");
    assert_eq!(place.results("run").len(), 3);

    let known = place.points("run");
    let (points, _) = submit(&place, &cluster);
    assert_eq!(points, 1);
    let script = fs::read_to_string(place.path("run/sweep.sbatch")).expect("the script");
    assert!(script.contains("#SBATCH --array=1%2\n"), "{script}");
    cluster.drain();
    assert_eq!(place.results("run"), place.results("whole"));
    let all = place.points("run");
    assert!(all.len() == 4 && known.iter().all(|(name, time)| all[name] == *time));
    let log = fs::read_to_string(place.path("run/slurm/collect.log")).expect("what the last job printed");
    assert!(log.contains("4 of 4 points"), "{log}");

    // Nothing is left to submit: the tables are written at once.
    let mut command = place.command("sweep s.toml --out run --slurm submit");
    let output = command.env("SLURM_CONF", cluster.conf()).output().expect("memgan starts");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("4 of 4 points"));
    assert_eq!(cluster.tool("squeue", &["-h"]), "");
}

#[test]
fn scripts_stay_where_sbatch_is_not() {
    let place = Place::new();
    place.write(5, GRID);
    let output = place.command("sweep s.toml --slurm submit").env("PATH", "").output().expect("memgan starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("sbatch: cannot be started") && text.contains("scripts are written"), "{text}");
    let script = fs::read_to_string(place.path("sweep-s/sweep.sbatch")).expect("the script");
    assert!(script.starts_with("#!/bin/sh\n") && script.contains("#SBATCH --array=0-3\n"), "{script}");
}
