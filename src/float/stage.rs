//! One layer on several images at once: forward, and the gradients backward.

use super::window::Windows;
use crate::config::{Activation, Layer, LayerOp};
use crate::numeric::dropout_threshold;
use crate::weights::LayerWeights;
use crate::weights::seeded::SplitMix64;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};

/// A layer as it is trained.
#[derive(Clone, Debug)]
pub(super) struct Stage {
    op: LayerOp,
    windows: Option<Windows>,
    activation: Activation,
    /// An output is dropped when its random byte is below.
    threshold: u8,
    /// Elements of an image at the input and at the output.
    input: usize,
    output: usize,
    biases: usize,
}

/// What a layer keeps of a forward pass for the backward pass. Sizes are of all images together.
#[derive(Clone, Debug, Default)]
pub(super) struct Trace {
    /// Gathered windows of a convolution.
    vectors: Vec<f32>,
    /// Outputs before dropout.
    activated: Vec<f32>,
    /// Factor of each output, and the products: `None` without dropout.
    dropped: Option<(Vec<f32>, Vec<f32>)>,
}

impl Trace {
    /// Outputs of the layer, `[images, output elements]`.
    pub fn output(&self) -> &[f32] {
        self.dropped.as_ref().map_or(&self.activated, |(_, output)| output)
    }

    /// [`Trace::output`] without a copy.
    pub fn into_output(self) -> Vec<f32> {
        self.dropped.map_or(self.activated, |(_, output)| output)
    }
}

fn matrix(values: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    ArrayView2::from_shape((values.len() / columns, columns), values).expect("whole rows")
}

fn product(a: &ArrayView2<'_, f32>, b: &ArrayView2<'_, f32>) -> Vec<f32> {
    let mut values = vec![0.0; a.nrows() * b.ncols()];
    let mut c = ArrayViewMut2::from_shape((a.nrows(), b.ncols()), &mut values).expect("the size of the product");
    general_mat_mul(1.0, a, b, 0.0, &mut c);
    values
}

impl Stage {
    /// `activation` stands for the layer's own.
    pub fn new(layer: &Layer, activation: Activation) -> Self {
        Self {
            op: layer.op,
            windows: Windows::of(layer),
            activation,
            // At most 255: `dropout_threshold` saturates there.
            threshold: dropout_threshold(layer.dropout) as u8,
            input: layer.input.len(),
            output: layer.output.len(),
            biases: layer.biases(),
        }
    }

    /// `input`: `[images, input elements]`. `dropout` is a stream for each image, `None` turns dropout off.
    pub fn forward(&self, weights: &LayerWeights, input: &[f32], dropout: Option<Vec<SplitMix64>>) -> Trace {
        let mut trace = Trace::default();
        let m = weights.matrix.view();
        let mut values = match (self.op, &self.windows) {
            (LayerOp::Conv { .. }, Some(windows)) => {
                trace.vectors = self.gather(windows, input, self.input);
                product(&matrix(&trace.vectors, windows.len), &m)
            }
            (LayerOp::ConvTranspose { .. }, Some(windows)) => {
                let vectors = product(&matrix(input, m.nrows()), &m);
                self.scatter(windows, &vectors, self.output)
            }
            _ => product(&matrix(input, self.input), &m),
        };
        let bias = weights.bias.as_slice().expect("biases are contiguous");
        for channels in values.chunks_exact_mut(self.biases) {
            for (value, bias) in channels.iter_mut().zip(bias) {
                *value = apply(*value + bias, self.activation);
            }
        }
        if let (Some(streams), 1..) = (dropout, self.threshold) {
            let mask = self.mask(streams);
            let output = values.iter().zip(&mask).map(|(value, factor)| value * factor).collect();
            trace.dropped = Some((mask, output));
        }
        trace.activated = values;
        trace
    }

