//! The macro under test beside a model of it in plain integers.

use crate::common::{Bench, Random};
use memgan::config::{Crossbar, PairScheme};
use memgan::numeric::adc;
use memgan::rtl::{CrossbarView, crossbar, emulation_column_cycles, emulation_cycles, emulation_pulse_cycles};
use memgan::schedule::Schedule;
use std::collections::BTreeSet;

/// Two devices, or a device and its reference.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Levels {
    plus: i32,
    minus: i32,
}

pub struct Macro {
    pub bench: Bench,
    pub schedule: Schedule,
    view: CrossbarView,
    pub random: Random,
    pub tile: Crossbar,
    /// `[word line][bit line]`.
    cells: Vec<Vec<Levels>>,
    /// Codes of the word lines and of the bit lines: written, and driven.
    shadow: [Vec<i8>; 2],
    line: [Vec<i8>; 2],
    /// What `adc_code_o` and `prog_data_o` show till they may change.
    codes: Vec<i64>,
    shown: Option<Vec<u64>>,
    times: [BTreeSet<u64>; 3],
    /// Connected devices of a pair: bit 0 plus, bit 1 minus.
    sides: u64,
}

impl Macro {
    pub fn new(schedule: &Schedule, view: CrossbarView) -> Self {
        let tile = schedule.design.crossbar.clone();
        let zero = match tile.pair {
            PairScheme::Differential => Levels { plus: 0, minus: 0 },
            PairScheme::Reference => {
                let middle = schedule.design.device.levels as i32 / 2;
                Levels { plus: middle, minus: middle }
            }
        };
        let lines = || [vec![0; tile.rows], vec![0; tile.columns]];
        let mut m = Self {
            bench: Bench::new(&crossbar(schedule, view)),
            view,
            random: Random::new(tile.rows as u64),
            cells: vec![vec![zero; tile.columns]; tile.rows],
            shadow: lines(),
            line: lines(),
            codes: vec![0; tile.adcs().max(tile.row_adcs())],
            shown: None,
            times: Default::default(),
            sides: 3,
            tile,
            schedule: schedule.clone(),
        };
        m.connect(3);
        m
    }

    /// Connects devices of the pairs.
    fn connect(&mut self, sides: u64) {
        if self.tile.pair == PairScheme::Differential {
            self.sides = sides;
            self.bench.set("sides_i", sides);
        }
    }

    fn connect_any(&mut self) {
        let sides = self.random.pick(&[0, 1, 2, 3, 3, 3]);
        self.connect(sides);
    }

    fn last_level(&self) -> i32 {
        self.schedule.design.device.levels as i32 - 1
    }

    /// Bit line of an ADC in a group.
    fn column(&self, group: usize, adc: usize) -> usize {
        adc * self.tile.columns_per_adc + group
    }

    /// Programming data of a cell.
    fn data(&self, levels: Levels) -> u64 {
        let bits = self.schedule.widths.cell as usize;
        match self.tile.pair {
            PairScheme::Differential => (levels.minus as u64) << (bits / 2) | levels.plus as u64,
            PairScheme::Reference => levels.plus as u64,
        }
    }

    pub fn strobe(&mut self, port: &str) {
        self.bench.set(port, 1u64);
        self.bench.tick();
        self.bench.set(port, 0u64);
    }

    /// Programs the cells of a word line and group; `draw` gives levels, the second only for a pair.
    fn program(&mut self, row: usize, group: usize, draw: impl Fn(&mut Random, i32) -> [i32; 2]) {
        let last = self.last_level();
        for adc in 0..self.tile.adcs() {
            let column = self.column(group, adc);
            let cell = &mut self.cells[row][column];
            let [plus, minus] = draw(&mut self.random, last);
            cell.plus = plus;
            if self.tile.pair == PairScheme::Differential {
                cell.minus = minus;
            }
        }
        let data: Vec<i64> = self.expected_word(row, group).into_iter().map(|v| v as i64).collect();
        self.bench.set_all("prog_data_i", self.schedule.widths.cell as usize, data);
        self.address(row, group, true);
        self.strobe("prog_valid_i");
    }

    fn address(&mut self, row: usize, group: usize, write: bool) {
        self.bench.set("prog_row_i", row);
        self.bench.set("prog_group_i", group);
        self.bench.set("prog_write_i", u64::from(write));
    }

    fn expected_word(&self, row: usize, group: usize) -> Vec<u64> {
        (0..self.tile.adcs()).map(|adc| self.data(self.cells[row][self.column(group, adc)])).collect()
    }

