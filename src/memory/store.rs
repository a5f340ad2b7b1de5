//! Writing a picture and reading it back.

use super::{Layout, MemoryError};
use crate::config::{Design, PairScheme};
use crate::device::{
    ArrayModel, CellCode, DevicePlace, ProgramWord, TileCells, TileEvents, VerifyCounters, VerifyRegisters,
    WriteVerify, wire_factors,
};
use crate::electrical::LineFactors;

/// A design that stores pictures of one size with one number of levels.
///
/// A pixel's level is the level of the cell's device, of a pair's plus device; the minus device has the level of black.
/// A cell is read as always, plus less minus.
#[derive(Clone, Debug)]
pub struct Memory {
    pub layout: Layout,
    pub verify: WriteVerify,
    /// Units of time from writing to reading, for devices that drift; 0 unless set.
    pub age: u32,
    code: CellCode,
    pair: PairScheme,
    wires: Option<LineFactors>,
    /// Device level of each level of a pixel, and the ADC code that it should give; ascending.
    device_levels: Vec<u32>,
    targets: Vec<i32>,
}

/// A picture that was written and read back, in levels, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub levels: u32,
    pub written: Vec<u8>,
    pub read: Vec<u8>,
    /// Pixels of which a device has not reached its target.
    pub failed: Vec<bool>,
    /// Of forming, where devices are to be formed; all words with a pixel, as below.
    pub forming: VerifyCounters,
    /// Of the programming, all words with a pixel.
    pub counters: VerifyCounters,
    /// Of the programming, without forming.
    pub cycles: u64,
    /// Reads of a word line to get the picture back.
    pub line_reads: u32,
}

impl Memory {
    /// A memory for pictures of `height x width` with `levels` levels a pixel, which are spaced evenly over those of the device
    /// but for `margin` at both ends: few devices reach every level.
    ///
    /// The registers of write-verify are those out of reset but for the tolerance, a quarter of the distance of two levels:
    /// half as far as it may be read wrong.
    ///
    /// # Errors
    /// A picture that does not fit, more levels than the device has, or than the ADC tells apart.
    pub fn new(
        design: &Design,
        (height, width): (usize, usize),
        levels: u32,
        margin: u32,
    ) -> Result<Self, MemoryError> {
        let layout = Layout::new(design, height, width)?;
        let of_device = design.device.levels;
        if !(2..=of_device).contains(&levels) {
            return Err(MemoryError::Levels { levels, most: of_device });
        }
        let most = (of_device - levels) / 2;
        if margin > most {
            return Err(MemoryError::Margin { margin, levels, of_device, most });
        }
        let steps = of_device - 1 - 2 * margin;
        let place = |p: u32| margin + (p * steps + (levels - 1) / 2) / (levels - 1);
        let device_levels: Vec<u32> = (0..levels).map(place).collect();
        let code = CellCode::new(design);
        let registers = VerifyRegisters::of(design);
        let target = |&level: &u32| {
            let (plus, minus) = code.codes(data(&code, design.crossbar.pair, level, margin));
            registers.target(i32::from(plus) - i32::from(minus), code.fraction())
        };
        let targets: Vec<i32> = device_levels.iter().map(target).collect();
        let distance = targets.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or(0);
        if distance < 1 {
            return Err(MemoryError::Codes { levels, bits: design.converter.adc_bits });
        }
        let registers = VerifyRegisters::with_tolerance(design, (distance / 4).min(255) as u8);
        Ok(Self {
            layout,
            verify: WriteVerify::with_registers(design, registers),
            age: 0,
            code,
            pair: design.crossbar.pair,
            wires: ArrayModel::of(design).and_then(|model| wire_factors(design, &model)),
            device_levels,
            targets,
        })
    }

    /// Writes levels row by row to devices as they come from the fab, which are formed first if they are to be, and reads them
    /// back. `seed` is that of the noise of pulses and reads.
    ///
    /// # Panics
    /// If there is not one level for each pixel, or one is too high.
    pub fn store(&self, picture: &[u8], seed: u32) -> Stored {
        assert_eq!(picture.len(), self.layout.pixels(), "a level a pixel");
        let mut stored = Stored {
            levels: self.targets.len() as u32,
            written: picture.to_vec(),
            read: vec![0; picture.len()],
            failed: vec![false; picture.len()],
            forming: VerifyCounters::default(),
            counters: VerifyCounters::default(),
            cycles: 0,
            line_reads: 0,
        };
        let mut events = vec![TileEvents { seed, ..TileEvents::default() }; self.layout.tiles()];
        let lines: Vec<_> = self.layout.lines().collect();
        let each = 0..self.layout.tiles();
        let mut tiles: Vec<_> = each.map(|tile| TileCells::unprogrammed(&self.verify, tile)).collect();
        if self.verify.forms() {
            for &(tile, row) in &lines {
                self.form_line(tile, row, &mut tiles[tile], &mut events[tile], &mut stored.forming);
            }
        }
        for &(tile, row) in &lines {
            self.write_line(tile, row, &mut tiles[tile], &mut events[tile], &mut stored);
        }
        if self.age > 0 {
            lines.iter().for_each(|&(tile, row)| tiles[tile].age(row, self.age, &events[tile]));
        }
        for &(tile, row) in &lines {
            self.read_line(tile, row, &tiles[tile], &mut events[tile], &mut stored);
        }
        stored.cycles = self.verify.cycles(&stored.counters);
        stored
    }

