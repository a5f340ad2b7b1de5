//! Adapt against the numeric contract: registers, biases with several places, sums, cycles.

use crate::common::{Bench, EIGHT, Random, STEPS, WIDE, preset, schedule, training};
use memgan::config::UpdateRule;
use memgan::numeric::{BIAS_BITS, RangeCount, Rate, change_backward_gain, change_forward_gain, step_bias};
use memgan::rtl::blocks::adapt;
use memgan::schedule::{Op, Pass, Schedule, adapt_cycles};

/// Registers and counters of the layer.
#[derive(Clone, Copy, Debug)]
struct Layer {
    gain: u32,
    shift: u32,
    back_gain: u32,
    back_shift: u32,
    rate: u8,
    fineness: u32,
    target: u32,
    forward: RangeCount,
    backward: RangeCount,
    errors: RangeCount,
    pulses: u32,
}

struct Adapter {
    bench: Bench,
    random: Random,
    schedule: Schedule,
    rule: UpdateRule,
    biases: Vec<Vec<i64>>,
    sums: Vec<Vec<i64>>,
    /// Words that were read last.
    bias_data: Vec<i64>,
    sum_data: Vec<i64>,
}

impl Adapter {
    fn new(schedule: &Schedule) -> Self {
        let (lanes, words) = (schedule.lanes, schedule.bias_words);
        let mut random = Random::new(lanes as u64);
        let mut memory =
            |bits| -> Vec<Vec<i64>> { (0..words).map(|_| (0..lanes).map(|_| random.value(bits)).collect()).collect() };
        let (biases, sums) = (memory(BIAS_BITS), memory(schedule.widths.bias_sum));
        Self {
            bench: Bench::new(&adapt(schedule)),
            random,
            rule: schedule.design.training.as_ref().expect("the design trains").rule,
            biases,
            sums,
            bias_data: vec![0; lanes],
            sum_data: vec![0; lanes],
            schedule: schedule.clone(),
        }
    }

    /// A number near `v`, where comparisons are decided.
    fn near(&mut self, v: u64) -> u32 {
        let offset = self.random.signed(-2, 2);
        (v as i64 + offset).clamp(0, i64::from(u32::MAX)) as u32
    }

    fn number(&mut self) -> u32 {
        let bits = self.random.between(0, 32);
        (self.random.next() & 0xffff_ffff) as u32 >> (32 - bits as u32).min(31)
    }

    /// Counters around the thresholds of 1 in `2^saturated` and `2^upper`.
    fn range(&mut self, saturated: u32, upper: u32) -> RangeCount {
        let total = if self.random.percent(5) { 0 } else { self.number() };
        let mut count = |shift: u32| {
            let near = self.near(u64::from(total) >> shift);
            if self.random.percent(70) { near.min(total) } else { self.number().min(total) }
        };
        RangeCount { saturated: count(saturated), upper: count(upper), total }
    }

    fn layer(&mut self) -> Layer {
        let r = &mut self.random;
        let mut nibble = || r.pick(&[0, 0, 1, 2, 5, 7, 9, 13, 14, 15, 15]);
        let (gain, shift, back_gain, back_shift, fineness) = (nibble(), nibble(), nibble(), nibble(), nibble());
        let rate = self.random.pick(&[0, 1, 3, 4, 60, 122, 124, 126, 127, 128, 179, 181, 183, 184, 254, 255]);
        let target = self.number();
        let t = u64::from(target);
        let around = self.random.pick(&[2 * t, t / 2, t + t / 8, t - t / 8, t, 5 * t, 0]);
        Layer {
            gain,
            shift,
            back_gain,
            back_shift,
            rate,
            fineness,
            target,
            forward: self.range(4, 6),
            backward: self.range(4, 6),
            errors: self.range(6, 10),
            pulses: self.near(around),
        }
    }

