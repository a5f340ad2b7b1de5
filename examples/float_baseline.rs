//! Trains the float baseline of mnist-small and scores it: `cargo run --release --example float_baseline [STEPS [SEED]]`.

use memgan::config::Design;
use memgan::data::mnist::{self, Split};
use memgan::data::{Arrange, Batches, Grid, Panel};
use memgan::evaluate::Scorer;
use memgan::float::FloatGan;
use ndarray::Axis;
use std::path::Path;
use std::time::Instant;

const BATCH: usize = 32;
const IMAGES: usize = 9_000;
const SCORED: usize = 2_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps = arguments.next().map_or(Ok(3_000), |text| text.parse())?;
    let seed = arguments.next().map_or(Ok(1), |text| text.parse())?;
    let data = mnist::load(None, Split::Test)?.ok_or("no data set")?;
    let start = Instant::now();
    let scorer = Scorer::for_data(&data, &mut |_, _| ())?;
    println!("classifier: accuracy {}, {:.1?}", scorer.classifier_accuracy(), start.elapsed());
    let design = Design::load("mnist-small")?;
    let mut gan = FloatGan::new(&design, seed).ok_or("no GAN")?;
    let mut batches = Batches::new(IMAGES.min(data.len()), seed);
    let start = Instant::now();
    for step in 1..=steps {
        let images = batches.batch(step - 1, BATCH);
        let losses = gan.step(data.images.select(Axis(0), &images).view());
        if step % 500 == 0 || step == steps {
            let each = start.elapsed() / step as u32;
            println!("step {step}: {losses:.3?}, {each:.2?} a step");
            println!("{:.2?}", scorer.score(gan.generate(SCORED, 1).view()));
        }
    }
    let panel = Panel { caption: format!("float, seed {seed}"), images: gan.generate(64, 2), columns: 16 };
    Grid::new(Arrange::Down, vec![panel]).write(Path::new("float-baseline.png"))?;
    Ok(())
}
