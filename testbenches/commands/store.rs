//! The crossbars as a memory: pictures stored and read back, and `memgan store` as a user runs it.

use memgan::config::Design;
use memgan::device::ArrayModel;
use memgan::memory::{Memory, Pattern, Picture};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SIDE: usize = 40;

/// `tiny` with more in its description.
fn design(more: &str) -> Design {
    let text = memgan::config::preset("tiny").expect("a preset").text;
    Design::from_toml(&format!("{text}\n{more}"), "tiny").unwrap_or_else(|e| panic!("{e}: {:?}", e.help))
}

fn memgan(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_memgan")).arg("store").args(args).output().expect("memgan starts")
}

/// The JSON result of a command that must succeed.
fn result(args: &[&str], out: &Path) -> Value {
    let output = memgan(&[args, &["--format", "json", "--out", text(out)]].concat());
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// Writes a PNG of grey values.
fn write_png(path: &Path, height: usize, width: usize, pixels: &[u8]) {
    let file = std::fs::File::create(path).expect("a file");
    let mut encoder = png::Encoder::new(file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header().expect("a header").write_image_data(pixels).expect("pixels");
}

/// Size and bytes of a PNG in colour.
fn read_png(path: &Path) -> (usize, usize, Vec<u8>) {
    let file = std::io::BufReader::new(std::fs::File::open(path).expect("the picture"));
    let mut reader = png::Decoder::new(file).read_info().expect("a PNG");
    let mut bytes = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut bytes).expect("pixels");
    assert_eq!(info.color_type, png::ColorType::Rgb);
    (info.height as usize, info.width as usize, bytes)
}

/// Pairs and single devices, all patterns, from one bit a pixel to all levels. An ideal device moves one level a pulse, so
/// those that store its own levels without tolerance are given as many SET pulses as the picture has levels in all.
#[test]
fn ideal_devices_hold_every_picture() {
    for more in ["", "pair = \"reference\"\n"] {
        let text = memgan::config::preset("tiny").expect("a preset").text;
        let tiny = text.replace("[crossbar]\n", &format!("[crossbar]\n{more}"));
        let design = Design::from_toml(&tiny, "tiny").unwrap_or_else(|e| panic!("{e}"));
        for levels in [2, 3, 4, 16, 64] {
            let memory = Memory::new(&design, (SIDE, SIDE), levels, 0).expect("it fits");
            for pattern in [Pattern::Checker, Pattern::Gradient, Pattern::Digits, Pattern::Text, Pattern::Random] {
                let picture = Picture::pattern(pattern, SIDE, SIDE, 7).quantised(levels);
                assert!(picture.iter().any(|&p| p > 0) && picture.contains(&0), "{pattern:?}");
                assert!(picture.iter().all(|&p| u32::from(p) < levels));
                let stored = memory.store(&picture, 1);
                assert!(stored.read == picture, "{pattern:?} of {levels} levels {more}");
                assert_eq!((stored.level_errors(), stored.bit_errors()), (0, 0));
                assert_eq!((stored.counters.failed_devices, stored.failed.contains(&true)), (0, false));
                let sum: u32 = picture.iter().map(|&p| u32::from(p)).sum();
                if levels == 64 && more.is_empty() {
                    assert_eq!((stored.counters.set_pulses, stored.counters.reset_pulses), (sum, 0));
                    // Both devices of a pair are read once more than they get pulses.
                    assert_eq!(stored.counters.reads, 2 * 1600 + sum);
                }
            }
        }
    }
}

/// A bit is wrong exactly where the stuck devices of its cell say so: a white pixel whose plus device is stuck at `G_min` or
/// whose minus device at `G_max`, a black one the other way round, unless the minus device makes up for it.
#[test]
fn stuck_devices_cost_the_pixels_that_are_theirs() {
    let design = design("[device.model]\nseed = 5\nstuck_at_lrs = 0.04\nstuck_at_hrs = 0.06");
    let model = ArrayModel::of(&design).expect("real devices");
    let memory = Memory::new(&design, (SIDE, SIDE), 2, 0).expect("it fits");
    let picture = Picture::pattern(Pattern::Random, SIDE, SIDE, 3).quantised(2);
    let stored = memory.store(&picture, 1);
    let (mut wrong, mut stuck) = (0, 0);
    for (pixel, &white) in picture.iter().enumerate() {
        let (y, x) = (pixel / SIDE, pixel % SIDE);
        // Blocks of 16 x 16, three side by side.
        let device = |minus| {
            let d = model.device(model.device_number(y / 16 * 3 + x / 16, y % 16, x % 16, minus));
            (d.low == d.high).then_some(d.low > 0)
        };
        let (plus, minus) = (device(false), device(true));
        stuck += usize::from(plus.is_some()) + usize::from(minus.is_some());
        // In thirds of the window, half of which divide black from white.
        let read = plus.unwrap_or(white == 1) && !minus.unwrap_or(false);
        wrong += usize::from(read != (white == 1));
        assert_eq!(stored.read[pixel], u8::from(read), "row {y}, column {x}");
        let failed = plus.is_some_and(|high| high != (white == 1)) || minus == Some(true);
        assert_eq!(stored.failed[pixel], failed, "row {y}, column {x}");
    }
    // 10 % of 3,200 devices, within four standard deviations.
    assert!((250..390).contains(&stuck), "{stuck} stuck devices");
    assert_eq!(stored.level_errors(), wrong);
    assert!((60..180).contains(&wrong), "{wrong} wrong pixels");
}

#[test]
fn errors_and_pulses_grow_with_the_spread() {
    let dir = tempfile::tempdir().expect("a directory");
    let out = dir.path().join("made/here");
    let json = result(&["tiny", "--levels", "4", "--pattern", "random", "--spread", "0,0.15,0.3,0.6"], &out);
    let spreads = json["spreads"].as_array().expect("a list");
    let of = |key: &str| spreads.iter().map(|s| s[key].as_f64().expect("a number")).collect::<Vec<_>>();
    assert_eq!(of("spread"), [0.0, 0.15, 0.3, 0.6]);
    let errors = of("level_error_rate");
    assert_eq!(errors[0], 0.0);
    assert!(errors.is_sorted_by(|a, b| a < b) && errors[3] > 0.1, "{errors:?}");
    let pulses = of("reset_pulses_per_pixel");
    assert!(pulses.is_sorted_by(|a, b| a < b), "{pulses:?}");
    for file in ["store-0.png", "store-0.15.png", "store-0.3.png", "store-0.6.png", "spread.png"] {
        read_png(&out.join(file));
    }
}

/// Levels that most devices reach are stored with fewer errors and fewer pulses than those at the ends of the window.
#[test]
fn a_margin_helps_devices_that_differ() {
    let design = design("[device.model]\nw_max_dtod = 0.3\nw_min_dtod = 0.3\ndw_min_dtod = 0.3");
    let picture = Picture::pattern(Pattern::Random, SIDE, SIDE, 3).quantised(4);
    let store = |margin| Memory::new(&design, (SIDE, SIDE), 4, margin).expect("it fits").store(&picture, 1);
    let (without, with) = (store(0), store(12));
    assert!(2 * with.level_errors() < without.level_errors(), "{} {}", with.level_errors(), without.level_errors());
    assert!(with.counters.failed_devices * 2 < without.counters.failed_devices);
}

#[test]
fn noise_costs_pixels_and_the_seed_decides_which() {
    let store = |more: &str, seed| {
        let design = design(&format!("[device.model]\n{more}"));
        let picture = Picture::pattern(Pattern::Gradient, SIDE, SIDE, 1).quantised(16);
        Memory::new(&design, (SIDE, SIDE), 16, 0).expect("it fits").store(&picture, seed)
    };
    let exact = store("", 1);
    assert_eq!(exact.level_errors(), 0);
    assert!(exact == store("", 2));
    for noisy in ["read_noise = 0.03", "adc_offset = 5.0"] {
        let stored = store(noisy, 1);
        assert!(stored.level_errors() > 10, "{noisy}: {} errors", stored.level_errors());
        assert!(stored == store(noisy, 1), "{noisy}");
    }
    // Wires take from far cells, whether or not pulses make up for it.
    assert!(exact != store("wire_ohm = 20.0", 1));
    assert_ne!(store("read_noise = 0.03", 1).read, store("read_noise = 0.03", 2).read);
    assert_ne!(store("dw_min_std = 0.5", 1).counters, store("dw_min_std = 0.5", 2).counters);
}

/// Both devices of a pair decay at the same rate, so a white pixel is read as black once half of its weight is lost: after
/// 69 units of a lifetime of 100. Errors follow the time, and the command says them.
#[test]
fn time_costs_pixels() {
    let text = "[device.model]\nlifetime = 100";
    let picture = Picture::pattern(Pattern::Random, SIDE, SIDE, 3).quantised(2);
    let whites = picture.iter().filter(|&&p| p == 1).count();
    for (age, errors) in [(0, 0), (60, 0), (80, whites)] {
        let mut memory = Memory::new(&design(text), (SIDE, SIDE), 2, 0).expect("it fits");
        // A white device is at the end of the window, and not a quarter before it.
        memory.verify.registers.tolerance = 1;
        memory.age = age;
        assert_eq!(memory.store(&picture, 1).level_errors(), errors, "after {age}");
    }
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("drift.toml");
    let tiny = memgan::config::preset("tiny").expect("a preset").text;
    std::fs::write(&file, format!("{tiny}\n{text}\ndiffusion = 0.02\n")).expect("a file");
    let errors = |age: &str| {
        let args = [file.to_str().expect("UTF-8"), "--levels", "4", "--pattern", "random", "--age", age];
        let json = result(&args, &dir.path().join("out"));
        assert_eq!(json["age"].to_string(), age);
        json["level_errors"].as_u64().expect("a number")
    };
    let errors = ["0", "10", "40", "200"].map(errors);
    assert!(errors[0] == 0 && errors.is_sorted_by(|a, b| a < b) && errors[3] > 800, "{errors:?}");
}

/// Devices are formed before a picture is written; where one of a pixel never forms it fails, and the command says how many.
#[test]
fn virgin_devices_hold_pictures_after_forming() {
    let picture = Picture::pattern(Pattern::Random, SIDE, SIDE, 3).quantised(2);
    let store = |more: &str| Memory::new(&design(more), (SIDE, SIDE), 2, 0).expect("it fits").store(&picture, 1);
    let stored = store("[device.model]\nforming = 0.6\nforming_dtod = 0.1");
    assert_eq!((stored.level_errors(), stored.counters.failed_devices, stored.forming.failed_devices), (0, 0, 0));
    assert_eq!(stored.forming.devices, 3200);
    // From three deviations below the mean, 107, in steps of 8 to 153.
    let pulses = f64::from(stored.forming.set_pulses) / 3200.0;
    assert!((6.0..8.5).contains(&pulses), "{pulses} pulses a device");
    // Half of the devices need more than the strongest pulse.
    let half = "[device.model]\nforming = 1\nforming_dtod = 0.2";
    let stored = store(half);
    assert!((1500..1700).contains(&stored.forming.failed_devices), "{:?}", stored.forming);
    // Open is near enough to black, so those fail that should be white: a quarter of the devices, half of the time.
    assert!((330..470).contains(&stored.counters.failed_devices), "{:?}", stored.counters);
    assert!((330..470).contains(&stored.level_errors()), "{}", stored.level_errors());
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("virgin.toml");
    let tiny = memgan::config::preset("tiny").expect("a preset").text;
    std::fs::write(&file, format!("{tiny}\n{half}\n")).expect("a file");
    let output = memgan(&[text(&file), "--out", text(&dir.path().join("out"))]);
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| line.starts_with("forming")).expect("it says what forming took");
    assert!(line.contains("3,200 devices") && line.contains("not formed"), "{line}");
}

