//! Views of the crossbar macro: one port list, three bodies.

use super::lanes::Sizes;
use crate::config::PairScheme;
use crate::device::CellCode;
use crate::hdl::{Builder, Expr, Function, Ix, Module};
use crate::schedule::{Schedule, bits_for};
use std::sync::Arc;

/// Which body the macro gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrossbarView {
    /// Simulation: a conversion is computed at once and reported after `conversion_cycles`.
    Behavioural,
    /// The same with a random number of extra cycles: for tests of the handshake.
    Jitter,
    /// Synthesizable: block RAM and one multiply-accumulate an ADC, one word line a cycle.
    Emulation,
    /// Ports only.
    BlackBox,
}

impl CrossbarView {
    /// The views that are emitted.
    pub const EMITTED: [CrossbarView; 3] = [Self::Behavioural, Self::Emulation, Self::BlackBox];

    /// Directory name of the view's file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Behavioural => "behavioural",
            Self::Jitter => "jitter",
            Self::Emulation => "emulation",
            Self::BlackBox => "blackbox",
        }
    }
}

/// The macro's module name in every view.
pub const CROSSBAR: &str = "memgan_crossbar";

/// Cycles from `adc_start_i` to `adc_done_o` of the emulation: one a word line, and its pipeline.
pub fn emulation_cycles(schedule: &Schedule) -> u32 {
    schedule.design.crossbar.rows as u32 + 3
}

struct Ports {
    dac_valid: Expr,
    dac_word: Expr,
    dac_mask: Expr,
    dac_next: Expr,
    dac_data: Expr,
    apply: Expr,
    sample: Expr,
    phase: Expr,
    start: Expr,
    group: Expr,
    gain: Expr,
    done: Expr,
    code: Expr,
    prog_valid: Expr,
    prog_row: Expr,
    prog_group: Expr,
    prog_data: Expr,
}

/// Bits of a DAC word index within one tile.
pub(super) fn tile_word_bits(schedule: &Schedule) -> usize {
    bits_for(schedule.design.crossbar.rows / schedule.lanes - 1).max(1) as usize
}

fn ports(m: &mut Builder, schedule: &Schedule) -> Ports {
    let sizes = Sizes::of(schedule);
    let w = &schedule.widths;
    let d = &schedule.design;
    let adcs = d.crossbar.adcs();
    m.clk_rst();
    m.group(
        "Line DAC shadow registers: lane l of dac_data_i goes to word line (dac_word_i + dac_next_i[l]) * lanes + l",
    );
    let dac_valid = m.input("dac_valid_i", 1, "");
    let dac_word = m.input("dac_word_i", tile_word_bits(schedule), "");
    let dac_mask = m.input("dac_mask_i", sizes.lanes, "lanes to write");
    let dac_next = m.input("dac_next_i", sizes.lanes, "lanes of the next word");
    let dac_data = m.input("dac_data_i", 8 * sizes.lanes, "signed 8 bit a lane, -127..127");
    m.group("Read: apply moves the shadow registers to the lines and clears them; then settle, sample, convert");
    let apply = m.input("apply_i", 1, "");
    let sample = m.input("sample_i", 1, "hold capacitors track the bit lines");
    let phase = m.input("phase_i", 1, "1: negative inputs onto the opposite plate");
    let start = m.input("adc_start_i", 1, "one cycle");
    let group = m.input("adc_group_i", w.group as usize, "ADC a converts column a * columns_per_adc + group");
    let gain = m.input("adc_gain_i", 4, "unit of a code is 2^gain level steps x activation steps");
    let done = m.output_reg("adc_done_o", 1, 0, "high from the end of a conversion to the next start");
    let code = m.output_reg("adc_code_o", adcs * d.converter.adc_bits as usize, 0, "signed, ADC 0 in the low bits");
    m.group("Programming: the cells of one word line that belong to one conversion group");
    let prog_valid = m.input("prog_valid_i", 1, "");
    let prog_row = m.input("prog_row_i", w.row as usize, "word line");
    let prog_group = m.input("prog_group_i", w.group as usize, "");
    let prog_data = m.input("prog_data_i", adcs * w.cell as usize, "levels a cell, ADC 0 in the low bits");
    Ports {
        dac_valid,
        dac_word,
        dac_mask,
        dac_next,
        dac_data,
        apply,
        sample,
        phase,
        start,
        group,
        gain,
        done,
        code,
        prog_valid,
        prog_row,
        prog_group,
        prog_data,
    }
}

