//! Drain, accumulation and the random streams.

use super::addresses::{pairs, segment_names};
use super::nets::Top;
use crate::rtl::accumulate::accumulate;
use crate::rtl::drain::drain;
use crate::rtl::lanes::rotator;
use crate::rtl::random::random;

impl Top<'_> {
    pub(super) fn results(&mut self) {
        self.m.section("Drain");
        let schedule = self.schedule;
        let (l, sb) = (self.sizes.lanes, schedule.widths.sum as usize);
        let mut names: Vec<(String, String)> = segment_names("drain_segment").collect();
        for (port, net) in [
            ("finish", "op_finish"),
            ("groups_last", "op_groups_last"),
            ("group_columns", "op_group_columns"),
            ("bias_last", "op_bias_last"),
            ("release", "release_group"),
            ("all_sent", "results_sent"),
        ] {
            names.push((port.into(), net.into()));
        }
        self.place("u_drain", &drain(schedule), &pairs(&names));
        let drained = self.get("results_sent").and(self.net("idle", 1));
        if self.trains {
            self.wire("read_done", drained);
        } else {
            self.assign("op_done", drained);
        }
        let lane_sum = rotator("memgan_drain_rotate", l, sb);
        let (shift, read, address) = if self.trains {
            ("requantise_shift", "accumulate_bias_read", "accumulate_bias_address")
        } else {
            ("shift", "bias_read", "bias_address")
        };
        let data = "bias_read_data";
        self.place(
            "u_accumulate",
            &accumulate(schedule, &lane_sum),
            &[
                ("scatter", "op_scatter_window"),
                ("finish", "op_finish"),
                ("target_word", "op_target_word"),
                ("bias_word", "op_bias_word"),
                ("shift", shift),
                ("activation", "op_activation"),
                ("slope", "op_slope"),
                ("dropout", "op_dropout"),
                ("bias_read_valid", read),
                ("bias_read_address", address),
                ("bias_read_data", data),
                ("clearing", "accumulators_clearing"),
                ("random", "random_bytes"),
                ("random_step", "drain_step"),
                ("write_valid", "drain_write"),
                ("write_address", "drain_address"),
                ("write_mask", "drain_mask"),
                ("write_data", "drain_data"),
                ("backward", "op_backward"),
                ("activation_read_valid", "derivative_read"),
                ("activation_read_address", "derivative_address"),
                ("activation_read_data", "activation_read_data"),
            ],
        );
        let mut steps = self.get("host_step").or(self.get("drain_step"));
        if self.trains {
            for name in ["fire_step", "apply_step"] {
                if self.has(name) {
                    steps = steps.or(self.get(name));
                }
            }
        }
        self.wire("random_step", steps);
        self.place(
            "u_random",
            &random(schedule),
            &[
                ("step", "random_step"),
                ("bytes", "random_bytes"),
                ("firing", "random_firing"),
                ("chance", "random_chance"),
            ],
        );
    }
}
