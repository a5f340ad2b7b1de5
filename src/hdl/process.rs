//! Statements of a process.

use super::bits::Bits;
use super::expr::{Expr, Name};
use super::index::Ix;
use super::module::Mem;
use std::borrow::Borrow;
use std::collections::HashSet;
use std::ops::Range;

/// The end of a loop in a variable; made by [`Builder::bounds`](super::Builder::bounds).
#[derive(Clone, Debug)]
pub struct Bound {
    pub(crate) value: Expr,
    pub(crate) end: usize,
}

impl Bound {
    /// The number of rounds.
    pub fn end(&self) -> usize {
        self.end
    }
}

/// What a procedural loop runs over.
#[derive(Clone, Debug)]
pub struct Rounds {
    range: Range<usize>,
    bound: Option<Expr>,
}

impl From<Range<usize>> for Rounds {
    fn from(range: Range<usize>) -> Self {
        Self { range, bound: None }
    }
}

impl From<&Bound> for Rounds {
    fn from(bound: &Bound) -> Self {
        Self { range: 0..bound.end, bound: Some(bound.value.clone()) }
    }
}

/// The body of an `always` or `initial` block or of a function.
#[derive(Debug, Default)]
pub struct Process {
    pub(crate) stmts: Vec<Stmt>,
    /// Names of the loop variables, in order of appearance.
    pub(crate) loops: Vec<Name>,
}

#[derive(Debug)]
pub(crate) enum Stmt {
    Comment(String),
    Set {
        lhs: Expr,
        rhs: Expr,
        now: bool,
    },
    If {
        arms: Vec<(Expr, Vec<Stmt>)>,
        other: Option<Vec<Stmt>>,
    },
    Case {
        sel: Expr,
        arms: Vec<(Vec<Expr>, Vec<Stmt>)>,
        default: Option<Vec<Stmt>>,
    },
    /// `bound`: what stands for the range's end, if not the number.
    For {
        var: Name,
        range: Range<usize>,
        bound: Option<Expr>,
        body: Vec<Stmt>,
    },
    Property {
        word: &'static str,
        holds: Expr,
        comment: String,
    },
    Display {
        format: String,
        args: Vec<Expr>,
    },
    Finish,
    Stop,
    ReadMem {
        file: String,
        mem: Name,
    },
}

impl Process {
    fn nested(&mut self, f: impl FnOnce(&mut Self)) -> Vec<Stmt> {
        let outer = std::mem::take(&mut self.stmts);
        f(self);
        std::mem::replace(&mut self.stmts, outer)
    }

    #[track_caller]
    fn assign(&mut self, lhs: &Expr, rhs: &Expr, now: bool) {
        assert!(
            lhs.width() == rhs.width() && lhs.param() == rhs.param(),
            "hdl: `{lhs}` has {}, its new value {}: `{rhs}`",
            lhs.size(),
            rhs.size()
        );
        self.stmts.push(Stmt::Set { lhs: lhs.clone(), rhs: rhs.clone(), now });
    }

    /// Assigns a reg, a part of it or a memory element: nonblocking in a clocked process, blocking elsewhere.
    #[track_caller]
    pub fn set(&mut self, lhs: impl Borrow<Expr>, rhs: impl Borrow<Expr>) {
        self.assign(lhs.borrow(), rhs.borrow(), false);
    }

    /// Assigns a `var` at once (blocking) in a clocked process: for models, not for synthesis.
    #[track_caller]
    pub fn set_now(&mut self, lhs: impl Borrow<Expr>, rhs: impl Borrow<Expr>) {
        self.assign(lhs.borrow(), rhs.borrow(), true);
    }

    /// A comment on its own line.
    pub fn comment(&mut self, text: &str) {
        self.stmts.push(Stmt::Comment(text.to_owned()));
    }

