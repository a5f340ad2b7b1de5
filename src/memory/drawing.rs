//! Target, read-back and errors side by side.

use super::{Memory, Stored};
use crate::data::{Arrange, Grid, Panel};
use ndarray::Array4;

/// Least brightness of an error, so that one of a single level is seen.
const FAINTEST: u32 = 96;
/// A device that has not reached its target, of a pixel that is right.
const FAILED: [u8; 3] = [40, 80, 160];

impl Memory {
    /// The picture that was written, the one that was read, and where they differ: red, the brighter the further; blue where
    /// a device has failed and the pixel is right all the same.
    pub fn draw(&self, stored: &Stored) -> Grid {
        let size = (1, self.layout.height, self.layout.width, 3);
        let image = |colour: &dyn Fn(usize) -> [u8; 3]| {
            Array4::from_shape_fn(size, |(_, y, x, channel)| colour(y * self.layout.width + x)[channel])
        };
        let top = stored.levels - 1;
        let grey = |level: u8| [(u32::from(level) * 255 / top) as u8; 3];
        let error = |pixel: usize| match u32::from(stored.written[pixel].abs_diff(stored.read[pixel])) {
            0 if stored.failed[pixel] => FAILED,
            0 => [0; 3],
            away => [(FAINTEST + (255 - FAINTEST) * away / top) as u8, 24, 24],
        };
        let panel = |caption: &str, images| Panel { caption: caption.into(), images, columns: 1 };
        let panels = vec![
            panel("target", image(&|pixel| grey(stored.written[pixel]))),
            panel("read back", image(&|pixel| grey(stored.read[pixel]))),
            panel("errors", image(&error)),
        ];
        let side = self.layout.height.max(self.layout.width);
        Grid { scale: (256 / side).clamp(1, 32), gap: 6, ..Grid::new(Arrange::Across, panels) }
    }
}
