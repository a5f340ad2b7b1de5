use std::path::PathBuf;

use super::{Random, source, toolchains};
use crate::cosim::tools::Toolchain;
use crate::cosim::{
    BuildSpec, ConfigSpace, ConfigWord, CosimError, Driver, DriverOptions, LayerCycles, Op, ProgramWord, VerilatedModel,
};

/// What memgan_top.v does with `words` random words.
pub(super) struct Loopback {
    pub lanes: usize,
    pub words: usize,
    cells: Vec<Vec<u8>>,
    bias: u8,
    input: Vec<u8>,
    /// The memory after RUN, from address 0.
    image: Vec<u8>,
}

impl Loopback {
    pub fn new(lanes: usize, words: usize, seed: u64) -> Self {
        let mut random = Random(seed);
        let cells: Vec<Vec<u8>> = (0..16).map(|_| random.bytes(lanes)).collect();
        let (bias, input) = (random.next() as u8, random.bytes(lanes * words));
        let hidden: Vec<u8> = input.iter().map(|b| b.wrapping_add(bias)).collect();
        let output = hidden.iter().enumerate().map(|(i, b)| b ^ cells[i / lanes % 16][i % lanes]).collect::<Vec<u8>>();
        let image = [input.clone(), hidden, output].concat();
        Self { lanes, words, cells, bias, input, image }
    }

    /// Bytes that RUN must write: both layers, but of the last word only lane 0.
    fn mask(&self) -> Vec<u8> {
        let n = self.input.len();
        (0..3 * n).map(|i| u8::from(i >= n && i <= 3 * n - self.lanes)).collect()
    }

    pub fn prepare(&self, driver: &mut Driver) {
        let data =
            |bytes: &[u8]| bytes.chunks(4).map(|c| c.iter().rev().fold(0, |v, b| v << 8 | u32::from(*b))).collect();
        let word =
            |(row, bytes): (usize, &Vec<u8>)| ProgramWord { tile: 0, row: row as u32, group: 0, data: data(bytes) };
        driver.program(&self.cells.iter().enumerate().map(word).collect::<Vec<_>>()).expect("program");
        let bias = ConfigWord { space: ConfigSpace::Bias, addr: 0, data: vec![0xdead_beef, u32::from(self.bias)] };
        let decoy = ConfigWord { space: ConfigSpace::Layer, addr: 0, data: vec![0, 0x55] };
        driver.config(&[bias, decoy]).expect("config");
        driver.load(self.words as u32, &self.input).expect("load");
        driver.wait_idle(10).expect("idle");
    }
}

pub(super) fn spec(lanes: usize) -> BuildSpec {
    BuildSpec::design("memgan_top", [source("memgan_top.v")]).parameter("LANES", lanes.to_string())
}

fn library(spec: &BuildSpec, tools: &Toolchain) -> PathBuf {
    VerilatedModel::build_with(spec, tools).expect("the design builds").library
}

pub(super) fn start(spec: &BuildSpec, tools: &Toolchain, options: &DriverOptions) -> Driver {
    Driver::new(&library(spec, tools), options).expect("the design starts")
}

#[test]
fn a_run_is_counted_checked_and_read_back() {
    for tools in toolchains() {
        for (lanes, words) in [(4, 12), (16, 33)] {
            let test = Loopback::new(lanes, words, 7);
            let mut driver = start(&spec(lanes), &tools, &DriverOptions::default());
            assert_eq!(driver.lanes(), lanes);
            driver.expect(None, &test.image, Some(&test.mask())).expect("taps");
            test.prepare(&mut driver);
            let report = driver.run(words as u32, 10_000).expect("run");
            let n = words as u64;
            assert_eq!((report.cycles, report.array_cycles), (4 * n, 2 * n));
            assert_eq!(report.layers, [LayerCycles { busy: 2 * n, array: n }; 2]);
            assert_eq!(driver.cycle(), report.accepted + 1 + report.cycles);
            let compare = driver.compare();
            assert!(compare.is_equal(), "{compare}");
            assert_eq!(compare.bytes_checked as usize, test.mask().iter().filter(|m| **m != 0).count());
            assert_eq!(compare.writes, 3 * n);
            let output = driver.read(words as u32, 1000).expect("read");
            let kept = output.len() - lanes + 1;
            assert_eq!(output[..kept], test.image[2 * lanes * words..][..kept]);
            assert_eq!(output.len(), lanes * words);
        }
    }
}

