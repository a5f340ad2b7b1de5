//! The devices and converters of one layer's tiles, each with its own numbers.

use super::blocks::{BLOCK, DeviceBlock, DeviceTable, LawTable, wide_lane};
use super::drift::{AgeKeys, DriftModel};
use super::model::{AdcParameters, ArrayModel, DeviceParameters, NOMINAL_STRENGTH};
use super::pulse::Pulse;
use crate::config::{Design, PairScheme};
use crate::electrical::{IrDrop, LineFactors};
use crate::numeric::{draw, saturate};
use crate::schedule::Schedule;
use ndarray::Array2;
use rayon::prelude::*;

/// The real devices of a layer.
#[derive(Clone, Debug)]
pub struct LayerDevices {
    pub model: ArrayModel,
    /// `[matrix_rows x matrix_columns]`.
    plus: DeviceTable,
    /// Empty with a reference column.
    minus: DeviceTable,
    /// Step laws up and down.
    laws: [LawTable; 2],
    /// A device's number is the sum of both, twice, and 1 for the minus device.
    row_part: Vec<u32>,
    column_part: Vec<u32>,
    /// Twice the column parts, in the order of [`DeviceBlock`]'s 32-bit numbers.
    column_numbers: Vec<[u32; BLOCK]>,
    /// `None` where wires have no resistance.
    wires: Option<Wires>,
}

/// What lines take from the devices at their crossings.
#[derive(Clone, Debug)]
struct Wires {
    factors: LineFactors,
    /// Word lines of a tile, and the bit line of each matrix column.
    rows: usize,
    bit_lines: Vec<usize>,
}

impl LayerDevices {
    /// `None` where devices are ideal.
    pub fn new(schedule: &Schedule, layer: usize) -> Option<Self> {
        let design = &schedule.design;
        let model = ArrayModel::of(design)?;
        let (bank, c) = (&schedule.banks[layer], &design.crossbar);
        let slots = (0..bank.matrix_columns).map(|j| bank.column_slot(j));
        let row_part: Vec<u32> = (0..bank.matrix_rows)
            .map(|i| model.device_number(bank.first_tile + i / c.rows * bank.column_tiles, i % c.rows, 0, false) >> 1)
            .collect();
        let column_part: Vec<u32> =
            slots.map(|s| model.device_number(s / c.columns, 0, s % c.columns, false) >> 1).collect();
        let dim = (bank.matrix_rows, bank.matrix_columns);
        let devices =
            |side: u32, dim| DeviceTable::new(dim, |i, j| model.device(number(row_part[i], column_part[j]) | side));
        let pair = c.pair == PairScheme::Differential;
        let (plus, minus) = (devices(0, dim), devices(1, if pair { dim } else { (0, 0) }));
        let bit_line = |j: usize| bank.bit_line(bank.cell(0, j));
        let wires = wire_factors(design, &model).map(|factors| Wires {
            factors,
            rows: c.rows,
            bit_lines: (0..bank.matrix_columns).map(bit_line).collect(),
        });
        let mut column_numbers = vec![[0; BLOCK]; bank.matrix_columns.div_ceil(BLOCK)];
        for (j, &part) in column_part.iter().enumerate() {
            column_numbers[j / BLOCK][wide_lane(j % BLOCK)] = number(0, part);
        }
        Some(Self { plus, minus, laws: LawTable::of(&model), row_part, column_part, column_numbers, wires, model })
    }

    /// The weight that reads of rows and columns see of these codes, in codes.
    #[inline]
    pub fn weight(&self, i: usize, j: usize, plus: u16, minus: u16) -> i16 {
        match &self.wires {
            None => self.model.read_weight(None, 0, 0, plus, minus),
            Some(w) => self.model.read_weight(Some(&w.factors), i % w.rows, w.bit_lines[j], plus, minus),
        }
    }

    /// [`LayerDevices::weight`] of neighbouring cells of row `i` from column `first` on. All slices have one length.
    pub fn weights(&self, i: usize, first: usize, plus: &[u16], minus: &[u16], weights: &mut [i16]) {
        let cells = weights.iter_mut().zip(plus).zip(minus);
        match &self.wires {
            None => {
                cells.for_each(|((weight, &plus), &minus)| *weight = self.model.read_weight(None, 0, 0, plus, minus))
            }
            Some(_) => cells.enumerate().for_each(|(k, ((weight, &plus), &minus))| {
                *weight = self.weight(i, first + k, plus, minus);
            }),
        }
    }

