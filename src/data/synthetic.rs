//! Handwriting-like digits drawn from strokes: a data set that is always there.
//!
//! Each digit is a few strokes in a unit box. An image bends them a little, slants, turns, scales and
//! shifts them, draws them with a random pen and adds noise. Only additions, multiplications, divisions
//! and square roots are used, so the pixels are the same on every machine.

use super::{DataSet, set::describe};
use crate::config::Shape;
use crate::weights::seeded::SplitMix64;
use ndarray::Array4;
use rayon::prelude::*;

type Point = (f64, f64);

/// A stroke in the unit box, x to the right and y down.
enum Stroke {
    /// Straight lines through the points.
    Sharp(&'static [Point]),
    /// A quadratic B-spline: touches the first and last point and is drawn towards the others.
    Smooth(&'static [Point]),
}

use Stroke::{Sharp, Smooth};

/// The ways to write each digit.
const DIGITS: [&[&[Stroke]]; 10] = [
    &[&[Smooth(&[
        (0.5, 0.0),
        (0.13, 0.0),
        (0.13, 1.0),
        (0.87, 1.0),
        (0.87, 0.0),
        (0.5, 0.0),
    ])]],
    &[
        &[Sharp(&[(0.5, 0.0), (0.5, 1.0)])],
        &[Sharp(&[(0.3, 0.2), (0.55, 0.0), (0.55, 1.0)])],
    ],
    &[&[
        Smooth(&[
            (0.15, 0.28),
            (0.2, -0.04),
            (0.86, -0.04),
            (0.86, 0.42),
            (0.14, 1.0),
        ]),
        Sharp(&[(0.14, 1.0), (0.88, 1.0)]),
    ]],
    &[&[
        Smooth(&[
            (0.17, 0.12),
            (0.35, -0.05),
            (0.84, -0.05),
            (0.84, 0.46),
            (0.4, 0.46),
        ]),
        Smooth(&[
            (0.4, 0.46),
            (0.9, 0.46),
            (0.9, 1.03),
            (0.35, 1.05),
            (0.13, 0.85),
        ]),
    ]],
    &[
        &[Sharp(&[
            (0.68, 1.0),
            (0.68, 0.0),
            (0.1, 0.67),
            (0.92, 0.67),
        ])],
        &[
            Sharp(&[(0.2, 0.0), (0.14, 0.52), (0.8, 0.52)]),
            Sharp(&[(0.8, 0.02), (0.74, 1.0)]),
        ],
    ],
    &[&[
        Sharp(&[(0.82, 0.0), (0.26, 0.0), (0.22, 0.44)]),
        Smooth(&[
            (0.22, 0.44),
            (0.5, 0.3),
            (0.9, 0.36),
            (0.9, 1.03),
            (0.4, 1.06),
            (0.14, 0.86),
        ]),
    ]],
    &[&[Smooth(&[
        (0.7, 0.0),
        (0.3, 0.12),
        (0.1, 0.55),
        (0.14, 1.04),
        (0.86, 1.04),
        (0.86, 0.44),
        (0.3, 0.44),
        (0.17, 0.74),
    ])]],
    &[
        &[Sharp(&[(0.12, 0.0), (0.86, 0.0), (0.4, 1.0)])],
        &[
            Sharp(&[(0.12, 0.0), (0.86, 0.0), (0.4, 1.0)]),
            Sharp(&[(0.36, 0.5), (0.8, 0.5)]),
        ],
    ],
    &[&[
        Smooth(&[
            (0.5, 0.46),
            (0.16, 0.46),
            (0.16, 0.0),
            (0.84, 0.0),
            (0.84, 0.46),
            (0.5, 0.46),
        ]),
        Smooth(&[
            (0.5, 0.46),
            (0.1, 0.46),
            (0.1, 1.0),
            (0.9, 1.0),
            (0.9, 0.46),
            (0.5, 0.46),
        ]),
    ]],
    &[&[
        Smooth(&[
            (0.82, 0.28),
            (0.78, 0.56),
            (0.16, 0.56),
            (0.16, 0.0),
            (0.82, -0.04),
            (0.82, 0.28),
        ]),
        Smooth(&[(0.82, 0.24), (0.84, 0.6), (0.66, 1.0)]),
    ]],
];

/// `count` digits of `shape`; image `i` shows digit `i % 10` and depends on `seed` and `i` only.
///
/// White on black as MNIST: about 5/7 of the shorter side high. With more than one channel each digit
/// has a random tint. Sides from 8 pixels up are legible.
pub fn digits(shape: Shape, count: usize, seed: u64) -> DataSet {
    let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
    let pixels: Vec<u8> = labels
        .par_iter()
        .enumerate()
        .flat_map_iter(|(i, &label)| draw(label, shape, SplitMix64::stream(seed, i as u64)))
        .collect();
    let size = (count, shape.height, shape.width, shape.channels);
    let images = Array4::from_shape_vec(size, pixels).expect("one image of this shape a label");
    let source = format!(
        "synthetic digits, seed {seed} ({count} images {})",
        describe(shape)
    );
    DataSet {
        images,
        labels,
        source,
    }
}

fn draw(digit: u8, shape: Shape, mut random: SplitMix64) -> Vec<u8> {
    let side = shape.height.min(shape.width) as f64;
    let ways = DIGITS[usize::from(digit)];
    let way = ways[(random.next_u64() % ways.len() as u64) as usize];
    let place = Placement::random(&mut random, shape);
    let pen = random.uniform(0.035, 0.06) * side;
    // Samples per pixel and direction: small images need more for an even line.
    let samples = (48.0f64 / side).ceil().clamp(2.0, 8.0) as usize;
    let mut ink = Ink::new(shape.height, shape.width, samples);
    for stroke in way {
        let path = match stroke {
            Sharp(points) => bend(points, &mut random),
            Smooth(points) => spline(&bend(points, &mut random)),
        };
        let path: Vec<Point> = path.into_iter().map(|p| place.map(p)).collect();
        path.windows(2)
            .for_each(|ends| ink.line(ends[0], ends[1], pen));
    }
    let tint: Vec<f64> = match shape.channels {
        1 => vec![1.0],
        channels => (0..channels).map(|_| random.uniform(0.45, 1.0)).collect(),
    };
    let brightness = random.uniform(215.0, 255.0);
    let mut pixels = Vec::with_capacity(shape.len());
    for coverage in ink.pixels() {
        for gain in &tint {
            // Sum of four uniform values: close to normal, standard deviation about 3 grey levels.
            let noise: f64 = (0..4).map(|_| random.uniform(-2.6, 2.6)).sum();
            pixels.push(
                (coverage * brightness * gain + noise)
                    .round()
                    .clamp(0.0, 255.0) as u8,
            );
        }
    }
    pixels
}

/// Moves each point a little: no two digits are written alike.
fn bend(points: &[Point], random: &mut SplitMix64) -> Vec<Point> {
    let mut moved: Vec<Point> = Vec::with_capacity(points.len());
    for &(x, y) in points {
        moved.push((
            x + random.uniform(-0.035, 0.035),
            y + random.uniform(-0.035, 0.035),
        ));
    }
    if points.first() == points.last() {
        moved[points.len() - 1] = moved[0];
    }
    moved
}

/// Points on the quadratic B-spline of `points`, of which there are at least three.
fn spline(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 8;
    let middle = |a: Point, b: Point| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let last = points.len() - 1;
    let mut path = vec![points[0]];
    let mut start = points[0];
    for i in 1..last {
        let control = points[i];
        let end = if i + 1 == last {
            points[last]
        } else {
            middle(control, points[i + 1])
        };
        for step in 1..=STEPS {
            let t = step as f64 / STEPS as f64;
            let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            path.push((
                a * start.0 + b * control.0 + c * end.0,
                a * start.1 + b * control.1 + c * end.1,
            ));
        }
        start = end;
    }
    path
}

/// From the unit box to pixels.
struct Placement {
    centre: Point,
    height: f64,
    width: f64,
    slant: f64,
    cosine: f64,
    sine: f64,
}

impl Placement {
    fn random(random: &mut SplitMix64, shape: Shape) -> Self {
        let side = shape.height.min(shape.width) as f64;
        let height = random.uniform(0.62, 0.76) * side;
        // Half-angle form of a rotation by up to 8 degrees: no trigonometric function.
        let half = random.uniform(-0.07, 0.07);
        let norm = 1.0 + half * half;
        Self {
            centre: (
                shape.width as f64 / 2.0 + random.uniform(-0.05, 0.05) * side,
                shape.height as f64 / 2.0 + random.uniform(-0.05, 0.05) * side,
            ),
            height,
            width: height * random.uniform(0.62, 0.85),
            slant: random.uniform(-0.1, 0.3),
            cosine: (1.0 - half * half) / norm,
            sine: 2.0 * half / norm,
        }
    }

    fn map(&self, (x, y): Point) -> Point {
        let v = (y - 0.5) * self.height;
        let u = (x - 0.5) * self.width - self.slant * v;
        (
            self.centre.0 + self.cosine * u - self.sine * v,
            self.centre.1 + self.sine * u + self.cosine * v,
        )
    }
}

/// Coverage on a grid of `samples x samples` points a pixel.
struct Ink {
    height: usize,
    width: usize,
    samples: usize,
    coverage: Vec<f64>,
}

impl Ink {
    fn new(height: usize, width: usize, samples: usize) -> Self {
        Self {
            height,
            width,
            samples,
            coverage: vec![0.0; height * width * samples * samples],
        }
    }

    /// A line with round ends; `radius` in pixels. Its edge falls off over one sample.
    fn line(&mut self, from: Point, to: Point, radius: f64) {
        let scale = self.samples as f64;
        let (x0, y0, x1, y1) = (from.0 * scale, from.1 * scale, to.0 * scale, to.1 * scale);
        let (dx, dy) = (x1 - x0, y1 - y0);
        let length_squared = dx * dx + dy * dy;
        let reach = radius * scale + 1.0;
        let range = |a: f64, b: f64, limit: usize| {
            let low = (a.min(b) - reach).floor().clamp(0.0, limit as f64) as usize;
            low..(a.max(b) + reach).ceil().clamp(0.0, limit as f64) as usize
        };
        let columns = self.width * self.samples;
        for row in range(y0, y1, self.height * self.samples) {
            for column in range(x0, x1, columns) {
                let (px, py) = (column as f64 + 0.5 - x0, row as f64 + 0.5 - y0);
                let along = (px * dx + py * dy) / length_squared.max(1e-12);
                let along = along.clamp(0.0, 1.0);
                let (ex, ey) = (px - along * dx, py - along * dy);
                let value = (radius * scale - (ex * ex + ey * ey).sqrt() + 0.5).clamp(0.0, 1.0);
                let sample = &mut self.coverage[row * columns + column];
                *sample = sample.max(value);
            }
        }
    }

    /// Coverage of each pixel, row by row, 0.0..=1.0.
    fn pixels(&self) -> impl Iterator<Item = f64> {
        let (n, columns) = (self.samples, self.width * self.samples);
        (0..self.height * self.width).map(move |pixel| {
            let (y, x) = (pixel / self.width * n, pixel % self.width * n);
            let rows = (y..y + n).map(|row| &self.coverage[row * columns + x..][..n]);
            rows.flatten().sum::<f64>() / (n * n) as f64
        })
    }
}
