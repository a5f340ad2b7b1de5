//! Banks of designs that train, against the integers: bit lines by column tile, column reads, range flags, pulses,
//! levels read back; forward reads as before.

use crate::common::{Bench, Random, TRAIN_NARROW, TRAIN_ONE, TRAIN_SHORT, TRAIN_WIDE, print, schedule};
use memgan::config::PairScheme;
use memgan::cosim::lint;
use memgan::cosim::tools::{Tool, Verilator};
use memgan::device::CellCode;
use memgan::numeric::adc;
use memgan::rtl::blocks::bank;
use memgan::rtl::{CROSSBAR, CrossbarView, crossbar};
use memgan::schedule::{Bank, Schedule};

const DESIGNS: [&str; 4] = [TRAIN_NARROW, TRAIN_WIDE, TRAIN_ONE, TRAIN_SHORT];

struct Tiles {
    bench: Bench,
    schedule: Schedule,
    bank: Bank,
    random: Random,
    /// Levels `(plus, minus)` by matrix row and column; with a reference column the second never moves.
    cells: Vec<Vec<(i32, i32)>>,
}

impl Tiles {
    fn new(schedule: &Schedule, layer: usize, view: CrossbarView) -> Self {
        let mut bench = Bench::new(&bank(schedule, layer, &crossbar(schedule, view)));
        if schedule.design.crossbar.pair == PairScheme::Differential {
            bench.set("sides_i", 3u64);
        }
        bench.set("pulse_strength_i", 16u64);
        let bank = schedule.banks[layer].clone();
        let cells = vec![vec![(0, 0); bank.matrix_columns]; bank.matrix_rows];
        Self { bench, schedule: schedule.clone(), bank, random: Random::new(layer as u64), cells }
    }

    fn strobe(&mut self, port: &str) {
        self.bench.set(port, 1u64);
        self.bench.tick();
        self.bench.set(port, 0u64);
    }

    fn address(&mut self, tile: usize, row: usize, group: usize, write: bool) {
        self.bench.set("prog_tile_i", tile);
        self.bench.set("prog_row_i", row);
        self.bench.set("prog_group_i", group);
        self.bench.set("prog_write_i", u64::from(write));
    }

    /// Levels of every cell of a memory word: those of the matrix, and weight zero elsewhere.
    fn word(&self, row_tile: usize, column_tile: usize, row: usize, group: usize) -> Vec<i64> {
        let code = CellCode::new(&self.schedule.design);
        let adcs = self.schedule.design.crossbar.adcs();
        let i = row_tile * self.schedule.design.crossbar.rows + row;
        let first = (group * self.bank.column_tiles + column_tile) * adcs;
        let cell = |j: usize| match self.cells.get(i).and_then(|r| r.get(j)) {
            Some(&(plus, minus)) => code.from_codes(plus as u16, minus as u16),
            None => code.unused(),
        };
        (first..first + adcs).map(|j| i64::from(cell(j))).collect()
    }

    /// Calls `f` for every memory word that holds a part of the matrix: tile, word line, group and levels.
    fn each_word(&mut self, mut f: impl FnMut(&mut Self, [usize; 3], Vec<i64>)) {
        let rows = self.schedule.design.crossbar.rows;
        for i in 0..self.bank.matrix_rows {
            for group in 0..self.bank.groups {
                for column_tile in 0..self.bank.column_tiles {
                    let tile = self.bank.first_tile + i / rows * self.bank.column_tiles + column_tile;
                    let word = self.word(i / rows, column_tile, i % rows, group);
                    f(self, [tile, i % rows, group], word);
                }
            }
        }
    }

    /// Random levels, often at a bound.
    fn program(&mut self) {
        let design = &self.schedule.design;
        let last = design.device.levels as i32 - 1;
        let middle = design.device.levels as i32 / 2;
        let reference = design.crossbar.pair == PairScheme::Reference;
        let random = &mut self.random;
        let mut level = || match random.below(5) {
            0 => 0,
            1 => last,
            _ => random.signed(0, i64::from(last)) as i32,
        };
        for cell in self.cells.iter_mut().flatten() {
            *cell = (level(), if reference { middle } else { level() });
        }
        let width = self.schedule.widths.cell as usize;
        self.each_word(|t, [tile, row, group], word| {
            t.bench.set_all("prog_data_i", width, word);
            t.address(tile, row, group, true);
            t.strobe("prog_valid_i");
        });
    }

