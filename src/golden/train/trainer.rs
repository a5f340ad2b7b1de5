//! Executes the training phases of a schedule.

use super::adapt::adapt;
use super::array::{Devices, PulseEvents};
use super::backward::ColumnReads;
use super::pulses::{PulseBuffers, update};
use super::worker::{Fixed, Outcome, Worker, add_range};
use super::{LayerReport, LayerState, PhaseLoss, PulseRecord, StepReport, TrainState};
use crate::config::{Role, UpdateRule};
use crate::device::{CellCode, LayerDevices, LayerParameters, VIRGIN};
use crate::golden::engine::{Buffers, Engine, Image, tensor_range};
use crate::golden::machine::program;
use crate::golden::real;
use crate::golden::{BankKernel, InstructionSet};
use crate::numeric::SEED_STEP;
use crate::schedule::{OpKind, Pass, Phase, Schedule, TrainingProgram};
use ndarray::Array2;
use rayon::prelude::*;

/// Why a trainer cannot do what it was asked to.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    #[error("the design has no [training]")]
    NoTraining,
    #[error("the state is not of this design: {0}")]
    State(String),
    #[error("a batch of {got} images; the design allows 1 to {most}")]
    Batch { got: usize, most: usize },
    #[error("image {index} has {got} values, the design's have {expected}")]
    Image { index: usize, expected: usize, got: usize },
    #[error("a classifier needs a label below {classes} for each image")]
    Labels { classes: usize },
    #[error("a step of this design has no phase {0:?}")]
    Phase(Phase),
}

/// A design in training: devices, registers, memories.
#[derive(Clone)]
pub struct Trainer<'a> {
    engine: Engine<'a>,
    columns: Vec<Option<ColumnReads>>,
    state: TrainState,
    rule: UpdateRule,
    /// The first is the hardware's memories; the others serve the images of a batch that run side by side.
    images: Vec<Image>,
    /// One a thread; the first one's sums are the hardware's counters and gradient memory.
    workers: Vec<Worker>,
    pulse_buffers: PulseBuffers,
    report: StepReport,
    records_pulses: bool,
}

impl<'a> Trainer<'a> {
    /// Uses the processor's fastest instructions, and the threads of rayon's current pool.
    pub fn new(schedule: &'a Schedule, state: TrainState) -> Result<Self, TrainError> {
        Self::with_instructions(InstructionSet::detected(), schedule, state)
    }

    /// With given instructions: no result depends on them.
    pub fn with_instructions(
        set: InstructionSet,
        schedule: &'a Schedule,
        mut state: TrainState,
    ) -> Result<Self, TrainError> {
        let design = &schedule.design;
        let rule = design.training.as_ref().ok_or(TrainError::NoTraining)?.rule;
        check_state(schedule, &state)?;
        let real = real::layers(schedule);
        for (layer, real) in state.layers.iter_mut().zip(&real) {
            place(layer, &real.devices);
        }
        let small = CellCode::new(design).largest_weight() <= i8::MAX as u32;
        let rows = design.crossbar.rows;
        let weights: Vec<Array2<i16>> = match real.as_slice() {
            [] => state.layers.iter().map(LayerState::weights).collect(),
            real => state.layers.iter().zip(real).map(|(l, real)| read_weights(l, &real.devices)).collect(),
        };
        let kernels = weights.iter().map(|w| BankKernel::from_levels(set, w.view(), rows, small)).collect();
        let parameters = state.layers.iter().map(parameters).collect();
        let errors_pass = |layer: usize| schedule.ops.iter().any(|o| o.pass == Pass::Backward && o.layer == layer);
        let columns = schedule.banks.iter().zip(&weights).enumerate().map(|(layer, (bank, w))| {
            errors_pass(layer).then(|| ColumnReads::new(set, bank, design.crossbar.columns, w, small))
        });
        let mut worker = Worker::new(schedule);
        for (gradient, layer) in worker.gradients.iter_mut().zip(&state.layers) {
            if let Some(remainder) = &layer.remainder {
                gradient.set_from(remainder);
            }
        }
        Ok(Self {
            columns: columns.collect(),
            engine: Engine { real, ..Engine::with_kernels(schedule, set, kernels, parameters) },
            state,
            rule,
            images: vec![Image::with_errors(schedule)],
            workers: vec![worker],
            pulse_buffers: PulseBuffers::default(),
            report: empty_report(schedule),
            records_pulses: false,
        }
        .with_threads(rayon::current_num_threads()))
    }

