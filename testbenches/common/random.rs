//! Reproducible stimuli.

/// Splitmix64: every seed is as good as another.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// `0..n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// `lo..=hi`.
    pub fn between(&mut self, lo: usize, hi: usize) -> usize {
        lo + self.below(hi - lo + 1)
    }

    /// `lo..=hi`.
    pub fn signed(&mut self, lo: i64, hi: i64) -> i64 {
        lo + (self.next() % (hi - lo + 1) as u64) as i64
    }

    /// True with a probability in percent.
    pub fn percent(&mut self, probability: u32) -> bool {
        self.next() % 100 < u64::from(probability)
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// An activation; the extremes and zero often.
    pub fn activation(&mut self) -> i8 {
        match self.below(8) {
            0 => 127,
            1 => -127,
            2 => 0,
            _ => self.signed(-127, 127) as i8,
        }
    }

    /// A value of `-2^(bits-1) .. 2^(bits-1)`; the extremes often.
    pub fn value(&mut self, bits: u32) -> i64 {
        let half = 1i64 << (bits - 1);
        match self.below(8) {
            0 => half - 1,
            1 => -half,
            2 => 0,
            _ => self.signed(-half, half - 1),
        }
    }
}
