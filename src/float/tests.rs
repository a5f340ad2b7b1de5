//! Gradients against finite differences, outputs against the float network of the golden model.

use super::adam::Adam;
use super::loss::{binary, categorical};
use super::net::{Dropout, Net, zeros};
use super::stage::Stage;
use super::{FloatClassifier, FloatGan};
use crate::config::{Activation, Design, Layer, LayerOp, PixelRange, Role, Shape};
use crate::data::synthetic;
use crate::golden::FloatNetwork;
use crate::prepare::layer_weights;
use crate::schedule::Schedule;
use crate::weights::seeded::SplitMix64;
use crate::weights::{LayerWeights, NetworkWeights, Weights};

/// Largest difference that rounding explains, relative to the largest gradient.
const TOLERANCE: f64 = 2e-3;
const STEP: f32 = 1.0 / 512.0;

fn random(count: usize, seed: u64) -> Vec<f32> {
    let mut stream = SplitMix64::new(seed);
    (0..count).map(|_| stream.uniform(-1.0, 1.0) as f32).collect()
}

fn random_weights(layer: &Layer, seed: u64) -> LayerWeights {
    let mut weights = LayerWeights::zeros(layer);
    weights.matrix.iter_mut().zip(random(layer.matrix_rows() * layer.matrix_columns(), seed)).for_each(|(w, r)| *w = r);
    weights.bias.iter_mut().zip(random(layer.biases(), seed + 1)).for_each(|(w, r)| *w = r);
    weights
}

/// Central difference of `loss` at `at` along every element that `element` names.
fn slopes(count: usize, mut loss: impl FnMut(usize, f32) -> f64) -> Vec<f64> {
    (0..count).map(|i| (loss(i, STEP) - loss(i, -STEP)) / f64::from(2.0 * STEP)).collect()
}

fn assert_close(what: &str, found: &[f32], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0f64, |most, v| most.max(v.abs()));
    assert!(largest > 0.0, "{what}: no gradient to compare");
    for (i, (&f, &e)) in found.iter().zip(expected).enumerate() {
        assert!((f64::from(f) - e).abs() < TOLERANCE * largest, "{what}: element {i} is {f}, {e} by differences");
    }
}

fn layers() -> Vec<(&'static str, LayerOp, Shape, Shape)> {
    let conv = |kernel, stride, padding| LayerOp::Conv { kernel, stride, padding };
    let transposed =
        |kernel, stride, padding, output_padding| LayerOp::ConvTranspose { kernel, stride, padding, output_padding };
    vec![
        ("dense", LayerOp::Dense, Shape::new(2, 2, 3), Shape::new(1, 2, 2)),
        ("conv", conv(3, 2, 1), Shape::new(5, 4, 2), Shape::new(3, 2, 3)),
        ("conv without padding", conv(2, 1, 0), Shape::new(3, 3, 1), Shape::new(2, 2, 2)),
        ("conv with skipped pixels", conv(2, 3, 1), Shape::new(5, 5, 2), Shape::new(2, 2, 1)),
        ("transposed", transposed(4, 2, 1, 0), Shape::new(3, 2, 2), Shape::new(6, 4, 2)),
        ("transposed with output padding", transposed(3, 2, 1, 1), Shape::new(2, 3, 2), Shape::new(4, 6, 3)),
    ]
}

#[test]
fn gradients_of_every_layer_and_activation_are_those_of_finite_differences() {
    let activations = [
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { shift: 2 },
        Activation::Sigmoid,
        Activation::Tanh,
    ];
    const IMAGES: usize = 2;
    for (name, op, input, output) in layers() {
        for activation in activations {
            for dropout in [0.0, 0.375] {
                let layer = Layer { name: "x_0".into(), op, activation, dropout, input, output };
                let what = |of: &str| format!("{name}, {activation:?}, dropout {dropout}, {of}");
                let stage = Stage::new(&layer, activation);
                let weights = random_weights(&layer, 3);
                let x = random(IMAGES * input.len(), 5);
                let slope = random(IMAGES * output.len(), 6);
                let streams = || Some((0..IMAGES as u64).map(|i| SplitMix64::stream(8, i)).collect());
                let loss = |weights: &LayerWeights, x: &[f32]| -> f64 {
                    let trace = stage.forward(weights, x, streams());
                    trace.output().iter().zip(&slope).map(|(&y, &s)| f64::from(y) * f64::from(s)).sum()
                };
                let trace = stage.forward(&weights, &x, streams());
                let mut gradient = LayerWeights::zeros(&layer);
                let error = stage.backward(&weights, &x, &trace, slope.clone(), Some(&mut gradient), true);

                let at_input = slopes(x.len(), |i, step| {
                    let mut x = x.clone();
                    x[i] += step;
                    loss(&weights, &x)
                });
                assert_close(&what("input"), &error.expect("wanted"), &at_input);
                let at_matrix = slopes(weights.matrix.len(), |i, step| {
                    let mut weights = weights.clone();
                    weights.matrix.as_slice_mut().expect("contiguous")[i] += step;
                    loss(&weights, &x)
                });
                assert_close(&what("matrix"), gradient.matrix.as_slice().expect("contiguous"), &at_matrix);
                let at_bias = slopes(weights.bias.len(), |i, step| {
                    let mut weights = weights.clone();
                    weights.bias[i] += step;
                    loss(&weights, &x)
                });
                assert_close(&what("bias"), gradient.bias.as_slice().expect("contiguous"), &at_bias);
            }
        }
    }
}

