//! Training against plain loops over the contract, `docs/training.md`: which input and which output element a matrix row
//! and column stand for at each position is written out here from the definition of the layers, and everything else
//! follows from that.

use super::designs::{Random, random_mapping};
use super::layers::random_design;
use super::model::Model;
use memgan::config::*;
use memgan::golden::{InstructionSet, StepReport, TargetFall, TrainError, TrainSettings, TrainState, Trainer};
use memgan::numeric::Rate;
use memgan::schedule::{Phase, Schedule};

/// A random design that trains.
fn training_design(random: &mut Random) -> Design {
    let mut design = random_design(random);
    let rule = random.pick(&[UpdateRule::Stochastic, UpdateRule::Accumulate]);
    design.lanes = design.lanes.max(4);
    design.training = Some(Training {
        rule,
        batch: random.size(1, 4),
        keep_remainder: rule == UpdateRule::Accumulate && random.size(0, 2) == 0,
        update_rows: 1,
        target_real: random.pick(&[0.5, 0.9, 1.0]),
    });
    design
}

/// Devices and registers anywhere in their ranges, though mostly where something happens.
fn random_state(schedule: &Schedule, random: &mut Random) -> TrainState {
    let design = &schedule.design;
    let mapping = random_mapping(schedule, random);
    let settings =
        TrainSettings { fall: Some(TargetFall { after: 1, every: 1, halvings: 1 }), ..TrainSettings::of(design) };
    let mut state = TrainState::initial(schedule, &mapping, &settings, random.next());
    let top = design.device.levels as i32 - 1;
    for (layer, map) in state.layers.iter_mut().zip(&mapping.layers) {
        layer.plus.mapv_inplace(|_| random.range(0, top) as u16);
        if design.crossbar.pair == PairScheme::Differential {
            layer.minus.mapv_inplace(|_| random.range(0, top) as u16);
        }
        layer.bias.iter_mut().for_each(|b| *b = random.range(-200, 200));
        (layer.gain, layer.shift) = (map.parameters.gain, map.parameters.shift);
        layer.back_gain = (layer.back_gain as i32 + random.range(-2, 3)).clamp(0, 15) as u32;
        layer.back_shift = random.range(0, 4) as u32;
        let (low, high) = match design.training.as_ref().unwrap().rule {
            UpdateRule::Stochastic => (60, 127),
            UpdateRule::Accumulate => (0, 130),
        };
        layer.rate = Rate::from_code(random.range(low, high) as u8);
        layer.fineness = random.range(0, 6) as u32;
        if let Some(remainder) = &mut layer.remainder {
            remainder.mapv_inplace(|_| random.range(-5000, 5000));
        }
    }
    state
}

struct Batch {
    images: Vec<Vec<i8>>,
    labels: Option<Vec<u8>>,
}

impl Batch {
    fn random(design: &Design, images: usize, random: &mut Random) -> Self {
        let network = design.networks.last().unwrap();
        let classes = network.output().len() as i32;
        let labels = (network.role == Role::Classifier)
            .then(|| (0..images).map(|_| random.range(0, classes - 1) as u8).collect());
        Self { images: (0..images).map(|_| random.codes(design.image.len())).collect(), labels }
    }

    fn images(&self) -> Vec<&[i8]> {
        self.images.iter().map(Vec::as_slice).collect()
    }
}

/// Every phase of a step on its own, in the hardware's order.
fn step_by_phases(trainer: &mut Trainer, batch: &Batch, mut check: impl FnMut(&Trainer, Phase, usize)) -> StepReport {
    let mut all = StepReport::default();
    let mut run = |trainer: &mut Trainer, phase, k: usize| {
        let image = batch.images.get(k).map(Vec::as_slice);
        let report = trainer.run_phase(phase, image, batch.labels.as_ref().map(|l| l[k])).unwrap();
        all.pulses.extend(report.pulses);
        check(trainer, phase, k);
    };
    let n = batch.images.len();
    if batch.labels.is_some() {
        (0..n).for_each(|k| run(trainer, Phase::Classify, k));
        run(trainer, Phase::ApplyClassifier, 0);
    } else {
        for k in 0..n {
            run(trainer, Phase::Real, k);
            run(trainer, Phase::Fake, k);
        }
        run(trainer, Phase::ApplyDiscriminator, 0);
        (0..n).for_each(|k| run(trainer, Phase::Generate, k));
        run(trainer, Phase::ApplyGenerator, 0);
    }
    all
}

