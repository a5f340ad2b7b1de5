//! Why a picture cannot be stored on a design.

use thiserror::Error;

/// A picture that does not fit the design.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum MemoryError {
    #[error(
        "the picture is {height}x{width} pixels, which are {needed} tiles of {rows}x{columns}; the design has {tiles}"
    )]
    Size { height: usize, width: usize, needed: usize, rows: usize, columns: usize, tiles: usize },
    #[error("{levels} levels a pixel; allowed is 2 to {most}, as many as the design's devices have")]
    Levels { levels: u32, most: u32 },
    #[error(
        "a margin of {margin} levels for {levels} levels a pixel on devices of {of_device}; allowed is 0 to {most}"
    )]
    Margin { margin: u32, levels: u32, of_device: u32, most: u32 },
    #[error("{levels} levels a pixel, of which two give the same code of an ADC of {bits} bits")]
    Codes { levels: u32, bits: u32 },
    #[error("a spread of {spread}; allowed is 0 to 1")]
    Spread { spread: f64 },
    #[error("devices with a spread on tiles of {rows}x{columns}; allowed are up to {most} word lines and columns")]
    Lines { rows: usize, columns: usize, most: usize },
}

crate::data::diagnostic!(MemoryError);

impl MemoryError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match *self {
            Self::Size { rows, columns, tiles, .. } => {
                let across = tiles.isqrt();
                format!(
                    "a pixel takes one cell: up to {}x{} fit in {tiles} tiles, or choose a design with more of them",
                    tiles / across * rows,
                    across * columns
                )
            }
            Self::Levels { .. } => "store fewer levels, or raise `device.levels`".into(),
            Self::Margin { .. } => "choose a smaller margin, store fewer levels, or raise `device.levels`".into(),
            Self::Codes { .. } => "store fewer levels, or raise `converter.adc_bits`".into(),
            Self::Spread { .. } => "a spread is a standard deviation from device to device, a part of the mean".into(),
            Self::Lines { .. } => "give the tiles fewer rows or columns".into(),
        }
    }
}
