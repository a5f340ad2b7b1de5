//! A memory outside of a block: what `memgan::rtl::blocks::sram` does, and nobody relies on more.

use super::{Bench, Random};

/// Words of `lanes` values of `width` bits with one read and at most one write port, called
/// `<port>_read_valid_o` and so on.
pub struct Memory {
    pub words: Vec<Vec<i64>>,
    port: &'static str,
    width: usize,
    /// Words of an address, told apart by a port.
    rows: usize,
    /// Read data: kept until the next read.
    output: Vec<i64>,
}

impl Memory {
    /// Not zero after power-up.
    pub fn new(port: &'static str, words: usize, lanes: usize, width: u32, random: &mut Random) -> Self {
        let mut word = || -> Vec<i64> { (0..lanes).map(|_| random.value(width)).collect() };
        Self { words: (0..words).map(|_| word()).collect(), output: word(), port, width: width as usize, rows: 1 }
    }

    /// An address holds `rows` words: word `address * rows + row`, with the row at the port `.._row_o`.
    pub fn with_rows(self, rows: usize) -> Self {
        Self { rows, ..self }
    }

    fn place(&self, bench: &mut Bench, access: &str) -> usize {
        let row = if self.rows > 1 { bench.get(&format!("{}_row_o", self.port)) as usize } else { 0 };
        bench.get(&format!("{}_{access}_address_o", self.port)) as usize * self.rows + row
    }

    /// Drives the read data; before `eval`.
    pub fn drive(&self, bench: &mut Bench) {
        bench.set_all(&format!("{}_read_data_i", self.port), self.width, self.output.iter().copied());
    }

    /// Serves the read port; after `eval`. Returns the word that is read.
    pub fn read(&mut self, bench: &mut Bench) -> Option<usize> {
        let read = bench.flag(&format!("{}_read_valid_o", self.port));
        let word = read.then(|| self.place(bench, "read"));
        if let Some(word) = word {
            self.output.clone_from(&self.words[word]);
        }
        word
    }

    /// Serves both ports; after `eval`. Returns the words that are read and written.
    pub fn serve(&mut self, bench: &mut Bench) -> (Option<usize>, Option<usize>) {
        let read = self.read(bench);
        let write = bench.flag(&format!("{}_write_valid_o", self.port));
        let written = write.then(|| self.place(bench, "write"));
        if let Some(word) = written {
            assert_ne!(read, written, "a word is read in the cycle in which it is written");
            let lanes = self.output.len();
            self.words[word] = bench.get_signed(&format!("{}_write_data_o", self.port), self.width, lanes);
        }
        (read, written)
    }
}
