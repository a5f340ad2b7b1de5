//! The golden model against direct loops over the textbook definitions of the layers: nothing here reads the
//! schedule's windows or segments, and every rounding is written out again from its definition.

#[path = "golden_designs.rs"]
mod designs;

use designs::{design, random_mapping, NetworkBuilder, Random};
use memgan::config::*;
use memgan::device::{CellCode, LayerMap, Mapping, ProgramWord};
use memgan::golden::{map_weights, Calibration, FloatNetwork, Machine};
use memgan::numeric::lane_constants;
use memgan::schedule::Schedule;
use ndarray::Array2;
use std::collections::{BTreeMap, BTreeSet};

/// The products of every output element: `(input element, matrix row, matrix column, read)`. A read is one
/// application of an input vector to the array.
type Terms = Vec<Vec<(usize, usize, usize, usize)>>;

/// Which products make up every output element, from the definition of the layer.
fn terms(layer: &Layer) -> Terms {
    let (i, o) = (layer.input, layer.output);
    let mut terms = vec![vec![]; o.len()];
    match layer.op {
        LayerOp::Dense => {
            for (out, list) in terms.iter_mut().enumerate() {
                list.extend((0..i.len()).map(|x| (x, x, out, 0)));
            }
        }
        LayerOp::Conv { kernel, stride, padding } => {
            for oy in 0..o.height {
                for ox in 0..o.width {
                    for oc in 0..o.channels {
                        let list = &mut terms[(oy * o.width + ox) * o.channels + oc];
                        for ky in 0..kernel {
                            for kx in 0..kernel {
                                let y = (oy * stride + ky) as i64 - padding as i64;
                                let x = (ox * stride + kx) as i64 - padding as i64;
                                if y < 0 || x < 0 || y >= i.height as i64 || x >= i.width as i64 {
                                    continue;
                                }
                                for ic in 0..i.channels {
                                    let input = (y as usize * i.width + x as usize) * i.channels + ic;
                                    let row = (ky * kernel + kx) * i.channels + ic;
                                    list.push((input, row, oc, oy * o.width + ox));
                                }
                            }
                        }
                    }
                }
            }
        }
        LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
            for iy in 0..i.height {
                for ix in 0..i.width {
                    for ky in 0..kernel {
                        for kx in 0..kernel {
                            let y = (iy * stride + ky) as i64 - padding as i64;
                            let x = (ix * stride + kx) as i64 - padding as i64;
                            if y < 0 || x < 0 || y >= o.height as i64 || x >= o.width as i64 {
                                continue;
                            }
                            for oc in 0..o.channels {
                                let out = (y as usize * o.width + x as usize) * o.channels + oc;
                                let column = (ky * kernel + kx) * o.channels + oc;
                                let position = iy * i.width + ix;
                                let inputs = (0..i.channels).map(|ic| (position * i.channels + ic, ic, column, position));
                                terms[out].extend(inputs);
                            }
                        }
                    }
                }
            }
        }
    }
    terms
}

/// `v / 2^shift`, to the nearest integer, halves up.
fn rounded(v: i64, shift: u32) -> i64 {
    (2 * v + (1 << shift)).div_euclid(2 << shift)
}

fn activation_of(r: i64, activation: Activation) -> i64 {
    let clipped = r.clamp(-127, 127);
    let tanh = |r: i64| {
        let entry = (127.0 * (r.abs().min(255) as f64 / 64.0).tanh()).round() as i64;
        if r < 0 { -entry } else { entry }
    };
    match activation {
        Activation::Linear => clipped,
        Activation::Relu => clipped.max(0),
        Activation::LeakyRelu { shift } if clipped < 0 => rounded(clipped, shift),
        Activation::LeakyRelu { .. } => clipped,
        Activation::Tanh => tanh(r),
        Activation::Sigmoid => (128 + tanh(r)).div_euclid(2).min(127),
    }
}

/// One layer in integers: the products of one output that belong to one read and one row tile meet in one ADC.
fn integer_layer(layer: &Layer, map: &LayerMap, x: &[i8], tile_rows: usize, adc_bits: u32) -> Vec<i8> {
    let top = (1i64 << (adc_bits - 1)) - 1;
    let p = &map.parameters;
    let outputs = terms(layer).into_iter().enumerate().map(|(out, list)| {
        let mut dots = BTreeMap::new();
        for (input, row, column, position) in list {
            let product = i64::from(x[input]) * i64::from(map.levels[[row, column]]);
            *dots.entry((position, column, row / tile_rows)).or_insert(0i64) += product;
        }
        let sum: i64 = dots.values().map(|&dot| rounded(dot, p.gain).clamp(-top - 1, top)).sum();
        let bias = i64::from(p.bias[out % p.bias.len()]);
        activation_of(rounded(sum + bias, p.shift), layer.activation) as i8
    });
    outputs.collect()
}

