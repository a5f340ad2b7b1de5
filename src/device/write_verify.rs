//! Write-verify: devices reach their codes by pulses and reads only, as `memgan_programmer` does it, bit by bit.

mod registers;
mod tile_cells;

#[cfg(test)]
mod tests;

use super::model::ArrayModel;
use super::{CellCode, ProgramWord};
use crate::config::{Design, PairScheme, SignedInput};
use crate::electrical::LineFactors;
use crate::numeric::{Draw, adc, draw, event_key};
use crate::schedule::bits_for;

pub use registers::{FormingPulses, PulseStrength, StrengthMode, VerifyRegisters};
pub use tile_cells::{GivenPulse, TileCells};

/// One device on the tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DevicePlace {
    /// Tile of the design.
    pub tile: usize,
    /// Word line.
    pub row: usize,
    /// Conversion group of its bit line, and the ADC.
    pub group: usize,
    pub adc: usize,
    /// The minus device of a pair.
    pub minus: bool,
}

/// Events of one tile since its noise was seeded: what the noise of the next one depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TileEvents {
    /// 0 after reset, then the argument of the last `seed` command.
    pub seed: u32,
    pub reads: u32,
    pub pulses: u32,
    /// Units of time.
    pub ages: u32,
}

/// What was done; the hardware's counters stay at their largest value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifyCounters {
    pub words: u32,
    pub devices: u32,
    pub set_pulses: u32,
    pub reset_pulses: u32,
    pub reads: u32,
    pub failed_devices: u32,
}

impl VerifyCounters {
    /// In the order of the hardware's addresses.
    pub fn values(&self) -> [u32; 6] {
        [self.words, self.devices, self.set_pulses, self.reset_pulses, self.reads, self.failed_devices]
    }

    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.words, other.words),
            (&mut self.devices, other.devices),
            (&mut self.set_pulses, other.set_pulses),
            (&mut self.reset_pulses, other.reset_pulses),
            (&mut self.reads, other.reads),
            (&mut self.failed_devices, other.failed_devices),
        ] {
            *sum = sum.saturating_add(more);
        }
    }
}

/// A word after write-verify.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordResult {
    /// By ADC: a device of the cell has failed.
    pub failed: Vec<bool>,
    /// Of this word.
    pub counters: VerifyCounters,
    /// Pulses that disturb other devices, in their order; empty where none do.
    pub pulses: Vec<GivenPulse>,
}

/// The programming unit on the devices of a design, ideal or real.
///
/// A pure function of codes, registers and events: nothing is kept between calls.
#[derive(Clone, Debug)]
pub struct WriteVerify {
    pub registers: VerifyRegisters,
    code: CellCode,
    /// `None` for ideal devices.
    model: Option<ArrayModel>,
    adc_bits: u32,
    /// Word lines, and conversion groups of a word line.
    rows: usize,
    groups: usize,
    adcs: usize,
    top: u16,
    pair: bool,
    read_cycles: u64,
    pulse_cycles: u64,
    seek_cycles: u64,
}

/// What the unit does to the devices of a word: values of its register `verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgramMode {
    /// To the codes of the word.
    Program = 1,
    /// To the level nearest to each.
    Refresh = 2,
    /// Forming pulses until they read as the codes of the word or more.
    Form = 3,
}

/// What a device is to become.
#[derive(Clone, Copy)]
enum Goal {
    /// This conductance code.
    Code(u16),
    /// The level nearest to what the first verify read sees.
    NearestLevel,
    /// Formed: this code or more.
    Formed(u16),
}

impl WriteVerify {
    /// With the registers out of reset.
    pub fn new(design: &Design) -> Self {
        Self::with_registers(design, VerifyRegisters::of(design))
    }

