//! An error times the derivative of the non-linearity.

use super::activation::ACTIVATION_BITS;
use crate::config::Activation;
use crate::hdl::{Builder, Expr, Module};
use crate::schedule::{Pass, Schedule};
use std::sync::Arc;

/// `numeric::derive` of one lane.
pub fn derivative_lane(schedule: &Schedule) -> Arc<Module> {
    let uses = |f: fn(Activation) -> bool| {
        schedule.ops.iter().any(|o| o.pass == Pass::Backward && o.target.is_some() && f(o.activation))
    };
    let leaky = uses(|a| matches!(a, Activation::LeakyRelu { .. }));
    let tables = uses(|a| matches!(a, Activation::Tanh | Activation::Sigmoid));

    let mut m = Builder::new("memgan_derivative", file!());
    m.doc("An error times the derivative of the non-linearity, which is taken at the non-linearity's output. Halves are rounded away from zero.");
    m.latency("combinational");
    m.group("Error and activation");
    let error = m.input("error_i", 8, "signed, -127..127");
    let value = m.input("value_i", 8, "activation, signed, -127..127");
    m.group("Non-linearity");
    let code = m.input("activation_i", ACTIVATION_BITS, "0 linear, 1 relu, 2 leaky relu, 3 tanh, 4 sigmoid");
    let slope = m.input("slope_i", 3, "leaky relu: negative values times 2^-slope");
    let dropped = m.input("dropout_i", 1, "an activation of zero was dropped");
    let out = m.output("error_o", 8, "signed, -127..127");

    let zero = m.wire("zero", value.any().not());
    let negative = m.wire("negative", value.msb());
    let leaked = leaky.then(|| {
        m.section("Leaky relu");
        let half = m.wire("slope_half", Expr::lit(9, 1).shl_dyn(&slope).sub(error.msb().zext(9)).shr(1));
        let biased = m.wire("slope_biased", error.sext(9).add(&half));
        let leaked = m.wire("leaked", biased.sra_dyn(&slope));
        m.unused("unused_leaked", &[leaked.bit(8)]);
        leaked.slice(0, 8)
    });
    if !leaky {
        m.unused("unused_slope", &[slope]);
    }
    let curved = tables.then(|| {
        m.section("tanh: 1 - a^2 in units of 2^-7; sigmoid: 4 a (1 - a), for a of 0..127");
        let square = m.wire("square", value.smul(&value));
        let room = m.wire("room", Expr::lit(16, 127 * 127).sub(&square));
        let times_127 = m.wire("times_127", Expr::concat(&[value.sext(9), Expr::zero(7)]).sub(value.sext(16)));
        let between = m.wire("between", times_127.sub(&square));
        let is_tanh = m.wire("is_tanh", code.eq(Expr::lit(ACTIVATION_BITS, 3)));
        let factor = m.wire("factor", is_tanh.mux(room.slice(7, 7), between.slice(5, 7)));
        m.unused("unused_factor", &[room.slice(14, 2), room.slice(0, 7), between.slice(12, 4), between.slice(0, 5)]);
        let product = m.wire("product", error.smul(factor.zext(8)));
        let rounded = m.wire("rounded", product.add(product.msb().mux(Expr::lit(16, 63), Expr::lit(16, 64))));
        m.unused("unused_rounded", &[rounded.slice(0, 7), rounded.bit(15)]);
        rounded.slice(7, 8)
    });
    m.section("By non-linearity");
    let derived = m.var("derived", 8);
    m.comb(|s| {
        s.case(&code, |c| {
            c.arm(Expr::lit(3, 1), |s| s.set(&derived, negative.or(&zero).mux(Expr::zero(8), &error)));
            if let Some(leaked) = &leaked {
                c.arm(Expr::lit(3, 2), |s| s.set(&derived, negative.mux(leaked, &error)));
            }
            if let Some(curved) = &curved {
                c.arms(&[Expr::lit(3, 3), Expr::lit(3, 4)], |s| s.set(&derived, curved));
            }
            c.default(|s| s.set(&derived, &error));
        });
    });
    m.assign(&out, zero.and(&dropped).mux(Expr::zero(8), &derived));
    m.finish()
}
