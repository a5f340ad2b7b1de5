//! Finds and loads MNIST, or any data set that comes as the same two files.
//!
//! Looked for in this order: the directory that the user named, the environment variable
//! `MEMGAN_MNIST`, then `../shared/data/mnist` beside the current directory or the package. The
//! files are named as distributed (`t10k-images-idx3-ubyte`, `train-labels-idx1-ubyte`) or with a
//! dot (`t10k-images.idx3-ubyte`), with or without `.gz`.

use super::{DataSet, IdxError, idx, set::describe};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Environment variable that names the directory of the data set.
pub const VARIABLE: &str = "MEMGAN_MNIST";
const DEFAULT: &str = "../shared/data/mnist";

/// The two halves of the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// `t10k`: 10,000 images of MNIST.
    Test,
    /// `train`: 60,000 images of MNIST.
    Train,
}

impl Split {
    fn prefix(self) -> &'static str {
        match self {
            Split::Test => "t10k",
            Split::Train => "train",
        }
    }

    fn other(self) -> Split {
        match self {
            Split::Test => Split::Train,
            Split::Train => Split::Test,
        }
    }
}

/// The data set is not where it was said to be, or is damaged.
#[derive(Debug, Error)]
pub enum MnistError {
    #[error("no MNIST images in {} ({named_by})", directory.display())]
    NotThere { directory: PathBuf, named_by: &'static str },
    #[error("{} has images ({images}) without labels ({wanted})", directory.display())]
    NoLabels { directory: PathBuf, images: String, wanted: String },
    #[error("{}: {labels} labels for {images} images, the counts must be equal", file.display())]
    Count { file: PathBuf, images: usize, labels: usize },
    #[error(transparent)]
    Idx(#[from] IdxError),
}

crate::data::diagnostic!(MnistError);

impl MnistError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NotThere { .. } => "the directory must hold t10k-images-idx3-ubyte or train-images-idx3-ubyte and \
                 the labels beside it, plain or .gz"
                .into(),
            Self::NoLabels { wanted, .. } => {
                format!("put {wanted} or {wanted}.gz beside the images")
            }
            Self::Count { .. } => "images and labels come from different sets: fetch both again".into(),
            Self::Idx(error) => error.help(),
        }
    }
}

/// Loads the half that `prefer` names, or the other if only that is there.
///
/// `explicit` is the directory that the user named. `Ok(None)`: nobody named a directory and the
/// default one has no data. A directory that was named, also by the environment variable, must have
/// it.
pub fn load(explicit: Option<&Path>, prefer: Split) -> Result<Option<DataSet>, MnistError> {
    let variable = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let named = match (explicit, variable) {
        (Some(directory), _) => Some((directory.to_owned(), "named on the command line")),
        (None, Some(directory)) => Some((directory, "named by MEMGAN_MNIST")),
        (None, None) => None,
    };
    if let Some((directory, named_by)) = named {
        return match load_from(&directory, prefer)? {
            Some(data) => Ok(Some(data)),
            None => Err(MnistError::NotThere { directory, named_by }),
        };
    }
    for base in [Some(PathBuf::from(".")), package].into_iter().flatten() {
        if let Some(data) = load_from(&base.join(DEFAULT), prefer)? {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// Loads from exactly `directory`; `Ok(None)` if it has no images.
pub fn load_from(directory: &Path, prefer: Split) -> Result<Option<DataSet>, MnistError> {
    for split in [prefer, prefer.other()] {
        let prefix = split.prefix();
        let Some(images_file) = find(directory, prefix, "images", 3) else {
            continue;
        };
        let Some(labels_file) = find(directory, prefix, "labels", 1) else {
            return Err(MnistError::NoLabels {
                directory: directory.to_owned(),
                images: images_file.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                wanted: format!("{prefix}-labels-idx1-ubyte"),
            });
        };
        let images = idx::read_images(&images_file)?;
        let labels = idx::read_labels(&labels_file)?;
        if images.dim().0 != labels.len() {
            let (images, labels) = (images.dim().0, labels.len());
            return Err(MnistError::Count { file: labels_file, images, labels });
        }
        let mut data = DataSet { images, labels, source: String::new() };
        data.source = format!("MNIST {prefix} ({} images {})", data.len(), describe(data.shape()));
        return Ok(Some(data));
    }
    Ok(None)
}

fn find(directory: &Path, prefix: &str, kind: &str, rank: usize) -> Option<PathBuf> {
    let names = ['-', '.'].map(|mark| format!("{prefix}-{kind}{mark}idx{rank}-ubyte"));
    names
        .iter()
        .flat_map(|name| [directory.join(name), directory.join(format!("{name}.gz"))])
        .find(|path| path.is_file())
}
