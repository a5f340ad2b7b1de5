//! What a training step says about itself.

use crate::numeric::RangeCount;
use crate::schedule::Phase;

/// Loss of a phase over a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhaseLoss {
    pub phase: Phase,
    /// Sum of squared output errors, in squared activation codes.
    pub loss: u64,
    /// Outputs that it sums over.
    pub outputs: u64,
    /// Range of the outputs, in activation codes.
    pub lowest: i8,
    pub highest: i8,
}

impl PhaseLoss {
    /// Root mean square error of an output, in activation codes.
    pub fn rms(&self) -> f64 {
        (self.loss as f64 / self.outputs.max(1) as f64).sqrt()
    }
}

/// A layer's counters over a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerReport {
    /// Pulses given.
    pub pulses: u32,
    /// Row reads, column reads, and errors written from this layer.
    pub row_reads: RangeCount,
    pub column_reads: RangeCount,
    pub errors: RangeCount,
    /// Of the last image's outputs: elements, how many are zero, how many are at either end of the range; and errors
    /// that are not zero.
    pub outputs: u32,
    pub zero: u32,
    pub saturated: u32,
    pub live_errors: u32,
}

/// Phases of pulses that were given: one number for each position of an update, or for each matrix row of an apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PulseRecord {
    /// Index in the schedule's operations.
    pub op: usize,
    /// 0..=4 each for an update, 0..=2 for an apply.
    pub phases: Vec<u8>,
}

/// A sign that training has come to a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divergence {
    /// Every output of the layer is zero.
    DeadLayer(usize),
    /// Nearly every output of the layer is at an end of the range.
    SaturatedLayer(usize),
    /// All outputs of the discriminator or classifier were the same throughout the step.
    StuckOutput,
    /// No error of the layer's outputs differs from zero.
    NoErrors(usize),
}

/// What a training step did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StepReport {
    /// One a phase that has a loss, in the order of the schedule.
    pub losses: Vec<PhaseLoss>,
    /// One a layer over all networks.
    pub layers: Vec<LayerReport>,
    /// In the order in which the hardware gives them; empty unless asked for.
    pub pulses: Vec<PulseRecord>,
}

impl StepReport {
    pub fn loss(&self, phase: Phase) -> Option<&PhaseLoss> {
        self.losses.iter().find(|l| l.phase == phase)
    }

    /// The first sign of divergence. A single step may show one by chance; several in a row mean that training stands.
    pub fn divergence(&self) -> Option<Divergence> {
        let several = self.losses.iter().map(|l| l.outputs).sum::<u64>() > 1;
        let lowest = self.losses.iter().map(|l| l.lowest).min();
        let highest = self.losses.iter().map(|l| l.highest).max();
        if several && lowest == highest && lowest.is_some() {
            return Some(Divergence::StuckOutput);
        }
        self.layers.iter().enumerate().find_map(|(layer, l)| {
            // Small layers are at an end of their range, or free of errors, now and then.
            let large = l.outputs >= 16;
            if large && l.zero == l.outputs {
                Some(Divergence::DeadLayer(layer))
            } else if large && u64::from(l.saturated) * 20 > u64::from(l.outputs) * 19 {
                Some(Divergence::SaturatedLayer(layer))
            } else if large && l.live_errors == 0 {
                Some(Divergence::NoErrors(layer))
            } else {
                None
            }
        })
    }
}
