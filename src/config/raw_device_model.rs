//! `[device.model]` as it is written, and what its keys decide together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::device_model::{DeviceModel, DevicePreset, LawName};
use super::error::{ConfigError, Problem, ProblemKind, Source};
use super::located::Located;
use super::raw_step_law::{law, spread_slopes};

/// Imperfections of devices and converters; without this table they are ideal. What is left out is taken from `preset`.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "DeviceModel")]
pub(super) struct RawDeviceModel {
    /// Where the other keys' values come from: `Ideal`, or aihwkit's name of a device.
    pub preset: Option<Located<DevicePreset>>,
    /// Which array of many: devices and converters are drawn from this seed.
    #[schemars(range(min = 0, max = 4294967295u32))]
    pub seed: Option<Located<i64>>,
    /// Size of a step against the conductance.
    pub law: Option<Located<LawName>>,
    /// Slope of the linear law, or exponent of the exponential and power laws, upwards.
    #[schemars(range(min = 0, max = 20))]
    pub gamma_up: Option<Located<f64>>,
    /// The same downwards.
    #[schemars(range(min = 0, max = 20))]
    pub gamma_down: Option<Located<f64>>,
    /// Spread of the linear law's `gamma_up` from device to device; not relative to it.
    #[schemars(range(min = 0, max = 1))]
    pub gamma_up_dtod: Option<Located<f64>>,
    /// The same downwards.
    #[schemars(range(min = 0, max = 1))]
    pub gamma_down_dtod: Option<Located<f64>>,
    /// Factor `A_up` of the exponential law.
    #[schemars(range(min = -10, max = 10))]
    pub a_up: Option<Located<f64>>,
    /// Factor `A_down` of the exponential law.
    #[schemars(range(min = -10, max = 10))]
    pub a_down: Option<Located<f64>>,
    /// Factor `a` of the exponential law.
    #[schemars(range(min = -10, max = 10))]
    pub a: Option<Located<f64>>,
    /// Shift `b` of the exponential law.
    #[schemars(range(min = -10, max = 10))]
    pub b: Option<Located<f64>>,
    /// Steps up at equal distances from `w_min` to `w_max`, relative to `dw_min`.
    pub piecewise_up: Option<Located<Vec<f64>>>,
    /// Steps down at equal distances from `w_min` to `w_max`, relative to `dw_min`.
    pub piecewise_down: Option<Located<Vec<f64>>>,
    /// Lower end of the window on the scale of `dw_min`.
    #[schemars(range(min = -100, max = -0.01))]
    pub w_min: Option<Located<f64>>,
    /// Upper end of the window on the scale of `dw_min`.
    #[schemars(range(min = 0.01, max = 100))]
    pub w_max: Option<Located<f64>>,
    /// Mean step of a pulse where the law is 1; one level unless given.
    #[schemars(range(min = 1e-5, max = 200))]
    pub dw_min: Option<Located<f64>>,
    /// Spread of the step from device to device, relative.
    #[schemars(range(min = 0, max = 2))]
    pub dw_min_dtod: Option<Located<f64>>,
    /// Noise of the step from pulse to pulse, relative.
    #[schemars(range(min = 0, max = 5))]
    pub dw_min_std: Option<Located<f64>>,
    /// The noise from pulse to pulse scales with the step, and not with `dw_min`.
    pub mult_noise: Option<Located<bool>>,
    /// Asymmetry: above 0, steps down are smaller by this part; below 0, steps up are.
    #[schemars(range(min = -0.95, max = 0.95))]
    pub up_down: Option<Located<f64>>,
    /// Spread of the asymmetry from device to device.
    #[schemars(range(min = 0, max = 1))]
    pub up_down_dtod: Option<Located<f64>>,
    /// Spread of the upper bound from device to device, relative to `w_max`.
    #[schemars(range(min = 0, max = 1))]
    pub w_max_dtod: Option<Located<f64>>,
    /// Spread of the lower bound from device to device, relative to `w_min`.
    #[schemars(range(min = 0, max = 1))]
    pub w_min_dtod: Option<Located<f64>>,
    /// Probability that a device is stuck in the low-resistance state.
    #[schemars(range(min = 0, max = 1))]
    pub stuck_at_lrs: Option<Located<f64>>,
    /// Probability that a device is stuck in the high-resistance state.
    #[schemars(range(min = 0, max = 1))]
    pub stuck_at_hrs: Option<Located<f64>>,
    /// Probability that a device is stuck anywhere in the window.
    #[schemars(range(min = 0, max = 1))]
    pub stuck: Option<Located<f64>>,
    /// Standard deviation of a device's conductance from read to read, part of the window.
    #[schemars(range(min = 0, max = 0.25))]
    pub read_noise: Option<Located<f64>>,
    /// Standard deviation of the ADCs' offsets, in codes.
    #[schemars(range(min = 0, max = 64))]
    pub adc_offset: Option<Located<f64>>,
    /// Standard deviation of the ADCs' gain errors.
    #[schemars(range(min = 0, max = 0.25))]
    pub adc_gain: Option<Located<f64>>,
    /// Standard deviation of the bow of the ADCs' transfer curves, in codes.
    #[schemars(range(min = 0, max = 16))]
    pub adc_nonlinearity: Option<Located<f64>>,
    /// Resistance of a line from one cell to the next, in ohm.
    #[schemars(range(min = 0, max = 1000))]
    pub wire_ohm: Option<Located<f64>>,
    /// Part of a step that a pulse moves a device of which only the word line or only the bit line is selected.
    #[schemars(range(min = 0, max = 0.1))]
    pub half_select: Option<Located<f64>>,
    /// Units of time after which `1 / e` of a device's distance to `drift_to` is left: 0 for no decay, or from 1.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub lifetime: Option<Located<f64>>,
    /// Spread of the rate of decay from device to device, relative.
    #[schemars(range(min = 0, max = 1))]
    pub lifetime_dtod: Option<Located<f64>>,
    /// Where devices decay to, from `w_min` to `w_max`.
    #[schemars(range(min = -100, max = 100))]
    pub drift_to: Option<Located<f64>>,
    /// Standard deviation of the random walk in a unit of time, on the scale of `dw_min`.
    #[schemars(range(min = 0, max = 10))]
    pub diffusion: Option<Located<f64>>,
    /// Spread of the random walk from device to device, relative.
    #[schemars(range(min = 0, max = 1))]
    pub diffusion_dtod: Option<Located<f64>>,
    /// Mean amplitude that forms a device, part of the strongest forming pulse's; 0 for devices that come formed.
    #[schemars(range(min = 0, max = 1))]
    pub forming: Option<Located<f64>>,
    /// Spread of that amplitude from device to device, relative.
    #[schemars(range(min = 0, max = 1))]
    pub forming_dtod: Option<Located<f64>>,
}