    pub fn with_registers(design: &Design, registers: VerifyRegisters) -> Self {
        let c = &design.converter;
        let phases = if c.signed_input == SignedInput::TwoPhase { 2 } else { 1 };
        let sampled = phases * u64::from(c.settle_cycles + c.sample_cycles);
        Self {
            registers,
            code: CellCode::new(design),
            model: ArrayModel::of(design),
            adc_bits: c.adc_bits,
            rows: design.crossbar.rows,
            groups: design.crossbar.columns_per_adc,
            adcs: design.crossbar.adcs(),
            top: design.device.levels as u16 - 1,
            pair: design.crossbar.pair == PairScheme::Differential,
            // Write the word line, apply; after the conversion compare, and decide.
            read_cycles: 2 + sampled + u64::from(c.conversion_cycles) + 1,
            // Write both lines, apply.
            pulse_cycles: 3 + u64::from(design.pulse_cycles()),
            // A bit of the level a cycle; then compare with it, and with the next one.
            seek_cycles: u64::from(bits_for(design.device.levels as usize - 1)) + 2,
        }
    }

    /// Programming data of the cells of a word line and group before anything was programmed.
    pub fn unprogrammed(&self, tile: usize, row: usize, group: usize) -> Vec<u32> {
        let cell = |adc| {
            let (plus, minus) = self.code.codes(self.code.unused());
            let within = |code: u16, minus| {
                let place = DevicePlace { tile, row, group, adc, minus };
                self.model.as_ref().map_or(code, |m| m.device(self.number(m, place)).fresh(code))
            };
            self.code.from_codes(within(plus, false), if self.pair { within(minus, true) } else { minus })
        };
        (0..self.adcs).map(cell).collect()
    }

    /// Programs the cells of a word: ADC 0 first, plus before minus. `cells` is the programming data of the devices as they
    /// are, and becomes what they are then; `events` are those of the word's tile. What the pulses do to cells of other words
    /// is the business of [`TileCells::program`].
    ///
    /// # Panics
    /// If the word or `cells` have not one cell an ADC.
    pub fn program_word(&self, word: &ProgramWord, cells: &mut [u32], events: &mut TileEvents) -> WordResult {
        self.drive_word(word, cells, ProgramMode::Program, events)
    }

    /// As [`WriteVerify::program_word`], but every device goes to the level nearest to what its first verify read sees;
    /// `word` gives the place alone.
    ///
    /// # Panics
    /// If the word or `cells` have not one cell an ADC.
    pub fn refresh_word(&self, word: &ProgramWord, cells: &mut [u32], events: &mut TileEvents) -> WordResult {
        self.drive_word(word, cells, ProgramMode::Refresh, events)
    }

    /// As [`WriteVerify::program_word`], but every device gets forming pulses of rising amplitude until it reads as its code in
    /// `word` or more. Only of a design whose devices are to be formed.
    ///
    /// # Panics
    /// If the word or `cells` have not one cell an ADC.
    pub fn form_word(&self, word: &ProgramWord, cells: &mut [u32], events: &mut TileEvents) -> WordResult {
        self.drive_word(word, cells, ProgramMode::Form, events)
    }

    /// Whether the devices are to be formed before anything else.
    pub fn forms(&self) -> bool {
        self.model.as_ref().is_some_and(|model| model.forming.is_some())
    }

    /// The word to form the devices of this one with: one is formed from a quarter of the highest level on. A new filament is in
    /// the upper quarter of its device's range.
    pub fn forming_word(&self, word: &ProgramWord) -> ProgramWord {
        let formed = (self.top << self.code.fraction()) / 4;
        let cell = self.code.from_codes(formed, if self.pair { formed } else { 0 });
        ProgramWord { cells: vec![cell; self.adcs], ..*word }
    }

