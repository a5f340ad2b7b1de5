//! A read operation: gather, array control, drain and the pipelines between them.

use super::gather::{GatherModel, Runs, runs, windows};
use super::{OP_OVERHEAD, OpCycles};
use crate::config::SignedInput;
use crate::schedule::{Op, OpKind, Pass, Schedule, Segment};

/// Cycles of an operation that reads the array, or finishes accumulators.
pub(super) fn predict(schedule: &Schedule, op: &Op) -> OpCycles {
    OpModel::new(schedule, op).run()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum ArrayState {
    Idle,
    Settle,
    Sample,
    Start,
    Wait,
}

/// A segment in drain: next word offset, elements left.
#[derive(Clone, Copy)]
struct Current {
    offset: usize,
    left: usize,
    last: bool,
    last_of_op: bool,
}

struct OpModel<'a> {
    schedule: &'a Schedule,
    op: &'a Op,
    lanes: usize,
    gather: GatherModel<'a>,
    /// Conversions of a read, and results of each.
    groups: usize,
    group_size: usize,
    // Array
    state: ArrayState,
    timer: u32,
    phase: u32,
    group: usize,
    stalled: bool,
    reads: usize,
    // Drain
    output: Runs<'a>,
    next_output: Option<(Segment, bool)>,
    drain: Option<Current>,
    captured: bool,
    element: usize,
    group_base: usize,
    drain_group: usize,
    drain_pipe: [bool; 4],
    final_seen: bool,
}

impl<'a> OpModel<'a> {
    fn new(schedule: &'a Schedule, op: &'a Op) -> Self {
        let input: Runs = match op.kind {
            OpKind::GatherWindow => windows(op),
            OpKind::GatherRun | OpKind::ScatterWindow => runs(op.gather_len, op.positions),
            OpKind::Finish | OpKind::Words | OpKind::Rows | OpKind::Control => Box::new(std::iter::empty()),
        };
        let bank = &schedule.banks[op.layer];
        let (groups, group_size) = match op.pass {
            Pass::Backward => (bank.row_groups, bank.group_rows),
            _ => (bank.groups, bank.group_columns),
        };
        let mut output = match op.kind {
            OpKind::ScatterWindow => windows(op),
            _ => runs(op.drain_len, op.positions),
        };
        let next_output = output.next();
        Self {
            schedule,
            op,
            lanes: schedule.lanes,
            gather: GatherModel::new(schedule.lanes, input),
            groups: if op.kind == OpKind::Finish { 1 } else { groups },
            group_size,
            state: ArrayState::Idle,
            timer: 0,
            phase: 0,
            group: 0,
            stalled: false,
            reads: 0,
            output,
            next_output,
            drain: None,
            captured: false,
            element: 0,
            group_base: 0,
            drain_group: 0,
            drain_pipe: [false; 4],
            final_seen: false,
        }
    }

    fn run(mut self) -> OpCycles {
        let mut cycles = OpCycles { total: OP_OVERHEAD, ..Default::default() };
        cycles.starved.overhead = OP_OVERHEAD;
        loop {
            cycles.total += 1;
            let active = match self.state {
                ArrayState::Idle => false,
                ArrayState::Wait => !self.stalled,
                _ => true,
            };
            let starved = &mut cycles.starved;
            let cause = match self.op.kind {
                _ if active => &mut cycles.array_busy,
                OpKind::Finish => &mut starved.finish,
                _ if self.stalled => &mut starved.drain,
                _ if self.reads < self.op.positions => &mut starved.gather,
                _ => &mut starved.overhead,
            };
            *cause += 1;
            if self.step() {
                return cycles;
            }
        }
    }

    /// One clock edge; true when the sequencer sees the operation done in this cycle.
    fn step(&mut self) -> bool {
        let done = self.final_seen && self.drain_pipe == [false; 4];
        let release = self.step_drain();
        let apply = self.step_array(release);
        self.gather.step(apply);
        done
    }

    /// Returns whether a new vector is applied to the lines in this cycle.
    fn step_array(&mut self, release: bool) -> bool {
        let converter = &self.schedule.design.converter;
        let phases = match converter.signed_input {
            SignedInput::Dac => 1,
            SignedInput::TwoPhase => 2,
        };
        let answered = self.state == ArrayState::Wait && self.timer == 0;
        let free = !self.captured || release;
        let capture = answered && free;
        let read_end = capture && self.group + 1 == self.groups;
        let apply = self.gather.vector_ready && (self.state == ArrayState::Idle || read_end);
        self.captured = (self.captured && !release) || capture;
        self.stalled = answered && !free;
        self.timer = self.timer.saturating_sub(1);
        match self.state {
            ArrayState::Settle if self.timer == 0 => {
                (self.state, self.timer) = (ArrayState::Sample, converter.sample_cycles);
            }
            ArrayState::Sample if self.timer == 0 => {
                self.phase += 1;
                if self.phase == phases {
                    self.state = ArrayState::Start;
                } else {
                    (self.state, self.timer) = (ArrayState::Settle, converter.settle_cycles);
                }
            }
            ArrayState::Start => {
                (self.state, self.timer) = (ArrayState::Wait, converter.conversion_cycles - 2);
            }
            ArrayState::Wait if read_end => self.state = ArrayState::Idle,
            ArrayState::Wait if capture => {
                self.group += 1;
                self.state = ArrayState::Start;
            }
            _ => {}
        }
        if apply {
            (self.state, self.timer) = (ArrayState::Settle, converter.settle_cycles);
            (self.phase, self.group) = (0, 0);
            self.reads += 1;
        }
        apply
    }

    /// Returns whether the captured group is released in this cycle.
    fn step_drain(&mut self) -> bool {
        let finish = self.op.kind == OpKind::Finish;
        let (size, groups) = (self.group_size, self.groups);
        let available = self.captured || finish;
        let (mut emit, mut release, mut position_end, mut segment_end) = (false, false, false, self.drain.is_none());
        let mut last_of_op = false;
        if let Some(d) = self.drain.as_mut() {
            let last_group = self.drain_group + 1 == groups;
            last_of_op = d.last_of_op;
            let skip = !finish && self.element >= size;
            if d.left == 0 {
                release = d.last && available;
                position_end = release && last_group;
                segment_end = !d.last || position_end;
            } else if skip {
                release = available;
                if release {
                    self.element -= size;
                }
            } else if available {
                emit = true;
                let mut n = d.left.min(self.lanes - d.offset);
                if !finish {
                    n = n.min(size - self.element);
                }
                d.left -= n;
                d.offset = (d.offset + n) % self.lanes;
                self.element += n;
                let end = d.left == 0;
                position_end = end && d.last && last_group;
                let group_end = !finish && self.element == size;
                release = group_end || position_end;
                segment_end = end && (!d.last || position_end);
                if group_end {
                    self.element = 0;
                }
            }
            if release {
                self.group_base += size;
                self.drain_group += 1;
            }
            if position_end {
                (self.group_base, self.drain_group) = (0, 0);
            }
        }
        if segment_end {
            self.drain = self.next_output.take().map(|(s, last_of_op)| {
                self.element = s.index.saturating_sub(self.group_base);
                Current { offset: s.address % self.lanes, left: s.len, last: s.last, last_of_op }
            });
            self.next_output = self.output.next();
        }
        self.final_seen |= position_end && last_of_op;
        // Scatter writes the accumulators one stage before activations are written.
        let writes = self.op.kind != OpKind::ScatterWindow;
        self.drain_pipe = [emit, self.drain_pipe[0], self.drain_pipe[1], self.drain_pipe[2] && writes];
        release && !finish
    }
}
