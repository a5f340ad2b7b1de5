//! The header, the ports and the frame of a module.

use super::doc::{COLUMNS, comment};
use super::item::Items;
use crate::hdl::module::{Module, Param, Port, PortKind, Width};

/// `[7:0]`, `[WIDTH-1:0]` or nothing.
pub(super) fn range(width: &Width) -> String {
    match &width.param {
        Some(p) => format!("[{p}-1:0]"),
        None if width.bits == 1 => String::new(),
        None => format!("[{}:0]", width.bits - 1),
    }
}

/// Everything between the port list and `endmodule`.
pub(crate) fn body(module: &Module) -> String {
    let mut items = Items::default();
    items.all(2, &module.items);
    items.out
}

/// The whole module, without the banner.
pub(crate) fn complete(module: &Module) -> String {
    let mut out = comment(0, &format!("Source: {}", module.source));
    for paragraph in module.doc.iter().chain(&module.contract) {
        out.push_str("//\n");
        out.push_str(&comment(0, paragraph));
    }
    if let Some(latency) = &module.latency {
        out.push_str("//\n");
        out.push_str(&comment(0, &format!("Latency: {latency}.")));
    }
    out.push_str("\n`default_nettype none\n\n");
    if module.black_box {
        out.push_str("(* blackbox *)\n");
    }
    out.push_str(&format!("module {}", module.name));
    params(module, &mut out);
    ports(module, &mut out);
    let inside = module.body();
    if !inside.is_empty() {
        out.push('\n');
        out.push_str(inside);
        out.push('\n');
    }
    out.push_str("endmodule\n\n`default_nettype wire\n");
    out
}

/// A line of a list with its comment at the column `at`, or above it when there is no room.
fn beside(line: &str, at: usize, what: &str, out: &mut String) {
    if what.is_empty() {
        out.push_str(line);
    } else if line.len().max(at) + 5 + what.chars().count() <= COLUMNS {
        out.push_str(&format!("{line:at$}  // {what}"));
    } else {
        out.push_str(&comment(2, what));
        out.push_str(line);
    }
    out.push('\n');
}

fn params(module: &Module, out: &mut String) {
    if module.params.is_empty() {
        return;
    }
    out.push_str(" #(\n");
    let last = module.params.len() - 1;
    let line = |(i, p): (usize, &Param)| {
        format!("  parameter integer {} = {}{}", p.name, p.default, if i == last { "" } else { "," })
    };
    let lines: Vec<String> = module.params.iter().enumerate().map(line).collect();
    let at = lines.iter().map(String::len).max().unwrap_or(0);
    for (line, param) in lines.iter().zip(&module.params) {
        beside(line, at, &param.comment, out);
    }
    out.push(')');
}

fn ports(module: &Module, out: &mut String) {
    if module.ports.is_empty() {
        out.push_str(";\n");
        return;
    }
    out.push_str(" (\n");
    let ranges: Vec<String> = module.ports.iter().map(|p| range(&p.width)).collect();
    let room = ranges.iter().map(String::len).max().unwrap_or(0);
    let last = module.ports.len() - 1;
    let space = if room > 0 { " " } else { "" };
    let line = |(i, (port, range)): (usize, (&Port, &String))| {
        let kind = match port.kind {
            PortKind::Input => "input  wire",
            PortKind::OutputWire => "output wire",
            PortKind::OutputReg => "output reg ",
        };
        format!("  {kind} {range:room$}{space}{}{}", port.name, if i == last { "" } else { "," })
    };
    let lines: Vec<String> = module.ports.iter().zip(&ranges).enumerate().map(line).collect();
    let at = lines.iter().map(String::len).max().unwrap_or(0);
    for (line, port) in lines.iter().zip(&module.ports) {
        if let Some(group) = &port.group {
            out.push_str(&comment(2, group));
        }
        beside(line, at, &port.comment, out);
    }
    out.push_str(");\n");
}
