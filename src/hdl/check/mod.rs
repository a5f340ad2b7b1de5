//! What a module must satisfy before it is printed.

mod drive;
mod latch;

use super::expr::{Amount, Expr, Index, Kind, Name};
use super::module::{Instance, Item, Module, NetKind, PortKind, ProcessKind, Width};
use super::process::{Process, Stmt};
use drive::Drives;
use std::collections::BTreeMap;
use std::ops::Range;

#[derive(Clone, Copy, PartialEq, Debug)]
enum What {
    Input,
    Wire,
    Reg,
    Const,
    Param,
    Mem,
    Function,
    Label,
    LoopVar,
}

#[derive(Debug)]
struct Symbol {
    what: What,
    width: Width,
    visible: bool,
}

struct Checker<'a> {
    module: &'a Module,
    resets: &'a BTreeMap<Name, Expr>,
    symbols: BTreeMap<Name, Symbol>,
    drives: Drives,
    /// Values of the genvars and loop variables around the current item.
    vars: Vec<(Name, i64)>,
    /// What each generate loop declares, by its label.
    scopes: BTreeMap<Name, Vec<Name>>,
    problems: Vec<String>,
}

/// Everything that is wrong with the module, each problem once.
pub(crate) fn problems(module: &Module, resets: &BTreeMap<Name, Expr>) -> Vec<String> {
    let mut checker = Checker {
        module,
        resets,
        symbols: BTreeMap::new(),
        drives: Drives::default(),
        vars: Vec::new(),
        scopes: BTreeMap::new(),
        problems: Vec::new(),
    };
    for param in &module.params {
        checker.declare(&param.name, What::Param, 32.into());
    }
    for port in &module.ports {
        let what = match port.kind {
            PortKind::Input => What::Input,
            PortKind::OutputWire => What::Wire,
            PortKind::OutputReg => What::Reg,
        };
        checker.declare(&port.name, what, port.width.clone());
    }
    checker.items(&module.items, true);
    let all = checker.visible();
    checker.close(&all);
    let mut seen = std::collections::BTreeSet::new();
    checker.problems.retain(|p| seen.insert(p.clone()));
    checker.problems
}

/// Calls `f` for the expression and everything in it, outside first.
pub(crate) fn each(e: &Expr, f: &mut dyn FnMut(&Expr)) {
    f(e);
    let index = |i: &Index, f: &mut dyn FnMut(&Expr)| {
        if let Index::Dyn(e) = i {
            each(e, f);
        }
    };
    match e.kind() {
        Kind::Elem { index: i, .. } => index(i, f),
        Kind::Part { base, index: i } => {
            each(base, f);
            index(i, f);
        }
        Kind::Unary(_, a) | Kind::Repeat(_, a) => each(a, f),
        Kind::Binary(_, a, b) => {
            each(a, f);
            each(b, f);
        }
        Kind::Mux(s, a, b) => [s, a, b].into_iter().for_each(|e| each(e, f)),
        Kind::Shift(_, a, amount) => {
            each(a, f);
            if let Amount::Dyn(e) = amount {
                each(e, f);
            }
        }
        Kind::Concat(parts) | Kind::Call(_, parts) => parts.iter().for_each(|e| each(e, f)),
        Kind::Lit { .. } | Kind::Net(_) | Kind::Const(..) | Kind::Param(_) | Kind::Fill(_) | Kind::LoopVar(_) => {}
    }
}

