//! Reads of real devices: what converters with errors make of noisy bit lines.

use super::bank::BankKernel;
use super::lines::{Conversion, SATURATED, UPPER, magnitude};
use super::{InstructionSet, ReadBuffers, simd};
use crate::device::{AdcParameters, ArrayModel, LayerConverters, LayerDevices, LayerMap, convert_sum};
use crate::numeric::{Draw, draw, event_key};
use crate::schedule::Schedule;
use ndarray::Array2;

/// What makes a layer's array differ from an ideal one.
#[derive(Clone)]
pub(super) struct LayerReal {
    pub devices: LayerDevices,
    pub rows: LayerConverters,
    pub columns: LayerConverters,
}

/// Events of an image since its streams were seeded: what the noise of the next one depends on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Events {
    pub seed: u32,
    /// Reads and pulses of each layer.
    pub reads: Vec<u32>,
    pub pulses: Vec<u32>,
    /// Units of time.
    pub ages: u32,
}

impl Events {
    pub fn new(layers: usize) -> Self {
        Self { seed: 0, reads: vec![0; layers], pulses: vec![0; layers], ages: 0 }
    }

    pub fn restart(&mut self, seed: u32) {
        self.seed = seed;
        self.reads.fill(0);
        self.pulses.fill(0);
        self.ages = 0;
    }
}

/// All layers of a design; empty where devices are ideal.
pub(super) fn layers(schedule: &Schedule) -> Vec<LayerReal> {
    let layer = |layer| {
        let devices = LayerDevices::new(schedule, layer)?;
        let rows = LayerConverters::of_rows(schedule, layer, &devices.model);
        let columns = LayerConverters::of_columns(schedule, layer, &devices.model);
        Some(LayerReal { devices, rows, columns })
    };
    (0..schedule.banks.len()).filter_map(layer).collect()
}

/// Codes `(plus, minus)` that a layer's devices hold after they were programmed with a mapping.
pub(super) fn placed(schedule: &Schedule, map: &LayerMap, devices: &LayerDevices) -> Array2<(u16, u16)> {
    let mut codes = map.codes(schedule);
    for ((i, j), cell) in codes.indexed_iter_mut() {
        *cell = devices.place(i, j, cell.0, cell.1);
    }
    codes
}

/// One side's reads of several vectors.
pub(super) struct RealRead<'t> {
    pub set: InstructionSet,
    pub model: &'t ArrayModel,
    pub converters: &'t LayerConverters,
    pub kernel: &'t BankKernel,
    pub gain: u32,
    pub bits: u32,
}

/// One tile's conversions of one vector, line by line.
pub(super) struct LineConversion<'t> {
    pub sums: &'t [i32],
    /// Codes are added here.
    pub total: &'t mut [i32],
    /// The line's number is this plus `first_line`.
    pub lines: &'t [u32],
    pub first_line: u32,
    pub offsets: &'t [i32],
    pub gains: &'t [i32],
    pub bows: &'t [i32],
    pub key: u32,
    /// As [`ArrayModel::noise_amplitude`].
    pub amplitude: i32,
    /// The shift of the sum, 4 less than that of a code.
    pub shift: u32,
    pub bits: u32,
}

impl RealRead<'_> {
    /// As [`BankKernel::read`]; `events` gives seed and number of each vector's read, on which its noise depends.
    pub fn read(&self, buffers: &mut ReadBuffers, vectors: usize, events: impl Fn(usize) -> (u32, u32)) {
        let (model, kernel) = (self.model, self.kernel);
        let wants_flags = buffers.wants_flags;
        if !model.noisy() {
            let conversion = Conversion::shifted(self.gain + model.fraction, self.bits);
            return kernel.read(buffers, vectors, conversion);
        }
        let (stride, columns) = (kernel.padded_columns(), kernel.columns());
        let mut total = std::mem::take(&mut buffers.codes);
        total.clear();
        total.resize(vectors * stride, 0);
        let high = (1 << (self.bits - 1)) - 1;
        let mut flags = std::mem::take(&mut buffers.flags);
        flags.clear();
        flags.resize(if wants_flags { vectors } else { 0 }, 0);
        buffers.wants_flags = false;
        for tile in 0..kernel.row_tiles() {
            kernel.read_tiles(buffers, vectors, Conversion::exact(), tile..tile + 1);
            for vector in 0..vectors {
                let at = vector * stride..vector * stride + columns;
                let (seed, count) = events(vector);
                let mut line = LineConversion {
                    sums: &buffers.sums[at.clone()],
                    total: &mut total[at],
                    lines: &self.converters.lines,
                    first_line: self.converters.next_tile.wrapping_mul(tile as u32),
                    offsets: &self.converters.offsets[tile],
                    gains: &self.converters.gains[tile],
                    bows: &self.converters.bows[tile],
                    key: event_key(model.key(Draw::Read), seed, count),
                    amplitude: model.noise_amplitude(kernel.energy(&buffers.pairs, vector, tile)),
                    shift: self.gain + model.fraction - 4,
                    bits: self.bits,
                };
                let mut most = 0;
                simd::convert_line(self.set, &mut line, &mut most);
                if let Some(flag) = flags.get_mut(vector) {
                    *flag |= u8::from(most > high >> 1) * UPPER + u8::from(most == high) * SATURATED;
                }
            }
        }
        buffers.wants_flags = wants_flags;
        buffers.flags = flags;
        buffers.codes = std::mem::replace(&mut buffers.sums, total);
    }
}

/// The body of [`simd::convert_line`]: `ArrayModel::convert` of every line. `most` becomes the largest magnitude.
#[inline(always)]
pub(super) fn convert_line(c: &mut LineConversion, most: &mut i32) {
    let n = c.sums.len();
    let (total, lines) = (&mut c.total[..n], &c.lines[..n]);
    let (offsets, gains, bows) = (&c.offsets[..n], &c.gains[..n], &c.bows[..n]);
    let mut largest = 0;
    for j in 0..n {
        let random = draw(c.key, lines[j].wrapping_add(c.first_line));
        let adc = AdcParameters { offset: offsets[j], gain: gains[j], bow: bows[j] };
        let code = convert_sum(c.sums[j], c.amplitude, random, adc, c.shift & 31, c.bits & 15);
        largest = largest.max(magnitude(code));
        total[j] += code;
    }
    *most = largest;
}