    fn drive_word(
        &self,
        word: &ProgramWord,
        cells: &mut [u32],
        mode: ProgramMode,
        events: &mut TileEvents,
    ) -> WordResult {
        assert_eq!((word.cells.len(), cells.len()), (self.adcs, self.adcs), "a cell an ADC");
        let goal = |code| match mode {
            ProgramMode::Program => Goal::Code(code),
            ProgramMode::Refresh => Goal::NearestLevel,
            ProgramMode::Form => Goal::Formed(code),
        };
        let mut counters = VerifyCounters { words: 1, ..VerifyCounters::default() };
        let (mut failed, mut pulses) = (vec![], vec![]);
        for (adc, &target) in word.cells.iter().enumerate() {
            let (wanted_plus, wanted_minus) = self.code.codes(target);
            let (mut plus, mut minus) = self.code.codes(cells[adc]);
            let place = |minus| DevicePlace { tile: word.tile, row: word.row, group: word.group, adc, minus };
            let before = pulses.len();
            let mut reached =
                self.drive(place(false), &mut plus, goal(wanted_plus), events, &mut counters, &mut pulses);
            if self.pair {
                reached &= self.drive(place(true), &mut minus, goal(wanted_minus), events, &mut counters, &mut pulses);
            }
            cells[adc] = self.code.from_codes(plus, minus);
            // Nothing looked at the other cells in the meantime.
            self.disturb(word.tile, word.row, word.group, cells, &pulses[before..]);
            failed.push(!reached);
        }
        WordResult { failed, counters, pulses }
    }

    /// Programs one device from `code` towards `target`, both conductance codes (a level is `level << fraction`). Returns
    /// whether it got there.
    pub fn program_device(
        &self,
        place: DevicePlace,
        code: &mut u16,
        target: u16,
        events: &mut TileEvents,
        counters: &mut VerifyCounters,
    ) -> bool {
        self.drive(place, code, Goal::Code(target), events, counters, &mut vec![])
    }

    /// The same for any goal; `given` gets the pulses that disturb others.
    fn drive(
        &self,
        place: DevicePlace,
        code: &mut u16,
        goal: Goal,
        events: &mut TileEvents,
        counters: &mut VerifyCounters,
        given: &mut Vec<GivenPulse>,
    ) -> bool {
        let mut wanted = match goal {
            Goal::Code(code) | Goal::Formed(code) => Some(self.target(code)),
            Goal::NearestLevel => None,
        };
        let forms = matches!(goal, Goal::Formed(_));
        let most = if forms { self.registers.form.attempts } else { self.registers.max_pulses };
        let count = |counter: &mut u32| *counter = counter.saturating_add(1);
        count(&mut counters.devices);
        let (mut pulses, mut same, mut last) = (0u8, 0u8, None);
        loop {
            let read = self.verify_read(place, *code, events);
            let error = *wanted.get_or_insert_with(|| self.nearest_level(read)) - read;
            count(&mut counters.reads);
            if error.unsigned_abs() <= self.registers.tolerance.into() || (forms && error < 0) {
                return true;
            }
            if pulses == most {
                count(&mut counters.failed_devices);
                return false;
            }
            let set = error > 0;
            same = if last == Some(set) { same + 1 } else { 0 };
            last = Some(set);
            let strength =
                if forms { self.registers.form.amplitude(same) } else { self.registers.strength(error, same) };
            self.note(place, set, strength, events, given);
            *code = if forms {
                self.form(place, *code, strength, events)
            } else {
                self.pulse(place, *code, set, strength, events)
            };
            pulses += 1;
            count(if set { &mut counters.set_pulses } else { &mut counters.reset_pulses });
        }
    }

    /// What a verify read of a device with this code should give.
    fn target(&self, code: u16) -> i32 {
        self.registers.target(self.seen(code), self.code.fraction())
    }

    /// What a verify read of the level should give that is nearest to `read`; the lower one of two.
    fn nearest_level(&self, read: i32) -> i32 {
        let targets = (0..=self.top).map(|level| self.target(level << self.code.fraction()));
        targets.min_by_key(|target| target.abs_diff(read)).expect("a device has levels")
    }

    /// The conductance difference that a read of a device alone sees: to the reference, where there is one.
    fn seen(&self, code: u16) -> i32 {
        let own = self.model.as_ref().map_or(code.into(), |model| model.conductance(code));
        let reference = if self.pair { 0 } else { i32::from(self.code.reference_code()) };
        (own - reference).max(-i32::from(i16::MAX))
    }

