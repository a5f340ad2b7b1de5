//! `memgan demo`: the main job on one preset, with nothing to choose.

use memgan::config::Design;
use memgan::emit::{Package, write_directory};
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::weights::Weights;
use std::path::PathBuf;

use super::error::CliError;
use super::images::ImageArgs;
use super::job::Job;
use super::output::{Output, grouped};
use super::simulate;
use super::{Format, Outcome};

const PRESET: &str = "mnist-small";
const PASSES: usize = 16;
const SEED: u32 = 1;

#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    data: ImageArgs,
    /// Directory for everything that the demo writes.
    #[arg(long, value_name = "DIR", default_value = "memgan-demo")]
    out: PathBuf,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let design = Design::load(PRESET)?;
    let schedule = Schedule::new(&design);
    let weights = Weights::seeded(&design, u64::from(SEED));
    let mapping = prepare::map(&schedule, &weights)?;
    let (data, note) = args.data.load(&design, PASSES, SEED)?;
    simulate::make_directory(&args.out)?;
    let package = Package::new(&schedule, Some(&prepare::content(&schedule, &mapping, SEED)));
    let hardware = args.out.join("hardware");
    write_directory(&package, &hardware)?;
    if output.format == Format::Human {
        output.text(&format!(
            "{PRESET}: {} layers on {} tiles, {} Verilog and data files in {}\n\n",
            schedule.banks.len(),
            grouped(schedule.tiles()),
            package.files.len(),
            hardware.display()
        ))?;
    }
    let job = Job {
        schedule: &schedule,
        mapping: &mapping,
        hardware: &mapping,
        data: &data,
        images: PASSES,
        seed: SEED,
        out: &args.out,
        wave: false,
        age: 0,
    };
    let result = simulate::simulate(&job)?;
    let errors = prepare::output_error(&schedule, &weights, &mapping, &prepare::codes(&data, &design));
    let mut report = simulate::in_json(&design, &result, &errors);
    report["hardware"] = serde_json::json!(hardware);
    let path = simulate::write_report(&args.out, &report)?;
    match output.format {
        Format::Json => output.json(report)?,
        Format::Human => {
            simulate::human(&result, &errors, &data, note.as_deref(), output)?;
            output.text(&format!("report     {}\n", path.display()))?;
        }
    }
    let equal = result.totals.differences == 0 && result.totals.cycles == result.totals.predicted_cycles;
    Ok(if equal { Outcome::Success } else { Outcome::Difference })
}
