//! Wiring: slices, indexed parts, concatenation, replication and extension.

use super::bits::Bits;
use super::expr::{Expr, Index, Kind, Radix};
use super::index::Ix;
use std::borrow::Borrow;

/// Bits of an index into `n` things.
pub(crate) fn index_width(n: usize) -> usize {
    (usize::BITS - n.saturating_sub(1).leading_zeros()).max(1) as usize
}

impl Expr {
    /// True for what Verilog can slice: a net, a localparam, a memory element.
    pub(crate) fn sliceable(&self) -> bool {
        matches!(self.kind(), Kind::Net(_) | Kind::Const(..) | Kind::Elem { .. })
    }

    #[track_caller]
    fn need_net(&self, what: &str) {
        assert!(
            self.sliceable(),
            "hdl: `{what}` of an expression, which Verilog cannot slice: `{self}`; name it with `wire(..)` first"
        );
    }

    fn part(&self, index: Index, width: usize) -> Self {
        Self::new(width, Kind::Part { base: self.clone(), index })
    }

    /// Bits `lo .. lo + width`.
    ///
    /// Of a net, or of pure wiring (literal, concat, repeat, extension, slice), which is resolved here. Panics for anything
    /// else and for bits that do not exist.
    #[track_caller]
    pub fn slice(&self, lo: usize, width: usize) -> Self {
        assert!(
            width > 0 && lo + width <= self.width(),
            "hdl: bits {lo}..{} of `{self}`, which has {}",
            lo + width,
            self.size()
        );
        if lo == 0 && width == self.width() {
            return self.clone();
        }
        match self.kind() {
            Kind::Lit { bits, radix } => Self::new(width, Kind::Lit { bits: bits.slice(lo, width), radix: *radix }),
            Kind::Part { base, index: Index::At(at) } => base.slice(at + lo, width),
            Kind::Part { base, index: Index::Loop(ix) } => base.part(Index::Loop(ix + lo), width),
            Kind::Concat(parts) => Self::gather(parts, lo, width),
            Kind::Repeat(_, one) if one.width() == 1 => one.repeat(width),
            Kind::Repeat(n, one) => Self::gather(&vec![one.clone(); *n], lo, width),
            _ => {
                self.need_net("slice");
                self.part(Index::At(lo), width)
            }
        }
    }

    #[track_caller]
    fn gather(parts: &[Self], lo: usize, width: usize) -> Self {
        let (mut at, mut found) = (0, Vec::new());
        for part in parts.iter().rev() {
            let (from, to) = (lo.max(at), (lo + width).min(at + part.width()));
            if from < to {
                found.push(part.slice(from - at, to - from));
            }
            at += part.width();
        }
        found.reverse();
        Self::concat(&found)
    }

    /// Bit `i`.
    #[track_caller]
    pub fn bit(&self, i: usize) -> Self {
        self.slice(i, 1)
    }

    /// The top bit: the sign of a two's complement number.
    #[track_caller]
    pub fn msb(&self) -> Self {
        self.bit(self.width() - 1)
    }

    /// The low `width` bits.
    #[track_caller]
    pub fn trunc(&self, width: usize) -> Self {
        self.slice(0, width)
    }

    /// The bits from `lo` up.
    #[track_caller]
    pub fn drop_low(&self, lo: usize) -> Self {
        self.slice(lo, self.width() - lo)
    }

    /// `width` bits from bit number `base` up: `self[base +: width]`.
    ///
    /// An index that is narrower than the index of `self` is zero-extended in the text, a wider one is refused. Bits outside
    /// of `self` are `x` in simulation. All of `self` needs no index and is returned as it is.
    #[track_caller]
    pub fn part_dyn(&self, base: impl Borrow<Self>, width: usize) -> Self {
        if width == self.width() {
            return self.clone();
        }
        self.need_net("part_dyn");
        let need = index_width(self.width());
        assert!(
            width < self.width() && base.borrow().width() <= need,
            "hdl: `{self}` of {} is indexed with {} for {width} bits; the index has at most {need} bits",
            self.size(),
            base.borrow().size()
        );
        self.part(Index::Dyn(base.borrow().zext(need)), width)
    }

    /// Bit number `index`.
    #[track_caller]
    pub fn bit_dyn(&self, index: impl Borrow<Self>) -> Self {
        self.part_dyn(index, 1)
    }

    /// `width` bits from bit number `base` up, for an index over loop variables. Panics when it can leave `self`.
    #[track_caller]
    pub fn part_at(&self, base: impl Into<Ix>, width: usize) -> Self {
        let base = base.into();
        let (lo, hi) = base.bounds();
        assert!(
            lo >= 0 && hi as usize + width <= self.width(),
            "hdl: bits {lo}..{} (index `{}`) of `{self}`, which has {}",
            hi as usize + width,
            base.text(),
            self.size()
        );
        if width == self.width() {
            return self.clone();
        }
        self.need_net("part_at");
        self.part(Index::Loop(base), width)
    }

    /// Bit number `index`, an index over loop variables.
    #[track_caller]
    pub fn bit_at(&self, index: impl Into<Ix>) -> Self {
        self.part_at(index, 1)
    }

    #[track_caller]
    fn fixed(&self, what: &str) {
        assert!(self.param().is_none(), "hdl: `{what}` of `{self}`, whose width is {}", self.size());
    }

    /// Concatenation, most significant part first.
    #[track_caller]
    pub fn concat(parts: &[Self]) -> Self {
        let mut flat: Vec<Self> = Vec::new();
        for part in parts {
            part.fixed("concat");
            match part.kind() {
                Kind::Concat(inner) => flat.extend(inner.iter().cloned()),
                _ => flat.push(part.clone()),
            }
        }
        match flat.as_slice() {
            [] => panic!("hdl: a concatenation of nothing"),
            [one] => one.clone(),
            _ => Self::new(flat.iter().map(Self::width).sum(), Kind::Concat(flat)),
        }
    }

    /// `n` copies side by side.
    #[track_caller]
    pub fn repeat(&self, n: usize) -> Self {
        self.fixed("repeat");
        assert!(n > 0, "hdl: `{self}` repeated 0 times");
        if n == 1 { self.clone() } else { Self::new(n * self.width(), Kind::Repeat(n, self.clone())) }
    }

    #[track_caller]
    fn extension(&self, what: &str, width: usize) -> usize {
        assert!(width >= self.width(), "hdl: `{what}` of {} to {width} bits: `{self}`", self.size());
        if width > self.width() {
            self.fixed(what);
        }
        width - self.width()
    }

    /// Zero-extended to `width`.
    #[track_caller]
    pub fn zext(&self, width: usize) -> Self {
        match (self.extension("zext", width), self.kind()) {
            (0, _) => self.clone(),
            (_, Kind::Lit { bits, radix }) => Self::new(width, Kind::Lit { bits: bits.resize(width), radix: *radix }),
            (n, _) => {
                let zeros = Kind::Lit { bits: Bits::zero(n), radix: Radix::Auto };
                Self::concat(&[Self::new(n, zeros), self.clone()])
            }
        }
    }

    /// Sign-extended to `width`; like [`slice`](Self::slice), of a net or of pure wiring.
    #[track_caller]
    pub fn sext(&self, width: usize) -> Self {
        match (self.extension("sext", width), self.kind()) {
            (0, _) => self.clone(),
            (_, Kind::Lit { bits, radix }) => {
                Self::new(width, Kind::Lit { bits: bits.resize_signed(width), radix: *radix })
            }
            (n, _) => Self::concat(&[self.msb().repeat(n), self.clone()]),
        }
    }
}
