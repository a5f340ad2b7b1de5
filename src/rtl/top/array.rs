//! Array control and the tiles of every layer.

use super::addresses::pairs;
use super::nets::{Top, base};
use crate::hdl::Expr;
use crate::rtl::array_control::array_control;
use crate::rtl::bank::{bank, result_word_bits};
use crate::rtl::crossbar::{CrossbarView, crossbar};

impl Top<'_> {
    pub(super) fn array(&mut self, view: CrossbarView) {
        self.m.section("Array");
        let schedule = self.schedule;
        if self.trains {
            // Updates have a control of their own.
            let ready = self.get("vector_ready").and(self.get("op_update").not());
            self.wire("read_ready", ready);
            self.place(
                "u_array_control",
                &array_control(schedule),
                &[
                    ("groups_last", "op_groups_last"),
                    ("vector_ready", "read_ready"),
                    ("apply", "read_apply"),
                    ("active", "read_active"),
                    ("sample", "read_sample"),
                    ("phase", "read_phase"),
                    ("adc_start", "read_start"),
                    ("done", "done"),
                    ("release", "release_group"),
                ],
            );
        } else {
            self.place(
                "u_array_control",
                &array_control(schedule),
                &[("groups_last", "op_groups_last"), ("active", "array_active"), ("release", "release_group")],
            );
        }
        self.net("result_word", result_word_bits(schedule));
        self.net("result_next", self.sizes.lanes);
        let prog = self.get("prog_valid").and(self.get("prog_ready"));
        let prog = if self.trains { prog.and(self.get("verifies").not()) } else { prog };
        self.wire("prog", prog);
        if self.trains {
            self.array_training_inputs();
        }
        let macro_module = crossbar(schedule, view);
        let (l, lw) = (self.sizes.lanes, schedule.widths.layer as usize);
        let sb = schedule.widths.sum as usize;
        let layer = self.get("op_layer");
        let mut wide_sums = Vec::new();
        for (i, b) in schedule.banks.iter().enumerate() {
            let name = &b.name;
            let select = layer.eq(Expr::lit(lw, i as u128));
            let select = if self.trains { select.and(self.get("programming").not()) } else { select };
            let select = self.wire(&format!("select_{name}"), select);
            let module = bank(schedule, i, &macro_module);
            let own = ["select", "done", "sums", "codes_saturated", "codes_upper", "pulse_done", "prog_data_o"];
            let programmed = ["program_adc_done", "program_codes", "program_pulse_done"];
            let trims = if self.trims() { &["trim_data_o", "codes_high"][..] } else { &[] };
            let own = own.iter().chain(&programmed).chain(trims);
            let mut own: Vec<(String, String)> =
                own.map(|p| ((*p).to_owned(), format!("{}_{name}", base(p)))).collect();
            let gain = if self.trains { "tile_gain" } else { "gain" };
            own.extend([("adc_gain", gain), ("prog_valid", "prog")].map(|(p, n)| (p.to_owned(), n.to_owned())));
            own.extend(self.trims().then(|| ("trim_data_i".to_owned(), "trim_data_in".to_owned())));
            if self.trains {
                own.extend(
                    [
                        "dac_valid",
                        "dac_side",
                        "dac_data",
                        "pulse_start",
                        "pulse_up",
                        "pulse_rows_negative",
                        "pulse_columns_negative",
                    ]
                    .map(|p| (p.to_owned(), format!("tile_{p}"))),
                );
            }
            self.place(&format!("u_bank_{name}"), &module, &pairs(&own));
            let sums = self.get(&format!("sums_{name}"));
            let width = sums.width() / l;
            let extended = self.net(&format!("wide_sums_{name}"), l * sb);
            self.m.gen_for(&format!("gen_{name}"), "lane", 0..l, |m, lane| {
                m.assign(extended.part_at(lane * sb, sb), sums.part_at(lane * width, width).sext(sb));
            });
            wide_sums.push(extended);
            self.wire(&format!("{name}_done"), select.and(self.get(&format!("done_{name}"))));
        }
        let done = self.any_bank(|name| format!("{name}_done"));
        self.assign("done", done);
        let sums = self.m.var("sums", l * sb);
        self.bind("sums", sums.clone());
        self.m.comb(|s| {
            s.case(&layer, |c| {
                for (i, sum) in wide_sums.iter().enumerate() {
                    c.arm(Expr::lit(lw, i as u128), |s| s.set(&sums, sum));
                }
                if wide_sums.len() < 1 << lw {
                    c.default(|s| s.set(&sums, Expr::zero(l * sb)));
                }
            });
        });
        if self.trains {
            self.array_training_outputs();
        }
    }

    /// A net of every bank, or-ed.
    pub(super) fn any_bank(&self, name: impl Fn(&str) -> String) -> Expr {
        let nets = self.schedule.banks.iter().map(|b| self.get(&name(&b.name)));
        nets.reduce(|a, b| a.or(b)).expect("a design has layers")
    }
}
