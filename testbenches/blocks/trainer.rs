//! Trainer and host together: the commands of a step, the streams and the cycles, against the text of the contract.

use crate::common::{Bench, EIGHT, Random, STEPS, WIDE, preset, schedule, training};
use memgan::config::{Role, UpdateRule};
use memgan::hdl::{Builder, Module};
use memgan::numeric::{SEED_STEP, SEED_WARMUP};
use memgan::rtl::blocks::{host, trainer};
use memgan::schedule::{Phase, Schedule, train_step_cycles};
use std::collections::VecDeque;
use std::sync::Arc;

const LATENT: u64 = 2;
const RUN: u64 = 3;
const TRAIN: u64 = 5;
const TRAIN_SEED: u64 = 6;

/// Both blocks as they are connected in a design: ports of one that the other has, too, are joined.
fn pair(schedule: &Schedule) -> Arc<Module> {
    let (host, trainer) = (host(schedule), trainer(schedule));
    let mut m = Builder::new("memgan_test_pair", file!());
    m.clk_rst();
    let joined = |name: &str| -> Option<&'static str> {
        Some(match name {
            "cmd_valid_i" => "host_valid",
            "cmd_ready_o" => "host_ready",
            "cmd_op_i" => "host_op",
            "cmd_arg_i" => "host_arg",
            "busy_o" => "host_busy",
            "in_valid_i" => "host_in_valid",
            "in_ready_o" => "host_in_ready",
            _ => return None,
        })
    };
    let port = |m: &mut Builder, name: &str, width: usize| match name.ends_with("_i") {
        true => m.input(name, width, ""),
        false => m.output(name, width, ""),
    };
    let nets: Vec<_> = (host.ports().iter())
        .filter(|p| !matches!(p.name(), "clk_i" | "rst_ni"))
        .map(|p| {
            let net = match joined(p.name()) {
                Some(net) => m.net(net, p.width()),
                None => port(&mut m, p.name(), p.width()),
            };
            (p.name().to_owned(), net)
        })
        .collect();
    m.inst("u_host", &host, |u| {
        u.clk_rst();
        nets.iter().for_each(|(name, net)| u.connect(name, net));
    });
    let of_host = |name: &str| nets.iter().find(|(n, _)| joined(n) == Some(name)).map(|(_, net)| net.clone());
    let data = nets.iter().find(|(n, _)| n == "in_data_i").map(|(_, net)| net.slice(0, 16)).expect("a stream");
    let own: Vec<_> = (trainer.ports().iter())
        .filter(|p| !matches!(p.name(), "clk_i" | "rst_ni"))
        .map(|p| {
            let name = p.name();
            let shared = of_host(name.trim_end_matches("_i").trim_end_matches("_o"));
            let net = match (shared, name) {
                (Some(net), _) => net,
                (None, "in_data_i") => data.clone(),
                (None, _) => port(&mut m, name, p.width()),
            };
            (name.to_owned(), net)
        })
        .collect();
    m.inst("u_trainer", &trainer, |u| {
        u.clk_rst();
        own.iter().for_each(|(name, net)| u.connect(name, net));
    });
    m.finish()
}

/// What the blocks do to the rest of the design.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Seed(u32),
    Image {
        network: usize,
        words: Vec<Vec<i64>>,
    },
    Latents {
        network: usize,
    },
    /// First and last operation, the phase and the label while they run.
    Run {
        first: usize,
        last: usize,
        phase: usize,
        label: Option<u64>,
    },
}

struct Pair {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    /// Cycles of each operation, fetch and start included, at least 3.
    op_cycles: Vec<u64>,
    /// Cycles left of the running operation.
    left: Option<u64>,
    /// Words that wait at the input, and how often one is offered, in percent.
    stream: VecDeque<Vec<i64>>,
    pace: u32,
    events: Vec<Event>,
    writes: Vec<(usize, Option<Vec<i64>>)>,
    step_starts: u64,
    seed: u32,
    batch: usize,
    steps: u64,
    images: u64,
}

impl Pair {
    fn new(schedule: &Schedule) -> Self {
        let mut random = Random::new(schedule.lanes as u64);
        let op_cycles = schedule.ops.iter().map(|_| random.between(3, 9) as u64).collect();
        let mut bench = Bench::new(&pair(schedule));
        bench.set("clearing_i", 0u64);
        Self {
            bench,
            random,
            op_cycles,
            left: None,
            stream: VecDeque::new(),
            pace: 100,
            events: vec![],
            writes: vec![],
            step_starts: 0,
            seed: 0,
            batch: schedule.design.training.as_ref().expect("the design trains").batch,
            steps: 0,
            images: 0,
            schedule: schedule.clone(),
        }
    }

    fn labels(&self) -> bool {
        self.schedule.program(Role::Classifier).is_some()
    }

    fn word(&mut self) -> Vec<i64> {
        (0..self.schedule.lanes).map(|_| self.random.value(8)).collect()
    }

