//! Combinational processes: everything is assigned on every path, before it is read.

use super::refs::each;
use super::{Checker, What};
use crate::hdl::expr::{Expr, Index, Kind, Name};
use crate::hdl::process::Stmt;
use crate::hdl::structure::{each_set, target};
use std::collections::BTreeSet;

struct Walk {
    targets: BTreeSet<Name>,
    early: BTreeSet<Name>,
    reads: usize,
}

type Done = BTreeSet<Name>;

fn both(sets: Vec<Done>) -> Done {
    sets.into_iter().reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default()
}

impl Walk {
    fn read(&mut self, e: &Expr, done: &Done) {
        each(e, &mut |e| match e.kind() {
            Kind::Net(name) if !self.targets.contains(name) => self.reads += 1,
            Kind::Net(name) if !done.contains(name) => {
                self.early.insert(name.clone());
            }
            Kind::Elem { .. } => self.reads += 1,
            _ => {}
        });
    }

    /// Reads inside the brackets of an assigned part.
    fn read_index(&mut self, lhs: &Expr, done: &Done) {
        match lhs.kind() {
            Kind::Part { index: Index::Dyn(e), .. } => self.read(e, done),
            Kind::Concat(parts) => parts.iter().for_each(|p| self.read_index(p, done)),
            _ => {}
        }
    }

    fn block(&mut self, stmts: &[Stmt], mut done: Done) -> Done {
        for stmt in stmts {
            match stmt {
                Stmt::Set { lhs, rhs, .. } => {
                    self.read(rhs, &done);
                    self.read_index(lhs, &done);
                    let parts = match lhs.kind() {
                        Kind::Concat(parts) => parts.as_slice(),
                        _ => std::slice::from_ref(lhs),
                    };
                    done.extend(parts.iter().filter_map(|p| match p.kind() {
                        Kind::Net(name) => Some(name.clone()),
                        _ => None,
                    }));
                }
                Stmt::If { arms, other } => {
                    arms.iter().for_each(|(condition, _)| self.read(condition, &done));
                    let mut ends: Vec<Done> = arms.iter().map(|(_, body)| self.block(body, done.clone())).collect();
                    ends.push(self.block(other.as_deref().unwrap_or(&[]), done.clone()));
                    done = both(ends);
                }
                Stmt::Case { sel, arms, default } => {
                    self.read(sel, &done);
                    let mut ends: Vec<Done> = arms.iter().map(|(_, body)| self.block(body, done.clone())).collect();
                    let items: usize = arms.iter().map(|(values, _)| values.len()).sum();
                    if default.is_some() || sel.width() >= 32 || items < 1 << sel.width() {
                        ends.push(self.block(default.as_deref().unwrap_or(&[]), done.clone()));
                    }
                    done = both(ends);
                }
                Stmt::For { body, .. } => done = self.block(body, done),
                Stmt::Display { args, .. } => args.iter().for_each(|a| self.read(a, &done)),
                Stmt::Property { holds, .. } => self.read(holds, &done),
                Stmt::Comment(_) | Stmt::Finish | Stmt::Stop | Stmt::ReadMem { .. } => {}
            }
        }
        done
    }
}

impl Checker<'_> {
    /// Problems of a combinational process or function.
    pub(super) fn latches(&mut self, label: &Name, stmts: &[Stmt]) {
        let mut targets = BTreeSet::new();
        each_set(stmts, &mut |lhs| targets.extend(target(lhs).cloned()));
        let mut walk = Walk { targets, early: BTreeSet::new(), reads: 0 };
        let done = walk.block(stmts, Done::new());
        for name in walk.early {
            self.problem(format!("`{label}` reads `{name}` before it assigns it"));
        }
        for name in walk.targets.difference(&done) {
            self.problem(format!("`{label}` does not assign `{name}` on every path: a latch; assign it whole first"));
        }
        let mut memories = BTreeSet::new();
        each_stmt_expr(stmts, &mut |e| {
            each(e, &mut |e| {
                if let Kind::Elem { mem, .. } = e.kind() {
                    memories.insert(mem.clone());
                }
            });
        });
        for mem in memories {
            self.problem(format!("`{label}` reads memory `{mem}`: read it into a wire first"));
        }
        let function = self.symbols.get(label).is_some_and(|s| s.what == What::Reg);
        if walk.reads == 0 && !function {
            self.problem(format!("`{label}` reads nothing and would never run: use a wire"));
        }
    }
}

fn each_stmt_expr(stmts: &[Stmt], f: &mut dyn FnMut(&Expr)) {
    for stmt in stmts {
        match stmt {
            Stmt::Set { rhs, .. } => f(rhs),
            Stmt::If { arms, other } => {
                for (condition, body) in arms {
                    f(condition);
                    each_stmt_expr(body, f);
                }
                other.iter().for_each(|body| each_stmt_expr(body, f));
            }
            Stmt::Case { sel, arms, default } => {
                f(sel);
                arms.iter().for_each(|(_, body)| each_stmt_expr(body, f));
                default.iter().for_each(|body| each_stmt_expr(body, f));
            }
            Stmt::For { body, .. } => each_stmt_expr(body, f),
            Stmt::Property { holds, .. } => f(holds),
            Stmt::Display { args, .. } => args.iter().for_each(&mut *f),
            Stmt::Comment(_) | Stmt::Finish | Stmt::Stop | Stmt::ReadMem { .. } => {}
        }
    }
}
