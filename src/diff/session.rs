//! One design in the simulator, programmed, with its golden model beside it.

use super::report::{Mismatch, PassReport, layers};
use crate::config::Role;
use crate::cosim::{
    BuildSpec, ConfigSpace, ConfigWord, CosimError, Driver, DriverOptions, Op, Optimise, ProgramWord, Trace,
    TraceWindow,
};
use crate::device::{self, Content, Mapping};
use crate::emit::{Package, bias_word, parameter_word, program_word, training_word};
use crate::golden::Machine;
use crate::rtl::{CrossbarView, TOP};
use crate::schedule::{OpCycles, Schedule, predict};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Most cycles that a word of cells or a calibration may take: far beyond any latency of a macro that answers at all.
pub(super) const PATIENCE: u64 = 1 << 32;

/// How the design is simulated.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    pub view: CrossbarView,
    /// Probability that a stream is held up in a cycle.
    pub stall_probability: f64,
    /// Seed of the stalls.
    pub stall_seed: u64,
    /// Build with waveforms.
    pub trace: Trace,
    /// Keep every port's value in every cycle, for a replay in another simulator.
    pub record: bool,
    /// How the model is built: for speed, or in a debug build of this crate, whose runs are short, for a short build.
    pub optimise: Optimise,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            view: CrossbarView::Behavioural,
            stall_probability: 0.0,
            stall_seed: 1,
            trace: Trace::Off,
            record: false,
            optimise: if cfg!(debug_assertions) { Optimise::Build } else { Optimise::Run },
        }
    }
}

/// A programmed design and its golden model, in the same state.
pub struct Session<'a> {
    schedule: &'a Schedule,
    driver: Driver,
    golden: Machine<'a>,
    predicted: Vec<OpCycles>,
    sources: Vec<PathBuf>,
    /// Cycle at which the present pass began, its input included.
    pass_start: u64,
}

impl<'a> Session<'a> {
    /// Emits, builds and programs. `hardware` is what the hardware's cells hold, `golden` what the model computes with:
    /// the same, unless a test wants a difference.
    ///
    /// # Errors
    /// If a tool is missing or fails.
    pub fn start(
        schedule: &'a Schedule,
        hardware: &Mapping,
        golden: &Mapping,
        options: &SessionOptions,
    ) -> Result<Self, CosimError> {
        let (mut driver, sources) = start_driver(schedule, options)?;
        program(schedule, &hardware.content(schedule), &mut driver)?;
        Ok(Self {
            schedule,
            driver,
            golden: Machine::new(schedule, golden),
            predicted: predict(schedule),
            sources,
            pass_start: 0,
        })
    }

    /// Verilog files of the model.
    pub fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    /// The simulated design.
    pub fn driver(&mut self) -> &mut Driver {
        &mut self.driver
    }

