//! Pulses on many real devices at once.

use super::{InstructionSet, simd};
use crate::device::{BLOCK, LayerDevices, NOMINAL_STRENGTH, Pulse, wide_lane};
use crate::numeric::draw;

/// Bit lines that fire together, sorted by blocks of neighbouring devices.
///
/// A kernel moves the devices of a block at once, whether or not all of them fire; a device that fires alone in its block
/// is moved by itself.
#[derive(Clone, Debug, Default)]
pub struct FiredColumns {
    /// All ones where a bit line fires; zero outside of `touched`.
    fired: Vec<[u16; BLOCK]>,
    /// Bit lines that fire in each block, zero outside of `touched`, and one of them.
    counts: Vec<(u8, usize)>,
    touched: Vec<usize>,
    /// Blocks of several bit lines that fire.
    blocks: Vec<usize>,
    /// Bit lines that are alone in their block.
    singles: Vec<usize>,
}

/// A pulse on one side's devices of some word lines.
pub(super) struct PulseRows<'t> {
    pub devices: &'t LayerDevices,
    pub minus: bool,
    pub rows: &'t [usize],
    pub up: bool,
    pub key: u32,
    /// Blocks to look at, and which of their devices the pulse reaches.
    pub blocks: &'t [usize],
    pub fired: &'t [[u16; BLOCK]],
    /// Of the whole matrix.
    pub codes: &'t mut [u16],
}

impl FiredColumns {
    /// Replaces what fires by `columns`, each below `width` and once, in any order.
    pub fn select(&mut self, columns: &[usize], width: usize) {
        for block in self.touched.drain(..) {
            self.fired[block] = [0; BLOCK];
            self.counts[block].0 = 0;
        }
        self.fired.resize(width.div_ceil(BLOCK), [0; BLOCK]);
        self.counts.resize(width.div_ceil(BLOCK), (0, 0));
        for &j in columns {
            let block = j / BLOCK;
            self.fired[block][j % BLOCK] = !0;
            let (count, last) = &mut self.counts[block];
            (*count, *last) = (*count + 1, j);
            if *count == 1 {
                self.touched.push(block);
            }
        }
        self.blocks.clear();
        self.singles.clear();
        for &block in &self.touched {
            match self.counts[block] {
                (1, j) => self.singles.push(j),
                _ => self.blocks.push(block),
            }
        }
    }

    /// Blocks of several bit lines that fire, with their number.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks.iter().map(|&block| (block, self.counts[block].0.into()))
    }

    /// Bit lines of a block that fire.
    pub(super) fn of_block(&self, block: usize) -> impl Iterator<Item = usize> {
        let lanes = self.fired[block].iter().enumerate().filter(|&(_, &fired)| fired != 0);
        lanes.map(move |(lane, _)| block * BLOCK + lane)
    }

    /// Bit lines that are alone in their block.
    pub(super) fn singles(&self) -> &[usize] {
        &self.singles
    }

    /// [`LayerDevices::pulse`] of the cells of word lines `rows` whose bit lines fire. `plus` and `minus` are the codes of
    /// the whole matrix, `[matrix_rows x matrix_columns]`, each within its device's bounds or
    /// [`crate::device::VIRGIN`].
    pub fn pulse(
        &self,
        set: InstructionSet,
        devices: &LayerDevices,
        rows: &[usize],
        (plus, minus): (&mut [u16], &mut [u16]),
        pulse: Pulse,
    ) {
        let width = devices.dim().1;
        for (&i, &j) in rows.iter().flat_map(|i| self.singles.iter().map(move |j| (i, j))) {
            let at = i * width + j;
            (plus[at], minus[at]) = devices.pulse(i, j, plus[at], minus[at], pulse);
        }
        if self.blocks.is_empty() {
            return;
        }
        let Pulse { connected, up, key } = pulse;
        let side = |codes, up, minus| {
            let (blocks, fired) = (self.blocks.as_slice(), self.fired.as_slice());
            simd::pulse_rows(set, &mut PulseRows { devices, minus, rows, up, key, blocks, fired, codes });
        };
        if connected.plus() {
            side(plus, up, false);
        }
        if devices.pairs() && connected.minus() {
            side(minus, !up, true);
        }
    }
}

