//! Unsigned bit-vector expressions with a width known at run time.

use super::bits::Bits;
use super::eval::Env;
use super::index::Ix;
use std::borrow::Borrow;
use std::fmt;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};
use std::sync::Arc;

/// An identifier of the printed text.
pub(crate) type Name = Arc<str>;

/// An unsigned expression of a fixed width. Cloning is cheap.
///
/// Every operator checks its widths when it is built and panics, naming both, when they do not agree: a wrong width is a
/// mistake in the generator, not in its input.
#[derive(Clone)]
pub struct Expr(Arc<Node>);

pub(crate) struct Node {
    pub width: usize,
    /// The parameter that sets the width, for nets of a parameterised module.
    pub param: Option<Name>,
    pub kind: Kind,
}

pub(crate) enum Kind {
    Lit { bits: Bits, radix: Radix },
    Net(Name),
    /// A localparam and its value.
    Const(Name, Bits),
    /// A module parameter as a 32-bit number, with its default.
    Param(Name),
    Elem { mem: Name, index: Index },
    Part { base: Expr, index: Index },
    Unary(Unary, Expr),
    Binary(Binary, Expr, Expr),
    Mux(Expr, Expr, Expr),
    Shift(Shift, Expr, Amount),
    Concat(Vec<Expr>),
    Repeat(usize, Expr),
    /// `{PARAM{1'b0}}`.
    Fill(Name),
    Call(Name, Vec<Expr>),
    LoopVar(Ix),
}

#[derive(Clone)]
pub(crate) enum Index {
    At(usize),
    Loop(Ix),
    Dyn(Expr),
}

