//! Wrong widths are refused where they are written, naming both.

use crate::hdl::{Bits, Builder, Expr};
use std::panic::{AssertUnwindSafe, catch_unwind};

fn message(f: impl FnOnce()) -> String {
    let error = catch_unwind(AssertUnwindSafe(f)).expect_err("this must be refused");
    error.downcast_ref::<String>().cloned().unwrap_or_default()
}

/// The refusal names all of these.
fn refused(words: &[&str], f: impl FnOnce()) {
    let message = message(f);
    for word in words {
        assert!(message.contains(word), "`{word}` is not in: {message}");
    }
}

fn inputs() -> (Builder, Expr, Expr, Expr) {
    let mut m = Builder::new("m", "x.rs");
    let a = m.input("a_i", 8, "");
    let b = m.input("b_i", 9, "");
    let c = m.input("c_i", 1, "");
    (m, a, b, c)
}

#[test]
fn operators_need_equal_widths() {
    type Operator = fn(&Expr, &Expr) -> Expr;
    let all: [(&str, Operator); 16] = [
        ("add", |a, b| a.add(b)),
        ("sub", |a, b| a - b),
        ("add_c", |a, b| a.add_c(b)),
        ("sub_b", |a, b| a.sub_b(b)),
        ("and", |a, b| a & b),
        ("or", |a, b| a | b),
        ("xor", |a, b| a ^ b),
        ("eq", |a, b| a.eq(b)),
        ("ne", |a, b| a.ne(b)),
        ("ult", |a, b| a.ult(b)),
        ("uge", |a, b| a.uge(b)),
        ("slt", |a, b| a.slt(b)),
        ("sge", |a, b| a.sge(b)),
        ("mul", |a, b| a.mul(b)),
        ("sdiv", |a, b| a.sdiv(b)),
        ("mux", |a, b| Expr::lit(1, 1).mux(a, b)),
    ];
    let (_m, a, b, _c) = inputs();
    for (name, operator) in all {
        refused(&[&format!("`{name}`"), "8 bits", "9 bits", "`a_i`", "`b_i`"], || {
            operator(&a, &b);
        });
        operator(&a, &a);
    }
}

#[test]
fn selections_stay_inside() {
    let (mut m, a, b, c) = inputs();
    refused(&["bits 5..9", "`a_i`", "8 bits"], || drop(a.slice(5, 4)));
    refused(&["bits 0..0", "`a_i`"], || drop(a.slice(0, 0)));
    refused(&["bits 8..9"], || drop(a.bit(8)));
    refused(&["`zext`", "8 bits", "to 7"], || drop(a.zext(7)));
    refused(&["`sext`", "to 7"], || drop(a.sext(7)));
    refused(&["selects with 8 bits"], || drop(a.mux(&a, &a)));
    refused(&["cannot slice", "a_i + a_i", "wire"], || drop((&a + &a).slice(0, 4)));
    refused(&["cannot slice"], || drop((&a & &a).sext(12)));
    refused(&["indexed with 9 bits", "at most 3"], || drop(a.bit_dyn(&b)));
    refused(&["shifted by 8"], || drop(a.shr(8)));
    refused(&["9 does not fit in 3"], || drop(Expr::lit(3, 9)));
    refused(&["-5 does not fit in 3"], || drop(Expr::slit(3, -5)));
    let mem = m.mem("mem", 8, 100);
    refused(&["`mem` of 100", "8 bits", "takes 7"], || drop(mem.at(&a)));
    m.gen_for("gen_x", "x", 0..3, |_, x| {
        refused(&["bits 0..11", "x*4", "`a_i`"], || drop(a.part_at(x * 4, 3)));
        refused(&["`mem`", "words 98..=100"], || drop(mem.at_ix(x + 98)));
        refused(&["`x` is not the variable of a procedural loop"], || drop(x.value(4)));
        a.part_at(x * 2, 4);
    });
    assert_eq!(c.msb().to_string(), "c_i");
}

#[test]
fn wiring_is_resolved_when_sliced() {
    let (_m, a, b, c) = inputs();
    let all = Expr::concat(&[a.clone(), b.clone(), c.clone()]);
    assert_eq!(all.slice(0, 1).to_string(), "c_i");
    assert_eq!(all.slice(1, 9).to_string(), "b_i");
    assert_eq!(all.slice(4, 8).to_string(), "{a_i[1:0], b_i[8:3]}");
    assert_eq!(a.slice(2, 5).slice(1, 3).to_string(), "a_i[5:3]");
    assert_eq!(a.zext(12).slice(6, 4).to_string(), "{2'd0, a_i[7:6]}");
    assert_eq!(a.sext(12).slice(6, 4).to_string(), "{{2{a_i[7]}}, a_i[7:6]}");
    assert_eq!(Expr::bits(&Bits::new(130, 1 << 100)).slice(99, 3).to_string(), "3'd2");
    assert_eq!(c.sext(3).to_string(), "{{2{c_i}}, c_i}");
}

#[test]
fn assignments_need_equal_widths() {
    let (mut m, a, b, _c) = inputs();
    let y = m.output("y_o", 8, "");
    refused(&["`y_o` has 8 bits", "9 bits", "`b_i`"], || m.assign(&y, &b));
    let r = m.reg("r_q", 9, 0);
    refused(&["`r_q` has 9 bits", "8 bits"], || m.clocked(|p| p.set(&r, &a)));
    refused(&["a condition of 8 bits", "`a_i`"], || {
        m.clocked(|p| {
            p.if_(&a, |_| {});
        });
    });
    refused(&["the case over `a_i` has 8 bits", "9 bits"], || {
        m.comb(|p| p.case(&a, |c| c.arm(Expr::lit(9, 1), |_| {})));
    });
    refused(&["item `8'h01` twice"], || {
        m.comb(|p| p.case(&a, |c| c.arms(&[Expr::lit(8, 1), Expr::hex(8, 1)], |_| {})));
    });
}

#[test]
fn comparisons_that_are_constant_are_folded() {
    let (_m, a, _b, _c) = inputs();
    let (low, high) = (Expr::slit(8, -128), Expr::slit(8, 127));
    for (e, value) in [
        (a.ult(Expr::zero(8)), "1'b0"),
        (a.uge(Expr::zero(8)), "1'b1"),
        (a.ule(Expr::ones(8)), "1'b1"),
        (a.ugt(Expr::ones(8)), "1'b0"),
        (Expr::zero(8).ule(&a), "1'b1"),
        (a.slt(&low), "1'b0"),
        (a.sge(&low), "1'b1"),
        (a.sle(&high), "1'b1"),
        (high.slt(&a), "1'b0"),
        (a.ult(Expr::ones(8)), "a_i < 8'd255"),
        (Expr::lit(8, 3).ult(Expr::lit(8, 4)), "1'b1"),
    ] {
        assert_eq!(e.to_string(), value);
    }
}
