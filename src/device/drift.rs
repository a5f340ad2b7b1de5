//! Retention: what a unit of time does to a device.
//!
//! As aihwkit has it (`PulsedRPUDevice`): `w` loses `1 / lifetime` of itself and takes a step of a random walk. All is
//! rounded by chance, so that drift that is slow against a code is right on average.

use super::forming::VIRGIN;
use super::model::{ArrayModel, DeviceParameters};
use crate::config::DeviceModel;
use crate::numeric::{Draw, bell, draw, event_key, spread};

/// The integers of decay and random walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DriftModel {
    /// Part of the distance to `rest` that is lost in a unit of time, in `1 / 2^rate_bits`; 0 for no decay.
    pub rate: i32,
    /// 1..=29.
    pub rate_bits: u32,
    /// Code that devices decay to.
    pub rest: i32,
    /// Standard deviation of a step of the walk, in 1/16 code; 0 for no walk. A device takes one in `4^rarity` units of
    /// time, by chance: steps below a code could not be rounded without making the walk faster.
    pub walk: i32,
    /// 0..=12.
    pub rarity: u32,
    /// Spreads over devices, in 1/256.
    pub rate_dtod: i32,
    pub walk_dtod: i32,
}

/// A device's own drift, as in [`DriftModel`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DriftParameters {
    pub rate: i32,
    pub walk: i32,
}

/// Keys of the draws of one unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeKeys {
    decay: u32,
    chance: u32,
    walk: u32,
}

impl DriftModel {
    /// Rates of devices end here: their product with a code's distance stays within 31 bits.
    const MAX_RATE: i32 = 1 << 15;
    const MAX_RATE_BITS: u32 = 29;
    /// Least standard deviation of a step in codes: its rounding then adds nothing that matters.
    const LEAST_STEP: f64 = 16.0;
    const MAX_RARITY: u32 = 12;

    pub(super) fn new(model: &DeviceModel, top: i32) -> Self {
        let codes = f64::from(top) / model.range();
        let rate = if model.lifetime > 0.0 { 1.0 / model.lifetime } else { 0.0 };
        // The rate of a device at the end of the spread's tail.
        let most = rate * (1.0 + 3.0 * model.lifetime_dtod);
        let fits = |bits: &u32| most * f64::from(1u32 << bits) <= f64::from(Self::MAX_RATE);
        let rate_bits = (1..=Self::MAX_RATE_BITS).rev().find(fits).unwrap_or(1);
        let walk = model.diffusion * codes;
        let large = |r: &u32| walk * f64::from(1u32 << r) >= Self::LEAST_STEP;
        let rarity = (0..Self::MAX_RARITY).find(large).unwrap_or(Self::MAX_RARITY);
        Self {
            rate: (rate * f64::from(1u32 << rate_bits)).round() as i32,
            rate_bits,
            rest: ((model.drift_to - model.w_min) * codes).round() as i32,
            walk: (walk * f64::from(16u32 << rarity)).min(ArrayModel::MAX_STEP.into()).round() as i32,
            rarity,
            rate_dtod: (model.lifetime_dtod * 256.0).round() as i32,
            walk_dtod: (model.diffusion_dtod * 256.0).round() as i32,
        }
    }

    /// Largest rate of a device: none goes beyond `rest`.
    pub fn most_rate(&self) -> i32 {
        Self::MAX_RATE.min(1 << self.rate_bits)
    }

    /// Keys of unit `count` since the streams were seeded with `seed`.
    pub fn keys(model: &ArrayModel, seed: u32, count: u32) -> AgeKeys {
        let key = |kind| event_key(model.key(kind), seed, count);
        AgeKeys { decay: key(Draw::Decay), chance: key(Draw::Chance), walk: key(Draw::Walk) }
    }

    /// Keys of `units` units from `count` on.
    pub fn keys_of(model: &ArrayModel, seed: u32, count: u32, units: u32) -> Vec<AgeKeys> {
        (0..units).map(|unit| Self::keys(model, seed, count.wrapping_add(unit))).collect()
    }
}

impl ArrayModel {
    /// The own drift of device `number`; none where devices do not drift.
    #[inline]
    pub fn drift_of(&self, number: u32) -> DriftParameters {
        let Some(d) = &self.drift else { return DriftParameters::default() };
        let own = |mean: i32, deviation: i32, kind| match (mean, deviation) {
            (0, _) | (_, 0) => mean,
            _ => spread(mean, deviation, bell(draw(self.key(kind), number))),
        };
        DriftParameters {
            rate: own(d.rate, d.rate_dtod, Draw::Lifetime).clamp(0, d.most_rate()),
            walk: own(d.walk, d.walk_dtod, Draw::Diffusion).clamp(0, Self::MAX_STEP),
        }
    }

    /// The code of device `number` after a unit of time for each of `keys`.
    pub fn age_by(&self, code: u16, device: &DeviceParameters, number: u32, keys: &[AgeKeys]) -> u16 {
        let own = self.drift_of(number);
        keys.iter().fold(i32::from(code), |code, &keys| self.age(code, device, own, number, keys)) as u16
    }

    /// The code after a unit of time; `own` is the device's drift.
    #[inline]
    pub fn age(&self, code: i32, device: &DeviceParameters, own: DriftParameters, number: u32, keys: AgeKeys) -> i32 {
        let Some(d) = self.drift.as_ref().filter(|_| code != i32::from(VIRGIN)) else { return code };
        let mut moved = 0;
        if d.rate > 0 {
            let luck = draw(keys.decay, number) & ((1 << d.rate_bits) - 1);
            moved = ((d.rest - code) * own.rate + luck as i32) >> d.rate_bits;
        }
        if d.walk > 0 && draw(keys.chance, number) & ((1 << (2 * d.rarity)) - 1) == 0 {
            let bits = draw(keys.walk, number);
            // The low bits, which the step has not used, round by chance; the 8 is half of the last of them.
            moved += (own.walk * bell(bits) + ((bits & 255) << 4 | 8) as i32) >> 12;
        }
        (code + moved).clamp(device.low, device.high)
    }
}
