//! Trims of the ADCs in the behavioural view of real devices.

use super::ports::TrimPorts;
use super::real::W;
use super::real_devices::Adcs;
use crate::hdl::{Builder, Expr, Mem, Process};

/// Trims by `{side, ADC}`, and the one of the present conversion.
pub(super) struct Trims {
    all: Mem,
    depth: usize,
    present: Expr,
}

impl Trims {
    pub fn new(m: &mut Builder, bits: usize, depth: usize) -> Self {
        Self { all: m.mem("trim_q", bits, depth), depth, present: m.var("trim", bits) }
    }

    /// Access through the macro's ports.
    pub fn registers(&self, m: &mut Builder, p: &TrimPorts) {
        m.section("Trims of the ADCs");
        let zero = Expr::zero(p.data.width());
        m.initial(|s| s.for_("index", 0..self.depth, |s, index| s.set(self.all.at_ix(index), &zero)));
        let own = Expr::concat(&[p.side.clone(), p.adc.clone()]);
        m.clocked_no_reset(|s| {
            s.if_(&p.valid, |s| {
                s.if_(&p.write, |s| s.set(self.all.at(&own), &p.data)).else_(|s| s.set(&p.out, self.all.at(&own)));
            });
        });
    }
}

impl Adcs {
    /// Offset, gain error and bow of the ADC at `own`, as `convert` takes them.
    pub fn arguments(&self, s: &mut Process, own: &Expr) -> [Expr; 3] {
        let mut offset = self.offset.at(own);
        if let Some(trims) = &self.trims {
            s.set_now(&trims.present, trims.all.at(own));
            offset = offset.sub(trims.present.sext(W));
        }
        [offset, self.gain.at(own), self.bow.at(own)]
    }
}
