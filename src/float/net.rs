//! A network on several images at once.

use super::stage::{Stage, Trace, zeros_like};
use crate::config::{Activation, Network};
use crate::weights::seeded::SplitMix64;
use crate::weights::{LayerWeights, NetworkWeights};

/// The layers of a network, without weights.
#[derive(Clone, Debug)]
pub(super) struct Net {
    stages: Vec<Stage>,
    /// Elements of an input.
    pub input: usize,
    /// Elements of an output.
    pub output: usize,
}

/// Random streams of the dropout of a step: each image and layer has its own, so that they do not depend on which thread
/// computes what.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dropout {
    pub seed: u64,
    /// Number of the first image.
    pub first: usize,
}

/// A forward pass: what the backward pass needs of each layer.
pub(super) struct Pass(Vec<Trace>);

impl Pass {
    /// Outputs of the last layer, `[images, output elements]`.
    pub fn output(&self) -> &[f32] {
        self.0.last().map_or(&[], Trace::output)
    }

    /// Outputs of the layer before the last.
    pub fn features(&self) -> &[f32] {
        self.0.len().checked_sub(2).map_or(&[], |at| self.0[at].output())
    }

    pub fn into_output(mut self) -> Vec<f32> {
        self.0.pop().map_or_else(Vec::new, Trace::into_output)
    }
}

impl Net {
    pub fn new(network: &Network) -> Self {
        let stages = network.layers.iter().map(|layer| Stage::new(layer, layer.activation)).collect();
        Self { stages, input: network.input.len(), output: network.output().len() }
    }

    /// As [`Net::new`], but a sigmoid at the end is left to the loss, which takes its argument.
    pub fn with_logits(network: &Network) -> Self {
        let mut net = Self::new(network);
        if let Some(layer) = network.layers.last().filter(|l| l.activation == Activation::Sigmoid) {
            net.stages.pop();
            net.stages.push(Stage::new(layer, Activation::Linear));
        }
        net
    }

    /// `input`: `[images, input elements]`. Dropout is off without streams.
    pub fn forward(&self, weights: &NetworkWeights, input: &[f32], dropout: Option<Dropout>) -> Pass {
        let images = input.len() / self.input;
        let mut traces: Vec<Trace> = Vec::with_capacity(self.stages.len());
        for (index, (stage, weights)) in self.stages.iter().zip(&weights.layers).enumerate() {
            let streams = dropout.map(|d| {
                let stream = |image| SplitMix64::stream(d.seed, ((index as u64) << 32) + image as u64);
                (d.first..d.first + images).map(stream).collect()
            });
            let input = traces.last().map_or(input, Trace::output);
            traces.push(stage.forward(weights, input, streams));
        }
        Pass(traces)
    }

    /// The gradient of the weights is added to `gradient`; gives that of the input if `wanted`. `error` is the gradient of
    /// the outputs.
    pub fn backward(
        &self,
        weights: &NetworkWeights,
        input: &[f32],
        pass: &Pass,
        error: Vec<f32>,
        mut gradient: Option<&mut NetworkWeights>,
        wanted: bool,
    ) -> Option<Vec<f32>> {
        let mut error = Some(error);
        for index in (0..self.stages.len()).rev() {
            let input = if index == 0 { input } else { pass.0[index - 1].output() };
            let gradient = gradient.as_mut().map(|g| &mut g.layers[index]);
            let (stage, trace, weights) = (&self.stages[index], &pass.0[index], &weights.layers[index]);
            error = error.and_then(|e| stage.backward(weights, input, trace, e, gradient, wanted || index > 0));
        }
        error
    }
}

/// A gradient of zero of the shape of `weights`.
pub(super) fn zeros(weights: &NetworkWeights) -> NetworkWeights {
    NetworkWeights { role: weights.role, layers: weights.layers.iter().map(zeros_like).collect() }
}

/// Adds gradients in the order given, so that the sum is always the same.
pub(super) fn sum(mut total: NetworkWeights, terms: impl Iterator<Item = NetworkWeights>) -> NetworkWeights {
    for term in terms {
        for (total, term) in total.layers.iter_mut().zip(term.layers) {
            let LayerWeights { matrix, bias } = total;
            *matrix += &term.matrix;
            *bias += &term.bias;
        }
    }
    total
}
