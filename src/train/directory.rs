//! The directory of a run: one run at a time.

use super::TrainingError;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = ".lock";

/// A directory that this run alone writes to. The lock goes with the process, however it ends.
pub(super) struct RunDirectory {
    path: PathBuf,
    _lock: File,
}

impl RunDirectory {
    /// Makes the directory if it is not there, and removes what a run that was killed left of unfinished files.
    pub fn open(path: &Path) -> Result<Self, TrainingError> {
        let fail = |reason| TrainingError::Directory { directory: path.to_owned(), reason };
        fs::create_dir_all(path).map_err(fail)?;
        let lock = File::options().create(true).truncate(false).write(true).open(path.join(LOCK)).map_err(fail)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TrainingError::InUse { directory: path.to_owned() }),
            // Not every file system has locks; then the user has to take care.
            Err(TryLockError::Error(_)) => {}
        }
        for entry in fs::read_dir(path).map_err(fail)?.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with(".memgan-") && name.ends_with(".tmp") {
                // A file that cannot be removed does no harm.
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }
}
