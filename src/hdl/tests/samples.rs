//! Modules that between them use everything the netlist can express.

use crate::hdl::{Bits, Builder, Expr, Module};
use std::sync::Arc;

/// A lane: a table, a function, saturation, a check and properties.
pub fn lane() -> Arc<Module> {
    let mut m = Builder::new("mg_lane", "src/hdl/tests/samples.rs");
    m.doc("Scales a signed code by a gain from a table and saturates it.");
    m.contract("Stateless between codes; `code_i` is taken in every cycle with `valid_i`.");
    m.latency("1 cycle");
    let (_clk, rst) = m.clk_rst();
    m.group("Code");
    let id = m.input("lane_i", 2, "number of this lane, tied");
    let valid = m.input("valid_i", 1, "");
    let code = m.input("code_i", 6, "two's complement, -32..31");
    m.group("Result");
    let busy = m.output_reg("valid_o", 1, 0, "");
    let out = m.output_reg("scaled_o", 8, 0, "two's complement, -128..127");
    let low = m.output("low_o", 1, "the product has low bits");

    m.comment("Gain of each lane, 1/16");
    let gain = m.var("gain", 5);
    m.rom(&gain, &id, &[Bits::new(5, 3), Bits::new(5, 7), Bits::new(5, 15)], &Bits::new(5, 1));
    let limit = m.localparam("LIMIT", 11, 127, "2^(8 - 1) - 1");
    let product = m.wire("product", code.smul(&gain));
    let cut = m.wire("cut", product.sra(1));
    let high = m.wire("above", cut.sgt(&limit));
    let under = m.wire("below", cut.slt(limit.not()));
    m.assign(&low, product.bit(0));
    m.unused("unused_cut", &[cut.slice(8, 3)]);
    m.clocked(|p| {
        p.set(&busy, &valid);
        p.if_(&valid, |p| {
            p.set(&out, high.mux(Expr::lit(8, 127), under.mux(Expr::hex(8, 0x80), cut.trunc(8))));
        });
    });
    m.check((&high & &under).not(), "a value is both too high and too low");
    m.formal(|m| {
        let seen = m.reg("f_seen_q", 1, 0);
        m.clocked(|p| p.set(&seen, Expr::lit(1, 1)));
        m.clocked_no_reset(|p| {
            p.if_(rst.and(&seen), |p| {
                p.assert_((&high & &under).not(), "never both");
                p.cover(&high, "");
            });
        });
    });
    m.finish()
}

/// Four lanes in a loop, a memory, byte enables, dynamic parts, a case, a function, loops.
pub fn lanes() -> Arc<Module> {
    let child = lane();
    let mut m = Builder::new("mg_lanes", "src/hdl/tests/samples.rs");
    m.doc("Four lanes side by side, with a small buffer behind them.");
    let (_clk, _rst) = m.clk_rst();
    m.group("Codes");
    let valid = m.input("valid_i", 1, "");
    let codes = m.input("codes_i", 24, "4 codes of 6 bits, lane 0 in the low bits");
    m.group("Buffer");
    let write = m.input("write_i", 4, "byte enables");
    let addr = m.input("addr_i", 4, "word, 0..15");
    let pick = m.input("pick_i", 3, "first bit of the nibble");
    let word = m.output_var("word_o", 32, "");
    let nibble = m.output("nibble_o", 4, "");
    let state = m.output_var("class_o", 2, "");
    let ones = m.output("ones_o", 3, "lanes with a positive result, 0..4");
    let any = m.output("any_o", 4, "");

    m.section("Lanes");
    let scaled = m.net("scaled", 32);
    let done = m.net("done", 4);
    let ids = m.table("LANE_IDS", 2, &[0, 1, 2, 3], "one number for each copy");
    m.gen_for("gen_lane", "lane", 0..4, |m, lane| {
        let code = m.wire("code", codes.part_at(lane * 6, 6));
        m.inst("u_lane", &child, |u| {
            u.clk_rst();
            u.connect("lane_i", ids.part_at(lane * 2, 2));
            u.connect("valid_i", &valid);
            u.connect("code_i", &code);
            u.connect("valid_o", done.bit_at(lane));
            u.connect("scaled_o", scaled.part_at(lane * 8, 8));
            u.open("low_o");
        });
        m.gen_for("gen_bit", "position", 0..1, |m, _| m.assign(any.bit_at(lane), scaled.bit_at(lane * 8 + 7)));
    });

    m.section("Buffer");
    m.attr("ram_style", "block");
    let mem = m.mem("buffer", 32, 16);
    m.clocked_no_reset(|p| {
        p.for_("i", 0..4, |p, i| {
            p.if_(write.bit_at(i) & done.bit_at(i), |p| {
                p.set(mem.at(&addr).part_at(i * 8, 8), scaled.part_at(i * 8, 8));
            });
        });
        p.set(&word, mem.at(&addr));
    });
    let byte = m.wire("middle", word.slice(8, 8));
    m.assign(&nibble, byte.part_dyn(&pick, 4));
    m.comb(|p| {
        p.set(&state, Expr::zero(2));
        p.case(&pick, |c| {
            c.arm(Expr::lit(3, 0), |p| p.set(&state, Expr::lit(2, 1)));
            c.arms(&[Expr::lit(3, 1), Expr::lit(3, 5)], |p| {
                p.if_(addr.ult(Expr::lit(4, 8)), |p| p.set(&state, Expr::lit(2, 2)))
                    .elif(addr.eq(Expr::lit(4, 15)), |p| p.set(&state, Expr::lit(2, 3)))
                    .else_(|p| p.set(state.bit(1), write.any()));
            });
            c.default(|p| p.set(&state, Expr::lit(2, 3)));
        });
    });
    let count = m.function("positives", 3, &[("bytes", 32)], &[("sum", 3)], |p, f| {
        p.set(&f.locals[0], Expr::zero(3));
        p.for_("k", 0..4, |p, k| {
            let positive = f.args[0].bit_at(k * 8 + 7).not();
            p.set(&f.locals[0], &f.locals[0] + positive.zext(3));
        });
        p.set(&f.result, &f.locals[0]);
        p.if_((0..4).fold(Expr::lit(1, 1), |all, k| all.and(f.args[0].slice(8 * k, 7).eq(Expr::zero(7)))), |p| {
            p.set(&f.result, Expr::zero(3));
        });
    });
    m.assign(&ones, count.call(std::slice::from_ref(&scaled)));
    m.finish()
}

