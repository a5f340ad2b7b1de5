//! What the hardware takes for a training step, from the golden model's pulses and the cycle prediction.

use crate::golden::StepReport;
use crate::schedule::{OpCycles, Pass, Schedule, predict_op, pulses, train_step_cycles};
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};

/// Cycles of a training step in hardware, by what they are for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepCycles {
    /// Images of the batch.
    pub batch: usize,
    /// All cycles of the step, without waits for images.
    pub total: u64,
    /// Row reads.
    pub forward: u64,
    /// Column reads.
    pub backward: u64,
    /// Outer products, gradient memory and pulses.
    pub update: u64,
    /// Seeds, images and latents in, errors of outputs, biases, gains, shifts and rates.
    pub overhead: u64,
    /// Cycles in which tiles settle, sample, convert or are pulsed.
    pub array_busy: u64,
    /// `array_busy / total`.
    pub array_utilisation: f64,
    /// Pulses that were given: phases with lines on both sides.
    pub pulses: u64,
    /// At the design's clock.
    pub milliseconds: f64,
}

/// Digital memory of a training design, in bits.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingMemory {
    /// Bits of gradient memory for each weight: 0 with the stochastic rule.
    pub gradient_bits_per_weight: f64,
    /// Error memory, bias sums and registers, over the number of weights.
    pub other_bits_per_weight: f64,
    /// Words of each memory, their bits, and memories: one for each of `training.update_rows`, 0 with the stochastic rule.
    pub gradient_words: usize,
    pub gradient_word_bits: usize,
    pub gradient_memories: usize,
}

impl StepCycles {
    /// What a step with these pulses takes. `report` is of a trainer that records pulses.
    ///
    /// # Panics
    /// If the report has no pulses of an operation that gives some.
    pub fn predict(schedule: &Schedule, batch: usize, report: &StepReport) -> Self {
        let mut given: BTreeMap<usize, VecDeque<&[u8]>> = BTreeMap::new();
        for record in &report.pulses {
            given.entry(record.op).or_default().push_back(&record.phases);
        }
        let mut step = Self { batch, ..Self::default() };
        let mut constant: BTreeMap<usize, OpCycles> = BTreeMap::new();
        for program in &schedule.phases {
            let times = if program.phase.ends_batch() { 1 } else { batch };
            for op in program.first_op..=program.last_op {
                for _ in 0..times {
                    let cycles = if pulses(schedule, op) {
                        let phases = given.get_mut(&op).and_then(VecDeque::pop_front).expect("recorded pulses");
                        step.pulses += phases.iter().map(|&p| u64::from(p)).sum::<u64>();
                        predict_op(schedule, op, phases)
                    } else {
                        *constant.entry(op).or_insert_with(|| predict_op(schedule, op, &[]))
                    };
                    step.array_busy += cycles.array_busy;
                    *match schedule.ops[op].pass {
                        Pass::Forward => &mut step.forward,
                        Pass::Backward => &mut step.backward,
                        Pass::Update | Pass::Apply => &mut step.update,
                        Pass::Loss | Pass::BiasSum | Pass::Adapt => &mut step.overhead,
                    } += cycles.total;
                }
            }
        }
        let operations = step.forward + step.backward + step.update + step.overhead;
        // The trainer's own cycles, as a step of operations without any.
        let sequencing = train_step_cycles(schedule, batch as u64, |_| 0);
        step.overhead += sequencing;
        step.total = operations + sequencing;
        step.array_utilisation = step.array_busy as f64 / step.total.max(1) as f64;
        step.milliseconds = step.total as f64 / (1000.0 * schedule.design.clock_mhz);
        step
    }
}

impl TrainingMemory {
    pub fn of(schedule: &Schedule) -> Self {
        let weights: usize = schedule.banks.iter().map(|b| b.matrix_rows * b.matrix_columns).sum();
        let per_weight = |bits: usize| bits as f64 / weights.max(1) as f64;
        let word_bits = schedule.lanes * schedule.widths.gradient as usize;
        let errors = 8 * schedule.lanes * schedule.activation_words;
        let bias_sums = schedule.lanes * schedule.widths.bias_sum as usize * schedule.bias_words;
        // Gains, shifts, rate, fineness and target, and ten counters, of each layer.
        let registers = schedule.banks.len() * (60 + 10 * 32);
        Self {
            gradient_bits_per_weight: per_weight(schedule.update_rows * schedule.gradient_words * word_bits),
            other_bits_per_weight: per_weight(errors + bias_sums + registers),
            gradient_words: schedule.gradient_words,
            gradient_word_bits: if schedule.gradient_words > 0 { word_bits } else { 0 },
            gradient_memories: if schedule.gradient_words > 0 { schedule.update_rows } else { 0 },
        }
    }
}