    /// Shares the images of a batch among `threads` tasks of rayon's current pool. Only the accumulating rule can.
    #[must_use]
    pub fn with_threads(mut self, threads: usize) -> Self {
        let threads = if self.rule == UpdateRule::Accumulate { threads.max(1) } else { 1 };
        self.workers.truncate(threads);
        while self.workers.len() < threads {
            self.workers.push(Worker::new(self.engine.schedule));
        }
        self
    }

    /// Whether reports hold the phases of pulses of every update.
    pub fn record_pulses(&mut self, on: bool) {
        self.records_pulses = on;
    }

    /// The state after the last step; between phases its registers and devices are those of the hardware, but the
    /// gradient memory is [`Trainer::gradient`].
    pub fn state(&self) -> &TrainState {
        &self.state
    }

    pub fn into_state(self) -> TrainState {
        self.state
    }

    /// The activation memory.
    pub fn memory(&self) -> &[i8] {
        &self.images[0].memory
    }

    /// The error memory.
    pub fn errors(&self) -> &[i8] {
        &self.images[0].errors
    }

    /// The gradient memory of a layer, `[matrix_rows x matrix_columns]`; `None` for the stochastic rule.
    pub fn gradient(&self, layer: usize) -> Option<Array2<i32>> {
        self.workers[0].gradients.get(layer).map(super::gradient::Gradient::to_array)
    }

    /// Pulses that the coming batch should give a layer.
    pub fn target(&self, layer: usize) -> u32 {
        self.state.settings.target_at(self.state.layers[layer].target, self.state.step)
    }

    /// One step on a batch of images (activation codes in row, column, channel order); a classifier needs their
    /// classes.
    ///
    /// # Errors
    /// If the batch is not one for this design; nothing has changed then.
    pub fn step(&mut self, images: &[&[i8]], labels: Option<&[u8]>) -> Result<StepReport, TrainError> {
        let schedule = self.engine.schedule;
        self.check_batch(images, labels)?;
        self.report = empty_report(schedule);
        let phases = schedule.phases.iter().map(|p| p.phase);
        for phase in phases {
            match phase {
                Phase::Fake if self.rule == UpdateRule::Stochastic => {} // after each real image
                Phase::Real if self.rule == UpdateRule::Stochastic => {
                    for image in images {
                        self.one_image(Phase::Real, Some(image), None);
                        self.one_image(Phase::Fake, None, None);
                    }
                }
                Phase::Generate if self.rule == UpdateRule::Stochastic => {
                    images.iter().for_each(|_| self.one_image(phase, None, None));
                }
                Phase::Classify if self.rule == UpdateRule::Stochastic => {
                    for (k, image) in images.iter().enumerate() {
                        self.one_image(phase, Some(image), labels.map(|l| l[k]));
                    }
                }
                // Real and fake images take turns with the seed.
                Phase::Real => self.batch(phase, images, None, 1, 2),
                Phase::Fake => {
                    self.batch(phase, images, None, 2, 2);
                    self.advance_seed(2 * images.len());
                }
                Phase::Generate | Phase::Classify => {
                    self.batch(phase, images, labels, 1, 1);
                    self.advance_seed(images.len());
                }
                Phase::ApplyDiscriminator | Phase::ApplyGenerator | Phase::ApplyClassifier => self.end_batch(phase),
            }
        }
        self.count_outputs();
        Ok(std::mem::take(&mut self.report))
    }

