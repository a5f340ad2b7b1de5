//! Port values of a run, cycle by cycle, and the Verilog test bench that replays them in another simulator.

use std::fmt::Write;

use super::error::{CosimError, Result};
use super::ports::{Direction, Port};

/// Every port but the clock, sampled before each rising edge.
#[derive(Debug, Clone)]
pub struct Recording {
    clock: Option<String>,
    ports: Vec<Port>,
    words: Vec<u32>,
}

/// Names of the files of a replay.
pub const INPUTS_FILE: &str = "inputs.hex";
/// See [`INPUTS_FILE`].
pub const EXPECTED_FILE: &str = "expected.hex";
/// Module that [`Recording::testbench`] writes.
pub const TESTBENCH: &str = "memgan_replay";

impl Recording {
    pub(super) fn new(clock: Option<String>, ports: Vec<Port>, words: Vec<u32>) -> Self {
        Self { clock, ports, words }
    }

    /// The recorded ports in their order within a cycle.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Recorded cycles.
    pub fn cycles(&self) -> usize {
        self.words.len() / self.stride().max(1)
    }

    /// Words of one port in one cycle.
    pub fn value(&self, cycle: usize, port: &str) -> Option<&[u32]> {
        let mut at = cycle * self.stride();
        for p in &self.ports {
            if p.name == port {
                return self.words.get(at..at + p.words());
            }
            at += p.words();
        }
        None
    }

    /// Changes a recorded value: a replay must then report this cycle. For tests of the checks themselves.
    pub fn set(&mut self, cycle: usize, port: &str, words: &[u32]) -> Result<()> {
        let mut at = cycle * self.stride();
        for p in &self.ports {
            if p.name == port && words.len() == p.words() && at + p.words() <= self.words.len() {
                self.words[at..at + p.words()].copy_from_slice(words);
                return Ok(());
            }
            at += p.words();
        }
        Err(CosimError::Port { port: port.into(), problem: format!("not recorded in cycle {cycle} with this size") })
    }

    fn stride(&self) -> usize {
        self.ports.iter().map(Port::words).sum()
    }

    fn of(&self, direction: Direction) -> impl Iterator<Item = &Port> {
        self.ports.iter().filter(move |p| p.direction == direction)
    }

    fn width(&self, direction: Direction) -> u32 {
        self.of(direction).map(|p| p.width).sum()
    }

    /// One line for each cycle: the ports of one direction, the first one most significant, for `$readmemh`.
    pub fn hex(&self, direction: Direction) -> String {
        let mut text = String::new();
        for cycle in self.words.chunks_exact(self.stride().max(1)) {
            let mut bits = Vec::new();
            let mut at = cycle.len();
            for port in self.ports.iter().rev() {
                at -= port.words();
                if port.direction == direction {
                    bits.extend((0..port.width as usize).map(|b| cycle[at + b / 32] >> (b % 32) & 1));
                }
            }
            let digits: Vec<u32> = bits.chunks(4).map(|c| c.iter().rev().fold(0, |d, b| d << 1 | b)).collect();
            for digit in digits.iter().rev() {
                let _ = write!(text, "{digit:x}");
            }
            text.push('\n');
        }
        text
    }

    /// A Verilog-2005 test bench: applies the recorded inputs of each cycle, compares the outputs before the rising
    /// edge, prints `MISMATCH cycle <n> <port> got <hex> expected <hex>` for each difference (at most 20) and ends with
    /// `PASS <n> cycles` or `FAIL <n> mismatches`.
    ///
    /// Bits that this simulator does not know are differences, except on the ports of `ignore_x`: data that means
    /// nothing while its valid is 0, or that comes from a memory nobody has written.
    pub fn testbench(&self, top: &str, ignore_x: &[&str]) -> Result<String> {
        if let Some(name) = ignore_x.iter().find(|n| !self.of(Direction::Output).any(|p| p.name == **n)) {
            return Err(CosimError::Port { port: (*name).into(), problem: "not a recorded output".into() });
        }
        let (inputs, outputs) = (self.width(Direction::Input), self.width(Direction::Output));
        if self.cycles() == 0 || inputs == 0 || outputs == 0 {
            return Err(CosimError::Data("nothing recorded that could be replayed".into()));
        }
        let list = |d| self.of(d).map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        let mut nets = String::new();
        let mut pins: Vec<String> = self.clock.iter().map(|c| format!("    .{c}(clock)")).collect();
        let mut checks = String::new();
        for port in &self.ports {
            let (name, msb) = (&port.name, port.width - 1);
            pins.push(format!("    .{name}({name})"));
            if port.direction == Direction::Input {
                let _ = writeln!(nets, "  reg  [{msb}:0] {name};");
                continue;
            }
            let _ = writeln!(nets, "  wire [{msb}:0] {name};\n  reg  [{msb}:0] want_{name};");
            // (p ^ p) is 0 where p is known and x where it is not: what is left are the differences of known bits.
            let differs = if ignore_x.contains(&name.as_str()) {
                format!("(({name} ^ {name}) ^ want_{name}) !== {name}")
            } else {
                format!("{name} !== want_{name}")
            };
            let _ = write!(
                checks,
                "      if ({differs}) begin\n        if (mismatches < 20) $display(\"MISMATCH cycle %0d {name} got %h expected \
                 %h\", i, {name}, want_{name});\n        mismatches = mismatches + 1;\n      end\n"
            );
        }
        let wants = self.of(Direction::Output).map(|p| format!("want_{}", p.name)).collect::<Vec<_>>().join(", ");
        Ok(format!(
            "`timescale 1ns / 1ps
`default_nettype none

// Replays recorded port values and compares the outputs of every cycle.
module {TESTBENCH};
  localparam CYCLES = {cycles};

  reg [{in_msb}:0] inputs [0:CYCLES-1];
  reg [{out_msb}:0] expected [0:CYCLES-1];
  reg clock;
{nets}  integer i;
  integer mismatches;

  {top} u_dut (
{pins}
  );

  initial begin
    $readmemh(\"{INPUTS_FILE}\", inputs);
    $readmemh(\"{EXPECTED_FILE}\", expected);
    clock = 1'b0;
    mismatches = 0;
    for (i = 0; i < CYCLES; i = i + 1) begin
      {{{ins}}} = inputs[i];
      {{{wants}}} = expected[i];
      #5;
{checks}      clock = 1'b1;
      #5;
      clock = 1'b0;
    end
    if (mismatches == 0) $display(\"PASS %0d cycles\", CYCLES);
    else $display(\"FAIL %0d mismatches\", mismatches);
    $finish;
  end
endmodule

`default_nettype wire
",
            cycles = self.cycles(),
            in_msb = inputs - 1,
            out_msb = outputs - 1,
            pins = pins.join(",\n"),
            ins = list(Direction::Input),
        ))
    }
}
