//! Whether a line fires in a stochastic update.

use crate::hdl::{Builder, Expr, Module};
use crate::numeric::{FIRE_BITS, FIRE_SIZE_BITS, Rate};
use std::sync::Arc;

/// Bits of a threshold: a magnitude of 7 bits times a mantissa of 4, shifted left by up to 15 and right by 7.
const THRESHOLD_BITS: usize = 7 + 4 + 15;

/// Compares a code's magnitude, and the magnitude times the rate, with random numbers.
pub fn fire_lane() -> Arc<Module> {
    let mut m = Builder::new("memgan_fire", file!());
    m.doc("A line fires when the upper 16 random bits are below |value| * rate / 128 and the lower 7 below |value|: on average \
         with the square of the value.");
    m.contract("rate_i is {exponent, mantissa - 8}: (8 + rate_i[2:0]) * 2^rate_i[7:3], the exponent at most 15.");
    m.latency("combinational");
    m.group("Line");
    let value = m.input("value_i", 8, "signed, -127..127");
    let random = m.input("random_i", FIRE_BITS as usize, "uniform");
    let rate = m.input("rate_i", Rate::BITS as usize, "");
    let code = m.output("code_o", 8, "signed: -1, 0 or 1, the sign of the value");

    let negative = m.wire("negative", value.msb());
    let magnitude = m.wire("magnitude", negative.mux(value.neg(), &value));
    m.unused("unused_magnitude", &[magnitude.msb(), rate.msb()]);
    let mantissa = m.wire("mantissa", Expr::concat(&[Expr::ones(1), rate.slice(0, 3)]));
    let product = m.wire("product", magnitude.slice(0, 7).umul(&mantissa));
    let scaled = m.wire("scaled", product.zext(THRESHOLD_BITS).shl_dyn(rate.slice(3, 4)));
    m.unused("unused_scaled", &[scaled.slice(0, 7)]);
    let chance = random.drop_low(FIRE_SIZE_BITS as usize).zext(THRESHOLD_BITS - 7).ult(scaled.drop_low(7));
    let passes = random.slice(0, FIRE_SIZE_BITS as usize).ult(magnitude.slice(0, 7));
    let fires = m.wire("fires", chance.and(&passes));
    m.assign(&code, Expr::concat(&[fires.and(&negative).repeat(7), fires]));
    m.finish()
}
