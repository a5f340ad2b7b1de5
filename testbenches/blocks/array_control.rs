//! Array control against the rules of the macro contract, under any timing of macro, vectors and drain.

use crate::common::{
    Bench, EIGHT, PAIR, Random, TRAIN_NARROW, TRAIN_ONE, TRAIN_WIDE, WIDE, lint_clean, preset, schedule,
    synthesis_clean,
};
use memgan::config::{Converter, SignedInput};
use memgan::rtl::blocks::array_control;
use memgan::schedule::Schedule;

/// Percent of cycles in which a vector gets ready and in which a captured group is released; most extra cycles of a
/// conversion, 0 for the configured time.
#[derive(Clone, Copy)]
struct Pace {
    vector: u32,
    release: u32,
    jitter: usize,
}

/// What the block did, rebuilt from its strobes alone.
#[derive(Default)]
struct Seen {
    applied: Option<u64>,
    /// Cycles of the sample windows of this read: first and last.
    windows: Vec<(u64, u64)>,
    started: Option<u64>,
    group: usize,
    reads: usize,
    captures: usize,
    /// Whether any group of this read so far had a code at an end of its range, and one in the upper half.
    range: [bool; 2],
}

struct Monitor {
    converter: Converter,
    groups: usize,
    seen: Seen,
}

impl Monitor {
    fn phases(&self) -> usize {
        1 + usize::from(self.converter.signed_input == SignedInput::TwoPhase)
    }

    fn apply(&mut self, cycle: u64, vector_ready: bool, converting: bool) {
        assert!(vector_ready, "cycle {cycle}: apply without a vector");
        assert!(!converting, "cycle {cycle}: apply during a conversion");
        assert!(self.seen.started.is_none(), "cycle {cycle}: apply before the last group was captured");
        assert!(self.seen.applied.is_none(), "cycle {cycle}: apply during a read");
        self.seen.applied = Some(cycle);
        self.seen.windows.clear();
        self.seen.group = 0;
        self.seen.range = [false; 2];
        self.seen.reads += 1;
    }

    fn sample(&mut self, cycle: u64, phase: u64) {
        let applied = self.seen.applied.unwrap_or_else(|| panic!("cycle {cycle}: sample without lines"));
        assert!(self.seen.started.is_none() && self.seen.group == 0, "cycle {cycle}: sample during conversions");
        match self.seen.windows.last_mut().filter(|w| w.1 + 1 == cycle) {
            Some(window) => window.1 = cycle,
            None => {
                let driven = self.seen.windows.last().map_or(applied, |w| w.1);
                let settle = u64::from(self.converter.settle_cycles);
                assert_eq!(cycle - driven - 1, settle, "cycle {cycle}: settle time");
                self.seen.windows.push((cycle, cycle));
            }
        }
        assert_eq!(phase as usize + 1, self.seen.windows.len(), "cycle {cycle}: phase of the sample");
    }

    fn start(&mut self, cycle: u64, group: u64, converting: bool) {
        assert!(!converting && self.seen.started.is_none(), "cycle {cycle}: start during a conversion");
        assert_eq!(self.seen.windows.len(), self.phases(), "cycle {cycle}: start before every phase is sampled");
        for (first, last) in &self.seen.windows {
            assert_eq!(last - first + 1, u64::from(self.converter.sample_cycles), "cycle {cycle}: sample time");
        }
        assert_eq!(group as usize, self.seen.group, "cycle {cycle}: group");
        self.seen.started = Some(cycle);
    }

    /// Returns whether the read is at its end.
    fn capture(&mut self, cycle: u64, group: u64, done: bool, free: bool) -> bool {
        assert!(done, "cycle {cycle}: capture before the tiles are done");
        assert!(free, "cycle {cycle}: capture over results in use");
        assert!(self.seen.started.take().is_some(), "cycle {cycle}: capture without a conversion");
        assert_eq!(group as usize, self.seen.group, "cycle {cycle}: group of a capture");
        self.seen.captures += 1;
        self.seen.group += 1;
        let end = self.seen.group == self.groups;
        if end {
            self.seen.applied = None;
        }
        end
    }
}

