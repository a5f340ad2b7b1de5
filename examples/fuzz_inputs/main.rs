//! Feeds mutated inputs to everything that reads files:
//! `cargo run --release --example fuzz_inputs -- COUNT [TARGET] [SEED]`.
//!
//! Deterministic: a failure names the seed and the index that make it again. To add a reader, add a [`Target`].

mod description;
mod idx;
mod mutate;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::time::Instant;

use mutate::{Random, mutate};

/// A reader of files, with valid inputs to start from.
struct Target {
    name: &'static str,
    seeds: fn() -> Vec<Vec<u8>>,
    tokens: &'static [&'static str],
    /// Reads the input and checks what comes out; tells whether it was accepted.
    run: fn(&[u8]) -> bool,
}

const TARGETS: &[Target] = &[
    Target { name: "description", seeds: description::seeds, tokens: description::TOKENS, run: description::run },
    Target { name: "idx", seeds: idx::seeds, tokens: idx::TOKENS, run: idx::run },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let count = args.first().and_then(|count| count.parse::<u64>().ok());
    let wanted = args.get(1);
    let seed = args.get(2).map_or(Some(1), |seed| seed.parse::<u64>().ok());
    let (Some(count), Some(seed)) = (count, seed) else {
        eprintln!("usage: fuzz_inputs COUNT [TARGET] [SEED]");
        return ExitCode::from(2);
    };
    let mut good = true;
    for target in TARGETS.iter().filter(|target| wanted.is_none_or(|wanted| wanted == target.name)) {
        good &= fuzz(target, count, seed);
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn fuzz(target: &Target, count: u64, seed: u64) -> bool {
    let seeds = (target.seeds)();
    let start = Instant::now();
    let mut accepted = 0u64;
    for index in 0..count {
        let input = mutate(&seeds, target.tokens, &mut Random::new(seed, index));
        match catch_unwind(AssertUnwindSafe(|| (target.run)(&input))) {
            Ok(good) => accepted += u64::from(good),
            Err(_) => {
                eprintln!("{}: seed {seed}, index {index}\n{}", target.name, String::from_utf8_lossy(&input));
                return false;
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{}: {count} inputs, {accepted} accepted, no panic, {seconds:.1} s", target.name);
    true
}
