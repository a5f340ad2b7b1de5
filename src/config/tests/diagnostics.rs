//! Faults that one key alone shows, and those of the hardware sections.

use super::super::ProblemKind::{Inconsistent, MissingKey, OutOfRange, UnknownKey, WrongType};
use super::{Expected, expect, fault};

#[test]
fn unknown_keys() {
    let cases = [
        (
            15,
            "kernal = 4",
            "generator[1].kernal",
            "activation, channels, dropout, kernel, output_padding, padding, slope, stride, type",
            "did you mean `kernel`?",
        ),
        (
            9,
            "outputs = [4, 4, 4]\nkernel = 3",
            "generator[0].kernel",
            "activation, dropout, outputs, slope, type",
            "remove it",
        ),
        (
            5,
            "image = [8, 8, 1]\nsize = 8",
            "gan.size",
            "dropout_at_inference, image, latent, latent_distribution, pixel_range",
            "remove it",
        ),
        (
            34,
            "[crossbars]",
            "crossbars",
            "buffer, classifier, clock, converter, crossbar, device, discriminator, gan, generator, layers, name, \
             training",
            "did you mean `crossbar`?",
        ),
        (
            1,
            "name = \"tiny\"\n\"a b\" = 1",
            "\"a b\"",
            "buffer, classifier, clock, converter, crossbar, device, discriminator, gan, generator, layers, name, \
             training",
            "remove it",
        ),
    ];
    for (line, text, key, allowed, help) in cases {
        let at = line + text.matches('\n').count();
        expect(&[(line, text)], Expected { kind: UnknownKey, line: at, key, value: None, allowed, help });
    }
}

