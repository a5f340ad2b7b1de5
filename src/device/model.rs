//! Real devices and converters in integers: the one arithmetic of golden model and behavioural macro.
//!
//! A device holds a conductance code of [`CODE_BITS`] bits; [`ArrayModel::top`], whole levels times `2^fraction`, is
//! `G_max` on average, and no code is above twice that. What belongs to a device is drawn from its number, see
//! [`ArrayModel::device`].

use super::drift::DriftModel;
use super::forming::{FormingModel, VIRGIN};
use super::slopes::SlopeModel;
use crate::config::{CODE_BITS, Crossbar, Design, DeviceModel, StepLaw};
use crate::numeric::{Draw, bell, draw, draw_key, saturate, spread, times};
use crate::schedule::bits_for;

/// Segments of the step law over a device's range.
pub const LAW_SEGMENTS: usize = 32;
/// A step law of 1.
pub const LAW_ONE: i32 = 4096;
/// Steps have four bits below a code.
pub const STEP_FRACTION: u32 = 4;
/// A device's place in its range: `(code - low) * inverse >> 16`, 0..=1023.
pub const PLACE_BITS: u32 = 10;

/// Strength of a pulse that makes a device's full step; others make a step in proportion.
pub const NOMINAL_STRENGTH: u8 = 16;

/// A device's own numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceParameters {
    /// Bounds of its code.
    pub low: i32,
    pub high: i32,
    /// Step where the law is 1, in 1/16 code, up and down.
    pub up: i32,
    pub down: i32,
    /// `2^26 / (high - low)`, rounded down; 0 for a device that is stuck.
    pub inverse: i32,
    /// Amplitude of the weakest pulse that forms it; 0: it comes formed, 256: it never forms.
    pub forming: i32,
    /// Slopes of its steps up and down, as [`SlopeModel`] has them; 0 where all devices have the same law.
    pub slopes: [i32; 2],
}

/// An ADC's own numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AdcParameters {
    /// In 1/16 code.
    pub offset: i32,
    /// In 1/4096 of the sum.
    pub gain: i32,
    /// Largest deviation of the transfer curve, in 1/16 code.
    pub bow: i32,
}

/// The integers of a `[device.model]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrayModel {
    /// Bits of a code below a whole level.
    pub fraction: u32,
    /// Code of `G_max` on average.
    pub top: i32,
    /// Mean step at the law's largest value, in 1/16 code.
    pub step: i32,
    /// `dw_min` as a part of `step`, in 1/4096: what noise without `mult_noise` scales with, and the law where it is 1.
    pub plain: i32,
    pub mult_noise: bool,
    /// Steps up and down at the nodes, relative to `step`, in 1/4096; of a device with mean slopes.
    pub law: [[i32; LAW_SEGMENTS + 1]; 2],
    /// `None` where the table is every device's law.
    pub slopes: Option<SlopeModel>,
    /// Spreads and offsets in 1/256.
    pub step_dtod: i32,
    pub step_std: i32,
    pub up_down: i32,
    pub up_down_dtod: i32,
    /// Of the window.
    pub high_dtod: i32,
    pub low_dtod: i32,
    /// Of 2^24 devices, these are stuck at LRS; at LRS or HRS; at all.
    pub stuck: [u32; 3],
    /// Noise of a cell, in 1/16 code; standard deviation.
    pub read_noise: u32,
    /// The same with one device of a pair connected.
    pub device_noise: u32,
    /// In 1/16 ADC code and 1/4096; standard deviations.
    pub adc_offset: i32,
    pub adc_gain: i32,
    pub adc_bow: i32,
    /// Part of a step that a half-selected device moves, in 1/2^16.
    pub half_select: i32,
    /// `None` where conductances do not change with time.
    pub drift: Option<DriftModel>,
    /// `None` where devices come formed.
    pub forming: Option<FormingModel>,
    /// Bits of each ADC's trim, 0 for none, and of its code.
    pub trim_bits: u32,
    pub adc_bits: u32,
    /// Keys of the draws, by [`Draw`].
    pub keys: [u32; Draw::ALL.len()],
    rows: usize,
    columns: usize,
}

