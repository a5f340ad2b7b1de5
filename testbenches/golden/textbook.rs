//! The golden model against direct loops over the textbook definitions of the layers: nothing here reads the
//! schedule's windows or segments, and every rounding is written out again from its definition.

use super::designs::{Random, random_mapping};
use super::layers::{random_design, terms};
use memgan::config::*;
use memgan::device::{CellCode, LayerMap, ProgramWord};
use memgan::golden::Machine;
use memgan::numeric::{LANE_SHIFTS, lane_constants};
use memgan::schedule::Schedule;
use ndarray::Array2;
use std::collections::{BTreeMap, BTreeSet};

/// `v / 2^shift`, to the nearest integer, halves up.
fn rounded(v: i64, shift: u32) -> i64 {
    (2 * v + (1 << shift)).div_euclid(2 << shift)
}

fn activation_of(r: i64, activation: Activation) -> i64 {
    let clipped = r.clamp(-127, 127);
    let tanh = |r: i64| {
        let entry = (127.0 * (r.abs().min(255) as f64 / 64.0).tanh()).round() as i64;
        if r < 0 { -entry } else { entry }
    };
    match activation {
        Activation::Linear => clipped,
        Activation::Relu => clipped.max(0),
        Activation::LeakyRelu { shift } if clipped < 0 => rounded(clipped, shift),
        Activation::LeakyRelu { .. } => clipped,
        Activation::Tanh => tanh(r),
        Activation::Sigmoid => (128 + tanh(r)).div_euclid(2).min(127),
    }
}

/// One layer in integers: the products of one output that belong to one read and one row tile meet in one ADC.
fn integer_layer(layer: &Layer, map: &LayerMap, x: &[i8], tile_rows: usize, adc_bits: u32) -> Vec<i8> {
    let top = (1i64 << (adc_bits - 1)) - 1;
    let p = &map.parameters;
    let outputs = terms(layer).into_iter().enumerate().map(|(out, list)| {
        let mut dots = BTreeMap::new();
        for (input, row, column, position) in list {
            let product = i64::from(x[input]) * i64::from(map.levels[[row, column]]);
            *dots.entry((position, column, row / tile_rows)).or_insert(0i64) += product;
        }
        let sum: i64 = dots.values().map(|&dot| rounded(dot, p.gain).clamp(-top - 1, top)).sum();
        let bias = i64::from(p.bias[out % p.bias.len()]);
        activation_of(rounded(sum + bias, p.shift), layer.activation) as i8
    });
    outputs.collect()
}

/// The random streams, one lane at a time.
struct Streams(Vec<u32>);

impl Streams {
    fn seeded(seed: u32, lanes: usize) -> Self {
        let mut streams = Self(lane_constants(lanes).iter().map(|&c| if c == seed { c } else { c ^ seed }).collect());
        (0..8).for_each(|_| streams.step());
        streams
    }

    fn step(&mut self) {
        for (s, [left, right, last]) in self.0.iter_mut().zip(LANE_SHIFTS) {
            *s ^= *s << left;
            *s ^= *s >> right;
            *s ^= *s << last;
        }
    }

    fn each<'s>(&'s mut self, values: &'s mut [i8], change: impl Fn(u32, &mut i8)) {
        let lanes = self.0.len();
        for word in values.chunks_mut(lanes) {
            word.iter_mut().zip(&self.0).for_each(|(v, &s)| change(s, v));
            self.step();
        }
    }
}

fn latent(state: u32, distribution: LatentDistribution) -> i8 {
    let code = match distribution {
        LatentDistribution::Uniform => i32::from((state >> 24) as u8 as i8),
        LatentDistribution::Normal => {
            (state.to_le_bytes().iter().map(|&b| i32::from(b)).sum::<i32>() - 508).div_euclid(4)
        }
    };
    code.clamp(-127, 127) as i8
}

