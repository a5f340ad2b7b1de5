//! Crossbar, device, converter and memories: what several keys decide together.

use std::fmt::Display;

use super::design::{Converter, Crossbar, Design, Device, Layer, LayerOp, PairScheme, Training, UpdateRule};
use super::error::{ConfigError, ProblemKind, Source};
use super::located::Located;
use super::raw::{RawBuffer, RawConverter, RawCrossbar, RawDescription, RawDevice, RawTraining};
use super::raw_device_model::{Tile, device_model};

/// Columns that share one ADC, where the tile has as many.
const COLUMNS_PER_ADC: usize = 8;
/// Bytes of a memory word, where the tile has as many rows.
const LANES: usize = 32;

pub(super) fn crossbar(source: Source, raw: &RawCrossbar) -> Result<Crossbar, ConfigError> {
    let columns = raw.columns.size();
    let columns_per_adc = match &raw.columns_per_adc {
        None => COLUMNS_PER_ADC.min(columns),
        Some(given) if columns.is_multiple_of(given.size()) => given.size(),
        Some(given) => {
            return Err(source
                .blame(ProblemKind::Inconsistent, "crossbar.columns_per_adc", given)
                .message(format!("`crossbar.columns_per_adc` does not divide `crossbar.columns`, {columns}"))
                .allowed(format!("a power of two from 1 to {columns}"))
                .help(format!(
                    "every ADC of a tile serves as many columns: {} would do",
                    nearest_power(given.size(), columns)
                ))
                .into());
        }
    };
    let rows = raw.rows.size();
    let rows_per_adc = match &raw.rows_per_adc {
        None => COLUMNS_PER_ADC.min(rows),
        Some(given) if rows.is_multiple_of(given.size()) => given.size(),
        Some(given) => {
            return Err(source
                .blame(ProblemKind::Inconsistent, "crossbar.rows_per_adc", given)
                .message(format!("`crossbar.rows_per_adc` does not divide `crossbar.rows`, {rows}"))
                .allowed(format!("a power of two from 1 to {rows}"))
                .help(format!(
                    "every ADC of the row side serves as many word lines: {} would do",
                    nearest_power(given.size(), rows)
                ))
                .into());
        }
    };
    Ok(Crossbar { rows, columns, columns_per_adc, rows_per_adc, pair: raw.pair })
}

pub(super) fn training(
    source: Source,
    raw: Option<&Located<RawTraining>>,
    lanes: usize,
) -> Result<Option<Training>, ConfigError> {
    let Some(raw) = raw.map(|t| &t.value) else { return Ok(None) };
    if raw.keep_remainder.value && raw.rule == UpdateRule::Stochastic {
        return Err(source
            .blame(ProblemKind::Inconsistent, "training.keep_remainder", &raw.keep_remainder)
            .message("`training.keep_remainder` needs a gradient memory, which `rule = \"stochastic\"` has not")
            .allowed("false, or `rule = \"accumulate\"`")
            .help("remove the key, or choose `rule = \"accumulate\"`")
            .into());
    }
    Ok(Some(Training {
        rule: raw.rule,
        batch: raw.batch.size(),
        keep_remainder: raw.keep_remainder.value,
        update_rows: update_rows(source, raw, lanes)?,
        target_real: raw.target_real.value,
    }))
}

fn update_rows(source: Source, raw: &RawTraining, lanes: usize) -> Result<usize, ConfigError> {
    match (&raw.update_rows, raw.rule) {
        (None, UpdateRule::Stochastic) => Ok(1),
        (None, UpdateRule::Accumulate) => Ok(Training::default().update_rows.min(lanes)),
        (Some(given), UpdateRule::Stochastic) => Err(source
            .blame(ProblemKind::Inconsistent, "training.update_rows", given)
            .message("`training.update_rows` is about a gradient memory, which `rule = \"stochastic\"` has not")
            .allowed("no value, or `rule = \"accumulate\"`")
            .help("remove the key, or choose `rule = \"accumulate\"`")
            .into()),
        (Some(given), UpdateRule::Accumulate) if given.size() <= lanes => Ok(given.size()),
        (Some(given), UpdateRule::Accumulate) => Err(source
            .blame(ProblemKind::Inconsistent, "training.update_rows", given)
            .message(format!("`training.update_rows` is {}, more than `buffer.lanes`, {lanes}", given.value))
            .allowed(format!("a power of two from 1 to {lanes}"))
            .help("the elements of all rows come from one memory word: lower the rows or raise the lanes")
            .into()),
    }
}

/// The largest power of two that is at most `wanted` and `limit`.
fn nearest_power(wanted: usize, limit: usize) -> usize {
    1 << wanted.min(limit).max(1).ilog2()
}

