//! Calibration of the ADCs' trims, as `memgan_calibrator` does it: with all lines at zero an ADC says on which side of half
//! a code its offset is, and successive approximation finds the trim that takes it away.

use super::model::{AdcParameters, ArrayModel, convert_sum};
use crate::config::{Converter, SignedInput};
use crate::schedule::Schedule;

/// Half of an ADC code, in the unit of trims.
pub(crate) const HALF_CODE: i32 = 8;

/// Trims of one tile's ADCs in 1/16 code: what a conversion subtracts before it rounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileTrims {
    /// Of the bit lines, and of the word lines.
    pub columns: Vec<i32>,
    pub rows: Vec<i32>,
}

/// What calibrating a design does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calibration {
    pub tiles: Vec<TileTrims>,
    /// ADCs whose trim is at an end of its range: their offset may be beyond it.
    pub at_end: u32,
    /// From the cycle after the command to the last busy one; exact for a macro of the configured latencies.
    pub cycles: u64,
}

impl Calibration {
    /// `None` where ADCs have no trims.
    pub fn of(schedule: &Schedule) -> Option<Self> {
        let (design, c) = (&schedule.design, &schedule.design.crossbar);
        let model = ArrayModel::of(design).filter(|m| m.trim_bits > 0)?;
        let trims = |tile, count, row_side| {
            let trim = |adc| model.trim(model.untrimmed_adc(ArrayModel::adc_number(tile, adc, row_side)));
            (0..count).map(trim).collect()
        };
        let tile = |t| TileTrims { columns: trims(t, c.adcs(), false), rows: trims(t, c.row_adcs(), true) };
        let tiles: Vec<TileTrims> = (0..schedule.tiles()).map(tile).collect();
        let (least, most) = model.trim_range();
        let all = tiles.iter().flat_map(|t| t.columns.iter().chain(&t.rows));
        let at_end = all.filter(|&&trim| trim == least || trim == most).count() as u32;
        let sides = [c.adcs(), c.row_adcs()].map(|adcs| side_cycles(&design.converter, adcs as u64));
        Some(Self { at_end, cycles: tiles.len() as u64 * (sides[0] + sides[1]), tiles })
    }
}

/// Cycles of one side of a tile: a conversion a bit, and before the first and after each a walk over the ADCs, which reads
/// and writes every trim.
fn side_cycles(c: &Converter, adcs: u64) -> u64 {
    let phases = if c.signed_input == SignedInput::TwoPhase { 2 } else { 1 };
    let conversion = 1 + phases * u64::from(c.settle_cycles + c.sample_cycles) + u64::from(c.conversion_cycles);
    2 * adcs + u64::from(c.trim_bits) * (conversion + 2 * adcs)
}

impl ArrayModel {
    /// Smallest and largest trim.
    pub fn trim_range(&self) -> (i32, i32) {
        let half = (1 << self.trim_bits) >> 1;
        (-half, half - 1)
    }

    /// What calibration finds for an ADC with these own numbers, in 1/16 code; 0 where ADCs have no trims.
    ///
    /// The largest trim with which an ADC at zero reads 1 or more leaves half a code of its offset. An offset from half a
    /// code and a step above the range's lower end to its upper end is taken away, but for what a bow adds at half a code;
    /// for others the trim is the nearest end, or within half a code of what is best.
    pub fn trim(&self, own: AdcParameters) -> i32 {
        if self.trim_bits == 0 {
            return 0;
        }
        let (least, most) = self.trim_range();
        let reads_high = |trim: i32| {
            let trimmed = AdcParameters { offset: own.offset - trim, ..own };
            convert_sum(0, 0, 0, trimmed, self.fraction, self.adc_bits) > 0
        };
        let mut found = least;
        for bit in (0..self.trim_bits).rev() {
            let tried = found + (1 << bit);
            if reads_high(tried) {
                found = tried;
            }
        }
        if found == least { least } else { (found + HALF_CODE).min(most) }
    }
}
