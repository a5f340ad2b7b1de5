//! The integer correction against the solved network, against the ladder in floating point, and at its limits.

use super::bit_line::BitLine;
use super::{FINE_MAX, IrDrop, Network};
use crate::config::{Design, PairScheme};
use crate::numeric::{splitmix32, xorshift32};
use ndarray::{Array1, Array2};

const TOP: u32 = 16_002;

fn design(rows: usize, columns: usize, pair: PairScheme) -> Design {
    let mut design = Design::load("tiny").expect("a preset");
    design.crossbar.rows = rows;
    design.crossbar.columns = columns;
    design.crossbar.pair = pair;
    design
}

fn draws(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut state = splitmix32(seed);
    move |n| {
        state = xorshift32(state);
        state % n
    }
}

/// Devices anywhere in their range.
fn devices(rows: usize, bit_lines: usize, seed: u32) -> Array2<u16> {
    let mut draw = draws(seed);
    Array2::from_shape_simple_fn((rows, bit_lines), || draw(TOP + 1) as u16)
}

fn siemens(design: &Design, fine: u16) -> f64 {
    let (low, high) = (1.0 / design.device.r_off_ohm, 1.0 / design.device.r_on_ohm);
    low + (high - low) * f64::from(fine) / f64::from(TOP)
}

/// Weights that the solved network has, in fine units.
fn solved(design: &Design, fine: &Array2<u16>, wire_ohm: f64) -> Array2<f64> {
    let cells = fine.mapv(|g| siemens(design, g));
    let transfer = Network { cells, wire_ohm, source_ohm: 0.0 }.factor().expect("a network").transfer().clone();
    let unit = (1.0 / design.device.r_on_ohm - 1.0 / design.device.r_off_ohm) / f64::from(TOP);
    let lines = super::Lines::of(&design.crossbar);
    Array2::from_shape_fn((lines.rows, lines.columns), |(i, c)| {
        (transfer[(i, lines.plus(c))] - transfer[(i, lines.minus(c))]) / unit
    })
}

/// Mean and largest error of bit-line sums in percent of the largest ideal sum, for half-empty inputs. `transposed`: of
/// word-line sums in column reads.
fn errors(wanted: &Array2<f64>, got: &Array2<i32>, ideal: &Array2<i32>, transposed: bool) -> (f64, f64) {
    let mut draw = draws(77);
    let (rows, columns) = wanted.dim();
    let (mut sum, mut largest, mut full, mut count) = (0.0, 0.0f64, 0.0f64, 0.0);
    for _ in 0..20 {
        let size = if transposed { columns } else { rows };
        let x = Array1::from_shape_simple_fn(size, || if draw(2) == 0 { 0.0 } else { f64::from(draw(128)) });
        let read = |w: &Array2<f64>| if transposed { w.dot(&x) } else { x.dot(w) };
        let (wanted, got) = (read(wanted), read(&got.mapv(f64::from)));
        full = read(&ideal.mapv(f64::from)).iter().fold(full, |m, v| m.max(v.abs()));
        for (a, b) in wanted.iter().zip(&got) {
            sum += (a - b).abs();
            largest = largest.max((a - b).abs());
            count += 1.0;
        }
    }
    (100.0 * sum / count / full, 100.0 * largest / full)
}

#[test]
fn without_resistance_weights_are_unchanged() {
    for pair in [PairScheme::Differential, PairScheme::Reference] {
        let drop = IrDrop::new(&design(8, 8, pair), 0.0, TOP).expect("wires");
        let nominal = drop.nominal(TOP / 2);
        assert!(nominal.word.iter().chain(&nominal.bit).all(|&f| f == 1 << 15));
        let fine = devices(8, super::Lines::of(&design(8, 8, pair).crossbar).bit_lines(), 3);
        let cells = drop.of_cells(fine.view());
        for (plus, minus) in [(0, 0), (FINE_MAX as u16, 0), (0, FINE_MAX as u16), (8001, 7999)] {
            let weight = i32::from(plus) - i32::from(minus);
            assert_eq!(nominal.weight(7, 5, plus, minus), weight);
            assert_eq!(cells.weight(7, 5, plus, minus), weight);
        }
    }
}

/// The factors of a line are those of the ladder in floating point, to a unit and a half.
#[test]
fn a_line_has_the_factors_of_its_ladder() {
    let design = design(256, 4, PairScheme::Reference);
    for wire_ohm in [0.1, 1.0, 2.5, 100.0] {
        let fine = devices(256, 5, 9);
        let drop = IrDrop::new(&design, wire_ohm, TOP).expect("wires");
        let along_bit: Vec<u32> = fine.column(0).iter().map(|&g| u32::from(g)).collect();
        let factors = drop.profile(&[0; 5], &along_bit);
        let cells: Vec<f64> = fine.column(0).iter().map(|&g| siemens(&design, g)).collect();
        let exact = BitLine::new(cells.clone(), wire_ohm).transfer();
        for (i, (&factor, (exact, cell))) in factors.bit.iter().zip(exact.iter().zip(&cells)).enumerate() {
            let error = f64::from(factor) - 32768.0 * exact / cell;
            assert!(error.abs() < 1.5, "word line {i}, {wire_ohm} ohm: {factor} is off by {error}");
        }
        assert!(factors.bit[0] < factors.bit[255], "word line 0 is farthest from the sense amplifier");
    }
}

