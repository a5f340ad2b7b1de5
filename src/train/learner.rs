//! Devices or floats, GAN or classifier: what a run trains.

use super::checkpoint::{Kind, State};
use super::{TrainingData, TrainingError};
use crate::config::{Design, PairScheme, Role};
use crate::data::DataSet;
use crate::device::WriteVerify;
use crate::diff::{SessionOptions, TrainingSession};
use crate::float::{FloatClassifier, FloatGan, FloatState};
use crate::golden::{Divergence, LayerState, StepReport, Trainer};
use crate::numeric::{code_to_pixel, pixel_to_code};
use crate::prepare::{self, pass_seed};
use crate::report::StepCycles;
use crate::schedule::{Phase, Schedule};
use crate::weights::Weights;
use ndarray::{Array4, ArrayView4};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;

/// Most devices that are programmed by pulses in simulation: minutes.
const MOST_VERIFIED: usize = 20_000;

/// Images that one thread generates at a time.
const CHUNK: usize = 16;

/// A network in training.
pub enum Learner<'a> {
    Chip(Box<Trainer<'a>>, &'a Schedule),
    /// The simulated hardware with the golden model beside it.
    Hardware(Box<TrainingSession<'a>>, &'a Schedule),
    Gan(Box<FloatGan>),
    Classifier(Box<FloatClassifier>),
}

/// What a step says about itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepRecord {
    /// Counted from 1.
    pub step: u64,
    /// Losses by name: root mean square errors of the outputs (full scale is 1) on the chip, cross entropies in nats
    /// in float.
    pub losses: BTreeMap<&'static str, f64>,
    /// Pulses a device of each layer; empty in float.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub pulses: BTreeMap<String, f64>,
    /// Share of test images that are classified right, where it was measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_accuracy: Option<f64>,
    /// A sign that training has come to a stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// What the hardware takes for this step, where it was asked for. Not a part of the metrics, which are the same wherever
    /// a run was stopped.
    #[serde(skip)]
    pub hardware: Option<StepCycles>,
}

impl<'a> Learner<'a> {
    /// The start of a run: seeded initial weights.
    pub fn initial(schedule: &'a Schedule, kind: Kind, seed: u32) -> Result<Self, TrainingError> {
        let weights = Weights::seeded(&schedule.design, u64::from(seed));
        let state = match kind {
            Kind::Float => State::Float(FloatState::new(weights, u64::from(seed))),
            Kind::Chip => State::Chip(prepare::initial_state(schedule, &weights, seed)?),
        };
        Self::from_state(schedule, state)
    }

    /// Continues from a state of this design.
    pub fn from_state(schedule: &'a Schedule, state: State) -> Result<Self, TrainingError> {
        let design = &schedule.design;
        Ok(match state {
            State::Chip(state) => Self::Chip(Box::new(Trainer::new(schedule, state)?), schedule),
            State::Float(state) => match design.network(Role::Classifier) {
                Some(network) => {
                    Self::Classifier(Box::new(FloatClassifier::from_state(network, design.pixel_range, state)))
                }
                None => Self::Gan(Box::new(FloatGan::from_state(design, state).expect("a GAN or a classifier"))),
            },
        })
    }

    /// Whether the design is small enough to be programmed by pulses in simulation.
    ///
    /// # Errors
    /// If it is not.
    pub fn allow_write_verify(schedule: &Schedule) -> Result<(), TrainingError> {
        let c = &schedule.design.crossbar;
        let sides = if c.pair == PairScheme::Differential { 2 } else { 1 };
        match schedule.tiles() * c.rows * c.columns * sides {
            devices if devices > MOST_VERIFIED => Err(TrainingError::WriteVerify { devices, most: MOST_VERIFIED }),
            _ => Ok(()),
        }
    }

    /// Puts a learner on devices into the simulated hardware, directly or by pulses; others stay. `None` if `go_on` says no,
    /// which is asked as by [`TrainingSession::start_by_pulses_while`].
    ///
    /// # Errors
    /// If a tool is missing or fails, or the hardware does not take the state.
    pub fn into_hardware(
        self,
        write_verify: bool,
        go_on: &mut dyn FnMut(u64, u64) -> bool,
    ) -> Result<Option<Self>, TrainingError> {
        let Self::Chip(trainer, schedule) = self else { return Ok(Some(self)) };
        let remains = |l: &LayerState| l.remainder.as_ref().is_some_and(|r| r.iter().any(|&sum| sum != 0));
        if trainer.state().layers.iter().any(remains) {
            return Err(TrainingError::Remainder);
        }
        let (state, options) = (trainer.state().clone(), SessionOptions::default());
        let session = if write_verify {
            let (verify, seed) = (WriteVerify::new(&schedule.design), state.seed);
            let session = TrainingSession::start_by_pulses_while(schedule, state, &verify, seed, &options, go_on)?;
            let Some(session) = session else { return Ok(None) };
            let reports = session.forming().into_iter().chain(session.programming());
            let differences: Vec<&String> = reports.flat_map(|p| &p.differences).collect();
            if let Some(&first) = differences.first() {
                let (step, count) = (session.golden().state().step, differences.len());
                return Err(TrainingError::Differs { step, count, first: first.clone() });
            }
            session
        } else {
            TrainingSession::start(schedule, state, &options)?
        };
        Ok(Some(Self::Hardware(Box::new(session), schedule)))
    }