    /// One cycle; returns whether the blocks were busy.
    fn step(&mut self) -> bool {
        let offered = self.random.percent(self.pace).then(|| self.stream.front().cloned()).flatten();
        let noise = self.word();
        let b = &mut self.bench;
        b.set("in_valid_i", u64::from(offered.is_some()));
        b.set_all("in_data_i", 8, offered.as_ref().unwrap_or(&noise).iter().copied());
        b.set("op_done_i", u64::from(self.left == Some(1)));
        b.eval();
        let busy = b.flag("busy_o");
        if busy {
            assert!(!b.flag("cmd_ready_o"), "no command while busy");
        }
        if offered.is_some() && b.flag("in_ready_o") {
            self.stream.pop_front();
        }
        self.step_starts += u64::from(b.flag("step_start_o"));
        if b.flag("seed_valid_o") {
            self.events.push(Event::Seed(b.get("seed_o") as u32));
        }
        if b.flag("write_valid_o") {
            // Latents are a word and a step of the random streams.
            let image = !b.flag("random_step_o");
            let lanes = self.schedule.lanes;
            let data = image.then(|| b.get_signed("write_data_o", 8, lanes));
            self.writes.push((b.get("address_o") as usize, data));
        } else if !self.writes.is_empty() && !b.flag("in_ready_o") {
            self.end_of_input();
        }
        let b = &mut self.bench;
        let op = b.get("op_o") as usize;
        if b.flag("fetch_o") {
            assert_eq!(self.left, None, "one operation after the other");
            self.left = Some(self.op_cycles[op]);
            let last_op = self.schedule.phases.iter().any(|p| p.last_op == op)
                || self.schedule.programs.iter().any(|p| p.last_op == op);
            b.set("last_op_i", u64::from(last_op));
            let phase = b.get("phase_o") as usize;
            let label = self.schedule.program(Role::Classifier).map(|_| b.get("label_o"));
            match self.events.last_mut() {
                Some(Event::Run { last, phase: of, label: l, .. }) if *last + 1 == op => {
                    assert_eq!((*of, *l), (phase, label), "phase and label stay");
                    *last = op;
                }
                _ => self.events.push(Event::Run { first: op, last: op, phase, label }),
            }
        }
        self.left = self.left.map(|left| left - 1).filter(|&left| left > 0);
        self.bench.tick();
        busy
    }

    /// The words that were written are the whole input of one network.
    fn end_of_input(&mut self) {
        let writes = std::mem::take(&mut self.writes);
        let region = |network: usize| &self.schedule.tensors[self.schedule.programs[network].input];
        let network =
            (0..self.schedule.programs.len()).find(|&n| region(n).base_word == writes[0].0).expect("an input");
        let addresses: Vec<usize> = writes.iter().map(|w| w.0).collect();
        let wanted: Vec<usize> = (region(network).base_word..).take(region(network).words).collect();
        assert_eq!(addresses, wanted, "words of an input");
        let words: Vec<_> = writes.into_iter().filter_map(|w| w.1).collect();
        self.events.push(if words.is_empty() {
            Event::Latents { network }
        } else {
            assert_eq!(words.len(), addresses.len());
            Event::Image { network, words }
        });
    }

    /// Offers a command until it is taken, then runs to its end. Returns the cycles that it was busy.
    fn command(&mut self, op: u64, argument: u64) -> u64 {
        self.events.clear();
        self.step_starts = 0;
        self.bench.set("cmd_valid_i", 1u64);
        self.bench.set("cmd_op_i", op);
        self.bench.set("cmd_arg_i", argument);
        self.bench.eval();
        assert!(self.bench.flag("cmd_ready_o") && !self.bench.flag("busy_o"), "ready while idle");
        self.step();
        // Another command waits, and is none when it is taken.
        self.bench.set("cmd_op_i", 7u64);
        self.bench.set("cmd_valid_i", self.random.below(2));
        let mut cycles = 0;
        while self.step() {
            cycles += 1;
            assert!(cycles < 1_000_000, "the command never ends");
        }
        self.bench.set("cmd_valid_i", 0u64);
        cycles
    }

    /// Images for a train command, and the events that it makes.
    fn plan(&mut self, steps: u64) -> Vec<Event> {
        let mut wanted = Vec::new();
        let network = |s: &Schedule, role| s.programs.iter().position(|p| p.role == role);
        for _ in 0..steps {
            if self.labels() {
                (0..self.batch).for_each(|_| self.plan_phase(Phase::Classify, &mut wanted));
                self.plan_phase(Phase::ApplyClassifier, &mut wanted);
            } else {
                for _ in 0..self.batch {
                    self.plan_phase(Phase::Real, &mut wanted);
                    self.plan_phase(Phase::Fake, &mut wanted);
                }
                self.plan_phase(Phase::ApplyDiscriminator, &mut wanted);
                (0..self.batch).for_each(|_| self.plan_phase(Phase::Generate, &mut wanted));
                self.plan_phase(Phase::ApplyGenerator, &mut wanted);
            }
        }
        assert!(network(&self.schedule, Role::Generator).is_some() != self.labels());
        wanted
    }

