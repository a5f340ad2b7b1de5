//! Designs whose shapes do not fit anything: odd sizes, several tiles, groups that end early, every number of lanes.

use super::Random;
use memgan::config::Design;
use memgan::schedule::Schedule;

/// Two lanes, tiles of 4x4, four bits, one device a weight, two phases, dropout. Every layer but one on several tiles.
pub const PAIR: &str = r#"
name = "pair"
[gan]
latent = 3
image = [5, 3, 1]
dropout_at_inference = true
[[generator]]
type = "dense"
outputs = [3, 2, 3]
activation = "linear"
[[generator]]
type = "conv_transpose"
channels = 1
kernel = 3
stride = 2
padding = 1
activation = "tanh"
[[discriminator]]
type = "conv"
channels = 3
kernel = 3
stride = 2
padding = 1
activation = "leaky_relu"
slope = 0.5
dropout = 0.3
[[discriminator]]
type = "dense"
outputs = 1
activation = "linear"
[crossbar]
rows = 4
columns = 4
columns_per_adc = 2
pair = "reference"
[device]
levels = 16
[converter]
adc_bits = 4
signed_input = "two_phase"
settle_cycles = 3
sample_cycles = 2
conversion_cycles = 3
[buffer]
lanes = 2
"#;

/// Eight lanes, wide and short tiles, twelve bits, 256 levels, uniform latents; windows that overlap and leave gaps.
pub const EIGHT: &str = r#"
name = "eight"
[gan]
latent = 20
image = [7, 7, 2]
latent_distribution = "uniform"
dropout_at_inference = true
[[generator]]
type = "dense"
outputs = [2, 2, 5]
activation = "relu"
dropout = 0.25
[[generator]]
type = "conv_transpose"
channels = 2
kernel = 5
stride = 3
padding = 1
output_padding = 1
activation = "sigmoid"
[[discriminator]]
type = "conv"
channels = 6
kernel = 4
stride = 3
padding = 2
activation = "leaky_relu"
slope = 0.125
[[discriminator]]
type = "conv"
channels = 10
kernel = 2
stride = 1
padding = 1
activation = "relu"
dropout = 0.5
[[discriminator]]
type = "dense"
outputs = 1
activation = "sigmoid"
[crossbar]
rows = 16
columns = 8
columns_per_adc = 8
[device]
levels = 256
[converter]
adc_bits = 12
settle_cycles = 1
sample_cycles = 1
conversion_cycles = 5
[buffer]
lanes = 8
"#;

/// 32 lanes, an ADC a column, one network that is linear or relu and never drops.
pub const WIDE: &str = r#"
name = "wide"
[classifier]
image = [9, 10, 3]
[[layers]]
type = "conv"
channels = 33
kernel = 3
stride = 1
activation = "linear"
[[layers]]
type = "conv_transpose"
channels = 2
kernel = 3
stride = 2
padding = 1
output_padding = 1
activation = "relu"
[[layers]]
type = "dense"
outputs = 10
activation = "linear"
[crossbar]
rows = 32
columns = 32
columns_per_adc = 1
pair = "reference"
[converter]
adc_bits = 10
signed_input = "two_phase"
settle_cycles = 9
sample_cycles = 4
conversion_cycles = 20
[buffer]
lanes = 32
"#;

/// One window that is wider, lower and further apart than its image: its steps need more bits than any tensor.
pub const STEPS: &str = r#"
name = "steps"
[classifier]
image = [1, 40, 2]
[[layers]]
type = "conv"
channels = 1
kernel = 5
stride = 16
padding = 4
activation = "relu"
[[layers]]
type = "dense"
outputs = 2
activation = "linear"
[crossbar]
rows = 16
columns = 16
[buffer]
lanes = 4
"#;

/// One weight row, one word of everything.
pub const DOT: &str = r#"
name = "dot"
[classifier]
image = [1, 1, 1]
[[layers]]
type = "dense"
outputs = 2
activation = "linear"
[crossbar]
rows = 4
columns = 4
[buffer]
lanes = 4
"#;

/// The schedule of a description that also learns with a gradient memory, by 16 matrix rows a cycle or as many as lanes.
pub fn accumulating(text: &str, batch: usize, keep_remainder: bool) -> Schedule {
    let text = text.split("\n[training]").next().expect("a text");
    schedule(&format!(
        "{text}\n[training]\nrule = \"accumulate\"\nbatch = {batch}\nkeep_remainder = {keep_remainder}\n"
    ))
}

/// The same with another number of matrix rows that outer products change in a cycle.
pub fn update_rows(schedule: &Schedule, rows: usize) -> Schedule {
    let mut design = schedule.design.clone();
    design.training.as_mut().expect("a design that trains").update_rows = rows;
    Schedule::new(&design)
}

/// Trains: fewer ADCs than lanes, 3 x 3, 3 x 5 and 5 x 2 tiles, pairs of 16 levels.
pub const TRAIN_NARROW: &str = r#"
name = "train_narrow"
[classifier]
image = [4, 5, 1]
[[layers]]
type = "dense"
outputs = 19
activation = "relu"
[[layers]]
type = "dense"
outputs = 37
activation = "tanh"
[[layers]]
type = "dense"
outputs = 11
activation = "linear"
[crossbar]
rows = 8
columns = 8
columns_per_adc = 4
rows_per_adc = 2
[device]
levels = 16
pulse_ns = 70
[converter]
adc_bits = 6
settle_cycles = 1
conversion_cycles = 4
[buffer]
lanes = 8
[training]
rule = "stochastic"
batch = 4
"#;

