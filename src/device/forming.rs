//! Forming: a device as it is made conducts nothing, and no pulse of training or write-verify changes that, until one forming
//! pulse of at least its own amplitude makes its filament.

use super::model::{ArrayModel, DeviceParameters};
use crate::config::{CODE_BITS, Device, DeviceModel};
use crate::numeric::{Draw, bell, draw, spread, times};

/// What a device that was never formed holds; conductance codes end below.
pub const VIRGIN: u16 = (1 << CODE_BITS) - 1;
/// Largest amplitude of a forming pulse.
pub const MOST_AMPLITUDE: u8 = 255;
/// [`DeviceParameters::forming`] of a device that no pulse forms.
pub const NEVER: i32 = 256;

/// Bits of a forming pulse's draw that place the new filament in the upper quarter of the device's range.
const PLACE_BITS: u32 = 8;

/// The integers of forming.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormingModel {
    /// Mean amplitude that forms a device, 1..=255.
    pub amplitude: i32,
    /// Its spread over devices, in 1/256.
    pub dtod: i32,
    /// What reads see of a virgin device, in codes: as much below 0 as `G_min` is above no conductance.
    pub dark: i32,
}

impl FormingModel {
    /// `None` where devices come formed. `top`: code of `G_max`.
    pub(super) fn of(model: &DeviceModel, device: &Device, top: i32) -> Option<Self> {
        let most = f64::from(MOST_AMPLITUDE);
        model.forms().then(|| Self {
            amplitude: (model.forming * most).round().clamp(1.0, most) as i32,
            dtod: (model.forming_dtod * 256.0).round() as i32,
            dark: -(f64::from(top) * device.r_on_ohm / (device.r_off_ohm - device.r_on_ohm)).round() as i32,
        })
    }
}

impl DeviceParameters {
    /// The code of the device as it is made; `unused`: of one that comes formed, before anything was programmed.
    #[inline]
    pub fn fresh(&self, unused: u16) -> u16 {
        if self.forming > 0 { VIRGIN } else { self.hold(unused) }
    }

    /// The code that the device holds after it was told to hold `code`, without pulses. [`VIRGIN`] makes it virgin again if it
    /// ever was; one that never forms stays so.
    #[inline]
    pub fn hold(&self, code: u16) -> u16 {
        if self.forming == NEVER || (self.forming > 0 && code == VIRGIN) {
            VIRGIN
        } else {
            i32::from(code).clamp(self.low, self.high) as u16
        }
    }
}

impl ArrayModel {
    /// Amplitude of the weakest pulse that forms device `number`: 0 for one that comes formed, [`NEVER`] above 255.
    pub(super) fn forming_of(&self, number: u32) -> i32 {
        let Some(f) = &self.forming else { return 0 };
        spread(f.amplitude, f.dtod, bell(draw(self.key(Draw::Forming), number))).clamp(1, NEVER)
    }

    /// The conductance that a read sees of a code, without `G_min`: the code, or less than nothing of a virgin device.
    #[inline]
    pub fn conductance(&self, code: u16) -> i32 {
        match &self.forming {
            Some(f) if code == VIRGIN => f.dark,
            _ => code.into(),
        }
    }

