//! Registers and counters of the layers against plain integers.

use crate::common::{Bench, EIGHT, Random, STEPS, WIDE, preset, schedule, training};
use memgan::config::UpdateRule;
use memgan::rtl::blocks::{COUNTER_SPACE, COUNTERS, TRAINING_REGISTER_BITS, pulse_bits, training_registers};
use memgan::schedule::Schedule;

/// What the block keeps for a layer.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Layer {
    gain: u64,
    shift: u64,
    back_gain: u64,
    back_shift: u64,
    rate: u64,
    fineness: u64,
    target: u64,
    counters: [u32; COUNTERS.len()],
}

impl Layer {
    fn space(&self, space: usize) -> u64 {
        match space {
            0 => self.gain | self.shift << 4,
            1 => self.back_gain | self.back_shift << 4 | self.rate << 8 | self.fineness << 16 | self.target << 20,
            _ => self.counters.get(space - COUNTER_SPACE).map_or(0, |&c| u64::from(c)),
        }
    }

    fn write(&mut self, space: usize, data: u64) {
        let field = |at: u32, width: u32| data >> at & ((1 << width) - 1);
        if space == 0 {
            (self.gain, self.shift) = (field(0, 4), field(4, 4));
        } else {
            (self.back_gain, self.back_shift, self.rate) = (field(0, 4), field(4, 4), field(8, 8));
            (self.fineness, self.target) = (field(16, 4), field(20, 32));
        }
    }
}

struct Registers {
    bench: Bench,
    random: Random,
    model: Vec<Layer>,
    /// Most that a port of counts and that of pulses can say.
    lanes: usize,
    pulses: u64,
}

impl Registers {
    fn new(schedule: &Schedule) -> Self {
        Self {
            bench: Bench::new(&training_registers(schedule)),
            random: Random::new(schedule.lanes as u64),
            model: vec![Layer::default(); schedule.banks.len()],
            lanes: schedule.lanes,
            pulses: (1 << pulse_bits(schedule)) - 1,
        }
    }

    /// Everything that the block shows of a layer that runs.
    fn check(&mut self, layer: usize) {
        let want = self.model[layer];
        let b = &mut self.bench;
        for (port, value) in [
            ("gain_o", want.gain),
            ("shift_o", want.shift),
            ("back_gain_o", want.back_gain),
            ("back_shift_o", want.back_shift),
            ("rate_o", want.rate),
            ("fineness_o", want.fineness),
            ("target_o", want.target),
            ("pulses_o", u64::from(want.counters[9])),
        ] {
            assert_eq!(b.get(port), value, "{port} of layer {layer}");
        }
        for (i, port) in ["forward_o", "backward_o", "errors_o"].into_iter().enumerate() {
            let wanted: Vec<u64> = want.counters[3 * i..3 * i + 3].iter().map(|&c| u64::from(c)).collect();
            assert_eq!(b.get_all(port, 32, 3), wanted, "{port} of layer {layer}");
        }
    }

    /// A write while nothing runs, also of layers that are none; everything but write_valid_i is noise.
    fn configure(&mut self) {
        let layers = self.model.len();
        let (valid, space) = (self.random.percent(80), self.random.below(2));
        let layer = if self.random.percent(90) { self.random.below(layers) } else { layers };
        let data = self.random.next() & ((1 << TRAINING_REGISTER_BITS) - 1);
        self.bench.set("write_valid_i", u64::from(valid));
        self.bench.set("write_space_i", space);
        if self.fits("write_layer_i", layer) {
            self.bench.set("write_layer_i", layer);
            self.bench.set("write_data_i", data);
            self.bench.tick();
            if valid && layer < layers {
                self.model[layer].write(space, data);
            }
        }
        self.bench.set("write_valid_i", 0u64);
    }

    fn fits(&self, port: &str, value: usize) -> bool {
        let width = self.bench.model.ports().iter().find(|p| p.name == port).expect(port).width;
        value < 1 << width
    }

    fn read_back(&mut self) {
        let layers = self.model.len();
        let (space, layer) = (self.random.below(16), self.random.below(layers + 1));
        if self.fits("read_layer_i", layer) {
            self.bench.set("read_valid_i", 1u64);
            self.bench.set("read_space_i", space);
            self.bench.set("read_layer_i", layer);
            self.bench.eval();
            let want = self.model.get(layer).map_or(0, |l| l.space(space));
            assert_eq!(self.bench.get("read_data_o"), want, "space {space} of layer {layer}");
        }
        self.bench.set("read_valid_i", 0u64);
    }