/// The random streams, one lane at a time.
struct Streams(Vec<u32>);

impl Streams {
    fn seeded(seed: u32, lanes: usize) -> Self {
        let mut streams = Self(lane_constants(lanes).iter().map(|&c| if c == seed { c } else { c ^ seed }).collect());
        (0..8).for_each(|_| streams.step());
        streams
    }

    fn step(&mut self) {
        for s in &mut self.0 {
            *s ^= *s << 13;
            *s ^= *s >> 17;
            *s ^= *s << 5;
        }
    }

    fn each<'s>(&'s mut self, values: &'s mut [i8], change: impl Fn(u32, &mut i8)) {
        let lanes = self.0.len();
        for word in values.chunks_mut(lanes) {
            word.iter_mut().zip(&self.0).for_each(|(v, &s)| change(s, v));
            self.step();
        }
    }
}

fn latent(state: u32, distribution: LatentDistribution) -> i8 {
    let code = match distribution {
        LatentDistribution::Uniform => i32::from((state >> 24) as u8 as i8),
        LatentDistribution::Normal => (state.to_le_bytes().iter().map(|&b| i32::from(b)).sum::<i32>() - 508).div_euclid(4),
    };
    code.clamp(-127, 127) as i8
}

fn random_activation(random: &mut Random) -> Activation {
    let shift = random.size(1, 7) as u32;
    random.pick(&[
        Activation::Linear,
        Activation::Relu,
        Activation::LeakyRelu { shift },
        Activation::Tanh,
        Activation::Sigmoid,
    ])
}

fn random_conv(b: NetworkBuilder, random: &mut Random) -> NetworkBuilder {
    let side = b.shape().height.min(b.shape().width);
    let kernel = random.size(1, 5);
    let least = kernel.saturating_sub(side).div_ceil(2);
    let padding = random.size(least, (kernel - 1).max(least));
    let (channels, stride) = (random.size(1, 9), random.size(1, 3));
    let (activation, dropout) = (random_activation(random), random.pick(&[0.0, 0.25]));
    b.conv(channels, (kernel, stride, padding), activation, dropout)
}

fn random_conv_transpose(b: NetworkBuilder, random: &mut Random) -> NetworkBuilder {
    let (kernel, stride) = (random.size(1, 5), random.size(1, 3));
    let side = b.shape().height.min(b.shape().width);
    let extent = (side - 1) * stride + kernel;
    let padding = random.size(0, (kernel - 1).min((extent - 1) / 2));
    let output_padding = random.size(0, stride - 1);
    let (channels, activation) = (random.size(1, 9), random_activation(random));
    b.conv_transpose(channels, (kernel, stride, padding, output_padding), activation, random.pick(&[0.0, 0.25]))
}

fn random_network(role: Role, input: Shape, random: &mut Random) -> Network {
    let mut b = NetworkBuilder::new(role, input);
    if role == Role::Generator {
        let shape = Shape::new(random.size(1, 4), random.size(1, 4), random.size(1, 20));
        b = b.dense(shape, random_activation(random), 0.0);
    }
    for _ in 0..random.size(1, 2) {
        b = match (role, random.size(0, 3)) {
            (Role::Generator, 1..) | (_, 0) => random_conv_transpose(b, random),
            _ => random_conv(b, random),
        };
    }
    if role != Role::Generator {
        b = b.dense(Shape::vector(random.size(1, 5)), random_activation(random), 0.0);
    }
    b.build()
}

fn random_design(random: &mut Random) -> Design {
    let networks = if random.size(0, 1) == 0 {
        let generator = random_network(Role::Generator, Shape::vector(random.size(3, 40)), random);
        let discriminator = random_network(Role::Discriminator, generator.output(), random);
        vec![generator, discriminator]
    } else {
        let image = Shape::new(random.size(3, 9), random.size(3, 9), random.size(1, 11));
        vec![random_network(Role::Classifier, image, random)]
    };
    let (rows, columns) = (random.pick(&[4, 16, 32, 64]), random.pick(&[4, 8, 32]));
    let mut design = design(networks, rows, columns, random.pick(&[1, 2, 4]));
    design.crossbar.pair = random.pick(&[PairScheme::Differential, PairScheme::Reference]);
    design.device.levels = random.pick(&[2, 3, 16, 64, 128, 256]);
    design.converter.adc_bits = random.size(4, 12) as u32;
    design.lanes = random.pick(&[2, 4, 8, 16, 32, 64]).min(rows);
    design.latent = random.pick(&[LatentDistribution::Normal, LatentDistribution::Uniform]);
    design.dropout_at_inference = random.size(0, 1) == 1;
    design
}

