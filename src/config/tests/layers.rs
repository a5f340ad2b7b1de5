//! Faults of layers, and the shapes that layers have.

use super::super::ProblemKind::Inconsistent;
use super::super::{Activation, LayerOp, PixelRange, Role, Shape};
use super::{Expected, design, expect, fault};

#[test]
fn layers_whose_shape_does_not_follow() {
    // (edits, line, key, value, allowed, help)
    type Case = (&'static [(usize, &'static str)], usize, &'static str, &'static str, &'static str, &'static str);
    let cases: &[Case] = &[
        (&[(23, "kernel = 11")], 23, "discriminator[0].kernel", "11", "an integer from 1 to 10", "lower the kernel"),
        (&[(25, "padding = 4")], 25, "discriminator[0].padding", "4", "an integer from 0 to 3", "nothing of the image"),
        (&[(17, "padding = 4")], 17, "generator[1].padding", "4", "an integer from 0 to 3", "nothing of the image"),
        (
            &[(17, "padding = 1\noutput_padding = 2")],
            18,
            "generator[1].output_padding",
            "2",
            "an integer from 0 to 1",
            "output sizes",
        ),
        (
            &[(9, "outputs = 4"), (17, "padding = 3")],
            17,
            "generator[1].padding",
            "3",
            "an integer from 0 to 1",
            "raise the kernel",
        ),
        (
            &[(9, "outputs = 4"), (17, "padding = 2")],
            17,
            "generator[1].padding",
            "2",
            "an integer from 0 to 1",
            "raise the kernel",
        ),
        (
            &[(9, "outputs = [1024, 4, 1]")],
            16,
            "generator[1].stride",
            "2",
            "a value that gives at most 1024x1024",
            "lower the stride",
        ),
        (
            &[
                (29, "[[discriminator]]\ntype = \"dense\"\noutputs = 9\nactivation = \"relu\"\n[[discriminator]]"),
                (30, "type = \"conv\"\nchannels = 1\nstride = 1"),
                (31, "kernel = 3"),
            ],
            37,
            "discriminator[2].kernel",
            "3",
            "an integer from 1 to 1",
            "[height, width, channels]",
        ),
        (&[(16, "stride = 1")], 14, "generator[1].channels", "1", "the image, 8x8x1", "8 -> 4x4x4 -> 5x5x1"),
        (&[(14, "channels = 2")], 14, "generator[1].channels", "2", "the image, 8x8x1", "8 -> 4x4x4 -> 8x8x2"),
        (&[(31, "outputs = 2")], 31, "discriminator[1].outputs", "2", "one value", "8x8x1 -> 4x4x4 -> 2"),
        (
            &[(9, "outputs = [1024, 1024, 5]")],
            9,
            "generator[0].outputs",
            "[1024, 1024, 5]",
            "a feature map of at most 4194304 values",
            "fewer channels",
        ),
        (
            &[(4, "latent = 4096"), (9, "outputs = [128, 128, 4]")],
            9,
            "generator[0].outputs",
            "[128, 128, 4]",
            "at most 67108864 weights in all",
            "fewer channels",
        ),
        (
            &[(5, "image = [1024, 1024, 5]")],
            5,
            "gan.image",
            "[1024, 1024, 5]",
            "at most 4194304 values",
            "smaller image",
        ),
    ];
    for &(edits, line, key, value, allowed, help) in cases {
        expect(edits, Expected { kind: Inconsistent, line, key, value: Some(value), allowed, help });
    }
}

#[test]
fn activations_and_dropout_in_wrong_places() {
    let slope_only = "given with activation = \"leaky_relu\" only";
    let generator_end = "one of \"sigmoid\", \"tanh\"";
    let discriminator_end = "one of \"sigmoid\", \"linear\"";
    let steps = "0, or a number from 0.00390625 to 0.99609375";
    // (line, text, reported line, key, value, allowed)
    let cases = [
        (10, "activation = \"relu\"\nslope = 0.5", 11, "generator[0].slope", "0.5", slope_only),
        (18, "activation = \"relu\"", 18, "generator[1].activation", "\"relu\"", generator_end),
        (32, "activation = \"tanh\"", 32, "discriminator[1].activation", "\"tanh\"", discriminator_end),
        (27, "dropout = 0.0019", 27, "discriminator[0].dropout", "0.0019", steps),
        (32, "activation = \"sigmoid\"\ndropout = 0.5", 33, "discriminator[1].dropout", "0.5", "0"),
        (18, "activation = \"sigmoid\"\ndropout = 0.5", 19, "generator[1].dropout", "0.5", "0"),
        (5, "image = [8, 8, 1]\npixel_range = \"symmetric\"", 6, "gan.pixel_range", "\"symmetric\"", "\"unit\""),
    ];
    for (line, text, at, key, value, allowed) in cases {
        expect(&[(line, text)], Expected { kind: Inconsistent, line: at, key, value: Some(value), allowed, help: "" });
    }
}

/// A classifier in place of the pair of networks, with what its last layer yields.
fn classifier(outputs: &str, activation: &str) -> Vec<(usize, String)> {
    let mut edits: Vec<(usize, String)> = (3..=32).map(|line| (line, String::new())).collect();
    edits[0].1 = "[classifier]\nimage = [8, 8, 1]".into();
    edits[4].1 = format!("[[layers]]\ntype = \"dense\"\noutputs = {outputs}\nactivation = \"{activation}\"");
    edits
}

