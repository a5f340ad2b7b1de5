//! A directory that appears whole or not at all.

use super::{MANIFEST, Package};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The emission could not be written; what was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    #[error("cannot write {}: {step}: {}", path.display(), plain(reason))]
    Write { path: PathBuf, step: &'static str, reason: io::Error },
    #[error("{} holds files that memgan did not write ({found})", path.display())]
    NotOurs { path: PathBuf, found: String },
    #[error("{} is a file, not a directory", .0.display())]
    IsFile(PathBuf),
}

/// The operating system's reason without a temporary file's name.
fn plain(reason: &io::Error) -> String {
    let text = reason.to_string();
    text.split(" at path ").next().unwrap_or(&text).to_owned()
}

impl EmitError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Write { path, .. } => {
                format!("the parent of {} must exist, be writable and have room", path.display())
            }
            Self::NotOurs { .. } => {
                format!("name a new or empty directory, or an earlier emission (it has a {MANIFEST})")
            }
            Self::IsFile(_) => "name a directory".into(),
        }
    }
}

/// Writes the package to `out`, replacing an earlier emission there. The files are written to a directory beside `out`,
/// which is then renamed.
///
/// # Errors
/// If `out` holds something else, or the operating system refuses.
pub fn write_directory(package: &Package, out: &Path) -> Result<(), EmitError> {
    let fail = |step| move |reason| EmitError::Write { path: out.to_owned(), step, reason };
    let replaces = check_target(out)?;
    let parent = match out.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_owned(),
        _ => PathBuf::from("."),
    };
    fs::create_dir_all(&parent).map_err(fail("creating the directory above it"))?;
    let beside = tempfile::Builder::new()
        .prefix(".memgan-emit-")
        .tempdir_in(&parent)
        .map_err(fail("creating a directory beside it"))?;
    let fresh = beside.path().join("new");
    for (path, bytes) in &package.files {
        let path = fresh.join(path);
        let directory = path.parent().expect("a file has a directory");
        fs::create_dir_all(directory).map_err(fail("creating"))?;
        fs::write(&path, bytes).map_err(fail("writing"))?;
    }
    let old = beside.path().join("old");
    if replaces {
        fs::rename(out, &old).map_err(fail("moving the earlier emission"))?;
    }
    fs::rename(&fresh, out).map_err(|reason| {
        if replaces {
            // Put back what was there.
            let _ = fs::rename(&old, out);
        }
        fail("renaming")(reason)
    })
}

/// Whether there is something at `out` to replace.
fn check_target(out: &Path) -> Result<bool, EmitError> {
    let fail = |reason| EmitError::Write { path: out.to_owned(), step: "looking at it", reason };
    match fs::metadata(out) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(fail(e)),
        Ok(m) if !m.is_dir() => Err(EmitError::IsFile(out.to_owned())),
        Ok(_) => {
            if out.join(MANIFEST).is_file() {
                return Ok(true);
            }
            let mut entries = fs::read_dir(out).map_err(fail)?;
            match entries.next() {
                None => Ok(true),
                Some(entry) => Err(EmitError::NotOurs {
                    path: out.to_owned(),
                    found: entry.map_err(fail)?.file_name().to_string_lossy().into_owned(),
                }),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn package(text: &str) -> Package {
        let files = [(MANIFEST, text), ("rtl/a.v", text)];
        Package { files: BTreeMap::from(files.map(|(p, t)| (p.to_owned(), t.as_bytes().to_vec()))) }
    }

    #[test]
    fn an_emission_replaces_an_earlier_one_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        write_directory(&package("one"), &out).unwrap();
        fs::write(out.join("rtl/stale.v"), "old").unwrap();
        write_directory(&package("two"), &out).unwrap();
        assert_eq!(fs::read_to_string(out.join("rtl/a.v")).unwrap(), "two");
        assert!(!out.join("rtl/stale.v").exists(), "files of the earlier emission are gone");

        let own = dir.path().join("own");
        fs::create_dir(&own).unwrap();
        fs::write(own.join("thesis.tex"), "precious").unwrap();
        let error = write_directory(&package("three"), &own).unwrap_err();
        assert!(matches!(&error, EmitError::NotOurs { found, .. } if found == "thesis.tex"), "{error}");
        assert_eq!(fs::read_dir(&own).unwrap().count(), 1);
        assert!(matches!(write_directory(&package("x"), &own.join("thesis.tex")), Err(EmitError::IsFile(_))));
        assert!(write_directory(&package("x"), &own.join("thesis.tex/below")).is_err(), "below a file");
        write_directory(&package("x"), &dir.path().join("new/parent")).unwrap();
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left.len(), 3, "nothing is left beside: {left:?}");
    }
}
