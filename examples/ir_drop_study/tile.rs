//! Random tiles of the study.

use memgan::config::Design;
use memgan::electrical::{IrDrop, LineFactors, Lines, Network};
use memgan::numeric::{splitmix32, xorshift32};
use ndarray::Array2;

/// Fine units between the ends of the device window, and the middle.
pub const TOP: u32 = 16_002;
pub const MIDDLE: u32 = TOP / 2;

/// How the devices of a pair lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Devices {
    /// Around the middle, as training has them: weights have a standard deviation of 0.35 of the window, and each device
    /// strays by 0.1.
    AroundMiddle,
    /// One of each pair at `G_min`, as designs without training have them: weights of 0.3 of the window.
    OneAtZero,
}

impl Devices {
    pub fn name(self) -> &'static str {
        match self {
            Self::AroundMiddle => "around the middle",
            Self::OneAtZero => "one of a pair at G_min",
        }
    }
}

pub struct Random(u32);

impl Random {
    pub fn new(seed: u32) -> Self {
        Self(splitmix32(seed))
    }

    fn uniform(&mut self) -> f64 {
        self.0 = xorshift32(self.0);
        f64::from(self.0) / f64::from(u32::MAX)
    }

    /// Twelve uniform numbers make a Gaussian that is good enough here.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }

    /// A Gaussian code with a standard deviation of 40, or 0; `share` are not 0.
    pub fn code(&mut self, share: f64) -> f64 {
        let keep = self.uniform() < share;
        let code = (40.0 * self.normal()).round().clamp(-127.0, 127.0);
        if keep { code } else { 0.0 }
    }
}

/// A tile of differential pairs with the default devices.
pub struct TestTile {
    pub design: Design,
    lines: Lines,
    used: usize,
    /// Devices in fine units, `[word lines x bit lines]`.
    pub fine: Array2<u16>,
}

impl TestTile {
    /// `size x size` weights, of which the columns from `used` on are at `G_min`.
    pub fn new(devices: Devices, size: usize, used: usize) -> Self {
        let mut design = Design::load("mlp").expect("a preset");
        design.crossbar.rows = size;
        design.crossbar.columns = size;
        let lines = Lines::of(&design.crossbar);
        let mut random = Random::new(5);
        let mut fine = Array2::zeros((size, lines.bit_lines()));
        let place = |part: f64| (part.clamp(0.0, 1.0) * f64::from(TOP)).round() as u16;
        for i in 0..size {
            for c in 0..used {
                let (plus, minus) = match devices {
                    Devices::AroundMiddle => {
                        let half = 0.175 * random.normal();
                        (0.5 + half + 0.1 * random.normal(), 0.5 - half + 0.1 * random.normal())
                    }
                    Devices::OneAtZero => {
                        let weight = 0.3 * random.normal();
                        (weight.max(0.0), (-weight).max(0.0))
                    }
                };
                fine[(i, lines.plus(c))] = place(plus);
                fine[(i, lines.minus(c))] = place(minus);
            }
        }
        Self { design, lines, used, fine }
    }

    /// Mean of all devices that are used in fine units.
    pub fn mean(&self) -> u32 {
        // The others are 0.
        let sum: u32 = self.fine.iter().map(|&g| u32::from(g)).sum();
        sum / (self.fine.len() * self.used / self.lines.columns) as u32
    }

    /// Factors by position.
    pub fn nominal(&self, drop: &IrDrop, load: u32) -> LineFactors {
        let used: Vec<bool> = (0..self.lines.columns).map(|c| c < self.used).collect();
        drop.partly_used(load, &vec![true; self.lines.rows], &used)
    }

    fn siemens(&self, fine: f64) -> f64 {
        let device = &self.design.device;
        let (low, high) = (1.0 / device.r_off_ohm, 1.0 / device.r_on_ohm);
        low + (high - low) * fine / f64::from(TOP)
    }

    /// A weight of each pair from word line, weight column, plus and minus.
    pub fn weights(&self, weight: impl Fn(usize, usize, u16, u16) -> f64) -> Array2<f64> {
        let lines = &self.lines;
        Array2::from_shape_fn((lines.rows, lines.columns), |(i, c)| {
            weight(i, c, self.fine[(i, lines.plus(c))], self.fine[(i, lines.minus(c))])
        })
    }

    /// Weights in fine units from effective conductances.
    fn in_fine_units(&self, transfer: &Array2<f64>) -> Array2<f64> {
        let (lines, unit) = (&self.lines, self.siemens(1.0) - self.siemens(0.0));
        Array2::from_shape_fn((lines.rows, lines.columns), |(i, c)| {
            (transfer[(i, lines.plus(c))] - transfer[(i, lines.minus(c))]) / unit
        })
    }

    /// Weights of the solved network.
    pub fn solved(&self, wire_ohm: f64) -> Array2<f64> {
        let cells = self.fine.mapv(|g| self.siemens(f64::from(g)));
        let network = Network { cells, wire_ohm, source_ohm: 0.0 };
        self.in_fine_units(network.factor().expect("a network").transfer())
    }

    /// Weights with drops of first order in the resistance, all cells taken for `mean`: currents are those of ideal wires.
    pub fn first_order(&self, wire_ohm: f64, mean: u32) -> Array2<f64> {
        let load = wire_ohm * self.siemens(f64::from(mean));
        // Segments before cell `k` of `n`, each times the cells behind it.
        let drop = |k: usize, n: usize| load * (0..=k).map(|s| (n - s) as f64).sum::<f64>();
        let (rows, columns) = self.fine.dim();
        let transfer = Array2::from_shape_fn((rows, columns), |(i, k)| {
            let left = 1.0 - drop(k, columns) - drop(rows - 1 - i, rows);
            self.siemens(f64::from(self.fine[(i, k)])) * left
        });
        self.in_fine_units(&transfer)
    }
}
