//! Drives a whole design through its top-level ports; the loops over cycles run in C++.

use std::path::Path;

use super::build::{BuildSpec, VerilatedModel};
use super::error::{CosimError, Result};
use super::ffi::RawShape;
use super::model::Model;
use super::taps::{Compare, TapLog};

/// A command of the design.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Op {
    /// Seeds the random streams.
    Seed = 0,
    /// Takes words from `in_*` into memory.
    Load = 1,
    /// Fills memory with random latent values.
    Latent = 2,
    /// Runs the schedule.
    Run = 3,
    /// Sends words from memory to `out_*`.
    Read = 4,
    /// Trains; the argument is the number of steps.
    Train = 5,
    /// Sets the seed of the training.
    TrainSeed = 6,
    /// Lets time pass for devices that drift; the argument is the number of units.
    Age = 7,
}

/// One word of crossbar cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramWord {
    /// Tile.
    pub tile: u32,
    /// Row of the tile.
    pub row: u32,
    /// Group of columns.
    pub group: u32,
    /// Cells, least significant word first; missing words are 0.
    pub data: Vec<u32>,
}

/// What a configuration word sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ConfigSpace {
    /// A word of the bias memory.
    Bias = 0,
    /// A parameter of a layer.
    Layer = 1,
    /// Training registers of a layer.
    Training = 2,
    /// Trims of the ADCs, where they have some.
    Trims = 13,
    /// Registers of write-verify.
    Programming = 14,
    /// The batch.
    Trainer = 15,
}

/// One configuration word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigWord {
    /// Which memory.
    pub space: ConfigSpace,
    /// Address in it.
    pub addr: u32,
    /// Value, least significant word first; missing words are 0.
    pub data: Vec<u32>,
}

/// How the driver behaves.
#[derive(Debug, Clone, PartialEq)]
pub struct DriverOptions {
    /// Probability, 0 to 0.99, that a word is not offered or not taken in a cycle in which it could be.
    pub stall_probability: f64,
    /// Seed of the stalls.
    pub seed: u64,
    /// Cycles without progress after which a transfer counts as hung.
    pub patience: u64,
    /// Whether to record every port from before the reset on.
    pub record: bool,
}

impl Default for DriverOptions {
    fn default() -> Self {
        Self { stall_probability: 0.0, seed: 1, patience: 1_000_000, record: false }
    }
}

/// Cycles of one operation of the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LayerCycles {
    /// Rising edges at which `busy_o` was 1 and `op_o` this layer.
    pub busy: u64,
    /// Of these, those at which `array_active_o` was 1.
    pub array: u64,
}

/// What one RUN took.
///
/// Counting: the command is taken at the rising edge that ends cycle `accepted` (`cmd_valid_i` and `cmd_ready_o` are 1).
/// `busy_o` must be 1 in the following cycle. `cycles` is the number of rising edges after that one at which `busy_o` is
/// 1, sampled with the other ports just before the edge; so `busy_o` is 0 in cycle `accepted + 1 + cycles`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunReport {
    /// Cycle, counted from construction, in which the command was taken.
    pub accepted: u64,
    /// Busy cycles.
    pub cycles: u64,
    /// Of these, cycles in which a tile settled or converted.
    pub array_cycles: u64,
    /// The same for each value of `op_o`; they add up to the totals.
    pub layers: Vec<LayerCycles>,
}

/// A design under test.
pub struct Driver {
    model: Model,
    shape: RawShape,
}

impl Driver {
    /// Loads a library built from [`BuildSpec::design`] and resets the design.
    pub fn new(library: &Path, options: &DriverOptions) -> Result<Self> {
        let mut model = Model::with_driver(library)?;
        model.record(options.record);
        let mut driver = Self { shape: model.handle.shape(), model };
        driver.set_options(options)?;
        driver.model.reset()?;
        Ok(driver)
    }

    /// Builds with the default tools, loads and resets.
    pub fn start(spec: &BuildSpec, options: &DriverOptions) -> Result<Self> {
        Self::new(&VerilatedModel::build(spec)?.library, options)
    }

    /// Changes stalls and patience. Whether to record is decided at construction or with [`Model::record`].
    pub fn set_options(&mut self, options: &DriverOptions) -> Result<()> {
        if !(0.0..=0.99).contains(&options.stall_probability) {
            return Err(CosimError::Data(format!("stall probability {} is not in 0..0.99", options.stall_probability)));
        }
        let stall = (options.stall_probability * 65536.0).round() as u32;
        self.model.handle.options(options.patience, stall, options.seed);
        Ok(())
    }

    /// The ports, traces and recordings of the design. Cycles run through [`Model::tick`] are not looked at by the
    /// driver: taps in them are neither checked nor logged.
    pub fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    /// Bytes in a word of `in_data_i`, `out_data_o` and memory.
    pub fn lanes(&self) -> usize {
        self.shape.lanes as usize
    }

