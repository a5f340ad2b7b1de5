//! Writing a module: processes, functions, loops and conditional parts.

use super::bits::Bits;
use super::builder::Builder;
use super::expr::{Expr, Index, Kind, Name};
use super::index::Ix;
use super::module::{Function, Item, ProcessKind};
use super::process::{Bound, Process, Stmt};
use std::borrow::Borrow;
use std::ops::Range;

/// The net that an assignment to `lhs` changes.
pub(crate) fn target(lhs: &Expr) -> Option<&Name> {
    match lhs.kind() {
        Kind::Net(name) | Kind::Elem { mem: name, .. } => Some(name),
        Kind::Part { base, .. } => target(base),
        _ => None,
    }
}

/// A part of a net that is the same bits every time its process runs.
fn fixed_part(lhs: &Expr) -> bool {
    match lhs.kind() {
        Kind::Part { index: Index::At(_), .. } => true,
        Kind::Part { index: Index::Loop(ix), .. } => {
            let mut fixed = true;
            ix.each_var(&mut |_, genvar| fixed &= genvar);
            fixed
        }
        _ => false,
    }
}

/// Calls `f` for every assignment, in order.
pub(crate) fn each_set<'a>(stmts: &'a [Stmt], f: &mut dyn FnMut(&'a Expr)) {
    for stmt in stmts {
        match stmt {
            Stmt::Set { lhs, .. } => match lhs.kind() {
                Kind::Concat(parts) => parts.iter().for_each(&mut *f),
                _ => f(lhs),
            },
            Stmt::If { arms, other } => {
                arms.iter().for_each(|(_, body)| each_set(body, f));
                other.iter().for_each(|body| each_set(body, f));
            }
            Stmt::Case { arms, default, .. } => {
                arms.iter().for_each(|(_, body)| each_set(body, f));
                default.iter().for_each(|body| each_set(body, f));
            }
            Stmt::For { body, .. } => each_set(body, f),
            _ => {}
        }
    }
}

/// What [`Builder::function`] passes to its closure.
#[derive(Debug)]
pub struct Scope {
    /// Assign the result to this.
    pub result: Expr,
    /// The arguments.
    pub args: Vec<Expr>,
    /// The local variables.
    pub locals: Vec<Expr>,
}

impl Builder {
    /// Drives an output or a `net`, whole or in part.
    #[track_caller]
    pub fn assign(&mut self, lhs: impl Borrow<Expr>, rhs: impl Borrow<Expr>) {
        let (lhs, rhs) = (lhs.borrow().clone(), rhs.borrow().clone());
        assert!(
            lhs.width() == rhs.width() && lhs.param() == rhs.param(),
            "hdl: `{lhs}` has {}, its value {}: `{rhs}`",
            lhs.size(),
            rhs.size()
        );
        self.items.push(Item::Assign { lhs, rhs });
    }

    fn process(&mut self, kind: ProcessKind, f: impl FnOnce(&mut Process)) {
        let mut body = Process::default();
        f(&mut body);
        let mut first: Option<Name> = None;
        each_set(&body.stmts, &mut |lhs| {
            if let Some(name) = target(lhs) {
                first.get_or_insert_with(|| name.clone());
            }
        });
        let resets = if kind == ProcessKind::Clocked { self.reset_branch(&body.stmts) } else { Vec::new() };
        let prefix = if kind == ProcessKind::Initial { "p_init" } else { "p" };
        let label = format!("{prefix}_{}", first.as_deref().unwrap_or("none")).into();
        for var in body.loops.clone() {
            self.name(&var, "loop variable");
        }
        self.items.push(Item::Process { kind, body, resets, label });
    }

    /// What a clocked process assigns in reset: each reg whole, or the parts of it that this process drives.
    fn reset_branch(&mut self, stmts: &[Stmt]) -> Vec<(Expr, Expr)> {
        let mut parts: Vec<(Name, Vec<Expr>)> = Vec::new();
        each_set(stmts, &mut |lhs| {
            let Some(name) = target(lhs) else { return };
            let at = parts.iter().position(|(n, _)| n == name).unwrap_or_else(|| {
                parts.push((name.clone(), Vec::new()));
                parts.len() - 1
            });
            if !parts[at].1.iter().any(|old| old.to_string() == lhs.to_string()) {
                parts[at].1.push(lhs.clone());
            }
        });
        let mut resets = Vec::new();
        for (name, parts) in parts {
            let Some(value) = self.resets.get(&name) else { continue };
            let whole = Expr::net(&name, value.width(), value.param().cloned());
            if !parts.iter().all(fixed_part) {
                resets.push((whole, value.clone()));
                continue;
            }
            for part in parts {
                let Kind::Part { index, .. } = part.kind() else { continue };
                let uniform = value.constant().is_some_and(|v| v.is_zero() || v.is_ones());
                let reset = match index {
                    Index::At(lo) => value.slice(*lo, part.width()),
                    _ if uniform => value.slice(0, part.width()),
                    _ => {
                        self.problems.push(format!("`{name}` is reset in parts `{part}`, so to all zeros or all ones"));
                        continue;
                    }
                };
                resets.push((part, reset));
            }
        }
        resets
    }

    /// Registers: every reg assigned here has a reset value, and the reset branch is written from those.
    pub fn clocked(&mut self, f: impl FnOnce(&mut Process)) {
        self.process(ProcessKind::Clocked, f);
    }