    /// One phase as the hardware executes it: `image` for real and classify, `label` for classify. The last phase of a
    /// step counts the step. The report has what this phase adds.
    ///
    /// # Errors
    /// If the design has no such phase, or it needs another image or label; nothing has changed then.
    pub fn run_phase(
        &mut self,
        phase: Phase,
        image: Option<&[i8]>,
        label: Option<u8>,
    ) -> Result<StepReport, TrainError> {
        let schedule = self.engine.schedule;
        schedule.phase(phase).ok_or(TrainError::Phase(phase))?;
        match phase {
            Phase::Real | Phase::Classify => {
                let labels = label.map(|l| [l]);
                self.check_batch(&[image.unwrap_or(&[])], labels.as_ref().map(<[u8; 1]>::as_slice))?;
            }
            _ => {}
        }
        self.report = empty_report(schedule);
        match phase {
            Phase::Real | Phase::Fake | Phase::Generate | Phase::Classify => self.one_image(phase, image, label),
            Phase::ApplyDiscriminator | Phase::ApplyGenerator | Phase::ApplyClassifier => self.end_batch(phase),
        }
        Ok(std::mem::take(&mut self.report))
    }

    /// Images that the generator makes of these seeds with its present weights, as activation codes; dropout as at
    /// inference. Empty for a classifier. Changes nothing.
    pub fn generate(&self, seeds: &[u32]) -> Vec<Vec<i8>> {
        let schedule = self.engine.schedule;
        let Some(p) = schedule.program(Role::Generator) else { return vec![] };
        let mut images: Vec<Image> = seeds.iter().map(|&seed| seeded_image(schedule, seed)).collect();
        images.iter_mut().for_each(|image| image.latents(schedule, Role::Generator));
        self.engine.run(p.first_op..=p.last_op, &mut images, &mut Buffers::default());
        images.iter().map(|image| image.tensor(schedule, p.output).to_vec()).collect()
    }

    /// Output codes of the discriminator or classifier for an image, dropout as at inference with seed 0. Changes
    /// nothing.
    ///
    /// # Errors
    /// If the image has another number of values.
    pub fn classify(&self, image: &[i8]) -> Result<Vec<i8>, TrainError> {
        let schedule = self.engine.schedule;
        let p = schedule.programs.last().expect("a design has a network");
        let expected = schedule.tensors[p.input].shape.len();
        if image.len() != expected {
            return Err(TrainError::Image { index: 0, expected, got: image.len() });
        }
        let mut images = [seeded_image(schedule, 0)];
        images[0].load(schedule, p.role, image);
        self.engine.run(p.first_op..=p.last_op, &mut images, &mut Buffers::default());
        Ok(images[0].tensor(schedule, p.output).to_vec())
    }

    fn check_batch(&self, images: &[&[i8]], labels: Option<&[u8]>) -> Result<(), TrainError> {
        let schedule = self.engine.schedule;
        let most = schedule.design.training.as_ref().map_or(0, |t| t.batch);
        if !(1..=most).contains(&images.len()) {
            return Err(TrainError::Batch { got: images.len(), most });
        }
        let p = schedule.programs.last().expect("a design has a network");
        let expected = schedule.tensors[p.input].shape.len();
        if let Some((index, image)) = images.iter().enumerate().find(|(_, image)| image.len() != expected) {
            return Err(TrainError::Image { index, expected, got: image.len() });
        }
        if p.role == Role::Classifier {
            let classes = schedule.tensors[p.output].shape.len();
            let fit = |l: &[u8]| l.len() == images.len() && l.iter().all(|&l| usize::from(l) < classes);
            if !labels.is_some_and(fit) {
                return Err(TrainError::Labels { classes });
            }
        }
        Ok(())
    }

    fn advance_seed(&mut self, times: usize) {
        self.state.seed = self.state.seed.wrapping_add(SEED_STEP.wrapping_mul(times as u32));
    }

