//! Anti-aliased lines and curves, without any function that differs between machines.

/// x to the right, y down.
pub(super) type Point = (f64, f64);

/// Points on the quadratic B-spline of `points`, of which there are at least three.
pub(super) fn spline(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 8;
    let middle = |a: Point, b: Point| ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
    let last = points.len() - 1;
    let mut path = vec![points[0]];
    let mut start = points[0];
    for i in 1..last {
        let control = points[i];
        let end = if i + 1 == last { points[last] } else { middle(control, points[i + 1]) };
        for step in 1..=STEPS {
            let t = step as f64 / STEPS as f64;
            let (a, b, c) = ((1.0 - t) * (1.0 - t), 2.0 * t * (1.0 - t), t * t);
            path.push((a * start.0 + b * control.0 + c * end.0, a * start.1 + b * control.1 + c * end.1));
        }
        start = end;
    }
    path
}

/// Coverage on a grid of `samples x samples` points a pixel.
pub(super) struct Ink {
    height: usize,
    width: usize,
    samples: usize,
    coverage: Vec<f64>,
}

impl Ink {
    /// A blank sheet of `height x width` pixels.
    pub(super) fn new(height: usize, width: usize, samples: usize) -> Self {
        Self { height, width, samples, coverage: vec![0.0; height * width * samples * samples] }
    }

    /// A line with round ends; `radius` in pixels. Its edge falls off over one sample.
    pub(super) fn line(&mut self, from: Point, to: Point, radius: f64) {
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
    pub(super) fn pixels(&self) -> impl Iterator<Item = f64> {
        let (n, columns) = (self.samples, self.width * self.samples);
        (0..self.height * self.width).map(move |pixel| {
            let (y, x) = (pixel / self.width * n, pixel % self.width * n);
            let rows = (y..y + n).map(|row| &self.coverage[row * columns + x..][..n]);
            rows.flatten().sum::<f64>() / (n * n) as f64
        })
    }
}
