//! The step law of `[device.model]` from its keys.

use super::device_model::{LawName, StepLaw};
use super::error::{ConfigError, Problem, ProblemKind, Source};
use super::located::Located;
use super::raw_device_model::RawDeviceModel;

/// Nodes of a piecewise law.
const NODES: std::ops::RangeInclusive<usize> = 2..=1024;

/// Largest slope of linear laws that differ from device to device: a device's own slope then has 15 bits.
const MOST_SLOPE: f64 = 4.0;

/// The law from its name and parameters; a parameter of another law is an error.
pub(super) fn law(source: Source, raw: &RawDeviceModel, preset: &StepLaw) -> Result<StepLaw, ConfigError> {
    let name = raw.law.as_ref().map_or(name_of(preset), |l| l.value);
    // Parameters, with the laws that have them.
    let (linear, exponential) = ([LawName::LinearStep].as_slice(), [LawName::ExpStep].as_slice());
    let gammas = [LawName::LinearStep, LawName::ExpStep, LawName::PowStep].as_slice();
    let numbers = [
        ("gamma_up", &raw.gamma_up, gammas),
        ("gamma_down", &raw.gamma_down, gammas),
        ("gamma_up_dtod", &raw.gamma_up_dtod, linear),
        ("gamma_down_dtod", &raw.gamma_down_dtod, linear),
        ("a_up", &raw.a_up, exponential),
        ("a_down", &raw.a_down, exponential),
        ("a", &raw.a, exponential),
        ("b", &raw.b, exponential),
    ];
    let lists = [("piecewise_up", &raw.piecewise_up), ("piecewise_down", &raw.piecewise_down)];
    let piecewise = [LawName::PiecewiseStep].as_slice();
    let number = |(key, given, laws): &(_, &Option<Located<f64>>, _)| {
        given.as_ref().map(|g| (*key, g.value.to_string(), g.span.clone(), *laws))
    };
    let list = |(key, given): &(_, &Option<Located<Vec<f64>>>)| {
        given.as_ref().map(|g| (*key, format!("{:?}", g.value), g.span.clone(), piecewise))
    };
    let mut given = numbers.iter().filter_map(number).chain(lists.iter().filter_map(list));
    if let Some((key, value, span, laws)) = given.find(|(_, _, _, laws)| !laws.contains(&name)) {
        let key = format!("device.model.{key}");
        let laws: Vec<String> = laws.iter().map(|&law| format!("`{}`", written(law))).collect();
        return Err(source
            .problem(ProblemKind::Inconsistent, &key, span.unwrap_or(0..0))
            .message(format!("`{key}` is no parameter of the law `{}`", written(name)))
            .value(value)
            .allowed("absent")
            .help(format!("remove the key, or choose a `device.model.law` that has it: {}", laws.join(", ")))
            .into());
    }
    // Without a value the preset's, where it has the law, else a mild default.
    let or = |given: &Option<Located<f64>>, default: f64| given.as_ref().map_or(default, |g| g.value);
    Ok(match name {
        LawName::ConstantStep => StepLaw::ConstantStep,
        LawName::SoftBounds => StepLaw::SoftBounds,
        LawName::LinearStep => {
            let d = match *preset {
                StepLaw::LinearStep { gamma_up, gamma_down, gamma_up_dtod, gamma_down_dtod } => {
                    [gamma_up, gamma_down, gamma_up_dtod, gamma_down_dtod]
                }
                _ => [0.0; 4],
            };
            StepLaw::LinearStep {
                gamma_up: or(&raw.gamma_up, d[0]),
                gamma_down: or(&raw.gamma_down, d[1]),
                gamma_up_dtod: or(&raw.gamma_up_dtod, d[2]),
                gamma_down_dtod: or(&raw.gamma_down_dtod, d[3]),
            }
        }
        LawName::PowStep => StepLaw::PowStep { gamma_up: or(&raw.gamma_up, 1.0), gamma_down: or(&raw.gamma_down, 1.0) },
        LawName::ExpStep => {
            // aihwkit's defaults.
            let d = match *preset {
                StepLaw::ExpStep { a_up, a_down, gamma_up, gamma_down, a, b } => {
                    [a_up, a_down, gamma_up, gamma_down, a, b]
                }
                _ => [0.00081, 0.36833, 12.44625, 12.78785, 0.244, 0.2425],
            };
            StepLaw::ExpStep {
                a_up: or(&raw.a_up, d[0]),
                a_down: or(&raw.a_down, d[1]),
                gamma_up: or(&raw.gamma_up, d[2]),
                gamma_down: or(&raw.gamma_down, d[3]),
                a: or(&raw.a, d[4]),
                b: or(&raw.b, d[5]),
            }
        }
        LawName::PiecewiseStep => {
            let [up, down] = lists.map(|(key, given)| nodes(source, key, given.as_ref()));
            StepLaw::PiecewiseStep { up: up?, down: down? }
        }
    })
}

