//! The update function of a kernel, from rust-hdl's syntax tree into a combinational process.

use super::builder::Builder;
use super::expr::Expr;
use super::kernel::States;
use super::process::Process;
use rust_hdl::core::ast::{
    VerilogBlockOrConditional, VerilogCase, VerilogConditional, VerilogExpression, VerilogMatch, VerilogOp,
    VerilogOpUnary, VerilogStatement,
};
use std::collections::BTreeMap;

type Statements = [VerilogStatement];

struct Target {
    net: Expr,
    states: Option<String>,
}

struct Register {
    q: Expr,
    d: Expr,
    reset: Option<Expr>,
}

/// Names of the kernel and what they stand for in the text.
pub(super) struct Code {
    kernel: String,
    /// By the name in rust-hdl's tree, such as `state$q`.
    nets: BTreeMap<String, Target>,
    /// By `State$Idle`.
    values: BTreeMap<String, Expr>,
    /// Values of each state enum.
    states: BTreeMap<String, Vec<String>>,
    registers: Vec<Register>,
    /// What may be assigned to `clock` and `reset_n` of each register.
    wiring: BTreeMap<String, &'static str>,
    wired: usize,
    loops: Vec<(String, usize)>,
}

impl Code {
    pub(super) fn new(kernel: &str) -> Self {
        Self {
            kernel: kernel.to_owned(),
            nets: BTreeMap::new(),
            values: BTreeMap::new(),
            states: BTreeMap::new(),
            registers: Vec::new(),
            wiring: BTreeMap::new(),
            wired: 0,
            loops: Vec::new(),
        }
    }

    fn refuse(&self, what: &str) -> ! {
        panic!("hdl: kernel `{}`: {what}", self.kernel)
    }

    pub(super) fn add_net(&mut self, key: &str, net: &Expr, states: Option<&States>) {
        let states = states.map(|s| s.name.clone());
        self.nets.insert(key.to_owned(), Target { net: net.clone(), states });
    }

    pub(super) fn add_value(&mut self, states: &str, value: &str, e: &Expr) {
        self.values.insert(format!("{states}${value}"), e.clone());
    }

    pub(super) fn value(&self, states: &str, value: &str) -> Expr {
        self.values[&format!("{states}${value}")].clone()
    }

    pub(super) fn add_register(&mut self, name: &str, q: &Expr, d: &Expr, states: Option<&States>, reset: usize) {
        let states_name = states.map(|s| s.name.clone());
        let reset = states.map(|s| self.value(&s.name, &s.values[reset]));
        for (half, net) in [("q", q), ("d", d)] {
            let target = Target { net: net.clone(), states: states_name.clone() };
            self.nets.insert(format!("{name}${half}"), target);
        }
        self.wiring.insert(format!("{name}$clock"), "clk_i");
        self.wiring.insert(format!("{name}$reset_n"), "rst_ni");
        self.registers.push(Register { q: q.clone(), d: d.clone(), reset });
    }

    /// Which values of an enum the text will name.
    pub(super) fn used_states(&mut self, states: &States, body: &Statements) -> Vec<bool> {
        let text = format!("{body:?}");
        let named = |value: &String| text.contains(&format!("\"{}${value}\"", states.name));
        let spelled_out = !states.values.len().is_power_of_two()
            && any_match(body, &|m| {
                let prefix = format!("{}$", states.name);
                let ours = m.cases.iter().any(|c| self.key(&c.condition).starts_with(&prefix));
                ours && m.cases.iter().any(|c| c.condition == "default")
            });
        self.states.insert(states.name.clone(), states.values.clone());
        states.values.iter().map(|value| spelled_out || named(value)).collect()
    }

    /// Writes the body as one process.
    pub(super) fn write(&mut self, m: &mut Builder, body: &Statements) {
        m.comb(|p| self.block(p, body));
        if self.wired != self.wiring.len() {
            self.refuse("every register needs `clock` from clk_i and `reset_n` from rst_ni, once each");
        }
    }

