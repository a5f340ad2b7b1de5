//! What real devices and converters do that ideal ones do not: the validated `[device.model]`.

use super::design::is_zero;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bits of the conductance code of a real device.
pub const CODE_BITS: u32 = 15;

/// Names of step laws, as aihwkit has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LawName {
    /// The same step everywhere.
    ConstantStep,
    /// `1 - gamma w / bound`.
    LinearStep,
    /// `1 - w / bound`: linear to zero at the bound.
    SoftBounds,
    /// `1 - A exp(gamma z)`, `z = +-(2 a w / range + b)`.
    ExpStep,
    /// `(distance to the bound / range) ^ gamma`.
    PowStep,
    /// Nodes at equal distances over the range, linearly interpolated.
    PiecewiseStep,
}

/// The size of a step against the conductance, relative to `dw_min`.
///
/// `w` is the conductance on the scale on which the window goes from `w_min` to `w_max`; formulas are aihwkit's.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "law", rename_all = "snake_case")]
pub enum StepLaw {
    ConstantStep,
    LinearStep {
        gamma_up: f64,
        gamma_down: f64,
        /// Spread of `gamma` over devices: not relative to it, and no device has one below 0.
        #[serde(skip_serializing_if = "is_zero")]
        gamma_up_dtod: f64,
        #[serde(skip_serializing_if = "is_zero")]
        gamma_down_dtod: f64,
    },
    SoftBounds,
    ExpStep {
        a_up: f64,
        a_down: f64,
        gamma_up: f64,
        gamma_down: f64,
        a: f64,
        b: f64,
    },
    PowStep {
        gamma_up: f64,
        gamma_down: f64,
    },
    PiecewiseStep {
        up: Vec<f64>,
        down: Vec<f64>,
    },
}

/// Imperfections of devices and converters. Spreads are standard deviations over devices (d2d), relative to the mean, of
/// nearly normal numbers whose tails end at three deviations.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DeviceModel {
    /// Which array of many: devices and converters are drawn from it.
    pub seed: u32,
    #[serde(flatten)]
    pub law: StepLaw,
    /// Scale of the window, `G_min..G_max`, for `dw_min` and the law.
    pub w_min: f64,
    pub w_max: f64,
    /// Mean step of a pulse in the middle of the window, or wherever the law is 1.
    pub dw_min: f64,
    /// Spread of the step over devices.
    pub dw_min_dtod: f64,
    /// Cycle-to-cycle noise of a step (c2c), relative to the step, or to `dw_min` without `mult_noise`.
    pub dw_min_std: f64,
    pub mult_noise: bool,
    /// Asymmetry: above 0, steps down are smaller by this part; below 0, steps up are.
    pub up_down: f64,
    pub up_down_dtod: f64,
    /// Spread of a device's bounds, relative to `w_max` and `w_min`. No device goes under `G_min`.
    pub w_max_dtod: f64,
    pub w_min_dtod: f64,
    /// Probability that a device is stuck in the low-resistance state (`G_max`), in the high-resistance state (`G_min`),
    /// or anywhere between.
    pub stuck_at_lrs: f64,
    pub stuck_at_hrs: f64,
    pub stuck: f64,
    /// Standard deviation of a device's conductance from read to read, part of the window.
    pub read_noise: f64,
    /// Offset of an ADC in codes, and its gain error; standard deviations over ADCs.
    pub adc_offset: f64,
    pub adc_gain: f64,
    /// Bow of an ADC's transfer curve: largest deviation in codes, in the middle of each half; standard deviation over
    /// ADCs.
    pub adc_nonlinearity: f64,
    /// Resistance of a word line or bit line from one cell to the next, in ohm.
    pub wire_ohm: f64,
    /// Part of a step that a pulse moves a device of which only the word line or only the bit line is selected.
    #[serde(skip_serializing_if = "is_zero")]
    pub half_select: f64,
    /// Units of time after which `1 / e` of a device's distance to `drift_to` is left; 0 for no decay. The rate,
    /// `1 / lifetime`, spreads over devices.
    #[serde(skip_serializing_if = "is_zero")]
    pub lifetime: f64,
    #[serde(skip_serializing_if = "is_zero")]
    pub lifetime_dtod: f64,
    /// Where devices decay to, `w_min..=w_max`.
    #[serde(skip_serializing_if = "is_zero")]
    pub drift_to: f64,
    /// Random walk: standard deviation of `w` in a unit of time, and its spread over devices.
    #[serde(skip_serializing_if = "is_zero")]
    pub diffusion: f64,
    #[serde(skip_serializing_if = "is_zero")]
    pub diffusion_dtod: f64,
    /// Amplitude that forms a device, part of the strongest forming pulse's; 0: devices come formed. Its spread over devices.
    #[serde(skip_serializing_if = "is_zero")]
    pub forming: f64,
    #[serde(skip_serializing_if = "is_zero")]
    pub forming_dtod: f64,
}

