//! Emission and co-simulation of the largest preset: `cargo bench --bench hardware`.
//!
//! Emission: `am-dcgan` with all weights to files, against plain printing of as many cell values. Co-simulation: cycles
//! a second and tile-cycles a second (tiles of the design times cycles) of the generator and the discriminator, every
//! activation compared.

use memgan::config::{Design, Role};
use memgan::diff::{Session, SessionOptions};
use memgan::emit::{Package, write_directory};
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::weights::Weights;
use std::io::Write;
use std::time::Instant;

const REPEATS: usize = 9;
const PASSES: usize = 8;

fn main() {
    let design = Design::load("am-dcgan").expect("a preset");
    let schedule = Schedule::new(&design);
    let weights = Weights::seeded(&design, 1);
    let mapping = prepare::map(&schedule, &weights).expect("weights of the design");
    let dir = tempfile::tempdir().expect("a directory");

    let emit = median(|| {
        let package = Package::new(&schedule, Some(&mapping.content(&schedule)));
        write_directory(&package, &dir.path().join("out")).expect("a written emission");
    });
    let whole = median(|| {
        let schedule = Schedule::new(&design);
        let mapping = prepare::map(&schedule, &Weights::seeded(&design, 1)).expect("weights of the design");
        let package = Package::new(&schedule, Some(&mapping.content(&schedule)));
        write_directory(&package, &dir.path().join("out")).expect("a written emission");
    });
    let print = median(|| {
        let file = std::fs::File::create(dir.path().join("cells.txt")).expect("a file");
        let mut file = std::io::BufWriter::new(file);
        for level in mapping.layers.iter().flat_map(|l| &l.levels) {
            writeln!(file, "{level:04x}").expect("a written line");
        }
        file.flush().expect("a written file");
    });
    println!("emission of am-dcgan, 848,368 weights, median of {REPEATS}:");
    println!("  package and files            {:8.1} ms", 1e3 * emit);
    println!("  with weights and calibration {:8.1} ms", 1e3 * whole);
    println!("  plain printing of the cells  {:8.1} ms", 1e3 * print);

    let mut session = Session::start(&schedule, &mapping, &mapping, &SessionOptions::default())
        .unwrap_or_else(|error| panic!("{error}"));
    let digits = memgan::data::synthetic::digits(design.image, 1, 1);
    let image = prepare::codes(&digits, &design).remove(0);
    for role in [Role::Generator, Role::Discriminator] {
        let mut rates = Vec::new();
        for i in 0..PASSES {
            let start = Instant::now();
            let pass = match role {
                Role::Generator => session.generate(i as u32 + 1),
                _ => session.apply(role, &image),
            };
            let pass = pass.unwrap_or_else(|error| panic!("{error}"));
            assert!(pass.is_equal());
            rates.push(pass.cycles as f64 / start.elapsed().as_secs_f64());
        }
        rates.sort_by(f64::total_cmp);
        let rate = rates[PASSES / 2];
        let tile_rate = rate * schedule.tiles() as f64;
        println!(
            "simulation of the {:13} {:8.1} k cycles/s, {:6.1} M tile-cycles/s (best {:6.1} M), {} tiles",
            role.name(),
            rate / 1e3,
            tile_rate / 1e6,
            rates[PASSES - 1] * schedule.tiles() as f64 / 1e6,
            schedule.tiles()
        );
    }
}

/// Median seconds of a call.
fn median(mut call: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..REPEATS)
        .map(|_| {
            let start = Instant::now();
            call();
            start.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[REPEATS / 2]
}
