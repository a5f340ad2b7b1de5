//! The ports of the top level.

use super::nets::Top;
use crate::numeric::BIAS_BITS;
use crate::rtl::calibrator::trim_address_bits;

impl Top<'_> {
    pub(super) fn ports(&mut self) {
        let schedule = self.schedule;
        let w = &schedule.widths;
        let l = self.sizes.lanes;
        let aw = w.activation_word as usize;
        let cell_word = schedule.design.crossbar.adcs() * w.cell as usize;
        let trains = self.trains;
        self.m.doc(&format!(
            "memgan design {}: {} tiles in {} layers.",
            schedule.design.name,
            schedule.tiles(),
            schedule.banks.len()
        ));
        self.m.contract(
            "Program the cells, then biases and layer parameters; then commands: seed, load or latent, run, read.",
        );
        if trains {
            self.m.contract(
                "train takes steps: for each real image a load on the image port, with the class in a word after it where \
                 the network is a classifier.",
            );
        }
        self.m.clk_rst();
        self.m.group("Commands");
        self.input("cmd_valid_i", 1, "");
        self.output("cmd_ready_o", 1, "");
        let ops = if trains {
            "0 seed, 1 load, 2 latent, 3 run, 4 read, 5 train, 6 seed of the training"
        } else {
            "0 seed, 1 load, 2 latent, 3 run, 4 read"
        };
        let (age, units) = if schedule.design.drifts() { (", 7 age", ", or units of time") } else { ("", "") };
        self.input("cmd_op_i", 3, &format!("{ops}{age}"));
        let arg = if trains { "seed, network or phase, or steps" } else { "seed, or network in bit 0" };
        self.input("cmd_arg_i", 32, &format!("{arg}{units}"));
        self.m.group("Image in");
        self.input("in_valid_i", 1, "");
        self.output("in_ready_o", 1, "");
        self.input("in_data_i", 8 * l, "signed 8 bit a lane");
        self.m.group("Image out");
        self.output("out_valid_o", 1, "");
        self.input("out_ready_i", 1, "");
        self.output("out_data_o", 8 * l, "signed 8 bit a lane");
        self.output("out_last_o", 1, "");
        self.m.group("Programming of cells: only while not busy");
        self.input("prog_valid_i", 1, "");
        self.output("prog_ready_o", 1, "");
        if trains {
            self.input("prog_write_i", 1, "0: read the cells");
        }
        self.input("prog_tile_i", w.tile as usize, "");
        self.input("prog_row_i", w.row as usize, "word line");
        self.input("prog_group_i", w.group as usize, "conversion group");
        self.input("prog_data_i", cell_word, "levels a cell, ADC 0 in the low bits");
        if trains {
            self.output_beside("prog_data_o", cell_word, "cells that were read, in the cycle after");
            let adcs = schedule.design.crossbar.adcs();
            self.output("prog_failed_o", adcs, "by ADC: cells of the last word by write-verify that failed");
        }
        self.m.group("Configuration: only while not busy");
        self.input("cfg_valid_i", 1, "");
        self.output("cfg_ready_o", 1, "");
        if trains {
            self.input("cfg_write_i", 1, "0: read");
            let spaces = if self.trims() {
                "0 bias word, 1 {shift, gain}, 2 training registers, 3..12 counters, 13 trims, 14 write-verify, 15 trainer"
            } else {
                "0 bias word, 1 {shift, gain}, 2 training registers, 3..12 counters, 14 write-verify, 15 trainer"
            };
            self.input("cfg_space_i", 4, spaces);
        } else {
            self.input("cfg_space_i", 1, "0 bias word, 1 layer parameters {shift, gain}");
        }
        let address = self.cfg_address_bits();
        self.input("cfg_addr_i", address, "bias word, or layer");
        self.input("cfg_data_i", l * BIAS_BITS as usize, "signed 16 bit a lane");
        if trains {
            self.output_beside("cfg_data_o", l * BIAS_BITS as usize, "what was read, in the cycle after");
        }
        self.m.group("Status");
        self.output("busy_o", 1, "");
        self.output("op_o", w.op as usize, "running operation");
        self.output(
            "array_active_o",
            1,
            if trains {
                "a tile settles, samples, converts or is pulsed"
            } else {
                "a tile settles, samples or converts"
            },
        );
        self.m.group(if trains {
            "Tap: every write to the activation memory, and to the error memory above it"
        } else {
            "Tap: every write to the activation memory"
        });
        self.output("tap_valid_o", 1, "");
        self.output("tap_addr_o", aw + usize::from(trains), "word");
        self.output("tap_mask_o", l, "lanes");
        self.output("tap_data_o", 8 * l, "");
    }

    /// Bits of a configuration address: a bias word, a layer, or a counter.
    pub(super) fn cfg_address_bits(&self) -> usize {
        let w = &self.schedule.widths;
        let counters = if self.trains { 4 } else { 0 };
        let trims = if self.trims() { trim_address_bits(self.schedule) } else { 0 };
        (w.bias_word.max(w.layer).max(counters) as usize).max(trims)
    }
}
