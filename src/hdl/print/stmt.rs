//! Statements as Verilog text.

use super::doc::{Doc, comment, text};
use super::expr::{doc, flat};
use crate::hdl::process::Stmt;

/// Writes statements at an indentation.
pub(super) struct Body {
    pub out: String,
    /// Plain assignments are nonblocking.
    pub clocked: bool,
}

impl Body {
    pub(super) fn line(&mut self, indent: usize, line: &str) {
        self.out.extend(std::iter::repeat_n(' ', indent));
        self.out.push_str(line);
        self.out.push('\n');
    }

    fn doc(&mut self, indent: usize, doc: &Doc) {
        self.line(indent, &doc.layout(indent));
    }

    pub(super) fn all(&mut self, indent: usize, stmts: &[Stmt]) {
        for stmt in stmts {
            self.one(indent, stmt);
        }
    }

    fn set(&self, stmt: &Stmt) -> Option<Doc> {
        let Stmt::Set { lhs, rhs, now } = stmt else { return None };
        let sign = if self.clocked && !now { "<=" } else { "=" };
        let value = Doc::Seq(vec![doc(rhs), text(";")]);
        Some(Doc::Seq(vec![text(format!("{} {sign} ", flat(lhs))), value]))
    }

    /// `if (a) begin .. end else if (b) begin .. end else begin .. end`, starting in the current line.
    pub(super) fn chain(&mut self, indent: usize, first: &str, arms: &[(Doc, &[Stmt])], other: Option<&[Stmt]>) {
        for (i, (condition, body)) in arms.iter().enumerate() {
            let word = if i == 0 { first } else { "end else if (" };
            let head = Doc::Seq(vec![text(word), condition.clone(), text(") begin")]);
            self.doc(indent, &head);
            self.all(indent + 2, body);
        }
        if let Some(body) = other {
            self.line(indent, "end else begin");
            self.all(indent + 2, body);
        }
        self.line(indent, "end");
    }

    fn one(&mut self, indent: usize, stmt: &Stmt) {
        match stmt {
            Stmt::Comment(s) => self.out.push_str(&comment(indent, s)),
            Stmt::Set { .. } => {
                if let Some(set) = self.set(stmt) {
                    self.doc(indent, &set);
                }
            }
            Stmt::If { arms, other } => {
                let arms: Vec<_> = arms.iter().map(|(c, body)| (doc(c), body.as_slice())).collect();
                self.chain(indent, "if (", &arms, other.as_deref());
            }
            Stmt::Case { sel, arms, default } => {
                self.line(indent, &format!("case ({})", flat(sel)));
                for (values, body) in arms {
                    let label: Vec<String> = values.iter().map(flat).collect();
                    self.arm(indent + 2, &label.join(", "), body);
                }
                if let Some(body) = default {
                    self.arm(indent + 2, "default", body);
                }
                self.line(indent, "endcase");
            }
            Stmt::For { var, range, bound, body } => {
                let lo = range.start;
                let hi = bound.as_ref().map_or_else(|| range.end.to_string(), flat);
                self.line(indent, &format!("for ({var} = {lo}; {var} < {hi}; {var} = {var} + 1) begin"));
                self.all(indent + 2, body);
                self.line(indent, "end");
            }
            Stmt::Property { word, holds, comment: why } => {
                if !why.is_empty() {
                    self.out.push_str(&comment(indent, why));
                }
                self.doc(indent, &Doc::Seq(vec![text(format!("{word} (")), doc(holds), text(");")]));
            }
            Stmt::Display { format, args } => {
                let mut all = vec![text(format!("\"{format}\""))];
                all.extend(args.iter().map(doc));
                self.doc(indent, &Doc::Seq(vec![text("$display("), Doc::Fill(all), text(");")]));
            }
            Stmt::Finish => self.line(indent, "$finish;"),
            Stmt::Stop => self.line(indent, "$stop;"),
            Stmt::ReadMem { file, mem } => self.line(indent, &format!("$readmemh(\"{file}\", {mem});")),
        }
    }

    fn arm(&mut self, indent: usize, label: &str, body: &[Stmt]) {
        match body {
            [] => self.line(indent, &format!("{label}: ;")),
            [one] if self.set(one).is_some() => {
                if let Some(set) = self.set(one) {
                    self.doc(indent, &Doc::Seq(vec![text(format!("{label}: ")), set]));
                }
            }
            _ => {
                self.line(indent, &format!("{label}: begin"));
                self.all(indent + 2, body);
                self.line(indent, "end");
            }
        }
    }
}
