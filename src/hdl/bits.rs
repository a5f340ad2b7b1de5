//! A bit vector of any width: the value of a literal and the result of evaluating an expression.

use std::cmp::Ordering;
use std::fmt;

/// An unsigned value of `width` bits, at least one. Arithmetic wraps at the width, as it does in the printed text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Bits {
    width: usize,
    words: Vec<u64>,
}

impl Bits {
    /// `value` in `width` bits. Panics when it does not fit.
    pub fn new(width: usize, value: u128) -> Self {
        assert!(width >= 128 || value >> width == 0, "hdl: the literal {value} does not fit in {width} bits");
        Self::wrapping(width, value)
    }

    /// `value` modulo 2^`width`.
    pub fn wrapping(width: usize, value: u128) -> Self {
        Self::from_words(width, &[value as u64, (value >> 64) as u64])
    }

    /// Two's complement of `value` in `width` bits. Panics when it does not fit.
    pub fn signed(width: usize, value: i128) -> Self {
        let room = width.clamp(1, 128) - 1;
        let top = value >> room;
        assert!(top == 0 || top == -1, "hdl: the signed literal {value} does not fit in {width} bits");
        let sign = if value < 0 { u64::MAX } else { 0 };
        let words: Vec<u64> =
            (0..width.div_ceil(64)).map(|i| if i < 2 { (value >> (64 * i)) as u64 } else { sign }).collect();
        Self::from_words(width, &words)
    }

    /// The low `width` bits of little-endian words; missing words are zero.
    pub fn from_words(width: usize, words: &[u64]) -> Self {
        assert!(width > 0, "hdl: a bit vector needs at least one bit");
        let mut own: Vec<u64> = (0..width.div_ceil(64)).map(|i| words.get(i).copied().unwrap_or(0)).collect();
        if !width.is_multiple_of(64) {
            own[width / 64] &= (1 << (width % 64)) - 1;
        }
        Self { width, words: own }
    }

    /// All bits zero.
    pub fn zero(width: usize) -> Self {
        Self::from_words(width, &[])
    }

    /// All bits one.
    pub fn ones(width: usize) -> Self {
        Self::from_words(width, &vec![u64::MAX; width.div_ceil(64)])
    }

    /// One bit.
    pub fn bool(value: bool) -> Self {
        Self::from_words(1, &[u64::from(value)])
    }

    /// Number of bits.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Little-endian words; bits above the width are zero.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Bit `i`; bits above the width read as zero.
    pub fn bit(&self, i: usize) -> bool {
        i < self.width && self.words[i / 64] >> (i % 64) & 1 == 1
    }

