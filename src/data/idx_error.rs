//! What can be wrong with an IDX file, and what to do about it.

use std::io;
use thiserror::Error;

/// What is wrong with an IDX file.
#[derive(Debug, Error)]
pub enum IdxError {
    #[error("{file}: cannot be read: {reason}")]
    Unreadable { file: String, reason: io::Error },
    #[error("{file}: starts with {found}, an IDX file starts with 00 00")]
    Magic { file: String, found: String },
    #[error("{file}: elements of type {found} (byte 2 is {code:#04x}), only unsigned bytes (0x08) are read")]
    ElementType { file: String, code: u8, found: &'static str },
    #[error("{file}: {found} dimensions, allowed are {allowed}")]
    Dimensions { file: String, found: usize, allowed: &'static str },
    #[error("{file}: dimensions {dimensions} hold no element, each must be at least 1")]
    Empty { file: String, dimensions: String },
    #[error("{file}: dimensions {dimensions} are more than the allowed {allowed}")]
    TooLarge { file: String, dimensions: String, allowed: String },
    #[error("{file}: cut short, {found} bytes of the header are there and {wanted} are needed")]
    ShortHeader { file: String, found: usize, wanted: usize },
    #[error("{file}: cut short, dimensions {dimensions} need {wanted} bytes of data and {found} are there")]
    Short { file: String, dimensions: String, found: usize, wanted: usize },
    #[error("{file}: the gzip stream is cut short after {found} unpacked bytes")]
    ShortGzip { file: String, found: usize },
    #[error("{file}: the gzip stream is damaged after {found} unpacked bytes: {reason}")]
    BadGzip { file: String, found: usize, reason: io::Error },
    #[error("{file}: data goes on after the {wanted} bytes that dimensions {dimensions} need")]
    Trailing { file: String, dimensions: String, wanted: usize },
    #[error("{file}: {found} bytes follow the end of the gzip stream, none are allowed")]
    TrailingGzip { file: String, found: usize },
}

crate::data::diagnostic!(IdxError);

impl IdxError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that the path names a file that you may read",
            Self::Magic { .. } => "give an IDX file, plain or gzip; other image formats have to be converted first",
            Self::ElementType { .. } => "convert the elements to unsigned bytes, 0 to 255",
            Self::Dimensions { .. } => {
                "images are N x height x width or N x height x width x channels, labels are N; \
                 the image and the label file may be swapped"
            }
            Self::Empty { .. } => "give a file with at least one item",
            Self::TooLarge { .. } => "the header is damaged, or the file has to be split into smaller ones",
            Self::ShortHeader { .. } | Self::Short { .. } | Self::ShortGzip { .. } => {
                "the download or the copy did not finish: fetch the file again"
            }
            Self::BadGzip { .. } => "fetch the file again, or unpack it with another tool and give the plain file",
            Self::Trailing { .. } => "the header does not belong to this data: fetch the file again",
            Self::TrailingGzip { .. } => "several gzip streams in one file are not read: unpack it and pack it again",
        }
        .into()
    }
}
