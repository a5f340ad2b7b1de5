//! `memgan emit`: Verilog and everything beside it.

use memgan::config::Design;
use memgan::emit::{Package, write_directory};
use memgan::schedule::Schedule;
use serde_json::json;
use std::path::PathBuf;

use super::error::CliError;
use super::output::{Output, grouped};
use super::weights::WeightArgs;
use super::{Format, Outcome};

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    /// Directory to write; an earlier emission there is replaced.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    weights: WeightArgs,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(&args.description)?;
    let schedule = Schedule::new(&design);
    let package = Package::new(&schedule, Some(&args.weights.content(&schedule)?));
    write_directory(&package, &args.out)?;
    let bytes: usize = package.files.values().map(Vec::len).sum();
    let verilog = package.files.keys().filter(|p| p.ends_with(".v")).count();
    match output.format {
        Format::Json => output.json(json!({
            "design": design.name,
            "out": args.out,
            "files": package.files.keys().collect::<Vec<_>>(),
            "bytes": bytes,
            "tiles": schedule.tiles(),
        }))?,
        Format::Human => output.text(&format!(
            "{}: {} files ({verilog} Verilog), {} bytes, {} tiles in {}\n",
            design.name,
            package.files.len(),
            grouped(bytes),
            schedule.tiles(),
            args.out.display()
        ))?,
    }
    Ok(Outcome::Success)
}
