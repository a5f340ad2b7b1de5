//! Weight files: round trips, and each way in which a file can be wrong.

use super::seeded::{SplitMix64, bound};
use super::{Weights, WeightsError};
use crate::config::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::path::Path;

type Tensor = (String, Dtype, Vec<usize>, Vec<u8>);

fn layer(name: &str, op: LayerOp, activation: Activation, input: Shape, output: Shape) -> Layer {
    Layer {
        name: name.into(),
        op,
        activation,
        dropout: 0.0,
        input,
        output,
    }
}

/// A small GAN with all three kinds of layer.
fn design() -> Design {
    let map = Shape::new(4, 4, 3);
    let image = Shape::new(8, 8, 1);
    let double = LayerOp::ConvTranspose {
        kernel: 4,
        stride: 2,
        padding: 1,
        output_padding: 0,
    };
    let halve = LayerOp::Conv {
        kernel: 4,
        stride: 2,
        padding: 1,
    };
    let generator = vec![
        layer(
            "generator_0",
            LayerOp::Dense,
            Activation::Relu,
            Shape::vector(6),
            map,
        ),
        layer("generator_1", double, Activation::Tanh, map, image),
    ];
    let discriminator = vec![
        layer(
            "discriminator_0",
            halve,
            Activation::LeakyRelu { shift: 3 },
            image,
            map,
        ),
        layer(
            "discriminator_1",
            LayerOp::Dense,
            Activation::Linear,
            map,
            Shape::vector(1),
        ),
    ];
    Design {
        name: "small".into(),
        networks: vec![
            Network {
                role: Role::Generator,
                input: Shape::vector(6),
                layers: generator,
            },
            Network {
                role: Role::Discriminator,
                input: image,
                layers: discriminator,
            },
        ],
        image,
        pixel_range: PixelRange::Symmetric,
        latent: LatentDistribution::Normal,
        dropout_at_inference: false,
        crossbar: Crossbar {
            rows: 16,
            columns: 16,
            columns_per_adc: 4,
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
        },
        converter: Converter {
            dac_bits: 8,
            adc_bits: 8,
            signed_input: SignedInput::Dac,
            settle_cycles: 1,
            sample_cycles: 1,
            conversion_cycles: 2,
        },
        clock_mhz: 100.0,
        lanes: 8,
    }
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}

/// The tensors of a good file, in order of name: discriminator 0, 1, generator 0, 1; bias before weight.
fn tensors() -> Vec<Tensor> {
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
            let values: Vec<f32> = (0..shape.iter().product())
                .map(|_| source.uniform(-1.0, 1.0) as f32)
                .collect();
            (name.into(), Dtype::F32, shape.to_vec(), bytes(&values))
        })
        .into()
}

fn pack(tensors: &[Tensor]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (
            name.as_str(),
            TensorView::new(*dtype, shape.clone(), data).unwrap(),
        )
    });
    safetensors::serialize(views, None).unwrap()
}

fn parse(tensors: &[Tensor]) -> Result<Weights, WeightsError> {
    Weights::parse(&design(), &pack(tensors), "w.safetensors")
}

/// The error after `change` names the file, says all of `wanted` and has a way out.
fn refused(change: impl FnOnce(&mut Vec<Tensor>), wanted: &[&str]) -> WeightsError {
    let mut tensors = tensors();
    change(&mut tensors);
    let error = parse(&tensors).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("w.safetensors: ") && error.help().len() > 20,
        "{text}"
    );
    wanted
        .iter()
        .for_each(|part| assert!(text.contains(part), "{text} / {part}"));
    error
}

#[test]
fn saved_weights_load_to_the_same_bits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w.safetensors");
    let mut weights = Weights::seeded(&design(), 42);
    weights.networks[0].layers[1].bias[0] = -0.0;
    weights.networks[1].layers[0].bias[2] = f32::MIN_POSITIVE / 8.0;
    weights.networks[0].layers[0]
        .bias
        .iter_mut()
        .zip(0..)
        .for_each(|(b, i)| *b = i as f32);
    weights.save(&design(), &path).unwrap();
    let loaded = Weights::load(&design(), &path).unwrap();
    for (a, b) in weights.networks.iter().zip(&loaded.networks) {
        assert_eq!(a.role, b.role);
        for (a, b) in a.layers.iter().zip(&b.layers) {
            assert!(
                a.matrix
                    .iter()
                    .zip(&b.matrix)
                    .all(|(x, y)| x.to_bits() == y.to_bits())
            );
            assert!(
                a.bias
                    .iter()
                    .zip(&b.bias)
                    .all(|(x, y)| x.to_bits() == y.to_bits())
            );
        }
    }
    let first = std::fs::read(&path).unwrap();
    loaded.save(&design(), &path).unwrap();
    assert_eq!(
        std::fs::read(&path).unwrap(),
        first,
        "the bytes depend on the weights only"
    );
}