impl DeviceModel {
    /// Devices that differ from ideal ones in nothing, with steps of one level of `levels`.
    pub fn ideal(levels: u32) -> Self {
        Self {
            seed: 1,
            law: StepLaw::ConstantStep,
            w_min: -1.0,
            w_max: 1.0,
            dw_min: 2.0 / f64::from(levels - 1),
            dw_min_dtod: 0.0,
            dw_min_std: 0.0,
            mult_noise: true,
            up_down: 0.0,
            up_down_dtod: 0.0,
            w_max_dtod: 0.0,
            w_min_dtod: 0.0,
            stuck_at_lrs: 0.0,
            stuck_at_hrs: 0.0,
            stuck: 0.0,
            read_noise: 0.0,
            adc_offset: 0.0,
            adc_gain: 0.0,
            adc_nonlinearity: 0.0,
            wire_ohm: 0.0,
            half_select: 0.0,
            lifetime: 0.0,
            lifetime_dtod: 0.0,
            drift_to: 0.0,
            diffusion: 0.0,
            diffusion_dtod: 0.0,
            forming: 0.0,
            forming_dtod: 0.0,
        }
    }

    /// The whole window on the scale of `dw_min`.
    pub fn range(&self) -> f64 {
        self.w_max - self.w_min
    }

    /// Whether conductances change with time.
    pub fn drifts(&self) -> bool {
        self.lifetime > 0.0 || self.diffusion > 0.0
    }

    /// Whether devices conduct nothing until they have been formed.
    pub fn forms(&self) -> bool {
        self.forming > 0.0
    }
}

impl StepLaw {
    /// Steps up and down at `w`, relative to `dw_min`; never negative.
    pub fn at(&self, w: f64, w_min: f64, w_max: f64) -> [f64; 2] {
        let range = w_max - w_min;
        let raw = match self {
            Self::ConstantStep => [1.0, 1.0],
            Self::LinearStep { gamma_up, gamma_down, .. } => [1.0 - gamma_up * w / w_max, 1.0 - gamma_down * w / w_min],
            Self::SoftBounds => [1.0 - w / w_max, 1.0 - w / w_min],
            Self::ExpStep { a_up, a_down, gamma_up, gamma_down, a, b } => {
                let z = 2.0 * a * w / range + b;
                [1.0 - a_up * (gamma_up * z).exp(), 1.0 - a_down * (-gamma_down * z).exp()]
            }
            Self::PowStep { gamma_up, gamma_down } => {
                [((w_max - w) / range).powf(*gamma_up), ((w - w_min) / range).powf(*gamma_down)]
            }
            Self::PiecewiseStep { up, down } => {
                let at = |nodes: &[f64]| interpolate(nodes, (w - w_min) / range);
                [at(up), at(down)]
            }
        };
        raw.map(|step| step.max(0.0))
    }

    /// Mean and spread of the slopes up and down, where they differ from device to device.
    pub fn spread_slopes(&self) -> Option<[(f64, f64); 2]> {
        match *self {
            Self::LinearStep { gamma_up, gamma_down, gamma_up_dtod, gamma_down_dtod } => {
                Some([(gamma_up, gamma_up_dtod), (gamma_down, gamma_down_dtod)])
            }
            _ => None,
        }
        .filter(|slopes| slopes.iter().any(|&(_, spread)| spread > 0.0))
    }

    /// The law of a device with the largest slopes of all, three deviations above the mean.
    pub fn steepest(&self) -> Self {
        let Some([up, down]) = self.spread_slopes() else { return self.clone() };
        let largest = |(mean, spread): (f64, f64)| mean + 3.0 * spread;
        Self::linear(largest(up), largest(down), 0.0)
    }

    fn linear(gamma_up: f64, gamma_down: f64, dtod: f64) -> Self {
        Self::LinearStep { gamma_up, gamma_down, gamma_up_dtod: dtod, gamma_down_dtod: dtod }
    }
}

/// The value at `position`, 0..=1, between nodes at equal distances.
fn interpolate(nodes: &[f64], position: f64) -> f64 {
    let at = position.clamp(0.0, 1.0) * (nodes.len() - 1) as f64;
    let below = (at as usize).min(nodes.len() - 2);
    nodes[below] + (nodes[below + 1] - nodes[below]) * (at - below as f64)
}