/// Pulses at the pixels disturb those that were written before.
#[test]
fn half_selected_devices_cost_pixels() {
    let picture = Picture::pattern(Pattern::Random, SIDE, SIDE, 3).quantised(16);
    let errors = |half_select: f64| {
        let design = design(&format!("[device.model]\nhalf_select = {half_select}"));
        Memory::new(&design, (SIDE, SIDE), 16, 0).expect("it fits").store(&picture, 1).level_errors()
    };
    let errors = [0.0, 0.01, 0.05].map(errors);
    assert!(errors[0] == 0 && errors.is_sorted_by(|a, b| a < b) && errors[2] > 400, "{errors:?}");
}

/// A file goes in and comes out: panels of target and read-back show it, the third is black.
#[test]
fn a_file_is_stored_and_drawn() {
    let dir = tempfile::tempdir().expect("a directory");
    let (file, out) = (dir.path().join("in.png"), dir.path().join("out"));
    let (height, width) = (24, 31);
    let grey = |y: usize, x: usize| ((y * 41 + x * 97) % 256) as u8;
    let pixels: Vec<u8> = (0..height * width).map(|i| grey(i / width, i % width)).collect();
    write_png(&file, height, width, &pixels);
    let json = result(&["tiny", "--image", text(&file), "--levels", "16"], &out);
    assert_eq!((&json["height"], &json["width"], &json["tiles"]), (&24.into(), &31.into(), &4.into()));
    assert_eq!((&json["level_errors"], &json["line_reads"]), (&0.into(), &48.into()));
    let (picture_height, picture_width, bytes) = read_png(&out.join("store.png"));
    // Panels of 8 x 8 pixels each, gaps of 6, a caption of 14.
    let (scale, gap, top) = (8, 6, 6 + 14 + 6);
    assert_eq!((picture_height, picture_width), (top + height * scale + gap, 3 * (width * scale + 2 * gap)));
    let at = |panel: usize, y: usize, x: usize| {
        let left = gap + panel * (width * scale + 2 * gap);
        let start = ((top + y * scale + 3) * picture_width + left + x * scale + 3) * 3;
        [bytes[start], bytes[start + 1], bytes[start + 2]]
    };
    for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
        // Sixteen greys are 17 apart.
        let shown = (f64::from(grey(y, x)) / 17.0).round() as u8 * 17;
        assert_eq!([at(0, y, x), at(1, y, x), at(2, y, x)], [[shown; 3], [shown; 3], [0; 3]], "row {y}, column {x}");
    }
    let again = dir.path().join("again");
    result(&["tiny", "--image", text(&file), "--levels", "16"], &again);
    assert_eq!(std::fs::read(out.join("store.png")).ok(), std::fs::read(again.join("store.png")).ok());
}