#[test]
fn stalls_change_the_time_and_nothing_else() {
    let test = Loopback::new(4, 40, 9);
    let tools = &toolchains()[0];
    let mut cycles = Vec::new();
    for stall_probability in [0.0, 0.3, 0.9] {
        let options = DriverOptions { stall_probability, seed: 3, ..DriverOptions::default() };
        let mut driver = start(&spec(4), tools, &options);
        driver.expect(None, &test.image, Some(&test.mask())).expect("taps");
        test.prepare(&mut driver);
        let report = driver.run(40, 10_000).expect("run");
        assert!(driver.compare().is_equal(), "{}", driver.compare());
        let output = driver.read(40, 40).expect("read");
        assert_eq!(output[..4 * 39], test.image[4 * 80..][..4 * 39]);
        assert_eq!(report.cycles, 160);
        cycles.push(driver.cycle());
    }
    assert!(cycles[0] + 20 < cycles[1] && cycles[1] * 2 < cycles[2], "{cycles:?}");
}

#[test]
fn a_fault_is_found_in_its_cycle_at_its_address() {
    let (words, fault) = (10_u64, 13_u64);
    let test = Loopback::new(4, words as usize, 11);
    for tools in toolchains() {
        let mut driver = start(&spec(4).define("FAULT", fault.to_string()), &tools, &DriverOptions::default());
        driver.expect(None, &test.image, Some(&test.mask())).expect("taps");
        test.prepare(&mut driver);
        let report = driver.run(words as u32, 1000).expect("run");
        let compare = driver.compare();
        assert_eq!((compare.differences(), compare.bytes_wrong, compare.bytes_unwritten), (1, 1, 0), "{compare}");
        let first = compare.first_mismatch.expect("a mismatch");
        // Word k is written in the second of its two cycles.
        assert_eq!(first.cycle, report.accepted + 1 + 2 * fault + 1);
        assert_eq!((first.layer, first.address), (1, 4 * (words + fault)));
        assert_eq!(first.expected, test.image[first.address as usize]);
        assert_eq!(first.got, first.expected ^ 1);
    }
}

#[test]
fn missing_stray_and_wrongly_expected_bytes_are_differences() {
    let test = Loopback::new(4, 8, 13);
    let tools = &toolchains()[0];
    let run = |image: &[u8], mask: Option<&[u8]>, layer: Option<u32>| {
        let mut driver = start(&spec(4), tools, &DriverOptions::default());
        test.prepare(&mut driver);
        driver.expect(layer, image, mask).expect("taps");
        driver.run(8, 1000).expect("run");
        driver.compare()
    };
    let (image, mask) = (&test.image, test.mask());
    assert!(run(image, Some(&mask), None).is_equal());

    let mut wrong = image.clone();
    wrong[50] ^= 0x80;
    wrong[60] ^= 0x01;
    let compare = run(&wrong, Some(&mask), None);
    assert_eq!((compare.bytes_wrong, compare.first_mismatch.expect("first").address), (2, 50), "{compare}");

    // Without a mask the loaded words and the last three lanes should have been written during the run too.
    let compare = run(image, None, None);
    assert_eq!((compare.bytes_wrong, compare.bytes_unwritten), (0, 32 + 3), "{compare}");
    assert_eq!(compare.first_unwritten.expect("first").address, 0);

    let compare = run(&image[..90], Some(&mask[..90]), None);
    assert_eq!((compare.writes_outside, compare.differences()), (3, 3), "{compare}");
    assert_eq!(compare.first_mismatch.expect("first").address, 90);

    // An image of one layer asks nothing of the others.
    let layer0: Vec<u8> = (0..64).map(|i| u8::from(i >= 32)).collect();
    let compare = run(&image[..64], Some(&layer0), Some(0));
    assert!(compare.is_equal() && compare.bytes_checked == 32 && compare.writes_unchecked == 29, "{compare}");
    let compare = run(&image[..64], Some(&layer0), Some(1));
    assert_eq!((compare.bytes_checked, compare.bytes_unwritten, compare.writes_outside), (0, 32, 29), "{compare}");
    assert!(!compare.is_equal());
}

