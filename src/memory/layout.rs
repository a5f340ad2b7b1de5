//! Where pixels lie on the tiles of a design.

use super::MemoryError;
use crate::config::Design;
use crate::device::DevicePlace;
use crate::schedule::Schedule;

/// One pixel a cell: a block of pixel rows and columns on each tile, blocks from left to right and down on tiles 0, 1, ...
///
/// Pixel rows lie on word lines. Neighbours of a row are converted by neighbouring ADCs at the same time, as the columns of
/// a weight matrix are, so a narrow picture takes few conversions, and no word of the programming port has unused cells
/// where the width is a multiple of the ADCs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    pub height: usize,
    pub width: usize,
    /// Word lines and columns of a tile.
    pub rows: usize,
    pub columns: usize,
    pub adcs: usize,
}

impl Layout {
    /// # Errors
    /// A picture without pixels, or one that needs more tiles than the design has.
    pub fn new(design: &Design, height: usize, width: usize) -> Result<Self, MemoryError> {
        let c = &design.crossbar;
        let layout = Self { height, width, rows: c.rows, columns: c.columns, adcs: c.adcs() };
        let tiles = Schedule::new(design).tiles();
        match layout.down().saturating_mul(layout.across()) {
            needed if (1..=tiles).contains(&needed) => Ok(layout),
            needed => Err(MemoryError::Size { height, width, needed, rows: c.rows, columns: c.columns, tiles }),
        }
    }

    /// Tiles side by side.
    fn across(&self) -> usize {
        self.width.div_ceil(self.columns)
    }

    /// Tiles one below the other.
    fn down(&self) -> usize {
        self.height.div_ceil(self.rows)
    }

    /// Tiles that hold a part of the picture: 0 and the following.
    pub fn tiles(&self) -> usize {
        self.across() * self.down()
    }

    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The word lines with pixels, as `(tile, word line)`, tile after tile.
    pub fn lines(&self) -> impl Iterator<Item = (usize, usize)> {
        let layout = *self;
        (0..self.tiles()).flat_map(move |tile| {
            let first = tile / layout.across() * layout.rows;
            (0..layout.rows.min(layout.height - first)).map(move |row| (tile, row))
        })
    }

    /// Conversion groups: the columns that share an ADC, in turn.
    pub fn groups(&self) -> usize {
        self.columns / self.adcs
    }

    /// The number of the pixel at a place, row by row; `None` beside the picture.
    pub fn pixel(&self, tile: usize, row: usize, group: usize, adc: usize) -> Option<usize> {
        let y = tile / self.across() * self.rows + row;
        let x = tile % self.across() * self.columns + group * self.adcs + adc;
        (y < self.height && x < self.width).then_some(y * self.width + x)
    }

    /// Bit line (pair) of a cell in its tile: an ADC serves neighbours.
    pub fn bit_line(&self, group: usize, adc: usize) -> usize {
        adc * self.groups() + group
    }

    /// Where a pixel lies: the inverse of [`Layout::pixel`]; the plus device of a pair.
    pub fn place(&self, pixel: usize) -> DevicePlace {
        let (y, x) = (pixel / self.width, pixel % self.width);
        let (tile, slot) = (y / self.rows * self.across() + x / self.columns, x % self.columns);
        let (group, adc) = (slot / self.adcs, slot % self.adcs);
        DevicePlace { tile, row: y % self.rows, group, adc, minus: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_has_a_cell_of_its_own() {
        let design = Design::load("tiny").expect("a preset");
        for (height, width) in [(1, 1), (40, 40), (17, 5), (5, 160), (16, 16)] {
            let layout = Layout::new(&design, height, width).expect("ten tiles of 16 x 16");
            let lines: Vec<_> = layout.lines().collect();
            for pixel in 0..height * width {
                let p = layout.place(pixel);
                assert_eq!(layout.pixel(p.tile, p.row, p.group, p.adc), Some(pixel));
                assert!(p.tile < layout.tiles() && p.adc < 4 && p.group < 4 && lines.contains(&(p.tile, p.row)));
            }
        }
    }

    #[test]
    fn pictures_beyond_the_tiles_are_refused() {
        let design = Design::load("tiny").expect("a preset");
        let refused = |height, width| Layout::new(&design, height, width).expect_err("too large");
        let error = refused(40, 65);
        assert_eq!(error, MemoryError::Size { height: 40, width: 65, needed: 15, rows: 16, columns: 16, tiles: 10 });
        assert!(error.help().contains("48x48"), "{}", error.help());
        assert!(matches!(refused(0, 40), MemoryError::Size { needed: 0, .. }));
        refused(usize::MAX, usize::MAX);
    }
}