    /// A cycle of the running layer, with any events at once.
    fn events(&mut self, layer: usize) {
        let r = &mut self.random;
        let [read, backward, saturated, upper, errors, pulses] = [60, 40, 30, 50, 50, 50].map(|p| r.percent(p));
        let counts = [0; 3].map(|_| r.between(0, self.lanes));
        let fired = r.next() & self.pulses;
        let b = &mut self.bench;
        for (port, value) in [
            ("read_end_i", read),
            ("read_backward_i", backward),
            ("read_saturated_i", saturated),
            ("read_upper_i", upper),
            ("errors_valid_i", errors),
            ("pulses_valid_i", pulses),
        ] {
            b.set(port, u64::from(value));
        }
        for (port, value) in ["errors_saturated_i", "errors_upper_i", "errors_count_i"].into_iter().zip(counts) {
            b.set(port, value);
        }
        b.set("pulses_i", fired);
        b.eval();
        self.check(layer);
        self.bench.tick();
        let c = &mut self.model[layer].counters;
        let mut count = |at: usize, by: u64| c[at] = (u64::from(c[at]) + by).min(u64::from(u32::MAX)) as u32;
        if read {
            let first = if backward { 3 } else { 0 };
            count(first, u64::from(saturated));
            count(first + 1, u64::from(upper));
            count(first + 2, 1);
        }
        if errors {
            (0..3).for_each(|i| count(6 + i, counts[i] as u64));
        }
        if pulses {
            count(9, fired);
        }
        self.quiet();
    }

    fn quiet(&mut self) {
        for port in ["read_end_i", "errors_valid_i", "pulses_valid_i"] {
            self.bench.set(port, 0u64);
        }
    }

    fn adapt(&mut self, layer: usize) {
        let r = &mut self.random;
        let nibbles = [0; 4].map(|_| r.next() & 15);
        let rate = r.next() & 255;
        let valid = r.percent(70);
        let b = &mut self.bench;
        b.set("adapt_valid_i", u64::from(valid));
        let ports = ["adapt_gain_i", "adapt_shift_i", "adapt_back_gain_i", "adapt_back_shift_i"];
        ports.into_iter().zip(nibbles).for_each(|(port, value)| b.set(port, value));
        b.set("adapt_rate_i", rate);
        b.tick();
        b.set("adapt_valid_i", 0u64);
        if valid {
            let m = &mut self.model[layer];
            [m.gain, m.shift, m.back_gain, m.back_shift] = nibbles;
            m.rate = rate;
            m.counters = Default::default();
        }
    }
}

fn drive(schedule: &Schedule) {
    let mut t = Registers::new(schedule);
    for _ in 0..400 {
        (0..t.random.below(3)).for_each(|_| t.configure());
        (0..t.random.below(4)).for_each(|_| t.read_back());
        let layer = t.random.below(t.model.len());
        t.bench.set("layer_i", layer);
        (0..t.random.below(12)).for_each(|_| t.events(layer));
        t.bench.eval();
        t.check(layer);
        if t.random.percent(20) {
            t.adapt(layer);
        }
    }
}

#[test]
fn four_lanes() {
    drive(&training(&preset("tiny"), UpdateRule::Stochastic, 4));
    drive(&training(&schedule(STEPS), UpdateRule::Accumulate, 1));
}

#[test]
fn more_lanes() {
    drive(&training(&schedule(EIGHT), UpdateRule::Accumulate, 5));
    drive(&training(&schedule(WIDE), UpdateRule::Stochastic, 32));
}

/// Counters stay at their end.
#[test]
fn counters_do_not_wrap() {
    let mut t = Registers::new(&training(&preset("am-dcgan"), UpdateRule::Accumulate, 32));
    let layer = t.model.len() - 1;
    let below = u64::from(u32::MAX) / t.pulses;
    t.bench.set("layer_i", layer);
    t.bench.set("pulses_valid_i", 1u64);
    t.bench.set("pulses_i", t.pulses);
    t.bench.model.tick(below).expect("no check fails");
    t.bench.eval();
    assert_eq!(t.bench.get("pulses_o"), below * t.pulses);
    for _ in 0..3 {
        t.bench.tick();
        t.bench.eval();
        assert_eq!(t.bench.get("pulses_o"), u64::from(u32::MAX));
    }
}