    fn read_back(&mut self) {
        let width = self.schedule.widths.cell as usize;
        self.each_word(|t, [tile, row, group], word| {
            t.address(tile, row, group, false);
            t.strobe("prog_valid_i");
            // The address counts in the cycle of the request only.
            let tile = t.random.below(t.schedule.tiles());
            t.address(tile, 0, 0, false);
            t.bench.eval();
            let shown: Vec<i64> =
                t.bench.get_all("prog_data_o", width, word.len()).into_iter().map(|v| v as i64).collect();
            assert_eq!(shown, word, "row {row} group {group}");
        });
        // After a read of another layer this one shows nothing.
        let own = self.bank.first_tile..self.bank.first_tile + self.bank.tiles();
        if let Some(other) = (0..self.schedule.tiles()).find(|t| !own.contains(t)) {
            self.address(other, 0, 0, false);
            self.strobe("prog_valid_i");
            let adcs = self.schedule.design.crossbar.adcs();
            assert_eq!(self.bench.get_all("prog_data_o", width, adcs), vec![0; adcs]);
        }
    }

    /// Loads a vector of one side in pieces at odd places.
    fn load(&mut self, side: usize, x: &[i8]) {
        let lanes = self.schedule.lanes;
        self.bench.set("dac_side_i", side);
        let mut at = 0;
        while at < x.len() {
            let count = self.random.between(1, lanes.min(x.len() - at));
            let (word, first) = (at / lanes, at % lanes);
            let place = |lane: usize| {
                let wrapped = lane < first;
                let index = (word + usize::from(wrapped)) * lanes + lane;
                (wrapped, (at..at + count).contains(&index).then(|| x[index]))
            };
            let places: Vec<_> = (0..lanes).map(place).collect();
            let b = &mut self.bench;
            b.set("dac_word_i", word);
            b.set_all("dac_next_i", 1, places.iter().map(|p| i64::from(p.0)));
            b.set_all("dac_mask_i", 1, places.iter().map(|p| i64::from(p.1.is_some())));
            let noise = self.random.signed(-128, 127);
            b.set_all("dac_data_i", 8, places.iter().map(|p| p.1.map_or(noise, i64::from)));
            self.strobe("dac_valid_i");
            at += count;
        }
    }

    fn draw(&mut self, len: usize, draw: impl Fn(&mut Random) -> i8) -> Vec<i8> {
        (0..len).map(|_| draw(&mut self.random)).collect()
    }

    fn wait(&mut self, done: &str) {
        let mut cycles = 0;
        while !self.bench.flag(done) {
            self.bench.tick();
            cycles += 1;
            assert!(cycles < 5000, "{done} never comes");
        }
    }

    fn weight(&self, i: usize, j: usize) -> i32 {
        self.cells[i][j].0 - self.cells[i][j].1
    }

    /// Codes of a forward conversion, `[column of the group][row tile]`.
    fn forward_codes(&self, x: &[i8], group: usize, gain: u32) -> Vec<Vec<i64>> {
        let rows = self.schedule.design.crossbar.rows;
        let bits = self.schedule.design.converter.adc_bits;
        let columns =
            group * self.bank.group_columns..self.bank.matrix_columns.min((group + 1) * self.bank.group_columns);
        let code = |j: usize, tile: usize| {
            let lines = tile * rows..x.len().min((tile + 1) * rows);
            i64::from(adc(lines.map(|i| i32::from(x[i]) * self.weight(i, j)).sum(), gain, bits))
        };
        columns.map(|j| (0..self.bank.row_tiles).map(|tile| code(j, tile)).collect()).collect()
    }

    /// Codes of a column conversion, `[row of the group][column tile]`.
    fn column_codes(&self, d: &[i8], group: usize, gain: u32) -> Vec<Vec<i64>> {
        let c = &self.schedule.design.crossbar;
        let bits = self.schedule.design.converter.adc_bits;
        // A column's tile, from the definition: neighbours sit in neighbouring ADCs, then in neighbouring tiles.
        let tile_of = |j: usize| j / c.adcs() % self.bank.column_tiles;
        let rows = group * c.row_adcs()..self.bank.matrix_rows.min((group + 1) * c.row_adcs());
        let code = |i: usize, tile: usize| {
            let columns = (0..d.len()).filter(|&j| tile_of(j) == tile);
            i64::from(adc(columns.map(|j| i32::from(d[j]) * self.weight(i, j)).sum(), gain, bits))
        };
        rows.map(|i| (0..self.bank.column_tiles).map(|tile| code(i, tile)).collect()).collect()
    }

