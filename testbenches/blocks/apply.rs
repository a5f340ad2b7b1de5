//! Pulses from sums, against the numeric functions: beats, sums that are left, random numbers drawn, cycle by cycle.

use crate::common::{Bench, DOT, EIGHT, Memory, Random, WIDE, accumulating, lint_clean, synthesis_clean, update_rows};
use memgan::config::presets;
use memgan::numeric::{LaneRandom, Rate, cut_gradient, round_gradient};
use memgan::rtl::blocks;
use memgan::schedule::{ApplyModel, Pass, Schedule};

/// The fields of an operation.
#[derive(Clone, Copy, Debug)]
struct Op {
    rows: usize,
    columns: usize,
    base: usize,
    step: Rate,
}

/// What goes to the line DACs.
#[derive(Clone, Debug, PartialEq)]
struct Beat {
    side: u64,
    word: u64,
    /// Lane and pulse.
    lanes: Vec<(usize, i64)>,
}

struct Block {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    keeps: bool,
    gradients: Memory,
    stream: LaneRandom,
}

impl Block {
    fn new(schedule: &Schedule) -> Self {
        let (lanes, mut random) = (schedule.lanes, Random::new(schedule.lanes as u64));
        let rows = schedule.update_rows;
        let words = schedule.gradient_words.max(2) * rows;
        Self {
            bench: Bench::new(&blocks::apply(schedule)),
            gradients: Memory::new("gradient", words, lanes, schedule.widths.gradient, &mut random).with_rows(rows),
            random,
            schedule: schedule.clone(),
            keeps: schedule.design.training.as_ref().unwrap().keep_remainder,
            stream: LaneRandom::seeded(9, lanes),
        }
    }

    /// One cycle; returns the beat.
    fn step(&mut self, start: bool, apply: bool) -> Option<Beat> {
        let (lanes, b) = (self.schedule.lanes, &mut self.bench);
        b.set("start_i", u64::from(start));
        b.set("apply_i", u64::from(apply));
        if !self.keeps {
            b.set_all("random_i", 8, (0..lanes).map(|l| i64::from(self.stream.lane(l) >> 24)));
        }
        self.gradients.drive(b);
        b.eval();
        self.gradients.serve(b);
        if !self.keeps && b.flag("random_step_o") {
            self.stream.step();
        }
        let beat = b.flag("dac_valid_o").then(|| {
            let (mask, next) = (b.get_all("dac_mask_o", 1, lanes), b.get_all("dac_next_o", 1, lanes));
            let data = b.get_signed("dac_data_o", 8, lanes);
            assert_eq!(next, vec![0; lanes], "words are whole");
            let lanes = (0..lanes).filter(|&l| mask[l] == 1).map(|l| (l, data[l])).collect();
            Beat { side: b.get("dac_side_o"), word: b.get("dac_word_o"), lanes }
        });
        b.tick();
        beat
    }

    /// Where a word of a matrix row lies.
    fn place(&self, op: Op, row: usize, word: usize) -> usize {
        let rows = self.schedule.update_rows;
        let row_words = op.columns.div_ceil(self.schedule.lanes);
        (op.base + row / rows * row_words + word) * rows + row % rows
    }

    /// The beats of a row, by the contract; changes sums and random numbers as they must be afterwards.
    fn row(&self, op: Op, row: usize, sums: &mut [Vec<i64>], stream: &mut LaneRandom) -> Vec<Beat> {
        let lanes = self.schedule.lanes;
        let row_words = op.columns.div_ceil(lanes);
        let mut beats = Vec::new();
        for word in 0..row_words {
            let place = &mut sums[self.place(op, row, word)];
            let mut pulses = Vec::new();
            for (lane, sum) in place.iter_mut().enumerate().take(lanes.min(op.columns - word * lanes)) {
                let g = i32::try_from(*sum).unwrap();
                let (pulse, left) = match self.keeps {
                    true => cut_gradient(g, op.step),
                    false => (round_gradient(g, stream.lane(lane), op.step), 0),
                };
                *sum = i64::from(left);
                pulses.push((lane, i64::from(pulse)));
            }
            if !self.keeps {
                stream.step();
            }
            beats.push(Beat { side: 1, word: word as u64, lanes: pulses });
        }
        beats.push(Beat { side: 0, word: (row / lanes) as u64, lanes: vec![(row % lanes, 1)] });
        beats
    }

