//! Windows over an image with its padding laid out, so that no window row is clipped.
//!
//! The hardware clips window rows at the image's edges instead; both touch the same elements of the image.

use super::lines::Element;
use super::{InstructionSet, simd};
use crate::schedule::Window;

/// Elements that a gather may write beyond the last vector, and read beyond the image.
pub(super) const SLACK: usize = 32;

/// A window and the padded image it slides over, in elements.
#[derive(Clone, Debug)]
pub(super) struct PaddedWindow {
    window: Window,
    /// Extent of the padded image.
    rows: usize,
    pitch: usize,
}

impl PaddedWindow {
    pub fn new(window: &Window) -> Self {
        let w = window;
        Self {
            window: *w,
            rows: ((w.positions_y - 1) * w.stride + w.kernel).max(w.padding + w.image_rows),
            pitch: ((w.positions_x - 1) * w.step + w.row_len).max(w.padding_len + w.image_row_len),
        }
    }

    /// Elements of the padded image.
    pub fn len(&self) -> usize {
        self.rows * self.pitch
    }

    /// Elements of a row of the image.
    pub fn image_row_len(&self) -> usize {
        self.window.image_row_len
    }

    /// Where each window position starts in the padded image.
    fn positions(&self) -> impl Iterator<Item = usize> + use<> {
        let (w, pitch) = (self.window, self.pitch);
        (0..w.positions_y).flat_map(move |y| (0..w.positions_x).map(move |x| y * w.stride * pitch + x * w.step))
    }

    /// The image's rows in the padded image: ranges of it.
    pub fn image_rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (w, pitch) = (self.window, self.pitch);
        (0..w.image_rows).map(move |y| {
            let start = (w.padding + y) * pitch + w.padding_len;
            start..start + w.image_row_len
        })
    }

    /// Copies `image` to the padded image, then the window of every position to `vectors`, `stride` apart.
    ///
    /// `padded` has [`PaddedWindow::len`] and `vectors` positions times `stride` elements, and [`SLACK`] more: rows
    /// are copied in whole chunks, what a chunk has too much is overwritten by the next or ignored.
    pub fn gather<E: Element>(&self, image: &[i8], padded: &mut [E], vectors: &mut [E], stride: usize) {
        padded.fill(E::ZERO);
        for (range, row) in self.image_rows().zip(image.chunks_exact(self.window.image_row_len)) {
            for (to, &code) in padded[range].iter_mut().zip(row) {
                *to = E::of(code);
            }
        }
        if self.window.row_len <= 8 {
            self.copy_rows::<E, 8>(padded, vectors, stride);
        } else {
            self.copy_rows::<E, SLACK>(padded, vectors, stride);
        }
    }

    fn copy_rows<E: Element, const CHUNK: usize>(&self, padded: &[E], vectors: &mut [E], stride: usize) {
        let w = &self.window;
        for (position, start) in self.positions().enumerate() {
            for row in 0..w.kernel {
                let (from, to) = (start + row * self.pitch, position * stride + row * w.row_len);
                for at in (0..w.row_len).step_by(CHUNK) {
                    vectors[to + at..][..CHUNK].copy_from_slice(&padded[from + at..][..CHUNK]);
                }
            }
        }
    }

    /// Adds the sums of every position, `stride` apart, to the padded `image`.
    pub fn scatter(&self, set: InstructionSet, sums: &[i32], stride: usize, image: &mut [i32]) {
        let len = self.window.kernel * self.window.row_len;
        for (start, sums) in self.positions().zip(sums.chunks_exact(stride)) {
            simd::add_rows(set, &sums[..len], self.window.row_len, &mut image[start..], self.pitch);
        }
    }
}
