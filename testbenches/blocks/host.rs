//! Host block: commands, streams under back-pressure, and the operations of a run, against the schedule.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, preset, schedule, training};
use memgan::config::{Design, DeviceModel, UpdateRule};
use memgan::numeric::SEED_WARMUP;
use memgan::rtl::blocks::host;
use memgan::schedule::Schedule;

const SEED: u64 = 0;
const LOAD: u64 = 1;
const LATENT: u64 = 2;
const RUN: u64 = 3;
const READ: u64 = 4;
/// Unknown to the host without models of devices that drift.
const AGE: u64 = 7;

struct Host {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    /// The activation memory and the word that was read in the cycle before.
    memory: Vec<Vec<i64>>,
    data: Option<usize>,
    latents: Vec<i64>,
    /// Written words, in order; steps of the random streams.
    writes: Vec<(usize, Vec<i64>)>,
    steps: u32,
    seed: Option<u64>,
}

/// Strobes of one cycle.
struct Cycle {
    in_taken: bool,
    sent: Option<(Vec<i64>, bool)>,
    fetch: bool,
    start: bool,
    op: usize,
    busy: bool,
}

impl Host {
    fn new(schedule: &Schedule) -> Self {
        let mut random = Random::new(9);
        let lanes = schedule.lanes;
        let memory = (0..schedule.activation_words).map(|_| (0..lanes).map(|_| random.value(8)).collect()).collect();
        let bench = Bench::new(&host(schedule));
        let schedule = schedule.clone();
        Self { bench, random, schedule, memory, data: None, latents: vec![], writes: vec![], steps: 0, seed: None }
    }

    fn word(&mut self) -> Vec<i64> {
        (0..self.schedule.lanes).map(|_| self.random.value(8)).collect()
    }

    /// One cycle with the given word offered and the output stream ready or not.
    fn step(&mut self, input: Option<&[i64]>, out_ready: bool) -> Cycle {
        let lanes = self.schedule.lanes;
        self.latents = self.word();
        let noise = self.word();
        let read = self.data.map_or_else(|| None, |w| Some(self.memory[w].clone()));
        let b = &mut self.bench;
        b.set("in_valid_i", u64::from(input.is_some()));
        b.set_all("in_data_i", 8, input.unwrap_or(&noise).iter().copied());
        b.set("out_ready_i", u64::from(out_ready));
        b.set_all("latents_i", 8, self.latents.iter().copied());
        // The memory keeps the word that was read last.
        b.set_all("read_data_i", 8, read.unwrap_or(noise.clone()));
        b.eval();
        let in_taken = input.is_some() && b.flag("in_ready_o");
        let sent =
            (out_ready && b.flag("out_valid_o")).then(|| (b.get_signed("out_data_o", 8, lanes), b.flag("out_last_o")));
        let (fetch, start, busy) = (b.flag("fetch_o"), b.flag("start_o"), b.flag("busy_o"));
        let op = b.get("op_o") as usize;
        assert!(!(b.flag("read_valid_o") && b.flag("write_valid_o")), "one address for both");
        if b.flag("write_valid_o") {
            self.writes.push((b.get("address_o") as usize, b.get_signed("write_data_o", 8, lanes)));
        }
        if b.flag("read_valid_o") {
            self.data = Some(b.get("address_o") as usize);
        }
        self.steps += u32::from(b.flag("random_step_o"));
        if b.flag("seed_valid_o") {
            assert_eq!(self.steps, 0, "steps before the seed");
            self.seed = Some(b.get("seed_o"));
        }
        b.tick();
        Cycle { in_taken, sent, fetch, start, op, busy }
    }

    /// Offers a command until it is taken.
    fn command(&mut self, op: u64, arg: u64) {
        (self.steps, self.seed) = (0, None);
        self.writes.clear();
        self.bench.set("cmd_valid_i", 1u64);
        self.bench.set("cmd_op_i", op);
        self.bench.set("cmd_arg_i", arg);
        self.bench.eval();
        assert!(self.bench.flag("cmd_ready_o") && !self.bench.flag("busy_o"), "ready while idle");
        self.step(None, false);
        self.bench.set("cmd_valid_i", 0u64);
        // Another command, held valid during this one, must wait; it is unknown and does nothing when taken.
        if self.random.percent(30) && op < 5 {
            self.bench.set("cmd_op_i", 6u64);
            self.bench.set("cmd_valid_i", 1u64);
        }
    }

