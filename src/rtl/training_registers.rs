//! Registers of every layer that training adapts, and the counters that say how.

use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{Rate, SHIFT_BITS};
use crate::schedule::{Schedule, bits_for};
use std::sync::Arc;

/// `{shift, gain}` of the forward reads: space 0.
const FORWARD_BITS: usize = 2 * SHIFT_BITS as usize;
/// Width of a counter of events and of the target of the pulses.
pub(super) const COUNTER_BITS: usize = 32;
/// `{target, fineness, rate, back_shift, back_gain}`: space 1, the wider of the two.
pub const TRAINING_REGISTER_BITS: usize = COUNTER_BITS + SHIFT_BITS as usize + Rate::BITS as usize + FORWARD_BITS;
/// Saturated, upper and total.
pub(super) const RANGE_BITS: usize = 3 * COUNTER_BITS;
/// First space of the counters.
pub const COUNTER_SPACE: usize = 2;
/// Counters in the order of their spaces, from [`COUNTER_SPACE`] on.
pub const COUNTERS: [&str; 10] = [
    "forward reads saturated",
    "forward reads upper",
    "forward reads",
    "backward reads saturated",
    "backward reads upper",
    "backward reads",
    "errors saturated",
    "errors upper",
    "errors",
    "pulses",
];
/// Bits that name a space of the read port.
pub const SPACE_BITS: usize = bits_for(COUNTER_SPACE + COUNTERS.len() - 1) as usize;

/// Bits of a number of pulses that come at once: word lines times bit lines of the largest matrix, or a word of lanes.
pub fn pulse_bits(schedule: &Schedule) -> usize {
    let most = schedule.banks.iter().map(|b| b.matrix_rows * b.matrix_columns).max().unwrap_or(1);
    bits_for(most.max(schedule.lanes)) as usize
}

/// `counter` plus `by`, at most all ones.
fn counted(m: &mut Builder, name: &str, counter: &Expr, by: &Expr) -> Expr {
    let width = counter.width().max(by.width()) + 1;
    let sum = m.wire(&format!("{name}_sum"), counter.zext(width).add(by.zext(width)));
    let over = sum.slice(counter.width(), width - counter.width()).any();
    m.wire(&format!("{name}_next"), over.mux(Expr::ones(counter.width()), sum.trunc(counter.width())))
}