    /// The golden model.
    pub fn golden(&self) -> &Machine<'a> {
        &self.golden
    }

    /// Writes a waveform from now on until [`Session::end_trace`], of the cycles in `window` counted from now; the
    /// extension is added to `stem`.
    ///
    /// # Errors
    /// If the session was built without traces, or the file cannot be written.
    pub fn begin_trace(&mut self, stem: &Path, window: std::ops::Range<u64>) -> Result<PathBuf, CosimError> {
        let extension = self.driver.model().trace_extension().unwrap_or("vcd");
        let path = stem.with_extension(extension);
        let now = self.driver.cycle();
        let window = TraceWindow { start: now + window.start, stop: now.saturating_add(window.end) };
        self.driver.model().trace_open(&path, window)?;
        Ok(path)
    }

    /// Completes the waveform.
    pub fn end_trace(&mut self) {
        self.driver.model().trace_close();
    }

    /// Seeds the random streams of both.
    ///
    /// # Errors
    /// If the simulation fails.
    pub fn seed(&mut self, seed: u32) -> Result<(), CosimError> {
        self.driver.command(Op::Seed, seed)?;
        self.golden.seed(seed);
        Ok(())
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

    /// Latents from `seed` through the generator.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error.
    pub fn generate(&mut self, seed: u32) -> Result<PassReport, CosimError> {
        self.pass_start = self.driver.cycle();
        self.seed(seed)?;
        let network = self.network(Role::Generator);
        self.driver.command(Op::Latent, network)?;
        self.golden.latents(Role::Generator);
        self.pass(Role::Generator)
    }

    /// An input (activation codes in row, column, channel order) through a network.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error.
    pub fn apply(&mut self, role: Role, input: &[i8]) -> Result<PassReport, CosimError> {
        self.pass_start = self.driver.cycle();
        let network = self.network(role);
        self.driver.load(network, &stream(self.schedule, input))?;
        self.golden.load(role, input);
        self.pass(role)
    }

    /// Runs a network on what its input region holds.
    ///
    /// # Errors
    /// If the simulation fails; a difference is no error.
    pub fn pass(&mut self, role: Role) -> Result<PassReport, CosimError> {
        let network = self.network(role);
        let program = &self.schedule.programs[network as usize];
        let ops = program.first_op..=program.last_op;
        self.driver.wait_idle(1_000_000)?;
        self.golden.run(role);
        let image: Vec<u8> = self.golden.memory().iter().map(|&v| v as u8).collect();
        let mut mask = vec![0; image.len()];
        for tensor in ops.clone().filter_map(|op| self.schedule.ops[op].target) {
            mask[self.bytes(tensor)].fill(0xff);
        }
        self.driver.clear_expected();
        self.driver.expect(None, &image, Some(&mask))?;
        self.driver.log_taps(true)?;
        let predicted: u64 = self.predicted[ops.clone()].iter().map(|c| c.total).sum();
        // Far beyond any latency of a macro that answers at all.
        let run = self.driver.run(network, 1000 * predicted + 1_000_000)?;
        let compare = self.driver.compare();
        self.driver.clear_expected();
        let output_words = self.schedule.tensors[program.output].words as u64;
        let mut rtl_output: Vec<i8> = self.driver.read(network, output_words)?.into_iter().map(|b| b as i8).collect();
        rtl_output.truncate(self.schedule.tensors[program.output].shape.len());
        let golden_output = self.golden.output(role).to_vec();
        // The output stream is compared as well: the tap sees the memory's input, this its output.
        let stream = rtl_output.iter().zip(&golden_output).filter(|(a, b)| a != b).count() as u64;

        let mut reports =
            layers(self.schedule, ops, &self.predicted, |op| run.layers.get(op).map_or((0, 0), |l| (l.busy, l.array)));
        let first = compare.first_mismatch.map(|d| {
            self.locate(d.address as usize, Some(d.cycle - run.accepted), d.expected as i8, Some(d.got as i8))
        });
        let first = first
            .or_else(|| compare.first_unwritten.map(|u| self.locate(u.address as usize, None, u.expected as i8, None)));
        let differences = compare.differences().max(stream);
        for (op, wrong) in self.wrong_by_op(&image) {
            let name = &self.schedule.banks[self.schedule.ops[op].layer].name;
            if let Some(layer) = reports.iter_mut().find(|l| l.layer == *name) {
                layer.differences += wrong;
            }
        }
        let trace_cycle = compare.first_mismatch.map(|d| d.cycle - self.pass_start);
        Ok(PassReport {
            network: role.name(),
            differences,
            compared: compare.bytes_checked,
            cycles: run.cycles,
            predicted_cycles: predicted,
            array_busy_cycles: run.array_cycles,
            layers: reports,
            first_mismatch: first,
            trace_cycle,
            rtl_output,
            golden_output,
        })
    }

    /// Wrong bytes that each operation wrote.
    fn wrong_by_op(&mut self, image: &[u8]) -> Vec<(usize, u64)> {
        let mut wrong: Vec<(usize, u64)> = Vec::new();
        for write in self.driver.take_tap_log().iter() {
            let n = write.bytes().filter(|&(at, value)| image.get(at as usize) != Some(&value)).count() as u64;
            if n > 0 {
                wrong.push((write.layer as usize, n));
            }
        }
        wrong
    }

    fn network(&self, role: Role) -> u32 {
        let position = self.schedule.programs.iter().position(|p| p.role == role);
        position.expect("the design has this network") as u32
    }

    fn bytes(&self, tensor: usize) -> std::ops::Range<usize> {
        let t = &self.schedule.tensors[tensor];
        let base = t.base_word * self.schedule.lanes;
        base..base + t.shape.len()
    }

    fn locate(&self, address: usize, cycle: Option<u64>, expected: i8, got: Option<i8>) -> Mismatch {
        let tensor = (0..self.schedule.tensors.len()).find(|&t| self.bytes(t).contains(&address));
        let (layer, row, column, channel) = match tensor {
            Some(index) => {
                let t = &self.schedule.tensors[index];
                let e = address - self.bytes(index).start;
                let c = t.shape.channels;
                (t.name.clone(), e / (t.shape.width * c), e / c % t.shape.width, e % c)
            }
            None => ("memory outside every layer".into(), 0, 0, address),
        };
        Mismatch { layer, row, column, channel, cycle, expected, got }
    }
}