#[test]
fn a_file_of_pytorch_is_permuted() {
    let weights = parse(&tensors()).unwrap();
    let generator = weights.network(Role::Generator).unwrap();
    assert_eq!(generator.layers[0].matrix.dim(), (6, 48));
    assert_eq!(generator.layers[1].matrix.dim(), (3, 16));
    // Channel 2 of pixel (1, 3) is element 2*16 + 1*4 + 3 in PyTorch and (1*4 + 3)*3 + 2 here.
    let bias = &tensors()[4].3;
    let value = f32::from_le_bytes(bias[39 * 4..40 * 4].try_into().unwrap());
    assert_eq!(generator.layers[0].bias[23], value);
}

#[test]
fn sequential_gaps_and_missing_biases() {
    let mut gaps = tensors();
    for tensor in &mut gaps {
        tensor.0 = tensor
            .0
            .replace("or.1.", "or.10.")
            .replace("generator.0.", "generator.2.");
    }
    assert_eq!(parse(&gaps).unwrap(), parse(&tensors()).unwrap());
    let bare: Vec<Tensor> = tensors()
        .into_iter()
        .filter(|t| t.0.ends_with("weight"))
        .collect();
    let (bare, full) = (parse(&bare).unwrap(), parse(&tensors()).unwrap());
    assert!(
        bare.networks
            .iter()
            .flat_map(|n| &n.layers)
            .all(|l| l.bias.iter().all(|&b| b == 0.0))
    );
    assert_eq!(
        bare.networks[0].layers[0].matrix,
        full.networks[0].layers[0].matrix
    );
}

#[test]
fn narrow_and_wide_floats() {
    for (dtype, one) in [
        (Dtype::F16, vec![0, 0x3c]),
        (Dtype::BF16, vec![0x80, 0x3f]),
        (Dtype::F64, 1f64.to_le_bytes().to_vec()),
    ] {
        let mut tensors = tensors();
        (tensors[3].1, tensors[3].3) = (dtype, one.repeat(48));
        let weights = parse(&tensors).unwrap();
        assert!(
            weights.networks[1].layers[1]
                .matrix
                .iter()
                .all(|&w| w == 1.0),
            "{dtype:?}"
        );
    }
}

#[test]
fn missing_tensors() {
    let parts = [
        "1 of 2 weights of the generator",
        "`generator.1.weight` is missing",
        "without use are generator.1.bias",
    ];
    assert!(matches!(
        refused(|t| drop(t.pop()), &parts),
        WeightsError::Missing { .. }
    ));
    let rename = |t: &mut Vec<Tensor>| {
        t[4..]
            .iter_mut()
            .for_each(|t| t.0 = t.0.replace("generator", "gen"))
    };
    refused(
        rename,
        &[
            "0 of 2",
            "`generator.0.weight` is missing",
            "gen.1.bias, gen.1.weight",
        ],
    );
    refused(
        |t| drop(t.drain(4..6)),
        &["`generator.0.weight` is missing", "(generator.1.weight)"],
    );
    refused(
        |t| drop(t.drain(..4)),
        &["0 of 2 weights of the discriminator", "(none)"],
    );
}

#[test]
fn extra_tensors() {
    let extra = |name: &str| {
        let name = name.to_owned();
        move |t: &mut Vec<Tensor>| t.push((name, Dtype::F32, vec![1], bytes(&[0.0])))
    };
    for name in [
        "generator.2.weight",
        "generator.5.bias",
        "classifier.0.weight",
        "generator.1.running_mean",
        "generator.00.weight",
        "epoch",
        "generator.weight",
    ] {
        let error = refused(extra(name), &["no use for", name]);
        assert!(matches!(error, WeightsError::Extra { tensors, .. } if tensors == [name]));
    }
}

#[test]
fn other_shapes() {
    let set = |index: usize, shape: &[usize]| {
        let shape = shape.to_vec();
        move |t: &mut Vec<Tensor>| {
            t[index].3 = bytes(&vec![0.5; shape.iter().product()]);
            t[index].2 = shape;
        }
    };
    refused(
        set(1, &[3, 1, 3, 3]),
        &[
            "`discriminator.0.weight`",
            "`discriminator_0`",
            "[3, 1, 3, 3]",
            "[3, 1, 4, 4]",
        ],
    );
    refused(
        set(5, &[6, 48]),
        &["`generator.0.weight`", "[6, 48]", "[48, 6]"],
    );
    refused(set(6, &[2]), &["`generator.1.bias`", "[2]", "[1]"]);
    refused(
        set(7, &[1, 3, 4, 4]),
        &["`generator.1.weight`", "[3, 1, 4, 4]"],
    );
    refused(set(4, &[]), &["`generator.0.bias`", "is []"]);
}

