//! The sweep as a job array of Slurm: a script for the points without a result, one that collects, and their submission.

use super::{Planned, SweepError};
use crate::data::WriteError;
use crate::data::atomic::{self, Sync};
use std::path::{Path, PathBuf};
use std::process::Command;

const POINTS: &str = "sweep.sbatch";
const COLLECT: &str = "collect.sbatch";
/// Directory of what the jobs print.
const LOGS: &str = "slurm";
/// Tasks of an array. Slurm's default for `MaxArraySize` is 1001, and indices stay below it.
const MOST_TASKS: usize = 1000;

/// What the jobs run.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// Name of the sweep.
    pub name: &'a str,
    /// The program, the sweep file and the directory of results, with absolute paths: jobs run elsewhere.
    pub program: &'a Path,
    pub file: &'a Path,
    pub out: &'a Path,
    /// Most tasks at a time; as many as the cluster gives unless given.
    pub at_a_time: Option<u16>,
}

impl Job<'_> {
    /// Writes the scripts of the points and of the collection into the directory of results; gives their paths.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self, points: &[&Planned]) -> Result<[PathBuf; 2], SweepError> {
        let logs = self.out.join(LOGS);
        std::fs::create_dir_all(&logs).map_err(|reason| WriteError {
            path: logs,
            step: "creating the directory",
            reason,
        })?;
        let indices: Vec<usize> = points.iter().map(|planned| planned.point.index).collect();
        let scripts = [(POINTS, self.points(&indices)), (COLLECT, self.collection())];
        for (name, text) in &scripts {
            atomic::write(&self.out.join(name), text.as_bytes(), Sync::No)?;
        }
        Ok(scripts.map(|(name, _)| self.out.join(name)))
    }

    fn points(&self, indices: &[usize]) -> String {
        let most = indices.last().copied().unwrap_or(0);
        let (array, every) = match most < MOST_TASKS {
            true => (ranges(indices), String::new()),
            // Each task has every thousandth point, and passes over those that are done.
            false => (format!("0-{}", MOST_TASKS - 1), format!(" --every {MOST_TASKS}")),
        };
        let limit = self.at_a_time.map(|tasks| format!("%{tasks}")).unwrap_or_default();
        format!(
            "#!/bin/sh\n\
             # Points of the sweep {name} that had no result when this was written. Time, memory and partition are set here, or\n\
             # by sbatch's options and variables (SBATCH_TIMELIMIT, SBATCH_PARTITION). A task that is stopped or lost leaves a\n\
             # checkpoint: write or submit again, and the points without a result are run.\n\
             #SBATCH --job-name=memgan-{name}\n\
             #SBATCH --array={array}{limit}\n\
             #SBATCH --ntasks=1\n\
             #SBATCH --cpus-per-task=1\n\
             #SBATCH --requeue\n\
             #SBATCH --output=/dev/null\n\
             exec {command} --jobs \"${{SLURM_CPUS_PER_TASK:-1}}\" --point \"$SLURM_ARRAY_TASK_ID\"{every} \\\n  \
             >>{log}/\"$SLURM_ARRAY_TASK_ID\".log 2>&1\n",
            name = self.name,
            command = self.command(),
            log = quoted(&self.out.join(LOGS)),
        )
    }

    fn collection(&self) -> String {
        format!(
            "#!/bin/sh\n\
             # Tables and pictures of the sweep {name}; submitted to run after its points.\n\
             #SBATCH --job-name=memgan-{name}-collect\n\
             #SBATCH --ntasks=1\n\
             #SBATCH --output=/dev/null\n\
             exec {command} --collect >{log}/collect.log 2>&1\n",
            name = self.name,
            command = self.command(),
            log = quoted(&self.out.join(LOGS)),
        )
    }

    /// Points of any number were agreed to when the script was written.
    fn command(&self) -> String {
        format!("{} sweep {} --out {} --yes", quoted(self.program), quoted(self.file), quoted(self.out))
    }
}

/// Submits both scripts, the second to begin when the first has ended in whatever way; gives the numbers of the jobs.
///
/// # Errors
/// If sbatch is not there or refuses a script.
pub fn submit([points, collection]: &[PathBuf; 2]) -> Result<[String; 2], SweepError> {
    let first = sbatch(&[], points)?;
    let second = sbatch(&[format!("--dependency=afterany:{first}")], collection)?;
    Ok([first, second])
}

fn sbatch(options: &[String], script: &Path) -> Result<String, SweepError> {
    let output = Command::new("sbatch").arg("--parsable").args(options).arg(script).output();
    let output = output.map_err(|error| SweepError::Slurm { reason: format!("cannot be started: {error}") })?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        return Err(SweepError::Slurm { reason: text.trim().replace('\n', "; ") });
    }
    // The number, or the number and the cluster.
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.trim().split(';').next().unwrap_or_default().to_owned())
}

/// `0-3,7` for a rising list.
fn ranges(indices: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &index in indices {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == index => *last = index,
            _ => ranges.push((index, index)),
        }
    }
    let text = |(first, last)| if first == last { format!("{first}") } else { format!("{first}-{last}") };
    ranges.into_iter().map(text).collect::<Vec<_>>().join(",")
}

/// A path as one word of the shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job() -> Job<'static> {
        let (program, file) = (Path::new("/bin/memgan"), Path::new("/home/o'neil/my sweep.toml"));
        Job { name: "faults", program, file, out: Path::new("/tmp/out"), at_a_time: Some(4) }
    }

    #[test]
    fn only_the_points_that_are_missing_are_in_the_array() {
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
        let script = job().points(&[0, 1, 2, 5]);
        assert!(script.contains("#SBATCH --array=0-2,5%4\n"), "{script}");
        assert!(!script.contains("--every"));
        // More points than an array may have tasks.
        let script = job().points(&[3, 2500]);
        assert!(script.contains("--array=0-999%4\n") && script.contains(" --every 1000 "), "{script}");
    }

    #[test]
    fn paths_are_words_of_the_shell() {
        let script = job().points(&[0]).replace("exec ", "printf '%s\\n' ");
        let folder = tempfile::tempdir().expect("a folder");
        let script = script.replace("'/tmp/out/slurm'", &quoted(folder.path()));
        let status = Command::new("sh").args(["-c", &script]).env("SLURM_ARRAY_TASK_ID", "7").status();
        assert!(status.expect("sh starts").success());
        let words = std::fs::read_to_string(folder.path().join("7.log")).expect("a log");
        let expected = ["/bin/memgan", "sweep", "/home/o'neil/my sweep.toml", "--out", "/tmp/out", "--yes"];
        assert_eq!(words.lines().take(6).collect::<Vec<_>>(), expected);
        assert_eq!(words.lines().skip(6).collect::<Vec<_>>(), ["--jobs", "1", "--point", "7"]);
    }
}
