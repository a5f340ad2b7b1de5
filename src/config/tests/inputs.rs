//! Texts that are no TOML, files that cannot be read, and defaults.

use super::super::{Design, LatentDistribution, PairScheme, ProblemKind, SignedInput};
use super::{BASE, design, edited, fault};

#[test]
fn text_that_is_no_toml() {
    let cases = [
        (15, "kernel = ", 15),
        (15, "kernel = 4 4", 15),
        (15, "kernel = 4\nkernel = 5", 16),
        (34, "[crossbar", 34),
        (1, "name = \"tiny", 1),
        (39, "[crossbar]", 39),
    ];
    for (line, text, at) in cases {
        let found = fault(&[(line, text)]);
        assert_eq!((found.kind, found.line), (ProblemKind::Syntax, at), "{text}: {found}");
        assert!(found.message.starts_with("not valid TOML: "), "{}", found.message);
        assert!(found.help.contains("memgan presets tiny"));
    }
}

#[test]
fn text_without_anything() {
    for text in ["", "\n\n", "# nothing", "\u{feff}"] {
        let found = Design::from_toml(text, "empty.toml").unwrap_err();
        assert_eq!((found.kind, found.key.as_str()), (ProblemKind::MissingKey, "name"), "{text:?}");
    }
}

#[test]
fn the_first_fault_of_the_text_is_told() {
    let found = fault(&[(15, "zoom = 4"), (17, "padding = -1"), (35, "rows = 5")]);
    assert_eq!((found.line, found.key.as_str()), (15, "generator[1].zoom"));
    let found = fault(&[(17, "padding = -1"), (31, ""), (35, "rows = 5")]);
    assert_eq!((found.line, found.key.as_str()), (17, "generator[1].padding"));
}

#[test]
fn columns_count_characters() {
    let found = fault(&[(5, "image = [8, 8, 1] # ä"), (9, "outputs = [ 4, 4, -4 ]")]);
    assert_eq!((found.line, found.column), (9, 19));
    let found = Design::from_toml("\"ä\" = 1", "x").unwrap_err();
    assert_eq!((found.key.as_str(), found.line, found.column), ("\"ä\"", 1, 1));
    let found = Design::from_toml("a = \"äö\" \"", "x").unwrap_err();
    assert_eq!((found.kind, found.line, found.column), (ProblemKind::Syntax, 1, 10));
}

#[test]
fn deep_nesting_is_refused_and_not_followed() {
    for text in [format!("name = {}", "[".repeat(50_000)), format!("name = {}", "{a=".repeat(50_000))] {
        assert_eq!(Design::from_toml(&text, "deep.toml").unwrap_err().kind, ProblemKind::Syntax);
    }
}

#[test]
fn text_of_any_length_gets_a_short_diagnostic() {
    let found = fault(&[(15, &format!("{} = 1", "k".repeat(10_000)))]);
    assert!(found.key.len() < 100 && found.message.len() < 150, "{found}");
    let found = fault(&[(15, &format!("kernel = \"{}\"", "4".repeat(10_000)))]);
    assert!(found.value.as_ref().unwrap().len() < 80);
    let found = Design::from_toml(&" ".repeat((1 << 20) + 1), "long.toml").unwrap_err();
    assert_eq!((found.kind, found.line), (ProblemKind::Unreadable, 0));
    assert!(found.help.contains("1048576"));
}