    fn set(&mut self, op: Op) {
        let lanes = self.schedule.lanes;
        for (port, value) in [
            ("rows_last_i", op.rows - 1),
            ("row_words_last_i", op.columns.div_ceil(lanes) - 1),
            ("columns_tail_i", (op.columns - 1) % lanes),
            ("gradient_word_i", op.base),
            ("step_i", op.step.code() as usize),
        ] {
            self.bench.set(port, value);
        }
    }

    /// Runs an operation, or as much of it as `cycles` allow. `pace`: percent of cycles in which a ready row is taken.
    fn run(&mut self, op: Op, pace: u32, cycles: usize) {
        let row_words = op.columns.div_ceil(self.schedule.lanes);
        let (mut sums, mut stream) = (self.gradients.words.clone(), self.stream.clone());
        let mut model = ApplyModel::new(op.rows, row_words);
        self.set(op);
        assert_eq!(self.step(true, false), None);
        let (mut row, mut beats, mut left) = (0, Vec::new(), cycles);
        while !model.all_sent() {
            if left == 0 {
                return;
            }
            left -= 1;
            self.bench.eval();
            let ready = self.bench.flag("vector_ready_o");
            assert_eq!(ready, model.vector_ready(), "row {row} of {op:?} is ready");
            assert!(!self.bench.flag("all_sent_o"));
            let apply = ready && self.random.percent(pace);
            let beat = self.step(false, apply);
            assert!(beat.is_none() || !ready, "a beat after the row was ready");
            beats.extend(beat);
            if apply {
                let expected = self.row(op, row, &mut sums, &mut stream);
                assert_eq!(beats, expected, "row {row} of {op:?}");
                beats.clear();
                row += 1;
            }
            model.step(apply);
        }
        self.bench.eval();
        assert!(self.bench.flag("all_sent_o"), "the last row is taken");
        assert_eq!(self.gradients.words, sums, "sums after {op:?}");
        assert_eq!(self.stream, stream, "random numbers drawn");
        for _ in 0..self.random.below(4) {
            assert_eq!(self.step(false, false), None);
            assert!(self.bench.flag("all_sent_o"), "until the next start");
        }
        assert_eq!((&self.gradients.words, &self.stream), (&sums, &stream), "the block rests");
    }

    /// Sums of the size of a step, extremes among them; zeros beyond the columns.
    fn fill(&mut self, op: Op) {
        let lanes = self.schedule.lanes;
        let row_words = op.columns.div_ceil(lanes);
        let bits = self.schedule.widths.gradient;
        let most = (1i64 << (bits - 1)) - 1;
        for n in 0..op.rows * row_words {
            let place = self.place(op, n / row_words, n % row_words);
            for lane in 0..lanes {
                let value = sum(&mut self.random, op.step, bits).clamp(-most - 1, most);
                let inside = n % row_words * lanes + lane < op.columns;
                self.gradients.words[place][lane] = if inside { value } else { 0 };
            }
        }
    }

    fn drawn(&mut self) -> Op {
        let s = &self.schedule;
        let most = |f: fn(&memgan::schedule::Bank) -> usize| s.banks.iter().map(f).max().unwrap();
        let columns = self.random.between(1, most(|b| b.matrix_columns));
        let row_words = columns.div_ceil(s.lanes);
        let rows = self.random.between(1, most(|b| b.matrix_rows).min(s.gradient_words / row_words * s.update_rows));
        let base = self.random.below(s.gradient_words - rows.div_ceil(s.update_rows) * row_words + 1);
        Op { rows, columns, base, step: step(&mut self.random) }
    }
}

/// Any gradient step.
fn step(random: &mut Random) -> Rate {
    Rate::from_code(random.between(0, usize::from(Rate::MAX_STEP.code())) as u8)
}

