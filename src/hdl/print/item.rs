//! Declarations, processes, instances and loops.

use super::doc::{COLUMNS, Doc, comment, text};
use super::expr::{doc, flat};
use super::module::range;
use super::stmt::Body;
use crate::hdl::expr::{Expr, Name};
use crate::hdl::module::{Attr, Instance, Item, NetKind, ProcessKind};
use crate::hdl::process::{Process, Stmt};
use std::mem::{Discriminant, discriminant};

/// Writes the items of a module.
#[derive(Default)]
pub(super) struct Items {
    pub out: String,
    genvars: Vec<Name>,
    /// Inside of `generate`.
    inside: bool,
}

/// Items of one class follow each other without a blank line.
fn class(item: &Item) -> Option<Discriminant<Item>> {
    matches!(item, Item::Const { .. } | Item::Net { .. } | Item::Mem { .. } | Item::Assign { .. })
        .then(|| discriminant(item))
}

fn attrs(list: &[Attr]) -> String {
    if list.is_empty() {
        return String::new();
    }
    let all: Vec<String> = list.iter().map(|(name, value)| format!("{name} = \"{value}\"")).collect();
    format!("(* {} *) ", all.join(", "))
}

/// `wire [7:0]`, for the alignment of a run of declarations.
fn head(item: &Item) -> Option<(String, String)> {
    match item {
        Item::Net { kind, width, attrs: list, .. } => {
            let word = if *kind == NetKind::Wire { "wire" } else { "reg" };
            Some((format!("{}{word}", attrs(list)), range(width)))
        }
        Item::Const { width, .. } => Some(("localparam".to_owned(), range(&(*width).into()))),
        _ => None,
    }
}

impl Items {
    pub(super) fn all(&mut self, indent: usize, items: &[Item]) {
        let mut start = 0;
        while start < items.len() {
            let kind = class(&items[start]);
            let mut end = start + 1;
            while kind.is_some() && end < items.len() && class(&items[end]) == kind {
                end += 1;
            }
            let after_comment = start > 0 && matches!(items[start - 1], Item::Comment(_));
            if start > 0 && !after_comment {
                self.out.push('\n');
            }
            self.run(indent, &items[start..end]);
            start = end;
        }
    }

    fn run(&mut self, indent: usize, items: &[Item]) {
        let heads: Vec<_> = items.iter().map(head).collect();
        let word = heads.iter().flatten().map(|h| h.0.len()).max().unwrap_or(0);
        let room = heads.iter().flatten().map(|h| h.1.len()).max().unwrap_or(0);
        let names =
            items.iter().map(|i| if let Item::Const { name, .. } = i { name.len() } else { 0 }).max().unwrap_or(0);
        for (item, head) in items.iter().zip(&heads) {
            let head = head.as_ref().map(|(w, r)| {
                let space = if room > 0 { " " } else { "" };
                format!("{w:word$}{space}{r:room$}")
            });
            self.item(indent, item, &head.unwrap_or_default(), names);
        }
    }

