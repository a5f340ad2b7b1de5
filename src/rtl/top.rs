//! The top level: structure only.

use super::accumulate::{accumulate, scatters};
use super::array_control::array_control;
use super::bank::{bank, result_word_bits};
use super::crossbar::{CrossbarView, crossbar};
use super::drain::drain;
use super::gather::{dac_word_bits, gather};
use super::host::host;
use super::lanes::{Sizes, rotator};
use super::layer_parameters::layer_parameters;
use super::memory::sram;
use super::random::random;
use super::schedule_rom::{fields, schedule_rom};
use super::walkers::{run_walker, window_walker};
use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{BIAS_BITS, SHIFT_BITS};
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Name of the top module.
pub const TOP: &str = "memgan_top";

/// The hardware of a design with one view of the crossbar macro.
pub struct Rtl {
    pub top: Arc<Module>,
}

/// Ports of segments between walkers and engines.
const SEGMENT: [&str; 6] = ["valid", "address", "index", "len", "last", "final"];

/// Builds the top level.
pub fn top(schedule: &Schedule, view: CrossbarView) -> Rtl {
    let sizes = Sizes::of(schedule);
    let w = &schedule.widths;
    let (l, e) = (sizes.lanes, sizes.element);
    let (aw, bw, gw, sb) = (w.activation_word as usize, w.bias_word as usize, w.group as usize, w.sum as usize);
    let lw = w.layer as usize;
    let bb = BIAS_BITS as usize;
    let adcs = schedule.design.crossbar.adcs();
    let has_accumulators = scatters(schedule);
    let has_windows = schedule.ops.iter().any(|o| o.window.is_some());

    let mut m = Builder::new(TOP, file!());
    m.doc(&format!(
        "memgan design {}: {} tiles in {} layers.",
        schedule.design.name,
        schedule.tiles(),
        schedule.banks.len()
    ));
    m.contract("Program the cells, then biases and layer parameters; then commands: seed, load or latent, run, read.");
    m.clk_rst();
    m.group("Commands");
    let cmd_valid = m.input("cmd_valid_i", 1, "");
    let cmd_ready = m.output("cmd_ready_o", 1, "");
    let cmd_op = m.input("cmd_op_i", 3, "0 seed, 1 load, 2 latent, 3 run, 4 read");
    let cmd_arg = m.input("cmd_arg_i", 32, "seed, or network in bit 0");
    m.group("Image in");
    let in_valid = m.input("in_valid_i", 1, "");
    let in_ready = m.output("in_ready_o", 1, "");
    let in_data = m.input("in_data_i", 8 * l, "signed 8 bit a lane");
    m.group("Image out");
    let out_valid = m.output("out_valid_o", 1, "");
    let out_ready = m.input("out_ready_i", 1, "");
    let out_data = m.output("out_data_o", 8 * l, "signed 8 bit a lane");
    let out_last = m.output("out_last_o", 1, "");
    m.group("Programming of cells: only while not busy");
    let prog_valid = m.input("prog_valid_i", 1, "");
    let prog_ready = m.output("prog_ready_o", 1, "");
    let prog_tile = m.input("prog_tile_i", w.tile as usize, "");
    let prog_row = m.input("prog_row_i", w.row as usize, "word line");
    let prog_group = m.input("prog_group_i", gw, "conversion group");
    let prog_data = m.input("prog_data_i", adcs * w.cell as usize, "levels a cell, ADC 0 in the low bits");
    m.group("Configuration: only while not busy");
    let cfg_valid = m.input("cfg_valid_i", 1, "");
    let cfg_ready = m.output("cfg_ready_o", 1, "");
    let cfg_space = m.input("cfg_space_i", 1, "0 bias word, 1 layer parameters {shift, gain}");
    let cfg_address = m.input("cfg_addr_i", bw.max(lw), "bias word, or layer");
    let cfg_data = m.input("cfg_data_i", l * bb, "signed 16 bit a lane");
    m.group("Status");
    let busy = m.output("busy_o", 1, "");
    let op = m.output("op_o", w.op as usize, "running operation");
    let array_active = m.output("array_active_o", 1, "a tile settles, samples or converts");
    m.group("Tap: every write to the activation memory");
    let tap_valid = m.output("tap_valid_o", 1, "");
    let tap_address = m.output("tap_addr_o", aw, "word");
    let tap_mask = m.output("tap_mask_o", l, "lanes");
    let tap_data = m.output("tap_data_o", 8 * l, "");

    m.section("Sequencer and schedule");
    let mut n: BTreeMap<&'static str, Expr> = BTreeMap::new();
    for field in fields(schedule) {
        n.insert(field.name, m.net(&format!("op_{}", field.name), field.width));
    }
    let [fetch, start, op_done, clearing, seed_valid, host_step, host_read, host_write] =
        ["fetch", "start", "op_done", "clearing", "seed_valid", "host_step", "host_read", "host_write"]
            .map(|name| m.net(name, 1));
    let seed = m.net("seed", 32);
    let latents = m.net("latents", 8 * l);
    let host_address = m.net("host_address", aw);
    let host_data = m.net("host_data", 8 * l);
    let read_data = m.net("activation_read_data", 8 * l);
    m.inst("u_host", &host(schedule), |u| {
        u.clk_rst();
        u.connect("cmd_valid_i", &cmd_valid);
        u.connect("cmd_ready_o", &cmd_ready);
        u.connect("cmd_op_i", &cmd_op);
        u.connect("cmd_arg_i", &cmd_arg);
        u.connect("in_valid_i", &in_valid);
        u.connect("in_ready_o", &in_ready);
        u.connect("in_data_i", &in_data);
        u.connect("out_valid_o", &out_valid);
        u.connect("out_ready_i", &out_ready);
        u.connect("out_data_o", &out_data);
        u.connect("out_last_o", &out_last);
        u.connect("busy_o", &busy);
        u.connect("op_o", &op);
        u.connect("fetch_o", &fetch);
        u.connect("start_o", &start);
        u.connect("op_done_i", &op_done);
        u.connect("last_op_i", &n["last"]);
        u.connect("clearing_i", &clearing);
        u.connect("seed_valid_o", &seed_valid);
        u.connect("seed_o", &seed);
        u.connect("random_step_o", &host_step);
        u.connect("latents_i", &latents);
        u.connect("read_valid_o", &host_read);
        u.connect("write_valid_o", &host_write);
        u.connect("address_o", &host_address);
        u.connect("write_data_o", &host_data);
        u.connect("read_data_i", &read_data);
    });
    m.inst("u_schedule", &schedule_rom(schedule), |u| {
        u.clk_rst();
        u.connect("fetch_i", &fetch);
        u.connect("op_i", &op);
        for (name, net) in &n {
            u.connect(&format!("{name}_o"), net);
        }
    });
    let gain = m.net("gain", SHIFT_BITS as usize);
    let shift = m.net("shift", SHIFT_BITS as usize);
    let cfg_parameters = m.wire("cfg_parameters", cfg_valid.and(&cfg_ready).and(&cfg_space));
    let cfg_bits = bw.max(lw);
    let in_biases = if schedule.bias_words < 1 << cfg_bits {
        cfg_address.ult(Expr::lit(cfg_bits, schedule.bias_words as u128))
    } else {
        Expr::ones(1)
    };
    let cfg_bias = m.wire("cfg_bias", cfg_valid.and(&cfg_ready).and(cfg_space.not()).and(in_biases));
    m.assign(&prog_ready, busy.not());
    m.assign(&cfg_ready, busy.not());
    m.inst("u_parameters", &layer_parameters(schedule), |u| {
        u.clk_rst();
        u.connect("write_valid_i", &cfg_parameters);
        u.connect("write_layer_i", &cfg_address);
        u.connect("write_data_i", cfg_data.slice(0, 2 * SHIFT_BITS as usize));
        u.connect("layer_i", &n["layer"]);
        u.connect("gain_o", &gain);
        u.connect("shift_o", &shift);
    });

    m.section("Address generators: one window, one run for each side");
    let scatter = n["scatter_window"].clone();
    let finish = n["finish"].clone();
    let windowed = n["gather_window"].clone();
    let gather_from_window = windowed.clone();
    let segment_width = |name: &str| if matches!(name, "address" | "index" | "len") { e } else { 1 };
    let nets = |m: &mut Builder, prefix: &str| -> BTreeMap<&'static str, Expr> {
        let mut all: BTreeMap<_, _> =
            SEGMENT.iter().map(|&s| (s, m.net(&format!("{prefix}_{s}"), segment_width(s)))).collect();
        all.insert("ready", m.net(&format!("{prefix}_ready"), 1));
        all
    };
    let gather_seg = nets(&mut m, "gather_segment");
    let drain_seg = nets(&mut m, "drain_segment");
    let window_seg = has_windows.then(|| nets(&mut m, "window"));
    let (gather_run, drain_run) = (nets(&mut m, "gather_run"), nets(&mut m, "drain_run"));
    if let Some(window) = &window_seg {
        let window_start = m.wire("window_start", start.and(windowed.or(&scatter)));
        m.inst("u_window_walker", &window_walker(schedule), |u| {
            u.clk_rst();
            u.connect("start_i", &window_start);
            for name in [
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
            ] {
                u.connect(&format!("{name}_i"), &n[name]);
            }
            u.connect("segment_ready_i", &window["ready"]);
            for s in SEGMENT {
                u.connect(&format!("segment_{s}_o"), &window[s]);
            }
        });
    }
    let run = run_walker(schedule);
    let gather_start = m.wire("gather_run_start", start.and(windowed.not()).and(finish.not()));
    let drain_start = m.wire("drain_run_start", start.and(scatter.not()));
    for (label, from, start, len) in [
        ("u_gather_runs", &gather_run, &gather_start, &n["gather_len"]),
        ("u_drain_runs", &drain_run, &drain_start, &n["drain_len"]),
    ] {
        m.inst(label, &run, |u| {
            u.clk_rst();
            u.connect("start_i", start);
            u.connect("len_i", len);
            u.connect("positions_last_i", &n["positions_last"]);
            u.connect("segment_ready_i", &from["ready"]);
            for s in SEGMENT.into_iter().filter(|&s| s != "index") {
                u.connect(&format!("segment_{s}_o"), &from[s]);
            }
        });
        m.assign(&from["index"], Expr::zero(e));
    }
    for (segment, run, from_window) in
        [(&gather_seg, &gather_run, &gather_from_window), (&drain_seg, &drain_run, &scatter)]
    {
        for s in SEGMENT {
            match &window_seg {
                Some(window) => m.assign(&segment[s], from_window.mux(&window[s], &run[s])),
                None => m.assign(&segment[s], &run[s]),
            }
        }
        m.assign(&run["ready"], segment["ready"].and(from_window.not()));
    }
    if let Some(window) = &window_seg {
        m.assign(&window["ready"], gather_from_window.and(&gather_seg["ready"]).or(scatter.and(&drain_seg["ready"])));
    } else {
        m.unused("unused_window", std::slice::from_ref(&windowed));
    }
    m.unused("unused_final", &[gather_seg["final"].clone()]);

    m.section("Gather");
    let lane8 = rotator("memgan_gather_rotate", l, 8);
    let [gather_read, dac_valid, apply, vector_ready] =
        ["gather_read", "dac_valid", "apply", "vector_ready"].map(|name| m.net(name, 1));
    let gather_address = m.net("gather_address", aw);
    let dac_word = m.net("dac_word", dac_word_bits(schedule));
    let dac_mask = m.net("dac_mask", l);
    let dac_next = m.net("dac_next", l);
    let dac_data = m.net("dac_data", 8 * l);
    m.inst("u_gather", &gather(schedule, &lane8), |u| {
        u.clk_rst();
        for s in ["valid", "address", "index", "len", "last"] {
            u.connect(&format!("segment_{s}_i"), &gather_seg[s]);
        }
        u.connect("segment_ready_o", &gather_seg["ready"]);
        u.connect("source_word_i", &n["source_word"]);
        u.connect("read_valid_o", &gather_read);
        u.connect("read_address_o", &gather_address);
        u.connect("read_data_i", &read_data);
        u.connect("dac_valid_o", &dac_valid);
        u.connect("dac_word_o", &dac_word);
        u.connect("dac_mask_o", &dac_mask);
        u.connect("dac_next_o", &dac_next);
        u.connect("dac_data_o", &dac_data);
        u.connect("apply_i", &apply);
        u.connect("vector_ready_o", &vector_ready);
    });

    m.section("Array");
    let [sample, phase, adc_start, done, capture, captured, release] =
        ["sample", "phase", "adc_start", "done", "capture", "captured", "release_group"].map(|name| m.net(name, 1));
    let adc_group = m.net("adc_group", gw);
    m.inst("u_array_control", &array_control(schedule), |u| {
        u.clk_rst();
        u.connect("groups_last_i", &n["groups_last"]);
        u.connect("vector_ready_i", &vector_ready);
        u.connect("apply_o", &apply);
        u.connect("sample_o", &sample);
        u.connect("phase_o", &phase);
        u.connect("adc_start_o", &adc_start);
        u.connect("adc_group_o", &adc_group);
        u.connect("done_i", &done);
        u.connect("capture_o", &capture);
        u.connect("captured_o", &captured);
        u.connect("release_i", &release);
        u.connect("active_o", &array_active);
    });
    let rw = result_word_bits(schedule);
    let result_word = m.net("result_word", rw);
    let result_next = m.net("result_next", l);
    let sums = m.var("sums", l * sb);
    let prog_here = m.wire("prog", prog_valid.and(&prog_ready));
    let macro_module = crossbar(schedule, view);
    let mut bank_sums = Vec::new();
    let mut bank_dones = Vec::new();
    for (i, b) in schedule.banks.iter().enumerate() {
        let select = m.wire(&format!("select_{}", b.name), n["layer"].eq(Expr::lit(lw, i as u128)));
        let bank_done = m.net(&format!("done_{}", b.name), 1);
        let bank_sum = m.net(&format!("sums_{}", b.name), l * b.sum_bits as usize);
        let module = bank(schedule, i, &macro_module);
        m.inst(&format!("u_bank_{}", b.name), &module, |u| {
            u.clk_rst();
            u.connect("select_i", &select);
            u.connect("dac_valid_i", &dac_valid);
            u.connect("dac_word_i", &dac_word);
            u.connect("dac_mask_i", &dac_mask);
            u.connect("dac_next_i", &dac_next);
            u.connect("dac_data_i", &dac_data);
            u.connect("apply_i", &apply);
            u.connect("sample_i", &sample);
            u.connect("phase_i", &phase);
            u.connect("adc_start_i", &adc_start);
            u.connect("adc_group_i", &adc_group);
            u.connect("adc_gain_i", &gain);
            u.connect("done_o", &bank_done);
            u.connect("capture_i", &capture);
            u.connect("result_word_i", &result_word);
            u.connect("result_next_i", &result_next);
            u.connect("sums_o", &bank_sum);
            u.connect("prog_valid_i", &prog_here);
            u.connect("prog_tile_i", &prog_tile);
            u.connect("prog_row_i", &prog_row);
            u.connect("prog_group_i", &prog_group);
            u.connect("prog_data_i", &prog_data);
        });
        let own = b.sum_bits as usize;
        let extended = m.net(&format!("wide_sums_{}", b.name), l * sb);
        m.gen_for(&format!("gen_{}", b.name), "lane", 0..l, |m, lane| {
            m.assign(extended.part_at(lane * sb, sb), bank_sum.part_at(lane * own, own).sext(sb));
        });
        bank_sums.push(extended);
        bank_dones.push(select.and(&bank_done));
    }
    let any_done = bank_dones.iter().skip(1).fold(bank_dones[0].clone(), |a, b| a.or(b));
    m.assign(&done, any_done);
    m.comb(|s| {
        s.case(&n["layer"], |c| {
            for (i, sum) in bank_sums.iter().enumerate() {
                c.arm(Expr::lit(lw, i as u128), |s| s.set(&sums, sum));
            }
            if bank_sums.len() < 1 << lw {
                c.default(|s| s.set(&sums, Expr::zero(l * sb)));
            }
        });
    });

    m.section("Drain");
    let beat_word = m.net("beat_word", e - sizes.lane_bits);
    let beat_mask = m.net("beat_mask", l);
    let beat_turn = m.net("beat_turn", sizes.lane_bits);
    let beat_bias = m.net("beat_bias", bw);
    let beat_sums = m.net("beat_sums", l * sb);
    let [beat_valid, beat_done, all_sent, idle, drain_step] =
        ["beat_valid", "beat_done", "all_sent", "idle", "drain_step"].map(|name| m.net(name, 1));
    m.inst("u_drain", &drain(schedule), |u| {
        u.clk_rst();
        u.connect("start_i", &start);
        u.connect("finish_i", &finish);
        u.connect("groups_last_i", &n["groups_last"]);
        u.connect("group_columns_i", &n["group_columns"]);
        u.connect("bias_last_i", &n["bias_last"]);
        for s in SEGMENT {
            u.connect(&format!("segment_{s}_i"), &drain_seg[s]);
        }
        u.connect("segment_ready_o", &drain_seg["ready"]);
        u.connect("captured_i", &captured);
        u.connect("release_o", &release);
        u.connect("result_word_o", &result_word);
        u.connect("result_next_o", &result_next);
        u.connect("sums_i", &sums);
        u.connect("beat_valid_o", &beat_valid);
        u.connect("beat_word_o", &beat_word);
        u.connect("beat_mask_o", &beat_mask);
        u.connect("beat_turn_o", &beat_turn);
        u.connect("beat_bias_o", &beat_bias);
        u.connect("beat_done_o", &beat_done);
        u.connect("beat_sums_o", &beat_sums);
        u.connect("all_sent_o", &all_sent);
    });
    m.assign(&op_done, all_sent.and(&idle));
    let lane_sum = rotator("memgan_drain_rotate", l, sb);
    let bias_read = m.net("bias_read", 1);
    let bias_address = m.net("bias_address", bw);
    let bias_data = m.net("bias_data", l * bb);
    let random_bytes = m.net("random_bytes", 8 * l);
    let drain_write = m.net("drain_write", 1);
    let drain_address = m.net("drain_address", aw);
    let drain_mask = m.net("drain_mask", l);
    let drain_data = m.net("drain_data", 8 * l);
    let (cw, cb) = (w.accumulator_word as usize, w.accumulator as usize);
    let acc = has_accumulators.then(|| {
        ["read_valid", "read_address", "read_data", "write_valid", "write_address", "write_data"].map(|p| {
            let width = if p.ends_with("valid") {
                1
            } else if p.ends_with("address") {
                cw
            } else {
                l * cb
            };
            (p, m.net(&format!("sum_{p}"), width))
        })
    });
    m.inst("u_accumulate", &accumulate(schedule, &lane_sum), |u| {
        u.clk_rst();
        u.connect("scatter_i", &scatter);
        u.connect("finish_i", &finish);
        u.connect("target_word_i", &n["target_word"]);
        u.connect("bias_word_i", &n["bias_word"]);
        u.connect("shift_i", &shift);
        u.connect("activation_i", &n["activation"]);
        u.connect("slope_i", &n["slope"]);
        u.connect("dropout_i", &n["dropout"]);
        u.connect("beat_valid_i", &beat_valid);
        u.connect("beat_word_i", &beat_word);
        u.connect("beat_mask_i", &beat_mask);
        u.connect("beat_turn_i", &beat_turn);
        u.connect("beat_bias_i", &beat_bias);
        u.connect("beat_done_i", &beat_done);
        u.connect("beat_sums_i", &beat_sums);
        u.connect("idle_o", &idle);
        u.connect("bias_read_valid_o", &bias_read);
        u.connect("bias_read_address_o", &bias_address);
        u.connect("bias_read_data_i", &bias_data);
        if let Some(acc) = &acc {
            for (p, net) in acc {
                u.connect(&format!("sum_{p}_{}", if *p == "read_data" { "i" } else { "o" }), net);
            }
            u.connect("clearing_o", &clearing);
        }
        u.connect("random_i", &random_bytes);
        u.connect("random_step_o", &drain_step);
        u.connect("write_valid_o", &drain_write);
        u.connect("write_address_o", &drain_address);
        u.connect("write_mask_o", &drain_mask);
        u.connect("write_data_o", &drain_data);
    });
    let random_step = m.wire("random_step", host_step.or(&drain_step));
    m.inst("u_random", &random(schedule), |u| {
        u.clk_rst();
        u.connect("seed_valid_i", &seed_valid);
        u.connect("seed_i", &seed);
        u.connect("step_i", &random_step);
        u.connect("latents_o", &latents);
        u.connect("bytes_o", &random_bytes);
    });

    m.section("Memories");
    let activation_read = m.wire("activation_read", gather_read.or(&host_read));
    let activation_address = m.wire("activation_read_address", host_read.mux(&host_address, &gather_address));
    m.assign(&tap_valid, drain_write.or(&host_write));
    m.assign(&tap_address, host_write.mux(&host_address, &drain_address));
    m.assign(&tap_mask, host_write.mux(Expr::ones(l), &drain_mask));
    m.assign(&tap_data, host_write.mux(&host_data, &drain_data));
    let activations = sram("memgan_activation_sram", "Activation memory", schedule.activation_words, l, 8, true);
    m.inst("u_activations", &activations, |u| {
        u.clk();
        u.connect("read_valid_i", &activation_read);
        u.connect("read_address_i", &activation_address);
        u.connect("read_data_o", &read_data);
        u.connect("write_valid_i", &tap_valid);
        u.connect("write_address_i", &tap_address);
        u.connect("write_mask_i", &tap_mask);
        u.connect("write_data_i", &tap_data);
    });
    m.inst("u_biases", &sram("memgan_bias_sram", "Bias memory", schedule.bias_words, l, bb, false), |u| {
        u.clk();
        u.connect("read_valid_i", &bias_read);
        u.connect("read_address_i", &bias_address);
        u.connect("read_data_o", &bias_data);
        u.connect("write_valid_i", &cfg_bias);
        u.connect("write_address_i", cfg_address.trunc(bw));
        u.connect("write_data_i", &cfg_data);
    });
    match &acc {
        Some(acc) => {
            let words = schedule.accumulator_words;
            let module = sram("memgan_accumulator_sram", "Accumulator memory", words, l, cb, false);
            m.inst("u_accumulators", &module, |u| {
                u.clk();
                for (p, net) in acc {
                    u.connect(&format!("{p}_{}", if *p == "read_data" { "o" } else { "i" }), net);
                }
            });
        }
        None => m.assign(&clearing, Expr::zero(1)),
    }
    Rtl { top: m.finish() }
}