/// Rounds a parameter of the model.
fn integer(value: f64) -> i32 {
    value.round() as i32
}

impl ArrayModel {
    /// Largest step: the window of the finest code, in 1/16.
    pub const MAX_STEP: i32 = 1 << 18;
    /// A device whose bounds are closer than this is stuck at the lower one.
    pub const MIN_RANGE: i32 = 64;

    /// Whether steps are the same everywhere, both ways.
    pub fn constant_law(&self) -> bool {
        self.slopes.is_none() && self.law.iter().flatten().all(|&node| node == LAW_ONE)
    }

    /// `None` where the devices are ideal.
    pub fn of(design: &Design) -> Option<Self> {
        let model = design.device.model.as_ref()?;
        let devices = Self::new(model, design.device.levels, Self::fraction_of(design), &design.crossbar);
        let converter = &design.converter;
        let forming = FormingModel::of(model, &design.device, devices.top);
        Some(Self { trim_bits: converter.trim_bits, adc_bits: converter.adc_bits, forming, ..devices })
    }

    /// Bits of a conductance code below a whole level; 0 for ideal devices.
    pub fn fraction_of(design: &Design) -> u32 {
        match design.device.model {
            Some(_) => CODE_BITS - 1 - bits_for(design.device.levels as usize - 1),
            None => 0,
        }
    }

    fn new(model: &DeviceModel, levels: u32, fraction: u32, crossbar: &Crossbar) -> Self {
        let top = ((levels - 1) << fraction) as i32;
        let nodes = |law: &StepLaw, way: usize| -> [f64; LAW_SEGMENTS + 1] {
            std::array::from_fn(|k| {
                let w = model.w_min + model.range() * k as f64 / LAW_SEGMENTS as f64;
                law.at(w, model.w_min, model.w_max)[way]
            })
        };
        let laws_of = |law: &StepLaw| [nodes(law, 0), nodes(law, 1)];
        let (laws, steepest) = (laws_of(&model.law), laws_of(&model.law.steepest()));
        let most = steepest.iter().flatten().fold(0.0f64, |most, &v| most.max(v));
        let codes = model.dw_min / model.range() * f64::from(top);
        let part = f64::from(1u32 << 24);
        let noise = |devices: f64| (model.read_noise * f64::from(top) * devices.sqrt() * 16.0).round() as u32;
        let mut sum = 0.0;
        let stuck = [model.stuck_at_lrs, model.stuck_at_hrs, model.stuck].map(|p| {
            sum += p;
            (sum.min(1.0) * part).round() as u32
        });
        // Both devices of a pair are noisy.
        let devices = if crossbar.pair == crate::config::PairScheme::Differential { 2.0f64 } else { 1.0 };
        Self {
            fraction,
            top,
            step: integer(codes * most * f64::from(1 << STEP_FRACTION)).clamp(1, Self::MAX_STEP),
            plain: integer(f64::from(LAW_ONE) / most).min(LAW_ONE),
            mult_noise: model.mult_noise,
            law: laws.map(|law| law.map(|v| integer(v / most * f64::from(LAW_ONE)))),
            slopes: SlopeModel::new(model, most),
            step_dtod: integer(model.dw_min_dtod * 256.0),
            step_std: integer(model.dw_min_std * 256.0),
            up_down: integer(model.up_down * 256.0),
            up_down_dtod: integer(model.up_down_dtod * 256.0),
            high_dtod: integer(model.w_max_dtod * model.w_max / model.range() * 256.0),
            low_dtod: integer(-model.w_min_dtod * model.w_min / model.range() * 256.0),
            stuck,
            read_noise: noise(devices),
            device_noise: noise(1.0),
            adc_offset: integer(model.adc_offset * 16.0),
            adc_gain: integer(model.adc_gain * 4096.0),
            adc_bow: integer(model.adc_nonlinearity * 16.0),
            half_select: integer(model.half_select * 65536.0),
            drift: model.drifts().then(|| DriftModel::new(model, top)),
            forming: None,
            trim_bits: 0,
            adc_bits: 0,
            keys: Draw::ALL.map(|kind| draw_key(model.seed, kind)),
            rows: crossbar.rows,
            columns: crossbar.columns,
        }
    }

