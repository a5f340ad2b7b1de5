//! What a training run is at the end of a step: everything that a checkpoint holds.

use super::TrainSettings;
use crate::config::{Activation, Design, LatentDistribution, Layer, LayerOp, PairScheme, PixelRange, Role};
use crate::device::{
    CellCode, Content, LayerContent, LayerMap, LayerParameters, Mapping, ProgramPlace, ProgramWord, TrainingRegisters,
    VIRGIN,
};
use crate::numeric::Rate;
use crate::schedule::{Bank, Schedule};
use ndarray::{Array2, Zip};

/// A layer on devices, with its registers.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerState {
    /// Conductance codes of the devices, `[matrix_rows x matrix_columns]`: levels of ideal ones, 0..levels. A weight is
    /// `plus - minus`. With a reference column `minus` is the reference everywhere and stays so. [`VIRGIN`]: never formed.
    pub plus: Array2<u16>,
    pub minus: Array2<u16>,
    /// In ADC code units; one a channel, or one an output of a dense layer.
    pub bias: Vec<i32>,
    /// Gain exponent and requantisation shift of row reads, 0..=15.
    pub gain: u32,
    pub shift: u32,
    /// The same of column reads.
    pub back_gain: u32,
    pub back_shift: u32,
    /// Rate of firing (stochastic) or gradient step (accumulate).
    pub rate: Rate,
    /// Pulses that a batch should give, before [`TrainSettings::fall`].
    pub target: u32,
    /// A bias takes steps of `2^-fineness` activation codes before the non-linearity.
    pub fineness: u32,
    /// What rounding to pulses left over, `[matrix_rows x matrix_columns]`; only with `keep_remainder`.
    pub remainder: Option<Array2<i32>>,
}

/// The state of a training run between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainState {
    /// Steps done.
    pub step: u64,
    /// The trainer's seed: grows by `SEED_STEP` before every image and every end of a batch.
    pub seed: u32,
    pub settings: TrainSettings,
    /// One a layer over all networks.
    pub layers: Vec<LayerState>,
}

impl LayerState {
    /// Weight at matrix row `i`, column `j`, in codes.
    #[inline]
    pub fn weight(&self, i: usize, j: usize) -> i16 {
        difference(self.plus[(i, j)], self.minus[(i, j)])
    }

    /// Takes the devices of a word from its programming data; cells outside the matrix are left out.
    pub(crate) fn set_cells(&mut self, code: &CellCode, place: &ProgramPlace, cells: impl IntoIterator<Item = u32>) {
        let columns = self.plus.ncols();
        for (j, cell) in place.columns.clone().zip(cells).filter(|&(j, _)| j < columns) {
            let at = (place.matrix_row, j);
            (self.plus[at], self.minus[at]) = code.codes(cell);
        }
    }

    /// The layer's training registers with a target.
    pub fn registers(&self, target: u32) -> TrainingRegisters {
        TrainingRegisters {
            back_gain: self.back_gain,
            back_shift: self.back_shift,
            rate: self.rate.code(),
            fineness: self.fineness,
            target,
        }
    }

    /// All weights in codes, `[matrix_rows x matrix_columns]`.
    pub fn weights(&self) -> Array2<i16> {
        Zip::from(&self.plus).and(&self.minus).map_collect(|&p, &m| difference(p, m))
    }
}

impl TrainState {
    /// The state before the first step, from mapped initial weights.
    ///
    /// Only the proportions of `mapping`'s weights count: [`TrainSettings`] say which part of the devices' range they use
    /// and how large activations are. Biases start at zero. The registers of the backward pass and the rates start from
    /// rough guesses: their controllers find them within some tens of steps.
    pub fn initial(schedule: &Schedule, mapping: &Mapping, settings: &TrainSettings, seed: u32) -> Self {
        let networks = schedule.design.networks.iter();
        let layers = networks.flat_map(|n| {
            let before = std::iter::once(None).chain(n.layers.iter().map(Some));
            n.layers.iter().zip(before).map(|(l, before)| (n.role, l, before))
        });
        let states = layers.zip(&schedule.banks).zip(&mapping.layers);
        Self {
            step: 0,
            seed,
            settings: settings.clone(),
            layers: states
                .map(|(((role, l, before), b), m)| initial_layer(schedule, role, l, before, b, m, settings))
                .collect(),
        }
    }

    /// Takes the devices from the programming data of all words of each layer, in the order of [`ProgramPlace::of_layer`].
    pub fn set_cells(&mut self, schedule: &Schedule, words: &[Vec<ProgramWord>]) {
        let code = CellCode::new(&schedule.design);
        for (layer, (state, words)) in self.layers.iter_mut().zip(words).enumerate() {
            for (place, word) in ProgramPlace::of_layer(schedule, layer).zip(words) {
                state.set_cells(&code, &place, word.cells.iter().copied());
            }
        }
    }

    /// The chip in this state. Targets are those of the present step.
    pub fn content(&self, schedule: &Schedule) -> Content {
        let code = CellCode::new(&schedule.design);
        let layer = |(index, s): (usize, &LayerState)| LayerContent {
            cells: ProgramWord::of_cells(schedule, index, |i, j| code.from_codes(s.plus[(i, j)], s.minus[(i, j)])),
            parameters: LayerParameters { gain: s.gain, shift: s.shift, bias: s.bias.clone() },
            training: Some(s.registers(self.settings.target_at(s.target, self.step))),
        };
        Content {
            layers: self.layers.iter().enumerate().map(layer).collect(),
            train_seed: Some(self.seed),
            reports: vec![],
        }
    }

