//! rust-hdl kernels as modules: control logic over bits and state enums.

use super::builder::Builder;
use super::expr::{Expr, Name};
use super::flipflop::FLIP_FLOP;
use super::kernel_code::Code;
use super::module::Module;
use super::select::index_width;
use rust_hdl::core::prelude::{Atom, AtomKind, Block, Probe, TypeKind, Verilog};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Turns a rust-hdl `LogicBlock` into a [`Module`].
///
/// The ports and nets of the block are `Bit`, `Clock` or a state enum, its registers are [`FlipFlop`](super::FlipFlop)s;
/// field names are the names of the text. The kernel assigns every output and next state a default before any condition.
pub struct Kernel<B> {
    name: String,
    source: String,
    block: B,
    doc: Vec<String>,
    contract: Vec<String>,
    latency: Option<String>,
    groups: BTreeMap<String, String>,
    comments: BTreeMap<String, String>,
}

impl<B: Block> Kernel<B> {
    /// A module called `name` from a block that has not been simulated yet; pass `file!()` as the source.
    pub fn new(name: &str, source: &str, block: B) -> Self {
        let (doc, contract, latency) = (Vec::new(), Vec::new(), None);
        let (groups, comments) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.to_owned(), source: source.to_owned(), block, doc, contract, latency, groups, comments }
    }

    /// A paragraph of the header: what the module does.
    pub fn doc(mut self, text: &str) -> Self {
        self.doc.push(text.to_owned());
        self
    }

    /// A paragraph of the header: handshake and what the caller must not do.
    pub fn contract(mut self, text: &str) -> Self {
        self.contract.push(text.to_owned());
        self
    }

    /// The latency, in cycles, for the header.
    pub fn latency(mut self, text: &str) -> Self {
        self.latency = Some(text.to_owned());
        self
    }

    /// A heading above the port `field`.
    pub fn group(mut self, field: &str, heading: &str) -> Self {
        self.groups.insert(field.to_owned(), heading.to_owned());
        self
    }

    /// The comment of the port `field`.
    pub fn port(mut self, field: &str, comment: &str) -> Self {
        self.comments.insert(field.to_owned(), comment.to_owned());
        self
    }

    /// The module.
    ///
    /// # Panics
    /// For anything that a kernel may not contain, naming the kernel and the net; for latches; for outputs that nobody drives.
    pub fn finish(mut self) -> Arc<Module> {
        self.block.connect_all();
        let mut found = Found { kernel: self.name.clone(), ..Found::default() };
        self.block.accept("top", &mut found);
        let mut m = Builder::new(&self.name, &self.source);
        self.doc.iter().for_each(|t| m.doc(t));
        self.contract.iter().for_each(|t| m.contract(t));
        self.latency.iter().for_each(|t| m.latency(t));
        let mut code = Code::new(&self.name);
        for net in &found.nets {
            if let Some(heading) = self.groups.remove(&net.name) {
                m.group(&heading);
            }
            let comment = self.comments.remove(&net.name).unwrap_or_default();
            let e = match net.kind {
                AtomKind::InputParameter => m.input(&net.name, net.width, &comment),
                AtomKind::OutputParameter => m.output_var(&net.name, net.width, &comment),
                _ => continue,
            };
            code.add_net(&net.name, &e, net.states.as_ref());
        }
        let unknown: Vec<&String> = self.groups.keys().chain(self.comments.keys()).collect();
        assert!(unknown.is_empty(), "hdl: kernel `{}` has no ports {unknown:?}", self.name);
        found.states(&mut m, &mut code);
        found.registers(&mut m, &mut code);
        for net in found.nets.iter().filter(|n| n.kind == AtomKind::LocalSignal) {
            let e = m.var(&net.name, net.width);
            code.add_net(&net.name, &e, net.states.as_ref());
        }
        code.write(&mut m, &found.body);
        m.finish()
    }
}

/// A port, local net or half of a register.
struct Net {
    name: String,
    kind: AtomKind,
    width: usize,
    states: Option<States>,
}

