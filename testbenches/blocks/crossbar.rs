//! Every view of the crossbar macro against the integers: programming, line DACs, conversion, timing, contract checks.

use crate::common::{Bench, EIGHT, PAIR, Random, WIDE, pack, preset, schedule};
use memgan::config::PairScheme;
use memgan::device::CellCode;
use memgan::hdl::Printer;
use memgan::numeric::adc;
use memgan::rtl::{CrossbarView, crossbar, emulation_cycles};
use memgan::schedule::Schedule;

struct Macro {
    bench: Bench,
    schedule: Schedule,
    view: CrossbarView,
    random: Random,
    /// `[group][row][adc]`.
    weights: Vec<Vec<Vec<i32>>>,
    shadow: Vec<i8>,
    line: Vec<i8>,
}

impl Macro {
    fn new(schedule: &Schedule, view: CrossbarView) -> Self {
        let c = &schedule.design.crossbar;
        Self {
            bench: Bench::new(&crossbar(schedule, view)),
            view,
            random: Random::new(c.rows as u64),
            weights: vec![vec![vec![0; c.adcs()]; c.rows]; c.columns_per_adc],
            shadow: vec![0; c.rows],
            line: vec![0; c.rows],
            schedule: schedule.clone(),
        }
    }

    /// Programs the cells of a word line and group; `draw` gives weights.
    fn program(&mut self, row: usize, group: usize, draw: impl Fn(&mut Random, i32) -> i32) {
        let code = CellCode::new(&self.schedule.design);
        let lowest = match self.schedule.design.crossbar.pair {
            PairScheme::Differential => -code.weight_max(),
            // The reference column sits in the middle: one more step below than above when levels are even.
            PairScheme::Reference => -i32::from(code.reference_code()),
        };
        let weights: Vec<i32> = (0..self.schedule.design.crossbar.adcs())
            .map(|_| draw(&mut self.random, code.weight_max()).clamp(lowest, code.weight_max()))
            .collect();
        let cells = weights.iter().map(|&w| i64::from(code.encode(w)));
        self.bench.set_all("prog_data_i", self.schedule.widths.cell as usize, cells);
        self.bench.set("prog_valid_i", 1u64);
        self.bench.set("prog_row_i", row);
        self.bench.set("prog_group_i", group);
        self.bench.tick();
        self.bench.set("prog_valid_i", 0u64);
        self.weights[group][row] = weights;
    }

    /// Writes some lanes of a word and of the next one.
    fn load(&mut self, word: usize, whole: bool, draw: impl Fn(&mut Random) -> i8) {
        let lanes = self.schedule.lanes;
        let words = self.shadow.len() / lanes;
        let lines: Vec<(usize, bool, bool, i8)> = (0..lanes)
            .map(|lane| {
                let next = !whole && word + 1 < words && self.random.percent(40);
                let write = whole || self.random.percent(60);
                ((word + usize::from(next)) * lanes + lane, next, write, draw(&mut self.random))
            })
            .collect();
        for &(line, _, write, value) in &lines {
            if write {
                self.shadow[line] = value;
            }
        }
        let b = &mut self.bench;
        b.set("dac_valid_i", 1u64);
        b.set("dac_word_i", word);
        b.set_all("dac_mask_i", 1, lines.iter().map(|l| i64::from(l.2)));
        b.set_all("dac_next_i", 1, lines.iter().map(|l| i64::from(l.1)));
        b.set_all("dac_data_i", 8, lines.iter().map(|l| i64::from(l.3)));
        b.tick();
        b.set("dac_valid_i", 0u64);
    }

    fn strobe(&mut self, port: &str) {
        self.bench.set(port, 1u64);
        self.bench.tick();
        self.bench.set(port, 0u64);
    }

    fn apply_and_sample(&mut self) {
        self.strobe("apply_i");
        self.line = std::mem::replace(&mut self.shadow, vec![0; self.line.len()]);
        self.strobe("sample_i");
    }

