//! Errors of bit-line sums with resistive wires, without and with the integer correction, against the solved network:
//! the tables of docs/ir-drop.md. `cargo run --release --example ir_drop_study`; half a minute.

mod tile;

use memgan::electrical::{IrDrop, LineFactors};
use ndarray::{Array1, Array2};
use tile::{Devices, MIDDLE, Random, TestTile};

/// Input vectors of an entry.
const INPUTS: usize = 200;

/// What is read.
#[derive(Clone, Copy)]
enum Read {
    /// Rows, with activations behind a relu: half are 0, the others half a Gaussian of 40 codes.
    Rows,
    /// Columns, with errors: most are small, one in eight is a Gaussian of 40 codes, the others 0.
    Columns,
}

fn main() {
    println!("Mean / largest error in percent of the largest ideal sum of {INPUTS} inputs.\n");
    for devices in [Devices::AroundMiddle, Devices::OneAtZero] {
        println!("### {}, row reads\n", devices.name());
        head("tile, wire");
        for size in [16, 64, 128] {
            for wire in [0.5, 1.0, 2.5] {
                row(&format!("{size} x {size}, {wire} ohm"), devices, size, size, wire, Read::Rows);
            }
        }
        println!();
    }
    println!("### Column reads, 1 ohm\n");
    head("devices, tile");
    for devices in [Devices::AroundMiddle, Devices::OneAtZero] {
        for size in [16, 64, 128] {
            row(&format!("{}, {size} x {size}", devices.name()), devices, size, size, 1.0, Read::Columns);
        }
    }
    println!("\n### 16 of 128 columns used, row reads, the others at G_min\n");
    head("devices, wire");
    for devices in [Devices::AroundMiddle, Devices::OneAtZero] {
        for wire in [0.5, 1.0, 2.5] {
            row(&format!("{}, {wire} ohm", devices.name()), devices, 128, 16, wire, Read::Rows);
        }
    }
}

fn head(first: &str) {
    let columns = ["none", "first order", "middle", "mean", "by loads"];
    println!("| {first} | {} |", columns.join(" | "));
    println!("|---|{}", "--:|".repeat(columns.len()));
}

fn row(name: &str, devices: Devices, size: usize, used: usize, wire_ohm: f64, read: Read) {
    let tile = TestTile::new(devices, size, used);
    let wanted = tile.solved(wire_ohm);
    let ideal = tile.weights(|_, _, plus, minus| f64::from(plus) - f64::from(minus));
    let drop = IrDrop::new(&tile.design, wire_ohm, tile::TOP).expect("wires of the study");
    let by_line = |f: LineFactors| tile.weights(|i, c, plus, minus| f64::from(f.weight(i, c, plus, minus)));
    let mean = tile.mean();
    let cells = drop.of_cells(tile.fine.view());
    let candidates = [
        ideal.clone(),
        tile.first_order(wire_ohm, mean),
        by_line(tile.nominal(&drop, MIDDLE)),
        by_line(tile.nominal(&drop, mean)),
        tile.weights(|i, c, plus, minus| f64::from(cells.weight(i, c, plus, minus))),
    ];
    let errors = candidates.map(|got| {
        let (mean, largest) = error(&wanted, &got, &ideal, used, read);
        format!("{mean:.3} / {largest:.2}")
    });
    println!("| {name} | {} |", errors.join(" | "));
}

/// Mean and largest error of sums in percent of the largest ideal sum.
fn error(wanted: &Array2<f64>, got: &Array2<f64>, ideal: &Array2<f64>, used: usize, read: Read) -> (f64, f64) {
    let mut random = Random::new(9);
    let (mut sum, mut largest, mut full, mut count) = (0.0, 0.0f64, 0.0f64, 0.0);
    for _ in 0..INPUTS {
        let difference = wanted - got;
        let sums = |weights: &Array2<f64>, x: &Array1<f64>| match read {
            Read::Rows => x.dot(weights).to_vec(),
            Read::Columns => weights.dot(x).to_vec(),
        };
        let x = match read {
            Read::Rows => Array1::from_shape_simple_fn(wanted.nrows(), || random.code(0.5).abs()),
            Read::Columns => Array1::from_shape_simple_fn(wanted.ncols(), || random.code(0.125)),
        };
        let outputs = if matches!(read, Read::Rows) { used } else { wanted.nrows() };
        full = sums(ideal, &x).iter().take(outputs).fold(full, |m, v| m.max(v.abs()));
        for e in sums(&difference, &x).iter().take(outputs) {
            sum += e.abs();
            largest = largest.max(e.abs());
            count += 1.0;
        }
    }
    (100.0 * sum / count / full, 100.0 * largest / full)
}
