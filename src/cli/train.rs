//! `memgan train`: a training run that can be stopped and continued.

use indicatif::{ProgressBar, ProgressStyle};
use memgan::config::{Design, UpdateRule};
use memgan::data::atomic::{self, Sync};
use memgan::report::{StepCycles, TrainingMemory};
use memgan::schedule::Schedule;
use memgan::train::{Ending, Kind, Options, Run, StepRecord, Summary, TrainingData, TrainingError};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::Instant;

use super::error::CliError;
use super::output::{FORMAT_VERSION, Output, grouped};
use super::{Format, Outcome, stop};

#[derive(clap::Args)]
pub struct Args {
    /// A TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    /// Steps in all; a run that continues makes those that are left.
    #[arg(long, value_name = "N", default_value_t = 3000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    steps: u64,
    /// Images a step; `training.batch` of the description unless given.
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u16).range(1..=256))]
    batch: Option<u16>,
    /// Seed of initial weights, order of images, latents and dropout.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    /// Directory of an MNIST-like data set (IDX files, plain or gzip); without it MEMGAN_MNIST, then
    /// ../shared/data/mnist, then digits drawn by the program.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Learn from the first N training images only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    images: Option<u32>,
    /// Directory of the run: a checkpoint in it is continued.
    #[arg(long, value_name = "DIR", default_value = "memgan-training")]
    out: PathBuf,
    /// Train in f32 with Adam instead: the baseline.
    #[arg(long)]
    float: bool,
    /// Train the hardware, simulated by Verilator, and compare it with the golden model after each step. The run goes on
    /// from the hardware's state, with or without this.
    #[arg(long, conflicts_with = "float")]
    hardware: bool,
    /// Program the simulated hardware by pulses and verify reads instead of writing its devices directly; the run goes on
    /// from the devices as they got. For designs of at most 20,000 devices on their tiles.
    #[arg(long, requires = "hardware")]
    write_verify: bool,
    /// Steps from one checkpoint to the next.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    checkpoint_every: u64,
    /// Steps from one picture, or test of a classifier, to the next.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u64).range(1..))]
    picture_every: u64,
    /// Threads; all of the machine's unless given. No result depends on them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let mut design = Design::load(&args.description)?;
    // A description that only infers trains with the defaults of [training].
    let training = design.training.get_or_insert_with(Default::default).clone();
    let data = TrainingData::load(&design, args.data.as_deref(), args.images.map(|n| n as usize))??;
    let schedule = Schedule::new(&design);
    let options = Options {
        kind: if args.float { Kind::Float } else { Kind::Chip },
        steps: args.steps,
        batch: args.batch.map_or(training.batch, usize::from),
        seed: args.seed,
        checkpoint_every: args.checkpoint_every,
        picture_every: args.picture_every,
        hardware: args.hardware,
        write_verify: args.write_verify,
        out: args.out.clone(),
    };
    stop::listen();
    let start = Instant::now();
    let summary = in_threads(args.threads, || train(&schedule, &data, options.clone()))?;
    let seconds = start.elapsed().as_secs_f64();
    let Some(summary) = summary else {
        match output.format {
            Format::Json => output.json(json!({ "design": design.name, "ending": "stopped", "programmed": false }))?,
            Format::Human => output.text("stopped while the devices were programmed; no step was made\n")?,
        }
        return Ok(Outcome::Interrupted);
    };

    let mut report = json!(summary);
    report["design"] = design.name.as_str().into();
    report["kind"] = json!(options.kind);
    report["training"] = json!(training);
    if !args.float {
        report["memory"] = json!(TrainingMemory::of(&schedule));
    }
    report["batch"] = options.batch.into();
    report["seed"] = options.seed.into();
    report["data"] = json!({ "source": data.train.source, "images": data.train.len(), "note": data.note });
    report["seconds"] = seconds.into();
    write_report(args, &report)?;
    match output.format {
        Format::Json => output.json(report)?,
        Format::Human => output.text(&human(&schedule, &options, &data, &summary, seconds))?,
    }
    match summary.ending {
        Ending::Finished => Ok(Outcome::Success),
        Ending::Stopped => Ok(Outcome::Interrupted),
        Ending::Diverged { step, trouble } => Err(CliError::Diverged { step, last: summary.steps, trouble }),
    }
}

/// Runs `work` on `threads` threads of rayon, or on its usual ones.
pub fn in_threads<T: Send>(threads: Option<u16>, work: impl FnOnce() -> T + Send) -> T {
    let pool = threads.map(|n| rayon::ThreadPoolBuilder::new().num_threads(usize::from(n)).build());
    match pool {
        Some(Ok(pool)) => pool.install(work),
        // Threads that the system does not give are no reason to fail: results are the same.
        Some(Err(_)) | None => work(),
    }
}