#[test]
fn every_integer_of_random_trainings_equals_the_contract() {
    let mut random = Random::new(77);
    let (mut moved, mut pulses, mut saturated, mut tiled) = (0, 0u64, 0u64, 0);
    for case in 0..160 {
        let design = training_design(&mut random);
        let schedule = Schedule::new(&design);
        let start = random_state(&schedule, &mut random);
        tiled += usize::from(schedule.banks.iter().any(|b| b.column_tiles > 1 && b.row_tiles > 1));
        let sets = InstructionSet::available();
        let set = sets[case % sets.len()];
        let mut trainer = Trainer::with_instructions(set, &schedule, start.clone()).unwrap().with_threads(1 + case % 3);
        let mut phases = Trainer::with_instructions(set, &schedule, start.clone()).unwrap();
        let mut model = Model::new(&design, &start);
        trainer.record_pulses(true);
        phases.record_pulses(true);
        for step in 0..3 {
            let n = random.size(1, design.training.as_ref().unwrap().batch);
            let batch = Batch::random(&design, n, &mut random);
            let name = format!("case {case}, step {step}, {set}: {:?}", design.training);
            let report = trainer.step(&batch.images(), batch.labels.as_deref()).unwrap();
            let by_phases = step_by_phases(&mut phases, &batch, |trainer, phase, k| {
                model.run(phase, &batch.images[k], batch.labels.as_ref().map(|l| l[k]));
                let name = format!("{name}, {phase:?} {k}");
                model.compare_memories(&schedule, trainer.memory(), trainer.errors(), &name);
                model.compare_state(trainer.state(), &name);
                for (layer, l) in model.layers.iter().enumerate() {
                    if let Some(gradient) = trainer.gradient(layer) {
                        assert_eq!(gradient.mapv(i64::from), l.gradient, "{name}: gradients of layer {layer}");
                    }
                }
            });
            assert_eq!(report.pulses, by_phases.pulses, "{name}: phases of pulses");
            assert_eq!(
                report.pulses.iter().map(|r| r.phases.clone()).collect::<Vec<_>>(),
                std::mem::take(&mut model.phases)
            );
            assert_eq!(trainer.state(), phases.state(), "{name}: a step and its phases");
            assert_eq!(trainer.memory(), phases.memory(), "{name}");
            assert_eq!(trainer.errors(), phases.errors(), "{name}");
            let losses: Vec<_> = report.losses.iter().map(|l| (l.phase, l.loss, l.lowest, l.highest)).collect();
            assert_eq!(losses, std::mem::take(&mut model.losses), "{name}: losses");
            for (l, (got, model)) in report.layers.iter().zip(&mut model.layers).enumerate() {
                let expected = std::mem::take(&mut model.totals);
                assert_eq!((got.pulses, got.row_reads, got.column_reads, got.errors), expected, "{name}: layer {l}");
                pulses += u64::from(got.pulses);
                saturated += u64::from(got.column_reads.saturated + got.row_reads.saturated);
            }
            moved += usize::from(trainer.state().layers[0].plus != start.layers[0].plus);
        }
        assert_eq!(trainer.state().step, 3);
    }
    println!(
        "{moved} steps moved devices, {pulses} pulses, {saturated} saturated reads, {tiled} designs of many tiles"
    );
    assert!(moved > 200 && pulses > 100_000 && saturated > 1000 && tiled > 10, "the cases exercise too little");
}

#[test]
fn no_result_depends_on_the_number_of_threads() {
    let mut random = Random::new(12);
    for _ in 0..10 {
        let mut design = training_design(&mut random);
        design.training =
            Some(Training { rule: UpdateRule::Accumulate, batch: 7, update_rows: 1, ..Training::default() });
        let schedule = Schedule::new(&design);
        let start = random_state(&schedule, &mut random);
        let batches: Vec<Batch> = [7, 5, 1].map(|n| Batch::random(&design, n, &mut random)).into();
        let run = |threads| {
            let mut trainer = Trainer::new(&schedule, start.clone()).unwrap().with_threads(threads);
            let reports: Vec<StepReport> =
                batches.iter().map(|b| trainer.step(&b.images(), b.labels.as_deref()).unwrap()).collect();
            (reports, trainer.memory().to_vec(), trainer.errors().to_vec(), trainer.into_state())
        };
        let one = run(1);
        for threads in [2, 3, 8] {
            assert!(run(threads) == one, "{threads} threads");
        }
    }
}

#[test]
fn a_state_taken_midway_has_the_same_future() {
    let mut random = Random::new(13);
    for _ in 0..20 {
        let design = training_design(&mut random);
        let schedule = Schedule::new(&design);
        let n = design.training.as_ref().unwrap().batch;
        let batches: Vec<Batch> = (0..6).map(|_| Batch::random(&design, n, &mut random)).collect();
        let mut whole = Trainer::new(&schedule, random_state(&schedule, &mut random)).unwrap();
        let mut midway = None;
        for (k, b) in batches.iter().enumerate() {
            if k == 3 {
                midway = Some(whole.state().clone());
            }
            whole.step(&b.images(), b.labels.as_deref()).unwrap();
        }
        let mut resumed = Trainer::new(&schedule, midway.unwrap()).unwrap();
        for b in &batches[3..] {
            resumed.step(&b.images(), b.labels.as_deref()).unwrap();
        }
        assert_eq!(resumed.state(), whole.state());
        let seeds = [1, 2];
        assert_eq!(resumed.generate(&seeds), whole.generate(&seeds));
    }
}

#[test]
fn wrong_batches_are_refused_and_change_nothing() {
    let mut random = Random::new(14);
    let design = std::iter::repeat_with(|| training_design(&mut random))
        .find(|d| d.networks[0].role == Role::Classifier)
        .unwrap();
    let schedule = Schedule::new(&design);
    let state = random_state(&schedule, &mut random);
    let mut trainer = Trainer::new(&schedule, state.clone()).unwrap();
    let image = vec![0; design.image.len()];
    let classes = design.networks[0].output().len();
    assert!(matches!(trainer.step(&[], Some(&[])), Err(TrainError::Batch { got: 0, .. })));
    assert!(matches!(trainer.step(&[&image[1..]], Some(&[0])), Err(TrainError::Image { index: 0, .. })));
    assert_eq!(trainer.step(&[&image], None), Err(TrainError::Labels { classes }));
    assert_eq!(trainer.step(&[&image], Some(&[classes as u8])), Err(TrainError::Labels { classes }));
    assert_eq!(trainer.run_phase(Phase::Real, Some(&image), None), Err(TrainError::Phase(Phase::Real)));
    assert_eq!(trainer.state(), &state);

    let mut other = state.clone();
    other.layers[0].bias.push(0);
    assert!(matches!(Trainer::new(&schedule, other), Err(TrainError::State(_))));
    let inference = Schedule::new(&Design { training: None, ..design.clone() });
    assert_eq!(Trainer::new(&inference, state).err(), Some(TrainError::NoTraining));
}
