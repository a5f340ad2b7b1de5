//! `memgan evaluate`: what a checkpoint is worth.

use indicatif::{ProgressBar, ProgressStyle};
use memgan::config::{Design, Role};
use memgan::data::png_grid::{GridError, drawable};
use memgan::data::{Arrange, DataSet, Grid, Panel, Split};
use memgan::evaluate::{Score, Scorer};
use memgan::schedule::Schedule;
use memgan::train::{CHECKPOINT, Checkpoint, Kind, Learner, TrainingData, TrainingError, images_of};
use ndarray::{Array4, s};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

use super::age::AgeArgs;
use super::error::CliError;
use super::output::{Output, grouped};
use super::train::in_threads;
use super::{Format, Outcome};

/// Images of a kind in the picture, and in a row of it.
const SHOWN: usize = 64;
const COLUMNS: usize = 16;

#[derive(clap::Args)]
pub struct Args {
    /// The description that was trained: a TOML file, or the name of a preset.
    #[arg(value_name = "FILE|PRESET")]
    description: String,
    /// A checkpoint, or the directory of a run.
    #[arg(value_name = "CHECKPOINT|DIR")]
    checkpoint: PathBuf,
    /// Images to generate; scores of different numbers cannot be compared.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(65..=100_000))]
    images: u32,
    /// Seed of the latents.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u32,
    /// Directory of an MNIST-like data set (IDX files, plain or gzip); without it MEMGAN_MNIST, then
    /// ../shared/data/mnist, then digits drawn by the program.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Picture of generated and real images; evaluation.png beside the checkpoint unless given.
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// Threads; all of the machine's unless given. No result depends on them.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(flatten)]
    age: AgeArgs,
}

pub fn run(args: &Args, output: &mut Output) -> Result<Outcome, CliError> {
    let mut design = Design::load(&args.description)?;
    let age = args.age.of(&design)?;
    let path = match args.checkpoint.is_dir() {
        true => args.checkpoint.join(CHECKPOINT),
        false => args.checkpoint.clone(),
    };
    let checkpoint = Checkpoint::read(&design, &path)?;
    design.training = Some(checkpoint.origin.training.clone());
    let (kind, step) = (checkpoint.origin.kind, checkpoint.step());
    let schedule = Schedule::new(&design);
    let mut learner = Learner::from_state(&schedule, checkpoint.state)?;
    if age > 0 {
        if kind == Kind::Float {
            return Err(CliError::Argument {
                key: "--age",
                value: age.to_string(),
                allowed: "0 for a run in float".into(),
                way_out: "time changes devices only: give a checkpoint of a run on the devices".into(),
            });
        }
        in_threads(args.threads, || learner.age(age));
    }
    let mut head = json!({ "design": design.name, "checkpoint": path, "kind": kind, "steps": step });
    if age > 0 {
        head["age"] = age.into();
    }
    let title = format!(
        "{}: {} steps {}{}\n",
        design.name,
        grouped(step as usize),
        if kind == Kind::Float { "in f32" } else { "on the devices" },
        if age > 0 { format!(", {} units of time ago", grouped(age as usize)) } else { String::new() }
    );
    match design.network(Role::Generator) {
        Some(_) => gan(args, &design, &mut learner, &path, head, &title, output)?,
        None => classifier(args, &design, &mut learner, head, &title, output)?,
    }
    Ok(Outcome::Success)
}

