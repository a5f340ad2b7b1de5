//! The same network in float, without devices, converters or quantisation: what the integers are measured against.

use crate::config::{Activation, Network};
use crate::schedule::{OpKind, Schedule, Segment, WindowSegments};
use ndarray::{Array2, ArrayView1};

/// One network with float weights in crossbar orientation.
pub struct FloatNetwork<'a> {
    schedule: &'a Schedule,
    first_op: usize,
    last_op: usize,
    weights: Vec<(&'a Array2<f32>, &'a [f32])>,
}

impl<'a> FloatNetwork<'a> {
    /// `weights`: one a layer over all networks of the design.
    pub fn new(
        schedule: &'a Schedule,
        network: &Network,
        weights: impl IntoIterator<Item = (&'a Array2<f32>, &'a [f32])>,
    ) -> Self {
        let program = schedule.program(network.role).expect("a network of this design");
        Self { schedule, first_op: program.first_op, last_op: program.last_op, weights: weights.into_iter().collect() }
    }

    /// Output of every layer for one input in row, column, channel order. Dropout is off.
    pub fn forward(&self, input: &[f32]) -> Vec<Vec<f32>> {
        let mut outputs: Vec<Vec<f32>> = Vec::new();
        let mut accumulators: Vec<f32> = Vec::new();
        for op in &self.schedule.ops[self.first_op..=self.last_op] {
            let (matrix, bias) = self.weights[op.layer];
            let x = outputs.last().map_or(input, Vec::as_slice);
            match op.kind {
                OpKind::Words | OpKind::Rows | OpKind::Control => unreachable!("an inference has no such operation"),
                OpKind::GatherRun => {
                    let y = ArrayView1::from(x).dot(matrix);
                    outputs.push(y.iter().zip(bias).map(|(y, b)| apply(y + b, op.activation)).collect());
                }
                OpKind::GatherWindow => {
                    let window = op.window.expect("a window operation has a window");
                    let mut out = Vec::with_capacity(op.positions * op.drain_len);
                    let mut vector = vec![0.0; matrix.nrows()];
                    for segment in WindowSegments::new(window) {
                        let Segment { address, index, len, last } = segment;
                        if len > 0 {
                            vector[index..index + len].copy_from_slice(&x[address..address + len]);
                        }
                        if last {
                            let y = ArrayView1::from(&vector).dot(matrix);
                            out.extend(y.iter().zip(bias).map(|(y, b)| apply(y + b, op.activation)));
                            vector.fill(0.0);
                        }
                    }
                    outputs.push(out);
                }
                OpKind::ScatterWindow => {
                    let window = op.window.expect("a window operation has a window");
                    accumulators = vec![0.0; window.image_rows * window.image_row_len];
                    for (i, s) in WindowSegments::new(window).enumerate() {
                        let position = i / window.kernel;
                        if s.len == 0 {
                            continue;
                        }
                        let pixel = ArrayView1::from(&x[position * op.gather_len..][..op.gather_len]);
                        let y = pixel.dot(&matrix.slice(ndarray::s![.., s.index..s.index + s.len]));
                        for (acc, y) in accumulators[s.address..].iter_mut().zip(&y) {
                            *acc += y;
                        }
                    }
                }
                OpKind::Finish => {
                    let channels = bias.len();
                    let finish = |(e, a): (usize, &f32)| apply(a + bias[e % channels], op.activation);
                    outputs.push(accumulators.iter().enumerate().map(finish).collect());
                }
            }
        }
        outputs
    }
}

fn apply(v: f32, activation: Activation) -> f32 {
    match activation {
        Activation::Linear => v,
        Activation::Relu => v.max(0.0),
        Activation::LeakyRelu { shift } => {
            if v < 0.0 {
                v / (1u32 << shift) as f32
            } else {
                v
            }
        }
        Activation::Sigmoid => 1.0 / (1.0 + (-v).exp()),
        Activation::Tanh => v.tanh(),
    }
}
