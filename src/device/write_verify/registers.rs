//! Registers of write-verify, and what they are out of reset.

use crate::config::{Design, PairScheme};
use crate::device::model::LAW_ONE;
use crate::device::{ArrayModel, CellCode, MOST_AMPLITUDE, NOMINAL_STRENGTH};

/// How strong the next pulse is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StrengthMode {
    /// Always `start`.
    Fixed = 0,
    /// `start + n * step` after `n` pulses in the same direction, at most `max`.
    Incremental = 1,
    /// In proportion to the error, `start..=max`.
    Adaptive = 2,
}

impl StrengthMode {
    pub const ALL: [Self; 3] = [Self::Fixed, Self::Incremental, Self::Adaptive];
}

/// Strengths of the pulses of one direction; 16 is a nominal pulse ([`NOMINAL_STRENGTH`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PulseStrength {
    /// The first pulse's, and the least of adaptive ones; 1..=255.
    pub start: u8,
    /// What each further pulse adds (incremental); 0..=255.
    pub step: u8,
    /// The most (incremental, adaptive), also where `start` is more; 1..=255.
    pub max: u8,
    /// Strength per ADC code of error (adaptive), in 1/16; 0..=255.
    pub slope: u8,
}

impl PulseStrength {
    /// The register's word: start in the low byte, then step, max and slope.
    pub fn word(self) -> u32 {
        u32::from_le_bytes([self.start, self.step, self.max, self.slope])
    }
}

/// Pulses that form a device, each stronger than the one before: `start + n * step`, at most `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormingPulses {
    /// Amplitudes, of 255; start and max 1..=255.
    pub start: u8,
    pub step: u8,
    pub max: u8,
    /// Pulses after which a device has failed; 1..=255.
    pub attempts: u8,
}

impl FormingPulses {
    /// Steps of three hundredths of the strongest pulse, as a tenth of a volt of three.
    const STEP: u8 = 8;

    /// From three deviations below the mean of the devices' amplitudes up to the strongest pulse.
    pub fn of(design: &Design) -> Self {
        let lowest = design.device.model.as_ref().map_or(0.0, |m| m.forming * (1.0 - 3.0 * m.forming_dtod));
        let start = (lowest * f64::from(MOST_AMPLITUDE)).round().clamp(1.0, MOST_AMPLITUDE.into()) as u8;
        let attempts = (MOST_AMPLITUDE - start).div_ceil(Self::STEP) + 1;
        Self { start, step: Self::STEP, max: MOST_AMPLITUDE, attempts }
    }

    /// The register's word: start in the low byte, then step, max and attempts.
    pub fn word(self) -> u32 {
        u32::from_le_bytes([self.start, self.step, self.max, self.attempts])
    }

    /// Of the next pulse after `before` pulses.
    pub fn amplitude(self, before: u8) -> u8 {
        rising(self.start, self.step, self.max, before)
    }
}

/// `start + n * step`, at most `max`.
fn rising(start: u8, step: u8, max: u8, n: u8) -> u8 {
    (u32::from(start) + u32::from(n) * u32::from(step)).min(max.into()) as u8
}

/// What the programming unit is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyRegisters {
    /// Code of the word line in a verify read, 1..=127.
    pub read_input: u8,
    /// Gain of a verify read: a code's unit is `2^gain` level steps times input steps; 0..=15.
    pub read_gain: u8,
    /// Largest error that is left alone, in ADC codes; 0..=255.
    pub tolerance: u8,
    /// Pulses after which a device has failed; 1..=255.
    pub max_pulses: u8,
    pub mode: StrengthMode,
    pub set: PulseStrength,
    pub reset: PulseStrength,
    pub form: FormingPulses,
}

impl VerifyRegisters {
    /// The registers out of reset.
    pub fn of(design: &Design) -> Self {
        let registers = Self::with_tolerance(design, 1);
        let whole = registers.read_input.is_multiple_of(1 << registers.read_gain.min(7));
        let exact = design.device.model.is_none() && whole;
        Self { tolerance: u8::from(!exact), ..registers }
    }

