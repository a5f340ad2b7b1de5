//! A Verilated block under a test's control.

use std::path::Path;

use super::build::{BuildSpec, VerilatedModel};
use super::error::{CosimError, Result};
use super::ffi::{Api, Handle, c_path};
use super::ports::{Direction, Port};
use super::record::Recording;

/// Clock cycles of a reset.
pub const RESET_CYCLES: u64 = 4;

/// A port of a model, looked up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortId(pub(super) usize);

/// Cycles of a trace: from `start` up to but not including `stop`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceWindow {
    /// First cycle.
    pub start: u64,
    /// Cycle after the last one.
    pub stop: u64,
}

impl TraceWindow {
    /// From now to the end.
    pub const ALL: Self = Self { start: 0, stop: u64::MAX };
}

/// The order in which [`Model::run_vectors`] packs ports: each starts at a new 32-bit word, least significant first.
#[derive(Debug, Clone)]
pub struct Layout {
    ins: Vec<u32>,
    outs: Vec<u32>,
    in_words: usize,
    out_words: usize,
}

impl Layout {
    /// Words of the inputs of one cycle.
    pub fn input_words(&self) -> usize {
        self.in_words
    }

    /// Words of the outputs of one cycle.
    pub fn output_words(&self) -> usize {
        self.out_words
    }
}

/// One simulation of a built model.
///
/// A cycle is: inputs applied with the clock low, everything settles, outputs sampled, rising edge. Between calls the
/// clock is low. Cycles are counted from construction, those in reset included; cycle `k` is at time `10 k` in a trace.
pub struct Model {
    pub(super) handle: Handle,
}

impl Model {
    /// Loads a library made by [`VerilatedModel::build`]. The model is evaluated once, with reset released; call
    /// [`Model::reset`] next. Libraries stay loaded until the process ends.
    pub fn new(library: &Path) -> Result<Self> {
        Ok(Self { handle: Handle::create(Api::load(library)?, false)? })
    }

    /// Builds a block with the default tools, loads it and resets it.
    pub fn start(spec: &BuildSpec) -> Result<Self> {
        let mut model = Self::new(&VerilatedModel::build(spec)?.library)?;
        model.reset()?;
        Ok(model)
    }

    pub(super) fn with_driver(library: &Path) -> Result<Self> {
        Ok(Self { handle: Handle::create(Api::load(library)?, true)? })
    }