    /// True when no bit is set.
    pub fn is_zero(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// True when every bit is set.
    pub fn is_ones(&self) -> bool {
        *self == Self::ones(self.width)
    }

    /// The value, or `None` when it needs more than 128 bits.
    pub fn to_u128(&self) -> Option<u128> {
        if self.words.iter().skip(2).any(|&w| w != 0) {
            return None;
        }
        let word = |i: usize| u128::from(self.words.get(i).copied().unwrap_or(0));
        Some(word(0) | word(1) << 64)
    }

    /// The value as an index, saturated.
    pub fn to_index(&self) -> usize {
        self.to_u128().and_then(|v| usize::try_from(v).ok()).unwrap_or(usize::MAX)
    }

    /// Upper-case-free hexadecimal digits, one for each started group of four bits.
    pub fn hex(&self) -> String {
        let digit = |d: usize| self.words[d / 16] >> (d % 16 * 4) & 0xf;
        (0..self.width.div_ceil(4)).rev().map(|d| char::from_digit(digit(d) as u32, 16).unwrap_or('0')).collect()
    }

    /// Bits `lo..lo + width`; bits above the own width read as zero.
    pub fn slice(&self, lo: usize, width: usize) -> Self {
        let word = |i: usize| self.words.get(i).copied().unwrap_or(0);
        let (skip, shift) = (lo / 64, lo % 64);
        let words: Vec<u64> = (0..width.div_ceil(64))
            .map(|i| {
                let high = if shift == 0 { 0 } else { word(skip + i + 1) << (64 - shift) };
                word(skip + i) >> shift | high
            })
            .collect();
        Self::from_words(width, &words)
    }

    /// Zero-extended or cut to `width`.
    pub fn resize(&self, width: usize) -> Self {
        Self::from_words(width, &self.words)
    }

    /// Sign-extended or cut to `width`.
    pub fn resize_signed(&self, width: usize) -> Self {
        if width <= self.width || !self.bit(self.width - 1) {
            return self.resize(width);
        }
        self.resize(width).or(&Self::ones(width).shl(self.width))
    }

    /// `self` above `low`.
    pub fn above(&self, low: &Self) -> Self {
        let width = self.width + low.width;
        self.resize(width).shl(low.width).or(&low.resize(width))
    }

    /// Shifted up by `n`, zeros below.
    pub fn shl(&self, n: usize) -> Self {
        if n >= self.width {
            return Self::zero(self.width);
        }
        let (skip, shift) = (n / 64, n % 64);
        let word = |i: Option<usize>| i.and_then(|i| self.words.get(i)).copied().unwrap_or(0);
        let words: Vec<u64> = (0..self.words.len())
            .map(|i| {
                let low = if shift == 0 { 0 } else { word(i.checked_sub(skip + 1)) >> (64 - shift) };
                word(i.checked_sub(skip)) << shift | low
            })
            .collect();
        Self::from_words(self.width, &words)
    }

    /// Shifted down by `n`, zeros above.
    pub fn shr(&self, n: usize) -> Self {
        if n >= self.width { Self::zero(self.width) } else { self.slice(n, self.width) }
    }

    /// Shifted down by `n`, copies of the sign above.
    pub fn sra(&self, n: usize) -> Self {
        let n = n.min(self.width - 1);
        self.slice(n, self.width - n).resize_signed(self.width)
    }

    fn zip(&self, other: &Self, f: impl Fn(u64, u64) -> u64) -> Self {
        let words: Vec<u64> = self.words.iter().zip(&other.words).map(|(&a, &b)| f(a, b)).collect();
        Self::from_words(self.width, &words)
    }

    /// Bitwise and.
    pub fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a & b)
    }

    /// Bitwise or.
    pub fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a | b)
    }

    /// Bitwise exclusive or.
    pub fn xor(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a ^ b)
    }

    /// Every bit inverted.
    pub fn not(&self) -> Self {
        self.zip(self, |a, _| !a)
    }

    /// Sum modulo 2^width.
    pub fn add(&self, other: &Self) -> Self {
        let mut carry = 0u128;
        let words: Vec<u64> = (self.words.iter().zip(&other.words))
            .map(|(&a, &b)| {
                let sum = u128::from(a) + u128::from(b) + carry;
                carry = sum >> 64;
                sum as u64
            })
            .collect();
        Self::from_words(self.width, &words)
    }

    /// Two's complement.
    pub fn neg(&self) -> Self {
        self.not().add(&Self::from_words(self.width, &[1]))
    }

    /// Difference modulo 2^width.
    pub fn sub(&self, other: &Self) -> Self {
        self.add(&other.neg())
    }

    /// Product modulo 2^width.
    pub fn mul(&self, other: &Self) -> Self {
        let mut sum = Self::zero(self.width);
        for i in (0..other.width).filter(|&i| other.bit(i)) {
            sum = sum.add(&self.shl(i));
        }
        sum
    }

    /// Unsigned quotient and remainder; division by zero gives zero for both (Verilog gives `x`).
    pub fn divide(&self, other: &Self) -> (Self, Self) {
        let (mut quotient, mut rest) = (Self::zero(self.width), Self::zero(self.width));
        if other.is_zero() {
            return (quotient, rest);
        }
        for i in (0..self.width).rev() {
            let carry = rest.bit(self.width - 1);
            rest = rest.shl(1).or(&Self::bool(self.bit(i)).resize(self.width));
            if carry || rest.order(other) != Ordering::Less {
                rest = rest.sub(other);
                quotient.words[i / 64] |= 1 << (i % 64);
            }
        }
        (quotient, rest)
    }

    /// Order as unsigned numbers of equal width.
    pub fn order(&self, other: &Self) -> Ordering {
        self.words.iter().rev().cmp(other.words.iter().rev())
    }

    /// Order as two's complement numbers of equal width.
    pub fn order_signed(&self, other: &Self) -> Ordering {
        let top = self.width - 1;
        other.bit(top).cmp(&self.bit(top)).then_with(|| self.order(other))
    }
}

impl fmt::Debug for Bits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}'h{}", self.width, self.hex())
    }
}
