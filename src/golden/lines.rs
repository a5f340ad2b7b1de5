//! How weights and inputs lie in memory for the kernels.
//!
//! Vector kernels hold 16 columns a vector and multiply groups of consecutive word lines at once: four as 8-bit numbers
//! where every level of a layer fits, two as 16-bit numbers otherwise. 8-bit dot-product instructions multiply
//! unsigned by signed, so 8-bit inputs carry an offset of 128 whose product with the weights is taken off the sum
//! before it starts: exact in integers.

use crate::numeric::SHIFT_BITS;

/// Columns of a line.
pub(super) const LINE: usize = 16;

/// Weights of four word lines for 16 columns: `[column][word line]`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct QuadLine(pub [i8; 64]);

/// Weights of two word lines for 16 columns: `[half of the columns][column][word line]`.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(64))]
pub(super) struct PairLine(pub [[i16; 16]; 2]);

/// An activation as a kernel reads it.
pub(super) trait Element: Copy {
    /// Activation zero.
    const ZERO: Self;
    fn of(code: i8) -> Self;
}

impl Element for u8 {
    const ZERO: Self = 128;

    #[inline(always)]
    fn of(code: i8) -> Self {
        code as u8 ^ 128
    }
}

impl Element for i8 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn of(code: i8) -> Self {
        code
    }
}

impl Element for i16 {
    const ZERO: Self = 0;

    #[inline(always)]
    fn of(code: i8) -> Self {
        i16::from(code)
    }
}

/// What an ADC does to a bit-line sum.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conversion {
    pub gain: u32,
    pub low: i32,
    pub high: i32,
}

impl Conversion {
    /// `numeric::adc`. `gain` 0..=15, so that bit-line sums leave room for the rounding.
    pub fn adc(gain: u32, bits: u32) -> Self {
        assert!(gain < 1 << SHIFT_BITS, "gain {gain}");
        Self::shifted(gain, bits)
    }

    /// The same for sums that have bits below a level step: `shift` at most 27.
    pub fn shifted(gain: u32, bits: u32) -> Self {
        Self { gain, low: -(1 << (bits - 1)), high: (1 << (bits - 1)) - 1 }
    }

    /// The bit-line sum itself.
    pub fn exact() -> Self {
        Self { gain: 0, low: i32::MIN, high: i32::MAX }
    }

    /// Half a code, for rounding.
    #[inline(always)]
    pub fn half(self) -> i32 {
        (1 << self.gain) >> 1
    }

    #[inline(always)]
    pub fn code(self, dot: i32) -> i32 {
        (dot.wrapping_add(self.half()) >> self.gain).clamp(self.low, self.high)
    }

    /// What codes say about the range: `most` is the largest of their [`magnitude`]s.
    #[inline(always)]
    pub fn flags(self, most: i32) -> u8 {
        u8::from(most > self.high >> 1) * UPPER + u8::from(most == self.high) * SATURATED
    }
}

/// Flags of a read: some code lies in the upper half of its range, or at its end.
pub(super) const UPPER: u8 = 1;
pub(super) const SATURATED: u8 = 2;

/// How far a code is from zero, such that both ends of the range are equally far.
#[inline(always)]
pub(super) fn magnitude(code: i32) -> i32 {
    code ^ (code >> 31)
}

/// One tile's part of a read: `width` lines of columns, several input vectors.
pub(super) struct TileRead<'a, E, L> {
    /// The tile's word lines of every vector, `x_stride` apart.
    pub x: &'a [E],
    pub x_stride: usize,
    pub vectors: usize,
    /// Lines a group of word lines, 1..=4.
    pub width: usize,
    /// `[group of word lines][width]`; single weights are `[width * 16 columns][word line]`.
    pub lines: &'a [L],
    /// Where the sums start, `[width * 16]`; empty for zero.
    pub start: &'a [i32],
    pub conversion: Conversion,
    /// Add the codes to `sums` instead of replacing them.
    pub accumulate: bool,
    /// `[vector][sums_stride]`, from the first line's first column.
    pub sums: &'a mut [i32],
    pub sums_stride: usize,
    /// Flags of each vector, to which those of this tile are added; empty where nobody wants them.
    pub flags: &'a mut [u8],
}