#[test]
fn every_tensor_of_random_networks_equals_the_textbook() {
    let mut random = Random::new(1);
    let mut saturated = 0;
    for case in 0..300 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let mut machine = Machine::new(&schedule, &mapping);
        let seed = random.next();
        machine.seed(seed);
        let mut streams = Streams::seeded(seed, design.lanes);
        let mut maps = mapping.layers.iter();
        let mut image = vec![];
        for network in &design.networks {
            let mut x = match network.role {
                Role::Generator => {
                    machine.latents(Role::Generator);
                    let mut x = vec![0; network.input.len()];
                    streams.each(&mut x, |s, v| *v = latent(s, design.latent));
                    x
                }
                Role::Classifier => {
                    let x = random.codes(network.input.len());
                    machine.load(Role::Classifier, &x);
                    x
                }
                Role::Discriminator => std::mem::take(&mut image),
            };
            let program = schedule.program(network.role).unwrap();
            assert_eq!(machine.tensor(program.input), x, "case {case}: input");
            machine.run(network.role);
            for layer in &network.layers {
                let map = maps.next().unwrap();
                x = integer_layer(layer, map, &x, design.crossbar.rows, design.converter.adc_bits);
                if design.dropout_at_inference && layer.dropout > 0.0 {
                    let threshold = (layer.dropout * 256.0).round() as u32;
                    streams.each(&mut x, |s, v| {
                        if s >> 24 < threshold {
                            *v = 0
                        }
                    });
                }
                let tensor = schedule.tensors.iter().position(|t| t.name == layer.name).unwrap();
                assert_eq!(machine.tensor(tensor), x, "case {case}: {layer:?} of {design:?}");
                saturated += x.iter().filter(|v| v.abs() == 127).count();
            }
            assert_eq!(machine.output(network.role), x, "case {case}");
            image = x;
        }
    }
    assert!(saturated > 0, "the cases must reach the ends of the range");
}

#[test]
fn cells_and_program_words_are_a_bijection_with_the_matrix() {
    let mut random = Random::new(3);
    for _ in 0..200 {
        let design = random_design(&mut random);
        let schedule = Schedule::new(&design);
        let mapping = random_mapping(&schedule, &mut random);
        let code = CellCode::new(&design);
        let crossbar = &design.crossbar;
        let mut used_tiles = BTreeSet::new();
        for (index, (bank, map)) in schedule.banks.iter().zip(&mapping.layers).enumerate() {
            let mut places = BTreeMap::new();
            for i in 0..bank.matrix_rows {
                for j in 0..bank.matrix_columns {
                    let cell = bank.cell(i, j);
                    let line = bank.bit_line(cell);
                    assert!(cell.row < crossbar.rows && line < crossbar.columns && cell.group < bank.groups);
                    assert!((bank.first_tile..bank.first_tile + bank.tiles()).contains(&cell.tile));
                    assert!(places.insert((cell.tile, cell.row, line), (i, j)).is_none(), "two weights in a cell");
                    used_tiles.insert(cell.tile);
                }
            }
            let mut written = BTreeSet::new();
            let mut levels = Array2::from_elem(map.levels.dim(), i16::MIN);
            for word in ProgramWord::of_layer(&schedule, index, map) {
                assert_eq!(word.cells.len(), crossbar.adcs());
                for (adc, &data) in word.cells.iter().enumerate() {
                    assert!(data < 1 << code.bits());
                    let place = (word.tile, word.row, adc * crossbar.columns_per_adc + word.group);
                    assert!(written.insert(place), "a cell is written twice");
                    match places.get(&place) {
                        Some(&(i, j)) => levels[[i, j]] = code.decode(data) as i16,
                        None => assert_eq!(code.decode(data), 0),
                    }
                }
            }
            assert_eq!(levels, map.levels);
        }
        assert_eq!(used_tiles.len(), schedule.tiles(), "a tile without a weight");
    }
}
