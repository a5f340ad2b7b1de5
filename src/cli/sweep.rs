//! `memgan sweep`: a description varied over a grid.

use indicatif::{ProgressBar, ProgressStyle};
use memgan::config::Role;
use memgan::sweep::{self, Collection, Job, Plan, Planned, Point, Progress, Sweep, SweepError, collect};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::error::CliError;
use super::output::{Output, grouped};
use super::{Format, Outcome, stop};

/// More points need `--yes`.
const MANY: usize = 1000;

#[derive(clap::Args)]
pub struct Args {
    /// The sweep file (TOML): a description, keys to vary and their values.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Directory of results; what is in it is not run again. sweep-NAME unless given.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Points that are run at a time; as many as the machine has threads unless given. No result depends on it.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Print the points and run none.
    #[arg(long)]
    list: bool,
    /// Run more than 1,000 points.
    #[arg(long)]
    yes: bool,
    /// Run only this point, by its number in the list; tables and pictures are left to --collect.
    #[arg(long, value_name = "I")]
    point: Option<usize>,
    /// With --point: and every STEP-th point after it.
    #[arg(long, value_name = "STEP", requires = "point", value_parser = clap::value_parser!(u32).range(1..))]
    every: Option<u32>,
    /// Run nothing: write tables and pictures of the points that have a result.
    #[arg(long, conflicts_with_all = ["list", "point"])]
    collect: bool,
    /// Write a job array of the points without a result, and a job that collects, for Slurm; `submit` gives them to sbatch.
    #[arg(long, value_name = "HOW", value_enum, conflicts_with_all = ["list", "point", "collect", "jobs"])]
    slurm: Option<Slurm>,
    /// Most tasks of the array at a time.
    #[arg(long, value_name = "M", requires = "slurm", value_parser = clap::value_parser!(u16).range(1..))]
    slurm_tasks: Option<u16>,
}

/// What becomes of the scripts for Slurm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Slurm {
    /// Only write them.
    Write,
    /// Write and submit them.
    Submit,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let sweep = Sweep::load(&args.file)?;
    if sweep.count() > MANY && !args.yes && !args.list {
        return Err(too_many(&sweep, threads(args.jobs))?);
    }
    let points = sweep.points()?;
    if args.list {
        list(&sweep, &points, output)?;
        return Ok(Outcome::Success);
    }
    let points_in_all = points.len();
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from(format!("sweep-{}", sweep.name)));
    let plan = Plan::new(sweep, points, out)?;
    if args.collect {
        return finish(&plan, output, Outcome::Success);
    }
    let mut wanted = plan.missing();
    if let Some(how) = args.slurm.filter(|_| !wanted.is_empty()) {
        return slurm(args, how, &plan, &wanted, output);
    }
    if let Some(first) = args.point {
        if first >= points_in_all {
            let allowed = format!("0 to {}", points_in_all - 1);
            let way_out = "--list shows the points".into();
            return Err(CliError::Argument { key: "--point", value: first.to_string(), allowed, way_out });
        }
        let step = args.every.map_or(points_in_all, |step| step as usize);
        wanted.retain(|p| p.point.index >= first && (p.point.index - first).is_multiple_of(step));
    }
    stop::listen();
    let complete = run_all(&plan, &wanted, threads(args.jobs))?;
    let outcome = if complete { Outcome::Success } else { Outcome::Interrupted };
    match args.point {
        Some(first) => one(&plan, first, output, outcome),
        None => finish(&plan, output, outcome),
    }
}

