//! Gather in designs that train: word lines and bit lines hold the vectors of an update, or the codes that fire at random;
//! a backward operation fills the bit lines alone, a forward one the word lines alone.

use crate::common::{
    Bench, EIGHT, PAIR, Random, TRAIN_NARROW, TRAIN_WIDE, WIDE, lint_clean, preset, schedule, synthesis_clean, training,
};
use memgan::config::UpdateRule;
use memgan::numeric::{LaneRandom, Rate, fire};
use memgan::rtl::blocks::{gather, rotator};
use memgan::schedule::{Schedule, Segment};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Forward,
    Backward,
    Update,
}

/// An operation: first words of its tensors, and its elements.
#[derive(Clone, Copy, Debug)]
struct Op {
    kind: Kind,
    source: usize,
    target: usize,
    words: usize,
    rate: Rate,
}

impl Op {
    /// Sides whose vectors a position has, in order.
    fn sides(&self) -> &'static [usize] {
        match self.kind {
            Kind::Forward => &[0],
            Kind::Backward => &[1],
            Kind::Update => &[0, 1],
        }
    }

    fn base(&self, side: usize) -> usize {
        if self.kind == Kind::Update && side == 1 { self.target } else { self.source }
    }
}

/// Segments of a position, for side 0 and side 1.
type Position = [Vec<Segment>; 2];

/// Percent of cycles in which a segment is offered, and in which a ready vector is taken.
#[derive(Clone, Copy)]
struct Pace {
    offer: u32,
    apply: u32,
}

/// Everything around the block: both memories, line DACs of both sides, walkers of both sides, random lanes.
struct Surroundings {
    bench: Bench,
    random: Random,
    lanes: usize,
    fires: bool,
    /// Activations and errors.
    memories: [Vec<i8>; 2],
    /// Side and word of the read of the cycle before.
    data: Option<(usize, usize)>,
    /// Word lines and bit lines, and the last ones that were complete while the next position came.
    lines: [Vec<i8>; 2],
    complete: Option<[Vec<i8>; 2]>,
    /// Vectors run ahead of their use.
    ahead: bool,
    stream: LaneRandom,
    steps: usize,
    reads: usize,
    last_read: u64,
    cycle: u64,
}

impl Surroundings {
    fn new(schedule: &Schedule) -> Self {
        let lanes = schedule.lanes;
        let rotate = rotator("memgan_gather_rotate", lanes, 8);
        let block = gather(schedule, &rotate);
        lint_clean(&block);
        let rows = schedule.banks.iter().map(|b| b.matrix_rows).max().unwrap();
        let columns = schedule.banks.iter().map(|b| b.matrix_columns).max().unwrap();
        let mut random = Random::new(lanes as u64);
        let mut memory = || (0..schedule.activation_words * lanes).map(|_| random.activation()).collect();
        let memories = [memory(), memory()];
        Self {
            bench: Bench::new(&block),
            random,
            lanes,
            fires: block.port("random_i").is_some(),
            memories,
            data: None,
            lines: [rows, columns].map(|n| vec![0; n.next_multiple_of(lanes)]),
            complete: None,
            ahead: false,
            stream: LaneRandom::seeded(11, lanes),
            steps: 0,
            reads: 0,
            last_read: 0,
            cycle: 0,
        }
    }

    /// Pieces of random length at random places of a tensor and of a vector, which do not meet in the vector.
    fn segments(&mut self, lines: usize, elements: usize) -> Vec<Segment> {
        let count = self.random.between(1, 4);
        let (mut free, mut all) = (0, Vec::new());
        for i in 0..count {
            let most = elements.min(lines - free).min(self.random.pick(&[1, 5, 17, usize::MAX]));
            let len = if self.random.percent(15) { 0 } else { self.random.between(most.min(1), most) };
            let index = if self.random.percent(20) { lines - len } else { self.random.between(free, lines - len) };
            let address = if self.random.percent(20) { elements - len } else { self.random.between(0, elements - len) };
            all.push(Segment { address, index, len, last: i + 1 == count });
            free = index + len;
        }
        all
    }

