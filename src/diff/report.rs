//! What a pass through a network took and whether it was right.

use crate::schedule::{OpCycles, Schedule};
use serde::Serialize;

/// The first value that differs, in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// The layer whose output differs.
    pub layer: String,
    /// Position in the layer's output.
    pub row: usize,
    pub column: usize,
    pub channel: usize,
    /// Clock cycle of the pass, counted from the start of its run; `None` for a value that was never written.
    pub cycle: Option<u64>,
    pub expected: i8,
    /// `None` for a value that was never written.
    pub got: Option<i8>,
}

/// Cycles of one layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LayerReport {
    pub layer: String,
    /// Reads of the layer's tiles.
    pub reads: u64,
    pub tiles: usize,
    pub cycles: u64,
    pub predicted_cycles: u64,
    pub array_busy_cycles: u64,
    pub array_utilisation: f64,
    /// Predicted cycles in which the array waits, by cause.
    pub waits_for_input: u64,
    pub waits_for_output: u64,
    pub finish: u64,
    pub overhead: u64,
    /// Values of this layer's output that differ.
    pub differences: u64,
}

/// One pass of a network through the hardware and the golden model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PassReport {
    pub network: &'static str,
    /// Wrong or missing bytes of activations.
    pub differences: u64,
    /// Bytes of activations compared.
    pub compared: u64,
    pub cycles: u64,
    pub predicted_cycles: u64,
    pub array_busy_cycles: u64,
    pub layers: Vec<LayerReport>,
    pub first_mismatch: Option<Mismatch>,
    /// Cycle of the first wrong write, counted from the beginning of the pass with its input: where a trace must look.
    #[serde(skip)]
    pub trace_cycle: Option<u64>,
    #[serde(skip)]
    pub rtl_output: Vec<i8>,
    #[serde(skip)]
    pub golden_output: Vec<i8>,
}

impl PassReport {
    /// Whether values agree.
    pub fn is_equal(&self) -> bool {
        self.differences == 0
    }
}

/// Sums over passes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Totals {
    pub differences: u64,
    pub compared: u64,
    pub cycles: u64,
    pub predicted_cycles: u64,
    pub array_busy_cycles: u64,
    pub array_utilisation: f64,
    pub layers: Vec<LayerReport>,
}

/// `part / whole`, 0 for nothing.
pub(super) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Totals {
    /// Adds a pass; layers of the same name are added up.
    pub fn add(&mut self, pass: &PassReport) {
        self.differences += pass.differences;
        self.compared += pass.compared;
        self.cycles += pass.cycles;
        self.predicted_cycles += pass.predicted_cycles;
        self.array_busy_cycles += pass.array_busy_cycles;
        self.array_utilisation = share(self.array_busy_cycles, self.cycles);
        for layer in &pass.layers {
            let Some(sum) = self.layers.iter_mut().find(|l| l.layer == layer.layer) else {
                self.layers.push(layer.clone());
                continue;
            };
            sum.reads += layer.reads;
            sum.cycles += layer.cycles;
            sum.predicted_cycles += layer.predicted_cycles;
            sum.array_busy_cycles += layer.array_busy_cycles;
            sum.waits_for_input += layer.waits_for_input;
            sum.waits_for_output += layer.waits_for_output;
            sum.finish += layer.finish;
            sum.overhead += layer.overhead;
            sum.differences += layer.differences;
            sum.array_utilisation = share(sum.array_busy_cycles, sum.cycles);
        }
    }
}

/// Adds up the operations of each layer in `ops`; `measured` gives (cycles, array busy cycles) of an operation.
pub(super) fn layers(
    schedule: &Schedule,
    ops: std::ops::RangeInclusive<usize>,
    predicted: &[OpCycles],
    measured: impl Fn(usize) -> (u64, u64),
) -> Vec<LayerReport> {
    let mut layers: Vec<LayerReport> = Vec::new();
    for index in ops {
        let op = &schedule.ops[index];
        let bank = &schedule.banks[op.layer];
        let (cycles, busy) = measured(index);
        let p = &predicted[index];
        if layers.last().is_none_or(|l| l.layer != bank.name) {
            layers.push(LayerReport {
                layer: bank.name.clone(),
                reads: 0,
                tiles: bank.tiles(),
                cycles: 0,
                predicted_cycles: 0,
                array_busy_cycles: 0,
                array_utilisation: 0.0,
                waits_for_input: 0,
                waits_for_output: 0,
                finish: 0,
                overhead: 0,
                differences: 0,
            });
        }
        let layer = layers.last_mut().expect("just pushed");
        layer.reads += if op.source.is_some() { op.positions as u64 } else { 0 };
        layer.cycles += cycles;
        layer.predicted_cycles += p.total;
        layer.array_busy_cycles += busy;
        layer.array_utilisation = share(layer.array_busy_cycles, layer.cycles);
        layer.waits_for_input += p.starved.gather;
        layer.waits_for_output += p.starved.drain;
        layer.finish += p.starved.finish;
        layer.overhead += p.starved.overhead;
    }
    layers
}
