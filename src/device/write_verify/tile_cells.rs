//! The cells of a tile while its words are programmed: a pulse disturbs devices that have a line in common with its own.

use super::{DevicePlace, ProgramMode, TileEvents, WordResult, WriteVerify};
use crate::device::{DriftModel, ProgramWord};
use crate::numeric::{Draw, draw, event_key};
use rayon::prelude::*;

/// A pulse that a device was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenPulse {
    pub place: DevicePlace,
    pub set: bool,
    pub strength: u8,
    /// Key of the draws of all devices that it moves.
    pub(super) key: u32,
}

/// What the cells of one tile hold.
#[derive(Clone, Debug)]
pub struct TileCells<'v> {
    verify: &'v WriteVerify,
    tile: usize,
    /// Programming data by word line, group and ADC.
    cells: Vec<u32>,
}

impl<'v> TileCells<'v> {
    /// The tile before anything was programmed.
    pub fn unprogrammed(verify: &'v WriteVerify, tile: usize) -> Self {
        let words = (0..verify.rows).flat_map(|row| (0..verify.groups).map(move |group| (row, group)));
        Self { verify, tile, cells: words.flat_map(|(row, group)| verify.unprogrammed(tile, row, group)).collect() }
    }

    /// Programming data of the cells of a word line and group, ADC 0 first.
    pub fn word(&self, row: usize, group: usize) -> &[u32] {
        &self.cells[(row * self.verify.groups + group) * self.verify.adcs..][..self.verify.adcs]
    }

    /// Replaces what the cells of a word line and group hold.
    ///
    /// # Panics
    /// If `cells` has not one cell an ADC.
    pub fn set_word(&mut self, row: usize, group: usize, cells: &[u32]) {
        let adcs = self.verify.adcs;
        self.cells[(row * self.verify.groups + group) * adcs..][..adcs].copy_from_slice(cells);
    }

    /// As [`WriteVerify::program_word`], with what the pulses do to the cells of other words.
    pub fn program(&mut self, word: &ProgramWord, events: &mut TileEvents) -> WordResult {
        self.drive(word, ProgramMode::Program, events)
    }

    /// As [`WriteVerify::refresh_word`], with what the pulses do to the cells of other words.
    pub fn refresh(&mut self, word: &ProgramWord, events: &mut TileEvents) -> WordResult {
        self.drive(word, ProgramMode::Refresh, events)
    }

    /// As [`WriteVerify::form_word`], with what the pulses do to the cells of other words.
    pub fn form(&mut self, word: &ProgramWord, events: &mut TileEvents) -> WordResult {
        self.drive(word, ProgramMode::Form, events)
    }

    /// The one of these that the unit's register `verify` asks for.
    pub fn drive(&mut self, word: &ProgramWord, mode: ProgramMode, events: &mut TileEvents) -> WordResult {
        let verify = self.verify;
        let (groups, adcs) = (verify.groups, verify.adcs);
        let at = word.row * groups + word.group;
        let result = verify.drive_word(word, &mut self.cells[at * adcs..][..adcs], mode, events);
        if result.pulses.is_empty() {
            return result;
        }
        for (other, cells) in self.cells.chunks_mut(adcs).enumerate() {
            let (row, group) = (other / groups, other % groups);
            if (row == word.row) != (group == word.group) {
                verify.disturb(self.tile, row, group, cells, &result.pulses);
            }
        }
        result
    }

    /// Lets `units` units of time pass for the cells of a word line.
    pub fn age(&mut self, row: usize, units: u32, events: &TileEvents) {
        let verify = self.verify;
        let (groups, adcs, tile) = (verify.groups, verify.adcs, self.tile);
        let Some(model) = verify.model.as_ref().filter(|model| model.drift.is_some()) else { return };
        let keys = DriftModel::keys_of(model, events.seed, events.ages, units);
        let cells = &mut self.cells[row * groups * adcs..][..groups * adcs];
        cells.par_iter_mut().enumerate().for_each(|(slot, cell)| {
            let aged = |code: u16, minus| {
                let place = DevicePlace { tile, row, group: slot / adcs, adc: slot % adcs, minus };
                let number = verify.number(model, place);
                model.age_by(code, &model.device(number), number, &keys)
            };
            let (plus, minus) = verify.code.codes(*cell);
            *cell = verify.code.from_codes(aged(plus, false), if verify.pair { aged(minus, true) } else { minus });
        });
    }
}

impl WriteVerify {
    /// Adds a pulse that is about to be given to `given`, if it disturbs other devices.
    pub(super) fn note(
        &self,
        place: DevicePlace,
        set: bool,
        strength: u8,
        events: &TileEvents,
        given: &mut Vec<GivenPulse>,
    ) {
        if let Some(model) = self.model.as_ref().filter(|model| model.half_select > 0) {
            let key = event_key(model.key(Draw::Pulse), events.seed, events.pulses);
            given.push(GivenPulse { place, set, strength, key });
        }
    }

    /// What pulses on other devices of the tile do to the cells of a word line and group.
    pub(super) fn disturb(&self, tile: usize, row: usize, group: usize, cells: &mut [u32], pulses: &[GivenPulse]) {
        if pulses.is_empty() {
            return;
        }
        for (adc, cell) in cells.iter_mut().enumerate() {
            let after = |code: u16, minus| {
                let place = DevicePlace { tile, row, group, adc, minus };
                pulses.iter().fold(code, |code, pulse| self.disturbed(place, code, pulse))
            };
            let (plus, minus) = self.code.codes(*cell);
            *cell = self.code.from_codes(after(plus, false), if self.pair { after(minus, true) } else { minus });
        }
    }

    /// The code of a device after a pulse: on another one of the same side of its pair, with one of the lines in common.
    fn disturbed(&self, place: DevicePlace, code: u16, pulse: &GivenPulse) -> u16 {
        let Some(model) = &self.model else { return code };
        let other = pulse.place;
        let bit_line = (place.group, place.adc) == (other.group, other.adc);
        if place.minus != other.minus || (place.row == other.row) == bit_line {
            return code;
        }
        let number = self.number(model, place);
        let bits = draw(pulse.key, number);
        model.disturb(code.into(), &model.device(number), pulse.set, pulse.strength, bits) as u16
    }
}