/// Runs reads of `groups` conversions; returns the cycles between two reads' apply when nothing ever waits.
fn drive(schedule: &Schedule, bench: &mut Bench, groups: usize, pace: Pace, random: &mut Random) -> Option<u64> {
    let converter = schedule.design.converter.clone();
    let mut m = Monitor { converter, groups, seen: Seen::default() };
    let (mut vector, mut done, mut left, mut in_use) = (false, false, 0, false);
    let (mut applied_before, mut between, mut waits) = (None, None, 0);
    let trains = schedule.design.training.is_some();
    let mut ends = [0; 4];
    bench.reset();
    bench.set("groups_last_i", groups - 1);
    for cycle in 0..6000 {
        vector |= random.percent(pace.vector);
        let release = in_use && random.percent(pace.release);
        bench.set("vector_ready_i", u64::from(vector));
        bench.set("done_i", u64::from(done));
        bench.set("release_i", u64::from(release));
        // Between captures the codes are not those of a conversion.
        let flags = [(); 2].map(|()| random.percent(if done { 60 / (groups as u32 + 1) } else { 50 }));
        if trains {
            bench.set("codes_saturated_i", u64::from(flags[0]));
            bench.set("codes_upper_i", u64::from(flags[1]));
        }
        bench.eval();
        assert_eq!(bench.flag("captured_o"), in_use, "cycle {cycle}: captured");
        let [apply, sample, start, capture, active] =
            ["apply_o", "sample_o", "adc_start_o", "capture_o", "active_o"].map(|p| bench.flag(p));
        let (group, phase) = (bench.get("adc_group_o"), bench.get("phase_o"));
        let converting = left > 0;
        let free = !in_use || release;
        // The tiles work from the cycle after apply to the last capture; waiting for the drain is not work, of which the
        // first cycle is not known to be one.
        let reading = m.seen.applied.is_some();
        waits = if m.seen.started.is_some() && done && !free { waits + 1 } else { 0 };
        if !reading || waits < 2 && !(m.seen.started.is_some() && done) {
            assert_eq!(active, reading, "cycle {cycle}: active");
        } else if waits > 1 {
            assert!(!active, "cycle {cycle}: active while it waits");
        }
        if m.seen.started.is_some() && done && free {
            assert!(capture, "cycle {cycle}: a finished conversion is not captured");
        }
        let end = capture && m.capture(cycle, group, done, free);
        if capture {
            m.seen.range = [0, 1].map(|i| m.seen.range[i] || flags[i]);
        }
        if trains {
            assert_eq!(bench.flag("read_end_o"), end, "cycle {cycle}: end of a read");
            if end {
                let range = ["read_saturated_o", "read_upper_o"].map(|port| bench.flag(port));
                assert_eq!(range, m.seen.range, "cycle {cycle}: range of the read, saturated and upper");
                ends[usize::from(range[0]) + 2 * usize::from(range[1])] += 1;
            }
        }
        if sample {
            m.sample(cycle, phase);
        }
        if start {
            m.start(cycle, group, converting);
        }
        if apply {
            m.apply(cycle, vector, converting);
            between = applied_before.map(|before| cycle - before);
            applied_before = Some(cycle);
        } else {
            assert!(!(vector && (end || !reading)), "cycle {cycle}: a ready vector is not applied");
        }
        bench.tick();
        vector &= !apply;
        in_use = in_use && !release || capture;
        let full = schedule.design.converter.conversion_cycles as usize;
        if start {
            // Done is high again in the last cycle of a conversion.
            left = if pace.jitter == 0 { full - 2 } else { random.between(1, pace.jitter) };
            done = false;
        } else if left > 0 {
            left -= 1;
            done = left == 0;
        }
    }
    assert!(!trains || groups > 4 || ends.iter().all(|&n| n > 0), "reads by their range: {ends:?}");
    assert!(m.seen.reads > 5 && m.seen.captures >= (m.seen.reads - 1) * groups, "{} reads", m.seen.reads);
    between.filter(|_| pace.vector == 100 && pace.release == 100 && pace.jitter == 0)
}

fn rules(schedule: &Schedule) {
    let mut bench = Bench::new(&array_control(schedule));
    let mut random = Random::new(7);
    // Column reads have more conversions than columns share an ADC.
    let most = (1 << schedule.widths.conversion).min(16);
    let c = &schedule.design.converter;
    for groups in [1, 2, most - 1, most].into_iter().filter(|g| (1..=most).contains(g)) {
        let phases = if c.signed_input == SignedInput::TwoPhase { 2 } else { 1 };
        let read = phases * (c.settle_cycles + c.sample_cycles) + groups as u32 * c.conversion_cycles;
        let full = Pace { vector: 100, release: 100, jitter: 0 };
        assert_eq!(drive(schedule, &mut bench, groups, full, &mut random), Some(u64::from(read)), "cycles of a read");
        for pace in [
            Pace { vector: 100, release: 100, jitter: 40 },
            Pace { vector: 3, release: 50, jitter: 3 },
            Pace { vector: 30, release: 6, jitter: 12 },
            Pace { vector: 60, release: 100, jitter: 1 },
        ] {
            drive(schedule, &mut bench, groups, pace, &mut random);
        }
    }
}

#[test]
fn two_phases_and_two_groups() {
    rules(&schedule(PAIR));
}

#[test]
fn one_phase_and_eight_groups() {
    rules(&schedule(EIGHT));
}

#[test]
fn two_phases_and_long_times() {
    rules(&schedule(WIDE));
}

#[test]
fn times_of_tiny() {
    rules(&preset("tiny"));
}

#[test]
fn range_of_reads_of_pairs() {
    let schedule = schedule(TRAIN_NARROW);
    lint_clean(&array_control(&schedule));
    rules(&schedule);
}

#[test]
fn range_of_reads_in_two_phases() {
    let schedule = schedule(TRAIN_WIDE);
    lint_clean(&array_control(&schedule));
    rules(&schedule);
}

#[test]
fn range_of_reads_of_many_groups() {
    rules(&schedule(TRAIN_ONE));
}

#[test]
fn synthesis_with_ranges() {
    synthesis_clean(&array_control(&schedule(TRAIN_NARROW)));
}
