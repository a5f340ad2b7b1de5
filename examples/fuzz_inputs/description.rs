//! The description: never a panic, and what is accepted or refused keeps its promises.

use memgan::config::{Design, presets};

/// Valid texts to start from.
pub fn seeds() -> Vec<Vec<u8>> {
    presets().iter().map(|preset| preset.text.as_bytes().to_vec()).collect()
}

/// Keys, values at and beyond their ranges, and the punctuation of TOML.
pub const TOKENS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "7",
    "8",
    "15",
    "16",
    "17",
    "31",
    "32",
    "33",
    "64",
    "255",
    "256",
    "1023",
    "1024",
    "1025",
    "4096",
    "4097",
    "-1",
    "0.5",
    "0.25",
    "1e9",
    "1e400",
    "-0.0",
    "nan",
    "inf",
    "-inf",
    "0x10",
    "0xffffffffffffffff",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "true",
    "false",
    "\"\"",
    "\"dense\"",
    "\"conv\"",
    "\"conv_transpose\"",
    "\"sigmoid\"",
    "\"tanh\"",
    "\"relu\"",
    "\"leaky_relu\"",
    "\"linear\"",
    "[1024, 1024, 4]",
    "[1, 1, 1]",
    "[]",
    "{}",
    "[[",
    "]]",
    "[",
    "]",
    "{",
    "}",
    "=",
    ",",
    ".",
    "\"",
    "'",
    "\"\"\"",
    "'''",
    "\\",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\u{0}",
    "\u{feff}",
    "\u{e9}",
    "\u{1f600}",
    "1979-05-27T07:32:00Z",
    "name = ",
    "type = ",
    "outputs = ",
    "channels = ",
    "kernel = ",
    "stride = ",
    "padding = ",
    "output_padding = ",
    "activation = ",
    "slope = ",
    "dropout = ",
    "\n[classifier]\n",
    "\n[[layers]]\n",
    "\n[[generator]]\n",
    "\n[[discriminator]]\n",
    "\n[device]\n",
    "\n[converter]\n",
    "\n[clock]\n",
    "\n[buffer]\n",
    "\n[crossbar]\n",
    "pair = \"reference\"\n",
    "pixel_range = \"unit\"\n",
    "latent_distribution = \"uniform\"\n",
    "signed_input = \"two_phase\"\n",
];

/// Whether the input is a valid description.
pub fn run(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else { return false };
    match Design::from_toml(text, "input.toml") {
        Ok(design) => {
            accepted(&design);
            true
        }
        Err(error) => {
            assert!(!error.message.is_empty() && error.message.len() < 2000, "{error}");
            assert!(!error.help.is_empty(), "no help: {error}");
            assert!((1..=text.matches('\n').count() + 1).contains(&error.line), "line {}: {error}", error.line);
            false
        }
    }
}

/// The invariants that later stages rely on.
fn accepted(design: &Design) {
    let crossbar = &design.crossbar;
    assert!(crossbar.rows.is_power_of_two() && crossbar.columns.is_power_of_two());
    assert!(crossbar.adcs() * crossbar.columns_per_adc == crossbar.columns);
    assert!(design.lanes.is_power_of_two() && (2..=64).contains(&design.lanes) && design.lanes <= crossbar.rows);
    let device = &design.device;
    assert!(device.r_on_ohm < device.r_off_ohm && device.read_v < device.threshold_v);
    assert!(device.threshold_v < device.write_v && device.write_v / 2.0 < device.threshold_v);
    let mut weights = 0;
    for network in &design.networks {
        let mut shape = network.input;
        for layer in &network.layers {
            assert!(layer.input == shape && !layer.output.is_empty() && layer.output.len() <= 1 << 22);
            assert!((0.0..1.0).contains(&layer.dropout) && (layer.dropout * 256.0).fract() == 0.0);
            weights += layer.matrix_rows() * layer.matrix_columns();
            shape = layer.output;
        }
    }
    assert!(weights <= 1 << 26);
}