#[test]
fn losses_have_the_gradients_of_finite_differences() {
    for (logit, target) in [(0.3, 1.0), (-2.0, 0.9), (1.5, 0.0), (30.0, 1.0), (-30.0, 0.0)] {
        let (_, gradient) = binary(logit, target);
        let slope = slopes(1, |_, step| f64::from(binary(logit + step, target).0))[0];
        assert!((f64::from(gradient) - slope).abs() < 1e-3, "{logit} {target}: {gradient} {slope}");
    }
    // Far out the loss is the distance, and finite.
    assert_eq!(binary(200.0, 0.0).0, 200.0);
    assert!((f64::from(binary(0.0, 0.9).0) - 2f64.ln()).abs() < 1e-6);
    let logits = [0.5, -1.0, 2.0];
    let mut gradient = [0.0; 3];
    let loss = categorical(&logits, 1, &mut gradient);
    let exact = (0.5f64.exp() + (-1f64).exp() + 2f64.exp()).ln() + 1.0;
    assert!((f64::from(loss) - exact).abs() < 1e-6);
    let slope = slopes(3, |i, step| {
        let mut logits = logits;
        logits[i] += step;
        f64::from(categorical(&logits, 1, &mut [0.0; 3]))
    });
    assert_close("softmax", &gradient, &slope);
}

#[test]
fn a_network_computes_what_the_golden_float_network_does() {
    for preset in ["tiny", "mnist-small", "cnn"] {
        let design = Design::load(preset).expect("a preset");
        let schedule = Schedule::new(&design);
        let weights = Weights::seeded(&design, 5);
        for (network, mine) in design.networks.iter().zip(&weights.networks) {
            let images = 3;
            let input = random(images * network.input.len(), 9);
            let pass = Net::new(network).forward(mine, &input, None);
            let golden = FloatNetwork::new(&schedule, network, layer_weights(&weights));
            for (input, output) in
                input.chunks_exact(network.input.len()).zip(pass.output().chunks_exact(network.output().len()))
            {
                let expected = golden.forward(input).pop().expect("layers");
                assert!(output.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4), "{preset} {:?}", network.role);
            }
        }
    }
}

#[test]
fn a_network_passes_gradients_through_its_layers() {
    let design = Design::load("tiny").expect("a preset");
    let network = design.network(Role::Discriminator).expect("a GAN");
    let weights = NetworkWeights::seeded(network, 6);
    let net = Net::with_logits(network);
    let x = random(2 * net.input, 3);
    let dropout = Some(Dropout { seed: 1, first: 0 });
    let loss = |weights: &NetworkWeights, x: &[f32]| -> f64 {
        net.forward(weights, x, dropout).output().iter().map(|&y| f64::from(y)).sum()
    };
    let pass = net.forward(&weights, &x, dropout);
    let mut gradient = zeros(&weights);
    let error = net.backward(&weights, &x, &pass, vec![1.0; 2], Some(&mut gradient), true);
    let at_input = slopes(x.len(), |i, step| {
        let mut x = x.clone();
        x[i] += step;
        loss(&weights, &x)
    });
    assert_close("input", &error.expect("wanted"), &at_input);
    let first = &gradient.layers[0].matrix;
    let at_first = slopes(first.len(), |i, step| {
        let mut weights = weights.clone();
        weights.layers[0].matrix.as_slice_mut().expect("contiguous")[i] += step;
        loss(&weights, &x)
    });
    assert_close("first matrix", first.as_slice().expect("contiguous"), &at_first);
    let without = net.backward(&weights, &x, &pass, vec![1.0; 2], None, false);
    assert_eq!(without, None);
}

#[test]
fn dropout_keeps_the_mean_and_follows_its_streams() {
    let shape = Shape::vector(4096);
    let layer = Layer {
        name: "x_0".into(),
        op: LayerOp::Dense,
        activation: Activation::Linear,
        dropout: 0.25,
        input: Shape::vector(1),
        output: shape,
    };
    let mut weights = LayerWeights::zeros(&layer);
    weights.bias.fill(3.0);
    let stage = Stage::new(&layer, Activation::Linear);
    let run = |seed| stage.forward(&weights, &[0.0], Some(vec![SplitMix64::new(seed)])).output().to_vec();
    let values = run(1);
    assert!(values.iter().all(|&v| v == 0.0 || v == 4.0));
    let mean = values.iter().sum::<f32>() / values.len() as f32;
    assert!((mean - 3.0).abs() < 0.1, "{mean}");
    assert_eq!(values, run(1));
    assert_ne!(values, run(2));
    assert!(stage.forward(&weights, &[0.0], None).output().iter().all(|&v| v == 3.0));
}