/// Emits and builds a design; returns it after its reset, with its Verilog files.
pub(super) fn start_driver(
    schedule: &Schedule,
    options: &SessionOptions,
) -> Result<(Driver, Vec<PathBuf>), CosimError> {
    let package = Package::new(schedule, None);
    let sources = write_sources(schedule, &package, options.view)?;
    let spec = BuildSpec { optimise: options.optimise, ..BuildSpec::design(TOP, &sources).trace(options.trace) };
    let driver_options = DriverOptions {
        stall_probability: options.stall_probability,
        seed: options.stall_seed,
        record: options.record,
        ..DriverOptions::default()
    };
    let mut driver = Driver::start(&spec, &driver_options)?;
    // Memories are cleared after reset, each a word a cycle.
    let words = schedule.accumulator_words.max(schedule.gradient_words).max(schedule.bias_words) as u64;
    if schedule.design.training.is_some() {
        driver.model().poke("prog_write_i", 1)?;
        driver.model().poke("cfg_write_i", 1)?;
    }
    driver.wait_idle(100 + words + (2 << schedule.widths.index))?;
    if schedule.design.converter.trim_bits > 0 {
        super::calibration::calibrate(&mut driver)?;
    }
    Ok((driver, sources))
}

/// Sends cells, biases, layer parameters, and what a training starts from.
pub(super) fn program(schedule: &Schedule, content: &Content, driver: &mut Driver) -> Result<(), CosimError> {
    for layer in &content.layers {
        driver.program(&layer.cells.iter().map(|w| program_word_of(schedule, w)).collect::<Vec<_>>())?;
    }
    configure(schedule, content, driver)
}

/// A word of cells as the driver sends it.
pub(super) fn program_word_of(schedule: &Schedule, w: &device::ProgramWord) -> ProgramWord {
    ProgramWord { tile: w.tile as u32, row: w.row as u32, group: w.group as u32, data: program_word(schedule, w) }
}

/// Sends all but the cells: biases, layer parameters, and what a training starts from.
pub(super) fn configure(schedule: &Schedule, content: &Content, driver: &mut Driver) -> Result<(), CosimError> {
    for (layer, c) in content.layers.iter().enumerate() {
        let config = |space, addr: usize, data| ConfigWord { space, addr: addr as u32, data };
        let (p, op) = (&c.parameters, schedule.layer_op(layer));
        let bias = |word| config(ConfigSpace::Bias, op.bias_base + word, bias_word(schedule, &p.bias, word));
        let mut words = vec![config(ConfigSpace::Layer, layer, vec![parameter_word(p.gain, p.shift)])];
        words.extend((0..op.bias_period).map(bias));
        words.extend(c.training.iter().map(|r| config(ConfigSpace::Training, layer, training_word(r))));
        driver.config(&words)?;
    }
    match content.train_seed {
        Some(seed) => driver.command(Op::TrainSeed, seed),
        None => Ok(()),
    }
}

