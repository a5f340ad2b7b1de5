//! Float weights to device levels, ADC gains and requantisation shifts.
//!
//! The real value of a layer's quantities: activation `a` is `input_scale * a`, weight level `w` is
//! `weight_scale * w`, an ADC code is `input_scale * weight_scale * 2^gain`, a requantised value is `2^shift` times
//! that. Layers without a table keep whatever scale results; for `tanh` and `sigmoid` the requantised value must have
//! the table's scale, so there the weight scale is chosen for it, at the cost of at most one bit of the levels.

use super::{BankKernel, BatchMachine};
use crate::config::{Activation, Role};
use crate::device::{CellCode, LayerMap, LayerParameters, Mapping};
use crate::numeric::{
    BIAS_BITS, SHIFT_BITS, SIGMOID_INPUT_EXP, TANH_INPUT_EXP, adc, code_scale, latent_scale, round_shift,
};
use crate::schedule::{OpKind, Schedule, WindowSegments};
use ndarray::Array2;

/// Inputs that set gains and shifts: images as activation codes, and seeds for latents.
#[derive(Clone, Debug, Default)]
pub struct Calibration {
    pub images: Vec<Vec<i8>>,
    pub latent_seeds: Vec<u32>,
}

#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    #[error("layer {layer}: the weight matrix is {got:?}, the design needs {expected:?}")]
    Shape { layer: String, expected: (usize, usize), got: (usize, usize) },
    #[error("layer {layer}: {got} biases, the design needs {expected}")]
    Biases { layer: String, expected: usize, got: usize },
    #[error("{got} layers of weights, the design has {expected}")]
    Layers { expected: usize, got: usize },
    #[error("calibration needs at least one {0}")]
    NoCalibration(&'static str),
}

/// Maps `weights` (matrix in crossbar orientation and biases, one a layer) with gains and shifts from
/// `calibration`.
pub fn map_weights<'w>(
    schedule: &Schedule,
    weights: impl IntoIterator<Item = (&'w Array2<f32>, &'w [f32])>,
    calibration: &Calibration,
) -> Result<Mapping, MappingError> {
    let weights: Vec<_> = weights.into_iter().collect();
    check_shapes(schedule, &weights)?;
    let mut mapping = Mapping { layers: schedule.banks.iter().map(LayerMap::unmapped).collect() };
    for program in &schedule.programs {
        let role = program.role;
        let inputs = match role {
            Role::Generator => calibration.latent_seeds.len(),
            _ => calibration.images.len(),
        };
        if inputs == 0 {
            return Err(MappingError::NoCalibration(if role == Role::Generator { "seed" } else { "image" }));
        }
        let mut machines = BatchMachine::ideal(schedule, &mapping, inputs);
        if role == Role::Generator {
            calibration.latent_seeds.iter().enumerate().for_each(|(i, &seed)| machines.seed(i, seed));
            machines.latents(role);
        } else {
            calibration.images.iter().enumerate().for_each(|(i, image)| machines.load(i, role, image));
        }
        let mut scale = match role {
            Role::Generator => latent_scale(schedule.design.latent),
            _ => code_scale(schedule.design.pixel_range),
        };
        for op in program.first_op..=program.last_op {
            let layer = schedule.ops[op].layer;
            if schedule.ops[op].kind != OpKind::Finish {
                let (matrix, bias) = weights[layer];
                let map = map_layer(schedule, op, matrix, bias, scale, &machines);
                scale = map.output_scale;
                machines.set_layer(layer, &map);
                mapping.layers[layer] = map;
                machines.run_layer(layer);
            }
        }
    }
    Ok(mapping)
}

fn check_shapes(schedule: &Schedule, weights: &[(&Array2<f32>, &[f32])]) -> Result<(), MappingError> {
    if weights.len() != schedule.banks.len() {
        return Err(MappingError::Layers { expected: schedule.banks.len(), got: weights.len() });
    }
    let layers = schedule.design.networks.iter().flat_map(|n| &n.layers);
    for (layer, (matrix, bias)) in layers.zip(weights) {
        let expected = (layer.matrix_rows(), layer.matrix_columns());
        if matrix.dim() != expected {
            return Err(MappingError::Shape { layer: layer.name.clone(), expected, got: matrix.dim() });
        }
        if bias.len() != layer.biases() {
            return Err(MappingError::Biases { layer: layer.name.clone(), expected: layer.biases(), got: bias.len() });
        }
    }
    Ok(())
}

/// Exponent of the scale that a requantised value must have.
fn table_exponent(activation: Activation) -> Option<i32> {
    match activation {
        Activation::Tanh => Some(TANH_INPUT_EXP),
        Activation::Sigmoid => Some(SIGMOID_INPUT_EXP),
        _ => None,
    }
}

