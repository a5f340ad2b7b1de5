//! Multiply-accumulates in registers alone: the instructions' peak on this processor at this moment.

use memgan::golden::InstructionSet;

/// Chains of dependent sums, enough to hide the latency.
const CHAINS: usize = 16;

/// A loop that makes `rounds` rounds, its multiply-accumulates a round, and the name of its instruction.
pub struct Peak {
    pub name: &'static str,
    pub macs: usize,
    pub run: fn(usize) -> i32,
}

/// The dot products of a set: 8 bits, then 16 bits.
pub fn of(set: InstructionSet) -> Vec<Peak> {
    match set.to_string().as_str() {
        #[cfg(target_arch = "x86_64")]
        "AVX-512 VNNI" => vec![
            // SAFETY: the set's name says that detection has found these instructions.
            Peak { name: "vpdpbusd", macs: 64 * CHAINS, run: |n| unsafe { x86::quads(n) } },
            // SAFETY: as above.
            Peak { name: "vpdpwssd", macs: 32 * CHAINS, run: |n| unsafe { x86::pairs(n) } },
        ],
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        "AVX2" => vec![Peak { name: "vpmaddwd + vpaddd", macs: 8 * 6 * 16, run: |n| unsafe { x86::pairs_256(n) } }],
        _ => vec![],
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::CHAINS;
    use std::arch::x86_64::*;
    use std::hint::black_box;

    macro_rules! loop_512 {
        ($name:ident, $dot:ident) => {
            #[target_feature(enable = "avx512f,avx512vnni")]
            pub fn $name(rounds: usize) -> i32 {
                let (x, w) = (_mm512_set1_epi32(black_box(0x0102_0304)), _mm512_set1_epi32(black_box(0x0403_0201)));
                let mut acc =
                    std::array::from_fn::<_, CHAINS, _>(|i| black_box(i as i32)).map(|i| _mm512_set1_epi32(i));
                for _ in 0..rounds {
                    for acc in &mut acc {
                        *acc = $dot(*acc, x, w);
                    }
                }
                acc.into_iter().map(|a| _mm512_reduce_add_epi32(a)).fold(0, i32::wrapping_add)
            }
        };
    }
    loop_512!(quads, _mm512_dpbusd_epi32);
    loop_512!(pairs, _mm512_dpwssd_epi32);

    /// Different weights for every chain, and an input that changes, so that no product is shared or moved out.
    #[target_feature(enable = "avx2")]
    pub fn pairs_256(rounds: usize) -> i32 {
        const SUMS: usize = 6;
        let mut x = _mm256_set1_epi32(black_box(0x0102_0304));
        let w: [_; SUMS] = std::array::from_fn(|i| black_box(i as i32)).map(|i| _mm256_set1_epi32(i));
        let mut acc = w;
        for _ in 0..rounds {
            for _ in 0..8 {
                for (acc, &w) in acc.iter_mut().zip(&w) {
                    *acc = _mm256_add_epi32(*acc, _mm256_madd_epi16(x, w));
                }
                x = _mm256_add_epi32(x, w[1]);
            }
        }
        acc.into_iter().map(|a| _mm256_extract_epi32::<0>(a)).fold(0, i32::wrapping_add)
    }
}
