//! A small design and a good file for it.

use super::seeded::SplitMix64;
use super::{Weights, WeightsError};
use crate::config::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

/// Name, element type, shape and bytes.
pub(super) type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn layer(name: &str, op: LayerOp, activation: Activation, input: Shape, output: Shape) -> Layer {
    Layer { name: name.into(), op, activation, dropout: 0.0, input, output }
}

/// A small GAN with all three kinds of layer.
pub(super) fn design() -> Design {
    let map = Shape::new(4, 4, 3);
    let image = Shape::new(8, 8, 1);
    let double = LayerOp::ConvTranspose { kernel: 4, stride: 2, padding: 1, output_padding: 0 };
    let halve = LayerOp::Conv { kernel: 4, stride: 2, padding: 1 };
    let generator = vec![
        layer("generator_0", LayerOp::Dense, Activation::Relu, Shape::vector(6), map),
        layer("generator_1", double, Activation::Tanh, map, image),
    ];
    let discriminator = vec![
        layer("discriminator_0", halve, Activation::LeakyRelu { shift: 3 }, image, map),
        layer("discriminator_1", LayerOp::Dense, Activation::Linear, map, Shape::vector(1)),
    ];
    Design {
        name: "small".into(),
        networks: vec![
            Network { role: Role::Generator, input: Shape::vector(6), layers: generator },
            Network { role: Role::Discriminator, input: image, layers: discriminator },
        ],
        image,
        pixel_range: PixelRange::Symmetric,
        latent: LatentDistribution::Normal,
        dropout_at_inference: false,
        crossbar: Crossbar {
            rows: 16,
            columns: 16,
            columns_per_adc: 4,
            rows_per_adc: 4,
            pair: PairScheme::Differential,
        },
        device: Device {
            r_on_ohm: 1e4,
            r_off_ohm: 1e6,
            levels: 64,
            threshold_v: 1.0,
            write_v: 2.0,
            read_v: 0.2,
            pulse_ns: 100.0,
            model: None,
        },
        converter: Converter {
            dac_bits: 8,
            adc_bits: 8,
            signed_input: SignedInput::Dac,
            settle_cycles: 1,
            sample_cycles: 1,
            conversion_cycles: 2,
            trim_bits: 0,
        },
        clock_mhz: 100.0,
        training: None,
        lanes: 8,
    }
}

pub(super) fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The tensors of a good file, in order of name: discriminator 0, 1, generator 0, 1; bias before
/// weight.
pub(super) fn tensors() -> Vec<Tensor> {
    let shapes: [(&str, &[usize]); 8] = [
        ("discriminator.0.bias", &[3]),
        ("discriminator.0.weight", &[3, 1, 4, 4]),
        ("discriminator.1.bias", &[1]),
        ("discriminator.1.weight", &[1, 48]),
        ("generator.0.bias", &[48]),
        ("generator.0.weight", &[48, 6]),
        ("generator.1.bias", &[1]),
        ("generator.1.weight", &[3, 1, 4, 4]),
    ];
    let mut source = SplitMix64::new(3);
    shapes
        .map(|(name, shape)| {
            let values: Vec<f32> = (0..shape.iter().product()).map(|_| source.uniform(-1.0, 1.0) as f32).collect();
            (name.into(), Dtype::F32, shape.to_vec(), bytes(&values))
        })
        .into()
}

pub(super) fn pack(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors
        .iter()
        .map(|(name, dtype, shape, data)| (name.as_str(), TensorView::new(*dtype, shape.clone(), data).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

pub(super) fn parse(tensors: &[Tensor]) -> Result<Weights, WeightsError> {
    Weights::parse(&design(), &pack(tensors), "w.safetensors")
}
