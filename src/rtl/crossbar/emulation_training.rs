//! The emulation of a design that trains: one walk over the memory serves reads of both sides and pulses.

use super::cells::{address, connected, convert, field, fires, kept, log2, moved, rest, seen, weight};
use super::lines::{bit_lines, word_lines};
use super::ports::{Ports, TrainingPorts};
use super::walk::Walk;
use super::{checks, emulation_column_cycles, emulation_cycles, emulation_pulse_cycles};
use crate::device::CellCode;
use crate::hdl::{Builder, Expr, Mem};
use crate::rtl::bank::balanced_sum;
use crate::schedule::Schedule;

pub(super) fn body(m: &mut Builder, schedule: &Schedule) {
    m.latency(&format!(
        "adc_done_o {} cycles after adc_start_i, a word line a cycle, or {} for a column read, a memory word a cycle; \
         pulse_done_o {} cycles after pulse_start_i, a memory word a cycle; prog_data_o 1 cycle after prog_valid_i",
        emulation_cycles(schedule),
        emulation_column_cycles(schedule),
        emulation_pulse_cycles(schedule)
    ));
    let p = Ports::new(m, schedule);
    let t = p.training.as_ref().expect("the design trains");
    m.section("Line DACs");
    let rows = word_lines(m, schedule, &p, None);
    let columns = bit_lines(m, schedule, &p, t, None);
    m.unused("unused_strength", std::slice::from_ref(&t.strength));
    let walk = Walk::new(m, schedule, &p, t);
    let stage = memory(m, schedule, &p, t, &walk, &rows, &columns);
    conversion(m, schedule, &p, &walk, &stage);
    m.clocked(|s| {
        s.if_(&t.pulse_start, |s| s.set(&t.pulse_done, Expr::zero(1)))
            .elif(walk.closing.and(&walk.pulse), |s| s.set(&t.pulse_done, Expr::ones(1)));
    });
    let busy = m.wire("busy", walk.walking.or(&walk.adding).or(&walk.closing));
    let converting = m.wire("converting", busy.and(walk.pulse.not()));
    let pulsing = m.wire("pulsing", busy.and(&walk.pulse));
    checks::contract(m, &p, &converting, Some(&pulsing));
}

/// The word that was read, with the codes of its lines.
struct Stage {
    /// Levels, one cell an ADC.
    word: Expr,
    row_code: Expr,
    column_codes: Expr,
    /// As [`connected`].
    connected: Option<Expr>,
}

/// Block RAM with one read and one write port. Pulses write each word behind the walk.
fn memory(
    m: &mut Builder,
    schedule: &Schedule,
    p: &Ports,
    t: &TrainingPorts,
    walk: &Walk,
    rows: &Expr,
    columns: &Expr,
) -> Stage {
    let c = &schedule.design.crossbar;
    let (adcs, groups, cell) = (c.adcs(), c.columns_per_adc, schedule.widths.cell as usize);
    m.section("Cells: device levels, a word for each conversion group and word line");
    m.attr("ram_style", "block");
    let levels = m.mem("level_q", adcs * cell, groups * c.rows);
    m.initial(|s| {
        let unused = Expr::lit(cell, u128::from(CellCode::new(&schedule.design).unused()));
        s.for_("index", 0..groups * c.rows, |s, index| s.set(levels.at_ix(index), unused.repeat(adcs)));
    });
    let programmed = address(&[field(&p.prog_group, groups), Some(p.prog_row.clone())]);
    rest(m, "unused_prog_group", &p.prog_group, groups);
    let walked = address(&[walk.group.clone(), Some(walk.row.clone())]);
    let read_back = m.wire("read_back", p.prog_valid.and(t.prog_write.not()));
    let read = m.wire("read_address", walk.walking.mux(&walked, &programmed));
    let word = m.var("word_q", adcs * cell);
    let behind = m.var("behind_q", read.width());
    let row_code = m.var("row_code_q", 8);
    let column_codes = m.var("column_codes_q", 8 * adcs);
    let stage = Stage { word, row_code, column_codes, connected: connected(m, schedule, t) };
    let writes = pulse(m, schedule, t, walk, &stage);
    let write = m.wire("write", writes.valid.or(p.prog_valid.and(&t.prog_write)));
    let write_address = m.wire("write_address", writes.valid.mux(&behind, &programmed));
    let write_data = m.wire("write_data", writes.valid.mux(&writes.data, &p.prog_data));
    ports(m, &levels, (&write, &write_address, &write_data), (&walk.walking.or(&read_back), &read, &stage.word));
    m.clocked_no_reset(|s| {
        s.set(&behind, &read);
        s.set(&stage.row_code, rows.part_dyn(Expr::concat(&[walk.row.clone(), Expr::zero(3)]), 8));
        let group = walk.group.as_ref().map(|group| Expr::concat(&[group.clone(), Expr::zero(log2(8 * adcs))]));
        s.set(&stage.column_codes, group.map_or(columns.clone(), |at| columns.part_dyn(at, 8 * adcs)));
    });

    m.section("Levels read back: kept while the array reads");
    let fresh = m.reg("fresh_q", 1, 0);
    m.clocked(|s| s.set(&fresh, &read_back));
    let kept = m.var("kept_q", adcs * cell);
    m.clocked_no_reset(|s| {
        s.if_(&fresh, |s| s.set(&kept, &stage.word));
    });
    m.assign(&t.levels, fresh.mux(&stage.word, &kept));
    stage
}

/// The two ports of the memory; enable, address and data each.
fn ports(m: &mut Builder, levels: &Mem, write: (&Expr, &Expr, &Expr), read: (&Expr, &Expr, &Expr)) {
    m.clocked_no_reset(|s| {
        s.if_(write.0, |s| s.set(levels.at(write.1), write.2));
        s.if_(read.0, |s| s.set(read.2, levels.at(read.1)));
    });
}

