//! The schedule as a ROM, with a register for the operation that runs.

use super::activation::{ACTIVATION_BITS, activation_code};
use super::gather::dac_word_bits;
use super::lanes::Sizes;
use crate::config::Activation;
use crate::hdl::{Bits, Builder, Expr, Module};
use crate::schedule::{LossTarget, Op, OpKind, Pass, Schedule, Window};
use std::sync::Arc;

/// Value of a field for an operation and its number.
type Value = Box<dyn Fn(&Op, usize) -> u128>;

/// A field of an operation: port name, width, comment, value.
pub(super) struct Field {
    pub name: &'static str,
    pub width: usize,
    comment: &'static str,
    value: Value,
}

const NO_WINDOW: Window = Window {
    kernel: 1,
    row_len: 0,
    image_rows: 0,
    image_row_len: 0,
    stride: 0,
    step: 0,
    padding: 0,
    padding_len: 0,
    positions_x: 1,
    positions_y: 1,
};

/// All fields, in the order of the ports.
pub(super) fn fields(schedule: &Schedule) -> Vec<Field> {
    let w = schedule.widths;
    let e = Sizes::of(schedule).element;
    let p = w.position as usize;
    let mut list = Vec::new();
    let mut add = |name, width: usize, comment, value: Value| {
        list.push(Field { name, width, comment, value });
    };
    let kind = |k: OpKind| Box::new(move |o: &Op, _| u128::from(o.kind == k));
    add("gather_window", 1, "window -> read -> pixel", kind(OpKind::GatherWindow));
    add("scatter_window", 1, "pixel -> read -> window", kind(OpKind::ScatterWindow));
    add("finish", 1, "accumulators -> activations", kind(OpKind::Finish));
    let networks = schedule.programs.iter().map(|p| p.last_op);
    let last: Vec<usize> = networks.chain(schedule.phases.iter().map(|p| p.last_op)).collect();
    add("last", 1, "closes a program", Box::new(move |_, i| u128::from(last.contains(&i))));
    add("layer", w.layer as usize, "", Box::new(|o, _| o.layer as u128));
    let base: Vec<usize> = schedule.tensors.iter().map(|t| t.base_word).collect();
    let base2 = base.clone();
    let at = move |t: Option<usize>, base: &[usize]| t.map_or(0, |t| base[t] as u128);
    add("source_word", w.activation_word as usize, "input region", Box::new(move |o, _| at(o.source, &base)));
    add("target_word", w.activation_word as usize, "output region", Box::new(move |o, _| at(o.target, &base2)));
    let has_windows = schedule.ops.iter().any(|o| o.window.is_some());
    let window =
        |f: fn(&Window) -> usize| Box::new(move |o: &Op, _: usize| f(&o.window.unwrap_or(NO_WINDOW)) as u128) as Value;
    if has_windows {
        add("kernel_last", e, "kernel rows - 1", window(|w| w.kernel - 1));
        add("row_len", e, "elements of a window row", window(|w| w.row_len));
        add("image_rows", e, "", window(|w| w.image_rows));
        add("image_row_len", e, "elements", window(|w| w.image_row_len));
        add("stride", e, "image rows", window(|w| w.stride));
        add("step", e, "elements", window(|w| w.step));
        add("row_step", e, "elements", window(Window::row_step));
        add("padding", e, "image rows", window(|w| w.padding));
        add("padding_len", e, "elements", window(|w| w.padding_len));
        add("padding_rows_len", e, "elements", window(Window::padding_rows_len));
        add("positions_x_last", p, "", window(|w| w.positions_x - 1));
        add("positions_y_last", p, "", window(|w| w.positions_y - 1));
    }
    add("positions_last", p, "reads - 1", Box::new(|o, _| o.positions as u128 - 1));
    add("gather_len", e, "elements of an input run", Box::new(|o, _| o.gather_len as u128));
    add("drain_len", e, "elements of an output run", Box::new(|o, _| o.drain_len as u128));
    let banks = schedule.banks.clone();
    let banks2 = banks.clone();
    let of_read = |o: &Op, row_read: usize, column_read: usize| {
        if o.pass == Pass::Backward { column_read as u128 } else { row_read as u128 }
    };
    let conversions = move |o: &Op, _| of_read(o, banks[o.layer].groups, banks[o.layer].row_groups) - 1;
    let columns = move |o: &Op, _| of_read(o, banks2[o.layer].group_columns, banks2[o.layer].group_rows);
    add("groups_last", w.conversion as usize, "conversions - 1", Box::new(conversions));
    add("group_columns", e, "columns a conversion, or rows", Box::new(columns));
    add("bias_word", w.bias_word as usize, "first word of the bias pattern", Box::new(|o, _| o.bias_base as u128));
    add("bias_last", w.bias_word as usize, "words of the pattern - 1", Box::new(|o, _| o.bias_period as u128 - 1));
    add("activation", ACTIVATION_BITS, "", Box::new(|o, _| activation_code(o.activation)));
    add(
        "slope",
        3,
        "leaky relu",
        Box::new(|o, _| match o.activation {
            Activation::LeakyRelu { shift } => u128::from(shift),
            _ => 0,
        }),
    );
    add("dropout", 8, "threshold in 1/256, 0 is off", Box::new(|o, _| u128::from(o.dropout)));
    if schedule.design.training.is_some() {
        list.extend(training_fields(schedule));
    }
    list
}

