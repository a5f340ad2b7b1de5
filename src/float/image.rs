//! Images as the float networks see them: with the steps of the hardware's 8 bits.

use crate::config::PixelRange;
use crate::numeric::{code_scale, code_to_pixel, pixel_to_code};
use ndarray::ArrayView4;

/// Values of all pixels in row, column, channel order.
pub(super) fn to_real(images: ArrayView4<'_, u8>, range: PixelRange) -> Vec<f32> {
    let scale = code_scale(range) as f32;
    images.iter().map(|&p| f32::from(pixel_to_code(p, range)) * scale).collect()
}

/// The nearest pixels.
pub(super) fn pixels(values: &[f32], range: PixelRange) -> Vec<u8> {
    let scale = code_scale(range) as f32;
    // `as` takes a value that is no number, of a network that diverged, for 0.
    let code = |v: f32| (v / scale).round().clamp(-127.0, 127.0) as i8;
    values.iter().map(|&v| code_to_pixel(code(v), range)).collect()
}
