//! What wires take in the behavioural view: the factors of `electrical::LineFactors`, the same in every tile.

use super::cells::log2;
use super::real::{RealFunctions, W, int};
use super::real_devices::device;
use super::real_forming::saturate;
use crate::electrical::{LineFactors, Lines};
use crate::hdl::{Builder, Expr, Function, Ix, Mem, Process};
use crate::schedule::Schedule;

/// What wires leave of the conductances: `electrical::LineFactors`.
pub(super) struct Wires {
    /// Factor of every bit-line crossing, by `{cell, side}`; the minus side is the reference line where there is one.
    factor: Mem,
    /// Factors of word lines up to each bit line, by column and side, and of bit lines from each word line.
    word: Function,
    bit: Function,
    offset: i32,
    product: Expr,
    other: Expr,
}

impl Wires {
    pub fn new(m: &mut Builder, schedule: &Schedule, factors: &LineFactors) -> Self {
        let c = &schedule.design.crossbar;
        let mut table = |name: &str, index: &str, values: &[(usize, u16)], width: usize| {
            m.function(name, W, &[(index, width)], &[], |p, f| {
                p.case(&f.args[0], |case| {
                    for &(at, value) in values {
                        case.arm(Expr::lit(width, at as u128), |p| p.set(&f.result, int(value.into())));
                    }
                    case.default(|p| p.set(&f.result, int(0)));
                });
            })
        };
        let lines = Lines::of(c);
        let word: Vec<(usize, u16)> = (0..c.columns)
            .flat_map(|column| [(2 * column, lines.plus(column)), (2 * column + 1, lines.minus(column))])
            .map(|(at, line)| (at, factors.word[line]))
            .collect();
        let bit: Vec<(usize, u16)> = factors.bit.iter().copied().enumerate().collect();
        let word = table("word_factor", "crossing", &word, log2(c.columns) + 1);
        let bit = table("bit_factor", "from", &bit, log2(c.rows));
        let factor = m.mem("factor_q", 16, 2 * c.rows * c.columns);
        let [product, other] = ["product", "other_product"].map(|n| m.var(n, W));
        Self { factor, word, bit, offset: factors.offset() as i32, product, other }
    }

    /// The factors of a cell. `column`: the fields of the physical column, ADC, then group.
    pub fn draw(&self, s: &mut Process, at: &Expr, row: &Ix, column: [Option<Expr>; 2]) {
        for side in 0..2u32 {
            let mut crossing: Vec<Expr> = column.iter().flatten().cloned().collect();
            if crossing.is_empty() {
                crossing.push(Expr::zero(1));
            }
            crossing.push(Expr::lit(1, u128::from(side)));
            s.set_now(&self.product, self.word.call(&[Expr::concat(&crossing)]));
            s.set_now(&self.other, self.bit.call(&[row.value(self.bit.argument_width(0))]));
            s.set_now(&self.product, self.product.umul_w(&self.other, W));
            s.set_now(&self.product, self.product.add(int(1 << 14)));
            s.set_now(self.factor.at(device(at, &Expr::lit(1, u128::from(side)))), self.product.slice(15, 16));
        }
    }

    /// Sets `to` to the weight of a cell with these codes.
    pub fn weight(&self, s: &mut Process, f: &RealFunctions, to: &Expr, at: &Expr, plus: &Expr, minus: &Expr) {
        let factor = |side: u32| self.factor.at(device(at, &Expr::lit(1, u128::from(side)))).zext(W);
        s.set_now(&self.product, plus.add(int(self.offset)));
        s.set_now(&self.product, self.product.umul_w(factor(0), W));
        s.set_now(&self.other, minus.add(int(self.offset)));
        s.set_now(&self.other, self.other.umul_w(factor(1), W));
        s.set_now(to, self.product.sub(&self.other));
        s.set_now(to, to.add(int(1 << 14)));
        s.set_now(to, to.sra(15));
        saturate(s, f, to);
    }
}