    /// What a verify read of a device with `code` gives, as a positive number for the minus device too.
    pub fn verify_read(&self, place: DevicePlace, code: u16, events: &mut TileEvents) -> i32 {
        let sign = if place.minus { -1 } else { 1 };
        let read = self.convert(place, sign * self.seen(code), ArrayModel::device_noise_amplitude, events);
        events.reads = events.reads.wrapping_add(1);
        sign * read
    }

    /// What the ADC of a cell gives for its weight in codes, with the word line at the input of a verify read and all others
    /// at zero. `amplitude`: of the noise, for the energy of the inputs. The read is not counted.
    pub(crate) fn convert(
        &self,
        place: DevicePlace,
        weight: i32,
        amplitude: fn(&ArrayModel, u32) -> i32,
        events: &TileEvents,
    ) -> i32 {
        let (input, gain) = (i32::from(self.registers.read_input), self.registers.read_gain.into());
        let sum = weight * input;
        let Some(model) = &self.model else { return adc(sum, gain, self.adc_bits) };
        let line = ArrayModel::line_number(place.tile, place.group * self.adcs + place.adc);
        let key = event_key(model.key(Draw::Read), events.seed, events.reads);
        let own = model.adc(ArrayModel::adc_number(place.tile, place.adc, false));
        model.convert(sum, amplitude(model, (input * input) as u32), draw(key, line), own, gain, self.adc_bits)
    }

    /// The code after a pulse on one device.
    pub fn pulse(&self, place: DevicePlace, code: u16, set: bool, strength: u8, events: &mut TileEvents) -> u16 {
        let after = match &self.model {
            None if set => (code + 1).min(self.top),
            None => code.saturating_sub(1),
            Some(model) => {
                let number = self.number(model, place);
                let key = event_key(model.key(Draw::Pulse), events.seed, events.pulses);
                model.pulse(code.into(), &model.device(number), set, strength, draw(key, number)) as u16
            }
        };
        events.pulses = events.pulses.wrapping_add(1);
        after
    }

    /// The code after a forming pulse on one device.
    fn form(&self, place: DevicePlace, code: u16, amplitude: u8, events: &mut TileEvents) -> u16 {
        let Some(model) = self.model.as_ref().filter(|model| model.forming.is_some()) else {
            return self.pulse(place, code, true, amplitude, events);
        };
        let number = self.number(model, place);
        let key = event_key(model.key(Draw::Pulse), events.seed, events.pulses);
        events.pulses = events.pulses.wrapping_add(1);
        model.form(code.into(), &model.device(number), amplitude, draw(key, number)) as u16
    }

    /// The weight that reads with all devices see of the cell of a word line and bit line, in codes.
    pub(crate) fn read_weight(
        &self,
        wires: Option<&LineFactors>,
        (row, bit_line): (usize, usize),
        plus: u16,
        minus: u16,
    ) -> i32 {
        match &self.model {
            Some(model) => model.read_weight(wires, row, bit_line, plus, minus).into(),
            None => i32::from(plus) - i32::from(minus),
        }
    }

    fn number(&self, model: &ArrayModel, place: DevicePlace) -> u32 {
        model.device_number(place.tile, place.row, place.group * self.adcs + place.adc, place.minus)
    }

    /// Cycles that the hardware takes for what `counters` count, from the cycle after a word is taken to the one before
    /// the next may be: exact for a macro of the configured latencies.
    pub fn cycles(&self, counters: &VerifyCounters) -> u64 {
        let pulses = u64::from(counters.set_pulses) + u64::from(counters.reset_pulses);
        u64::from(counters.reads) * self.read_cycles + pulses * self.pulse_cycles
    }

    /// As [`WriteVerify::cycles`] where words were refreshed.
    pub fn refresh_cycles(&self, counters: &VerifyCounters) -> u64 {
        self.cycles(counters) + u64::from(counters.devices) * self.seek_cycles
    }
}
