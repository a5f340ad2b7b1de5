//! `ArrayModel::pulse` with a nominal strength in 256-bit vectors: 32 devices at once, in the same integers.
//!
//! Codes, places and laws are 16-bit lanes; random bits, steps and noise are 32-bit lanes in the order of
//! `device::wide_lane`, so that packing needs no lane to cross.

use super::pulse::PulseRows;
use super::simd::{load_longs, load_signed, load_table, load_words, store_words};
use crate::device::{BLOCK, DeviceBlock, LAW_ONE, LawTable, LayerDevices, VIRGIN};
use std::arch::x86_64::*;

/// What all blocks share, a copy a lane.
struct Shared {
    key: __m256i,
    first_number: __m256i,
    /// Weights of the bytes of random bits in a bell.
    bell: __m256i,
    deviation: __m256i,
    /// What is added to the product of deviation and sum of bytes: the sum's mean is zero, and with noise in proportion
    /// to the step, a step of one is added to the noise.
    offset: __m256i,
    plain: __m256i,
    law: Law,
}

enum Law {
    /// Each device's own line: the law where `w` is 0, and the place there.
    Own([__m256i; 2]),
    /// A straight one: its start, and `2^6` times its slope.
    Straight([__m256i; 2]),
    /// The bytes of a [`LawTable`].
    Table([[__m256i; 2]; 4]),
}

/// Kinds of [`Law`].
const OWN: u8 = 0;
const STRAIGHT: u8 = 1;
const TABLE: u8 = 2;

/// Moves the devices of some rows.
#[target_feature(enable = "avx2")]
pub(super) fn pulse_rows(r: &mut PulseRows) {
    match (r.devices.model.slopes.is_some(), r.devices.law(r.up).straight) {
        (true, _) => rows_of_law::<OWN>(r),
        (false, true) => rows_of_law::<STRAIGHT>(r),
        (false, false) => rows_of_law::<TABLE>(r),
    }
}

#[target_feature(enable = "avx2")]
fn rows_of_law<const LAW: u8>(r: &mut PulseRows) {
    match (r.devices.model.mult_noise, r.up) {
        (true, true) => rows::<LAW, true, true>(r),
        (true, false) => rows::<LAW, true, false>(r),
        (false, true) => rows::<LAW, false, true>(r),
        (false, false) => rows::<LAW, false, false>(r),
    }
}

