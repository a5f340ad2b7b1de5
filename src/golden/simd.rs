//! The kernels in x86 vector instructions: the only `unsafe` of the golden model.
//!
//! It is of two kinds: calls of functions compiled for an [`InstructionSet`], whose value proves that the processor
//! has it, and loads and stores of whole arrays behind references.

use super::instruction_set::Level;
use super::lines::{Conversion, LINE, PairLine, QuadLine, TileRead};
use super::pulse::{self, PulseRows};
#[cfg(target_arch = "x86_64")]
use super::pulse_256;
use super::real::LineConversion;
use super::{InstructionSet, portable};
use crate::config::Activation;
use crate::numeric::{RangeCount, Rate};
#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::*;

/// Reads 8-bit weights.
///
/// # Panics
/// Without AVX-512 VNNI: the weights of other sets are 16 bits wide.
pub(super) fn read_quads(set: InstructionSet, r: &mut TileRead<u8, QuadLine>) {
    match set.level() {
        // SAFETY: a set of this level is only made where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Vnni => unsafe { read_quads_512(r) },
        _ => unreachable!("8-bit weights of {} lines without their instructions", r.width),
    }
}

/// Reads 16-bit weights.
///
/// # Panics
/// With the portable set, which has its own layout.
pub(super) fn read_pairs(set: InstructionSet, r: &mut TileRead<i16, PairLine>) {
    match set.level() {
        Level::Portable => unreachable!("pairs of {} lines without instructions for them", r.width),
        // SAFETY: a set of this level is only made where the processor has these instructions.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { read_pairs_256(r) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512Vnni => unsafe { read_pairs_512(r) },
    }
}

/// Pulses on the devices of some word lines.
pub(super) fn pulse_rows(set: InstructionSet, r: &mut PulseRows) {
    match set.level() {
        Level::Portable => pulse::pulse_rows(r),
        // SAFETY: sets of these levels are only made where the processor has these instructions; AVX-512 includes AVX2.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 | Level::Avx512Vnni => unsafe { pulse_256::pulse_rows(r) },
    }
}