    pub fn key(&self, kind: Draw) -> u32 {
        self.keys[kind as usize]
    }

    /// Largest code that any device reaches.
    pub fn ceiling(&self) -> i32 {
        2 * self.top
    }

    /// Number of a device: of the cell of tile `tile`, word line `row`, bit-line register `slot`; `minus` of a pair.
    pub fn device_number(&self, tile: usize, row: usize, slot: usize, minus: bool) -> u32 {
        let cell = (tile * self.rows + row) * self.columns + slot;
        (cell as u32) << 1 | u32::from(minus)
    }

    /// Number of line `line` of a tile, for the noise of its reads.
    pub fn line_number(tile: usize, line: usize) -> u32 {
        (tile as u32) << 10 | line as u32
    }

    /// Number of an ADC of a tile: of the bit lines, or of the word lines.
    pub fn adc_number(tile: usize, adc: usize, row_side: bool) -> u32 {
        (tile as u32) << 10 | u32::from(row_side) << 9 | adc as u32
    }

    /// Whether reads differ from those of ideal converters on the same conductances.
    pub fn noisy(&self) -> bool {
        self.read_noise > 0 || self.adc_errors()
    }

    /// Whether ADCs differ from ideal ones, or can.
    pub fn adc_errors(&self) -> bool {
        self.adc_offset > 0 || self.adc_gain > 0 || self.adc_bow > 0 || self.trim_bits > 0
    }

    /// The own numbers of device `number`.
    pub fn device(&self, number: u32) -> DeviceParameters {
        let n = |kind: Draw| bell(draw(self.key(kind), number));
        let stuck = draw(self.key(Draw::Stuck), number);
        let at = match stuck >> 8 {
            p if p < self.stuck[0] => Some(self.top),
            p if p < self.stuck[1] => Some(0),
            // The low byte has not been used.
            p if p < self.stuck[2] => Some(times((stuck & 255) as i32, self.top, 8)),
            _ => None,
        };
        let high = spread(self.top, self.high_dtod, n(Draw::High)).clamp(0, self.ceiling());
        let low = times(self.top, times(self.low_dtod, n(Draw::Low), 8), 8).clamp(0, self.ceiling());
        if at.is_some() || high - low < Self::MIN_RANGE {
            let at = at.unwrap_or(low);
            return DeviceParameters { low: at, high: at, ..DeviceParameters::default() };
        }
        let step = spread(self.step, self.step_dtod, n(Draw::Step)).clamp(0, Self::MAX_STEP);
        let up_down = self.up_down + times(self.up_down_dtod, n(Draw::UpDown), 8);
        let scaled = |by: i32| (step * (256 - by.clamp(0, 256))) >> 8;
        DeviceParameters {
            low,
            high,
            up: scaled(-up_down),
            down: scaled(up_down),
            inverse: (1 << 26) / (high - low),
            forming: self.forming_of(number),
            slopes: self.slopes.map_or([0; 2], |slopes| slopes.own([n(Draw::SlopeUp), n(Draw::SlopeDown)])),
        }
    }

    /// The own numbers of ADC `number` as conversions see them: where ADCs have trims, calibrated.
    pub fn adc(&self, number: u32) -> AdcParameters {
        let own = self.untrimmed_adc(number);
        AdcParameters { offset: own.offset - self.trim(own), ..own }
    }

    /// As [`ArrayModel::adc`] with a trim of zero.
    pub fn untrimmed_adc(&self, number: u32) -> AdcParameters {
        let of = |kind, deviation: i32| times(deviation, bell(draw(self.key(kind), number)), 8);
        AdcParameters {
            offset: of(Draw::Offset, self.adc_offset),
            gain: of(Draw::Gain, self.adc_gain),
            bow: of(Draw::Bow, self.adc_bow),
        }
    }

