//! Banks of tiles against the golden kernel: every layer's shape, all groups, captures that hold, other layers' traffic.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, preset, schedule};
use memgan::device::{CellCode, LayerMap, ProgramWord};
use memgan::golden::BankKernel;
use memgan::rtl::blocks::bank;
use memgan::rtl::{CrossbarView, crossbar};
use memgan::schedule::{Bank, Schedule};
use ndarray::Array2;

struct Tiles {
    bench: Bench,
    schedule: Schedule,
    bank: Bank,
    random: Random,
}

impl Tiles {
    fn new(schedule: &Schedule, layer: usize, view: CrossbarView) -> Self {
        let bench = Bench::new(&bank(schedule, layer, &crossbar(schedule, view)));
        let bank = schedule.banks[layer].clone();
        Self { bench, schedule: schedule.clone(), bank, random: Random::new(layer as u64) }
    }

    fn program(&mut self, words: &[ProgramWord]) {
        for word in words {
            let cells = word.cells.iter().map(|&c| i64::from(c));
            self.bench.set_all("prog_data_i", self.schedule.widths.cell as usize, cells);
            self.bench.set("prog_tile_i", word.tile);
            self.bench.set("prog_row_i", word.row);
            self.bench.set("prog_group_i", word.group);
            self.bench.set("prog_valid_i", 1u64);
            self.bench.tick();
        }
        self.bench.set("prog_valid_i", 0u64);
    }

    /// Loads a vector in pieces at odd places, as gather does.
    fn load(&mut self, x: &[i8]) {
        let lanes = self.schedule.lanes;
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
            b.set("dac_valid_i", 1u64);
            b.set("dac_word_i", word);
            b.set_all("dac_next_i", 1, places.iter().map(|p| i64::from(p.0)));
            b.set_all("dac_mask_i", 1, places.iter().map(|p| i64::from(p.1.is_some())));
            let noise = self.random.signed(-128, 127);
            b.set_all("dac_data_i", 8, places.iter().map(|p| p.1.map_or(noise, i64::from)));
            b.tick();
            at += count;
        }
        self.bench.set("dac_valid_i", 0u64);
    }

    fn strobe(&mut self, port: &str) {
        self.bench.set(port, 1u64);
        self.bench.tick();
        self.bench.set(port, 0u64);
    }

    fn convert(&mut self, group: usize, gain: u32) {
        self.bench.set("adc_group_i", group);
        self.bench.set("adc_gain_i", u64::from(gain));
        self.strobe("adc_start_i");
        let mut cycles = 0;
        while !self.bench.flag("done_o") {
            self.bench.tick();
            cycles += 1;
            assert!(cycles < 2000, "the tiles are never done");
        }
    }

    /// Every window of one word's width over the captured columns equals `sums`.
    fn compare(&mut self, sums: &[i64]) {
        let lanes = self.schedule.lanes;
        let bits = self.bank.sum_bits as usize;
        for first in 0..sums.len() {
            let (word, offset) = (first / lanes, first % lanes);
            self.bench.set("result_word_i", word);
            self.bench.set_all("result_next_i", 1, (0..lanes).map(|lane| i64::from(lane < offset)));
            self.bench.eval();
            let got = self.bench.get_signed("sums_o", bits, lanes);
            for column in first..sums.len().min(first + lanes) {
                assert_eq!(got[column % lanes], sums[column], "column {column} of the group, window at {first}");
            }
        }
    }
}

fn random_levels(schedule: &Schedule, bank: &Bank, random: &mut Random) -> Array2<i16> {
    let max = i64::from(CellCode::new(&schedule.design).weight_max());
    Array2::from_shape_fn((bank.matrix_rows, bank.matrix_columns), |_| random.signed(-max, max) as i16)
}

fn layer(schedule: &Schedule, layer: usize, view: CrossbarView, reads: usize) {
    let mut t = Tiles::new(schedule, layer, view);
    let bank = t.bank.clone();
    let bits = schedule.design.converter.adc_bits;
    let levels = random_levels(schedule, &bank, &mut t.random);
    let kernel = BankKernel::new(&bank, schedule.design.crossbar.rows, &levels);
    // Words for the tiles of all other layers change nothing here.
    for (other, b) in schedule.banks.iter().enumerate().filter(|(i, _)| *i != layer) {
        let mut words =
            ProgramWord::of_layer(schedule, other, &LayerMap::of_levels(b, random_levels(schedule, b, &mut t.random)));
        words.truncate(50);
        t.program(&words);
    }
    let words = ProgramWord::of_layer(schedule, layer, &LayerMap::of_levels(&schedule.banks[layer], levels.clone()));
    t.bench.set("select_i", 0u64);
    t.program(&words);
    t.bench.set("select_i", 1u64);
    let mut sums = vec![0; bank.matrix_columns];
    let mut before: Option<Vec<i64>> = None;
    for read in 0..reads {
        let x: Vec<i8> = (0..bank.matrix_rows).map(|_| t.random.activation()).collect();
        let gain = if read == 0 { 0 } else { t.random.below(10) as u32 };
        kernel.sums(&x, gain, bits, &mut sums);
        t.load(&x);
        // While another layer runs, this one hears nothing of it.
        t.bench.set("select_i", 0u64);
        let noise: Vec<i8> = (0..bank.matrix_rows).map(|_| t.random.activation()).collect();
        t.load(&noise);
        for strobe in ["apply_i", "sample_i", "adc_start_i", "capture_i"] {
            t.strobe(strobe);
        }
        t.bench.set("select_i", 1u64);
        t.strobe("apply_i");
        t.strobe("sample_i");
        for group in 0..bank.groups {
            t.convert(group, gain);
            // The group before stays until this one is captured.
            if let Some(before) = &before {
                t.compare(before);
            }
            t.strobe("capture_i");
            let columns = group * bank.group_columns..bank.matrix_columns.min((group + 1) * bank.group_columns);
            let captured: Vec<i64> = sums[columns].iter().map(|&s| i64::from(s)).collect();
            t.compare(&captured);
            before = Some(captured);
        }
    }
}

macro_rules! banks {
    ($($name:ident: $schedule:expr, $view:ident, [$($layer:expr),*];)*) => {$(
        #[test]
        fn $name() {
            let schedule = $schedule;
            for index in [$($layer),*] {
                layer(&schedule, index, CrossbarView::$view, 6);
            }
        }
    )*};
}
banks! {
    small_tiles_in_rows_and_columns: schedule(PAIR), Behavioural, [0, 2, 3];
    one_adc_a_tile: schedule(EIGHT), Behavioural, [1, 3];
    an_adc_a_column: schedule(WIDE), Behavioural, [0, 1];
    tiny_with_random_latency: preset("tiny"), Jitter, [0, 3];
    tiny_in_emulation: preset("tiny"), Emulation, [1, 2];
}