pub(super) fn lanes(source: Source, raw: &RawBuffer, crossbar: &Crossbar) -> Result<usize, ConfigError> {
    match &raw.lanes {
        None => Ok(LANES.min(crossbar.rows)),
        Some(given) if given.size() <= crossbar.rows => Ok(given.size()),
        Some(given) => Err(source
            .blame(ProblemKind::Inconsistent, "buffer.lanes", given)
            .message(format!("`buffer.lanes` is {}, more than `crossbar.rows`, {}", given.value, crossbar.rows))
            .allowed(format!("a power of two from 2 to {}", crossbar.rows.min(64)))
            .help("a memory word fills line DACs of one tile: lower the lanes or give the tile more rows")
            .into()),
    }
}

pub(super) fn converter(raw: &RawConverter) -> Converter {
    Converter {
        dac_bits: raw.dac_bits.count(),
        adc_bits: raw.adc_bits.count(),
        signed_input: raw.signed_input,
        settle_cycles: raw.settle_cycles.count(),
        sample_cycles: raw.sample_cycles.count(),
        conversion_cycles: raw.conversion_cycles.count(),
        trim_bits: raw.trim_bits.count(),
    }
}

/// Most tiles of a design: their number has 16 bits in the memory images.
const MAX_TILES: usize = 1 << 16;
/// Widest accumulator, sign included, in bits: with the bias added it stays within 32.
const MAX_ACCUMULATOR_BITS: u32 = 30;

/// Fewest lanes of a design that trains: a configuration word must hold a layer's training registers.
const MIN_TRAINING_LANES: usize = 4;
/// Widest sum of the gradient memory, sign included.
const MAX_GRADIENT_BITS: u32 = 32;

/// What the layers and the crossbars decide together: the number of tiles, and the width of sums.
pub(super) fn limits(source: Source, raw: &RawDescription, design: &Design) -> Result<(), ConfigError> {
    let crossbar = &design.crossbar;
    let layers = || design.networks.iter().flat_map(|network| &network.layers);
    let row_tiles = |layer: &Layer| layer.matrix_rows().div_ceil(crossbar.rows);
    let tiles: usize = layers().map(|l| row_tiles(l) * l.matrix_columns().div_ceil(crossbar.columns)).sum();
    if tiles > MAX_TILES {
        return Err(source
            .blame(ProblemKind::Inconsistent, "crossbar.rows", &raw.crossbar.rows)
            .message(format!("the layers need {tiles} tiles of {} x {}", crossbar.rows, crossbar.columns))
            .allowed(format!("at most {MAX_TILES} tiles"))
            .help("give the tiles more rows and columns, or the layers fewer weights")
            .into());
    }
    trims(source, raw, design)?;
    let bits = |count: usize| count.next_power_of_two().ilog2();
    if let (Some(training), Some(given)) = (&design.training, &raw.training) {
        let batch = &given.value.batch;
        if design.lanes < MIN_TRAINING_LANES {
            return Err(source
                .problem(ProblemKind::Inconsistent, "training", given.span.clone().unwrap_or(0..0))
                .message(format!("a design with [training] needs memory words of {MIN_TRAINING_LANES} bytes or more"))
                .allowed(format!("`buffer.lanes` of {MIN_TRAINING_LANES} or more"))
                .help("raise `buffer.lanes`, and `crossbar.rows` where it is smaller, or remove [training]")
                .into());
        }
        for layer in layers() {
            let shape = if let LayerOp::ConvTranspose { .. } = layer.op { layer.input } else { layer.output };
            let positions = if layer.op == LayerOp::Dense { 1 } else { shape.height * shape.width };
            // Real and generated images, each product at most 127 * 127.
            let width = (2 * training.batch * positions * 127 * 127).ilog2() + 2;
            if width > MAX_GRADIENT_BITS {
                return Err(source
                    .blame(ProblemKind::Inconsistent, "training.batch", batch)
                    .message(format!("the gradient sums of layer `{}` need {width} bits", layer.name))
                    .allowed(format!("at most {MAX_GRADIENT_BITS} bits: batch and positions of a layer together"))
                    .help("lower `training.batch`, or give the layer a larger stride")
                    .into());
            }
        }
    }
    for layer in layers() {
        let overlap = match layer.op {
            LayerOp::ConvTranspose { kernel, stride, .. } => kernel.div_ceil(stride).pow(2),
            _ => 1,
        };
        let width = design.converter.adc_bits + bits(row_tiles(layer)) + bits(overlap);
        if width > MAX_ACCUMULATOR_BITS {
            return Err(source
                .blame(ProblemKind::Inconsistent, "converter.adc_bits", &raw.converter.adc_bits)
                .message(format!("the sums of layer `{}` need {width} bits", layer.name))
                .allowed(format!(
                    "at most {MAX_ACCUMULATOR_BITS} bits: `converter.adc_bits`, row tiles and window overlap together"
                ))
                .help("lower `converter.adc_bits`, give the tiles more rows, or lower the kernel or raise the stride")
                .into());
        }
    }
    Ok(())
}