/// Devices by aihwkit's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum DevicePreset {
    /// No imperfection.
    Ideal,
    /// ReRAM, fit of Gong et al., Nat. Commun. 2018, with exponential steps.
    ReRamES,
    /// The same with soft bounds.
    ReRamSB,
    /// Capacitor of Li et al., VLSI 2018; its leakage is left to `lifetime`.
    Capacitor,
    /// Lithium ECRAM of Tang et al., IEDM 2018.
    EcRam,
    /// Metal-oxide ECRAM of Kim et al., IEDM 2019.
    EcRamMO,
    /// 10,000 symmetric steps.
    Idealized,
    /// Gokmen and Vlasov, Front. Neurosci. 2016: 1,200 steps.
    GokmenVlasov,
    /// Measured ReRAM array, optimised material, with its corrupt devices.
    ReRamArrayOM,
    /// Measured HfO2 ReRAM array, with its corrupt devices.
    ReRamArrayHfO2,
}

impl DevicePreset {
    /// Values of aihwkit's preset devices (src/aihwkit/simulator/presets/devices.py; the arrays: their measured spreads).
    /// aihwkit's write noise on a hidden state has no counterpart here.
    pub fn model(self, levels: u32) -> DeviceModel {
        let base = DeviceModel::ideal(levels);
        match self {
            Self::Ideal => base,
            Self::ReRamES => DeviceModel {
                law: StepLaw::ExpStep {
                    a_up: -1.18445,
                    a_down: -0.081404,
                    gamma_up: 5.0,
                    gamma_down: 5.0,
                    a: -0.5,
                    b: -0.5,
                },
                dw_min: 0.00135,
                dw_min_dtod: 0.2,
                dw_min_std: 5.0,
                up_down: 0.259359,
                up_down_dtod: 0.05,
                w_max_dtod: 0.3,
                w_min_dtod: 0.3,
                ..base
            },
            Self::ReRamSB => DeviceModel {
                law: StepLaw::SoftBounds,
                w_max: 1.25,
                w_min: -0.75,
                dw_min: 0.002,
                dw_min_dtod: 0.3,
                dw_min_std: 3.75,
                mult_noise: false,
                up_down_dtod: 0.01,
                w_max_dtod: 0.3 / 1.25,
                w_min_dtod: 0.3 / 0.75,
                ..base
            },
            Self::Capacitor => DeviceModel {
                law: StepLaw::linear(0.05, 0.05, 0.01),
                dw_min: 0.005,
                dw_min_dtod: 0.1,
                dw_min_std: 0.3,
                mult_noise: false,
                up_down_dtod: 0.06,
                w_max_dtod: 0.07,
                w_min_dtod: 0.07,
                ..base
            },
            Self::EcRam => DeviceModel {
                law: StepLaw::linear(0.1153, 0.5085, 0.05),
                w_max: 1.1724,
                w_min: -0.8276,
                dw_min: 0.002,
                dw_min_dtod: 0.1,
                dw_min_std: 0.3,
                up_down_dtod: 0.01,
                w_max_dtod: 0.05,
                w_min_dtod: 0.05,
                ..base
            },
            Self::EcRamMO => DeviceModel {
                law: StepLaw::linear(0.4152, 0.7342, 0.05),
                w_max: 1.1714,
                w_min: -0.8286,
                dw_min: 2.8214e-4,
                dw_min_dtod: 0.1,
                dw_min_std: 2.0,
                up_down_dtod: 0.01,
                w_max_dtod: 0.05,
                w_min_dtod: 0.05,
                ..base
            },
            Self::Idealized => DeviceModel {
                dw_min: 0.0002,
                dw_min_dtod: 0.3,
                dw_min_std: 0.3,
                w_max_dtod: 0.3,
                w_min_dtod: 0.3,
                ..base
            },
            Self::GokmenVlasov => DeviceModel {
                dw_min: 0.0016,
                dw_min_dtod: 0.3,
                dw_min_std: 0.3,
                up_down_dtod: 0.01,
                w_max_dtod: 0.3,
                w_min_dtod: 0.3,
                ..base
            },
            Self::ReRamArrayOM => DeviceModel {
                law: StepLaw::SoftBounds,
                dw_min: 0.0949,
                dw_min_dtod: 0.78,
                dw_min_std: 0.42,
                stuck: 0.1348,
                ..base
            },
            Self::ReRamArrayHfO2 => DeviceModel {
                law: StepLaw::SoftBounds,
                dw_min: 0.4622,
                dw_min_dtod: 0.71,
                dw_min_std: 0.22,
                stuck: 0.0977,
                ..base
            },
        }
    }
}
