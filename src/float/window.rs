//! Windows that slide over an image: of a convolution's input, or of a transposed convolution's output.

use crate::config::{Layer, LayerOp, Shape};

/// A row of a window that lies in the image: contiguous on both sides.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Where it starts in the vectors of all positions.
    vector: usize,
    /// Where it starts in the image.
    image: usize,
    len: usize,
}

/// All windows of one image. A vector is a window in row, column, channel order; what of it lies in the padding is zero.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    runs: Vec<Run>,
    /// Number of windows.
    pub positions: usize,
    /// Elements of a window.
    pub len: usize,
}

impl Windows {
    /// The windows of `layer`; `None` for a dense layer.
    pub fn of(layer: &Layer) -> Option<Self> {
        match layer.op {
            LayerOp::Dense => None,
            LayerOp::Conv { kernel, stride, padding } => {
                Some(Self::new(layer.input, layer.output, kernel, stride, padding))
            }
            LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
                Some(Self::new(layer.output, layer.input, kernel, stride, padding))
            }
        }
    }

    /// Windows over `image`, one for each pixel of `grid`.
    fn new(image: Shape, grid: Shape, kernel: usize, stride: usize, padding: usize) -> Self {
        let (channels, len) = (image.channels, kernel * kernel * image.channels);
        let mut runs = Vec::new();
        for (y, x) in (0..grid.height).flat_map(|y| (0..grid.width).map(move |x| (y, x))) {
            let start = (y * grid.width + x) * len;
            // Columns of the kernel that lie in the image.
            let first = padding.saturating_sub(x * stride).min(kernel);
            let end = (image.width + padding).saturating_sub(x * stride).min(kernel);
            for row in 0..kernel {
                let image_row = (y * stride + row).checked_sub(padding).filter(|&r| r < image.height);
                if let (Some(image_row), true) = (image_row, first < end) {
                    runs.push(Run {
                        vector: start + (row * kernel + first) * channels,
                        image: (image_row * image.width + x * stride + first - padding) * channels,
                        len: (end - first) * channels,
                    });
                }
            }
        }
        Self { runs, positions: grid.height * grid.width, len }
    }

    /// Copies the windows of `image` to `vectors`, `[positions, len]`, which is zero before.
    pub fn gather(&self, image: &[f32], vectors: &mut [f32]) {
        for run in &self.runs {
            vectors[run.vector..][..run.len].copy_from_slice(&image[run.image..][..run.len]);
        }
    }

    /// Adds `vectors`, `[positions, len]`, to the places of `image` that they are windows of.
    pub fn scatter(&self, vectors: &[f32], image: &mut [f32]) {
        for run in &self.runs {
            let from = &vectors[run.vector..][..run.len];
            for (to, value) in image[run.image..][..run.len].iter_mut().zip(from) {
                *to += value;
            }
        }
    }
}