    /// From the gradient at the outputs, `error`, to that at the inputs if `wanted`; the gradient of the weights is added
    /// to `gradient`.
    pub fn backward(
        &self,
        weights: &LayerWeights,
        input: &[f32],
        trace: &Trace,
        mut error: Vec<f32>,
        gradient: Option<&mut LayerWeights>,
        wanted: bool,
    ) -> Option<Vec<f32>> {
        if let Some((mask, _)) = &trace.dropped {
            error.iter_mut().zip(mask).for_each(|(error, factor)| *error *= factor);
        }
        derive(&mut error, &trace.activated, self.activation);
        // Rows of the matrix product are pixels at the side of the errors, or of the inputs.
        let (m, transposed) = (weights.matrix.view(), matches!(self.op, LayerOp::ConvTranspose { .. }));
        let vectors = self.windows.as_ref().filter(|_| transposed).map(|w| self.gather(w, &error, self.output));
        let inner = matrix(vectors.as_deref().unwrap_or(&error), m.ncols());
        if let Some(gradient) = gradient {
            let outer = if trace.vectors.is_empty() { input } else { &trace.vectors };
            general_mat_mul(1.0, &matrix(outer, m.nrows()).t(), &inner, 1.0, &mut gradient.matrix);
            gradient.bias += &matrix(&error, self.biases).sum_axis(Axis(0));
        }
        wanted.then(|| {
            let vectors = product(&inner, &m.t());
            match (self.op, &self.windows) {
                (LayerOp::Conv { .. }, Some(windows)) => self.scatter(windows, &vectors, self.input),
                _ => vectors,
            }
        })
    }

    /// Windows of images of `elements` elements each.
    fn gather(&self, windows: &Windows, images: &[f32], elements: usize) -> Vec<f32> {
        let size = windows.positions * windows.len;
        let mut vectors = vec![0.0; images.len() / elements * size];
        for (image, vectors) in images.chunks_exact(elements).zip(vectors.chunks_exact_mut(size)) {
            windows.gather(image, vectors);
        }
        vectors
    }

    fn scatter(&self, windows: &Windows, vectors: &[f32], elements: usize) -> Vec<f32> {
        let size = windows.positions * windows.len;
        let mut images = vec![0.0; vectors.len() / size * elements];
        for (image, vectors) in images.chunks_exact_mut(elements).zip(vectors.chunks_exact(size)) {
            windows.scatter(vectors, image);
        }
        images
    }

    /// Factors of the outputs: zero with the probability of dropout, else its inverse complement, as PyTorch does it.
    fn mask(&self, streams: Vec<SplitMix64>) -> Vec<f32> {
        let scale = 256.0 / (256.0 - f32::from(self.threshold));
        let mut mask = vec![0.0; streams.len() * self.output];
        for (mut stream, factors) in streams.into_iter().zip(mask.chunks_exact_mut(self.output)) {
            for eight in factors.chunks_mut(8) {
                for (factor, byte) in eight.iter_mut().zip(stream.next_u64().to_le_bytes()) {
                    *factor = if byte < self.threshold { 0.0 } else { scale };
                }
            }
        }
        mask
    }
}

/// A layer's gradient of zero.
pub(super) fn zeros_like(weights: &LayerWeights) -> LayerWeights {
    LayerWeights { matrix: Array2::zeros(weights.matrix.dim()), bias: ndarray::Array1::zeros(weights.bias.len()) }
}

fn apply(v: f32, activation: Activation) -> f32 {
    match activation {
        Activation::Linear => v,
        Activation::Relu => v.max(0.0),
        Activation::LeakyRelu { .. } => v.max(v * slope(activation)),
        Activation::Sigmoid => 1.0 / (1.0 + (-v).exp()),
        Activation::Tanh => v.tanh(),
    }
}

/// Multiplies errors by the derivative at the outputs `y`.
fn derive(errors: &mut [f32], y: &[f32], activation: Activation) {
    let pairs = errors.iter_mut().zip(y);
    match activation {
        Activation::Linear => {}
        Activation::Relu | Activation::LeakyRelu { .. } => {
            let slope = slope(activation);
            pairs.for_each(|(error, &y)| *error *= if y > 0.0 { 1.0 } else { slope });
        }
        Activation::Sigmoid => pairs.for_each(|(error, &y)| *error *= y * (1.0 - y)),
        Activation::Tanh => pairs.for_each(|(error, &y)| *error *= 1.0 - y * y),
    }
}

/// Derivative for negative values.
fn slope(activation: Activation) -> f32 {
    match activation {
        Activation::LeakyRelu { shift } => 1.0 / (1u32 << shift) as f32,
        _ => 0.0,
    }
}
