//! Tests with small hand-written Verilog, on every Verilator there is.

use std::path::PathBuf;

use super::tools::{Toolchain, Verilator, Version};

mod block;
mod design;
mod second;

/// A Verilog file of the shim directory.
fn source(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("testbenches/shim").join(name)
}

/// Debian's Verilator and the newest; says so when one is missing.
fn toolchains() -> Vec<Toolchain> {
    let found = Verilator::all();
    assert!(!found.is_empty(), "no verilator: run scripts/setup.sh");
    if !found.iter().any(|v| v.version > Version { major: 5, minor: 6 }) {
        eprintln!("SKIPPED: the newest Verilator is not installed, run scripts/setup.sh");
    }
    found.into_iter().map(|v| Toolchain::with(v).expect("a C++ compiler")).collect()
}

/// Reproducible words (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }
}
