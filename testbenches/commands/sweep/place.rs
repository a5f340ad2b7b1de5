//! A folder to run sweeps in.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Two levels of the grid and two seeds, in steps that take a moment.
pub const GRID: &str = "[grid]\ndevice.levels = [16, 64]\nseed = [1, 2]\n";
/// The column that differs from run to run, and the last one.
pub const SECONDS: &str = "train_seconds";

/// A folder without a data set, so that sweeps take drawn digits.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A sweep file of `tiny` with this number of steps; `rest` are its tables.
    pub fn write(&self, steps: u32, rest: &str) {
        let run = format!("[run]\nsteps = {steps}\nsamples = 80\nimages = 100\n");
        fs::write(self.path("s.toml"), format!("name = \"s\"\ndescription = \"tiny\"\n{run}{rest}")).expect("a file");
    }

    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memgan"));
        command
            .args(args.split_whitespace())
            .current_dir(self.0.path())
            .env_remove("CARGO_MANIFEST_DIR")
            .env_remove("MEMGAN_MNIST")
            .env("MEMGAN_CACHE", cache());
        command
    }

    pub fn run(&self, args: &str) -> Output {
        self.command(args).output().expect("memgan starts")
    }

    /// A run that must end with `code`; gives both outputs.
    pub fn must(&self, code: i32, args: &str) -> String {
        let output = self.run(args);
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(code), "{args}: {text}");
        text
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.path(name)).expect("a file")).expect("JSON")
    }

    /// The table by a reader of its own: for each row the columns by name.
    pub fn rows(&self, out: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_path(self.path(out).join("results.csv")).expect("a table");
        reader.deserialize().map(|row| row.expect("a row")).collect()
    }

    /// The table without the wall time.
    pub fn results(&self, out: &str) -> Vec<BTreeMap<String, String>> {
        let mut rows = self.rows(out);
        rows.iter_mut().for_each(|row| assert!(row.remove(SECONDS).is_some()));
        rows
    }

    /// Files of the points with their time of change.
    pub fn points(&self, out: &str) -> BTreeMap<String, std::time::SystemTime> {
        let files = fs::read_dir(self.path(out).join("points")).into_iter().flatten().flatten();
        let results = files.filter(|file| file.path().extension().is_some_and(|e| e == "json"));
        results
            .map(|file| {
                let changed = file.metadata().expect("a file").modified().expect("a time");
                (file.file_name().to_string_lossy().into_owned(), changed)
            })
            .collect()
    }
}

/// One cache for all tests of this file: the judge of the drawn digits is trained once.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("sweep-cache")
}

pub fn number(row: &BTreeMap<String, String>, key: &str) -> f64 {
    row[key].parse().unwrap_or_else(|_| panic!("{key} is {}", row[key]))
}
