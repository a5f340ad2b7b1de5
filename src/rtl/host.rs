//! Commands, streams and the sequencer.

use super::lanes::Sizes;
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::numeric::SEED_WARMUP;
use crate::schedule::{Schedule, bits_for};
use rust_hdl::prelude::*;
use std::sync::Arc;

/// Commands of the host port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Seed the random streams; the argument is the seed.
    Seed = 0,
    /// Take a network's input from the input stream; the argument is the network.
    Load = 1,
    /// Fill a network's input with latents.
    Latent = 2,
    /// Run a network, or a phase of a training step: these have the numbers after the networks.
    Run = 3,
    /// Send a network's output to the output stream.
    Read = 4,
    /// Train; the argument is the number of steps. Of the trainer, as the next one.
    Train = 5,
    /// Seed the training.
    TrainSeed = 6,
    /// Let time pass for models of devices that drift; the argument is the number of units.
    Age = 7,
}

/// States of the sequencer.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum HostState {
    Idle,
    Seed,
    Load,
    Latent,
    Fetch,
    Start,
    Run,
    ReadFetch,
    ReadSend,
}

/// The sequencer as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock)]
pub struct HostFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub cmd_valid_i: Signal<In, Bit>,
    pub is_seed_i: Signal<In, Bit>,
    pub is_load_i: Signal<In, Bit>,
    pub is_latent_i: Signal<In, Bit>,
    pub is_run_i: Signal<In, Bit>,
    pub is_read_i: Signal<In, Bit>,
    /// The accumulators are still being zeroed.
    pub clearing_i: Signal<In, Bit>,
    pub in_valid_i: Signal<In, Bit>,
    pub out_ready_i: Signal<In, Bit>,
    pub count_end_i: Signal<In, Bit>,
    pub op_done_i: Signal<In, Bit>,
    pub last_op_i: Signal<In, Bit>,
    pub accept_o: Signal<Out, Bit>,
    pub cmd_ready_o: Signal<Out, Bit>,
    pub warm_up_o: Signal<Out, Bit>,
    pub in_ready_o: Signal<Out, Bit>,
    pub write_input_o: Signal<Out, Bit>,
    pub write_latent_o: Signal<Out, Bit>,
    pub read_o: Signal<Out, Bit>,
    pub out_valid_o: Signal<Out, Bit>,
    pub advance_o: Signal<Out, Bit>,
    pub fetch_o: Signal<Out, Bit>,
    pub start_o: Signal<Out, Bit>,
    pub next_op_o: Signal<Out, Bit>,
    pub busy_o: Signal<Out, Bit>,
    state: FlipFlop<HostState>,
}

impl Default for HostFsm {
    fn default() -> Self {
        Self {
            clk_i: Default::default(),
            rst_ni: Default::default(),
            cmd_valid_i: Default::default(),
            is_seed_i: Default::default(),
            is_load_i: Default::default(),
            is_latent_i: Default::default(),
            is_run_i: Default::default(),
            is_read_i: Default::default(),
            clearing_i: Default::default(),
            in_valid_i: Default::default(),
            out_ready_i: Default::default(),
            count_end_i: Default::default(),
            op_done_i: Default::default(),
            last_op_i: Default::default(),
            accept_o: Default::default(),
            cmd_ready_o: Default::default(),
            warm_up_o: Default::default(),
            in_ready_o: Default::default(),
            write_input_o: Default::default(),
            write_latent_o: Default::default(),
            read_o: Default::default(),
            out_valid_o: Default::default(),
            advance_o: Default::default(),
            fetch_o: Default::default(),
            start_o: Default::default(),
            next_op_o: Default::default(),
            busy_o: Default::default(),
            state: FlipFlop::new(HostState::Idle),
        }
    }
}