    fn line(&mut self, indent: usize, line: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn doc(&mut self, indent: usize, doc: Doc, beside: &str) {
        let mut lines = doc.layout(indent);
        if !beside.is_empty() {
            let last = lines.lines().last().map_or(0, str::len);
            let first = lines.lines().count() == 1;
            if first && indent + last + 5 + beside.len() <= COLUMNS {
                lines.push_str(&format!("  // {beside}"));
            } else {
                self.out.push_str(&comment(indent, beside));
            }
        }
        self.line(indent, &lines);
    }

    fn item(&mut self, indent: usize, item: &Item, head: &str, room: usize) {
        match item {
            Item::Comment(s) => self.out.push_str(&comment(indent, s)),
            Item::Section(s) => self.out.push_str(&comment(indent, &format!("---- {s} ----"))),
            Item::Const { name, value, comment, .. } => {
                let parts = vec![text(format!("{head} {name:room$} = ")), doc(value), text(";")];
                self.doc(indent, Doc::Seq(parts), comment);
            }
            Item::Net { name, value: None, comment, .. } => {
                self.doc(indent, text(format!("{head} {name};")), comment);
            }
            Item::Net { name, value: Some(value), comment, .. } => {
                let parts = vec![text(format!("{head} {name} = ")), doc(value), text(";")];
                self.doc(indent, Doc::Seq(parts), comment);
            }
            Item::Mem { mem, attrs: list, comment } => {
                let range = range(&mem.width);
                let depth = match &mem.depth.param {
                    Some(p) => format!("{p}-1"),
                    None => (mem.depth.bits - 1).to_string(),
                };
                let space = if range.is_empty() { "" } else { " " };
                let line = format!("{}reg{space}{range} {} [0:{depth}];", attrs(list), mem.name);
                self.doc(indent, text(line), comment);
            }
            Item::Assign { lhs, rhs } => {
                let parts = vec![text(format!("assign {} = ", flat(lhs))), doc(rhs), text(";")];
                self.doc(indent, Doc::Seq(parts), "");
            }
            Item::Process { kind, body, resets, label } => self.process(indent, *kind, body, resets, label),
            function @ Item::Function { .. } => self.function(indent, function),
            Item::Instance(instance) => self.instance(indent, instance),
            Item::For { label, var, range, items } => {
                let outer = self.genvars.clone();
                if !self.genvars.contains(var) {
                    self.genvars.push(var.clone());
                    self.line(indent, &format!("genvar {var};"));
                }
                let nested = self.inside;
                let (lo, hi) = (range.start, range.end);
                if !nested {
                    self.line(indent, "generate");
                }
                let at = if nested { indent } else { indent + 2 };
                let was = std::mem::replace(&mut self.inside, true);
                self.line(at, &format!("for ({var} = {lo}; {var} < {hi}; {var} = {var} + 1) begin : {label}"));
                self.all(at + 2, items);
                self.line(at, "end");
                self.inside = was;
                if !nested {
                    self.line(indent, "endgenerate");
                } else {
                    self.genvars = outer;
                }
            }
            Item::Ifdef { defined, items } => {
                let genvars = self.genvars.clone();
                // Yosys knows neither `$display` nor `$stop` in a clocked block.
                let head = if *defined { "`ifdef FORMAL\n" } else { "`ifndef SYNTHESIS\n`ifndef FORMAL\n" };
                self.out.push_str(head);
                self.all(indent, items);
                self.out.push_str(if *defined { "`endif\n" } else { "`endif\n`endif\n" });
                self.genvars = genvars;
            }
        }
    }

    fn process(&mut self, indent: usize, kind: ProcessKind, body: &Process, resets: &[(Expr, Expr)], label: &Name) {
        let when = match kind {
            ProcessKind::Clocked | ProcessKind::Check => "always @(posedge clk_i or negedge rst_ni)",
            ProcessKind::ClockedNoReset => "always @(posedge clk_i)",
            ProcessKind::Comb => "always @*",
            ProcessKind::Initial => "initial",
        };
        let clocked = matches!(kind, ProcessKind::Clocked | ProcessKind::ClockedNoReset);
        let models = clocked && sets_now(&body.stmts);
        let mut b = Body { out: String::new(), clocked };
        if models {
            b.line(indent, "// Not for synthesis: the model computes in steps within one clock edge.");
            b.line(indent, "// verilator lint_off BLKSEQ");
        }
        let name = if body.loops.is_empty() { String::new() } else { format!(" : {label}") };
        b.line(indent, &format!("{when} begin{name}"));
        for var in &body.loops {
            b.line(indent + 2, &format!("integer {var};"));
        }
        match kind {
            ProcessKind::Clocked => {
                b.line(indent + 2, "if (!rst_ni) begin");
                for (net, value) in resets {
                    b.all(indent + 4, &[Stmt::Set { lhs: net.clone(), rhs: value.clone(), now: false }]);
                }
                if let [Stmt::If { arms, other }] = body.stmts.as_slice() {
                    let arms: Vec<_> = arms.iter().map(|(c, body)| (doc(c), body.as_slice())).collect();
                    b.chain(indent + 2, "end else if (", &arms, other.as_deref());
                } else {
                    b.line(indent + 2, "end else begin");
                    b.all(indent + 4, &body.stmts);
                    b.line(indent + 2, "end");
                }
            }
            ProcessKind::Check => {
                b.line(indent + 2, "if (rst_ni) begin");
                b.all(indent + 4, &body.stmts);
                b.line(indent + 2, "end");
            }
            _ => b.all(indent + 2, &body.stmts),
        }
        b.line(indent, "end");
        if models {
            b.line(indent, "// verilator lint_on BLKSEQ");
        }
        self.out.push_str(&b.out);
    }

    fn function(&mut self, indent: usize, item: &Item) {
        let Item::Function { function: f, locals, body, loops, called } = item else { return };
        let sized = |word: &str, name: &str, width: usize| {
            let range = range(&width.into());
            if range.is_empty() { format!("{word} {name}") } else { format!("{word} {range} {name}") }
        };
        let args: Vec<String> = f.args.iter().map(|(n, w)| sized("input", n, *w)).collect();
        let mut b = Body { out: String::new(), clocked: false };
        b.line(
            indent,
            &format!(
                "{}({});",
                sized(if *called { "function automatic" } else { "function" }, &f.name, f.width),
                args.join(", ")
            ),
        );
        if *called {
            b.line(indent + 2, "// verilator no_inline_task");
        }
        for (name, width) in locals {
            b.line(indent + 2, &format!("{};", sized("reg", name, *width)));
        }
        for var in loops {
            b.line(indent + 2, &format!("integer {var};"));
        }
        b.line(indent + 2, "begin");
        b.all(indent + 4, body);
        b.line(indent + 2, "end");
        b.line(indent, "endfunction");
        self.out.push_str(&b.out);
    }

    fn instance(&mut self, indent: usize, instance: &Instance) {
        let mut line = format!("{}{} ", attrs(&instance.attrs), instance.module.name);
        if !instance.params.is_empty() {
            let all: Vec<String> = instance.params.iter().map(|(n, v)| format!(".{n}({v})")).collect();
            line.push_str(&format!("#({}) ", all.join(", ")));
        }
        self.line(indent, &format!("{line}{} (", instance.label));
        let room = instance.connections.iter().map(|c| c.0.len()).max().unwrap_or(0);
        let last = instance.connections.len().saturating_sub(1);
        for (i, (port, net)) in instance.connections.iter().enumerate() {
            let comma = if i == last { "" } else { "," };
            let parts = vec![text(format!(".{port:room$} (")), doc(net), text(format!("){comma}"))];
            self.doc(indent + 2, Doc::Seq(parts), "");
        }
        self.line(indent, ");");
    }
}

fn sets_now(stmts: &[Stmt]) -> bool {
    stmts.iter().any(|stmt| match stmt {
        Stmt::Set { now, .. } => *now,
        Stmt::If { arms, other } => {
            arms.iter().any(|(_, body)| sets_now(body)) || other.as_deref().is_some_and(sets_now)
        }
        Stmt::Case { arms, default, .. } => {
            arms.iter().any(|(_, body)| sets_now(body)) || default.as_deref().is_some_and(sets_now)
        }
        Stmt::For { body, .. } => sets_now(body),
        _ => false,
    })
}