    /// The network on its devices as a mapping, for inference. Real scales are not known any more; they are 1.
    pub fn mapping(&self, schedule: &Schedule) -> Mapping {
        let fraction = CellCode::new(&schedule.design).fraction();
        let layers = self.layers.iter().zip(&schedule.banks).map(|(layer, bank)| {
            let mut map = LayerMap::unmapped(bank);
            map.levels = layer.weights().mapv(|w| w >> fraction);
            map.trained = Some(Zip::from(&layer.plus).and(&layer.minus).map_collect(|&p, &m| (p, m)));
            map.parameters.gain = layer.gain;
            map.parameters.shift = layer.shift;
            map.parameters.bias.clone_from(&layer.bias);
            map
        });
        Mapping { layers: layers.collect() }
    }
}

/// The weight of a pair of codes, which have at most 15 bits; a virgin device has none.
#[inline]
pub(super) fn difference(plus: u16, minus: u16) -> i16 {
    let code = |code: u16| if code == VIRGIN { 0 } else { code as i16 };
    code(plus) - code(minus)
}

/// A layer with scaled weights, and the registers that fit them.
fn initial_layer(
    schedule: &Schedule,
    role: Role,
    layer: &Layer,
    before: Option<&Layer>,
    bank: &Bank,
    map: &LayerMap,
    settings: &TrainSettings,
) -> LayerState {
    let design = &schedule.design;
    let code = CellCode::new(design);
    let top = code.weight_max();
    let given = root_mean_square(map.levels.iter().map(|&w| f64::from(w)));
    let scale = settings.weight_rms * f64::from(top) / given.max(1e-9);
    let weights = map.levels.mapv(|w| ((f64::from(w) * scale).round() as i32).clamp(-top, top));
    let devices = weights.mapv(|w| code.codes(code.encode_centred(w)));
    let rms = root_mean_square(weights.iter().map(|&w| f64::from(w))).max(0.5);

    // Squares of independent products add up: over an output, and over one tile's part of a read. The exponent that brings
    // the sum to `codes` follows.
    let exponent = |product: f64, count: f64, codes: f64| (product * count.sqrt() / codes).log2();
    let quarter = f64::from(1u32 << (design.converter.adc_bits - 1)) / 4.0;
    let product = rms * input_rms(design, layer, before, settings);
    let total = exponent(product, products(layer), settings.activation_codes).round().clamp(0.0, 30.0);
    let tile_rows = bank.matrix_rows.min(design.crossbar.rows) as f64;
    let gain = exponent(product, tile_rows, quarter).round().clamp((total - 15.0).max(0.0), total.min(15.0));
    let product = rms * settings.activation_codes;
    let tile_columns = bank.matrix_columns.min(design.crossbar.columns) as f64;
    let back_gain = exponent(product, tile_columns, quarter).round().clamp(0.0, 15.0);

    let keeps = design.training.as_ref().is_some_and(|t| t.keep_remainder);
    let reference = design.crossbar.pair == PairScheme::Reference;
    LayerState {
        plus: devices.mapv(|(plus, _)| plus),
        minus: devices.mapv(|(_, minus)| if reference { code.reference_code() } else { minus }),
        bias: vec![0; layer.biases()],
        gain: gain as u32,
        shift: (total - gain) as u32,
        back_gain: back_gain as u32,
        back_shift: 0,
        rate: settings.initial_rate(design),
        target: settings.target(design, role, layer),
        fineness: settings.fineness,
        remainder: keeps.then(|| Array2::zeros(devices.dim())),
    }
}

fn root_mean_square(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len().max(1) as f64;
    (values.map(|v| v * v).sum::<f64>() / n).sqrt()
}

/// Products that meet in one output, on average.
fn products(layer: &Layer) -> f64 {
    match layer.op {
        LayerOp::Dense | LayerOp::Conv { .. } => layer.matrix_rows() as f64,
        LayerOp::ConvTranspose { kernel, stride, .. } => {
            ((kernel * kernel * layer.input.channels) as f64 / (stride * stride) as f64).max(1.0)
        }
    }
}

/// Root mean square of a layer's input codes; `before` is the layer that makes them.
fn input_rms(design: &Design, layer: &Layer, before: Option<&Layer>, settings: &TrainSettings) -> f64 {
    let Some(before) = before else {
        return match (layer.input == design.image, design.pixel_range, design.latent) {
            // Images are mostly background: black, which is -127 or 0.
            (true, PixelRange::Symmetric, _) => 110.0,
            (true, PixelRange::Unit, _) => 40.0,
            (false, _, LatentDistribution::Normal) => 37.0,
            (false, _, LatentDistribution::Uniform) => 73.0,
        };
    };
    let sd = settings.activation_codes;
    let kept = match before.activation {
        Activation::Linear => sd,
        // Half of the values, and the others a little.
        Activation::Relu | Activation::LeakyRelu { .. } => sd * 0.72,
        Activation::Tanh => (2.0 * sd).min(100.0),
        Activation::Sigmoid => 70.0,
    };
    kept * (1.0 - before.dropout).sqrt()
}
