//! PyTorch layouts to crossbar matrices and back: pure permutations, every value is kept.

use super::LayerWeights;
use crate::config::{Layer, LayerOp, Shape};
use ndarray::{Array1, Array2};

/// Shape of the PyTorch weight tensor of `layer`.
pub fn torch_shape(layer: &Layer) -> Vec<usize> {
    let (inputs, outputs) = (layer.input, layer.output);
    match layer.op {
        LayerOp::Dense => vec![outputs.len(), inputs.len()],
        LayerOp::Conv { kernel, .. } => vec![outputs.channels, inputs.channels, kernel, kernel],
        LayerOp::ConvTranspose { kernel, .. } => {
            vec![inputs.channels, outputs.channels, kernel, kernel]
        }
    }
}

/// Place in the flattened PyTorch weight tensor of the matrix element (`row`, `column`).
fn torch_index(layer: &Layer, row: usize, column: usize) -> usize {
    let (inputs, outputs) = (layer.input.channels, layer.output.channels);
    match layer.op {
        LayerOp::Dense => channel_first(layer.output, column) * layer.input.len() + channel_first(layer.input, row),
        LayerOp::Conv { kernel, .. } => {
            let (tap, input) = (row / inputs, row % inputs);
            (column * inputs + input) * kernel * kernel + tap
        }
        LayerOp::ConvTranspose { kernel, .. } => {
            let (tap, output) = (column / outputs, column % outputs);
            (row * outputs + output) * kernel * kernel + tap
        }
    }
}

/// Place in the flattened PyTorch bias of bias `index`.
fn torch_bias_index(layer: &Layer, index: usize) -> usize {
    match layer.op {
        LayerOp::Dense => channel_first(layer.output, index),
        LayerOp::Conv { .. } | LayerOp::ConvTranspose { .. } => index,
    }
}

/// From the place of an element in row, column, channel order to that in channel, row, column
/// order.
fn channel_first(shape: Shape, index: usize) -> usize {
    let (pixel, channel) = (index / shape.channels, index % shape.channels);
    channel * shape.height * shape.width + pixel
}

/// Crossbar matrix and bias from flattened PyTorch tensors.
///
/// # Panics
/// If `weight` or `bias` does not have as many elements as `layer` needs.
pub fn from_torch(layer: &Layer, weight: &[f32], bias: &[f32]) -> LayerWeights {
    let size = (layer.matrix_rows(), layer.matrix_columns());
    assert_eq!((weight.len(), bias.len()), (size.0 * size.1, layer.biases()));
    LayerWeights {
        matrix: Array2::from_shape_fn(size, |(row, column)| weight[torch_index(layer, row, column)]),
        bias: Array1::from_shape_fn(layer.biases(), |i| bias[torch_bias_index(layer, i)]),
    }
}

/// Flattened PyTorch weight and bias from a crossbar matrix: the inverse of [`from_torch`].
///
/// # Panics
/// If `weights` does not have the size that `layer` needs.
pub fn to_torch(layer: &Layer, weights: &LayerWeights) -> (Vec<f32>, Vec<f32>) {
    assert_eq!(weights.matrix.dim(), (layer.matrix_rows(), layer.matrix_columns()));
    assert_eq!(weights.bias.len(), layer.biases());
    let mut weight = vec![0.0; weights.matrix.len()];
    for ((row, column), &value) in weights.matrix.indexed_iter() {
        weight[torch_index(layer, row, column)] = value;
    }
    let mut bias = vec![0.0; weights.bias.len()];
    for (index, &value) in weights.bias.indexed_iter() {
        bias[torch_bias_index(layer, index)] = value;
    }
    (weight, bias)
}
