//! Names: everything used is declared above, visible, and as wide as it is used.

use super::{Checker, What};
use crate::hdl::expr::{Amount, Expr, Index, Kind};

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
    /// Every name in `e` is declared above, visible and of the width that `e` believes.
    pub(super) fn refs(&mut self, e: &Expr) {
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
