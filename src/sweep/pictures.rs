//! Pictures of a sweep: the figure of merit over each numeric key, and generated images side by side.

use super::collect::{Row, plain};
use super::file::Axis;
use super::result::KEPT;
use super::{Plan, SweepError};
use crate::data::png_grid::{BACKGROUND, GridError};
use crate::data::{Arrange, Curve, Grid, Panel, Plot};
use ndarray::{Array4, concatenate, s};
use std::collections::BTreeMap;
use toml::Value;

/// The variable that plots show the spread over.
const SEED: &str = "seed";
/// Curves of a plot: more have no colours of their own.
const CURVES: usize = 8;
/// Pictures of images: more are not looked at.
const IMAGE_PICTURES: usize = 12;
/// Images of a point in a picture with columns.
const SHOWN: usize = 4;

/// Draws all pictures into the directory of the results; gives their names.
pub(super) fn draw(plan: &Plan, rows: &[Row<'_>]) -> Result<Vec<String>, SweepError> {
    let mut files = Vec::new();
    for axis in plan.sweep.axes.iter().filter(|axis| !is_seed(axis)) {
        // Where keys change together, the first that plots have an axis for stands for all.
        for key in &axis.keys {
            let before = files.len();
            plots(plan, rows, key, &mut files)?;
            if files.len() > before {
                break;
            }
        }
    }
    image_grids(plan, rows, &mut files)?;
    Ok(files)
}

/// The figure of merit of a point, with its name.
fn merit(row: &Row<'_>) -> Option<(&'static str, f64)> {
    let result = &row.result;
    let distance = result.score.as_ref().map(|score| ("distance", score.distance));
    distance.or(result.accuracy.map(|accuracy| ("accuracy", accuracy)))
}

fn number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|v| v as f64))
}

/// Plots over one key, one curve a combination of the others; keys of `[[points]]` that change together are one.
fn plots(plan: &Plan, rows: &[Row<'_>], key: &str, files: &mut Vec<String>) -> Result<(), SweepError> {
    let together = plan.sweep.axes.iter().find(|axis| axis.keys.iter().any(|k| k == key));
    let aside = |other: &str| other == SEED || together.is_some_and(|axis| axis.keys.iter().any(|k| k == other));
    let (mut curves, mut merit_name): (Vec<Curve>, _) = (Vec::new(), "distance");
    for row in rows {
        let values = &row.planned.point.values;
        let x = values.iter().find(|(k, _)| k == key).and_then(|(_, value)| number(value));
        let (Some(x), Some((name, y))) = (x, merit(row)) else { continue };
        merit_name = name;
        let others = plan.sweep.axes.iter().filter(|axis| !axis.keys.iter().any(|k| aside(k)));
        let of_axis = |axis: &Axis| {
            let own = values.iter().filter(|(k, _)| axis.keys.contains(k)).map(|(_, value)| plain(value));
            together_as(own, ", ")
        };
        let name = others.map(of_axis).collect::<Vec<_>>().join(", ");
        match curves.iter_mut().find(|curve| curve.name == name) {
            Some(curve) => curve.points.push((x, y)),
            None => curves.push(Curve { name, points: vec![(x, y)] }),
        }
    }
    let places = curves.iter().flat_map(|curve| curve.points.iter().map(|point| point.0));
    let (low, high) = places.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), x| (l.min(x), h.max(x)));
    if low >= high {
        return Ok(());
    }
    for curve in &mut curves {
        curve.points.sort_by(|a, b| a.0.total_cmp(&b.0));
    }
    let axes = plan.sweep.axes.iter();
    let others: Vec<String> = axes.filter(|axis| !axis.keys.iter().any(|k| aside(k))).map(short_keys).collect();
    let by = if others.is_empty() { String::new() } else { format!(", by {}", others.join(", ")) };
    for (number, curves) in curves.chunks(CURVES).enumerate() {
        let plot = Plot {
            title: format!(
                "{}: {merit_name} over {}{by}",
                plan.sweep.name,
                together.map_or_else(|| short(key).into(), short_keys)
            ),
            x: key.to_owned(),
            y: merit_name.to_owned(),
            curves: curves.to_vec(),
            bars: true,
        };
        let name = file_name(&[merit_name, key], number);
        plot.write(&plan.out.join(&name))?;
        files.push(name);
    }
    Ok(())
}

