//! The memories and who reads and writes them.

use super::nets::Top;
use crate::hdl::Expr;
use crate::numeric::BIAS_BITS;
use crate::rtl::accumulate::scatters;
use crate::rtl::memory::sram;

impl Top<'_> {
    pub(super) fn memories(&mut self) {
        self.m.section("Memories");
        let schedule = self.schedule;
        let l = self.sizes.lanes;
        let host_read = self.get("host_read");
        let host_write = self.get("host_write");
        if self.trains {
            self.activation_memory_users();
        } else {
            self.wire("activation_read", self.get("gather_read").or(&host_read));
            let address = host_read.mux(self.get("host_address"), self.get("gather_address"));
            self.wire("activation_read_address", address);
            let (valid, tap_address, mask, data) =
                (self.get("tap_valid"), self.get("tap_addr"), self.get("tap_mask"), self.get("tap_data"));
            self.m.assign(&valid, self.get("drain_write").or(&host_write));
            self.m.assign(&tap_address, host_write.mux(self.get("host_address"), self.get("drain_address")));
            self.m.assign(&mask, host_write.mux(Expr::ones(l), self.get("drain_mask")));
            self.m.assign(&data, host_write.mux(self.get("host_data"), self.get("drain_data")));
            for (name, net) in [("valid", valid), ("address", tap_address), ("mask", mask), ("data", data)] {
                self.bind(&format!("activation_write_{name}"), net);
            }
            self.wire("bias_write", self.get("cfg_bias"));
            self.wire("bias_write_address", self.get("cfg_bias_address"));
            self.wire("bias_write_data", self.get("cfg_data"));
        }
        let activations = sram("memgan_activation_sram", "Activation memory", schedule.activation_words, l, 8, true);
        self.memory("u_activations", &activations, "activation");
        let width = BIAS_BITS as usize;
        let biases = sram("memgan_bias_sram", "Bias memory", schedule.bias_words, l, width, false);
        self.place(
            "u_biases",
            &biases,
            &[
                ("read_valid", "bias_read"),
                ("read_address", "bias_address"),
                ("read_data", "bias_read_data"),
                ("write_valid", "bias_write"),
                ("write_address", "bias_write_address"),
                ("write_data", "bias_write_data"),
            ],
        );
        if scatters(schedule) {
            let (words, width) = (schedule.accumulator_words, schedule.widths.accumulator as usize);
            let module = sram("memgan_accumulator_sram", "Accumulator memory", words, l, width, false);
            self.place("u_accumulators", &module, &SUM_PORTS);
        } else {
            self.assign("accumulators_clearing", Expr::zero(1));
        }
        if self.trains {
            self.training_memories();
        } else {
            let clearing = self.get("accumulators_clearing");
            self.assign("clearing", clearing);
        }
    }

    /// A memory with a lane mask and the nets of `prefix`.
    pub(super) fn memory(&mut self, label: &str, module: &std::sync::Arc<crate::hdl::Module>, prefix: &str) {
        let names: Vec<(String, String)> = [
            ("read_valid", "read"),
            ("read_address", "read_address"),
            ("read_data", "read_data"),
            ("write_valid", "write_valid"),
            ("write_address", "write_address"),
            ("write_mask", "write_mask"),
            ("write_data", "write_data"),
        ]
        .iter()
        .map(|(port, net)| ((*port).to_owned(), format!("{prefix}_{net}")))
        .collect();
        self.place(label, module, &super::addresses::pairs(&names));
    }
}

const SUM_PORTS: [(&str, &str); 6] = [
    ("read_valid", "sum_read_valid"),
    ("read_address", "sum_read_address"),
    ("read_data", "sum_read_data"),
    ("write_valid", "sum_write_valid"),
    ("write_address", "sum_write_address"),
    ("write_data", "sum_write_data"),
];
