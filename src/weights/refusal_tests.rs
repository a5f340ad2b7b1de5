//! Each way in which a weight file can be wrong.

use super::fixture::{Tensor, bytes, design, pack, parse, tensors};
use super::seeded::SplitMix64;
use super::{Weights, WeightsError};
use safetensors::Dtype;
use std::path::Path;

/// The error after `change` names the file, says all of `wanted` and has a way out.
fn refused(change: impl FnOnce(&mut Vec<Tensor>), wanted: &[&str]) -> WeightsError {
    let mut tensors = tensors();
    change(&mut tensors);
    let error = parse(&tensors).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("w.safetensors: ") && error.help().len() > 20, "{text}");
    wanted.iter().for_each(|part| assert!(text.contains(part), "{text} / {part}"));
    error
}

#[test]
fn missing_tensors() {
    let parts =
        ["1 of 2 weights of the generator", "`generator.1.weight` is missing", "without use are generator.1.bias"];
    assert!(matches!(refused(|t| drop(t.pop()), &parts), WeightsError::Missing { .. }));
    let rename = |t: &mut Vec<Tensor>| t[4..].iter_mut().for_each(|t| t.0 = t.0.replace("generator", "gen"));
    refused(rename, &["0 of 2", "`generator.0.weight` is missing", "gen.1.bias, gen.1.weight"]);
    refused(|t| drop(t.drain(4..6)), &["`generator.0.weight` is missing", "(generator.1.weight)"]);
    refused(|t| drop(t.drain(..4)), &["0 of 2 weights of the discriminator", "(none)"]);
    // Another spelling of an index is no name of a weight.
    let respell = |t: &mut Vec<Tensor>| t[5].0 = "generator.00.weight".into();
    refused(respell, &["`generator.0.weight` is missing", "generator.00.weight"]);
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
    refused(set(1, &[3, 1, 3, 3]), &["`discriminator.0.weight`", "`discriminator_0`", "[3, 1, 3, 3]", "[3, 1, 4, 4]"]);
    refused(set(5, &[6, 48]), &["`generator.0.weight`", "[6, 48]", "[48, 6]"]);
    refused(set(6, &[2]), &["`generator.1.bias`", "[2]", "[1]"]);
    refused(set(7, &[1, 3, 4, 4]), &["`generator.1.weight`", "[3, 1, 4, 4]"]);
    refused(set(4, &[]), &["`generator.0.bias`", "is []"]);
}

#[test]
fn other_element_types() {
    let change = |t: &mut Vec<Tensor>| (t[2].1, t[2].3) = (Dtype::I32, vec![0; 4]);
    refused(change, &["`discriminator.1.bias`", "I32", "F32, F16, BF16 and F64"]);
}

#[test]
fn values_that_are_not_finite() {
    for (value, text) in [(f32::NAN, "NaN"), (f32::INFINITY, "inf"), (f32::NEG_INFINITY, "-inf")] {
        let change = |t: &mut Vec<Tensor>| t[7].3[(16 + 9) * 4..][..4].copy_from_slice(&value.to_le_bytes());
        refused(change, &["`generator.1.weight`", text, "at [1, 0, 2, 1]"]);
    }
    let change = |t: &mut Vec<Tensor>| (t[2].1, t[2].3) = (Dtype::F64, 1e300f64.to_le_bytes().to_vec());
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
    assert!(matches!(save(|w| w.networks[0].layers[0].matrix[[1, 2]] = f32::NAN), WeightsError::NotFinite { .. }));
    assert!(matches!(save(|w| drop(w.networks[0].layers.pop())), WeightsError::Missing { .. }));
    assert!(matches!(save(|w| w.networks[0].layers.swap(0, 1)), WeightsError::Shape { .. }));
}

/// Cuts and changes of the bytes: an error or weights of the right sizes, never a panic.
#[test]
fn damaged_files() {
    let good = pack(&tensors());
    for length in 0..good.len() {
        let error = Weights::parse(&design(), &good[..length], "w").unwrap_err();
        assert!(matches!(error, WeightsError::Format { .. }), "{length}: {error}");
    }
    assert!(Weights::parse(&design(), &[&good[..], &[0]].concat(), "w").is_err(), "trailing byte");
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
    assert!(error.to_string().starts_with("nowhere/w: cannot be read"), "{error}");
}
