//! ADC gain and requantisation shift of every layer, written through the configuration port.

use crate::hdl::{Builder, Expr, Module};
use crate::numeric::SHIFT_BITS;
use crate::schedule::Schedule;
use std::sync::Arc;

/// The block that holds the run-time parameters of the layers.
pub fn layer_parameters(schedule: &Schedule) -> Arc<Module> {
    let w = schedule.widths.layer as usize;
    let aw = schedule.widths.layer.max(schedule.widths.bias_word) as usize;
    let s = SHIFT_BITS as usize;
    let layers = schedule.banks.len();
    let mut m = Builder::new("memgan_layer_parameters", file!());
    m.doc("Run-time parameters of each layer: ADC gain exponent and requantisation shift.");
    m.latency("reading is combinational");
    m.clk_rst();
    m.group("Write port");
    let write = m.input("write_valid_i", 1, "");
    let address = m.input("write_layer_i", aw, "a layer; others are ignored");
    let data = m.input("write_data_i", 2 * s, "{shift, gain}");
    m.group("Read port");
    let layer = m.input("layer_i", w, "");
    let gain = m.output("gain_o", s, "");
    let shift = m.output("shift_o", s, "");
    let values = m.reg("values_q", layers * 2 * s, 0);
    m.clocked(|p| {
        for i in 0..layers {
            p.if_(write.and(address.eq(Expr::lit(aw, i as u128))), |p| p.set(values.slice(i * 2 * s, 2 * s), &data));
        }
    });
    let value = m.var("value", 2 * s);
    m.comb(|p| {
        p.case(&layer, |c| {
            for i in 0..layers {
                c.arm(Expr::lit(w, i as u128), |p| p.set(&value, values.slice(i * 2 * s, 2 * s)));
            }
            if layers < 1 << w {
                c.default(|p| p.set(&value, Expr::zero(2 * s)));
            }
        });
    });
    m.assign(&gain, value.slice(0, s));
    m.assign(&shift, value.slice(s, s));
    m.finish()
}