/// Writes the scripts for Slurm, and submits them.
fn slurm(args: &Args, how: Slurm, plan: &Plan, points: &[&Planned], output: &mut Output) -> Result<Outcome, CliError> {
    let program = std::env::current_exe()?;
    let (file, out) = (std::path::absolute(&args.file)?, std::path::absolute(&plan.out)?);
    let (name, at_a_time) = (plan.sweep.name.as_str(), args.slurm_tasks);
    let scripts = Job { name, program: &program, file: &file, out: &out, at_a_time }.write(points)?;
    let jobs = match how {
        Slurm::Write => None,
        Slurm::Submit => {
            // Once here, instead of by each of the first tasks.
            judges(points)?;
            Some(sweep::submit(&scripts)?)
        }
    };
    if output.format == Format::Json {
        output.json(json!({ "sweep": name, "points": points.len(), "scripts": scripts, "jobs": jobs }))?;
        return Ok(Outcome::Success);
    }
    output.text(&format!("{name}: {} points without a result\n", grouped(points.len())))?;
    output.text(&format!("scripts    {}\n           {}\n", scripts[0].display(), scripts[1].display()))?;
    if let Some([points, collection]) = jobs {
        output.text(&format!("jobs       {points}, and {collection} to collect after it\n"))?;
    }
    Ok(Outcome::Success)
}

