//! A tile as a netlist for ngspice.

use super::tile::{Tile, line_volts, unit_ampere};
use crate::config::{Design, PairScheme};
use crate::device::CellCode;
use std::fmt::Write;

/// What a netlist shows.
#[derive(Clone, Copy, Debug)]
pub struct Netlist<'a> {
    pub design: &'a Design,
    pub tile: &'a Tile,
    /// Resistance of a segment of a line in ohms; 0 leaves the wires out.
    pub wire_ohm: f64,
    /// One code a word line.
    pub codes: &'a [i8],
    /// Where the devices and the codes are from, for the header.
    pub content: &'a str,
    pub input: &'a str,
}

/// The text of a netlist: it has no time and no path but those of `content` and `input`.
pub fn netlist(n: &Netlist) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    n.write(&mut text).expect("a string takes all text");
    text
}

impl Netlist<'_> {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        self.header(out)?;
        self.drivers(out)?;
        if self.wire_ohm > 0.0 {
            self.word_lines(out)?;
        }
        self.cells(out)?;
        if self.wire_ohm > 0.0 {
            self.bit_lines(out)?;
        }
        self.sense(out)?;
        self.control(out)
    }

    fn header(&self, out: &mut String) -> std::fmt::Result {
        let (tile, device) = (self.tile, &self.design.device);
        writeln!(out, "* One crossbar tile of {}, layer {}, tile {}", self.design.name, tile.layer, tile.index)?;
        writeln!(out, "*")?;
        let mut line = |key: &str, text: String| writeln!(out, "* {key:<15} {text}");
        line("written by", format!("memgan {}", env!("CARGO_PKG_VERSION")))?;
        line("run", "ngspice -b FILE".into())?;
        line(
            "tile",
            format!("{} of {} of the layer, {} of the design", tile.index, tile.layer_tiles, tile.design_index),
        )?;
        line("content", self.content.into())?;
        line("input", format!("{}; one code of -127..127 a word line", self.input))?;
        line("units", "ohm, volt, ampere".into())?;
        let pairs = if tile.lines.pair == PairScheme::Differential {
            "p<c> and m<c> are the bit lines of weight column c, a weight is plus minus minus"
        } else {
            "p<c> is the bit line of weight column c, ref the reference line, a weight is p minus ref"
        };
        line("lines", format!("{} word lines, {} bit lines: {pairs}", tile.lines.rows, tile.lines.bit_lines()))?;
        line("matrix rows", ranges(&tile.matrix_rows, "word lines"))?;
        line("matrix columns", ranges(&tile.matrix_columns, "weight columns"))?;
        let highest = (device.levels - 1) << CellCode::new(self.design).fraction();
        let window = format!("{} ohm at code 0, {} ohm at code {highest}", device.r_off_ohm, device.r_on_ohm);
        line("devices", format!("{window}, evenly spaced in conductance; unused ones weigh zero"))?;
        line("drivers", format!("{} V times code / 127, at the side of bit line 0", device.read_v))?;
        line(
            "wires",
            match self.wire_ohm {
                0.0 => "ideal".into(),
                r => format!("{r} ohm a segment: driver to cell, cell to cell, last cell to sense amplifier"),
            },
        )?;
        line("sense", "sources of 0 V behind the last word line measure the current of each bit line".into())?;
        line(
            "prints",
            "the current of each bit line; the sum of each weight column in input steps times level".into(),
        )?;
        line("", "steps, which with ideal wires is the integer of the golden model beside it".into())
    }

    fn drivers(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n* Drivers")?;
        for (i, &code) in self.codes.iter().enumerate() {
            writeln!(out, "V{i} x{i} 0 DC {:e} ; code {code}", line_volts(self.design, code))?;
        }
        Ok(())
    }

    fn word_lines(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n* Word lines")?;
        for i in 0..self.tile.lines.rows {
            let mut before = format!("x{i}");
            for k in 0..self.tile.lines.bit_lines() {
                let node = self.word_node(i, k);
                writeln!(out, "Rw{i}_{} {before} {node} {}", self.tile.lines.name(k), self.wire_ohm)?;
                before = node;
            }
        }
        Ok(())
    }

    fn cells(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n* Cells: word line, bit line, ohm")?;
        let conductances = self.tile.conductances(self.design);
        for ((i, k), siemens) in conductances.indexed_iter() {
            let (name, code) = (self.tile.lines.name(k), self.tile.codes[(i, k)]);
            let (word, bit) = (self.word_node(i, k), self.bit_node(i, k));
            if *siemens > 0.0 {
                writeln!(out, "Rc{i}_{name} {word} {bit} {} ; code {code}", siemens.recip())?;
            } else {
                writeln!(out, "* c{i}_{name} {word} {bit} open: never formed")?;
            }
        }
        Ok(())
    }

    fn bit_lines(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n* Bit lines")?;
        let last = self.tile.lines.rows - 1;
        for k in 0..self.tile.lines.bit_lines() {
            let name = self.tile.lines.name(k);
            for i in 0..=last {
                let next = if i < last { self.bit_node(i + 1, k) } else { format!("s_{name}") };
                writeln!(out, "Rb{i}_{name} {} {next} {}", self.bit_node(i, k), self.wire_ohm)?;
            }
        }
        Ok(())
    }

    fn sense(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "\n* Sense amplifiers")?;
        for k in 0..self.tile.lines.bit_lines() {
            let name = self.tile.lines.name(k);
            writeln!(out, "Vs_{name} s_{name} 0 DC 0")?;
        }
        Ok(())
    }

    fn control(&self, out: &mut String) -> std::fmt::Result {
        let tile = self.tile;
        writeln!(out, "\n.control\nset numdgt=15\nop")?;
        for k in 0..tile.lines.bit_lines() {
            writeln!(out, "print i(vs_{})", tile.lines.name(k))?;
        }
        writeln!(out, "* ampere a unit of the sums")?;
        writeln!(out, "let unit = {:e}", unit_ampere(self.design))?;
        for (column, sum) in tile.sums(self.codes).into_iter().enumerate() {
            let (plus, minus) = (tile.lines.name(tile.lines.plus(column)), tile.lines.name(tile.lines.minus(column)));
            writeln!(out, "* golden model: {sum}")?;
            writeln!(out, "let sum_{column} = (i(vs_{plus}) - i(vs_{minus})) / unit")?;
            writeln!(out, "print sum_{column}")?;
        }
        writeln!(out, "quit\n.endc\n.end")
    }

    /// Without wires a word line is the driver's node, and a bit line that of the sense amplifier.
    fn word_node(&self, i: usize, k: usize) -> String {
        if self.wire_ohm > 0.0 { format!("w{i}_{}", self.tile.lines.name(k)) } else { format!("x{i}") }
    }

    fn bit_node(&self, i: usize, k: usize) -> String {
        let name = self.tile.lines.name(k);
        if self.wire_ohm > 0.0 { format!("b{i}_{name}") } else { format!("s_{name}") }
    }
}

/// Runs of consecutive matrix indices and the lines that hold them.
fn ranges(places: &[Option<usize>], lines: &str) -> String {
    let mut runs: Vec<[usize; 3]> = vec![];
    for (line, index) in places.iter().enumerate().filter_map(|(line, index)| index.map(|i| (line, i))) {
        match runs.last_mut() {
            Some([first, index_of_first, count]) if *first + *count == line && *index_of_first + *count == index => {
                *count += 1;
            }
            _ => runs.push([line, index, 1]),
        }
    }
    let span = |first: usize, count: usize| match count {
        1 => first.to_string(),
        _ => format!("{first}..{}", first + count - 1),
    };
    let text: Vec<String> =
        runs.iter().map(|&[line, index, n]| format!("{} on {}", span(index, n), span(line, n))).collect();
    let unused = places.iter().filter(|p| p.is_none()).count();
    format!("{} of {lines}; {unused} of {} {lines} are unused", text.join(", "), places.len())
}
