//! Named arrays and a description of them in one safetensors file, which is whole or not there at all.
//!
//! Beside the format's own checks a SHA-256 over names, shapes, values and description is kept and checked, so that a
//! flipped bit is found as well as a missing end.

use super::atomic::{self, Sync, WriteError};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use thiserror::Error;

/// Key of the description in the file's metadata: one key only, because the format does not sort them.
const KEY: &str = "memgan";

/// Arrays by name, and a JSON object that describes them. The bytes of the file are a function of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TensorFile {
    pub description: serde_json::Map<String, serde_json::Value>,
    tensors: BTreeMap<String, Tensor>,
}

#[derive(Clone, Debug, PartialEq)]
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

/// A file that cannot be read, or is not what it should be.
#[derive(Debug, Error)]
pub enum TensorFileError {
    #[error("{file}: cannot be read: {reason}")]
    Unreadable { file: String, reason: std::io::Error },
    /// No safetensors, or cut short.
    #[error("{file}: damaged: {reason}")]
    Format { file: String, reason: String },
    #[error("{file}: damaged: the content does not have the checksum that it had when it was written")]
    Checksum { file: String },
    /// Safetensors of another program.
    #[error("{file}: not a file of this program")]
    Foreign { file: String },
    #[error("{file}: `{name}` {problem}")]
    Tensor { file: String, name: String, problem: String },
}

crate::data::diagnostic!(TensorFileError);

impl TensorFileError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that the path names a file that you may read",
            Self::Format { .. } | Self::Checksum { .. } => "take another copy of the file, or an earlier one",
            Self::Foreign { .. } => "give a file that this program has written",
            Self::Tensor { .. } => "the file belongs to another design or another version of the program",
        }
        .into()
    }
}

/// Types of the elements of an array.
pub trait Element: Copy {
    #[doc(hidden)]
    const DTYPE: Dtype;
    #[doc(hidden)]
    fn put(self, bytes: &mut Vec<u8>);
    #[doc(hidden)]
    fn take(bytes: &[u8]) -> Self;
}

macro_rules! element {
    ($($type:ty = $dtype:ident),*) => {$(
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;

            fn put(self, bytes: &mut Vec<u8>) {
                bytes.extend(self.to_le_bytes());
            }

            fn take(bytes: &[u8]) -> Self {
                <$type>::from_le_bytes(bytes.try_into().expect("an element's bytes"))
            }
        }
    )*};
}
element!(f32 = F32, i8 = I8, u8 = U8, u16 = U16, i16 = I16, i32 = I32, u32 = U32, i64 = I64, u64 = U64);

impl TensorFile {
    /// Adds an array.
    ///
    /// # Panics
    /// If `shape` does not hold as many elements as there are.
    pub fn insert<T: Element>(
        &mut self,
        name: impl Into<String>,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) {
        let mut bytes = Vec::new();
        values.into_iter().for_each(|value| value.put(&mut bytes));
        assert_eq!(bytes.len(), shape.iter().product::<usize>() * size_of::<T>(), "the shape of the values");
        self.tensors.insert(name.into(), Tensor { dtype: T::DTYPE, shape: shape.to_vec(), bytes });
    }

    /// The elements of an array that must have this type and shape; `file` is what errors call the file.
    pub fn get<T: Element>(&self, file: &str, name: &str, shape: &[usize]) -> Result<Vec<T>, TensorFileError> {
        let fail = |problem| TensorFileError::Tensor { file: file.into(), name: name.into(), problem };
        let tensor = self.tensors.get(name).ok_or_else(|| fail("is missing".into()))?;
        if (tensor.dtype, &tensor.shape[..]) != (T::DTYPE, shape) {
            let (found, wanted) = ((tensor.dtype, &tensor.shape), (T::DTYPE, shape));
            return Err(fail(format!("is {:?} {:?}, it must be {:?} {:?}", found.0, found.1, wanted.0, wanted.1)));
        }
        Ok(tensor.bytes.chunks_exact(size_of::<T>()).map(T::take).collect())
    }

