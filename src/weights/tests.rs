//! Weight files and seeded weights that are right.

use super::Weights;
use super::fixture::{Tensor, design, parse, tensors};
use super::seeded::{SplitMix64, bound};
use crate::config::{Role, Shape};
use safetensors::Dtype;

#[test]
fn saved_weights_load_to_the_same_bits() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w.safetensors");
    let mut weights = Weights::seeded(&design(), 42);
    weights.networks[0].layers[1].bias[0] = -0.0;
    weights.networks[1].layers[0].bias[2] = f32::MIN_POSITIVE / 8.0;
    weights.networks[0].layers[0].bias.iter_mut().zip(0..).for_each(|(b, i)| *b = i as f32);
    weights.save(&design(), &path).unwrap();
    let loaded = Weights::load(&design(), &path).unwrap();
    for (a, b) in weights.networks.iter().zip(&loaded.networks) {
        assert_eq!(a.role, b.role);
        for (a, b) in a.layers.iter().zip(&b.layers) {
            assert!(a.matrix.iter().zip(&b.matrix).all(|(x, y)| x.to_bits() == y.to_bits()));
            assert!(a.bias.iter().zip(&b.bias).all(|(x, y)| x.to_bits() == y.to_bits()));
        }
    }
    let first = std::fs::read(&path).unwrap();
    loaded.save(&design(), &path).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), first, "the bytes depend on the weights only");
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
        tensor.0 = tensor.0.replace("or.1.", "or.10.").replace("generator.0.", "generator.2.");
    }
    assert_eq!(parse(&gaps).unwrap(), parse(&tensors()).unwrap());
    let bare: Vec<Tensor> = tensors().into_iter().filter(|t| t.0.ends_with("weight")).collect();
    let (bare, full) = (parse(&bare).unwrap(), parse(&tensors()).unwrap());
    assert!(bare.networks.iter().flat_map(|n| &n.layers).all(|l| l.bias.iter().all(|&b| b == 0.0)));
    assert_eq!(bare.networks[0].layers[0].matrix, full.networks[0].layers[0].matrix);
}

#[test]
fn narrow_and_wide_floats() {
    for (dtype, one) in
        [(Dtype::F16, vec![0, 0x3c]), (Dtype::BF16, vec![0x80, 0x3f]), (Dtype::F64, 1f64.to_le_bytes().to_vec())]
    {
        let mut tensors = tensors();
        (tensors[3].1, tensors[3].3) = (dtype, one.repeat(48));
        let weights = parse(&tensors).unwrap();
        assert!(weights.networks[1].layers[1].matrix.iter().all(|&w| w == 1.0), "{dtype:?}");
    }
}

#[test]
fn seeded_weights_are_he_uniform_and_stable() {
    let (design, weights) = (design(), Weights::seeded(&design(), 1));
    assert_eq!(weights, Weights::seeded(&design, 1));
    assert_ne!(weights, Weights::seeded(&design, 2));
    for (network, weights) in design.networks.iter().zip(&weights.networks) {
        for (layer, weights) in network.layers.iter().zip(&weights.layers) {
            let (bound, count) = (bound(layer), weights.matrix.len() as f32);
            assert!(weights.matrix.iter().all(|w| w.abs() <= bound) && weights.bias.iter().all(|&b| b == 0.0));
            let power = weights.matrix.iter().map(|w| w * w).sum::<f32>() / count;
            let ratio = power / (bound * bound / 3.0);
            assert!((0.6..1.4).contains(&ratio), "{} {ratio}", layer.name);
        }
    }
    let of = |network: usize, index: usize| bound(&design.networks[network].layers[index]);
    assert_eq!(of(0, 0), 1.0, "sqrt(2 * 3 / 6)");
    assert_eq!(of(1, 1), 0.25, "sqrt(3 / 48)");
    // Each layer has its own stream: first values that are one multiple of the bound would be equal.
    let first = |n: usize, l: usize| weights.networks[n].layers[l].matrix[[0, 0]] / of(n, l);
    let firsts = [first(0, 0), first(0, 1), first(1, 0), first(1, 1)];
    let apart = |i: usize| firsts[..i].iter().all(|f| (f - firsts[i]).abs() > 1e-4);
    assert!((1..4).all(apart), "{firsts:?}");
    // Weights of other layers stay when one layer is resized.
    let mut wider = design.clone();
    wider.networks[0].layers[0].input = Shape::vector(7);
    assert_eq!(Weights::seeded(&wider, 1).networks[1], weights.networks[1]);
    assert_eq!(Weights::seeded(&wider, 1).networks[0].layers[1], weights.networks[0].layers[1]);
}

/// Reference outputs of the published generator for seed 1234567.
#[test]
fn splitmix64_is_the_published_generator() {
    let mut random = SplitMix64::new(1_234_567);
    let wanted =
        [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431];
    assert_eq!([(); 4].map(|()| random.next_u64()), wanted);
    assert_ne!(SplitMix64::stream(1, 2), SplitMix64::stream(2, 1));
}
