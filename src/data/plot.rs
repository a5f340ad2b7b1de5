//! Line plots as PNG, with the font of the grids: losses over steps.

use super::atomic::{self, Sync, WriteError};
use super::font;
use super::png_grid::Canvas;
use std::ops::Range;
use std::path::Path;

const WIDTH: usize = 960;
const HEIGHT: usize = 540;
/// The area of the curves.
const LEFT: usize = 96;
const RIGHT: usize = WIDTH - 32;
const TOP: usize = 64;
const BOTTOM: usize = HEIGHT - 64;
/// First line of the names of the curves, what another one takes, and the line before a name.
const LEGEND: usize = TOP - font::HEIGHT * TEXT - 8;
const LEGEND_LINE: usize = 22;
const SAMPLE: usize = 28;
/// Magnification of the font.
const TEXT: usize = 2;
const LETTER: usize = (font::WIDTH + 1) * TEXT;
const INK: u8 = 40;
const GRID: [u8; 3] = [224; 3];
/// Colours of the curves, in their order; told apart with every kind of colour vision (Wong, "Points of view: color
/// blindness", 2011).
const COLOURS: [[u8; 3]; 8] = [
    [0, 114, 178],
    [213, 94, 0],
    [0, 158, 115],
    [204, 121, 167],
    [230, 159, 0],
    [86, 180, 233],
    [0, 0, 0],
    [240, 228, 66],
];
/// Pixels over which the points of a long curve are averaged.
const BUCKET: usize = 2;
/// Share of the colour in the band from the least to the most of a bucket.
const BAND: f64 = 0.2;
/// Half the width of a line.
const HALF: f64 = 1.0;
/// Half the side of a mark.
const MARK: i32 = 3;
/// Ticks of an axis, about.
const TICKS: f64 = 6.0;

/// Curves over a common axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Plot {
    pub title: String,
    /// What is on the axes: printable ASCII, as all text.
    pub x: String,
    pub y: String,
    pub curves: Vec<Curve>,
    /// A mark at each mean, with a bar from the least to the most: for a few values of x with several points each.
    pub bars: bool,
}

/// Points in the order of x; those that are not finite are left out.
///
/// Where a curve has more points than pixels, it shows their mean, over a band from the least to the most.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(f64, f64)>,
}

/// An axis: values at both ends, and values with a tick.
#[derive(Clone, Debug, PartialEq)]
struct Axis {
    range: Range<f64>,
    ticks: Vec<f64>,
    /// Digits after the point.
    digits: usize,
}

impl Axis {
    /// An axis that holds all values, with ends and ticks at multiples of 1, 2 or 5 times a power of ten.
    fn around(values: impl Iterator<Item = f64>) -> Self {
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        let (low, high) = match low.partial_cmp(&high) {
            Some(std::cmp::Ordering::Less) => (low, high),
            Some(std::cmp::Ordering::Equal) => (low - 0.5, high + 0.5),
            _ => (0.0, 1.0),
        };
        let raw = (high - low) / TICKS;
        let power = raw.log10().floor();
        let unit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * 10f64.powf(power) >= raw).unwrap_or(10.0);
        let step = unit * 10f64.powf(power);
        let (first, last) = ((low / step).floor(), (high / step).ceil());
        let ticks = (0..=(last - first) as usize).map(|i| (first + i as f64) * step).collect();
        let digits = (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
        Self { range: first * step..last * step, ticks, digits }
    }

    /// Place of a value between the ends, 0 to 1.
    fn place(&self, value: f64) -> f64 {
        (value - self.range.start) / (self.range.end - self.range.start)
    }

    fn label(&self, tick: f64) -> String {
        // Adding zero turns a negative zero into zero.
        format!("{:.*}", self.digits, tick + 0.0)
    }
}

impl Plot {
    /// Draws the plot and writes it as PNG to `path`, whole or not at all.
    pub fn write(&self, path: &Path) -> Result<(), WriteError> {
        atomic::write(path, &self.draw().png(), Sync::No)
    }

