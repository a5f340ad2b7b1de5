//! The stochastic rule: lines fire at random, devices move where both of their lines do.

use super::array::{Devices, PulseEvents};
use crate::device::Connected;
use crate::golden::engine::{Image, tensor_range};
use crate::golden::{InstructionSet, simd};
use crate::numeric::{LANES_MAX, LaneRandom, Rate, minus_first};
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
    set: InstructionSet,
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
    let inputs = Fire { set, tensor: inputs, window: input_window, run_len: op.gather_len, rate: rate.of_inputs() };
    let errors = Fire { set, tensor: errors, window: error_window, run_len: op.drain_len, rate: rate.of_errors() };
    let mut connected = match schedule.design.pulses_one_device() {
        true if minus_first(image.random.lane(0)) => Connected::Minus,
        true => Connected::Plus,
        false => Connected::Both,
    };
    let mut events = PulseEvents { seed: image.events.seed, count: &mut image.events.pulses[op.layer] };
    let PulseBuffers { rows, columns } = buffers;
    let mut count = 0u32;
    for position in 0..op.positions {
        fire_vector(&inputs, position, &mut image.random, rows);
        fire_vector(&errors, position, &mut image.random, columns);
        count = count.saturating_add((rows.len() * columns.len()) as u32);
        if let Some(record) = &mut record {
            let signs = |lines: &Lines| u8::from(!lines.plus.is_empty()) + u8::from(!lines.minus.is_empty());
            record.push(signs(rows) * signs(columns));
        }
        for (rows, columns, up) in [
            (&rows.plus, &columns.plus, false),
            (&rows.plus, &columns.minus, true),
            (&rows.minus, &columns.plus, true),
            (&rows.minus, &columns.minus, false),
        ] {
            devices.pulse(rows, columns, connected, up, &mut events);
        }
        connected = connected.other();
    }
    count
}

/// One side of an update.
struct Fire<'t> {
    set: InstructionSet,
    tensor: &'t [i8],
    /// Where the vectors are windows.
    window: Option<&'t Window>,
    /// Elements of a vector where they are runs.
    run_len: usize,
    rate: Rate,
}

/// Fires the vector of one position: a window's rows, or a run.
fn fire_vector(fire: &Fire, position: usize, random: &mut LaneRandom, lines: &mut Lines) {
    lines.clear();
    let Some(window) = fire.window else {
        fire_segment(fire, position * fire.run_len, 0, fire.run_len, random, lines);
        return;
    };
    let (y, x) = (position / window.positions_x, position % window.positions_x);
    for row in 0..window.kernel {
        let s = WindowSegments::at(window, y, x, row);
        fire_segment(fire, s.address, s.index, s.len, random, lines);
    }
}

/// Fires a run of codes, memory word by memory word.
fn fire_segment(fire: &Fire, address: usize, index: usize, len: usize, random: &mut LaneRandom, lines: &mut Lines) {
    let lanes = random.lanes();
    let (mut at, end) = (address, address + len);
    while at < end {
        let first_lane = at % lanes;
        let next = end.min(at + lanes - first_lane);
        let (mut codes, mut fired) = ([0; LANES_MAX], [0; LANES_MAX]);
        // Lanes without a code hold zero, which never fires.
        codes[first_lane..first_lane + next - at].copy_from_slice(&fire.tensor[at..next]);
        simd::fire_word(fire.set, &codes[..lanes], random.states(), fire.rate, &mut fired[..lanes]);
        // Few lanes fire: look at eight at a time.
        for (first, eight) in fired.as_chunks::<8>().0.iter().take(lanes.div_ceil(8)).enumerate() {
            if u64::from_ne_bytes(eight.map(|code| code as u8)) == 0 {
                continue;
            }
            for (k, &code) in eight.iter().enumerate().filter(|(_, code)| **code != 0) {
                let line = index + at - address + first * 8 + k - first_lane;
                if code > 0 { lines.plus.push(line) } else { lines.minus.push(line) }
            }
        }
        at = next;
    }
}
