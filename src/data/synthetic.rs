//! Handwriting-like digits drawn from strokes: a data set that is always there.
//!
//! Each digit is a few strokes in a unit box. An image bends them a little, slants, turns, scales
//! and shifts them, draws them with a random pen and adds noise. Only additions, multiplications,
//! divisions and square roots are used, so the pixels are the same on every machine.

use super::{
    DataSet,
    ink::{Ink, Point, spline},
    set::describe,
};
use crate::config::Shape;
use crate::weights::seeded::SplitMix64;
use ndarray::Array4;
use rayon::prelude::*;

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
    &[&[Smooth(&[(0.5, 0.0), (0.13, 0.0), (0.13, 1.0), (0.87, 1.0), (0.87, 0.0), (0.5, 0.0)])]],
    &[&[Sharp(&[(0.5, 0.0), (0.5, 1.0)])], &[Sharp(&[(0.3, 0.2), (0.55, 0.0), (0.55, 1.0)])]],
    &[&[
        Smooth(&[(0.15, 0.28), (0.2, -0.04), (0.86, -0.04), (0.86, 0.42), (0.14, 1.0)]),
        Sharp(&[(0.14, 1.0), (0.88, 1.0)]),
    ]],
    &[&[
        Smooth(&[(0.17, 0.12), (0.35, -0.05), (0.84, -0.05), (0.84, 0.46), (0.4, 0.46)]),
        Smooth(&[(0.4, 0.46), (0.9, 0.46), (0.9, 1.03), (0.35, 1.05), (0.13, 0.85)]),
    ]],
    &[
        &[Sharp(&[(0.68, 1.0), (0.68, 0.0), (0.1, 0.67), (0.92, 0.67)])],
        &[Sharp(&[(0.2, 0.0), (0.14, 0.52), (0.8, 0.52)]), Sharp(&[(0.8, 0.02), (0.74, 1.0)])],
    ],
    &[&[
        Sharp(&[(0.82, 0.0), (0.26, 0.0), (0.22, 0.44)]),
        Smooth(&[(0.22, 0.44), (0.5, 0.3), (0.9, 0.36), (0.9, 1.03), (0.4, 1.06), (0.14, 0.86)]),
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
        &[Sharp(&[(0.12, 0.0), (0.86, 0.0), (0.4, 1.0)]), Sharp(&[(0.36, 0.5), (0.8, 0.5)])],
    ],
    &[&[
        Smooth(&[(0.5, 0.46), (0.16, 0.46), (0.16, 0.0), (0.84, 0.0), (0.84, 0.46), (0.5, 0.46)]),
        Smooth(&[(0.5, 0.46), (0.1, 0.46), (0.1, 1.0), (0.9, 1.0), (0.9, 0.46), (0.5, 0.46)]),
    ]],
    &[&[
        Smooth(&[(0.82, 0.28), (0.78, 0.56), (0.16, 0.56), (0.16, 0.0), (0.82, -0.04), (0.82, 0.28)]),
        Smooth(&[(0.82, 0.24), (0.84, 0.6), (0.66, 1.0)]),
    ]],
];

/// `count` digits of `shape`; image `i` shows digit `i % 10` and depends on `seed` and `i` only.
///
/// White on black as MNIST: about 5/7 of the shorter side high. With more than one channel each
/// digit has a random tint. Sides from 8 pixels up are legible.
pub fn digits(shape: Shape, count: usize, seed: u64) -> DataSet {
    let labels: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
    let pixels: Vec<u8> = labels
        .par_iter()
        .enumerate()
        .flat_map_iter(|(i, &label)| draw(label, shape, SplitMix64::stream(seed, i as u64)))
        .collect();
    let size = (count, shape.height, shape.width, shape.channels);
    let images = Array4::from_shape_vec(size, pixels).expect("one image of this shape a label");
    let source = format!("synthetic digits, seed {seed} ({count} images {})", describe(shape));
    DataSet { images, labels, source }
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
        path.windows(2).for_each(|ends| ink.line(ends[0], ends[1], pen));
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
            pixels.push((coverage * brightness * gain + noise).round().clamp(0.0, 255.0) as u8);
        }
    }
    pixels
}

/// Moves each point a little: no two digits are written alike.
fn bend(points: &[Point], random: &mut SplitMix64) -> Vec<Point> {
    let mut moved: Vec<Point> = Vec::with_capacity(points.len());
    for &(x, y) in points {
        moved.push((x + random.uniform(-0.035, 0.035), y + random.uniform(-0.035, 0.035)));
    }
    if points.first() == points.last() {
        moved[points.len() - 1] = moved[0];
    }
    moved
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
        (self.centre.0 + self.cosine * u - self.sine * v, self.centre.1 + self.sine * u + self.cosine * v)
    }
}
