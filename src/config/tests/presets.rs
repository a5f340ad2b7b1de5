//! Shapes and sizes of the presets.

use super::super::{Design, PixelRange, Role, preset, presets};

/// The shapes of a network as text, first input to last output.
fn shapes(design: &Design, role: Role) -> String {
    let network = design.network(role).expect("the network");
    let mut text = network.input.to_string();
    for layer in &network.layers {
        text += &format!(" -> {}", layer.output);
    }
    text
}

fn weights(design: &Design) -> usize {
    let layers = design.networks.iter().flat_map(|network| &network.layers);
    layers.map(|layer| layer.matrix_rows() * layer.matrix_columns()).sum()
}

fn load(name: &str) -> Design {
    Design::load(name).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn every_preset_is_valid_and_named_after_itself() {
    for preset in presets() {
        let design = load(preset.name);
        assert_eq!(design.name, preset.name.replace('-', "_"));
        assert!(preset.text.starts_with("# "), "{} has no header", preset.name);
        for (index, layer) in design.networks[0].layers.iter().enumerate() {
            assert_eq!(layer.name, format!("{}_{index}", design.networks[0].role.name()));
        }
    }
    assert!(preset("Tiny").is_none());
}

#[test]
fn tiny() {
    let design = load("tiny");
    assert_eq!(shapes(&design, Role::Generator), "8 -> 4x4x4 -> 8x8x1");
    assert_eq!(shapes(&design, Role::Discriminator), "8x8x1 -> 4x4x4 -> 1");
    assert_eq!((design.crossbar.rows, design.crossbar.columns, design.crossbar.adcs()), (16, 16, 4));
    assert_eq!((design.lanes, weights(&design)), (4, 704));
}

#[test]
fn mnist_small() {
    let design = load("mnist-small");
    assert_eq!(shapes(&design, Role::Generator), "64 -> 7x7x32 -> 14x14x16 -> 28x28x1");
    assert_eq!(shapes(&design, Role::Discriminator), "28x28x1 -> 14x14x16 -> 7x7x32 -> 1");
    assert_eq!(design.pixel_range, PixelRange::Symmetric);
    assert_eq!((design.lanes, weights(&design)), (32, 118_816));
    let dropout: Vec<f64> = design.networks[1].layers.iter().map(|layer| layer.dropout).collect();
    assert_eq!(dropout, [102.0 / 256.0, 102.0 / 256.0, 0.0]);
}

#[test]
fn am_dcgan_has_the_published_number_of_devices() {
    let design = load("am-dcgan");
    assert_eq!(shapes(&design, Role::Generator), "100 -> 7x7x128 -> 14x14x64 -> 28x28x1");
    assert_eq!(shapes(&design, Role::Discriminator), "28x28x1 -> 14x14x16 -> 7x7x32 -> 1");
    assert_eq!(design.pixel_range, PixelRange::Unit);
    assert_eq!(weights(&design), 848_368);
    assert_eq!(2 * weights(&design), 1_696_736);
}

#[test]
fn classifiers() {
    assert_eq!(shapes(&load("mlp"), Role::Classifier), "28x28x1 -> 128 -> 10");
    assert_eq!(weights(&load("mlp")), 784 * 128 + 128 * 10);
    assert_eq!(shapes(&load("cnn"), Role::Classifier), "28x28x1 -> 14x14x8 -> 7x7x16 -> 10");
    assert_eq!(weights(&load("cnn")), 25 * 8 + 25 * 8 * 16 + 7 * 7 * 16 * 10);
}