    /// The memory words of a segment: word of the tensor, and element of the tensor and line of each lane that is used.
    fn words(&self, segment: &Segment) -> Vec<Vec<(usize, usize)>> {
        let mut words: Vec<Vec<_>> = Vec::new();
        for i in 0..segment.len {
            let element = segment.address + i;
            if i == 0 || element.is_multiple_of(self.lanes) {
                words.push(vec![]);
            }
            words.last_mut().unwrap().push((element, segment.index + i));
        }
        words
    }

    /// The lines of a position, and the random lanes after it.
    fn expected(&self, op: &Op, position: &Position, stream: &mut LaneRandom) -> [Vec<i8>; 2] {
        let mut lines = self.lines.clone().map(|side| vec![0; side.len()]);
        for &side in op.sides() {
            let rate = if side == 0 { op.rate.of_inputs() } else { op.rate.of_errors() };
            for word in position[side].iter().flat_map(|s| self.words(s)) {
                for (element, line) in word {
                    let value = self.memories[side][op.base(side) * self.lanes + element];
                    let random = stream.lane(element % self.lanes);
                    let fires = op.kind == Kind::Update && self.fires;
                    lines[side][line] = if fires { fire(value, random, rate) } else { value };
                }
                if op.kind == Kind::Update {
                    stream.step();
                }
            }
        }
        lines
    }

    /// One cycle; returns whether the segment was taken and whether the vectors are ready.
    fn step(&mut self, start: bool, segment: Option<&Segment>, apply: bool) -> (bool, bool) {
        let (lanes, b) = (self.lanes, &mut self.bench);
        b.set("start_i", u64::from(start));
        b.set("apply_i", u64::from(apply));
        b.set("segment_valid_i", u64::from(segment.is_some()));
        if let Some(s) = segment {
            b.set("segment_address_i", s.address);
            b.set("segment_index_i", s.index);
            b.set("segment_len_i", s.len);
            b.set("segment_last_i", u64::from(s.last));
        }
        // A memory drives data only in the cycle after its read; the other one has something else.
        for (side, port) in ["read_data_i", "error_data_i"].into_iter().enumerate() {
            let data: Vec<i64> = match self.data {
                Some((read, word)) if read == side => {
                    self.memories[side][word * lanes..][..lanes].iter().map(|&v| i64::from(v)).collect()
                }
                _ => (0..lanes).map(|_| self.random.signed(-128, 127)).collect(),
            };
            b.set_all(port, 8, data);
        }
        if self.fires {
            b.set_all("random_i", 23, (0..lanes).map(|l| i64::from(self.stream.lane(l) >> 9)));
        }
        b.eval();
        let (taken, ready) = (segment.is_some() && b.flag("segment_ready_o"), b.flag("vector_ready_o"));
        if ready && self.ahead {
            // A beat in this cycle is of the next position.
            let next = self.lines.clone().map(|side| vec![0; side.len()]);
            self.complete = Some(std::mem::replace(&mut self.lines, next));
        }
        if b.flag("dac_valid_o") {
            assert!(!ready || self.ahead, "cycle {}: a vector changes after it was ready", self.cycle);
            let (side, word) = (b.get("dac_side_o") as usize, b.get("dac_word_o") as usize);
            let (mask, next) = (b.get_all("dac_mask_o", 1, lanes), b.get_all("dac_next_o", 1, lanes));
            let data = b.get_signed("dac_data_o", 8, lanes);
            for lane in (0..lanes).filter(|&l| mask[l] == 1) {
                let line = (word + next[lane] as usize) * lanes + lane;
                self.lines[side][line] = data[lane] as i8;
            }
        }
        let read = b.flag("read_valid_o");
        self.data = read.then(|| (b.get("read_side_o") as usize, b.get("read_address_o") as usize));
        if read {
            self.reads += 1;
            self.last_read = self.cycle;
        }
        if self.fires && b.flag("random_step_o") {
            self.steps += 1;
            self.stream.step();
        }
        b.tick();
        self.cycle += 1;
        (taken, ready)
    }

