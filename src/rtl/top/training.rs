//! What only a design that trains has: trainer, registers, updates, errors, adaptation, and who uses which memory.

use super::nets::Top;
use super::programmer::PROGRAMMER_SPACE;
use crate::config::UpdateRule;
use crate::hdl::{Expr, Module};
use crate::numeric::{BIAS_BITS, SHIFT_BITS};
use crate::rtl::adapt::adapt;
use crate::rtl::apply::apply;
use crate::rtl::bias_sum::bias_sum;
use crate::rtl::gather::{dac_word_bits, resize};
use crate::rtl::gradient_memory::{gradient_memory, row_bits};
use crate::rtl::loss::loss;
use crate::rtl::memory::sram;
use crate::rtl::outer::{block_bits, outer};
use crate::rtl::pulse_control::pulse_control;
use crate::rtl::trainer::trainer;
use crate::rtl::training_registers::{SPACE_BITS, TRAINING_REGISTER_BITS, training_registers};
use std::sync::Arc;

/// Ports of a memory, and what follows a user's prefix in its nets' names.
const READ_PORT: [(&str, &str); 3] =
    [("read_valid", "read"), ("read_address", "read_address"), ("read_data", "read_data")];

impl Top<'_> {
    /// Whether gradients are summed in a memory.
    pub(super) fn accumulates(&self) -> bool {
        self.schedule.design.update_rule() == Some(UpdateRule::Accumulate)
    }

    /// One cycle at the start of an operation of a pass.
    fn start_of(&mut self, pass: &str) {
        let start = self.get("start").and(self.get(&format!("op_{pass}")));
        self.wire(&format!("{pass}_start"), start);
    }

    pub(super) fn trainer(&mut self) {
        let module = trainer(self.schedule);
        let batch_bits = module.port("batch_i").expect("the trainer has a batch").width();
        let writes = self.get("cfg_valid").and(self.get("cfg_ready")).and(self.get("cfg_write"));
        let space = self.get("cfg_space");
        self.wire("batch_valid", writes.and(space.eq(Expr::lit(space.width(), TRAINER_SPACE))));
        let batch = self.get("cfg_data").trunc(batch_bits);
        self.wire("batch", batch);
        if let Some(label) = module.port("in_data_i") {
            let word = self.get("in_data").trunc(label.width());
            self.wire("label_word", word);
        }
        self.place(
            "u_trainer",
            &module,
            &[
                ("in_data", "label_word"),
                ("host_valid", "host_cmd_valid"),
                ("host_ready", "host_cmd_ready"),
                ("host_op", "host_cmd_op"),
                ("host_arg", "host_cmd_arg"),
                ("phase", "training_phase"),
                ("age", "step_age"),
            ],
        );
        let training = self.get("training");
        self.m.unused("unused_training", &[training]);
    }

    /// Registers of the layers: space 0 of the registers is space 1 of the configuration port.
    pub(super) fn registers(&mut self) {
        let space = self.get("cfg_space");
        let is = |n: u128| space.eq(Expr::lit(space.width(), n));
        let address = self.get("cfg_addr");
        let layer_bits = self.schedule.widths.layer.max(self.schedule.widths.bias_word) as usize;
        let mut to_registers = is(1).or(is(2));
        if address.width() > layer_bits {
            to_registers = to_registers.and(address.drop_low(layer_bits).any().not());
        }
        self.wire("cfg_layer", address.trunc(layer_bits));
        self.wire("cfg_registers", self.get("cfg_writes").and(to_registers));
        self.wire("cfg_training", is(2));
        let reads = self.get("cfg_valid").and(self.get("cfg_ready")).and(self.get("cfg_write").not());
        let reads = self.wire("cfg_reads", reads);
        self.wire("cfg_register_space", space.sub(Expr::lit(SPACE_BITS, 1)));
        let data = self.get("cfg_data").trunc(TRAINING_REGISTER_BITS);
        self.wire("cfg_register", data);
        let backward = self.get("op_backward");
        let (gain, back_gain) = (self.net("gain", 4), self.net("back_gain", 4));
        let (shift, back_shift) = (self.net("shift", SHIFT_BITS as usize), self.net("back_shift", SHIFT_BITS as usize));
        self.wire("read_gain", backward.mux(&back_gain, &gain));
        self.wire("requantise_shift", backward.mux(&back_shift, &shift));
        self.place(
            "u_registers",
            &training_registers(self.schedule),
            &[
                ("write_valid", "cfg_registers"),
                ("write_space", "cfg_training"),
                ("write_layer", "cfg_layer"),
                ("write_data", "cfg_register"),
                ("read_valid", "cfg_reads"),
                ("read_space", "cfg_register_space"),
                ("read_layer", "cfg_layer"),
                ("read_data", "register_read_data"),
                ("layer", "op_layer"),
                ("read_backward", "op_backward"),
                ("forward", "forward_range"),
                ("backward", "backward_range"),
                ("errors", "errors_range"),
                ("pulses_o", "pulses_counted"),
            ],
        );
        self.read_back(&reads);
    }

    /// The answer of the configuration port, a cycle after the request.
    fn read_back(&mut self, reads: &Expr) {
        let width = self.sizes.lanes * BIAS_BITS as usize;
        let space = self.get("cfg_space");
        let is = |n: u128| space.eq(Expr::lit(space.width(), n));
        let biases = self.wire("cfg_reads_bias", reads.and(space.any().not()));
        let address = self.get("cfg_addr");
        let registers = self.get("register_read_data").zext(width);
        let counters: Vec<Expr> = ["steps", "images"].iter().map(|n| self.get(n)).collect();
        let losses: Vec<Expr> = self.loss_names().iter().map(|n| self.net(n, 32)).collect();
        let counter = self.m.var("counter", 32);
        let ab = address.width();
        self.m.comb(|s| {
            s.case(&address, |c| {
                for (i, value) in counters.iter().chain(&losses).enumerate() {
                    c.arm(Expr::lit(ab, i as u128), |s| s.set(&counter, value));
                }
                c.default(|s| s.set(&counter, Expr::zero(32)));
            });
        });
        let answer = self.m.var("cfg_answer_q", width);
        let from_memory = self.m.var("cfg_from_memory_q", 1);
        let verify = self.get("verify_read_data").zext(width);
        let from_trims = self.trims().then(|| (self.in_trims(), self.m.var("cfg_from_trims_q", 1)));
        let value = is(TRAINER_SPACE).mux(counter.zext(width), is(PROGRAMMER_SPACE).mux(verify, &registers));
        self.m.clocked_no_reset(|s| {
            s.if_(reads, |s| {
                s.set(&answer, &value);
                s.set(&from_memory, &biases);
                if let Some((here, from)) = &from_trims {
                    s.set(from, here);
                }
            });
        });
        let data = self.net("bias_read_data", width);
        let out = self.get("cfg_data_o");
        let answer = match &from_trims {
            Some((_, from)) => from.mux(self.get("trim_data").zext(width), answer),
            None => answer,
        };
        self.m.assign(&out, from_memory.mux(&data, answer));
    }

    /// Outputs of the loss block, one a phase.
    fn loss_names(&self) -> Vec<String> {
        let module = loss(self.schedule);
        let outs = module.ports().iter().filter(|p| p.name().starts_with("loss_") && p.name().ends_with("_o"));
        outs.map(|p| super::nets::base(p.name()).to_owned()).collect()
    }

    pub(super) fn array_training_outputs(&mut self) {
        for flag in ["codes_saturated", "codes_upper"] {
            let any = self.selected(flag);
            self.assign(flag, any);
        }
        let done = self.selected("pulse_done");
        self.assign("pulse_done", done);
        let cells = self.schedule.banks.iter().map(|b| self.get(&format!("prog_data_{}", b.name)));
        let cells = cells.reduce(|a, b| a.or(b)).expect("a design has layers");
        let out = self.get("prog_data_o");
        self.m.assign(&out, cells);
        self.programmer_answers();
    }

    /// A flag of the running layer's bank.
    fn selected(&self, flag: &str) -> Expr {
        let flags = self
            .schedule
            .banks
            .iter()
            .map(|b| self.get(&format!("select_{}", b.name)).and(self.get(&format!("{flag}_{}", b.name))));
        flags.reduce(|a, b| a.or(b)).expect("a design has layers")
    }

    /// Pulses, or the gradient memory and then pulses.
    pub(super) fn updates(&mut self) {
        self.m.section("Updates: outer products, pulses");
        let update = self.get("op_update");
        let l = self.sizes.lanes;
        let beat = [("valid", 1), ("side", 1), ("word", dac_word_bits(self.schedule)), ("mask", l), ("next", l)];
        let beat = beat.into_iter().chain([("data", 8 * l)]);
        let ready = self.get("vector_ready");
        if self.accumulates() {
            self.start_of("update");
            self.start_of("apply");
            let step = self.net("rate", 8);
            self.wire("gradient_step", step);
            let apply_here = self.get("op_apply");
            self.blocks_last();
            self.place(
                "u_outer",
                &outer(self.schedule),
                &[
                    ("start", "update_start"),
                    ("row_words_last", "op_row_words_last"),
                    ("gradient_word", "op_gradient_word"),
                    ("positions_last", "op_positions_last"),
                    ("done", "outer_done"),
                    ("dac_valid", "outer_valid"),
                    ("dac_side", "gather_dac_side"),
                    ("dac_word", "gather_dac_word"),
                    ("dac_mask", "gather_dac_mask"),
                    ("dac_next", "gather_dac_next"),
                    ("dac_data", "gather_dac_data"),
                    ("vector_ready", "outer_ready"),
                    ("apply", "outer_apply"),
                    ("gradient_read_valid", "outer_read"),
                    ("gradient_read_address", "outer_read_address"),
                    ("gradient_read_data", "outer_read_data"),
                    ("gradient_write_valid", "outer_write"),
                    ("gradient_write_address", "outer_write_address"),
                    ("gradient_write_data", "outer_write_data"),
                    ("clearing", "outer_clearing"),
                ],
            );
            self.assign("outer_valid", update.and(self.get("gather_dac_valid")));
            self.assign("outer_ready", update.and(&ready));
            let module = apply(self.schedule);
            self.place(
                "u_apply",
                &module,
                &[
                    ("start", "apply_start"),
                    ("rows_last", "op_rows_last"),
                    ("row_words_last", "op_row_words_last"),
                    ("columns_tail", "op_tail"),
                    ("gradient_word", "op_gradient_word"),
                    ("step", "gradient_step"),
                    ("all_sent", "rows_sent"),
                    ("gradient_row", "apply_row"),
                    ("gradient_read_valid", "apply_read"),
                    ("gradient_read_address", "apply_read_address"),
                    ("gradient_read_data", "apply_read_data"),
                    ("gradient_write_valid", "apply_write"),
                    ("gradient_write_address", "apply_write_address"),
                    ("gradient_write_data", "apply_write_data"),
                    ("random", "random_bytes"),
                    ("random_step", "apply_step"),
                    ("dac_valid", "apply_dac_valid"),
                    ("dac_side", "apply_dac_side"),
                    ("dac_word", "apply_dac_word"),
                    ("dac_mask", "apply_dac_mask"),
                    ("dac_next", "apply_dac_next"),
                    ("dac_data", "apply_dac_data"),
                    ("vector_ready", "row_ready"),
                    ("apply", "pulse_apply"),
                ],
            );
            let sent = self.get("rows_sent");
            self.m.unused("unused_rows_sent", &[sent]);
            for (part, width) in beat {
                let gathered = self.get(&format!("gather_dac_{part}"));
                let gathered = if part == "valid" { gathered.and(update.not()) } else { gathered };
                let applied = self.net(&format!("apply_dac_{part}"), width);
                self.wire(&format!("dac_{part}"), apply_here.mux(applied, gathered));
            }
            self.assign("pulses_enable", apply_here);
            let row_ready = self.get("row_ready");
            self.assign("vectors_ready", row_ready);
        } else {
            for (part, _) in beat {
                let gathered = self.get(&format!("gather_dac_{part}"));
                self.wire(&format!("dac_{part}"), gathered);
            }
            self.assign("pulses_enable", update);
            self.assign("vectors_ready", ready);
        }
        if self.schedule.design.pulses_one_device() {
            let (programming, program) = (self.get("programming"), self.net("program_sides", 2));
            let sides = programming.mux(program, self.net("pulse_sides", 2));
            self.wire("sides", sides);
        }
        self.place(
            "u_pulse_control",
            &pulse_control(self.schedule),
            &[
                ("enable", "pulses_enable"),
                ("sides", "pulse_sides"),
                ("positions_last", "op_positions_last"),
                ("all_sent", "pulses_sent"),
                ("apply", "pulse_apply"),
                ("active", "pulse_active"),
            ],
        );
        let other = self.get(if self.accumulates() { "outer_apply" } else { "pulse_apply" });
        let taken = self.net("read_apply", 1).or(other);
        self.assign("vectors_taken", taken);
        let active = self.net("read_active", 1).or(self.get("pulse_active")).or(self.get("program_active"));
        let out = self.get("array_active");
        self.m.assign(&out, active);
    }

    /// Blocks of matrix rows that an address of the gradient memory holds.
    fn blocks_last(&mut self) {
        let (last, rb) = (self.get("op_rows_last"), row_bits(self.schedule));
        if rb > 0 {
            self.m.unused("unused_rows_last", &[last.trunc(rb.min(last.width()))]);
        }
        let blocks = last.zext(last.width().max(rb + 1)).drop_low(rb);
        debug_assert_eq!(blocks.width(), block_bits(self.schedule));
        self.wire("blocks_last", blocks);
    }

    /// Errors of the output, and their sums for the biases.
    pub(super) fn errors(&mut self) {
        self.m.section("Errors of the output, sums for the biases");
        self.start_of("loss");
        self.start_of("bias_sum");
        let module = loss(self.schedule);
        let words = resize(&self.get("op_positions_last"), self.schedule.widths.activation_word as usize);
        self.wire("loss_words_last", words);
        self.place(
            "u_loss",
            &module,
            &[
                ("start", "loss_start"),
                ("source_word", "op_source_word"),
                ("words_last", "loss_words_last"),
                ("tail", "op_tail"),
                ("target", "op_loss_target"),
                ("done", "loss_done"),
                ("read_valid", "loss_read"),
                ("read_address", "loss_read_address"),
                ("read_data", "activation_read_data"),
                ("error_write_valid", "loss_write"),
                ("error_write_address", "loss_write_address"),
                ("error_write_mask", "loss_write_mask"),
                ("error_write_data", "loss_write_data"),
                ("clear", "step_start"),
                ("phase", "training_phase"),
            ],
        );
        let by_class = self.get("op_loss_class");
        let target = self.get("op_loss_target");
        let unused = if module.port("target_i").is_some() { vec![by_class] } else { vec![by_class, target] };
        self.m.unused("unused_loss", &unused);
        self.place(
            "u_bias_sum",
            &bias_sum(self.schedule),
            &[
                ("start", "bias_sum_start"),
                ("source_word", "op_source_word"),
                ("words_last", "op_positions_last"),
                ("tail", "op_tail"),
                ("bias_word", "op_bias_word"),
                ("bias_last", "op_bias_last"),
                ("done", "bias_sum_done"),
                ("error_read_valid", "bias_sum_error_read"),
                ("error_read_address", "bias_sum_error_address"),
                ("error_read_data", "error_read_data"),
                ("sum_read_valid", "bias_sum_read"),
                ("sum_read_address", "bias_sum_read_address"),
                ("sum_read_data", "bias_sums_read_data"),
                ("sum_write_valid", "bias_sum_write"),
                ("sum_write_address", "bias_sum_write_address"),
                ("sum_write_data", "bias_sum_write_data"),
                ("clearing", "bias_sum_clearing"),
            ],
        );
    }

    /// The end of a batch, and the end of any operation.
    pub(super) fn adapt(&mut self) {
        self.m.section("Adaptation of biases, gains, shifts and rates");
        self.start_of("adapt");
        self.place(
            "u_adapt",
            &adapt(self.schedule),
            &[
                ("start", "adapt_start"),
                ("trained", "op_trained"),
                ("biases_last", "op_biases_last"),
                ("pattern_words_last", "op_bias_last"),
                ("bias_word", "op_bias_word"),
                ("done", "adapt_done"),
                ("forward", "forward_range"),
                ("backward", "backward_range"),
                ("errors", "errors_range"),
                ("pulses", "pulses_counted"),
                ("random", "random_chance"),
                ("bias_read_valid", "adapt_bias_read"),
                ("bias_read_address", "adapt_bias_address"),
                ("bias_write_valid", "adapt_bias_write"),
                ("bias_write_address", "adapt_bias_write_address"),
                ("bias_write_data", "adapt_bias_write_data"),
                ("sum_read_valid", "adapt_sum_read"),
                ("sum_read_address", "adapt_sum_read_address"),
                ("sum_read_data", "bias_sums_read_data"),
                ("sum_write_valid", "adapt_sum_write"),
                ("sum_write_address", "adapt_sum_write_address"),
                ("sum_write_data", "adapt_sum_write_data"),
            ],
        );
        let mut dones = vec![("op_loss", "loss_done"), ("op_bias_sum", "bias_sum_done"), ("op_adapt", "adapt_done")];
        if self.accumulates() {
            dones.extend([("op_update", "outer_done"), ("op_apply", "pulses_sent")]);
        } else {
            dones.push(("op_update", "pulses_sent"));
        }
        let done = dones
            .into_iter()
            .fold(self.get("read_done"), |other, (pass, done)| self.get(pass).mux(self.get(done), other));
        self.assign("op_done", done);
    }

    pub(super) fn activation_memory_users(&mut self) {
        let l = self.sizes.lanes;
        let [host_read, loss_read, derivative] = ["host_read", "loss_read", "derivative_read"].map(|n| self.get(n));
        let errors = self.get("gather_side");
        let gathers = self.get("gather_read");
        let from_activations = gathers.and(errors.not());
        self.wire("activation_read", from_activations.or(&host_read).or(&loss_read).or(&derivative));
        let address = host_read.mux(
            self.get("host_address"),
            loss_read.mux(
                self.get("loss_read_address"),
                derivative.mux(self.get("derivative_address"), self.get("gather_address")),
            ),
        );
        self.wire("activation_read_address", address);
        let sums = self.get("bias_sum_error_read");
        self.wire("error_read", gathers.and(&errors).or(&sums));
        let address = sums.mux(self.get("bias_sum_error_address"), self.get("gather_address"));
        self.wire("error_read_address", address);

        let [host, drain, loss, backward] =
            ["host_write", "drain_write", "loss_write", "op_backward"].map(|n| self.get(n));
        let activations = self.wire("activation_write_valid", host.or(drain.and(backward.not())));
        let errors = self.wire("error_write_valid", loss.or(drain.and(&backward)));
        let pick = |t: &Self, part: &str| {
            let of_host = match part {
                "address" => t.get("host_address"),
                "mask" => Expr::ones(l),
                _ => t.get("host_data"),
            };
            let (of_drain, of_loss) = (t.get(&format!("drain_{part}")), t.get(&format!("loss_write_{part}")));
            (host.mux(of_host, &of_drain), loss.mux(of_loss, of_drain))
        };
        for part in ["address", "mask", "data"] {
            let (activation, error) = pick(self, part);
            let activation = self.wire(&format!("activation_write_{part}"), activation);
            let error = self.wire(&format!("error_write_{part}"), error);
            let (port, value) = match part {
                "address" => {
                    let high = Expr::concat(&[errors.clone(), errors.mux(&error, &activation)]);
                    ("tap_addr", high)
                }
                "mask" => ("tap_mask", errors.mux(&error, &activation)),
                _ => ("tap_data", errors.mux(&error, &activation)),
            };
            let port = self.get(port);
            self.m.assign(&port, value);
        }
        let valid = self.get("tap_valid");
        self.m.assign(&valid, activations.or(&errors));
        self.bias_memory_users();
    }

    fn bias_memory_users(&mut self) {
        let [cfg, adapt] = ["cfg_reads_bias", "adapt_bias_read"].map(|n| self.get(n));
        self.wire("bias_read", cfg.or(&adapt).or(self.get("accumulate_bias_read")));
        let address = cfg.mux(
            self.get("cfg_bias_address"),
            adapt.mux(self.get("adapt_bias_address"), self.get("accumulate_bias_address")),
        );
        self.wire("bias_address", address);
        let (cfg, adapt) = (self.get("cfg_bias"), self.get("adapt_bias_write"));
        self.wire("bias_write", cfg.or(&adapt));
        let address = adapt.mux(self.get("adapt_bias_write_address"), self.get("cfg_bias_address"));
        self.wire("bias_write_address", address);
        let data = adapt.mux(self.get("adapt_bias_write_data"), self.get("cfg_data"));
        self.wire("bias_write_data", data);
    }

    pub(super) fn training_memories(&mut self) {
        let schedule = self.schedule;
        let l = self.sizes.lanes;
        let errors = sram("memgan_error_sram", "Error memory", schedule.activation_words, l, 8, true);
        self.memory("u_errors", &errors, "error");
        let width = schedule.widths.bias_sum as usize;
        let sums = sram("memgan_bias_sum_sram", "Sums of errors for the biases", schedule.bias_words, l, width, false);
        self.shared_memory("u_bias_sums", &sums, "bias_sums", ["adapt_sum", "bias_sum"]);
        let mut clearing = self.get("accumulators_clearing").or(self.get("bias_sum_clearing"));
        if self.accumulates() {
            self.place(
                "u_gradients",
                &gradient_memory(schedule),
                &[
                    ("outer_read_valid", "outer_read"),
                    ("outer_write_valid", "outer_write"),
                    ("apply_read_valid", "apply_read"),
                    ("apply_write_valid", "apply_write"),
                ],
            );
            clearing = clearing.or(self.get("outer_clearing"));
        }
        // Nor is a command taken while a word is programmed.
        self.assign("clearing", clearing.or(self.get("programming")));
    }

    /// A memory with two users, of which the first has precedence.
    fn shared_memory(&mut self, label: &str, module: &Arc<Module>, name: &str, [first, second]: [&str; 2]) {
        for access in ["read", "write"] {
            let (a, b) = (self.get(&format!("{first}_{access}")), self.get(&format!("{second}_{access}")));
            self.wire(&format!("{name}_{access}"), a.or(&b));
            for part in ["address", "data"] {
                let names = [first, second].map(|user| format!("{user}_{access}_{part}"));
                if (access, part) != ("read", "data") {
                    let value = a.mux(self.get(&names[0]), self.get(&names[1]));
                    self.wire(&format!("{name}_{access}_{part}"), value);
                }
            }
        }
        let names: Vec<(String, String)> = READ_PORT
            .into_iter()
            .chain([("write_valid", "write"), ("write_address", "write_address"), ("write_data", "write_data")])
            .map(|(port, net)| (port.to_owned(), format!("{name}_{net}")))
            .collect();
        self.place(label, module, &super::addresses::pairs(&names));
    }
}

/// Space of the configuration port with the batch (write), and the trainer's counters and losses (read).
pub(super) const TRAINER_SPACE: u128 = 15;