#[test]
fn files_and_presets_are_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, BASE).unwrap();
    let path = path.to_str().unwrap();
    assert_eq!(Design::load(path).unwrap(), Design::load("tiny").unwrap());

    std::fs::write(path, edited(&[(15, "kernel = 0")])).unwrap();
    let found = Design::load(path).unwrap_err();
    assert_eq!((found.file.as_str(), found.line), (path, 15));

    std::fs::write(path, b"name = \"\xff\"").unwrap();
    let found = Design::load(path).unwrap_err();
    assert_eq!(found.kind, ProblemKind::Unreadable);
    assert!(found.message.ends_with("not UTF-8"), "{found}");

    std::fs::write(path, vec![b' '; (1 << 20) + 1]).unwrap();
    assert!(Design::load(path).unwrap_err().message.ends_with("more than 1048576 bytes"));

    let missing = Design::load("mnist_small").unwrap_err();
    assert_eq!((missing.kind, missing.line), (ProblemKind::Unreadable, 0));
    assert_eq!(missing.help, "did you mean the preset `mnist-small`?");
    assert!(Design::load("no/such.toml").unwrap_err().help.contains("tiny, mnist-small, am-dcgan, mlp, cnn"));
    assert_eq!(Design::load(folder.path().to_str().unwrap()).unwrap_err().kind, ProblemKind::Unreadable);
}

#[test]
fn keys_left_out_have_the_documented_values() {
    let tall = design(&[(35, "rows = 128"), (36, "columns = 128"), (37, ""), (39, ""), (40, "")]);
    assert_eq!((tall.crossbar.columns_per_adc, tall.crossbar.adcs(), tall.lanes), (8, 16, 32));
    let low = design(&[(35, "rows = 4"), (36, "columns = 4"), (37, ""), (39, ""), (40, "")]);
    assert_eq!((low.crossbar.columns_per_adc, low.crossbar.adcs(), low.lanes), (4, 1, 4));
    assert_eq!(tall.crossbar.pair, PairScheme::Differential);
    assert_eq!((tall.latent, tall.dropout_at_inference), (LatentDistribution::Normal, false));
    let device = &tall.device;
    assert_eq!((device.r_on_ohm, device.r_off_ohm, device.levels), (40e3, 250e3, 64));
    assert_eq!((device.threshold_v, device.write_v, device.read_v, device.pulse_ns), (0.8, 1.0, 0.2, 1000.0));
    let converter = &tall.converter;
    assert_eq!((converter.dac_bits, converter.adc_bits, converter.signed_input), (8, 8, SignedInput::Dac));
    assert_eq!((converter.settle_cycles, converter.sample_cycles, converter.conversion_cycles), (4, 1, 12));
    assert_eq!(tall.clock_mhz, 100.0);
}

#[test]
fn keys_given_are_used() {
    let text = "[device]\nr_on_ohm = 10_000\nr_off_ohm = 1e6\nlevels = 16\nthreshold_v = 1\nwrite_v = 1.5\nread_v = 0.1\n\
                pulse_ns = 50\n[converter]\ndac_bits = 8\nadc_bits = 6\nsigned_input = \"two_phase\"\nsettle_cycles = 7\n\
                sample_cycles = 2\nconversion_cycles = 9\n[clock]\nmhz = 62.5\n[buffer]";
    let gan = "latent = 8\nlatent_distribution = \"uniform\"\ndropout_at_inference = true";
    let given = design(&[(4, gan), (37, "columns_per_adc = 16\npair = \"reference\""), (39, text)]);
    assert_eq!((given.latent, given.dropout_at_inference), (LatentDistribution::Uniform, true));
    assert_eq!((given.crossbar.columns_per_adc, given.crossbar.pair), (16, PairScheme::Reference));
    let device = given.device;
    assert_eq!((device.r_on_ohm, device.r_off_ohm, device.levels), (10e3, 1e6, 16));
    assert_eq!((device.threshold_v, device.write_v, device.read_v, device.pulse_ns), (1.0, 1.5, 0.1, 50.0));
    let converter = given.converter;
    assert_eq!((converter.dac_bits, converter.adc_bits, converter.signed_input), (8, 6, SignedInput::TwoPhase));
    assert_eq!((converter.settle_cycles, converter.sample_cycles, converter.conversion_cycles), (7, 2, 9));
    assert_eq!((given.clock_mhz, given.lanes), (62.5, 4));
}