    /// The state to continue from; of the hardware as it is read back through its ports.
    ///
    /// # Errors
    /// If the hardware cannot be read.
    pub fn state(&mut self) -> Result<State, TrainingError> {
        Ok(match self {
            Self::Chip(trainer, _) => State::Chip(trainer.state().clone()),
            Self::Hardware(session, _) => State::Chip(session.read_state()?),
            Self::Gan(gan) => State::Float(gan.state().clone()),
            Self::Classifier(classifier) => State::Float(classifier.state().clone()),
        })
    }

    /// The golden model on devices.
    fn trainer(&self) -> Option<(&Trainer<'a>, &'a Schedule)> {
        match self {
            Self::Chip(trainer, schedule) => Some((trainer, schedule)),
            Self::Hardware(session, schedule) => Some((session.golden(), schedule)),
            Self::Gan(_) | Self::Classifier(_) => None,
        }
    }

    /// Steps done.
    pub fn steps(&self) -> u64 {
        match self {
            Self::Chip(trainer, _) => trainer.state().step,
            Self::Hardware(session, _) => session.golden().state().step,
            Self::Gan(gan) => gan.state().step,
            Self::Classifier(classifier) => classifier.state().step,
        }
    }

    /// One step on a batch; on the chip with what it takes in hardware, if `measure` asks for it.
    ///
    /// # Errors
    /// If the batch does not fit the design.
    pub fn step(
        &mut self,
        images: ArrayView4<'_, u8>,
        labels: &[u8],
        measure: bool,
    ) -> Result<StepRecord, TrainingError> {
        let mut hardware = None;
        let (losses, pulses, trouble) = match self {
            Self::Chip(_, schedule) | Self::Hardware(_, schedule) => {
                let schedule = *schedule;
                let codes = codes(images, &schedule.design);
                let views: Vec<&[i8]> = codes.iter().map(Vec::as_slice).collect();
                let labels = schedule.design.network(Role::Classifier).map(|_| labels);
                let report = self.step_on_devices(&views, labels, measure)?;
                hardware = measure.then(|| StepCycles::predict(schedule, views.len(), &report));
                let trouble = report.divergence().map(|d| describe(d, schedule));
                (losses(&report), pulses(&report, schedule), trouble)
            }
            Self::Gan(gan) => {
                let l = gan.step(images);
                let losses = BTreeMap::from([("real", l.real), ("fake", l.fake), ("generator", l.generator)]);
                let trouble = not_finite(&losses);
                (losses, BTreeMap::new(), trouble)
            }
            Self::Classifier(classifier) => {
                let (loss, right) = classifier.step(images, labels);
                let losses = BTreeMap::from([("loss", loss), ("wrong", 1.0 - right)]);
                let trouble = not_finite(&losses);
                (losses, BTreeMap::new(), trouble)
            }
        };
        Ok(StepRecord { step: self.steps(), losses, pulses, test_accuracy: None, trouble, hardware })
    }

    /// A step of the golden model, or of the hardware, which must then be equal to it.
    fn step_on_devices(
        &mut self,
        images: &[&[i8]],
        labels: Option<&[u8]>,
        measure: bool,
    ) -> Result<StepReport, TrainingError> {
        match self {
            Self::Chip(trainer, _) => {
                trainer.record_pulses(measure);
                Ok(trainer.step(images, labels)?)
            }
            // Its golden model records pulses always.
            Self::Hardware(session, _) => {
                let report = session.step(images, labels)?;
                require_equal(session, &report)?;
                Ok(report)
            }
            Self::Gan(_) | Self::Classifier(_) => unreachable!("floats are on no devices"),
        }
    }

    /// Lets `units` units of time pass for devices of the golden model that drift; floats do not.
    pub fn age(&mut self, units: u32) {
        if let Self::Chip(trainer, _) = self {
            trainer.age(units);
        }
    }

    /// `count` images, `[count, height, width, channels]`; `None` for a classifier. The same seed gives the same images.
    pub fn generate(&self, count: usize, seed: u32) -> Option<Array4<u8>> {
        if let Some((trainer, schedule)) = self.trainer() {
            let design = &schedule.design;
            design.network(Role::Generator)?;
            let seeds: Vec<u32> = (0..count).map(|i| pass_seed(seed, i)).collect();
            let parts: Vec<Vec<Vec<i8>>> = seeds.par_chunks(CHUNK).map(|seeds| trainer.generate(seeds)).collect();
            let codes = parts.into_iter().flatten().flatten();
            let pixels = codes.map(|c| code_to_pixel(c, design.pixel_range)).collect();
            let shape = design.image;
            let images = Array4::from_shape_vec((count, shape.height, shape.width, shape.channels), pixels);
            return Some(images.expect("the generator's output is an image"));
        }
        match self {
            Self::Gan(gan) => Some(gan.generate(count, u64::from(seed))),
            _ => None,
        }
    }

