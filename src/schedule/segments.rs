//! The window walker's arithmetic: which contiguous runs a window position touches.

use super::Window;

/// One clipped window row, or a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First element in the image (or tensor).
    pub address: usize,
    /// First index within the window vector.
    pub index: usize,
    /// Elements; 0 for a window row outside the image.
    pub len: usize,
    /// Last segment of its position.
    pub last: bool,
}

/// The segments of a window at every position, row by row, in the order in which the hardware emits them.
pub struct WindowSegments {
    window: Window,
    y: usize,
    x: usize,
    row: usize,
}

impl WindowSegments {
    pub fn new(window: Window) -> Self {
        Self { window, y: 0, x: 0, row: 0 }
    }

    /// Segment of kernel row `row` at window position (`y`, `x`).
    pub fn at(w: &Window, y: usize, x: usize, row: usize) -> Segment {
        let image_y = (y * w.stride + row) as i64 - w.padding as i64;
        let left = (x * w.step) as i64 - w.padding_len as i64;
        let lo = (-left).max(0);
        let hi = (w.row_len as i64).min(w.image_row_len as i64 - left);
        let inside = image_y >= 0 && image_y < w.image_rows as i64 && hi > lo;
        let last = row + 1 == w.kernel;
        let index = row * w.row_len + lo as usize;
        if inside {
            let address = (image_y * w.image_row_len as i64 + left + lo) as usize;
            Segment { address, index, len: (hi - lo) as usize, last }
        } else {
            Segment { address: 0, index, len: 0, last }
        }
    }
}

impl Iterator for WindowSegments {
    type Item = Segment;

    fn next(&mut self) -> Option<Segment> {
        let w = &self.window;
        if self.y == w.positions_y {
            return None;
        }
        let segment = Self::at(w, self.y, self.x, self.row);
        self.row += 1;
        if self.row == w.kernel {
            self.row = 0;
            self.x += 1;
            if self.x == w.positions_x {
                self.x = 0;
                self.y += 1;
            }
        }
        Some(segment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_cover_exactly_the_pixels_inside_the_image() {
        // 5x7 image of 3 channels, 4x4 window, stride 2, padding 1.
        let (h, w, c, k, s, p) = (5usize, 7usize, 3usize, 4usize, 2usize, 1usize);
        let (ny, nx) = ((h + 2 * p - k) / s + 1, (w + 2 * p - k) / s + 1);
        let window = Window {
            kernel: k,
            row_len: k * c,
            image_rows: h,
            image_row_len: w * c,
            stride: s,
            step: s * c,
            padding: p,
            padding_len: p * c,
            positions_x: nx,
            positions_y: ny,
        };
        let mut all = WindowSegments::new(window);
        for y in 0..ny {
            for x in 0..nx {
                let mut got = vec![None; k * k * c];
                for _ in 0..k {
                    let seg = all.next().unwrap();
                    for e in 0..seg.len {
                        got[seg.index + e] = Some(seg.address + e);
                    }
                }
                for (index, got) in got.into_iter().enumerate() {
                    let (ky, kx, ch) = (index / (k * c), index / c % k, index % c);
                    let (iy, ix) = ((y * s + ky) as i64 - p as i64, (x * s + kx) as i64 - p as i64);
                    let inside = (0..h as i64).contains(&iy) && (0..w as i64).contains(&ix);
                    let expected = inside.then(|| ((iy * w as i64 + ix) * c as i64) as usize + ch);
                    assert_eq!(got, expected, "window ({y},{x}) index {index}");
                }
            }
        }
        assert_eq!(all.next(), None);
    }
}
