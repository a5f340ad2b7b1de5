//! The programming unit against the rules of write-verify: a tile that answers late, at random and with any code, lines
//! that must hold one word line and one bit line, every pulse and every counter.

use crate::common::{
    Bench, Random, TRAIN_NARROW, TRAIN_ONE, TRAIN_SHORT, TRAIN_WIDE, WIDE, lint_clean, schedule, synthesis_clean,
    training,
};
use memgan::config::{PairScheme, SignedInput, UpdateRule};
use memgan::rtl::blocks::{program_registers, programmer};
use memgan::schedule::Schedule;

/// Start, step, max, slope.
type Strength = [u32; 4];

/// What the host has written.
#[derive(Clone, Copy, Debug)]
struct Settings {
    input: i64,
    gain: u32,
    tolerance: i64,
    pulses: u32,
    mode: u32,
    refresh: bool,
    forms: bool,
    set: Strength,
    reset: Strength,
    /// Start, step, max, attempts.
    form: Strength,
}

/// Bits of a device's code, and of them below a level.
#[derive(Clone, Copy)]
struct Codes {
    bits: usize,
    fraction: u32,
}

/// A tile as the programmer sees it.
struct Tile {
    shadow: [Vec<i8>; 2],
    line: [Vec<i8>; 2],
    /// Cycles since the lines changed or the phase did, and cycles in which they were sampled, by phase.
    settled: [u32; 2],
    sampled: [u32; 2],
    /// Cycles to the end of a conversion or a pulse.
    left: Option<(bool, usize)>,
    adc_done: bool,
    pulse_done: bool,
    /// Codes of the last conversion.
    codes: Vec<i64>,
}

struct Block {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    codes: Codes,
    /// Most cycles of a conversion or a pulse.
    latency: usize,
    tile: Tile,
}

/// What one word must do, found beside the block.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counts {
    devices: u64,
    set: u64,
    reset: u64,
    reads: u64,
    failures: u64,
}

/// A strobe and all that counts with it.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    Read { group: u64, sides: u64 },
    Pulse { up: bool, strength: u64, forms: bool, sides: u64 },
}

impl Block {
    fn new(schedule: &Schedule, latency: usize) -> Self {
        let c = &schedule.design.crossbar;
        let lines = || [vec![0; c.rows], vec![0; c.columns]];
        let pair = c.pair == PairScheme::Differential;
        let bits = schedule.widths.cell as usize / if pair { 2 } else { 1 };
        let level_bits = usize::BITS - (schedule.design.device.levels as usize - 1).leading_zeros();
        let fraction = if schedule.design.device.model.is_some() { 14 - level_bits } else { 0 };
        Self {
            bench: Bench::new(&programmer(schedule)),
            random: Random::new(latency as u64),
            schedule: schedule.clone(),
            codes: Codes { bits, fraction },
            latency,
            tile: Tile {
                shadow: lines(),
                line: lines(),
                settled: [0; 2],
                sampled: [0; 2],
                left: None,
                adc_done: false,
                pulse_done: false,
                codes: vec![0; c.adcs()],
            },
        }
    }

    fn pair(&self) -> bool {
        self.schedule.design.crossbar.pair == PairScheme::Differential
    }

    /// Bit-line register of a group and ADC.
    fn register(&self, group: usize, adc: usize) -> usize {
        group * self.schedule.design.crossbar.adcs() + adc
    }

