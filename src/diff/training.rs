//! Training in the simulator with the golden trainer beside it: every activation, error, device, register and cycle.

use super::calibration;
use super::programming::{Programming, ProgrammingReport, cells_of, read_tiles, unprogrammed};
use super::session::{
    SessionOptions, configure, pass_time, program, read_config, read_word, start_driver, stream, take,
};
use crate::config::Role;
use crate::cosim::{ConfigSpace, ConfigWord, CosimError, Driver, Op};
use crate::device::{CellCode, ProgramMode, ProgramPlace, TileTrims, WriteVerify};
use crate::emit::training_word;
use crate::golden::{StepReport, TrainState, Trainer};
use crate::numeric::{Rate, SEED_STEP};
use crate::rtl::CrossbarView;
use crate::schedule::{OpCycles, Pass, Phase, Schedule, predict_op};
use std::path::PathBuf;

/// A value of the hardware's state that differs from the golden trainer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateDifference {
    pub layer: String,
    /// For example `plus`, `bias`, `gain`.
    pub what: &'static str,
    /// Row and column of a device, number of a bias; 0 for registers.
    pub place: (usize, usize),
    pub expected: i64,
    pub got: i64,
}

/// Cycles of one operation of a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpReport {
    pub op: usize,
    pub pass: Pass,
    pub cycles: u64,
    pub predicted: u64,
    pub array_busy: u64,
}

/// One phase in both.
#[derive(Clone, Debug, PartialEq)]
pub struct PhaseReport {
    pub phase: Phase,
    /// Bytes of activations and errors compared, and how many of them differ.
    pub compared: u64,
    pub differences: u64,
    /// First wrong byte: cycle of the run, byte address (errors lie above the activations), expected, got (`None` if it
    /// was never written).
    pub first: Option<(u64, u64, i8, Option<i8>)>,
    pub ops: Vec<OpReport>,
    pub golden: StepReport,
}

impl PhaseReport {
    /// Operations whose cycles are not the predicted ones.
    pub fn late(&self) -> Vec<OpReport> {
        self.ops.iter().filter(|o| o.cycles != o.predicted).copied().collect()
    }
}

/// A design that trains, in the simulator and in the golden model, in the same state.
pub struct TrainingSession<'a> {
    schedule: &'a Schedule,
    driver: Driver,
    golden: Trainer<'a>,
    code: CellCode,
    sources: Vec<PathBuf>,
    programming: Option<ProgrammingReport>,
    forming: Option<ProgrammingReport>,
    /// The macro has the latencies of the design.
    exact: bool,
}

/// Places in the trainer's space: steps, images, then a loss a phase.
const LOSSES: u32 = 2;

/// The golden trainer of a state of the design, which keeps its pulses for the prediction of cycles.
fn recording(schedule: &Schedule, state: TrainState) -> Trainer<'_> {
    let mut trainer = Trainer::new(schedule, state).expect("a state of this design");
    trainer.record_pulses(true);
    trainer
}

impl<'a> TrainingSession<'a> {
    /// Emits, builds and programs with `state`, which the golden model starts from as well.
    ///
    /// # Errors
    /// If a tool is missing or fails.
    ///
    /// # Panics
    /// If the state is not of this design.
    pub fn start(schedule: &'a Schedule, state: TrainState, options: &SessionOptions) -> Result<Self, CosimError> {
        let (mut driver, sources) = start_driver(schedule, options)?;
        let golden = recording(schedule, state);
        program(schedule, &golden.state().content(schedule), &mut driver)?;
        let code = CellCode::new(&schedule.design);
        let exact = options.view == CrossbarView::Behavioural;
        Ok(Self { schedule, driver, golden, code, sources, programming: None, forming: None, exact })
    }

    /// As [`TrainingSession::start`], but the devices get to the codes of `state` by write-verify: by pulses and reads
    /// only, from unprogrammed devices, which are formed first if they are to be, with noise seeded by `seed`. Both then go on
    /// from the devices as they are. Slow: some thousand cycles a device.
    ///
    /// # Errors
    /// If a tool is missing or fails; a difference is no error, but in [`TrainingSession::programming`].
    ///
    /// # Panics
    /// If the state is not of this design.
    pub fn start_by_pulses(
        schedule: &'a Schedule,
        state: TrainState,
        verify: &WriteVerify,
        seed: u32,
        options: &SessionOptions,
    ) -> Result<Self, CosimError> {
        let session = Self::start_by_pulses_while(schedule, state, verify, seed, options, &mut |_, _| true)?;
        Ok(session.expect("nobody said no"))
    }