    /// Levels of a word line and group, in the cycle after the request.
    pub fn read_back(&mut self, row: usize, group: usize) {
        self.address(row, group, false);
        self.strobe("prog_valid_i");
        self.shown = Some(self.expected_word(row, group));
        self.compare_outputs();
    }

    pub fn read_back_all(&mut self) {
        for row in 0..self.tile.rows {
            for group in 0..self.tile.columns_per_adc {
                self.read_back(row, group);
            }
        }
    }

    /// Outputs keep what they show while something else happens.
    fn compare_outputs(&mut self) {
        let bits = self.schedule.design.converter.adc_bits as usize;
        assert_eq!(self.bench.get_signed("adc_code_o", bits, self.codes.len()), self.codes);
        if let Some(shown) = &self.shown {
            let data = self.bench.get_all("prog_data_o", self.schedule.widths.cell as usize, shown.len());
            assert_eq!(data, *shown, "levels read back");
        }
    }

    /// Writes some lanes of one side. The lanes of a write never meet in one register.
    fn load(&mut self, side: usize, draw: impl Fn(&mut Random) -> i8) {
        let lanes = self.schedule.lanes;
        let chunk = lanes.min(self.tile.adcs());
        let slots = self.tile.columns / chunk;
        let words = self.tile.rows / lanes;
        let word = self.random.below(words);
        let pairs: Vec<[usize; 2]> =
            (0..lanes / chunk).map(|_| [self.random.below(slots), self.random.below(slots)]).collect();
        let mut taken = BTreeSet::new();
        let mut written = Vec::new();
        for lane in 0..lanes {
            let next = self.random.percent(40) && (side == 1 || word + 1 < words);
            let register = match side {
                0 => (word + usize::from(next)) * lanes + lane,
                _ => pairs[lane / chunk][usize::from(next)] * chunk + lane % chunk,
            };
            let write = self.random.percent(70) && taken.insert(register);
            let value = draw(&mut self.random);
            if write {
                self.shadow[side][register] = value;
            }
            written.push((write, next, value));
        }
        let width = (usize::BITS - (slots - 1).leading_zeros()).max(1) as usize;
        let b = &mut self.bench;
        b.set("dac_side_i", side);
        b.set("dac_word_i", word);
        b.set_all("dac_slot_i", width, pairs.iter().flatten().map(|&s| s as i64));
        b.set_all("dac_mask_i", 1, written.iter().map(|w| i64::from(w.0)));
        b.set_all("dac_next_i", 1, written.iter().map(|w| i64::from(w.1)));
        b.set_all("dac_data_i", 8, written.iter().map(|w| i64::from(w.2)));
        self.strobe("dac_valid_i");
    }

    /// Writes until most registers of both sides hold something.
    pub fn load_all(&mut self, draw: impl Fn(&mut Random) -> i8) {
        let writes = 3 * self.tile.rows.max(self.tile.columns) / self.schedule.lanes;
        for _ in 0..writes {
            self.load(0, &draw);
            self.load(1, &draw);
        }
    }

    pub fn apply(&mut self) {
        self.strobe("apply_i");
        for (line, shadow) in self.line.iter_mut().zip(&mut self.shadow) {
            *line = std::mem::replace(shadow, vec![0; shadow.len()]);
        }
    }

    pub fn sample(&mut self, columns: bool) {
        self.bench.set("read_columns_i", u64::from(columns));
        self.connect_any();
        self.strobe("sample_i");
    }

    /// Exact sums of a group, and zeros for the ADCs that this side has not.
    fn dots(&self, columns: bool, group: usize) -> Vec<i32> {
        let seen = |level: i32, side: u64| if self.sides & side == side { level } else { 0 };
        let weight = |row: usize, column: usize| {
            let cell = &self.cells[row][column];
            seen(cell.plus, 1) - seen(cell.minus, 2)
        };
        let mut dots = vec![0; self.codes.len()];
        if columns {
            for (a, dot) in dots.iter_mut().enumerate().take(self.tile.row_adcs()) {
                let row = group * self.tile.row_adcs() + a;
                for q in 0..self.tile.columns {
                    let column = self.column(q / self.tile.adcs(), q % self.tile.adcs());
                    *dot += i32::from(self.line[1][q]) * weight(row, column);
                }
            }
        } else {
            for (a, dot) in dots.iter_mut().enumerate().take(self.tile.adcs()) {
                let column = self.column(group, a);
                *dot = (0..self.tile.rows).map(|row| i32::from(self.line[0][row]) * weight(row, column)).sum();
            }
        }
        dots
    }

    /// Waits for a flag; writes the shadow registers meanwhile, which must not matter.
    pub fn wait(&mut self, done: &str) -> u64 {
        let mut cycles = 1;
        while !self.bench.flag(done) {
            self.compare_outputs();
            let side = self.random.below(2);
            self.load(side, Random::activation);
            cycles += 1;
            assert!(cycles < 5000, "{done} never comes");
        }
        cycles
    }