#[test]
fn adam_follows_its_formula() {
    let layer = Layer {
        name: "x_0".into(),
        op: LayerOp::Dense,
        activation: Activation::Linear,
        dropout: 0.0,
        input: Shape::vector(1),
        output: Shape::vector(1),
    };
    let network = |weight: f32, bias: f32| {
        let mut layer = LayerWeights::zeros(&layer);
        layer.matrix.fill(weight);
        layer.bias.fill(bias);
        NetworkWeights { role: Role::Classifier, layers: vec![layer] }
    };
    let adam = Adam { rate: 0.1, betas: (0.5, 0.75), epsilon: 1e-8 };
    let (mut weights, mut first, mut second) = (network(1.0, -1.0), network(0.0, 0.0), network(0.0, 0.0));
    adam.update(&mut weights, &mut first, &mut second, &network(4.0, -0.5), 1);
    // The first step is the rate, whatever the size of the gradient.
    assert!((weights.layers[0].matrix[[0, 0]] - 0.9).abs() < 1e-6);
    assert!((weights.layers[0].bias[0] + 0.9).abs() < 1e-6);
    adam.update(&mut weights, &mut first, &mut second, &network(-2.0, -0.5), 2);
    // m = 0.5 * 2 - 1 = 0, so only the bias moves on.
    assert!((weights.layers[0].matrix[[0, 0]] - 0.9).abs() < 1e-6);
    assert!((weights.layers[0].bias[0] + 0.8).abs() < 1e-6);
    adam.update(&mut weights, &mut first, &mut second, &network(2.0, -0.5), 3);
    // m = 1, v = ((4 * 0.75 + 1) * 0.75 + 1) = 4; unbiased 8/7 and 4 / (37/64).
    let moved = 0.1 * (8.0 / 7.0) / (4.0f64 * 64.0 / 37.0).sqrt();
    assert!((f64::from(weights.layers[0].matrix[[0, 0]]) - (0.9 - moved)).abs() < 1e-6);
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let design = Design::load("tiny").expect("a preset");
    let digits = synthetic::digits(design.image, 20, 1);
    let classifier = Design::load("mlp").expect("a preset");
    let large = synthetic::digits(classifier.image, 20, 1);
    let run = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| {
            let mut gan = FloatGan::new(&design, 3).expect("a GAN");
            let losses: Vec<_> = (0..3).map(|_| gan.step(digits.images.view())).collect();
            let mut other = FloatClassifier::new(&classifier.networks[0], PixelRange::Unit, 3);
            other.step(large.images.view(), &large.labels);
            (losses, gan.state().clone(), gan.generate(11, 5), other.state().clone())
        })
    };
    assert_eq!(run(1), run(3));
}

#[test]
fn a_run_continues_from_its_state() {
    let design = Design::load("tiny").expect("a preset");
    let digits = synthetic::digits(design.image, 8, 1);
    let mut whole = FloatGan::new(&design, 3).expect("a GAN");
    let mut half = whole.clone();
    let train = |gan: &mut FloatGan, steps| (0..steps).for_each(|_| _ = gan.step(digits.images.view()));
    train(&mut whole, 4);
    train(&mut half, 2);
    let mut rest = FloatGan::from_state(&design, half.state().clone()).expect("a GAN");
    train(&mut rest, 2);
    assert_eq!(rest.state(), whole.state());
    assert_ne!(half.state().weights, whole.state().weights);
}

#[test]
fn the_discriminator_learns_to_tell_and_the_generator_to_deceive() {
    let design = Design::load("tiny").expect("a preset");
    let digits = synthetic::digits(design.image, 32, 1);
    let mut gan = FloatGan::new(&design, 3).expect("a GAN");
    let losses: Vec<_> = (0..300).map(|_| gan.step(digits.images.view())).collect();
    let total = |l: &super::GanLosses| l.real + l.fake;
    let best = losses.iter().map(total).fold(f64::INFINITY, f64::min);
    assert!(best < 0.9 * total(&losses[0]), "{best} of {:?}", losses[0]);
    // The mean of generated images comes nearer to that of real ones.
    let mean = |images: ndarray::Array4<u8>| images.iter().map(|&p| f64::from(p)).sum::<f64>() / images.len() as f64;
    let real = mean(digits.images.clone());
    let (before, after) = (FloatGan::new(&design, 3).expect("a GAN").generate(64, 1), gan.generate(64, 1));
    assert!((mean(after) - real).abs() < 0.5 * (mean(before) - real).abs());
}