#[test]
fn missing_keys() {
    let sides = "one of 4, 8, 16, 32, 64, 128, 256, 512, 1024";
    let tables = "an array of 1 to 64 tables";
    let activations = r#"one of "linear", "relu", "leaky_relu", "sigmoid", "tanh""#;
    // (line removed, line reported, key, allowed, help)
    let cases = [
        (1, 1, "name", "a string", "add `name = ...`"),
        (4, 3, "gan.latent", "an integer from 1 to 4096", "the generator's input"),
        (5, 3, "gan.image", "[height, width, channels]", "add `image = ...`"),
        (8, 7, "generator[0].type", r#"one of "dense", "conv", "conv_transpose""#, "Kind of the layer"),
        (9, 7, "generator[0].outputs", "an integer from 1 to 4096 or [height, width, channels]", "as a number or as"),
        (10, 7, "generator[0].activation", activations, "after the bias"),
        (14, 12, "generator[1].channels", "an integer from 1 to 4096", "Channels of the output"),
        (15, 12, "generator[1].kernel", "an integer from 1 to 32", "square kernel"),
        (24, 20, "discriminator[0].stride", "an integer from 1 to 16", "Step between two windows"),
        (35, 34, "crossbar.rows", sides, "Word lines"),
        (36, 34, "crossbar.columns", sides, "Weight columns"),
    ];
    for (removed, line, key, allowed, help) in cases {
        expect(&[(removed, "")], Expected { kind: MissingKey, line, key, value: None, allowed, help });
    }
    let all = |from: usize, to: usize| (from..=to).map(|line| (line, "")).collect::<Vec<_>>();
    expect(
        &all(34, 37),
        Expected {
            kind: MissingKey,
            line: 1,
            key: "crossbar",
            value: None,
            allowed: "a table",
            help: "add a [crossbar] table",
        },
    );
    expect(
        &all(7, 18),
        Expected {
            kind: MissingKey,
            line: 3,
            key: "generator",
            value: None,
            allowed: tables,
            help: "add [[generator]] tables",
        },
    );
    expect(
        &all(20, 32),
        Expected {
            kind: MissingKey,
            line: 3,
            key: "discriminator",
            value: None,
            allowed: tables,
            help: "add [[discriminator]] tables",
        },
    );
    let neither = Expected {
        kind: MissingKey,
        line: 1,
        key: "gan",
        value: None,
        allowed: "a [gan] or a [classifier] table",
        help: "add [gan]",
    };
    expect(&all(3, 5), neither);
}

#[test]
fn values_of_another_type() {
    // (line, text, key, value, allowed)
    let cases = [
        (1, "name = 3", "name", Some("3"), "a string"),
        (3, "gan = 3\n[x]", "gan", Some("3"), "a table"),
        (4, "latent = \"8\"", "gan.latent", Some("\"8\""), "an integer from 1 to 4096"),
        (4, "latent = 8.0", "gan.latent", Some("8.0"), "an integer from 1 to 4096"),
        (5, "image = 8", "gan.image", Some("8"), "[height, width, channels]"),
        (5, "image = [8, 8, true]", "gan.image[2]", Some("true"), "an integer from 1 to 4096"),
        (5, "image = { height = 8 }", "gan.image", None, "[height, width, channels]"),
        (
            9,
            "outputs = \"4\"",
            "generator[0].outputs",
            Some("\"4\""),
            "an integer from 1 to 4096 or [height, width, channels]",
        ),
        (
            10,
            "activation = 1979-05-27",
            "generator[0].activation",
            Some("1979-05-27"),
            r#"one of "linear", "relu", "leaky_relu", "sigmoid", "tanh""#,
        ),
        (
            27,
            "slope = true",
            "discriminator[0].slope",
            Some("true"),
            "one of 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125",
        ),
        (35, "rows = 16.0", "crossbar.rows", Some("16.0"), "one of 4, 8, 16, 32, 64, 128, 256, 512, 1024"),
        (8, "type = 1", "generator[0].type", Some("1"), r#"one of "dense", "conv", "conv_transpose""#),
    ];
    for (line, text, key, value, allowed) in cases {
        expect(&[(line, text)], Expected { kind: WrongType, line, key, value, allowed, help: "" });
    }
    let flag = "dropout_at_inference = 1";
    let help = "Without the key: false.";
    let expected = Expected {
        kind: WrongType,
        line: 5,
        key: "gan.dropout_at_inference",
        value: Some("1"),
        allowed: "true or false",
        help,
    };
    expect(&[(4, "latent = 8\nimage = [8, 8, 1]"), (5, flag)], Expected { line: 6, ..expected });
}

#[test]
fn values_out_of_range() {
    let sides = "one of 4, 8, 16, 32, 64, 128, 256, 512, 1024";
    let slopes = "one of 0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625, 0.0078125";
    let shape = "[height, width, channels]";
    // (line, text, key, value, allowed)
    let cases = [
        (4, "latent = 0", "gan.latent", "0", "an integer from 1 to 4096"),
        (4, "latent = -1", "gan.latent", "-1", "an integer from 1 to 4096"),
        (4, "latent = 4097", "gan.latent", "4097", "an integer from 1 to 4096"),
        (4, "latent = 99999999999999999999", "gan.latent", "99999999999999999999", "an integer from 1 to 4096"),
        (4, "latent = 0xffff", "gan.latent", "0xffff", "an integer from 1 to 4096"),
        (5, "image = [8, 8]", "gan.image", "[8, 8]", shape),
        (5, "image = [8, 8, 1, 1]", "gan.image", "[8, 8, 1, 1]", shape),
        (5, "image = [0, 8, 1]", "gan.image[0]", "0", "an integer from 1 to 1024"),
        (5, "image = [8, 1025, 1]", "gan.image[1]", "1025", "an integer from 1 to 1024"),
        (9, "outputs = [4, 4, 0]", "generator[0].outputs[2]", "0", "an integer from 1 to 4096"),
        (9, "outputs = 0", "generator[0].outputs", "0", "an integer from 1 to 4096 or [height, width, channels]"),
        (14, "channels = 4097", "generator[1].channels", "4097", "an integer from 1 to 4096"),
        (15, "kernel = 0", "generator[1].kernel", "0", "an integer from 1 to 32"),
        (15, "kernel = 33", "generator[1].kernel", "33", "an integer from 1 to 32"),
        (16, "stride = 17", "generator[1].stride", "17", "an integer from 1 to 16"),
        (17, "padding = -1", "generator[1].padding", "-1", "an integer from 0 to 31"),
        (8, "type = \"pool\"", "generator[0].type", "\"pool\"", r#"one of "dense", "conv", "conv_transpose""#),
        (
            10,
            "activation = \"swish\"",
            "generator[0].activation",
            "\"swish\"",
            r#"one of "linear", "relu", "leaky_relu", "sigmoid", "tanh""#,
        ),
        (27, "slope = 0.2", "discriminator[0].slope", "0.2", slopes),
        (27, "dropout = 1.0", "discriminator[0].dropout", "1.0", "a number from 0 to 0.99609375"),
        (27, "dropout = nan", "discriminator[0].dropout", "nan", "a number from 0 to 0.99609375"),
        (27, "dropout = -inf", "discriminator[0].dropout", "-inf", "a number from 0 to 0.99609375"),
        (35, "rows = 48", "crossbar.rows", "48", sides),
        (36, "columns = 2048", "crossbar.columns", "2048", sides),
        (37, "columns_per_adc = 0", "crossbar.columns_per_adc", "0", "an integer from 1 to 1024"),
        (37, "pair = \"both\"", "crossbar.pair", "\"both\"", r#"one of "differential", "reference""#),
        (40, "lanes = 3", "buffer.lanes", "3", "one of 2, 4, 8, 16, 32, 64"),
        (44, "update_rows = 3", "training.update_rows", "3", "one of 1, 2, 4, 8, 16, 32, 64"),
    ];
    for (line, text, key, value, allowed) in cases {
        // Where both forms of `outputs` are allowed, the range is that of the form in use.
        let allowed = allowed.strip_suffix(" or [height, width, channels]").unwrap_or(allowed);
        expect(&[(line, text)], Expected { kind: OutOfRange, line, key, value: Some(value), allowed, help: "" });
    }
}

#[test]
fn hardware_values_out_of_range() {
    // (section and key, value, allowed)
    let cases = [
        ("device.r_on_ohm", "99", "a number from 100 to 1000000000"),
        ("device.r_off_ohm", "2e9", "a number from 100 to 1000000000"),
        ("device.levels", "1", "an integer from 2 to 256"),
        ("device.levels", "257", "an integer from 2 to 256"),
        ("device.threshold_v", "0.0", "a number from 0.01 to 10"),
        ("device.write_v", "11", "a number from 0.01 to 10"),
        ("device.read_v", "-0.2", "a number from 0.01 to 10"),
        ("device.pulse_ns", "0", "a number from 1 to 1000000"),
        ("converter.dac_bits", "7", "8"),
        ("converter.adc_bits", "3", "an integer from 4 to 12"),
        ("converter.adc_bits", "13", "an integer from 4 to 12"),
        ("converter.signed_input", "\"both\"", r#"one of "dac", "two_phase""#),
        ("converter.settle_cycles", "4096", "an integer from 1 to 4095"),
        ("converter.sample_cycles", "0", "an integer from 1 to 255"),
        ("converter.conversion_cycles", "2", "an integer from 3 to 255"),
        ("converter.trim_bits", "11", "an integer from 0 to 10"),
        ("clock.mhz", "0.5", "a number from 1 to 1000"),
        ("clock.mhz", "1001", "a number from 1 to 1000"),
        ("device.model.gamma_up_dtod", "1.1", "a number from 0 to 1"),
        ("device.model.gamma_down_dtod", "-0.1", "a number from 0 to 1"),
        ("device.model.half_select", "0.11", "a number from 0 to 0.1"),
        ("device.model.lifetime", "-1", "a number from 0 to 1000000"),
        ("device.model.lifetime_dtod", "1.5", "a number from 0 to 1"),
        ("device.model.diffusion", "-0.1", "a number from 0 to 10"),
        ("device.model.diffusion_dtod", "1.5", "a number from 0 to 1"),
        ("device.model.forming", "1.1", "a number from 0 to 1"),
        ("device.model.forming_dtod", "-1", "a number from 0 to 1"),
    ];
    for (key, value, allowed) in cases {
        let (section, name) = key.rsplit_once('.').unwrap();
        // Keys of the model have the values of its preset.
        let help = if section == "device.model" { "" } else { "Without the key" };
        let text = format!("[{section}]\n{name} = {value}");
        expect(
            &[(39, &text), (40, "")],
            Expected { kind: OutOfRange, line: 40, key, value: Some(value), allowed, help },
        );
    }
}

#[test]
fn names() {
    let allowed = "lower case letters, digits and underscores, starting with a letter, at most 40 characters";
    let long = format!("\"{}\"", "a".repeat(41));
    let cases = [
        ("\"\"", "as in \"mnist_small\""),
        ("\"Tiny\"", "as in \"mnist_small\""),
        ("\"1st\"", "as in \"mnist_small\""),
        ("\"_a\"", "as in \"mnist_small\""),
        ("\"my-net\"", "as in \"mnist_small\""),
        ("\"größe\"", "as in \"mnist_small\""),
        (long.as_str(), "41 characters"),
        ("\"module\"", "\"module_gan\""),
        ("\"logic\"", "\"logic_gan\""),
    ];
    for (value, help) in cases {
        let found = fault(&[(1, &format!("name = {value}"))]);
        assert_eq!((found.kind, found.line, found.key.as_str()), (OutOfRange, 1, "name"), "{value}");
        assert_eq!(found.value.as_deref(), Some(value));
        assert_eq!(found.allowed.as_deref(), Some(allowed));
        assert!(found.help.contains(help), "{}", found.help);
    }
}

#[test]
fn hardware_values_that_do_not_go_together() {
    // (text, line, key, value, allowed, help)
    let cases = [
        ("[device]\nr_on_ohm = 250e3", 40, "device.r_on_ohm", "250e3", "a number less than 250000", "between the two"),
        ("[device]\nr_off_ohm = 40e3", 40, "device.r_off_ohm", "40e3", "a number more than 40000", "between the two"),
        ("[device]\nread_v = 0.8", 40, "device.read_v", "0.8", "a number less than 0.8", "would change the device"),
        (
            "[device]\nthreshold_v = 0.2",
            40,
            "device.threshold_v",
            "0.2",
            "a number more than 0.2",
            "would change the device",
        ),
        ("[device]\nwrite_v = 0.8", 40, "device.write_v", "0.8", "a number more than 0.8", "changes nothing"),
        ("[device]\nwrite_v = 1.6", 40, "device.write_v", "1.6", "a number less than 1.6", "share a line"),
        ("[device]\nthreshold_v = 0.5", 40, "device.threshold_v", "0.5", "a number more than 0.5", "share a line"),
        (
            "[device.model]\nlifetime = 0.5",
            40,
            "device.model.lifetime",
            "0.5",
            "0 for no decay, or 1 to 1000000 units of time",
            "a shorter unit",
        ),
        (
            "[device.model]\ngamma_up_dtod = 0.05",
            40,
            "device.model.gamma_up_dtod",
            "0.05",
            "absent",
            "choose a `device.model.law` that has it: `linear_step`",
        ),
        (
            "[device.model]\ngamma_down_dtod = 0.1\nlaw = \"pow_step\"",
            40,
            "device.model.gamma_down_dtod",
            "0.1",
            "absent",
            "remove the key",
        ),
        (
            "[device.model]\ngamma_down_dtod = 0.5\ngamma_down = 3\nlaw = \"linear_step\"",
            40,
            "device.model.gamma_down_dtod",
            "0.5",
            "`gamma_down` plus three times `gamma_down_dtod` of at most 4",
            "lower `gamma_down` or its spread",
        ),
        (
            "[device.model]\ngamma_up = 5\ngamma_down_dtod = 0.5\nlaw = \"linear_step\"",
            40,
            "device.model.gamma_up",
            "5",
            "`gamma_up` plus three times `gamma_up_dtod` of at most 4",
            "lower `gamma_up` or its spread",
        ),
        (
            "[device.model]\ndrift_to = -1.5",
            40,
            "device.model.drift_to",
            "-1.5",
            "-1 to 1, the window from `w_min` to `w_max`",
            "the high-resistance state",
        ),
        (
            "[device.model]\nforming = 0.7\n[device]\nr_off_ohm = 60e3",
            40,
            "device.model.forming",
            "0.7",
            "`device.r_off_ohm` of at least 1.6 times `device.r_on_ohm`, or 0",
            "leave out `forming`",
        ),
        ("[buffer]\nlanes = 32", 40, "buffer.lanes", "32", "a power of two from 2 to 16", "line DACs of one tile"),
        ("[converter]\ntrim_bits = 4", 40, "converter.trim_bits", "4", "0, or an integer from 5 to 10", "8 bits reach"),
        ("[converter]\ntrim_bits = 8", 40, "converter.trim_bits", "8", "0 without [device.model]", "add [device"),
    ];
    for (text, line, key, value, allowed, help) in cases {
        expect(&[(39, text), (40, "")], Expected { kind: Inconsistent, line, key, value: Some(value), allowed, help });
    }
    let rows = "update_rows = 8";
    let cases = [
        ("stochastic", "no value, or `rule = \"accumulate\"`", "remove the key"),
        ("accumulate", "a power of two from 1 to 4", "raise the lanes"),
    ];
    for (rule, allowed, help) in cases {
        let rule = format!("rule = \"{rule}\"");
        let key = "training.update_rows";
        let expected = Expected { kind: Inconsistent, line: 44, key, value: Some("8"), allowed, help };
        expect(&[(43, &rule), (44, rows)], expected);
    }
    for (value, help) in [("3", "2 would do"), ("32", "16 would do")] {
        let text = format!("columns_per_adc = {value}");
        let allowed = "a power of two from 1 to 16";
        let key = "crossbar.columns_per_adc";
        expect(&[(37, &text)], Expected { kind: Inconsistent, line: 37, key, value: Some(value), allowed, help });
    }
}
