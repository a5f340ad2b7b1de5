//! Pulse control against the rules of the pulses, cycle by cycle, whatever the vectors and the time that a pulse takes.

use crate::common::{
    Bench, EIGHT, Random, TRAIN_NARROW, TRAIN_WIDE, WIDE, accumulating, lint_clean, schedule, synthesis_clean, training,
};
use memgan::config::{PairScheme, UpdateRule};
use memgan::rtl::blocks::pulse_control;
use memgan::schedule::{Schedule, bits_for};

/// Signs of the phases in their order: negative word lines, negative bit lines, up.
const PHASES: [(bool, bool, bool); 4] =
    [(false, false, false), (false, true, true), (true, false, true), (true, true, false)];

/// Codes -1, 0 and 1 of the word lines and of the bit lines.
type Lines = [Vec<i8>; 2];

/// Lanes of one word that are written: lane and code.
struct Beat {
    side: usize,
    codes: Vec<(usize, i8)>,
}

/// Percent of cycles in which a beat comes, and in which complete vectors are said to be ready; most cycles from a pulse's
/// start to its end.
#[derive(Clone, Copy)]
struct Pace {
    beat: u32,
    ready: u32,
    pulse: usize,
}

/// What the block must show in a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Shown {
    apply: bool,
    pulses: Option<u64>,
    pulse: Option<(bool, bool, bool)>,
    active: bool,
    all_sent: bool,
    /// Connected devices of a pair, plus and minus; `None` where all pulses go to both.
    devices: Option<(bool, bool)>,
}

/// The phase that runs and the cycles until the pulse's end, if it is given.
#[derive(Clone, Copy)]
struct Running {
    phase: usize,
    left: Option<usize>,
}

struct Block {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    all_sent: bool,
    /// Whether one device of a pair is pulsed at a time.
    alternates: bool,
    /// The random bit of the last cycle.
    drawn: bool,
    /// What the tiles answer.
    done: bool,
    cycle: u64,
}

impl Block {
    fn new(schedule: &Schedule) -> Self {
        let (bench, random) = (Bench::new(&pulse_control(schedule)), Random::new(schedule.lanes as u64));
        let (pair, rule) = (schedule.design.crossbar.pair, schedule.design.training.as_ref().unwrap().rule);
        let alternates = (pair, rule) == (PairScheme::Differential, UpdateRule::Stochastic);
        let schedule = schedule.clone();
        Self { bench, random, schedule, all_sent: false, alternates, drawn: false, done: false, cycle: 0 }
    }

    /// One cycle.
    fn step(&mut self, start: bool, beat: Option<&Beat>, ready: bool) -> Shown {
        let (lanes, b) = (self.schedule.lanes, &mut self.bench);
        b.set("start_i", u64::from(start));
        b.set("vectors_ready_i", u64::from(ready));
        b.set("pulse_done_i", u64::from(self.done));
        b.set("dac_valid_i", u64::from(beat.is_some()));
        self.drawn = self.random.percent(50);
        if self.alternates {
            b.set("minus_first_i", u64::from(self.drawn));
        }
        let mut mask = vec![0; lanes];
        let mut data: Vec<i64> = (0..lanes).map(|_| self.random.signed(-1, 1)).collect();
        if let Some(beat) = beat {
            b.set("dac_side_i", beat.side);
            for &(lane, code) in &beat.codes {
                (mask[lane], data[lane]) = (1, i64::from(code));
            }
        }
        b.set_all("dac_mask_i", 1, mask);
        b.set_all("dac_data_i", 8, data);
        b.eval();
        let signs = ["pulse_rows_negative_o", "pulse_columns_negative_o", "pulse_up_o"].map(|p| b.flag(p)).into();
        let shown = Shown {
            apply: b.flag("apply_o"),
            pulses: b.flag("pulses_valid_o").then(|| b.get("pulses_o")),
            pulse: b.flag("pulse_start_o").then_some(signs),
            active: b.flag("active_o"),
            all_sent: b.flag("all_sent_o"),
            devices: self.alternates.then(|| b.get("sides_o")).map(|sides| (sides & 1 != 0, sides & 2 != 0)),
        };
        b.tick();
        self.cycle += 1;
        shown
    }

    /// Vectors of a position for a matrix; often without a sign, or all of one.
    fn lines(&mut self, rows: usize, columns: usize) -> Lines {
        let choices: [&[i8]; 7] = [&[0], &[0, 1], &[0, -1], &[-1, 0, 1], &[1], &[-1], &[0, 0, 0, 0, 0, -1, 1]];
        [rows, columns].map(|n| {
            let from = self.random.pick(&choices);
            (0..n).map(|_| self.random.pick(from)).collect()
        })
    }

