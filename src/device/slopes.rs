//! Linear steps whose slope differs from device to device.

use super::model::{LAW_ONE, PLACE_BITS};
use crate::config::DeviceModel;
use crate::numeric::times;

/// The law `1 - gamma w / bound` with a `gamma` of each device's own, in integers.
///
/// Whatever the slope, the law is 1 where `w` is 0, and is a straight line of the device's place in its range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlopeModel {
    /// The place where `w` is 0, 0..=1023.
    pub pivot: i32,
    /// What the law loses from one end of the range to the other, up and down, in 1/8192 of the largest step: mean and
    /// standard deviation.
    pub mean: [i32; 2],
    pub dtod: [i32; 2],
}

impl SlopeModel {
    /// Bits that a slope has below a unit of the law, and those of the place.
    pub const FRACTION: u32 = PLACE_BITS + 1;

    /// `None` where all devices have the same slopes. `most`: the largest step of any device, relative to `dw_min`.
    pub(super) fn new(model: &DeviceModel, most: f64) -> Option<Self> {
        let slopes = model.law.spread_slopes()?;
        let unit = f64::from(LAW_ONE << (Self::FRACTION - PLACE_BITS)) / most;
        let over_range = |way: usize, gamma: f64| {
            let bound = [model.w_max, -model.w_min][way];
            (gamma * model.range() / bound * unit).round() as i32
        };
        let places = f64::from(1 << PLACE_BITS);
        Some(Self {
            pivot: (-model.w_min / model.range() * places).round().min(places - 1.0) as i32,
            mean: [over_range(0, slopes[0].0), over_range(1, slopes[1].0)],
            dtod: [over_range(0, slopes[0].1), over_range(1, slopes[1].1)],
        })
    }

    /// A device's own slopes, up and down, of two nearly normal numbers: below 2^15, as the description was checked.
    pub(super) fn own(&self, bells: [i32; 2]) -> [i32; 2] {
        [0, 1].map(|way| (self.mean[way] + times(self.dtod[way], bells[way], 8)).abs())
    }

    /// The law of a step at a place, 0..=4096, for a device with this slope; `one`: the law where `w` is 0.
    #[inline]
    pub fn law(&self, one: i32, slope: i32, place: i32, up: bool) -> i32 {
        let from_pivot = if up { self.pivot - place } else { place - self.pivot };
        (one + times(slope, from_pivot, Self::FRACTION)).clamp(0, LAW_ONE)
    }
}
