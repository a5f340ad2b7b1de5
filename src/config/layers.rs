//! Layers with their shapes resolved.

use std::fmt::Display;

use super::design::{Activation, Layer, LayerOp, Network, Role, Shape};
use super::error::{ConfigError, Problem, ProblemKind, Source};
use super::located::Located;
use super::raw::MAX_SIDE;
use super::raw_layer::{RawActivation, RawLayer};

/// Most elements of a feature map: 4 Mi, so that a map stays addressable by 22 bits.
pub(super) const MAX_ELEMENTS: usize = 1 << 22;
/// Most weights of a design: 64 Mi.
pub(super) const MAX_WEIGHTS: usize = 1 << 26;

/// The keys that every layer has.
pub(super) struct Common<'a> {
    pub activation: &'a Located<RawActivation>,
    slope: Option<&'a Located<f64>>,
    pub dropout: &'a Located<f64>,
    /// Name and span of the key that gives the width of the output.
    pub width: (&'static str, Option<std::ops::Range<usize>>),
}

impl RawLayer {
    pub(super) fn common(&self) -> Common<'_> {
        match self {
            Self::Dense { outputs, activation, slope, dropout } => {
                let width = ("outputs", outputs.span.clone());
                Common { activation, slope: slope.as_ref(), dropout, width }
            }
            Self::Conv { channels, activation, slope, dropout, .. }
            | Self::ConvTranspose { channels, activation, slope, dropout, .. } => {
                let width = ("channels", channels.span.clone());
                Common { activation, slope: slope.as_ref(), dropout, width }
            }
        }
    }
}

/// One network of the text and what was resolved of it so far.
pub(super) struct Resolver<'a> {
    pub source: Source<'a>,
    /// Key of the array of layers.
    pub section: &'static str,
    pub role: Role,
}

