//! Gather: whatever the segments and the timing, the line DAC registers hold the vector when it is said to be ready.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, preset, schedule};
use memgan::rtl::blocks::{gather, rotator};
use memgan::schedule::{Schedule, Segment};
use std::collections::VecDeque;

/// Everything around the block: a memory, the shadow registers of all tiles, a source of segments, the array control.
struct Surroundings {
    bench: Bench,
    random: Random,
    lanes: usize,
    memory: Vec<i8>,
    base: usize,
    /// Data of the read of the cycle before.
    data: Option<usize>,
    shadow: Vec<i8>,
    /// Words that may still be read for the vector that loads.
    reads: usize,
    cycle: u64,
    last_read: u64,
}

/// Percent of cycles in which a segment is offered, and in which a ready vector is applied.
#[derive(Clone, Copy)]
struct Pace {
    offer: u32,
    apply: u32,
}

impl Surroundings {
    fn new(schedule: &Schedule, rows: usize) -> Self {
        let lanes = schedule.lanes;
        let rotate = rotator("memgan_gather_rotate", lanes, 8);
        let mut random = Random::new(lanes as u64);
        let memory = (0..schedule.activation_words * lanes).map(|_| random.signed(-127, 127) as i8).collect();
        let bench = Bench::new(&gather(schedule, &rotate));
        let shadow = vec![0; rows.next_multiple_of(lanes)];
        Self { bench, random, lanes, memory, base: 0, data: None, shadow, reads: 0, cycle: 0, last_read: 0 }
    }

    /// Segments of a vector: pieces of random length at random places.
    fn vector(&mut self, rows: usize, elements: usize) -> Vec<Segment> {
        let count = self.random.between(1, 5);
        let segment = |i: usize, random: &mut Random| {
            let most = elements.min(rows).min(random.pick(&[1, 3, 9, 70, usize::MAX]));
            let len = if random.percent(20) { 0 } else { random.between(1, most) };
            // At the ends as well, where the last word is not full and the next one does not exist.
            let place =
                |random: &mut Random, n: usize| if random.percent(20) { n - len } else { random.between(0, n - len) };
            let (address, index) = (place(random, elements), place(random, rows));
            Segment { address, index, len, last: i + 1 == count }
        };
        (0..count).map(|i| segment(i, &mut self.random)).collect()
    }

    fn fill(&self, vector: &[Segment]) -> Vec<i8> {
        let mut expected = vec![0; self.shadow.len()];
        for s in vector {
            let from = self.base * self.lanes + s.address;
            expected[s.index..s.index + s.len].copy_from_slice(&self.memory[from..from + s.len]);
        }
        expected
    }

    fn compare(&self, expected: &[i8], vector: &[Segment]) {
        let wrong: Vec<usize> = (0..expected.len()).filter(|&i| self.shadow[i] != expected[i]).collect();
        assert!(wrong.is_empty(), "vector {vector:?}, lines {wrong:?}");
    }

    /// Cycles in which a segment is in the block's hands.
    fn cycles(&self, s: &Segment) -> usize {
        if s.len == 0 { 1 } else { (s.address % self.lanes + s.len).div_ceil(self.lanes) }
    }

    /// One cycle; returns whether the segment was taken and whether a vector is ready.
    fn step(&mut self, segment: Option<&Segment>, apply: bool) -> (bool, bool) {
        let b = &mut self.bench;
        b.set("segment_valid_i", u64::from(segment.is_some()));
        if let Some(s) = segment {
            b.set("segment_address_i", s.address);
            b.set("segment_index_i", s.index);
            b.set("segment_len_i", s.len);
            b.set("segment_last_i", u64::from(s.last));
        }
        b.set("apply_i", u64::from(apply));
        // The memory drives data only in the cycle after a read.
        let data: Vec<i64> = match self.data {
            Some(word) => self.memory[word * self.lanes..][..self.lanes].iter().map(|&v| i64::from(v)).collect(),
            None => (0..self.lanes).map(|_| self.random.signed(-128, 127)).collect(),
        };
        b.set_all("read_data_i", 8, data);
        b.eval();
        let taken = segment.is_some() && b.flag("segment_ready_o");
        let ready = b.flag("vector_ready_o");
        if b.flag("dac_valid_o") {
            assert!(!ready, "cycle {}: the vector changes after it was ready", self.cycle);
            let word = b.get("dac_word_o") as usize;
            let (mask, next) = (b.get_all("dac_mask_o", 1, self.lanes), b.get_all("dac_next_o", 1, self.lanes));
            let data = b.get_signed("dac_data_o", 8, self.lanes);
            for lane in (0..self.lanes).filter(|&l| mask[l] == 1) {
                let line = (word + next[lane] as usize) * self.lanes + lane;
                assert!(line < self.shadow.len(), "cycle {}: a write to line {line}", self.cycle);
                self.shadow[line] = data[lane] as i8;
            }
        }
        self.data = b.flag("read_valid_o").then(|| b.get("read_address_o") as usize);
        if let Some(word) = self.data {
            assert!(self.reads > 0, "cycle {}: a read of word {word} beyond the vector", self.cycle);
            self.reads -= 1;
            self.last_read = self.cycle;
        }
        b.tick();
        self.cycle += 1;
        (taken, ready)
    }