#[derive(Clone)]
pub(crate) enum Amount {
    Const(usize),
    Dyn(Expr),
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Radix {
    Auto,
    Bin,
    Hex,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Unary {
    Not,
    Neg,
    Any,
    All,
    Parity,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Shift {
    Left,
    Right,
    Arith,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Binary {
    Add,
    Sub,
    Mul,
    Smul,
    Udiv,
    Urem,
    Sdiv,
    Srem,
    And,
    Or,
    Xor,
    Eq,
    Ne,
    Ult,
    Ule,
    Ugt,
    Uge,
    Slt,
    Sle,
    Sgt,
    Sge,
}

impl Binary {
    pub(crate) fn compares(self) -> bool {
        self as u8 >= Self::Eq as u8
    }

    pub(crate) fn divides(self) -> bool {
        matches!(self, Self::Udiv | Self::Urem | Self::Sdiv | Self::Srem)
    }

    pub(crate) fn signed(self) -> bool {
        use Binary::{Sdiv, Sge, Sgt, Sle, Slt, Smul, Srem};
        matches!(self, Smul | Sdiv | Srem | Slt | Sle | Sgt | Sge)
    }
}

impl Expr {
    pub(crate) fn new(width: usize, kind: Kind) -> Self {
        assert!(width > 0, "hdl: an expression needs at least one bit");
        Self(Arc::new(Node { width, param: None, kind }))
    }

    pub(crate) fn sized(width: usize, param: Option<Name>, kind: Kind) -> Self {
        assert!(width > 0, "hdl: an expression needs at least one bit");
        Self(Arc::new(Node { width, param, kind }))
    }

    pub(crate) fn net(name: &Name, width: usize, param: Option<Name>) -> Self {
        Self::sized(width, param, Kind::Net(name.clone()))
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0.kind
    }

    pub(crate) fn param(&self) -> Option<&Name> {
        self.0.param.as_ref()
    }

    /// Number of bits; in a parameterised module, for the default of the parameter.
    pub fn width(&self) -> usize {
        self.0.width
    }

    /// The literal `value`. Panics when it does not fit.
    #[track_caller]
    pub fn lit(width: usize, value: u128) -> Self {
        Self::new(width, Kind::Lit { bits: Bits::new(width, value), radix: Radix::Auto })
    }

    /// The two's complement of `value`. Panics when it does not fit.
    #[track_caller]
    pub fn slit(width: usize, value: i128) -> Self {
        let radix = if value < 0 { Radix::Hex } else { Radix::Auto };
        Self::new(width, Kind::Lit { bits: Bits::signed(width, value), radix })
    }

    /// A literal printed in hexadecimal.
    #[track_caller]
    pub fn hex(width: usize, value: u128) -> Self {
        Self::new(width, Kind::Lit { bits: Bits::new(width, value), radix: Radix::Hex })
    }

    /// A literal printed in binary.
    #[track_caller]
    pub fn bin(width: usize, value: u128) -> Self {
        Self::new(width, Kind::Lit { bits: Bits::new(width, value), radix: Radix::Bin })
    }

    /// A literal of any width, printed in hexadecimal when it is large.
    pub fn bits(bits: &Bits) -> Self {
        Self::new(bits.width(), Kind::Lit { bits: bits.clone(), radix: Radix::Auto })
    }

    /// All bits zero.
    pub fn zero(width: usize) -> Self {
        Self::bits(&Bits::zero(width))
    }

    /// All bits one.
    pub fn ones(width: usize) -> Self {
        Self::bits(&Bits::ones(width))
    }

    /// All bits zero, as wide as `self` whatever its parameter says.
    pub fn zero_like(&self) -> Self {
        match self.param() {
            Some(p) => Self::sized(self.width(), Some(p.clone()), Kind::Fill(p.clone())),
            None => Self::zero(self.width()),
        }
    }

    /// The value of a literal or localparam.
    pub(crate) fn constant(&self) -> Option<&Bits> {
        match self.kind() {
            Kind::Lit { bits, .. } | Kind::Const(_, bits) => Some(bits),
            _ => None,
        }
    }

    fn literal(&self) -> bool {
        matches!(self.kind(), Kind::Lit { .. })
    }

    /// The expression, or its value when its only operand is a literal.
    fn folded(self, operand: &Self) -> Self {
        if operand.literal() { Self::bits(&self.eval(&Env::new())) } else { self }
    }

    #[track_caller]
    fn same(&self, what: &str, other: &Self) {
        assert!(
            self.width() == other.width() && self.param() == other.param(),
            "hdl: `{what}` of {} and {}: `{self}` and `{other}`",
            self.size(),
            other.size()
        );
    }

    /// The width as shown in messages.
    pub(crate) fn size(&self) -> String {
        match self.param() {
            Some(p) => format!("{p} (default {}) bits", self.width()),
            None => format!("{} bits", self.width()),
        }
    }

    #[track_caller]
    fn binary(&self, op: Binary, other: &Self) -> Self {
        self.same(&format!("{op:?}").to_lowercase(), other);
        if op.compares() {
            let node = Self::new(1, Kind::Binary(op, self.clone(), other.clone()));
            return super::eval::fold_compare(op, self, other).map_or(node, |value| Self::lit(1, u128::from(value)));
        }
        if self.literal() && other.literal() && !op.divides() {
            return Self::bits(&super::eval::binary(op, &self.eval(&Env::new()), &other.eval(&Env::new())));
        }
        for (one, rest) in [(self, other), (other, self)] {
            if let (Binary::And | Binary::Or, 1, Kind::Lit { bits, .. }) = (op, one.width(), one.kind()) {
                return if bits.is_zero() == (op == Binary::Or) { rest.clone() } else { one.clone() };
            }
        }
        Self::sized(self.width(), self.param().cloned(), Kind::Binary(op, self.clone(), other.clone()))
    }

    fn unary(&self, op: Unary) -> Self {
        if matches!(op, Unary::Any | Unary::All | Unary::Parity) {
            let node = Self::new(1, Kind::Unary(op, self.clone()));
            return if self.width() == 1 { self.clone() } else { node.folded(self) };
        }
        match self.kind() {
            Kind::Unary(Unary::Not, inner) if op == Unary::Not => inner.clone(),
            _ => Self::sized(self.width(), self.param().cloned(), Kind::Unary(op, self.clone())).folded(self),
        }
    }

    /// `self ? then : other`; `self` has one bit.
    #[track_caller]
    pub fn mux(&self, then: impl Borrow<Self>, other: impl Borrow<Self>) -> Self {
        let (then, other) = (then.borrow(), other.borrow());
        assert!(self.width() == 1, "hdl: `mux` selects with {}: `{self}`", self.size());
        then.same("mux", other);
        Self::sized(then.width(), then.param().cloned(), Kind::Mux(self.clone(), then.clone(), other.clone()))
    }

    /// Sum with its carry, one bit wider.
    #[track_caller]
    pub fn add_c(&self, other: impl Borrow<Self>) -> Self {
        self.same("add_c", other.borrow());
        self.zext(self.width() + 1).add(other.borrow().zext(self.width() + 1))
    }

    /// Difference with its borrow as the top bit, one bit wider.
    #[track_caller]
    pub fn sub_b(&self, other: impl Borrow<Self>) -> Self {
        self.same("sub_b", other.borrow());
        self.zext(self.width() + 1).sub(other.borrow().zext(self.width() + 1))
    }

    /// Unsigned product, as wide as both factors together.
    #[track_caller]
    pub fn umul(&self, other: impl Borrow<Self>) -> Self {
        let width = self.width() + other.borrow().width();
        self.zext(width).binary(Binary::Mul, &other.borrow().zext(width))
    }

    /// Two's complement product, as wide as both factors together. Factors are nets, slices or wiring.
    #[track_caller]
    pub fn smul(&self, other: impl Borrow<Self>) -> Self {
        let width = self.width() + other.borrow().width();
        self.smul_w(other, width)
    }

    /// Two's complement product of the factors sign-extended to `width` bits, modulo 2^`width`.
    #[track_caller]
    pub fn smul_w(&self, other: impl Borrow<Self>, width: usize) -> Self {
        self.sext(width).binary(Binary::Smul, &other.borrow().sext(width))
    }

    #[track_caller]
    pub(crate) fn shift(&self, op: Shift, amount: Amount) -> Self {
        match amount {
            Amount::Const(0) => self.clone(),
            Amount::Const(n) if n >= self.width() => {
                panic!("hdl: `{self}` has {} and is shifted by {n}", self.size())
            }
            amount => {
                let fixed = matches!(&amount, Amount::Const(_)) || matches!(&amount, Amount::Dyn(e) if e.literal());
                let node = Self::sized(self.width(), self.param().cloned(), Kind::Shift(op, self.clone(), amount));
                if fixed { node.folded(self) } else { node }
            }
        }
    }

    /// Shifted up by a constant less than the width.
    #[track_caller]
    pub fn shl(&self, n: usize) -> Self {
        self.shift(Shift::Left, Amount::Const(n))
    }

    /// Shifted down by a constant less than the width, zeros above.
    #[track_caller]
    pub fn shr(&self, n: usize) -> Self {
        self.shift(Shift::Right, Amount::Const(n))
    }

    /// Shifted down by a constant less than the width, copies of the sign above.
    #[track_caller]
    pub fn sra(&self, n: usize) -> Self {
        self.shift(Shift::Arith, Amount::Const(n))
    }

    /// Shifted up by an unsigned amount of any width.
    pub fn shl_dyn(&self, amount: impl Borrow<Self>) -> Self {
        self.shift(Shift::Left, Amount::Dyn(amount.borrow().clone()))
    }

    /// Shifted down by an unsigned amount of any width, zeros above.
    pub fn shr_dyn(&self, amount: impl Borrow<Self>) -> Self {
        self.shift(Shift::Right, Amount::Dyn(amount.borrow().clone()))
    }

    /// Shifted down by an unsigned amount of any width, copies of the sign above.
    pub fn sra_dyn(&self, amount: impl Borrow<Self>) -> Self {
        self.shift(Shift::Arith, Amount::Dyn(amount.borrow().clone()))
    }
}

macro_rules! binary {
    ($($(#[$doc:meta])* $method:ident $op:ident)*) => {
        impl Expr {$(
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self, other: impl Borrow<Self>) -> Self {
                self.binary(Binary::$op, other.borrow())
            }
        )*}
    };
}
binary! {
    /// Sum modulo 2^width.
    add Add
    /// Difference modulo 2^width.
    sub Sub
    /// Product modulo 2^width.
    mul Mul
    /// Unsigned quotient; for models, not for synthesis.
    udiv Udiv
    /// Unsigned remainder; for models, not for synthesis.
    urem Urem
    /// Two's complement quotient, rounded towards zero; for models, not for synthesis.
    sdiv Sdiv
    /// Two's complement remainder with the sign of `self`; for models, not for synthesis.
    srem Srem
    /// Bitwise and.
    and And
    /// Bitwise or.
    or Or
    /// Bitwise exclusive or.
    xor Xor
    /// `==`
    eq Eq
    /// `!=`
    ne Ne
    /// Unsigned `<`
    ult Ult
    /// Unsigned `<=`
    ule Ule
    /// Unsigned `>`
    ugt Ugt
    /// Unsigned `>=`
    uge Uge
    /// Two's complement `<`
    slt Slt
    /// Two's complement `<=`
    sle Sle
    /// Two's complement `>`
    sgt Sgt
    /// Two's complement `>=`
    sge Sge
}

macro_rules! unary {
    ($($(#[$doc:meta])* $method:ident $op:ident)*) => {
        impl Expr {$(
            $(#[$doc])*
            pub fn $method(&self) -> Self {
                self.unary(Unary::$op)
            }
        )*}
    };
}
unary! {
    /// Every bit inverted.
    not Not
    /// Two's complement.
    neg Neg
    /// One bit: is any bit set?
    any Any
    /// One bit: are all bits set?
    all All
    /// One bit: exclusive or of all bits.
    parity Parity
}

macro_rules! operator {
    ($($trait:ident $method:ident)*) => {$(
        impl<R: Borrow<Expr>> $trait<R> for &Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: R) -> Expr {
                self.binary(operator!(@ $trait), other.borrow())
            }
        }
        impl<R: Borrow<Expr>> $trait<R> for Expr {
            type Output = Expr;
            #[track_caller]
            fn $method(self, other: R) -> Expr {
                self.binary(operator!(@ $trait), other.borrow())
            }
        }
    )*};
    (@ BitAnd) => { Binary::And };
    (@ BitOr) => { Binary::Or };
    (@ BitXor) => { Binary::Xor };
    (@ Add) => { Binary::Add };
    (@ Sub) => { Binary::Sub };
}
operator!(BitAnd bitand BitOr bitor BitXor bitxor Add add Sub sub);

impl Not for &Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        self.unary(Unary::Not)
    }
}

impl Not for Expr {
    type Output = Expr;
    fn not(self) -> Expr {
        self.unary(Unary::Not)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::print::flat(self))
    }
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} ({})", self.size())
    }
}
