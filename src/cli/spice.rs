//! `memgan spice`: one tile as a netlist for ngspice.

use memgan::config::{Design, LatentDistribution};
use memgan::data::atomic;
use memgan::electrical::{Netlist, Tile, netlist};
use memgan::numeric::LaneRandom;
use memgan::schedule::Schedule;
use serde_json::json;
use std::path::PathBuf;

use super::error::CliError;
use super::output::{Output, grouped};
use super::weights::WeightArgs;
use super::{Format, Outcome};

/// Largest resistance of a segment of wire, in ohms.
const MAX_WIRE_OHM: f64 = 1e6;

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    /// The layer; without it, the first one.
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// The tile among those of the layer, from 0.
    #[arg(long, value_name = "N", default_value_t = 0)]
    tile: usize,
    /// Resistance of a segment of a word line or bit line in ohms; 0 for ideal wires.
    #[arg(long, value_name = "R", default_value_t = 0.0, allow_negative_numbers = true)]
    wire_ohm: f64,
    /// Seed of a random vector, or a file with one code of -127 to 127 for each matrix row of the tile.
    #[arg(long, value_name = "SEED|FILE", default_value = "1")]
    input: String,
    /// The netlist to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    weights: WeightArgs,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(&args.description)?;
    let schedule = Schedule::new(&design);
    let layer = layer(args, &schedule)?;
    let bank = &schedule.banks[layer];
    if args.tile >= bank.tiles() {
        return Err(CliError::Argument {
            key: "--tile",
            value: args.tile.to_string(),
            allowed: format!("0 to {}: tiles of layer {}", bank.tiles() - 1, bank.name),
            way_out: format!("memgan check {} shows the tiles of all layers", args.description),
        });
    }
    if !(0.0..=MAX_WIRE_OHM).contains(&args.wire_ohm) {
        return Err(CliError::Argument {
            key: "--wire-ohm",
            value: args.wire_ohm.to_string(),
            allowed: format!("0 to {MAX_WIRE_OHM}"),
            way_out: "ohms of one segment between neighbouring cells: 0 for ideal wires, 0.5 to 5 is usual".into(),
        });
    }
    let content = args.weights.content(&schedule)?;
    let tile = Tile::new(&schedule, layer, args.tile, &content.layers[layer].cells);
    let codes = codes(&args.input, &tile)?;
    let text = netlist(&Netlist {
        design: &design,
        tile: &tile,
        wire_ohm: args.wire_ohm,
        codes: &codes,
        content: &content_note(&args.weights),
        input: &input_note(&args.input),
    });
    atomic::write(&args.out, text.as_bytes(), atomic::Sync::No)?;
    report(args, &design, &tile, &codes, text.len(), output)?;
    Ok(Outcome::Success)
}

fn layer(args: &Args, schedule: &Schedule) -> Result<usize, CliError> {
    let Some(name) = &args.layer else { return Ok(0) };
    let names: Vec<&str> = schedule.banks.iter().map(|b| b.name.as_str()).collect();
    names.iter().position(|n| n == name).ok_or_else(|| CliError::Argument {
        key: "--layer",
        value: name.clone(),
        allowed: names.join(", "),
        way_out: "name one of the design's layers, or leave it out for the first".into(),
    })
}

/// One code a word line; unused word lines get 0.
fn codes(input: &str, tile: &Tile) -> Result<Vec<i8>, CliError> {
    let used = tile.matrix_rows.iter().flatten().count();
    let mut codes = match input.parse::<u32>() {
        Ok(seed) => {
            let mut codes = vec![0; used];
            LaneRandom::seeded(seed, 1).latents(&mut codes, LatentDistribution::Uniform);
            codes
        }
        Err(_) => read_codes(input, used)?,
    };
    codes.resize(tile.lines.rows, 0);
    Ok(codes)
}

fn read_codes(path: &str, used: usize) -> Result<Vec<i8>, CliError> {
    let wrong = |value: String, allowed: String| CliError::Argument {
        key: "--input",
        value,
        allowed,
        way_out: "codes are integers separated by white space; a line from # on is a comment".into(),
    };
    let text = std::fs::read_to_string(path).map_err(|reason| {
        wrong(format!("{path}, which cannot be read: {reason}"), "a seed from 0 to 4294967295, or a text file".into())
    })?;
    let words = text.lines().flat_map(|l| l.split('#').next().unwrap_or_default().split_whitespace());
    let mut codes = vec![];
    for word in words {
        let code = word.parse::<i8>().ok().filter(|&c| c != i8::MIN);
        let place = codes.len();
        codes.push(code.ok_or_else(|| wrong(format!("{path}, whose code {place} is {word}"), "-127 to 127".into()))?);
    }
    if codes.len() != used {
        let found = format!("{path}, with {} codes", codes.len());
        return Err(wrong(found, format!("{used} codes: one for each matrix row of the tile")));
    }
    Ok(codes)
}

fn content_note(weights: &WeightArgs) -> String {
    match (&weights.checkpoint, &weights.weights) {
        (Some(path), _) => format!("devices of the checkpoint {}", path.display()),
        (None, Some(path)) => format!("weights of {}", path.display()),
        (None, None) => format!("initial weights, seed {}", weights.seed),
    }
}

fn input_note(input: &str) -> String {
    match input.parse::<u32>() {
        Ok(seed) => format!("random, seed {seed}"),
        Err(_) => format!("file {input}"),
    }
}

fn report(
    args: &Args,
    design: &Design,
    tile: &Tile,
    codes: &[i8],
    bytes: usize,
    output: &mut Output,
) -> Result<(), CliError> {
    let used = |places: &[Option<usize>]| places.iter().flatten().count();
    let (rows, columns) = (used(&tile.matrix_rows), used(&tile.matrix_columns));
    match output.format {
        Format::Json => output.json(json!({
            "design": design.name,
            "layer": tile.layer,
            "tile": tile.index,
            "design_tile": tile.design_index,
            "word_lines": tile.lines.rows,
            "bit_lines": tile.lines.bit_lines(),
            "matrix_rows": tile.matrix_rows,
            "matrix_columns": tile.matrix_columns,
            "wire_ohm": args.wire_ohm,
            "codes": codes,
            "sums": tile.sums(codes),
            "unit_ampere": memgan::electrical::unit_ampere(design),
            "out": args.out,
            "bytes": bytes,
        })),
        Format::Human => {
            let wires = if args.wire_ohm > 0.0 { format!("{} ohm a segment", args.wire_ohm) } else { "ideal".into() };
            output.text(&format!(
                "{}, {} tile {} of {}: {rows} of {} word lines and {columns} of {} weight columns used\n\
                 devices    {} ({})\n\
                 wires      {wires}\n\
                 input      {}\n\
                 netlist    {} ({} bytes)\n\
                 run        ngspice -b {}\n",
                design.name,
                tile.layer,
                tile.index,
                tile.layer_tiles,
                tile.lines.rows,
                tile.matrix_columns.len(),
                grouped(tile.codes.len()),
                content_note(&args.weights),
                input_note(&args.input),
                args.out.display(),
                grouped(bytes),
                args.out.display(),
            ))
        }
    }
}