impl Logic for HostFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.accept_o.next = false;
        // Assigned once, without a default: a command port that depends on them must see no glitch in simulation.
        self.cmd_ready_o.next = (self.state.q.val() == HostState::Idle) && !self.clearing_i.val();
        self.busy_o.next = self.state.q.val() != HostState::Idle;
        self.warm_up_o.next = false;
        self.in_ready_o.next = false;
        self.write_input_o.next = false;
        self.write_latent_o.next = false;
        self.read_o.next = false;
        self.out_valid_o.next = false;
        self.advance_o.next = false;
        self.fetch_o.next = false;
        self.start_o.next = false;
        self.next_op_o.next = false;
        match self.state.q.val() {
            HostState::Idle => {
                if self.cmd_valid_i.val() && !self.clearing_i.val() {
                    self.accept_o.next = true;
                    if self.is_seed_i.val() {
                        self.state.d.next = HostState::Seed;
                    }
                    if self.is_load_i.val() {
                        self.state.d.next = HostState::Load;
                    }
                    if self.is_latent_i.val() {
                        self.state.d.next = HostState::Latent;
                    }
                    if self.is_run_i.val() {
                        self.state.d.next = HostState::Fetch;
                    }
                    if self.is_read_i.val() {
                        self.state.d.next = HostState::ReadFetch;
                    }
                }
            }
            HostState::Seed => {
                self.warm_up_o.next = true;
                self.advance_o.next = true;
                if self.count_end_i.val() {
                    self.state.d.next = HostState::Idle;
                }
            }
            HostState::Load => {
                self.in_ready_o.next = true;
                if self.in_valid_i.val() {
                    self.write_input_o.next = true;
                    self.advance_o.next = true;
                    if self.count_end_i.val() {
                        self.state.d.next = HostState::Idle;
                    }
                }
            }
            HostState::Latent => {
                self.write_latent_o.next = true;
                self.advance_o.next = true;
                if self.count_end_i.val() {
                    self.state.d.next = HostState::Idle;
                }
            }
            HostState::Fetch => {
                self.fetch_o.next = true;
                self.state.d.next = HostState::Start;
            }
            HostState::Start => {
                self.start_o.next = true;
                self.state.d.next = HostState::Run;
            }
            HostState::Run => {
                if self.op_done_i.val() {
                    if self.last_op_i.val() {
                        self.state.d.next = HostState::Idle;
                    } else {
                        self.next_op_o.next = true;
                        self.state.d.next = HostState::Fetch;
                    }
                }
            }
            HostState::ReadFetch => {
                self.read_o.next = true;
                self.state.d.next = HostState::ReadSend;
            }
            HostState::ReadSend => {
                self.out_valid_o.next = true;
                if self.out_ready_i.val() {
                    self.advance_o.next = true;
                    if self.count_end_i.val() {
                        self.state.d.next = HostState::Idle;
                    } else {
                        self.state.d.next = HostState::ReadFetch;
                    }
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn host_fsm() -> Arc<Module> {
    Kernel::new("memgan_host_fsm", file!(), HostFsm::default())
        .doc("Takes commands one at a time: seed, load, latent, run, read. A run walks the operations of one network.")
        .contract("Commands are taken while idle and after the accumulators are zero. Unknown commands do nothing.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// First operation of the program that the argument of a run names: networks, then phases of a training step.
fn program_start(m: &mut Builder, schedule: &Schedule, argument: &Expr) -> Expr {
    let networks = schedule.programs.iter().map(|p| p.first_op);
    let starts: Vec<usize> = networks.chain(schedule.phases.iter().map(|p| p.first_op)).collect();
    let (width, bits) = (schedule.widths.op as usize, bits_for(starts.len() - 1) as usize);
    let program = m.wire("program_number", argument.slice(0, bits));
    let first = m.var("first_op", width);
    m.comb(|p| {
        p.case(&program, |c| {
            for (i, &start) in starts.iter().enumerate() {
                c.arm(Expr::lit(bits, i as u128), |p| p.set(&first, Expr::lit(width, start as u128)));
            }
            if starts.len() < 1 << bits {
                c.default(|p| p.set(&first, Expr::zero(width)));
            }
        });
    });
    first
}

/// Commands, streams, operation counter.
pub fn host(schedule: &Schedule) -> Arc<Module> {
    let sizes = Sizes::of(schedule);
    let w = &schedule.widths;
    let (l, aw, ob) = (sizes.lanes, w.activation_word as usize, w.op as usize);
    let tensor = |i: usize| &schedule.tensors[i];
    let most = schedule.programs.iter().flat_map(|p| [tensor(p.input).words, tensor(p.output).words]).max();
    let cb = bits_for(most.unwrap_or(1).max(SEED_WARMUP as usize) - 1).max(1) as usize;

    let mut m = Builder::new("memgan_host", file!());
    m.doc("Command port, image streams and sequencer. Networks are numbered in the order of the description.");
    m.contract(
        "Streams carry memory words: element e of a tensor is lane e mod lanes of word e / lanes; lanes beyond the \
                tensor's end are ignored.",
    );
    m.latency("a run: the sum of the operations' cycles, from the cycle after the command to busy_o low");
    m.clk_rst();
    m.group("Commands");
    let cmd_valid = m.input("cmd_valid_i", 1, "");
    let cmd_ready = m.output("cmd_ready_o", 1, "");
    let drifts = schedule.design.drifts();
    let (ops, units) = if drifts { (", 7 age", ", or units of time") } else { ("", "") };
    let cmd_op = m.input("cmd_op_i", 3, &format!("0 seed, 1 load, 2 latent, 3 run, 4 read{ops}"));
    let argument = if schedule.phases.is_empty() {
        "seed, or network in bit 0"
    } else {
        "seed, network in bit 0, or program of a run: networks, then phases"
    };
    let cmd_arg = m.input("cmd_arg_i", 32, &format!("{argument}{units}"));
    m.group("Input stream");
    let in_valid = m.input("in_valid_i", 1, "");
    let in_ready = m.output("in_ready_o", 1, "");
    let in_data = m.input("in_data_i", 8 * l, "signed 8 bit a lane");
    m.group("Output stream");
    let out_valid = m.output("out_valid_o", 1, "");
    let out_ready = m.input("out_ready_i", 1, "");
    let out_data = m.output("out_data_o", 8 * l, "");
    let out_last = m.output("out_last_o", 1, "");
    m.group("Sequencer");
    let busy = m.output("busy_o", 1, "");
    let op_out = m.output("op_o", ob, "running operation");
    let fetch = m.output("fetch_o", 1, "");
    let start = m.output("start_o", 1, "");
    let op_done = m.input("op_done_i", 1, "");
    let last_op = m.input("last_op_i", 1, "");
    let clearing = m.input("clearing_i", 1, "");
    m.group("Random streams");
    let seed_valid = m.output("seed_valid_o", 1, "");
    let seed = m.output("seed_o", 32, "");
    let step = m.output("random_step_o", 1, "");
    let latents = m.input("latents_i", 8 * l, "");
    m.group("Activation memory");
    let read = m.output("read_valid_o", 1, "");
    let write = m.output("write_valid_o", 1, "");
    let address = m.output("address_o", aw, "of reads and writes");
    let write_data = m.output("write_data_o", 8 * l, "");
    let read_data = m.input("read_data_i", 8 * l, "");
    let age = drifts.then(|| {
        m.group("Models of devices that drift");
        m.output("age_o", 1, "a unit of time passes in every cycle in which it is high")
    });

    let is = |c: Command| cmd_op.eq(Expr::lit(3, c as u128));
    let flags: Vec<Expr> = [Command::Seed, Command::Load, Command::Latent, Command::Run, Command::Read]
        .into_iter()
        .map(|c| m.wire(&format!("is_{}", format!("{c:?}").to_lowercase()), is(c)))
        .collect();
    let network = (schedule.programs.len() > 1).then(|| cmd_arg.bit(0));
    let by_network = |f: &dyn Fn(usize) -> usize, width: usize| match &network {
        Some(n) => n.mux(Expr::lit(width, f(1) as u128), Expr::lit(width, f(0) as u128)),
        None => Expr::lit(width, f(0) as u128),
    };
    let programs = &schedule.programs;
    let first_op = if schedule.phases.is_empty() {
        m.wire("first_op", by_network(&|n| programs[n].first_op, ob))
    } else {
        program_start(&mut m, schedule, &cmd_arg)
    };
    let in_base = m.wire("input_word", by_network(&|n| tensor(programs[n].input).base_word, aw));
    let out_base = m.wire("output_word", by_network(&|n| tensor(programs[n].output).base_word, aw));
    let in_last = m.wire("input_last", by_network(&|n| tensor(programs[n].input).words - 1, cb));
    let out_count = m.wire("output_last", by_network(&|n| tensor(programs[n].output).words - 1, cb));

    let op = m.reg("op_q", ob, 0);
    let word = m.reg("word_q", aw, 0);
    let count = m.reg("count_q", cb, 0);
    let count_end = m.wire("count_end", count.any().not());
    let names = ["accept", "warm_up", "write_input", "write_latent", "advance", "next_op"];
    let [accept, warm_up, write_input, write_latent, advance, next_op] = names.map(|n| m.net(n, 1));
    // While time passes nothing else happens.
    let time = age.map(|age| {
        let left = m.reg("units_left_q", 32, 0);
        m.assign(&age, left.any());
        (age, left, m.net("sequencer_busy", 1))
    });
    let held = time.as_ref().map_or(clearing.clone(), |(age, ..)| clearing.or(age));
    let sequencer_busy = time.as_ref().map_or(&busy, |(.., busy)| busy);
    let fsm = host_fsm();
    m.inst("u_fsm", &fsm, |u| {
        u.clk_rst();
        u.connect("cmd_valid_i", &cmd_valid);
        for (name, flag) in ["seed", "load", "latent", "run", "read"].iter().zip(&flags) {
            u.connect(&format!("is_{name}_i"), flag);
        }
        u.connect("clearing_i", &held);
        u.connect("in_valid_i", &in_valid);
        u.connect("out_ready_i", &out_ready);
        u.connect("count_end_i", &count_end);
        u.connect("op_done_i", &op_done);
        u.connect("last_op_i", &last_op);
        u.connect("accept_o", &accept);
        u.connect("cmd_ready_o", &cmd_ready);
        u.connect("warm_up_o", &warm_up);
        u.connect("in_ready_o", &in_ready);
        u.connect("write_input_o", &write_input);
        u.connect("write_latent_o", &write_latent);
        u.connect("read_o", &read);
        u.connect("out_valid_o", &out_valid);
        u.connect("advance_o", &advance);
        u.connect("fetch_o", &fetch);
        u.connect("start_o", &start);
        u.connect("next_op_o", &next_op);
        u.connect("busy_o", sequencer_busy);
    });
    if let Some((age, left, sequencer_busy)) = &time {
        m.assign(&busy, sequencer_busy.or(age));
        m.clocked(|s| {
            s.if_(accept.and(is(Command::Age)), |s| s.set(left, &cmd_arg))
                .elif(age, |s| s.set(left, left.sub(Expr::lit(32, 1))));
        });
    }
    let (is_seed, is_run, is_read) = (&flags[0], &flags[3], &flags[4]);
    m.clocked(|s| {
        s.if_(&accept, |s| {
            s.set(&word, is_read.mux(&out_base, &in_base));
            s.set(&count, is_seed.mux(Expr::lit(cb, u128::from(SEED_WARMUP) - 1), is_read.mux(&out_count, &in_last)));
            s.if_(is_run, |s| s.set(&op, &first_op));
        })
        .else_(|s| {
            s.if_(&advance, |s| {
                s.set(&word, word.add(Expr::lit(aw, 1)));
                s.set(&count, count.sub(Expr::lit(cb, 1)));
            });
            s.if_(&next_op, |s| s.set(&op, op.add(Expr::lit(ob, 1))));
        });
    });
    m.assign(&op_out, &op);
    m.assign(&seed_valid, accept.and(is_seed));
    m.assign(&seed, &cmd_arg);
    m.assign(&step, warm_up.or(&write_latent));
    m.assign(&write, write_input.or(&write_latent));
    m.assign(&address, &word);
    m.assign(&write_data, write_latent.mux(&latents, &in_data));
    m.assign(&out_data, &read_data);
    m.assign(&out_last, &count_end);
    m.finish()
}
