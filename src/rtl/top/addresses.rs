//! Address generators and gather: one window, one run for each side.

use super::nets::Top;
use crate::hdl::Expr;
use crate::rtl::gather::gather;
use crate::rtl::lanes::rotator;
use crate::rtl::walkers::{run_walker, window_walker};

/// Ports of segments between walkers and engines.
const SEGMENT: [&str; 6] = ["valid", "address", "index", "len", "last", "final"];

impl Top<'_> {
    /// Nets of a stream of segments.
    fn segment_nets(&mut self, prefix: &str) {
        for s in SEGMENT {
            let width = if matches!(s, "address" | "index" | "len") { self.sizes.element } else { 1 };
            self.net(&format!("{prefix}_{s}"), width);
        }
        self.net(&format!("{prefix}_ready"), 1);
    }

    pub(super) fn address_generators(&mut self) {
        self.m.section("Address generators: one window, one run for each side");
        let has_windows = self.schedule.ops.iter().any(|o| o.window.is_some());
        let (windowed, scatter) = (self.get("op_gather_window"), self.get("op_scatter_window"));
        let start = self.get("start");
        // Operations without a read walk nothing.
        let walks = self.trains.then(|| {
            let others = ["loss", "bias_sum", "adapt"].map(|n| self.get(&format!("op_{n}")));
            let apply = (self.schedule.gradient_words > 0).then(|| self.get("op_apply"));
            let others = others.into_iter().chain(apply).reduce(|a, b| a.or(b)).expect("there are some");
            self.wire("walks", start.and(others.not()))
        });
        let walk = walks.unwrap_or(start);
        for prefix in ["gather_segment", "drain_segment", "gather_run", "drain_run"] {
            self.segment_nets(prefix);
        }
        if has_windows {
            self.segment_nets("window");
            self.wire("window_start", walk.and(windowed.or(&scatter)));
            let fields: Vec<(String, String)> = [
                "kernel_last",
                "row_len",
                "image_rows",
                "image_row_len",
                "stride",
                "step",
                "row_step",
                "padding",
                "padding_len",
                "padding_rows_len",
                "positions_x_last",
                "positions_y_last",
            ]
            .iter()
            .map(|f| ((*f).to_owned(), format!("op_{f}")))
            .chain(segment_names("window"))
            .collect();
            let renamed = pairs(&fields);
            self.place(
                "u_window_walker",
                &window_walker(self.schedule),
                &[&renamed[..], &[("start", "window_start")]].concat(),
            );
        }
        let finish = self.get("op_finish");
        self.wire("gather_run_start", walk.and(windowed.not()).and(finish.not()));
        // In an update the errors of a convolution or a dense layer are runs.
        self.wire("drain_run_start", walk.and(scatter.not()));
        let run = run_walker(self.schedule);
        for side in ["gather", "drain"] {
            let prefix = format!("{side}_run");
            let (begin, len) = (format!("{prefix}_start"), format!("op_{side}_len"));
            let names: Vec<(String, String)> = segment_names(&prefix).filter(|(s, _)| s != "segment_index").collect();
            let renamed = [
                &pairs(&names)[..],
                &[("start", begin.as_str()), ("len", len.as_str()), ("positions_last", "op_positions_last")],
            ]
            .concat();
            self.place(&format!("u_{side}_runs"), &run, &renamed);
            let element = self.sizes.element;
            self.assign(&format!("{prefix}_index"), Expr::zero(element));
        }
        self.segment_choice(has_windows);
        let last = self.get("gather_segment_final");
        self.m.unused("unused_final", &[last]);
    }

    /// Which walker feeds gather, and which one drain.
    fn segment_choice(&mut self, has_windows: bool) {
        let (windowed, scatter) = (self.get("op_gather_window"), self.get("op_scatter_window"));
        if !has_windows {
            self.m.unused("unused_window", std::slice::from_ref(&windowed));
        }
        let (gather_side, updates) = if self.trains {
            let side = self.net("segment_side", 1);
            let update = self.get("op_update");
            (Some(update.and(&side)), Some(update))
        } else {
            (None, None)
        };
        // Whether gather's segment comes from the window, and whether drain's does.
        let from_window = match &gather_side {
            Some(errors) => {
                let errors = self.wire("gathers_errors", errors.clone());
                let windows = errors.mux(&scatter, &windowed);
                self.wire("gathers_window", windows)
            }
            None => windowed.clone(),
        };
        let drains = updates.as_ref().map(|u| self.wire("drains", u.not()));
        for s in SEGMENT {
            let (run_g, run_d) = (self.get(&format!("gather_run_{s}")), self.get(&format!("drain_run_{s}")));
            let run = match &gather_side {
                Some(_) => self.get("gathers_errors").mux(&run_d, &run_g),
                None => run_g,
            };
            let (mut gather, mut drain) = (run, run_d);
            if has_windows {
                let window = self.get(&format!("window_{s}"));
                gather = from_window.mux(&window, &gather);
                drain = scatter.mux(&window, &drain);
            }
            if let (Some(drains), "valid") = (&drains, s) {
                drain = drains.and(drain);
            }
            self.assign(&format!("gather_segment_{s}"), gather);
            self.assign(&format!("drain_segment_{s}"), drain);
        }
        let (gather_ready, drain_ready) = (self.get("gather_segment_ready"), self.get("drain_segment_ready"));
        let direct = from_window.not();
        match (&gather_side, &drains) {
            (Some(_), Some(drains)) => {
                let errors = self.get("gathers_errors");
                self.assign("gather_run_ready", gather_ready.and(&direct).and(errors.not()));
                let drained = drains.and(&drain_ready).and(scatter.not());
                self.assign("drain_run_ready", errors.and(&gather_ready).and(&direct).or(drained));
            }
            _ => {
                self.assign("gather_run_ready", gather_ready.and(&direct));
                self.assign("drain_run_ready", drain_ready.and(scatter.not()));
            }
        }
        if has_windows {
            let drained = match &drains {
                Some(drains) => drains.and(&scatter).and(&drain_ready),
                None => scatter.and(&drain_ready),
            };
            self.assign("window_ready", from_window.and(&gather_ready).or(drained));
        }
    }

    pub(super) fn gather(&mut self) {
        self.m.section("Gather");
        let lane8 = rotator("memgan_gather_rotate", self.sizes.lanes, 8);
        let apply = if self.trains { "vectors_taken" } else { "apply" };
        let mut renamed: Vec<(String, String)> = segment_names("gather_segment").collect();
        for (port, net) in [
            ("source_word", "op_source_word"),
            ("read_valid", "gather_read"),
            ("read_address", "gather_address"),
            ("read_data", "activation_read_data"),
            ("apply", apply),
            ("backward", "op_backward"),
            ("update", "op_update"),
            ("target_word", "op_target_word"),
            ("error_data", "error_read_data"),
            ("read_side", "gather_side"),
            ("random", "random_firing"),
            ("random_step", "fire_step"),
        ] {
            renamed.push((port.into(), net.into()));
        }
        if self.trains {
            // The line DACs take beats of updates as well.
            for part in ["valid", "side", "word", "mask", "next", "data"] {
                renamed.push((format!("dac_{part}"), format!("gather_dac_{part}")));
            }
        }
        self.place("u_gather", &gather(self.schedule, &lane8), &pairs(&renamed));
    }
}

/// Ports of a stream of segments and the nets of `prefix`.
pub(super) fn segment_names(prefix: &str) -> impl Iterator<Item = (String, String)> {
    let prefix = prefix.to_owned();
    SEGMENT.into_iter().chain(["ready"]).map(move |s| (format!("segment_{s}"), format!("{prefix}_{s}")))
}

/// Names as `place` takes them.
pub(super) fn pairs(names: &[(String, String)]) -> Vec<(&str, &str)> {
    names.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}
