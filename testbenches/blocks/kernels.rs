//! Control kernels: rust-hdl's own simulation and the printed text in Verilator, in step.

use crate::common::{Bench, Random};
use memgan::hdl::Module;
use memgan::rtl::blocks::{
    adapt_fsm, array_fsm, calibrator_fsm, host_fsm, loss_fsm, programmer_fsm, pulse_fsm, trainer_fsm,
};
use memgan::rtl::{AdaptFsm, ArrayFsm, CalibratorFsm, HostFsm, LossFsm, ProgrammerFsm, PulseFsm, TrainerFsm};
use rust_hdl::prelude::*;

const CYCLES: usize = 4000;

fn settle<B: Block>(kernel: &mut B) {
    assert!(simulate(kernel, 50), "the kernel does not settle");
}

/// Drives both with the same inputs and compares every output in every cycle, with a reset now and then. `percent` is the
/// probability of a one. Returns how many different output patterns there were.
fn in_step<B: Block>(
    module: &Module,
    mut kernel: B,
    percent: u32,
    set: impl Fn(&mut B, &dyn Fn(&str) -> bool, bool, bool),
    get: impl Fn(&B, &str) -> bool,
) -> usize {
    let names = |end: &str| -> Vec<String> {
        let all = module.ports().iter().map(|p| p.name().to_owned());
        all.filter(|n| n.ends_with(end) && n != "clk_i" && n != "rst_ni").collect()
    };
    let (inputs, outputs) = (names("_i"), names("_o"));
    let mut bench = Bench::new(module);
    let mut random = Random::new(u64::from(percent));
    let mut seen = std::collections::BTreeSet::new();
    kernel.connect_all();
    // The bench has been reset; so is the kernel.
    for clock in [false, true, false] {
        set(&mut kernel, &|_| false, clock, false);
        settle(&mut kernel);
    }
    for cycle in 0..CYCLES {
        let values: Vec<bool> = inputs.iter().map(|_| random.percent(percent)).collect();
        let value =
            |name: &str| values[inputs.iter().position(|i| i == name).unwrap_or_else(|| panic!("input {name}"))];
        let running = !random.percent(1);
        bench.set("rst_ni", u64::from(running));
        for (name, &v) in inputs.iter().zip(&values) {
            bench.set(name, u64::from(v));
        }
        set(&mut kernel, &value, false, running);
        settle(&mut kernel);
        bench.eval();
        let mut pattern = String::new();
        for name in &outputs {
            let want = get(&kernel, name);
            assert_eq!(bench.flag(name), want, "cycle {cycle}, {name}, inputs {values:?}");
            pattern.push(if want { '1' } else { '0' });
        }
        seen.insert(pattern);
        set(&mut kernel, &value, true, running);
        settle(&mut kernel);
        bench.tick();
    }
    seen.len()
}

/// Sets inputs and reads outputs of a kernel by their names.
macro_rules! by_name {
    (@set $($input:ident)*) => {
        |k, value, clock, running| {
            k.clk_i.next = clock.into();
            k.rst_ni.next = running;
            $(k.$input.next = value(stringify!($input));)*
        }
    };
    (@get $($output:ident)*) => {
        |k, name| match name {
            $(stringify!($output) => k.$output.val(),)*
            _ => panic!("output {name}"),
        }
    };
}

#[test]
fn array_control() {
    for percent in [50, 85] {
        let patterns = in_step(
            &array_fsm(),
            ArrayFsm::default(),
            percent,
            by_name!(@set vector_ready_i timer_end_i last_phase_i done_i free_i last_group_i),
            by_name!(@get apply_o load_settle_o load_sample_o sample_o next_phase_o adc_start_o capture_o next_group_o active_o),
        );
        // Idle (2), settle (2), sample (2), start, and capture of a group, the last group, the last group with the next
        // vector, each before and after a stall. Waiting looks like settling, a stall like idling.
        assert_eq!(patterns, 2 + 2 + 2 + 1 + 3 + 3, "states and their strobes");
    }
}

#[test]
fn host() {
    for percent in [30, 70] {
        let patterns = in_step(
            &host_fsm(),
            HostFsm::default(),
            percent,
            by_name!(@set cmd_valid_i is_seed_i is_load_i is_latent_i is_run_i is_read_i clearing_i in_valid_i out_ready_i
                count_end_i op_done_i last_op_i),
            by_name!(@get accept_o cmd_ready_o warm_up_o in_ready_o write_input_o write_latent_o read_o out_valid_o advance_o
                fetch_o start_o next_op_o busy_o),
        );
        // Idle (closed, open, accept), seed, load (2), latent, fetch, start, run (2), read fetch, read send (2).
        assert_eq!(patterns, 3 + 1 + 2 + 1 + 1 + 1 + 2 + 1 + 2, "states and their strobes");
    }
}

