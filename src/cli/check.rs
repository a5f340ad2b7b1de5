//! `memgan check FILE`: what a description means, with every default and shape resolved.

use memgan::config::{Activation, Design, Layer, LayerOp};
use serde_json::{Value, json};

use super::error::CliError;
use super::output::{Output, grouped};
use super::sizes::Sizes;
use super::{Format, Outcome};

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(&args.description)?;
    match output.format {
        Format::Human => human(&design, output)?,
        Format::Json => output.json(in_json(&design))?,
    }
    Ok(Outcome::Success)
}

fn layers(design: &Design) -> impl Iterator<Item = &Layer> {
    design.networks.iter().flat_map(|network| &network.layers)
}

fn in_json(design: &Design) -> Value {
    let layers: Vec<Value> = layers(design)
        .map(|layer| {
            let mut entry = json!(Sizes::of_layer(layer, design));
            entry["name"] = layer.name.as_str().into();
            entry["matrix_rows"] = layer.matrix_rows().into();
            entry["matrix_columns"] = layer.matrix_columns().into();
            entry
        })
        .collect();
    json!({ "design": design, "layers": layers, "total": Sizes::of_design(design) })
}

fn human(design: &Design, output: &mut Output) -> Result<(), CliError> {
    let head = ["layer", "operation", "input", "output", "matrix", "tiles", "activation", "dropout"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for layer in layers(design) {
        rows.push(vec![
            layer.name.clone(),
            operation(layer.op),
            layer.input.to_string(),
            layer.output.to_string(),
            format!("{} x {}", layer.matrix_rows(), layer.matrix_columns()),
            grouped(Sizes::of_layer(layer, design).tiles),
            activation(layer.activation),
            layer.dropout.to_string(),
        ]);
    }
    output.table(&rows)?;
    let total = Sizes::of_design(design);
    let (crossbar, device, converter) = (&design.crossbar, &design.device, &design.converter);
    output.text(&format!(
        "\n{}: {} weights, {} biases, {} devices in {} tiles\n\
         tile: {} x {}, {} ADCs of {} bits\n\
         device: {} to {} kOhm, {} levels; read {} V, threshold {} V, write {} V, {} ns\n\
         clock: {} MHz, memory words of {} bytes\n",
        design.name,
        grouped(total.weights),
        grouped(total.biases),
        grouped(total.devices),
        grouped(total.tiles),
        crossbar.rows,
        crossbar.columns,
        crossbar.adcs(),
        converter.adc_bits,
        device.r_on_ohm / 1e3,
        device.r_off_ohm / 1e3,
        device.levels,
        device.read_v,
        device.threshold_v,
        device.write_v,
        device.pulse_ns,
        design.clock_mhz,
        design.lanes,
    ))
}

/// The operation in one word: `k` kernel, `s` stride, `p` padding, `op` output padding.
fn operation(op: LayerOp) -> String {
    match op {
        LayerOp::Dense => "dense".into(),
        LayerOp::Conv { kernel, stride, padding } => format!("conv k{kernel} s{stride} p{padding}"),
        LayerOp::ConvTranspose { kernel, stride, padding, output_padding } => {
            format!("conv_transpose k{kernel} s{stride} p{padding} op{output_padding}")
        }
    }
}

fn activation(activation: Activation) -> String {
    match activation {
        Activation::Linear => "linear".into(),
        Activation::Relu => "relu".into(),
        Activation::LeakyRelu { shift } => format!("leaky_relu 1/{}", 1u32 << shift),
        Activation::Sigmoid => "sigmoid".into(),
        Activation::Tanh => "tanh".into(),
    }
}