/// Trains: more ADCs than lanes, an ADC a column, 1 x 2 and 2 x 1 tiles, single devices of five levels, two phases.
pub const TRAIN_WIDE: &str = r#"
name = "train_wide"
[classifier]
image = [1, 13, 1]
[[layers]]
type = "dense"
outputs = 30
activation = "relu"
[[layers]]
type = "dense"
outputs = 14
activation = "linear"
[crossbar]
rows = 16
columns = 16
columns_per_adc = 1
rows_per_adc = 8
pair = "reference"
[device]
levels = 5
pulse_ns = 1
[converter]
adc_bits = 9
signed_input = "two_phase"
settle_cycles = 2
conversion_cycles = 3
[buffer]
lanes = 4
[training]
rule = "accumulate"
batch = 8
keep_remainder = true
"#;

/// Trains: one ADC for all columns and one a word line, 2 x 1, 1 x 2 and 6 x 1 tiles, pairs of three levels.
pub const TRAIN_ONE: &str = r#"
name = "train_one"
[classifier]
image = [1, 7, 1]
[[layers]]
type = "dense"
outputs = 4
activation = "relu"
[[layers]]
type = "dense"
outputs = 21
activation = "sigmoid"
[[layers]]
type = "dense"
outputs = 2
activation = "linear"
[crossbar]
rows = 4
columns = 16
columns_per_adc = 16
rows_per_adc = 1
[device]
levels = 3
pulse_ns = 51
[converter]
adc_bits = 4
conversion_cycles = 5
[buffer]
lanes = 4
[training]
rule = "stochastic"
"#;

/// Trains: every bit line of a tile meets one chunk of lanes, all word lines share an ADC; pairs of 256 levels.
pub const TRAIN_SHORT: &str = r#"
name = "train_short"
[classifier]
image = [1, 11, 1]
[[layers]]
type = "dense"
outputs = 4
activation = "linear"
[[layers]]
type = "dense"
outputs = 7
activation = "linear"
[crossbar]
rows = 8
columns = 4
columns_per_adc = 1
rows_per_adc = 8
[device]
levels = 256
pulse_ns = 300
[converter]
adc_bits = 12
[buffer]
lanes = 8
[training]
rule = "accumulate"
"#;

/// The schedule of a description.
pub fn schedule(text: &str) -> Schedule {
    Schedule::new(&Design::from_toml(text, "design").unwrap_or_else(|e| panic!("{e:?}")))
}

/// The schedule of a preset that only infers.
pub fn preset(name: &str) -> Schedule {
    let mut design = Design::load(name).unwrap_or_else(|e| panic!("{e:?}"));
    design.training = None;
    Schedule::new(&design)
}

/// The schedule of a preset as it is, with its training.
pub fn training_preset(name: &str) -> Schedule {
    Schedule::new(&Design::load(name).unwrap_or_else(|e| panic!("{e:?}")))
}

/// A small design of any shape that a description allows: one to three layers, any tile, converter and memory word.
pub fn any_design(random: &mut Random) -> (Design, String) {
    loop {
        let text = any_text(random);
        // Shapes are drawn without regard to each other; some do not fit.
        if let Ok(design) = Design::from_toml(&text, "drawn") {
            return (design, text);
        }
    }
}

fn any_text(random: &mut Random) -> String {
    let side = |random: &mut Random| random.pick(&[1, 2, 3, 5, 8]);
    let image = [side(random), side(random), random.pick(&[1, 2, 3, 7])];
    let mut text = format!("name = \"drawn\"\n[classifier]\nimage = {image:?}\n");
    text += &format!("dropout_at_inference = {}\n", random.percent(50));
    for _ in 0..random.below(3) {
        let kernel = random.between(1, 4);
        let (kind, stride) = (random.pick(&["conv", "conv_transpose"]), random.between(1, 3));
        let (channels, padding) = (random.pick(&[1, 2, 5, 9]), random.below(kernel));
        let activation = random.pick(&["relu", "tanh", "linear", "leaky_relu", "sigmoid"]);
        text +=
            &format!("[[layers]]\ntype = \"{kind}\"\nchannels = {channels}\nkernel = {kernel}\nstride = {stride}\n");
        text +=
            &format!("padding = {padding}\nactivation = \"{activation}\"\ndropout = {}\n", random.pick(&["0", "0.5"]));
    }
    let (outputs, end) = (random.between(2, 12), random.pick(&["linear", "sigmoid"]));
    text += &format!("[[layers]]\ntype = \"dense\"\noutputs = {outputs}\nactivation = \"{end}\"\n");
    let (rows, columns) = (random.pick(&[4, 8, 16, 32]), random.pick(&[4, 8, 16]));
    let shared = random.pick(&[1, 2, 4, columns]);
    text += &format!("[crossbar]\nrows = {rows}\ncolumns = {columns}\ncolumns_per_adc = {shared}\n");
    text += &format!("pair = \"{}\"\n", random.pick(&["differential", "reference"]));
    text += &format!("[device]\nlevels = {}\n", random.pick(&[2, 3, 16, 100, 256]));
    text += &format!("[converter]\nadc_bits = {}\n", random.between(4, 12));
    text += &format!("signed_input = \"{}\"\n", random.pick(&["dac", "two_phase"]));
    text += &format!("settle_cycles = {}\nsample_cycles = {}\n", random.between(1, 5), random.between(1, 3));
    text += &format!("conversion_cycles = {}\n", random.between(3, 9));
    text + &format!("[buffer]\nlanes = {}\n", random.pick(&[2, 4, 8, 16, 32]))
}