    fn set_registers(&mut self, l: &Layer) {
        let b = &mut self.bench;
        for (port, value) in [
            ("gain_i", l.gain),
            ("shift_i", l.shift),
            ("back_gain_i", l.back_gain),
            ("back_shift_i", l.back_shift),
            ("rate_i", u32::from(l.rate)),
            ("fineness_i", l.fineness),
            ("target_i", l.target),
            ("pulses_i", l.pulses),
        ] {
            b.set(port, value);
        }
        for (port, c) in [("forward_i", l.forward), ("backward_i", l.backward), ("errors_i", l.errors)] {
            b.set_all(port, 32, [c.saturated, c.upper, c.total].map(i64::from));
        }
    }

    /// One cycle of block and memories. Returns the new registers, if they are written: gain, shift, back gain, back
    /// shift, rate.
    fn step(&mut self) -> Option<[u64; 5]> {
        let (lanes, sb) = (self.schedule.lanes, self.schedule.widths.bias_sum as usize);
        let b = &mut self.bench;
        b.set_all("bias_read_data_i", BIAS_BITS as usize, self.bias_data.iter().copied());
        b.set_all("sum_read_data_i", sb, self.sum_data.iter().copied());
        b.eval();
        for (name, bits, memory, data) in [
            ("bias", BIAS_BITS as usize, &mut self.biases, &mut self.bias_data),
            ("sum", sb, &mut self.sums, &mut self.sum_data),
        ] {
            let read = b.flag(&format!("{name}_read_valid_o"));
            let from = b.get(&format!("{name}_read_address_o")) as usize;
            if read {
                data.clone_from(&memory[from]);
            }
            if b.flag(&format!("{name}_write_valid_o")) {
                let to = b.get(&format!("{name}_write_address_o")) as usize;
                assert!(!read || from != to, "{name} word {to} is read while it is written");
                memory[to] = b.get_signed(&format!("{name}_write_data_o"), bits, lanes);
            }
        }
        let ports = ["adapt_gain_o", "adapt_shift_o", "adapt_back_gain_o", "adapt_back_shift_o", "adapt_rate_o"];
        let written = b.flag("adapt_valid_o").then(|| ports.map(|p| b.get(p)));
        b.tick();
        written
    }

    /// Sums of a pattern: those of one bias together stay within a sum; often zero, often cancelling.
    fn fill_sums(&mut self, op: &Op) {
        let lanes = self.schedule.lanes;
        let places = op.bias_period * lanes;
        let biases = op.drain_len.max(1);
        let limit = ((1i64 << (self.schedule.widths.bias_sum - 1)) - 1) / (places.div_ceil(biases) as i64);
        for place in 0..places {
            let before = (place >= biases).then(|| {
                let p = place - biases;
                self.sums[op.bias_base + p / lanes][p % lanes]
            });
            self.sums[op.bias_base + place / lanes][place % lanes] = match self.random.below(6) {
                0 => 0,
                1 => limit,
                2 => -limit,
                3 => before.map_or(1, |b| -b),
                4 => self.random.signed(-1, 1),
                _ => self.random.signed(-limit, limit),
            };
        }
    }

