//! The ADCs' trims in the simulator: calibration, and what a driver reads to store them and writes to restore them.

use super::session::{PATIENCE, read_config};
use crate::cosim::{ConfigSpace, ConfigWord, CosimError, Driver};
use crate::device::TileTrims;
use crate::rtl::{ProgramRegister, trim_address};
use crate::schedule::Schedule;

/// Calibrates the ADCs' trims; returns the busy cycles.
pub(super) fn calibrate(driver: &mut Driver) -> Result<u64, CosimError> {
    let addr = ProgramRegister::Calibrate as u32;
    driver.config(&[ConfigWord { space: ConfigSpace::Programming, addr, data: vec![1] }])?;
    let start = driver.cycle();
    driver.wait_idle(PATIENCE)?;
    Ok(driver.cycle() - start)
}

/// ADCs whose trim the last calibration left at an end of its range.
pub(super) fn at_end(driver: &mut Driver) -> Result<u32, CosimError> {
    Ok(read_config(driver, ConfigSpace::Programming, ProgramRegister::Calibrate as usize)?[0])
}

/// The trims of all tiles.
pub(super) fn read_trims(schedule: &Schedule, driver: &mut Driver) -> Result<Vec<TileTrims>, CosimError> {
    let c = &schedule.design.crossbar;
    let unused = 32 - schedule.design.converter.trim_bits;
    let mut side = |tile, row_side, count| -> Result<Vec<i32>, CosimError> {
        let mut trims = Vec::with_capacity(count);
        for adc in 0..count {
            let word = read_config(driver, ConfigSpace::Trims, trim_address(schedule, tile, row_side, adc))?[0];
            trims.push((word << unused) as i32 >> unused);
        }
        Ok(trims)
    };
    let mut tile = |t| Ok(TileTrims { columns: side(t, false, c.adcs())?, rows: side(t, true, c.row_adcs())? });
    (0..schedule.tiles()).map(&mut tile).collect()
}

/// Sets the trims of all tiles.
pub(super) fn write_trims(schedule: &Schedule, trims: &[TileTrims], driver: &mut Driver) -> Result<(), CosimError> {
    for (tile, t) in trims.iter().enumerate() {
        for (row_side, trims) in [(false, &t.columns), (true, &t.rows)] {
            let word = |(adc, trim): (usize, &i32)| ConfigWord {
                space: ConfigSpace::Trims,
                addr: trim_address(schedule, tile, row_side, adc) as u32,
                data: vec![*trim as u32],
            };
            driver.config(&trims.iter().enumerate().map(word).collect::<Vec<_>>())?;
        }
    }
    Ok(())
}