/// The block that holds what a training design keeps for each layer.
pub fn training_registers(schedule: &Schedule) -> Arc<Module> {
    let w = schedule.widths.layer as usize;
    let aw = schedule.widths.layer.max(schedule.widths.bias_word) as usize;
    let (s, rb, tb) = (SHIFT_BITS as usize, Rate::BITS as usize, TRAINING_REGISTER_BITS);
    let (layers, all) = (schedule.banks.len(), COUNTERS.len() * COUNTER_BITS);
    let count_bits = bits_for(schedule.lanes) as usize;

    let mut m = Builder::new("memgan_training_registers", file!());
    m.doc(
        "What training keeps for each layer: gains and shifts of forward and backward reads, pulse rate, fineness of the \
         bias step, target of the pulses, and counters of events since the layer's last adapt.",
    );
    m.doc(
        "Spaces: 0 {shift, gain}; 1 {target, fineness, rate, back_shift, back_gain}; 2, 3, 4 forward reads saturated, upper, \
         all; 5, 6, 7 the same of backward reads; 8, 9, 10 the same of errors written; 11 pulses. Counters stay at their \
         largest value.",
    );
    m.contract(
        "Write and read port are used only while no operation runs: read_valid_i takes the selection of a layer away from \
         layer_i. adapt_valid_i clears the layer's counters, and events of the same cycle are lost.",
    );
    m.latency("reading is combinational; events and writes count from the next cycle on");
    m.clk_rst();
    m.group("Write port");
    let write = m.input("write_valid_i", 1, "");
    let write_space = m.input("write_space_i", 1, "0 or 1");
    let write_layer = m.input("write_layer_i", aw, "a layer; others are ignored");
    let write_data = m.input("write_data_i", tb, "space 0: low 8 bits");
    m.group("Read port");
    let read = m.input("read_valid_i", 1, "");
    let read_space = m.input("read_space_i", SPACE_BITS, "");
    let read_layer = m.input("read_layer_i", aw, "a layer; others are zero");
    let read_data = m.output_var("read_data_o", tb, "");
    m.group("Registers of the running operation's layer");
    let layer = m.input("layer_i", w, "");
    let gain = m.output("gain_o", s, "of forward reads");
    let shift = m.output("shift_o", s, "of forward reads");
    let back_gain = m.output("back_gain_o", s, "");
    let back_shift = m.output("back_shift_o", s, "");
    let rate = m.output("rate_o", rb, "rate of pulses, or step of gradients");
    let fineness = m.output("fineness_o", s, "of the bias step");
    let target = m.output("target_o", COUNTER_BITS, "pulses a batch");
    m.group("Events of that layer");
    let read_end = m.input("read_end_i", 1, "a position was read");
    let read_backward = m.input("read_backward_i", 1, "by columns");
    let read_saturated = m.input("read_saturated_i", 1, "any code at an end of its range");
    let read_upper = m.input("read_upper_i", 1, "any code in the upper half of its range");
    let errors = m.input("errors_valid_i", 1, "errors are written");
    let errors_count = m.input("errors_count_i", count_bits, "0..lanes");
    let errors_saturated = m.input("errors_saturated_i", count_bits, "of these");
    let errors_upper = m.input("errors_upper_i", count_bits, "of these");
    let pulses = m.input("pulses_valid_i", 1, "");
    let pulses_count = m.input("pulses_i", pulse_bits(schedule), "lines fired on the rows times lines on the columns");
    m.group("Adapt");
    let forward_range = m.output("forward_o", RANGE_BITS, "forward reads {total, upper, saturated}");
    let backward_range = m.output("backward_o", RANGE_BITS, "backward reads");
    let errors_range = m.output("errors_o", RANGE_BITS, "errors written");
    let pulses_out = m.output("pulses_o", COUNTER_BITS, "");
    let adapt = m.input("adapt_valid_i", 1, "new values; counters become zero");
    let new_gain = m.input("adapt_gain_i", s, "");
    let new_shift = m.input("adapt_shift_i", s, "");
    let new_back_gain = m.input("adapt_back_gain_i", s, "");
    let new_back_shift = m.input("adapt_back_shift_i", s, "");
    let new_rate = m.input("adapt_rate_i", rb, "");

    m.section("The selected layer");
    let forward_q = m.reg("forward_q", layers * FORWARD_BITS, 0);
    let training_q = m.reg("training_q", layers * tb, 0);
    let counters_q = m.reg("counters_q", layers * all, 0);
    let selected = m.wire("selected", read.mux(&read_layer, layer.zext(aw)));
    let (forward, training) = (m.var("forward", FORWARD_BITS), m.var("training", tb));
    let counters = m.var("counters", all);
    m.comb(|p| {
        p.set(&forward, Expr::zero(FORWARD_BITS));
        p.set(&training, Expr::zero(tb));
        p.set(&counters, Expr::zero(all));
        p.case(&selected, |c| {
            for i in 0..layers {
                c.arm(Expr::lit(aw, i as u128), |p| {
                    p.set(&forward, forward_q.slice(i * FORWARD_BITS, FORWARD_BITS));
                    p.set(&training, training_q.slice(i * tb, tb));
                    p.set(&counters, counters_q.slice(i * all, all));
                });
            }
            if layers < 1 << aw {
                c.default(|p| p.comment("no such layer"));
            }
        });
    });
    m.assign(&gain, forward.slice(0, s));
    m.assign(&shift, forward.slice(s, s));
    m.assign(&back_gain, training.slice(0, s));
    m.assign(&back_shift, training.slice(s, s));
    m.assign(&rate, training.slice(2 * s, rb));
    m.assign(&fineness, training.slice(2 * s + rb, s));
    m.assign(&target, training.slice(3 * s + rb, COUNTER_BITS));
    m.assign(&forward_range, counters.slice(0, RANGE_BITS));
    m.assign(&backward_range, counters.slice(RANGE_BITS, RANGE_BITS));
    m.assign(&errors_range, counters.slice(2 * RANGE_BITS, RANGE_BITS));
    m.assign(&pulses_out, counters.slice(3 * RANGE_BITS, COUNTER_BITS));
    m.comb(|p| {
        p.case(&read_space, |c| {
            let space = |i: usize| Expr::lit(SPACE_BITS, i as u128);
            c.arm(space(0), |p| p.set(&read_data, forward.zext(tb)));
            c.arm(space(1), |p| p.set(&read_data, &training));
            for i in 0..COUNTERS.len() {
                let counter = counters.slice(i * COUNTER_BITS, COUNTER_BITS);
                c.arm(space(COUNTER_SPACE + i), |p| p.set(&read_data, counter.zext(tb)));
            }
            c.default(|p| p.set(&read_data, Expr::zero(tb)));
        });
    });

    m.section("Its counters after this cycle");
    let forward_end = m.wire("forward_end", read_end.and(read_backward.not()));
    let backward_end = m.wire("backward_end", read_end.and(&read_backward));
    let gated = |valid: &Expr, count: &Expr| valid.mux(count, Expr::zero(count.width()));
    let events = [
        ("forward_saturated", forward_end.and(&read_saturated)),
        ("forward_upper", forward_end.and(&read_upper)),
        ("forward_reads", forward_end.clone()),
        ("backward_saturated", backward_end.and(&read_saturated)),
        ("backward_upper", backward_end.and(&read_upper)),
        ("backward_reads", backward_end.clone()),
        ("errors_saturated", gated(&errors, &errors_saturated)),
        ("errors_upper", gated(&errors, &errors_upper)),
        ("errors_written", gated(&errors, &errors_count)),
        ("pulses", gated(&pulses, &pulses_count)),
    ];
    let mut next = Vec::new();
    for (i, (name, by)) in events.into_iter().enumerate() {
        let by = m.wire(&format!("{name}_by"), by);
        next.push(counted(&mut m, name, &counters.slice(i * COUNTER_BITS, COUNTER_BITS), &by));
    }
    next.reverse();
    let next = m.wire("counters_next", adapt.mux(Expr::zero(all), Expr::concat(&next)));

    m.section("Registers of each layer: one value for all, taken by one");
    let adapted = Expr::concat(&[new_shift.clone(), new_gain.clone()]);
    let forward_next = m.wire("forward_next", write.mux(write_data.slice(0, FORWARD_BITS), adapted));
    let kept = training.slice(2 * s + rb, s + COUNTER_BITS);
    let adapted = Expr::concat(&[kept, new_rate.clone(), new_back_shift.clone(), new_back_gain.clone()]);
    let training_next = m.wire("training_next", write.mux(&write_data, adapted));
    let one = Expr::lit(layers, 1);
    let none = Expr::zero(layers);
    let here = m.wire("here", one.shl_dyn(&layer));
    let written = m.wire("written", write.mux(one.shl_dyn(&write_layer), &none));
    let adapts = m.wire("adapts", adapt.mux(&here, &none));
    let event = m.wire("event_or_adapt", read_end.or(&errors).or(&pulses).or(&adapt));
    let counts = m.wire("counts", event.mux(&here, &none));
    m.gen_for("gen_layer", "layer", 0..layers, |m, layer| {
        let bit = |e: &Expr| e.bit_at(layer.clone());
        let part = |q: &Expr, width: usize| q.part_at(layer.clone() * width, width);
        m.clocked(|p| {
            p.if_(bit(&adapts).or(bit(&written).and(write_space.not())), |p| {
                p.set(part(&forward_q, FORWARD_BITS), &forward_next);
            });
        });
        m.clocked(|p| {
            p.if_(bit(&adapts).or(bit(&written).and(&write_space)), |p| p.set(part(&training_q, tb), &training_next));
        });
        m.clocked(|p| {
            p.if_(bit(&counts), |p| p.set(part(&counters_q, all), &next));
        });
    });
    m.finish()
}