fn gan(
    args: &Args,
    design: &Design,
    learner: &mut Learner<'_>,
    checkpoint: &Path,
    mut report: Value,
    title: &str,
    output: &mut Output,
) -> Result<(), CliError> {
    let (data, note) = images_of(design, args.data.as_deref(), Split::Test)??;
    let (images, score) = in_threads(args.threads, || score(&data, learner, args))?;
    let picture = args.picture.clone().unwrap_or_else(|| checkpoint.with_file_name("evaluation.png"));
    draw(&images, &data, &picture)?;
    report["score"] = json!(score);
    report["seed"] = args.seed.into();
    report["data"] = json!({ "source": data.source, "images": data.len(), "note": note });
    report["picture"] = json!(picture);
    if output.format == Format::Json {
        return output.json(report);
    }
    output.text(title)?;
    let note = note.map(|n| format!(" ({n})")).unwrap_or_default();
    output.text(&format!("images     {} against {}{note}\n", grouped(score.images), data.source))?;
    output.text(&format!(
        "distance   {:.1} (Frechet distance of features; two sets of real images: {:.1})\n\
         score      {:.2} (inception score, 1 to {})\n\
         classifier {:.1} % of held out real images right\n",
        score.distance,
        score.real_half_distance,
        score.inception_score,
        score.classes.len(),
        100.0 * score.classifier_accuracy
    ))?;
    output.text(&format!("picture    {}\n\n", picture.display()))?;
    let mut rows = vec![["class", "images", "share"].map(String::from).to_vec()];
    for (class, &count) in score.classes.iter().enumerate() {
        let share = format!("{:.1} %", 100.0 * count as f64 / score.images.max(1) as f64);
        rows.push(vec![class.to_string(), grouped(count), share]);
    }
    output.table(&rows)
}

/// Generated images and their scores.
fn score(data: &DataSet, learner: &mut Learner<'_>, args: &Args) -> Result<(Array4<u8>, Score), CliError> {
    let progress = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{msg:28} {bar:30} {pos}/{len} {elapsed}").expect("a template");
    progress.set_style(style);
    progress.set_message("training the classifier");
    let scorer = Scorer::for_data(data, &mut |step, steps| {
        progress.set_length(steps);
        progress.set_position(step);
    });
    progress.set_message("generating images");
    let result = scorer.map(|scorer| {
        let images = learner.generate(args.images as usize, args.seed).expect("a GAN generates");
        let score = scorer.score(images.view());
        (images, score)
    });
    progress.finish_and_clear();
    Ok(result?)
}

fn draw(generated: &Array4<u8>, data: &DataSet, path: &Path) -> Result<(), CliError> {
    let panel = |caption: &str, images: &Array4<u8>| {
        let images = images.slice(s![..SHOWN.min(images.dim().0), .., .., ..]).to_owned();
        Panel { caption: caption.into(), images: drawable(images), columns: COLUMNS }
    };
    let panels = vec![panel("generated", generated), panel("real", &data.images)];
    match Grid::new(Arrange::Down, panels).write(path) {
        Err(GridError::Write(error)) => Err(TrainingError::Write(error).into()),
        result => Ok(result?),
    }
}

fn classifier(
    args: &Args,
    design: &Design,
    learner: &mut Learner<'_>,
    mut report: Value,
    title: &str,
    output: &mut Output,
) -> Result<(), CliError> {
    let data = TrainingData::load(design, args.data.as_deref(), None)??;
    data.check_labels(design)?;
    let test = &data.test;
    let found = in_threads(args.threads, move || learner.classify(test))?.unwrap_or_default();
    let classes = design.networks[0].output().len();
    let mut counts = vec![[0usize; 3]; classes];
    for (&found, &label) in found.iter().zip(&test.labels) {
        let label = usize::from(label);
        counts[label][0] += 1;
        counts[found][1] += 1;
        counts[label][2] += usize::from(found == label);
    }
    let right: usize = counts.iter().map(|c| c[2]).sum();
    let accuracy = right as f64 / test.len().max(1) as f64;
    report["test_accuracy"] = accuracy.into();
    report["classes"] = counts.iter().map(|[i, f, r]| json!({ "images": i, "found": f, "right": r })).collect();
    report["data"] = json!({ "source": test.source, "images": test.len(), "note": data.note });
    if output.format == Format::Json {
        return output.json(report);
    }
    output.text(title)?;
    let note = data.note.map(|n| format!(" ({n})")).unwrap_or_default();
    output.text(&format!("images     {} test images of {}{note}\n", grouped(test.len()), test.source))?;
    output.text(&format!("accuracy   {:.2} %\n\n", 100.0 * accuracy))?;
    let mut rows = vec![["class", "images", "found", "right"].map(String::from).to_vec()];
    for (class, count) in counts.iter().enumerate() {
        rows.push([vec![class.to_string()], count.map(grouped).to_vec()].concat());
    }
    output.table(&rows)
}
