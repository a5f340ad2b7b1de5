//! The steps of a training: a sequence of commands for the host.

use super::host::Command;
use super::loss::{LABEL_BITS, phase_bits, phase_name};
use crate::config::Role;
use crate::hdl::{Builder, Expr, FlipFlop, Kernel, Module};
use crate::numeric::SEED_STEP;
use crate::schedule::{Phase, Schedule, bits_for};
use rust_hdl::prelude::*;
use std::sync::Arc;

/// States of the sequence, once for each image or end of a batch.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum TrainerState {
    Idle,
    Seed,
    Input,
    Label,
    Run,
    Wait,
}

/// The sequence as a rust-hdl kernel: flags in, strobes out.
#[derive(LogicBlock, Default)]
pub struct TrainerFsm {
    pub clk_i: Signal<In, Clock>,
    pub rst_ni: Signal<In, Bit>,
    pub cmd_valid_i: Signal<In, Bit>,
    pub is_train_i: Signal<In, Bit>,
    pub is_seed_i: Signal<In, Bit>,
    /// The command is to make no step.
    pub no_step_i: Signal<In, Bit>,
    /// The host takes a command in this cycle.
    pub host_ready_i: Signal<In, Bit>,
    pub in_valid_i: Signal<In, Bit>,
    /// The phase starts from an image, from latents; the image has a label.
    pub loads_i: Signal<In, Bit>,
    pub draws_i: Signal<In, Bit>,
    pub labels_i: Signal<In, Bit>,
    /// The phase ends the last step.
    pub last_i: Signal<In, Bit>,
    pub cmd_ready_o: Signal<Out, Bit>,
    pub take_train_o: Signal<Out, Bit>,
    pub take_seed_o: Signal<Out, Bit>,
    /// The host gets the command of the port.
    pub pass_o: Signal<Out, Bit>,
    /// The host gets a command of the sequence.
    pub seed_o: Signal<Out, Bit>,
    pub load_o: Signal<Out, Bit>,
    pub latent_o: Signal<Out, Bit>,
    pub run_o: Signal<Out, Bit>,
    pub seeded_o: Signal<Out, Bit>,
    pub label_ready_o: Signal<Out, Bit>,
    pub phase_end_o: Signal<Out, Bit>,
    pub training_o: Signal<Out, Bit>,
    state: FlipFlop<TrainerState>,
}

impl Logic for TrainerFsm {
    #[hdl_gen]
    fn update(&mut self) {
        self.state.clock.next = self.clk_i.val();
        self.state.reset_n.next = self.rst_ni.val();
        self.state.d.next = self.state.q.val();
        self.cmd_ready_o.next = false;
        self.take_train_o.next = false;
        self.take_seed_o.next = false;
        self.pass_o.next = false;
        self.seed_o.next = false;
        self.load_o.next = false;
        self.latent_o.next = false;
        self.run_o.next = false;
        self.seeded_o.next = false;
        self.label_ready_o.next = false;
        self.phase_end_o.next = false;
        self.training_o.next = true;
        match self.state.q.val() {
            TrainerState::Idle => {
                self.training_o.next = false;
                self.cmd_ready_o.next = self.host_ready_i.val();
                if self.cmd_valid_i.val() {
                    if self.is_train_i.val() {
                        self.take_train_o.next = self.host_ready_i.val();
                        if self.host_ready_i.val() && !self.no_step_i.val() {
                            self.state.d.next = TrainerState::Seed;
                        }
                    } else if self.is_seed_i.val() {
                        self.take_seed_o.next = self.host_ready_i.val();
                    } else {
                        self.pass_o.next = true;
                    }
                }
            }
            TrainerState::Seed => {
                self.seed_o.next = true;
                if self.host_ready_i.val() {
                    self.seeded_o.next = true;
                    if self.loads_i.val() || self.draws_i.val() {
                        self.state.d.next = TrainerState::Input;
                    } else {
                        self.state.d.next = TrainerState::Run;
                    }
                }
            }
            TrainerState::Input => {
                self.load_o.next = self.loads_i.val();
                self.latent_o.next = !self.loads_i.val();
                if self.host_ready_i.val() {
                    if self.labels_i.val() {
                        self.state.d.next = TrainerState::Label;
                    } else {
                        self.state.d.next = TrainerState::Run;
                    }
                }
            }
            TrainerState::Label => {
                self.label_ready_o.next = self.host_ready_i.val();
                if self.host_ready_i.val() && self.in_valid_i.val() {
                    self.state.d.next = TrainerState::Run;
                }
            }
            TrainerState::Run => {
                self.run_o.next = true;
                if self.host_ready_i.val() {
                    self.state.d.next = TrainerState::Wait;
                }
            }
            TrainerState::Wait => {
                if self.host_ready_i.val() {
                    self.phase_end_o.next = true;
                    if self.last_i.val() {
                        self.state.d.next = TrainerState::Idle;
                    } else {
                        self.state.d.next = TrainerState::Seed;
                    }
                }
            }
        }
    }
}