    pub fn convert(&mut self, columns: bool, group: usize, gain: u32) {
        let bits = self.schedule.design.converter.adc_bits;
        self.bench.set("adc_group_i", group);
        self.bench.set("adc_gain_i", u64::from(gain));
        self.strobe("adc_start_i");
        // Group and gain count in the cycle of the start only.
        let groups = self.tile.columns_per_adc.max(self.tile.rows_per_adc);
        self.bench.set("adc_group_i", self.random.below(groups));
        self.bench.set("adc_gain_i", self.random.below(16));
        let cycles = self.wait("adc_done_o");
        self.times[usize::from(columns)].insert(cycles);
        let dots = self.dots(columns, group);
        self.codes = dots.iter().map(|&d| i64::from(adc(d, gain, bits))).collect();
        self.compare_outputs();
    }

    /// Reads all groups of one direction.
    pub fn read(&mut self, columns: bool) {
        self.sample(columns);
        let groups = if columns { self.tile.rows_per_adc } else { self.tile.columns_per_adc };
        for group in 0..groups {
            let gain = self.random.below(10) as u32;
            self.convert(columns, group, gain);
        }
    }

    pub fn pulse(&mut self, rows_negative: bool, columns_negative: bool, up: bool) {
        let flags = [rows_negative, columns_negative, up];
        let ports = ["pulse_rows_negative_i", "pulse_columns_negative_i", "pulse_up_i"];
        for (port, flag) in ports.into_iter().zip(flags) {
            self.bench.set(port, u64::from(flag));
        }
        self.connect_any();
        // Ideal devices move one level whatever the strength.
        let strength = self.random.below(256);
        self.bench.set("pulse_strength_i", strength);
        self.strobe("pulse_start_i");
        // They count in the cycle of the start only.
        for port in ports {
            self.bench.set(port, self.random.below(2));
        }
        let cycles = self.wait("pulse_done_o");
        self.times[2].insert(cycles);
        let last = self.last_level();
        let fires = |code: i8, negative: bool| if negative { code < 0 } else { code > 0 };
        let step = if up { 1 } else { -1 };
        for row in 0..self.tile.rows {
            for q in 0..self.tile.columns {
                if fires(self.line[0][row], rows_negative) && fires(self.line[1][q], columns_negative) {
                    let column = self.column(q / self.tile.adcs(), q % self.tile.adcs());
                    let cell = &mut self.cells[row][column];
                    if self.sides & 1 == 1 {
                        cell.plus = (cell.plus + step).clamp(0, last);
                    }
                    if self.tile.pair == PairScheme::Differential && self.sides & 2 == 2 {
                        cell.minus = (cell.minus - step).clamp(0, last);
                    }
                }
            }
        }
    }

    pub fn program_all(&mut self, draw: impl Fn(&mut Random, i32) -> [i32; 2]) {
        for row in 0..self.tile.rows {
            for group in 0..self.tile.columns_per_adc {
                self.program(row, group, &draw);
            }
        }
    }

    pub fn check_times(&self) {
        let c = u64::from(self.schedule.design.converter.conversion_cycles);
        let pulse_ns = self.schedule.design.device.pulse_ns as u64;
        let p = (pulse_ns * self.schedule.design.clock_mhz as u64).div_ceil(1000).max(3);
        let (rows, words) = (self.tile.rows as u64, self.tile.columns_per_adc as u64);
        let column_words = rows / self.tile.rows_per_adc as u64 * words;
        let [forward, column, pulse] = &self.times;
        match self.view {
            CrossbarView::Behavioural => {
                assert_eq!([forward, column], [&BTreeSet::from([c - 1]); 2], "time of a conversion");
                assert_eq!(pulse, &BTreeSet::from([p - 1]), "time of a pulse");
            }
            CrossbarView::Jitter => {
                for (times, cycles) in [(forward, c), (column, c), (pulse, p)] {
                    assert!(times.iter().all(|t| (cycles - 1..=cycles + 14).contains(t)), "{times:?}");
                    assert!(times.len() > 5, "{times:?}");
                }
            }
            _ => {
                let documented = [emulation_cycles, emulation_column_cycles, emulation_pulse_cycles];
                for ((times, words), documented) in
                    [(forward, rows), (column, column_words), (pulse, rows * words)].into_iter().zip(documented)
                {
                    assert_eq!(times, &BTreeSet::from([words + 3]));
                    assert_eq!(words + 3, u64::from(documented(&self.schedule)), "the time that is documented");
                }
            }
        }
    }
}
