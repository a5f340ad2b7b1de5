//! Designs built by hand and a small random source, for the golden model's tests and bench.
#![allow(dead_code)]

use memgan::config::*;
use memgan::device::{CellCode, LayerMap, LayerParameters, Mapping};
use memgan::numeric::xorshift32;
use memgan::schedule::Schedule;
use ndarray::Array2;

/// A reproducible random source.
pub struct Random(u32);

impl Random {
    pub fn new(seed: u32) -> Self {
        Self(memgan::numeric::splitmix32(seed).max(1))
    }

    pub fn next(&mut self) -> u32 {
        self.0 = xorshift32(self.0);
        self.0
    }

    /// Uniform in `lo..=hi`.
    pub fn range(&mut self, lo: i32, hi: i32) -> i32 {
        lo + (self.next() % (hi - lo + 1) as u32) as i32
    }

    pub fn size(&mut self, lo: usize, hi: usize) -> usize {
        self.range(lo as i32, hi as i32) as usize
    }

    pub fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.size(0, options.len() - 1)]
    }

    /// Uniform in -1..1.
    pub fn unit(&mut self) -> f32 {
        self.next() as f32 / (1u32 << 31) as f32 - 1.0
    }

    /// Activation codes over the whole range.
    pub fn codes(&mut self, n: usize) -> Vec<i8> {
        (0..n).map(|_| self.range(-127, 127) as i8).collect()
    }
}

/// Appends layers to a network, shapes resolved.
pub struct NetworkBuilder {
    network: Network,
}

impl NetworkBuilder {
    pub fn new(role: Role, input: Shape) -> Self {
        Self { network: Network { role, input, layers: vec![] } }
    }

    pub fn shape(&self) -> Shape {
        self.network.output()
    }

    fn push(mut self, op: LayerOp, activation: Activation, dropout: f64, output: Shape) -> Self {
        let name = format!("{}_{}", self.network.role.name(), self.network.layers.len());
        let input = self.network.output();
        self.network.layers.push(Layer { name, op, activation, dropout, input, output });
        self
    }

    pub fn dense(self, output: Shape, activation: Activation, dropout: f64) -> Self {
        self.push(LayerOp::Dense, activation, dropout, output)
    }

    pub fn conv(
        self,
        channels: usize,
        (kernel, stride, padding): (usize, usize, usize),
        activation: Activation,
        dropout: f64,
    ) -> Self {
        let input = self.shape();
        let size = |n: usize| (n + 2 * padding - kernel) / stride + 1;
        let output = Shape::new(size(input.height), size(input.width), channels);
        self.push(LayerOp::Conv { kernel, stride, padding }, activation, dropout, output)
    }

    pub fn conv_transpose(
        self,
        channels: usize,
        (kernel, stride, padding, output_padding): (usize, usize, usize, usize),
        activation: Activation,
        dropout: f64,
    ) -> Self {
        let input = self.shape();
        let size = |n: usize| (n - 1) * stride + kernel + output_padding - 2 * padding;
        let output = Shape::new(size(input.height), size(input.width), channels);
        self.push(LayerOp::ConvTranspose { kernel, stride, padding, output_padding }, activation, dropout, output)
    }

    pub fn build(self) -> Network {
        self.network
    }
}

/// A design around `networks` with a `rows x columns` tile and otherwise usual values.
pub fn design(networks: Vec<Network>, rows: usize, columns: usize, columns_per_adc: usize) -> Design {
    let image = networks.last().expect("a design has a network").input;
    Design {
        name: "hand_made".into(),
        networks,
        image,
        pixel_range: PixelRange::Symmetric,
        latent: LatentDistribution::Normal,
        dropout_at_inference: false,
        crossbar: Crossbar { rows, columns, columns_per_adc, rows_per_adc: 4, pair: PairScheme::Differential },
        device: Device {
            r_on_ohm: 1e4,
            r_off_ohm: 1e6,
            levels: 64,
            threshold_v: 0.8,
            write_v: 1.5,
            read_v: 0.2,
            pulse_ns: 100.0,
            model: None,
        },
        converter: Converter {
            dac_bits: 8,
            adc_bits: 8,
            signed_input: SignedInput::Dac,
            settle_cycles: 2,
            sample_cycles: 1,
            conversion_cycles: 4,
            trim_bits: 0,
        },
        clock_mhz: 100.0,
        lanes: 32,
        training: None,
    }
}

/// The network of the published figures: G 100 -> 7x7x64 -> 14x14x32 -> 28x28x1 and D 28x28x1 -> 14x14x32 ->
/// 7x7x64 -> 1, kernels 5x5, stride 2, tiles of 128x128, 64 levels, 8-bit ADC.
pub fn dcgan() -> Design {
    let leaky = Activation::LeakyRelu { shift: 2 };
    let generator = NetworkBuilder::new(Role::Generator, Shape::vector(100))
        .dense(Shape::new(7, 7, 64), Activation::Relu, 0.0)
        .conv_transpose(32, (5, 2, 2, 1), Activation::Relu, 0.0)
        .conv_transpose(1, (5, 2, 2, 1), Activation::Tanh, 0.0)
        .build();
    let discriminator = NetworkBuilder::new(Role::Discriminator, Shape::new(28, 28, 1))
        .conv(32, (5, 2, 2), leaky, 0.0)
        .conv(64, (5, 2, 2), leaky, 0.0)
        .dense(Shape::vector(1), Activation::Sigmoid, 0.0)
        .build();
    design(vec![generator, discriminator], 128, 128, 8)
}

/// Multiply-accumulates of one forward pass of a network.
pub fn macs(network: &Network) -> usize {
    let positions = |l: &Layer| match l.op {
        LayerOp::Dense => 1,
        LayerOp::Conv { .. } => l.output.height * l.output.width,
        LayerOp::ConvTranspose { .. } => l.input.height * l.input.width,
    };
    network.layers.iter().map(|l| positions(l) * l.matrix_rows() * l.matrix_columns()).sum()
}

/// Random levels over the whole range with gains near the edge of saturation, random biases and shifts.
pub fn random_mapping(schedule: &Schedule, random: &mut Random) -> Mapping {
    let weight_max = CellCode::new(&schedule.design).weight_max();
    let adc_bits = schedule.design.converter.adc_bits;
    let layers = schedule.design.networks.iter().flat_map(|n| &n.layers);
    let maps = schedule.banks.iter().zip(layers).map(|(bank, layer)| {
        let levels = Array2::from_shape_fn((bank.matrix_rows, bank.matrix_columns), |_| {
            random.range(-weight_max, weight_max) as i16
        });
        let rows = bank.matrix_rows.min(schedule.design.crossbar.rows) as f64;
        // Standard deviation of a bit-line sum over that of a code that fills half the range.
        let sum = rows.sqrt() * 73.0 * f64::from(weight_max) * 0.6;
        let code = f64::from(1 << (adc_bits - 2));
        let gain = (sum / code).log2().round().max(0.0) as i32 + random.range(-1, 1);
        let parameters = LayerParameters {
            gain: gain.clamp(0, 15) as u32,
            shift: random.range(0, adc_bits as i32 - 3) as u32,
            bias: (0..layer.biases()).map(|_| random.range(-300, 300)).collect(),
        };
        LayerMap { levels, parameters, ..LayerMap::unmapped(bank) }
    });
    Mapping { layers: maps.collect() }
}
