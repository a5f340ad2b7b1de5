//! Time of the exact solver for one tile, and of the integer factors of its cells: `cargo bench --bench electrical`. One
//! thread; the best of three.

use memgan::config::{Design, PairScheme};
use memgan::electrical::{IrDrop, Network};
use memgan::numeric::{splitmix32, xorshift32};
use ndarray::Array2;
use std::hint::black_box;
use std::time::Instant;

/// Seconds of the best of three calls, and the last result.
fn best<T>(mut call: impl FnMut() -> T) -> (f64, T) {
    let mut timed = || {
        let start = Instant::now();
        let result = black_box(call());
        (start.elapsed().as_secs_f64(), result)
    };
    let (first, second, (third, result)) = (timed().0, timed().0, timed());
    (first.min(second).min(third), result)
}

fn main() {
    println!(
        "{:<28} {:>12} {:>14} {:>18} {:>20}",
        "tile", "factor, ms", "all nodes, us", "matrix product, us", "integer factors, us"
    );
    for (word_lines, bit_lines) in [(16, 32), (64, 128), (128, 256)] {
        let mut state = splitmix32(1);
        let mut draw = || {
            state = xorshift32(state);
            f64::from(state) / f64::from(u32::MAX)
        };
        let cells = Array2::from_shape_simple_fn((word_lines, bit_lines), || 4e-6 + 21e-6 * draw());
        let network = Network { cells, wire_ohm: 1.0, source_ohm: 0.0 };
        let (factor, factored) = best(|| network.factor().expect("a network"));
        let drivers = ndarray::Array1::from_shape_simple_fn(word_lines, || 0.4 * draw() - 0.2);
        let (solve, point) = best(|| factored.solve(drivers.as_slice().expect("contiguous")));
        let (product, currents) = best(|| drivers.dot(factored.transfer()));
        let differs = currents.iter().zip(&point.currents).any(|(a, b)| (a - b).abs() > 1e-9 * b.abs().max(1e-6));
        assert!(!differs, "both ways give the same currents");
        let mut design = Design::load("tiny").expect("a preset");
        design.crossbar.rows = word_lines;
        design.crossbar.columns = bit_lines / 2;
        assert_eq!(design.crossbar.pair, PairScheme::Differential);
        let drop = IrDrop::new(&design, 1.0, 16_002).expect("wires");
        let fine = network.cells.mapv(|g| ((g - 4e-6) / 21e-6 * 16_002.0) as u16);
        let (integers, _) = best(|| drop.of_cells(fine.view()));
        println!(
            "{:<28} {:>12.1} {:>14.1} {:>18.2} {:>20.1}",
            format!("{word_lines} word, {bit_lines} bit lines"),
            1e3 * factor,
            1e6 * solve,
            1e6 * product,
            1e6 * integers
        );
    }
}