#[test]
fn designs_that_the_numbers_cannot_hold_are_refused() {
    let classifier = |image: &str, outputs: usize, crossbar: &str, rest: &str| {
        format!(
            "name = \"big\"\n[classifier]\nimage = {image}\n[[layers]]\ntype = \"dense\"\noutputs = {outputs}\n\
             activation = \"linear\"\n[crossbar]\n{crossbar}\n{rest}"
        )
    };
    let refused = |text: &str, key: &str, what: &str| {
        let error = Design::from_toml(text, "big.toml").expect_err(what);
        assert_eq!(error.key, key, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    let tiles = classifier("[1024, 1024, 4]", 16, "rows = 4\ncolumns = 4", "[converter]\nadc_bits = 12");
    refused(&tiles, "crossbar.rows", "4194304 tiles");
    let pair = "rows = 16\ncolumns = 16\npair = \"reference\"";
    refused(&classifier("[4, 4, 1]", 2, pair, "[device]\nlevels = 2"), "device.levels", "two levels");
    Design::from_toml(&classifier("[4, 4, 1]", 2, pair, "[device]\nlevels = 3"), "ok.toml").expect("three levels do");
    let wide = "name = \"wide\"\n[gan]\nlatent = 4\nimage = [64, 64, 1]\n[[generator]]\ntype = \"dense\"\n\
                outputs = [33, 33, 2048]\nactivation = \"relu\"\n[[generator]]\ntype = \"conv_transpose\"\nchannels = 1\n\
                kernel = 32\nstride = 1\npadding = 0\nactivation = \"tanh\"\n[[discriminator]]\ntype = \"dense\"\n\
                outputs = 1\nactivation = \"sigmoid\"\n[crossbar]\nrows = 4\ncolumns = 1024\n[converter]\nadc_bits = 12\n";
    refused(wide, "converter.adc_bits", "bits");
}

/// Hashes of descriptions that were written before there were drift, disturb and forming stay what they were.
#[test]
fn keys_of_drift_are_not_written_where_they_say_nothing() {
    let keys = [
        "half_select",
        "lifetime",
        "lifetime_dtod",
        "drift_to",
        "diffusion",
        "diffusion_dtod",
        "forming",
        "forming_dtod",
    ];
    let json =
        |text: &str| serde_json::to_value(design(&[(39, text), (40, "")])).expect("JSON")["device"]["model"].clone();
    let without = json("[device.model]\nread_noise = 0.01\nlifetime = 0");
    assert_eq!(without["read_noise"], 0.01);
    let with = json(&format!(
        "[device.model]\n{}",
        keys.map(|key| format!("{key} = 0.05\n")).concat().replace("lifetime = 0.05", "lifetime = 20",)
    ));
    for key in keys {
        assert!(without.get(key).is_none() && with.get(key).is_some(), "{key}");
    }
}

/// The same of the spread of slopes, which aihwkit's linear devices have.
#[test]
fn spreads_of_slopes_are_written_where_there_are_any() {
    let json =
        |text: &str| serde_json::to_value(design(&[(39, text), (40, "")])).expect("JSON")["device"]["model"].clone();
    let keys = ["gamma_up_dtod", "gamma_down_dtod"];
    for (text, spreads) in [
        ("law = \"linear_step\"\ngamma_up = 0.1", [None, None]),
        ("law = \"linear_step\"\ngamma_up_dtod = 0.2", [Some(0.2), None]),
        ("preset = \"Capacitor\"", [Some(0.01), Some(0.01)]),
        ("preset = \"EcRam\"", [Some(0.05), Some(0.05)]),
        ("preset = \"EcRamMO\"\ngamma_down_dtod = 0", [Some(0.05), None]),
        ("preset = \"EcRam\"\nlaw = \"soft_bounds\"", [None, None]),
    ] {
        let model = json(&format!("[device.model]\n{text}"));
        for (key, spread) in keys.into_iter().zip(spreads) {
            assert_eq!(model.get(key).and_then(|v| v.as_f64()), spread, "{text}: {key}");
        }
    }
}