    fn adapt(&mut self, op: &Op) {
        let lanes = self.schedule.lanes;
        let (trained, base, places) = (op.drain_len > 0, op.bias_base, op.bias_period * lanes);
        let mut layer = self.layer();
        if trained {
            self.fill_sums(op);
        }
        let word: Vec<i64> = (0..places).map(|_| self.random.value(BIAS_BITS)).collect();
        for (place, &bias) in word.iter().enumerate() {
            self.biases[base + place / lanes][place % lanes] = bias;
        }

        let change = layer.forward.gain_change();
        let (gain, shift, made) = change_forward_gain(layer.gain, layer.shift, change);
        let (back_gain, back_shift) = change_backward_gain(
            layer.back_gain,
            layer.back_shift,
            layer.backward.gain_change(),
            layer.errors.shift_change(),
        );
        let old = Rate::from_code(layer.rate);
        let rate = match self.rule {
            _ if !trained => old,
            UpdateRule::Stochastic => old.adapt_fire(layer.pulses, layer.target),
            UpdateRule::Accumulate => old.adapt_step(layer.pulses, layer.target),
        };
        // Half of them zero from the top, as many bits as a chance can ask for.
        let zeros = if self.random.percent(50) { self.random.between(0, 16) } else { 0 };
        let random = (self.random.next() & 0xffff_ffff) as u32 >> zeros;
        let (mut biases, mut sums) = (self.biases.clone(), self.sums.clone());
        for place in 0..places {
            let total: i64 = match trained {
                true => (place % op.drain_len..places)
                    .step_by(op.drain_len)
                    .map(|p| self.sums[base + p / lanes][p % lanes])
                    .sum(),
                false => 0,
            };
            let bias = &mut biases[base + place / lanes][place % lanes];
            *bias = step_bias(*bias as i32, made, total.signum() as i32, shift, layer.fineness, random).into();
            if trained {
                sums[base + place / lanes][place % lanes] = 0;
            }
        }

        let b = &mut self.bench;
        b.set("trained_i", u64::from(trained));
        b.set("biases_last_i", op.drain_len.saturating_sub(1));
        b.set("pattern_words_last_i", op.bias_period - 1);
        b.set("bias_word_i", base);
        self.bench.set("random_i", random >> 17);
        self.set_registers(&layer);
        self.bench.set("start_i", 1u64);
        self.bench.eval();
        assert!(self.bench.flag("done_o"), "done until the start");
        self.step();
        self.bench.set("start_i", 0u64);
        // Fetch and start.
        let mut cycles = 2;
        let mut registers = None;
        loop {
            self.bench.eval();
            cycles += 1;
            if self.bench.flag("done_o") {
                break;
            }
            if let Some(new) = self.step() {
                assert!(registers.replace(new).is_none(), "registers are written once");
                [layer.gain, layer.shift, layer.back_gain, layer.back_shift] = [0, 1, 2, 3].map(|i| new[i] as u32);
                layer.rate = new[4] as u8;
                (layer.forward, layer.backward, layer.errors, layer.pulses) = Default::default();
                self.set_registers(&layer);
            }
            assert!(cycles < 1_000_000, "adapt never ends");
        }
        let wanted = [gain, shift, back_gain, back_shift, rate.code().into()].map(u64::from);
        assert_eq!(registers, Some(wanted), "gain, shift, back gain, back shift, rate");
        assert!(self.biases == biases, "biases of {op:?}");
        assert!(self.sums == sums, "sums of {op:?}");
        assert_eq!(cycles, adapt_cycles(&self.schedule, op), "cycles of {op:?}");
    }
}

fn drive(schedule: &Schedule, rounds: usize) {
    let mut a = Adapter::new(schedule);
    let ops: Vec<Op> = schedule.ops.iter().filter(|o| o.pass == Pass::Adapt).cloned().collect();
    assert!(ops.iter().any(|o| o.drain_len > 0));
    for op in &ops {
        a.adapt(op);
    }
    // Patterns of any size, anywhere, of any number of biases that fits.
    for _ in 0..rounds {
        let bias_period = a.random.between(1, schedule.bias_words.min(9));
        let bias_base = a.random.below(schedule.bias_words - bias_period + 1);
        let places = bias_period * schedule.lanes;
        let biases = a.random.between(1, places);
        let drain_len = a.random.pick(&[0, 1, places, places - 1, biases, biases, biases]);
        a.adapt(&Op { bias_period, bias_base, drain_len, ..ops[0].clone() });
    }
}

#[test]
fn four_lanes() {
    drive(&training(&preset("tiny"), UpdateRule::Stochastic, 4), 120);
    drive(&training(&schedule(STEPS), UpdateRule::Accumulate, 1), 120);
}

#[test]
fn eight_lanes() {
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 5), 120);
}

#[test]
fn thirty_two_lanes() {
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 256), 60);
}

/// A dense layer of thousands of biases takes at most three cycles each.
#[test]
fn many_biases() {
    let schedule = training(&preset("am-dcgan"), UpdateRule::Accumulate, 32);
    let trained = schedule.ops.iter().filter(|o| o.pass == Pass::Adapt && o.drain_len > 0);
    let largest = trained.max_by_key(|o| o.drain_len).expect("a trained layer");
    assert!(largest.drain_len > 6000 && adapt_cycles(&schedule, largest) < 3 * largest.drain_len as u64);
    Adapter::new(&schedule).adapt(largest);
}