#[test]
fn other_element_types() {
    let change = |t: &mut Vec<Tensor>| (t[2].1, t[2].3) = (Dtype::I32, vec![0; 4]);
    refused(
        change,
        &["`discriminator.1.bias`", "I32", "F32, F16, BF16 and F64"],
    );
}

#[test]
fn values_that_are_not_finite() {
    for (value, text) in [
        (f32::NAN, "NaN"),
        (f32::INFINITY, "inf"),
        (f32::NEG_INFINITY, "-inf"),
    ] {
        let change =
            |t: &mut Vec<Tensor>| t[7].3[(16 + 9) * 4..][..4].copy_from_slice(&value.to_le_bytes());
        refused(change, &["`generator.1.weight`", text, "at [1, 0, 2, 1]"]);
    }
    let change =
        |t: &mut Vec<Tensor>| (t[2].1, t[2].3) = (Dtype::F64, 1e300f64.to_le_bytes().to_vec());
    refused(change, &["`discriminator.1.bias`", "inf at [0]"]);
}

#[test]
fn what_cannot_be_saved() {
    let path = Path::new("nowhere/w.safetensors");
    let save = |change: fn(&mut Weights)| {
        let mut weights = Weights::zeros(&design());
        change(&mut weights);
        weights.save(&design(), path).unwrap_err()
    };
    assert!(matches!(save(|_| ()), WeightsError::Write(_)));
    assert!(matches!(
        save(|w| w.networks[0].layers[0].matrix[[1, 2]] = f32::NAN),
        WeightsError::NotFinite { .. }
    ));
    assert!(matches!(
        save(|w| drop(w.networks[0].layers.pop())),
        WeightsError::Missing { .. }
    ));
    assert!(matches!(
        save(|w| w.networks[0].layers.swap(0, 1)),
        WeightsError::Shape { .. }
    ));
}

/// Cuts and changes of the bytes: an error or weights of the right sizes, never a panic.
#[test]
fn damaged_files() {
    let good = pack(&tensors());
    for length in 0..good.len() {
        let error = Weights::parse(&design(), &good[..length], "w").unwrap_err();
        assert!(
            matches!(error, WeightsError::Format { .. }),
            "{length}: {error}"
        );
    }
    assert!(
        Weights::parse(&design(), &[&good[..], &[0]].concat(), "w").is_err(),
        "trailing byte"
    );
    let mut random = SplitMix64::new(9);
    let header = 8 + usize::from(good[0]) + 256 * usize::from(good[1]);
    for _ in 0..4_000 {
        let mut bytes = good.clone();
        for _ in 0..=random.next_u64() % 3 {
            let place = random.next_u64() as usize % header;
            bytes[place] = random.next_u64() as u8;
        }
        let _ = Weights::parse(&design(), &bytes, "w");
    }
    let error = Weights::load(&design(), Path::new("nowhere/w")).unwrap_err();
    assert!(
        error.to_string().starts_with("nowhere/w: cannot be read"),
        "{error}"
    );
}

#[test]
fn seeded_weights_are_he_uniform_and_stable() {
    let (design, weights) = (design(), Weights::seeded(&design(), 1));
    assert_eq!(weights, Weights::seeded(&design, 1));
    assert_ne!(weights, Weights::seeded(&design, 2));
    for (network, weights) in design.networks.iter().zip(&weights.networks) {
        for (layer, weights) in network.layers.iter().zip(&weights.layers) {
            let (bound, count) = (bound(layer), weights.matrix.len() as f32);
            assert!(
                weights.matrix.iter().all(|w| w.abs() <= bound)
                    && weights.bias.iter().all(|&b| b == 0.0)
            );
            let power = weights.matrix.iter().map(|w| w * w).sum::<f32>() / count;
            let ratio = power / (bound * bound / 3.0);
            assert!((0.6..1.4).contains(&ratio), "{} {ratio}", layer.name);
        }
    }
    let of = |network: usize, index: usize| bound(&design.networks[network].layers[index]);
    assert_eq!(of(0, 0), 1.0, "sqrt(2 * 3 / 6)");
    assert_eq!(of(1, 1), 0.25, "sqrt(3 / 48)");
    // Weights of other layers stay when one layer is resized.
    let mut wider = design.clone();
    wider.networks[0].layers[0].input = Shape::vector(7);
    assert_eq!(Weights::seeded(&wider, 1).networks[1], weights.networks[1]);
    assert_eq!(
        Weights::seeded(&wider, 1).networks[0].layers[1],
        weights.networks[0].layers[1]
    );
}

/// Reference outputs of the published generator for seed 1234567.
#[test]
fn splitmix64_is_the_published_generator() {
    let mut random = SplitMix64::new(1_234_567);
    let wanted = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
    ];
    assert_eq!([(); 4].map(|()| random.next_u64()), wanted);
    assert_ne!(SplitMix64::stream(1, 2), SplitMix64::stream(2, 1));
}