    /// The codes `(plus, minus)` that the devices of a cell hold after they were told to hold these.
    pub fn place(&self, i: usize, j: usize, plus: u16, minus: u16) -> (u16, u16) {
        let minus = self.minus.get(i, j).map_or(minus, |d| d.hold(minus));
        (self.plus_device(i, j).hold(plus), minus)
    }

    /// The codes of a cell after a pulse.
    #[inline]
    pub fn pulse(&self, i: usize, j: usize, plus: u16, minus: u16, pulse: Pulse) -> (u16, u16) {
        self.moved(ArrayModel::pulse, (i, j), (plus, minus), pulse)
    }

    /// The codes of a cell after a pulse of which it gets only the word line or only the bit line.
    #[inline]
    pub fn disturb(&self, i: usize, j: usize, plus: u16, minus: u16, pulse: Pulse) -> (u16, u16) {
        self.moved(ArrayModel::disturb, (i, j), (plus, minus), pulse)
    }

    /// The connected devices of a cell moved by `step`, those of a pair in opposite directions.
    #[inline]
    fn moved(
        &self,
        step: impl Fn(&ArrayModel, i32, &DeviceParameters, bool, u8, u32) -> i32,
        (i, j): (usize, usize),
        (plus, minus): (u16, u16),
        Pulse { connected, up, key }: Pulse,
    ) -> (u16, u16) {
        let number = number(self.row_part[i], self.column_part[j]);
        let step = |code: u16, d: &DeviceParameters, up, side| {
            step(&self.model, code.into(), d, up, NOMINAL_STRENGTH, draw(key, number | side)) as u16
        };
        let plus = if connected.plus() { step(plus, &self.plus_device(i, j), up, 0) } else { plus };
        let minus = match self.minus.get(i, j) {
            Some(d) if connected.minus() => step(minus, &d, !up, 1),
            _ => minus,
        };
        (plus, minus)
    }

    #[inline]
    fn plus_device(&self, i: usize, j: usize) -> DeviceParameters {
        self.plus.get(i, j).expect("a cell of the matrix")
    }

    /// `(matrix_rows, matrix_columns)`.
    pub fn dim(&self) -> (usize, usize) {
        self.plus.dim()
    }

    /// Whether a cell is a pair of devices.
    pub fn pairs(&self) -> bool {
        self.minus.dim() == self.plus.dim()
    }

    /// The plus or the minus devices of a word line, which [`LayerDevices::pairs`] must have.
    #[inline]
    pub(crate) fn word_line(&self, i: usize, minus: bool) -> WordLine<'_> {
        WordLine {
            devices: (if minus { &self.minus } else { &self.plus }).row(i),
            numbers: &self.column_numbers,
            first_number: number(self.row_part[i], 0) | u32::from(minus),
        }
    }

    /// The step law of a pulse up or down.
    #[inline]
    pub(crate) fn law(&self, up: bool) -> &LawTable {
        &self.laws[usize::from(!up)]
    }

    /// The keys of `units` units of time from unit `count` since the streams were seeded with `seed`.
    pub fn age_keys(&self, seed: u32, count: u32, units: u32) -> Vec<AgeKeys> {
        DriftModel::keys_of(&self.model, seed, count, units)
    }

    /// The codes of all cells after a unit of time for each of `keys`, from the codes `(plus, minus)` of cell `(i, j)`.
    pub fn age(&self, codes: impl Fn((usize, usize)) -> (u16, u16) + Sync, keys: &[AgeKeys]) -> Array2<(u16, u16)> {
        let (rows, columns) = self.dim();
        let cell = |cell: usize| {
            let (i, j) = (cell / columns, cell % columns);
            let (plus, minus) = codes((i, j));
            let number = number(self.row_part[i], self.column_part[j]);
            let after = |code, d: &DeviceParameters, side| self.model.age_by(code, d, number | side, keys);
            (after(plus, &self.plus_device(i, j), 0), self.minus.get(i, j).map_or(minus, |d| after(minus, &d, 1)))
        };
        let aged = (0..rows * columns).into_par_iter().with_min_len(256).map(cell).collect();
        Array2::from_shape_vec((rows, columns), aged).expect("a pair a cell")
    }
}