    /// Draws the plot, 960 x 540 pixels in colour, and higher where the names of the curves take several lines.
    pub fn draw(&self) -> Canvas {
        let points = || self.curves.iter().flat_map(|c| &c.points).filter(|p| p.0.is_finite() && p.1.is_finite());
        let x = Axis::around(points().map(|p| p.0));
        let y = Axis::around(points().map(|p| p.1));
        let lines = self.legend_lines();
        let down = lines.len().saturating_sub(1) * LEGEND_LINE;
        let height = HEIGHT + down;
        let mut canvas = Canvas { width: WIDTH, height, channels: 3, pixels: vec![255; WIDTH * height * 3] };
        axes(&mut canvas, &x, &y, down);
        write(&mut canvas, &self.title, LEFT, 12);
        write(&mut canvas, &self.y, LEFT, LEGEND + down);
        write(&mut canvas, &self.x, RIGHT.saturating_sub(self.x.len() * LETTER), height - 28);
        for (curve, colour) in self.curves.iter().zip(COLOURS.iter().cycle()) {
            draw_curve(&mut canvas, curve, &x, &y, *colour, self.bars, down);
        }
        self.legend(&mut canvas, &lines);
        canvas
    }

    /// How many names each line of the legend has.
    fn legend_lines(&self) -> Vec<usize> {
        let room = RIGHT - LEFT - (self.y.chars().count() + 1) * LETTER;
        let (mut lines, mut used) = (vec![0], 0);
        for width in self.curves.iter().map(legend_width) {
            let last = lines.len() - 1;
            if lines[last] > 0 && used + width > room {
                lines.push(1);
                used = width;
            } else {
                lines[last] += 1;
                used += width;
            }
        }
        lines
    }

    /// Names of the curves, right-aligned above the plot.
    fn legend(&self, canvas: &mut Canvas, lines: &[usize]) {
        let mut curves = self.curves.iter().zip(COLOURS.iter().cycle());
        let mut first = 0;
        for (line, &count) in lines.iter().enumerate() {
            let mut left = RIGHT.saturating_sub(self.curves[first..first + count].iter().map(legend_width).sum());
            let top = LEGEND + line * LEGEND_LINE;
            for (curve, colour) in curves.by_ref().take(count) {
                let middle = (top + font::HEIGHT * TEXT / 2) as f64;
                segment(canvas, (left as f64, middle), ((left + SAMPLE) as f64, middle), *colour);
                write(canvas, &curve.name, left + SAMPLE + 8, top);
                left += legend_width(curve);
            }
            first += count;
        }
    }
}

/// What a name takes in a line of the legend.
fn legend_width(curve: &Curve) -> usize {
    SAMPLE + 8 + (curve.name.chars().count() + 1) * LETTER
}

/// Text cut off at the picture's right edge.
fn write(canvas: &mut Canvas, text: &str, left: usize, top: usize) {
    let room = WIDTH.saturating_sub(left) / LETTER;
    canvas.text(&text.chars().take(room).collect::<String>(), left, top, TEXT, INK);
}

/// Everything is `down` pixels lower than without further lines of names.
fn axes(canvas: &mut Canvas, x: &Axis, y: &Axis, down: usize) {
    let (top, bottom) = (TOP + down, BOTTOM + down);
    for &tick in &y.ticks {
        let (label, row) = (y.label(tick), to_y(y.place(tick)).round() as usize + down);
        (LEFT..=RIGHT).for_each(|column| blend(canvas, column, row, GRID, 1.0));
        let left = LEFT.saturating_sub(8 + label.len() * LETTER);
        write(canvas, &label, left, row.saturating_sub(font::HEIGHT * TEXT / 2));
    }
    for &tick in &x.ticks {
        let (label, column) = (x.label(tick), to_x(x.place(tick)).round() as usize);
        (top..=bottom).for_each(|row| blend(canvas, column, row, GRID, 1.0));
        let left = column.saturating_sub(label.len() * LETTER / 2).min(WIDTH - label.len().min(20) * LETTER);
        write(canvas, &label, left, bottom + 10);
    }
    (LEFT..=RIGHT).for_each(|column| blend(canvas, column, bottom, [INK; 3], 1.0));
    (top..=bottom).for_each(|row| blend(canvas, LEFT, row, [INK; 3], 1.0));
}

