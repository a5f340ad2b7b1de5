//! How well a GAN trains on devices, beside the same GAN in f32 with Adam: scores and one picture.
//!
//! `cargo run --release --example training_quality -- --help`. README's table and picture come from here.

use clap::Parser;
use memgan::config::{Design, UpdateRule};
use memgan::data::mnist::Split;
use memgan::data::png_grid::drawable;
use memgan::data::{Arrange, Batches, DataSet, Grid, Panel};
use memgan::evaluate::{Score, Scorer};
use memgan::schedule::Schedule;
use memgan::train::{Kind, Learner, TrainingData, images_of};
use ndarray::{Array4, Axis, s};
use std::error::Error;
use std::path::PathBuf;

/// Trains variants of a GAN for a number of steps and scores the images that each makes.
#[derive(Parser)]
struct Options {
    /// Preset or file.
    #[arg(default_value = "mnist-small")]
    description: String,
    #[arg(long, default_value_t = 3000)]
    steps: u64,
    #[arg(long, default_value_t = 32)]
    batch: usize,
    /// Seeds 1 to N.
    #[arg(long, default_value_t = 3)]
    seeds: u32,
    /// Images that are scored.
    #[arg(long, default_value_t = 2000)]
    scored: usize,
    /// Directory of an MNIST-like data set.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Only variants whose name has this in it.
    #[arg(long, default_value = "")]
    only: String,
    /// Picture of real images, and of images of the first seed of each variant.
    #[arg(long)]
    picture: Option<PathBuf>,
}

/// Images of a variant in the picture.
const SHOWN: usize = 32;
const COLUMNS: usize = 16;

/// What is trained: name, rule on devices (or float), levels of a device.
const VARIANTS: [(&str, Option<UpdateRule>, u32); 5] = [
    ("float, Adam", None, 64),
    ("accumulate, 64 levels", Some(UpdateRule::Accumulate), 64),
    ("accumulate, 256 levels", Some(UpdateRule::Accumulate), 256),
    ("stochastic, 256 levels", Some(UpdateRule::Stochastic), 256),
    ("stochastic, 64 levels", Some(UpdateRule::Stochastic), 64),
];

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let design = Design::load(&options.description)?;
    let (real, _) = images_of(&design, options.data.as_deref(), Split::Test)??;
    let scorer = Scorer::for_data(&real, &mut |_, _| ())?;
    println!("{}; classifier right on {:.1} % of held out images", real.source, 100.0 * scorer.classifier_accuracy());
    let mut panels = vec![panel("real", &real.images)];
    for (name, rule, levels) in VARIANTS.into_iter().filter(|v| v.0.contains(&options.only)) {
        let mut scores: Vec<Score> = Vec::new();
        for seed in 1..=options.seeds {
            let images = train(&options, &design, rule, levels, seed)?;
            let score = scorer.score(images.view());
            eprintln!("{name}, seed {seed}: distance {:.1}, score {:.2}", score.distance, score.inception_score);
            if seed == 1 {
                panels.push(panel(&format!("{name}, {} steps", options.steps), &images));
            }
            scores.push(score);
        }
        let mean = |f: fn(&Score) -> f64| scores.iter().map(f).sum::<f64>() / scores.len().max(1) as f64;
        println!(
            "{name:24} distance {:6.1} (real to real {:.1}), score {:.2}, mean of {} seeds: {}",
            mean(|s| s.distance),
            mean(|s| s.real_half_distance),
            mean(|s| s.inception_score),
            scores.len(),
            scores.iter().map(|s| format!("{:.1}", s.distance)).collect::<Vec<_>>().join(", ")
        );
    }
    if let Some(path) = &options.picture {
        Grid::new(Arrange::Down, panels).write(path)?;
    }
    Ok(())
}

fn panel(caption: &str, images: &Array4<u8>) -> Panel {
    let images = images.slice(s![..SHOWN.min(images.dim().0), .., .., ..]).to_owned();
    Panel { caption: caption.into(), images: drawable(images), columns: COLUMNS }
}

/// Images of a GAN that was trained from `seed`.
fn train(
    options: &Options,
    design: &Design,
    rule: Option<UpdateRule>,
    levels: u32,
    seed: u32,
) -> Result<Array4<u8>, Box<dyn Error>> {
    let mut design = design.clone();
    design.device.levels = levels;
    let training = design.training.get_or_insert_default();
    training.batch = options.batch;
    training.rule = rule.unwrap_or(training.rule);
    let data: DataSet = TrainingData::load(&design, options.data.as_deref(), None)??.train;
    let schedule = Schedule::new(&design);
    let kind = if rule.is_some() { Kind::Chip } else { Kind::Float };
    let mut learner = Learner::initial(&schedule, kind, seed)?;
    let mut batches = Batches::new(data.len(), u64::from(seed));
    for step in 0..options.steps {
        let places = batches.batch(step, options.batch);
        let images = data.images.select(Axis(0), &places);
        let labels: Vec<u8> = places.iter().map(|&i| data.labels[i]).collect();
        let record = learner.step(images.view(), &labels, false)?;
        if let Some(trouble) = record.trouble {
            eprintln!("step {}: {trouble}", record.step);
        }
    }
    Ok(learner.generate(options.scored, 1).ok_or("the description has no generator")?)
}
