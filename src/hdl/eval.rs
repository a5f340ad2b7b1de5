//! The value of an expression: the reference that the printed text is compared with.

use super::bits::Bits;
use super::expr::{Amount, Binary, Expr, Index, Kind, Shift, Unary};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Values of nets, by name.
#[derive(Clone, Debug, Default)]
pub struct Env(BTreeMap<String, Bits>);

impl Env {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the value of a net.
    pub fn set(&mut self, name: &str, value: Bits) -> &mut Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    /// The value of a net.
    pub fn get(&self, name: &str) -> Option<&Bits> {
        self.0.get(name)
    }
}

fn unary(op: Unary, a: &Bits) -> Bits {
    match op {
        Unary::Not => a.not(),
        Unary::Neg => a.neg(),
        Unary::Any => Bits::bool(!a.is_zero()),
        Unary::All => Bits::bool(a.is_ones()),
        Unary::Parity => Bits::bool(a.words().iter().map(|w| w.count_ones()).sum::<u32>() % 2 == 1),
    }
}

fn signed_divide(a: &Bits, b: &Bits) -> (Bits, Bits) {
    let negative = |x: &Bits| x.bit(x.width() - 1);
    let magnitude = |x: &Bits| if negative(x) { x.neg() } else { x.clone() };
    let (quotient, rest) = magnitude(a).divide(&magnitude(b));
    let flip = |x: Bits, minus: bool| if minus { x.neg() } else { x };
    (flip(quotient, negative(a) != negative(b)), flip(rest, negative(a)))
}

pub(super) fn binary(op: Binary, a: &Bits, b: &Bits) -> Bits {
    let unsigned = || a.order(b);
    let signed = || a.order_signed(b);
    match op {
        Binary::Add => a.add(b),
        Binary::Sub => a.sub(b),
        Binary::Mul | Binary::Smul => a.mul(b),
        Binary::Udiv => a.divide(b).0,
        Binary::Urem => a.divide(b).1,
        Binary::Sdiv => signed_divide(a, b).0,
        Binary::Srem => signed_divide(a, b).1,
        Binary::And => a.and(b),
        Binary::Or => a.or(b),
        Binary::Xor => a.xor(b),
        Binary::Eq => Bits::bool(a == b),
        Binary::Ne => Bits::bool(a != b),
        Binary::Ult => Bits::bool(unsigned() == Ordering::Less),
        Binary::Ule => Bits::bool(unsigned() != Ordering::Greater),
        Binary::Ugt => Bits::bool(unsigned() == Ordering::Greater),
        Binary::Uge => Bits::bool(unsigned() != Ordering::Less),
        Binary::Slt => Bits::bool(signed() == Ordering::Less),
        Binary::Sle => Bits::bool(signed() != Ordering::Greater),
        Binary::Sgt => Bits::bool(signed() == Ordering::Greater),
        Binary::Sge => Bits::bool(signed() != Ordering::Less),
    }
}

/// The value of an expression of constants.
fn known(e: &Expr) -> Option<Bits> {
    match e.kind() {
        Kind::Unary(_, a) | Kind::Repeat(_, a) | Kind::Shift(_, a, Amount::Const(_)) => known(a).map(|_| ()),
        Kind::Binary(_, a, b) | Kind::Shift(_, a, Amount::Dyn(b)) => known(a).and(known(b)).map(|_| ()),
        Kind::Part { base, index: Index::At(_) } => known(base).map(|_| ()),
        Kind::Concat(parts) => parts.iter().all(|p| known(p).is_some()).then_some(()),
        _ => e.constant().map(|_| ()),
    }?;
    Some(e.eval(&Env::new()))
}

/// The result of a comparison that does not depend on its variable operand, such as `x < 0`: linters reject it in the text.
pub(crate) fn fold_compare(op: Binary, a: &Expr, b: &Expr) -> Option<bool> {
    let width = a.width();
    let (low, high) = if op.signed() {
        let high = Bits::ones(width).shr(1);
        (high.not(), high)
    } else {
        (Bits::zero(width), Bits::ones(width))
    };
    let (known_a, known_b) = (known(a), known(b));
    if let (Some(a), Some(b)) = (&known_a, &known_b) {
        return Some(!binary(op, a, b).is_zero());
    }
    let is = |known: &Option<Bits>, limit: &Bits| known.as_ref() == Some(limit);
    let (a, b) = (&known_a, &known_b);
    match op {
        Binary::Ult | Binary::Slt if is(b, &low) || is(a, &high) => Some(false),
        Binary::Ugt | Binary::Sgt if is(b, &high) || is(a, &low) => Some(false),
        Binary::Ule | Binary::Sle if is(b, &high) || is(a, &low) => Some(true),
        Binary::Uge | Binary::Sge if is(b, &low) || is(a, &high) => Some(true),
        _ => None,
    }
}

impl Expr {
    /// The value of the expression for given values of its nets.
    ///
    /// Bits read outside of a vector and results of a division by zero are 0 here and `x` in simulation. Panics for a net
    /// without a value, and for memories, functions and loop variables.
    pub fn eval(&self, env: &Env) -> Bits {
        match self.kind() {
            Kind::Lit { bits, .. } | Kind::Const(_, bits) => bits.clone(),
            Kind::Net(name) => match env.get(name) {
                Some(bits) => bits.resize(self.width()),
                None => panic!("hdl: `{name}` has no value"),
            },
            Kind::Part { base, index } => {
                let lo = match index {
                    Index::At(lo) => *lo,
                    Index::Dyn(e) => e.eval(env).to_index(),
                    Index::Loop(_) => panic!("hdl: `{self}` depends on a loop variable"),
                };
                base.eval(env).slice(lo, self.width())
            }
            Kind::Unary(op, a) => unary(*op, &a.eval(env)),
            Kind::Binary(op, a, b) => binary(*op, &a.eval(env), &b.eval(env)),
            Kind::Mux(sel, a, b) => (if sel.eval(env).is_zero() { b } else { a }).eval(env),
            Kind::Shift(op, a, amount) => {
                let n = match amount {
                    Amount::Const(n) => *n,
                    Amount::Dyn(e) => e.eval(env).to_index(),
                };
                match op {
                    Shift::Left => a.eval(env).shl(n),
                    Shift::Right => a.eval(env).shr(n),
                    Shift::Arith => a.eval(env).sra(n),
                }
            }
            Kind::Concat(parts) => {
                let values = parts.iter().map(|p| p.eval(env));
                values.reduce(|high, low| high.above(&low)).unwrap_or_else(|| unreachable!("a concat has parts"))
            }
            Kind::Repeat(n, one) => {
                let one = one.eval(env);
                (1..*n).fold(one.clone(), |all, _| all.above(&one))
            }
            Kind::Fill(_) => Bits::zero(self.width()),
            Kind::Param(_) | Kind::Elem { .. } | Kind::Call(..) | Kind::LoopVar(_) => {
                panic!("hdl: `{self}` has no value outside of its module")
            }
        }
    }
}
