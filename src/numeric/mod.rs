//! The numeric contract. Golden model and hardware both take rounding, saturation, tables and random streams from
//! here; nothing else in the project rounds an integer.
//!
//! | quantity | type | rule |
//! |---|---|---|
//! | activation, line DAC | signed 8 bit, -127..=127 | [`saturate_activation`] |
//! | bit-line sum of a tile | exact | sum of activation x weight level |
//! | ADC code | `adc_bits`, two's complement | [`adc`]: [`round_shift`] by the gain, then saturate |
//! | partial sums over row tiles, scatter-add | exact | widths from the schedule |
//! | bias | signed [`BIAS_BITS`], in ADC code units | added before requantisation |
//! | requantisation and non-linearity | signed 8 bit | [`activate`] |

mod activation;
mod noise;
mod pixel;
mod random;
mod round;
mod training;

pub use activation::{
    SIGMOID_INPUT_EXP, TABLE_ENTRIES, TABLE_OUT_MAX, TANH_INPUT_EXP, activate, table_magnitude, tanh_table,
};
pub use noise::{Draw, bell, draw, draw_key, event_key, spread, times};
pub use pixel::{code_scale, code_to_pixel, pixel_to_code};
pub use random::{
    LANE_SHIFTS, LANES_MAX, LaneRandom, SEED_WARMUP, dropout_threshold, lane_constants, latent_code, latent_scale,
    splitmix32, step_lane, xorshift32,
};
pub use round::{ACTIVATION_MAX, adc, round_error, round_shift, saturate, saturate_activation};

pub use training::{
    FIRE_BITS, FIRE_SIZE_BITS, MINUS_FIRST_BIT, RangeCount, Rate, SEED_STEP, change_backward_gain, change_forward_gain,
    cut_gradient, derive, fire, loss_error, minus_first, rate_correction, round_gradient, step_bias,
};

/// Width of a digital bias.
pub const BIAS_BITS: u32 = 16;
/// Target of a classifier's output for the image's class; 0 for the others.
pub const CLASS_TARGET: i8 = 64;
/// Width of the requantisation shift and of the ADC gain exponent.
pub const SHIFT_BITS: u32 = 4;