impl Checker<'_> {
    fn problem(&mut self, text: String) {
        self.problems.push(text);
    }

    fn declare(&mut self, name: &Name, what: What, width: Width) {
        if let Some(p) = width.param.as_ref().filter(|p| !self.symbols.contains_key(*p)) {
            self.problem(format!("`{name}` has the width `{p}`, which is no parameter here"));
        }
        if self.symbols.insert(name.clone(), Symbol { what, width, visible: true }).is_some() {
            self.problem(format!("`{name}` is declared twice"));
        }
    }

    fn items(&mut self, items: &[Item], first: bool) {
        for item in items {
            self.item(item, first);
        }
    }

    fn item(&mut self, item: &Item, first: bool) {
        match item {
            Item::Comment(_) | Item::Section(_) => {}
            Item::Const { name, width, .. } => {
                if first {
                    self.declare(name, What::Const, (*width).into());
                }
            }
            Item::Net { name, kind, width, value, .. } => {
                let what = if *kind == NetKind::Wire { What::Wire } else { What::Reg };
                if first {
                    value.iter().for_each(|v| self.refs(v));
                    self.declare(name, what, width.clone());
                }
                if value.is_some() {
                    self.drives.next();
                    self.drives.add(name, 0, width.bits);
                }
            }
            Item::Mem { mem, .. } => {
                if first {
                    self.declare(&mem.name, What::Mem, mem.width.clone());
                }
            }
            Item::Assign { lhs, rhs } => {
                if first {
                    self.refs(lhs);
                    self.refs(rhs);
                }
                self.drives.next();
                self.drive(lhs, &[What::Wire], "assign");
            }
            Item::Instance(instance) => self.instance(instance, first),
            Item::Process { kind, body, label, .. } => self.process(*kind, body, label, first),
            Item::Function { function, locals, body, loops } => {
                if first {
                    self.function(function, locals, body, loops);
                }
            }
            Item::Ifdef { items, .. } => self.items(items, first),
            Item::For { label, var, range, items } => self.generate(label, var, range, items, first),
        }
    }

    fn visible(&self) -> Vec<Name> {
        self.symbols.iter().filter(|(_, s)| s.visible).map(|(n, _)| n.clone()).collect()
    }

    fn generate(&mut self, label: &Name, var: &Name, range: &Range<usize>, items: &[Item], first: bool) {
        let outside = if first { self.visible() } else { Vec::new() };
        if first {
            self.declare(label, What::Label, 1.into());
            match self.symbols.get_mut(var) {
                Some(symbol) if symbol.what == What::LoopVar && !symbol.visible => symbol.visible = true,
                _ => self.declare(var, What::LoopVar, 32.into()),
            }
        }
        for value in range.clone() {
            let first = first && value == range.start;
            self.vars.push((var.clone(), value as i64));
            self.items(items, first);
            self.vars.pop();
            if first {
                let inside = self.visible().into_iter().filter(|n| outside.binary_search(n).is_err());
                let inside = inside.collect::<Vec<Name>>();
                self.scopes.insert(label.clone(), inside);
            }
            let inside = self.scopes.get(label).cloned().unwrap_or_default();
            self.close(&inside);
        }
        if first {
            for name in self.scopes.get(label).into_iter().flatten() {
                if let Some(symbol) = self.symbols.get_mut(name) {
                    symbol.visible = false;
                }
            }
        }
    }

    fn instance(&mut self, instance: &Instance, first: bool) {
        if first {
            self.declare(&instance.label, What::Label, 1.into());
        }
        self.drives.next();
        for (port, net) in &instance.connections {
            if first {
                self.refs(net);
            }
            if instance.module.port(port).is_some_and(|p| p.kind != PortKind::Input) {
                self.drive(net, &[What::Wire], &format!("port `{port}` of `{}`", instance.label));
            }
        }
    }

    fn function(&mut self, f: &super::module::Function, locals: &[(Name, usize)], body: &[Stmt], loops: &[Name]) {
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

    fn process(&mut self, kind: ProcessKind, body: &Process, label: &Name, first: bool) {
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
                Stmt::For { var, range, body } => {
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

    /// Every name in `e` is declared above, visible and of the width that `e` believes.
    fn refs(&mut self, e: &Expr) {
        let mut found = Vec::new();
        each(e, &mut |e| {
            let (name, what, width) = match e.kind() {
                Kind::Net(name) => (name.clone(), None, Some(e.width())),
                Kind::Const(name, _) => (name.clone(), Some(What::Const), Some(e.width())),
                Kind::Param(name) | Kind::Fill(name) => (name.clone(), Some(What::Param), None),
                Kind::Elem { mem, .. } => (mem.clone(), Some(What::Mem), Some(e.width())),
                Kind::Call(name, _) => (name.clone(), Some(What::Function), Some(e.width())),
                _ => return self.index_refs(e, &mut found),
            };
            self.index_refs(e, &mut found);
            let problem = match self.symbols.get(&name) {
                None => format!("`{name}` is not declared here"),
                Some(s) if !s.visible => format!("`{name}` is used outside of the loop that declares it"),
                Some(s) if what.is_some_and(|w| w != s.what) => format!("`{name}` is not a {what:?} here"),
                Some(s) if what.is_none() && !matches!(s.what, What::Input | What::Wire | What::Reg) => {
                    format!("`{name}` is not a net here")
                }
                Some(s) if width.is_some_and(|w| w != s.width.bits) => {
                    format!("`{name}` has {} bits here and is used with {}", s.width.bits, e.width())
                }
                _ => return,
            };
            found.push(problem);
        });
        self.problems.extend(found);
    }

    fn index_refs(&self, e: &Expr, found: &mut Vec<String>) {
        let ix = match e.kind() {
            Kind::Elem { index: Index::Loop(ix), .. } | Kind::Part { index: Index::Loop(ix), .. } => ix,
            Kind::LoopVar(ix) => ix,
            _ => return,
        };
        ix.each_var(&mut |name, _| {
            if !self.vars.iter().any(|(n, _)| n == name) {
                found.push(format!("the loop variable `{name}` is used outside of its loop"));
            }
        });
    }
}
