//! What the noise of reads, pulses and drift depends on: the seed, and what the tile did since.

use super::ports::{ModelPorts, Ports};
use super::real::{RealFunctions, W, int, word};
use crate::device::ArrayModel;
use crate::hdl::{Builder, Expr, Process};
use crate::numeric::Draw;

/// What the noise of the next event depends on.
pub(super) struct Events {
    /// Only where reads, pulses or drift have noise.
    seed: Option<Expr>,
    reads: Option<Reads>,
    pulses: Option<Expr>,
    /// Units of time.
    ages: Option<Expr>,
}

/// Only where reads are noisy.
struct Reads {
    count: Expr,
    /// No conversion yet of what was sampled.
    fresh: Expr,
}

impl Events {
    pub fn new(m: &mut Builder, p: &Ports, model: &ArrayModel, ports: &ModelPorts) -> Self {
        let (t, noisy) = (p.training.as_ref(), model.read_noise > 0);
        if t.is_none() && !noisy && ports.age.is_none() {
            m.unused("unused_noise", &[ports.tile.clone(), ports.seed_valid.clone(), ports.seed.clone()]);
            return Self { seed: None, reads: None, pulses: None, ages: None };
        }
        m.section("Events since the noise was seeded");
        let seed = m.reg("noise_seed_q", W, 0);
        let reads = noisy.then(|| Reads { count: m.reg("reads_q", W, 0), fresh: m.reg("fresh_q", 1, 0) });
        let pulses = t.map(|_| m.reg("pulses_q", W, 0));
        let ages = ports.age.as_ref().map(|_| m.reg("ages_q", W, 0));
        m.clocked(|s| {
            if let Some(r) = &reads {
                s.if_(&p.sample, |s| s.set(&r.fresh, Expr::ones(1)));
                s.if_(p.start.and(&r.fresh), |s| {
                    s.set(&r.fresh, Expr::zero(1));
                    s.set(&r.count, r.count.add(int(1)));
                });
            }
            if let (Some(t), Some(pulses)) = (t, &pulses) {
                s.if_(&t.pulse_start, |s| s.set(pulses, pulses.add(int(1))));
            }
            if let (Some(age), Some(ages)) = (&ports.age, &ages) {
                s.if_(age, |s| s.set(ages, ages.add(int(1))));
            }
            s.if_(&ports.seed_valid, |s| {
                s.set(&seed, &ports.seed);
                for count in reads.iter().map(|r| &r.count).chain(&pulses).chain(&ages) {
                    s.set(count, int(0));
                }
            });
        });
        Self { seed: Some(seed), reads, pulses, ages }
    }

    /// Whether this conversion is the first of what was sampled.
    pub fn fresh(&self) -> &Expr {
        &self.reads.as_ref().expect("reads are noisy").fresh
    }

    /// Sets `to` to `numeric::event_key` of the read, pulse or unit of time that comes now.
    pub fn key(&self, s: &mut Process, model: &ArrayModel, f: &RealFunctions, kind: Draw, to: &Expr) {
        let count = match kind {
            Draw::Pulse => self.pulses.as_ref(),
            Draw::Decay | Draw::Chance | Draw::Walk => self.ages.as_ref(),
            _ => self.reads.as_ref().map(|r| &r.count),
        };
        let (count, seed) = count.zip(self.seed.as_ref()).expect("this event has noise");
        s.set_now(to, count.umul_w(word(0x9e37_79b9), W));
        s.set_now(to, to.add(seed));
        s.set_now(to, f.mix.call(&[word(model.key(kind)).xor(to)]));
    }
}