    /// A phase for a batch with constant weights: image `k` has the seed after `first + k * stride` steps.
    fn batch(&mut self, phase: Phase, inputs: &[&[i8]], labels: Option<&[u8]>, first: u32, stride: u32) {
        let schedule = self.engine.schedule;
        let program = schedule.phase(phase).expect("a phase of this schedule");
        let n = inputs.len();
        while self.images.len() < n {
            self.images.push(Image::with_errors(schedule));
        }
        for (k, (image, input)) in self.images.iter_mut().zip(inputs).enumerate() {
            let steps = stride.wrapping_mul(k as u32).wrapping_add(first);
            let seed = self.state.seed.wrapping_add(SEED_STEP.wrapping_mul(steps));
            prepare(schedule, phase, image, Some(input), seed);
        }
        let fixed = Fixed { engine: &self.engine, columns: &self.columns, layers: &self.state.layers };
        let images = &mut self.images[..n];
        if let [worker] = self.workers.as_mut_slice() {
            worker.run(fixed, program, images, labels);
        } else {
            let share = n.div_ceil(self.workers.len());
            let shares = images.par_chunks_mut(share).zip(&mut self.workers).enumerate();
            shares.for_each(|(t, (images, worker))| {
                let labels = labels.map(|l| &l[t * share..][..images.len()]);
                worker.run(fixed, program, images, labels);
            });
            let (first, others) = self.workers.split_first_mut().expect("there is a worker");
            others.iter_mut().for_each(|other| first.take_sums(other));
        }
        // The hardware has the memories of the last image.
        self.images.swap(0, n - 1);
        self.take_outcome(phase);
    }

    /// A phase for one image in the hardware's own memories.
    fn one_image(&mut self, phase: Phase, input: Option<&[i8]>, label: Option<u8>) {
        let schedule = self.engine.schedule;
        let program = schedule.phase(phase).expect("a phase of this schedule");
        self.advance_seed(1);
        prepare(schedule, phase, &mut self.images[0], input, self.state.seed);
        let fixed = Fixed { engine: &self.engine, columns: &self.columns, layers: &self.state.layers };
        let labels = label.map(|l| [l]);
        self.workers[0].run(fixed, program, &mut self.images[..1], labels.as_ref().map(<[u8; 1]>::as_slice));
        if self.rule == UpdateRule::Stochastic {
            self.pulse(program);
        }
        self.take_outcome(phase);
    }

    /// The updates of a phase by the stochastic rule.
    fn pulse(&mut self, program: &TrainingProgram) {
        let schedule = self.engine.schedule;
        for op_index in program.first_op..=program.last_op {
            let op = &schedule.ops[op_index];
            if op.pass != Pass::Update {
                continue;
            }
            let mut phases = self.records_pulses.then(Vec::new);
            let set = self.engine.set;
            let mut devices = Devices::new(
                set,
                &schedule.design,
                &mut self.state.layers[op.layer],
                &mut self.engine.kernels[op.layer],
                self.columns[op.layer].as_mut(),
                self.engine.real.get(op.layer),
            );
            let image = &mut self.images[0];
            let pulses = update(schedule, set, op, image, &mut devices, &mut self.pulse_buffers, phases.as_mut());
            let counter = &mut self.workers[0].counters[op.layer].pulses;
            *counter = counter.saturating_add(pulses);
            self.report.pulses.extend(phases.map(|phases| PulseRecord { op: op_index, phases }));
        }
    }

    /// The end of a batch: gradients become pulses, every layer adapts.
    fn end_batch(&mut self, phase: Phase) {
        let schedule = self.engine.schedule;
        let program = schedule.phase(phase).expect("a phase of this schedule");
        self.advance_seed(1);
        self.images[0].seed(schedule, self.state.seed);
        for op_index in program.first_op..=program.last_op {
            let op = &schedule.ops[op_index];
            match op.pass {
                Pass::Apply => self.apply(op_index),
                _ => self.adapt(op.layer, op.drain_len > 0),
            }
        }
        if schedule.phases.last().is_some_and(|p| p.phase == phase) {
            self.state.step += 1;
            self.age(1);
        }
    }