    /// One cycle in which the walker of the wanted side may offer its next segment; returns whether the vectors are ready.
    fn walk(&mut self, walkers: &mut [VecDeque<Segment>; 2], pace: Pace, apply: bool) -> bool {
        let side = self.bench.get("segment_side_o") as usize;
        let offered = walkers[side].front().copied().filter(|_| self.random.percent(pace.offer));
        let (taken, ready) = self.step(false, offered.as_ref(), apply);
        if taken {
            walkers[side].pop_front();
        }
        ready
    }

    /// Starts an operation; returns what the walkers of both sides have.
    fn start(&mut self, op: Op, positions: &[Position]) -> [VecDeque<Segment>; 2] {
        for (port, value) in [
            ("backward_i", usize::from(op.kind == Kind::Backward)),
            ("update_i", usize::from(op.kind == Kind::Update)),
            ("source_word_i", op.source),
            ("target_word_i", op.target),
        ] {
            self.bench.set(port, value);
        }
        if self.fires {
            self.bench.set("rate_i", op.rate.code());
        }
        assert!(!self.step(true, None, false).1, "ready at the start of an operation");
        [0, 1].map(|side| {
            let own = positions.iter().filter(|_| op.sides().contains(&side));
            own.flat_map(|p| p[side].iter().copied()).collect()
        })
    }

    /// Runs an update whose vectors are used while the next ones come.
    fn run_ahead(&mut self, op: Op, positions: &[Position], pace: Pace) {
        let mut walkers = self.start(op, positions);
        let expected: Vec<_> = positions.iter().map(|p| self.expected(&op, p, &mut self.stream.clone())).collect();
        // Memory words up to and including a position, and cycles of each.
        let mut words = vec![0];
        let mut cycles = Vec::new();
        for position in positions {
            let lens: Vec<usize> = position.iter().flatten().map(|s| self.words(s).len()).collect();
            words.push(words[words.len() - 1] + lens.iter().sum::<usize>());
            cycles.push(lens.iter().map(|&len| len.max(1)).sum::<usize>());
        }
        self.lines.iter_mut().for_each(|side| side.fill(0));
        (self.ahead, self.reads) = (true, 0);
        let (mut done, mut used, begin) = (0, 0, self.cycle);
        while used < positions.len() {
            let apply = used < done && self.random.percent(pace.apply);
            let ready = self.walk(&mut walkers, pace, apply);
            assert!(self.reads <= words[positions.len().min(used + 2)], "places for the vectors of two positions");
            used += usize::from(apply);
            assert_eq!(ready, self.complete.is_some());
            if let Some(lines) = self.complete.take() {
                assert_eq!(lines, expected[done], "position {done} of {op:?}, {positions:?}");
                done += 1;
                if done == positions.len() && pace.offer == 100 && pace.apply == 100 && cycles.iter().all(|&c| c > 3) {
                    let all = cycles.iter().sum::<usize>() as u64;
                    assert_eq!(self.cycle - begin, all + 4, "one memory word a cycle, positions without a gap");
                }
            }
            assert!(self.cycle - begin < 100_000, "the vectors never become ready");
        }
        assert_eq!(self.reads, words[positions.len()], "memory words of {op:?}");
        assert!(walkers.iter().all(VecDeque::is_empty), "segments that were not taken");
        self.ahead = false;
    }