    /// `if`; go on with [`If::elif`] and [`If::else_`].
    #[track_caller]
    pub fn if_(&mut self, condition: impl Borrow<Expr>, then: impl FnOnce(&mut Self)) -> If<'_> {
        let arm = (one_bit(condition.borrow()), self.nested(then));
        self.stmts.push(Stmt::If { arms: vec![arm], other: None });
        If(self)
    }

    /// `case`; give it a default or assign everything before.
    pub fn case(&mut self, sel: impl Borrow<Expr>, f: impl FnOnce(&mut Case<'_>)) {
        let sel = sel.borrow().clone();
        let mut case = Case { process: self, sel, seen: HashSet::new(), arms: Vec::new(), default: None };
        f(&mut case);
        let Case { sel, arms, default, .. } = case;
        self.stmts.push(Stmt::Case { sel, arms, default });
    }

    /// A loop over a constant range, or from 0 to a [`Bound`]; `f` gets the loop variable.
    #[track_caller]
    pub fn for_(&mut self, var: &str, rounds: impl Into<Rounds>, f: impl FnOnce(&mut Self, &Ix)) {
        let Rounds { range, bound } = rounds.into();
        assert!(!range.is_empty(), "hdl: the loop over `{var}` has an empty range");
        let ix = Ix::var(var, &range, false);
        let name: Name = var.into();
        if !self.loops.contains(&name) {
            self.loops.push(name.clone());
        }
        let body = self.nested(|p| f(p, &ix));
        self.stmts.push(Stmt::For { var: name, range, bound, body });
    }

    #[track_caller]
    fn property(&mut self, word: &'static str, holds: &Expr, comment: &str) {
        self.stmts.push(Stmt::Property { word, holds: one_bit(holds), comment: comment.to_owned() });
    }

    /// A property to prove, inside `formal`.
    #[track_caller]
    pub fn assert_(&mut self, holds: impl Borrow<Expr>, comment: &str) {
        self.property("assert", holds.borrow(), comment);
    }

    /// A property of the environment, inside `formal`.
    #[track_caller]
    pub fn assume(&mut self, holds: impl Borrow<Expr>, comment: &str) {
        self.property("assume", holds.borrow(), comment);
    }

    /// A state to reach, inside `formal`.
    #[track_caller]
    pub fn cover(&mut self, reached: impl Borrow<Expr>, comment: &str) {
        self.property("cover", reached.borrow(), comment);
    }

    /// `$display` with a Verilog format; not for synthesis.
    #[track_caller]
    pub fn display(&mut self, format: &str, args: &[Expr]) {
        assert!(!format.contains(['"', '\n', '\\']), "hdl: a display format has neither quotes nor escapes: {format}");
        self.stmts.push(Stmt::Display { format: format.to_owned(), args: args.to_vec() });
    }

    /// `$finish`; not for synthesis.
    pub fn finish(&mut self) {
        self.stmts.push(Stmt::Finish);
    }

    /// `$stop`, which simulators report as a failure; not for synthesis.
    pub fn stop(&mut self) {
        self.stmts.push(Stmt::Stop);
    }

    /// Prints the message with the instance path and stops the simulation when `bad`.
    #[track_caller]
    pub fn fail_if(&mut self, bad: impl Borrow<Expr>, message: &str) {
        self.if_(bad, |p| {
            p.display(&format!("%m: {message}"), &[]);
            p.stop();
        });
    }

    /// Loads a memory from a file of hexadecimal words, in an `initial` block.
    #[track_caller]
    pub fn readmemh(&mut self, file: &str, mem: &Mem) {
        assert!(!file.contains(['"', '\n', '\\']), "hdl: a plain file name is needed: {file}");
        self.stmts.push(Stmt::ReadMem { file: file.to_owned(), mem: mem.name.clone() });
    }
}

#[track_caller]
fn one_bit(condition: &Expr) -> Expr {
    assert!(condition.width() == 1, "hdl: a condition of {}: `{condition}`", condition.size());
    condition.clone()
}

/// An `if` that can grow.
pub struct If<'a>(&'a mut Process);

impl If<'_> {
    /// `else if`
    #[track_caller]
    pub fn elif(self, condition: impl Borrow<Expr>, then: impl FnOnce(&mut Process)) -> Self {
        let arm = (one_bit(condition.borrow()), self.0.nested(then));
        if let Some(Stmt::If { arms, .. }) = self.0.stmts.last_mut() {
            arms.push(arm);
        }
        self
    }

    /// `else`
    pub fn else_(self, then: impl FnOnce(&mut Process)) {
        let body = self.0.nested(then);
        if let Some(Stmt::If { other, .. }) = self.0.stmts.last_mut() {
            *other = Some(body);
        }
    }
}

/// The arms of a `case`.
pub struct Case<'a> {
    process: &'a mut Process,
    sel: Expr,
    seen: HashSet<Bits>,
    arms: Vec<(Vec<Expr>, Vec<Stmt>)>,
    default: Option<Vec<Stmt>>,
}

impl Case<'_> {
    /// The arm for one constant.
    #[track_caller]
    pub fn arm(&mut self, value: impl Borrow<Expr>, f: impl FnOnce(&mut Process)) {
        self.arms(&[value.borrow().clone()], f);
    }

    /// The arm for several constants.
    #[track_caller]
    pub fn arms(&mut self, values: &[Expr], f: impl FnOnce(&mut Process)) {
        for value in values {
            let bits = value.constant();
            assert!(bits.is_some(), "hdl: a case item is a constant: `{value}`");
            assert!(
                value.width() == self.sel.width(),
                "hdl: the case over `{}` has {}, the item `{value}` {}",
                self.sel,
                self.sel.size(),
                value.size()
            );
            let new = bits.is_some_and(|bits| self.seen.insert(bits.clone()));
            assert!(new, "hdl: the case over `{}` has the item `{value}` twice", self.sel);
        }
        let body = self.process.nested(f);
        self.arms.push((values.to_vec(), body));
    }

    /// Everything else.
    pub fn default(&mut self, f: impl FnOnce(&mut Process)) {
        self.default = Some(self.process.nested(f));
    }
}
