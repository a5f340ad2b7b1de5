//! The behavioural view of a design that trains: device levels, reads of both sides, pulses.

use super::bounds::Bounds;
use super::cells::{Slot, address, connected, convert, field, fires, kept, log2, moved, rest, seen, weight};
use super::checks;
use super::lines::{bit_lines, word_lines};
use super::ports::{Ports, TrainingPorts};
use super::timer::{CONVERSION, PULSE, noise, time};
use crate::device::CellCode;
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};
use crate::schedule::Schedule;

/// The number `ix` among `n` things as a field of an address.
pub(super) fn number(ix: &Ix, n: usize) -> Option<Expr> {
    (n > 1).then(|| ix.value(log2(n)))
}

/// The cells and the lines as models keep them.
struct Array<'a> {
    schedule: &'a Schedule,
    /// Levels by conversion group, word line and ADC.
    cells: Mem,
    /// Codes of the word lines, and of the bit lines by group and ADC.
    rows: Expr,
    columns: Expr,
    bounds: Bounds,
    /// As [`connected`].
    connected: Option<Expr>,
}

impl Array<'_> {
    fn cell(&self, group: Option<Expr>, row: Expr, adc: &Ix) -> Expr {
        self.at(group, row, number(adc, self.schedule.design.crossbar.adcs()))
    }

    fn at(&self, group: Option<Expr>, row: Expr, adc: Option<Expr>) -> Expr {
        self.cells.at(address(&[group, Some(row), adc]))
    }
}

pub(super) fn body(m: &mut Builder, schedule: &Schedule, jitter: bool) {
    let d = &schedule.design;
    let (conversion, pulse) = (d.converter.conversion_cycles, d.pulse_cycles());
    m.latency(&format!(
        "{}; {}; prog_data_o 1 cycle after prog_valid_i",
        time("adc_done_o", "adc_start_i", conversion, jitter),
        time("pulse_done_o", "pulse_start_i", pulse, jitter)
    ));
    let p = Ports::new(m, schedule);
    let t = p.training.as_ref().expect("the design trains");
    let bounds = Bounds::new(m, schedule);
    m.section("Line DACs");
    let rows = word_lines(m, schedule, &p, Some(&bounds));
    let columns = bit_lines(m, schedule, &p, t, Some(&bounds));

    m.section("Cells: device levels by conversion group, word line and ADC");
    let (c, cell) = (&d.crossbar, schedule.widths.cell as usize);
    let cells = m.mem("level_q", cell, c.rows * c.columns);
    m.initial(|s| {
        let zero = Expr::lit(cell, u128::from(CellCode::new(d).unused()));
        s.for_("index", 0..c.rows * c.columns, |s, index| s.set(cells.at_ix(index), &zero));
    });
    let connected = connected(m, schedule, t);
    m.unused("unused_strength", std::slice::from_ref(&t.strength));
    let array = Array { schedule, cells, rows, columns, bounds, connected };
    change(m, &array, &p, t);

    m.section("Conversion");
    let result = sums(m, &array, &p, t);
    let extra = jitter.then(|| noise(m, &p));
    let converting = CONVERSION.emit(m, conversion, extra.as_ref(), &p.start, &p.done, |s| s.set(&p.code, &result));
    m.section("Time of a pulse");
    let pulsing = PULSE.emit(m, pulse, extra.as_ref(), &t.pulse_start, &t.pulse_done, |_| {});
    checks::contract(m, &p, &converting, Some(&pulsing));
}

