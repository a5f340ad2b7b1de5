//! A finished module: what the builders make and the printer reads.

use super::expr::{Expr, Index, Kind, Name};
use super::process::{Process, Stmt};
use super::select::index_width;
use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

/// A module that passed all checks. Share it: `Arc<Module>` is what instances hold.
#[derive(Debug)]
pub struct Module {
    pub(crate) name: Name,
    pub(crate) source: String,
    pub(crate) doc: Vec<String>,
    pub(crate) contract: Vec<String>,
    pub(crate) latency: Option<String>,
    pub(crate) params: Vec<Param>,
    pub(crate) ports: Vec<Port>,
    pub(crate) items: Vec<Item>,
    pub(crate) children: Vec<Arc<Module>>,
    /// Ports only: stands for a macro in synthesis.
    pub(crate) black_box: bool,
    /// The text between the port list and `endmodule`, printed once.
    pub(crate) body: OnceLock<String>,
    /// The complete text, printed once.
    pub(crate) text: OnceLock<String>,
}

impl Module {
    /// The name, unique in a design.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ports in the order of declaration.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// The port called `name`.
    pub fn port(&self, name: &str) -> Option<&Port> {
        self.ports.iter().find(|p| &*p.name == name)
    }

    /// The modules instantiated here, each once.
    pub fn children(&self) -> &[Arc<Module>] {
        &self.children
    }
}

/// Direction of a port and what drives an output.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortKind {
    /// Read by the module.
    Input,
    /// Driven by an assign or an instance.
    OutputWire,
    /// Driven by a process.
    OutputReg,
}

/// A port of a module. Its width is a value; it is a rust-hdl `Atom`.
#[derive(Clone, Debug)]
pub struct Port {
    pub(crate) name: Name,
    pub(crate) kind: PortKind,
    pub(crate) width: Width,
    pub(crate) group: Option<String>,
    pub(crate) comment: String,
    pub(crate) id: usize,
}

impl Port {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The direction.
    pub fn kind(&self) -> PortKind {
        self.kind
    }

    /// Number of bits, for the default of a parameter.
    pub fn width(&self) -> usize {
        self.width.bits
    }

    /// Unit and range, as printed beside the port.
    pub fn comment(&self) -> &str {
        &self.comment
    }
}

/// An integer parameter of a module.
#[derive(Clone, Debug)]
pub struct Param {
    pub(crate) name: Name,
    pub(crate) default: usize,
    pub(crate) comment: String,
}

impl Param {
    /// The parameter as a 32-bit number, for checks.
    pub fn value(&self) -> Expr {
        Expr::new(32, Kind::Param(self.name.clone()))
    }
}

/// A width or depth: a number, or a parameter of the module.
#[derive(Clone, Debug)]
pub struct Width {
    pub(crate) bits: usize,
    pub(crate) param: Option<Name>,
}

impl From<usize> for Width {
    fn from(bits: usize) -> Self {
        Self { bits, param: None }
    }
}

impl From<&Param> for Width {
    fn from(p: &Param) -> Self {
        Self { bits: p.default, param: Some(p.name.clone()) }
    }
}

impl Width {
    /// The width when parameters have these values.
    pub(crate) fn with(&self, values: &BTreeMap<Name, usize>) -> usize {
        self.param.as_ref().and_then(|p| values.get(p)).copied().unwrap_or(self.bits)
    }
}

/// A memory: an array of words.
#[derive(Clone, Debug)]
pub struct Mem {
    pub(crate) name: Name,
    pub(crate) width: Width,
    pub(crate) depth: Width,
}

impl Mem {
    fn elem(&self, index: Index) -> Expr {
        let kind = Kind::Elem { mem: self.name.clone(), index };
        Expr::sized(self.width.bits, self.width.param.clone(), kind)
    }

    /// Word number `address`. A narrow address is zero-extended in the text, one wider than the depth needs is refused.
    #[track_caller]
    pub fn at(&self, address: impl Borrow<Expr>) -> Expr {
        let (address, need) = (address.borrow(), index_width(self.depth.bits));
        assert!(
            address.width() <= need,
            "hdl: memory `{}` of {} words is addressed with {}, it takes {need}: `{address}`",
            self.name,
            self.depth.bits,
            address.size()
        );
        self.elem(Index::Dyn(if address.param().is_some() { address.clone() } else { address.zext(need) }))
    }

    /// Word number `index`, an index over loop variables. Panics when it can leave the memory.
    #[track_caller]
    pub fn at_ix(&self, index: impl Into<super::Ix>) -> Expr {
        let index = index.into();
        let (lo, hi) = index.bounds();
        assert!(
            lo >= 0 && (hi as usize) < self.depth.bits,
            "hdl: words {lo}..={hi} (index `{}`) of memory `{}`, which has {}",
            index.text(),
            self.name,
            self.depth.bits
        );
        self.elem(Index::Loop(index))
    }
}

/// A function of the module; call it in expressions.
#[derive(Clone, Debug)]
pub struct Function {
    pub(crate) name: Name,
    pub(crate) width: usize,
    pub(crate) args: Vec<(Name, usize)>,
}

impl Function {
    /// Bits of argument number `index`.
    pub fn argument_width(&self, index: usize) -> usize {
        self.args[index].1
    }

    /// The value of the function for these arguments.
    #[track_caller]
    pub fn call(&self, args: &[Expr]) -> Expr {
        let given: Vec<usize> = args.iter().map(Expr::width).collect();
        let takes: Vec<usize> = self.args.iter().map(|a| a.1).collect();
        assert!(given == takes, "hdl: function `{}` takes widths {takes:?} and gets {given:?}", self.name);
        Expr::new(self.width, Kind::Call(self.name.clone(), args.to_vec()))
    }
}

/// An instance of a module.
#[derive(Debug)]
pub(crate) struct Instance {
    pub label: Name,
    pub module: Arc<Module>,
    pub params: BTreeMap<Name, usize>,
    /// In the order of the ports of the module.
    pub connections: Vec<(Name, Expr)>,
    pub attrs: Vec<Attr>,
}

pub(crate) type Attr = (String, String);

/// What a declaration can be driven by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NetKind {
    Wire,
    Reg,
}

#[derive(Debug)]
pub(crate) enum Item {
    Comment(String),
    Section(String),
    Const {
        name: Name,
        width: usize,
        value: Expr,
        comment: String,
    },
    Net {
        name: Name,
        kind: NetKind,
        width: Width,
        value: Option<Expr>,
        attrs: Vec<Attr>,
        comment: String,
    },
    Mem {
        mem: Mem,
        attrs: Vec<Attr>,
        comment: String,
    },
    Assign {
        lhs: Expr,
        rhs: Expr,
    },
    Process {
        kind: ProcessKind,
        body: Process,
        resets: Vec<(Expr, Expr)>,
        label: Name,
    },
    Function {
        function: Function,
        locals: Vec<(Name, usize)>,
        body: Vec<Stmt>,
        loops: Vec<Name>,
        /// Not to be repeated in its callers.
        called: bool,
    },
    Instance(Instance),
    For {
        label: Name,
        var: Name,
        range: Range<usize>,
        items: Vec<Item>,
    },
    /// Properties where FORMAL is defined, or checks where neither SYNTHESIS nor FORMAL is.
    Ifdef {
        defined: bool,
        items: Vec<Item>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ProcessKind {
    /// Posedge of the clock, asynchronous reset.
    Clocked,
    /// Posedge of the clock.
    ClockedNoReset,
    /// Posedge of the clock, only while not in reset; assigns nothing.
    Check,
    Comb,
    Initial,
}