fn describe(m: &mut Builder, schedule: &Schedule, body: &str) {
    let d = &schedule.design;
    m.doc(&format!(
        "Crossbar macro, {} word lines x {} weight columns, {} ADCs of {} bits. {body}",
        d.crossbar.rows,
        d.crossbar.columns,
        d.crossbar.adcs(),
        d.converter.adc_bits
    ));
    m.contract(
        "Lines are stable from apply_i to the end of the last conversion. adc_start_i only after sampling and not \
         during a conversion; adc_code_o is stable from adc_done_o to the next end of a conversion. The macro may take \
         any number of cycles to convert. Programming only between reads; unprogrammed cells weigh zero.",
    );
}

/// The crossbar macro of a design.
pub fn crossbar(schedule: &Schedule, view: CrossbarView) -> Arc<Module> {
    match view {
        CrossbarView::Behavioural => behavioural(schedule, false),
        CrossbarView::Jitter => behavioural(schedule, true),
        CrossbarView::Emulation => emulation(schedule),
        CrossbarView::BlackBox => black_box(schedule),
    }
}

fn black_box(schedule: &Schedule) -> Arc<Module> {
    let mut m = Builder::new(CROSSBAR, file!());
    describe(&mut m, schedule, "Ports only: stands for the analogue macro in synthesis.");
    ports(&mut m, schedule);
    m.finish_black_box()
}

/// Shadow and line registers, written as the contract says; returns the line registers.
fn lines(m: &mut Builder, schedule: &Schedule, p: &Ports) -> Expr {
    let l = schedule.lanes;
    let rows = schedule.design.crossbar.rows;
    let words = rows / l;
    let wb = p.dac_word.width();
    let shadow = m.reg("shadow_q", 8 * rows, 0);
    let line = m.reg("line_q", 8 * rows, 0);
    let hits: Vec<Expr> = if words == 1 {
        m.unused("unused_word", &[p.dac_word.clone(), p.dac_next.clone()]);
        vec![p.dac_mask.clone()]
    } else {
        let next_word = m.wire("next_word", p.dac_word.add(Expr::lit(wb, 1)));
        (0..words)
            .map(|word| {
                let id = Expr::lit(wb, word as u128);
                let here = p.dac_next.not().and(p.dac_word.eq(&id).repeat(l));
                let there = p.dac_next.and(next_word.eq(&id).repeat(l));
                m.wire(&format!("hit_{word}"), p.dac_mask.and(here.or(there)))
            })
            .collect()
    };
    m.clocked(|s| {
        s.if_(&p.apply, |s| {
            s.set(&line, &shadow);
            s.set(&shadow, Expr::zero(8 * rows));
        })
        .elif(&p.dac_valid, |s| {
            s.for_("lane", 0..l, |s, lane| {
                for (word, hit) in hits.iter().enumerate() {
                    s.if_(hit.bit_at(lane), |s| {
                        s.set(shadow.part_at(lane * 8 + word * l * 8, 8), p.dac_data.part_at(lane * 8, 8));
                    });
                }
            });
        });
    });
    line
}

/// Where every column has its own ADC, the ports that select a group say nothing.
fn one_group(m: &mut Builder, groups: usize, p: &Ports) {
    if groups == 1 {
        m.unused("unused_group", &[p.group.clone(), p.prog_group.clone()]);
    }
}

