//! Timing of the blocks that sum gradients and errors and turn sums into pulses, without data. Gather and pulse control,
//! which they take turns with, are stepped by their own models.
//!
//! Every register here has its counterpart in `src/rtl/{bias_sum,outer,apply}.rs`.

/// Cycles of a bias sum over `words` words of errors, from `start_i` to the first cycle of `done_o`.
pub fn bias_sum_cycles(words: usize) -> u64 {
    words as u64 + 3
}

/// Outer products: one address of the gradient memory a cycle while the vectors of a position are there.
///
/// The first [`step`](Self::step) is the cycle after `start_i`.
#[derive(Clone, Debug)]
pub struct OuterModel {
    /// Addresses of a position, and how many of this one were read.
    words: usize,
    word: usize,
    positions_left: usize,
    /// Positions whose vectors are complete.
    complete: u8,
    /// The first address of a position is read or written.
    first: [bool; 2],
    last: [bool; 3],
    done: bool,
}

impl OuterModel {
    /// `blocks` blocks of matrix rows with `row_words` addresses each; all at least 1.
    pub fn new(blocks: usize, row_words: usize, positions: usize) -> Self {
        let words = blocks * row_words;
        Self {
            words,
            word: 0,
            positions_left: positions,
            complete: 0,
            first: [false; 2],
            last: [false; 3],
            done: false,
        }
    }

    /// `done_o` in this cycle.
    pub fn done(&self) -> bool {
        self.done
    }

    /// One cycle with this `vector_ready_i`, which is high once a position; returns `apply_o` of the cycle.
    pub fn step(&mut self, vector_ready: bool) -> bool {
        let first = self.word == 0;
        let issue = self.positions_left > 0 && self.complete > 0 && !(first && self.first != [false; 2]);
        self.first = [issue && first, self.first[0]];
        self.word += usize::from(issue);
        let apply = issue && self.word == self.words;
        if apply {
            self.word = 0;
            self.positions_left -= 1;
        }
        self.done |= self.last[2];
        self.last = [apply && self.positions_left == 0, self.last[0], self.last[1]];
        self.complete = self.complete + u8::from(vector_ready) - u8::from(apply);
        apply
    }
}

/// The rows of a gradient memory become vectors of pulses.
///
/// The first [`step`](Self::step) is the cycle after `start_i`.
#[derive(Clone, Debug)]
pub struct ApplyModel {
    row_words: usize,
    rows_left: usize,
    /// Words to read of this row, and its word line.
    slots: usize,
    line: [bool; 2],
    vector_ready: bool,
    all_sent: bool,
}

impl ApplyModel {
    /// `rows` matrix rows of `row_words` gradient words each; all at least 1.
    pub fn new(rows: usize, row_words: usize) -> Self {
        let slots = row_words + 1;
        Self { row_words, rows_left: rows, slots, line: [false; 2], vector_ready: false, all_sent: false }
    }

    /// `vector_ready_o` in this cycle.
    pub fn vector_ready(&self) -> bool {
        self.vector_ready
    }

    /// `all_sent_o` in this cycle.
    pub fn all_sent(&self) -> bool {
        self.all_sent
    }

    /// One cycle with this `apply_i`, which is high only when [`vector_ready`](Self::vector_ready) is.
    pub fn step(&mut self, apply: bool) {
        let line = self.slots == 1;
        self.slots = self.slots.saturating_sub(1);
        self.vector_ready = (self.vector_ready && !apply) || self.line[1];
        self.line = [line, self.line[0]];
        if apply {
            self.rows_left -= 1;
            self.all_sent = self.rows_left == 0;
            self.slots = if self.all_sent { 0 } else { self.row_words + 1 };
        }
    }
}