/// A memory whose size is a parameter.
pub fn sram() -> Arc<Module> {
    let mut m = Builder::new("mg_sram", "src/hdl/tests/samples.rs");
    m.doc("Single-port memory; replace it by a macro of the same ports.");
    m.latency("1 cycle from the address to the data");
    let width = m.param("WIDTH", 32, "bits of a word");
    let depth = m.param("DEPTH", 64, "words");
    let address = m.param("ADDRESS_BITS", 6, "ceil(log2(DEPTH))");
    m.clock();
    m.group("Port");
    let write = m.input("write_i", 1, "");
    let addr = m.input("addr_i", &address, "word, 0..DEPTH-1");
    let data = m.input("data_i", &width, "");
    let out = m.output_var("data_o", &width, "");
    let mem = m.mem("words", &width, &depth);
    m.clocked_no_reset(|p| {
        p.if_(&write, |p| p.set(mem.at(&addr), &data));
        p.set(&out, mem.at(&addr));
    });
    m.checks(|m| {
        m.initial(|p| p.fail_if(depth.value().ult(Expr::lit(32, 2)), "DEPTH is less than 2"));
    });
    m.finish()
}

/// Uses the memory with other parameters.
pub fn sram_user() -> Arc<Module> {
    let child = sram();
    let mut m = Builder::new("mg_sram_user", "src/hdl/tests/samples.rs");
    m.clock();
    let addr = m.input("addr_i", 8, "");
    let write = m.input("write_i", 1, "");
    let data = m.input("data_i", 12, "");
    let out = m.output("data_o", 12, "");
    m.inst("u_sram", &child, |u| {
        u.param("WIDTH", 12);
        u.param("DEPTH", 200);
        u.param("ADDRESS_BITS", 8);
        u.clk();
        u.connect("write_i", &write);
        u.connect("addr_i", &addr);
        u.connect("data_i", &data);
        u.connect("data_o", &out);
    });
    m.finish()
}

/// A behavioural model: steps within one edge, loops, division.
pub fn model() -> Arc<Module> {
    let mut m = Builder::new("mg_model", "src/hdl/tests/samples.rs");
    m.doc("Behavioural model of a column: the weighted sum of its rows, rounded. Not for synthesis.");
    m.clock();
    let start = m.input("start_i", 1, "");
    let rows = m.input("rows_i", 32, "8 drives of 4 bits, two's complement");
    let sum = m.output_var("sum_o", 16, "");
    let weights = m.mem("weights", 4, 8);
    m.initial(|p| {
        p.for_("row", 0..8, |p, row| p.set(weights.at_ix(row), row.value(4)));
    });
    let [rows_end] = m.bounds([("rows_end", 8)]);
    let rounded = m.model_function("rounded", 16, &[("exact", 16)], &[], |p, f| {
        p.set(&f.result, f.args[0].sdiv(Expr::slit(16, -3)));
    });
    let acc = m.var("acc", 16);
    let drive = m.var("drive", 4);
    let weight = m.var("weight", 4);
    m.clocked_no_reset(|p| {
        p.if_(&start, |p| {
            p.set_now(&acc, Expr::zero(16));
            p.for_("i", &rows_end, |p, i| {
                p.set_now(&drive, rows.part_at(i * 4, 4));
                p.set_now(&weight, weights.at_ix(i));
                p.set_now(&acc, &acc + drive.smul_w(&weight, 16));
            });
            p.set(&sum, rounded.call(std::slice::from_ref(&acc)));
        });
    });
    m.finish()
}