impl Resolver<'_> {
    /// Resolves the layers one after the other; `weights` counts those of the whole design.
    pub fn network(&self, input: Shape, raw: &[RawLayer], weights: &mut usize) -> Result<Network, ConfigError> {
        let mut network = Network { role: self.role, input, layers: Vec::with_capacity(raw.len()) };
        for (index, raw) in raw.iter().enumerate() {
            let input = network.output();
            let (op, output) = self.op(index, raw, input)?;
            let layer = Layer {
                name: format!("{}_{index}", self.role.name()),
                op,
                activation: self.activation(index, raw)?,
                dropout: self.dropout(index, raw)?,
                input,
                output,
            };
            self.check_size(index, raw, &layer, weights)?;
            network.layers.push(layer);
        }
        Ok(network)
    }

    pub fn key(&self, index: usize, key: &str) -> String {
        format!("{}[{index}].{key}", self.section)
    }

    fn fault<T: Display>(&self, index: usize, key: &str, located: &Located<T>) -> Problem {
        self.source.blame(ProblemKind::Inconsistent, self.key(index, key), located)
    }

    /// A fault of the key that gives the width of a layer's output.
    pub fn width_fault(&self, index: usize, raw: &RawLayer) -> Problem {
        let (key, span) = raw.common().width;
        let span = span.unwrap_or(0..0);
        let shown = self.source.shown(span.clone());
        self.source.problem(ProblemKind::Inconsistent, self.key(index, key), span).value(shown)
    }

    fn op(&self, index: usize, raw: &RawLayer, input: Shape) -> Result<(LayerOp, Shape), ConfigError> {
        match raw {
            RawLayer::Dense { outputs, .. } => Ok((LayerOp::Dense, outputs.value.shape())),
            RawLayer::Conv { channels, kernel, stride, padding, .. } => {
                self.check_padding(index, kernel, padding)?;
                let [k, s, p] = [kernel, stride, padding].map(Located::size);
                let smallest = input.height.min(input.width) + 2 * p;
                if k > smallest {
                    return Err(self
                        .fault(index, "kernel", kernel)
                        .message(format!("the kernel, {k}, is larger than the padded input of {input} plus {p} a side"))
                        .allowed(format!("an integer from 1 to {smallest}"))
                        .help(match input.height * input.width {
                            1 => "the input is a vector: give the dense layer before `outputs` of [height, width, channels]",
                            _ => "lower the kernel, or the strides of the layers before, or raise the padding",
                        })
                        .into());
                }
                let side = |side: usize| (side + 2 * p - k) / s + 1;
                let output = Shape::new(side(input.height), side(input.width), channels.size());
                self.check_sides(index, ("padding", padding), output)?;
                Ok((LayerOp::Conv { kernel: k, stride: s, padding: p }, output))
            }
            RawLayer::ConvTranspose { channels, kernel, stride, padding, output_padding, .. } => {
                self.check_padding(index, kernel, padding)?;
                let [k, s, p, extra] = [kernel, stride, padding, output_padding].map(Located::size);
                if extra >= s {
                    return Err(self
                        .fault(index, "output_padding", output_padding)
                        .message(format!("the output padding, {extra}, must be less than the stride, {s}"))
                        .allowed(format!("an integer from 0 to {}", s - 1))
                        .help("it chooses among the output sizes that one input size and stride can have")
                        .into());
                }
                let full = |side: usize| (side - 1) * s + k + extra;
                let smallest = full(input.height.min(input.width));
                if smallest <= 2 * p {
                    return Err(self
                        .fault(index, "padding", padding)
                        .message(format!("the padding, {p} a side, cuts away the whole output of {smallest}"))
                        .allowed(format!("an integer from 0 to {}", (smallest - 1) / 2))
                        .help("lower the padding or raise the kernel")
                        .into());
                }
                let side = |side| full(side) - 2 * p;
                let output = Shape::new(side(input.height), side(input.width), channels.size());
                self.check_sides(index, ("stride", stride), output)?;
                Ok((LayerOp::ConvTranspose { kernel: k, stride: s, padding: p, output_padding: extra }, output))
            }
        }
    }

    fn check_padding(&self, index: usize, kernel: &Located<i64>, padding: &Located<i64>) -> Result<(), ConfigError> {
        if padding.value < kernel.value {
            return Ok(());
        }
        Err(self
            .fault(index, "padding", padding)
            .message(format!("the padding, {}, must be less than the kernel, {}", padding.value, kernel.value))
            .allowed(format!("an integer from 0 to {}", kernel.value - 1))
            .help("with more padding a window would hold nothing of the image")
            .into())
    }

    fn check_sides(
        &self,
        index: usize,
        (key, blamed): (&str, &Located<i64>),
        output: Shape,
    ) -> Result<(), ConfigError> {
        if output.height.max(output.width) <= MAX_SIDE {
            return Ok(());
        }
        Err(self
            .fault(index, key, blamed)
            .message(format!("the output, {output}, has a side over {MAX_SIDE}"))
            .allowed(format!("a value that gives at most {MAX_SIDE}x{MAX_SIDE}"))
            .help(format!("lower the {key}"))
            .into())
    }

    fn check_size(&self, index: usize, raw: &RawLayer, layer: &Layer, weights: &mut usize) -> Result<(), ConfigError> {
        let elements = layer.output.len();
        if elements > MAX_ELEMENTS {
            return Err(self
                .width_fault(index, raw)
                .message(format!("the output, {}, has {elements} values", layer.output))
                .allowed(format!("a feature map of at most {MAX_ELEMENTS} values"))
                .help("use fewer channels or a smaller map")
                .into());
        }
        *weights += layer.matrix_rows() * layer.matrix_columns();
        if *weights > MAX_WEIGHTS {
            return Err(self
                .width_fault(index, raw)
                .message(format!("with `{}` the design has {weights} weights", layer.name))
                .allowed(format!("at most {MAX_WEIGHTS} weights in all"))
                .help("use fewer channels or outputs, or smaller kernels")
                .into());
        }
        Ok(())
    }

    fn activation(&self, index: usize, raw: &RawLayer) -> Result<Activation, ConfigError> {
        let common = raw.common();
        if let (Some(slope), false) = (common.slope, common.activation.value == RawActivation::LeakyRelu) {
            return Err(self
                .fault(index, "slope", slope)
                .message(format!("`{}` is given, but the activation has none", self.key(index, "slope")))
                .allowed("given with activation = \"leaky_relu\" only")
                .help("remove the slope, or set activation = \"leaky_relu\"")
                .into());
        }
        Ok(match common.activation.value {
            RawActivation::Linear => Activation::Linear,
            RawActivation::Relu => Activation::Relu,
            RawActivation::LeakyRelu => {
                // One of 2^-1 to 2^-7 by the schema, so the logarithm is a small whole number.
                let shift = common.slope.map_or(2, |slope| (-slope.value.log2()).round() as u32);
                Activation::LeakyRelu { shift }
            }
            RawActivation::Sigmoid => Activation::Sigmoid,
            RawActivation::Tanh => Activation::Tanh,
        })
    }

    /// The probability rounded to the 1/256 that the random streams can express.
    fn dropout(&self, index: usize, raw: &RawLayer) -> Result<f64, ConfigError> {
        let given = raw.common().dropout;
        let steps = (given.value * 256.0).round();
        if given.value > 0.0 && steps == 0.0 {
            return Err(self
                .fault(index, "dropout", given)
                .message(format!("`{}` is less than the smallest step, 1/256", self.key(index, "dropout")))
                .allowed("0, or a number from 0.00390625 to 0.99609375")
                .help("remove the key for no dropout")
                .into());
        }
        // Adding zero turns a negative zero into zero.
        Ok(steps / 256.0 + 0.0)
    }
}
