//! Grids of images as one PNG: samples of a network, or the same images from several sources
//! compared.

use super::atomic::{self, Sync, WriteError};
use super::font;
use ndarray::{Array4, ArrayView4, Zip};
use std::path::Path;
use thiserror::Error;

/// Grey level behind and between the images: neither a black nor a white image melts into it.
pub(crate) const BACKGROUND: u8 = 56;
const INK: u8 = 235;
/// Largest picture in pixels.
const MAX_PIXELS: usize = 1 << 26;

/// A captioned block of images of one size.
#[derive(Clone, Debug)]
pub struct Panel {
    /// Printed above the block in a 5x7 font (printable ASCII); no line if empty.
    pub caption: String,
    /// `[images, height, width, channels]`, channels 1 (grey) or 3 (RGB).
    pub images: Array4<u8>,
    /// Images a row of the block, at least 1; the last row may be shorter.
    pub columns: usize,
}

/// How panels follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrange {
    /// One below the other: rows "RTL", "golden", "difference" with equal images in line.
    Down,
    /// Side by side, as groups of columns.
    Across,
}

/// A picture to be drawn.
#[derive(Clone, Debug)]
pub struct Grid {
    pub panels: Vec<Panel>,
    pub arrange: Arrange,
    /// Picture pixels a side of an image pixel, 1..=64; no interpolation.
    pub scale: usize,
    /// Pixels between images and around the picture, 0..=64.
    pub gap: usize,
}

/// A picture that cannot be drawn or written.
#[derive(Debug, Error)]
pub enum GridError {
    #[error("a picture needs at least one image: panel `{caption}` has none")]
    NoImages { caption: String },
    #[error("panel `{caption}` has images of {found} channels, a picture has 1 (grey) or 3 (RGB)")]
    Channels { caption: String, found: usize },
    #[error("{what} is {found}, allowed is {allowed}")]
    Range { what: &'static str, found: usize, allowed: String },
    #[error(transparent)]
    Write(#[from] WriteError),
}

crate::data::diagnostic!(GridError);

impl GridError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::NoImages { .. } => "ask for at least one image".into(),
            Self::Channels { .. } => "write one picture a channel, or choose three of them".into(),
            Self::Range { .. } => "choose a smaller scale or fewer images".into(),
            Self::Write(error) => error.help(),
        }
    }
}

/// A drawn picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// 1 (grey) or 3 (RGB).
    pub channels: usize,
    /// Row by row, `height * width * channels` bytes.
    pub pixels: Vec<u8>,
}

/// Absolute difference of two image sets of one shape, times `gain` and at most 255: white is
/// wrong.
///
/// # Panics
/// If the shapes differ.
pub fn difference(a: ArrayView4<'_, u8>, b: ArrayView4<'_, u8>, gain: u8) -> Array4<u8> {
    assert_eq!(a.dim(), b.dim(), "images to compare have one shape");
    Zip::from(a).and(b).map_collect(|&x, &y| x.abs_diff(y).saturating_mul(gain))
}

/// Images of 1 or 3 channels as they are; of any other number, the channels in grey, one below the other.
pub fn drawable(images: Array4<u8>) -> Array4<u8> {
    let (count, height, width, channels) = images.dim();
    if matches!(channels, 1 | 3) {
        return images;
    }
    Array4::from_shape_fn((count, height * channels, width, 1), |(n, y, x, _)| images[[n, y % height, x, y / height]])
}

impl Grid {
    /// A grid with a gap of 4 pixels; images below 32 pixels are enlarged to about 64.
    pub fn new(arrange: Arrange, panels: Vec<Panel>) -> Self {
        let side = panels.first().map_or(1, |p| p.images.dim().1.max(1));
        Self { panels, arrange, scale: (64 / side).clamp(1, 8), gap: 4 }
    }