    /// Runs until the block is idle; checks that no command is taken before.
    fn wait(&mut self) -> u32 {
        let mut cycles = 0;
        loop {
            self.bench.eval();
            assert_ne!(self.bench.flag("cmd_ready_o"), self.bench.flag("busy_o"), "ready only while idle");
            if !self.step(None, true).busy {
                self.bench.set("cmd_valid_i", 0u64);
                return cycles;
            }
            cycles += 1;
            assert!(cycles < 10_000, "the command never ends");
        }
    }

    fn seed(&mut self) {
        let seed = self.random.next() & 0xffff_ffff;
        self.command(SEED, seed);
        self.wait();
        assert_eq!((self.seed, self.steps), (Some(seed), SEED_WARMUP), "seed and warm-up steps");
        assert!(self.writes.is_empty());
    }

    fn load(&mut self, network: usize, pace: u32) {
        let tensor = self.schedule.tensors[self.schedule.programs[network].input].clone();
        self.command(LOAD, network as u64);
        let words: Vec<Vec<i64>> = (0..tensor.words).map(|_| self.word()).collect();
        let mut at = 0;
        while at < words.len() {
            let offered = self.random.percent(pace).then(|| words[at].clone());
            at += usize::from(self.step(offered.as_deref(), false).in_taken);
        }
        let expected: Vec<_> = (tensor.base_word..).zip(words).collect();
        assert_eq!(self.writes, expected, "words of a load");
        assert_eq!(self.wait(), 0, "idle after the last word");
        assert_eq!((self.steps, self.seed), (0, None));
    }

    fn latent(&mut self, network: usize) {
        let tensor = self.schedule.tensors[self.schedule.programs[network].input].clone();
        self.command(LATENT, network as u64);
        let mut expected = Vec::new();
        for word in 0..tensor.words {
            assert!(self.step(None, false).busy);
            expected.push((tensor.base_word + word, self.latents.clone()));
        }
        assert_eq!(self.wait(), 0, "a word a cycle");
        assert_eq!(self.writes, expected, "words of latents");
        assert_eq!(self.steps as usize, tensor.words, "a step a word");
    }

    fn read(&mut self, network: usize, pace: u32) {
        let tensor = self.schedule.tensors[self.schedule.programs[network].output].clone();
        self.command(READ, network as u64);
        for word in 0..tensor.words {
            let sent = loop {
                let ready = self.random.percent(pace);
                if let Some(sent) = self.step(None, ready).sent {
                    break sent;
                }
            };
            assert_eq!(sent.0, self.memory[tensor.base_word + word], "word {word}");
            assert_eq!(sent.1, word + 1 == tensor.words, "last of word {word}");
        }
        assert_eq!(self.wait(), 0, "idle after the last word");
        assert!(self.writes.is_empty() && self.steps == 0);
    }

    /// A unit of time a cycle, and no command in the meantime.
    fn age(&mut self, units: u64) {
        self.command(AGE, units);
        self.bench.set("cmd_valid_i", 1u64);
        self.bench.set("cmd_op_i", RUN);
        for unit in 0..units {
            self.bench.eval();
            assert!(self.bench.flag("age_o") && !self.bench.flag("cmd_ready_o"), "unit {unit} of {units}");
            let cycle = self.step(None, true);
            assert!(cycle.busy && !cycle.fetch && !cycle.start, "unit {unit} of {units}");
        }
        self.bench.set("cmd_valid_i", 0u64);
        self.bench.eval();
        assert!(!self.bench.flag("age_o"), "{units} units");
        assert_eq!(self.wait(), 0, "idle after the last unit");
        assert!(self.writes.is_empty() && self.steps == 0 && self.seed.is_none());
    }