    /// One cycle; what the block started, and whether it is busy.
    fn step(&mut self) -> (Option<Event>, bool) {
        let (converter, lanes) = (self.schedule.design.converter.clone(), self.schedule.lanes);
        let (pair, forms) = (self.pair(), self.schedule.design.forms());
        if let Some((conversion, left)) = self.tile.left {
            self.tile.left = (left > 1).then_some((conversion, left - 1));
            if left == 1 {
                *(if conversion { &mut self.tile.adc_done } else { &mut self.tile.pulse_done }) = true;
            }
        }
        let b = &mut self.bench;
        b.set("adc_done_i", u64::from(self.tile.adc_done));
        b.set("pulse_done_i", u64::from(self.tile.pulse_done));
        b.set_all("adc_codes_i", converter.adc_bits as usize, self.tile.codes.iter().copied());
        b.eval();
        let t = &mut self.tile;
        let [apply, sample, start, pulse, write] =
            ["apply_o", "sample_o", "adc_start_o", "pulse_start_o", "dac_valid_o"].map(|p| b.flag(p));
        assert!(t.left.is_none() || !(apply || sample || start || pulse), "the tile is at work");
        if write {
            let mask = b.get_all("mask_o", 1, lanes);
            let lane = mask.iter().position(|&m| m == 1).expect("a lane");
            assert_eq!(mask.iter().sum::<u64>(), 1, "one lane");
            let columns = b.flag("dac_side_o");
            let chunk = lanes.min(self.schedule.design.crossbar.adcs());
            let register = if columns {
                b.get("slot_o") as usize * chunk + lane % chunk
            } else {
                b.get("word_o") as usize * lanes + lane
            };
            t.shadow[usize::from(columns)][register] = b.get("dac_code_o") as u8 as i8;
        }
        let phase = usize::from(b.flag("phase_o"));
        if sample {
            assert!(t.settled[phase] >= converter.settle_cycles, "lines have settled");
            t.sampled[phase] += 1;
        } else if t.sampled[phase] == 0 {
            t.settled[phase] += 1;
        }
        if apply {
            assert!(!write);
            for (line, shadow) in t.line.iter_mut().zip(&mut t.shadow) {
                *line = std::mem::replace(shadow, vec![0; shadow.len()]);
            }
            (t.settled, t.sampled) = ([0; 2], [0; 2]);
        }
        let sides = if pair { b.get("sides_o") } else { 1 };
        let event = match (start, pulse) {
            (true, true) => panic!("a conversion and a pulse"),
            (true, false) => Some(Event::Read { group: b.get("group_o"), sides }),
            (false, true) => {
                let strength = b.get("pulse_strength_o");
                let forms = forms && b.flag("pulse_form_o");
                Some(Event::Pulse { up: b.flag("pulse_up_o"), strength, forms, sides })
            }
            _ => None,
        };
        if start {
            let phases = if converter.signed_input == SignedInput::TwoPhase { 2 } else { 1 };
            for sampled in &t.sampled[..phases] {
                assert_eq!(*sampled, converter.sample_cycles, "cycles of sampling");
            }
            t.adc_done = false;
        }
        if pulse {
            t.pulse_done = false;
        }
        if start || pulse {
            let cycles = self.random.between(1, self.latency);
            // What was sampled is void after a pulse.
            (t.sampled, t.left) = ([0; 2], Some((start, cycles)));
        }
        let busy = b.flag("busy_o");
        assert!(b.flag("active_o") || !(sample || start || pulse), "the tile is active");
        (event, busy)
    }

    fn configure(&mut self, s: &Settings) {
        let b = &mut self.bench;
        b.set("read_input_i", s.input as u64);
        b.set("read_gain_i", s.gain);
        b.set("tolerance_i", s.tolerance as u64);
        b.set("max_pulses_i", s.pulses);
        b.set("mode_i", s.mode);
        b.set("refresh_i", u64::from(s.refresh));
        let mut words = vec![("set_i", s.set), ("reset_i", s.reset)];
        if self.schedule.design.forms() {
            b.set("forms_i", u64::from(s.forms));
            words.push(("form_i", s.form));
        }
        for (port, bytes) in words {
            b.set(port, bytes.iter().rev().fold(0u32, |word, byte| word << 8 | byte));
        }
    }

    fn settings(&mut self) -> Settings {
        let r = &mut self.random;
        let mut strength = || {
            let start = r.between(1, 40) as u32;
            [start, r.below(50) as u32, r.pick(&[1, 20, 100, 255]), r.pick(&[0, 7, 16, 100, 255])]
        };
        let (set, reset, mut form) = (strength(), strength(), strength());
        form[3] = r.pick(&[1, 2, 7, 30, 255]);
        let forms = self.schedule.design.forms() && r.percent(50);
        Settings {
            input: self.random.pick(&[127, 64, 1, 99]),
            gain: self.random.below(12) as u32,
            tolerance: self.random.pick(&[0, 1, 1, 3]),
            pulses: self.random.pick(&[1, 2, 7, 30, 255]) as u32,
            mode: self.random.below(4) as u32,
            refresh: !forms && self.random.percent(50),
            forms,
            set,
            reset,
            form,
        }
    }