    /// Runs an operation and compares both sides at every position.
    fn run(&mut self, op: Op, positions: &[Position], pace: Pace) {
        if op.kind == Kind::Update && !self.fires {
            return self.run_ahead(op, positions, pace);
        }
        let mut walkers = self.start(op, positions);
        let mut stream = self.stream.clone();
        let mut free_since = None;
        for position in positions {
            self.lines.iter_mut().for_each(|side| side.fill(0));
            let expected = self.expected(&op, position, &mut stream);
            let segments = || op.sides().iter().flat_map(|&side| &position[side]);
            let reads: usize = segments().map(|s| self.words(s).len()).sum();
            let cycles: usize = segments().map(|s| self.words(s).len().max(1)).sum();
            let ends_with_read = position[*op.sides().last().unwrap()].last().unwrap().len > 0;
            (self.reads, self.steps) = (0, 0);
            let mut waited = 0;
            while !self.walk(&mut walkers, pace, false) {
                waited += 1;
                assert!(waited < 20_000, "the vectors never become ready");
            }
            assert_eq!(self.reads, reads, "memory words of {op:?}");
            let steps = if op.kind == Kind::Update && self.fires { reads } else { 0 };
            assert_eq!(self.steps, steps, "a step of the random lanes for each memory word of an update");
            for (side, (got, want)) in self.lines.iter().zip(&expected).enumerate() {
                assert_eq!(got, want, "side {side} of {op:?}, {position:?}");
            }
            // Ready was seen in the cycle before the current one.
            if ends_with_read {
                assert_eq!(self.cycle - 1, self.last_read + 3, "latency");
            }
            if let (Some(free), 100) = (free_since, pace.offer) {
                assert_eq!(self.cycle - 1, free + cycles as u64 + 2, "one memory word a cycle, sides without a gap");
            }
            loop {
                let apply = self.random.percent(pace.apply);
                assert!(self.walk(&mut walkers, pace, apply), "ready falls before the vectors are taken");
                if apply {
                    break;
                }
            }
            assert_eq!((self.reads, self.steps), (reads, steps), "nothing is read for the next position before");
            free_since = Some(self.cycle);
        }
        assert!(walkers.iter().all(VecDeque::is_empty), "segments that were not taken");
        if self.fires {
            assert_eq!(self.stream, stream, "random lanes after {op:?}");
        }
    }

    fn drawn(&mut self, schedule: &Schedule) -> (Op, Vec<Position>) {
        let words = self.random.between(1, schedule.activation_words);
        let place = |random: &mut Random| random.between(0, schedule.activation_words - words);
        let op = Op {
            kind: self.random.pick(&[Kind::Forward, Kind::Backward, Kind::Update, Kind::Update]),
            source: place(&mut self.random),
            target: place(&mut self.random),
            words,
            // Where some lines fire: hardly ever, often, and always.
            rate: Rate::from_code(self.random.pick(&[40, 76, 84, 92, Rate::MAX_FIRE.code()])),
        };
        let bank = &schedule.banks[self.random.below(schedule.banks.len())];
        let elements = (op.words * self.lanes).min((1 << schedule.widths.element) - 1);
        let count = self.random.between(1, 6);
        let position = |s: &mut Self| [bank.matrix_rows, bank.matrix_columns].map(|n| s.segments(n, elements));
        let positions = (0..count).map(|_| position(self)).collect();
        (op, positions)
    }
}

const PACES: [Pace; 3] =
    [Pace { offer: 100, apply: 100 }, Pace { offer: 50, apply: 20 }, Pace { offer: 100, apply: 30 }];

fn drive(schedule: &Schedule) {
    let mut s = Surroundings::new(schedule);
    assert_eq!(s.fires, schedule.design.training.as_ref().unwrap().rule == UpdateRule::Stochastic);
    s.bench.reset();
    for round in 0..90 {
        let (op, positions) = s.drawn(schedule);
        s.run(op, &positions, PACES[round % 3]);
    }
}

#[test]
fn two_lanes_at_random() {
    drive(&training(&schedule(PAIR), UpdateRule::Stochastic, 2));
}

#[test]
fn four_lanes_at_random() {
    drive(&training(&preset("tiny"), UpdateRule::Stochastic, 2));
}

#[test]
fn four_lanes_of_gradients() {
    drive(&schedule(TRAIN_WIDE));
}

#[test]
fn eight_lanes_at_random() {
    drive(&schedule(TRAIN_NARROW));
}

#[test]
fn eight_lanes_of_gradients() {
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 2));
}

#[test]
fn thirty_two_lanes_at_random() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 2));
}

#[test]
fn synthesis() {
    let rotate = rotator("memgan_gather_rotate", 8, 8);
    synthesis_clean(&gather(&schedule(TRAIN_NARROW), &rotate));
    synthesis_clean(&gather(&training(&schedule(EIGHT), UpdateRule::Accumulate, 2), &rotate));
}