    /// Rising edges since construction.
    pub fn cycle(&self) -> u64 {
        self.model.cycle()
    }

    /// Writes cells, in order, at the pace of `prog_ready_o`.
    pub fn program(&mut self, words: &[ProgramWord]) -> Result<()> {
        let size = self.shape.prog_words as usize;
        let mut items = Vec::with_capacity(words.len() * (3 + size));
        for word in words {
            items.extend([word.tile, word.row, word.group]);
            extend_padded(&mut items, &word.data, size)?;
        }
        self.model.handle.program(&items)
    }

    /// Writes biases and layer parameters, in order.
    pub fn config(&mut self, words: &[ConfigWord]) -> Result<()> {
        let size = self.shape.cfg_words as usize;
        let mut items = Vec::with_capacity(words.len() * (2 + size));
        for word in words {
            items.extend([word.space as u32, word.addr]);
            extend_padded(&mut items, &word.data, size)?;
        }
        self.model.handle.config(&items)
    }

    /// Gives a command and returns once it is taken.
    pub fn command(&mut self, op: Op, arg: u32) -> Result<()> {
        self.model.handle.command(op as u32, arg)
    }

    /// Waits until `busy_o` is 0.
    pub fn wait_idle(&mut self, max_cycles: u64) -> Result<()> {
        self.model.handle.idle(max_cycles)
    }

    /// Sends bytes on `in_*`, lane 0 first; the last word is filled with zeros.
    pub fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(self.lanes()), 0);
        self.model.handle.send(&padded)
    }

    /// Receives bytes from `out_*` up to the word with `out_last_o`; an error if that is not among the first `max_words`.
    pub fn receive(&mut self, max_words: u64) -> Result<Vec<u8>> {
        self.model.handle.receive(max_words)
    }

    /// LOAD: gives the command and sends the bytes.
    pub fn load(&mut self, arg: u32, bytes: &[u8]) -> Result<()> {
        self.command(Op::Load, arg)?;
        self.send(bytes)
    }

    /// RUN: gives the command and runs until the design is idle. More than `max_cycles` busy cycles are an error.
    pub fn run(&mut self, arg: u32, max_cycles: u64) -> Result<RunReport> {
        let (raw, layers) = self.model.handle.run(arg, max_cycles)?;
        let layers = layers.chunks_exact(2).map(|l| LayerCycles { busy: l[0], array: l[1] }).collect();
        Ok(RunReport { accepted: raw.accepted, cycles: raw.busy, array_cycles: raw.array, layers })
    }

    /// READ: gives the command and receives.
    pub fn read(&mut self, arg: u32, max_words: u64) -> Result<Vec<u8>> {
        self.command(Op::Read, arg)?;
        self.receive(max_words)
    }

    /// From now on compares every write of activations, of one layer (value of `op_o`) or of all layers without an
    /// image of their own, with a memory image: byte `i` must be `image[i]` each time it is written, and must be written
    /// at least once, unless `mask[i]` is 0. A write beyond the image is a difference.
    pub fn expect(&mut self, layer: Option<u32>, image: &[u8], mask: Option<&[u8]>) -> Result<()> {
        if mask.is_some_and(|m| m.len() != image.len()) {
            return Err(CosimError::Data("image and mask must have the same length".into()));
        }
        self.need_taps()?;
        self.model.handle.taps_expect(layer.map_or(-1, i64::from), image, mask);
        Ok(())
    }

    /// What the comparison has found so far.
    pub fn compare(&self) -> Compare {
        self.model.handle.taps_report().into()
    }

    /// Forgets all images and counts.
    pub fn clear_expected(&mut self) {
        self.model.handle.taps_clear();
    }

    /// Logs every write of activations from now on, or no longer.
    pub fn log_taps(&mut self, on: bool) -> Result<()> {
        self.need_taps()?;
        self.model.handle.taps_log(on);
        Ok(())
    }

    /// What was logged since the last call.
    pub fn take_tap_log(&mut self) -> TapLog {
        let shape = &self.shape;
        TapLog::new(shape.tap_lanes as usize, shape.log_stride as usize, self.model.handle.take_taps_log())
    }

    fn need_taps(&self) -> Result<()> {
        self.model.port("tap_valid_o").map(drop)
    }
}

fn extend_padded(items: &mut Vec<u32>, data: &[u32], size: usize) -> Result<()> {
    if data.len() > size {
        return Err(CosimError::Data(format!("{} data words given, the port has {size}", data.len())));
    }
    items.extend(data);
    items.resize(items.len() + size - data.len(), 0);
    Ok(())
}