    /// Memories and data path registers without reset.
    pub fn clocked_no_reset(&mut self, f: impl FnOnce(&mut Process)) {
        self.process(ProcessKind::ClockedNoReset, f);
    }

    /// Combinational logic in `always @*`; assign everything a default first.
    pub fn comb(&mut self, f: impl FnOnce(&mut Process)) {
        self.process(ProcessKind::Comb, f);
    }

    /// Ends of loops over a model, for [`Process::for_`]: variables, because simulators write out short loops over
    /// constants, again in every instance.
    pub fn bounds<const N: usize>(&mut self, ends: [(&str, usize); N]) -> [Bound; N] {
        let bounds = ends.map(|(name, end)| Bound { value: self.var(name, 32), end });
        self.initial(|p| bounds.iter().for_each(|b| p.set(&b.value, Expr::lit(32, b.end as u128))));
        bounds
    }

    /// Start of a simulation; also the contents of a memory.
    pub fn initial(&mut self, f: impl FnOnce(&mut Process)) {
        self.process(ProcessKind::Initial, f);
    }

    /// A read-only table as a `case`: drives `lhs`, a `var` or `output_var`, with `words[addr]`.
    #[track_caller]
    pub fn rom(&mut self, lhs: &Expr, addr: &Expr, words: &[Bits], default: &Bits) {
        self.comb(|p| {
            p.case(addr, |c| {
                for (i, word) in words.iter().enumerate() {
                    c.arm(Expr::lit(addr.width(), i as u128), |p| p.set(lhs, Expr::bits(word)));
                }
                c.default(|p| p.set(lhs, Expr::bits(default)));
            });
        });
    }

    /// A function with arguments and local variables of the given widths.
    pub fn function(
        &mut self,
        name: &str,
        width: usize,
        args: &[(&str, usize)],
        locals: &[(&str, usize)],
        f: impl FnOnce(&mut Process, &Scope),
    ) -> Function {
        let name = self.name(name, "function");
        let mut named = |list: &[(&str, usize)]| -> Vec<(Name, usize)> {
            list.iter().map(|(n, w)| (self.name(n, "argument"), *w)).collect()
        };
        let (args, locals) = (named(args), named(locals));
        let nets = |list: &[(Name, usize)]| list.iter().map(|(n, w)| Expr::net(n, *w, None)).collect();
        let scope = Scope { result: Expr::net(&name, width, None), args: nets(&args), locals: nets(&locals) };
        let mut p = Process::default();
        f(&mut p, &scope);
        let function = Function { name, width, args };
        let (body, loops) = (p.stmts, p.loops);
        self.items.push(Item::Function { function: function.clone(), locals, body, loops, called: false });
        function
    }

    /// As [`function`](Self::function), for a large model: Verilator calls it where else it would repeat its body.
    pub fn model_function(
        &mut self,
        name: &str,
        width: usize,
        args: &[(&str, usize)],
        locals: &[(&str, usize)],
        f: impl FnOnce(&mut Process, &Scope),
    ) -> Function {
        let function = self.function(name, width, args, locals, f);
        if let Some(Item::Function { called, .. }) = self.items.last_mut() {
            *called = true;
        }
        function
    }

    /// Repeats what `f` writes for every value of the genvar; labels start with `gen_`.
    ///
    /// A genvar can index but is no value: for a number per copy, index a [`table`](Self::table).
    pub fn gen_for(&mut self, label: &str, var: &str, range: Range<usize>, f: impl FnOnce(&mut Self, &Ix)) {
        let (label, var) = (self.name(label, "label"), self.name(var, "genvar"));
        if !label.starts_with("gen_") {
            self.problems.push(format!("the label `{label}` of a loop starts with `gen_`"));
        }
        if range.is_empty() {
            self.problems.push(format!("the loop `{label}` has an empty range"));
            return;
        }
        let ix = Ix::var(&var, &range, true);
        let items = self.nested(|m| f(m, &ix));
        self.items.push(Item::For { label, var, range, items });
    }

    fn nested(&mut self, f: impl FnOnce(&mut Self)) -> Vec<Item> {
        let outer = std::mem::take(&mut self.items);
        f(self);
        std::mem::replace(&mut self.items, outer)
    }

    fn ifdef(&mut self, defined: bool, f: impl FnOnce(&mut Self)) {
        self.ifdefs += 1;
        let items = self.nested(f);
        self.ifdefs -= 1;
        self.items.push(Item::Ifdef { defined, items });
    }

    /// Properties, under `ifdef FORMAL`.
    pub fn formal(&mut self, f: impl FnOnce(&mut Self)) {
        self.ifdef(true, f);
    }

    /// Checks for simulation, where neither SYNTHESIS nor FORMAL is defined.
    pub fn checks(&mut self, f: impl FnOnce(&mut Self)) {
        self.ifdef(false, f);
    }

    /// Stops the simulation with a message when `holds` is false at a clock edge out of reset.
    #[track_caller]
    pub fn check(&mut self, holds: impl Borrow<Expr>, message: &str) {
        let bad = holds.borrow().not();
        if self.ifdefs > 0 {
            self.process(ProcessKind::Check, |p| p.fail_if(&bad, message));
        } else {
            self.checks(|m| m.process(ProcessKind::Check, |p| p.fail_if(&bad, message)));
        }
    }
}
