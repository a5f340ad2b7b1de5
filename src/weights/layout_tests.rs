//! The permutations against PyTorch's operators, written as direct loops over channel-first data.
//!
//! On one side: channel-first input and PyTorch weight, by the definition of the operator. On the
//! other: the channel-last input, gathered or scattered around a product with the crossbar matrix.

use super::layout::{from_torch, to_torch, torch_shape};
use super::seeded::SplitMix64;
use crate::config::{Activation, Layer, LayerOp, Shape};
use ndarray::{Array1, Array3, Array4, ArrayView1, s};

fn layer(op: LayerOp, input: Shape, output: Shape) -> Layer {
    Layer { name: "t_0".into(), op, activation: Activation::Linear, dropout: 0.0, input, output }
}

fn conv(input: Shape, channels: usize, kernel: usize, stride: usize, padding: usize) -> Layer {
    let side = |n: usize| (n + 2 * padding - kernel) / stride + 1;
    let output = Shape::new(side(input.height), side(input.width), channels);
    layer(LayerOp::Conv { kernel, stride, padding }, input, output)
}

fn conv_transpose(input: Shape, channels: usize, [k, s, p, extra]: [usize; 4]) -> Layer {
    let side = |n: usize| (n - 1) * s + k + extra - 2 * p;
    let output = Shape::new(side(input.height), side(input.width), channels);
    let op = LayerOp::ConvTranspose { kernel: k, stride: s, padding: p, output_padding: extra };
    layer(op, input, output)
}

fn random(count: usize, source: &mut SplitMix64) -> Vec<f32> {
    (0..count).map(|_| source.uniform(-1.0, 1.0) as f32).collect()
}

/// PyTorch: channel-first input `[C, H, W]` to channel-first output.
fn torch(layer: &Layer, input: &Array3<f32>, weight: &[f32], bias: &[f32]) -> Array3<f32> {
    let (channels, height, width) = input.dim();
    let (out_channels, out_height, out_width) = (layer.output.channels, layer.output.height, layer.output.width);
    let mut output = Array3::zeros((out_channels, out_height, out_width));
    match layer.op {
        LayerOp::Dense => {
            for (o, value) in output.iter_mut().enumerate() {
                let row = &weight[o * input.len()..][..input.len()];
                *value = bias[o] + input.iter().zip(row).map(|(x, w)| x * w).sum::<f32>();
            }
        }
        LayerOp::Conv { kernel, stride, padding } => {
            let weight = Array4::from_shape_vec((out_channels, channels, kernel, kernel), weight.to_vec()).unwrap();
            for ((co, oy, ox), value) in output.indexed_iter_mut() {
                *value = bias[co];
                for ((ci, y, x), &pixel) in input.indexed_iter() {
                    let (ky, kx) = (y + padding, x + padding);
                    let (ky, kx) = (ky.wrapping_sub(oy * stride), kx.wrapping_sub(ox * stride));
                    if ky < kernel && kx < kernel {
                        *value += pixel * weight[[co, ci, ky, kx]];
                    }
                }
            }
        }
        LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
            let weight = Array4::from_shape_vec((channels, out_channels, kernel, kernel), weight.to_vec()).unwrap();
            for ((co, oy, ox), value) in output.indexed_iter_mut() {
                *value = bias[co];
                for (ci, y, x) in
                    (0..channels).flat_map(|c| (0..height * width).map(move |i| (c, i / width, i % width)))
                {
                    let (ky, kx) = ((oy + padding).wrapping_sub(y * stride), (ox + padding).wrapping_sub(x * stride));
                    if ky < kernel && kx < kernel {
                        *value += input[[ci, y, x]] * weight[[ci, co, ky, kx]];
                    }
                }
            }
        }
    }
    output
}