/// The fields that only training operations use.
fn training_fields(schedule: &Schedule) -> Vec<Field> {
    let w = schedule.widths;
    let lane_bits = Sizes::of(schedule).lane_bits;
    let mut list = Vec::new();
    let mut add = |name, width: usize, comment, value: Value| {
        list.push(Field { name, width, comment, value });
    };
    let pass = |p: Pass| Box::new(move |o: &Op, _| u128::from(o.pass == p));
    add("backward", 1, "column reads", pass(Pass::Backward));
    add("update", 1, "outer products", pass(Pass::Update));
    add("loss", 1, "errors of the output", pass(Pass::Loss));
    add("bias_sum", 1, "errors to bias sums", pass(Pass::BiasSum));
    add("adapt", 1, "biases, gains, shifts, rate", pass(Pass::Adapt));
    add("loss_target", 8, "signed code", Box::new(|o, _| loss_code(o) as u8 as u128));
    add("loss_class", 1, "one output a class", Box::new(|o, _| u128::from(o.loss == Some(LossTarget::Class))));
    let lanes = schedule.lanes;
    let tensors = schedule.tensors.clone();
    let in_last_word = move |o: &Op, _| {
        let elements = match (o.pass, o.target) {
            (Pass::Loss | Pass::BiasSum, Some(t)) => tensors[t].shape.len(),
            (Pass::Apply, _) => o.drain_len,
            _ => lanes,
        };
        (elements - 1) as u128 % lanes as u128
    };
    add("tail", lane_bits, "valid lanes of the last word - 1", Box::new(in_last_word));
    add("trained", 1, "biases and rate take a step", Box::new(|o, _| u128::from(adapts(o) > 0)));
    add("biases_last", w.bias_word as usize + lane_bits, "biases - 1", Box::new(|o, _| adapts(o).saturating_sub(1)));
    if schedule.gradient_words > 0 {
        let banks = schedule.banks.clone();
        let (regions, regions2) = (schedule.gradients.clone(), schedule.gradients.clone());
        add("apply", 1, "gradients to pulses", pass(Pass::Apply));
        add("rows_last", w.index as usize, "rows - 1", Box::new(move |o, _| banks[o.layer].matrix_rows as u128 - 1));
        let row_words = move |o: &Op, _| regions[o.layer].row_words as u128 - 1;
        add("row_words_last", dac_word_bits(schedule), "words of a row of gradients - 1", Box::new(row_words));
        let base = move |o: &Op, _| regions2[o.layer].base_word as u128;
        add("gradient_word", w.gradient_word as usize, "first address of the layer", Box::new(base));
    }
    list
}

fn loss_code(op: &Op) -> i8 {
    match op.loss {
        Some(LossTarget::Code(code)) => code,
        _ => 0,
    }
}

/// Biases that take a step.
fn adapts(op: &Op) -> u128 {
    if op.pass == Pass::Adapt { op.drain_len as u128 } else { 0 }
}

/// The block that holds the schedule.
pub fn schedule_rom(schedule: &Schedule) -> Arc<Module> {
    let fields = fields(schedule);
    let width: usize = fields.iter().map(|f| f.width).sum();
    let ob = schedule.widths.op as usize;
    let mut m = Builder::new("memgan_schedule_rom", file!());
    m.doc("The schedule: one word an operation, and the register that holds the running operation's fields.");
    m.latency("fields 1 cycle after fetch_i");
    m.clk_rst();
    m.group("Fetch");
    let fetch = m.input("fetch_i", 1, "");
    let op = m.input("op_i", ob, "operation");
    m.group("Fields of the running operation");
    let outs: Vec<Expr> = fields.iter().map(|f| m.output(&format!("{}_o", f.name), f.width, f.comment)).collect();

    let word = m.var("word", width);
    m.comb(|p| {
        p.case(&op, |c| {
            for (i, o) in schedule.ops.iter().enumerate() {
                let layer = &schedule.banks[o.layer].name;
                c.arm(Expr::lit(ob, i as u128), |p| {
                    p.comment(&format!("{layer}: {}", op_name(o)));
                    let values: Vec<Expr> =
                        fields.iter().rev().map(|f| Expr::bits(&Bits::new(f.width, (f.value)(o, i)))).collect();
                    p.set(&word, Expr::concat(&values));
                });
            }
            if schedule.ops.len() < 1 << ob {
                c.default(|p| p.set(&word, Expr::zero(width)));
            }
        });
    });
    let word_q = m.reg("word_q", width, 0);
    m.clocked(|p| {
        p.if_(&fetch, |p| p.set(&word_q, &word));
    });
    let mut low = 0;
    for (field, out) in fields.iter().zip(&outs) {
        m.assign(out, word_q.slice(low, field.width));
        low += field.width;
    }
    m.finish()
}

fn op_name(op: &Op) -> &'static str {
    match op.pass {
        Pass::Forward => kind_name(op.kind),
        Pass::Backward => match op.kind {
            OpKind::GatherWindow => "backward: gather a window, read columns, write a pixel",
            OpKind::ScatterWindow => "backward: gather a pixel, read columns, scatter-add a window",
            OpKind::Finish => "backward: finish the accumulators",
            _ => "backward: gather a run, read columns, write a run",
        },
        Pass::Update => "outer products of inputs and errors",
        Pass::Loss => "error of the output",
        Pass::BiasSum => "errors to bias sums",
        Pass::Apply => "gradients to pulses",
        Pass::Adapt => "biases, gains, shifts and rate",
    }
}

fn kind_name(kind: OpKind) -> &'static str {
    match kind {
        OpKind::GatherWindow => "gather a window, write a pixel",
        OpKind::GatherRun => "gather a run, write a run",
        OpKind::ScatterWindow => "gather a pixel, scatter-add a window",
        OpKind::Finish => "finish the accumulators",
        OpKind::Words => "walk the words of a tensor",
        OpKind::Rows => "walk the rows of the matrix",
        OpKind::Control => "registers of the layer",
    }
}
