//! Writing a module: instances of other modules.

use super::builder::Builder;
use super::expr::{Expr, Name};
use super::module::{Instance, Item, Module, PortKind};
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::sync::Arc;

impl Builder {
    /// An instance; labels start with `u_`.
    pub fn inst(&mut self, label: &str, module: &Arc<Module>, f: impl FnOnce(&mut Ports)) {
        let label = self.name(label, "instance");
        if !label.starts_with("u_") {
            self.problems.push(format!("the label `{label}` of an instance starts with `u_`"));
        }
        let attrs = std::mem::take(&mut self.attrs);
        let mut ports = Ports::default();
        f(&mut ports);
        let Ports { mut given, mut open, mut params, mut problems } = ports;
        let mut connections = Vec::new();
        let values: BTreeMap<Name, usize> = params.clone();
        for port in &module.ports {
            let name = &port.name;
            let width = port.width.with(&values);
            let net = match (given.remove(name), open.remove(name)) {
                (Some(net), _) => net,
                (None, Some(())) if port.kind() != PortKind::Input => {
                    self.net(&format!("unused_{}_{name}", label.trim_start_matches("u_")), width)
                }
                (None, _) => {
                    problems.push(format!("port `{name}` is not connected"));
                    continue;
                }
            };
            let same_param = net.param().is_none() || port.width.param.is_some();
            if net.width() != width || !same_param {
                problems.push(format!("port `{name}` has {width} bits and is connected to {}: `{net}`", net.size()));
            }
            connections.push((name.clone(), net));
        }
        problems.extend(given.keys().chain(open.keys()).map(|n| format!("there is no port `{n}`")));
        params.retain(|name, _| {
            let known = module.params.iter().any(|p| p.name == *name);
            if !known {
                problems.push(format!("there is no parameter `{name}`"));
            }
            known
        });
        let of = format!("instance `{label}` of `{}`", module.name);
        self.problems.extend(problems.into_iter().map(|p| format!("{of}: {p}")));
        if !self.module.children.iter().any(|c| Arc::ptr_eq(c, module)) {
            self.module.children.push(module.clone());
        }
        self.items.push(Item::Instance(Instance { label, module: module.clone(), params, connections, attrs }));
    }
}

/// The connections of an instance.
#[derive(Debug, Default)]
pub struct Ports {
    given: BTreeMap<Name, Expr>,
    open: BTreeMap<Name, ()>,
    params: BTreeMap<Name, usize>,
    problems: Vec<String>,
}

impl Ports {
    /// Connects a port by name.
    pub fn connect(&mut self, port: &str, net: impl Borrow<Expr>) {
        if self.given.insert(port.into(), net.borrow().clone()).is_some() {
            self.problems.push(format!("port `{port}` is connected twice"));
        }
    }

    /// Connects `clk_i` and `rst_ni` to the nets of the same names.
    pub fn clk_rst(&mut self) {
        self.clk();
        self.connect("rst_ni", Expr::net(&"rst_ni".into(), 1, None));
    }

    /// Connects `clk_i` to the net of the same name.
    pub fn clk(&mut self) {
        self.connect("clk_i", Expr::net(&"clk_i".into(), 1, None));
    }

    /// Leaves an output unread: it drives a wire whose name tells linters so.
    pub fn open(&mut self, port: &str) {
        self.open.insert(port.into(), ());
    }

    /// Sets a parameter.
    pub fn param(&mut self, name: &str, value: usize) {
        self.params.insert(name.into(), value);
    }
}
