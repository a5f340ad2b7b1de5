//! Writing a module: header, ports, parameters and declarations. Behaviour is in `structure.rs`, instances in
//! `instance.rs`.

use super::bits::Bits;
use super::expr::{Expr, Kind, Name, Radix};
use super::module::{Attr, Item, Mem, Module, NetKind, Param, Port, PortKind, Width};
use super::{check, names};
use rust_hdl::core::signal::get_signal_id;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// Why a module was refused: a mistake in the generator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("module `{module}`: {}", problems.join("; "))]
pub struct HdlError {
    /// The module.
    pub module: String,
    /// What is wrong, each naming its net.
    pub problems: Vec<String>,
}

/// Writes a [`Module`]. See the [module documentation](super) for the whole vocabulary.
#[derive(Debug)]
pub struct Builder {
    pub(super) module: Module,
    pub(super) items: Vec<Item>,
    /// Reset values of regs, by name.
    pub(super) resets: BTreeMap<Name, Expr>,
    pub(super) problems: Vec<String>,
    pub(super) attrs: Vec<Attr>,
    pub(super) ifdefs: usize,
    group: Option<String>,
    note: String,
}

impl Builder {
    /// A module called `name`, written in the Rust file `source` (pass `file!()`).
    pub fn new(name: &str, source: &str) -> Self {
        let problems = names::problem(name).map(|p| format!("the name {p}")).into_iter().collect();
        let module = Module {
            name: name.into(),
            source: source.replace('\\', "/"),
            doc: Vec::new(),
            contract: Vec::new(),
            latency: None,
            params: Vec::new(),
            ports: Vec::new(),
            items: Vec::new(),
            children: Vec::new(),
            black_box: false,
            body: OnceLock::new(),
            text: OnceLock::new(),
        };
        let (items, resets, attrs) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { module, items, resets, problems, attrs, ifdefs: 0, group: None, note: String::new() }
    }

    /// A paragraph of the header: what the module does.
    pub fn doc(&mut self, text: &str) {
        self.module.doc.push(text.to_owned());
    }

    /// A paragraph of the header: handshake and what the caller must not do.
    pub fn contract(&mut self, text: &str) {
        self.module.contract.push(text.to_owned());
    }

    /// The latency, in cycles, for the header.
    pub fn latency(&mut self, text: &str) {
        self.module.latency = Some(text.to_owned());
    }

    pub(super) fn name(&mut self, name: &str, what: &str) -> Name {
        if let Some(problem) = names::problem(name) {
            self.problems.push(format!("{what} `{name}` {problem}"));
        }
        name.into()
    }

    /// The heading above the ports that follow.
    pub fn group(&mut self, heading: &str) {
        self.group = Some(heading.to_owned());
    }

    /// An integer parameter. Widths and depths made from it are checked for its default.
    pub fn param(&mut self, name: &str, default: usize, comment: &str) -> Param {
        let param = Param { name: self.name(name, "parameter"), default, comment: comment.to_owned() };
        self.module.params.push(param.clone());
        param
    }

    fn port(&mut self, kind: PortKind, name: &str, width: Width, comment: &str) -> Expr {
        let name = self.name(name, "port");
        let net = Expr::net(&name, width.bits, width.param.clone());
        let (group, comment) = (self.group.take(), comment.to_owned());
        self.module.ports.push(Port { name, kind, width, group, comment, id: get_signal_id() });
        net
    }

    /// The clock, `clk_i`.
    pub fn clock(&mut self) -> Expr {
        self.input("clk_i", 1, "")
    }

    /// The asynchronous, active-low reset, `rst_ni`.
    pub fn reset(&mut self) -> Expr {
        self.input("rst_ni", 1, "asynchronous, active low")
    }

    /// Both, under their own heading.
    pub fn clk_rst(&mut self) -> (Expr, Expr) {
        self.group("Clock and reset");
        (self.clock(), self.reset())
    }

    /// An input. The comment gives unit and range.
    pub fn input(&mut self, name: &str, width: impl Into<Width>, comment: &str) -> Expr {
        self.port(PortKind::Input, name, width.into(), comment)
    }

    /// An output driven by `assign` or by an instance.
    pub fn output(&mut self, name: &str, width: impl Into<Width>, comment: &str) -> Expr {
        self.port(PortKind::OutputWire, name, width.into(), comment)
    }

    /// An output driven by `clocked`, with its reset value.
    #[track_caller]
    pub fn output_reg(&mut self, name: &str, width: impl Into<Width>, reset: u128, comment: &str) -> Expr {
        let net = self.port(PortKind::OutputReg, name, width.into(), comment);
        self.set_reset(&net, reset);
        net
    }

    /// An output driven by `comb` or `clocked_no_reset`.
    pub fn output_var(&mut self, name: &str, width: impl Into<Width>, comment: &str) -> Expr {
        self.port(PortKind::OutputReg, name, width.into(), comment)
    }

    #[track_caller]
    fn set_reset(&mut self, net: &Expr, reset: u128) {
        assert!(net.param().is_none() || reset == 0, "hdl: `{net}` can only be reset to 0: it has {}", net.size());
        let value = if net.param().is_some() { net.zero_like() } else { Expr::lit(net.width(), reset) };
        self.resets.insert(net.to_string().into(), value);
    }

    /// A comment at the end of the line of the next declaration.
    pub fn note(&mut self, text: &str) {
        text.clone_into(&mut self.note);
    }

    /// An attribute of the next declaration or instance, such as `("ram_style", "block")`.
    pub fn attr(&mut self, name: &str, value: &str) {
        self.attrs.push((name.to_owned(), value.to_owned()));
    }

