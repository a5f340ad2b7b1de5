//! From a design and its weights to a schedule and a mapping, with the default calibration.

use crate::config::{Design, Role};
use crate::data::{DataSet, synthetic};
use crate::device::{Content, Mapping};
use crate::golden::{Calibration, FloatNetwork, Machine, MappingError, TrainSettings, TrainState, map_weights};
use crate::numeric::{pixel_to_code, splitmix32};
use crate::schedule::Schedule;
use crate::weights::Weights;
use serde::Serialize;

/// Inputs that set ADC gains and requantisation shifts.
const CALIBRATION_INPUTS: usize = 8;
const CALIBRATION_SEED: u32 = 0x6d65_6d67;

/// Images of a data set as activation codes, in row, column, channel order.
pub fn codes(data: &DataSet, design: &Design) -> Vec<Vec<i8>> {
    let convert = |i| data.image(i).iter().map(|&p| pixel_to_code(p, design.pixel_range)).collect();
    (0..data.len()).map(convert).collect()
}

/// Seed of pass number `index` for a run that was given `seed`.
pub fn pass_seed(seed: u32, index: usize) -> u32 {
    splitmix32(seed.wrapping_add((index as u32).wrapping_mul(0x9e37_79b9)))
}

/// Maps weights to devices; gains and shifts are set with latents and synthetic digits, which depend on the design
/// alone.
///
/// # Errors
/// If the weights do not have the design's shapes.
pub fn map(schedule: &Schedule, weights: &Weights) -> Result<Mapping, MappingError> {
    let design = &schedule.design;
    let digits = synthetic::digits(design.image, CALIBRATION_INPUTS, u64::from(CALIBRATION_SEED));
    let calibration = Calibration {
        images: codes(&digits, design),
        latent_seeds: (0..CALIBRATION_INPUTS).map(|i| pass_seed(CALIBRATION_SEED, i)).collect(),
    };
    map_weights(schedule, layer_weights(weights), &calibration)
}

/// The state that a training of seeded weights starts from.
///
/// # Errors
/// If the weights do not have the design's shapes.
pub fn initial_state(schedule: &Schedule, weights: &Weights, seed: u32) -> Result<TrainState, MappingError> {
    Ok(start_of(schedule, &map(schedule, weights)?, seed))
}

fn start_of(schedule: &Schedule, mapping: &Mapping, seed: u32) -> TrainState {
    TrainState::initial(schedule, mapping, &TrainSettings::of(&schedule.design), seed)
}

/// What a chip is programmed with before anything was learned: in a design that trains the start of its training, else
/// seeded weights for inference.
///
/// # Errors
/// If weights cannot be mapped.
pub fn initial_content(schedule: &Schedule, seed: u32) -> Result<Content, MappingError> {
    let weights = Weights::seeded(&schedule.design, u64::from(seed));
    match schedule.design.training {
        Some(_) => Ok(initial_state(schedule, &weights, seed)?.content(schedule)),
        None => Ok(map(schedule, &weights)?.content(schedule)),
    }
}

/// What a chip is programmed with when it is to use mapped weights; a training begins there.
pub fn content(schedule: &Schedule, mapping: &Mapping, seed: u32) -> Content {
    let mut content = mapping.content(schedule);
    if schedule.design.training.is_some() {
        let start = start_of(schedule, mapping, seed);
        for (layer, state) in content.layers.iter_mut().zip(&start.layers) {
            layer.training = Some(state.registers(state.target));
        }
        content.train_seed = Some(start.seed);
    }
    content
}

/// Matrix and biases of every layer over all networks.
pub fn layer_weights(weights: &Weights) -> impl Iterator<Item = (&ndarray::Array2<f32>, &[f32])> {
    let layers = weights.networks.iter().flat_map(|n| &n.layers);
    layers.map(|l| (&l.matrix, l.bias.as_slice().expect("biases are contiguous")))
}

/// How far the integers are from the float network with the same weights.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OutputError {
    pub network: &'static str,
    /// Signal-to-error ratio of the network's outputs in dB, over all inputs.
    pub snr_db: f64,
    /// Root mean square error of an output, in its real unit.
    pub rms_error: f64,
}

/// Compares golden model and float network on latents (generator) and images (others).
pub fn output_error(schedule: &Schedule, weights: &Weights, mapping: &Mapping, images: &[Vec<i8>]) -> Vec<OutputError> {
    let mut machine = Machine::new(schedule, mapping);
    let mut report = Vec::new();
    for (network, program) in schedule.design.networks.iter().zip(&schedule.programs) {
        let float = FloatNetwork::new(schedule, network, layer_weights(weights));
        let role = network.role;
        let first = &mapping.layers[program.first_layer];
        let scale = mapping.layers[program.last_layer].output_scale;
        let (mut signal, mut error, mut count) = (0.0, 0.0, 0.0);
        for (i, image) in images.iter().take(CALIBRATION_INPUTS).enumerate() {
            if role == Role::Generator {
                machine.seed(pass_seed(1, i));
                machine.latents(role);
            } else {
                machine.load(role, image);
            }
            let input: Vec<f32> =
                machine.tensor(program.input).iter().map(|&v| f32::from(v) * first.input_scale as f32).collect();
            machine.run(role);
            let exact = float.forward(&input).pop().expect("a network has layers");
            for (&v, &x) in machine.output(role).iter().zip(&exact) {
                signal += f64::from(x).powi(2);
                error += (f64::from(v) * scale - f64::from(x)).powi(2);
                count += 1.0;
            }
        }
        report.push(OutputError {
            network: role.name(),
            snr_db: 10.0 * (signal / f64::max(error, 1e-30)).log10(),
            rms_error: f64::sqrt(error / f64::max(count, 1.0)),
        });
    }
    report
}