/// A portable body compiled for every set.
macro_rules! for_each_set {
    ($(#[$doc:meta])* $name:ident, $name_256:ident, $name_512:ident, ($($argument:ident: $type:ty),*)) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)] // the set comes beside the kernel's own
        pub(super) fn $name(set: InstructionSet, $($argument: $type),*) {
            match set.level() {
                Level::Portable => portable::$name($($argument),*),
                // SAFETY: a set of this level is only made where the processor has these instructions.
                #[cfg(target_arch = "x86_64")]
                Level::Avx2 => unsafe { $name_256($($argument),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                Level::Avx512Vnni => unsafe { $name_512($($argument),*) },
            }
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2")]
        fn $name_256($($argument: $type),*) {
            portable::$name($($argument),*);
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq")]
        fn $name_512($($argument: $type),*) {
            portable::$name($($argument),*);
        }
    };
}

for_each_set!(
    /// [`portable::finish`].
    finish, finish_256, finish_512,
    (sums: &[i32], bias: &[i32], shift: u32, activation: Activation, out: &mut [i8])
);
for_each_set!(
    /// [`portable::add_rows`].
    add_rows, add_rows_256, add_rows_512,
    (sums: &[i32], len: usize, image: &mut [i32], pitch: usize)
);

for_each_set!(
    /// [`portable::interleave`].
    interleave, interleave_256, interleave_512,
    (from: &[i8], stride: usize, width: usize, lines: &mut [QuadLine], start: &mut [i32])
);
for_each_set!(
    /// [`portable::add_outer`].
    add_outer, add_outer_256, add_outer_512,
    (narrow: &[i8], wide: &[i8], sums: &mut [i32])
);
for_each_set!(
    /// [`portable::interleave_pairs`].
    interleave_pairs, interleave_pairs_256, interleave_pairs_512,
    (from: &[i8], stride: usize, width: usize, lines: &mut [PairLine])
);
for_each_set!(
    /// [`portable::fire_word`].
    fire_word, fire_word_256, fire_word_512,
    (codes: &[i8], states: &mut [u32], rate: Rate, out: &mut [i8])
);
for_each_set!(
    /// [`portable::round_word`].
    round_word, round_word_256, round_word_512,
    (sums: &[i32], states: &mut [u32], step: Rate, out: &mut [i8])
);
for_each_set!(
    /// [`portable::convert_line`].
    convert_line, convert_line_256, convert_line_512,
    (c: &mut LineConversion, most: &mut i32)
);
for_each_set!(
    /// [`portable::derive_errors`].
    derive_errors, derive_errors_256, derive_errors_512,
    (
        sums: &[i32],
        activations: &[i8],
        shift: u32,
        activation: Activation,
        dropped: bool,
        out: &mut [i8],
        range: &mut RangeCount
    )
);

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn load_512(from: &[i32; 16]) -> __m512i {
    // SAFETY: the reference covers all 64 bytes; the load needs no alignment.
    unsafe { _mm512_loadu_si512(from.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn store_512(to: &mut [i32; 16], v: __m512i) {
    // SAFETY: the reference covers all 64 bytes; the store needs no alignment.
    unsafe { _mm512_storeu_si512(to.as_mut_ptr().cast(), v) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn quads_512(line: &QuadLine) -> __m512i {
    // SAFETY: a line is 64 bytes.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn pairs_512(line: &PairLine) -> __m512i {
    // SAFETY: a line is 64 bytes.
    unsafe { _mm512_load_si512(line.0.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn four(x: [u8; 4]) -> __m512i {
    _mm512_set1_epi32(i32::from_ne_bytes(x))
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn two(x: [i16; 2]) -> i32 {
    i32::from(x[0]) & 0xffff | i32::from(x[1]) << 16
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
fn pair(x: [i16; 2]) -> __m512i {
    _mm512_set1_epi32(two(x))
}

/// A kernel on 512-bit vectors: blocks of input vectors against all lines of the read.
#[cfg(target_arch = "x86_64")]
macro_rules! kernel_512 {
    ($tile:ident, $blocks:ident, $block:ident, $single:ident, $finish:ident,
     $element:ty, $line:ty, $group:literal, $load:ident, $spread:ident, $dot:ident) => {
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        fn $tile(r: &mut TileRead<$element, $line>) {
            // As many accumulators as the 32 registers hold beside weights and input.
            match r.width {
                1 => $blocks::<8, 1>(r),
                2 => $blocks::<8, 2>(r),
                3 => $blocks::<8, 3>(r),
                4 => $blocks::<6, 4>(r),
                width => unreachable!("{width} lines"),
            }
        }

        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        fn $blocks<const P: usize, const C: usize>(r: &mut TileRead<$element, $line>) {
            let mut vector = 0;
            while vector + P <= r.vectors {
                $block::<P, C>(r, vector);
                vector += P;
            }
            while vector + 2 <= r.vectors {
                $block::<2, C>(r, vector);
                vector += 2;
            }
            if vector < r.vectors {
                $single::<C>(r, vector);
            }
        }

        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        fn $block<const P: usize, const C: usize>(r: &mut TileRead<$element, $line>, vector: usize) {
            let (lines, _) = r.lines.as_chunks::<C>();
            let steps = lines.len();
            let mut x: [&[[$element; $group]]; P] = [&[]; P];
            for p in 0..P {
                x[p] = r.x[(vector + p) * r.x_stride..][..steps * $group].as_chunks().0;
                assert_eq!(x[p].len(), steps);
            }
            let mut acc = [[_mm512_setzero_si512(); C]; P];
            for (c, start) in r.start.as_chunks().0.iter().enumerate().take(C) {
                for p in 0..P {
                    acc[p][c] = load_512(start);
                }
            }
            for s in 0..steps {
                let mut w = [_mm512_setzero_si512(); C];
                for c in 0..C {
                    w[c] = $load(&lines[s][c]);
                }
                for p in 0..P {
                    let x = $spread(x[p][s]);
                    for c in 0..C {
                        acc[p][c] = $dot(acc[p][c], x, w[c]);
                    }
                }
            }
            for p in 0..P {
                $finish(r, vector + p, acc[p]);
            }
        }

        /// One vector, even and odd groups apart so that the sums do not wait for each other.
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        fn $single<const C: usize>(r: &mut TileRead<$element, $line>, vector: usize) {
            let (lines, _) = r.lines.as_chunks::<C>();
            let x: &[[$element; $group]] = r.x[vector * r.x_stride..][..lines.len() * $group].as_chunks().0;
            let mut acc = [[_mm512_setzero_si512(); C]; 2];
            for (c, start) in r.start.as_chunks().0.iter().enumerate().take(C) {
                acc[0][c] = load_512(start);
            }
            let (lines, odd_lines) = lines.as_chunks::<2>();
            let (x, odd_x) = x.as_chunks::<2>();
            for (lines, x) in lines.iter().zip(x) {
                for h in 0..2 {
                    let x = $spread(x[h]);
                    for c in 0..C {
                        acc[h][c] = $dot(acc[h][c], x, $load(&lines[h][c]));
                    }
                }
            }
            for (lines, &x) in odd_lines.iter().zip(odd_x) {
                let x = $spread(x);
                for c in 0..C {
                    acc[0][c] = $dot(acc[0][c], x, $load(&lines[c]));
                }
            }
            let [mut sums, odd] = acc;
            for c in 0..C {
                sums[c] = _mm512_add_epi32(sums[c], odd[c]);
            }
            $finish(r, vector, sums);
        }

        /// Conversion and partial sums.
        #[inline]
        #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni")]
        fn $finish<const C: usize>(r: &mut TileRead<$element, $line>, vector: usize, dots: [__m512i; C]) {
            let (low, high) = (_mm512_set1_epi32(r.conversion.low), _mm512_set1_epi32(r.conversion.high));
            let half = _mm512_set1_epi32(r.conversion.half());
            let gain = _mm_cvtsi32_si128(r.conversion.gain as i32);
            let sums = r.sums[vector * r.sums_stride..][..C * LINE].as_chunks_mut().0;
            let mut most = _mm512_setzero_si512();
            for (sum, dot) in sums.iter_mut().zip(dots) {
                let code = _mm512_sra_epi32(_mm512_add_epi32(dot, half), gain);
                let code = _mm512_max_epi32(_mm512_min_epi32(code, high), low);
                most = _mm512_max_epi32(most, _mm512_xor_si512(code, _mm512_srai_epi32::<31>(code)));
                let code = if r.accumulate { _mm512_add_epi32(code, load_512(sum)) } else { code };
                store_512(sum, code);
            }
            if let Some(flags) = r.flags.get_mut(vector) {
                *flags |= r.conversion.flags(_mm512_reduce_max_epi32(most));
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
kernel_512!(
    read_quads_512,
    quad_blocks,
    quad_block,
    quad_single,
    quad_finish,
    u8,
    QuadLine,
    4,
    quads_512,
    four,
    _mm512_dpbusd_epi32
);
#[cfg(target_arch = "x86_64")]
kernel_512!(
    read_pairs_512,
    pair_blocks,
    pair_block,
    pair_single,
    pair_finish,
    i16,
    PairLine,
    2,
    pairs_512,
    pair,
    _mm512_dpwssd_epi32
);

/// A kernel on 256-bit vectors: one line, up to six input vectors.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn read_pairs_256(r: &mut TileRead<i16, PairLine>) {
    for c in 0..r.width {
        let mut vector = 0;
        while vector + 6 <= r.vectors {
            pair_block_256::<6>(r, c, vector);
            vector += 6;
        }
        while vector < r.vectors {
            pair_block_256::<1>(r, c, vector);
            vector += 1;
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn pair_block_256<const P: usize>(r: &mut TileRead<i16, PairLine>, c: usize, vector: usize) {
    let steps = r.lines.len() / r.width;
    let mut x: [&[[i16; 2]]; P] = [&[]; P];
    for (p, x) in x.iter_mut().enumerate() {
        *x = r.x[(vector + p) * r.x_stride..][..2 * steps].as_chunks().0;
        assert_eq!(x.len(), steps);
    }
    let mut acc = [[_mm256_setzero_si256(); 2]; P];
    for (s, lines) in (0..steps).zip(r.lines.chunks_exact(r.width)) {
        let w = [half_256(&lines[c].0[0]), half_256(&lines[c].0[1])];
        for p in 0..P {
            let x = _mm256_set1_epi32(two(x[p][s]));
            for h in 0..2 {
                acc[p][h] = _mm256_add_epi32(acc[p][h], _mm256_madd_epi16(x, w[h]));
            }
        }
    }
    for (p, acc) in acc.into_iter().enumerate() {
        let sums = r.sums[(vector + p) * r.sums_stride + c * LINE..][..LINE].as_chunks_mut().0;
        let mut most = [0; 8];
        for (sum, dots) in sums.iter_mut().zip(acc) {
            finish_half(r.conversion, r.accumulate, sum, dots, &mut most);
        }
        if let Some(flags) = r.flags.get_mut(vector + p) {
            *flags |= r.conversion.flags(most.into_iter().fold(0, i32::max));
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn half_256(half: &[i16; 16]) -> __m256i {
    // SAFETY: the reference covers all 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

/// Half `h` of 32 numbers.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_words(from: &[u16; 32], h: usize) -> __m256i {
    let half = &from.as_chunks::<16>().0[h];
    // SAFETY: the reference covers all 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(half.as_ptr().cast()) }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn store_words(to: &mut [u16; 32], h: usize, v: __m256i) {
    let half = &mut to.as_chunks_mut::<16>().0[h];
    // SAFETY: the reference covers all 32 bytes; the store needs no alignment.
    unsafe { _mm256_storeu_si256(half.as_mut_ptr().cast(), v) }
}

/// Quarter `q` of 32 numbers.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_longs(from: &[u32; 32], q: usize) -> __m256i {
    let quarter = &from.as_chunks::<8>().0[q];
    // SAFETY: the reference covers all 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(quarter.as_ptr().cast()) }
}

/// As [`load_longs`].
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_signed(from: &[i32; 32], q: usize) -> __m256i {
    let quarter = &from.as_chunks::<8>().0[q];
    // SAFETY: the reference covers all 32 bytes; the load needs no alignment.
    unsafe { _mm256_loadu_si256(quarter.as_ptr().cast()) }
}

/// A table of bytes for both halves of a vector.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn load_table(from: &[u8; 16]) -> __m256i {
    // SAFETY: the reference covers all 16 bytes; the load needs no alignment.
    _mm256_broadcastsi128_si256(unsafe { _mm_loadu_si128(from.as_ptr().cast()) })
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
fn finish_half(conversion: Conversion, accumulate: bool, sum: &mut [i32; 8], dots: __m256i, most: &mut [i32; 8]) {
    let half = _mm256_set1_epi32(conversion.half());
    let code = _mm256_sra_epi32(_mm256_add_epi32(dots, half), _mm_cvtsi32_si128(conversion.gain as i32));
    let code = _mm256_min_epi32(code, _mm256_set1_epi32(conversion.high));
    let mut code = _mm256_max_epi32(code, _mm256_set1_epi32(conversion.low));
    let magnitude = _mm256_xor_si256(code, _mm256_srai_epi32::<31>(code));
    let (sum, most): (*mut __m256i, *mut __m256i) = (sum.as_mut_ptr().cast(), most.as_mut_ptr().cast());
    // SAFETY: the references cover all 32 bytes; loads and stores need no alignment.
    unsafe {
        _mm256_storeu_si256(most, _mm256_max_epi32(magnitude, _mm256_loadu_si256(most)));
        if accumulate {
            code = _mm256_add_epi32(code, _mm256_loadu_si256(sum));
        }
        _mm256_storeu_si256(sum, code);
    }
}