#[test]
fn the_log_tells_every_write() {
    let test = Loopback::new(16, 5, 17);
    let mut driver = start(&spec(16), &toolchains()[0], &DriverOptions::default());
    test.prepare(&mut driver);
    driver.log_taps(true).expect("taps");
    let report = driver.run(5, 1000).expect("run");
    let log = driver.take_tap_log();
    assert_eq!(log.len(), 10);
    for (i, write) in (0_u64..).zip(log.iter()) {
        assert_eq!((write.cycle, write.layer), (report.accepted + 2 + 2 * i, u32::from(i >= 5)));
        assert_eq!(write.addr, 5 + i);
        assert_eq!(write.bytes().count(), if i == 9 { 1 } else { 16 });
        assert!(write.bytes().all(|(address, value)| test.image[address as usize] == value));
    }
    assert!(driver.take_tap_log().is_empty());
}

#[test]
fn seeded_latents_are_written() {
    let mut driver = start(&spec(4), &toolchains()[0], &DriverOptions::default());
    driver.log_taps(true).expect("taps");
    driver.command(Op::Seed, 0x2d).expect("seed");
    driver.command(Op::Latent, 6).expect("latent");
    driver.wait_idle(100).expect("idle");
    let mut state = 0x2d_u8;
    for write in driver.take_tap_log().iter() {
        assert!(write.bytes().all(|(_, b)| b == state));
        state = state << 1 | (state >> 7 ^ state >> 5 ^ state >> 4 ^ state >> 3) & 1;
    }
}

#[test]
fn broken_designs_end_with_the_right_error() {
    let tools = &toolchains()[0];
    let options = DriverOptions { patience: 500, ..DriverOptions::default() };
    let test = Loopback::new(4, 8, 19);
    let run = |name: &str| {
        let mut driver = start(&spec(4).define(name, "1"), tools, &options);
        test.prepare(&mut driver);
        driver
            .run(8, 300)
            .and_then(|_| driver.set_options(&DriverOptions { stall_probability: 0.5, ..options.clone() }))?;
        driver.read(8, 100)
    };
    let error = run("HANG").expect_err("it never ends");
    assert!(matches!(&error, CosimError::Timeout(m) if m.contains("300 cycles")), "{error}");
    let error = run("DROP").expect_err("it withdraws a word");
    assert!(matches!(&error, CosimError::Protocol(m) if m.contains("out_valid_o fell")), "{error}");
    let error = run("MUTE").expect_err("it is never busy");
    assert!(matches!(&error, CosimError::Protocol(m) if m.contains("busy_o is 0")), "{error}");
    let error = run("STOP").expect_err("it stops");
    assert!(matches!(&error, CosimError::Stopped { message, .. } if message.contains("memgan_top.v")), "{error}");

    let mut driver = start(&spec(4), tools, &options);
    let error = driver.send(&[0; 4]).expect_err("nobody asked for data");
    assert!(matches!(&error, CosimError::Timeout(m) if m.contains("in: word 0 of 1")), "{error}");
    let error = driver.receive(10).expect_err("nothing comes");
    assert!(matches!(error, CosimError::Timeout(_)), "{error}");
    let error = driver.program(&[ProgramWord { tile: 0, row: 0, group: 0, data: vec![0; 2] }]).expect_err("too wide");
    assert!(matches!(error, CosimError::Data(_)), "{error}");
}
