//! `memgan store`: the crossbars as a memory for a picture.

use clap::ValueEnum;
use memgan::config::Design;
use memgan::data::{Curve, Plot};
use memgan::device::{StrengthMode, VerifyRegisters};
use memgan::memory::{Memory, Pattern, Picture, Stored, with_spread};
use serde_json::{Value, json};
use std::path::PathBuf;

use super::age::AgeArgs;
use super::error::CliError;
use super::output::{Output, grouped};
use super::simulate::make_directory;
use super::{Format, Outcome};

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    /// A PNG file to store, in grey.
    #[arg(long, value_name = "FILE", conflicts_with = "pattern")]
    image: Option<PathBuf>,
    /// A picture that needs no file.
    #[arg(long, value_enum, default_value_t = PatternName::Digits)]
    pattern: PatternName,
    /// Pixels of the picture; that of the file, or else 40x40.
    #[arg(long, value_name = "HEIGHTxWIDTH", value_parser = size)]
    size: Option<(usize, usize)>,
    /// Levels of a pixel, from 2 to those of the devices.
    #[arg(long, value_name = "N", default_value_t = 2)]
    levels: u32,
    /// Levels of the devices that are left out at both ends, which not every device reaches.
    #[arg(long, value_name = "N", default_value_t = 0)]
    margin: u32,
    /// How strong each pulse of the programming is.
    #[arg(long, value_enum, default_value_t = Mode::Adaptive)]
    mode: Mode,
    /// Error that programming leaves alone, in ADC codes; a quarter of the distance of two levels unless given.
    #[arg(long, value_name = "CODES")]
    tolerance: Option<u8>,
    /// Pulses after which a device has failed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    max_pulses: Option<u8>,
    /// Of drawn pictures and of the noise of pulses and reads; the array is that of `device.model.seed`.
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Store it on devices with each of these spreads from device to device, of steps and bounds: 0 to 1.
    #[arg(long, value_name = "A,B,...", value_delimiter = ',', allow_negative_numbers = true)]
    spread: Vec<f64>,
    #[command(flatten)]
    age: AgeArgs,
    /// Directory for pictures; made if it is not there.
    #[arg(long, value_name = "DIR", default_value = "memgan-store")]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum PatternName {
    Checker,
    Gradient,
    Digits,
    Text,
    Random,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// All the same.
    Fixed,
    /// Stronger by a step each time.
    Incremental,
    /// In proportion to the error.
    Adaptive,
}

/// `40x40` as height and width.
fn size(text: &str) -> Result<(usize, usize), String> {
    let sides = text.split_once('x').and_then(|(h, w)| Some((h.parse::<u16>().ok()?, w.parse::<u16>().ok()?)));
    match sides {
        Some((h, w)) if h > 0 && w > 0 => Ok((h.into(), w.into())),
        _ => Err("height and width from 1 to 65535, as in 40x40".into()),
    }
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(&args.description)?;
    args.age.of(&design)?;
    let size = args.size.unwrap_or((40, 40));
    let picture = match &args.image {
        Some(path) => Picture::read_png(path, args.size)?,
        None => {
            // A drawing of a size that nothing could hold is not begun.
            Memory::new(&design, size, args.levels, args.margin)?;
            Picture::pattern(pattern(args.pattern), size.0, size.1, args.seed)
        }
    };
    let (memory, stored) = store(args, &design, &picture)?;
    if args.spread.is_empty() {
        make_directory(&args.out)?;
        let path = args.out.join("store.png");
        memory.draw(&stored).write(&path)?;
        one(args, &design, &memory, &stored, json!(path), output)?;
        return Ok(Outcome::Success);
    }
    let each = args.spread.iter().map(|&spread| Ok((spread, store(args, &with_spread(&design, spread)?, &picture)?)));
    let each = each.collect::<Result<Vec<_>, CliError>>()?;
    make_directory(&args.out)?;
    let mut files = vec![];
    for (spread, (memory, stored)) in &each {
        files.push(args.out.join(format!("store-{spread}.png")));
        memory.draw(stored).write(&files[files.len() - 1])?;
    }
    files.push(args.out.join("spread.png"));
    let stored: Vec<(f64, &Stored)> = each.iter().map(|(spread, (_, stored))| (*spread, stored)).collect();
    plot(&design, &stored).write(&files[files.len() - 1])?;
    table(args, &design, &each[0].1.0, &stored, &files, output)?;
    Ok(Outcome::Success)
}

