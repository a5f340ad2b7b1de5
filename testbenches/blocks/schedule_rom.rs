//! The schedule in the ROM: every field of every operation, said anew from the schedule, and where programs end.

use crate::common::{Bench, EIGHT, PAIR, Random, TRAIN_NARROW, TRAIN_WIDE, lint_clean, preset, schedule, training};
use memgan::config::{Activation, UpdateRule};
use memgan::rtl::blocks::schedule_rom;
use memgan::schedule::{LossTarget, Op, OpKind, Pass, Schedule};

/// Fields of an operation that every design has.
fn fields(schedule: &Schedule, op: &Op) -> Vec<(&'static str, usize)> {
    let bank = &schedule.banks[op.layer];
    let base = |t: Option<usize>| t.map_or(0, |t| schedule.tensors[t].base_word);
    let (conversions, results) = match op.pass {
        Pass::Backward => (bank.row_groups, bank.group_rows),
        _ => (bank.groups, bank.group_columns),
    };
    let (code, slope) = match op.activation {
        Activation::Linear => (0, 0),
        Activation::Relu => (1, 0),
        Activation::LeakyRelu { shift } => (2, shift as usize),
        Activation::Tanh => (3, 0),
        Activation::Sigmoid => (4, 0),
    };
    vec![
        ("gather_window_o", usize::from(op.kind == OpKind::GatherWindow)),
        ("scatter_window_o", usize::from(op.kind == OpKind::ScatterWindow)),
        ("finish_o", usize::from(op.kind == OpKind::Finish)),
        ("layer_o", op.layer),
        ("source_word_o", base(op.source)),
        ("target_word_o", base(op.target)),
        ("positions_last_o", op.positions - 1),
        ("gather_len_o", op.gather_len),
        ("drain_len_o", op.drain_len),
        ("groups_last_o", conversions - 1),
        ("group_columns_o", results),
        ("bias_word_o", op.bias_base),
        ("bias_last_o", op.bias_period - 1),
        ("activation_o", code),
        ("slope_o", slope),
        ("dropout_o", op.dropout as usize),
    ]
}

/// Fields of the window, of operations that have one.
fn window_fields(op: &Op) -> Vec<(&'static str, usize)> {
    let Some(w) = op.window else { return vec![] };
    vec![
        ("kernel_last_o", w.kernel - 1),
        ("row_len_o", w.row_len),
        ("image_rows_o", w.image_rows),
        ("image_row_len_o", w.image_row_len),
        ("stride_o", w.stride),
        ("step_o", w.step),
        ("row_step_o", w.stride * w.image_row_len),
        ("padding_o", w.padding),
        ("padding_len_o", w.padding_len),
        ("padding_rows_len_o", w.padding * w.image_row_len),
        ("positions_x_last_o", w.positions_x - 1),
        ("positions_y_last_o", w.positions_y - 1),
    ]
}

/// Fields of designs that train: one flag a pass, and what the pass needs.
fn training_fields(schedule: &Schedule, op: &Op) -> Vec<(&'static str, usize)> {
    let flag = |pass| usize::from(op.pass == pass);
    // Valid lanes of the last word of `elements`, less one.
    let tail = |elements: usize| elements - (elements.div_ceil(schedule.lanes) - 1) * schedule.lanes - 1;
    let mut all = vec![
        ("backward_o", flag(Pass::Backward)),
        ("update_o", flag(Pass::Update)),
        ("loss_o", flag(Pass::Loss)),
        ("bias_sum_o", flag(Pass::BiasSum)),
        ("adapt_o", flag(Pass::Adapt)),
        ("loss_class_o", usize::from(op.loss == Some(LossTarget::Class))),
        ("trained_o", usize::from(op.pass == Pass::Adapt && op.drain_len > 0)),
    ];
    if let Some(LossTarget::Code(code)) = op.loss {
        all.push(("loss_target_o", usize::from(code as u8)));
    }
    match op.pass {
        Pass::Loss | Pass::BiasSum => {
            let tensor = &schedule.tensors[op.target.expect("the tensor of the errors")];
            all.push(("tail_o", tail(tensor.shape.len())));
        }
        Pass::Apply => all.push(("tail_o", tail(op.drain_len))),
        Pass::Adapt if op.drain_len > 0 => all.push(("biases_last_o", op.drain_len - 1)),
        _ => {}
    }
    if let Some(region) = schedule.gradients.get(op.layer) {
        all.push(("apply_o", flag(Pass::Apply)));
        all.push(("rows_last_o", schedule.banks[op.layer].matrix_rows - 1));
        all.push(("row_words_last_o", region.row_words - 1));
        all.push(("gradient_word_o", region.base_word));
    }
    all
}

/// Fetches every operation twice, in no order, with other numbers at the port in between.
fn drive(schedule: &Schedule) {
    let module = schedule_rom(schedule);
    lint_clean(&module);
    let (mut bench, mut random) = (Bench::new(&module), Random::new(1));
    let trains = schedule.design.training.is_some();
    // Inferences of the networks, then phases of a step.
    let ends: Vec<usize> =
        schedule.programs.iter().map(|p| p.last_op).chain(schedule.phases.iter().map(|p| p.last_op)).collect();
    let mut order: Vec<usize> = (0..schedule.ops.len()).chain(0..schedule.ops.len()).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, random.below(at + 1));
    }
    for index in order {
        let op = &schedule.ops[index];
        let mut expected = fields(schedule, op);
        expected.extend(window_fields(op));
        if trains {
            expected.extend(training_fields(schedule, op));
        }
        expected.push(("last_o", usize::from(ends.contains(&index))));
        bench.set("fetch_i", 1u64);
        bench.set("op_i", index);
        bench.eval();
        bench.tick();
        bench.set("fetch_i", 0u64);
        for _ in 0..3 {
            bench.set("op_i", random.below(schedule.ops.len()));
            bench.eval();
            for &(port, value) in &expected {
                assert_eq!(bench.get(port), value as u64, "{port} of operation {index}, {op:?}");
            }
            bench.tick();
        }
    }
}

#[test]
fn inference() {
    drive(&preset("tiny"));
    drive(&schedule(EIGHT));
}

#[test]
fn training_at_random() {
    drive(&schedule(TRAIN_NARROW));
    drive(&training(&schedule(EIGHT), UpdateRule::Stochastic, 2));
}

#[test]
fn training_with_gradients() {
    drive(&schedule(TRAIN_WIDE));
    drive(&training(&preset("tiny"), UpdateRule::Accumulate, 2));
    drive(&training(&schedule(PAIR), UpdateRule::Accumulate, 2));
}