/// Signed weight of a cell's programming data; `data(lo, n)` gives bits of it.
fn weight(schedule: &Schedule, data: &dyn Fn(usize, usize) -> Expr) -> Expr {
    let code = CellCode::new(&schedule.design);
    let w = schedule.widths.weight as usize;
    match schedule.design.crossbar.pair {
        PairScheme::Differential => {
            let half = code.bits() as usize / 2;
            data(0, half).zext(w).sub(data(half, half).zext(w))
        }
        PairScheme::Reference => data(0, code.bits() as usize).zext(w).sub(Expr::lit(w, code.reference() as u128)),
    }
}

/// `round_shift` by `gain`, then saturation to the ADC's range: the numeric contract's `adc`.
fn convert(m: &mut Builder, schedule: &Schedule, dot_bits: usize) -> Function {
    let bits = schedule.design.converter.adc_bits as usize;
    let wide = dot_bits.max(16) + 1;
    let (max, min) = ((1i128 << (bits - 1)) - 1, -(1i128 << (bits - 1)));
    m.function("convert", bits, &[("dot", dot_bits), ("gain", 4)], &[("half", wide), ("scaled", wide)], |p, f| {
        let (half, scaled) = (&f.locals[0], &f.locals[1]);
        p.set(half, Expr::lit(wide, 1).shl_dyn(&f.args[1]).shr(1));
        p.set(scaled, f.args[0].sext(wide).add(half));
        p.set(scaled, scaled.sra_dyn(&f.args[1]));
        p.if_(scaled.sgt(Expr::slit(wide, max)), |p| p.set(&f.result, Expr::slit(bits, max)))
            .elif(scaled.slt(Expr::slit(wide, min)), |p| p.set(&f.result, Expr::slit(bits, min)))
            .else_(|p| p.set(&f.result, scaled.slice(0, bits)));
    })
}

/// Simulation checks of the contract, for both models.
fn contract_checks(m: &mut Builder, p: &Ports, busy: &Expr) {
    let sampled = m.reg("sampled_q", 1, 0);
    m.clocked(|s| {
        s.if_(&p.sample, |s| s.set(&sampled, Expr::ones(1))).elif(&p.apply, |s| s.set(&sampled, Expr::zero(1)));
    });
    m.unused("unused_phase", std::slice::from_ref(&p.phase));
    let idle = busy.not();
    m.checks(|m| {
        m.check(p.start.not().or(&sampled), "a conversion starts before the bit lines are sampled");
        for (strobe, message) in [
            (&p.start, "a conversion starts during a conversion"),
            (&p.apply, "lines change during a conversion"),
            (&p.sample, "bit lines are sampled during a conversion"),
            (&p.prog_valid, "cells are programmed during a conversion"),
        ] {
            m.check(strobe.not().or(&idle), message);
        }
    });
}

/// Width of a word line's address and of an ADC's index, both at least 1.
fn log2(n: usize) -> usize {
    (n.trailing_zeros() as usize).max(1)
}