    /// Programs a word and demands every read and pulse of the rules.
    fn word(&mut self, s: &Settings) -> Counts {
        self.configure(s);
        let design = self.schedule.design.clone();
        let (c, adc_bits) = (&design.crossbar, design.converter.adc_bits);
        let (tile, row) = (self.random.below(self.schedule.tiles()), self.random.below(c.rows));
        let group = self.random.below(c.columns_per_adc);
        let sides = if self.pair() { 2 } else { 1 };
        let devices = c.adcs() * sides;
        let top = (i64::from(design.device.levels) - 1) << self.codes.fraction;
        let targets: Vec<i64> = (0..devices).map(|_| self.random.signed(0, top)).collect();
        self.bench.set("prog_tile_i", tile);
        self.bench.set("prog_row_i", row);
        self.bench.set("prog_group_i", group);
        self.bench.set_all("prog_data_i", self.codes.bits, targets.iter().copied());
        self.bench.set("start_i", 1u64);
        let (event, busy) = self.step();
        assert!(event.is_none() && !busy);
        self.bench.tick();
        self.bench.set("start_i", 0u64);
        // The word counts in its cycle only.
        self.bench.set("prog_tile_i", self.random.below(self.schedule.tiles()));
        self.bench.set("prog_row_i", self.random.below(c.rows));
        self.bench.set_all("prog_data_i", self.codes.bits, targets.iter().map(|t| top - t));

        let (low, high) = (-(1i64 << (adc_bits - 1)), (1i64 << (adc_bits - 1)) - 1);
        let reference = if self.pair() { 0 } else { i64::from(design.device.levels / 2) << self.codes.fraction };
        let mut counts = Counts::default();
        let mut failed = vec![0u64; c.adcs()];
        for (k, target) in targets.iter().enumerate() {
            let (adc, minus) = (k / sides, k % sides == 1);
            let shift = s.gain + self.codes.fraction;
            let read_as = |code: i64| ((code - reference) * s.input + ((1i64 << shift) >> 1)) >> shift;
            let mut wanted = (!s.refresh).then(|| read_as(*target));
            // The device is anywhere, and reads as anything near.
            let mut at = self.random.signed(low, high);
            if self.random.percent(50) {
                // Where levels are.
                at = read_as(self.random.signed(0, i64::from(design.device.levels) - 1) << self.codes.fraction);
            }
            let (mut pulses, mut run, mut last) = (0, 0, None);
            counts.devices += 1;
            loop {
                let mut codes: Vec<i64> = (0..c.adcs()).map(|_| self.random.signed(low, high)).collect();
                let read = (at + self.random.signed(-1, 1)).clamp(low, high);
                codes[adc] = if minus { (-read).clamp(low, high) } else { read };
                let seen = if minus { -codes[adc] } else { codes[adc] };
                counts.reads += 1;
                let connected = if minus { 2 } else { 1 };
                let event = self.next_event(tile);
                self.tile.codes = codes;
                assert_eq!(event, Event::Read { group: group as u64, sides: connected });
                self.one_line(row, s.input as i8, None);
                // The nearest level, the lower one of two.
                let levels = (0..i64::from(design.device.levels)).map(|level| read_as(level << self.codes.fraction));
                let nearest = levels.min_by_key(|at| (at.abs_diff(seen), *at)).expect("levels");
                let error = *wanted.get_or_insert(nearest) - seen;
                if error.abs() <= s.tolerance || (s.forms && error < 0) {
                    break;
                }
                if pulses == if s.forms { s.form[3] } else { s.pulses } {
                    failed[adc] = 1;
                    counts.failures += 1;
                    break;
                }
                let set = error > 0;
                run = if last == Some(set) { run + 1 } else { 0 };
                last = Some(set);
                let of_pulse = [s.reset, s.set, s.form][if s.forms { 2 } else { usize::from(set) }];
                let [start, step, max, slope] = of_pulse.map(i64::from);
                let strength = match if s.forms { 1 } else { s.mode } {
                    0 => start,
                    1 => (start + run * step).min(max),
                    _ => ((error.abs() * slope + 8) >> 4).max(start).min(max),
                };
                let event = self.next_event(tile);
                let (up, strength) = (set != minus, strength as u64);
                assert_eq!(event, Event::Pulse { up, strength, forms: s.forms, sides: connected });
                self.one_line(row, 1, Some(self.register(group, adc)));
                pulses += 1;
                *(if set { &mut counts.set } else { &mut counts.reset }) += 1;
                let moved = self.random.signed(0, 6) + strength as i64 / 16;
                at = (if set { at + moved } else { at - moved }).clamp(low, high);
            }
        }
        while self.step().1 {
            self.bench.tick();
            assert!(self.tile.left.is_none_or(|l| l.0), "nothing starts after the last device");
        }
        assert_eq!(self.bench.get_all("prog_failed_o", 1, c.adcs()), failed, "failed cells");
        self.bench.tick();
        counts
    }

    /// Runs to the next conversion or pulse.
    fn next_event(&mut self, tile: usize) -> Event {
        for _ in 0..10_000 {
            let (event, busy) = self.step();
            assert!(busy, "busy until the last device");
            assert_eq!(self.bench.get("tile_o") as usize, tile);
            self.bench.tick();
            if let Some(event) = event {
                return event;
            }
        }
        panic!("nothing starts");
    }