    /// As [`TrainingSession::start_by_pulses`]; `None` if `go_on` says no. It is asked after each word with the words that are
    /// done and those that there are, each twice where devices are formed first.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub fn start_by_pulses_while(
        schedule: &'a Schedule,
        mut state: TrainState,
        verify: &WriteVerify,
        seed: u32,
        options: &SessionOptions,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Self>, CosimError> {
        let (mut driver, sources) = start_driver(schedule, options)?;
        let content = state.content(schedule);
        let exact = options.view == CrossbarView::Behavioural;
        let mut tiles = unprogrammed(schedule, verify);
        let unit = Programming { schedule, content: &content, verify, seed, exact_cycles: exact };
        let modes = [verify.forms().then_some(ProgramMode::Form), Some(ProgramMode::Program)];
        let words: usize = content.layers.iter().map(|layer| layer.cells.len()).sum();
        let (mut done, all) = (0, (words * modes.iter().flatten().count()) as u64);
        let mut reports = [None, None];
        for (mode, report) in modes.into_iter().zip(&mut reports).filter_map(|(mode, report)| Some((mode?, report))) {
            let mut each = || {
                done += 1;
                go_on(done, all)
            };
            *report = unit.run(mode, &mut tiles, &mut driver, &mut each)?;
            if report.is_none() {
                return Ok(None);
            }
        }
        let [forming, programming] = reports;
        configure(schedule, &content, &mut driver)?;
        state.set_cells(schedule, &cells_of(&content, &tiles));
        let golden = recording(schedule, state);
        let code = CellCode::new(&schedule.design);
        Ok(Some(Self { schedule, driver, golden, code, sources, programming, forming, exact }))
    }

    /// Refreshes all devices in both, with noise seeded by `seed`: each goes to the level nearest to it. What it took, and
    /// where both differ.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error, but in the report.
    pub fn refresh(&mut self, verify: &WriteVerify, seed: u32) -> Result<ProgrammingReport, CosimError> {
        self.by_pulses(ProgramMode::Refresh, verify, seed)
    }

    /// Forms all devices in both, with noise seeded by `seed`, those that conduct too little to be formed: they are then near
    /// `G_max`. What it took, and where both differ. Only of a design whose devices are to be formed.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error, but in the report.
    pub fn form(&mut self, verify: &WriteVerify, seed: u32) -> Result<ProgrammingReport, CosimError> {
        self.by_pulses(ProgramMode::Form, verify, seed)
    }

    fn by_pulses(
        &mut self,
        mode: ProgramMode,
        verify: &WriteVerify,
        seed: u32,
    ) -> Result<ProgrammingReport, CosimError> {
        let (schedule, driver) = (self.schedule, &mut self.driver);
        let mut state = self.golden.state().clone();
        let content = state.content(schedule);
        let mut tiles = read_tiles(schedule, &content, verify, driver)?;
        let unit = Programming { schedule, content: &content, verify, seed, exact_cycles: self.exact };
        let report = unit.run(mode, &mut tiles, driver, &mut || true)?.expect("nobody said no");
        state.set_cells(schedule, &cells_of(&content, &tiles));
        self.golden = recording(schedule, state);
        Ok(report)
    }

    /// What forming took before programming by pulses; `None` if nothing was formed.
    pub fn forming(&self) -> Option<&ProgrammingReport> {
        self.forming.as_ref()
    }

    /// What programming by pulses took; `None` if the devices were written directly.
    pub fn programming(&self) -> Option<&ProgrammingReport> {
        self.programming.as_ref()
    }

