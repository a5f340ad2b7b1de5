//! Designs whose devices differ by more or less.

use super::MemoryError;
use crate::config::{Design, DeviceModel, MAX_LINE};

/// The design with this spread from device to device, 0..=1: of the step (`dw_min_dtod`) and of both bounds (`w_max_dtod`,
/// `w_min_dtod`). What else real devices do is as the design has it, or ideal.
///
/// # Errors
/// A spread out of range, or tiles that are too large for real devices.
pub fn with_spread(design: &Design, spread: f64) -> Result<Design, MemoryError> {
    if !(0.0..=1.0).contains(&spread) {
        return Err(MemoryError::Spread { spread });
    }
    let (rows, columns) = (design.crossbar.rows, design.crossbar.columns);
    if rows.max(columns) > MAX_LINE {
        return Err(MemoryError::Lines { rows, columns, most: MAX_LINE });
    }
    let mut design = design.clone();
    let model = design.device.model.get_or_insert_with(|| DeviceModel::ideal(design.device.levels));
    (model.dw_min_dtod, model.w_max_dtod, model.w_min_dtod) = (spread, spread, spread);
    Ok(design)
}