    /// Exact bit-line sums.
    fn dots(&self, group: usize) -> Vec<i32> {
        let sum = |adc: usize| {
            let terms = self.line.iter().zip(&self.weights[group]);
            terms.map(|(&x, row)| i32::from(x) * row[adc]).sum()
        };
        (0..self.schedule.design.crossbar.adcs()).map(sum).collect()
    }

    /// Converts a group and compares the codes; returns the cycles from start to done. Loads the shadow registers
    /// meanwhile, which must not matter.
    fn convert(&mut self, group: usize, gain: u32) -> u64 {
        let bits = self.schedule.design.converter.adc_bits;
        self.bench.set("adc_group_i", group);
        self.bench.set("adc_gain_i", u64::from(gain));
        self.strobe("adc_start_i");
        // Group and gain count in the cycle of the start only.
        self.bench.set("adc_group_i", self.random.below(self.weights.len()));
        self.bench.set("adc_gain_i", self.random.below(16));
        let mut cycles = 1;
        while !self.bench.flag("adc_done_o") {
            let word = self.random.below(self.shadow.len() / self.schedule.lanes);
            self.load(word, false, Random::activation);
            cycles += 1;
            assert!(cycles < 2000, "the conversion never ends");
        }
        let codes = self.bench.get_signed("adc_code_o", bits as usize, self.schedule.design.crossbar.adcs());
        let dots = self.dots(group);
        let expected: Vec<i64> = dots.iter().map(|&d| i64::from(adc(d, gain, bits))).collect();
        assert_eq!(codes, expected, "group {group}, gain {gain}, sums {dots:?}");
        cycles
    }

    fn check_time(&self, cycles: u64) {
        let c = u64::from(self.schedule.design.converter.conversion_cycles);
        match self.view {
            CrossbarView::Behavioural => assert_eq!(cycles, c - 1, "time of a conversion"),
            CrossbarView::Jitter => assert!((c - 1..=c + 14).contains(&cycles), "time of a conversion: {cycles}"),
            // A word line a cycle, and three stages.
            _ => {
                assert_eq!(cycles, self.line.len() as u64 + 3, "time of a conversion");
                assert_eq!(cycles, u64::from(emulation_cycles(&self.schedule)), "the time that is documented");
            }
        }
    }

    fn all_cells(&mut self, draw: impl Fn(&mut Random, i32) -> i32) {
        for group in 0..self.weights.len() {
            for row in 0..self.line.len() {
                self.program(row, group, &draw);
            }
        }
    }

    fn all_lines(&mut self, draw: impl Fn(&mut Random) -> i8) {
        for word in 0..self.line.len() / self.schedule.lanes {
            self.load(word, true, &draw);
        }
    }
}

fn random_weight(random: &mut Random, max: i32) -> i32 {
    match random.below(6) {
        0 => max,
        1 => -max - 1,
        _ => random.signed(-i64::from(max) - 1, i64::from(max)) as i32,
    }
}

fn view(schedule: &Schedule, view: CrossbarView) {
    let mut m = Macro::new(schedule, view);
    let groups = m.weights.len();
    // Unprogrammed cells weigh zero.
    m.all_lines(|_| 127);
    m.apply_and_sample();
    for group in 0..groups {
        m.convert(group, 0);
    }
    // Half of the cells, then all of them, then some again.
    let rows = m.line.len();
    let mut times = std::collections::BTreeSet::new();
    for round in 0..3 {
        for group in 0..groups {
            for row in (0..rows).filter(|row| round == 1 || row % 2 == 0) {
                m.program(row, group, random_weight);
            }
        }
        for read in 0..12 {
            for _ in 0..m.random.below(5) {
                let word = m.random.below(rows / schedule.lanes);
                m.load(word, false, Random::activation);
            }
            if read % 3 == 0 {
                m.all_lines(Random::activation);
            }
            m.apply_and_sample();
            for group in 0..groups {
                let gain = m.random.below(16) as u32;
                times.insert(m.convert(group, gain));
            }
        }
    }
    times.iter().for_each(|&t| m.check_time(t));
    assert!(view != CrossbarView::Jitter || times.len() > 8, "{} different times", times.len());
    // The largest sums of both signs, in the full range and far beyond it.
    for (weight, input) in [(1, 127), (-1, 127), (1, -127), (-1, -127)] {
        m.all_cells(|_, max| if weight > 0 { max } else { -max - 1 });
        m.all_lines(|_| input);
        m.apply_and_sample();
        for gain in 0..16 {
            let group = m.random.below(groups);
            m.convert(group, gain);
        }
    }
}