    /// `self.hist[i + 1].d.next` -> `hist_2$d`.
    fn key(&self, name: &str) -> String {
        let name = name.trim_start_matches('.').replace('.', "$").replace("::", "$");
        let name = name.trim_end_matches("$next");
        let Some((before, rest)) = name.split_once('[') else { return name.to_owned() };
        let Some((index, after)) = rest.split_once(']') else { return name.to_owned() };
        format!("{before}_{}{after}", self.index(index))
    }

    fn index(&self, text: &str) -> usize {
        let plain: String = text.chars().filter(|c| !matches!(c, ' ' | '(' | ')')).collect();
        let term = |t: &str| -> i64 {
            let found = self.loops.iter().rev().find(|(name, _)| name == t).map(|(_, v)| *v as i64);
            let number = t.trim_end_matches("usize").trim_end_matches('_').parse().ok();
            found.or(number).unwrap_or_else(|| self.refuse(&format!("the index `{text}`")))
        };
        let value = match plain.split_once(['+', '-']) {
            Some((a, b)) if plain.contains('+') => term(a) + term(b),
            Some((a, b)) => term(a) - term(b),
            None => term(&plain),
        };
        usize::try_from(value).unwrap_or_else(|_| self.refuse(&format!("the index `{text}` is negative")))
    }

    fn net(&self, name: &str) -> &Target {
        let key = self.key(name);
        self.nets.get(&key).unwrap_or_else(|| self.refuse(&format!("`{key}` is not a net of bits or states")))
    }

    fn block(&mut self, p: &mut Process, body: &Statements) {
        for statement in body {
            self.statement(p, statement);
        }
    }

    fn statement(&mut self, p: &mut Process, statement: &VerilogStatement) {
        match statement {
            VerilogStatement::Assignment(lhs, rhs) => self.assign(p, lhs, rhs),
            VerilogStatement::Macro(body) => self.block(p, body),
            VerilogStatement::Comment(text) => p.comment(text),
            VerilogStatement::If(c) => self.conditional(p, c),
            VerilogStatement::Match(m) => self.case(p, m),
            VerilogStatement::Loop(l) => {
                for value in l.from.as_usize()..l.to.as_usize() {
                    self.loops.push((l.index.clone(), value));
                    self.block(p, &l.block);
                    self.loops.pop();
                }
            }
            other => self.refuse(&format!("the statement {other:?}")),
        }
    }

    fn assign(&mut self, p: &mut Process, lhs: &VerilogExpression, rhs: &VerilogExpression) {
        let VerilogExpression::Signal(name) = lhs else { self.refuse(&format!("an assignment to {lhs:?}")) };
        let key = self.key(name);
        if let Some(source) = self.wiring.get(&key) {
            if !matches!(rhs, VerilogExpression::Signal(s) if self.key(s) == *source) {
                self.refuse(&format!("`{key}` is connected to something else than {source}"));
            }
            self.wired += 1;
            return;
        }
        let value = self.expr(rhs);
        let target = self.net(name);
        if target.states != self.states_of(rhs) {
            self.refuse(&format!("`{key}` and its value are not of one type"));
        }
        p.set(&target.net, value);
    }

    fn conditional(&mut self, p: &mut Process, c: &VerilogConditional) {
        let test = self.expr(&c.test);
        let mut chain = p.if_(&test, |p| self.block(p, &c.then));
        let mut rest = &c.otherwise;
        loop {
            match rest {
                VerilogBlockOrConditional::None => return,
                VerilogBlockOrConditional::Block(body) => return chain.else_(|p| self.block(p, body)),
                VerilogBlockOrConditional::Conditional(next) => {
                    let VerilogStatement::If(c) = next.as_ref() else { self.refuse("an else without a block") };
                    let test = self.expr(&c.test);
                    chain = chain.elif(&test, |p| self.block(p, &c.then));
                    rest = &c.otherwise;
                }
            }
        }
    }

    /// The states that `_` stands for, when there are codes that are no state.
    fn remaining(&self, m: &VerilogMatch) -> Vec<Expr> {
        let named: Vec<String> = m.cases.iter().map(|c| self.key(&c.condition)).collect();
        let states = self.states_of(&m.test).and_then(|name| Some((self.states.get(&name)?, name)));
        let Some((values, name)) = states.filter(|(values, _)| !values.len().is_power_of_two()) else {
            return Vec::new();
        };
        let keys = values.iter().map(|v| format!("{name}${v}")).filter(|k| !named.contains(k));
        keys.filter_map(|k| self.values.get(&k).cloned()).collect()
    }