/// The last part of a key.
fn short(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

/// The keys of an axis.
fn short_keys(axis: &Axis) -> String {
    axis.keys.iter().map(|key| short(key)).collect::<Vec<_>>().join("/")
}

/// One text for equal values, else all.
fn together_as(values: impl Iterator<Item = String>, between: &str) -> String {
    let values: Vec<String> = values.collect();
    match values.split_first() {
        Some((first, rest)) if rest.iter().all(|value| value == first) => first.clone(),
        _ => values.join(between),
    }
}

fn file_name(parts: &[&str], number: usize) -> String {
    let text = parts.join("-");
    let text: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    if number == 0 { format!("{text}.png") } else { format!("{text}-{}.png", number + 1) }
}

/// Rows and columns of images by the first two axes (seeds count last), a picture a combination of the others with the
/// first seed.
fn image_grids(plan: &Plan, rows: &[Row<'_>], files: &mut Vec<String>) -> Result<(), SweepError> {
    let axes = &plan.sweep.axes;
    let by_index: BTreeMap<usize, &Row<'_>> = rows.iter().map(|row| (row.planned.point.index, row)).collect();
    let mut order: Vec<usize> = (0..axes.len()).collect();
    order.sort_by_key(|&axis| is_seed(&axes[axis]));
    let (shown, rest) = order.split_at(order.len().min(2));
    let combinations = rest.iter().fold(vec![vec![0; axes.len()]], |places, &axis| {
        let rows = if is_seed(&axes[axis]) { 1 } else { axes[axis].rows.len() };
        let with =
            |place: &Vec<usize>, row| place.iter().enumerate().map(|(i, &p)| if i == axis { row } else { p }).collect();
        places.iter().flat_map(|place| (0..rows).map(move |row| with(place, row))).collect()
    });
    for (number, fixed) in combinations.into_iter().take(IMAGE_PICTURES).enumerate() {
        let images = |row: usize, column: usize| {
            let mut place = fixed.clone();
            place[shown[0]] = row;
            if let Some(&axis) = shown.get(1) {
                place[axis] = column;
            }
            by_index.get(&plan.sweep.index(&place))?.planned.images(&plan.out)
        };
        let panels = panels(axes, shown, rest, &fixed, &images);
        if panels.is_empty() {
            continue;
        }
        let name = file_name(&["images"], number);
        match Grid::new(Arrange::Down, panels).write(&plan.out.join(&name)) {
            Ok(()) => files.push(name),
            Err(GridError::Write(error)) => return Err(error.into()),
            // A sweep does not fail for a picture that would be too large.
            Err(_) => {}
        }
    }
    Ok(())
}

fn is_seed(axis: &Axis) -> bool {
    axis.keys == [SEED]
}

/// One panel a row; points without images are left empty.
fn panels(
    axes: &[Axis],
    shown: &[usize],
    rest: &[usize],
    fixed: &[usize],
    images: &dyn Fn(usize, usize) -> Option<Array4<u8>>,
) -> Vec<Panel> {
    let columns = shown.get(1).map_or(1, |&axis| axes[axis].rows.len());
    let each = if columns == 1 { KEPT } else { SHOWN };
    let said = |axis: usize, row: usize| {
        let values = together_as(axes[axis].rows[row].iter().map(plain), ", ");
        format!("{} = {values}", short_keys(&axes[axis]))
    };
    let mut panels: Vec<Panel> = Vec::new();
    for row in 0..axes[shown[0]].rows.len() {
        let cells: Vec<_> = (0..columns).map(|column| images(row, column)).collect();
        let Some(size) = cells.iter().flatten().map(|cell| cell.dim()).next() else { continue };
        let empty = |count| Array4::from_elem((count, size.1, size.2, size.3), BACKGROUND);
        let mut parts = Vec::new();
        for cell in cells {
            if !parts.is_empty() {
                parts.push(empty(1));
            }
            let cell = cell.filter(|cell| cell.dim() == size).unwrap_or_else(|| empty(KEPT));
            parts.push(cell.slice(s![..each, .., .., ..]).to_owned());
        }
        let mut caption = said(shown[0], row);
        if panels.is_empty() {
            if let Some(&axis) = shown.get(1) {
                let row = |row: &Vec<_>| together_as(row.iter().map(plain), ", ");
                let across: Vec<String> = axes[axis].rows.iter().map(row).collect();
                caption += &format!("; across: {} = {}", short_keys(&axes[axis]), across.join(" | "));
            }
            for &axis in rest {
                caption += &format!("; {}", said(axis, fixed[axis]));
            }
        }
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        let Ok(images) = concatenate(ndarray::Axis(0), &views) else { continue };
        panels.push(Panel { caption, columns: images.dim().0, images });
    }
    panels
}