/// One clear error each, exit code 2, and nothing written.
#[test]
fn wrong_input_is_refused() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = |name: &str| -> PathBuf { dir.path().join(name) };
    write_png(&path("small.png"), 8, 9, &[7; 72]);
    std::fs::write(path("no.png"), "no picture").expect("a file");
    let whole = std::fs::read(path("small.png")).expect("a file");
    std::fs::write(path("cut.png"), &whole[..whole.len() / 2]).expect("a file");
    let coarse = memgan::config::preset("tiny").expect("a preset").text.to_owned() + "\n[converter]\nadc_bits = 4\n";
    std::fs::write(path("coarse.toml"), coarse).expect("a file");
    let [small, no, cut, missing, coarse] =
        ["small.png", "no.png", "cut.png", "missing.png", "coarse.toml"].map(|name| text(&path(name)).to_owned());
    for (args, words) in [
        (&["tiny", "--levels", "65"][..], &["65 levels", "64", "device.levels"][..]),
        (&["tiny", "--levels", "1"], &["1 levels", "2 to 64"]),
        (&["tiny", "--levels", "4", "--margin", "31"], &["margin of 31", "0 to 30"]),
        (&["tiny", "--size", "49x49"], &["49x49", "16x16", "10", "48x48"]),
        (&["tiny", "--size", "0x40"], &["--size", "as in 40x40"]),
        (&["tiny", "--size", "40"], &["--size", "as in 40x40"]),
        (&["tiny", "--image", &small, "--size", "40x40"], &["8x9", "40x40", "--size 8x9"]),
        (&["tiny", "--image", &no], &["no.png", "PNG"]),
        (&["tiny", "--image", &cut], &["cut.png", "PNG"]),
        (&["tiny", "--image", &missing], &["missing.png", "--pattern"]),
        (&["tiny", "--image", &small, "--pattern", "text"], &["--image", "--pattern"]),
        (&["tiny", "--spread", "0.1,1.5"], &["1.5", "0 to 1"]),
        (&["tiny", "--spread", "-0.1"], &["-0.1", "0 to 1"]),
        (&["tiny", "--spread", "nan"], &["NaN", "0 to 1"]),
        (&["tiny", "--age", "5"], &["--age is 5", "do not drift", "device.model.lifetime"]),
        (&["tiny", "--age", "1000001"], &["--age", "0..=1000000"]),
        (&[&coarse, "--levels", "32"], &["32 levels", "4 bits", "adc_bits"]),
        (&["nothing.toml"], &["nothing.toml"]),
    ] {
        let out = path("out");
        let output = memgan(&[args, &["--out", text(&out)]].concat());
        // The report breaks lines as it likes.
        let said = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {said}");
        for word in words {
            assert!(said.contains(word), "{args:?} without `{word}`: {said}");
        }
        assert!(output.stdout.is_empty() && !out.exists(), "{args:?}");
    }
}
