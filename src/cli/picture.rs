//! The picture of a simulation: hardware, golden model, difference.

use memgan::config::Role;
use memgan::data::png_grid::difference;
use memgan::data::{Arrange, Grid, Panel};
use memgan::diff::PassReport;
use memgan::numeric::code_to_pixel;
use ndarray::Array4;
use std::path::PathBuf;

use super::error::CliError;
use super::job::Job;

/// Images a row.
const COLUMNS: usize = 16;

/// Image pixels a side of the square that stands for a value.
const SQUARE: usize = 4;

type Output = fn(&PassReport) -> &Vec<i8>;

/// Draws every network's outputs and the images that went in; returns the file.
pub fn write(job: &Job, passes: &[PassReport]) -> Result<PathBuf, CliError> {
    let design = &job.schedule.design;
    let mut panels = Vec::new();
    for network in &design.networks {
        let mine: Vec<&PassReport> = passes.iter().filter(|p| p.network == network.role.name()).collect();
        if mine.is_empty() {
            continue;
        }
        let shape = network.output();
        let pixel = |p: &PassReport, output: Output, i: usize| code_to_pixel(output(p)[i], design.pixel_range);
        let draw = |output: Output| match network.role {
            Role::Generator => {
                let (h, w, c) = (shape.height, shape.width, shape.channels);
                let at = |(n, y, x, k): (usize, _, _, _)| pixel(mine[n], output, (y * w + x) * c + k);
                Array4::from_shape_fn((mine.len(), h, w, c), at)
            }
            // Values that are no image are drawn as grey squares, one below the other.
            _ => {
                let at = |(n, y, _, _): (usize, usize, usize, usize)| pixel(mine[n], output, y / SQUARE);
                Array4::from_shape_fn((mine.len(), shape.len() * SQUARE, design.image.width, 1), at)
            }
        };
        let (rtl, golden) = (draw(|p| &p.rtl_output), draw(|p| &p.golden_output));
        if network.role != Role::Generator {
            let images = job.data.take(mine.len()).images;
            let caption = format!("{}: input", network.role.name());
            panels.push(Panel { caption, images: drawable(images), columns: COLUMNS });
        }
        let apart = difference(rtl.view(), golden.view(), 8);
        for (what, images) in [("RTL", rtl), ("golden", golden), ("difference x 8", apart)] {
            panels.push(Panel {
                caption: format!("{}: {what}", network.role.name()),
                images: drawable(images),
                columns: COLUMNS,
            });
        }
    }
    let path = job.out.join("simulation.png");
    Grid { scale: 3, gap: 3, ..Grid::new(Arrange::Down, panels) }.write(&path)?;
    Ok(path)
}

/// Images of 1 or 3 channels as they are; of any other number, the channels in grey, one below the other.
fn drawable(images: Array4<u8>) -> Array4<u8> {
    let (count, height, width, channels) = images.dim();
    if matches!(channels, 1 | 3) {
        return images;
    }
    Array4::from_shape_fn((count, height * channels, width, 1), |(n, y, x, _)| images[[n, y % height, x, y / height]])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_that_are_no_colour_are_drawn_below_each_other() {
        let images = Array4::from_shape_fn((2, 3, 4, 2), |(n, y, x, c)| (n * 100 + c * 50 + y * 10 + x) as u8);
        let drawn = drawable(images);
        assert_eq!(drawn.dim(), (2, 6, 4, 1));
        assert_eq!((drawn[[1, 2, 3, 0]], drawn[[1, 3, 0, 0]], drawn[[0, 5, 1, 0]]), (123, 150, 71));
        assert_eq!(drawable(Array4::zeros((1, 2, 2, 3))).dim(), (1, 2, 2, 3));
    }
}
