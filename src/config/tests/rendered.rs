//! Diagnostics as the terminal shows them, one of each class.

use miette::{GraphicalReportHandler, GraphicalTheme};

use super::super::Design;
use super::fault;

fn rendered(edits: &[(usize, &str)]) -> String {
    render(&fault(edits))
}

fn render(error: &dyn miette::Diagnostic) -> String {
    let mut text = String::new();
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::none()).with_width(100).with_context_lines(1);
    handler.render_report(&mut text, error).expect("rendering into a string");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn unreadable() {
    assert_eq!(
        render(&Design::load("no/such.toml").unwrap_err()),
        "\
memgan::description::unreadable

  x cannot read `no/such.toml`: No such file or directory (os error 2)
  help: give the path of a description or a preset: tiny, mnist-small, am-dcgan, mlp, cnn"
    );
}

#[test]
fn syntax() {
    assert_eq!(
        rendered(&[(15, "kernel = ")]),
        "\
memgan::description::syntax

  x not valid TOML: string values must be quoted, expected literal string
    ,-[base.toml:15:10]
 14 | channels = 1
 15 | kernel =
    :          ^
    :          `-- here
 16 | stride = 2
    `----
  help: mend the TOML at this place; a preset (`memgan presets tiny`) shows the form"
    );
}

#[test]
fn unknown_key() {
    assert_eq!(
        rendered(&[(15, "kernal = 4")]),
        "\
memgan::description::unknown_key

  x unknown key `generator[1].kernal`
    ,-[base.toml:15:1]
 14 | channels = 1
 15 | kernal = 4
    : ^^^|^^
    :    `-- allowed: activation, channels, dropout, kernel, output_padding, padding, slope, stride, type
 16 | stride = 2
    `----
  help: did you mean `kernel`?"
    );
}

#[test]
fn missing_key() {
    assert_eq!(
        rendered(&[(15, "")]),
        "\
memgan::description::missing_key

  x missing key `generator[1].kernel`
    ,-[base.toml:12:1]
 11 |
 12 | [[generator]]
    : ^^^^^^|^^^^^^
    :       `-- allowed: an integer from 1 to 32
 13 | type = \"conv_transpose\"
    `----
  help: add `kernel = ...` to this table. Side of the square kernel."
    );
}

#[test]
fn wrong_type() {
    assert_eq!(
        rendered(&[(15, "kernel = \"4\"")]),
        "\
memgan::description::wrong_type

  x `generator[1].kernel` is a string, but must be an integer from 1 to 32
    ,-[base.toml:15:10]
 14 | channels = 1
 15 | kernel = \"4\"
    :          ^|^
    :           `-- allowed: an integer from 1 to 32
 16 | stride = 2
    `----
  help: Side of the square kernel."
    );
}

#[test]
fn out_of_range() {
    assert_eq!(
        rendered(&[(35, "rows = 100")]),
        "\
memgan::description::out_of_range

  x `crossbar.rows` is 100, but must be one of 4, 8, 16, 32, 64, 128, 256, 512, 1024
    ,-[base.toml:35:8]
 34 | [crossbar]
 35 | rows = 100
    :        ^|^
    :         `-- allowed: one of 4, 8, 16, 32, 64, 128, 256, 512, 1024
 36 | columns = 16
    `----
  help: Word lines of a tile. Nearest allowed value: 128."
    );
}

#[test]
fn inconsistent() {
    assert_eq!(
        rendered(&[(16, "stride = 1")]),
        "\
memgan::description::inconsistent

  x `generator` ends in 5x5x1, but must end in the image, 8x8x1
    ,-[base.toml:14:12]
 13 | type = \"conv_transpose\"
 14 | channels = 1
    :            |
    :            `-- allowed: the image, 8x8x1
 15 | kernel = 4
    `----
  help: the shapes are 8 -> 4x4x4 -> 5x5x1"
    );
}

#[test]
fn default_in_conflict() {
    assert_eq!(
        rendered(&[(39, "[device]\nwrite_v = 2\n[buffer]")]),
        "\
memgan::description::inconsistent

  x `device.write_v`, 2, must be less than twice `device.threshold_v`, 0.8 (default)
    ,-[base.toml:40:11]
 39 | [device]
 40 | write_v = 2
    :           |
    :           `-- allowed: a number less than 1.6
 41 | [buffer]
    `----
  help: half of the write voltage reaches devices that share a line, and must stay under the
        threshold"
    );
}

#[test]
fn nothing() {
    assert_eq!(
        render(&Design::from_toml("", "empty.toml").unwrap_err()),
        "\
memgan::description::missing_key

  x missing key `name`
   ,-[empty.toml:1:1]
   `----
  help: add `name = ...` to this table. Name of the design, used in module and file names: lower
        case letters, digits and underscores, starts with a letter, at most 40 characters, not a
        Verilog keyword."
    );
}