    /// Loads vectors one after the other and compares each.
    fn run(&mut self, vectors: &[Vec<Segment>], pace: Pace) {
        let mut queue: VecDeque<Segment> = vectors.iter().flatten().copied().collect();
        self.bench.reset();
        self.bench.set("source_word_i", self.base);
        let mut free_since = None;
        for vector in vectors {
            let expected = self.fill(vector);
            self.reads = vector.iter().filter(|s| s.len > 0).map(|s| self.cycles(s)).sum();
            let needed: usize = vector.iter().map(|s| self.cycles(s)).sum();
            let mut waited = 0;
            loop {
                let offered = self.random.percent(pace.offer);
                let (taken, ready) = self.step(queue.front().copied().filter(|_| offered).as_ref(), false);
                if taken {
                    queue.pop_front();
                }
                if ready {
                    break;
                }
                waited += 1;
                assert!(waited < 5000, "the vector never becomes ready");
            }
            assert_eq!(self.reads, 0, "words that were not read");
            self.compare(&expected, vector);
            // `ready` was seen in the cycle before the current one.
            if vector.last().is_some_and(|s| s.len > 0) {
                assert_eq!(self.cycle - 1, self.last_read + 3, "latency");
            }
            if let (Some(free), 100) = (free_since, pace.offer) {
                assert_eq!(self.cycle - 1, free + needed as u64 + 2, "one memory word a cycle");
            }
            // Ready stays, nothing is read or written, until the vector is applied.
            loop {
                let apply = self.random.percent(pace.apply);
                let offered = self.random.percent(pace.offer);
                let (taken, ready) = self.step(queue.front().copied().filter(|_| offered).as_ref(), apply);
                if taken {
                    queue.pop_front();
                }
                assert!(ready, "ready falls before the vector is applied");
                if apply {
                    break;
                }
            }
            free_since = Some(self.cycle);
            self.shadow.fill(0);
        }
        assert!(queue.is_empty());
    }
}

fn random_vectors(schedule: &Schedule) {
    let rows = schedule.banks.iter().map(|b| b.matrix_rows).max().unwrap();
    let mut s = Surroundings::new(schedule, rows);
    for round in 0..6 {
        let words = s.random.between(1, schedule.activation_words);
        s.base = schedule.activation_words - words;
        let elements = (words * s.lanes).min((1 << schedule.widths.element) - 1);
        let vectors: Vec<_> = (0..60).map(|_| s.vector(rows, elements)).collect();
        let pace = [Pace { offer: 100, apply: 100 }, Pace { offer: 50, apply: 20 }, Pace { offer: 100, apply: 30 }];
        s.run(&vectors, pace[round % 3]);
    }
}

#[test]
fn two_lanes() {
    random_vectors(&schedule(PAIR));
}

#[test]
fn four_lanes() {
    random_vectors(&preset("tiny"));
}

#[test]
fn eight_lanes() {
    random_vectors(&schedule(EIGHT));
}

#[test]
fn thirty_two_lanes() {
    random_vectors(&schedule(WIDE));
}

/// The comparison itself: one element of the memory that is not what the block reads is noticed.
#[test]
#[should_panic(expected = "vector [")]
fn a_wrong_element_is_noticed() {
    let mut s = Surroundings::new(&preset("tiny"), 16);
    let vector = vec![Segment { address: 2, index: 3, len: 7, last: true }];
    let mut expected = s.fill(&vector);
    expected[5] ^= 1;
    let mut queue = vector.clone();
    s.reads = 3;
    for _ in 0..8 {
        let (taken, _) = s.step(queue.first().copied().as_ref(), false);
        if taken {
            queue.clear();
        }
    }
    s.compare(&expected, &vector);
}
