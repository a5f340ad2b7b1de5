//! Grey pictures to store: patterns and PNG files.

use crate::config::Shape;
use crate::data::{font, synthetic};
use crate::weights::seeded::SplitMix64;
use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What the text pattern says.
const WORD: &str = "MEMGAN";
/// Fields of a checkerboard along the shorter side.
const FIELDS: usize = 8;

/// A grey picture, row by row, 0 black to 255 white.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub height: usize,
    pub width: usize,
    pub pixels: Vec<u8>,
}

/// Pictures that need no file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// Eight fields along the shorter side.
    Checker,
    /// Black to white from left to right.
    Gradient,
    /// A drawn digit; the seed says which and how.
    Digits,
    /// The program's name, line below line.
    Text,
    /// Every grey with the same probability.
    Random,
}

/// A file that is no picture.
#[derive(Debug, Error)]
pub enum PictureError {
    #[error("cannot read the picture {}: {reason}", path.display())]
    File { path: PathBuf, reason: io::Error },
    #[error("{} is no PNG that can be read: {reason}", path.display())]
    Format { path: PathBuf, reason: String },
    #[error("{} is {height}x{width} pixels, --size says {wanted_height}x{wanted_width}", path.display())]
    Size { path: PathBuf, height: usize, width: usize, wanted_height: usize, wanted_width: usize },
}

crate::data::diagnostic!(PictureError);

impl PictureError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::File { .. } => "give the path of a PNG file, or a --pattern".into(),
            Self::Format { .. } => "convert it to PNG: grey or colour, 1 to 16 bits a channel".into(),
            Self::Size { height, width, .. } => {
                format!("leave out --size, say --size {height}x{width}, or scale the picture")
            }
        }
    }
}

impl Picture {
    /// A pattern; `seed` decides digits and random greys.
    pub fn pattern(pattern: Pattern, height: usize, width: usize, seed: u32) -> Self {
        let at = |value: &dyn Fn(usize, usize) -> u8| -> Vec<u8> {
            (0..height * width).map(|pixel| value(pixel / width, pixel % width)).collect()
        };
        let side = (height.min(width) / FIELDS).max(1);
        let pixels = match pattern {
            Pattern::Checker => at(&|y, x| if (y / side + x / side).is_multiple_of(2) { 0 } else { 255 }),
            Pattern::Gradient => at(&|_, x| (x * 255 / (width - 1).max(1)) as u8),
            Pattern::Text => at(&|y, x| {
                let (line, column) = (y % (font::HEIGHT + 1), x % (font::WIDTH + 1));
                let letter = WORD.as_bytes()[x / (font::WIDTH + 1) % WORD.len()];
                let rows = font::glyph(char::from(letter));
                let ink = column > 0 && line > 0 && rows[line - 1] >> (font::WIDTH - column) & 1 == 1;
                if ink { 255 } else { 0 }
            }),
            Pattern::Digits => {
                let count = seed as usize % 10 + 1;
                let digits = synthetic::digits(Shape::new(height, width, 1), count, u64::from(seed));
                digits.images.index_axis(ndarray::Axis(0), count - 1).iter().copied().collect()
            }
            Pattern::Random => {
                let mut random = SplitMix64::new(u64::from(seed));
                (0..height * width).map(|_| (random.next_u64() >> 56) as u8).collect()
            }
        };
        Self { height, width, pixels }
    }

    /// A PNG file of any kind, as grey; `size`, height and width, must be its own where it is given.
    ///
    /// # Errors
    /// Files that cannot be read, are no PNG, or have another size.
    pub fn read_png(path: &Path, size: Option<(usize, usize)>) -> Result<Self, PictureError> {
        let wrong = |reason: png::DecodingError| match reason {
            png::DecodingError::IoError(reason) if reason.kind() != io::ErrorKind::UnexpectedEof => {
                PictureError::File { path: path.to_owned(), reason }
            }
            reason => PictureError::Format { path: path.to_owned(), reason: reason.to_string() },
        };
        let file = File::open(path).map_err(|reason| PictureError::File { path: path.to_owned(), reason })?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info().map_err(wrong)?;
        let (height, width) = (reader.info().height as usize, reader.info().width as usize);
        // Before memory is taken for it.
        if let Some((wanted_height, wanted_width)) = size.filter(|&size| size != (height, width)) {
            return Err(PictureError::Size { path: path.to_owned(), height, width, wanted_height, wanted_width });
        }
        let too_large = || PictureError::Format { path: path.to_owned(), reason: "it is too large".into() };
        let mut bytes = vec![0; reader.output_buffer_size().filter(|&n| n <= MAX_BYTES).ok_or_else(too_large)?];
        let channels = reader.next_frame(&mut bytes).map_err(wrong)?.color_type.samples();
        let pixels = bytes.chunks_exact(channels).take(height * width).map(grey).collect();
        Ok(Self { height, width, pixels })
    }

    /// The nearest of `levels` levels, 2..=256, for each pixel.
    pub fn quantised(&self, levels: u32) -> Vec<u8> {
        self.pixels.iter().map(|&v| ((u32::from(v) * (levels - 1) + 127) / 255) as u8).collect()
    }
}

/// Largest picture once it is unpacked.
const MAX_BYTES: usize = 1 << 28;

/// Luma of a pixel of 1 to 4 channels (ITU-R BT.601); what is transparent is black.
fn grey(pixel: &[u8]) -> u8 {
    let part = |value: u32, alpha: u8| ((value * u32::from(alpha) + 127) / 255) as u8;
    let luma = |r: u8, g: u8, b: u8| (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114 + 500) / 1000;
    match *pixel {
        [value] => value,
        [value, alpha] => part(value.into(), alpha),
        [r, g, b] => luma(r, g, b) as u8,
        [r, g, b, alpha] => part(luma(r, g, b), alpha),
        _ => 0,
    }
}