macro_rules! views {
    ($($name:ident: $schedule:expr;)*) => {$(
        #[test]
        fn $name() {
            let schedule = $schedule;
            for v in [CrossbarView::Behavioural, CrossbarView::Jitter, CrossbarView::Emulation] {
                view(&schedule, v);
            }
        }
    )*};
}
views! {
    four_bits_one_device_a_weight: schedule(PAIR);
    eight_bits_pairs: preset("tiny");
    twelve_bits_one_adc: schedule(EIGHT);
    ten_bits_an_adc_a_column: schedule(WIDE);
}

#[test]
fn all_views_have_the_same_ports() {
    for schedule in [schedule(PAIR), schedule(EIGHT), schedule(WIDE), preset("am-dcgan")] {
        let ports = |view| -> Vec<(String, usize, bool)> {
            let module = crossbar(&schedule, view);
            assert_eq!(module.name(), "memgan_crossbar");
            module.ports().iter().map(|p| (p.name().to_owned(), p.width(), p.name().ends_with("_o"))).collect()
        };
        let first = ports(CrossbarView::BlackBox);
        assert!(first.len() > 15);
        for view in [CrossbarView::Behavioural, CrossbarView::Jitter, CrossbarView::Emulation] {
            assert_eq!(ports(view), first, "{view:?}");
        }
    }
}

/// The macro's own checks stop a simulation that breaks the contract.
#[test]
fn a_broken_contract_stops_the_simulation() {
    for view in [CrossbarView::Behavioural, CrossbarView::Emulation] {
        for (strobes, message) in [
            (&["apply_i", "adc_start_i"][..], "before the bit lines are sampled"),
            (&["apply_i", "sample_i", "adc_start_i", "adc_start_i"], "starts during a conversion"),
            (&["apply_i", "sample_i", "adc_start_i", "apply_i"], "lines change"),
            (&["apply_i", "sample_i", "adc_start_i", "sample_i"], "sampled during a conversion"),
            (&["apply_i", "sample_i", "adc_start_i", "prog_valid_i"], "programmed during a conversion"),
        ] {
            let mut m = Macro::new(&preset("tiny"), view);
            let (last, before) = strobes.split_last().unwrap();
            before.iter().for_each(|s| m.strobe(s));
            m.bench.set(last, 1u64);
            let error = m.bench.try_tick().expect_err("the check fails").to_string();
            // The error names the line of the `$stop`; the message is above it.
            let text = Printer::new("0.0.0", "0000000000000000").text(&crossbar(&m.schedule, view));
            let stop: usize = error.split(".v:").nth(1).and_then(|at| at.split(':').next()?.parse().ok()).unwrap();
            let shown = text.lines().nth(stop - 2).unwrap();
            assert!(shown.contains(message), "{view:?}: {error}: {shown}");
        }
    }
}

/// The packing of ports itself: values keep their order and their bits.
#[test]
fn lanes_are_packed_from_the_low_bits_up() {
    assert_eq!(pack([1, -1, 2], 12), [0x02ff_f001, 0]);
    assert_eq!(crate::common::unpack(&[0x02ff_f001, 0], 12, 3), [1, 0xfff, 2]);
}