fn pattern(name: PatternName) -> Pattern {
    match name {
        PatternName::Checker => Pattern::Checker,
        PatternName::Gradient => Pattern::Gradient,
        PatternName::Digits => Pattern::Digits,
        PatternName::Text => Pattern::Text,
        PatternName::Random => Pattern::Random,
    }
}

fn store(args: &Args, design: &Design, picture: &Picture) -> Result<(Memory, Stored), CliError> {
    let mut memory = Memory::new(design, (picture.height, picture.width), args.levels, args.margin)?;
    let registers = &mut memory.verify.registers;
    if let Some(tolerance) = args.tolerance {
        *registers = VerifyRegisters::with_tolerance(design, tolerance);
    }
    registers.mode = match args.mode {
        Mode::Fixed => StrengthMode::Fixed,
        Mode::Incremental => StrengthMode::Incremental,
        Mode::Adaptive => StrengthMode::Adaptive,
    };
    registers.max_pulses = args.max_pulses.unwrap_or(registers.max_pulses);
    memory.age = args.age.age;
    let stored = memory.store(&picture.quantised(args.levels), args.seed);
    Ok((memory, stored))
}

/// The figures of a picture.
fn figures(stored: &Stored) -> Value {
    let c = &stored.counters;
    let [set, reset] = stored.mean_pulses();
    json!({
        "level_errors": stored.level_errors(),
        "level_error_rate": stored.level_error_rate(),
        "bit_errors": stored.bit_errors(),
        "bit_error_rate": stored.bit_error_rate(),
        "pixels_with_failed_devices": stored.failed.iter().filter(|&&failed| failed).count(),
        "set_pulses_per_pixel": set,
        "reset_pulses_per_pixel": reset,
        "words": c.words,
        "devices": c.devices,
        "set_pulses": c.set_pulses,
        "reset_pulses": c.reset_pulses,
        "verify_reads": c.reads,
        "failed_devices": c.failed_devices,
        "programming_cycles": stored.cycles,
        "forming_pulses": stored.forming.set_pulses,
        "unformed_devices": stored.forming.failed_devices,
        "line_reads": stored.line_reads,
    })
}

/// What was stored how, without the results.
fn setting(args: &Args, design: &Design, memory: &Memory, stored: &Stored) -> Value {
    let (layout, r) = (&memory.layout, &memory.verify.registers);
    json!({
        "design": design.name,
        "height": layout.height,
        "width": layout.width,
        "levels": stored.levels,
        "bits_per_pixel": stored.bits(),
        "margin": args.margin,
        "age": args.age.age,
        "tiles": layout.tiles(),
        "tile_rows": layout.rows,
        "tile_columns": layout.columns,
        "tolerance": r.tolerance,
        "max_pulses": r.max_pulses,
    })
}

fn headline(design: &Design, memory: &Memory, stored: &Stored, devices: &str) -> String {
    let l = &memory.layout;
    let (tiles, plural) = (l.tiles(), if l.tiles() == 1 { "tile" } else { "tiles" });
    format!(
        "{}: {}x{} pixels of {} levels, one a cell, on {tiles} {plural} of {}x{} with {devices}\n",
        design.name, l.height, l.width, stored.levels, l.rows, l.columns
    )
}