    /// Forms the groups of a word line that have pixels.
    fn form_line(
        &self,
        tile: usize,
        row: usize,
        cells: &mut TileCells,
        events: &mut TileEvents,
        counters: &mut VerifyCounters,
    ) {
        for group in 0..self.layout.groups() {
            if (0..self.layout.adcs).any(|adc| self.layout.pixel(tile, row, group, adc).is_some()) {
                let word = ProgramWord { tile, row, group, cells: vec![] };
                counters.add(&cells.form(&self.verify.forming_word(&word), events).counters);
            }
        }
    }

    /// Programs the groups of a word line that have pixels.
    fn write_line(&self, tile: usize, row: usize, cells: &mut TileCells, events: &mut TileEvents, stored: &mut Stored) {
        for group in 0..self.layout.groups() {
            let pixels: Vec<Option<usize>> =
                (0..self.layout.adcs).map(|adc| self.layout.pixel(tile, row, group, adc)).collect();
            if pixels.iter().all(Option::is_none) {
                continue;
            }
            let wanted = |pixel: &Option<usize>| match pixel {
                Some(pixel) => self.data(stored.written[*pixel]),
                None => self.code.unused(),
            };
            let word = ProgramWord { tile, row, group, cells: pixels.iter().map(wanted).collect() };
            let result = cells.program(&word, events);
            stored.counters.add(&result.counters);
            for (pixel, failed) in pixels.iter().zip(result.failed) {
                if let Some(pixel) = *pixel {
                    stored.failed[pixel] = failed;
                }
            }
        }
    }

    /// One read of a word line, with all its devices, and a conversion of each of its cells.
    fn read_line(&self, tile: usize, row: usize, cells: &TileCells, events: &mut TileEvents, stored: &mut Stored) {
        for group in 0..self.layout.groups() {
            for (adc, &cell) in cells.word(row, group).iter().enumerate() {
                if let Some(pixel) = self.layout.pixel(tile, row, group, adc) {
                    let place = DevicePlace { tile, row, group, adc, minus: false };
                    let (plus, minus) = self.code.codes(cell);
                    let bit_line = self.layout.bit_line(group, adc);
                    let weight = self.verify.read_weight(self.wires.as_ref(), (row, bit_line), plus, minus);
                    let code = self.verify.convert(place, weight, ArrayModel::noise_amplitude, events);
                    stored.read[pixel] = self.decide(code);
                }
            }
        }
        events.reads = events.reads.wrapping_add(1);
        stored.line_reads = stored.line_reads.saturating_add(1);
    }

    /// The level whose target is nearest to a code; the lower one of two.
    fn decide(&self, code: i32) -> u8 {
        let from = |&level: &usize| (code - self.targets[level]).abs();
        (0..self.targets.len()).min_by_key(from).expect("two levels or more") as u8
    }

    /// Programming data of a pixel.
    fn data(&self, level: u8) -> u32 {
        data(&self.code, self.pair, self.device_levels[usize::from(level)], self.device_levels[0])
    }
}

/// Programming data of a cell whose device, or plus device, is at a level, and the minus device at the level of black.
fn data(code: &CellCode, pair: PairScheme, level: u32, black: u32) -> u32 {
    let device = |level: u32| (level << code.fraction()) as u16;
    let minus = if pair == PairScheme::Differential { device(black) } else { code.reference_code() };
    code.from_codes(device(level), minus)
}

impl Stored {
    /// Pixels that are read at another level.
    pub fn level_errors(&self) -> usize {
        self.pairs().filter(|(written, read)| written != read).count()
    }

    /// Wrong bits, where levels are numbered in Gray code: neighbours differ in one bit.
    pub fn bit_errors(&self) -> usize {
        let gray = |level: u8| level ^ (level >> 1);
        self.pairs().map(|(written, read)| (gray(written) ^ gray(read)).count_ones() as usize).sum()
    }

    /// Bits of a pixel.
    pub fn bits(&self) -> u32 {
        crate::schedule::bits_for(self.levels as usize - 1)
    }

    /// Part of the pixels that are read at another level.
    pub fn level_error_rate(&self) -> f64 {
        self.level_errors() as f64 / self.read.len() as f64
    }

    /// Part of the bits that are wrong.
    pub fn bit_error_rate(&self) -> f64 {
        self.bit_errors() as f64 / (self.read.len() as f64 * f64::from(self.bits()))
    }

    /// Pulses a pixel, SET and RESET.
    pub fn mean_pulses(&self) -> [f64; 2] {
        [self.counters.set_pulses, self.counters.reset_pulses].map(|n| f64::from(n) / self.read.len() as f64)
    }

    fn pairs(&self) -> impl Iterator<Item = (u8, u8)> {
        self.written.iter().copied().zip(self.read.iter().copied())
    }
}