/// Longest line of a tile with real devices: its sums stay within 32 bits.
pub(crate) const MAX_LINE: usize = 256;

/// A wire from cell to cell may have this part of the least resistance of a device: the integers of the correction hold
/// up to there.
const MOST_OF_A_DEVICE: f64 = 0.02;
/// Least ratio of the resistances with wires or forming, where `G_min` counts: it then has at most 15 bits of a code.
const LEAST_RATIO: f64 = 1.6;

/// What of the rest of the description the model depends on.
#[derive(Clone, Copy)]
pub(super) struct Tile {
    pub rows: usize,
    pub columns: usize,
    pub r_on_ohm: f64,
    pub r_off_ohm: f64,
}

pub(super) fn device_model(
    source: Source,
    raw: Option<&Located<RawDeviceModel>>,
    levels: u32,
    tile: Tile,
) -> Result<Option<DeviceModel>, ConfigError> {
    let Some(located) = raw else { return Ok(None) };
    let raw = &located.value;
    let preset = raw.preset.as_ref().map_or(DevicePreset::Ideal, |p| p.value);
    let mut model = preset.model(levels);
    model.law = law(source, raw, &model.law)?;
    let numbers = [
        (&mut model.w_min, &raw.w_min),
        (&mut model.w_max, &raw.w_max),
        (&mut model.dw_min_dtod, &raw.dw_min_dtod),
        (&mut model.dw_min_std, &raw.dw_min_std),
        (&mut model.up_down, &raw.up_down),
        (&mut model.up_down_dtod, &raw.up_down_dtod),
        (&mut model.w_max_dtod, &raw.w_max_dtod),
        (&mut model.w_min_dtod, &raw.w_min_dtod),
        (&mut model.stuck_at_lrs, &raw.stuck_at_lrs),
        (&mut model.stuck_at_hrs, &raw.stuck_at_hrs),
        (&mut model.stuck, &raw.stuck),
        (&mut model.read_noise, &raw.read_noise),
        (&mut model.adc_offset, &raw.adc_offset),
        (&mut model.adc_gain, &raw.adc_gain),
        (&mut model.adc_nonlinearity, &raw.adc_nonlinearity),
        (&mut model.wire_ohm, &raw.wire_ohm),
        (&mut model.half_select, &raw.half_select),
        (&mut model.lifetime, &raw.lifetime),
        (&mut model.lifetime_dtod, &raw.lifetime_dtod),
        (&mut model.drift_to, &raw.drift_to),
        (&mut model.diffusion, &raw.diffusion),
        (&mut model.diffusion_dtod, &raw.diffusion_dtod),
        (&mut model.forming, &raw.forming),
        (&mut model.forming_dtod, &raw.forming_dtod),
    ];
    for (to, given) in numbers {
        if let Some(given) = given {
            *to = given.value;
        }
    }
    if let Some(given) = &raw.seed {
        model.seed = given.value as u32;
    }
    if let Some(given) = &raw.mult_noise {
        model.mult_noise = given.value;
    }
    match &raw.dw_min {
        Some(given) => model.dw_min = given.value,
        // One level of the window that was given.
        None if preset == DevicePreset::Ideal => model.dw_min = model.range() / f64::from(levels - 1),
        None => {}
    }
    together(source, located, &model, levels, tile)?;
    Ok(Some(model))
}

