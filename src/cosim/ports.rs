//! The ports of a Verilated model, read from the header that Verilator writes, and the C++ that names them.

use std::fmt::Write;

use super::error::{CosimError, Result};

/// Direction of a port, seen from the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Driven by the test.
    Input,
    /// Driven by the model.
    Output,
}

/// A port of the top module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name in the Verilog text.
    pub name: String,
    /// Bits.
    pub width: u32,
    /// Direction.
    pub direction: Direction,
}

impl Port {
    /// 32-bit words that hold its value, least significant first.
    pub fn words(&self) -> usize {
        self.width.div_ceil(32) as usize
    }
}

/// Which port is the reset and which level resets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reset {
    /// Name of the port.
    pub port: String,
    /// Whether 1 resets; otherwise 0 does.
    pub active_high: bool,
}

/// Reads declarations such as `VL_IN8(&clk_i,0,0);` and `VL_OUTW(&q_o,99,0,4);`.
pub(super) fn parse_header(header: &str) -> Result<Vec<Port>> {
    let mut ports = Vec::new();
    for line in header.lines().map(str::trim) {
        let Some((kind, rest)) = line.strip_prefix("VL_").and_then(|l| l.split_once("(&")) else { continue };
        let direction = match kind.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W') {
            "IN" => Direction::Input,
            "OUT" => Direction::Output,
            _ => return Err(unsupported(line)),
        };
        let inner = rest.strip_suffix(");").ok_or_else(|| unsupported(line))?;
        let fields: Vec<&str> = inner.split(',').map(str::trim).collect();
        let (Some(name), Some(msb), Some(lsb)) = (fields.first(), number(&fields, 1), number(&fields, 2)) else {
            return Err(unsupported(line));
        };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') || name.contains("__") {
            return Err(unsupported(line));
        }
        ports.push(Port { name: (*name).to_string(), width: msb - lsb + 1, direction });
    }
    ports.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(ports)
}

fn number(fields: &[&str], at: usize) -> Option<u32> {
    fields.get(at)?.parse().ok()
}

fn unsupported(line: &str) -> CosimError {
    CosimError::Data(format!("a port that the harness does not support: {line}"))
}

/// What the generated header says beside the ports.
pub(super) struct HeaderSpec<'a> {
    pub class: &'a str,
    pub clock: Option<&'a str>,
    pub reset: Option<&'a Reset>,
    /// 0 none, 1 VCD, 2 FST.
    pub trace: u32,
    pub abi: u32,
}

/// The file `mg_ports.h` that `testbenches/shim/sim.h` documents.
pub(super) fn ports_header(spec: &HeaderSpec, ports: &[Port]) -> Result<String> {
    let mut text = format!("#pragma once\n#include \"{0}.h\"\n#define MG_TOP {0}\n", spec.class);
    let index = |name: &str| {
        ports.iter().position(|p| p.name == name && p.direction == Direction::Input && p.width == 1).ok_or_else(|| {
            CosimError::Port { port: name.into(), problem: "the top module has no one-bit input of this name".into() }
        })
    };
    let clock = spec.clock.map(index).transpose()?;
    let reset = spec.reset.map(|r| index(&r.port)).transpose()?;
    let shown = |i: Option<usize>| i.map_or_else(|| "-1".to_string(), |i| i.to_string());
    let _ = writeln!(text, "#define MG_ABI_VERSION {}\n#define MG_TRACE {}", spec.abi, spec.trace);
    let _ = writeln!(text, "#define MG_CLK_INDEX {}\n#define MG_RST_INDEX {}", shown(clock), shown(reset));
    if let Some(clock) = spec.clock {
        let _ = writeln!(text, "#define MG_CLK {clock}");
    }
    if let Some(reset) = spec.reset {
        let _ = writeln!(text, "#define MG_RST {}\n#define MG_RST_ON {}", reset.port, u8::from(reset.active_high));
    }
    for port in ports {
        let _ = writeln!(text, "#define MG_HAS_{0} 1\n#define MG_W_{0} {1}", port.name, port.width);
    }
    text.push_str("#define MG_PORTS(X)");
    for port in ports {
        let output = u8::from(port.direction == Direction::Output);
        let _ = write!(text, " \\\n    X({}, {}, {output})", port.name, port.width);
    }
    text.push('\n');
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_gives_names_widths_and_directions() {
        let ports =
            parse_header("  VL_IN8(&clk_i,0,0);\n VL_OUTW(&q_o,99,0,4);\n VL_IN64(&b_i,40,8);\n VL_OUT(&n_o,31,0);\n");
        let ports = ports.expect("plain ports");
        let shown: Vec<_> = ports.iter().map(|p| (p.name.as_str(), p.width, p.direction == Direction::Input)).collect();
        assert_eq!(shown, [("b_i", 33, true), ("clk_i", 1, true), ("n_o", 32, false), ("q_o", 100, false)]);
        assert_eq!(ports[3].words(), 4);
    }

    #[test]
    fn ports_of_unknown_kind_are_refused() {
        assert!(parse_header("VL_INOUT8(&pad,0,0);").is_err());
        assert!(parse_header("VL_IN8((&a)[4],0,0);").is_err(), "an array");
        assert!(parse_header("VL_IN8(&int__SYM__,0,0);").is_err());
    }
}
