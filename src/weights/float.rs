//! Little-endian floating point tensors of any width to `f32`.

use safetensors::Dtype;

/// The element types that are read, for messages.
pub const SUPPORTED: &str = "F32, F16, BF16 and F64";

/// Decodes `bytes`; `None` if `dtype` is not one of [`SUPPORTED`].
///
/// F16 and BF16 convert exactly. F64 is rounded to nearest; beyond the range of `f32` it becomes
/// infinite.
pub fn decode(dtype: Dtype, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        Dtype::F32 => bytes.as_chunks().0.iter().map(|&b| f32::from_le_bytes(b)).collect(),
        Dtype::F64 => bytes.as_chunks().0.iter().map(|&b| f64::from_le_bytes(b) as f32).collect(),
        Dtype::F16 => bytes.as_chunks().0.iter().map(|&b| half(u16::from_le_bytes(b))).collect(),
        Dtype::BF16 => {
            let widen = |&b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16);
            bytes.as_chunks().0.iter().map(widen).collect()
        }
        _ => return None,
    })
}

/// IEEE 754 binary16: sign, 5 bits of exponent (bias 15), 10 bits of fraction.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let fraction = u32::from(bits & 0x3ff);
    match exponent {
        // Zero and subnormal: fraction * 2^-24, exact in f32.
        0 => {
            let magnitude = fraction as f32 / (1u32 << 24) as f32;
            f32::from_bits(sign | magnitude.to_bits())
        }
        0x1f => f32::from_bits(sign | 0xff << 23 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 127 - 15) << 23 | fraction << 13),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_landmarks() {
        let landmarks = [
            (0x0000, 0.0),
            (0x8000, -0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x7bff, 65504.0),
            (0x0400, 6.103_515_6e-5),
            (0x0001, 5.960_464_5e-8),
            (0x83ff, -6.097_555e-5),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
        ];
        for (bits, value) in landmarks {
            assert_eq!(half(bits).to_bits(), f32::to_bits(value), "{bits:#06x}");
        }
        assert!(half(0x7e00).is_nan());
    }

    /// Every finite half against its definition, computed in double precision.
    #[test]
    fn every_half_is_sign_times_significand_times_power() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 0x1f), f64::from(bits & 0x3ff));
            if exponent == 31 {
                continue;
            }
            let significand = if exponent == 0 { fraction / 1024.0 } else { 1.0 + fraction / 1024.0 };
            let magnitude = significand * 2f64.powi(exponent.max(1) - 15);
            let wanted = if bits >> 15 == 1 { -magnitude } else { magnitude };
            assert_eq!(f64::from(half(bits)), wanted, "{bits:#06x}");
        }
    }

    #[test]
    fn other_types_are_refused() {
        assert_eq!(decode(Dtype::I8, &[1, 2]), None);
        assert_eq!(decode(Dtype::BF16, &[0x80, 0x3f, 0x00, 0xc0]), Some(vec![1.0, -2.0]));
        assert_eq!(decode(Dtype::F64, &0.1f64.to_le_bytes()), Some(vec![0.1]));
        assert_eq!(decode(Dtype::F64, &1e300f64.to_le_bytes()), Some(vec![f32::INFINITY]));
    }
}