/// The kernel as a module of the design.
pub fn trainer_fsm() -> Arc<Module> {
    Kernel::new("memgan_trainer_fsm", file!(), TrainerFsm::default())
        .doc(
            "Passes commands to the host; a train command becomes a sequence of them, for each phase: seed, load or latent, \
             run. After a load, once the host is idle again, the word behind the image is taken as its label.",
        )
        .contract("Commands are taken while the host is idle.")
        .latency("strobes are combinational from the state and the flags")
        .finish()
}

/// Where the next phase of a step is found: the first phase of the part that is repeated for each image of a batch, at
/// the part's end.
fn repeats_from(schedule: &Schedule, phase: Phase) -> Option<usize> {
    let first = match phase {
        Phase::Fake => Phase::Real,
        Phase::Generate | Phase::Classify => phase,
        Phase::Real | Phase::ApplyDiscriminator | Phase::ApplyGenerator | Phase::ApplyClassifier => return None,
    };
    schedule.phases.iter().position(|p| p.phase == first)
}

/// The block that makes training steps out of the host's commands.
pub fn trainer(schedule: &Schedule) -> Arc<Module> {
    let (pb, networks) = (phase_bits(schedule), schedule.programs.len());
    let batch_max = schedule.design.training.as_ref().map_or(1, |t| t.batch);
    let bb = bits_for(batch_max) as usize;
    let network = |role| schedule.programs.iter().position(|p| p.role == role);
    let labels = network(Role::Classifier).is_some();
    let judge = network(Role::Discriminator).or(network(Role::Classifier)).unwrap_or(0);
    let generator = network(Role::Generator).unwrap_or(0);

    let mut m = Builder::new("memgan_trainer", file!());
    m.doc(
        "Stands before the host's command port. Command 5, train, makes as many training steps as its argument says.",
    );
    m.doc(
        "Before each phase SEED_STEP is added to the trainer's seed, and the random streams are seeded with the sum.",
    );
    if labels {
        m.doc("While training, a word follows each image on the input stream: its low 16 bits are the image's class.");
    }
    let drifts = schedule.design.drifts();
    if drifts {
        m.doc("After the last phase of a step a unit of time passes for the models of the devices.");
    }
    m.contract(
        "Commands are taken while the host is idle; a train command keeps busy_o high to its end. The batch is written only \
         while not busy.",
    );
    m.latency(
        "a phase: 11 cycles, its input (1 and 1 a word, 1 for a label), its operations. host_* is combinational from cmd_*",
    );
    m.clk_rst();
    m.group("Commands");
    let cmd_valid = m.input("cmd_valid_i", 1, "");
    let cmd_ready = m.output("cmd_ready_o", 1, "");
    let of_host = if drifts { "0..4 and 7" } else { "0..4" };
    let cmd_op = m.input("cmd_op_i", 3, &format!("{of_host} for the host, 5 train, 6 seed of the training"));
    let cmd_arg = m.input("cmd_arg_i", 32, "steps, or seed");
    m.group("Batch");
    let batch_valid = m.input("batch_valid_i", 1, "");
    let batch_in = m.input("batch_i", bb, &format!("images, 1..{batch_max}; others are ignored"));
    m.group("Commands of the host");
    let host_valid = m.output("host_valid_o", 1, "");
    let host_ready = m.input("host_ready_i", 1, "");
    let host_op = m.output("host_op_o", 3, "");
    let host_arg = m.output("host_arg_o", 32, "");
    let host_busy = m.input("host_busy_i", 1, "");
    m.group("Input stream");
    let in_valid = m.input("in_valid_i", 1, "");
    let in_ready = m.output("in_ready_o", 1, "");
    let in_data = labels.then(|| m.input("in_data_i", LABEL_BITS, "low bits of the word"));
    m.group("Input stream of the host");
    let host_in_valid = m.output("host_in_valid_o", 1, "");
    let host_in_ready = m.input("host_in_ready_i", 1, "");
    m.group("Status");
    let busy = m.output("busy_o", 1, "");
    let training = m.output("training_o", 1, "a train command runs");
    let step_start = m.output("step_start_o", 1, "one cycle before each step");
    let phase_out = m.output("phase_o", pb, "phase that runs");
    let label_out = labels.then(|| m.output_reg("label_o", LABEL_BITS, 0, "class of the image that runs"));
    let steps = m.output_reg("steps_o", 32, 0, "steps since reset");
    let images = m.output_reg("images_o", 32, 0, "images of the stream trained on since reset");
    let age = drifts.then(|| m.output("age_o", 1, "a unit of time passes: the end of a step"));

    m.section("Control");
    let is = |c: Command| cmd_op.eq(Expr::lit(3, c as u128));
    let is_train = m.wire("is_train", is(Command::Train));
    let is_seed = m.wire("is_train_seed", is(Command::TrainSeed));
    let no_step = m.wire("no_step", cmd_arg.any().not());
    let [loads, draws, repeats] = ["loads", "draws", "repeats"].map(|n| m.var(n, 1));
    let last = m.net("last", 1);
    let names =
        ["take_train", "take_seed", "pass", "seed", "load", "latent", "run", "seeded", "label_ready", "phase_end"];
    let [take_train, take_seed, pass, seed, load, latent, run, seeded, label_ready, phase_end] =
        names.map(|n| m.net(n, 1));
    m.inst("u_fsm", &trainer_fsm(), |u| {
        u.clk_rst();
        u.connect("cmd_valid_i", &cmd_valid);
        u.connect("is_train_i", &is_train);
        u.connect("is_seed_i", &is_seed);
        u.connect("no_step_i", &no_step);
        u.connect("host_ready_i", &host_ready);
        u.connect("in_valid_i", &in_valid);
        u.connect("loads_i", &loads);
        u.connect("draws_i", &draws);
        u.connect("labels_i", Expr::lit(1, u128::from(labels)));
        u.connect("last_i", &last);
        u.connect("cmd_ready_o", &cmd_ready);
        u.connect("take_train_o", &take_train);
        u.connect("take_seed_o", &take_seed);
        u.connect("pass_o", &pass);
        u.connect("seed_o", &seed);
        u.connect("load_o", &load);
        u.connect("latent_o", &latent);
        u.connect("run_o", &run);
        u.connect("seeded_o", &seeded);
        u.connect("label_ready_o", &label_ready);
        u.connect("phase_end_o", &phase_end);
        u.connect("training_o", &training);
    });

    m.section("Phases of a step");
    let phase = m.reg("phase_q", pb, 0);
    let next_phase = m.var("next_phase", pb);
    let batch = m.reg("batch_q", bb, batch_max as u128);
    let image = m.reg("image_q", bb, 0);
    let steps_left = m.reg("steps_left_q", 32, 0);
    let image_last = m.wire("image_last", image.add(Expr::lit(bb, 1)).eq(&batch));
    let count = schedule.phases.len();
    let number = |i: usize| Expr::lit(pb, i as u128);
    m.comb(|p| {
        p.set(&next_phase, Expr::zero(pb));
        p.set(&loads, Expr::zero(1));
        p.set(&draws, Expr::zero(1));
        p.set(&repeats, Expr::zero(1));
        p.case(&phase, |c| {
            for (i, program) in schedule.phases.iter().enumerate() {
                c.arm(number(i), |p| {
                    p.comment(phase_name(program.phase));
                    if matches!(program.phase, Phase::Real | Phase::Classify) {
                        p.set(&loads, Expr::ones(1));
                    }
                    if matches!(program.phase, Phase::Fake | Phase::Generate) {
                        p.set(&draws, Expr::ones(1));
                    }
                    let after = number((i + 1) % count);
                    match repeats_from(schedule, program.phase) {
                        Some(first) => {
                            p.set(&repeats, Expr::ones(1));
                            p.set(&next_phase, image_last.mux(after, number(first)));
                        }
                        None => p.set(&next_phase, after),
                    }
                });
            }
            if count < 1 << pb {
                c.default(|p| p.comment("no such phase"));
            }
        });
    });
    let step_end = m.wire("step_end", phase_end.and(phase.eq(number(count - 1))));
    if let Some(age) = &age {
        m.assign(age, &step_end);
    }
    let last_step = m.wire("last_step", steps_left.eq(Expr::lit(32, 1)));
    m.assign(&last, phase.eq(number(count - 1)).and(&last_step));
    m.assign(&step_start, take_train.and(no_step.not()).or(step_end.and(last_step.not())));
    m.clocked(|p| {
        p.if_(&phase_end, |p| {
            p.set(&phase, &next_phase);
            p.if_(&repeats, |p| p.set(&image, image_last.mux(Expr::zero(bb), image.add(Expr::lit(bb, 1)))));
            p.if_(&loads, |p| p.set(&images, images.add(Expr::lit(32, 1))));
        });
        p.if_(&take_train, |p| p.set(&steps_left, &cmd_arg)).elif(&step_end, |p| {
            p.set(&steps_left, steps_left.sub(Expr::lit(32, 1)));
            p.set(&steps, steps.add(Expr::lit(32, 1)));
        });
        let allowed = batch_in.any().and(batch_in.ule(Expr::lit(bb, batch_max as u128)));
        p.if_(batch_valid.and(allowed), |p| p.set(&batch, &batch_in));
    });
    m.assign(&phase_out, &phase);
    m.assign(&busy, host_busy.or(&training));

    m.section("Commands");
    let seed_q = m.reg("seed_q", 32, 0);
    let step = m.constant("SEED_STEP", &crate::hdl::Bits::new(32, u128::from(SEED_STEP)), "golden ratio of 2^32");
    let next_seed = m.wire("next_seed", seed_q.add(&step));
    m.clocked(|p| {
        p.if_(&take_seed, |p| p.set(&seed_q, &cmd_arg)).elif(&seeded, |p| p.set(&seed_q, &next_seed));
    });
    m.assign(&host_valid, Expr::concat(&[pass.clone(), seed.clone(), load.clone(), latent.clone(), run.clone()]).any());
    let op = |c: Command| Expr::lit(3, c as u128);
    let sequence = load.mux(op(Command::Load), latent.mux(op(Command::Latent), op(Command::Run)));
    m.assign(&host_op, pass.mux(&cmd_op, seed.mux(op(Command::Seed), sequence)));
    let program = m.wire("program_number", phase.zext(32).add(Expr::lit(32, networks as u128)));
    let inputs = [judge, generator].map(|network| Expr::lit(32, network as u128));
    let sequence = load.mux(&inputs[0], latent.mux(&inputs[1], program));
    m.assign(&host_arg, pass.mux(&cmd_arg, seed.mux(&next_seed, sequence)));

    m.section("Input stream");
    m.assign(&host_in_valid, in_valid.and(label_ready.not()));
    m.assign(&in_ready, host_in_ready.or(&label_ready));
    if let (Some(label), Some(data)) = (&label_out, &in_data) {
        m.clocked(|p| {
            p.if_(in_valid.and(&label_ready), |p| p.set(label, data));
        });
    }
    m.finish()
}