/// Word lines lose towards the last bit line, bit lines towards word line 0, in the order of the solver.
#[test]
fn positions_lose_as_in_the_network() {
    let design = design(32, 32, PairScheme::Differential);
    let cells = Array2::from_elem((32, 64), siemens(&design, 8001));
    let solved = Network { cells, wire_ohm: 2.5, source_ohm: 0.0 }.factor().expect("a network");
    let factors = IrDrop::new(&design, 2.5, TOP).expect("wires").nominal(8001);
    for ((i, k), &g) in solved.transfer().indexed_iter() {
        let exact = g / siemens(&design, 8001);
        let factor = f64::from(factors.factor(i, k)) / 32768.0;
        let allowed = 0.03 * (1.0 - exact) + 1e-4;
        assert!((factor - exact).abs() < allowed, "word line {i}, bit line {k}: {factor}, solved {exact}");
    }
}

#[test]
fn corrected_sums_come_near_the_solved_network() {
    for (size, wire_ohm) in [(16, 2.5), (64, 1.0), (64, 2.5)] {
        for pair in [PairScheme::Differential, PairScheme::Reference] {
            let design = design(size, size, pair);
            let lines = super::Lines::of(&design.crossbar);
            let mut fine = devices(size, lines.bit_lines(), 5);
            if pair == PairScheme::Reference {
                fine.column_mut(size).fill(TOP as u16 / 2);
            }
            let wanted = solved(&design, &fine, wire_ohm);
            let drop = IrDrop::new(&design, wire_ohm, TOP).expect("wires");
            let of = |weight: &dyn Fn(usize, usize, u16, u16) -> i32| {
                Array2::from_shape_fn((size, size), |(i, c)| {
                    weight(i, c, fine[(i, lines.plus(c))], fine[(i, lines.minus(c))])
                })
            };
            let ideal = of(&|_, _, plus, minus| i32::from(plus) - i32::from(minus));
            let nominal = drop.nominal(TOP / 2);
            let position = of(&|i, c, plus, minus| nominal.weight(i, c, plus, minus));
            let cells = drop.of_cells(fine.view());
            let loads = of(&|i, c, plus, minus| cells.weight(i, c, plus, minus));
            for transposed in [false, true] {
                let error = |got| errors(&wanted, got, &ideal, transposed);
                let (none, position, loads) = (error(&ideal), error(&position), error(&loads));
                println!(
                    "{size}, {wire_ohm} ohm, {pair:?}, transposed {transposed}: {none:.3?} {position:.3?} {loads:.3?}"
                );
                assert!(position.0 < 0.25 * none.0 && position.1 < 0.3 * none.1, "{none:?} {position:?}");
                assert!(loads.0 < 0.06 * none.0 && loads.1 < 0.06 * none.1, "{none:?} {loads:?}");
            }
        }
    }
}

/// A matrix in one corner of a tile: its cells see lines whose rest is at `G_min`.
#[test]
fn unused_lines_load_little() {
    let design = design(64, 64, PairScheme::Differential);
    let lines = super::Lines::of(&design.crossbar);
    let (rows, columns) = ([true, false].repeat(32), [false, true, false, false].repeat(16));
    let mut fine = devices(64, 128, 6);
    for ((i, k), g) in fine.indexed_iter_mut() {
        if !rows[i] || !columns[k / 2] {
            *g = 0;
        }
    }
    let wanted = solved(&design, &fine, 1.0);
    let drop = IrDrop::new(&design, 1.0, TOP).expect("wires");
    let (partly, full) = (drop.partly_used(TOP / 2, &rows, &columns), drop.nominal(TOP / 2));
    let used = (0..64).flat_map(|i| (0..64).map(move |c| (i, c))).filter(|&(i, c)| rows[i] && columns[c]);
    let (mut with, mut without) = (0.0, 0.0);
    for (i, c) in used {
        let (plus, minus) = (fine[(i, lines.plus(c))], fine[(i, lines.minus(c))]);
        with += (f64::from(partly.weight(i, c, plus, minus)) - wanted[(i, c)]).powi(2);
        without += (f64::from(full.weight(i, c, plus, minus)) - wanted[(i, c)]).powi(2);
    }
    assert!(with < 0.2 * 0.2 * without, "{with} {without}");
    assert_eq!(drop.partly_used(99, &[true; 64], &[true; 64]), drop.nominal(99));
}

#[test]
fn the_ends_of_all_ranges_are_computed() {
    let mut design = design(64, 64, PairScheme::Differential);
    // G_min is 32,768 fine units, as much as is allowed.
    design.device.r_on_ohm = 10e3;
    design.device.r_off_ohm = 10e3 * (1.0 + f64::from(TOP) / 32_768.0);
    let drop = IrDrop::new(&design, 500.0, TOP).expect("wires");
    let high = FINE_MAX as u16;
    let full = Array2::from_elem((64, 128), high);
    let (nominal, cells) = (drop.nominal(FINE_MAX), drop.of_cells(full.view()));
    for (plus, minus) in [(high, high), (high, 0), (0, high), (0, 0)] {
        for (row, column) in [(0, 0), (0, 63), (63, 0), (63, 63)] {
            let weight = nominal.weight(row, column, plus, minus);
            assert_eq!(cells.weight(row, column, plus, minus), weight, "equal loads are the nominal one");
            assert!(weight.abs() <= 65_535);
        }
    }
    let told = |design: &Design, wire_ohm, top| IrDrop::new(design, wire_ohm, top).expect_err("refused").to_string();
    assert!(told(&design, -1.0, TOP).starts_with("wire_ohm is -1; allowed are 0 to "));
    assert!(told(&design, f64::NAN, TOP).starts_with("wire_ohm is NaN"));
    assert!(told(&design, 1e4, TOP).starts_with("wire_ohm is 10000"));
    assert!(told(&design, 1.0, 0).starts_with("0 fine units"));
    design.device.r_off_ohm = 14e3;
    assert!(told(&design, 1.0, TOP).contains("allowed is a ratio of 1.488 or more"));
}
