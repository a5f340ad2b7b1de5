//! The golden model's kernels against each other: instruction sets, batches and threads change nothing.

use super::designs::{NetworkBuilder, Random, design, random_mapping};
use memgan::config::*;
use memgan::golden::{BankKernel, BatchMachine, InstructionSet, Machine, ReadBuffers};
use memgan::numeric::adc;
use memgan::schedule::Schedule;

fn random_design(random: &mut Random) -> Design {
    let shape = Shape::new(random.size(2, 5), random.size(2, 5), random.size(1, 40));
    let generator = NetworkBuilder::new(Role::Generator, Shape::vector(random.size(1, 70)))
        .dense(shape, Activation::Relu, 0.25)
        .conv_transpose(random.size(1, 40), (random.size(2, 5), 2, 1, 1), Activation::LeakyRelu { shift: 3 }, 0.25)
        .conv_transpose(random.size(1, 3), (3, 1, 1, 0), Activation::Tanh, 0.0)
        .build();
    let discriminator = NetworkBuilder::new(Role::Discriminator, generator.output())
        .conv(random.size(1, 80), (random.size(1, 4), 2, 1), Activation::Linear, 0.25)
        .dense(Shape::vector(random.size(1, 130)), Activation::Sigmoid, 0.0)
        .build();
    let mut design = design(vec![generator, discriminator], random.pick(&[4, 16, 128]), 32, 4);
    design.device.levels = random.pick(&[2, 64, 128, 129, 256]);
    design.converter.adc_bits = random.size(4, 12) as u32;
    design.dropout_at_inference = random.size(0, 1) == 1;
    design.lanes = 4;
    design
}

#[test]
fn a_read_is_the_written_definition_for_every_instruction_set() {
    let mut random = Random::new(11);
    for _ in 0..200 {
        let (rows, columns) = (random.size(1, 300), random.size(1, 150));
        let network = NetworkBuilder::new(Role::Classifier, Shape::vector(rows))
            .dense(Shape::vector(columns), Activation::Linear, 0.0)
            .build();
        let mut design = design(vec![network], random.pick(&[4, 8, 32, 128, 1024]), 64, 4);
        design.device.levels = random.pick(&[2, 64, 128, 256]);
        design.crossbar.pair = PairScheme::Differential;
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let (levels, gain) = (&mapping.layers[0].levels, mapping.layers[0].parameters.gain);
        let tile_rows = design.crossbar.rows;
        let vectors = random.size(1, 20);
        let x = random.codes(vectors * rows);
        for set in InstructionSet::available() {
            let kernel = BankKernel::with_instructions(set, &schedule.banks[0], tile_rows, levels);
            let mut buffers = ReadBuffers::default();
            // Used buffers must not show in the result.
            kernel.sums_of(&random.codes(30 * rows), gain, 8, &mut buffers);
            let sums = kernel.sums_of(&x, gain, 8, &mut buffers);
            for (x, sums) in x.chunks(rows).zip(sums.chunks(kernel.padded_columns())) {
                for j in 0..columns {
                    let tile_dots = (0..rows).step_by(tile_rows).map(|first| {
                        let rows = first..rows.min(first + tile_rows);
                        rows.map(|i| i32::from(x[i]) * i32::from(levels[[i, j]])).sum::<i32>()
                    });
                    let expected: i32 = tile_dots.clone().map(|dot| adc(dot, gain, 8)).sum();
                    assert_eq!(sums[j], expected, "{set}, {rows}x{columns}, column {j}");
                    for (tile, dot) in tile_dots.enumerate().filter(|_| j == 0) {
                        let mut dots = vec![0; columns];
                        kernel.dots(tile, x, &mut dots);
                        assert_eq!(dots[0], dot, "{set}, tile {tile}");
                    }
                }
            }
        }
    }
}

#[test]
fn extreme_inputs_and_levels_do_not_overflow() {
    for levels in [128, 256] {
        let network = NetworkBuilder::new(Role::Classifier, Shape::vector(1024))
            .dense(Shape::vector(17), Activation::Linear, 0.0)
            .build();
        let mut design = design(vec![network], 1024, 32, 4);
        design.device.levels = levels;
        let schedule = Schedule::new(&design);
        for (code, level) in [(127i8, 1), (-127, 1), (127, -1), (-127, -1), (-128, 1)] {
            let weight = level * (levels as i16 - 1);
            let matrix = ndarray::Array2::from_elem((1024, 17), weight);
            for set in InstructionSet::available() {
                let kernel = BankKernel::with_instructions(set, &schedule.banks[0], 1024, &matrix);
                let mut dots = vec![0; 17];
                kernel.dots(0, &[code; 1024], &mut dots);
                assert_eq!(dots, [1024 * i32::from(code) * i32::from(weight); 17], "{set}");
            }
        }
    }
}

#[test]
fn instruction_sets_batches_and_threads_change_nothing() {
    let mut random = Random::new(12);
    for case in 0..40 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let images = random.size(1, 20);
        let seeds: Vec<u32> = (0..images).map(|_| random.next()).collect();
        let run = |machine: &mut Machine, seed| {
            machine.seed(seed);
            machine.latents(Role::Generator);
            machine.run(Role::Generator);
            machine.run(Role::Discriminator);
            machine.memory().to_vec()
        };
        let mut portable = Machine::with_instructions(InstructionSet::portable(), &schedule, &mapping);
        let expected: Vec<Vec<i8>> = seeds.iter().map(|&seed| run(&mut portable, seed)).collect();
        for set in InstructionSet::available() {
            let mut machine = Machine::with_instructions(set, &schedule, &mapping);
            for (&seed, expected) in seeds.iter().zip(&expected) {
                assert_eq!(&run(&mut machine, seed), expected, "case {case}, {set}");
            }
            for threads in [1, 2, 7] {
                let batch = BatchMachine::with_instructions(set, &schedule, &mapping, images);
                let mut batch = batch.with_threads(threads);
                seeds.iter().enumerate().for_each(|(i, &seed)| batch.seed(i, seed));
                batch.latents(Role::Generator);
                batch.run(Role::Generator);
                batch.run(Role::Discriminator);
                for (i, expected) in expected.iter().enumerate() {
                    for (t, tensor) in schedule.tensors.iter().enumerate() {
                        let first = tensor.base_word * schedule.lanes;
                        let expected = &expected[first..first + tensor.shape.len()];
                        assert_eq!(batch.tensor(i, t), expected, "case {case}, {set}, {threads} threads, image {i}");
                    }
                }
            }
        }
    }
}

#[test]
fn operations_one_by_one_are_the_run() {
    let mut random = Random::new(13);
    let design = random_design(&mut random);
    let schedule = Schedule::new(&design);
    let mapping = random_mapping(&schedule, &mut random);
    let mut whole = Machine::new(&schedule, &mapping);
    whole.latents(Role::Generator);
    let mut steps = whole.clone();
    whole.run(Role::Generator);
    whole.run(Role::Discriminator);
    (0..schedule.ops.len()).for_each(|op| steps.execute(op));
    assert_eq!(whole.memory(), steps.memory());
}