fn borrowed(edits: &[(usize, String)]) -> Vec<(usize, &str)> {
    edits.iter().map(|(line, text)| (*line, text.as_str())).collect()
}

#[test]
fn classifiers_have_classes() {
    let wanted = "2 to 1024 values, one a class";
    for outputs in ["1", "1025"] {
        let edits = classifier(outputs, "linear");
        let (key, value) = ("layers[0].outputs", Some(outputs));
        let expected = Expected { kind: Inconsistent, line: 10, key, value, allowed: wanted, help: "8x8x1 ->" };
        expect(&borrowed(&edits), expected);
    }
    let found = fault(&borrowed(&classifier("10", "relu")));
    assert_eq!((found.kind, found.key.as_str()), (Inconsistent, "layers[0].activation"));

    let design = design(&borrowed(&classifier("[1, 2, 5]", "linear")));
    let network = design.network(Role::Classifier).unwrap();
    assert_eq!((network.output(), network.layers[0].name.as_str()), (Shape::new(1, 2, 5), "classifier_0"));
}

#[test]
fn a_description_holds_one_kind_of_network() {
    let (value, allowed) = (None, "absent");
    let text = "[classifier]\nimage = [8, 8, 1]\n[buffer]";
    let help = "remove one of the two";
    expect(&[(39, text)], Expected { kind: Inconsistent, line: 39, key: "classifier", value, allowed, help });
    let layers = "[[layers]]\ntype = \"dense\"\noutputs = 2\nactivation = \"linear\"\n[buffer]";
    expect(&[(39, layers)], Expected { kind: Inconsistent, line: 39, key: "layers", value, allowed, help });
    for key in ["generator", "discriminator"] {
        let mut edits = classifier("10", "linear");
        edits.push((39, format!("[[{key}]]\ntype = \"dense\"\noutputs = 2\nactivation = \"linear\"\n[buffer]")));
        let found = fault(&borrowed(&edits));
        assert_eq!((found.kind, found.key.as_str()), (Inconsistent, key));
    }
}

#[test]
fn shapes_follow_the_usual_rules() {
    // A side of 8 with kernel 3 and stride 2 leaves a remainder, which is cut: (8 - 3) / 2 + 1 = 3.
    let network = design(&[(23, "kernel = 3"), (25, "")]).networks.remove(1);
    assert_eq!(network.layers[0].output, Shape::new(3, 3, 4));
    assert_eq!(network.layers[0].op, LayerOp::Conv { kernel: 3, stride: 2, padding: 0 });
    // (4 - 1) * 2 - 2 * 1 + 3 + 1 = 8.
    let network = design(&[(15, "kernel = 3\noutput_padding = 1")]).networks.remove(0);
    assert_eq!(network.layers[1].output, Shape::new(8, 8, 1));
    // A transposed convolution can start from the latent vector.
    let first = "type = \"conv_transpose\"\nchannels = 4\nkernel = 4\nstride = 1";
    let network = design(&[(8, first), (9, "")]).networks.remove(0);
    assert_eq!((network.layers[0].input, network.layers[0].output), (Shape::vector(8), Shape::new(4, 4, 4)));
    assert_eq!((network.layers[0].matrix_rows(), network.layers[0].matrix_columns()), (8, 64));
}

#[test]
fn sides_that_differ() {
    let edits = [(5, "image = [8, 6, 1]"), (9, "outputs = [4, 3, 4]")];
    let design = design(&edits);
    assert_eq!(design.networks[0].output(), Shape::new(8, 6, 1));
    assert_eq!(design.networks[1].layers[0].output, Shape::new(4, 3, 4));
    let found = fault(&[edits[0], edits[1], (23, "kernel = 9")]);
    assert_eq!(found.allowed.as_deref(), Some("an integer from 1 to 8"));
}

#[test]
fn slope_and_dropout_are_resolved() {
    for (slope, shift) in [("0.5", 1), ("0.25", 2), ("0.0078125", 7)] {
        let network = design(&[(27, &format!("slope = {slope}"))]).networks.remove(1);
        assert_eq!(network.layers[0].activation, Activation::LeakyRelu { shift });
    }
    assert_eq!(design(&[(27, "")]).networks[1].layers[0].activation, Activation::LeakyRelu { shift: 2 });
    for (dropout, steps) in [("0.4", 102.0), ("0.996", 255.0), ("0.002", 1.0), ("0", 0.0)] {
        let network = design(&[(27, &format!("dropout = {dropout}"))]).networks.remove(1);
        assert_eq!(network.layers[0].dropout, steps / 256.0, "{dropout}");
    }
    assert!(design(&[(27, "dropout = -0.0")]).networks[1].layers[0].dropout.is_sign_positive());
}

#[test]
fn pixels_follow_the_generator() {
    assert_eq!(design(&[]).pixel_range, PixelRange::Unit);
    assert_eq!(design(&[(18, "activation = \"tanh\"")]).pixel_range, PixelRange::Symmetric);
    let both = [(18, "activation = \"tanh\""), (4, "latent = 8\npixel_range = \"symmetric\"")];
    assert_eq!(design(&both).pixel_range, PixelRange::Symmetric);
}
