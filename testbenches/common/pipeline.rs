//! The block `accumulate` with its memories, random lanes and what it must do.

use super::{Bench, Random};
use memgan::config::Activation;
use memgan::numeric::{BIAS_BITS, LaneRandom, activate, derive, round_error, saturate_activation};
use memgan::rtl::blocks::{accumulate, rotator};
use memgan::schedule::{OpKind, Pass, Schedule};
use std::collections::BTreeMap;

/// One beat as the drain makes it.
struct Beat {
    word: usize,
    lanes: std::ops::Range<usize>,
    done: bool,
    bias: usize,
    /// One a lane, in the lanes of the memory word.
    sums: Vec<i64>,
}

#[derive(Clone, Copy)]
struct Op {
    pass: Pass,
    kind: OpKind,
    shift: u32,
    activation: Activation,
    dropout: u32,
    target: usize,
    bias_base: usize,
}

/// Errors of a beat: how many are written, saturated, and in the upper half of their range.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Range {
    count: u64,
    saturated: u64,
    upper: u64,
}

impl Range {
    /// One more error, before it is limited to its range.
    fn add(&mut self, rounded: i64) {
        self.count += 1;
        self.saturated += u64::from(rounded.abs() > 127);
        self.upper += u64::from(rounded.abs() > 63);
    }
}

pub struct Pipeline {
    pub bench: Bench,
    pub random: Random,
    schedule: Schedule,
    pub has_accumulators: bool,
    trains: bool,
    /// Memories: biases, accumulators as the block writes them, and what they must become.
    biases: Vec<Vec<i64>>,
    accumulators: Vec<Vec<i64>>,
    model: Vec<Vec<i64>>,
    stream: LaneRandom,
    bias_read: Option<usize>,
    sum_read: Option<usize>,
    /// Activations at the places of the errors, where the design trains, and their word that is read.
    activations: Vec<Vec<i64>>,
    activation_read: Option<usize>,
    /// What was said of the range of each beat of errors.
    ranges: Vec<Range>,
    /// Bytes written, by element.
    written: BTreeMap<usize, i8>,
    writes: usize,
}

impl Pipeline {
    pub fn new(schedule: &Schedule) -> Self {
        let lanes = schedule.lanes;
        let rotate = rotator("memgan_drain_rotate", lanes, schedule.widths.sum as usize);
        let mut random = Random::new(lanes as u64);
        let biases = (0..schedule.bias_words).map(|_| (0..lanes).map(|_| random.value(BIAS_BITS)).collect()).collect();
        // Memories are not zero after power-up.
        let noise: Vec<Vec<i64>> =
            (0..schedule.accumulator_words).map(|_| (0..lanes).map(|_| random.value(8)).collect()).collect();
        Self {
            bench: Bench::new(&accumulate(schedule, &rotate)),
            has_accumulators: schedule.ops.iter().any(|o| o.kind == OpKind::ScatterWindow),
            random,
            biases,
            model: vec![vec![0; lanes]; schedule.accumulator_words],
            accumulators: noise,
            stream: LaneRandom::seeded(5, lanes),
            schedule: schedule.clone(),
            bias_read: None,
            sum_read: None,
            trains: schedule.design.training.is_some(),
            activations: vec![vec![0; lanes]; schedule.activation_words],
            activation_read: None,
            ranges: vec![],
            written: BTreeMap::new(),
            writes: 0,
        }
    }