fn to_x(place: f64) -> f64 {
    LEFT as f64 + place * (RIGHT - LEFT) as f64
}

fn to_y(place: f64) -> f64 {
    BOTTOM as f64 - place * (BOTTOM - TOP) as f64
}

/// Points that fall on the same few columns of pixels.
struct Bucket {
    column: usize,
    count: f64,
    x: f64,
    y: f64,
    top: f64,
    bottom: f64,
}

fn draw_curve(canvas: &mut Canvas, curve: &Curve, x: &Axis, y: &Axis, colour: [u8; 3], bars: bool, down: usize) {
    let mut buckets: Vec<Bucket> = Vec::new();
    for &(px, py) in curve.points.iter().filter(|p| p.0.is_finite() && p.1.is_finite()) {
        let (px, py) = (to_x(x.place(px)), to_y(y.place(py)) + down as f64);
        let column = px as usize / BUCKET * BUCKET;
        match buckets.last_mut().filter(|b| b.column == column) {
            Some(b) => {
                (b.count, b.x, b.y) = (b.count + 1.0, b.x + px, b.y + py);
                (b.top, b.bottom) = (b.top.min(py), b.bottom.max(py));
            }
            None => buckets.push(Bucket { column, count: 1.0, x: px, y: py, top: py, bottom: py }),
        }
    }
    for b in buckets.iter().filter(|b| b.count > 1.0) {
        for column in b.column..(b.column + BUCKET).min(RIGHT + 1) {
            (b.top as usize..=b.bottom as usize).for_each(|row| blend(canvas, column, row, colour, BAND));
        }
    }
    let middle = |b: &Bucket| (b.x / b.count, b.y / b.count);
    for b in buckets.iter().filter(|_| bars) {
        let (x, y) = middle(b);
        segment(canvas, (x, b.top), (x, b.bottom), colour);
        (-MARK..=MARK).for_each(|row| {
            segment(
                canvas,
                (x - f64::from(MARK), y + f64::from(row)),
                (x + f64::from(MARK), y + f64::from(row)),
                colour,
            )
        });
    }
    if let [only] = &buckets[..] {
        segment(canvas, middle(only), middle(only), colour);
    }
    for pair in buckets.windows(2) {
        segment(canvas, middle(&pair[0]), middle(&pair[1]), colour);
    }
}

