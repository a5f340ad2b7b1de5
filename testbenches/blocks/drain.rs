//! Drain against a plain walk over positions, segments and groups: words, lanes, columns, releases, bias pattern.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, preset, schedule};
use memgan::rtl::blocks::drain;
use memgan::schedule::{OpKind, Schedule, Segment, WindowSegments};

/// What an operation does to the drain.
struct Case {
    finish: bool,
    groups: usize,
    group_columns: usize,
    bias_period: usize,
    /// One list a position.
    positions: Vec<Vec<Segment>>,
}

/// A beat: its memory word and, for each lane that it writes, position, group and column within the group.
#[derive(Clone, Debug, PartialEq)]
struct Beat {
    word: usize,
    lanes: Vec<(usize, Source)>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Source {
    position: usize,
    group: usize,
    column: usize,
}

impl Source {
    /// A value that no other column has, or hardly.
    fn value(self, bits: u32) -> i64 {
        let mixed = (self.position * 0x9e37 + self.group * 0x1_2345 + self.column * 0x79b1) as u64;
        crate::common::signed(mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits), bits as usize)
    }
}

/// The beats of an operation, cut at word ends, group ends and segment ends.
fn beats(case: &Case, lanes: usize) -> Vec<Beat> {
    let mut all = Vec::new();
    for (position, segments) in case.positions.iter().enumerate() {
        for s in segments {
            let mut done = 0;
            while done < s.len {
                let (address, index) = (s.address + done, s.index + done);
                let (group, column) = match case.finish {
                    true => (0, index),
                    false => (index / case.group_columns, index % case.group_columns),
                };
                let mut take = (s.len - done).min(lanes - address % lanes);
                if !case.finish {
                    take = take.min(case.group_columns - column);
                }
                let lane = |i: usize| (address % lanes + i, Source { position, group, column: column + i });
                all.push(Beat { word: address / lanes, lanes: (0..take).map(lane).collect() });
                done += take;
            }
        }
    }
    all
}

struct Drain {
    bench: Bench,
    random: Random,
    lanes: usize,
    sum_bits: u32,
}

impl Drain {
    fn new(schedule: &Schedule) -> Self {
        let (lanes, sum_bits) = (schedule.lanes, schedule.widths.sum);
        Self { bench: Bench::new(&drain(schedule)), random: Random::new(lanes as u64), lanes, sum_bits }
    }

    /// Sums that the bank shows for the word and the lanes of the next word that the block asks for.
    fn show(&mut self, captured: Option<(usize, usize)>, columns: usize) {
        let word = self.bench.get("result_word_o") as usize;
        let next = self.bench.get_all("result_next_o", 1, self.lanes);
        let sums: Vec<i64> = (0..self.lanes)
            .map(|lane| {
                let column = (word + next[lane] as usize) * self.lanes + lane;
                match captured {
                    Some((position, group)) if column < columns => {
                        Source { position, group, column }.value(self.sum_bits)
                    }
                    _ => self.random.value(self.sum_bits),
                }
            })
            .collect();
        self.bench.set_all("sums_i", self.sum_bits as usize, sums);
        self.bench.eval();
    }

    /// `offer` and `capture`: percent of cycles in which a segment is offered and a group gets captured.
    fn run(&mut self, case: &Case, offer: u32, capture: u32) {
        let expected = beats(case, self.lanes);
        let mut segments = Vec::new();
        for (i, position) in case.positions.iter().enumerate() {
            let last = i + 1 == case.positions.len();
            segments.extend(position.iter().map(|s| (*s, s.last && last)));
        }
        let total = if case.finish { 0 } else { case.positions.len() * case.groups };
        self.bench.set("finish_i", u64::from(case.finish));
        self.bench.set("groups_last_i", case.groups - 1);
        self.bench.set("group_columns_i", case.group_columns);
        self.bench.set("bias_last_i", case.bias_period - 1);
        self.bench.set("segment_valid_i", 0u64);
        self.bench.set("captured_i", 0u64);
        self.bench.set("start_i", 1u64);
        self.bench.tick();
        self.bench.set("start_i", 0u64);
        let (mut at, mut seen, mut released, mut held) = (0, 0, 0, false);
        let (mut word_number, mut idle, mut cycles) = (0, 0, 0);
        while idle < 3 {
            let offered = at < segments.len() && self.random.percent(offer);
            held |= released < total && self.random.percent(capture);
            let b = &mut self.bench;
            b.set("segment_valid_i", u64::from(offered));
            if offered {
                let (s, is_final) = segments[at];
                b.set("segment_address_i", s.address);
                b.set("segment_index_i", s.index);
                b.set("segment_len_i", s.len);
                b.set("segment_last_i", u64::from(s.last));
                b.set("segment_final_i", u64::from(is_final));
            }
            // A finish operation has nothing to do with what the array holds.
            b.set("captured_i", u64::from(held || case.finish && self.random.percent(50)));
            b.eval();
            let captured = held.then(|| (released / case.groups, released % case.groups));
            self.show(captured, case.group_columns);
            if self.bench.flag("beat_valid_o") {
                assert!(seen < expected.len(), "a beat beyond the operation");
                self.beat(&expected[seen], case, seen + 1 == expected.len(), &mut word_number);
                seen += 1;
            }
            if self.bench.flag("release_o") {
                assert!(held, "release {released} of a group that is not captured");
                released += 1;
                held = false;
            }
            at += usize::from(offered && self.bench.flag("segment_ready_o"));
            if self.bench.flag("all_sent_o") {
                assert_eq!((seen, released, at), (expected.len(), total, segments.len()), "sent before the end");
                idle += 1;
            }
            self.bench.tick();
            cycles += 1;
            assert!(cycles < 100_000, "the operation never ends");
        }
        assert_eq!((seen, released), (expected.len(), total));
    }

