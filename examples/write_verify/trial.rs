//! The devices of an array, each programmed to a level drawn at random.

use memgan::config::Design;
use memgan::device::{
    ArrayModel, CellCode, DevicePlace, NOMINAL_STRENGTH, PulseStrength, TileEvents, VerifyCounters, VerifyRegisters,
    WriteVerify,
};
use memgan::schedule::Schedule;
use memgan::weights::seeded::SplitMix64;

/// All devices of the ten tiles of `tiny`, as they come from the fab: as near to `G_min` as each can be.
pub struct Array {
    design: Design,
    /// Place, code and target of each.
    devices: Vec<(DevicePlace, u16, u16)>,
    /// Those for the wanted tolerance.
    pub registers: VerifyRegisters,
}

/// What came of it, summed over devices.
#[derive(Default)]
pub struct Outcome {
    devices: f64,
    successful: f64,
    pulses: f64,
    pulses_of_successful: f64,
    reads: f64,
}

impl Array {
    /// Devices of `of_device` levels and this `[device.model]`; targets are `levels` levels at equal distances over the
    /// window, `tolerance` is a part of it.
    pub fn new(of_device: u32, model: &str, seed: u32, levels: u32, tolerance: f64) -> Self {
        let text = memgan::config::preset("tiny").expect("a preset").text;
        let text = format!("{text}\n[device]\nlevels = {of_device}\n[device.model]\nseed = {seed}\n{model}\n");
        let design = Design::from_toml(&text, "study").unwrap_or_else(|error| panic!("{error}"));
        let code = CellCode::new(&design);
        let top = (of_device - 1) << code.fraction();
        let mut random = SplitMix64::new(u64::from(seed));
        let verify = WriteVerify::new(&design);
        let mut devices = vec![];
        let c = &design.crossbar;
        for tile in 0..Schedule::new(&design).banks.iter().map(|bank| bank.tiles()).sum() {
            for (row, group) in (0..c.rows).flat_map(|row| (0..c.columns_per_adc).map(move |group| (row, group))) {
                for (adc, cell) in verify.unprogrammed(tile, row, group).into_iter().enumerate() {
                    let (plus, minus) = code.codes(cell);
                    for (code, minus) in [(plus, false), (minus, true)] {
                        let level = (random.next_u64() >> 32) as u32 % levels;
                        let target = (top * level / (levels - 1)) as u16;
                        devices.push((DevicePlace { tile, row, group, adc, minus }, code, target));
                    }
                }
            }
        }
        let window = VerifyRegisters::of(&design).target(top as i32, code.fraction());
        let registers = VerifyRegisters::with_tolerance(&design, (f64::from(window) * tolerance).round() as u8);
        Self { design, devices, registers }
    }

    /// The registers with a START that makes up for two ADC codes in a mean device, at most nominal, and the published 30
    /// pulses: what the rule is measured against.
    pub fn with_small_start(&self) -> VerifyRegisters {
        let r = self.registers;
        let start = (2 * u32::from(r.set.slope) + 8) >> 4;
        let strength = PulseStrength { start: start.clamp(1, NOMINAL_STRENGTH.into()) as u8, ..r.set };
        VerifyRegisters { set: strength, reset: strength, max_pulses: 30, ..r }
    }

    /// Part of the devices whose own bounds hold their target, up to the tolerance: none can do better.
    pub fn can_succeed(&self) -> f64 {
        let (verify, model) = (WriteVerify::new(&self.design), ArrayModel::of(&self.design).expect("real devices"));
        let adcs = self.design.crossbar.adcs();
        let can = |&&(place, _, target): &&(DevicePlace, u16, u16)| {
            let number = model.device_number(place.tile, place.row, place.group * adcs + place.adc, place.minus);
            let own = model.device(number);
            let nearest = i32::from(target).clamp(own.low, own.high) as u16;
            let [wanted, got] =
                [target, nearest].map(|code| verify.verify_read(place, code, &mut TileEvents::default()));
            wanted.abs_diff(got) <= self.registers.tolerance.into()
        };
        self.devices.iter().filter(can).count() as f64 / self.devices.len() as f64
    }

    /// Programs the first `count` devices with these registers.
    pub fn program(&self, registers: &VerifyRegisters, count: usize) -> Outcome {
        let verify = WriteVerify::with_registers(&self.design, *registers);
        let mut events = TileEvents::default();
        let mut outcome = Outcome::default();
        for &(place, mut code, target) in self.devices.iter().take(count) {
            let mut counters = VerifyCounters::default();
            let reached = verify.program_device(place, &mut code, target, &mut events, &mut counters);
            let pulses = f64::from(counters.set_pulses + counters.reset_pulses);
            outcome.devices += 1.0;
            outcome.pulses += pulses;
            outcome.reads += f64::from(counters.reads);
            if reached {
                outcome.successful += 1.0;
                outcome.pulses_of_successful += pulses;
            }
        }
        outcome
    }
}

impl Outcome {
    /// Part of the devices that got within the tolerance.
    pub fn success(&self) -> f64 {
        self.successful / self.devices
    }

    /// Mean pulses of a device.
    pub fn pulses(&self) -> f64 {
        self.pulses / self.devices
    }

    /// Mean pulses of a device that got there.
    pub fn pulses_of_successful(&self) -> f64 {
        self.pulses_of_successful / self.successful.max(1.0)
    }

    /// Mean verify reads of a device.
    pub fn reads(&self) -> f64 {
        self.reads / self.devices
    }
}