fn behavioural(schedule: &Schedule, jitter: bool) -> Arc<Module> {
    let d = &schedule.design;
    let w = &schedule.widths;
    let (rows, adcs, groups) = (d.crossbar.rows, d.crossbar.adcs(), d.crossbar.columns_per_adc);
    let (bits, dot, cell, ww) = (d.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    let cycles = u128::from(d.converter.conversion_cycles);
    let mut m = Builder::new(CROSSBAR, file!());
    describe(&mut m, schedule, "Behavioural model for simulation: ideal devices with a whole number of levels.");
    m.latency(&if jitter {
        format!("adc_done_o {} to {} cycles after adc_start_i, at random", cycles - 1, cycles + 14)
    } else {
        format!("adc_done_o {} cycles after adc_start_i", cycles - 1)
    });
    let p = ports(&mut m, schedule);
    m.section("Line DACs");
    let line = lines(&mut m, schedule, &p);

    one_group(&mut m, groups, &p);
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
            s.for_("adc", 0..adcs, |s, adc| {
                let data = |lo: usize, n: usize| p.prog_data.part_at(adc * cell + lo, n);
                s.set_now(weights.at(at(&p.prog_group, &p.prog_row, adc)), weight(schedule, &data));
            });
        });
    });

    m.section("Conversion");
    let convert = convert(&mut m, schedule, dot);
    let input = m.mem("lines", 8, rows);
    let sum = m.var("sum", dot);
    let result = m.var("result_q", adcs * bits);
    m.clocked_no_reset(|s| {
        s.if_(&p.start, |s| {
            s.for_("row", 0..rows, |s, row| s.set_now(input.at_ix(row), line.part_at(row * 8, 8)));
            s.for_("adc", 0..adcs, |s, adc| {
                s.set_now(&sum, Expr::zero(dot));
                s.for_("row", 0..rows, |s, row| {
                    let cell = weights.at(at(&p.group, &row.value(log2(rows)), adc));
                    s.set_now(&sum, sum.add(input.at_ix(row).smul_w(cell, dot)));
                });
                s.set(result.part_at(adc * bits, bits), convert.call(&[sum.clone(), p.gain.clone()]));
            });
        });
    });
    let busy = m.reg("busy_q", 1, 0);
    let timer = m.reg("timer_q", 9, 0);
    let extra = if jitter {
        let noise = m.reg("noise_q", 16, 0xace1);
        let feedback = m.wire("noise_bit", noise.bit(0).xor(noise.bit(2)).xor(noise.bit(3)).xor(noise.bit(5)));
        let stir = m
            .wire("stir", p.dac_valid.and(p.dac_data.slice(0, 8).parity()).xor(p.prog_valid.and(p.prog_data.parity())));
        m.clocked(|s| s.set(&noise, Expr::concat(&[feedback.xor(stir).or(noise.any().not()), noise.slice(1, 15)])));
        noise.slice(0, 4).zext(9)
    } else {
        Expr::zero(9)
    };
    let first = m.wire("cycles_left", extra.add(Expr::lit(9, cycles - 2)));
    m.clocked(|s| {
        s.if_(&p.start, |s| {
            s.set(&busy, Expr::ones(1));
            s.set(&timer, &first);
            s.set(&p.done, Expr::zero(1));
        })
        .elif(busy.and(timer.ule(Expr::lit(9, 1))), |s| {
            s.set(&busy, Expr::zero(1));
            s.set(&p.done, Expr::ones(1));
            s.set(&p.code, &result);
        })
        .elif(&busy, |s| s.set(&timer, timer.sub(Expr::lit(9, 1))));
    });
    contract_checks(&mut m, &p, &busy);
    m.finish()
}

fn emulation(schedule: &Schedule) -> Arc<Module> {
    let d = &schedule.design;
    let w = &schedule.widths;
    let (rows, adcs, groups) = (d.crossbar.rows, d.crossbar.adcs(), d.crossbar.columns_per_adc);
    let (bits, dot, cell, ww) = (d.converter.adc_bits as usize, w.dot as usize, w.cell as usize, w.weight as usize);
    let rb = log2(rows);
    let mut m = Builder::new(CROSSBAR, file!());
    describe(&mut m, schedule, "Emulation for an FPGA: the cells in block RAM, one multiply-accumulate an ADC.");
    m.latency(&format!("adc_done_o {} cycles after adc_start_i: a word line a cycle", emulation_cycles(schedule)));
    let p = ports(&mut m, schedule);
    m.section("Line DACs");
    let line = lines(&mut m, schedule, &p);

    one_group(&mut m, groups, &p);
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
    let convert = convert(&mut m, schedule, dot);
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
    contract_checks(&mut m, &p, &busy);
    m.finish()
}