/// What a pulse writes.
struct Writes {
    valid: Expr,
    data: Expr,
}

fn pulse(m: &mut Builder, schedule: &Schedule, t: &TrainingPorts, walk: &Walk, stage: &Stage) -> Writes {
    let (adcs, cell) = (schedule.design.crossbar.adcs(), schedule.widths.cell as usize);
    m.section("Pulse: cells between lines of the chosen signs move by one level");
    let moved = moved(m, schedule);
    let fires = fires(m);
    let [rows_negative, columns_negative, up] =
        ["rows_negative_q", "columns_negative_q", "up_q"].map(|name| m.reg(name, 1, 0));
    m.clocked(|s| {
        s.if_(&t.pulse_start, |s| {
            s.set(&rows_negative, &t.rows_negative);
            s.set(&columns_negative, &t.columns_negative);
            s.set(&up, &t.up);
        });
    });
    let data = m.net("pulsed", adcs * cell);
    m.gen_for("gen_pulse", "column", 0..adcs, |m, column| {
        let level = stage.word.part_at(column * cell, cell);
        let chosen = fires.call(&[stage.column_codes.part_at(column * 8, 8), columns_negative.clone()]);
        let moved = m.wire("moved_cell", moved.call(&[level.clone(), up.clone()]));
        let kept = kept(&level, moved, stage.connected.as_ref());
        let kept = if stage.connected.is_some() { m.wire("kept_cell", kept) } else { kept };
        m.assign(data.part_at(column * cell, cell), chosen.mux(kept, level));
    });
    let fired = fires.call(&[stage.row_code.clone(), rows_negative]);
    let valid = m.wire("pulse_write", walk.adding.and(&walk.pulse).and(fired));
    Writes { valid, data }
}

/// One product an ADC: added up by ADC in a forward read, over all ADCs in a column read.
fn conversion(m: &mut Builder, schedule: &Schedule, p: &Ports, walk: &Walk, stage: &Stage) {
    let c = &schedule.design.crossbar;
    let (adcs, row_adcs, w) = (c.adcs(), c.row_adcs(), &schedule.widths);
    let (bits, dot, cell, ww) =
        (schedule.design.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    m.section("Conversion");
    let convert = convert(m, schedule, dot);
    let gain = m.reg("gain_q", 4, 0);
    m.clocked(|s| {
        s.if_(&p.start, |s| {
            s.set(&gain, &p.gain);
            s.set(&p.done, Expr::zero(1));
        })
        .elif(walk.closing.and(walk.pulse.not()), |s| s.set(&p.done, Expr::ones(1)));
    });
    let factors = m.wire("factors", walk.column.mux(&stage.column_codes, stage.row_code.repeat(adcs)));
    let weights = m.net("weights", adcs * ww);
    let products = m.net("products", adcs * dot);
    let words = m.wire("seen", seen(&stage.word, stage.connected.as_ref().map(|c| c.repeat(adcs)).as_ref()));
    m.gen_for("gen_product", "column", 0..adcs, |m, column| {
        let level = |lo: usize, n: usize| words.part_at(column * cell + lo, n);
        m.assign(weights.part_at(column * ww, ww), weight(schedule, &level));
        let product = factors.part_at(column * 8, 8).smul_w(weights.part_at(column * ww, ww), dot);
        m.assign(products.part_at(column * dot, dot), product);
    });
    let sum = m.reg("sum_q", adcs * dot, 0);
    m.clocked(|s| {
        s.for_("adc", 0..adcs, |s, adc| {
            let mine = sum.part_at(adc * dot, dot);
            s.if_(&p.start, |s| s.set(&mine, Expr::zero(dot)))
                .elif(&walk.adding, |s| s.set(&mine, mine.add(products.part_at(adc * dot, dot))));
        });
    });
    let codes = m.net("codes", adcs * bits);
    m.gen_for("gen_code", "column", 0..adcs, |m, column| {
        let code = convert.call(&[sum.part_at(column * dot, dot), gain.clone()]);
        m.assign(codes.part_at(column * bits, bits), code);
    });

    m.comment("A column read converts one word line after the other: codes move in from the top");
    let total = m.var("total_q", dot);
    let terms = (0..adcs).map(|adc| products.slice(adc * dot, dot)).collect();
    let row_sum = m.wire("row_sum", balanced_sum(terms));
    let next = match &walk.group {
        None => row_sum,
        Some(_) => {
            let starts = m.reg("line_starts_q", 1, 0);
            m.clocked(|s| s.set(&starts, &walk.first));
            starts.mux(&row_sum, total.add(&row_sum))
        }
    };
    m.clocked_no_reset(|s| s.set(&total, &next));
    let code = m.wire("row_code", convert.call(&[total.clone(), gain.clone()]));
    let row_codes = if row_adcs == 1 {
        code
    } else {
        let others = (row_adcs - 1) * bits;
        let [ends, shift] = ["line_ends_q", "shift_q"].map(|name| m.reg(name, 1, 0));
        m.clocked(|s| {
            s.set(&ends, &walk.last);
            s.set(&shift, walk.adding.and(&ends));
        });
        let before = m.var("row_codes_q", others);
        let row_codes = m.wire("row_codes", Expr::concat(&[code, before.clone()]));
        m.clocked_no_reset(|s| {
            s.if_(&shift, |s| s.set(&before, row_codes.slice(bits, others)));
        });
        row_codes
    };
    let width = p.code.width();
    m.clocked(|s| {
        s.if_(walk.closing.and(walk.pulse.not()), |s| {
            s.set(&p.code, walk.column.mux(row_codes.zext(width), codes.zext(width)));
        });
    });
}
