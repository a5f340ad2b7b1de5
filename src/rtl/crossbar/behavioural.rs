//! The behavioural view of a design that only infers.

use super::bounds::Bounds;
use super::cells::{convert, log2, weight};
use super::checks;
use super::lines::word_lines;
use super::ports::{Ports, one_group};
use super::timer::{CONVERSION, noise, time};
use crate::hdl::{Builder, Expr, Ix};
use crate::schedule::Schedule;

pub(super) fn body(m: &mut Builder, schedule: &Schedule, jitter: bool) {
    let d = &schedule.design;
    let w = &schedule.widths;
    let (rows, adcs, groups) = (d.crossbar.rows, d.crossbar.adcs(), d.crossbar.columns_per_adc);
    let (bits, dot, cell, ww) = (d.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    m.latency(&time("adc_done_o", "adc_start_i", d.converter.conversion_cycles, jitter));
    let p = Ports::new(m, schedule);
    let bounds = Bounds::new(m, schedule);
    m.section("Line DACs");
    let line = word_lines(m, schedule, &p, Some(&bounds));

    one_group(m, groups, &p);
    m.section("Cells: signed weights in level steps, by conversion group, word line and ADC");
    let weights = m.mem("weight_q", ww, groups * rows * adcs);
    let at = |group: &Expr, row: &Expr, adc: &Ix| {
        let mut parts = Vec::new();
        if groups > 1 {
            parts.push(group.clone());
        }
        parts.push(row.clone());
        if adcs > 1 {
            parts.push(adc.value(log2(adcs)));
        }
        Expr::concat(&parts)
    };
    m.initial(|s| {
        s.for_("index", 0..groups * rows * adcs, |s, index| s.set(weights.at_ix(index), Expr::zero(ww)));
    });
    m.clocked_no_reset(|s| {
        s.if_(&p.prog_valid, |s| {
            s.for_("adc", &bounds.adcs, |s, adc| {
                let data = |lo: usize, n: usize| p.prog_data.part_at(adc * cell + lo, n);
                s.set_now(weights.at(at(&p.prog_group, &p.prog_row, adc)), weight(schedule, &data));
            });
        });
    });

    m.section("Conversion");
    let convert = convert(m, schedule, dot);
    let input = m.mem("lines", 8, rows);
    let sum = m.var("sum", dot);
    let result = m.var("result_q", adcs * bits);
    m.clocked_no_reset(|s| {
        s.if_(&p.start, |s| {
            s.for_("row", &bounds.rows, |s, row| s.set_now(input.at_ix(row), line.part_at(row * 8, 8)));
            s.for_("adc", &bounds.adcs, |s, adc| {
                s.set_now(&sum, Expr::zero(dot));
                s.for_("row", &bounds.rows, |s, row| {
                    let cell = weights.at(at(&p.group, &row.value(log2(rows)), adc));
                    s.set_now(&sum, sum.add(input.at_ix(row).smul_w(cell, dot)));
                });
                s.set(result.part_at(adc * bits, bits), convert.call(&[sum.clone(), p.gain.clone()]));
            });
        });
    });
    let extra = jitter.then(|| noise(m, &p));
    let busy = CONVERSION.emit(m, d.converter.conversion_cycles, extra.as_ref(), &p.start, &p.done, |s| {
        s.set(&p.code, &result);
    });
    checks::contract(m, &p, &busy, None);
}
