//! Nets of the top level by name, and instances that connect to them.

use crate::hdl::{Builder, Expr, Module};
use crate::rtl::lanes::Sizes;
use crate::schedule::Schedule;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The top level while it is built.
pub(super) struct Top<'a> {
    pub schedule: &'a Schedule,
    pub sizes: Sizes,
    pub m: Builder,
    /// Whether the design trains.
    pub trains: bool,
    nets: BTreeMap<String, Expr>,
}

impl<'a> Top<'a> {
    pub fn new(name: &str, source: &str, schedule: &'a Schedule) -> Self {
        Self {
            schedule,
            sizes: Sizes::of(schedule),
            m: Builder::new(name, source),
            trains: schedule.design.training.is_some(),
            nets: BTreeMap::new(),
        }
    }

    pub fn finish(self) -> Arc<Module> {
        self.m.finish()
    }

    /// The net called `name`, declared where it is first asked for.
    #[track_caller]
    pub fn net(&mut self, name: &str, width: usize) -> Expr {
        if let Some(net) = self.nets.get(name) {
            assert_eq!(net.width(), width, "net `{name}`");
            return net.clone();
        }
        let net = self.m.net(name, width);
        self.nets.insert(name.to_owned(), net.clone());
        net
    }

    /// A net that was declared before.
    #[track_caller]
    pub fn get(&self, name: &str) -> Expr {
        self.nets.get(name).unwrap_or_else(|| panic!("net `{name}` is not declared yet")).clone()
    }

    /// Names a net that something else declares, such as a port.
    pub fn bind(&mut self, name: &str, net: Expr) {
        self.nets.insert(name.to_owned(), net);
    }

    /// A named net for an expression.
    pub fn wire(&mut self, name: &str, value: Expr) -> Expr {
        let net = self.m.wire(name, value);
        self.nets.insert(name.to_owned(), net.clone());
        net
    }

    /// Drives the net called `name`.
    pub fn assign(&mut self, name: &str, value: Expr) {
        let net = self.net(name, value.width());
        self.m.assign(&net, value);
    }

    pub fn input(&mut self, port: &str, width: usize, comment: &str) -> Expr {
        let net = self.m.input(port, width, comment);
        self.bind(base(port), net.clone());
        net
    }

    pub fn output(&mut self, port: &str, width: usize, comment: &str) -> Expr {
        let net = self.m.output(port, width, comment);
        self.bind(base(port), net.clone());
        net
    }

    /// An output beside an input of the same name: its net has the port's full name.
    pub fn output_beside(&mut self, port: &str, width: usize, comment: &str) {
        let net = self.m.output(port, width, comment);
        self.bind(port, net);
    }

    /// Whether a net of this name is declared.
    pub fn has(&self, name: &str) -> bool {
        self.nets.contains_key(name)
    }

    /// An instance. A port called `x_i` or `x_o` connects to the net `x`; `renamed` lists ports, with or without suffix,
    /// that connect to a net of another name.
    #[track_caller]
    pub fn place(&mut self, label: &str, module: &Arc<Module>, renamed: &[(&str, &str)]) {
        let mut connections = Vec::new();
        for port in module.ports() {
            let name = base(port.name());
            if matches!(port.name(), "clk_i" | "rst_ni") {
                continue;
            }
            let net = renamed.iter().find(|(from, _)| [port.name(), name].contains(from)).map_or(name, |(_, to)| to);
            connections.push((port.name().to_owned(), self.net(net, port.width())));
        }
        let resets = module.port("rst_ni").is_some();
        let clocked = module.port("clk_i").is_some();
        self.m.inst(label, module, |u| {
            match (clocked, resets) {
                (true, true) => u.clk_rst(),
                (true, false) => u.clk(),
                _ => {}
            }
            for (port, net) in &connections {
                u.connect(port, net);
            }
        });
    }
}

/// A port's name without its direction.
pub(super) fn base(port: &str) -> &str {
    port.strip_suffix("_i").or_else(|| port.strip_suffix("_o")).unwrap_or(port)
}