    /// The lines hold one word line, and one bit line or none.
    fn one_line(&self, row: usize, code: i8, column: Option<usize>) {
        let line = |n: usize, at: Option<usize>, code: i8| -> Vec<i8> {
            (0..n).map(|k| if Some(k) == at { code } else { 0 }).collect()
        };
        let c = &self.schedule.design.crossbar;
        assert_eq!(self.tile.line[0], line(c.rows, Some(row), code), "word lines");
        assert_eq!(self.tile.line[1], line(c.columns, column, 1), "bit lines");
    }
}

fn drive(schedule: &Schedule) {
    lint_clean(&programmer(schedule));
    for latency in [1, 3, 40] {
        let mut b = Block::new(schedule, latency);
        b.bench.reset();
        let mut all = Counts::default();
        let mut words = 0;
        while words < 8 || all.set.min(all.reset) < 20 || all.failures == 0 {
            words += 1;
            let settings = b.settings();
            let counts = b.word(&settings);
            for (sum, one) in
                [(&mut all.set, counts.set), (&mut all.reset, counts.reset), (&mut all.failures, counts.failures)]
            {
                *sum += one;
            }
        }
    }
}

fn real(text: &str) -> Schedule {
    schedule(&format!("{text}\n[device.model]\n"))
}

#[test]
fn fewer_adcs_than_lanes() {
    drive(&schedule(TRAIN_NARROW));
    drive(&real(TRAIN_NARROW));
    drive(&schedule(&format!("{TRAIN_NARROW}\n[device.model]\nforming = 0.5\n")));
}

#[test]
fn more_adcs_than_lanes() {
    drive(&schedule(TRAIN_WIDE));
    drive(&real(TRAIN_WIDE));
}

#[test]
fn one_adc() {
    drive(&schedule(TRAIN_ONE));
    drive(&schedule(TRAIN_SHORT));
    drive(&schedule(&format!("{TRAIN_ONE}\n[device.model]\nforming = 0.5\n")));
}

#[test]
fn an_adc_a_column() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 2));
}

/// Registers out of reset, after writes, and counters up to their largest value.
#[test]
fn registers_and_counters() {
    registers_of(&schedule(TRAIN_WIDE));
    registers_of(&schedule(&format!("{TRAIN_WIDE}\n[device.model]\nforming = 0.5\nforming_dtod = 0.1\n")));
}

fn registers_of(schedule: &Schedule) {
    let module = program_registers(schedule);
    lint_clean(&module);
    let (mut b, mut random) = (Bench::new(&module), Random::new(3));
    b.reset();
    let widths = [2, 7, 4, 8, 8, 2, 32, 32];
    let read = |b: &mut Bench, address: usize| {
        b.set("address_i", address);
        b.eval();
        b.get("read_data_o")
    };
    let reset = memgan::device::VerifyRegisters::of(&schedule.design);
    let words = [
        0,
        reset.read_input.into(),
        reset.read_gain.into(),
        reset.tolerance.into(),
        reset.max_pulses.into(),
        2,
        reset.set.word().into(),
        reset.reset.word().into(),
    ];
    let mut expected: Vec<u64> = words.into_iter().chain([0; 8]).collect();
    let form = schedule.design.forms().then_some(15);
    if let Some(form) = form {
        // From 0.35 of the strongest pulse in steps of 8.
        expected[form] = u64::from(u32::from_le_bytes([89, 8, 255, 22]));
    }
    let names = ["word", "device", "set_pulse", "reset_pulse", "read", "failure"];
    for _ in 0..3000 {
        for (address, value) in expected.iter().enumerate() {
            assert_eq!(read(&mut b, address), *value, "address {address}");
        }
        let write = random.percent(10);
        let (address, data) = (random.below(16), random.next() & 0xffff_ffff);
        let events = names.map(|_| random.percent(40));
        b.set("write_valid_i", u64::from(write));
        b.set("address_i", address);
        b.set("write_data_i", data);
        for (name, &event) in names.iter().zip(&events) {
            b.set(&format!("{name}_valid_i"), u64::from(event));
        }
        b.tick();
        b.set("write_valid_i", 0u64);
        names.iter().for_each(|name| b.set(&format!("{name}_valid_i"), 0u64));
        for (counter, &event) in expected[8..14].iter_mut().zip(&events) {
            *counter += u64::from(event);
        }
        if write && address < 8 {
            expected[address] = data & ((1 << widths[address]) - 1);
        } else if write && form == Some(address) {
            expected[address] = data;
        } else if write {
            expected[8..14].fill(0);
        }
    }
}

#[test]
fn synthesis() {
    synthesis_clean(&programmer(&schedule(TRAIN_WIDE)));
    synthesis_clean(&program_registers(&schedule(TRAIN_WIDE)));
    let virgin = schedule(&format!("{TRAIN_WIDE}\n[device.model]\nforming = 0.5\n"));
    synthesis_clean(&programmer(&virgin));
    synthesis_clean(&program_registers(&virgin));
}