    /// Beats that write the vectors, word lines first, in pieces that start in any lane.
    fn beats(&mut self, lines: &Lines) -> Vec<Beat> {
        let lanes = self.schedule.lanes;
        let mut beats = Vec::new();
        for (side, codes) in lines.iter().enumerate() {
            let (mut at, turn) = (0, self.random.below(lanes));
            while at < codes.len() {
                let most = lanes.min(codes.len() - at);
                let count = if self.random.percent(70) { most } else { self.random.between(0, most) };
                let lane = |i: usize| (i + turn) % lanes;
                beats.push(Beat { side, codes: (at..at + count).map(|i| (lane(i), codes[i])).collect() });
                at += count;
            }
        }
        beats
    }

    /// Cycles without an operation, in which vectors of other operations go by.
    fn rest(&mut self, cycles: usize) {
        self.bench.set("enable_i", 0u64);
        for _ in 0..cycles {
            let lines = self.lines(self.schedule.lanes, self.schedule.lanes);
            let beats = self.beats(&lines);
            let (beat, ready) = (self.random.percent(60), self.random.percent(50));
            self.done = self.random.percent(50);
            let shown = self.step(false, beats.first().filter(|_| beat), ready);
            let devices = self.alternates.then_some((true, true));
            let rest = Shown { all_sent: self.all_sent, devices, ..Shown::default() };
            assert_eq!(shown, rest, "cycle {}: at rest", self.cycle);
        }
        // The tiles have ended every pulse.
        self.done = true;
    }

    /// An operation, or as much of it as `most` cycles allow. Returns the cycles of each position.
    fn run(&mut self, positions: &[Lines], pace: Pace, most: usize) -> Vec<usize> {
        self.bench.set("enable_i", 1u64);
        self.bench.set("positions_last_i", positions.len() - 1);
        let shown = self.step(true, None, false);
        // Whichever device was the last one's turn.
        let devices = shown.devices.filter(|(plus, minus)| plus != minus);
        assert_eq!(devices.is_some(), self.alternates, "cycle {}: start", self.cycle);
        let started = Shown { all_sent: self.all_sent, devices, ..Shown::default() };
        assert_eq!(shown, started, "cycle {}: start", self.cycle);
        self.all_sent = false;
        let first = self.drawn;
        let all: Vec<Vec<Beat>> = positions.iter().map(|lines| self.beats(lines)).collect();
        let (mut position, mut sent, mut running) = (0, 0, None::<Running>);
        let (mut taken, mut cycles) = (None, vec![]);
        for _ in 0..most {
            if position == positions.len() && running.is_none() {
                self.all_sent = true;
                break;
            }
            // Beats of a position come while the position before is pulsed, and not while its own vectors are ready.
            let waiting = all.get(position).map(|b| &b[sent..]).unwrap_or_default();
            let ready = position < positions.len() && waiting.is_empty() && self.random.percent(pace.ready);
            let beat = waiting.first().filter(|_| self.random.percent(pace.beat));
            // The position whose turn it is: the one on the lines, else the one that comes.
            let minus = first ^ ((position - usize::from(running.is_some())) % 2 == 1);
            let devices = self.alternates.then_some((!minus, minus));
            let expected = self.expected(running, ready, &positions[position.min(positions.len() - 1)], taken);
            let expected = Shown { devices, ..expected };
            let shown = self.step(false, beat, ready);
            assert_eq!(shown, expected, "cycle {}, position {position}", self.cycle);
            sent += usize::from(beat.is_some());
            if let Some(count) = cycles.last_mut().filter(|_| running.is_some()) {
                *count += 1;
            }
            match running {
                None if ready => {
                    (taken, running) = (positions.get(position), Some(Running { phase: 0, left: None }));
                    cycles.push(1);
                    (position, sent) = (position + 1, 0);
                }
                None => {}
                Some(now) => running = self.advance(now, expected.pulse.is_some(), pace),
            }
        }
        cycles
    }

    /// What the rules demand of a cycle. `next`: the vectors that are or get ready, `taken`: those on the lines.
    fn expected(&self, running: Option<Running>, ready: bool, next: &Lines, taken: Option<&Lines>) -> Shown {
        let fired = |side: &Vec<i8>| side.iter().filter(|&&c| c != 0).count() as u64;
        match (running, taken) {
            (Some(Running { left: Some(_), .. }), _) => Shown { active: true, ..Shown::default() },
            (Some(Running { phase, left: None }), Some([rows, columns])) => {
                let (rows_negative, columns_negative, _) = PHASES[phase];
                let has = |side: &[i8], negative| side.contains(&if negative { -1 } else { 1 });
                let used = has(rows, rows_negative) && has(columns, columns_negative);
                Shown { pulse: used.then_some(PHASES[phase]), active: used, ..Shown::default() }
            }
            _ if ready => Shown { apply: true, pulses: Some(fired(&next[0]) * fired(&next[1])), ..Shown::default() },
            _ => Shown::default(),
        }
    }