    /// Names of all arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// Bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut description = self.description.clone();
        description.insert("sha256".into(), self.checksum().into());
        let text = serde_json::Value::from(description).to_string();
        let views = self.tensors.iter().map(|(name, tensor)| {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
            (name.as_str(), view.expect("`insert` checked the size"))
        });
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).expect("names and sizes are consistent")
    }

    /// Reads what [`TensorFile::to_bytes`] made; `file` is what errors call it.
    pub fn parse(bytes: &[u8], file: &str) -> Result<Self, TensorFileError> {
        let format = |reason: String| TensorFileError::Format { file: file.into(), reason };
        let foreign = || TensorFileError::Foreign { file: file.into() };
        let parsed = SafeTensors::deserialize(bytes).map_err(|e| format(e.to_string()))?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| format(e.to_string()))?;
        let text = header.metadata().as_ref().and_then(|m| m.get(KEY)).ok_or_else(foreign)?;
        let mut description: serde_json::Map<_, _> = serde_json::from_str(text).map_err(|e| format(e.to_string()))?;
        let checksum = description.remove("sha256").ok_or_else(foreign)?;
        let tensor = |(name, view): (String, TensorView<'_>)| {
            let (dtype, shape, bytes) = (view.dtype(), view.shape().to_vec(), view.data().to_vec());
            (name, Tensor { dtype, shape, bytes })
        };
        let read = Self { description, tensors: parsed.tensors().into_iter().map(tensor).collect() };
        match checksum == read.checksum() {
            true => Ok(read),
            false => Err(TensorFileError::Checksum { file: file.into() }),
        }
    }

    pub fn read(path: &Path) -> Result<Self, TensorFileError> {
        let file = path.display().to_string();
        match std::fs::read(path) {
            Ok(bytes) => Self::parse(&bytes, &file),
            Err(reason) => Err(TensorFileError::Unreadable { file, reason }),
        }
    }

    /// Writes the file, whole or not at all, even if the power fails.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        atomic::write(path, &self.to_bytes(), Sync::Yes)
    }

    fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        let mut field = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        field(serde_json::Value::from(self.description.clone()).to_string().as_bytes());
        for (name, tensor) in &self.tensors {
            field(name.as_bytes());
            field(format!("{:?} {:?}", tensor.dtype, tensor.shape).as_bytes());
            field(&tensor.bytes);
        }
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> TensorFile {
        let mut file = TensorFile::default();
        file.description.insert("step".into(), 7.into());
        file.insert("b.floats", &[2, 2], [1.0f32, -0.0, f32::MIN_POSITIVE, 3.5]);
        file.insert("a.codes", &[3], [-128i8, 0, 127]);
        file
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = sample().to_bytes();
        let read = TensorFile::parse(&bytes, "f").expect("its own bytes");
        assert_eq!(read, sample());
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!(read.get::<i8>("f", "a.codes", &[3]).expect("there"), [-128, 0, 127]);
        let error = read.get::<i8>("f", "a.codes", &[2]).expect_err("another shape").to_string();
        assert!(error.contains("a.codes") && error.contains("[3]") && error.contains("[2]"), "{error}");
        assert!(matches!(read.get::<u8>("f", "a.codes", &[3]), Err(TensorFileError::Tensor { .. })));
        assert!(matches!(read.get::<u8>("f", "c", &[3]), Err(TensorFileError::Tensor { .. })));
    }

    #[test]
    fn every_cut_and_every_flipped_bit_is_found() {
        let bytes = sample().to_bytes();
        for length in 0..bytes.len() {
            assert!(TensorFile::parse(&bytes[..length], "f").is_err(), "cut to {length}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut bytes = bytes.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            // A changed space in the header changes nothing.
            assert!(TensorFile::parse(&bytes, "f").map_or(true, |read| read == sample()), "bit {bit}");
        }
    }

    #[test]
    fn files_of_other_programs_are_told_apart() {
        let bytes = safetensors::serialize(Vec::<(&str, TensorView<'_>)>::new(), None).expect("an empty file");
        assert!(matches!(TensorFile::parse(&bytes, "f"), Err(TensorFileError::Foreign { .. })));
    }
}
