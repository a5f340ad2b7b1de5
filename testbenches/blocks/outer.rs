//! Outer products against plain products: whatever the beats and the pauses, and cycle by cycle against the step model.

use crate::common::{Bench, DOT, EIGHT, Memory, Random, WIDE, accumulating, lint_clean, synthesis_clean, update_rows};
use memgan::config::presets;
use memgan::rtl::blocks::outer;
use memgan::schedule::{OuterModel, Pass, Schedule};
use std::collections::VecDeque;

/// The fields of an operation.
#[derive(Clone, Copy, Debug)]
struct Op {
    rows: usize,
    columns: usize,
    base: usize,
    positions: usize,
}

/// A write to the vectors: lane and element for each lane in the mask.
struct Beat {
    side: usize,
    word: usize,
    /// Lane, element and its value.
    lanes: Vec<(usize, usize, i64)>,
}

/// Percent of cycles in which a beat comes, and in which complete vectors are said to be ready.
#[derive(Clone, Copy)]
struct Pace {
    beat: u32,
    ready: u32,
}

struct Block {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    /// Sum `row * lanes + lane` of an address is of that row of the block.
    gradients: Memory,
}

impl Block {
    fn new(schedule: &Schedule) -> Self {
        let (lanes, mut random) = (schedule.lanes, Random::new(schedule.lanes as u64));
        let (words, sums) = (schedule.gradient_words.max(2), schedule.update_rows * lanes);
        let gradients = Memory::new("gradient", words, sums, schedule.widths.gradient, &mut random);
        let bench = Bench::new(&outer(schedule));
        Self { bench, random, schedule: schedule.clone(), gradients }
    }

    /// One cycle; returns whether the vectors were applied.
    fn step(&mut self, start: bool, beat: Option<&Beat>, ready: bool) -> bool {
        let (lanes, b) = (self.schedule.lanes, &mut self.bench);
        b.set("start_i", u64::from(start));
        b.set("vector_ready_i", u64::from(ready));
        b.set("dac_valid_i", u64::from(beat.is_some()));
        let [mut mask, mut next] = [vec![0; lanes], vec![0; lanes]];
        let mut data: Vec<i64> = (0..lanes).map(|_| i64::from(self.random.activation())).collect();
        if let Some(beat) = beat {
            b.set("dac_side_i", beat.side);
            b.set("dac_word_i", beat.word);
            for &(lane, element, value) in &beat.lanes {
                mask[lane] = 1;
                data[lane] = value;
                next[lane] = i64::from(element / lanes != beat.word);
            }
        }
        b.set_all("dac_mask_i", 1, mask);
        b.set_all("dac_next_i", 1, next);
        b.set_all("dac_data_i", 8, data);
        self.gradients.drive(b);
        b.eval();
        self.gradients.serve(b);
        let apply = b.flag("apply_o");
        b.tick();
        apply
    }

    /// A cycle in which the block has nothing to do, while other operations may fill the line DACs.
    fn rest(&mut self) {
        let lanes = self.schedule.lanes;
        let lane = self.random.below(lanes);
        let beat = Beat { side: self.random.below(2), word: 0, lanes: vec![(lane, lane, 1)] };
        let beats = self.random.percent(50);
        let before = self.gradients.words.clone();
        assert!(!self.step(false, Some(&beat).filter(|_| beats), false), "apply between operations");
        assert_eq!(self.gradients.words, before, "the block rests");
    }

    fn clear(&mut self) {
        let words = self.gradients.words.len();
        for cycle in 0..words {
            assert!(self.bench.flag("clearing_o"), "cycle {cycle} of {words}");
            self.step(false, None, false);
        }
        assert!(!self.bench.flag("clearing_o"), "a word a cycle");
        let sums = self.schedule.update_rows * self.schedule.lanes;
        assert_eq!(self.gradients.words, vec![vec![0; sums]; words], "gradients after reset");
    }

    /// A vector with elements that no beat writes, and its beats.
    fn vector(&mut self, side: usize, len: usize) -> (Vec<i64>, Vec<Beat>) {
        let lanes = self.schedule.lanes;
        let mut beats = Vec::new();
        let mut vector = vec![0; len];
        let mut at = 0;
        let (gaps, cut) = (self.random.pick(&[0, 0, 30, 100]), self.random.pick(&[100, 100, 40]));
        while at < len {
            let count = lanes.min(len - at);
            let count = if self.random.percent(cut) { count } else { self.random.between(1, count) };
            if !self.random.percent(gaps) {
                for element in &mut vector[at..at + count] {
                    *element = i64::from(self.random.activation());
                }
                let lanes = (at..at + count).map(|element| (element % lanes, element, vector[element])).collect();
                beats.push(Beat { side, word: at / self.schedule.lanes, lanes });
            }
            at += count;
        }
        (vector, beats)
    }

    fn blocks(&self, op: Op) -> usize {
        op.rows.div_ceil(self.schedule.update_rows)
    }

    fn set(&mut self, op: Op) {
        let row_words = op.columns.div_ceil(self.schedule.lanes);
        for (port, value) in [
            ("blocks_last_i", self.blocks(op) - 1),
            ("row_words_last_i", row_words - 1),
            ("gradient_word_i", op.base),
            ("positions_last_i", op.positions - 1),
        ] {
            self.bench.set(port, value);
        }
    }