    /// Draws the picture and writes it as PNG to `path`, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), GridError> {
        Ok(atomic::write(path, &self.draw()?.png(), Sync::No)?)
    }

    /// Draws the picture.
    pub fn draw(&self) -> Result<Canvas, GridError> {
        self.check()?;
        let sizes: Vec<_> = self.panels.iter().map(|p| self.size(p)).collect();
        let sum = |side: fn(&(usize, usize)) -> usize| sizes.iter().map(side).sum::<usize>();
        let most = |side: fn(&(usize, usize)) -> usize| sizes.iter().map(side).max().unwrap_or(0);
        // Panels end in a gap of their own; one more goes before the first, two between neighbours.
        let between = self.gap * (sizes.len() - 1);
        let (width, height) = match self.arrange {
            Arrange::Down => (most(|s| s.0), sum(|s| s.1) + between),
            Arrange::Across => (sum(|s| s.0) + between, most(|s| s.1)),
        };
        let (width, height) = (width + self.gap, height + self.gap);
        if width.saturating_mul(height) > MAX_PIXELS {
            let (found, allowed) = (width.saturating_mul(height), format!("at most {MAX_PIXELS}"));
            return Err(GridError::Range { what: "number of pixels", found, allowed });
        }
        let channels = self.panels.iter().map(|p| p.images.dim().3).max().unwrap_or(1);
        let mut canvas = Canvas { width, height, channels, pixels: vec![BACKGROUND; width * height * channels] };
        let (mut x, mut y) = (self.gap, self.gap);
        for (panel, size) in self.panels.iter().zip(&sizes) {
            self.panel(&mut canvas, panel, x, y);
            match self.arrange {
                Arrange::Down => y += size.1 + self.gap,
                Arrange::Across => x += size.0 + self.gap,
            }
        }
        Ok(canvas)
    }

    fn check(&self) -> Result<(), GridError> {
        let range = |what, found, low: usize, high: usize| match (low..=high).contains(&found) {
            true => Ok(()),
            false => Err(GridError::Range { what, found, allowed: format!("{low} to {high}") }),
        };
        range("scale", self.scale, 1, 64)?;
        range("gap", self.gap, 0, 64)?;
        if self.panels.is_empty() {
            return Err(GridError::NoImages { caption: String::new() });
        }
        for panel in &self.panels {
            let caption = panel.caption.clone();
            range("number of columns", panel.columns, 1, MAX_PIXELS)?;
            match panel.images.dim() {
                (0, ..) | (_, 0, ..) | (_, _, 0, _) => return Err(GridError::NoImages { caption }),
                (.., 1 | 3) => {}
                (.., found) => return Err(GridError::Channels { caption, found }),
            }
        }
        Ok(())
    }

    /// Magnification of the font: no coarser than the images, and letters of at most 14 pixels.
    fn text_scale(&self) -> usize {
        self.scale.min(2)
    }

    /// Height of the caption line with the gap below it, 0 without caption.
    fn caption_height(&self, panel: &Panel) -> usize {
        match panel.caption.is_empty() {
            true => 0,
            false => font::HEIGHT * self.text_scale() + self.gap.max(self.text_scale()),
        }
    }

    /// Width and height of a panel, with the gap after it.
    fn size(&self, panel: &Panel) -> (usize, usize) {
        let (count, height, width, _) = panel.images.dim();
        let (columns, rows) = (panel.columns.min(count), count.div_ceil(panel.columns));
        let images = columns * (width * self.scale + self.gap);
        let text = panel.caption.chars().count() * (font::WIDTH + 1) * self.text_scale() + self.gap;
        let text = if panel.caption.is_empty() { 0 } else { text };
        (images.max(text), self.caption_height(panel) + rows * (height * self.scale + self.gap))
    }

    fn panel(&self, canvas: &mut Canvas, panel: &Panel, left: usize, top: usize) {
        canvas.text(&panel.caption, left, top, self.text_scale(), INK);
        let top = top + self.caption_height(panel);
        let (_, height, width, _) = panel.images.dim();
        let (step_x, step_y) = (width * self.scale + self.gap, height * self.scale + self.gap);
        for (index, image) in panel.images.outer_iter().enumerate() {
            let (x0, y0) = (left + index % panel.columns * step_x, top + index / panel.columns * step_y);
            for y in 0..height * self.scale {
                for x in 0..width * self.scale {
                    let pixel = image.slice(ndarray::s![y / self.scale, x / self.scale, ..]);
                    canvas.set(x0 + x, y0 + y, |channel| pixel[channel.min(pixel.len() - 1)]);
                }
            }
        }
    }
}

impl Canvas {
    /// Sets the channels of a pixel in the picture.
    pub(super) fn set(&mut self, x: usize, y: usize, value: impl Fn(usize) -> u8) {
        let start = (y * self.width + x) * self.channels;
        for (channel, byte) in self.pixels[start..start + self.channels].iter_mut().enumerate() {
            *byte = value(channel);
        }
    }

    /// Writes in grey level `ink`; the text must fit.
    pub(super) fn text(&mut self, text: &str, left: usize, top: usize, scale: usize, ink: u8) {
        for (index, character) in text.chars().enumerate() {
            let glyph = font::glyph(character);
            let left = left + index * (font::WIDTH + 1) * scale;
            for y in 0..font::HEIGHT * scale {
                for x in 0..font::WIDTH * scale {
                    if glyph[y / scale] >> (font::WIDTH - 1 - x / scale) & 1 == 1 {
                        self.set(left + x, top + y, |_| ink);
                    }
                }
            }
        }
    }

    /// The picture as the bytes of a PNG file: 8 bits a channel, the same bytes for the same
    /// picture.
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(if self.channels == 3 { png::ColorType::Rgb } else { png::ColorType::Grayscale });
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().expect("sides are 1 to 2^26, memory does not fail");
        writer.write_image_data(&self.pixels).expect("the canvas has the size of the header");
        writer.finish().expect("memory does not fail");
        bytes
    }
}