    /// A named constant; the formula that gives it is printed beside it.
    #[track_caller]
    pub fn localparam(&mut self, name: &str, width: usize, value: u128, formula: &str) -> Expr {
        self.constant(name, &Bits::new(width, value), formula)
    }

    /// A named constant of any width.
    pub fn constant(&mut self, name: &str, value: &Bits, formula: &str) -> Expr {
        let name = self.name(name, "localparam");
        let width = value.width();
        let lit = Expr::bits(value);
        self.items.push(Item::Const { name: name.clone(), width, value: lit, comment: formula.to_owned() });
        Expr::new(width, Kind::Const(name, value.clone()))
    }

    /// A named table of constants of `width` bits, word 0 in the low bits: index it with `part_at(&ix * width, width)`.
    #[track_caller]
    pub fn table(&mut self, name: &str, width: usize, values: &[u128], comment: &str) -> Expr {
        let words: Vec<Expr> = values.iter().rev().map(|&v| Expr::lit(width, v)).collect();
        let value = Expr::concat(&words);
        let bits = value.eval(&super::Env::new());
        let name = self.name(name, "table");
        self.items.push(Item::Const { name: name.clone(), width: bits.width(), value, comment: comment.to_owned() });
        Expr::new(bits.width(), Kind::Const(name, bits))
    }

    fn declare(&mut self, kind: NetKind, name: &str, width: Width, value: Option<Expr>) -> Expr {
        let name = self.name(name, "net");
        let net = Expr::net(&name, width.bits, width.param.clone());
        let (attrs, comment) = (std::mem::take(&mut self.attrs), std::mem::take(&mut self.note));
        self.items.push(Item::Net { name, kind, width, value, attrs, comment });
        net
    }

    /// A wire with its value.
    pub fn wire(&mut self, name: &str, value: impl Borrow<Expr>) -> Expr {
        let value = value.borrow();
        let width = Width { bits: value.width(), param: value.param().cloned() };
        self.declare(NetKind::Wire, name, width, Some(value.clone()))
    }

    /// A wire that is driven later by `assign` or an instance.
    pub fn net(&mut self, name: &str, width: impl Into<Width>) -> Expr {
        self.declare(NetKind::Wire, name, width.into(), None)
    }

    /// A register with its reset value, driven by `clocked`.
    #[track_caller]
    pub fn reg(&mut self, name: &str, width: impl Into<Width>, reset: u128) -> Expr {
        let net = self.declare(NetKind::Reg, name, width.into(), None);
        self.set_reset(&net, reset);
        net
    }

    /// A register of any width with its reset value.
    pub fn reg_bits(&mut self, name: &str, reset: &Bits) -> Expr {
        let net = self.declare(NetKind::Reg, name, reset.width().into(), None);
        self.resets.insert(net.to_string().into(), Expr::bits(reset));
        net
    }

    /// A variable without reset: driven by `clocked_no_reset`, `comb` or `initial`.
    pub fn var(&mut self, name: &str, width: impl Into<Width>) -> Expr {
        self.declare(NetKind::Reg, name, width.into(), None)
    }

    /// A memory of `depth` words, written by `clocked_no_reset` or `initial`.
    pub fn mem(&mut self, name: &str, width: impl Into<Width>, depth: impl Into<Width>) -> Mem {
        let mem = Mem { name: self.name(name, "memory"), width: width.into(), depth: depth.into() };
        let (attrs, comment) = (std::mem::take(&mut self.attrs), std::mem::take(&mut self.note));
        self.items.push(Item::Mem { mem: mem.clone(), attrs, comment });
        mem
    }

    /// Marks bits as read on purpose, for linters. The name starts with `unused`.
    #[track_caller]
    pub fn unused(&mut self, name: &str, nets: &[Expr]) {
        assert!(
            name.starts_with("unused"),
            "hdl: linters know unused bits by a name that starts with `unused`: `{name}`"
        );
        let mut parts = vec![Expr::new(1, Kind::Lit { bits: Bits::zero(1), radix: Radix::Auto })];
        parts.extend_from_slice(nets);
        self.wire(name, Expr::concat(&parts).all());
    }

    /// A comment above what follows.
    pub fn comment(&mut self, text: &str) {
        self.items.push(Item::Comment(text.to_owned()));
    }

    /// A heading above a part of the module.
    pub fn section(&mut self, text: &str) {
        self.items.push(Item::Section(text.to_owned()));
    }

    /// Checks the module and finishes it. Panics when it is refused.
    #[track_caller]
    pub fn finish(self) -> Arc<Module> {
        self.try_finish().unwrap_or_else(|e| panic!("hdl: {e}"))
    }

    /// Finishes a module of ports only, which stands for a macro in synthesis. Panics when a port's name is refused or
    /// when anything was written beside ports.
    #[track_caller]
    pub fn finish_black_box(mut self) -> Arc<Module> {
        let name = &self.module.name;
        assert!(self.problems.is_empty(), "hdl: black box `{name}`: {}", self.problems.join("; "));
        assert!(self.items.is_empty(), "hdl: black box `{name}` has a body");
        self.module.black_box = true;
        Arc::new(self.module)
    }

    /// Checks the module and finishes it.
    ///
    /// # Errors
    /// Names every net that is unknown, declared twice, reserved, driven twice, never or by the wrong kind of block, and
    /// every instance port that is missing, unknown or of another width.
    pub fn try_finish(mut self) -> Result<Arc<Module>, HdlError> {
        self.module.items = std::mem::take(&mut self.items);
        let mut problems = std::mem::take(&mut self.problems);
        if problems.is_empty() {
            problems = check::problems(&self.module, &self.resets);
        }
        if !problems.is_empty() {
            return Err(HdlError { module: self.module.name.to_string(), problems });
        }
        Ok(Arc::new(self.module))
    }
}
