//! Bias sum against plain sums: every period, tails, hazards, its cycles, a reset in the middle.

use crate::common::{Bench, DOT, EIGHT, Memory, Random, WIDE, accumulating, lint_clean, synthesis_clean};
use memgan::config::presets;
use memgan::rtl::blocks::bias_sum;
use memgan::schedule::{Pass, Schedule, bias_sum_cycles};

/// The fields of an operation.
#[derive(Clone, Copy, Debug)]
struct Op {
    source: usize,
    words: usize,
    /// Lanes of the last word that belong to the tensor.
    tail: usize,
    bias: usize,
    period: usize,
}

struct Block {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    errors: Memory,
    sums: Memory,
}

impl Block {
    fn new(schedule: &Schedule) -> Self {
        let (lanes, mut random) = (schedule.lanes, Random::new(schedule.lanes as u64));
        let mut errors = Memory::new("error", schedule.activation_words, lanes, 8, &mut random);
        errors.words.iter_mut().flatten().for_each(|e| *e = i64::from(random.activation()));
        let sums = Memory::new("sum", schedule.bias_words, lanes, schedule.widths.bias_sum, &mut random);
        Self { bench: Bench::new(&bias_sum(schedule)), random, schedule: schedule.clone(), errors, sums }
    }

    /// One cycle; returns the words of errors and sums that are read, and the sum that is written.
    fn step(&mut self, start: bool) -> [Option<usize>; 3] {
        self.bench.set("start_i", u64::from(start));
        self.errors.drive(&mut self.bench);
        self.sums.drive(&mut self.bench);
        self.bench.eval();
        let error = self.errors.read(&mut self.bench);
        let (sum, written) = self.sums.serve(&mut self.bench);
        self.bench.tick();
        [error, sum, written]
    }

    /// The clearing after a reset.
    fn clear(&mut self) {
        let words = self.schedule.bias_words;
        for cycle in 0..words {
            assert!(self.bench.flag("clearing_o"), "cycle {cycle} of {words}");
            assert!(!self.bench.flag("done_o"));
            self.step(false);
        }
        assert!(!self.bench.flag("clearing_o"), "a word a cycle");
        assert_eq!(self.sums.words, vec![vec![0; self.schedule.lanes]; words], "sums after reset");
    }

    fn set(&mut self, op: Op) {
        for (port, value) in [
            ("source_word_i", op.source),
            ("words_last_i", op.words - 1),
            ("tail_i", op.tail - 1),
            ("bias_word_i", op.bias),
            ("bias_last_i", op.period - 1),
        ] {
            self.bench.set(port, value);
        }
    }

    /// Runs an operation and compares everything; the memory keeps what it held.
    fn run(&mut self, op: Op) {
        let lanes = self.schedule.lanes;
        let mut expected = self.sums.words.clone();
        for n in 0..op.words {
            let valid = if n + 1 == op.words { op.tail } else { lanes };
            let errors = &self.errors.words[op.source + n][..valid];
            for (sum, error) in expected[op.bias + n % op.period].iter_mut().zip(errors) {
                *sum += error;
            }
        }
        self.set(op);
        let (mut read, mut cycles) = (Vec::new(), 0);
        loop {
            let [error, sum, _] = self.step(cycles == 0);
            assert!(sum.is_none() || error.is_some(), "sums are read with the errors");
            read.extend(error);
            cycles += 1;
            self.bench.eval();
            if self.bench.flag("done_o") {
                break;
            }
            assert!(cycles < 10_000, "the operation never ends");
        }
        assert_eq!(cycles, bias_sum_cycles(op.words), "cycles of {op:?}");
        assert_eq!(read, (op.source..op.source + op.words).collect::<Vec<_>>(), "words of {op:?}");
        assert_eq!(self.sums.words, expected, "sums of {op:?}");
        for _ in 0..self.random.below(4) {
            assert_eq!(self.step(false), [None; 3], "the block rests");
            assert!(self.bench.flag("done_o"), "done until the next start");
        }
    }

    /// Any sums that leave room for an operation.
    fn noise(&mut self, words: usize) {
        let most = (1i64 << (self.schedule.widths.bias_sum - 1)) - 1 - 128 * words as i64;
        for sum in self.sums.words.iter_mut().flatten() {
            *sum = if self.random.percent(20) { most } else { self.random.signed(-most, most) };
        }
    }

    fn drawn(&mut self) -> Op {
        let s = &self.schedule;
        let most = own(s).iter().map(|o| o.words).max().unwrap();
        let words = self.random.between(1, most);
        let period = self.random.pick(&[1, 2, 3, s.bias_words]).min(s.bias_words);
        Op {
            source: self.random.below(s.activation_words - words + 1),
            words,
            tail: self.random.between(1, s.lanes),
            bias: self.random.below(s.bias_words - period + 1),
            period,
        }
    }
}

/// The operations of a schedule.
fn own(schedule: &Schedule) -> Vec<Op> {
    let op = |op: &memgan::schedule::Op| {
        let tensor = &schedule.tensors[op.source.unwrap()];
        let tail = (tensor.shape.len() - 1) % schedule.lanes + 1;
        Op { source: tensor.base_word, words: op.positions, tail, bias: op.bias_base, period: op.bias_period }
    };
    schedule.ops.iter().filter(|o| o.pass == Pass::BiasSum).map(op).collect()
}

fn drive(schedule: &Schedule) {
    let module = bias_sum(schedule);
    lint_clean(&module);
    let mut b = Block::new(schedule);
    b.bench.reset();
    b.clear();
    for round in 0..3 {
        for op in own(schedule) {
            b.run(op);
        }
        for _ in 0..60 {
            let op = b.drawn();
            b.noise(op.words);
            b.run(op);
        }
        // A reset in the middle of an operation.
        let op = b.drawn();
        b.set(op);
        b.step(true);
        for _ in 0..b.random.below(op.words + 2 + round) {
            b.step(false);
        }
        b.bench.reset();
        b.noise(0);
        b.clear();
    }
}

#[test]
fn four_lanes() {
    drive(&accumulating(presets().iter().find(|p| p.name == "tiny").unwrap().text, 3, false));
}

#[test]
fn eight_lanes() {
    drive(&accumulating(EIGHT, 2, true));
}

#[test]
fn thirty_two_lanes() {
    drive(&accumulating(WIDE, 2, false));
}

#[test]
fn one_word() {
    drive(&accumulating(DOT, 1, false));
}

/// A batch of the largest errors, all on one word.
#[test]
fn the_largest_sum_fits() {
    let schedule = accumulating(EIGHT, 2, false);
    let mut b = Block::new(&schedule);
    b.bench.reset();
    b.clear();
    b.errors.words.iter_mut().flatten().for_each(|e| *e = -127);
    let op = Op { period: 1, ..own(&schedule).into_iter().max_by_key(|o| o.words).unwrap() };
    for _ in 0..4 {
        b.run(op);
    }
}

#[test]
fn synthesis() {
    synthesis_clean(&bias_sum(&accumulating(EIGHT, 2, false)));
}