fn one(
    args: &Args,
    design: &Design,
    memory: &Memory,
    stored: &Stored,
    path: Value,
    output: &mut Output,
) -> Result<(), CliError> {
    if output.format == Format::Json {
        let mut object = setting(args, design, memory, stored);
        let more = figures(stored);
        for (key, value) in more.as_object().into_iter().flatten() {
            object[key] = value.clone();
        }
        object["picture"] = path;
        return output.json(object);
    }
    let (c, r) = (&stored.counters, &memory.verify.registers);
    let [set, reset] = stored.mean_pulses();
    let number = |n: u32| grouped(n as usize);
    let devices = if design.device.model.is_some() { "real devices" } else { "ideal devices" };
    output.text(&headline(design, memory, stored, devices))?;
    if memory.age > 0 {
        output.text(&format!("age         {} units of time before it is read\n", grouped(memory.age as usize)))?;
    }
    if stored.forming.devices > 0 {
        let f = &stored.forming;
        let [devices, pulses, failed] = [f.devices, f.set_pulses, f.failed_devices].map(number);
        output.text(&format!("forming     {devices} devices with {pulses} pulses first, {failed} not formed\n"))?;
    }
    output.text(&format!(
        "errors      {} of {} pixels ({:.2} %), {} of {} bits ({:.2} %)\n\
         pulses      {set:.2} SET and {reset:.2} RESET a pixel, {} verify reads\n\
         devices     {} programmed to {} of 2^{} codes, {} failed after {} pulses\n\
         cycles      {} to program, {} reads of a word line to read back\n\
         picture     {}\n",
        grouped(stored.level_errors()),
        grouped(stored.read.len()),
        100.0 * stored.level_error_rate(),
        grouped(stored.bit_errors()),
        grouped(stored.read.len() * stored.bits() as usize),
        100.0 * stored.bit_error_rate(),
        number(c.reads),
        number(c.devices),
        r.tolerance,
        design.converter.adc_bits,
        number(c.failed_devices),
        r.max_pulses,
        grouped(stored.cycles as usize),
        number(stored.line_reads),
        args.out.join("store.png").display(),
    ))
}

fn table(
    args: &Args,
    design: &Design,
    memory: &Memory,
    stored: &[(f64, &Stored)],
    files: &[PathBuf],
    output: &mut Output,
) -> Result<(), CliError> {
    let first = stored[0].1;
    if output.format == Format::Json {
        let row = |&(spread, stored): &(f64, &Stored)| {
            let mut figures = figures(stored);
            figures["spread"] = spread.into();
            figures
        };
        let mut object = setting(args, design, memory, first);
        object["spreads"] = stored.iter().map(row).collect();
        object["files"] = json!(files);
        return output.json(object);
    }
    let head =
        ["spread", "wrong pixels", "wrong bits", "SET a pixel", "RESET a pixel", "verify reads", "failed devices"];
    let mut rows = vec![head.map(String::from).to_vec()];
    for (spread, stored) in stored {
        let [set, reset] = stored.mean_pulses();
        rows.push(vec![
            spread.to_string(),
            format!("{:.2} %", 100.0 * stored.level_error_rate()),
            format!("{:.2} %", 100.0 * stored.bit_error_rate()),
            format!("{set:.2}"),
            format!("{reset:.2}"),
            grouped(stored.counters.reads as usize),
            grouped(stored.counters.failed_devices as usize),
        ]);
    }
    output.text(&headline(design, memory, first, "devices that differ"))?;
    output.table(&rows)?;
    output.text(&format!("plot {}\n", files[files.len() - 1].display()))
}

fn plot(design: &Design, stored: &[(f64, &Stored)]) -> Plot {
    let mut stored = stored.to_vec();
    stored.sort_by(|a, b| a.0.total_cmp(&b.0));
    let curve = |name: &str, value: &dyn Fn(&Stored) -> f64| Curve {
        name: name.into(),
        points: stored.iter().map(|(spread, stored)| (*spread, value(stored))).collect(),
    };
    Plot {
        title: format!("{}: a picture of {} levels", design.name, stored[0].1.levels),
        x: "spread from device to device".into(),
        y: String::new(),
        curves: vec![
            curve("wrong pixels in %", &|s| 100.0 * s.level_error_rate()),
            curve("pulses a pixel", &|s| s.mean_pulses().iter().sum()),
        ],
        bars: true,
    }
}
