//! The picture of a simulation: hardware, golden model, difference.

use memgan::config::Role;
use memgan::data::png_grid::difference;
use memgan::data::{Arrange, Grid, Panel};
use memgan::diff::PassReport;
use memgan::numeric::code_to_pixel;
use ndarray::Array4;
use std::path::PathBuf;

use super::error::CliError;
use super::simulate::Job;

/// Images a row.
const COLUMNS: usize = 16;

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
        // Values that are no image are drawn as a row of grey squares.
        let (h, w, c) = match network.role {
            Role::Generator => (shape.height, shape.width, shape.channels),
            _ => (1, shape.len(), 1),
        };
        let draw = |output: fn(&PassReport) -> &Vec<i8>| {
            let values = mine.iter().flat_map(|p| output(p).iter().map(|&v| code_to_pixel(v, design.pixel_range)));
            Array4::from_shape_vec((mine.len(), h, w, c), values.collect()).expect("one output a pass")
        };
        let (rtl, golden) = (draw(|p| &p.rtl_output), draw(|p| &p.golden_output));
        if network.role != Role::Generator {
            let images = job.data.take(mine.len()).images;
            panels.push(Panel { caption: format!("{}: input", network.role.name()), images, columns: COLUMNS });
        }
        let apart = difference(rtl.view(), golden.view(), 8);
        for (what, images) in [("RTL", rtl), ("golden", golden), ("difference x 8", apart)] {
            panels.push(Panel { caption: format!("{}: {what}", network.role.name()), images, columns: COLUMNS });
        }
    }
    let path = job.out.join("simulation.png");
    Grid { scale: 3, gap: 3, ..Grid::new(Arrange::Down, panels) }.write(&path)?;
    Ok(path)
}