    /// The code after a pulse of `strength` ([`NOMINAL_STRENGTH`] is a nominal one, 255 the most); `bits` are the pulse's
    /// random bits for the device.
    #[inline]
    pub fn pulse(&self, code: i32, device: &DeviceParameters, up: bool, strength: u8, bits: u32) -> i32 {
        if code == i32::from(VIRGIN) {
            return code;
        }
        let (full, mean) = self.step(code, device, up, strength);
        let noisy = if self.mult_noise { mean } else { times(full, self.plain, 12) };
        let noise = times(noisy, times(self.step_std, bell(bits), 8), 8);
        // The low bits, which the noise has not used, round by chance.
        let moved = (mean + noise + (bits & 15) as i32) >> STEP_FRACTION;
        (if up { code + moved } else { code - moved }).clamp(device.low, device.high)
    }

    /// The code after such a pulse on a device with only its word line or only its bit line: a part of the mean step. It is
    /// finer than noise from pulse to pulse would be; the rounding by chance is all the noise that it has.
    #[inline]
    pub fn disturb(&self, code: i32, device: &DeviceParameters, up: bool, strength: u8, bits: u32) -> i32 {
        if code == i32::from(VIRGIN) {
            return code;
        }
        let (_, mean) = self.step(code, device, up, strength);
        let fraction = 16 + STEP_FRACTION;
        let moved = (mean * self.half_select + (bits & ((1 << fraction) - 1)) as i32) >> fraction;
        (if up { code + moved } else { code - moved }).clamp(device.low, device.high)
    }

    /// The full step of a pulse, and the mean one at the device's code; in 1/16 code.
    #[inline]
    fn step(&self, code: i32, device: &DeviceParameters, up: bool, strength: u8) -> (i32, i32) {
        let place = times(code - device.low, device.inverse, 16).min((1 << PLACE_BITS) - 1);
        let way = usize::from(!up);
        let law = match &self.slopes {
            Some(slopes) => slopes.law(self.plain, device.slopes[way], place, up),
            None => {
                let nodes = &self.law[way];
                let (segment, part) = ((place >> 5) as usize, place & 31);
                (nodes[segment] * (32 - part) + nodes[segment + 1] * part) >> 5
            }
        };
        let full = if up { device.up } else { device.down };
        let full = times(full, strength.into(), 4).min(Self::MAX_STEP);
        (full, times(full, law, 12))
    }

    /// Standard deviation of a bit-line sum, in units of 16, for inputs whose squares add up to `energy`: every device
    /// varies for itself.
    #[inline]
    pub fn noise_amplitude(&self, energy: u32) -> i32 {
        ((energy.isqrt() * self.read_noise) >> 8) as i32
    }

    /// As [`ArrayModel::noise_amplitude`] with one device of each pair connected.
    #[inline]
    pub fn device_noise_amplitude(&self, energy: u32) -> i32 {
        ((energy.isqrt() * self.device_noise) >> 8) as i32
    }

    /// What an ADC of `bits` bits makes of a bit-line sum in codes, with its own numbers and the noise of the read.
    ///
    /// `amplitude` is that of [`ArrayModel::noise_amplitude`], `random` the read's random bits for the line.
    #[inline]
    pub fn convert(&self, sum: i32, amplitude: i32, random: u32, adc: AdcParameters, gain: u32, bits: u32) -> i32 {
        convert_sum(sum, amplitude, random, adc, gain + self.fraction - 4, bits)
    }
}

/// [`ArrayModel::convert`] where the sum is shifted by `shift` to 1/16 code.
#[inline(always)]
pub fn convert_sum(sum: i32, amplitude: i32, random: u32, adc: AdcParameters, shift: u32, bits: u32) -> i32 {
    let noisy = sum + times(amplitude, bell(random), 4);
    let code = ((noisy + (noisy >> 12) * adc.gain) >> shift) + adc.offset;
    let full = 8 << bits;
    let from_zero = code.abs().min(full);
    // A parabola in each half, 0 at zero and at the ends.
    let bow = times(adc.bow, times(from_zero, full - from_zero, bits + 3), bits + 1);
    let bent = if code < 0 { code - bow } else { code + bow };
    saturate((bent + 8) >> 4, -(1 << (bits - 1)), (1 << (bits - 1)) - 1)
}
