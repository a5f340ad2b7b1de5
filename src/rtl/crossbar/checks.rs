//! The contract of the macro, checked in simulation by both models.

use super::ports::{Ports, TrainingPorts};
use crate::hdl::{Builder, Expr};

/// `converting` and `pulsing`: from the cycle after a start to the cycle before done.
pub(super) fn contract(m: &mut Builder, p: &Ports, converting: &Expr, pulsing: Option<&Expr>) {
    let sampled = m.reg("sampled_q", 1, 0);
    let void = match &p.training {
        None => p.apply.clone(),
        Some(t) => p.apply.or(&t.pulse_start),
    };
    m.clocked(|s| {
        s.if_(&p.sample, |s| s.set(&sampled, Expr::ones(1))).elif(&void, |s| s.set(&sampled, Expr::zero(1)));
    });
    m.unused("unused_phase", std::slice::from_ref(&p.phase));
    let idle = converting.not();
    m.checks(|m| {
        m.check(p.start.not().or(&sampled), "a conversion starts before the bit lines are sampled");
        for (strobe, message) in [
            (&p.start, "a conversion starts during a conversion"),
            (&p.apply, "lines change during a conversion"),
            (&p.sample, "bit lines are sampled during a conversion"),
            (&p.prog_valid, "cells are programmed during a conversion"),
        ] {
            m.check(strobe.not().or(&idle), message);
        }
    });
    if let Some(age) = p.model.as_ref().and_then(|model| model.age.as_ref()) {
        let pulse = p.training.as_ref().map(|t| t.pulse_start.clone());
        let others = [p.start.clone(), p.sample.clone(), p.prog_valid.clone()].into_iter().chain(pulse);
        let still = others.chain([converting.clone()]).chain(pulsing.cloned()).reduce(|a, b| a.or(b));
        let still = still.expect("there is something else").not();
        m.checks(|m| m.check(age.not().or(still), "time passes while something else happens"));
    }
    if let (Some(t), Some(pulsing)) = (&p.training, pulsing) {
        training(m, p, t, converting, pulsing);
    }
}

fn training(m: &mut Builder, p: &Ports, t: &TrainingPorts, converting: &Expr, pulsing: &Expr) {
    let applied = m.reg("applied_q", 1, 0);
    let side = m.reg("sampled_columns_q", 1, 0);
    m.clocked(|s| {
        s.if_(&p.apply, |s| s.set(&applied, Expr::ones(1)));
        s.if_(&p.sample, |s| s.set(&side, &t.read_columns));
    });
    let others = m.wire("others", p.start.or(&p.apply).or(&p.sample).or(&p.prog_valid));
    let idle = pulsing.not();
    let same_sides = t.sides.as_ref().map(|sides| {
        let before = m.var("sides_before_q", 2);
        m.clocked_no_reset(|s| s.set(&before, sides));
        sides.eq(&before)
    });
    m.checks(|m| {
        m.check(p.start.not().or(side.eq(&t.read_columns)), "a conversion is of the side that was not sampled");
        m.check(t.pulse_start.not().or(&applied), "a pulse starts before lines are applied");
        if let Some(same) = &same_sides {
            m.check(converting.not().or(same), "devices are connected or disconnected during a conversion");
            m.check(idle.or(same), "devices are connected or disconnected during a pulse");
        }
        m.check(t.pulse_start.not().or(converting.not()), "a pulse starts during a conversion");
        m.check(t.pulse_start.not().or(others.not()), "a pulse starts together with something else");
        for (strobe, message) in [
            (&t.pulse_start, "a pulse starts during a pulse"),
            (&p.start, "a conversion starts during a pulse"),
            (&p.apply, "lines change during a pulse"),
            (&p.sample, "lines are sampled during a pulse"),
            (&p.prog_valid, "cells are programmed or read back during a pulse"),
        ] {
            m.check(strobe.not().or(&idle), message);
        }
    });
}
