//! Arguments, output and exit codes; one file per subcommand.

mod age;
mod check;
mod demo;
mod emit;
mod error;
mod evaluate;
mod images;
mod job;
mod output;
mod picture;
mod presets;
mod schema;
mod simulate;
mod sizes;
mod spice;
mod stop;
mod store;
mod sweep;
#[cfg(test)]
mod tests;
mod train;
mod weights;

use std::io::{self, BufWriter};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use output::Output;

/// Memristive GANs from a TOML description: Verilog, golden model and co-simulation.
#[derive(Parser)]
#[command(
    version,
    arg_required_else_help = true,
    after_help = "\
Exit codes: 0 success; 1 the hardware and the golden model differ; 2 bad arguments or description; 3 an external tool \
is missing or failed, or a result cannot be written; 4 training came to a stop; 130 interrupted.
Results go to standard output, diagnostics to standard error."
)]
pub struct Cli {
    /// Form of results and diagnostics.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

/// Form of results and diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Tables and pictures of the fault in the text.
    Human,
    /// One JSON object, with a `format_version`.
    Json,
}

#[derive(Subcommand)]
enum Command {
    /// List the descriptions that come with the program, or print one.
    Presets(presets::Args),
    /// Check a description and show its layers as they were resolved.
    Check(check::Args),
    /// Write Verilog, macro views, memory images and a manifest.
    Emit(emit::Args),
    /// Run the hardware in Verilator and the golden model side by side, and compare every activation.
    Simulate(simulate::Args),
    /// Emit and simulate mnist-small on 16 latents and 16 images, and draw the picture.
    Demo(demo::Args),
    /// Train a design on its devices in the golden model, or in float; continues from its checkpoint.
    Train(train::Args),
    /// Score what a checkpoint generates, or measure the accuracy of a classifier.
    Evaluate(evaluate::Args),
    /// Train and score a description with its keys varied over a grid; runs only what has no result yet.
    Sweep(sweep::Args),
    /// Write a netlist of one tile for ngspice, with its devices, wires and an input.
    Spice(spice::Args),
    /// Store a picture on the devices by write-verify and read it back: the crossbars as a memory.
    Store(store::Args),
    /// Print the JSON Schema of a description.
    Schema,
}

/// How a command that did not fail ended.
enum Outcome {
    Success,
    /// The hardware and the golden model differ.
    Difference,
    /// It was told to stop, and did so in good order.
    Interrupted,
}

/// Runs a command and reports its result.
pub fn run(cli: Cli) -> ExitCode {
    let out = BufWriter::new(io::stdout().lock());
    let mut output = Output::new(cli.format, Box::new(out), Box::new(io::stderr()));
    ExitCode::from(execute(cli.command, &mut output))
}

/// Runs a command; gives the exit code.
fn execute(command: Command, output: &mut Output) -> u8 {
    let result = match command {
        Command::Presets(args) => presets::run(&args, output),
        Command::Check(args) => check::run(&args, output),
        Command::Emit(args) => emit::run(&args, output),
        Command::Simulate(args) => simulate::run(&args, output),
        Command::Demo(args) => demo::run(&args, output),
        Command::Train(args) => train::run(&args, output),
        Command::Evaluate(args) => evaluate::run(&args, output),
        Command::Sweep(args) => sweep::run(&args, output),
        Command::Spice(args) => spice::run(&args, output),
        Command::Store(args) => store::run(&args, output),
        Command::Schema => schema::run(output),
    };
    match result.and_then(|outcome| output.finish().map(|()| outcome)) {
        Ok(Outcome::Success) => 0,
        Ok(Outcome::Difference) => 1,
        Ok(Outcome::Interrupted) => 130,
        Err(error) if error.is_closed_pipe() => 0,
        Err(error) => {
            output.report(&error);
            error.exit_code()
        }
    }
}