    /// A `match` over states; a code that is no state goes to the reset state.
    fn case(&mut self, p: &mut Process, m: &VerilogMatch) {
        let sel = self.expr(&m.test);
        let recover: Vec<(Expr, Expr)> = (self.registers.iter())
            .filter(|r| r.q.to_string() == sel.to_string())
            .filter_map(|r| Some((r.d.clone(), r.reset.clone()?)))
            .collect();
        p.case(&sel, |c| {
            let mut default = None;
            for VerilogCase { condition, block } in &m.cases {
                match self.key(condition).as_str() {
                    "default" => default = Some(block),
                    key => {
                        let value = self.values.get(key).cloned();
                        let value = value.unwrap_or_else(|| self.refuse(&format!("the pattern `{condition}`")));
                        c.arm(value, |p| self.block(p, block));
                    }
                }
            }
            let remaining = self.remaining(m);
            if let Some(block) = default.filter(|_| !remaining.is_empty()) {
                c.arms(&remaining, |p| self.block(p, block));
                default = None;
            }
            c.default(|p| match default {
                Some(block) => self.block(p, block),
                None => recover.iter().for_each(|(d, reset)| p.set(d, reset)),
            });
        });
    }

    fn states_of(&self, e: &VerilogExpression) -> Option<String> {
        match e {
            VerilogExpression::Paren(e) => self.states_of(e),
            VerilogExpression::Signal(name) => match self.nets.get(&self.key(name)) {
                Some(target) => target.states.clone(),
                None => self.key(name).split_once('$').map(|(states, _)| states.to_owned()),
            },
            _ => None,
        }
    }

    fn expr(&self, e: &VerilogExpression) -> Expr {
        match e {
            VerilogExpression::Paren(e) => self.expr(e),
            VerilogExpression::Signal(name) => match self.values.get(&self.key(name)) {
                Some(value) => value.clone(),
                None => self.net(name).net.clone(),
            },
            VerilogExpression::Literal(l) if l.as_usize() < 2 => Expr::lit(1, l.as_usize() as u128),
            VerilogExpression::Unary(VerilogOpUnary::Not, e) if self.states_of(e).is_none() => self.expr(e).not(),
            VerilogExpression::Binary(a, op, b) => {
                let (of_a, of_b) = (self.states_of(a), self.states_of(b));
                let (x, y) = (self.expr(a), self.expr(b));
                match op {
                    VerilogOp::Eq if of_a == of_b => x.eq(y),
                    VerilogOp::Ne if of_a == of_b => x.ne(y),
                    VerilogOp::LogicalAnd | VerilogOp::BitAnd if of_a.is_none() && of_b.is_none() => x.and(y),
                    VerilogOp::LogicalOr | VerilogOp::BitOr if of_a.is_none() && of_b.is_none() => x.or(y),
                    VerilogOp::BitXor if of_a.is_none() && of_b.is_none() => x.xor(y),
                    _ => self.refuse(&format!("the expression {e:?}")),
                }
            }
            _ => self.refuse(&format!("the expression {e:?}")),
        }
    }
}

fn any_match(body: &Statements, f: &dyn Fn(&VerilogMatch) -> bool) -> bool {
    body.iter().any(|statement| match statement {
        VerilogStatement::Match(m) => f(m) || m.cases.iter().any(|c| any_match(&c.block, f)),
        VerilogStatement::If(c) => any_match_in(c, f),
        VerilogStatement::Loop(l) => any_match(&l.block, f),
        VerilogStatement::Macro(body) => any_match(body, f),
        _ => false,
    })
}

fn any_match_in(c: &VerilogConditional, f: &dyn Fn(&VerilogMatch) -> bool) -> bool {
    let rest = match &c.otherwise {
        VerilogBlockOrConditional::None => false,
        VerilogBlockOrConditional::Block(body) => any_match(body, f),
        VerilogBlockOrConditional::Conditional(next) => any_match(std::slice::from_ref(next), f),
    };
    rest || any_match(&c.then, f)
}
