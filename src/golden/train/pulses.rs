//! The stochastic rule: lines fire at random, devices move where both of their lines do.

use super::array::Devices;
use crate::golden::engine::{Image, tensor_range};
use crate::numeric::{LaneRandom, Rate, fire};
use crate::schedule::{Op, OpKind, Schedule, Window, WindowSegments};

/// Lines that fired: those with code 1, those with code -1.
#[derive(Clone, Debug, Default)]
struct Lines {
    plus: Vec<usize>,
    minus: Vec<usize>,
}

impl Lines {
    fn clear(&mut self) {
        self.plus.clear();
        self.minus.clear();
    }

    fn len(&self) -> usize {
        self.plus.len() + self.minus.len()
    }
}

/// Lines of a position, kept to be used again.
#[derive(Clone, Debug, Default)]
pub(super) struct PulseBuffers {
    rows: Lines,
    columns: Lines,
}

/// Executes an update operation by pulses; returns their number. `record` gets the phases of pulses of each position.
pub(super) fn update(
    schedule: &Schedule,
    op: &Op,
    image: &mut Image,
    devices: &mut Devices,
    buffers: &mut PulseBuffers,
    mut record: Option<&mut Vec<u8>>,
) -> u32 {
    let inputs = &image.memory[tensor_range(schedule, op.source.expect("an update has inputs"))];
    let errors = &image.errors[tensor_range(schedule, op.target.expect("an update has errors"))];
    let (input_window, error_window) = match op.kind {
        OpKind::GatherWindow => (op.window.as_ref(), None),
        OpKind::ScatterWindow => (None, op.window.as_ref()),
        _ => (None, None),
    };
    let rate = devices.layer.rate;
    let PulseBuffers { rows, columns } = buffers;
    let mut count = 0u32;
    for position in 0..op.positions {
        fire_vector(inputs, input_window, op.gather_len, position, rate, &mut image.random, rows);
        fire_vector(errors, error_window, op.drain_len, position, rate, &mut image.random, columns);
        count = count.saturating_add((rows.len() * columns.len()) as u32);
        if let Some(record) = &mut record {
            let signs = |lines: &Lines| u8::from(!lines.plus.is_empty()) + u8::from(!lines.minus.is_empty());
            record.push(signs(rows) * signs(columns));
        }
        // No two of the four phases touch the same device, so their order does not show.
        for (rows, columns, up) in [
            (&rows.plus, &columns.plus, false),
            (&rows.plus, &columns.minus, true),
            (&rows.minus, &columns.plus, true),
            (&rows.minus, &columns.minus, false),
        ] {
            for &i in rows {
                for &j in columns {
                    devices.pulse(i, j, up);
                }
            }
        }
    }
    count
}

/// Fires the vector of one position: a window's rows, or a run of `run_len`.
fn fire_vector(
    tensor: &[i8],
    window: Option<&Window>,
    run_len: usize,
    position: usize,
    rate: Rate,
    random: &mut LaneRandom,
    lines: &mut Lines,
) {
    lines.clear();
    let Some(window) = window else {
        fire_segment(tensor, position * run_len, 0, run_len, rate, random, lines);
        return;
    };
    let (y, x) = (position / window.positions_x, position % window.positions_x);
    for row in 0..window.kernel {
        let s = WindowSegments::at(window, y, x, row);
        fire_segment(tensor, s.address, s.index, s.len, rate, random, lines);
    }
}

fn fire_segment(
    tensor: &[i8],
    address: usize,
    index: usize,
    len: usize,
    rate: Rate,
    random: &mut LaneRandom,
    lines: &mut Lines,
) {
    let lanes = random.lanes();
    let (mut at, end) = (address, address + len);
    while at < end {
        let first_lane = at % lanes;
        let next = end.min(at + lanes - first_lane);
        for (k, &code) in tensor[at..next].iter().enumerate() {
            match fire(code, random.lane(first_lane + k), rate) {
                1 => lines.plus.push(index + at - address + k),
                -1 => lines.minus.push(index + at - address + k),
                _ => {}
            }
        }
        random.step();
        at = next;
    }
}