/// A state enum: its name and its values.
#[derive(Clone, PartialEq)]
pub(super) struct States {
    pub name: String,
    pub values: Vec<String>,
}

struct Register {
    name: String,
    width: usize,
    states: Option<States>,
    reset: usize,
}

#[derive(Default)]
struct Found {
    kernel: String,
    nets: Vec<Net>,
    registers: Vec<Register>,
    body: Vec<rust_hdl::core::ast::VerilogStatement>,
    /// Fields around the current one: the first is the kernel.
    path: Vec<String>,
}

fn states(atom: &dyn Atom, kernel: &str) -> (usize, Option<States>) {
    let descriptor = atom.descriptor();
    match descriptor.kind {
        TypeKind::Bits(1) => (1, None),
        TypeKind::Enum(all) => {
            let values = all.iter().filter_map(|v| v.rsplit("::").next().map(str::to_owned)).collect();
            (index_width(all.len()), Some(States { name: descriptor.name, values }))
        }
        _ => panic!("hdl: kernel `{kernel}`: `{}` is neither a bit nor a state enum", descriptor.name),
    }
}

impl Probe for Found {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let is_register = node.timing().iter().any(|t| t.name == FLIP_FLOP);
        match (self.path.is_empty(), node.hdl()) {
            (true, Verilog::Combinatorial(body)) => self.body = body,
            (false, _) if is_register => {
                let name = name.replace('$', "_");
                self.registers.push(Register { name, width: 0, states: None, reset: 0 });
            }
            _ => panic!(
                "hdl: kernel `{}`: `{name}` is neither an update function with #[hdl_gen] nor a FlipFlop",
                self.kernel
            ),
        }
        self.path.push(name.to_owned());
    }

    fn visit_atom(&mut self, name: &str, atom: &dyn Atom) {
        let (width, states) = states(atom, &self.kernel);
        match (self.path.len(), self.registers.last_mut()) {
            (1, _) => {
                let name = name.replace('$', "_");
                self.nets.push(Net { name, kind: atom.kind(), width, states });
            }
            (_, Some(register)) if name == "q" => {
                register.width = width;
                register.states = states;
                register.reset = atom.verilog().as_usize();
            }
            _ => {}
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.path.pop();
    }
}

impl Found {
    /// Declares the values of every state enum, once.
    fn states(&self, m: &mut Builder, code: &mut Code) {
        let nets = self.nets.iter().filter_map(|n| n.states.as_ref());
        let mut done: Vec<&States> = Vec::new();
        for states in nets.chain(self.registers.iter().filter_map(|r| r.states.as_ref())) {
            if done.iter().any(|d| d.name == states.name) {
                continue;
            }
            done.push(states);
            let used = code.used_states(states, &self.body);
            for (i, value) in states.values.iter().enumerate() {
                let reset = self.registers.iter().any(|r| r.states.as_ref() == Some(states) && r.reset == i);
                if reset || used[i] {
                    let width = index_width(states.values.len());
                    let e = m.localparam(&format!("{}{value}", states.name), width, i as u128, "");
                    code.add_value(&states.name, value, &e);
                }
            }
        }
    }

    /// Declares every register and the process that clocks it.
    fn registers(&self, m: &mut Builder, code: &mut Code) {
        let mut all: Vec<(Expr, Expr)> = Vec::new();
        for register in &self.registers {
            let q = m.reg(&format!("{}_q", register.name), register.width, register.reset as u128);
            let d = m.var(&format!("{}_d", register.name), register.width);
            if let Some(states) = &register.states {
                let reset = code.value(&states.name, &states.values[register.reset]);
                m.resets.insert(Name::from(q.to_string()), reset);
            }
            code.add_register(&register.name, &q, &d, register.states.as_ref(), register.reset);
            all.push((q, d));
        }
        if !all.is_empty() {
            m.clocked(|p| all.iter().for_each(|(q, d)| p.set(q, d)));
        }
    }
}
