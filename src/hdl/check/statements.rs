//! Processes and functions.

use super::{Checker, What};
use crate::hdl::expr::Name;
use crate::hdl::module::{Function, ProcessKind};
use crate::hdl::process::{Process, Stmt};

impl Checker<'_> {
    pub(super) fn function(&mut self, f: &Function, locals: &[(Name, usize)], body: &[Stmt], loops: &[Name]) {
        let mut own: Vec<Name> = vec![f.name.clone()];
        self.declare(&f.name, What::Reg, f.width.into());
        for (name, width) in &f.args {
            self.declare(name, What::Input, (*width).into());
        }
        for (name, width) in locals {
            self.declare(name, What::Reg, (*width).into());
        }
        own.extend(f.args.iter().chain(locals).map(|a| a.0.clone()));
        self.loop_vars(loops);
        self.drives.next();
        self.stmts(body, ProcessKind::Comb, true);
        self.latches(&f.name, body);
        self.close(&own);
        for name in own {
            if let Some(symbol) = self.symbols.get_mut(&name) {
                symbol.visible = name == f.name;
                symbol.what = if name == f.name { What::Function } else { symbol.what };
            }
        }
    }

    fn loop_vars(&mut self, loops: &[Name]) {
        for var in loops {
            if self.symbols.get(var).is_none_or(|s| s.what != What::LoopVar) {
                self.declare(var, What::LoopVar, 32.into());
            }
            if let Some(symbol) = self.symbols.get_mut(var) {
                symbol.visible = true;
            }
        }
    }

    pub(super) fn process(&mut self, kind: ProcessKind, body: &Process, label: &Name, first: bool) {
        if first && !body.loops.is_empty() {
            self.declare(label, What::Label, 1.into());
        }
        self.loop_vars(&body.loops);
        let need: &[&str] = match kind {
            ProcessKind::Clocked | ProcessKind::Check => &["clk_i", "rst_ni"],
            ProcessKind::ClockedNoReset => &["clk_i"],
            ProcessKind::Comb | ProcessKind::Initial => &[],
        };
        for port in need.iter().filter(|p| self.module.port(p).is_none()) {
            self.problem(format!("`{label}` is a clocked process and there is no port `{port}`"));
        }
        self.drives.next();
        self.drives.paused = kind == ProcessKind::Initial;
        self.stmts(&body.stmts, kind, first);
        self.drives.paused = false;
        if kind == ProcessKind::Comb && first {
            self.latches(label, &body.stmts);
        }
        for var in &body.loops {
            if let Some(symbol) = self.symbols.get_mut(var) {
                symbol.visible = false;
            }
        }
    }

    fn stmts(&mut self, stmts: &[Stmt], kind: ProcessKind, first: bool) {
        for stmt in stmts {
            match stmt {
                Stmt::Set { lhs, rhs, now } => {
                    if first {
                        self.refs(lhs);
                        self.refs(rhs);
                        self.may_set(lhs, kind, *now);
                    }
                    self.drive(lhs, &[What::Reg, What::Mem], "a process");
                }
                Stmt::If { arms, other } => {
                    for (condition, body) in arms {
                        if first {
                            self.refs(condition);
                        }
                        self.stmts(body, kind, first);
                    }
                    other.iter().for_each(|body| self.stmts(body, kind, first));
                }
                Stmt::Case { sel, arms, default } => {
                    if first {
                        self.refs(sel);
                    }
                    arms.iter().for_each(|(_, body)| self.stmts(body, kind, first));
                    default.iter().for_each(|body| self.stmts(body, kind, first));
                }
                Stmt::For { var, range, bound, body } => {
                    bound.iter().filter(|_| first).for_each(|bound| self.refs(bound));
                    for value in range.clone() {
                        self.vars.push((var.clone(), value as i64));
                        self.stmts(body, kind, first && value == range.start);
                        self.vars.pop();
                    }
                }
                Stmt::Property { holds, .. } => self.refs(holds),
                Stmt::Display { args, .. } => args.iter().for_each(|a| self.refs(a)),
                Stmt::ReadMem { mem, .. } => self.drives.add(mem, 0, 1),
                Stmt::Comment(_) | Stmt::Finish | Stmt::Stop => {}
            }
        }
    }
}