    /// The code after a forming pulse; `bits` are the pulse's random bits for the device. One that is formed already gets a SET
    /// pulse of that strength.
    #[inline]
    pub fn form(&self, code: i32, device: &DeviceParameters, amplitude: u8, bits: u32) -> i32 {
        if code != i32::from(VIRGIN) {
            return self.pulse(code, device, true, amplitude, bits);
        }
        if i32::from(amplitude) < device.forming {
            return code;
        }
        let part = (bits & ((1 << PLACE_BITS) - 1)) as i32;
        device.high - times(device.high - device.low, part, PLACE_BITS + 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Design;

    fn array(more: &str) -> ArrayModel {
        let text = crate::config::preset("tiny").expect("a preset").text;
        let design = Design::from_toml(&format!("{text}\n[device.model]\n{more}"), "tiny").expect("a description");
        ArrayModel::of(&design).expect("real devices")
    }

    /// Part of a normal distribution below `x` deviations, by summing its density.
    fn below(x: f64) -> f64 {
        let step = 1e-3;
        let density = |x: f64| (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        (0..).map(|k| -8.0 + step * f64::from(k)).take_while(|&at| at < x).map(|at| density(at) * step).sum()
    }

    /// After pulses of rising amplitude those devices are formed whose own amplitude lies below; others are as they were made.
    #[test]
    fn amplitudes_spread_as_asked_for() {
        let model = array("forming = 0.7\nforming_dtod = 0.2\nw_max_dtod = 0.2\nw_min_dtod = 0.2\nstuck = 0.1");
        let (mean, deviation) = (0.7 * 255.0, 0.2 * 0.7 * 255.0);
        let devices: Vec<DeviceParameters> = (0..20_000).map(|n| model.device(n)).collect();
        let mut codes: Vec<i32> = devices.iter().map(|d| i32::from(d.fresh(0))).collect();
        let stuck = devices.iter().filter(|d| d.inverse == 0).count() as f64;
        assert!((stuck / 20_000.0 - 0.1).abs() < 0.02, "{stuck}");
        for amplitude in (107..=255).step_by(8) {
            for ((n, device), code) in devices.iter().enumerate().zip(&mut codes) {
                let before = *code;
                *code = model.form(before, device, amplitude, draw(u32::from(amplitude), n as u32));
                let virgin = i32::from(VIRGIN);
                if before == virgin && *code != virgin {
                    assert!((device.low..=device.high).contains(code), "{code} of {device:?}");
                    assert!(4 * (device.high - *code) <= device.high - device.low, "{code} of {device:?}");
                }
                // Nothing else moves what is not formed.
                let bits = draw(7, n as u32);
                if *code == virgin {
                    assert_eq!([true, false].map(|up| model.pulse(virgin, device, up, 255, bits)), [virgin; 2]);
                    assert_eq!(model.disturb(virgin, device, true, 255, bits), virgin);
                }
            }
            let formed = codes.iter().filter(|&&code| code != i32::from(VIRGIN)).count() as f64 - stuck;
            let wanted = below((f64::from(amplitude) + 0.5 - mean) / deviation);
            let got = formed / (20_000.0 - stuck);
            // Sums of three bytes are within 0.01 of a normal distribution; three deviations of a count of 18,000.
            assert!((got - wanted).abs() < 0.01 + 3.0 * (0.25f64 / 18_000.0).sqrt(), "{amplitude}: {got} of {wanted}");
        }
        assert!(codes.iter().filter(|&&code| code == i32::from(VIRGIN)).count() > 100, "some devices never form");
    }

    /// A virgin device is open: the difference to one at `G_min`, of 250 and 40 kilohm, is `G_min` itself.
    #[test]
    fn a_virgin_device_conducts_nothing() {
        let model = array("forming = 0.7");
        let (low, high) = (1.0 / 250e3, 1.0 / 40e3);
        let code = (high - low) / f64::from(model.top);
        assert!((f64::from(model.conductance(VIRGIN)) * code + low).abs() < code);
        assert_eq!((model.conductance(0), model.conductance(5)), (0, 5));
        assert_eq!(array("").conductance(VIRGIN), i32::from(VIRGIN), "without forming no code is special");
    }

    /// What direct writes leave: all but what never forms is as it is told to be.
    #[test]
    fn cells_are_written_with_what_they_can_hold() {
        let device = DeviceParameters { low: 10, high: 900, forming: 100, ..DeviceParameters::default() };
        let never = DeviceParameters { forming: NEVER, ..device };
        let formed = DeviceParameters { forming: 0, ..device };
        assert_eq!([5, 50, 5000, VIRGIN].map(|c| device.hold(c)), [10, 50, 900, VIRGIN]);
        assert_eq!([5, 50, 5000, VIRGIN].map(|c| never.hold(c)), [VIRGIN; 4]);
        assert_eq!([5, 50, 5000, VIRGIN].map(|c| formed.hold(c)), [10, 50, 900, 900]);
        assert_eq!([device, never, formed].map(|d| d.fresh(50)), [VIRGIN, VIRGIN, 50]);
    }
}