    fn plan_phase(&mut self, phase: Phase, wanted: &mut Vec<Event>) {
        self.seed = self.seed.wrapping_add(SEED_STEP);
        wanted.push(Event::Seed(self.seed));
        let find = |s: &Schedule, role| s.programs.iter().position(|p| p.role == role);
        let mut label = None;
        match phase {
            Phase::Real | Phase::Classify => {
                let role = if phase == Phase::Real { Role::Discriminator } else { Role::Classifier };
                let network = find(&self.schedule, role).expect("a network");
                let count = self.schedule.tensors[self.schedule.programs[network].input].words;
                let words: Vec<_> = (0..count).map(|_| self.word()).collect();
                self.stream.extend(words.iter().cloned());
                self.images += 1;
                wanted.push(Event::Image { network, words });
                if phase == Phase::Classify {
                    let word = self.word();
                    label = Some((word[0] & 255 | (word[1] & 255) << 8) as u64);
                    self.stream.push_back(word);
                }
            }
            Phase::Fake | Phase::Generate => {
                let network = find(&self.schedule, Role::Generator).expect("a network");
                wanted.push(Event::Latents { network });
            }
            _ => {}
        }
        let number = self.schedule.phases.iter().position(|p| p.phase == phase).expect("a phase");
        let program = self.schedule.phases[number].clone();
        let before = wanted.iter().rev().find_map(|e| match e {
            Event::Run { label, .. } => Some(*label),
            _ => None,
        });
        // The label of the last image stays.
        let kept = label.or_else(|| before.flatten());
        wanted.push(Event::Run { first: program.first_op, last: program.last_op, phase: number, label: kept });
    }

    fn train(&mut self, steps: u64, pace: u32) {
        self.pace = pace;
        let wanted = self.plan(steps);
        let cycles = self.command(TRAIN, steps);
        assert_eq!(self.events, wanted, "events of {steps} steps of {}", self.batch);
        assert_eq!(self.step_starts, steps);
        assert!(self.stream.is_empty(), "{} words are left", self.stream.len());
        self.steps += steps;
        assert_eq!((self.bench.get("steps_o"), self.bench.get("images_o")), (self.steps, self.images));
        if pace == 100 {
            let operations = |phase| {
                let program = self.schedule.phase(phase).expect("a phase");
                (program.first_op..=program.last_op).map(|op| self.op_cycles[op]).sum()
            };
            assert_eq!(cycles, steps * train_step_cycles(&self.schedule, self.batch as u64, operations), "cycles");
        }
    }

    fn set_batch(&mut self, batch: usize) {
        let most = self.schedule.design.training.as_ref().expect("the design trains").batch;
        let width = self.bench.model.ports().iter().find(|p| p.name == "batch_i").expect("batch_i").width;
        if batch < 1 << width {
            self.bench.set("batch_i", batch);
            self.bench.set("batch_valid_i", 1u64);
            self.step();
            self.bench.set("batch_valid_i", 0u64);
            if (1..=most).contains(&batch) {
                self.batch = batch;
            }
        }
        // Nothing is written while the port is not valid.
        self.bench.set("batch_i", 1u64);
    }

    /// Commands that are none of the trainer's own.
    fn pass(&mut self) {
        let program = self.random.below(self.schedule.programs.len());
        match self.random.below(4) {
            0 => {
                let seed = self.random.next() & 0xffff_ffff;
                assert_eq!(self.command(0, seed), u64::from(SEED_WARMUP));
                assert_eq!(self.events, [Event::Seed(seed as u32)]);
            }
            1 => {
                self.command(LATENT, program as u64);
                assert_eq!(self.events, [Event::Latents { network: program }]);
            }
            2 => {
                self.command(RUN, program as u64);
                let wanted = &self.schedule.programs[program];
                assert!(
                    matches!(self.events[..], [Event::Run { first, last, .. }]
                        if first == wanted.first_op && last == wanted.last_op),
                    "{:?}",
                    self.events
                );
            }
            _ => {
                assert_eq!(self.command(7, 1), 0, "no command");
                assert!(self.events.is_empty());
            }
        }
    }
}

fn drive(schedule: &Schedule) {
    let mut t = Pair::new(schedule);
    let most = t.batch;
    t.train(1, 100);
    for round in 0..12 {
        (0..3).for_each(|_| t.pass());
        assert_eq!((t.command(TRAIN, 0), t.events.len()), (0, 0), "no step");
        if round % 3 == 1 {
            let seed = t.random.next() & 0xffff_ffff;
            assert_eq!((t.command(TRAIN_SEED, seed), t.events.len()), (0, 0), "the seed is kept");
            t.seed = seed as u32;
        }
        let any = t.random.between(1, most);
        let batch = t.random.pick(&[0, 1, most, most + 1, any]);
        t.set_batch(batch);
        let steps = t.random.between(1, 3) as u64;
        let pace = t.random.pick(&[100, 100, 50]);
        t.train(steps, pace);
    }
}

#[test]
fn gan() {
    drive(&training(&preset("tiny"), UpdateRule::Stochastic, 4));
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 3));
}

#[test]
fn classifier() {
    drive(&training(&schedule(STEPS), UpdateRule::Accumulate, 1));
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 5));
}
