//! One lane of requantisation and non-linearity: the numeric contract's `activate`.

use crate::config::Activation;
use crate::hdl::{Bits, Builder, Expr, Module};
use crate::numeric::{SHIFT_BITS, TABLE_ENTRIES, tanh_table};
use crate::schedule::Schedule;
use std::sync::Arc;

/// Code of an activation in the schedule ROM.
pub(super) const ACTIVATION_BITS: usize = 3;

pub(super) fn activation_code(activation: Activation) -> u128 {
    match activation {
        Activation::Linear => 0,
        Activation::Relu => 1,
        Activation::LeakyRelu { .. } => 2,
        Activation::Tanh => 3,
        Activation::Sigmoid => 4,
    }
}

fn table() -> Arc<Module> {
    let mut m = Builder::new("memgan_tanh_table", file!());
    m.doc("127 * tanh(index / 64), rounded; also gives the sigmoid, which is (1 + tanh(x / 2)) / 2.");
    m.latency("combinational");
    m.group("Magnitude to magnitude");
    let index = m.input("index_i", 8, "0..255");
    let value = m.output_var("value_o", 7, "0..127");
    let words: Vec<Bits> = tanh_table().iter().map(|&v| Bits::new(7, u128::from(v))).collect();
    debug_assert_eq!(words.len(), TABLE_ENTRIES);
    m.rom(&value, &index, &words, &Bits::new(7, 127));
    m.finish()
}

/// Requantises a pre-activation and applies the layer's non-linearity.
pub fn activation_lane(schedule: &Schedule) -> Arc<Module> {
    let v = schedule.widths.pre_activation as usize;
    let wide = (v + 1).max(17);
    let uses = |f: fn(Activation) -> bool| schedule.ops.iter().any(|o| f(o.activation));
    let tables = uses(|a| matches!(a, Activation::Tanh | Activation::Sigmoid));
    let leaky = uses(|a| matches!(a, Activation::LeakyRelu { .. }));

    let mut m = Builder::new("memgan_activation", file!());
    m.doc("Scales a pre-activation by 2^-shift_i, rounding halves up, and applies the non-linearity.");
    m.latency("combinational");
    m.group("Pre-activation");
    let value = m.input("value_i", v, "signed");
    let shift = m.input("shift_i", SHIFT_BITS as usize, "");
    m.group("Non-linearity");
    let code = m.input("activation_i", ACTIVATION_BITS, "0 linear, 1 relu, 2 leaky relu, 3 tanh, 4 sigmoid");
    let slope = m.input("slope_i", 3, "leaky relu: negative values times 2^-slope");
    let out = m.output_var("value_o", 8, "signed, -127..127");
    let training = schedule.design.training.is_some().then(|| {
        m.group("Errors");
        let error = m.input("error_i", 1, "the value is an error: halves are rounded away from zero");
        (error, m.output("rounded_o", 8, "signed, -127..127"), m.output("clipped_o", 1, "the value did not fit"))
    });

    m.section("Round and saturate");
    let unit = Expr::lit(wide, 1).shl_dyn(&shift);
    let half = match &training {
        Some((error, ..)) => {
            let less = m.wire("half_is_less", error.and(value.msb()));
            unit.sub(less.zext(wide)).shr(1)
        }
        None => unit.shr(1),
    };
    let half = m.wire("half", half);
    let biased = m.wire("biased", value.sext(wide).add(&half));
    let scaled = m.wire("scaled", biased.sra_dyn(&shift));
    let max = m.wire("above", scaled.sgt(Expr::slit(wide, 127)));
    let min = m.wire("below", scaled.slt(Expr::slit(wide, -127)));
    let r = m.wire("rounded", max.mux(Expr::slit(8, 127), min.mux(Expr::slit(8, -127), scaled.slice(0, 8))));
    let negative = m.wire("negative", scaled.msb());
    if let Some((_, rounded, clipped)) = &training {
        m.assign(rounded, &r);
        m.assign(clipped, max.or(&min));
    }

    let leaked = leaky.then(|| {
        m.section("Leaky relu");
        let half = m.wire("slope_half", Expr::lit(9, 1).shl_dyn(&slope).shr(1));
        let biased = m.wire("slope_biased", r.sext(9).add(&half));
        let leaked = m.wire("leaked", biased.sra_dyn(&slope));
        m.unused("unused_leaked", &[leaked.bit(8)]);
        leaked.slice(0, 8)
    });
    if !leaky {
        m.unused("unused_slope", &[slope]);
    }
    let entries = tables.then(|| {
        m.section("Tanh of the magnitude, then the sign");
        let magnitude = m.wire("magnitude", negative.mux(scaled.neg(), &scaled));
        let index = m.wire("index", magnitude.ugt(Expr::lit(wide, 255)).mux(Expr::lit(8, 255), magnitude.slice(0, 8)));
        let entry = m.net("entry", 7);
        let table = table();
        m.inst("u_table", &table, |u| {
            u.connect("index_i", &index);
            u.connect("value_o", &entry);
        });
        let tanh = m.wire("tanh", negative.mux(entry.zext(8).neg(), entry.zext(8)));
        let above_half = m.wire("twice_sigmoid", Expr::lit(9, 128).add(tanh.sext(9)));
        m.unused("unused_half", &[above_half.bit(0)]);
        (tanh, above_half.slice(1, 8))
    });
    m.comb(|s| {
        s.case(&code, |c| {
            c.arm(Expr::lit(3, 1), |s| s.set(&out, negative.mux(Expr::zero(8), &r)));
            if let Some(leaked) = &leaked {
                c.arm(Expr::lit(3, 2), |s| s.set(&out, negative.mux(leaked, &r)));
            }
            if let Some((tanh, sigmoid)) = &entries {
                c.arm(Expr::lit(3, 3), |s| s.set(&out, tanh));
                c.arm(Expr::lit(3, 4), |s| s.set(&out, sigmoid));
            }
            c.default(|s| s.set(&out, &r));
        });
    });
    m.finish()
}
