//! 8-bit pixels to activation codes and back.

use crate::config::PixelRange;

/// Unit range: code `min((p + 1) >> 1, 127)`, 127 is white. Symmetric: `max(p - 128, -127)`.
#[inline]
pub fn pixel_to_code(p: u8, range: PixelRange) -> i8 {
    match range {
        PixelRange::Unit => ((u32::from(p) + 1) >> 1).min(127) as i8,
        PixelRange::Symmetric => (i32::from(p) - 128).max(-127) as i8,
    }
}

/// Inverse of [`pixel_to_code`] up to its rounding; codes below the range show black.
#[inline]
pub fn code_to_pixel(code: i8, range: PixelRange) -> u8 {
    match range {
        PixelRange::Unit => {
            let c = i32::from(code).max(0);
            (c * 2 + (c >> 6)).min(255) as u8
        }
        PixelRange::Symmetric => (i32::from(code) + 128) as u8,
    }
}

/// Real value of one code step of an image: 1/127 for both ranges.
pub fn code_scale(_range: PixelRange) -> f64 {
    1.0 / 127.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixels_survive_the_round_trip() {
        for p in 0..=255u8 {
            let unit = code_to_pixel(pixel_to_code(p, PixelRange::Unit), PixelRange::Unit);
            assert!((i32::from(unit) - i32::from(p)).abs() <= 2, "{p} -> {unit}");
            let symmetric = code_to_pixel(pixel_to_code(p, PixelRange::Symmetric), PixelRange::Symmetric);
            assert!((i32::from(symmetric) - i32::from(p)).abs() <= 1, "{p} -> {symmetric}");
        }
        assert_eq!(code_to_pixel(127, PixelRange::Unit), 255);
        assert_eq!(code_to_pixel(0, PixelRange::Unit), 0);
    }
}