    /// Lets `units` units of time pass: devices drift, if they do. Every step ends with one.
    pub fn age(&mut self, units: u32) {
        let schedule = self.engine.schedule;
        let events = &mut self.images[0].events;
        let (seed, count) = (events.seed, events.ages);
        for (layer, real) in self.engine.real.iter().enumerate().filter(|(_, real)| real.devices.model.drift.is_some())
        {
            let keys = real.devices.age_keys(seed, count, units);
            let (kernel, columns) = (&mut self.engine.kernels[layer], self.columns[layer].as_mut());
            let (set, layer) = (self.engine.set, &mut self.state.layers[layer]);
            Devices::new(set, &schedule.design, layer, kernel, columns, Some(real)).age(&keys);
        }
        events.ages = count.wrapping_add(units);
    }

    fn apply(&mut self, op_index: usize) {
        let schedule = self.engine.schedule;
        let layer = schedule.ops[op_index].layer;
        let keep = schedule.design.training.as_ref().is_some_and(|t| t.keep_remainder);
        let mut phases = self.records_pulses.then(Vec::new);
        let mut devices = Devices::new(
            self.engine.set,
            &schedule.design,
            &mut self.state.layers[layer],
            &mut self.engine.kernels[layer],
            self.columns[layer].as_mut(),
            self.engine.real.get(layer),
        );
        let worker = &mut self.workers[0];
        let Image { random, events, .. } = &mut self.images[0];
        let mut events = PulseEvents { seed: events.seed, count: &mut events.pulses[layer] };
        let gradient = &mut worker.gradients[layer];
        let pulses = gradient.apply(self.engine.set, &mut devices, random, &mut events, keep, phases.as_mut());
        worker.counters[layer].pulses += pulses;
        if let Some(remainder) = &mut self.state.layers[layer].remainder {
            *remainder = worker.gradients[layer].to_array();
        }
        self.report.pulses.extend(phases.map(|phases| PulseRecord { op: op_index, phases }));
    }

    fn adapt(&mut self, layer: usize, trained: bool) {
        let target = self.target(layer);
        let random = self.images[0].random.lane(0);
        let worker = &mut self.workers[0];
        let row_reads = std::mem::take(&mut worker.buffers.ranges[layer]);
        let counters = &mut worker.counters[layer];
        adapt(&mut self.state.layers[layer], row_reads, counters, self.rule, trained, target, random);
        self.engine.parameters[layer] = parameters(&self.state.layers[layer]);

        let report = &mut self.report.layers[layer];
        report.pulses = report.pulses.saturating_add(std::mem::take(&mut counters.pulses));
        add_range(&mut report.row_reads, &row_reads);
        add_range(&mut report.column_reads, &std::mem::take(&mut counters.column_reads));
        add_range(&mut report.errors, &std::mem::take(&mut counters.errors));
        counters.bias_sums.fill(0);
    }

    /// Adds what the outputs of a phase said to the report.
    fn take_outcome(&mut self, phase: Phase) {
        let o: Outcome = std::mem::take(&mut self.workers[0].outcome);
        match self.report.losses.iter_mut().find(|l| l.phase == phase) {
            Some(l) => {
                l.loss += o.loss;
                l.outputs += o.outputs;
                l.lowest = l.lowest.min(o.lowest);
                l.highest = l.highest.max(o.highest);
            }
            None => self.report.losses.push(PhaseLoss {
                phase,
                loss: o.loss,
                outputs: o.outputs,
                lowest: o.lowest,
                highest: o.highest,
            }),
        }
    }

    /// Statistics of every layer's output in the memories as they are.
    fn count_outputs(&mut self) {
        let schedule = self.engine.schedule;
        for op in schedule.ops.iter().filter(|o| o.pass == Pass::Forward && o.kind != OpKind::ScatterWindow) {
            let range = tensor_range(schedule, op.target.expect("a layer writes a tensor"));
            let (outputs, errors) = (&self.images[0].memory[range.clone()], &self.images[0].errors[range]);
            let count = |f: &dyn Fn(i8) -> bool, codes: &[i8]| codes.iter().filter(|&&c| f(c)).count() as u32;
            let report = &mut self.report.layers[op.layer];
            report.outputs = outputs.len() as u32;
            report.zero = count(&|c| c == 0, outputs);
            report.saturated = count(&|c| c.unsigned_abs() == 127, outputs);
            report.live_errors = count(&|c| c != 0, errors);
        }
    }
}