/// Any sum, most of them not far from the step.
fn sum(random: &mut Random, step: Rate, bits: u32) -> i64 {
    let value = step.value() as i64;
    match random.below(8) {
        0 => random.value(bits),
        1 => 0,
        2 => random.pick(&[-1, 1]) * (value + random.signed(-1, 1)),
        _ => random.signed(-value - value / 8, value + value / 8),
    }
}

/// The operations of a schedule.
fn own(schedule: &Schedule, random: &mut Random) -> Vec<Op> {
    let op = |op: &memgan::schedule::Op| {
        let base = schedule.gradients[op.layer].base_word;
        Op { rows: op.positions, columns: op.drain_len, base, step: step(random) }
    };
    schedule.ops.iter().filter(|o| o.pass == Pass::Apply).map(op).collect()
}

fn drive(schedule: &Schedule) {
    lint_clean(&blocks::apply(schedule));
    let mut b = Block::new(schedule);
    b.bench.reset();
    for pace in [100, 30, 8] {
        for op in own(schedule, &mut b.random) {
            b.fill(op);
            b.run(op, pace, usize::MAX);
        }
        for _ in 0..25 {
            let op = b.drawn();
            b.fill(op);
            b.run(op, pace, usize::MAX);
        }
        // A reset in the middle: nothing of the operation goes on.
        let op = b.drawn();
        b.fill(op);
        let cycles = b.random.between(1, 5 * op.rows);
        b.run(op, pace, cycles);
        b.bench.reset();
        let sums = b.gradients.words.clone();
        for _ in 0..8 {
            assert_eq!(b.step(false, false), None, "a beat after reset");
            assert!(!b.bench.flag("vector_ready_o") && !b.bench.flag("all_sent_o"));
        }
        assert_eq!(b.gradients.words, sums, "a write after reset");
    }
}

fn tiny() -> &'static str {
    presets().iter().find(|p| p.name == "tiny").unwrap().text
}

#[test]
fn four_lanes() {
    drive(&update_rows(&accumulating(tiny(), 3, false), 2));
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
    drive(&update_rows(&accumulating(DOT, 1, false), 1));
    drive(&accumulating(DOT, 1, true));
}

/// A lane by itself, over narrow and wide sums, on both sides of its threshold.
#[test]
fn rounding() {
    for (text, batch, keeps) in
        [(DOT, 1, false), (DOT, 1, true), (tiny(), 256, false), (tiny(), 256, true), (WIDE, 64, false)]
    {
        let schedule = accumulating(text, batch, keeps);
        let bits = schedule.widths.gradient;
        assert!(bits <= 32, "{bits} bits");
        let (most, mut random) = ((1i64 << (bits - 1)) - 1, Random::new(u64::from(bits)));
        let mut bench = Bench::new(&blocks::round_gradient(&schedule));
        for _ in 0..20_000 {
            let (step, state) = (step(&mut random), random.next() as u32);
            let state = if random.percent(10) { random.pick(&[0, u32::MAX]) } else { state };
            // The smallest sum that fires, within one, or any.
            let noise = if keeps { 0 } else { (i64::from(state >> 24) * step.value() as i64) >> 8 };
            let edge = step.value() as i64 - noise + random.signed(-1, 1);
            let g = if random.percent(50) { random.pick(&[-1, 1]) * edge } else { sum(&mut random, step, bits) };
            let g = g.clamp(-most - 1, most);
            bench.set_all("gradient_i", bits as usize, [g]);
            bench.set("step_i", step.code());
            if !keeps {
                bench.set("random_i", state >> 24);
            }
            bench.eval();
            let pulse = bench.get_signed("pulse_o", 8, 1)[0];
            if keeps {
                let left = bench.get_signed("remainder_o", bits as usize, 1)[0];
                let (want, rest) = cut_gradient(g as i32, step);
                assert_eq!((pulse, left), (i64::from(want), i64::from(rest)), "{g} with {step:?}");
            } else {
                assert_eq!(pulse, i64::from(round_gradient(g as i32, state, step)), "{g} with {step:?}, {state:x}");
            }
        }
    }
}

#[test]
fn synthesis() {
    synthesis_clean(&blocks::apply(&accumulating(EIGHT, 2, false)));
    synthesis_clean(&blocks::apply(&accumulating(tiny(), 2, true)));
}