#[test]
fn adapt() {
    for percent in [40, 60] {
        let patterns = in_step(
            &adapt_fsm(),
            AdaptFsm::default(),
            percent,
            by_name!(@set start_i trained_i fold_i last_i last_word_i),
            by_name!(@get compare_o write_o sum_read_o of_place_o take_o sum_write_o clear_o bias_read_o bias_write_o
                advance_o restart_o done_o),
        );
        // Idle, compare, write, fold source, fold target, fold add (2), step read, step write (2), clear.
        assert_eq!(patterns, 1 + 1 + 1 + 1 + 1 + 2 + 1 + 2 + 1, "states and their strobes");
    }
}

#[test]
fn loss() {
    let patterns = in_step(
        &loss_fsm(),
        LossFsm::default(),
        50,
        by_name!(@set start_i last_lane_i last_word_i),
        by_name!(@get read_o write_o done_o),
    );
    assert_eq!(patterns, 3, "idle, read, lane");
}

#[test]
fn pulses() {
    for percent in [30, 60] {
        let patterns = in_step(
            &pulse_fsm(),
            PulseFsm::default(),
            percent,
            by_name!(@set vectors_ready_i phase_used_i last_phase_i done_i),
            by_name!(@get apply_o pulse_start_o next_phase_o position_end_o active_o),
        );
        // Idle (2); a phase with a pulse, an empty one, an empty last one; a pulse that runs, ends, ends the position.
        assert_eq!(patterns, 2 + 3 + 3, "states and their strobes");
    }
}

#[test]
fn programmer() {
    for percent in [35, 65] {
        let patterns = in_step(
            &programmer_fsm(),
            ProgrammerFsm::default(),
            percent,
            by_name!(@set start_i timer_end_i last_phase_i adc_done_i pulse_done_i seek_i last_bit_i reached_i exhausted_i
                last_device_i),
            by_name!(@get row_o read_row_o column_o apply_o load_settle_o load_sample_o sample_o next_phase_o adc_start_o
                capture_o seek_o below_o above_o next_pulse_o pulse_start_o device_end_o active_o busy_o),
        );
        // Idle; write the word line, apply; settle (2), sample (2: the last phase's end looks like its middle), start,
        // convert (waiting looks like settling), capture; seek, compare twice; end of a device, next pulse; write both
        // lines, apply, pulse.
        assert_eq!(patterns, 1 + 2 + 2 + 2 + 1 + 1 + 3 + 2 + 4, "states and their strobes");
    }
}

#[test]
fn calibrator() {
    for percent in [40, 65] {
        let patterns = in_step(
            &calibrator_fsm(),
            CalibratorFsm::default(),
            percent,
            by_name!(@set start_i timer_end_i last_phase_i adc_done_i last_adc_i last_bit_i last_side_i),
            by_name!(@get fetch_o store_o apply_o load_settle_o load_sample_o sample_o next_phase_o adc_start_o side_end_o
                active_o busy_o),
        );
        // Idle; fetch, store, the last store of a side; apply; settle (2), sample (2: the last phase's end looks like its
        // middle), start. Converting looks like settling.
        assert_eq!(patterns, 1 + 3 + 1 + 2 + 2 + 1, "states and their strobes");
    }
}

#[test]
fn trainer() {
    for percent in [40, 70] {
        let patterns = in_step(
            &trainer_fsm(),
            TrainerFsm::default(),
            percent,
            by_name!(@set cmd_valid_i is_train_i is_seed_i no_step_i host_ready_i in_valid_i loads_i draws_i labels_i last_i),
            by_name!(@get cmd_ready_o take_train_o take_seed_o pass_o seed_o load_o latent_o run_o seeded_o label_ready_o
                phase_end_o training_o),
        );
        // Idle (closed and open, each with and without a command of the host; train; train seed), seed (2), input (2),
        // label (2), run, wait (2): waiting of one kind looks like that of another.
        assert_eq!(patterns, 6 + 2 + 2 + 2 + 1 + 1, "states and their strobes");
    }
}
