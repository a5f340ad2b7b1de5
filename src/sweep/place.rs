//! Trained levels on the devices of another description.

use crate::config::{Design, PairScheme, Role};
use crate::device::{CellCode, VIRGIN};
use crate::golden::{LayerState, TrainState};
use crate::schedule::Schedule;
use ndarray::{Array2, Zip};
use thiserror::Error;

/// Largest gain exponent and shift.
const MOST: i32 = 15;
/// Ends of a bias in ADC code units.
const BIAS: f64 = 32_767.0;

/// The networks of two descriptions differ in more than their devices.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum PlaceError {
    #[error("{network} is trained with {trained} layers and has {placed} at this point")]
    Layers { network: &'static str, trained: usize, placed: usize },
    #[error("layer {layer} is trained as {trained} and is {placed} at this point")]
    Layer { layer: String, trained: String, placed: String },
}

/// Checks that weights of `from` have their place in `to`: the same layers of the same sizes.
///
/// # Errors
/// The first layer that differs.
pub(super) fn check_places(from: &Design, to: &Design) -> Result<(), PlaceError> {
    for role in [Role::Generator, Role::Discriminator, Role::Classifier] {
        let layers = |design: &Design| design.network(role).map_or(vec![], |network| network.layers.clone());
        let (trained, placed) = (layers(from), layers(to));
        if trained.len() != placed.len() {
            let (trained, placed) = (trained.len(), placed.len());
            return Err(PlaceError::Layers { network: role.name(), trained, placed });
        }
        for (a, b) in trained.iter().zip(&placed) {
            if (a.op, a.input, a.output) != (b.op, b.input, b.output) {
                let text = |l: &crate::config::Layer| format!("{:?} from {} to {}", l.op, l.input, l.output);
                return Err(PlaceError::Layer { layer: a.name.clone(), trained: text(a), placed: text(b) });
            }
        }
    }
    Ok(())
}

/// The state with its levels on the devices of `to`, and registers that make the same network of them.
///
/// Weights are multiplied by a power of two, so that they keep their share of the range. Where numbers of levels are not a
/// power of two apart it is one of the two next ones: for each layer the one that loses least in rounding and at the ends
/// of the range. Gains, shifts and biases undo this factor and follow the ADC's bits exactly, as far as registers reach
/// (exponents 0..=15, biases of 16 bits). Where levels and pairs are the same, devices stay as they are.
///
/// Real devices are told the same conductances in codes of their own; the golden model of `to` makes of that what its
/// devices can hold, and reads them with its noise and its converters. The networks must be the same up to their devices.
///
/// # Panics
/// If the layers have other sizes.
pub fn place(state: &TrainState, from: &Schedule, to: &Schedule) -> TrainState {
    let layers = state.layers.iter().map(|layer| place_layer(layer, &from.design, &to.design)).collect();
    TrainState { layers, ..state.clone() }
}

fn place_layer(layer: &LayerState, from: &Design, to: &Design) -> LayerState {
    let (plus, minus, factor) = devices(layer, from, to);
    let bits = to.converter.adc_bits as i32 - from.converter.adc_bits as i32;
    let forward = exponents(layer.gain, layer.shift, factor, bits);
    let back = exponents(layer.back_gain, layer.back_shift, factor, bits);
    // A bias counts in 2^gain of a sum, and sums are 2^factor times as large.
    let unit = f64::from(layer.gain as i32 + factor - forward.0 as i32).exp2();
    let bias = |&b: &i32| (f64::from(b) * unit).round().clamp(-BIAS, BIAS) as i32;
    let keeps = to.training.as_ref().is_some_and(|t| t.keep_remainder);
    let remainder = || layer.remainder.clone().unwrap_or_else(|| Array2::zeros(plus.dim()));
    LayerState {
        bias: layer.bias.iter().map(bias).collect(),
        gain: forward.0,
        shift: forward.1,
        back_gain: back.0,
        back_shift: back.1,
        rate: layer.rate,
        target: layer.target,
        fineness: layer.fineness,
        remainder: keeps.then(remainder),
        plus,
        minus,
    }
}

/// Gain and shift for sums that are `2^factor` times as large and codes of `bits` more bits.
fn exponents(gain: u32, shift: u32, factor: i32, bits: i32) -> (u32, u32) {
    let total = (gain as i32 + shift as i32 + factor).clamp(0, 2 * MOST);
    let gain = (gain as i32 + factor - bits).clamp((total - MOST).max(0), total.min(MOST));
    (gain as u32, (total - gain) as u32)
}

