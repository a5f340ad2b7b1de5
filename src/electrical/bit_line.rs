//! One bit line with its cells, as a ladder from word line 0 to the sense amplifier.

/// A bit line whose ladder was reduced once, for any voltages at the other ends of its cells.
///
/// The recursion adds admittances and puts resistances in series and never subtracts, so it loses no digits however
/// small the wire's resistance is, and zero is no special case.
#[derive(Clone, Debug)]
pub(super) struct BitLine {
    /// Conductances of the cells, word line 0 first.
    cells: Vec<f64>,
    wire_ohm: f64,
    /// What the segment behind each crossing leaves of the current that a short at the crossing would take:
    /// `1 / (1 + wire_ohm * y)` with `y` the admittance of all on the side of word line 0, the own cell included.
    passes: Vec<f64>,
}

impl BitLine {
    pub fn new(cells: Vec<f64>, wire_ohm: f64) -> Self {
        let mut admittance = 0.0;
        let pass = |&cell: &f64| {
            admittance += cell;
            let pass = 1.0 / (1.0 + wire_ohm * admittance);
            admittance *= pass;
            pass
        };
        let passes = cells.iter().map(pass).collect();
        Self { cells, wire_ohm, passes }
    }

    /// Current into the sense amplifier for 1 V at one word line and 0 V at the others, for each word line.
    pub fn transfer(&self) -> Vec<f64> {
        let mut transfer = vec![0.0; self.cells.len()];
        let mut passed = 1.0;
        for i in (0..self.cells.len()).rev() {
            passed *= self.passes[i];
            transfer[i] = self.cells[i] * passed;
        }
        transfer
    }

    /// Voltages along the line for `word` voltages at its cells, and the current into the sense amplifier.
    pub fn solve(&self, word: &[f64], voltages: &mut [f64]) -> f64 {
        let last = self.cells.len() - 1;
        // Forward: what the line's part up to here would drive into a short at this crossing.
        let mut short = 0.0;
        for i in 0..=last {
            short += self.cells[i] * word[i];
            voltages[i] = short;
            short *= self.passes[i];
        }
        let sensed = short;
        // Backward from the sense amplifier: `v = (v_next + r * short) / (1 + r * admittance)`.
        let mut next = 0.0;
        for i in (0..=last).rev() {
            voltages[i] = (next + self.wire_ohm * voltages[i]) * self.passes[i];
            next = voltages[i];
        }
        sensed
    }

    /// Adds the currents that the line draws from all word lines for 1 V at word line `j` to `column`.
    pub fn add_load(&self, j: usize, scratch: &mut Scratch, column: &mut [f64]) {
        scratch.word.fill(0.0);
        scratch.word[j] = 1.0;
        self.solve(&scratch.word, &mut scratch.voltages);
        for (i, sum) in column.iter_mut().enumerate() {
            *sum += self.cells[i] * (scratch.word[i] - scratch.voltages[i]);
        }
    }
}

/// Voltages of one line, kept to be used again.
pub(super) struct Scratch {
    word: Vec<f64>,
    voltages: Vec<f64>,
}

impl Scratch {
    pub fn new(word_lines: usize) -> Self {
        Self { word: vec![0.0; word_lines], voltages: vec![0.0; word_lines] }
    }
}