    fn beat(&mut self, want: &Beat, case: &Case, is_final: bool, word_number: &mut usize) {
        let b = &mut self.bench;
        assert_eq!(b.get("beat_word_o") as usize, want.word, "word of {want:?}");
        let mask = b.get_all("beat_mask_o", 1, self.lanes);
        let lanes: Vec<usize> = (0..self.lanes).filter(|&l| mask[l] == 1).collect();
        assert_eq!(lanes, want.lanes.iter().map(|l| l.0).collect::<Vec<_>>(), "lanes of {want:?}");
        let turn = b.get("beat_turn_o") as usize;
        let sums = b.get_signed("beat_sums_o", self.sum_bits as usize, self.lanes);
        for (lane, source) in want.lanes.iter().filter(|_| !case.finish) {
            let from = (lane + self.lanes - turn) % self.lanes;
            assert_eq!(sums[from], source.value(self.sum_bits), "lane {lane} of {want:?}");
        }
        // Bias and random streams count memory words, which makes sense where words are written once, in order.
        if case.bias_period > 0 && case.positions.iter().all(|p| p.len() == 1) {
            let full = lanes.last() == Some(&(self.lanes - 1));
            assert_eq!(b.flag("beat_done_o"), full || is_final, "end of the word of {want:?}");
            assert_eq!(b.get("beat_bias_o") as usize, *word_number % case.bias_period, "bias of {want:?}");
            *word_number += usize::from(full || is_final);
        }
    }
}

fn runs(len: usize, positions: usize) -> Vec<Vec<Segment>> {
    (0..positions).map(|i| vec![Segment { address: i * len, index: 0, len, last: true }]).collect()
}

/// The operations of a schedule.
fn own(schedule: &Schedule) -> Vec<Case> {
    let case = |op: &memgan::schedule::Op| {
        let bank = &schedule.banks[op.layer];
        let positions = match op.window {
            Some(window) if op.kind == OpKind::ScatterWindow => {
                let all: Vec<Segment> = WindowSegments::new(window).collect();
                all.chunks(window.kernel).map(<[Segment]>::to_vec).collect()
            }
            _ => runs(op.drain_len, op.positions),
        };
        let finish = op.kind == OpKind::Finish;
        let (groups, group_columns) = (bank.groups, bank.group_columns);
        Case { finish, groups, group_columns, bias_period: op.bias_period, positions }
    };
    schedule.ops.iter().map(case).collect()
}

/// An operation that the design's counters can hold but that none of its layers has.
fn drawn(schedule: &Schedule, random: &mut Random) -> Case {
    let widest = schedule.banks.iter().map(|b| b.group_columns).max().unwrap();
    let elements = schedule.tensors.iter().map(|t| t.shape.len()).max().unwrap();
    let group_columns = random.between(1, widest);
    let most = elements.min(group_columns << schedule.widths.group);
    let rows = if random.percent(30) { 1 } else { random.between(1, most.min(4)) };
    let row = random.between(1, most / rows);
    let columns = rows * row;
    let groups = columns.div_ceil(group_columns);
    let bias_period = random.between(1, schedule.bias_words);
    let positions = match rows {
        1 => runs(columns, random.between(1, (elements / columns).min(6))),
        _ => (0..random.between(1, 6)).map(|_| window(rows, row, elements, random)).collect(),
    };
    Case { finish: random.percent(15), groups, group_columns, bias_period, positions }
}

/// A window of `rows` of `row` columns each, clipped at random at any side, at any address, some rows empty.
fn window(rows: usize, row: usize, elements: usize, random: &mut Random) -> Vec<Segment> {
    let segment = |i: usize| {
        let skipped = random.below(row);
        let len = if random.percent(25) { 0 } else { random.between(1, row - skipped) };
        let address = random.between(0, elements - len);
        Segment { address, index: i * row + skipped, len, last: i + 1 == rows }
    };
    (0..rows).map(segment).collect()
}

fn drive(schedule: &Schedule) {
    let mut d = Drain::new(schedule);
    let mut cases = own(schedule);
    for _ in 0..80 {
        cases.push(drawn(schedule, &mut d.random));
    }
    for case in &cases {
        for (offer, capture) in [(100, 100), (40, 30)] {
            d.run(case, offer, capture);
        }
    }
}

#[test]
fn two_lanes() {
    drive(&schedule(PAIR));
}

#[test]
fn four_lanes() {
    drive(&preset("tiny"));
}

#[test]
fn eight_lanes() {
    drive(&schedule(EIGHT));
}

#[test]
fn thirty_two_lanes() {
    drive(&schedule(WIDE));
}
