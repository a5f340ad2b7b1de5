//! Files appear whole or not at all: written beside the target, then renamed onto it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// A file could not be written. The target, if it existed, still has its old content.
#[derive(Debug, Error)]
#[error("cannot write {}: {step}: {reason}", path.display())]
pub struct WriteError {
    /// The file that was to be written, not the temporary one.
    pub path: PathBuf,
    /// What was being done: creating, writing, syncing or renaming.
    pub step: &'static str,
    /// The operating system's reason.
    #[source]
    pub reason: io::Error,
}

crate::data::diagnostic!(WriteError);

impl WriteError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        let directory = directory_of(&self.path).display();
        match self.reason.kind() {
            io::ErrorKind::NotFound => {
                format!("create the directory {directory}, or choose another output path")
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("{directory} must be writable: the file is written beside its target and renamed")
            }
            io::ErrorKind::StorageFull => {
                format!("free some space on the file system of {directory}")
            }
            _ if self.path.is_dir() => "this path is a directory: name a file in it".into(),
            _ => "choose another output path".into(),
        }
    }
}

/// Whether the data is forced to the disk before the rename.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sync {
    /// Leave it to the operating system: for results that a second run makes again.
    No,
    /// `fsync` first: after a power failure there is the old or the new file, never an empty one.
    Yes,
}

/// Writes `bytes` to `path` by way of a temporary file in the same directory.
///
/// An existing file is replaced; a symbolic link is replaced, not followed. The new file gets the
/// usual permissions (`0666` less the umask on Unix). Nothing is left behind on failure.
pub fn write(path: &Path, bytes: &[u8], sync: Sync) -> Result<(), WriteError> {
    write_with(path, sync, |file| file.write_all(bytes))
}

/// As [`write()`], with the content produced by `fill`, whose error becomes the reason.
pub fn write_with(
    path: &Path,
    sync: Sync,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let fail = |step| move |reason| WriteError { path: path.to_owned(), step, reason };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".memgan-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(directory_of(path)).map_err(|e| fail("creating")(root_cause(e)))?;
    let mut buffered = io::BufWriter::new(file.as_file_mut());
    fill(&mut buffered).and_then(|()| buffered.flush()).map_err(fail("writing"))?;
    drop(buffered);
    if sync == Sync::Yes {
        file.as_file().sync_all().map_err(fail("syncing"))?;
    }
    file.persist(path).map_err(|e| fail("renaming")(e.error))?;
    Ok(())
}

/// The directory that holds `path`; the current one for a bare file name.
fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The operating system's error without the temporary file's name, which means nothing to the user.
fn root_cause(error: io::Error) -> io::Error {
    let text = error.to_string();
    let reason = text.split(" at path ").next().unwrap_or(&text);
    io::Error::new(error.kind(), reason)
}
