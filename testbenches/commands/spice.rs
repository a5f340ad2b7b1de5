//! `memgan spice` and ngspice: with ideal wires the golden model's sums and codes, with resistive wires the exact solver's
//! currents. Each tile goes through the program as a user runs it.

use memgan::config::Design;
use memgan::cosim::tools::Tool;
use memgan::device::{CellCode, Content, LayerDevices, ProgramPlace};
use memgan::electrical::{IrDrop, Network, Tile, line_volts};
use memgan::golden::BankKernel;
use memgan::numeric::adc;
use memgan::prepare;
use memgan::schedule::Schedule;
use memgan::train::{Checkpoint, State};
use ndarray::Array2;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};

/// What ngspice's double precision leaves, of the largest sum: it prints 15 digits, and its matrix solver lost at most
/// four of them here.
const SPICE_TOLERANCE: f64 = 1e-10;

/// One full tile of 64 x 64 without training: one device of each pair is at its lowest level.
const SIXTY_FOUR: &str = r#"
name = "sixty_four"
[classifier]
image = [8, 8, 1]
[[layers]]
type = "dense"
outputs = 64
activation = "relu"
[[layers]]
type = "dense"
outputs = 10
activation = "sigmoid"
[crossbar]
rows = 64
columns = 64
"#;

/// Single devices against a reference line, 16 levels, in a tile that the matrix does not fill.
const REFERENCE: &str = r#"
name = "reference"
[classifier]
image = [3, 4, 1]
[[layers]]
type = "dense"
outputs = 23
activation = "sigmoid"
[crossbar]
rows = 16
columns = 16
columns_per_adc = 4
pair = "reference"
[device]
levels = 16
r_on_ohm = 10e3
r_off_ohm = 1e6
"#;

/// What is added for devices that differ, of which some are stuck.
const REAL: &str = r#"
[device.model]
w_max_dtod = 0.2
w_min_dtod = 0.2
stuck = 0.1
"#;

fn memgan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memgan")).args(args).output().expect("memgan starts")
}

