//! What the design wrote to its activation memory.

use std::fmt;

use super::ffi::{RawCompare, RawDifference};

/// A byte that is not what was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// Cycle, counted from construction, in which it was written.
    pub cycle: u64,
    /// Layer that wrote it.
    pub layer: u32,
    /// Byte address: lanes times word address plus lane.
    pub address: u64,
    /// Expected value; 0 if the address is beyond the image.
    pub expected: u8,
    /// Written value.
    pub got: u8,
}

/// A byte that should have been written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unwritten {
    /// Layer of the image, if the image is that of one layer.
    pub layer: Option<u32>,
    /// Byte address.
    pub address: u64,
    /// Expected value.
    pub expected: u8,
}

/// Comparison of all writes with the expected images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compare {
    /// Words written, whether compared or not.
    pub writes: u64,
    /// Different bytes compared.
    pub bytes_checked: u64,
    /// Of these, bytes that had a wrong value at least once.
    pub bytes_wrong: u64,
    /// Bytes that had to be written and were not.
    pub bytes_unwritten: u64,
    /// Byte writes beyond the image.
    pub writes_outside: u64,
    /// Byte writes that no image or a mask of 0 leaves alone.
    pub writes_unchecked: u64,
    /// The first wrong write in time.
    pub first_mismatch: Option<Difference>,
    /// The unwritten byte with the lowest address.
    pub first_unwritten: Option<Unwritten>,
}

impl Compare {
    /// Wrong, unwritten and outside.
    pub fn differences(&self) -> u64 {
        self.bytes_wrong + self.bytes_unwritten + self.writes_outside
    }

    /// Whether at least one byte was compared and none differs.
    pub fn is_equal(&self) -> bool {
        self.bytes_checked > 0 && self.differences() == 0
    }
}

impl fmt::Display for Compare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes_checked, bytes_wrong, bytes_unwritten, writes_outside, .. } = self;
        write!(f, "{bytes_checked} bytes checked, {bytes_wrong} wrong, {bytes_unwritten} not written, ")?;
        write!(f, "{writes_outside} writes beyond the image")?;
        if let Some(d) = &self.first_mismatch {
            write!(f, "; first in cycle {}, layer {}, byte {:#x}: ", d.cycle, d.layer, d.address)?;
            write!(f, "expected {:#04x}, got {:#04x}", d.expected, d.got)?;
        }
        if let Some(u) = &self.first_unwritten {
            write!(f, "; byte {:#x} never written, expected {:#04x}", u.address, u.expected)?;
        }
        Ok(())
    }
}

impl From<RawCompare> for Compare {
    fn from(raw: RawCompare) -> Self {
        let present = |d: RawDifference| (d.present != 0).then_some(d);
        Self {
            writes: raw.writes,
            bytes_checked: raw.checked,
            bytes_wrong: raw.wrong,
            bytes_unwritten: raw.unwritten,
            writes_outside: raw.outside,
            writes_unchecked: raw.unchecked,
            first_mismatch: present(raw.first).map(|d| Difference {
                cycle: d.cycle,
                layer: d.layer,
                address: d.address,
                expected: d.expected,
                got: d.got,
            }),
            first_unwritten: present(raw.first_unwritten).map(|d| Unwritten {
                layer: (d.layer != u32::MAX).then_some(d.layer),
                address: d.address,
                expected: d.expected,
            }),
        }
    }
}

/// Writes in the order in which they happened.
#[derive(Debug, Clone, Default)]
pub struct TapLog {
    lanes: usize,
    stride: usize,
    words: Vec<u32>,
}

/// One write of a [`TapLog`].
#[derive(Debug, Clone, Copy)]
pub struct TapWrite<'a> {
    /// Cycle, counted from construction.
    pub cycle: u64,
    /// Value of `op_o`.
    pub layer: u32,
    /// Word address.
    pub addr: u64,
    lanes: usize,
    mask: &'a [u32],
    data: &'a [u32],
}

impl TapWrite<'_> {
    /// Byte addresses and values that were written.
    pub fn bytes(&self) -> impl Iterator<Item = (u64, u8)> {
        (0..self.lanes)
            .filter(|i| self.mask[i / 32] >> (i % 32) & 1 == 1)
            .map(|i| (self.addr * self.lanes as u64 + i as u64, (self.data[i / 4] >> (i % 4 * 8)) as u8))
    }
}

impl TapLog {
    pub(super) fn new(lanes: usize, stride: usize, words: Vec<u32>) -> Self {
        Self { lanes, stride, words }
    }

    /// Number of writes.
    pub fn len(&self) -> usize {
        self.words.len() / self.stride.max(1)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The writes.
    pub fn iter(&self) -> impl Iterator<Item = TapWrite<'_>> {
        self.words.chunks_exact(self.stride.max(1)).map(|w| {
            let long = |i: usize| u64::from(w[i]) | u64::from(w[i + 1]) << 32;
            let (mask, data) = w[5..].split_at(self.lanes.div_ceil(32));
            TapWrite { cycle: long(0), layer: w[2], addr: long(3), lanes: self.lanes, mask, data }
        })
    }
}
