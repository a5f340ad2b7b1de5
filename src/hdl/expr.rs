//! Unsigned bit-vector expressions with a width known at run time.

use super::bits::Bits;
use super::eval::Env;
use super::index::Ix;
use std::fmt;
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
    Lit {
        bits: Bits,
        radix: Radix,
    },
    Net(Name),
    /// A localparam and its value.
    Const(Name, Bits),
    /// A module parameter as a 32-bit number, with its default.
    Param(Name),
    Elem {
        mem: Name,
        index: Index,
    },
    Part {
        base: Expr,
        index: Index,
    },
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

    pub(super) fn literal(&self) -> bool {
        matches!(self.kind(), Kind::Lit { .. })
    }

    /// The expression, or its value when its only operand is a literal.
    pub(super) fn folded(self, operand: &Self) -> Self {
        if operand.literal() { Self::bits(&self.eval(&Env::new())) } else { self }
    }

    #[track_caller]
    pub(super) fn same(&self, what: &str, other: &Self) {
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
    pub(super) fn binary(&self, op: Binary, other: &Self) -> Self {
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

    pub(super) fn unary(&self, op: Unary) -> Self {
        if matches!(op, Unary::Any | Unary::All | Unary::Parity) {
            let node = Self::new(1, Kind::Unary(op, self.clone()));
            return if self.width() == 1 { self.clone() } else { node.folded(self) };
        }
        match self.kind() {
            Kind::Unary(Unary::Not, inner) if op == Unary::Not => inner.clone(),
            _ => Self::sized(self.width(), self.param().cloned(), Kind::Unary(op, self.clone())).folded(self),
        }
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