/// The crossbar: channel-last input `[H, W, C]` to channel-last output by products with the matrix.
fn crossbar(layer: &Layer, input: &Array3<f32>, weight: &[f32], bias: &[f32]) -> Array3<f32> {
    let weights = from_torch(layer, weight, bias);
    let product = |lines: ArrayView1<'_, f32>| lines.dot(&weights.matrix);
    let Shape { height, width, channels } = layer.output;
    let flat = |array: &Array3<f32>| Array1::from_iter(array.iter().copied());
    let mut output = Array3::zeros((height, width, channels));
    match layer.op {
        LayerOp::Dense => {
            let sums = product(flat(input).view()) + &weights.bias;
            return Array3::from_shape_vec((height, width, channels), sums.to_vec()).unwrap();
        }
        LayerOp::Conv { kernel, stride, padding } => {
            let (h, w, c) = input.dim();
            let mut padded = Array3::zeros((h + 2 * padding, w + 2 * padding, c));
            padded.slice_mut(s![padding..padding + h, padding..padding + w, ..]).assign(input);
            for y in 0..height {
                for x in 0..width {
                    let (top, left) = (y * stride, x * stride);
                    let window = padded.slice(s![top..top + kernel, left..left + kernel, ..]).to_owned();
                    output.slice_mut(s![y, x, ..]).assign(&(product(flat(&window).view()) + &weights.bias));
                }
            }
        }
        LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
            output += &weights.bias;
            for y in 0..layer.input.height {
                for x in 0..layer.input.width {
                    let sums = product(input.slice(s![y, x, ..]));
                    for (column, &sum) in sums.iter().enumerate() {
                        let (tap, co) = (column / channels, column % channels);
                        let (oy, ox) = (y * stride + tap / kernel, x * stride + tap % kernel);
                        if (padding..height + padding).contains(&oy) && (padding..width + padding).contains(&ox) {
                            output[[oy - padding, ox - padding, co]] += sum;
                        }
                    }
                }
            }
        }
    }
    output
}

fn compare(layer: &Layer, seed: u64) {
    let mut source = SplitMix64::new(seed);
    let Shape { height, width, channels } = layer.input;
    let input = random(layer.input.len(), &mut source);
    let first = Array3::from_shape_vec((channels, height, width), input).unwrap();
    let last = first.view().permuted_axes([1, 2, 0]).as_standard_layout().into_owned();
    let weight = random(torch_shape(layer).iter().product(), &mut source);
    let bias = random(layer.biases(), &mut source);
    let wanted = torch(layer, &first, &weight, &bias);
    let found = crossbar(layer, &last, &weight, &bias);
    for ((c, y, x), wanted) in wanted.indexed_iter() {
        let found = found[[y, x, c]];
        assert!((wanted - found).abs() < 1e-5, "{:?} at {c},{y},{x}: {wanted} {found}", layer.op);
    }
    // And the way back gives every bit.
    assert_eq!(to_torch(layer, &from_torch(layer, &weight, &bias)), (weight, bias));
}

#[test]
fn conv_is_pytorch_conv2d() {
    for (index, [kernel, stride, padding]) in
        [[1, 1, 0], [3, 1, 1], [4, 2, 1], [5, 2, 2], [2, 3, 0]].into_iter().enumerate()
    {
        compare(&conv(Shape::new(7, 6, 3), 5, kernel, stride, padding), index as u64);
    }
}

#[test]
fn conv_transpose_is_pytorch_conv_transpose2d() {
    for (index, parameters) in
        [[1, 1, 0, 0], [3, 1, 1, 0], [4, 2, 1, 0], [3, 2, 1, 1], [5, 2, 2, 1], [2, 3, 0, 2]].into_iter().enumerate()
    {
        compare(&conv_transpose(Shape::new(4, 3, 5), 2, parameters), index as u64);
    }
}

#[test]
fn dense_is_pytorch_linear_with_flatten() {
    let (vector, map) = (Shape::vector(9), Shape::new(3, 4, 2));
    for (index, (input, output)) in
        [(vector, Shape::vector(5)), (map, vector), (vector, map), (map, Shape::new(2, 2, 3))].into_iter().enumerate()
    {
        compare(&layer(LayerOp::Dense, input, output), index as u64);
    }
}

/// The formulas of the documentation, at places where every index differs.
#[test]
fn documented_places() {
    let shape = [5, 3, 4, 4];
    let place = |index: [usize; 4]| index.iter().zip(shape).fold(0, |sum, (&i, extent)| sum * extent + i) as f32;
    let numbers: Vec<f32> = (0..5 * 3 * 16).map(|i| i as f32).collect();
    let conv = conv(Shape::new(8, 8, 3), 5, 4, 2, 1);
    assert_eq!(torch_shape(&conv), shape);
    let matrix = from_torch(&conv, &numbers, &[0.0; 5]).matrix;
    assert_eq!(matrix[[(2 * 4 + 1) * 3 + 2, 4]], place([4, 2, 2, 1]));
    let transposed = conv_transpose(Shape::new(8, 8, 5), 3, [4, 2, 1, 0]);
    assert_eq!(torch_shape(&transposed), shape);
    let matrix = from_torch(&transposed, &numbers, &[0.0; 3]).matrix;
    assert_eq!(matrix[[4, (2 * 4 + 1) * 3 + 2]], place([4, 2, 2, 1]));
}