/// Programming and pulses, in one process: both write the cells.
fn change(m: &mut Builder, array: &Array, p: &Ports, t: &TrainingPorts) {
    let c = &array.schedule.design.crossbar;
    let (adcs, groups, cell) = (c.adcs(), c.columns_per_adc, array.schedule.widths.cell as usize);
    let moved = moved(m, array.schedule);
    let fires = fires(m);
    let levels = m.var("levels_q", adcs * cell);
    m.assign(&t.levels, &levels);
    let chosen = m.var("chosen", c.columns);
    let next = m.var("next", cell);
    let slot = Slot::new(m, "pulsed_slot", c);
    let prog_group = field(&p.prog_group, groups);
    rest(m, "unused_prog_group", &p.prog_group, groups);
    m.clocked_no_reset(|s| {
        s.if_(&p.prog_valid, |s| {
            s.for_("adc", &array.bounds.adcs, |s, adc| {
                let at = array.cell(prog_group.clone(), p.prog_row.clone(), adc);
                s.if_(&t.prog_write, |s| s.set_now(&at, p.prog_data.part_at(adc * cell, cell)))
                    .else_(|s| s.set(levels.part_at(adc * cell, cell), &at));
            });
        });
        s.if_(&t.pulse_start, |s| {
            s.for_("column", array.bounds.columns(), |s, column| {
                let code = array.columns.part_at(column * 8, 8);
                s.set_now(chosen.bit_at(column), fires.call(&[code, t.columns_negative.clone()]));
            });
            s.for_("row", &array.bounds.rows, |s, row| {
                let code = array.rows.part_at(row * 8, 8);
                s.if_(fires.call(&[code, t.rows_negative.clone()]), |s| {
                    s.for_("column", array.bounds.columns(), |s, column| {
                        s.if_(chosen.bit_at(column), |s| {
                            let (group, adc) = slot.take(s, column);
                            let at = array.at(group, row.value(log2(c.rows)), adc);
                            let moved = moved.call(&[at.clone(), t.up.clone()]);
                            s.set_now(&next, kept(&at, moved, array.connected.as_ref()));
                            s.set_now(&at, &next);
                        });
                    });
                });
            });
        });
    });
}

/// The codes of the group that is being converted, computed at the start.
fn sums(m: &mut Builder, array: &Array, p: &Ports, t: &TrainingPorts) -> Expr {
    let schedule = array.schedule;
    let c = &schedule.design.crossbar;
    let (rows, adcs, row_adcs) = (c.rows, c.adcs(), c.row_adcs());
    let (groups, row_groups) = (c.columns_per_adc, c.rows_per_adc);
    let (bits, dot) = (schedule.design.converter.adc_bits as usize, schedule.widths.dot as usize);
    let convert = convert(m, schedule, dot);
    let weight_of = weight_of(m, schedule);
    let code = m.var("line_code", 8);
    let slot = Slot::new(m, "read_slot", c);
    let data = m.var("read_cell", schedule.widths.cell as usize);
    let sum = m.mem("sum", dot, adcs.max(row_adcs));
    let weight = m.var("weight", schedule.widths.weight as usize);
    let result = m.var("result_q", p.code.width());
    let group = field(&p.group, groups);
    let row_group = field(&p.group, row_groups);
    rest(m, "unused_group", &p.group, groups.max(row_groups));
    let add = |s: &mut Process, cell: Expr, to: &Ix| {
        s.set_now(&data, &cell);
        s.set_now(&weight, weight_of.call(&[seen(&data, array.connected.as_ref())]));
        s.set_now(sum.at_ix(to), sum.at_ix(to).add(code.smul_w(&weight, dot)));
    };
    // Lines at zero add nothing, and many are.
    m.clocked_no_reset(|s| {
        s.if_(&p.start, |s| {
            s.for_("index", array.bounds.codes(), |s, index| s.set_now(sum.at_ix(index), Expr::zero(dot)));
            s.if_(&t.read_columns, |s| {
                s.for_("column", array.bounds.columns(), |s, column| {
                    s.set_now(&code, array.columns.part_at(column * 8, 8));
                    s.if_(code.any(), |s| {
                        let (group, adc) = slot.take(s, column);
                        s.for_("line", &array.bounds.training().row_adcs, |s, line| {
                            let row = address(&[row_group.clone(), number(line, row_adcs)]);
                            add(s, array.at(group.clone(), row, adc.clone()), line);
                        });
                    });
                });
            })
            .else_(|s| {
                s.for_("row", &array.bounds.rows, |s, row| {
                    s.set_now(&code, array.rows.part_at(row * 8, 8));
                    s.if_(code.any(), |s| {
                        s.for_("adc", &array.bounds.adcs, |s, adc| {
                            add(s, array.cell(group.clone(), row.value(log2(rows)), adc), adc);
                        });
                    });
                });
            });
            s.comment("The sums of ADCs that the other side has more are zero, and so are their codes");
            s.for_("index", array.bounds.codes(), |s, index| {
                s.set(result.part_at(index * bits, bits), convert.call(&[sum.at_ix(index), p.gain.clone()]));
            });
        });
    });
    result
}

/// The signed weight of a cell as a function.
fn weight_of(m: &mut Builder, schedule: &Schedule) -> Function {
    let cell = schedule.widths.cell as usize;
    m.function("weight_of", schedule.widths.weight as usize, &[("device", cell)], &[], |p, f| {
        p.set(&f.result, weight(schedule, &|lo, n| f.args[0].slice(lo, n)));
    })
}