#[target_feature(enable = "avx2")]
fn rows<const LAW: u8, const MULT: bool, const UP: bool>(r: &mut PulseRows) {
    let (model, width) = (&r.devices.model, r.devices.dim().1);
    let mut shared = Shared {
        key: _mm256_set1_epi32(r.key as i32),
        first_number: _mm256_setzero_si256(),
        bell: _mm256_set1_epi32(0x0202_0200),
        deviation: _mm256_set1_epi16(model.step_std as i16),
        offset: _mm256_set1_epi32(if MULT { 1 << 16 } else { 0 } - 765 * model.step_std),
        plain: _mm256_set1_epi32(model.plain),
        law: law::<LAW>(r.devices, r.up),
    };
    for &i in r.rows {
        let line = r.devices.word_line(i, r.minus);
        shared.first_number = _mm256_set1_epi32(line.first_number as i32);
        for &b in r.blocks {
            let (devices, numbers, fired) = (&line.devices[b], &line.numbers[b], &r.fired[b]);
            let end = (i + 1) * width;
            let codes = &mut r.codes[i * width + b * BLOCK..end];
            let len = codes.len();
            let mut padded = [0; BLOCK];
            // One call for whole blocks and the last one: the compiler keeps what is shared in registers.
            let whole = match codes.first_chunk_mut() {
                Some(codes) => codes,
                None => {
                    padded[..len].copy_from_slice(codes);
                    &mut padded
                }
            };
            block::<LAW, MULT, UP>(&shared, devices, numbers, fired, whole);
            if len < BLOCK {
                r.codes[end - len..end].copy_from_slice(&padded[..len]);
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn law<const LAW: u8>(devices: &LayerDevices, up: bool) -> Law {
    let law: &LawTable = devices.law(up);
    if LAW == OWN {
        let slopes = devices.model.slopes.as_ref().expect("slopes differ");
        Law::Own([_mm256_set1_epi16(devices.model.plain as i16), _mm256_set1_epi16(slopes.pivot as i16)])
    } else if LAW == STRAIGHT {
        Law::Straight([_mm256_set1_epi16(law.nodes[0]), _mm256_set1_epi16(law.slopes[0] << 6)])
    } else {
        let mut table = [[_mm256_setzero_si256(); 2]; 4];
        for (table, bytes) in table.iter_mut().zip(&law.bytes) {
            *table = [load_table(&bytes[0]), load_table(&bytes[1])];
        }
        Law::Table(table)
    }
}

/// Every step is done for all vectors before the next: none waits for the one before it.
#[inline]
#[target_feature(enable = "avx2")]
fn block<const LAW: u8, const MULT: bool, const UP: bool>(
    shared: &Shared,
    devices: &DeviceBlock,
    numbers: &[u32; BLOCK],
    fired: &[u16; BLOCK],
    codes: &mut [u16; BLOCK],
) {
    let zero = _mm256_setzero_si256();
    let (mut code, mut low, mut place) = ([zero; 2], [zero; 2], [zero; 2]);
    for h in 0..2 {
        code[h] = load_words(codes, h);
        low[h] = load_words(&devices.low, h);
        let above = _mm256_sub_epi16(code[h], low[h]);
        let lower = _mm256_mulhi_epu16(above, load_words(&devices.inverse[0], h));
        let upper = _mm256_mullo_epi16(above, load_words(&devices.inverse[1], h));
        place[h] = _mm256_min_epi16(_mm256_add_epi16(lower, upper), _mm256_set1_epi16(1023));
    }
    let slopes = &devices.slopes[usize::from(!UP)];
    let laws = laws::<UP>(&shared.law, slopes, place);

    let mut bits = random_bits(shared, numbers);
    let mut noise = [zero; 4];
    for q in 0..4 {
        noise[q] = _mm256_maddubs_epi16(bits[q], shared.bell);
    }
    for noise in &mut noise {
        *noise = _mm256_madd_epi16(*noise, shared.deviation);
    }
    for noise in &mut noise {
        *noise = _mm256_srai_epi32::<8>(_mm256_add_epi32(*noise, shared.offset));
    }
    // What rounds by chance, in 1/256 of a step's unit as is the product of step and noise.
    for bits in &mut bits {
        *bits = _mm256_slli_epi32::<8>(_mm256_and_si256(*bits, _mm256_set1_epi32(15)));
    }

    let mut moved = [zero; 4];
    for h in 0..2 {
        moved[2 * h] = _mm256_unpacklo_epi16(laws[h], zero);
        moved[2 * h + 1] = _mm256_unpackhi_epi16(laws[h], zero);
    }
    for q in 0..4 {
        let full = load_signed(&devices.steps[usize::from(!UP)], q);
        let mean = _mm256_srai_epi32::<12>(_mm256_mullo_epi32(full, moved[q]));
        let sum = if MULT {
            _mm256_mullo_epi32(mean, noise[q])
        } else {
            let noisy = _mm256_srai_epi32::<12>(_mm256_mullo_epi32(full, shared.plain));
            _mm256_add_epi32(_mm256_slli_epi32::<8>(mean), _mm256_mullo_epi32(noisy, noise[q]))
        };
        moved[q] = _mm256_srai_epi32::<12>(_mm256_add_epi32(sum, bits[q]));
    }
    for h in 0..2 {
        // Moves beyond 16 bits end at a bound either way.
        let moved = _mm256_packs_epi32(moved[2 * h], moved[2 * h + 1]);
        let to = if UP { _mm256_adds_epi16(code[h], moved) } else { _mm256_subs_epi16(code[h], moved) };
        let to = _mm256_min_epi16(_mm256_max_epi16(to, low[h]), load_words(&devices.high, h));
        let virgin = _mm256_cmpeq_epi16(code[h], _mm256_set1_epi16(VIRGIN as i16));
        store_words(codes, h, _mm256_blendv_epi8(code[h], to, _mm256_andnot_si256(virgin, load_words(fired, h))));
    }
}

/// `draw` of 32 devices.
#[inline]
#[target_feature(enable = "avx2")]
fn random_bits(shared: &Shared, numbers: &[u32; BLOCK]) -> [__m256i; 4] {
    let mut z = [_mm256_setzero_si256(); 4];
    for (q, z) in z.iter_mut().enumerate() {
        *z = _mm256_add_epi32(shared.first_number, load_longs(numbers, q));
    }
    for z in &mut z {
        *z = _mm256_add_epi32(_mm256_xor_si256(shared.key, *z), _mm256_set1_epi32(1));
    }
    for z in &mut z {
        *z = _mm256_mullo_epi32(*z, _mm256_set1_epi32(0x9e37_79b9_u32 as i32));
    }
    for z in &mut z {
        *z = _mm256_xor_si256(*z, _mm256_srli_epi32::<16>(*z));
    }
    for z in &mut z {
        *z = _mm256_mullo_epi32(*z, _mm256_set1_epi32(0x85eb_ca6b_u32 as i32));
    }
    for z in &mut z {
        *z = _mm256_xor_si256(*z, _mm256_srli_epi32::<13>(*z));
    }
    for z in &mut z {
        *z = _mm256_mullo_epi32(*z, _mm256_set1_epi32(0xc2b2_ae35_u32 as i32));
    }
    for z in &mut z {
        *z = _mm256_xor_si256(*z, _mm256_srli_epi32::<16>(*z));
    }
    z
}

/// The law at the places of 32 devices with these slopes.
#[inline]
#[target_feature(enable = "avx2")]
fn laws<const UP: bool>(law: &Law, slopes: &[u16; BLOCK], place: [__m256i; 2]) -> [__m256i; 2] {
    match law {
        Law::Own([one, pivot]) => {
            let at = |h| {
                let from_pivot =
                    if UP { _mm256_sub_epi16(*pivot, place[h]) } else { _mm256_sub_epi16(place[h], *pivot) };
                let more = _mm256_mulhi_epi16(load_words(slopes, h), _mm256_slli_epi16::<5>(from_pivot));
                let law = _mm256_max_epi16(_mm256_add_epi16(*one, more), _mm256_setzero_si256());
                _mm256_min_epi16(law, _mm256_set1_epi16(LAW_ONE as i16))
            };
            [at(0), at(1)]
        }
        Law::Straight([start, slope]) => {
            let at = |place| _mm256_add_epi16(*start, _mm256_mulhi_epi16(*slope, _mm256_slli_epi16::<5>(place)));
            [at(place[0]), at(place[1])]
        }
        Law::Table(table) => {
            let segment = _mm256_packus_epi16(_mm256_srli_epi16::<5>(place[0]), _mm256_srli_epi16::<5>(place[1]));
            // The fifth bit of a segment says which half of the table has it.
            let half = _mm256_slli_epi16::<3>(segment);
            let byte = |k: usize| {
                let [first, second] = table[k];
                _mm256_blendv_epi8(_mm256_shuffle_epi8(first, segment), _mm256_shuffle_epi8(second, segment), half)
            };
            let (node, slope) = ([byte(0), byte(1)], [byte(2), byte(3)]);
            let at = |place, node, slope| {
                let part = _mm256_and_si256(_mm256_slli_epi16::<9>(place), _mm256_set1_epi16(31 << 9));
                _mm256_add_epi16(node, _mm256_mulhi_epi16(slope, part))
            };
            [
                at(place[0], _mm256_unpacklo_epi8(node[0], node[1]), _mm256_unpacklo_epi8(slope[0], slope[1])),
                at(place[1], _mm256_unpackhi_epi8(node[0], node[1]), _mm256_unpackhi_epi8(slope[0], slope[1])),
            ]
        }
    }
}