/// [`crate::device::ArrayModel::pulse`] of one device after the other.
pub(super) fn pulse_rows(r: &mut PulseRows) {
    let (width, model) = (r.devices.dim().1, &r.devices.model);
    for &i in r.rows {
        let line = r.devices.word_line(i, r.minus);
        let codes = &mut r.codes[i * width..(i + 1) * width];
        for &block in r.blocks {
            let (devices, numbers) = (&line.devices[block], &line.numbers[block]);
            let codes = codes[block * BLOCK..].iter_mut().zip(&r.fired[block]).enumerate();
            for (lane, (code, _)) in codes.filter(|(_, (_, fired))| **fired != 0) {
                let bits = draw(r.key, line.first_number.wrapping_add(numbers[wide_lane(lane)]));
                *code = model.pulse((*code).into(), &devices.device(lane), r.up, NOMINAL_STRENGTH, bits) as u16;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Design;
    use crate::device::Connected;
    use crate::numeric::{splitmix32, xorshift32};
    use crate::schedule::Schedule;

    /// Levels and models: all laws, noise of both kinds, from devices without a spread to such with hardly a range.
    const MODELS: [(u32, &str); 15] = [
        (16, ""),
        (
            16,
            "law = \"soft_bounds\"\ndw_min_dtod = 0.3\ndw_min_std = 0.3\nw_max_dtod = 0.3\nw_min_dtod = 0.3\nstuck = 0.05",
        ),
        (16, "law = \"soft_bounds\"\nw_min = -0.6\ndw_min = 0.002\ndw_min_std = 5\nup_down = 0.3\nup_down_dtod = 0.2"),
        (
            16,
            "law = \"constant_step\"\ndw_min = 0.0005\ndw_min_std = 1\nmult_noise = false\nstuck_at_lrs = 0.1\nstuck_at_hrs = 0.1",
        ),
        (
            16,
            "law = \"linear_step\"\ngamma_up = 0.37\ngamma_down = 0.11\ndw_min_dtod = 0.5\nw_max_dtod = 1\nw_min_dtod = 1",
        ),
        (
            16,
            "law = \"pow_step\"\ngamma_up = 2.5\ngamma_down = 0.3\ndw_min_std = 0.7\nmult_noise = false\nw_max_dtod = 0.9",
        ),
        (
            16,
            "law = \"piecewise_step\"\npiecewise_up = [1, 0, 3]\npiecewise_down = [0.1, 2, 0, 5]\ndw_min_std = 2\nmult_noise = false",
        ),
        (16, "law = \"soft_bounds\"\nforming = 0.9\nforming_dtod = 0.3"),
        (16, "preset = \"ReRamES\"\nmult_noise = true"),
        (4, "preset = \"ReRamArrayHfO2\""),
        // Every device with slopes of its own: both ways, one way, the steepest there are, with w of 0 at either end.
        (
            16,
            "law = \"linear_step\"\ngamma_up = 0.6\ngamma_down = 0.2\ngamma_up_dtod = 0.4\ngamma_down_dtod = 0.3\ndw_min_dtod = \
             0.5\ndw_min_std = 0.3\nw_max_dtod = 1\nw_min_dtod = 1\nstuck = 0.05",
        ),
        (
            16,
            "law = \"linear_step\"\ngamma_down_dtod = 1\ndw_min = 0.01\ndw_min_std = 1\nmult_noise = false\nforming = 0.5",
        ),
        (
            16,
            "law = \"linear_step\"\ngamma_up = 1\ngamma_up_dtod = 1\nw_min = -0.01\nw_max = 100\ndw_min_std = 2\nup_down = 0.2",
        ),
        (
            3,
            "law = \"linear_step\"\ngamma_down = 1\ngamma_down_dtod = 1\nw_min = -100\nw_max = 0.01\ndw_min_std = 5\nmult_noise = \
             false\ndw_min_dtod = 2",
        ),
        (
            3,
            "law = \"soft_bounds\"\ndw_min = 0.9\ndw_min_dtod = 2\ndw_min_std = 5\nmult_noise = false\nup_down_dtod = 1",
        ),
    ];

    fn devices((levels, model): (u32, &str), pair: &str, columns: usize) -> LayerDevices {
        let text = format!(
            "name = \"pulsed\"\n[classifier]\nimage = [2, 3, 1]\n[[layers]]\ntype = \"dense\"\noutputs = {columns}\nactivation = \
             \"linear\"\n[crossbar]\nrows = 32\ncolumns = 64\npair = \"{pair}\"\n[device]\nlevels = {levels}\n[device.model]\n{model}"
        );
        let design = Design::from_toml(&text, "pulsed").unwrap_or_else(|e| panic!("{e}: {model}"));
        LayerDevices::new(&Schedule::new(&design), 0).expect("real devices")
    }

    #[test]
    fn many_devices_move_as_each_would() {
        let mut state = splitmix32(5);
        let mut draw = |n: usize| {
            state = xorshift32(state);
            (state >> 8) as usize % n
        };
        let (mut moved, mut pulsed) = (0, 0);
        for (model, pair) in MODELS.into_iter().flat_map(|m| [(m, "reference"), (m, "differential")]) {
            for columns in [3, 32, 70, 200] {
                let devices = devices(model, pair, columns);
                let (rows, width) = devices.dim();
                assert_eq!(width, columns);
                let mut fired = FiredColumns::default();
                for round in 0..6 {
                    let cells = (0..rows * width).map(|cell| (cell / width, cell % width));
                    let mut code = || draw(1 << 15) as u16;
                    let before: (Vec<u16>, Vec<u16>) = cells.map(|(i, j)| devices.place(i, j, code(), code())).unzip();
                    let (up, key) = (round % 2 == 0, draw(1 << 24) as u32);
                    let connected = [Connected::Both, Connected::Plus, Connected::Minus][draw(3)];
                    let one_in = [1, 2, 10, 60, 1, 40][round];
                    let mut columns: Vec<usize> = (0..width).filter(|_| draw(one_in) == 0).collect();
                    columns.reverse();
                    let lines: Vec<usize> = (0..rows).filter(|_| draw(2) == 0).collect();
                    let mut expected = before.clone();
                    for (&i, &j) in lines.iter().flat_map(|i| columns.iter().map(move |j| (i, j))) {
                        let at = i * width + j;
                        let (plus, minus) = (&mut expected.0[at], &mut expected.1[at]);
                        let to = devices.pulse(i, j, *plus, *minus, Pulse { connected: Connected::Both, up, key });
                        (*plus, *minus) = match connected {
                            Connected::Both => to,
                            Connected::Plus => (to.0, *minus),
                            Connected::Minus => (*plus, to.1),
                        };
                        moved += usize::from((*plus, *minus) != (before.0[at], before.1[at]));
                        pulsed += 1;
                    }
                    for set in InstructionSet::available() {
                        let mut codes = before.clone();
                        fired.select(&columns, width);
                        fired.pulse(set, &devices, &lines, (&mut codes.0, &mut codes.1), Pulse { connected, up, key });
                        assert_eq!(
                            codes, expected,
                            "{set}, {pair}, {connected:?}, {columns:?} of {lines:?}, up {up}: {model:?}"
                        );
                    }
                }
            }
        }
        assert!(2 * moved > pulsed, "{moved} of {pulsed} cells moved");
    }

    #[test]
    fn what_fires_is_found_again() {
        let mut fired = FiredColumns::default();
        for (columns, width) in [(vec![70, 1, 33, 34, 65], 71), (vec![5], 6), (vec![], 40), (vec![39, 32], 40)] {
            fired.select(&columns, width);
            let in_blocks = fired.blocks().flat_map(|(block, _)| fired.of_block(block));
            let mut found: Vec<usize> = in_blocks.chain(fired.singles().iter().copied()).collect();
            found.sort_unstable();
            let mut columns = columns;
            columns.sort_unstable();
            assert_eq!(found, columns);
            assert!(fired.blocks().all(|(block, count)| count > 1 && fired.of_block(block).count() == count));
        }
    }
}