fn map_layer(
    schedule: &Schedule,
    op_index: usize,
    matrix: &Array2<f32>,
    bias: &[f32],
    input_scale: f64,
    machines: &BatchMachine,
) -> LayerMap {
    let op = &schedule.ops[op_index];
    let bank = &schedule.banks[op.layer];
    let adc_bits = schedule.design.converter.adc_bits;
    let shift_max = (1u32 << SHIFT_BITS) - 1;
    let level_max = f64::from(CellCode::new(&schedule.design).weight_max());
    let weight_max = matrix.iter().fold(0.0f64, |m, &w| m.max(f64::from(w).abs())).max(1e-12);
    // gain + shift of a layer with a table.
    let exponent = table_exponent(op.activation).map(|target| {
        let e = f64::from(target) - (input_scale * weight_max / level_max).log2();
        (target, (e.floor().max(0.0) as u32).min(2 * shift_max))
    });
    let weight_scale = match exponent {
        Some((target, e)) => f64::from(target - e as i32).exp2() / input_scale,
        None => weight_max / level_max,
    };
    let quantise = |w: f32| (f64::from(w) / weight_scale).round().clamp(-level_max, level_max) as i16;
    let levels = matrix.mapv(quantise);

    let kernel = BankKernel::new(bank, schedule.design.crossbar.rows, &levels);
    let inputs: Vec<Vec<i8>> = (0..machines.len()).flat_map(|i| machines.read_vectors(i, op_index)).collect();
    let dots = tile_dots(&kernel, &inputs);
    let dot_max = dots.iter().flatten().fold(0, |m, d| m.max(d.abs()));
    let code_max = (1 << (adc_bits - 1)) - 1;
    let mut gain = (0..shift_max).find(|&g| round_shift(dot_max, g) <= code_max).unwrap_or(shift_max);
    if let Some((_, e)) = exponent {
        gain = gain.min(e);
    }
    let unit = input_scale * weight_scale * f64::from(gain).exp2();
    let bias_max = (1i32 << (BIAS_BITS - 1)) - 1;
    let exact_bias: Vec<f64> = bias.iter().map(|&b| (f64::from(b) / unit).round()).collect();
    let bias_codes: Vec<i32> =
        exact_bias.iter().map(|b| b.clamp(f64::from(-bias_max), f64::from(bias_max)) as i32).collect();

    let shift = match exponent {
        Some((_, e)) => (e - gain).min(shift_max),
        None => {
            let columns = kernel.columns();
            let codes = |d: &Vec<i32>| -> Vec<i32> {
                (0..columns).map(|j| d[j..].iter().step_by(columns).map(|&d| adc(d, gain, adc_bits)).sum()).collect()
            };
            let v_max = largest_pre_activation(
                schedule,
                op_index,
                dots.iter().map(codes),
                &bias_codes,
                inputs.len() / machines.len(),
            );
            (0..shift_max).find(|&s| round_shift(v_max, s) <= 127).unwrap_or(shift_max)
        }
    };
    let output_scale = match op.activation {
        Activation::Tanh | Activation::Sigmoid => 1.0 / 127.0,
        _ => unit * f64::from(shift).exp2(),
    };
    // PyTorch scales what dropout keeps; here the scale of the tensor says so.
    let kept = 1.0 - f64::from(op.dropout) / 256.0;

    let mut report = LayerMap::unmapped(bank).report;
    let n = matrix.len() as f64;
    let errors = matrix.iter().zip(&levels).map(|(&w, &l)| f64::from(w) - f64::from(l) * weight_scale);
    report.weight_rms = (matrix.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / n).sqrt();
    report.weight_error_rms = (errors.clone().map(|e| e * e).sum::<f64>() / n).sqrt();
    report.weight_error_max = errors.fold(0.0, |m, e| m.max(e.abs()));
    report.clipped_weights =
        matrix.iter().filter(|&&w| (f64::from(w) / weight_scale).abs().round() > level_max).count();
    report.clipped_biases = exact_bias.iter().filter(|b| b.abs() > f64::from(bias_max)).count();
    report.gain = gain;
    report.shift = shift;
    LayerMap {
        levels,
        trained: None,
        parameters: LayerParameters { gain, shift, bias: bias_codes },
        input_scale,
        weight_scale,
        output_scale: output_scale / kept,
        report,
    }
}

/// Bit-line sums of every input: `[row tile x column]` each.
fn tile_dots(kernel: &BankKernel, inputs: &[Vec<i8>]) -> Vec<Vec<i32>> {
    let columns = kernel.columns();
    inputs
        .iter()
        .map(|x| {
            let mut dots = vec![0; kernel.row_tiles() * columns];
            for (tile, dots) in dots.chunks_mut(columns).enumerate() {
                kernel.dots(tile, x, dots);
            }
            dots
        })
        .collect()
}

/// Largest magnitude before requantisation, over all inputs (grouped by `positions` reads).
fn largest_pre_activation(
    schedule: &Schedule,
    op_index: usize,
    sums: impl Iterator<Item = Vec<i32>>,
    bias: &[i32],
    positions: usize,
) -> i32 {
    let op = &schedule.ops[op_index];
    let sums: Vec<Vec<i32>> = sums.collect();
    if op.kind != OpKind::ScatterWindow {
        return sums.iter().flat_map(|s| s.iter().zip(bias)).fold(0, |m, (&s, &b)| m.max((s + b).abs()));
    }
    let window = op.window.expect("a scatter has a window");
    let elements = window.image_rows * window.image_row_len;
    let mut largest = 0;
    for image in sums.chunks(positions) {
        let mut acc = vec![0; elements];
        for (i, segment) in WindowSegments::new(window).enumerate() {
            let s = &image[i / window.kernel];
            for e in 0..segment.len {
                acc[segment.address + e] += s[segment.index + e];
            }
        }
        largest = acc.iter().enumerate().fold(largest, |m, (e, a)| m.max((a + bias[e % bias.len()]).abs()));
    }
    largest
}
