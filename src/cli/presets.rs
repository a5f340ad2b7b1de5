//! `memgan presets [NAME]`: the descriptions that come with the program.

use memgan::config::{Design, Preset, preset, presets};
use serde_json::{Value, json};

use super::error::CliError;
use super::output::{Output, grouped};
use super::sizes::Sizes;
use super::{Format, Outcome};

#[derive(clap::Args)]
pub struct Args {
    /// Print the description of this preset, to start one's own from.
    name: Option<String>,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    match &args.name {
        Some(name) => print(name, output)?,
        None => list(output)?,
    }
    Ok(Outcome::Success)
}

fn print(name: &str, output: &mut Output) -> Result<(), CliError> {
    let Some(preset) = preset(name) else {
        let known = presets().iter().map(|preset| preset.name).collect::<Vec<_>>().join(", ");
        return Err(CliError::NoSuchPreset { name: name.into(), known });
    };
    match output.format {
        Format::Human => output.text(preset.text),
        Format::Json => output.json(json!({ "name": preset.name, "summary": preset.summary, "text": preset.text })),
    }
}

fn list(output: &mut Output) -> Result<(), CliError> {
    let designs: Vec<(&Preset, Design)> = presets()
        .iter()
        .map(|preset| Ok((preset, Design::from_toml(preset.text, preset.name)?)))
        .collect::<Result<_, CliError>>()?;
    let layers = |design: &Design| design.networks.iter().map(|network| network.layers.len()).sum::<usize>();
    match output.format {
        Format::Human => {
            let head = ["name", "layers", "weights", "devices", "tiles", "tile", "summary"];
            let mut rows = vec![head.map(String::from).to_vec()];
            for (preset, design) in &designs {
                let sizes = Sizes::of_design(design);
                rows.push(vec![
                    preset.name.into(),
                    layers(design).to_string(),
                    grouped(sizes.weights),
                    grouped(sizes.devices),
                    grouped(sizes.tiles),
                    format!("{}x{}", design.crossbar.rows, design.crossbar.columns),
                    preset.summary.into(),
                ]);
            }
            output.table(&rows)
        }
        Format::Json => {
            let list: Vec<Value> = designs
                .iter()
                .map(|(preset, design)| {
                    let mut entry = json!(Sizes::of_design(design));
                    entry["name"] = preset.name.into();
                    entry["summary"] = preset.summary.into();
                    entry["layers"] = layers(design).into();
                    entry
                })
                .collect();
            output.json(json!({ "presets": list }))
        }
    }
}