    /// Runs a network, or behind the networks a phase of a training step.
    fn run(&mut self, program: usize) {
        let networks = self.schedule.programs.iter().map(|p| (p.first_op, p.last_op));
        let mut all = networks.chain(self.schedule.phases.iter().map(|p| (p.first_op, p.last_op)));
        let (first_op, last_op) = all.nth(program).expect("a program of the schedule");
        self.command(RUN, program as u64);
        for op in first_op..=last_op {
            let fetch = self.step(None, false);
            assert!(fetch.fetch && !fetch.start && fetch.op == op, "fetch of operation {op}");
            self.bench.set("last_op_i", u64::from(op == last_op));
            // What the operation before left is still there in the cycle of the start: it must not count.
            self.bench.set("op_done_i", self.random.below(2));
            let start = self.step(None, false);
            assert!(start.start && !start.fetch && start.op == op, "start of operation {op}");
            self.bench.set("op_done_i", 0u64);
            for _ in 0..self.random.below(9) {
                let cycle = self.step(None, true);
                assert!(cycle.busy && !cycle.fetch && !cycle.start && cycle.op == op, "operation {op} runs");
            }
            self.bench.set("op_done_i", 1u64);
            assert!(self.step(None, false).busy, "busy in the cycle in which it ends");
            self.bench.set("op_done_i", 0u64);
        }
        assert_eq!(self.wait(), 0, "idle after the last operation");
        assert!(self.writes.is_empty() && self.steps == 0 && self.data.is_none_or(|w| w < self.memory.len()));
    }
}

fn drive(schedule: &Schedule) {
    let mut h = Host::new(schedule);
    let drifts = schedule.design.drifts();
    h.bench.set("clearing_i", 1u64);
    h.bench.set("cmd_valid_i", 1u64);
    h.bench.set("cmd_op_i", RUN);
    for _ in 0..5 {
        h.bench.eval();
        assert!(!h.bench.flag("cmd_ready_o") && !h.bench.flag("busy_o"), "no command while the accumulators clear");
        let cycle = h.step(None, true);
        assert!(!cycle.fetch && !cycle.start);
    }
    h.bench.set("cmd_valid_i", 0u64);
    h.bench.set("clearing_i", 0u64);
    for _ in 0..150 {
        let network = h.random.below(schedule.programs.len());
        let pace = h.random.pick(&[100, 60, 20]);
        match h.random.below(6) {
            _ if drifts && h.random.percent(20) => {
                let units = h.random.pick(&[0, 1, 2, 37]);
                h.age(units);
            }
            0 => h.seed(),
            1 => h.load(network, pace),
            2 => h.latent(network),
            3 => {
                let program = h.random.below(schedule.programs.len() + schedule.phases.len());
                h.run(program);
            }
            4 => h.read(network, pace),
            _ => {
                let unknown = h.random.pick(if drifts { &[5, 6] } else { &[5, 6, AGE] });
                let argument = h.random.next() & 0xffff_ffff;
                h.command(unknown, argument);
                assert_eq!(h.wait(), 0, "unknown commands do nothing");
                assert!(h.writes.is_empty() && h.steps == 0 && h.seed.is_none());
            }
        }
    }
}

#[test]
fn two_networks() {
    drive(&preset("tiny"));
}

#[test]
fn two_networks_with_two_lanes() {
    drive(&schedule(PAIR));
}

#[test]
fn one_network() {
    drive(&preset("cnn"));
}

/// Time passes between other commands, with training and without.
#[test]
fn devices_that_drift() {
    let drifts = |mut design: Design| {
        let model = DeviceModel { lifetime: 100.0, ..DeviceModel::ideal(design.device.levels) };
        design.device.model = Some(model);
        drive(&Schedule::new(&design));
    };
    drifts(schedule(PAIR).design);
    drifts(training(&schedule(EIGHT), UpdateRule::Accumulate, 3).design);
}

#[test]
fn phases_of_two_networks() {
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 3));
}

#[test]
fn phases_of_one_network() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 4));
}