/// The JSON result of a command that must succeed.
fn result(args: &[&str]) -> Value {
    let output = memgan(&[args, &["--format", "json"]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Every `name = value` that ngspice prints for a netlist.
fn ngspice(netlist: &Path) -> BTreeMap<String, f64> {
    let tool = Tool::ngspice().expect("ngspice is installed by scripts/setup.sh");
    let output = Command::new(tool.path).arg("-b").arg(netlist).output().expect("ngspice starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "ngspice: {text}{}", String::from_utf8_lossy(&output.stderr));
    let pair = |l: &str| l.split_once(" = ").and_then(|(k, v)| Some((k.trim().to_owned(), v.trim().parse().ok()?)));
    text.lines().filter_map(pair).collect()
}

/// A tile as ngspice measures it, beside the same tile in the library.
struct Measured {
    design: Design,
    content: Content,
    schedule: Schedule,
    layer: usize,
    tile: Tile,
    codes: Vec<i8>,
    /// Of each bit line, and of each weight column in units of the golden model.
    currents: Vec<f64>,
    sums: Vec<f64>,
}

impl Measured {
    fn new(description: &str, layer: &str, tile: usize, wire_ohm: f64, content: Option<(&str, Content)>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("description.toml");
        let name = match description.contains('\n') {
            true => {
                std::fs::write(&file, description).expect("a file");
                file.to_str().expect("a path in UTF-8")
            }
            false => description,
        };
        let design = Design::load(name).expect("a design");
        let schedule = Schedule::new(&design);
        let out = folder.path().join("tile.cir");
        let (tile_text, wire, path) = (tile.to_string(), wire_ohm.to_string(), out.to_str().expect("a path in UTF-8"));
        let mut args = vec!["spice", name, "--layer", layer, "--tile", &tile_text, "--wire-ohm", &wire, "--out", path];
        if let Some((checkpoint, _)) = &content {
            args.extend(["--checkpoint", checkpoint]);
        }
        let report = result(&args);
        let content = content.map_or_else(|| prepare::initial_content(&schedule, 1).expect("weights"), |(_, c)| c);
        let index = schedule.banks.iter().position(|b| b.name == layer).expect("the layer");
        let tile = Tile::new(&schedule, index, tile, &content.layers[index].cells);
        let printed = ngspice(&out);
        let value = |name: String| *printed.get(&name).unwrap_or_else(|| panic!("ngspice prints no {name}"));
        Self {
            currents: (0..tile.lines.bit_lines()).map(|k| value(format!("i(vs_{})", tile.lines.name(k)))).collect(),
            sums: (0..tile.matrix_columns.len()).map(|c| value(format!("sum_{c}"))).collect(),
            codes: serde_json::from_value(report["codes"].clone()).expect("codes"),
            design,
            content,
            schedule,
            layer: index,
            tile,
        }
    }

    /// The golden model's exact sum of each weight column; unused columns weigh zero.
    fn golden_sums(&self) -> Vec<i32> {
        self.by_columns(|kernel, x, columns| {
            let row_tile = self.tile.index / self.schedule.banks[self.layer].column_tiles;
            kernel.dots(row_tile, x, columns);
        })
    }

    /// Its ADC codes, with the layer's gain. Only of layers with one row tile, whose codes are not summed.
    fn golden_codes(&self) -> Vec<i32> {
        let (gain, bits) = (self.content.layers[self.layer].parameters.gain, self.design.converter.adc_bits);
        self.by_columns(|kernel, x, columns| kernel.sums(x, gain, bits, columns))
    }

    fn by_columns(&self, read: impl Fn(&BankKernel, &[i8], &mut [i32])) -> Vec<i32> {
        let bank = &self.schedule.banks[self.layer];
        let code = CellCode::new(&self.design);
        let real = LayerDevices::new(&self.schedule, self.layer);
        let mut weights = Array2::zeros((bank.matrix_rows, bank.matrix_columns));
        let words = ProgramPlace::of_layer(&self.schedule, self.layer);
        for (place, word) in words.zip(&self.content.layers[self.layer].cells) {
            assert_eq!((place.tile, place.row, place.group), (word.tile, word.row, word.group));
            for (column, &data) in place.columns.zip(&word.cells).filter(|(c, _)| *c < bank.matrix_columns) {
                let at = (place.matrix_row, column);
                let (plus, minus) = code.codes(data);
                let held = real.as_ref().map_or((plus, minus), |r| r.place(at.0, at.1, plus, minus));
                weights[at] = held.0 as i16 - held.1 as i16;
            }
        }
        let kernel = BankKernel::new(bank, self.design.crossbar.rows, &weights);
        let mut x = vec![0; bank.matrix_rows];
        for (row, &code) in self.tile.matrix_rows.iter().zip(&self.codes) {
            if let Some(row) = row {
                x[*row] = code;
            }
        }
        let mut columns = vec![0; bank.matrix_columns];
        read(&kernel, &x, &mut columns);
        self.tile.matrix_columns.iter().map(|c| c.map_or(0, |c| columns[c])).collect()
    }

    /// What the macro's ADC makes of the measured sums.
    fn codes_of_sums(&self) -> Vec<i32> {
        let (gain, bits) = (self.content.layers[self.layer].parameters.gain, self.design.converter.adc_bits);
        self.sums.iter().map(|s| adc(s.round() as i32, gain, bits)).collect()
    }

    fn network(&self, wire_ohm: f64) -> Network {
        Network { cells: self.tile.conductances(&self.design), wire_ohm, source_ohm: 0.0 }
    }
}

/// Sums with the integer correction against those that SPICE measures: by position, with the mean load of the used cells,
/// and by the loads of the lines. `most`: parts of the error without correction that may be left.
fn assert_corrected(m: &Measured, wire_ohm: f64, most: [f64; 2]) {
    let steps = m.design.device.levels - 1;
    let per_level = 16_000 / steps;
    let drop = IrDrop::new(&m.design, wire_ohm, per_level * steps).expect("wires");
    let fine = m.tile.codes.mapv(|level| level * per_level as u16);
    let lines = m.tile.lines;
    let used = |places: &[Option<usize>]| places.iter().map(Option::is_some).collect::<Vec<_>>();
    let (rows, columns) = (used(&m.tile.matrix_rows), used(&m.tile.matrix_columns));
    let cells: Vec<u32> = fine
        .indexed_iter()
        .filter(|((i, k), _)| {
            rows[*i] && (0..lines.columns).any(|c| columns[c] && [lines.plus(c), lines.minus(c)].contains(k))
        })
        .map(|(_, &g)| u32::from(g))
        .collect();
    let mean = cells.iter().sum::<u32>() / cells.len() as u32;
    let position = drop.partly_used(mean, &rows, &columns);
    let loads = drop.of_cells(fine.view());
    let error = |weight: &dyn Fn(usize, usize, u16, u16) -> i32| {
        let sum = |c: usize| {
            let weights = (0..lines.rows).map(|i| weight(i, c, fine[(i, lines.plus(c))], fine[(i, lines.minus(c))]));
            weights.zip(&m.codes).map(|(w, &x)| i64::from(w) * i64::from(x)).sum::<i64>() as f64 / f64::from(per_level)
        };
        let wrong = (0..lines.columns).filter(|&c| columns[c]).map(|c| (sum(c) - m.sums[c]).abs());
        wrong.fold(0.0, f64::max)
    };
    let none = error(&|_, _, plus, minus| i32::from(plus) - i32::from(minus));
    let left = [
        error(&|i, c, plus, minus| position.weight(i, c, plus, minus)),
        error(&|i, c, plus, minus| loads.weight(i, c, plus, minus)),
    ];
    let full = f64::from(m.golden_sums().iter().fold(1, |s, g| s.max(g.abs())));
    let percent = |e: f64| 100.0 * e / full;
    println!(
        "    largest error of a sum: {:.3} % without correction, {:.3} % by position, {:.3} % by loads",
        percent(none),
        percent(left[0]),
        percent(left[1])
    );
    assert!(left[0] < most[0] * none && left[1] < most[1] * none, "{none} {left:?}");
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| m.max(v.abs()))
}

fn assert_ideal(m: &Measured) {
    let golden = m.golden_sums();
    let scale = golden.iter().fold(1, |s, g| s.max(g.abs()));
    for (c, (&sum, &golden)) in m.sums.iter().zip(&golden).enumerate() {
        let error = (sum - f64::from(golden)).abs() / f64::from(scale);
        assert!(error < SPICE_TOLERANCE, "weight column {c}: SPICE {sum}, golden model {golden}");
    }
    // Codes of one tile; those of real converters have their own errors.
    if m.schedule.banks[m.layer].row_tiles == 1 && m.design.device.model.is_none() {
        assert_eq!(m.codes_of_sums(), m.golden_codes());
    }
}

/// Currents against the solver; codes move by what the wires take from the sums, and a rounding.
fn assert_wired(m: &Measured, wire_ohm: f64) {
    let drivers: Vec<f64> = m.codes.iter().map(|&x| line_volts(&m.design, x)).collect();
    let point = m.network(wire_ohm).factor().expect("a network").solve(&drivers);
    let scale = largest(&m.currents);
    for (k, (spice, solver)) in m.currents.iter().zip(&point.currents).enumerate() {
        let error = (spice - solver).abs() / scale;
        assert!(error < SPICE_TOLERANCE, "bit line {k}: SPICE {spice} A, solver {solver} A");
    }
    let sums = m.tile.sums_of_currents(&m.design, &point.currents);
    let golden = m.golden_sums();
    let full = f64::from(golden.iter().fold(1, |s, g| s.max(g.abs())));
    assert!(sums.iter().zip(&m.sums).all(|(a, b)| (a - b).abs() / full < 10.0 * SPICE_TOLERANCE), "sums");
    let lost = sums.iter().zip(&golden).fold(0.0, |m: f64, (&s, &g)| m.max((s - f64::from(g)).abs())) / full;
    let moved = m.codes_of_sums().iter().zip(m.golden_codes()).fold(0, |m, (&a, b)| m.max((a - b).abs()));
    println!(
        "{}, {} x {}, {wire_ohm} ohm: wires take up to {:.2} % of the largest sum, {moved} codes",
        m.tile.layer,
        m.tile.lines.rows,
        m.tile.lines.bit_lines(),
        100.0 * lost
    );
    assert!(lost > 1e-3, "wires must matter: {lost}");
    let unit = f64::from(1 << m.content.layers[m.layer].parameters.gain);
    let explained = lost * full / unit + 1.0;
    assert!(f64::from(moved) <= explained && moved > 0, "wires move a code by {moved}, {explained} is explained");
}

#[test]
fn ideal_wires_give_the_golden_sums_and_codes() {
    assert_ideal(&Measured::new("tiny", "generator_0", 2, 0.0, None));
    assert_ideal(&Measured::new("tiny", "discriminator_1", 3, 0.0, None));
    assert_ideal(&Measured::new(REFERENCE, "classifier_0", 1, 0.0, None));
    assert_ideal(&Measured::new(SIXTY_FOUR, "classifier_0", 0, 0.0, None));
}

#[test]
fn real_devices_have_their_own_conductances() {
    let real = Measured::new(&[REFERENCE, REAL].concat(), "classifier_0", 1, 0.0, None);
    let fraction = CellCode::new(&real.design).fraction();
    let ideal = Measured::new(REFERENCE, "classifier_0", 1, 0.0, None);
    assert!(ideal.tile.codes.mapv(|code| code << fraction) != real.tile.codes, "devices differ");
    assert_ideal(&real);
}

#[test]
fn wires_of_16_by_16_tiles_are_those_of_the_solver() {
    // With a reference the loads of single lines matter more: every device carries the sum of its line.
    for (description, layer, tile, position) in [("tiny", "generator_0", 2, 0.25), (REFERENCE, "classifier_0", 1, 0.6)]
    {
        let m = Measured::new(description, layer, tile, 2.5, None);
        assert_wired(&m, 2.5);
        assert_corrected(&m, 2.5, [position, 0.05]);
    }
}

#[test]
fn wires_of_a_64_by_64_tile_are_those_of_the_solver() {
    let m = Measured::new(SIXTY_FOUR, "classifier_0", 0, 1.0, None);
    assert_wired(&m, 1.0);
    assert_corrected(&m, 1.0, [0.25, 0.05]);
}

#[test]
fn devices_of_a_training_run_are_measured() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = folder.path().join("run");
    let path = run.to_str().expect("a path in UTF-8");
    result(&["train", "tiny", "--steps", "40", "--out", path]);
    let design = Design::load("tiny").expect("a preset");
    let schedule = Schedule::new(&design);
    let file = run.join("checkpoint.safetensors");
    let State::Chip(state) = Checkpoint::read(&design, &file).expect("a checkpoint").state else {
        panic!("a run on devices");
    };
    let content = state.content(&schedule);
    let start = prepare::initial_content(&schedule, 1).expect("weights");
    assert!(content.layers[0].cells != start.layers[0].cells, "training moved devices");
    let file = file.to_str().expect("a path in UTF-8");
    assert_ideal(&Measured::new("tiny", "generator_0", 1, 0.0, Some((file, content))));
}

#[test]
fn an_input_can_be_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    let (input, out) = (file("input.txt"), file("tile.cir"));
    std::fs::write(&input, "1 -127 # the ends\n127\n0 5 6\n7\n-8\n").expect("a file");
    let report = result(&["spice", "tiny", "--input", &input, "--out", &out]);
    let mut expected = vec![1, -127, 127, 0, 5, 6, 7, -8];
    expected.resize(16, 0);
    assert_eq!(report["codes"], serde_json::json!(expected));
    let text = std::fs::read_to_string(&out).expect("the netlist");
    assert!(text.contains("\nV1 x1 0 DC -2e-1 ; code -127\n"), "{text}");
    assert!(text.is_ascii() && text.ends_with(".end\n"));
}

#[test]
fn wrong_arguments_are_told_and_write_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path in UTF-8").to_owned();
    std::fs::write(file("short"), "1 2 3").expect("a file");
    std::fs::write(file("high"), "1 2 3 4 5 6 7 128").expect("a file");
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--layer", "generator_9"], &["--layer is generator_9", "generator_0, generator_1, discriminator_0"]),
        (&["--tile", "4"], &["--tile is 4", "0 to 3", "generator_0"]),
        (&["--wire-ohm", "-1"], &["--wire-ohm is -1", "0 to 1000000"]),
        (&["--wire-ohm", "nan"], &["--wire-ohm is NaN", "0 to 1000000"]),
        (&["--input", &file("short")], &["with 3 codes", "8 codes"]),
        (&["--input", &file("high")], &["code 7 is 128", "-127 to 127"]),
        (&["--input", &file("none")], &["cannot be read", "a seed"]),
    ];
    let out = file("tile.cir");
    for (args, told) in cases {
        let output = memgan(&[&["spice", "tiny", "--out", &out, "--format", "json"], args].concat());
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        let error: Value = serde_json::from_slice(&output.stderr).expect("JSON");
        let message = error["error"]["message"].as_str().expect("a message");
        for part in told {
            assert!(message.contains(part), "{part} is not in {message}");
        }
        assert!(error["error"]["help"].as_str().is_some_and(|h| !h.is_empty()), "a way out");
        assert!(!Path::new(&out).exists(), "{args:?} wrote a file");
    }
}
