//! IDX files: `cargo +nightly fuzz run idx`.

#![no_main]

#[path = "../../examples/fuzz_inputs/idx.rs"]
#[expect(dead_code, reason = "the fuzzer finds its own inputs")]
mod idx;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    idx::run(input);
});
