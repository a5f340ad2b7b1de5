//! Which instructions the integer kernels may use, decided at run time.

use std::fmt;

/// A set of instructions that this processor has. All sets give identical results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InstructionSet(Level);

/// What a set is made from. Only this file makes sets, after detection: the kernels rely on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
}

impl InstructionSet {
    /// What the compiler's target has.
    pub fn portable() -> Self {
        Self(Level::Portable)
    }

    pub(super) fn level(self) -> Level {
        self.0
    }

    /// Whether kernels multiply neighbouring 16-bit numbers and add the products.
    pub(super) fn multiplies_pairs(self) -> bool {
        self.0 != Level::Portable
    }

    /// Whether kernels for 8-bit weights exist.
    pub(super) fn has_quads(self) -> bool {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => true,
            _ => false,
        }
    }

    /// The fastest set of this processor.
    pub fn detected() -> Self {
        *Self::available().last().expect("portable code runs everywhere")
    }

    /// All sets of this processor, the fastest last.
    pub fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), allow(unused_mut))]
        let mut sets = vec![Self::portable()];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                sets.push(Self(Level::Avx2));
            }
            if is_x86_feature_detected!("avx512f")
                && is_x86_feature_detected!("avx512bw")
                && is_x86_feature_detected!("avx512vl")
                && is_x86_feature_detected!("avx512dq")
                && is_x86_feature_detected!("avx512vnni")
            {
                sets.push(Self(Level::Avx512Vnni));
            }
        }
        sets
    }
}

impl fmt::Display for InstructionSet {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "AVX2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vnni => "AVX-512 VNNI",
        })
    }
}
