//! Indices made of loop variables: what stands between the brackets inside a generate-for or a procedural for.

use super::expr::{Expr, Kind, Name};
use std::ops::{Add, Mul, Range, Sub};
use std::sync::Arc;

/// An integer expression over loop variables, known to stay inside an interval.
///
/// Build it from the variable that `gen_for` or `for_` passes to its closure: `lane * 8 + 4`, `lane + 1`.
#[derive(Clone, Debug)]
pub struct Ix(Arc<IxNode>);

#[derive(Debug)]
pub(crate) enum IxNode {
    Const(i64),
    Var { name: Name, range: Range<i64>, genvar: bool },
    Add(Ix, Ix),
    Sub(Ix, Ix),
    Mul(Ix, Ix),
}

impl Ix {
    pub(crate) fn var(name: &str, range: &Range<usize>, genvar: bool) -> Self {
        let range = range.start as i64..range.end as i64;
        Self(Arc::new(IxNode::Var { name: name.into(), range, genvar }))
    }

    pub(crate) fn node(&self) -> &IxNode {
        &self.0
    }

    /// The variable of a procedural loop as a number of `width` bits. Panics for a genvar, which Verilog cannot cut to a
    /// width, for an index that is more than the variable, and when the largest value does not fit.
    #[track_caller]
    pub fn value(&self, width: usize) -> Expr {
        let plain = matches!(self.node(), IxNode::Var { genvar: false, .. });
        assert!(plain, "hdl: `{}` is not the variable of a procedural loop", self.text());
        let last = self.bounds().1;
        assert!(width <= 32 && last >> width == 0, "hdl: `{}` reaches {last}, not in {width} bits", self.text());
        Expr::new(width, Kind::LoopVar(self.clone()))
    }

    /// Smallest and largest value. Exact when every variable occurs once.
    pub fn bounds(&self) -> (i64, i64) {
        match self.node() {
            IxNode::Const(v) => (*v, *v),
            IxNode::Var { range, .. } => (range.start, range.end - 1),
            IxNode::Add(a, b) => (a.bounds().0 + b.bounds().0, a.bounds().1 + b.bounds().1),
            IxNode::Sub(a, b) => (a.bounds().0 - b.bounds().1, a.bounds().1 - b.bounds().0),
            IxNode::Mul(a, b) => {
                let ((a0, a1), (b0, b1)) = (a.bounds(), b.bounds());
                let all = [a0 * b0, a0 * b1, a1 * b0, a1 * b1];
                (all.into_iter().min().unwrap_or(0), all.into_iter().max().unwrap_or(0))
            }
        }
    }

    /// The value for given values of the variables; an absent variable takes its first value.
    pub(crate) fn at(&self, vars: &[(Name, i64)]) -> i64 {
        match self.node() {
            IxNode::Const(v) => *v,
            IxNode::Var { name, range, .. } => {
                vars.iter().rev().find(|(n, _)| n == name).map_or(range.start, |(_, v)| *v)
            }
            IxNode::Add(a, b) => a.at(vars) + b.at(vars),
            IxNode::Sub(a, b) => a.at(vars) - b.at(vars),
            IxNode::Mul(a, b) => a.at(vars) * b.at(vars),
        }
    }

    /// Calls `f` with the name and kind (`true` for a genvar) of every variable.
    pub(crate) fn each_var(&self, f: &mut dyn FnMut(&Name, bool)) {
        match self.node() {
            IxNode::Const(_) => {}
            IxNode::Var { name, genvar, .. } => f(name, *genvar),
            IxNode::Add(a, b) | IxNode::Sub(a, b) | IxNode::Mul(a, b) => {
                a.each_var(f);
                b.each_var(f);
            }
        }
    }

    /// Verilog text.
    pub(crate) fn text(&self) -> String {
        let factor = |x: &Ix| match x.node() {
            IxNode::Add(..) | IxNode::Sub(..) => format!("({})", x.text()),
            _ => x.text(),
        };
        match self.node() {
            IxNode::Const(v) => v.to_string(),
            IxNode::Var { name, .. } => name.to_string(),
            IxNode::Add(a, b) => format!("{} + {}", a.text(), b.text()),
            IxNode::Sub(a, b) => format!("{} - {}", a.text(), factor(b)),
            IxNode::Mul(a, b) => format!("{}*{}", factor(a), factor(b)),
        }
    }
}

impl From<usize> for Ix {
    fn from(value: usize) -> Self {
        Self(Arc::new(IxNode::Const(value as i64)))
    }
}

impl From<&Ix> for Ix {
    fn from(ix: &Ix) -> Self {
        ix.clone()
    }
}

fn fold(node: IxNode) -> Ix {
    let constant = |x: &Ix| match x.node() {
        IxNode::Const(v) => Some(*v),
        _ => None,
    };
    match &node {
        IxNode::Add(a, b) | IxNode::Sub(a, b) if constant(b) == Some(0) => a.clone(),
        IxNode::Add(a, b) if constant(a) == Some(0) => b.clone(),
        IxNode::Mul(a, b) if constant(b) == Some(1) => a.clone(),
        IxNode::Mul(a, b) if constant(a) == Some(1) => b.clone(),
        IxNode::Add(a, b) | IxNode::Sub(a, b) | IxNode::Mul(a, b) => match (constant(a), constant(b)) {
            (Some(_), Some(_)) => Ix(Arc::new(IxNode::Const(Ix(Arc::new(node)).at(&[])))),
            _ => Ix(Arc::new(node)),
        },
        _ => Ix(Arc::new(node)),
    }
}

macro_rules! operator {
    ($($trait:ident $method:ident)*) => {$(
        impl<R: Into<Ix>> $trait<R> for &Ix {
            type Output = Ix;
            fn $method(self, other: R) -> Ix {
                fold(IxNode::$trait(self.clone(), other.into()))
            }
        }
        impl<R: Into<Ix>> $trait<R> for Ix {
            type Output = Ix;
            fn $method(self, other: R) -> Ix {
                fold(IxNode::$trait(self, other.into()))
            }
        }
    )*};
}
operator!(Add add Sub sub Mul mul);
