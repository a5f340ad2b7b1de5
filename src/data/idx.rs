//! IDX files, the format of MNIST: plain or gzip, told apart by content and not by name.
//!
//! Layout: `00 00`, a type byte (`08` = unsigned byte, the only one read), the number of
//! dimensions, each dimension as a big-endian 32-bit count, then the elements with the last
//! dimension fastest. The reader is strict: what is not exactly as long as it says is an error.

pub use super::idx_error::IdxError;
use flate2::bufread::GzDecoder;
use ndarray::Array4;
use std::io::{self, Read};
use std::path::Path;

/// Largest payload in bytes: 1 GiB, about twenty times the largest MNIST relative.
pub const MAX_BYTES: u64 = 1 << 30;
/// Longest side of an image, in pixels.
pub const MAX_SIDE: usize = 4096;
/// Most channels of an image.
pub const MAX_CHANNELS: usize = 64;

const UNSIGNED_BYTE: u8 = 0x08;

/// The content of an IDX file of unsigned bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx {
    /// Extents, outermost first; at least one, none zero.
    pub dimensions: Vec<usize>,
    /// Elements, last dimension fastest; as many as the product of `dimensions`.
    pub data: Vec<u8>,
}

/// Parses the bytes of an IDX file, plain or gzip. Errors name the file `<memory>`.
pub fn parse(bytes: &[u8]) -> Result<Idx, IdxError> {
    parse_named(bytes, "<memory>")
}

/// As [`parse`], with the name that errors give.
pub fn parse_named(bytes: &[u8], name: &str) -> Result<Idx, IdxError> {
    let file = || name.to_owned();
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return parse_stream(bytes, name);
    }
    let mut gzip = GzDecoder::new(bytes);
    let idx = parse_stream(&mut gzip, name)?;
    match gzip.into_inner().len() {
        0 => Ok(idx),
        found => Err(IdxError::TrailingGzip { file: file(), found }),
    }
}

/// Reads the IDX file at `path`.
pub fn read(path: &Path) -> Result<Idx, IdxError> {
    let file = path.display().to_string();
    match std::fs::read(path) {
        Ok(bytes) => parse_named(&bytes, &file),
        Err(reason) => Err(IdxError::Unreadable { file, reason }),
    }
}

/// Reads images: `[N, height, width, channels]`, one channel if the file has three dimensions.
pub fn read_images(path: &Path) -> Result<Array4<u8>, IdxError> {
    images(read(path)?, &path.display().to_string())
}

/// Reads labels, one byte an item.
pub fn read_labels(path: &Path) -> Result<Vec<u8>, IdxError> {
    labels(read(path)?, &path.display().to_string())
}

/// Takes `idx` for images; sides are 1 to [`MAX_SIDE`], channels 1 to [`MAX_CHANNELS`].
pub fn images(idx: Idx, name: &str) -> Result<Array4<u8>, IdxError> {
    let file = || name.to_owned();
    let shape = match idx.dimensions[..] {
        [n, height, width] => (n, height, width, 1),
        [n, height, width, channels] => (n, height, width, channels),
        _ => {
            let (found, allowed) = (idx.dimensions.len(), "3 or 4 for images");
            return Err(IdxError::Dimensions { file: file(), found, allowed });
        }
    };
    if shape.1 > MAX_SIDE || shape.2 > MAX_SIDE || shape.3 > MAX_CHANNELS {
        let allowed = format!("{MAX_SIDE}x{MAX_SIDE} pixels of {MAX_CHANNELS} channels");
        return Err(IdxError::TooLarge { file: file(), dimensions: join(&idx.dimensions), allowed });
    }
    Ok(Array4::from_shape_vec(shape, idx.data).expect("the parser checked the length"))
}

/// Takes `idx` for labels.
pub fn labels(idx: Idx, name: &str) -> Result<Vec<u8>, IdxError> {
    match idx.dimensions.len() {
        1 => Ok(idx.data),
        found => Err(IdxError::Dimensions { file: name.to_owned(), found, allowed: "1 for labels" }),
    }
}

fn parse_stream(mut stream: impl Read, name: &str) -> Result<Idx, IdxError> {
    let file = || name.to_owned();
    let mut unpacked = 0;
    // Reads up to `count` bytes: memory grows with the data that is there, not with what a header
    // claims.
    let mut fetch = |count: usize| {
        let mut buffer = Vec::new();
        let result = stream.by_ref().take(count as u64).read_to_end(&mut buffer);
        unpacked += buffer.len();
        match result {
            Ok(_) => Ok(buffer),
            Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => {
                Err(IdxError::ShortGzip { file: file(), found: unpacked })
            }
            Err(reason) => Err(IdxError::BadGzip { file: file(), found: unpacked, reason }),
        }
    };

    let magic = fetch(4)?;
    if !magic.starts_with(&[0, 0][..magic.len().min(2)]) {
        let found: Vec<String> = magic.iter().map(|b| format!("{b:02x}")).collect();
        return Err(IdxError::Magic { file: file(), found: found.join(" ") });
    }
    let &[_, _, code, rank] = &magic[..] else {
        return Err(IdxError::ShortHeader { file: file(), found: magic.len(), wanted: 4 });
    };
    if code != UNSIGNED_BYTE {
        return Err(IdxError::ElementType { file: file(), code, found: type_name(code) });
    }
    let rank = usize::from(rank);
    if !(1..=4).contains(&rank) {
        return Err(IdxError::Dimensions { file: file(), found: rank, allowed: "1 to 4" });
    }
    let counts = fetch(4 * rank)?;
    if counts.len() < 4 * rank {
        let (found, wanted) = (4 + counts.len(), 4 + 4 * rank);
        return Err(IdxError::ShortHeader { file: file(), found, wanted });
    }
    let (quads, _) = counts.as_chunks::<4>();
    let dimensions: Vec<usize> = quads.iter().map(|&quad| u32::from_be_bytes(quad) as usize).collect();
    if dimensions.contains(&0) {
        return Err(IdxError::Empty { file: file(), dimensions: join(&dimensions) });
    }
    let wanted = dimensions.iter().try_fold(1u64, |product, &d| product.checked_mul(d as u64));
    let Some(wanted) = wanted.filter(|&product| product <= MAX_BYTES) else {
        let allowed = format!("{MAX_BYTES} elements");
        return Err(IdxError::TooLarge { file: file(), dimensions: join(&dimensions), allowed });
    };
    let wanted = wanted as usize;
    let data = fetch(wanted)?;
    if data.len() < wanted {
        let (dimensions, found) = (join(&dimensions), data.len());
        return Err(IdxError::Short { file: file(), dimensions, found, wanted });
    }
    // One byte more must not be there; for gzip this also checks the stream's length and CRC.
    if !fetch(1)?.is_empty() {
        return Err(IdxError::Trailing { file: file(), dimensions: join(&dimensions), wanted });
    }
    Ok(Idx { dimensions, data })
}

fn join(dimensions: &[usize]) -> String {
    dimensions.iter().map(usize::to_string).collect::<Vec<_>>().join("x")
}

fn type_name(code: u8) -> &'static str {
    match code {
        0x09 => "signed byte",
        0x0b => "16-bit integer",
        0x0c => "32-bit integer",
        0x0d => "32-bit float",
        0x0e => "64-bit float",
        _ => "unknown",
    }
}