/// A line with round ends: a pixel is covered by its distance from the middle of the line.
fn segment(canvas: &mut Canvas, a: (f64, f64), b: (f64, f64), colour: [u8; 3]) {
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let length = dx * dx + dy * dy;
    let span = |p: f64, q: f64| (p.min(q) - HALF - 1.0).max(0.0) as usize..=(p.max(q) + HALF + 1.0) as usize;
    for row in span(a.1, b.1) {
        for column in span(a.0, b.0) {
            let (x, y) = (column as f64 - a.0, row as f64 - a.1);
            let along = if length > 0.0 { ((x * dx + y * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
            let distance = (x - along * dx).hypot(y - along * dy);
            blend(canvas, column, row, colour, (HALF + 0.5 - distance).clamp(0.0, 1.0));
        }
    }
}

/// Mixes `share` of a colour into a pixel; outside of the picture nothing happens.
fn blend(canvas: &mut Canvas, x: usize, y: usize, colour: [u8; 3], share: f64) {
    if x >= canvas.width || y >= canvas.height || share <= 0.0 {
        return;
    }
    let start = (y * canvas.width + x) * 3;
    let old: [u8; 3] = [0, 1, 2].map(|c| canvas.pixels[start + c]);
    let mix = |c: usize| f64::from(old[c]) + share * (f64::from(colour[c]) - f64::from(old[c]));
    canvas.set(x, y, |channel| mix(channel).round() as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(values: &[f64]) -> (Vec<String>, Range<f64>) {
        let axis = Axis::around(values.iter().copied());
        (axis.ticks.iter().map(|&t| axis.label(t)).collect(), axis.range)
    }

    #[test]
    fn ticks_are_round_numbers_around_the_values() {
        assert_eq!(
            axis(&[0.0, 3000.0]),
            (["0", "500", "1000", "1500", "2000", "2500", "3000"].map(String::from).to_vec(), 0.0..3000.0)
        );
        assert_eq!(axis(&[0.31, 1.49]).0, ["0.2", "0.4", "0.6", "0.8", "1.0", "1.2", "1.4", "1.6"]);
        assert_eq!(axis(&[-0.013, 0.011]).0, ["-0.015", "-0.010", "-0.005", "0.000", "0.005", "0.010", "0.015"]);
        let (ticks, range) = axis(&[7.0]);
        assert!(range.contains(&7.0) && ticks.len() > 2);
        assert!(axis(&[]).0.len() > 2);
    }

    /// Whether a pixel is nearer to a colour than to white or ink.
    fn is(canvas: &Canvas, x: f64, y: f64, colour: [u8; 3]) -> bool {
        let start = (y.round() as usize * WIDTH + x.round() as usize) * 3;
        canvas.pixels[start..start + 3].iter().zip(colour).all(|(&a, b)| a.abs_diff(b) < 60)
    }

    fn plot(curves: Vec<Vec<(f64, f64)>>) -> Plot {
        let curve = |points| Curve { name: "curve".into(), points };
        Plot {
            title: "t".into(),
            x: "step".into(),
            y: "loss".into(),
            curves: curves.into_iter().map(curve).collect(),
            bars: false,
        }
    }

    #[test]
    fn curves_pass_through_their_points() {
        let canvas = plot(vec![vec![(0.0, 0.0), (10.0, 6.0)], vec![(0.0, 6.0), (10.0, 0.0)]]).draw();
        assert_eq!((canvas.width, canvas.height, canvas.pixels.len()), (WIDTH, HEIGHT, WIDTH * HEIGHT * 3));
        for place in [0.1, 0.3, 0.7, 0.9] {
            assert!(is(&canvas, to_x(place), to_y(place), COLOURS[0]), "{place}");
            assert!(is(&canvas, to_x(place), to_y(1.0 - place), COLOURS[1]), "{place}");
            assert!(!is(&canvas, to_x(place), to_y(place / 2.0 + 0.5 * f64::from(u8::from(place < 0.5))), COLOURS[0]));
        }
    }

    #[test]
    fn a_long_curve_shows_its_mean() {
        let noisy = (0..20_000).map(|i| (f64::from(i), f64::from(i % 2) * 6.0)).collect();
        let canvas = plot(vec![noisy]).draw();
        assert!(is(&canvas, to_x(0.51), to_y(0.5), COLOURS[0]));
        assert!(!is(&canvas, to_x(0.51), to_y(0.9), COLOURS[0]));
    }

    #[test]
    fn bars_reach_from_the_least_to_the_most() {
        let points = vec![(0.0, 1.0), (0.0, 5.0), (10.0, 0.0), (10.0, 6.0)];
        let canvas = Plot { bars: true, ..plot(vec![points.clone()]) }.draw();
        let plain = plot(vec![points]).draw();
        for y in [1.3, 3.0, 4.7] {
            assert!(is(&canvas, to_x(0.0), to_y(y / 6.0), COLOURS[0]), "{y}");
        }
        assert!(!is(&canvas, to_x(0.0), to_y(5.5 / 6.0), COLOURS[0]));
        assert!(!is(&plain, to_x(0.0), to_y(1.3 / 6.0), COLOURS[0]));
    }

    #[test]
    fn nothing_that_is_drawn_is_too_strange() {
        for points in [
            vec![],
            vec![(f64::NAN, 1.0)],
            vec![(1.0, f64::INFINITY), (2.0, 1.0)],
            vec![(1e300, -1e300), (2e300, 1e300)],
        ] {
            assert!(!plot(vec![points]).draw().png().is_empty());
        }
        let many = Plot { title: "long ".repeat(100), ..plot(vec![vec![(0.0, 1.0)]; 40]) };
        assert_eq!(many.draw(), many.draw());
    }
}