/// Codes of both devices of each weight, and the power of two that weights were multiplied by.
fn devices(layer: &LayerState, from: &Design, to: &Design) -> (Array2<u16>, Array2<u16>, i32) {
    let (old, new) = (CellCode::new(from), CellCode::new(to));
    let layer = &formed(layer);
    if (from.crossbar.pair, from.device.levels) == (to.crossbar.pair, to.device.levels) {
        let finer = f64::from(new.fraction() as i32 - old.fraction() as i32).exp2();
        let code = |&c: &u16| (f64::from(c) * finer).round().min(f64::from(new.ceiling())) as u16;
        return (layer.plus.map(code), layer.minus.map(code), 0);
    }
    let ratio = (weights_of(to) / weights_of(from)).log2();
    let candidates = (ratio.floor() as i32..=ratio.ceil() as i32).rev();
    let placed = candidates.map(|factor| {
        let (plus, minus) = scaled(layer, from, to, factor);
        let unit = f64::from(factor + new.fraction() as i32 - old.fraction() as i32).exp2();
        let lost = Zip::indexed(&plus).and(&minus).fold(0.0, |sum, (i, j), &p, &m| {
            sum + ((f64::from(p) - f64::from(m)) / unit - f64::from(layer.weight(i, j))).powi(2)
        });
        (lost, plus, minus, factor)
    });
    let best = placed.reduce(|best, other| if other.0 < best.0 { other } else { best });
    best.map(|(_, plus, minus, factor)| (plus, minus, factor)).expect("there are candidates")
}

/// The layer with devices at `G_min` instead of virgin ones.
fn formed(layer: &LayerState) -> LayerState {
    let code = |&code: &u16| if code == VIRGIN { 0 } else { code };
    LayerState { plus: layer.plus.map(code), minus: layer.minus.map(code), ..layer.clone() }
}

/// How many weights there are between both ends, up to one.
fn weights_of(design: &Design) -> f64 {
    let levels = f64::from(design.device.levels);
    match design.crossbar.pair {
        PairScheme::Differential => 2.0 * levels,
        PairScheme::Reference => levels,
    }
}

