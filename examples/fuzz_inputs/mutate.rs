//! Deterministic mutation of texts: input `index` of seed `seed` is always the same.

/// SplitMix64.
pub struct Random(u64);

impl Random {
    /// A stream of its own for every index.
    pub fn new(seed: u64, index: u64) -> Self {
        let mut mixed = Self(seed);
        let start = mixed.next() ^ index.wrapping_mul(0x2545_F491_4F6C_DD1D);
        Self(start)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `bound - 1`; 0 for a bound of 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % (bound.max(1) as u64)) as usize
    }

    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Longest mutated input, in bytes.
const MAX_BYTES: usize = 1 << 16;

/// Makes one to eight changes to one of the seeds; `tokens` are pieces that are worth inserting.
pub fn mutate(seeds: &[Vec<u8>], tokens: &[&str], random: &mut Random) -> Vec<u8> {
    let mut input = random.pick(seeds).clone();
    for _ in 0..=random.below(8) {
        change(&mut input, seeds, tokens, random);
        input.truncate(MAX_BYTES);
    }
    input
}

fn change(input: &mut Vec<u8>, seeds: &[Vec<u8>], tokens: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(16)).min(input.len());
    let token = || tokens.is_empty().then_some(&b""[..]);
    match random.below(12) {
        0 => input.truncate(at),
        1 => drop(input.drain(at..end)),
        2 => input.insert(at, random.next() as u8),
        3 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        4 => {
            let piece = input[at..end].to_vec();
            let to = random.below(input.len() + 1);
            input.splice(to..to, piece);
        }
        5 => {
            let other = random.pick(seeds);
            let from = random.below(other.len() + 1);
            let to = (from + random.below(200)).min(other.len());
            input.splice(at..at, other[from..to].iter().copied());
        }
        6 => {
            let piece = token().unwrap_or_else(|| random.pick(tokens).as_bytes());
            input.splice(at..at, piece.iter().copied());
        }
        7 | 8 => {
            let (start, end) = number_near(input, at);
            let piece = token().unwrap_or_else(|| random.pick(tokens).as_bytes());
            input.splice(start..end, piece.iter().copied());
        }
        kind => {
            let (start, end) = line_at(input, at);
            let line = input[start..end].to_vec();
            if kind != 9 {
                drop(input.drain(start..end));
            }
            if kind != 10 {
                let to = random.below(input.len() + 1);
                let to = line_at(input, to).0;
                input.splice(to..to, line);
            }
        }
    }
}

/// The run of digits that starts at or after `at`, or an empty one.
fn number_near(input: &[u8], at: usize) -> (usize, usize) {
    let start = input[at..].iter().position(u8::is_ascii_digit).map_or(at, |offset| at + offset);
    let digits = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    (start, start + digits)
}

/// The line that `at` is in, with its line break.
fn line_at(input: &[u8], at: usize) -> (usize, usize) {
    let start = input[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |before| before + 1);
    let end = input[at..].iter().position(|&byte| byte == b'\n').map_or(input.len(), |offset| at + offset + 1);
    (start, end)
}
