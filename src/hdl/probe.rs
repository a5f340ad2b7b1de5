//! The printer's walk over a design with rust-hdl's visitor, and [`Module`] and [`Port`] as rust-hdl knows blocks and atoms.

use super::module::{Module, Port, PortKind};
use super::print;
use rust_hdl::core::prelude::{
    Atom, AtomKind, Block, Logic, PinConstraint, Probe, TypeDescriptor, TypeKind, VCDValue, Verilog, VerilogLiteral,
    Wrapper,
};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Atom for Port {
    fn bits(&self) -> usize {
        self.width()
    }

    fn connected(&self) -> bool {
        true
    }

    fn changed(&self) -> bool {
        false
    }

    fn kind(&self) -> AtomKind {
        match self.kind {
            PortKind::Input => AtomKind::InputParameter,
            PortKind::OutputWire => AtomKind::OutputPassthrough,
            PortKind::OutputReg => AtomKind::OutputParameter,
        }
    }

    fn descriptor(&self) -> TypeDescriptor {
        TypeDescriptor { name: format!("Bits::<{}>", self.width()), kind: TypeKind::Bits(self.width()) }
    }

    fn vcd(&self) -> VCDValue {
        VCDValue::from(false)
    }

    fn id(&self) -> usize {
        self.id
    }

    fn verilog(&self) -> VerilogLiteral {
        VerilogLiteral::from(0u32)
    }

    fn constraints(&self) -> Vec<PinConstraint> {
        Vec::new()
    }
}

impl Module {
    /// The text between the port list and `endmodule`.
    pub(crate) fn body(&self) -> &str {
        self.body.get_or_init(|| print::body(self))
    }

    /// The complete text, without the banner.
    fn text(&self) -> &str {
        self.text.get_or_init(|| print::complete(self))
    }
}

impl Logic for Module {
    fn update(&mut self) {}

    /// The body as `code`, the complete module as `cores`.
    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper { code: self.body().to_owned(), cores: self.text().to_owned() })
    }
}

impl Block for Module {
    fn connect_all(&mut self) {}

    fn update_all(&mut self) {}

    fn has_changed(&self) -> bool {
        false
    }

    /// Visits the ports and each module instantiated here once; the scope is named after the module.
    fn accept(&self, _name: &str, probe: &mut dyn Probe) {
        probe.visit_start_scope(&self.name, self);
        for port in &self.ports {
            probe.visit_atom(&port.name, port);
        }
        for child in &self.children {
            child.accept(&child.name, probe);
        }
        probe.visit_end_scope(&self.name, self);
    }
}

/// Prints a design: each distinct module once.
#[derive(Clone, Debug)]
pub struct Printer {
    version: String,
    config: String,
}

impl Printer {
    /// `version` of the generator and hash of the configuration, for the banner of every file.
    pub fn new(version: &str, config_hash: &str) -> Self {
        Self { version: version.to_owned(), config: config_hash.to_owned() }
    }

    /// The modules of a design as (name, text), those that are instantiated before those that instantiate them.
    ///
    /// # Panics
    /// When one name stands for two texts, when the ports that the visitor sees are not those of the text, and for a
    /// rust-hdl block that is not a [`Module`] (make one with [`Kernel`](super::Kernel)).
    pub fn print(&self, top: &dyn Block) -> Vec<(String, String)> {
        let banner = format!(
            "// SPDX-License-Identifier: MIT OR Apache-2.0\n// memgan {}, configuration {}\n",
            self.version, self.config
        );
        let mut collect = Collect { banner, ..Collect::default() };
        top.accept("top", &mut collect);
        collect.files
    }

    /// The text of one module.
    pub fn text(&self, module: &Arc<Module>) -> String {
        self.print(module.as_ref()).pop().map_or_else(String::new, |file| file.1)
    }
}

/// The names of the ports that a text declares.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().skip_while(|l| !l.starts_with("module ")).take_while(|l| !l.starts_with(");"));
    let code = lines.map(|l| l.split("//").next().unwrap_or_default().trim());
    let ports = code.filter(|l| l.starts_with("input ") || l.starts_with("output "));
    ports.filter_map(|l| l.trim_end_matches(',').rsplit(' ').next())
}

#[derive(Default)]
struct Collect {
    banner: String,
    files: Vec<(String, String)>,
    /// Index into `files` by name.
    known: BTreeMap<String, usize>,
    open: Vec<(String, String, Vec<String>)>,
}

impl Probe for Collect {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        let Verilog::Wrapper(Wrapper { cores, .. }) = node.hdl() else {
            panic!("hdl: `{name}` is a rust-hdl block; make a module of it with `Kernel`");
        };
        self.open.push((name.to_owned(), cores, Vec::new()));
    }

    fn visit_atom(&mut self, name: &str, _signal: &dyn Atom) {
        if let Some((_, _, ports)) = self.open.last_mut() {
            ports.push(name.to_owned());
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        let Some((name, body, ports)) = self.open.pop() else { return };
        assert!(
            declared(&body).eq(ports.iter().map(String::as_str)),
            "hdl: the text of `{name}` does not declare the ports {ports:?}"
        );
        let text = format!("{}{body}", self.banner);
        match self.known.get(&name) {
            Some(&i) => assert!(self.files[i].1 == text, "hdl: two different modules are called `{name}`"),
            None => {
                self.known.insert(name.clone(), self.files.len());
                self.files.push((name, text));
            }
        }
    }
}
