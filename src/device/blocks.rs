//! A layer's devices and step laws as vector kernels of pulses want them: kind of number by kind of number.

use super::model::{ArrayModel, DeviceParameters, LAW_SEGMENTS};

/// Neighbouring devices of a word line in a block.
pub(crate) const BLOCK: usize = 32;

/// The own numbers of [`BLOCK`] neighbouring devices.
///
/// 32-bit numbers lie in the order of [`wide_lane`].
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct DeviceBlock {
    pub low: [u16; BLOCK],
    pub high: [u16; BLOCK],
    /// The lower and the upper half of [`DeviceParameters::inverse`].
    pub inverse: [[u16; BLOCK]; 2],
    /// Full steps up and down.
    pub steps: [[i32; BLOCK]; 2],
    /// Slopes up and down, below 2^15.
    pub slopes: [[u16; BLOCK]; 2],
    forming: [u16; BLOCK],
}

impl DeviceBlock {
    /// Stuck at zero: what fills a block beyond the last device.
    const NONE: Self = Self {
        low: [0; BLOCK],
        high: [0; BLOCK],
        inverse: [[0; BLOCK]; 2],
        steps: [[0; BLOCK]; 2],
        slopes: [[0; BLOCK]; 2],
        forming: [0; BLOCK],
    };

    #[inline]
    pub fn device(&self, lane: usize) -> DeviceParameters {
        let wide = wide_lane(lane);
        let [inverse_low, inverse_high] = [0, 1].map(|half: usize| i32::from(self.inverse[half][lane]));
        DeviceParameters {
            low: self.low[lane].into(),
            high: self.high[lane].into(),
            up: self.steps[0][wide],
            down: self.steps[1][wide],
            inverse: inverse_high << 16 | inverse_low,
            forming: self.forming[lane].into(),
            slopes: self.slopes.map(|slopes| slopes[lane].into()),
        }
    }

    fn set(&mut self, lane: usize, device: &DeviceParameters) {
        let wide = wide_lane(lane);
        (self.low[lane], self.high[lane]) = (device.low as u16, device.high as u16);
        (self.inverse[0][lane], self.inverse[1][lane]) = (device.inverse as u16, (device.inverse >> 16) as u16);
        (self.steps[0][wide], self.steps[1][wide]) = (device.up, device.down);
        self.forming[lane] = device.forming as u16;
        (self.slopes[0][lane], self.slopes[1][lane]) = (device.slopes[0] as u16, device.slopes[1] as u16);
    }
}

/// Where a block holds the 32-bit number of lane `lane`: the order that makes vectors of 16-bit numbers when two vectors of
/// 32-bit numbers are packed half by half, as AVX2 does.
#[inline]
pub(crate) fn wide_lane(lane: usize) -> usize {
    // The second and third quarter of each sixteen change places.
    lane & !0b1100 | (lane & 0b1000) >> 1 | (lane & 0b0100) << 1
}

/// The blocks of a matrix of devices, word line after word line.
#[derive(Clone, Debug)]
pub(super) struct DeviceTable {
    rows: usize,
    columns: usize,
    blocks: Vec<DeviceBlock>,
}

impl DeviceTable {
    pub fn new((rows, columns): (usize, usize), device: impl Fn(usize, usize) -> DeviceParameters) -> Self {
        let mut blocks = vec![DeviceBlock::NONE; rows * columns.div_ceil(BLOCK)];
        for (i, row) in blocks.chunks_exact_mut(columns.div_ceil(BLOCK).max(1)).enumerate() {
            (0..columns).for_each(|j| row[j / BLOCK].set(j % BLOCK, &device(i, j)));
        }
        Self { rows, columns, blocks }
    }

    pub fn dim(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    /// `None` outside the matrix.
    #[inline]
    pub fn get(&self, i: usize, j: usize) -> Option<DeviceParameters> {
        (i < self.rows && j < self.columns).then(|| self.row(i)[j / BLOCK].device(j % BLOCK))
    }

    #[inline]
    pub fn row(&self, i: usize) -> &[DeviceBlock] {
        let width = self.columns.div_ceil(BLOCK);
        &self.blocks[i * width..(i + 1) * width]
    }
}

/// One way of a step law: at place `32 s + p` it is `nodes[s] + (slopes[s] * p >> 5)`.
#[derive(Clone, Debug)]
pub(crate) struct LawTable {
    pub nodes: [i16; LAW_SEGMENTS],
    /// -4096..=4096.
    pub slopes: [i16; LAW_SEGMENTS],
    /// Whether the law is one straight line: `nodes[0] + (slopes[0] * place >> 5)`.
    pub straight: bool,
    /// The bytes of the nodes, then of four times the slopes, each 16 segments at a time.
    pub bytes: [[[u8; LAW_SEGMENTS / 2]; 2]; 4],
}

impl LawTable {
    fn new(law: &[i32; LAW_SEGMENTS + 1]) -> Self {
        let nodes = std::array::from_fn(|s| law[s] as i16);
        let slopes: [i16; LAW_SEGMENTS] = std::array::from_fn(|s| (law[s + 1] - law[s]) as i16);
        let bytes = |of: [i16; LAW_SEGMENTS], byte: usize| {
            [0, 16].map(|first| std::array::from_fn(|s| of[first + s].to_le_bytes()[byte]))
        };
        let steep = slopes.map(|slope| 4 * slope);
        let straight = slopes.iter().all(|&slope| slope == slopes[0]);
        Self { nodes, slopes, straight, bytes: [bytes(nodes, 0), bytes(nodes, 1), bytes(steep, 0), bytes(steep, 1)] }
    }

    /// Of steps up and down.
    pub fn of(model: &ArrayModel) -> [Self; 2] {
        [Self::new(&model.law[0]), Self::new(&model.law[1])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_gives_back_its_devices() {
        let device = |i: usize, j: usize| {
            let seed = (i * 100 + j) as i32;
            DeviceParameters {
                low: seed,
                high: 32_000 - seed,
                up: 260_000 - seed,
                down: seed * 7,
                inverse: 1 << 20 | seed,
                forming: seed % 257,
                slopes: [seed, 32_767 - seed],
            }
        };
        let table = DeviceTable::new((3, 70), device);
        assert_eq!(table.dim(), (3, 70));
        for (i, j) in (0..3).flat_map(|i| (0..70).map(move |j| (i, j))) {
            assert_eq!(table.get(i, j), Some(device(i, j)), "{i} {j}");
        }
        assert_eq!((table.get(0, 70), table.get(3, 0)), (None, None));
        assert_eq!(DeviceTable::new((0, 0), device).get(0, 0), None);
    }

    #[test]
    fn wide_lanes_are_a_permutation() {
        let mut lanes: Vec<usize> = (0..BLOCK).map(wide_lane).collect();
        assert_eq!(lanes[..16], [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15]);
        lanes.sort_unstable();
        assert!(lanes.into_iter().eq(0..BLOCK));
    }
}
