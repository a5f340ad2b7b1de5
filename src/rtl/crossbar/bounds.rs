//! Ends of the loops of behavioural views, in variables: simulators write out short loops over constants, in every tile.

use super::lines::Slots;
use crate::hdl::{Bound, Builder};
use crate::schedule::Schedule;

/// The ends of loops over a tile.
pub(super) struct Bounds {
    pub lanes: Bound,
    pub rows: Bound,
    columns: Option<Bound>,
    pub adcs: Bound,
    pub training: Option<TrainingBounds>,
}

/// Those of a design that trains.
pub(super) struct TrainingBounds {
    pub row_adcs: Bound,
    /// ADCs of the side that has more.
    codes: Bound,
    /// As in [`Slots`].
    pub slots: Bound,
    pub chunks: Bound,
    pub chunk: Bound,
}

impl Bounds {
    pub fn new(m: &mut Builder, schedule: &Schedule) -> Self {
        let c = &schedule.design.crossbar;
        m.section("Ends of loops, in variables: simulators write out short loops over constants");
        let lines = [("lanes_end", schedule.lanes), ("rows_end", c.rows), ("columns_end", c.columns)];
        let adcs = ("adcs_end", c.adcs());
        if schedule.design.training.is_none() {
            // Only what draws devices visits the columns one by one.
            if schedule.design.device.model.is_none() {
                let [lanes, rows, adcs] = m.bounds([lines[0], lines[1], adcs]);
                return Self { lanes, rows, columns: None, adcs, training: None };
            }
            let [lanes, rows, columns, adcs] = m.bounds([lines[0], lines[1], lines[2], adcs]);
            return Self { lanes, rows, columns: Some(columns), adcs, training: None };
        }
        let Slots { chunk, chunks, slots, .. } = Slots::of(schedule);
        let [lanes, rows, columns, adcs, row_adcs, codes, slots, chunks, chunk] = m.bounds([
            lines[0],
            lines[1],
            lines[2],
            adcs,
            ("row_adcs_end", c.row_adcs()),
            ("codes_end", c.adcs().max(c.row_adcs())),
            ("slots_end", slots),
            ("chunks_end", chunks),
            ("chunk_end", chunk),
        ]);
        let training = Some(TrainingBounds { row_adcs, codes, slots, chunks, chunk });
        Self { lanes, rows, columns: Some(columns), adcs, training }
    }

    /// Columns, of a design that trains or has real devices.
    pub fn columns(&self) -> &Bound {
        self.columns.as_ref().expect("columns are visited one by one")
    }

    /// Those of a design that trains.
    pub fn training(&self) -> &TrainingBounds {
        self.training.as_ref().expect("the design trains")
    }

    /// ADCs of the side that has more.
    pub fn codes(&self) -> &Bound {
        self.training.as_ref().map_or(&self.adcs, |t| &t.codes)
    }
}