    /// The registers for a tolerance in ADC codes, from the description alone.
    ///
    /// The gain is the smallest at which the ADC's range ends beyond the highest level and the tolerance, so that a device
    /// above it is seen. Ideal devices are read with a power of two: as long as a level is a code or more nothing is rounded,
    /// and no tolerance is needed. They move one level a pulse, and get one for each level, at most 255.
    ///
    /// Real devices are read with the largest input. SLOPE: a pulse of the largest mean step makes up for its error. START: one
    /// makes up for the smallest error that gets a pulse, and up to four times that where steps become smaller near the
    /// bounds; it may end anywhere within the tolerance. MAX_PULSES: sixteen windows of the strongest pulses, 30 to 100. The
    /// study of `docs/programming-study.md` compares this with strengths that were searched.
    pub fn with_tolerance(design: &Design, tolerance: u8) -> Self {
        let model = ArrayModel::of(design);
        let read_input = if model.is_some() { 127 } else { 64 };
        let top = highest_difference(design) * i32::from(read_input);
        let end = (1 << (design.converter.adc_bits - 1)) - 1;
        let fits = |gain: &u8| crate::numeric::round_shift(top, u32::from(*gain)) + 1 < end;
        let read_gain = (0..15).find(fits).unwrap_or(15);
        let (max_pulses, strength) = match &model {
            None => {
                let strength = PulseStrength { start: NOMINAL_STRENGTH, step: 0, max: NOMINAL_STRENGTH, slope: 16 };
                (design.device.levels.min(255) as u8, strength)
            }
            Some(model) => {
                // Conductance codes of an ADC code, and of a nominal pulse.
                let of_code = f64::from(1u32 << (u32::from(read_gain) + model.fraction)) / f64::from(read_input);
                let of_pulse = f64::from(model.step) / 16.0;
                let slope = 256.0 * of_code / of_pulse;
                let start = patience(model) * slope * (f64::from(tolerance) + 1.0) / 16.0;
                let window = f64::from(model.top) / (of_pulse * 255.0 / f64::from(NOMINAL_STRENGTH));
                let register = |value: f64| value.round().clamp(1.0, 255.0) as u8;
                let strength = PulseStrength { start: register(start), step: 4, max: 255, slope: register(slope) };
                (register((16.0 * window).clamp(30.0, 100.0)), strength)
            }
        };
        Self {
            read_input,
            read_gain,
            tolerance,
            max_pulses,
            mode: StrengthMode::Adaptive,
            set: strength,
            reset: strength,
            form: FormingPulses::of(design),
        }
    }

    /// The code that a verify read of `code` should give, with `fraction` bits of a code below a level.
    ///
    /// For a device at a level this is `(level * read_input + half) >> read_gain`.
    pub fn target(&self, code: i32, fraction: u32) -> i32 {
        crate::numeric::round_shift(code * i32::from(self.read_input), u32::from(self.read_gain) + fraction)
    }

    /// Strength of the pulse for an error; `before` pulses in the same direction came just before.
    pub fn strength(&self, error: i32, before: u8) -> u8 {
        let s = if error > 0 { self.set } else { self.reset };
        match self.mode {
            StrengthMode::Fixed => s.start,
            StrengthMode::Incremental => rising(s.start, s.step, s.max, before),
            StrengthMode::Adaptive => {
                let wanted = (u64::from(error.unsigned_abs()) * u64::from(s.slope) + 8) >> 4;
                wanted.max(s.start.into()).min(s.max.into()) as u8
            }
        }
    }
}

/// How many times the smallest error START makes up for: 1 where all steps are the same, 4 for soft bounds, whose steps are half
/// the largest on average.
fn patience(model: &ArrayModel) -> f64 {
    let nodes = model.law.as_flattened();
    let mean = nodes.iter().map(|&node| f64::from(node)).sum::<f64>() / nodes.len() as f64;
    (f64::from(LAW_ONE) / mean).powi(2).clamp(1.0, 4.0)
}

/// Largest difference that a read sees, in levels: of one device of a pair, or to the reference.
fn highest_difference(design: &Design) -> i32 {
    let levels = design.device.levels as i32;
    match design.crossbar.pair {
        PairScheme::Differential => levels - 1,
        PairScheme::Reference => {
            levels - 1 - i32::from(CellCode::new(design).reference_code() >> ArrayModel::fraction_of(design))
        }
    }
}
