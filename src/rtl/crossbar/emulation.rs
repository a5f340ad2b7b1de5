//! The emulation of a design that only infers.

use super::cells::{convert, log2, weight};
use super::lines::word_lines;
use super::ports::{Ports, one_group};
use super::{checks, emulation_cycles};
use crate::hdl::{Builder, Expr};
use crate::schedule::Schedule;

pub(super) fn body(m: &mut Builder, schedule: &Schedule) {
    let d = &schedule.design;
    let w = &schedule.widths;
    let (rows, adcs, groups) = (d.crossbar.rows, d.crossbar.adcs(), d.crossbar.columns_per_adc);
    let (bits, dot, cell, ww) = (d.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    let rb = log2(rows);
    m.latency(&format!("adc_done_o {} cycles after adc_start_i: a word line a cycle", emulation_cycles(schedule)));
    let p = Ports::new(m, schedule);
    m.section("Line DACs");
    let line = word_lines(m, schedule, &p, None);

    one_group(m, groups, &p);
    m.section("Cells: signed weights in level steps, a word for each conversion group and word line");
    m.attr("ram_style", "block");
    let weights = m.mem("weight_q", adcs * ww, groups * rows);
    let at = |group: &Expr, row: &Expr| {
        if groups > 1 { Expr::concat(&[group.clone(), row.clone()]) } else { row.clone() }
    };
    m.initial(|s| {
        s.for_("index", 0..groups * rows, |s, index| s.set(weights.at_ix(index), Expr::zero(adcs * ww)));
    });
    let programmed = m.net("programmed", adcs * ww);
    m.gen_for("gen_column", "column", 0..adcs, |m, column| {
        let data = |lo: usize, n: usize| p.prog_data.part_at(column * cell + lo, n);
        m.assign(programmed.part_at(column * ww, ww), weight(schedule, &data));
    });
    let reading = m.reg("reading_q", 1, 0);
    let row = m.reg("row_q", rb, 0);
    let group = if groups > 1 { m.reg("group_q", p.group.width(), 0) } else { p.group.clone() };
    let gain = m.reg("gain_q", 4, 0);
    let word = m.var("word_q", adcs * ww);
    let input = m.var("input_q", 8);
    m.clocked_no_reset(|s| {
        s.if_(&p.prog_valid, |s| s.set(weights.at(at(&p.prog_group, &p.prog_row)), &programmed));
        s.if_(&reading, |s| {
            s.set(&word, weights.at(at(&group, &row)));
            s.set(&input, line.part_dyn(Expr::concat(&[row.clone(), Expr::zero(3)]), 8));
        });
    });

    m.section("Conversion");
    let convert = convert(m, schedule, dot);
    let adding = m.reg("adding_q", 1, 0);
    let closing = m.reg("closing_q", 1, 0);
    let sum = m.reg("sum_q", adcs * dot, 0);
    let last = m.wire("last_row", row.eq(Expr::lit(rb, rows as u128 - 1)));
    m.clocked(|s| {
        s.set(&adding, &reading);
        s.set(&closing, adding.and(reading.not()));
        s.if_(&p.start, |s| {
            s.set(&reading, Expr::ones(1));
            s.set(&row, Expr::zero(rb));
            if groups > 1 {
                s.set(&group, &p.group);
            }
            s.set(&gain, &p.gain);
            s.set(&p.done, Expr::zero(1));
        })
        .elif(&reading, |s| {
            s.set(&row, row.add(Expr::lit(rb, 1)));
            s.set(&reading, last.not());
        })
        .elif(&closing, |s| s.set(&p.done, Expr::ones(1)));
    });
    m.clocked(|s| {
        s.for_("adc", 0..adcs, |s, adc| {
            let mine = sum.part_at(adc * dot, dot);
            s.if_(&p.start, |s| s.set(&mine, Expr::zero(dot)))
                .elif(&adding, |s| s.set(&mine, mine.add(input.smul_w(word.part_at(adc * ww, ww), dot))));
            s.if_(&closing, |s| {
                s.set(p.code.part_at(adc * bits, bits), convert.call(&[mine.clone(), gain.clone()]));
            });
        });
    });
    let busy = m.wire("busy", reading.or(&adding).or(&closing));
    checks::contract(m, &p, &busy, None);
}