    /// The phase of the next cycle; also the answer of the tiles in it.
    fn advance(&mut self, now: Running, started: bool, pace: Pace) -> Option<Running> {
        let following = (now.phase < 3).then_some(Running { phase: now.phase + 1, left: None });
        match now.left {
            None if started => {
                let left = self.random.between(1, pace.pulse);
                self.done = left == 1;
                Some(Running { left: Some(left), ..now })
            }
            None | Some(1) => following,
            Some(left) => {
                self.done = left == 2;
                Some(Running { left: Some(left - 1), ..now })
            }
        }
    }
}

/// Vectors that come at once and are always ready; pulses of one answer and of late ones.
const PACES: [Pace; 4] = [
    Pace { beat: 100, ready: 100, pulse: 1 },
    Pace { beat: 100, ready: 100, pulse: 40 },
    Pace { beat: 60, ready: 30, pulse: 3 },
    Pace { beat: 25, ready: 70, pulse: 12 },
];

fn drive(schedule: &Schedule) {
    lint_clean(&pulse_control(schedule));
    let mut b = Block::new(schedule);
    b.bench.reset();
    b.rest(20);
    for pace in PACES {
        for round in 0..20 {
            let bank = schedule.banks[b.random.below(schedule.banks.len())].clone();
            let count = b.random.between(1, (1 << schedule.widths.position).min(7));
            let positions: Vec<_> = (0..count).map(|_| b.lines(bank.matrix_rows, bank.matrix_columns)).collect();
            if round % 7 == 6 {
                // A reset in the middle: neither pulses nor vectors survive.
                let most = b.random.between(1, 60);
                b.run(&positions, pace, most);
                b.bench.reset();
                b.all_sent = false;
            } else {
                b.run(&positions, pace, usize::MAX);
            }
            let pause = b.random.pick(&[0, 0, 1, 9]);
            b.rest(pause);
            b.done = true;
        }
    }
    most(&mut b);
    cycles_of_a_position(&mut b);
}

/// All lines of the largest matrix at once, and as many positions as any operation has.
fn most(b: &mut Block) {
    let bank = b.schedule.banks.iter().max_by_key(|k| k.matrix_rows * k.matrix_columns).unwrap().clone();
    let full: Lines = [vec![1; bank.matrix_rows], vec![-1; bank.matrix_columns]];
    b.run(&[full], PACES[0], usize::MAX);
    let count = b.schedule.ops.iter().map(|o| o.positions).max().unwrap();
    let positions: Vec<Lines> = (0..count).map(|_| b.lines(1, 2)).collect();
    b.run(&positions, PACES[0], usize::MAX);
}

/// One cycle, one for each empty phase, and two for a pulse that is answered in the cycle after its start.
fn cycles_of_a_position(b: &mut Block) {
    let both = vec![1, -1];
    for (lines, cycles) in [
        ([vec![0], vec![1]], 5),
        ([vec![1], vec![1]], 6),
        ([vec![-1], vec![1]], 6),
        ([both.clone(), vec![-1]], 7),
        ([both.clone(), both], 9),
    ] {
        assert_eq!(b.run(&[lines.clone(), lines], PACES[0], usize::MAX), [cycles; 2], "cycles of the positions");
    }
}

#[test]
fn four_lanes_of_gradients() {
    drive(&schedule(TRAIN_WIDE));
}

#[test]
fn eight_lanes_at_random() {
    drive(&schedule(TRAIN_NARROW));
}

#[test]
fn eight_lanes_of_gradients() {
    drive(&accumulating(EIGHT, 2, true));
}

#[test]
fn thirty_two_lanes() {
    let schedule = training(&schedule(WIDE), UpdateRule::Stochastic, 2);
    // The counter holds the pulses of the largest matrix and no more bits than that.
    let most = schedule.banks.iter().map(|b| b.matrix_rows * b.matrix_columns).max().unwrap();
    assert_eq!(pulse_control(&schedule).port("pulses_o").unwrap().width(), bits_for(most) as usize);
    drive(&schedule);
}

#[test]
fn synthesis() {
    synthesis_clean(&pulse_control(&schedule(TRAIN_WIDE)));
}