    /// Classes that a classifier takes images for; `None` for a GAN.
    ///
    /// # Errors
    /// If the images have another shape.
    pub fn classify(&self, data: &DataSet) -> Result<Option<Vec<usize>>, TrainingError> {
        if let Some((trainer, schedule)) = self.trainer() {
            if schedule.design.network(Role::Classifier).is_none() {
                return Ok(None);
            }
            let codes = codes(data.images.view(), &schedule.design);
            let class = |image: &Vec<i8>| -> Result<usize, TrainingError> {
                let outputs = trainer.classify(image)?;
                let better = |best: usize, i: usize| if outputs[i] > outputs[best] { i } else { best };
                Ok((0..outputs.len()).fold(0, better))
            };
            return codes.par_iter().map(class).collect::<Result<_, _>>().map(Some);
        }
        match self {
            Self::Classifier(classifier) => Ok(Some(classifier.classify(data.images.view()).classes())),
            _ => Ok(None),
        }
    }

    /// Share of images that a classifier gets right; `None` for a GAN.
    ///
    /// # Errors
    /// If the images have another shape.
    pub fn accuracy(&self, data: &DataSet) -> Result<Option<f64>, TrainingError> {
        let right = |classes: Vec<usize>| {
            let right = classes.iter().zip(&data.labels).filter(|&(&class, &label)| class == usize::from(label));
            right.count() as f64 / data.len().max(1) as f64
        };
        Ok(self.classify(data)?.map(right))
    }

    /// The float weights; `None` on the chip, where they have no scale.
    pub fn weights(&self) -> Option<&Weights> {
        match self {
            Self::Chip(..) | Self::Hardware(..) => None,
            Self::Gan(gan) => Some(&gan.state().weights),
            Self::Classifier(classifier) => Some(&classifier.state().weights),
        }
    }
}

impl TrainingData {
    /// Checks that a classifier has a class for every label.
    pub fn check_labels(&self, design: &Design) -> Result<(), TrainingError> {
        let Some(network) = design.network(Role::Classifier) else { return Ok(()) };
        let classes = network.output().len();
        match self.train.labels.iter().chain(&self.test.labels).max() {
            Some(&label) if usize::from(label) >= classes => Err(TrainingError::Label { label, classes }),
            _ => Ok(()),
        }
    }
}

fn codes(images: ArrayView4<'_, u8>, design: &Design) -> Vec<Vec<i8>> {
    let code = |&p: &u8| pixel_to_code(p, design.pixel_range);
    images.outer_iter().map(|image| image.iter().map(code).collect()).collect()
}

/// Compares hardware and golden model after a step: losses, devices, biases and registers.
fn require_equal(session: &mut TrainingSession, report: &StepReport) -> Result<(), TrainingError> {
    let step = session.golden().state().step;
    let expected = report.losses.iter().map(|l| l.loss as u32).collect::<Vec<_>>();
    let got = session.losses()?;
    if expected != got {
        let text = format!("losses {expected:?} of the golden model, {got:?} of the hardware");
        return Err(TrainingError::Differs { step, count: 1, first: text });
    }
    let differences = session.differences()?;
    match differences.first() {
        None => Ok(()),
        Some(d) => {
            let first = format!("layer {}, {} {:?}: expected {}, got {}", d.layer, d.what, d.place, d.expected, d.got);
            Err(TrainingError::Differs { step, count: differences.len(), first })
        }
    }
}

fn losses(report: &StepReport) -> BTreeMap<&'static str, f64> {
    let name = |phase| match phase {
        Phase::Real => "real",
        Phase::Fake => "fake",
        Phase::Generate => "generator",
        _ => "loss",
    };
    report.losses.iter().map(|l| (name(l.phase), l.rms() / 127.0)).collect()
}

/// Pulses a device, by layer.
fn pulses(report: &StepReport, schedule: &Schedule) -> BTreeMap<String, f64> {
    let layers = schedule.banks.iter().zip(&report.layers);
    let each = |pulses: u32, devices: usize| f64::from(pulses) / devices.max(1) as f64;
    layers.map(|(b, l)| (b.name.clone(), each(l.pulses, b.matrix_rows * b.matrix_columns))).collect()
}

fn describe(divergence: Divergence, schedule: &Schedule) -> String {
    let name = |layer: usize| schedule.banks[layer].name.as_str();
    match divergence {
        Divergence::DeadLayer(layer) => format!("all outputs of layer {} are zero", name(layer)),
        Divergence::SaturatedLayer(layer) => {
            format!("nearly all outputs of layer {} are at an end of their range", name(layer))
        }
        Divergence::NoErrors(layer) => format!("all errors of layer {} are zero", name(layer)),
        Divergence::StuckOutput => {
            let last = schedule.banks.last().map_or("", |b| b.name.as_str());
            format!("layer {last} gives the same output for every image")
        }
    }
}

fn not_finite(losses: &BTreeMap<&'static str, f64>) -> Option<String> {
    let (name, value) = losses.iter().find(|(_, v)| !v.is_finite())?;
    Some(format!("the loss `{name}` is {value}"))
}
