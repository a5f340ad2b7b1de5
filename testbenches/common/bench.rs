//! A block, printed, built with Verilator and driven cycle by cycle.

use memgan::cosim::{BuildSpec, CosimError, Model, Optimise};
use memgan::hdl::{Module, Printer};
use std::path::{Path, PathBuf};

/// Writes a module and all that it instantiates into `dir`, one file a module.
pub fn print(module: &Module, dir: &Path) -> Vec<PathBuf> {
    let write = |(name, text): (String, String)| {
        let path = dir.join(format!("{name}.v"));
        std::fs::write(&path, text).expect("the temporary directory takes files");
        path
    };
    Printer::new("0.0.0", "0000000000000000").print(module).into_iter().map(write).collect()
}

/// Values of `width` bits each, the first in the low bits, as words of a port.
pub fn pack(values: impl IntoIterator<Item = i64>, width: usize) -> Vec<u32> {
    let mut words = Vec::new();
    for (at, value) in values.into_iter().enumerate() {
        for bit in 0..width {
            let place = at * width + bit;
            if words.len() <= place / 32 {
                words.push(0);
            }
            words[place / 32] |= ((value >> bit & 1) as u32) << (place % 32);
        }
    }
    words
}

/// Unsigned values of `width` bits each from the words of a port.
pub fn unpack(words: &[u32], width: usize, count: usize) -> Vec<u64> {
    let bit = |place: usize| u64::from(words[place / 32] >> (place % 32) & 1);
    (0..count).map(|i| (0..width).map(|b| bit(i * width + b) << b).sum()).collect()
}

/// Two's complement of `width` bits.
pub fn signed(value: u64, width: usize) -> i64 {
    (value << (64 - width)) as i64 >> (64 - width)
}

/// A block after reset. A cycle is: set inputs, `eval`, get outputs, `tick`.
pub struct Bench {
    pub model: Model,
}

impl Bench {
    /// Builds with the default tools; warnings of Verilator are errors.
    pub fn new(module: &Module) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let files = print(module, dir.path());
        // Blocks run few cycles: most of the time would go into optimising them.
        let spec = BuildSpec { optimise: Optimise::Build, ..BuildSpec::new(module.name(), files) };
        Self { model: Model::start(&spec).unwrap_or_else(|e| panic!("{}: {e}", module.name())) }
    }

    pub fn set(&mut self, port: &str, value: impl TryInto<u64>) {
        let value = value.try_into().ok().expect("ports are unsigned");
        self.model.poke(port, value).expect(port);
    }

    /// Sets a port of several values of `width` bits each.
    pub fn set_all(&mut self, port: &str, width: usize, values: impl IntoIterator<Item = i64>) {
        self.model.poke_wide(port, &pack(values, width)).expect(port);
    }

    pub fn get(&mut self, port: &str) -> u64 {
        self.model.peek(port).expect(port)
    }

    pub fn flag(&mut self, port: &str) -> bool {
        self.get(port) == 1
    }

    /// Reads a port of `count` values of `width` bits each.
    pub fn get_all(&mut self, port: &str, width: usize, count: usize) -> Vec<u64> {
        unpack(&self.model.peek_wide(port).expect(port), width, count)
    }

    /// Signed values.
    pub fn get_signed(&mut self, port: &str, width: usize, count: usize) -> Vec<i64> {
        self.get_all(port, width, count).into_iter().map(|v| signed(v, width)).collect()
    }

    pub fn eval(&mut self) {
        self.model.eval().expect("the block settles");
    }

    pub fn tick(&mut self) {
        self.try_tick().expect("no check of the block fails");
    }

    /// The error of a check that failed.
    pub fn try_tick(&mut self) -> Result<(), CosimError> {
        self.model.tick(1)
    }

    pub fn reset(&mut self) {
        self.model.reset().expect("reset");
    }
}