    /// Converts a group and captures it; the range flags are looked at in the cycle of the capture.
    fn convert(&mut self, group: usize, gain: u32, codes: &[Vec<i64>]) {
        self.bench.set("adc_group_i", group);
        self.bench.set("adc_gain_i", u64::from(gain));
        self.strobe("adc_start_i");
        self.wait("done_o");
        let half = 1i64 << (self.schedule.design.converter.adc_bits - 1);
        let mut all = codes.iter().flatten();
        let saturated = all.clone().any(|&c| c == half - 1 || c == -half);
        let upper = all.any(|&c| c >= half / 2 || c < -half / 2);
        self.bench.set("capture_i", 1u64);
        self.bench.eval();
        assert_eq!(self.bench.flag("codes_saturated_o"), saturated, "{codes:?}");
        assert_eq!(self.bench.flag("codes_upper_o"), upper, "{codes:?}");
        self.bench.tick();
        self.bench.set("capture_i", 0u64);
        self.compare(&codes.iter().map(|c| c.iter().sum()).collect::<Vec<i64>>());
    }

    /// Every window of one word's width over the captured results equals `sums`.
    fn compare(&mut self, sums: &[i64]) {
        let lanes = self.schedule.lanes;
        let bits = self.bank.widest_sum() as usize;
        for first in 0..sums.len() {
            let (word, offset) = (first / lanes, first % lanes);
            self.bench.set("result_word_i", word);
            self.bench.set_all("result_next_i", 1, (0..lanes).map(|lane| i64::from(lane < offset)));
            self.bench.eval();
            let got = self.bench.get_signed("sums_o", bits, lanes);
            for at in first..sums.len().min(first + lanes) {
                assert_eq!(got[at % lanes], sums[at], "result {at} of the group, window at {first}");
            }
        }
    }

    /// Reads both directions of lines that hold `x` and `d`.
    fn read(&mut self, x: &[i8], d: &[i8], first_columns: bool) {
        for columns in [first_columns, !first_columns] {
            self.bench.set("read_columns_i", u64::from(columns));
            self.strobe("sample_i");
            let groups = if columns { self.bank.row_groups } else { self.bank.groups };
            for group in 0..groups {
                let gain = self.random.below(9) as u32;
                let codes =
                    if columns { self.column_codes(d, group, gain) } else { self.forward_codes(x, group, gain) };
                self.convert(group, gain, &codes);
            }
        }
    }

    fn pulse(&mut self, x: &[i8], d: &[i8], [rows, columns, up]: [bool; 3]) {
        self.bench.set("pulse_rows_negative_i", u64::from(rows));
        self.bench.set("pulse_columns_negative_i", u64::from(columns));
        self.bench.set("pulse_up_i", u64::from(up));
        self.strobe("pulse_start_i");
        assert!(!self.bench.flag("pulse_done_o"), "done falls with the start");
        self.wait("pulse_done_o");
        let fires = |code: i8, negative: bool| code != 0 && (code < 0) == negative;
        let design = &self.schedule.design;
        let last = design.device.levels as i32 - 1;
        let (plus_step, minus_step) = match (design.crossbar.pair, up) {
            (PairScheme::Differential, true) => (1, -1),
            (PairScheme::Differential, false) => (-1, 1),
            (PairScheme::Reference, true) => (1, 0),
            (PairScheme::Reference, false) => (-1, 0),
        };
        for (cells, &x) in self.cells.iter_mut().zip(x) {
            for ((plus, minus), &d) in cells.iter_mut().zip(d) {
                if fires(x, rows) && fires(d, columns) {
                    *plus = (*plus + plus_step).clamp(0, last);
                    *minus = (*minus + minus_step).clamp(0, last);
                }
            }
        }
    }
}

fn layer(schedule: &Schedule, layer: usize, view: CrossbarView, rounds: usize) {
    let mut t = Tiles::new(schedule, layer, view);
    let (rows, columns) = (t.bank.matrix_rows, t.bank.matrix_columns);
    t.bench.set("select_i", 0u64);
    t.program();
    t.read_back();
    t.bench.set("select_i", 1u64);
    for round in 0..rounds {
        let ternary = |r: &mut Random| r.signed(-1, 1) as i8;
        let (x, d) = if round % 2 == 0 {
            (t.draw(rows, Random::activation), t.draw(columns, Random::activation))
        } else {
            (t.draw(rows, ternary), t.draw(columns, ternary))
        };
        t.load(1, &d);
        t.load(0, &x);
        // While another layer runs, this one hears nothing of it.
        t.bench.set("select_i", 0u64);
        let (noise_x, noise_d) = (t.draw(rows, Random::activation), t.draw(columns, Random::activation));
        t.load(0, &noise_x);
        t.load(1, &noise_d);
        for strobe in ["apply_i", "sample_i", "adc_start_i", "capture_i", "pulse_start_i"] {
            t.strobe(strobe);
        }
        t.bench.set("select_i", 1u64);
        t.strobe("apply_i");
        t.read(&x, &d, round % 3 == 0);
        for phase in [[false, false, false], [false, true, true], [true, false, true], [true, true, false]] {
            t.pulse(&x, &d, phase);
        }
        t.pulse(&x, &d, [false, false, true]);
        t.read(&x, &d, round % 3 == 1);
        t.read_back();
    }
}