    /// Runs an operation, or as much of it as `cycles` allow, and compares everything. Vectors run one position ahead.
    fn run(&mut self, op: Op, pace: Pace, cycles: usize) {
        let row_words = op.columns.div_ceil(self.schedule.lanes);
        let mut expected = self.gradients.words.clone();
        let mut model = OuterModel::new(self.blocks(op), row_words, op.positions);
        self.set(op);
        self.step(true, None, false);
        // Vectors that are not used up, and the beats of the newest ones that are still to come.
        let mut under_way = VecDeque::new();
        let mut beats: Option<Vec<Beat>> = None;
        let (mut begun, mut used, mut just_used, mut left) = (0, 0, false, cycles);
        while !model.done() {
            assert!(!self.bench.flag("done_o"), "done of {op:?}");
            if left == 0 {
                return;
            }
            left -= 1;
            let ready = beats.as_ref().is_some_and(Vec::is_empty) && self.random.percent(pace.ready);
            if ready {
                beats = None;
            }
            if beats.is_none() && begun < op.positions && under_way.len() < 2 && !just_used {
                let [rows, columns] = [(0, op.rows), (1, op.columns)].map(|(side, len)| self.vector(side, len));
                // The rows come first, the last beat is taken first.
                beats = Some(columns.1.into_iter().rev().chain(rows.1.into_iter().rev()).collect());
                under_way.push_back([rows.0, columns.0]);
                begun += 1;
            }
            let beat = beats.as_mut().filter(|_| self.random.percent(pace.beat)).and_then(Vec::pop);
            just_used = model.step(ready);
            assert_eq!(self.step(false, beat.as_ref(), ready), just_used, "apply of position {used} of {op:?}");
            if just_used {
                used += 1;
                self.add(op, &under_way.pop_front().expect("vectors that are used"), &mut expected);
            }
            self.bench.eval();
        }
        assert!(self.bench.flag("done_o"), "done of {op:?}");
        assert_eq!(used, op.positions);
        assert_eq!(self.gradients.words, expected, "gradients of {op:?}");
        for _ in 0..self.random.below(5) {
            self.rest();
            assert!(self.bench.flag("done_o"), "done until the next start");
        }
    }

    /// Adds an outer product to sums.
    fn add(&self, op: Op, [rows, columns]: &[Vec<i64>; 2], sums: &mut [Vec<i64>]) {
        let (lanes, of_block) = (self.schedule.lanes, self.schedule.update_rows);
        let row_words = op.columns.div_ceil(lanes);
        for (i, x) in rows.iter().enumerate() {
            for (j, d) in columns.iter().enumerate() {
                let address = op.base + i / of_block * row_words + j / lanes;
                sums[address][i % of_block * lanes + j % lanes] += x * d;
            }
        }
    }

    /// Any sums that leave room for an operation.
    fn noise(&mut self, positions: usize) {
        let most = (1i64 << (self.schedule.widths.gradient - 1)) - 1 - 127 * 127 * positions as i64;
        for sum in self.gradients.words.iter_mut().flatten() {
            *sum = if self.random.percent(20) { most } else { self.random.signed(-most, most) };
        }
    }

    /// An operation that fits the memories.
    fn drawn(&mut self) -> Op {
        let s = &self.schedule;
        let most = |f: fn(&memgan::schedule::Bank) -> usize| s.banks.iter().map(f).max().unwrap();
        let columns = self.random.between(1, most(|b| b.matrix_columns));
        let row_words = columns.div_ceil(s.lanes);
        let rows = self.random.between(1, most(|b| b.matrix_rows).min(s.gradient_words / row_words * s.update_rows));
        let base = self.random.below(s.gradient_words - rows.div_ceil(s.update_rows) * row_words + 1);
        // As many as the counter and a sum can take.
        let room = (1usize << (s.widths.gradient - 1)) / (127 * 127);
        let positions = self.random.between(1, (1 << s.widths.position).min(room).min(4));
        Op { rows, columns, base, positions }
    }
}

/// The operations of a schedule, the first positions of each.
fn own(schedule: &Schedule) -> Vec<Op> {
    let op = |op: &memgan::schedule::Op| {
        let bank = &schedule.banks[op.layer];
        let base = schedule.gradients[op.layer].base_word;
        Op { rows: bank.matrix_rows, columns: bank.matrix_columns, base, positions: op.positions.min(3) }
    };
    schedule.ops.iter().filter(|o| o.pass == Pass::Update).map(op).collect()
}

const PACES: [Pace; 3] = [Pace { beat: 100, ready: 100 }, Pace { beat: 40, ready: 30 }, Pace { beat: 100, ready: 50 }];

fn drive(schedule: &Schedule) {
    lint_clean(&outer(schedule));
    let mut b = Block::new(schedule);
    b.bench.reset();
    b.clear();
    for pace in PACES {
        for op in own(schedule) {
            b.run(op, pace, usize::MAX);
        }
        for _ in 0..25 + 400 / schedule.gradient_words {
            let op = b.drawn();
            b.noise(op.positions);
            b.run(op, pace, usize::MAX);
        }
        // A reset in the middle: neither sums nor vectors survive.
        let op = b.drawn();
        let cycles = b.random.between(1, 3 * op.rows + 20);
        b.noise(op.positions);
        b.run(op, pace, cycles);
        b.bench.reset();
        b.noise(0);
        b.clear();
    }
}

#[test]
fn four_lanes() {
    let tiny = presets().iter().find(|p| p.name == "tiny").unwrap().text;
    drive(&update_rows(&accumulating(tiny, 3, false), 1));
}

#[test]
fn eight_lanes() {
    drive(&accumulating(EIGHT, 2, true));
}

#[test]
fn thirty_two_lanes() {
    drive(&update_rows(&accumulating(WIDE, 2, false), 4));
}

/// One gradient word: positions follow each other as fast as vectors come.
#[test]
fn one_word() {
    drive(&accumulating(DOT, 1, false));
}

#[test]
fn synthesis() {
    synthesis_clean(&outer(&accumulating(EIGHT, 2, false)));
    synthesis_clean(&outer(&update_rows(&accumulating(DOT, 1, false), 1)));
}
