//! The operators of expressions.

use super::expr::{Amount, Binary, Expr, Kind, Shift, Unary};
use std::borrow::Borrow;
use std::ops::{Add, BitAnd, BitOr, BitXor, Not, Sub};

impl Expr {
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

    /// Unsigned product modulo 2^`width`. Where a product may overflow, this and not [`Expr::smul_w`]: simulators that turn
    /// Verilog into C have undefined behaviour there.
    #[track_caller]
    pub fn umul_w(&self, other: impl Borrow<Self>, width: usize) -> Self {
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