/// One side's devices of a word line, in blocks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordLine<'t> {
    pub devices: &'t [DeviceBlock],
    /// A device's number is this plus `first_number`; in the order of [`DeviceBlock`]'s 32-bit numbers.
    pub numbers: &'t [[u32; BLOCK]],
    pub first_number: u32,
}

/// Number of the plus device of a cell; the minus device has the next one.
#[inline]
fn number(row_part: u32, column_part: u32) -> u32 {
    row_part.wrapping_add(column_part) << 1
}

impl ArrayModel {
    /// The weight that a read sees of the codes of the cell at a word line and weight column of a tile, in codes.
    #[inline]
    pub(crate) fn read_weight(
        &self,
        wires: Option<&LineFactors>,
        row: usize,
        column: usize,
        plus: u16,
        minus: u16,
    ) -> i16 {
        let (plus, minus) = (self.conductance(plus), self.conductance(minus));
        let weight = wires.map_or(plus - minus, |factors| factors.weight(row, column, plus, minus));
        saturate(weight, -i32::from(i16::MAX), i16::MAX.into()) as i16
    }
}

/// What wires leave of every cell's conductance, for lines whose cells are in the middle of the window: a table that pulses
/// do not change. The same for all tiles.
pub fn wire_factors(design: &Design, model: &ArrayModel) -> Option<LineFactors> {
    let wire_ohm = design.device.model.as_ref()?.wire_ohm;
    let drop = || IrDrop::new(design, wire_ohm, model.top as u32).expect("wires of a description that was checked");
    (wire_ohm > 0.0).then(|| drop().nominal(model.top as u32 / 2))
}

/// The converters of one side of a layer's tiles, line by line, and the numbers of the lines for the noise of reads.
#[derive(Clone, Debug)]
pub struct LayerConverters {
    /// Of the ADC that converts the line, `[tile along the sum][line]`; as in [`AdcParameters`].
    pub offsets: Vec<Vec<i32>>,
    pub gains: Vec<Vec<i32>>,
    pub bows: Vec<Vec<i32>>,
    /// Of the first tile along the sum.
    pub lines: Vec<u32>,
    /// What is added for each further tile.
    pub next_tile: u32,
}

impl LayerConverters {
    /// Of row reads: one line a matrix column, one tile a row tile.
    pub fn of_rows(schedule: &Schedule, layer: usize, model: &ArrayModel) -> Self {
        let (bank, c) = (&schedule.banks[layer], &schedule.design.crossbar);
        let place = |j: usize| {
            let slot = bank.column_slot(j);
            (bank.first_tile + slot / c.columns, slot % c.columns)
        };
        let adc = |row_tile: usize, j| {
            let (tile, slot) = place(j);
            model.adc(ArrayModel::adc_number(tile + row_tile * bank.column_tiles, slot % c.adcs(), false))
        };
        let line = |j| {
            let (tile, slot) = place(j);
            ArrayModel::line_number(tile, slot)
        };
        Self::new(bank.row_tiles, bank.matrix_columns, adc, line, bank.column_tiles)
    }

    /// Of column reads: one line a matrix row, one tile a column tile.
    pub fn of_columns(schedule: &Schedule, layer: usize, model: &ArrayModel) -> Self {
        let (bank, c) = (&schedule.banks[layer], &schedule.design.crossbar);
        let first = |i: usize| bank.first_tile + i / c.rows * bank.column_tiles;
        let adc = |tile, i| model.adc(ArrayModel::adc_number(first(i) + tile, i % c.rows % c.row_adcs(), true));
        let line = |i| ArrayModel::line_number(first(i), i % c.rows);
        Self::new(bank.column_tiles, bank.matrix_rows, adc, line, 1)
    }

    fn new(
        tiles: usize,
        lines: usize,
        adc: impl Fn(usize, usize) -> AdcParameters,
        line: impl Fn(usize) -> u32,
        next_tile: usize,
    ) -> Self {
        let all = |value: fn(AdcParameters) -> i32| -> Vec<Vec<i32>> {
            (0..tiles).map(|tile| (0..lines).map(|l| value(adc(tile, l))).collect()).collect()
        };
        Self {
            offsets: all(|a| a.offset),
            gains: all(|a| a.gain),
            bows: all(|a| a.bow),
            lines: (0..lines).map(line).collect(),
            next_tile: ArrayModel::line_number(next_tile, 0),
        }
    }
}
