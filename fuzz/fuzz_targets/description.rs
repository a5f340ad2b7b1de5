//! The description: `cargo +nightly fuzz run description`, with the presets as a corpus
//! (`cargo +nightly fuzz run description fuzz/corpus/description src/config/presets`).

#![no_main]

#[path = "../../examples/fuzz_inputs/description.rs"]
#[expect(dead_code, reason = "the fuzzer finds its own inputs")]
mod description;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    description::run(input);
});