    /// One cycle of block and memories.
    fn step(&mut self, beat: Option<&Beat>) {
        let (lanes, w) = (self.schedule.lanes, self.schedule.widths);
        let b = &mut self.bench;
        b.set("beat_valid_i", u64::from(beat.is_some()));
        if let Some(beat) = beat {
            let turn = self.random.below(lanes);
            b.set("beat_word_i", beat.word);
            b.set_all("beat_mask_i", 1, (0..lanes).map(|l| i64::from(beat.lanes.contains(&l))));
            b.set("beat_turn_i", turn);
            b.set("beat_bias_i", beat.bias);
            b.set("beat_done_i", u64::from(beat.done));
            b.set_all("beat_sums_i", w.sum as usize, (0..lanes).map(|l| beat.sums[(l + turn) % lanes]));
        }
        // Memories drive data only in the cycle after a read, the streams all the time.
        let bias = match self.bias_read {
            Some(word) => self.biases[word].clone(),
            None => (0..lanes).map(|_| self.random.value(BIAS_BITS)).collect(),
        };
        b.set_all("bias_read_data_i", BIAS_BITS as usize, bias);
        if self.has_accumulators {
            let sums = match self.sum_read {
                Some(word) => self.accumulators[word].clone(),
                None => (0..lanes).map(|_| self.random.value(w.accumulator)).collect(),
            };
            b.set_all("sum_read_data_i", w.accumulator as usize, sums);
        }
        if self.trains {
            let activations = match self.activation_read {
                Some(word) => self.activations[word].clone(),
                None => (0..lanes).map(|_| self.random.value(8)).collect(),
            };
            b.set_all("activation_read_data_i", 8, activations);
        }
        b.set_all("random_i", 8, (0..lanes).map(|l| i64::from(self.stream.lane(l) >> 24)));
        b.eval();
        self.bias_read = b.flag("bias_read_valid_o").then(|| b.get("bias_read_address_o") as usize);
        if self.has_accumulators {
            self.sum_read = b.flag("sum_read_valid_o").then(|| b.get("sum_read_address_o") as usize);
            if b.flag("sum_write_valid_o") {
                let word = b.get("sum_write_address_o") as usize;
                self.accumulators[word] = b.get_signed("sum_write_data_o", w.accumulator as usize, lanes);
                // Data of a word that is written in the same cycle is undefined.
                if self.sum_read == Some(word) {
                    self.sum_read = None;
                }
            }
        }
        if self.trains {
            let read = b.flag("activation_read_valid_o");
            self.activation_read = read.then(|| b.get("activation_read_address_o") as usize);
            if b.flag("errors_valid_o") {
                let [count, saturated, upper] =
                    ["errors_count_o", "errors_saturated_o", "errors_upper_o"].map(|port| b.get(port));
                self.ranges.push(Range { count, saturated, upper });
            }
        }
        if b.flag("random_step_o") {
            self.stream.step();
        }
        if b.flag("write_valid_o") {
            let word = b.get("write_address_o") as usize;
            let mask = b.get_all("write_mask_o", 1, lanes);
            let data = b.get_signed("write_data_o", 8, lanes);
            for lane in (0..lanes).filter(|&l| mask[l] == 1) {
                let before = self.written.insert(word * lanes + lane, data[lane] as i8);
                assert!(before.is_none(), "word {word} lane {lane} is written twice");
            }
            self.writes += 1;
        }
        b.tick();
    }

    /// Ends the clearing after reset and checks that it leaves zeros.
    pub fn clear(&mut self) {
        if !self.has_accumulators {
            return;
        }
        let mut cycles = 0;
        while self.bench.flag("clearing_o") {
            self.step(None);
            cycles += 1;
            assert!(cycles <= self.schedule.accumulator_words, "clearing never ends");
        }
        assert_eq!(cycles, self.schedule.accumulator_words, "a word a cycle");
        assert_eq!(self.accumulators, self.model, "accumulators after reset");
    }

    fn set_op(&mut self, op: Op) {
        assert!(self.bench.flag("idle_o"), "the pipeline is empty between operations");
        let (code, slope) = match op.activation {
            Activation::Linear => (0, 0),
            Activation::Relu => (1, 0),
            Activation::LeakyRelu { shift } => (2, shift),
            Activation::Tanh => (3, 0),
            Activation::Sigmoid => (4, 0),
        };
        for (port, value) in [
            ("scatter_i", u32::from(op.kind == OpKind::ScatterWindow)),
            ("finish_i", u32::from(op.kind == OpKind::Finish)),
            ("target_word_i", op.target as u32),
            ("bias_word_i", op.bias_base as u32),
            ("shift_i", op.shift),
            ("activation_i", code),
            ("slope_i", slope),
            ("dropout_i", op.dropout),
        ] {
            self.bench.set(port, value);
        }
        if self.trains {
            self.bench.set("backward_i", u64::from(op.pass == Pass::Backward));
            self.activations_of(op.activation);
        }
    }

    /// New activations: outputs of a non-linearity.
    fn activations_of(&mut self, activation: Activation) {
        for value in self.activations.iter_mut().flatten() {
            *value = i64::from(self.random.activation());
            if activation == Activation::Sigmoid {
                *value = value.abs();
            }
        }
    }

    /// Feeds beats with gaps, waits until the pipeline is empty.
    fn run(&mut self, op: Op, beats: &[Beat], pace: u32) {
        self.set_op(op);
        self.written.clear();
        self.writes = 0;
        self.ranges.clear();
        for beat in beats {
            while !self.random.percent(pace) {
                self.step(None);
            }
            self.step(Some(beat));
        }
        let mut waited = 0;
        while !{
            self.bench.set("beat_valid_i", 0u64);
            self.bench.eval();
            self.bench.flag("idle_o")
        } {
            self.step(None);
            waited += 1;
        }
        assert!(waited <= 3, "{waited} cycles from the last beat to idle");
    }

    fn sums(&mut self) -> Vec<i64> {
        let bits = self.schedule.widths.sum;
        (0..self.schedule.lanes).map(|_| self.random.value(bits)).collect()
    }