fn threads(jobs: Option<u16>) -> usize {
    jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// What the points learn from, for example `9,004 of MNIST test images`.
fn images(points: &[Planned]) -> Vec<String> {
    let mut sources: Vec<String> = Vec::new();
    for planned in points {
        let train = &planned.source.data.train;
        let source = format!("{} of {}", grouped(train.len()), train.source);
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}

/// Prepares the judges and runs the points, with progress; false if it was told to stop.
fn run_all(plan: &Plan, points: &[&Planned], threads: usize) -> Result<bool, SweepError> {
    judges(points)?;
    let mut trainings: Vec<(&str, u64)> =
        points.iter().map(|p| (p.training.as_str(), p.point.settings.steps)).collect();
    trainings.sort_unstable();
    trainings.dedup();
    let bar = ProgressBar::new(trainings.iter().map(|(_, steps)| steps).sum());
    bar.set_style(ProgressStyle::with_template("{bar:30} {msg}, {elapsed}, {eta} left").expect("a template"));
    let (all, before) = (plan.points.len(), plan.points.len() - points.len());
    let done = AtomicUsize::new(before);
    bar.println(format!("images: {}", images(&plan.points).join("; ")));
    let say = |done: usize| bar.set_message(format!("{done} of {all} points"));
    say(before);
    let progress = Progress {
        steps: &|steps| bar.inc(steps),
        point: &|_| say(done.fetch_add(1, Ordering::Relaxed) + 1),
        go_on: &|| !stop::asked(),
    };
    let result = sweep::run(points, &plan.out, threads, &progress);
    bar.finish_and_clear();
    result
}

/// The classifiers behind the scores: once for all points.
fn judges(points: &[&Planned]) -> Result<(), SweepError> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}").expect("a template"));
    bar.set_message("training the classifier");
    for planned in points {
        planned.source.prepare(&planned.point.design, &mut |step, steps| {
            bar.set_length(steps);
            bar.set_position(step);
        })?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// The refusal of many points, with an estimate of what they take.
fn too_many(sweep: &Sweep, threads: usize) -> Result<CliError, SweepError> {
    let (first, count) = (sweep.first_point()?, sweep.count());
    let steps = first.settings.steps;
    let hours = sweep.step_time(&first)?.as_secs_f64() * steps as f64 * count as f64 / threads as f64 / 3600.0;
    let hours = if hours < 10.0 { format!("{hours:.1}") } else { grouped(hours as usize) };
    Ok(CliError::Argument {
        key: "the number of points",
        value: grouped(count),
        allowed: format!("up to {} without --yes", grouped(MANY)),
        way_out: format!(
            "{} steps each take about {hours} hours on {threads} threads: vary fewer keys, or say --yes",
            grouped(steps as usize)
        ),
    })
}

fn list(sweep: &Sweep, points: &[Point], output: &mut Output) -> Result<(), CliError> {
    if output.format == Format::Json {
        let object = |point: &Point| {
            let values = point.values.iter().map(|(key, value)| (key.clone(), json!(value)));
            json!({ "point": point.index, "values": values.collect::<serde_json::Map<_, _>>(), "settings": point.settings })
        };
        let points: Vec<Value> = points.iter().map(object).collect();
        return output.json(json!({ "sweep": sweep.name, "description": sweep.description, "points": points }));
    }
    let mut rows = vec![std::iter::once("point").chain(sweep.variables()).map(String::from).collect::<Vec<_>>()];
    for point in points {
        let values = point.values.iter().map(|(_, value)| value.to_string());
        rows.push(std::iter::once(point.index.to_string()).chain(values).collect());
    }
    output.table(&rows)?;
    output.text(&format!("\n{}: {} points of {}\n", sweep.name, grouped(points.len()), sweep.description))
}

/// Tells what came of the points of `--point`.
fn one(plan: &Plan, first: usize, output: &mut Output, outcome: Outcome) -> Result<Outcome, CliError> {
    let planned = &plan.points[first];
    let result = planned.result(&plan.out);
    match output.format {
        Format::Json => output.json(json!({ "point": first, "result": result }))?,
        Format::Human => {
            let what = match result.and_then(|r| r.score) {
                Some(score) => format!("distance {:.1}, score {:.2}", score.distance, score.inception_score),
                None => "no score".into(),
            };
            output.text(&format!("point {first} ({}): {what}\n", planned.point.label()))?;
        }
    }
    Ok(outcome)
}

fn finish(plan: &Plan, output: &mut Output, outcome: Outcome) -> Result<Outcome, CliError> {
    let collection = collect(plan)?;
    match output.format {
        Format::Json => output.json(summary(plan, &collection))?,
        Format::Human => human(plan, &collection, &plan.out, output)?,
    }
    let missing = collection.points - collection.finished;
    match outcome {
        Outcome::Success if missing > 0 => Err(SweepError::Missing { missing, points: collection.points }.into()),
        outcome => Ok(outcome),
    }
}

fn summary(plan: &Plan, collection: &Collection) -> Value {
    json!({
        "sweep": plan.sweep.name,
        "points": collection.points,
        "finished": collection.finished,
        "diverged": collection.diverged,
        "data": images(&plan.points),
        "out": plan.out,
        "files": collection.files,
        "rows": collection.json["rows"],
    })
}

fn human(plan: &Plan, collection: &Collection, out: &Path, output: &mut Output) -> Result<(), CliError> {
    let classifier = plan.points.iter().any(|planned| planned.point.design.network(Role::Classifier).is_some());
    let merits: &[&str] = if classifier { &["accuracy"] } else { &["distance", "score"] };
    let head = std::iter::once("point").chain(plan.sweep.variables()).chain(merits.iter().copied());
    let mut rows = vec![head.map(String::from).collect::<Vec<_>>()];
    for planned in &plan.points {
        let mut row = vec![planned.point.index.to_string()];
        row.extend(planned.point.values.iter().map(|(_, value)| value.to_string()));
        match planned.result(&plan.out) {
            Some(result) => {
                let score = result.score.as_ref();
                row.extend(merits.iter().map(|&merit| match merit {
                    "accuracy" => result.accuracy.map_or(String::new(), |a| format!("{:.2} %", 100.0 * a)),
                    "distance" => score.map_or(String::new(), |s| format!("{:.1}", s.distance)),
                    _ => score.map_or(String::new(), |s| format!("{:.2}", s.inception_score)),
                }));
                row.push(result.trained.trouble.map_or(String::new(), |t| format!("diverged {t}")));
            }
            None => row.push("not run".into()),
        }
        rows.push(row);
    }
    output.table(&rows)?;
    output.text(&format!(
        "\n{}: {} of {} points, {} diverged\nimages     {}\nfiles      {}: {}\n",
        plan.sweep.name,
        grouped(collection.finished),
        grouped(collection.points),
        collection.diverged,
        images(&plan.points).join("; "),
        out.display(),
        collection.files.join(", ")
    ))
}
