//! The picture of a simulation: hardware, golden model, difference.

use memgan::config::Role;
use memgan::data::png_grid::{difference, drawable};
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