    /// Beats all over few words, often the same word again, at once or one or two beats later.
    pub fn scatter(&mut self, pass: Pass, count: usize, pace: u32) {
        let (lanes, words) = (self.schedule.lanes, self.schedule.accumulator_words);
        let mut beats: Vec<Beat> = Vec::new();
        // As many additions of one element as the accumulator's width is made for.
        let room = 1 << (self.schedule.widths.accumulator - self.schedule.widths.sum);
        let mut added = vec![vec![0; lanes]; words];
        for _ in 0..count {
            let back = self.random.between(1, 4);
            let word = match beats.len().checked_sub(back) {
                Some(at) if self.random.percent(70) => beats[at].word,
                _ => self.random.below(words),
            };
            let first = self.random.below(lanes);
            let used = first..self.random.between(first + 1, lanes);
            if used.clone().any(|l| added[word][l] == room) {
                continue;
            }
            let sums = self.sums();
            for lane in used.clone() {
                added[word][lane] += 1;
                self.model[word][lane] += sums[lane];
            }
            beats.push(Beat { word, lanes: used, done: self.random.percent(50), bias: 0, sums });
        }
        let op = Op { dropout: 200, ..self.op(pass, OpKind::ScatterWindow, Activation::Linear) };
        let stream = self.stream.clone();
        self.run(op, &beats, pace);
        assert_eq!(self.writes, 0, "a scatter operation writes no activations");
        assert_eq!(self.ranges, [], "and no errors");
        assert_eq!(self.stream, stream, "and draws no random numbers");
        assert_eq!(self.accumulators, self.model, "accumulators");
    }

    fn op(&mut self, pass: Pass, kind: OpKind, activation: Activation) -> Op {
        let (shift, dropout) = (self.random.below(16) as u32, self.random.pick(&[0, 0, 1, 77, 255]));
        Op { pass, kind, shift, activation, dropout, target: 0, bias_base: 0 }
    }

    /// A tensor of `elements` from its words, whole or in pieces, from sums or from the accumulators: activations of a
    /// forward operation, errors of a backward one.
    pub fn write(&mut self, pass: Pass, kind: OpKind, elements: usize, activation: Activation, pace: u32) {
        let (lanes, finish, backward) = (self.schedule.lanes, kind == OpKind::Finish, pass == Pass::Backward);
        let words = elements.div_ceil(lanes);
        let period = self.random.between(1, words.min(self.schedule.bias_words));
        let op = Op {
            target: self.random.below(self.schedule.activation_words - words + 1),
            bias_base: self.random.below(self.schedule.bias_words - period + 1),
            ..self.op(pass, kind, activation)
        };
        let (mut beats, mut values) = (Vec::new(), Vec::new());
        for word in 0..words {
            let end = lanes.min(elements - word * lanes);
            let mut at = 0;
            while at < end {
                let to = if finish { end } else { self.random.between(at + 1, end) };
                let sums = self.sums();
                let source = if finish { &self.model[word] } else { &sums };
                let biases = &self.biases[op.bias_base + word % period];
                for (sum, bias) in source[at..to].iter().zip(&biases[at..to]) {
                    values.push(if backward { *sum } else { sum + bias } as i32);
                }
                beats.push(Beat { word, lanes: at..to, done: to == end, bias: word % period, sums });
                at = to;
            }
        }
        let before = self.stream.clone();
        self.run(op, &beats, pace);
        let (expected, ranges, stream) = if backward {
            let (errors, ranges) = self.errors(op, &beats, &values);
            (errors, ranges, before)
        } else {
            let mut stream = before;
            let mut outputs: Vec<i8> = values.iter().map(|&v| activate(v, op.shift, activation)).collect();
            if op.dropout > 0 {
                stream.dropout(&mut outputs, op.dropout);
            }
            (outputs, vec![], stream)
        };
        let got: Vec<(usize, i8)> = self.written.iter().map(|(&e, &v)| (e, v)).collect();
        let want: Vec<(usize, i8)> = (op.target * lanes..).zip(expected).collect();
        assert_eq!(got, want, "{pass:?} {activation:?}, shift {}, dropout {}", op.shift, op.dropout);
        assert_eq!(self.ranges, ranges, "range of the errors, {pass:?}, shift {}", op.shift);
        assert_eq!(self.stream, stream, "random numbers drawn");
        if finish {
            self.model[..words].fill(vec![0; lanes]);
            assert_eq!(self.accumulators, self.model, "accumulators after a finish");
        }
    }

    /// Errors of a tensor from its sums, halves rounded away from zero, and what must be said of each beat.
    fn errors(&self, op: Op, beats: &[Beat], values: &[i32]) -> (Vec<i8>, Vec<Range>) {
        let mut values = values.iter().map(|&v| round_error(v, op.shift));
        let (mut errors, mut ranges) = (Vec::new(), Vec::new());
        for beat in beats {
            let mut range = Range::default();
            for lane in beat.lanes.clone() {
                let rounded = values.next().expect("a value a lane");
                range.add(i64::from(rounded));
                let output = self.activations[op.target + beat.word][lane] as i8;
                errors.push(derive(saturate_activation(rounded), output, op.activation, op.dropout > 0));
            }
            ranges.push(range);
        }
        (errors, ranges)
    }

    /// A reset in the middle of everything: the accumulators are zeroed again.
    pub fn scatter_and_reset(&mut self) {
        self.bench.reset();
        for word in &mut self.accumulators {
            word.fill(-1);
        }
        self.model.iter_mut().for_each(|word| word.fill(0));
        self.clear();
    }
}