/// Narrowest trim of an ADC: half a code, either way, and more.
const MIN_TRIM_BITS: u32 = 5;

/// Trims need a unit that calibrates them, and ADCs that are modelled.
fn trims(source: Source, raw: &RawDescription, design: &Design) -> Result<(), ConfigError> {
    let bits = design.converter.trim_bits;
    let blame = |message: String| {
        source.blame(ProblemKind::Inconsistent, "converter.trim_bits", &raw.converter.trim_bits).message(message)
    };
    if bits == 0 {
        return Ok(());
    }
    if bits < MIN_TRIM_BITS {
        return Err(blame(format!("{bits} bits of trim in 1/16 code are less than a code, and find no ADC's offset"))
            .allowed("0, or an integer from 5 to 10")
            .help("8 bits reach offsets of 8 codes; leave the key out for ADCs without trims")
            .into());
    }
    for (table, there, why) in [
        ("[training]", design.training.is_some(), "the programming unit, which calibrates them, belongs to it"),
        ("[device.model]", design.device.model.is_some(), "without it ADCs are ideal"),
    ] {
        if !there {
            return Err(blame(format!("`converter.trim_bits` is {bits}, and the description has no {table}: {why}"))
                .allowed(format!("0 without {table}"))
                .help(format!("add {table}, or remove the key"))
                .into());
        }
    }
    Ok(())
}

pub(super) fn device(source: Source, raw: &RawDevice, crossbar: &Crossbar) -> Result<Device, ConfigError> {
    let pair = crossbar.pair;
    if pair == PairScheme::Reference && raw.levels.value < 3 {
        return Err(source
            .blame(ProblemKind::Inconsistent, "device.levels", &raw.levels)
            .message("two levels against a reference in the middle leave no weight of both signs")
            .allowed("an integer from 3 to 256 with `crossbar.pair = \"reference\"`")
            .help("use more levels, or `pair = \"differential\"`")
            .into());
    }
    let order = Order { source };
    let [threshold, write, read] = [&raw.threshold_v, &raw.write_v, &raw.read_v];
    order.less(
        ("device.r_on_ohm", &raw.r_on_ohm),
        ("device.r_off_ohm", &raw.r_off_ohm),
        1.0,
        "conductance levels lie between the two resistances",
    )?;
    order.less(
        ("device.read_v", read),
        ("device.threshold_v", threshold),
        1.0,
        "a read at or above the threshold would change the device",
    )?;
    order.less(
        ("device.threshold_v", threshold),
        ("device.write_v", write),
        1.0,
        "a write at or under the threshold changes nothing",
    )?;
    order.less(
        ("device.write_v", write),
        ("device.threshold_v", threshold),
        2.0,
        "half of the write voltage reaches devices that share a line, and must stay under the threshold",
    )?;
    let (rows, columns) = (crossbar.rows, crossbar.columns);
    let tile = Tile { rows, columns, r_on_ohm: raw.r_on_ohm.value, r_off_ohm: raw.r_off_ohm.value };
    Ok(Device {
        r_on_ohm: raw.r_on_ohm.value,
        r_off_ohm: raw.r_off_ohm.value,
        levels: raw.levels.count(),
        threshold_v: threshold.value,
        write_v: write.value,
        read_v: read.value,
        pulse_ns: raw.pulse_ns.value,
        model: device_model(source, raw.model.as_ref(), raw.levels.count(), tile)?,
    })
}

struct Order<'a> {
    source: Source<'a>,
}

impl Order<'_> {
    /// Requires `low < factor * high`, and else blames the first of the two that was given.
    fn less(
        &self,
        (low_key, low): (&str, &Located<f64>),
        (high_key, high): (&str, &Located<f64>),
        factor: f64,
        why: &str,
    ) -> Result<(), ConfigError> {
        if low.value < factor * high.value {
            return Ok(());
        }
        let state = |located: &Located<f64>| if located.span.is_some() { "" } else { " (default)" };
        let twice = if factor == 1.0 { "" } else { "twice " };
        let message = format!(
            "`{low_key}`, {}{}, must be less than {twice}`{high_key}`, {}{}",
            low.value,
            state(low),
            high.value,
            state(high)
        );
        let bound = |relation: &str, limit: &dyn Display| format!("a number {relation} {limit}");
        let (key, blamed, allowed) = match low.span {
            Some(_) => (low_key, low, bound("less than", &(factor * high.value))),
            None => (high_key, high, bound("more than", &(low.value / factor))),
        };
        Err(self
            .source
            .blame(ProblemKind::Inconsistent, key, blamed)
            .message(message)
            .allowed(allowed)
            .help(why)
            .into())
    }
}
