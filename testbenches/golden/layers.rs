//! The textbook definitions of the layers, and random designs to hold against them.

use super::designs::{NetworkBuilder, Random, design};
use memgan::config::*;

/// The products of every output element: `(input element, matrix row, matrix column, read)`. A read is one
/// application of an input vector to the array.
pub type Terms = Vec<Vec<(usize, usize, usize, usize)>>;

/// Which products make up every output element, from the definition of the layer.
pub fn terms(layer: &Layer) -> Terms {
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
                                let inputs =
                                    (0..i.channels).map(|ic| (position * i.channels + ic, ic, column, position));
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

pub fn random_design(random: &mut Random) -> Design {
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