/// Slopes that differ from device to device are limited, and those of all devices with them.
pub(super) fn spread_slopes(
    raw: &RawDeviceModel,
    law: &StepLaw,
    on: impl Fn(&str, Option<std::ops::Range<usize>>) -> Problem,
) -> Result<(), ConfigError> {
    let keys = [("gamma_up", &raw.gamma_up, &raw.gamma_up_dtod), ("gamma_down", &raw.gamma_down, &raw.gamma_down_dtod)];
    for ((key, mean_given, dtod_given), (mean, dtod)) in keys.into_iter().zip(law.spread_slopes().into_iter().flatten())
    {
        let largest = mean + 3.0 * dtod;
        if largest <= MOST_SLOPE {
            continue;
        }
        let (of, value, given) = match dtod > 0.0 {
            true => (format!("device.model.{key}_dtod"), dtod, dtod_given),
            false => (format!("device.model.{key}"), mean, mean_given),
        };
        return Err(on(&of, given.as_ref().and_then(|g| g.span.clone()))
            .message(format!(
                "`{of}` is {value}: `linear_step` with slopes up to {largest} that differ from device to device"
            ))
            .value(value.to_string())
            .allowed(format!("`{key}` plus three times `{key}_dtod` of at most {MOST_SLOPE}"))
            .help(format!("lower `{key}` or its spread; a device does not step at its bound from a slope of 1 on"))
            .into());
    }
    Ok(())
}

/// The law's name as a description has it.
fn written(name: LawName) -> String {
    serde_json::to_value(name).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn name_of(law: &StepLaw) -> LawName {
    match law {
        StepLaw::ConstantStep => LawName::ConstantStep,
        StepLaw::LinearStep { .. } => LawName::LinearStep,
        StepLaw::SoftBounds => LawName::SoftBounds,
        StepLaw::ExpStep { .. } => LawName::ExpStep,
        StepLaw::PowStep { .. } => LawName::PowStep,
        StepLaw::PiecewiseStep { .. } => LawName::PiecewiseStep,
    }
}

/// The nodes of a piecewise law: 2 to 1024 numbers from 0 to 100.
fn nodes(source: Source, key: &str, given: Option<&Located<Vec<f64>>>) -> Result<Vec<f64>, ConfigError> {
    let key = format!("device.model.{key}");
    let allowed = "2 to 1024 numbers from 0 to 100";
    let Some(given) = given else {
        return Err(source
            .problem(ProblemKind::MissingKey, &key, 0..0)
            .message(format!("missing key `{key}`"))
            .allowed(allowed)
            .help("the piecewise law needs the steps at its nodes, relative to `dw_min`")
            .into());
    };
    if NODES.contains(&given.value.len()) && given.value.iter().all(|v| (0.0..=100.0).contains(v)) {
        return Ok(given.value.clone());
    }
    Err(source
        .problem(ProblemKind::OutOfRange, &key, given.span.clone().unwrap_or(0..0))
        .message(format!("`{key}` has {} nodes, or one that is no step", given.value.len()))
        .allowed(allowed)
        .help("a negative step would move a device the wrong way")
        .into())
}
