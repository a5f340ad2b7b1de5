//! The address counter of the emulation of a design that trains.

use super::cells::{address, field, log2, rest};
use super::ports::{Ports, TrainingPorts};
use crate::hdl::{Builder, Expr};
use crate::schedule::Schedule;

/// The walk over the memory words: a forward read takes the word lines of one group, a column read all groups of the
/// word lines that are converted, a pulse everything.
pub(super) struct Walk {
    /// What it is for: a column read, a pulse, or neither.
    pub column: Expr,
    pub pulse: Expr,
    /// The next word is read; what was read is used; the results are ready.
    pub walking: Expr,
    pub adding: Expr,
    pub closing: Expr,
    pub row: Expr,
    /// `None` where there is one group.
    pub group: Option<Expr>,
    /// Of the word that is being read: the first and the last one of its word line.
    pub first: Expr,
    pub last: Expr,
}

impl Walk {
    pub fn new(m: &mut Builder, schedule: &Schedule, p: &Ports, t: &TrainingPorts) -> Self {
        let c = &schedule.design.crossbar;
        let (rows, groups, row_groups) = (c.rows, c.columns_per_adc, c.rows_per_adc);
        let rb = log2(rows);
        m.section("Walk over the memory: word lines of a group, or all groups of word lines");
        let [column, pulse, walking, adding, closing] =
            ["column_q", "pulse_q", "walking_q", "adding_q", "closing_q"].map(|name| m.reg(name, 1, 0));
        let row = m.reg("row_q", rb, 0);
        let group = (groups > 1).then(|| m.reg("group_q", log2(groups), 0));
        // Where there is one group, every word is a word line.
        let (across, first, last, step) = match &group {
            None => (None, Expr::ones(1), Expr::ones(1), Expr::ones(1)),
            Some(group) => {
                let across = m.wire("across", column.or(&pulse));
                let first = m.wire("first_group", group.any().not());
                let last = m.wire("last_group", group.all());
                let step = m.wire("row_step", across.not().or(&last));
                (Some(across), first, last, step)
            }
        };
        // Word lines of a column read end where the number within their group is all ones.
        let line_bits = rb - row_groups.trailing_zeros() as usize;
        let end = match line_bits {
            0 => column.or(row.all()),
            _ if line_bits == rb => row.all(),
            _ => row.slice(0, line_bits).all().and(column.or(row.slice(line_bits, rb - line_bits).all())),
        };
        let last_row = m.wire("last_row", end);
        let start = m.wire("start", p.start.or(&t.pulse_start));
        let column_start = m.wire("column_start", p.start.and(&t.read_columns));
        let first_row = match field(&p.group, row_groups) {
            None => Expr::zero(rb),
            Some(of_group) => {
                let line = (line_bits > 0).then(|| Expr::zero(line_bits));
                column_start.mux(address(&[Some(of_group), line]), Expr::zero(rb))
            }
        };
        rest(m, "unused_group", &p.group, groups.max(row_groups));
        m.clocked(|s| {
            s.set(&adding, &walking);
            s.set(&closing, adding.and(walking.not()));
            s.if_(&start, |s| {
                s.set(&walking, Expr::ones(1));
                s.set(&column, &column_start);
                s.set(&pulse, &t.pulse_start);
                s.set(&row, &first_row);
                if let (Some(group), Some(given)) = (&group, field(&p.group, groups)) {
                    s.set(group, t.pulse_start.or(&t.read_columns).mux(Expr::zero(log2(groups)), given));
                }
            })
            .elif(&walking, |s| {
                s.set(&walking, step.and(&last_row).not());
                let next_row = row.add(Expr::lit(rb, 1));
                match (&group, &across) {
                    (Some(group), Some(across)) => {
                        s.if_(&step, |s| s.set(&row, &next_row));
                        s.if_(across, |s| s.set(group, group.add(Expr::lit(log2(groups), 1))));
                    }
                    _ => s.set(&row, &next_row),
                }
            });
        });
        Self { column, pulse, walking, adding, closing, row, group, first, last }
    }
}
