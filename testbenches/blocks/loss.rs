//! Loss: errors, sums of squares and cycles against plain integers.

use crate::common::{Bench, EIGHT, Random, STEPS, WIDE, preset, schedule, training};
use memgan::config::{Shape, UpdateRule};
use memgan::numeric::CLASS_TARGET;
use memgan::rtl::blocks::loss;
use memgan::schedule::{LossTarget, Op, Pass, Phase, Schedule, loss_cycles};

struct Loss {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    outputs: Vec<Vec<i64>>,
    errors: Vec<Vec<i64>>,
    data: Option<usize>,
    /// Number and port of each phase that has a loss, and its sum.
    sums: Vec<(usize, &'static str, u64)>,
}

impl Loss {
    fn new(schedule: &Schedule) -> Self {
        let mut random = Random::new(schedule.lanes as u64);
        let lanes = schedule.lanes;
        let mut memory = || -> Vec<Vec<i64>> {
            let word = |r: &mut Random| (0..lanes).map(|_| r.activation().into()).collect();
            (0..schedule.activation_words).map(|_| word(&mut random)).collect()
        };
        let (outputs, errors) = (memory(), memory());
        let port = |phase| match phase {
            Phase::Real => Some("loss_real_o"),
            Phase::Fake => Some("loss_fake_o"),
            Phase::Generate => Some("loss_generate_o"),
            Phase::Classify => Some("loss_classify_o"),
            _ => None,
        };
        let numbered = schedule.phases.iter().enumerate();
        let sums = numbered.filter_map(|(i, p)| Some((i, port(p.phase)?, 0))).collect();
        Self {
            bench: Bench::new(&loss(schedule)),
            random,
            schedule: schedule.clone(),
            outputs,
            errors,
            data: None,
            sums,
        }
    }

    /// One cycle of block and memories.
    fn step(&mut self) {
        let lanes = self.schedule.lanes;
        // The memory keeps the word that was read last.
        let word = self.data.map_or_else(|| vec![0; lanes], |w| self.outputs[w].clone());
        let b = &mut self.bench;
        b.set_all("read_data_i", 8, word);
        b.eval();
        if b.flag("read_valid_o") {
            self.data = Some(b.get("read_address_o") as usize);
        }
        if b.flag("error_write_valid_o") {
            let to = b.get("error_write_address_o") as usize;
            let (mask, data) =
                (b.get_all("error_write_mask_o", 1, lanes), b.get_signed("error_write_data_o", 8, lanes));
            (0..lanes).filter(|&l| mask[l] == 1).for_each(|l| self.errors[to][l] = data[l]);
        }
        b.tick();
    }

    fn run(&mut self, op: &Op) {
        let lanes = self.schedule.lanes;
        let tensor = self.schedule.tensors[op.source.expect("a loss has a source")].clone();
        let elements = tensor.shape.len();
        let code = i64::from(self.random.activation());
        let label = {
            let any = self.random.below(elements);
            self.random.pick(&[0, elements - 1, elements, any, 65535])
        };
        let at = self.random.below(self.sums.len());
        let (mut errors, mut sum) = (self.errors.clone(), self.sums[at].2);
        for e in 0..elements {
            let target = match op.loss {
                Some(LossTarget::Class) if e == label => i64::from(CLASS_TARGET),
                Some(LossTarget::Class) => 0,
                _ => code,
            };
            let word = tensor.base_word + e / lanes;
            let error = (self.outputs[word][e % lanes] - target).clamp(-127, 127);
            errors[word][e % lanes] = error;
            sum = (sum + (error * error) as u64).min(u64::from(u32::MAX));
        }

        let b = &mut self.bench;
        if op.loss == Some(LossTarget::Class) {
            b.set("label_i", label);
        } else {
            b.set("target_i", (code & 255) as u64);
        }
        b.set("phase_i", self.sums[at].0);
        b.set("source_word_i", tensor.base_word);
        b.set("words_last_i", tensor.words - 1);
        b.set("tail_i", (elements - 1) % lanes);
        b.set("start_i", 1u64);
        b.eval();
        assert!(b.flag("done_o"), "done until the start");
        self.step();
        self.bench.set("start_i", 0u64);
        // Fetch and start.
        let mut cycles = 2;
        loop {
            self.bench.eval();
            cycles += 1;
            if self.bench.flag("done_o") {
                break;
            }
            self.step();
            assert!(cycles < 100_000, "the loss never ends");
        }
        self.sums[at].2 = sum;
        assert!(self.errors == errors, "errors of {elements} elements");
        self.check_sums();
        assert_eq!(cycles, loss_cycles(&self.schedule, op), "cycles of {elements} elements");
    }

    fn check_sums(&mut self) {
        for &(_, port, sum) in &self.sums {
            assert_eq!(self.bench.get(port), sum, "{port}");
        }
    }

    /// The start of a step.
    fn clear(&mut self) {
        self.bench.set("clear_i", 1u64);
        self.step();
        self.bench.set("clear_i", 0u64);
        self.bench.eval();
        self.sums.iter_mut().for_each(|s| s.2 = 0);
        self.check_sums();
    }
}

fn drive(schedule: &Schedule) {
    let mut t = Loss::new(schedule);
    let ops: Vec<Op> = schedule.ops.iter().filter(|o| o.pass == Pass::Loss).cloned().collect();
    assert_eq!(ops.len(), t.sums.len(), "a loss a phase");
    for op in ops.iter().cycle().take(20) {
        t.run(op);
    }
    // Tensors of any size, anywhere.
    let output = ops[0].source.expect("a loss has a source");
    for _ in 0..150 {
        let words = t.random.between(1, schedule.activation_words.min(9));
        let tail = t.random.below(schedule.lanes);
        let tensor = &mut t.schedule.tensors[output];
        tensor.shape = Shape::vector(words * schedule.lanes - tail);
        (tensor.base_word, tensor.words) = (t.random.below(schedule.activation_words - words + 1), words);
        t.run(&Op { positions: words, ..ops[0].clone() });
        if t.random.percent(20) {
            t.clear();
        }
    }
}

#[test]
fn four_lanes() {
    drive(&training(&preset("tiny"), UpdateRule::Stochastic, 4));
    drive(&training(&schedule(STEPS), UpdateRule::Accumulate, 1));
}

#[test]
fn eight_lanes() {
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 5));
}

#[test]
fn classes_in_thirty_two_lanes() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 32));
}

/// The sum of squares stays at its end.
#[test]
fn sums_do_not_wrap() {
    let schedule = training(&schedule(EIGHT), UpdateRule::Accumulate, 5);
    let mut t = Loss::new(&schedule);
    t.bench.set_all("read_data_i", 8, vec![-127; schedule.lanes]);
    t.bench.set("target_i", 127u64);
    t.bench.set("words_last_i", schedule.activation_words - 1);
    t.bench.set("tail_i", schedule.lanes - 1);
    let elements = (schedule.activation_words * schedule.lanes) as u64;
    let mut sum = 0;
    while sum < u64::from(u32::MAX) {
        t.bench.set("start_i", 1u64);
        t.bench.tick();
        t.bench.set("start_i", 0u64);
        t.bench.model.tick(schedule.activation_words as u64 + elements).expect("no check fails");
        t.bench.eval();
        assert!(t.bench.flag("done_o"));
        sum = (sum + elements * 127 * 127).min(u64::from(u32::MAX));
        assert_eq!(t.bench.get("loss_real_o"), sum);
    }
}
