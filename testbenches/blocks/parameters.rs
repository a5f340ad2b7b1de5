//! What the schedule puts into hardware: ROM fields, layer parameters, memories.

use crate::common::{Bench, EIGHT, PAIR, Random, STEPS, WIDE, preset, schedule};
use memgan::config::{Activation, presets};
use memgan::rtl::blocks::{layer_parameters, schedule_rom, sram};
use memgan::schedule::{Op, OpKind, Schedule};

/// Every field of an operation by the name of its port; those that do not matter for this kind are left out.
fn fields(schedule: &Schedule, index: usize, op: &Op) -> Vec<(&'static str, usize)> {
    let bank = &schedule.banks[op.layer];
    let word = |tensor: usize| schedule.tensors[tensor].base_word;
    let (activation, slope) = match op.activation {
        Activation::Linear => (0, None),
        Activation::Relu => (1, None),
        Activation::LeakyRelu { shift } => (2, Some(shift as usize)),
        Activation::Tanh => (3, None),
        Activation::Sigmoid => (4, None),
    };
    let mut fields = vec![
        ("gather_window", usize::from(op.kind == OpKind::GatherWindow)),
        ("scatter_window", usize::from(op.kind == OpKind::ScatterWindow)),
        ("finish", usize::from(op.kind == OpKind::Finish)),
        ("last", usize::from(schedule.programs.iter().any(|p| p.last_op == index))),
        ("layer", op.layer),
        ("positions_last", op.positions - 1),
        ("groups_last", bank.groups - 1),
        ("group_columns", bank.group_columns),
        ("bias_word", op.bias_base),
        ("bias_last", op.bias_period - 1),
        ("activation", activation),
        ("dropout", op.dropout as usize),
    ];
    fields.extend(slope.map(|s| ("slope", s)));
    fields.extend(op.source.map(|t| ("source_word", word(t))));
    fields.extend(op.target.map(|t| ("target_word", word(t))));
    if matches!(op.kind, OpKind::GatherRun | OpKind::ScatterWindow) {
        fields.push(("gather_len", op.gather_len));
    }
    if op.kind != OpKind::ScatterWindow {
        fields.push(("drain_len", op.drain_len));
    }
    if let Some(w) = op.window {
        fields.extend([
            ("kernel_last", w.kernel - 1),
            ("row_len", w.row_len),
            ("image_rows", w.image_rows),
            ("image_row_len", w.image_row_len),
            ("stride", w.stride),
            ("step", w.step),
            ("row_step", w.stride * w.image_row_len),
            ("padding", w.padding),
            ("padding_len", w.padding_len),
            ("padding_rows_len", w.padding * w.image_row_len),
            ("positions_x_last", w.positions_x - 1),
            ("positions_y_last", w.positions_y - 1),
        ]);
    }
    fields
}

#[test]
fn every_field_of_every_operation() {
    let own = [PAIR, EIGHT, WIDE, STEPS].map(schedule);
    for schedule in presets().iter().map(|p| preset(p.name)).chain(own) {
        let mut bench = Bench::new(&schedule_rom(&schedule));
        let ports = bench.model.ports().iter().filter(|p| p.name.ends_with("_o")).count();
        let mut tested = std::collections::BTreeSet::new();
        let mut random = Random::new(1);
        for _ in 0..3 * schedule.ops.len() {
            let index = random.below(schedule.ops.len());
            bench.set("op_i", index);
            bench.set("fetch_i", 1u64);
            bench.tick();
            // The fields stay while the next operation's number is already there.
            bench.set("op_i", random.below(schedule.ops.len()));
            bench.set("fetch_i", 0u64);
            for _ in 0..2 {
                bench.eval();
                for (name, value) in fields(&schedule, index, &schedule.ops[index]) {
                    let got = bench.get(&format!("{name}_o"));
                    assert_eq!(got as usize, value, "{} operation {index}: {name}", schedule.design.name);
                    tested.insert(name);
                }
                bench.tick();
            }
        }
        let leaky = schedule.ops.iter().any(|o| matches!(o.activation, Activation::LeakyRelu { .. }));
        assert_eq!(tested.len(), ports - usize::from(!leaky), "{tested:?}");
    }
}

#[test]
fn layer_parameters_are_kept() {
    for schedule in [preset("am-dcgan"), preset("mlp"), schedule(PAIR)] {
        let mut bench = Bench::new(&layer_parameters(&schedule));
        let mut random = Random::new(2);
        let layers = schedule.banks.len();
        let mut expected = vec![(0, 0); layers];
        for _ in 0..300 {
            let (write, to, gain, shift) =
                (random.percent(40), random.below(layers), random.below(16), random.below(16));
            bench.set("write_valid_i", u64::from(write));
            bench.set("write_layer_i", to);
            bench.set("write_data_i", gain | shift << 4);
            let layer = random.below(layers);
            bench.set("layer_i", layer);
            bench.eval();
            assert_eq!((bench.get("gain_o") as usize, bench.get("shift_o") as usize), expected[layer], "layer {layer}");
            bench.tick();
            if write {
                expected[to] = (gain, shift);
            }
        }
    }
}

fn memory(words: usize, lanes: usize, width: usize, masked: bool) {
    let mut bench = Bench::new(&sram("memgan_test_sram", "Memory", words, lanes, width, masked));
    let mut random = Random::new(words as u64);
    let mut content: Vec<Option<Vec<i64>>> = vec![None; words];
    // What the read port shows: the last word read, if it was defined.
    let mut shown: Option<Vec<i64>> = None;
    let mut compared = 0;
    for _ in 0..2000 {
        let (read, write) = (random.percent(50), random.percent(60));
        let (from, to) = (random.below(words), random.below(words));
        let data: Vec<i64> = (0..lanes).map(|_| random.value(width as u32)).collect();
        let mask: Vec<bool> = (0..lanes).map(|_| !masked || random.percent(50)).collect();
        bench.set("read_valid_i", u64::from(read));
        bench.set("read_address_i", from);
        bench.set("write_valid_i", u64::from(write));
        bench.set("write_address_i", to);
        bench.set_all("write_data_i", width, data.iter().copied());
        if masked {
            bench.set_all("write_mask_i", 1, mask.iter().map(|&m| i64::from(m)));
        }
        bench.eval();
        if let Some(shown) = &shown {
            assert_eq!(&bench.get_signed("read_data_o", width, lanes), shown);
            compared += 1;
        }
        bench.tick();
        if read {
            shown = content[from].clone().filter(|_| !(write && from == to));
        }
        if write {
            // The first write of a word is a whole one: before it the word is undefined.
            match &mut content[to] {
                Some(word) => (0..lanes).filter(|&l| mask[l]).for_each(|l| word[l] = data[l]),
                empty if mask.iter().all(|&m| m) => *empty = Some(data),
                _ => {}
            }
        }
    }
    assert!(compared > 500, "{compared} words compared");
}

#[test]
fn memories() {
    memory(7, 4, 8, true);
    memory(2, 2, 8, true);
    memory(16, 3, 16, false);
    memory(5, 2, 21, false);
}
