//! The float model against direct loops over the textbook definitions, and the integers against the float model.

use super::designs::{NetworkBuilder, Random, design};
use super::layers::{random_design, terms};
use memgan::config::*;
use memgan::device::Mapping;
use memgan::golden::{Calibration, FloatNetwork, Machine, map_weights};
use memgan::schedule::Schedule;
use ndarray::Array2;

/// One layer in float, from the definition.
fn float_layer(layer: &Layer, matrix: &Array2<f32>, bias: &[f32], x: &[f64]) -> Vec<f64> {
    let outputs = terms(layer).into_iter().enumerate().map(|(out, list)| {
        let products = list.into_iter().map(|(i, row, column, _)| x[i] * f64::from(matrix[[row, column]]));
        let v = products.sum::<f64>() + f64::from(bias[out % bias.len()]);
        match layer.activation {
            Activation::Linear => v,
            Activation::Relu => v.max(0.0),
            Activation::LeakyRelu { shift } => {
                if v < 0.0 {
                    v * 0.5f64.powi(shift as i32)
                } else {
                    v
                }
            }
            Activation::Sigmoid => 1.0 / (1.0 + (-v).exp()),
            Activation::Tanh => v.tanh(),
        }
    });
    outputs.collect()
}

/// Weights of a freshly initialised network: variance 2 over the inputs of an output.
fn random_weights(design: &Design, random: &mut Random) -> Vec<(Array2<f32>, Vec<f32>)> {
    let layers = design.networks.iter().flat_map(|n| &n.layers);
    let weights = layers.map(|layer| {
        let fan_in = match layer.op {
            LayerOp::ConvTranspose { kernel, stride, .. } => layer.input.channels * kernel.div_ceil(stride).pow(2),
            _ => layer.matrix_rows(),
        };
        let range = (6.0 / fan_in as f32).sqrt();
        let shape = (layer.matrix_rows(), layer.matrix_columns());
        let matrix = Array2::from_shape_fn(shape, |_| random.unit() * range);
        (matrix, (0..layer.biases()).map(|_| random.unit() * 0.1).collect())
    });
    weights.collect()
}

fn views(weights: &[(Array2<f32>, Vec<f32>)]) -> impl Iterator<Item = (&Array2<f32>, &[f32])> {
    weights.iter().map(|(matrix, bias)| (matrix, bias.as_slice()))
}

#[test]
fn the_float_network_equals_the_textbook() {
    let mut random = Random::new(2);
    for case in 0..200 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let weights = random_weights(&design, &mut random);
        let mut layer_weights = weights.iter();
        for network in &design.networks {
            let input: Vec<f32> = (0..network.input.len()).map(|_| random.unit()).collect();
            let outputs = FloatNetwork::new(&schedule, network, views(&weights)).forward(&input);
            assert_eq!(outputs.len(), network.layers.len());
            let mut x: Vec<f64> = input.iter().map(|&v| f64::from(v)).collect();
            for (layer, output) in network.layers.iter().zip(outputs) {
                let (matrix, bias) = layer_weights.next().unwrap();
                x = float_layer(layer, matrix, bias, &x);
                assert_eq!(output.len(), x.len());
                for (e, (&got, &expected)) in output.iter().zip(&x).enumerate() {
                    let limit = 1e-4 * expected.abs().max(1.0);
                    assert!((f64::from(got) - expected).abs() < limit, "case {case}: {layer:?} element {e}");
                }
            }
        }
    }
}

/// Signal-to-noise ratio in dB of the integer output against float, over `inputs`, for each layer of a classifier.
fn snr(design: &Design, random: &mut Random) -> Vec<f64> {
    let schedule = Schedule::new(design);
    let network = &design.networks[0];
    let weights = random_weights(design, random);
    let images: Vec<Vec<i8>> = (0..16).map(|_| random.codes(network.input.len())).collect();
    let calibration = Calibration { images: images[..8].to_vec(), latent_seeds: vec![] };
    let mapping: Mapping = map_weights(&schedule, views(&weights), &calibration).unwrap();
    let float = FloatNetwork::new(&schedule, network, views(&weights));
    let mut machine = Machine::new(&schedule, &mapping);
    let (mut signal, mut noise) = (vec![0.0; network.layers.len()], vec![0.0; network.layers.len()]);
    for image in &images[8..] {
        machine.load(network.role, image);
        machine.run(network.role);
        let x: Vec<f32> = image.iter().map(|&v| f32::from(v) / 127.0).collect();
        for (l, exact) in float.forward(&x).iter().enumerate() {
            let tensor = schedule.tensors.iter().position(|t| t.name == network.layers[l].name).unwrap();
            for (&code, &exact) in machine.tensor(tensor).iter().zip(exact) {
                let value = f64::from(code) * mapping.layers[l].output_scale;
                signal[l] += f64::from(exact).powi(2);
                noise[l] += (value - f64::from(exact)).powi(2);
            }
        }
    }
    signal.iter().zip(&noise).map(|(s, n)| 10.0 * (s / n).log10()).collect()
}

#[test]
fn quantisation_noise_of_a_calibrated_network_is_small() {
    let mut random = Random::new(4);
    for activation in [Activation::Relu, Activation::LeakyRelu { shift: 2 }, Activation::Tanh, Activation::Linear] {
        for last in [Activation::Linear, Activation::Tanh, Activation::Sigmoid] {
            let network = NetworkBuilder::new(Role::Classifier, Shape::new(9, 9, 3))
                .conv(16, (3, 1, 1), activation, 0.0)
                .conv_transpose(8, (4, 2, 1, 0), activation, 0.0)
                .conv(24, (5, 2, 2), activation, 0.0)
                .dense(Shape::vector(10), last, 0.0)
                .build();
            let figures = snr(&design(vec![network], 128, 128, 8), &mut random);
            println!("{activation:?} then {last:?}: {figures:.1?} dB after each layer");
            assert!(figures.iter().all(|&f| f > 15.0), "{activation:?} then {last:?}: {figures:.1?} dB");
        }
    }
}
