//! Training steps of the golden model on one thread: both rules, batches of 1 and 64.
//!
//! `cargo bench --bench training`. Steps are timed one by one, after the controllers have settled: the median is what this
//! run got, the best what the processor does undisturbed.

#[path = "../testbenches/golden/designs.rs"]
mod designs;

use designs::dcgan;
use memgan::config::{Training, UpdateRule};
use memgan::data::synthetic;
use memgan::golden::{TrainSettings, TrainState, Trainer};
use memgan::prepare;
use memgan::schedule::{Pass, Phase, Schedule};
use memgan::weights::Weights;
use std::time::{Duration, Instant};

/// Steps before the first that counts.
const SETTLING: usize = 40;
const BUDGET: Duration = Duration::from_secs(6);

/// Multiply-accumulates for one image of a step: reads of all three phases, and outer products.
fn macs(schedule: &Schedule) -> usize {
    let phases = schedule.phases.iter().filter(|p| matches!(p.phase, Phase::Real | Phase::Fake | Phase::Generate));
    let ops = phases.flat_map(|p| &schedule.ops[p.first_op..=p.last_op]);
    let products =
        ops.filter(|o| matches!(o.pass, Pass::Forward | Pass::Backward | Pass::Update) && o.source.is_some());
    products.map(|o| o.positions * schedule.banks[o.layer].matrix_rows * schedule.banks[o.layer].matrix_columns).sum()
}

fn run(rule: UpdateRule, batch: usize) {
    let mut design = dcgan();
    design.training = Some(Training { rule, batch, ..Training::default() });
    let schedule = Schedule::new(&design);
    let mapping = prepare::map(&schedule, &Weights::seeded(&design, 1)).expect("weights of this design");
    let state = TrainState::initial(&schedule, &mapping, &TrainSettings::of(&design), 1);
    let mut trainer = Trainer::new(&schedule, state).expect("a state of this design").with_threads(1);
    let digits = prepare::codes(&synthetic::digits(design.image, batch, 1), &design);
    let images: Vec<&[i8]> = digits.iter().map(Vec::as_slice).collect();
    let mut step = || {
        let start = Instant::now();
        let report = trainer.step(&images, None).expect("a batch of this design");
        let pulses: u64 = report.layers.iter().map(|l| u64::from(l.pulses)).sum();
        (start.elapsed().as_secs_f64(), pulses)
    };
    for _ in 0..SETTLING {
        step();
    }
    let begin = Instant::now();
    let mut steps = vec![];
    while steps.len() < 10 || begin.elapsed() < BUDGET && steps.len() < 2000 {
        steps.push(step());
    }
    let pulses = steps.iter().map(|s| s.1).sum::<u64>() as f64 / steps.len() as f64;
    steps.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (best, median) = (steps[0].0, steps[steps.len() / 2].0);
    println!(
        "{rule:?}, batch {batch:2}: {:7.1} steps/s (median {:7.1}), {:6.0} image-steps/s, {:5.1} GMAC/s, {:6.2} M pulses/s",
        1.0 / best,
        1.0 / median,
        batch as f64 / best,
        (batch * macs(&schedule)) as f64 / best / 1e9,
        pulses / best / 1e6,
    );
}

fn main() {
    // Cargo passes `--bench`; a filter has nothing to choose from here.
    for rule in [UpdateRule::Accumulate, UpdateRule::Stochastic] {
        for batch in [1, 64] {
            run(rule, batch);
        }
    }
}
