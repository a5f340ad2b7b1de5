//! Forward passes of the golden model on one thread, beside the integer peak measured in the same run.
//!
//! `cargo bench --bench forward`. Every line is timed in many short repetitions; the best is what the processor does
//! undisturbed, the median what this run got.

#[path = "../testbenches/golden/designs.rs"]
mod designs;
mod peak;

use designs::{NetworkBuilder, Random, dcgan, design, macs, random_mapping};
use memgan::config::{Activation, Design, Role, Shape};
use memgan::golden::{BankKernel, BatchMachine, InstructionSet, Machine, ReadBuffers};
use memgan::schedule::Schedule;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Short, so that some repetitions meet no other process.
const REPETITION: Duration = Duration::from_millis(1);
/// For all repetitions of one line.
const BUDGET: Duration = Duration::from_millis(1500);
const MOST_REPETITIONS: usize = 1000;

/// Seconds a call: best and median.
struct Seconds {
    best: f64,
    median: f64,
}

fn time(mut call: impl FnMut()) -> Seconds {
    let begin = Instant::now();
    let mut timed = |calls: usize| {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() / calls as f64
    };
    let once = (0..3).map(|_| timed(1)).fold(1.0, f64::min).max(2e-8);
    let calls = (REPETITION.as_secs_f64() / once).ceil() as usize;
    let mut seconds = vec![];
    while seconds.len() < MOST_REPETITIONS && (seconds.len() < 5 || begin.elapsed() < BUDGET) {
        seconds.push(timed(calls));
    }
    seconds.sort_by(f64::total_cmp);
    Seconds { best: seconds[0], median: seconds[seconds.len() / 2] }
}

/// One line: a rate of `items` a call, and of multiply-accumulates against the peak (per second).
fn line(name: &str, unit: &str, items: usize, macs: usize, peak: Option<f64>, s: &Seconds) {
    let (best, median) = (items as f64 / s.best, items as f64 / s.median);
    let rate = macs as f64 / s.best;
    let share = peak.map_or(String::new(), |p| format!("{:5.1} % of peak", 100.0 * rate / p));
    println!("{name:<34} {best:>12.0} {unit} (median {median:>12.0}) {:7.1} GMAC/s {share}", rate / 1e9);
}

/// Peak of resident memory in MB, where the system tells.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

/// The design with conductance levels that need 16-bit weights where `levels` is above 128.
fn with_levels(levels: u32) -> Design {
    let mut design = dcgan();
    design.device.levels = levels;
    design
}

fn networks(set: InstructionSet, levels: u32, peak: Option<f64>) {
    let design = with_levels(levels);
    let schedule = Schedule::new(&design);
    let mut random = Random::new(9);
    let mapping = random_mapping(&schedule, &mut random);
    println!("\n{set}, {levels} levels");
    for network in &design.networks {
        let (role, name) = (network.role, network.role.name());
        let macs = macs(network);
        let mut machine = Machine::with_instructions(set, &schedule, &mapping);
        machine.load(role, &random.codes(network.input.len()));
        line(&format!("{name}, batch 1"), "images/s", 1, macs, peak, &time(|| machine.run(role)));
        black_box(machine.output(role));
        let mut batch = BatchMachine::with_instructions(set, &schedule, &mapping, 64);
        (0..64).for_each(|i| batch.load(i, role, &random.codes(network.input.len())));
        line(&format!("{name}, batch 64"), "images/s", 64, 64 * macs, peak, &time(|| batch.run(role)));
        black_box(batch.output(63, role));
    }
}

/// One tile of 128x128: conversions included.
fn one_tile(set: InstructionSet, peak: Option<f64>, levels: u32) {
    let network =
        NetworkBuilder::new(Role::Classifier, Shape::vector(128)).dense(Shape::vector(128), Activation::Linear, 0.0);
    let mut design = design(vec![network.build()], 128, 128, 8);
    design.device.levels = levels;
    let schedule = Schedule::new(&design);
    let mut random = Random::new(5);
    let mapping = random_mapping(&schedule, &mut random);
    let kernel = BankKernel::with_instructions(set, &schedule.banks[0], 128, &mapping.layers[0].levels);
    let gain = mapping.layers[0].parameters.gain;
    let mut buffers = ReadBuffers::default();
    for vectors in [1, 64] {
        let x = random.codes(128 * vectors);
        let s = time(|| {
            black_box(kernel.sums_of(black_box(&x), gain, 8, &mut buffers));
        });
        line(&format!("128x128 read, {vectors} at once"), "reads/s ", vectors, vectors * 128 * 128, peak, &s);
    }
}

fn main() {
    // Cargo passes `--bench`; a filter has nothing to choose from here.
    let before = peak_memory();
    for set in InstructionSet::available().into_iter().rev() {
        let peaks: Vec<f64> = peak::of(set)
            .iter()
            .map(|p| {
                const ROUNDS: usize = 10_000;
                let best = time(|| {
                    black_box((p.run)(black_box(ROUNDS)));
                })
                .best;
                let rate = (p.macs * ROUNDS) as f64 / best;
                println!("peak of {}: {:.0} GMAC/s", p.name, rate / 1e9);
                rate
            })
            .collect();
        // 64 levels fit 8-bit weights, 256 do not.
        networks(set, 64, peaks.first().copied());
        one_tile(set, peaks.first().copied(), 64);
        if peaks.len() > 1 {
            networks(set, 256, peaks.last().copied());
        }
        if let (Some(before), Some(after)) = (before, peak_memory()) {
            println!("peak memory of the process so far: {after:.1} MB ({before:.1} MB before the first network)");
        }
        println!();
    }
}
