//! What the commands write and how they exit.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;

use clap::Parser;
use serde_json::Value;

use super::output::Output;
use super::{Cli, execute};

#[derive(Clone, Default)]
struct Sink(Rc<RefCell<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).expect("UTF-8 output")
    }
}

/// Writes nothing but this error.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn parsed(args: &[&str]) -> Cli {
    Cli::try_parse_from([&["memgan"], args].concat()).expect("valid arguments")
}

/// Exit code, standard output and standard error.
fn memgan(args: &[&str]) -> (u8, String, String) {
    let (out, err) = (Sink::default(), Sink::default());
    let cli = parsed(args);
    let mut output = Output::new(cli.format, Box::new(out.clone()), Box::new(err.clone()));
    let code = execute(cli.command, &mut output);
    (code, out.text(), err.text())
}

fn json(text: &str) -> Value {
    let value: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(value["format_version"], 1);
    value
}

#[test]
fn wrong_arguments_exit_with_2_and_help_with_0() {
    let code = |args: &[&str]| Cli::try_parse_from(args).err().map(|usage| usage.exit_code());
    assert_eq!(code(&["memgan"]), Some(2));
    assert_eq!(code(&["memgan", "chekc"]), Some(2));
    assert_eq!(code(&["memgan", "check"]), Some(2));
    assert_eq!(code(&["memgan", "presets", "--format", "yaml"]), Some(2));
    assert_eq!(code(&["memgan", "--help"]), Some(0));
    assert_eq!(code(&["memgan", "--version"]), Some(0));
}

#[test]
fn presets_are_listed_with_their_sizes() {
    let (code, out, err) = memgan(&["presets"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).expect("the preset").to_string();
    let cells = |line: String| line.split_whitespace().take(6).map(String::from).collect::<Vec<_>>();
    assert_eq!(cells(line("tiny")), ["tiny", "4", "704", "1,408", "10", "16x16"]);
    assert_eq!(cells(line("am-dcgan")), ["am-dcgan", "6", "848,368", "1,696,736", "81", "128x128"]);
    let list = json(&memgan(&["presets", "--format", "json"]).1);
    assert_eq!(list["presets"][2]["name"], "am-dcgan");
    assert_eq!(list["presets"][2]["devices"], 1_696_736);
    assert_eq!(list["presets"][2]["tiles"], 81);
}

#[test]
fn a_preset_is_printed_as_it_is() {
    let text = memgan::config::preset("mlp").expect("the preset").text;
    assert_eq!(memgan(&["presets", "mlp"]), (0, text.to_string(), String::new()));
    assert_eq!(json(&memgan(&["--format", "json", "presets", "mlp"]).1)["text"], text);
    let (code, out, err) = memgan(&["presets", "mpl"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(err.contains("there is no preset `mpl`") && err.contains("tiny, mnist-small"), "{err}");
}

#[test]
fn check_shows_the_layers() {
    let (code, out, _) = memgan(&["check", "tiny"]);
    assert_eq!(code, 0);
    let expected = "\
layer            operation                    input  output  matrix  tiles  activation      dropout
generator_0      dense                        8      4x4x4   8 x 64      4  relu                  0
generator_1      conv_transpose k4 s2 p1 op0  4x4x4  8x8x1   4 x 16      1  sigmoid               0
discriminator_0  conv k4 s2 p1                8x8x1  4x4x4   16 x 4      1  leaky_relu 1/4        0
discriminator_1  dense                        4x4x4  1       64 x 1      4  sigmoid               0

tiny: 704 weights, 70 biases, 1,408 devices in 10 tiles
tile: 16 x 16, 4 ADCs of 8 bits
device: 40 to 250 kOhm, 64 levels; read 0.2 V, threshold 0.8 V, write 1 V, 1000 ns
clock: 100 MHz, memory words of 4 bytes
";
    assert_eq!(out, expected);
    let report = json(&memgan(&["check", "tiny", "--format", "json"]).1);
    assert_eq!(report["design"]["networks"][0]["role"], "generator");
    assert_eq!(report["layers"][1]["matrix_columns"], 16);
    assert_eq!(report["total"]["weights"], 704);
}

#[test]
fn a_fault_is_shown_in_both_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let text = memgan::config::preset("tiny").expect("the preset").text;
    std::fs::write(&path, text.replace("latent = 8", "latent = 0")).expect("a file");
    let path = path.to_str().expect("a path in UTF-8");

    let (code, out, err) = memgan(&["check", path]);
    assert_eq!((code, out.as_str()), (2, ""));
    for part in
        ["memgan::description::out_of_range", "`gan.latent` is 0", "mine.toml:6:10]", "allowed: an integer", "help:"]
    {
        assert!(err.contains(part), "{part} is not in {err}");
    }

    let (code, out, err) = memgan(&["check", path, "--format", "json"]);
    assert_eq!((code, out.as_str()), (2, ""));
    let error = &json(&err)["error"];
    assert_eq!((&error["kind"], &error["key"]), (&"out_of_range".into(), &"gan.latent".into()));
    assert_eq!((&error["file"], &error["line"], &error["column"]), (&path.into(), &6.into(), &10.into()));
    assert_eq!((&error["value"], &error["allowed"]), (&"0".into(), &"an integer from 1 to 4096".into()));
    assert_eq!(error["code"], "memgan::description::out_of_range");
    assert!(error["help"].as_str().is_some_and(|help| help.contains("Nearest allowed value: 1.")));
}

#[test]
fn errors_without_a_place_have_the_same_form() {
    let (code, _, err) = memgan(&["check", "no/such.toml", "--format", "json"]);
    assert_eq!((code, &json(&err)["error"]["kind"]), (2, &"unreadable".into()));
    let (code, _, err) = memgan(&["presets", "none", "--format", "json"]);
    assert_eq!((code, &json(&err)["error"]["code"]), (2, &"memgan::no_such_preset".into()));
}

#[test]
fn the_schema_is_printed() {
    let (code, out, _) = memgan(&["schema"]);
    let schema: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, &schema["title"]), (0, &"memgan description".into()));
}

#[test]
fn a_closed_pipe_is_no_failure_but_a_full_disk_is() {
    for args in [["presets"].as_slice(), &["check", "tiny"], &["schema"], &["presets", "tiny", "--format", "json"]] {
        let run = |kind| {
            let cli = parsed(args);
            let err = Sink::default();
            let mut output = Output::new(cli.format, Box::new(Broken(kind)), Box::new(err.clone()));
            (execute(cli.command, &mut output), err.text())
        };
        assert_eq!(run(io::ErrorKind::BrokenPipe), (0, String::new()));
        let (code, err) = run(io::ErrorKind::StorageFull);
        assert_eq!(code, 3);
        assert!(err.contains("cannot write the result"), "{err}");
    }
    // Nor does a closed standard error bring the program down.
    let cli = parsed(&["check", "no/such.toml"]);
    let closed = || Box::new(Broken(io::ErrorKind::BrokenPipe));
    assert_eq!(execute(cli.command, &mut Output::new(cli.format, closed(), closed())), 2);
}
