//! Descriptions that come with the program.

/// A description that comes with the program.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// What [`Design::load`](super::Design::load) and the command line know it by.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The TOML text, with comments.
    pub text: &'static str,
}

const PRESETS: [Preset; 5] = [
    Preset {
        name: "tiny",
        summary: "8x8 images on 16x16 tiles: every kind of layer, small enough to read the Verilog",
        text: include_str!("presets/tiny.toml"),
    },
    Preset {
        name: "mnist-small",
        summary: "MNIST-sized GAN with kernels of 4 and dropout in the discriminator",
        text: include_str!("presets/mnist-small.toml"),
    },
    Preset {
        name: "am-dcgan",
        summary: "DCGAN of 848,368 weights, our reading of the published 1.7 million devices",
        text: include_str!("presets/am-dcgan.toml"),
    },
    Preset {
        name: "mlp",
        summary: "classifier of two dense layers, 784-128-10",
        text: include_str!("presets/mlp.toml"),
    },
    Preset { name: "cnn", summary: "convolutional classifier of ten classes", text: include_str!("presets/cnn.toml") },
];

/// Every preset, smallest GAN first, then classifiers.
pub fn presets() -> &'static [Preset] {
    &PRESETS
}

/// The preset of this name.
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}