    /// All ports, by name.
    pub fn ports(&self) -> &'static [Port] {
        &self.handle.api.ports
    }

    /// Looks a port up.
    pub fn port(&self, name: &str) -> Result<PortId> {
        let ports = self.ports();
        let at = ports.binary_search_by(|p| p.name.as_str().cmp(name)).map_err(|_| {
            let have: Vec<&str> = ports.iter().map(|p| p.name.as_str()).collect();
            CosimError::Port { port: name.into(), problem: format!("there is none; there are {}", have.join(", ")) }
        })?;
        Ok(PortId(at))
    }

    /// Sets an input of at most 64 bits. It takes effect with the next evaluation.
    pub fn poke(&mut self, name: &str, value: u64) -> Result<()> {
        let id = self.port(name)?;
        self.poke_id(id, value)
    }

    /// Sets an input of any width.
    pub fn poke_wide(&mut self, name: &str, words: &[u32]) -> Result<()> {
        let id = self.port(name)?;
        self.poke_words(id, words)
    }

    /// Sets an input of at most 64 bits. A value that does not fit is an error.
    pub fn poke_id(&mut self, id: PortId, value: u64) -> Result<()> {
        let port = &self.ports()[id.0];
        if port.width > 64 || (port.width < 64 && value >> port.width != 0) {
            let problem = format!("{value:#x} is not a value of {} bits", port.width);
            return Err(CosimError::Port { port: port.name.clone(), problem });
        }
        let words = [value as u32, (value >> 32) as u32];
        self.poke_words(id, &words[..port.words()])
    }

    /// Sets an input of any width; bits above the width are ignored.
    pub fn poke_words(&mut self, id: PortId, words: &[u32]) -> Result<()> {
        let port = &self.ports()[id.0];
        let fail = |problem: String| Err(CosimError::Port { port: port.name.clone(), problem });
        if port.direction == Direction::Output {
            return fail("it is an output".into());
        }
        if words.len() != port.words() {
            return fail(format!("{} words given, {} needed", words.len(), port.words()));
        }
        self.handle.poke(id.0, words);
        Ok(())
    }

    /// Reads a port of at most 64 bits.
    pub fn peek(&self, name: &str) -> Result<u64> {
        self.peek_id(self.port(name)?)
    }

    /// Reads a port of any width.
    pub fn peek_wide(&self, name: &str) -> Result<Vec<u32>> {
        Ok(self.peek_words(self.port(name)?))
    }

    /// Reads a port of at most 64 bits.
    pub fn peek_id(&self, id: PortId) -> Result<u64> {
        let port = &self.ports()[id.0];
        if port.width > 64 {
            let problem = format!("{} bits do not fit into 64", port.width);
            return Err(CosimError::Port { port: port.name.clone(), problem });
        }
        let mut words = [0; 2];
        self.handle.peek(id.0, &mut words[..port.words()]);
        Ok(u64::from(words[0]) | u64::from(words[1]) << 32)
    }

    /// Reads a port of any width.
    pub fn peek_words(&self, id: PortId) -> Vec<u32> {
        let mut words = vec![0; self.ports()[id.0].words()];
        self.handle.peek(id.0, &mut words);
        words
    }

    /// Lets combinational logic settle.
    pub fn eval(&mut self) -> Result<()> {
        self.handle.eval()
    }

    /// Runs `n` clock cycles.
    pub fn tick(&mut self, n: u64) -> Result<()> {
        self.handle.tick(n)
    }

    /// Clocks the model [`RESET_CYCLES`] times in reset, then releases it. Inputs keep their values.
    pub fn reset(&mut self) -> Result<()> {
        self.handle.reset(RESET_CYCLES)
    }

    /// Rising edges since construction.
    pub fn cycle(&self) -> u64 {
        self.handle.cycles()
    }

    /// Packs all inputs but clock and reset, and all outputs, both by name.
    pub fn layout(&self) -> Layout {
        let api = self.handle.api;
        let chosen = |direction| {
            let of =
                move |i: &usize| api.ports[*i].direction == direction && Some(*i) != api.clock && Some(*i) != api.reset;
            (0..api.ports.len()).filter(of).map(PortId).collect::<Vec<_>>()
        };
        self.packed(&chosen(Direction::Input), &chosen(Direction::Output))
    }

    /// Packs the named ports in this order. Inputs that are not named keep what was poked.
    pub fn layout_of(&self, inputs: &[&str], outputs: &[&str]) -> Result<Layout> {
        let find = |names: &[&str]| names.iter().map(|n| self.port(n)).collect::<Result<Vec<_>>>();
        let (ins, outs) = (find(inputs)?, find(outputs)?);
        for id in &ins {
            let port = &self.ports()[id.0];
            if port.direction == Direction::Output || Some(id.0) == self.handle.api.clock {
                let problem = "it is not an input that vectors can drive".into();
                return Err(CosimError::Port { port: port.name.clone(), problem });
            }
        }
        Ok(self.packed(&ins, &outs))
    }

    fn packed(&self, ins: &[PortId], outs: &[PortId]) -> Layout {
        let words = |ids: &[PortId]| ids.iter().map(|id| self.ports()[id.0].words()).sum();
        let numbers = |ids: &[PortId]| ids.iter().map(|id| id.0 as u32).collect();
        Layout { ins: numbers(ins), outs: numbers(outs), in_words: words(ins), out_words: words(outs) }
    }

    /// Drives one clock cycle for each group of input words and returns the outputs of each cycle, sampled after the
    /// inputs have settled and just before the rising edge. One call into C++ for all cycles.
    pub fn run_vectors(&mut self, layout: &Layout, inputs: &[u32], cycles: usize) -> Result<Vec<u32>> {
        if inputs.len() != cycles * layout.in_words {
            let needed = layout.in_words;
            return Err(CosimError::Data(format!("{} words are not {cycles} cycles of {needed}", inputs.len())));
        }
        let mut outputs = vec![0; cycles * layout.out_words];
        self.handle.run_vectors(&layout.ins, &layout.outs, inputs, &mut outputs, cycles)?;
        Ok(outputs)
    }

    /// Keeps the value of every port before each rising edge from now on, or no longer. A recording that is to be
    /// replayed must begin before the reset.
    pub fn record(&mut self, on: bool) {
        self.handle.record(on);
    }

    /// What was recorded since the last call.
    pub fn take_recording(&mut self) -> Recording {
        let api = self.handle.api;
        let clock = api.clock.map(|c| api.ports[c].name.clone());
        let ports = api.ports.iter().enumerate().filter(|(i, _)| Some(*i) != api.clock);
        Recording::new(clock, ports.map(|(_, p)| p.clone()).collect(), self.handle.take_record())
    }

    /// Extension of the traces this model writes, if it can.
    pub fn trace_extension(&self) -> Option<&'static str> {
        [None, Some("vcd"), Some("fst")][self.handle.api.trace as usize]
    }

    /// Writes a trace of the cycles in the window. Ends an open one.
    pub fn trace_open(&mut self, path: &Path, window: TraceWindow) -> Result<()> {
        self.handle.trace_open(&c_path(path)?, window.start, window.stop)
    }

    /// Completes the trace file.
    pub fn trace_close(&mut self) {
        self.handle.trace_close();
    }
}
