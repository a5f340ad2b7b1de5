//! IDX files: never a panic, and what is accepted is what its header says.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use memgan::data::idx;

/// Images and labels, plain and compressed.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut images = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4];
    images.extend(0..24u8);
    let mut labels = vec![0, 0, 8, 1, 0, 0, 0, 5];
    labels.extend(0..5u8);
    let packed: Vec<Vec<u8>> = [&images, &labels]
        .into_iter()
        .map(|plain| {
            let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
            gzip.write_all(plain).expect("memory takes everything");
            gzip.finish().expect("memory takes everything")
        })
        .collect();
    [vec![images, labels], packed].concat()
}

/// Extents at and beyond their limits.
pub const TOKENS: &[&str] = &[
    "\0\0\0\0",
    "\0\0\0\x01",
    "\0\0\x10\0",
    "\0\0\x10\x01",
    "\x7f\x7f\x7f\x7f",
    "\0\0\x08\x03",
    "\0\0\x08\x04",
    "\0\0\x0d\x03",
    "\x1f",
];

/// Tells whether the input is an IDX file.
pub fn run(input: &[u8]) -> bool {
    let Ok(parsed) = idx::parse(input) else { return false };
    assert_eq!(parsed.data.len(), parsed.dimensions.iter().product::<usize>(), "as many elements as the header says");
    assert!(!parsed.data.is_empty());
    let images = idx::images(parsed.clone(), "input");
    let labels = idx::labels(parsed, "input");
    assert!(images.is_err() || labels.is_err(), "a file holds images or labels");
    true
}
