//! Names of designs: they become names of Verilog modules and of files.

use super::error::{ConfigError, ProblemKind, Source};
use super::located::Located;

/// Longest name, so that names made from it stay readable in reports and waveforms.
const MAX_LENGTH: usize = 40;

/// Words reserved by Verilog-2005 and SystemVerilog-2017 that the pattern of a name would let pass, sorted.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "accept_on", "alias", "always", "always_comb", "always_ff", "always_latch", "and", "assert", "assign", "assume",
    "automatic", "before", "begin", "bind", "bins", "binsof", "bit", "break", "buf", "bufif0", "bufif1", "byte",
    "case", "casex", "casez", "cell", "chandle", "checker", "class", "clocking", "cmos", "config", "const",
    "constraint", "context", "continue", "cover", "covergroup", "coverpoint", "cross", "deassign", "default",
    "defparam", "design", "disable", "dist", "do", "edge", "else", "end", "endcase", "endchecker", "endclass",
    "endclocking", "endconfig", "endfunction", "endgenerate", "endgroup", "endinterface", "endmodule", "endpackage",
    "endprimitive", "endprogram", "endproperty", "endsequence", "endspecify", "endtable", "endtask", "enum", "event",
    "eventually", "expect", "export", "extends", "extern", "final", "first_match", "for", "force", "foreach",
    "forever", "fork", "forkjoin", "function", "generate", "genvar", "global", "highz0", "highz1", "if", "iff",
    "ifnone", "ignore_bins", "illegal_bins", "implements", "implies", "import", "incdir", "include", "initial",
    "inout", "input", "inside", "instance", "int", "integer", "interconnect", "interface", "intersect", "join",
    "join_any", "join_none", "large", "let", "liblist", "library", "local", "localparam", "logic", "longint",
    "macromodule", "matches", "medium", "modport", "module", "nand", "negedge", "nettype", "new", "nexttime", "nmos",
    "nor", "noshowcancelled", "not", "notif0", "notif1", "null", "or", "output", "package", "packed", "parameter",
    "pmos", "posedge", "primitive", "priority", "program", "property", "protected", "pull0", "pull1", "pulldown",
    "pullup", "pulsestyle_ondetect", "pulsestyle_onevent", "pure", "rand", "randc", "randcase", "randsequence",
    "rcmos", "real", "realtime", "ref", "reg", "reject_on", "release", "repeat", "restrict", "return", "rnmos",
    "rpmos", "rtran", "rtranif0", "rtranif1", "s_always", "s_eventually", "s_nexttime", "s_until", "s_until_with",
    "scalared", "sequence", "shortint", "shortreal", "showcancelled", "signed", "small", "soft", "solve", "specify",
    "specparam", "static", "string", "strong", "strong0", "strong1", "struct", "super", "supply0", "supply1",
    "sync_accept_on", "sync_reject_on", "table", "tagged", "task", "this", "throughout", "time", "timeprecision",
    "timeunit", "tran", "tranif0", "tranif1", "tri", "tri0", "tri1", "triand", "trior", "trireg", "type", "typedef",
    "union", "unique", "unique0", "unsigned", "until", "until_with", "untyped", "use", "uwire", "var", "vectored",
    "virtual", "void", "wait", "wait_order", "wand", "weak", "weak0", "weak1", "while", "wildcard", "wire", "with",
    "within", "wor", "xnor", "xor",
];

/// Checks the name of a design.
pub(super) fn check_name(source: Source, name: &Located<String>) -> Result<(), ConfigError> {
    let text = name.value.as_str();
    let problem = |why: &str, help: String| {
        let allowed = "lower case letters, digits and underscores, starting with a letter, at most 40 characters";
        source
            .blame(ProblemKind::OutOfRange, "name", name)
            .message(format!("`name` is {text:?}, {why}"))
            .allowed(allowed)
            .help(help)
            .into()
    };
    let identifier = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !identifier {
        return Err(problem(
            "which is no identifier",
            "it becomes module and file names, as in \"mnist_small\"".into(),
        ));
    }
    if text.len() > MAX_LENGTH {
        return Err(problem("which is too long", format!("it has {} characters: shorten it", text.len())));
    }
    if KEYWORDS.binary_search(&text).is_ok() {
        return Err(problem("a reserved word of Verilog", format!("choose another, as in \"{text}_gan\"")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::KEYWORDS;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(KEYWORDS.is_sorted());
    }
}