/// `None` if it was told to stop before the first step.
fn train(schedule: &Schedule, data: &TrainingData, options: Options) -> Result<Option<Summary>, TrainingError> {
    let (steps, batch) = (options.steps, options.batch as u64);
    let programming = ProgressBar::new(0);
    let style = ProgressStyle::with_template("programming {bar:30} {pos}/{len} words, {elapsed}, {eta} left");
    programming.set_style(style.expect("a template"));
    let run = Run::open_while(schedule, data, options, &mut |done, all| {
        programming.set_length(all);
        programming.set_position(done);
        !stop::asked()
    });
    programming.finish_and_clear();
    let Some(run) = run? else { return Ok(None) };
    let progress = ProgressBar::new(steps).with_position(run.steps());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}, {elapsed}, {eta} left").expect("a template");
    progress.set_style(style);
    let (start, before) = (Instant::now(), run.steps());
    let summary = run.train(&mut |record| {
        progress.set_position(record.step);
        let rate = ((record.step - before) * batch) as f64 / start.elapsed().as_secs_f64().max(1e-9);
        progress.set_message(format!("{}, {rate:.0} images/s", losses(record)));
        !stop::asked()
    });
    progress.finish_and_clear();
    summary.map(Some)
}

fn losses(record: &StepRecord) -> String {
    let texts: Vec<String> = record.losses.iter().map(|(name, loss)| format!("{name} {loss:.3}")).collect();
    texts.join(", ")
}

fn write_report(args: &Args, report: &Value) -> Result<(), CliError> {
    let mut report = report.clone();
    report["format_version"] = FORMAT_VERSION.into();
    let text = format!("{report:#}\n");
    Ok(atomic::write(&args.out.join("report.json"), text.as_bytes(), Sync::No).map_err(TrainingError::Write)?)
}

/// Where the cycles of a step go, and what a weight takes of digital memory.
fn hardware(schedule: &Schedule, cycles: &StepCycles) -> String {
    let share = |part: u64| 100.0 * part as f64 / cycles.total.max(1) as f64;
    let memory = TrainingMemory::of(schedule);
    format!(
        "hardware   {} cycles a step ({:.1} ms): forward {:.1} %, backward {:.1} %, update {:.1} %, overhead {:.1} %; array \
         busy {:.1} %\nmemory     {:.1} bits a weight for gradients, {:.1} for errors, bias sums and registers\n",
        grouped(cycles.total as usize),
        cycles.milliseconds,
        share(cycles.forward),
        share(cycles.backward),
        share(cycles.update),
        share(cycles.overhead),
        100.0 * cycles.array_utilisation,
        memory.gradient_bits_per_weight,
        memory.other_bits_per_weight
    )
}

fn human(schedule: &Schedule, options: &Options, data: &TrainingData, summary: &Summary, seconds: f64) -> String {
    let design = &schedule.design;
    let training = design.training.clone().unwrap_or_default();
    let how = match (options.kind, training.rule) {
        (Kind::Float, _) => "in f32 with Adam",
        (Kind::Chip, UpdateRule::Accumulate) => ", rule accumulate",
        (Kind::Chip, UpdateRule::Stochastic) => ", rule stochastic",
    };
    let place = match (options.kind, options.hardware) {
        (Kind::Float, _) => "",
        (Kind::Chip, false) => "on the devices",
        (Kind::Chip, true) => "in simulated hardware, equal to the golden model after each",
    };
    let count = |n: u64| grouped(n as usize);
    let made = summary.steps - summary.continued_from;
    let mut text =
        format!("{}: {} steps of {} images {place}{how}\n", design.name, count(summary.steps), options.batch);
    let note = data.note.as_ref().map(|n| format!(" ({n})")).unwrap_or_default();
    text += &format!("images     {} of {}{note}\n", grouped(data.train.len()), data.train.source);
    if summary.continued_from > 0 {
        text += &format!("continued  from step {}\n", count(summary.continued_from));
    }
    if let Some(last) = &summary.last {
        text += &format!("losses     {}\n", losses(last));
    }
    if let Some(accuracy) = summary.test_accuracy {
        text += &format!("accuracy   {:.2} % of {} test images\n", 100.0 * accuracy, grouped(data.test.len()));
    }
    if made > 0 {
        let rate = (made * options.batch as u64) as f64 / seconds.max(1e-9);
        text += &format!("time       {seconds:.1} s, {rate:.0} images/s\n");
    }
    if let Some(cycles) = &summary.hardware {
        text += &hardware(schedule, cycles);
    }
    text += &format!("files      {}: {}\n", options.out.display(), summary.files.join(", "));
    if summary.ending == Ending::Stopped {
        text += &format!("stopped    after step {}; the same command continues\n", count(summary.steps));
    }
    text
}
