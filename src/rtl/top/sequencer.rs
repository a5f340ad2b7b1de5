//! Commands, schedule and the parameters of the running layer.

use super::nets::Top;
use crate::hdl::Expr;
use crate::numeric::SHIFT_BITS;
use crate::rtl::host::host;
use crate::rtl::layer_parameters::layer_parameters;
use crate::rtl::schedule_rom::{fields, schedule_rom};

/// Ports of the host that have another name outside.
const HOST: [(&str, &str); 8] = [
    ("last_op", "op_last"),
    ("seed_valid", "seed_valid"),
    ("random_step", "host_step"),
    ("read_valid", "host_read"),
    ("write_valid", "host_write"),
    ("address", "host_address"),
    ("write_data", "host_data"),
    ("read_data", "activation_read_data"),
];

impl Top<'_> {
    pub(super) fn sequencer(&mut self) {
        self.m.section("Sequencer and schedule");
        for field in fields(self.schedule) {
            self.net(&format!("op_{}", field.name), field.width);
        }
        let module = host(self.schedule);
        if self.trains {
            self.trainer();
            let host_side = [
                ("cmd_valid", "host_cmd_valid"),
                ("cmd_ready", "host_cmd_ready"),
                ("cmd_op", "host_cmd_op"),
                ("cmd_arg", "host_cmd_arg"),
                ("in_valid", "host_in_valid"),
                ("in_ready", "host_in_ready"),
                ("busy", "sequencer_busy"),
                ("age", "host_age"),
            ];
            self.place("u_host", &module, &[&HOST[..], &host_side].concat());
            let program = self.net("programming", 1);
            self.assign("host_busy", self.get("sequencer_busy").or(program));
            if self.schedule.design.drifts() {
                self.wire("age", self.get("host_age").or(self.get("step_age")));
            }
        } else {
            self.place("u_host", &module, &HOST);
        }
        let names: Vec<(String, String)> =
            fields(self.schedule).iter().map(|f| (f.name.to_owned(), format!("op_{}", f.name))).collect();
        self.place("u_schedule", &schedule_rom(self.schedule), &super::addresses::pairs(&names));
        self.configuration();
    }

    /// Writes to the bias memory and to the layer parameters.
    fn configuration(&mut self) {
        let w = &self.schedule.widths;
        let (bw, bias_words) = (w.bias_word as usize, self.schedule.bias_words);
        let address = self.get("cfg_addr");
        let space = self.get("cfg_space");
        let write = self.get("cfg_valid").and(self.get("cfg_ready"));
        let write = if self.trains { self.wire("cfg_writes", write.and(self.get("cfg_write"))) } else { write };
        let in_biases = if bias_words < 1 << address.width() {
            address.ult(Expr::lit(address.width(), bias_words as u128))
        } else {
            Expr::ones(1)
        };
        let biases = space.any().not();
        self.wire("cfg_bias", write.and(biases).and(in_biases));
        let idle = self.get("busy").not();
        let (prog_ready, cfg_ready) = (self.get("prog_ready"), self.get("cfg_ready"));
        let ready = if self.trims() { idle.and(self.calibration_waits().not()) } else { idle.clone() };
        self.m.assign(&cfg_ready, ready);
        if self.trains {
            self.programmer(&idle);
        } else {
            self.m.assign(&prog_ready, &idle);
        }
        let bias_address = address.trunc(bw);
        self.wire("cfg_bias_address", bias_address);
        if self.trains {
            self.registers();
            return;
        }
        self.wire("cfg_parameters", write.and(&space));
        self.wire("cfg_parameter", self.get("cfg_data").slice(0, 2 * SHIFT_BITS as usize));
        self.place(
            "u_parameters",
            &layer_parameters(self.schedule),
            &[
                ("write_valid", "cfg_parameters"),
                ("write_layer", "cfg_addr"),
                ("write_data", "cfg_parameter"),
                ("layer", "op_layer"),
            ],
        );
    }
}
