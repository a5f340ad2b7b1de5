//! Pulses on the real devices of a word line, many at once.

use super::{InstructionSet, simd};
use crate::device::{ArrayModel, BLOCK, LawTable, LayerDevices, NOMINAL_STRENGTH, WordLine, wide_lane};
use crate::numeric::draw;

/// Bit lines that fire together, sorted by blocks of neighbouring devices.
///
/// A kernel moves the devices of a block at once, whether or not all of them fire; a device that fires alone in its block
/// is moved by itself.
#[derive(Clone, Debug, Default)]
pub struct FiredColumns {
    /// All ones where a bit line fires; zero outside of `touched`.
    fired: Vec<[u16; BLOCK]>,
    /// Bit lines that fire in each block; zero outside of `touched`.
    counts: Vec<u8>,
    touched: Vec<usize>,
    /// Blocks of several bit lines that fire.
    blocks: Vec<usize>,
    /// Bit lines that are alone in their block.
    singles: Vec<usize>,
}

/// A pulse on one side's devices of a word line.
pub(super) struct PulseRow<'t> {
    pub model: &'t ArrayModel,
    pub law: &'t LawTable,
    pub line: WordLine<'t>,
    pub up: bool,
    pub key: u32,
    /// Blocks to look at, and which of their devices the pulse reaches.
    pub blocks: &'t [usize],
    pub fired: &'t [[u16; BLOCK]],
    /// Of the whole word line.
    pub codes: &'t mut [u16],
}

impl FiredColumns {
    /// Replaces what fires by `columns`, each below `width` and once, in any order.
    pub fn select(&mut self, columns: &[usize], width: usize) {
        for block in self.touched.drain(..) {
            self.fired[block] = [0; BLOCK];
            self.counts[block] = 0;
        }
        self.blocks.clear();
        self.singles.clear();
        self.fired.resize(width.div_ceil(BLOCK), [0; BLOCK]);
        self.counts.resize(width.div_ceil(BLOCK), 0);
        for &j in columns {
            let block = j / BLOCK;
            self.fired[block][j % BLOCK] = !0;
            self.counts[block] += 1;
            match self.counts[block] {
                1 => self.touched.push(block),
                2 => self.blocks.push(block),
                _ => {}
            }
        }
        self.singles.extend(columns.iter().filter(|&&j| self.counts[j / BLOCK] == 1));
    }

    /// Blocks of several bit lines that fire, with their number.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        self.blocks.iter().map(|&block| (block, self.counts[block].into()))
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

    /// [`LayerDevices::pulse`] of the cells of word line `i` whose bit lines fire. `plus` and `minus` are the codes of the
    /// whole line, each within its device's bounds.
    pub fn pulse(
        &self,
        set: InstructionSet,
        devices: &LayerDevices,
        i: usize,
        (plus, minus): (&mut [u16], &mut [u16]),
        up: bool,
        key: u32,
    ) {
        for &j in &self.singles {
            (plus[j], minus[j]) = devices.pulse(i, j, plus[j], minus[j], up, key);
        }
        if self.blocks.is_empty() {
            return;
        }
        let side = |codes, up, is_minus| {
            let (line, law) = (devices.word_line(i, is_minus), devices.law(up));
            let (blocks, fired) = (self.blocks.as_slice(), self.fired.as_slice());
            simd::pulse_row(set, &mut PulseRow { model: &devices.model, law, line, up, key, blocks, fired, codes });
        };
        side(plus, up, false);
        if devices.pairs() {
            side(minus, !up, true);
        }
    }
}

/// [`ArrayModel::pulse`] of one device after the other.
pub(super) fn pulse_row(r: &mut PulseRow) {
    for &block in r.blocks {
        let (devices, numbers) = (&r.line.devices[block], &r.line.numbers[block]);
        let codes = r.codes[block * BLOCK..].iter_mut().zip(&r.fired[block]).enumerate();
        for (lane, (code, _)) in codes.filter(|(_, (_, fired))| **fired != 0) {
            let number = r.line.first_number.wrapping_add(numbers[wide_lane(lane)]);
            let bits = draw(r.key, number);
            *code = r.model.pulse((*code).into(), &devices.device(lane), r.up, NOMINAL_STRENGTH, bits) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Design;
    use crate::numeric::{splitmix32, xorshift32};
    use crate::schedule::Schedule;

    /// Levels and models: all laws, noise of both kinds, from devices without a spread to such with hardly a range.
    const MODELS: [(u32, &str); 10] = [
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
        (16, "preset = \"ReRamES\"\nmult_noise = true"),
        (4, "preset = \"ReRamArrayHfO2\""),
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
        let (mut moves, mut cells) = (0, 0);
        for (model, pair) in MODELS.into_iter().flat_map(|m| [(m, "reference"), (m, "differential")]) {
            for columns in [3, 32, 70, 200] {
                let devices = devices(model, pair, columns);
                let (rows, width) = devices.dim();
                assert_eq!(width, columns);
                let mut fired = FiredColumns::default();
                for round in 0..6 {
                    let i = draw(rows);
                    let placed = (0..width).map(|j| devices.place(i, j, draw(1 << 15) as u16, draw(1 << 15) as u16));
                    let before: (Vec<u16>, Vec<u16>) = placed.unzip();
                    let (up, key) = (round % 2 == 0, draw(1 << 24) as u32);
                    let one_in = [1, 2, 10, 60, 1, 40][round];
                    let mut columns: Vec<usize> = (0..width).filter(|_| draw(one_in) == 0).collect();
                    columns.reverse();
                    let mut expected = before.clone();
                    for &j in &columns {
                        let (plus, minus) = (&mut expected.0[j], &mut expected.1[j]);
                        (*plus, *minus) = devices.pulse(i, j, *plus, *minus, up, key);
                        moves += usize::from((*plus, *minus) != (before.0[j], before.1[j]));
                        cells += 1;
                    }
                    for set in InstructionSet::available() {
                        let mut codes = before.clone();
                        fired.select(&columns, width);
                        fired.pulse(set, &devices, i, (&mut codes.0, &mut codes.1), up, key);
                        assert_eq!(codes, expected, "{set}, {pair}, {columns:?} of row {i}, up {up}: {model:?}");
                    }
                }
            }
        }
        assert!(2 * moves > cells, "{moves} of {cells} cells moved");
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