#[test]
fn every_tensor_of_random_networks_equals_the_textbook() {
    let mut random = Random::new(1);
    let mut saturated = 0;
    for case in 0..300 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let mut machine = Machine::new(&schedule, &mapping);
        let seed = random.next();
        machine.seed(seed);
        let mut streams = Streams::seeded(seed, design.lanes);
        let mut maps = mapping.layers.iter();
        let mut image = vec![];
        for network in &design.networks {
            let mut x = match network.role {
                Role::Generator => {
                    machine.latents(Role::Generator);
                    let mut x = vec![0; network.input.len()];
                    streams.each(&mut x, |s, v| *v = latent(s, design.latent));
                    x
                }
                Role::Classifier => {
                    let x = random.codes(network.input.len());
                    machine.load(Role::Classifier, &x);
                    x
                }
                Role::Discriminator => std::mem::take(&mut image),
            };
            let program = schedule.program(network.role).unwrap();
            assert_eq!(machine.tensor(program.input), x, "case {case}: input");
            machine.run(network.role);
            for layer in &network.layers {
                let map = maps.next().unwrap();
                x = integer_layer(layer, map, &x, design.crossbar.rows, design.converter.adc_bits);
                if design.dropout_at_inference && layer.dropout > 0.0 {
                    let threshold = (layer.dropout * 256.0).round() as u32;
                    streams.each(&mut x, |s, v| if s >> 24 < threshold { *v = 0 });
                }
                let tensor = schedule.tensors.iter().position(|t| t.name == layer.name).unwrap();
                assert_eq!(machine.tensor(tensor), x, "case {case}: {layer:?} of {design:?}");
                saturated += x.iter().filter(|v| v.abs() == 127).count();
            }
            assert_eq!(machine.output(network.role), x, "case {case}");
            image = x;
        }
    }
    assert!(saturated > 0, "the cases must reach the ends of the range");
}

/// One layer in float, from the definition.
fn float_layer(layer: &Layer, matrix: &Array2<f32>, bias: &[f32], x: &[f64]) -> Vec<f64> {
    let outputs = terms(layer).into_iter().enumerate().map(|(out, list)| {
        let products = list.into_iter().map(|(i, row, column, _)| x[i] * f64::from(matrix[[row, column]]));
        let v = products.sum::<f64>() + f64::from(bias[out % bias.len()]);
        match layer.activation {
            Activation::Linear => v,
            Activation::Relu => v.max(0.0),
            Activation::LeakyRelu { shift } => if v < 0.0 { v * 0.5f64.powi(shift as i32) } else { v },
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

#[test]
fn cells_and_program_words_are_a_bijection_with_the_matrix() {
    let mut random = Random::new(3);
    for _ in 0..200 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let code = CellCode::new(&design);
        let crossbar = &design.crossbar;
        let mut used_tiles = BTreeSet::new();
        for (index, (bank, map)) in schedule.banks.iter().zip(&mapping.layers).enumerate() {
            let mut places = BTreeMap::new();
            for i in 0..bank.matrix_rows {
                for j in 0..bank.matrix_columns {
                    let cell = bank.cell(i, j);
                    let line = bank.bit_line(cell);
                    assert!(cell.row < crossbar.rows && line < crossbar.columns && cell.group < bank.groups);
                    assert!((bank.first_tile..bank.first_tile + bank.tiles()).contains(&cell.tile));
                    assert!(places.insert((cell.tile, cell.row, line), (i, j)).is_none(), "two weights in a cell");
                    used_tiles.insert(cell.tile);
                }
            }
            let mut written = BTreeSet::new();
            let mut levels = Array2::from_elem(map.levels.dim(), i16::MIN);
            for word in ProgramWord::of_layer(&schedule, index, &map.levels) {
                assert_eq!(word.cells.len(), crossbar.adcs());
                for (adc, &data) in word.cells.iter().enumerate() {
                    assert!(data < 1 << code.bits());
                    let place = (word.tile, word.row, adc * crossbar.columns_per_adc + word.group);
                    assert!(written.insert(place), "a cell is written twice");
                    match places.get(&place) {
                        Some(&(i, j)) => levels[[i, j]] = code.decode(data) as i16,
                        None => assert_eq!(code.decode(data), 0),
                    }
                }
            }
            assert_eq!(levels, map.levels);
        }
        assert_eq!(used_tiles.len(), schedule.tiles(), "a tile without a weight");
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