/// What several keys decide.
fn together(
    source: Source,
    located: &Located<RawDeviceModel>,
    model: &DeviceModel,
    levels: u32,
    tile: Tile,
) -> Result<(), ConfigError> {
    let raw = &located.value;
    let table = located.span.clone().unwrap_or(0..0);
    let on = |key: &str, given: Option<std::ops::Range<usize>>| -> Problem {
        source.problem(ProblemKind::Inconsistent, key, given.unwrap_or(table.clone()))
    };
    let step = model.range() / f64::from(levels - 1);
    if model.dw_min > step * 1.000_001 {
        let most = (model.range() / model.dw_min) as u32 + 1;
        return Err(on("device.model.dw_min", raw.dw_min.as_ref().and_then(|d| d.span.clone()))
            .message(format!("`device.model.dw_min` is {}: {levels} levels need finer steps", model.dw_min))
            .value(model.dw_min.to_string())
            .allowed(format!("at most {step}, a level of the window {}..{}", model.w_min, model.w_max))
            .help(format!("lower the step, or set `device.levels` to {most} or less"))
            .into());
    }
    let stuck = model.stuck_at_lrs + model.stuck_at_hrs + model.stuck;
    if stuck > 1.0 {
        return Err(on("device.model.stuck", raw.stuck.as_ref().and_then(|d| d.span.clone()))
            .message(format!("`stuck_at_lrs`, `stuck_at_hrs` and `stuck` add up to {stuck}"))
            .allowed("probabilities with a sum of at most 1")
            .help("lower one of the three")
            .into());
    }
    if model.lifetime > 0.0 && model.lifetime < 1.0 {
        return Err(on("device.model.lifetime", raw.lifetime.as_ref().and_then(|d| d.span.clone()))
            .message(format!("`device.model.lifetime` is {}: more than everything is lost in a unit", model.lifetime))
            .value(model.lifetime.to_string())
            .allowed("0 for no decay, or 1 to 1000000 units of time")
            .help("take a shorter unit of time, or leave out `lifetime`")
            .into());
    }
    if !(model.w_min..=model.w_max).contains(&model.drift_to) {
        return Err(on("device.model.drift_to", raw.drift_to.as_ref().and_then(|d| d.span.clone()))
            .message(format!("`device.model.drift_to` is {}: no device gets there", model.drift_to))
            .value(model.drift_to.to_string())
            .allowed(format!("{} to {}, the window from `w_min` to `w_max`", model.w_min, model.w_max))
            .help("`w_max` is the low-resistance state, `w_min` the high-resistance state, 0 between them")
            .into());
    }
    spread_slopes(raw, &model.law, on)?;
    let most_ohm = MOST_OF_A_DEVICE * tile.r_on_ohm;
    if model.wire_ohm > most_ohm {
        return Err(on("device.model.wire_ohm", raw.wire_ohm.as_ref().and_then(|d| d.span.clone()))
            .message(format!("`device.model.wire_ohm` is {} ohm for devices of {} ohm", model.wire_ohm, tile.r_on_ohm))
            .value(model.wire_ohm.to_string())
            .allowed(format!("at most {most_ohm} ohm, a fiftieth of `device.r_on_ohm`"))
            .help("lower the wires' resistance, or raise that of the devices")
            .into());
    }
    if model.wire_ohm > 0.0 && tile.r_off_ohm < LEAST_RATIO * tile.r_on_ohm {
        return Err(on("device.model.wire_ohm", raw.wire_ohm.as_ref().and_then(|d| d.span.clone()))
            .message(format!("wires with resistance between devices of {} and {} ohm", tile.r_on_ohm, tile.r_off_ohm))
            .allowed(format!("`device.r_off_ohm` of at least {LEAST_RATIO} times `device.r_on_ohm`"))
            .help("raise `device.r_off_ohm`, or leave out `wire_ohm`")
            .into());
    }
    if model.forms() && tile.r_off_ohm < LEAST_RATIO * tile.r_on_ohm {
        return Err(on("device.model.forming", raw.forming.as_ref().and_then(|d| d.span.clone()))
            .message(format!("devices to form between {} and {} ohm", tile.r_on_ohm, tile.r_off_ohm))
            .value(model.forming.to_string())
            .allowed(format!("`device.r_off_ohm` of at least {LEAST_RATIO} times `device.r_on_ohm`, or 0"))
            .help("raise `device.r_off_ohm`, or leave out `forming`")
            .into());
    }
    let lines = (tile.rows, tile.columns);
    if lines.0.max(lines.1) > MAX_LINE {
        return Err(on("device.model", None)
            .message(format!("real devices on tiles of {} x {}", lines.0, lines.1))
            .allowed(format!("`crossbar.rows` and `crossbar.columns` of at most {MAX_LINE}"))
            .help("give the tiles fewer rows or columns, or remove [device.model]")
            .into());
    }
    for (way, direction) in ["up", "down"].into_iter().enumerate() {
        let inner = (1..32).map(|k| model.w_min + model.range() * f64::from(k) / 32.0);
        if inner.map(|w| model.law.at(w, model.w_min, model.w_max)[way]).all(|step| step <= 0.0) {
            return Err(on("device.model.law", raw.law.as_ref().and_then(|l| l.span.clone()))
                .message(format!("by `device.model.law` no device ever steps {direction}"))
                .allowed("a law with steps above 0 between the bounds")
                .help("check the law's parameters")
                .into());
        }
    }
    Ok(())
}
