//! The type that every image source returns, and the rule for images of another size.

use crate::config::Shape;
use ndarray::{Array4, ArrayView3, ArrayView4, s};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Labelled 8-bit images of one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct DataSet {
    /// `[images, height, width, channels]`, standard layout, 0 (black) to 255 (white).
    pub images: Array4<u8>,
    /// One class a image, in the order of `images`.
    pub labels: Vec<u8>,
    /// Where the images come from, for reports: no absolute path, the same on every machine.
    pub source: String,
}

/// The images of a data set do not have the shape that the design reads.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum ShapeError {
    /// [`DataSet::require_shape`]: the shapes differ.
    #[error("the images of {source_name} are {found}, the design reads {wanted}")]
    Differs { source_name: String, found: String, wanted: String },
    /// [`DataSet::fit`]: the images are smaller than the design's, or not square, or of other
    /// channels.
    #[error("the images of {source_name} are {found} and cannot be averaged down to {wanted}")]
    CannotFit { source_name: String, found: String, wanted: String },
}

crate::data::diagnostic!(ShapeError);

impl ShapeError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Differs { found, .. } => {
                format!("set the image shape of the design to {found}, or use another data set")
            }
            Self::CannotFit { .. } => {
                "only square images are averaged down, to a smaller square with as many channels; \
                 change the image shape of the design, or use another data set or the synthetic digits"
                    .into()
            }
        }
    }
}

/// A data set that has the wanted shape, and whether it was changed to have it.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub data: DataSet,
    /// Set when the images were averaged down: one line to print or to put into a report.
    pub note: Option<String>,
}

impl DataSet {
    /// Number of images.
    pub fn len(&self) -> usize {
        self.images.dim().0
    }

    /// True if there is no image; readers never return such a set.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Shape of one image.
    pub fn shape(&self) -> Shape {
        let (_, height, width, channels) = self.images.dim();
        Shape { height, width, channels }
    }

    /// Image `index` as `[height, width, channels]`. Panics if `index >= len()`.
    pub fn image(&self, index: usize) -> ArrayView3<'_, u8> {
        self.images.slice(s![index, .., .., ..])
    }

    /// The first `count` images, or all if there are fewer.
    pub fn take(&self, count: usize) -> DataSet {
        let count = count.min(self.len());
        DataSet {
            images: self.images.slice(s![..count, .., .., ..]).to_owned(),
            labels: self.labels[..count].to_vec(),
            source: self.source.clone(),
        }
    }

    /// SHA-256 of shape, images and labels, in hexadecimal.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{:?}", self.images.dim()));
        hash.update(self.images.as_slice().expect("data sets are in standard layout"));
        hash.update(&self.labels);
        hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Error naming both shapes if the images are not exactly `wanted`. For data that the user
    /// named: such data is never resized behind the user's back.
    pub fn require_shape(&self, wanted: Shape) -> Result<(), ShapeError> {
        if self.shape() == wanted {
            return Ok(());
        }
        Err(ShapeError::Differs {
            source_name: self.source.clone(),
            found: describe(self.shape()),
            wanted: describe(wanted),
        })
    }

    /// The images in shape `wanted`. For the default data source, where the user named the design
    /// only.
    ///
    /// Images that have the shape pass unchanged. Larger square images with as many channels are
    /// averaged down by [`downscale`], and [`Fitted::note`] says so. All else is an error: smaller
    /// images would have to be invented, and those that are not square would be distorted.
    pub fn fit(self, wanted: Shape) -> Result<Fitted, ShapeError> {
        let found = self.shape();
        if found == wanted {
            return Ok(Fitted { data: self, note: None });
        }
        let square = found.height == found.width && wanted.height == wanted.width;
        if !square || found.channels != wanted.channels || found.height < wanted.height || wanted.is_empty() {
            return Err(ShapeError::CannotFit {
                source_name: self.source,
                found: describe(found),
                wanted: describe(wanted),
            });
        }
        let (from, to) = (describe(found), describe(wanted));
        let images = downscale(self.images.view(), wanted.height, wanted.width);
        let source = format!("{}, averaged down to {to}", self.source);
        let note = format!("images of {} averaged down from {from} to {to}", self.source);
        Ok(Fitted { data: DataSet { images, labels: self.labels, source }, note: Some(note) })
    }
}

/// `28x28`, or `32x32x3` when there is more than one channel.
pub(crate) fn describe(shape: Shape) -> String {
    match shape.channels {
        1 => format!("{}x{}", shape.height, shape.width),
        c => format!("{}x{}x{c}", shape.height, shape.width),
    }
}

/// Area average of `[images, H, W, channels]` to `[images, height, width, channels]`, rounded to
/// nearest.
///
/// Exact: source pixel `r` covers `r*height .. (r+1)*height` and target pixel `i` covers `i*H ..
/// (i+1)*H` on a common integer axis, so the weights are integer overlaps and the result is the
/// same everywhere.
///
/// # Panics
/// If a target side is zero or larger than the source side; [`DataSet::fit`] checks this first.
pub fn downscale(images: ArrayView4<'_, u8>, height: usize, width: usize) -> Array4<u8> {
    let (count, from_height, from_width, channels) = images.dim();
    assert!((1..=from_height).contains(&height) && (1..=from_width).contains(&width));
    let rows = overlaps(from_height, height);
    let columns = overlaps(from_width, width);
    let area = (from_height * from_width) as u64;
    Array4::from_shape_fn((count, height, width, channels), |(n, y, x, c)| {
        let mut sum = 0u64;
        for &(r, row_weight) in &rows[y] {
            for &(q, column_weight) in &columns[x] {
                sum += u64::from(images[[n, r, q, c]]) * row_weight * column_weight;
            }
        }
        ((sum + area / 2) / area) as u8
    })
}

/// For each of `to` target pixels: the source pixels under it with their overlap; each list sums to
/// `from`.
fn overlaps(from: usize, to: usize) -> Vec<Vec<(usize, u64)>> {
    let window = |i: usize| {
        let (start, end) = (i * from, (i + 1) * from);
        (start / to..end.div_ceil(to))
            .map(|r| (r, ((r + 1) * to).min(end).saturating_sub((r * to).max(start)) as u64))
            .collect()
    };
    (0..to).map(window).collect()
}