fn empty_report(schedule: &Schedule) -> StepReport {
    StepReport { layers: vec![LayerReport::default(); schedule.banks.len()], ..StepReport::default() }
}

fn parameters(layer: &LayerState) -> LayerParameters {
    LayerParameters { gain: layer.gain, shift: layer.shift, bias: layer.bias.clone() }
}

fn seeded_image(schedule: &Schedule, seed: u32) -> Image {
    let mut image = Image::new(schedule);
    image.seed(schedule, seed);
    image
}

/// Seeds an image's streams and gives the phase its input.
fn prepare(schedule: &Schedule, phase: Phase, image: &mut Image, input: Option<&[i8]>, seed: u32) {
    image.seed(schedule, seed);
    match (phase, input) {
        (Phase::Real, Some(input)) => image.load(schedule, Role::Discriminator, input),
        (Phase::Classify, Some(input)) => image.load(schedule, Role::Classifier, input),
        _ => image.latents(schedule, program(schedule, Role::Generator).role),
    }
}

/// Devices hold what they can of what they were told to hold.
fn place(layer: &mut LayerState, devices: &LayerDevices) {
    // Pulses want word lines one after the other.
    for codes in [&mut layer.plus, &mut layer.minus].into_iter().filter(|codes| !codes.is_standard_layout()) {
        *codes = codes.as_standard_layout().into_owned();
    }
    for ((i, j), plus) in layer.plus.indexed_iter_mut() {
        let minus = &mut layer.minus[(i, j)];
        (*plus, *minus) = devices.place(i, j, *plus, *minus);
    }
}

/// The weights that reads see.
fn read_weights(layer: &LayerState, devices: &LayerDevices) -> Array2<i16> {
    Array2::from_shape_fn(layer.plus.dim(), |(i, j)| devices.weight(i, j, layer.plus[(i, j)], layer.minus[(i, j)]))
}

fn check_state(schedule: &Schedule, state: &TrainState) -> Result<(), TrainError> {
    let wrong = |text: String| Err(TrainError::State(text));
    if state.layers.len() != schedule.banks.len() {
        return wrong(format!("{} layers, the design has {}", state.layers.len(), schedule.banks.len()));
    }
    let design = &schedule.design;
    let (forms, keeps) = (design.forms(), design.training.as_ref().is_some_and(|t| t.keep_remainder));
    let layers = design.networks.iter().flat_map(|n| &n.layers);
    for (l, (bank, layer)) in state.layers.iter().zip(schedule.banks.iter().zip(layers)) {
        let dim = (bank.matrix_rows, bank.matrix_columns);
        let top = CellCode::new(design).ceiling() as u16;
        let remainder_fits = l.remainder.as_ref().map_or(!keeps, |r| keeps && r.dim() == dim);
        if l.plus.dim() != dim || l.minus.dim() != dim || !remainder_fits {
            return wrong(format!("layer {}: a matrix of {:?}, the design needs {dim:?}", bank.name, l.plus.dim()));
        }
        if l.plus.iter().chain(&l.minus).any(|&code| code > top && !(forms && code == VIRGIN)) {
            return wrong(format!("layer {}: a conductance code above {top}", bank.name));
        }
        if l.bias.len() != layer.biases() {
            return wrong(format!("layer {}: {} biases, the design needs {}", bank.name, l.bias.len(), layer.biases()));
        }
        if [l.gain, l.shift, l.back_gain, l.back_shift].iter().any(|&r| r > 15) {
            return wrong(format!("layer {}: a gain or shift above 15", bank.name));
        }
    }
    Ok(())
}
