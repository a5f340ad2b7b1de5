//! Trains the preset `mnist-small` on its devices and draws what its generator makes.
//!
//! `cargo run --release --example train_mnist -- --data DIRECTORY --picture out.png`

use clap::{Parser, ValueEnum};
use memgan::config::{Design, PairScheme, Training, UpdateRule, preset};
use memgan::data::mnist::{self, Split};
use memgan::data::{Arrange, Batches, Grid, Panel};
use memgan::evaluate::Scorer;
use memgan::golden::{StepReport, TrainSettings, TrainState, Trainer};
use memgan::numeric::code_to_pixel;
use memgan::prepare;
use memgan::schedule::{Phase, Schedule};
use memgan::weights::Weights;
use ndarray::Array4;
use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rule {
    Accumulate,
    Stochastic,
}

#[derive(Parser)]
struct Options {
    /// Directory of MNIST files.
    #[arg(long)]
    data: PathBuf,
    #[arg(long, value_enum, default_value = "accumulate")]
    rule: Rule,
    /// Levels of a device.
    #[arg(long, default_value_t = 64)]
    levels: u32,
    #[arg(long, default_value_t = 3000)]
    steps: usize,
    #[arg(long, default_value_t = 32)]
    batch: usize,
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// One device a weight against a reference column.
    #[arg(long)]
    reference: bool,
    /// Keep what rounding to pulses leaves over.
    #[arg(long)]
    keep_remainder: bool,
    /// Settings as JSON, each key optional.
    #[arg(long, default_value = "{}")]
    settings: String,
    /// PNG grid of generated images.
    #[arg(long)]
    picture: Option<PathBuf>,
    /// Steps from one line of figures to the next.
    #[arg(long, default_value_t = 250)]
    every: usize,
    /// Steps from one score to the next.
    #[arg(long, default_value_t = 1000)]
    score: usize,
}

/// Training images: the first ones of the set.
const IMAGES: usize = 9000;
/// Images that are scored.
const SCORED: usize = 2000;

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    let text = preset("mnist-small").ok_or("the preset is gone")?.text;
    let mut design = Design::from_toml(text, "mnist-small")?;
    design.device.levels = options.levels;
    if options.reference {
        design.crossbar.pair = PairScheme::Reference;
    }
    let rule = match options.rule {
        Rule::Accumulate => UpdateRule::Accumulate,
        Rule::Stochastic => UpdateRule::Stochastic,
    };
    design.training = Some(Training { rule, batch: options.batch, keep_remainder: options.keep_remainder, target_real: 0.9 });
    let schedule = Schedule::new(&design);
    let settings = settings(&design, &options.settings)?;

    let all = mnist::load_from(&options.data, Split::Test)?.ok_or("no MNIST files there")?;
    let scorer = Scorer::for_data(&all, &mut |_, _| ())?;
    let set = all.take(IMAGES);
    let images = prepare::codes(&set, &design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, u64::from(options.seed)))?;
    let mut trainer = Trainer::new(&schedule, TrainState::initial(&schedule, &mapping, &settings, options.seed))?;

    let mut batches = Batches::new(images.len(), u64::from(options.seed));
    let start = Instant::now();
    for step in 0..options.steps {
        let chosen = batches.batch(step as u64, options.batch);
        let batch: Vec<&[i8]> = chosen.into_iter().map(|i| images[i].as_slice()).collect();
        let report = trainer.step(&batch, None)?;
        if (step + 1) % options.every == 0 || step < 3 {
            print_step(step + 1, &report, &trainer);
        }
        if (step + 1) % options.score == 0 || step + 1 == options.steps {
            let score = scorer.score(generated(&trainer, &design, SCORED, 1)?.view());
            println!(
                "{:>6}: distance {:.0} (real {:.0}), inception score {:.2}, {:.1} s, classes {:?}",
                step + 1,
                score.distance,
                score.real_half_distance,
                score.inception_score,
                start.elapsed().as_secs_f64(),
                score.classes,
            );
        }
    }
    if let Some(path) = &options.picture {
        let images = generated(&trainer, &design, 100, 7)?;
        Grid::new(Arrange::Down, vec![Panel { caption: String::new(), images, columns: 10 }]).write(path)?;
    }
    Ok(())
}

/// Pictures of the generator, `[images, height, width, channels]`.
fn generated(trainer: &Trainer, design: &Design, count: usize, seed: u32) -> Result<Array4<u8>, Box<dyn Error>> {
    let seeds: Vec<u32> = (0..count).map(|i| prepare::pass_seed(seed, i)).collect();
    let pixels = trainer.generate(&seeds).into_iter().flatten().map(|c| code_to_pixel(c, design.pixel_range)).collect();
    let shape = design.image;
    Ok(Array4::from_shape_vec((count, shape.height, shape.width, shape.channels), pixels)?)
}

/// The design's defaults with the given keys replaced.
fn settings(design: &Design, json: &str) -> Result<TrainSettings, Box<dyn Error>> {
    let mut all = serde_json::to_value(TrainSettings::of(design))?;
    let given: serde_json::Value = serde_json::from_str(json)?;
    for (key, value) in given.as_object().ok_or("settings are an object")? {
        all[key] = value.clone();
    }
    Ok(serde_json::from_value(all)?)
}

fn print_step(step: usize, report: &StepReport, trainer: &Trainer) {
    let rms = |phase| report.loss(phase).map_or(0.0, |l| l.rms());
    let [real, fake, generate] = [Phase::Real, Phase::Fake, Phase::Generate].map(rms);
    println!("{step:>6}: rms errors real {real:.0}, fake {fake:.0}, generate {generate:.0} {:?}", report.divergence());
    for (r, l) in report.layers.iter().zip(&trainer.state().layers) {
        let percent = |n: u32, of: usize| 100.0 * f64::from(n) / of.max(1) as f64;
        let weights = l.weights();
        let sd = (weights.iter().map(|&w| f64::from(w).powi(2)).sum::<f64>() / weights.len() as f64).sqrt();
        let top = weights.iter().map(|w| w.abs()).max().unwrap_or(0);
        let edge = weights.iter().filter(|w| w.abs() >= top - 1).count();
        println!(
            "        pulses {:5.3}, rate {:3}, gain {:2} {:2}, back {:2} {:2}, weights rms {sd:5.1} edge {:4.1} %, \
             outputs zero {:3.0} % saturated {:3.0} %, live errors {:3.0} %, \
             saturated reads {:3.0} % {:3.0} % errors {:4.1} %, biases {:?}",
            f64::from(r.pulses) / weights.len() as f64,
            l.rate.code(),
            l.gain,
            l.shift,
            l.back_gain,
            l.back_shift,
            percent(edge as u32, weights.len()),
            percent(r.zero, r.outputs as usize),
            percent(r.saturated, r.outputs as usize),
            percent(r.live_errors, r.outputs as usize),
            percent(r.row_reads.saturated, r.row_reads.total as usize),
            percent(r.column_reads.saturated, r.column_reads.total as usize),
            percent(r.errors.saturated, r.errors.total as usize),
            &l.bias[..l.bias.len().min(3)],
        );
    }
}