/// Codes of weights times `2^factor`, within the window of a device as it is on average.
fn scaled(layer: &LayerState, from: &Design, to: &Design, factor: i32) -> (Array2<u16>, Array2<u16>) {
    let (old, new) = (CellCode::new(from), CellCode::new(to));
    let scale = f64::from(factor + new.fraction() as i32 - old.fraction() as i32).exp2();
    let top = |design: &Design, code: CellCode| f64::from((design.device.levels - 1) << code.fraction());
    let (old_top, top) = (top(from, old), top(to, new));
    if (from.crossbar.pair, to.crossbar.pair) == (PairScheme::Differential, PairScheme::Differential) {
        // Each device keeps its place relative to the middle of the window.
        let code = |&c: &u16| (top / 2.0 + (f64::from(c) - old_top / 2.0) * scale).round().clamp(0.0, top) as u16;
        return (layer.plus.map(code), layer.minus.map(code));
    }
    let most = f64::from(new.weight_max() << new.fraction());
    let weights = layer.weights().mapv(|w| (f64::from(w) * scale).round().clamp(-most, most) as i32);
    match to.crossbar.pair {
        PairScheme::Reference => {
            let reference = new.reference_code();
            (weights.mapv(|w| (i32::from(reference) + w) as u16), weights.mapv(|_| reference))
        }
        PairScheme::Differential => {
            // Around the middle, as `CellCode::encode_centred`, which rounds up where codes are whole levels.
            let sum = top as i32 + i32::from(new.fraction() == 0);
            let plus = weights.mapv(|w| (sum + w) / 2);
            let minus = &plus - &weights;
            (plus.mapv(|c| c as u16), minus.mapv(|c| c as u16))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Design, DeviceModel};
    use crate::golden::Trainer;
    use crate::prepare::initial_state;
    use crate::weights::Weights;

    fn schedule(change: impl FnOnce(&mut Design)) -> Schedule {
        let mut design = Design::load("tiny").expect("a preset");
        change(&mut design);
        Schedule::new(&design)
    }

    fn state(schedule: &Schedule) -> TrainState {
        let mut state = initial_state(schedule, &Weights::seeded(&schedule.design, 3), 5).expect("a state");
        for (index, bias) in state.layers.iter_mut().flat_map(|l| &mut l.bias).enumerate() {
            *bias = index as i32 % 7 - 3;
        }
        state
    }

    fn images(schedule: &Schedule, state: TrainState) -> Vec<Vec<Vec<i8>>> {
        vec![Trainer::new(schedule, state).expect("a state of this design").generate(&[1, 2, 3, 4])]
    }

    #[test]
    fn the_same_devices_are_left_as_they_are() {
        let from = schedule(|_| ());
        let state = state(&from);
        assert_eq!(place(&state, &from, &from), state);
    }

    /// Finer devices hold every level times a power of two, and sums are shifted back: the images cannot differ.
    #[test]
    fn finer_devices_make_the_same_images() {
        let from = schedule(|_| ());
        let state = state(&from);
        for levels in [128, 256] {
            let to = schedule(|design| design.device.levels = levels);
            let placed = place(&state, &from, &to);
            let factor = levels as i16 / 64;
            for (a, b) in state.layers.iter().zip(&placed.layers) {
                assert_eq!(a.weights() * factor, b.weights());
            }
            assert_eq!(images(&from, state.clone()), images(&to, placed), "{levels}");
        }
    }

    #[test]
    fn coarser_devices_take_the_nearest_level() {
        let from = schedule(|_| ());
        let state = state(&from);
        let to = schedule(|design| design.device.levels = 16);
        for (a, b) in state.layers.iter().zip(&place(&state, &from, &to).layers) {
            let factor = b.gain as i32 + b.shift as i32 - a.gain as i32 - a.shift as i32;
            assert_eq!(factor, -2);
            let scale = f64::from(factor).exp2();
            for (&w, &v) in a.weights().iter().zip(b.weights().iter()) {
                let exact = (f64::from(w) * scale).clamp(-15.0, 15.0);
                // Half a level for each device of the pair.
                assert!((exact - f64::from(v)).abs() <= 1.0, "{w} {v}");
            }
            assert!(b.plus.iter().chain(&b.minus).all(|&level| level < 16));
        }
    }

    /// Real devices without any imperfection are ideal ones with finer codes.
    #[test]
    fn real_devices_take_the_same_conductances() {
        let from = schedule(|_| ());
        let state = state(&from);
        for levels in [64, 256] {
            let model = DeviceModel::ideal(levels);
            let to = schedule(|d| (d.device.levels, d.device.model) = (levels, Some(model.clone())));
            let placed = place(&state, &from, &to);
            assert_eq!(images(&from, state.clone()), images(&to, placed.clone()), "{levels}");
            // And back, where nothing was lost.
            if levels == 64 {
                assert_eq!(place(&placed, &to, &from), state);
            }
            let worse = schedule(|d| {
                (d.device.levels, d.device.model) = (levels, Some(DeviceModel { stuck: 0.1, ..model }));
            });
            assert_ne!(images(&from, state.clone()), images(&worse, place(&state, &from, &worse)), "{levels}");
        }
    }

    /// From a reference to pairs and back, in whole levels and in fine codes.
    #[test]
    fn a_reference_becomes_pairs() {
        for model in [None, Some(DeviceModel::ideal(64))] {
            let from = schedule(|design| (design.crossbar.pair, design.device.levels) = (PairScheme::Reference, 128));
            let state = state(&from);
            let to = schedule(|design| design.device.model = model.clone());
            let placed = place(&state, &from, &to);
            assert_eq!(images(&from, state), images(&to, placed), "{model:?}");
        }
    }

    #[test]
    fn pairs_become_devices_with_a_reference() {
        let from = schedule(|_| ());
        let state = state(&from);
        let to = schedule(|design| (design.crossbar.pair, design.device.levels) = (PairScheme::Reference, 256));
        let placed = place(&state, &from, &to);
        assert!(placed.layers.iter().all(|l| l.minus.iter().all(|&level| level == 128)));
        assert_eq!(images(&from, state), images(&to, placed));
    }

    /// A code of more bits has finer steps; only roundings differ.
    #[test]
    fn codes_of_other_bits_keep_the_scale() {
        let from = schedule(|_| ());
        let state = state(&from);
        let to = schedule(|design| design.converter.adc_bits = 10);
        let placed = place(&state, &from, &to);
        for (a, b) in state.layers.iter().zip(&placed.layers) {
            assert_eq!(a.gain + a.shift, b.gain + b.shift);
            let finer = a.gain - b.gain;
            let expected: Vec<i32> = a.bias.iter().map(|&bias| bias << finer).collect();
            assert!(finer <= 2 && b.bias == expected, "{finer}");
        }
        let (coarse, fine) = (images(&from, state), images(&to, placed));
        let pairs = || coarse.iter().flatten().flatten().zip(fine.iter().flatten().flatten());
        let mean = pairs().map(|(&a, &b)| f64::from(a.abs_diff(b))).sum::<f64>() / pairs().count() as f64;
        assert!(mean < 4.0, "{mean}");
    }

    #[test]
    fn other_networks_have_no_place() {
        let tiny = Design::load("tiny").expect("a preset");
        let mut other = tiny.clone();
        other.networks[0].layers[1].output.channels = 3;
        let error = check_places(&tiny, &other).expect_err("another layer");
        assert!(error.to_string().contains("generator_1"), "{error}");
        other.networks[0].layers.pop();
        assert!(matches!(check_places(&tiny, &other), Err(PlaceError::Layers { trained: 2, placed: 1, .. })));
    }
}
