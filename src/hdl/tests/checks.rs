//! Modules that are refused, with the net and the reason.

use super::samples;
use crate::hdl::{Builder, Expr, Printer};

/// The only problem of the module contains all of these.
fn refused(words: &[&str], f: impl FnOnce(&mut Builder, &Expr)) {
    let mut m = Builder::new("mg_wrong", "x.rs");
    m.clk_rst();
    let a = m.input("a_i", 4, "");
    f(&mut m, &a);
    let error = m.try_finish().expect_err("this module must be refused");
    let text = error.to_string();
    assert!(text.contains("`mg_wrong`"), "{text}");
    assert_eq!(error.problems.len(), 1, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[test]
fn every_bit_has_one_driver() {
    refused(&["`y_o` is not driven in bits 3:0"], |m, _| drop(m.output("y_o", 4, "")));
    refused(&["`y_o` is not driven in bits 3:2"], |m, a| {
        let y = m.output("y_o", 4, "");
        m.assign(y.slice(0, 2), a.slice(0, 2));
    });
    refused(&["`y_o` is not driven in bit 1"], |m, a| {
        let y = m.output("y_o", 4, "");
        m.assign(y.bit(0), a.bit(0));
        m.assign(y.slice(2, 2), a.slice(0, 2));
    });
    refused(&["`y_o` has more than one driver of bits 2:1"], |m, a| {
        let y = m.output("y_o", 4, "");
        m.assign(y.slice(0, 3), a.slice(0, 3));
        m.assign(y.slice(1, 3), a.slice(0, 3));
    });
    refused(&["`y_o` has more than one driver"], |m, a| {
        let y = m.output_reg("y_o", 4, 0, "");
        m.clocked(|p| p.set(&y, a));
        m.clocked(|p| p.set(y.bit(0), a.bit(0)));
    });
    refused(&["`y_o` has more than one driver"], |m, a| {
        let y = m.output_reg("y_o", 4, 0, "");
        // The first process can reach any bit, and resets all of them.
        m.clocked(|p| p.set(y.bit_dyn(a.slice(0, 2)), a.bit(0)));
        m.clocked(|p| p.set(y.bit(0), a.bit(0)));
    });
    refused(&["`y_o` has more than one driver"], |m, a| {
        let y = m.output("y_o", 4, "");
        m.gen_for("gen_x", "x", 0..3, |m, x| m.assign(y.part_at(x, 2), a.slice(0, 2)));
    });
    refused(&["`t` is not driven"], |m, a| {
        m.gen_for("gen_x", "x", 0..3, |m, x| {
            let t = m.net("t", 2);
            m.assign(t.bit(0), a.bit_at(x));
        });
    });
    refused(&["assign drives `a_i`, which is input"], |m, a| m.assign(a, Expr::zero(4)));
    refused(&["`mem` is never written"], |m, _| drop(m.mem("mem", 4, 4)));
    refused(&["`r` is not driven"], |m, _| drop(m.reg("r", 4, 0)));
}

#[test]
fn drivers_are_of_the_right_kind() {
    refused(&["assign drives `r`, which is reg"], |m, a| {
        let r = m.var("r", 4);
        m.assign(&r, a);
        m.clocked_no_reset(|p| p.set(&r, a));
    });
    refused(&["a process drives `w`, which is wire"], |m, a| {
        let w = m.wire("w", a);
        m.clocked_no_reset(|p| p.set(&w, a));
    });
    refused(&["`v` has no reset value"], |m, a| {
        let v = m.var("v", 4);
        m.clocked(|p| p.set(&v, a));
    });
    refused(&["`r` has a reset value"], |m, a| {
        let r = m.reg("r", 4, 0);
        m.clocked_no_reset(|p| p.set(&r, a));
    });
    refused(&["`mem` is a memory"], |m, a| {
        let mem = m.mem("mem", 4, 4);
        m.clocked(|p| p.set(mem.at(a.slice(0, 2)), a));
    });
}

#[test]
fn combinational_processes_have_no_latches() {
    refused(&["does not assign `v` on every path"], |m, a| {
        let v = m.var("v", 4);
        m.comb(|p| {
            p.if_(a.bit(0), |p| p.set(&v, a));
        });
    });
    refused(&["does not assign `v` on every path"], |m, a| {
        let v = m.var("v", 4);
        m.comb(|p| p.case(a.slice(0, 2), |c| (0..3).for_each(|i| c.arm(Expr::lit(2, i), |p| p.set(&v, a)))));
    });
    refused(&["reads `v` before it assigns it"], |m, a| {
        let v = m.var("v", 4);
        m.comb(|p| p.set(&v, a + &v));
    });
    refused(&["reads nothing"], |m, _| {
        let v = m.var("v", 4);
        m.comb(|p| p.set(&v, Expr::zero(4)));
    });
    refused(&["reads memory `mem`"], |m, a| {
        let mem = m.mem("mem", 4, 16);
        m.clocked_no_reset(|p| p.set(mem.at(a), a));
        let v = m.var("v", 4);
        m.comb(|p| p.set(&v, mem.at(a)));
    });
    let mut m = Builder::new("m", "x.rs");
    let a = m.input("a_i", 2, "");
    let v = m.output_var("v_o", 2, "");
    m.comb(|p| p.case(&a, |c| (0..4).for_each(|i| c.arm(Expr::lit(2, i), |p| p.set(&v, Expr::lit(2, 3 - i))))));
    m.finish();
}

#[test]
fn names_are_known_free_and_legal() {
    refused(&["net `logic` is a reserved word"], |m, a| drop(m.wire("logic", a)));
    refused(&["`a$b` is not a plain identifier"], |m, a| drop(m.wire("a$b", a)));
    refused(&["`a_i` is declared twice"], |m, a| drop(m.wire("a_i", a)));
    refused(&["`other_i` is not declared here"], |m, _| {
        let other = Builder::new("mg_other", "x.rs").input("other_i", 4, "");
        m.wire("w", &other);
    });
    refused(&["`a_i` has 4 bits here and is used with 5"], |m, _| {
        let other = Builder::new("mg_other", "x.rs").input("a_i", 5, "");
        m.wire("w", &other);
    });
    refused(&["`t` is used outside of the loop"], |m, a| {
        let mut leak = None;
        m.gen_for("gen_x", "x", 0..4, |m, x| leak = Some(m.wire("t", a.bit_at(x))));
        m.wire("w", leak.expect("the loop ran"));
    });
    refused(&["the loop variable `x` is used outside"], |m, a| {
        let mut leak = None;
        m.gen_for("gen_x", "x", 0..4, |m, x| {
            leak = Some(x.clone());
            m.wire("t", a.bit_at(x));
        });
        m.wire("w", a.bit_at(leak.expect("the loop ran")));
    });
    refused(&["label `lanes` of a loop"], |m, _| m.gen_for("lanes", "x", 0..4, |_, _| {}));
    refused(&["label `lane` of an instance"], |m, a| {
        m.inst("lane", &samples::sram(), |u| {
            u.clk();
            u.connect("write_i", a.bit(0));
            u.connect("addr_i", a.zext(6));
            u.connect("data_i", a.zext(32));
            u.open("data_o");
        });
    });
}

#[test]
fn instances_are_complete() {
    let child = samples::lane();
    let mut m = Builder::new("mg_wrong", "x.rs");
    m.clk_rst();
    let a = m.input("a_i", 4, "");
    m.inst("u_lane", &child, |u| {
        u.clk_rst();
        u.connect("lane_i", &a);
        u.connect("code_i", a.zext(6));
        u.connect("nothing_i", &a);
        u.open("low_o");
        u.open("valid_o");
        u.connect("scaled_o", Expr::concat(&[a.clone(), a.clone()]));
        u.param("N", 3);
    });
    let error = m.try_finish().expect_err("refused").to_string();
    for word in [
        "instance `u_lane` of `mg_lane`: port `lane_i` has 2 bits and is connected to 4 bits: `a_i`",
        "port `valid_i` is not connected",
        "no port `nothing_i`",
        "no parameter `N`",
    ] {
        assert!(error.contains(word), "`{word}` is not in: {error}");
    }
}

#[test]
#[should_panic(expected = "two different modules are called `mg_lane`")]
fn one_name_is_one_text() {
    let mut other = Builder::new("mg_lane", "x.rs");
    let y = other.output("y_o", 1, "");
    other.assign(&y, Expr::lit(1, 0));
    let mut m = Builder::new("mg_top", "x.rs");
    let y = m.output("y_o", 1, "");
    m.inst("u_other", &other.finish(), |u| u.connect("y_o", &y));
    let (_clk, _rst) = m.clk_rst();
    m.inst("u_lane", &samples::lane(), |u| {
        u.clk_rst();
        u.connect("lane_i", Expr::zero(2));
        u.connect("valid_i", Expr::zero(1));
        u.connect("code_i", Expr::zero(6));
        ["valid_o", "scaled_o", "low_o"].iter().for_each(|port| u.open(port));
    });
    Printer::new("0", "0").print(m.finish().as_ref());
}

#[test]
fn emission_is_deterministic_and_children_come_first() {
    let files = Printer::new("0", "0").print(samples::lanes().as_ref());
    let names: Vec<&str> = files.iter().map(|f| f.0.as_str()).collect();
    assert_eq!(names, ["mg_lane", "mg_lanes"]);
    assert_eq!(files, Printer::new("0", "0").print(samples::lanes().as_ref()));
    let long = files.iter().flat_map(|f| f.1.lines()).find(|l| l.len() > 100);
    assert_eq!(long, None);
}
