//! Who drives which bits.

use super::{Checker, What};
use crate::hdl::expr::{Expr, Index, Kind, Name};
use crate::hdl::module::ProcessKind;
use crate::hdl::structure::target;
use std::collections::BTreeMap;

#[derive(Clone, Copy, PartialEq, Debug)]
struct Drive {
    lo: usize,
    hi: usize,
    by: usize,
}

/// Every driven range of every net.
#[derive(Debug, Default)]
pub(super) struct Drives {
    nets: BTreeMap<Name, Vec<Drive>>,
    by: usize,
    /// While true, drivers count as one that conflicts with nobody: initial values.
    pub paused: bool,
}

impl Drives {
    /// What follows is another driver.
    pub fn next(&mut self) {
        self.by += 1;
    }

    pub fn add(&mut self, name: &Name, lo: usize, hi: usize) {
        let drive = Drive { lo, hi, by: if self.paused { 0 } else { self.by } };
        let all = self.nets.entry(name.clone()).or_default();
        if all.last() != Some(&drive) {
            all.push(drive);
        }
    }
}

impl Checker<'_> {
    pub(super) fn drive(&mut self, lhs: &Expr, may: &[What], by: &str) {
        if let Kind::Concat(parts) = lhs.kind() {
            parts.iter().for_each(|part| self.drive(part, may, by));
            return;
        }
        let Some(name) = target(lhs) else {
            return self.problem(format!("{by} drives `{lhs}`, which is not a net"));
        };
        match self.symbols.get(name) {
            Some(symbol) if may.contains(&symbol.what) => {
                let depth = symbol.what == What::Mem;
                let (lo, hi) = if depth { (0, 1) } else { self.range(lhs) };
                self.drives.add(name, lo, hi);
            }
            Some(symbol) => {
                let what = format!("{:?}", symbol.what).to_lowercase();
                self.problem(format!("{by} drives `{name}`, which is {what}"));
            }
            None => self.problem(format!("{by} drives `{name}`, which is not declared here")),
        }
    }

    fn range(&self, lhs: &Expr) -> (usize, usize) {
        let Kind::Part { base, index } = lhs.kind() else { return (0, lhs.width()) };
        let lo = match index {
            Index::At(lo) => *lo,
            Index::Loop(ix) => usize::try_from(ix.at(&self.vars)).unwrap_or(0),
            Index::Dyn(_) => return (0, base.width()),
        };
        (lo, lo + lhs.width())
    }

    /// Whether this kind of process may assign this kind of variable.
    pub(super) fn may_set(&mut self, lhs: &Expr, kind: ProcessKind, now: bool) {
        let mut targets = Vec::new();
        match lhs.kind() {
            Kind::Concat(parts) => targets.extend(parts.iter().filter_map(target)),
            _ => targets.extend(target(lhs)),
        }
        for name in targets {
            let mem = self.symbols.get(name).is_some_and(|s| s.what == What::Mem);
            let reset = self.resets.contains_key(name);
            let text = match kind {
                ProcessKind::Clocked if mem => "is a memory: write it in `clocked_no_reset`",
                ProcessKind::Clocked if !reset => "has no reset value: declare it with `reg` or use `clocked_no_reset`",
                ProcessKind::Clocked if now => "has a reset and cannot be assigned at once",
                ProcessKind::ClockedNoReset | ProcessKind::Initial if reset => {
                    "has a reset value: drive it in `clocked`"
                }
                ProcessKind::Comb if reset => "has a reset value: a `comb` process drives a `var`",
                ProcessKind::Comb if mem => "is a memory: a `comb` process cannot write it",
                ProcessKind::Check => "is assigned by a check",
                _ => continue,
            };
            self.problem(format!("`{name}` {text}"));
        }
    }

    /// The drivers of these nets are complete: every bit has exactly one.
    pub(super) fn close(&mut self, names: &[Name]) {
        for name in names {
            let Some(symbol) = self.symbols.get(name) else { continue };
            let width = match symbol.what {
                What::Wire | What::Reg => symbol.width.bits,
                What::Mem => 1,
                _ => continue,
            };
            let mem = symbol.what == What::Mem;
            let mut all = self.drives.nets.remove(name).unwrap_or_default();
            all.sort_by_key(|d| (d.lo, d.hi, d.by));
            let mut to = 0;
            let mut owner: Option<Drive> = None;
            let (mut problem, mut gap) = (None, None);
            for drive in all {
                if drive.lo > to {
                    gap.get_or_insert((to, drive.lo));
                }
                let clash = owner.is_some_and(|o| o.hi > drive.lo && o.by != drive.by && drive.by != 0 && o.by != 0);
                if clash && !mem {
                    problem =
                        Some(format!("`{name}` has more than one driver of {}", bits(drive.lo, drive.hi.min(to))));
                }
                to = to.max(drive.hi);
                if owner.is_none_or(|o| drive.hi > o.hi) {
                    owner = Some(drive);
                }
            }
            if to < width {
                gap.get_or_insert((to, width));
            }
            if let Some((lo, hi)) = gap {
                let what =
                    if mem { "is never written".to_owned() } else { format!("is not driven in {}", bits(lo, hi)) };
                problem.get_or_insert(format!("`{name}` {what}"));
            }
            self.problems.extend(problem);
        }
    }
}

fn bits(lo: usize, hi: usize) -> String {
    if hi == lo + 1 { format!("bit {lo}") } else { format!("bits {}:{lo}", hi - 1) }
}