    /// Calibrates the ADCs' trims again; they have been once, where ADCs have trims. Returns the busy cycles and the ADCs
    /// whose trim is at an end of its range. Reads count as events: seed afterwards.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn calibrate(&mut self) -> Result<(u64, u32), CosimError> {
        let cycles = calibration::calibrate(&mut self.driver)?;
        Ok((cycles, calibration::at_end(&mut self.driver)?))
    }

    /// The trims that the ADCs of all tiles have.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn trims(&mut self) -> Result<Vec<TileTrims>, CosimError> {
        calibration::read_trims(self.schedule, &mut self.driver)
    }

    /// Writes trims, as a driver restores them.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn set_trims(&mut self, trims: &[TileTrims]) -> Result<(), CosimError> {
        calibration::write_trims(self.schedule, trims, &mut self.driver)
    }

    pub fn golden(&self) -> &Trainer<'a> {
        &self.golden
    }

    /// Verilog files of the model.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    pub fn driver(&mut self) -> &mut Driver {
        &mut self.driver
    }

    /// Writes a layer's training registers, with its target of the present step.
    fn write_registers(&mut self, layer: usize) -> Result<(), CosimError> {
        let data = training_word(&self.golden.state().layers[layer].registers(self.golden.target(layer)));
        self.driver.config(&[ConfigWord { space: ConfigSpace::Training, addr: layer as u32, data }])
    }

    /// Lets `units` units of time pass in both. Only of a design whose devices drift.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn age(&mut self, units: u32) -> Result<(), CosimError> {
        pass_time(&mut self.driver, units)?;
        self.golden.age(units);
        Ok(())
    }

    /// Runs a phase in both: its seed, its image or latents, its program; after the last phase of a step a unit of time
    /// passes.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error.
    ///
    /// # Panics
    /// If the design has no such phase or it wants another image.
    pub fn phase(&mut self, phase: Phase, image: Option<&[i8]>) -> Result<PhaseReport, CosimError> {
        let seed = self.golden.state().seed.wrapping_add(SEED_STEP);
        self.driver.command(Op::Seed, seed)?;
        let network = |role| self.schedule.programs.iter().position(|p| p.role == role).map(|n| n as u32);
        match phase {
            Phase::Real => {
                let bytes = stream(self.schedule, image.expect("a real image"));
                self.driver.load(network(Role::Discriminator).expect("a discriminator"), &bytes)?;
            }
            Phase::Fake | Phase::Generate => {
                self.driver.command(Op::Latent, network(Role::Generator).expect("a generator"))?;
            }
            _ => {}
        }
        let golden = self.golden.run_phase(phase, image, None).expect("a phase of this design");
        self.driver.wait_idle(1_000_000)?;
        let number = self.schedule.phases.iter().position(|p| p.phase == phase).expect("a phase of this design");
        let program = &self.schedule.phases[number];
        let ops = program.first_op..=program.last_op;
        let predicted = self.predict(ops.clone(), &golden);
        let (expected, mask) = self.expected(ops.clone());
        self.driver.clear_expected();
        self.driver.expect(None, &expected, Some(&mask))?;
        let limit = 1000 * predicted.iter().map(|c| c.total).sum::<u64>() + 1_000_000;
        let run = self.driver.run((self.schedule.programs.len() + number) as u32, limit)?;
        let compare = self.driver.compare();
        self.driver.clear_expected();
        if self.schedule.design.drifts() && number + 1 == self.schedule.phases.len() {
            pass_time(&mut self.driver, 1)?;
        }
        let wrong =
            compare.first_mismatch.map(|d| (d.cycle - run.accepted, d.address, d.expected as i8, Some(d.got as i8)));
        let first = wrong.or(compare.first_unwritten.map(|u| (0, u.address, u.expected as i8, None)));
        let reports = ops.zip(predicted).map(|(op, p)| {
            let measured = run.layers.get(op).copied().unwrap_or_default();
            OpReport {
                op,
                pass: self.schedule.ops[op].pass,
                cycles: measured.busy,
                predicted: p.total,
                array_busy: measured.array,
            }
        });
        Ok(PhaseReport {
            phase,
            compared: compare.bytes_checked,
            differences: compare.differences(),
            first,
            ops: reports.collect(),
            golden,
        })
    }

    /// Predicted cycles of the operations; those that pulse take what the golden model pulsed.
    fn predict(&self, ops: std::ops::RangeInclusive<usize>, golden: &StepReport) -> Vec<OpCycles> {
        let mut pulses = golden.pulses.iter();
        ops.map(|op| {
            let phases = if crate::schedule::pulses(self.schedule, op) {
                &pulses.next().expect("the golden model records pulses").phases[..]
            } else {
                &[]
            };
            predict_op(self.schedule, op, phases)
        })
        .collect()
    }

    /// Activations, then errors from the next power of two on, and which of them the operations write.
    fn expected(&self, ops: std::ops::RangeInclusive<usize>) -> (Vec<u8>, Vec<u8>) {
        let lanes = self.schedule.lanes;
        let errors_at = lanes << self.schedule.widths.activation_word;
        let mut image: Vec<u8> = self.golden.memory().iter().map(|&v| v as u8).collect();
        image.resize(errors_at, 0);
        image.extend(self.golden.errors().iter().map(|&v| v as u8));
        let mut mask = vec![0u8; image.len()];
        for op in &self.schedule.ops[ops] {
            let base = match op.pass {
                Pass::Forward => 0,
                Pass::Loss | Pass::Backward => errors_at,
                _ => continue,
            };
            if let Some(t) = op.target.map(|t| &self.schedule.tensors[t]) {
                mask[base + t.base_word * lanes..][..t.shape.len()].fill(0xff);
            }
        }
        (image, mask)
    }

    /// `train 1` in the hardware and a step in the golden model.
    ///
    /// # Errors
    /// If the simulation fails.
    ///
    /// # Panics
    /// If the batch is not one for this design.
    pub fn step(&mut self, images: &[&[i8]], labels: Option<&[u8]>) -> Result<StepReport, CosimError> {
        let lanes = self.schedule.lanes;
        let target_words: Vec<u32> = (0..self.schedule.banks.len()).map(|l| self.golden.target(l)).collect();
        self.driver.config(&[ConfigWord { space: ConfigSpace::Trainer, addr: 0, data: vec![images.len() as u32] }])?;
        let report = self.golden.step(images, labels).expect("a batch for this design");
        self.driver.command(Op::Train, 1)?;
        for (k, image) in images.iter().enumerate() {
            self.driver.send(&stream(self.schedule, image))?;
            if let Some(labels) = labels {
                let mut word = vec![0; lanes];
                word[0] = labels[k];
                self.driver.send(&word)?;
            }
        }
        self.driver.wait_idle(u64::MAX)?;
        // Falling targets are the host's business.
        for (layer, before) in target_words.into_iter().enumerate() {
            if self.golden.target(layer) != before {
                self.write_registers(layer)?;
            }
        }
        Ok(report)
    }

    /// Losses of the last step, in the order of the phases that have one.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn losses(&mut self) -> Result<Vec<u32>, CosimError> {
        let count = self.schedule.ops.iter().filter(|o| o.pass == Pass::Loss).count() as u32;
        (0..count).map(|i| Ok(read_config(&mut self.driver, ConfigSpace::Trainer, (LOSSES + i) as usize)?[0])).collect()
    }

    /// The hardware's state, read back through its ports; steps, settings and seed are the golden trainer's.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn read_state(&mut self) -> Result<TrainState, CosimError> {
        let mut state = self.golden.state().clone();
        let bits = self.code.bits();
        for layer in 0..state.layers.len() {
            for p in ProgramPlace::of_layer(self.schedule, layer) {
                let data = read_word(&mut self.driver, p.tile, p.row, p.group)?;
                let cells = (0..p.columns.len()).map(|adc| take(&data, adc * bits as usize, bits));
                state.layers[layer].set_cells(&self.code, &p, cells);
            }
            self.driver.model().poke("prog_write_i", 1)?;
            let forward = read_config(&mut self.driver, ConfigSpace::Layer, layer)?[0];
            let training = read_config(&mut self.driver, ConfigSpace::Training, layer)?;
            let s = &mut state.layers[layer];
            (s.gain, s.shift) = (forward & 15, forward >> 4 & 15);
            (s.back_gain, s.back_shift) = (training[0] & 15, training[0] >> 4 & 15);
            s.rate = Rate::from_code((training[0] >> 8) as u8);
            s.fineness = training[0] >> 16 & 15;
            let op = self.schedule.layer_op(layer);
            let lanes = self.schedule.lanes;
            let count = s.bias.len();
            for word in 0..op.bias_period {
                let data = read_config(&mut self.driver, ConfigSpace::Bias, op.bias_base + word)?;
                for lane in 0..lanes {
                    let value = i32::from(take(&data, lane * 16, 16) as u16 as i16);
                    let element = word * lanes + lane;
                    let b = &mut state.layers[layer].bias[element % count];
                    // Copies of a bias must agree: a copy that does not shows as a bias that is wrong.
                    let here = self.golden.state().layers[layer].bias[element % count];
                    if element < count || value != here {
                        *b = value;
                    }
                }
            }
        }
        Ok(state)
    }

    /// Every device, bias and register that differs; empty if there is none.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn differences(&mut self) -> Result<Vec<StateDifference>, CosimError> {
        let got = self.read_state()?;
        let mut all = Vec::new();
        for (layer, (e, g)) in self.golden.state().layers.iter().zip(&got.layers).enumerate() {
            let name = &self.schedule.banks[layer].name;
            let mut check = |what, place, expected: i64, got: i64| {
                if expected != got {
                    all.push(StateDifference { layer: name.clone(), what, place, expected, got });
                }
            };
            for (what, e, g) in [("plus", &e.plus, &g.plus), ("minus", &e.minus, &g.minus)] {
                for ((place, &e), &g) in e.indexed_iter().zip(g) {
                    check(what, place, e.into(), g.into());
                }
            }
            for (k, (&e, &g)) in e.bias.iter().zip(&g.bias).enumerate() {
                check("bias", (k, 0), e.into(), g.into());
            }
            for (what, e, g) in [
                ("gain", e.gain, g.gain),
                ("shift", e.shift, g.shift),
                ("back_gain", e.back_gain, g.back_gain),
                ("back_shift", e.back_shift, g.back_shift),
                ("rate", e.rate.code().into(), g.rate.code().into()),
                ("fineness", e.fineness, g.fineness),
            ] {
                check(what, (0, 0), e.into(), g.into());
            }
        }
        Ok(all)
    }
}