macro_rules! banks {
    ($($name:ident: $text:expr, $view:ident, [$($layer:expr),*];)*) => {$(
        #[test]
        fn $name() {
            let schedule = schedule($text);
            for index in [$($layer),*] {
                layer(&schedule, index, CrossbarView::$view, 4);
            }
        }
    )*};
}
banks! {
    fewer_adcs_than_lanes: TRAIN_NARROW, Behavioural, [0, 1, 2];
    more_adcs_than_lanes: TRAIN_WIDE, Jitter, [0, 1];
    one_adc_for_all_columns: TRAIN_ONE, Behavioural, [0, 1, 2];
    one_adc_for_all_word_lines: TRAIN_SHORT, Behavioural, [0, 1];
    several_tiles_with_random_latency: TRAIN_NARROW, Jitter, [0];
    several_tiles_in_emulation: TRAIN_NARROW, Emulation, [1];
    single_devices_in_emulation: TRAIN_WIDE, Emulation, [0];
}

/// What the designs are drawn for.
#[test]
fn shapes_differ() {
    let all: Vec<Schedule> = DESIGNS.into_iter().map(schedule).collect();
    let has = |what: &str, test: &dyn Fn(&Schedule, &Bank) -> bool| {
        assert!(all.iter().any(|s| s.banks.iter().any(|b| test(s, b))), "{what}");
    };
    for tiles in [1, 2, 3, 5] {
        has("column tiles", &|_, b| b.column_tiles == tiles);
    }
    for tiles in 1..=3 {
        has("row tiles", &|_, b| b.row_tiles == tiles);
    }
    has("fewer ADCs than lanes", &|s, _| s.design.crossbar.adcs() < s.lanes);
    has("more ADCs than lanes", &|s, _| s.design.crossbar.adcs() > s.lanes);
    has("more results of a column read than of a forward one", &|_, b| b.group_rows > b.group_columns);
    has("wider sums of a column read", &|_, b| b.row_sum_bits > b.sum_bits);
    has("wider sums of a forward read", &|_, b| b.row_sum_bits < b.sum_bits);
    has("more groups of the row side", &|s, _| s.design.crossbar.rows_per_adc > s.design.crossbar.columns_per_adc);
    has("fewer groups of the row side", &|s, _| s.design.crossbar.rows_per_adc < s.design.crossbar.columns_per_adc);
}

#[test]
fn tools_accept_the_text() {
    for text in DESIGNS {
        let schedule = schedule(text);
        for index in 0..schedule.banks.len() {
            let dir = tempfile::tempdir().unwrap();
            let module = bank(&schedule, index, &crossbar(&schedule, CrossbarView::BlackBox));
            let top = module.name();
            let files = print(&module, dir.path());
            for file in files.iter().filter(|f| f.file_stem().is_some_and(|s| s != CROSSBAR)) {
                for (number, line) in std::fs::read_to_string(file).unwrap().lines().enumerate() {
                    assert!(line.len() <= 100 && !line.ends_with(' '), "line {}: {line}", number + 1);
                }
            }
            let behavioural = tempfile::tempdir().unwrap();
            let module = bank(&schedule, index, &crossbar(&schedule, CrossbarView::Behavioural));
            let complete = print(&module, behavioural.path());
            for tool in Verilator::all() {
                lint::verilator(&tool, top, &complete).unwrap_or_else(|e| panic!("{} {top}: {e}", tool.version));
            }
            match Tool::iverilog() {
                Ok(_) => lint::iverilog(top, &complete).unwrap_or_else(|e| panic!("{top}: {e}")),
                Err(missing) => eprintln!("SKIPPED: {missing}"),
            }
            match Tool::yosys() {
                Ok(_) => lint::yosys(top, &files).unwrap_or_else(|e| panic!("{top}: {e}")),
                Err(missing) => eprintln!("SKIPPED: {missing}"),
            }
        }
    }
}