/// A word of the configuration port of a design that trains.
pub(super) fn read_config(driver: &mut Driver, space: ConfigSpace, address: usize) -> Result<Vec<u32>, CosimError> {
    driver.wait_idle(1_000_000)?;
    let model = driver.model();
    model.poke("cfg_write_i", 0)?;
    model.poke("cfg_space_i", space as u64)?;
    model.poke("cfg_addr_i", address as u64)?;
    model.poke("cfg_valid_i", 1)?;
    model.tick(1)?;
    model.poke("cfg_valid_i", 0)?;
    model.poke("cfg_write_i", 1)?;
    model.eval()?;
    model.peek_wide("cfg_data_o")
}

/// Lets `units` units of time pass for the devices.
pub(super) fn pass_time(driver: &mut Driver, units: u32) -> Result<(), CosimError> {
    driver.command(Op::Age, units)?;
    driver.wait_idle(u64::MAX)
}

/// A word of the programming port, read back; leaves `prog_write_i` at 0.
pub(super) fn read_word(driver: &mut Driver, tile: usize, row: usize, group: usize) -> Result<Vec<u32>, CosimError> {
    let model = driver.model();
    model.poke("prog_write_i", 0)?;
    model.poke("prog_tile_i", tile as u64)?;
    model.poke("prog_row_i", row as u64)?;
    model.poke("prog_group_i", group as u64)?;
    model.poke("prog_valid_i", 1)?;
    model.tick(1)?;
    model.poke("prog_valid_i", 0)?;
    model.eval()?;
    model.peek_wide("prog_data_o")
}

/// Reads `bits` bits of a number of 32-bit words.
pub(super) fn take(words: &[u32], at: usize, bits: u32) -> u32 {
    (0..bits as usize).map(|k| (words[(at + k) / 32] >> ((at + k) % 32) & 1) << k).sum()
}

/// Codes as whole words of the image port.
pub(super) fn stream(schedule: &Schedule, codes: &[i8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = codes.iter().map(|&v| v as u8).collect();
    bytes.resize(bytes.len().next_multiple_of(schedule.lanes), 0);
    bytes
}

/// Writes a view's Verilog to the build directory, under a name made of its content.
fn write_sources(schedule: &Schedule, package: &Package, view: CrossbarView) -> Result<Vec<PathBuf>, CosimError> {
    let jitter;
    let package = if CrossbarView::emitted(schedule).contains(&view) {
        package
    } else {
        jitter = package.with_view(schedule, view);
        &jitter
    };
    let files = package.verilog(view);
    let mut hash = Sha256::new();
    for (path, bytes) in &files {
        hash.update(path);
        hash.update(bytes);
    }
    let name: String = hash.finalize().iter().take(8).map(|b| format!("{b:02x}")).collect();
    let root = crate::cosim::tools::build_dir().join(format!("verilog-{name}"));
    let mut sources = Vec::new();
    for (path, bytes) in files {
        let path = root.join(path);
        let io = |source| CosimError::Io { path: path.clone(), source };
        fs::create_dir_all(path.parent().expect("a file has a directory")).map_err(io)?;
        if fs::read(&path).ok().as_deref() != Some(bytes) {
            crate::data::atomic::write(&path, bytes, crate::data::atomic::Sync::No)
                .map_err(|e| CosimError::Io { path: e.path, source: e.reason })?;
        }
        sources.push(path);
    }
    Ok(sources)
}
