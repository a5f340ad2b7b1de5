//! What a module must satisfy before it is printed.

mod drive;
mod latch;
mod refs;
mod statements;

use super::expr::{Expr, Name};
use super::module::{Instance, Item, Module, NetKind, PortKind, Width};
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
            Item::Process { kind, body, resets, label } => {
                self.process(*kind, body, label, first);
                // Same driver: the reset branch may not reach beyond the process.
                resets.iter().for_each(|(net, _)| self.drive(net, &[What::Reg], "a reset"));
            }
            Item::Function { function, locals, body, loops, .. } => {
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
}
