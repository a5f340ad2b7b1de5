//! `docs/training.md` in plain loops.

use memgan::config::*;
use memgan::golden::TrainState;
use memgan::numeric::*;
use memgan::schedule::{Phase, Schedule};
use ndarray::Array2;

/// `v / 2^shift`, to the nearest integer, halves up.
fn rounded(v: i64, shift: u32) -> i64 {
    (2 * v + (1 << shift)).div_euclid(2 << shift)
}

/// `v / 2^shift`, to the nearest integer, halves away from zero.
fn rounded_error(v: i64, shift: u32) -> i64 {
    v.signum() * ((2 * v.abs() + (1 << shift)) / (2 << shift))
}

pub type Totals = (u32, RangeCount, RangeCount, RangeCount);

pub struct ModelLayer {
    layer: Layer,
    role: Role,
    plus: Array2<i64>,
    minus: Array2<i64>,
    bias: Vec<i64>,
    gain: u32,
    shift: u32,
    back_gain: u32,
    back_shift: u32,
    rate: Rate,
    target: u32,
    fineness: u32,
    pub gradient: Array2<i64>,
    /// Output of the layer, and its errors.
    a: Vec<i8>,
    d: Vec<i8>,
    bias_sums: Vec<i64>,
    counts: Totals,
    /// Counts over all adapts since they were taken.
    pub totals: Totals,
}

pub struct Model {
    design: Design,
    seed: u32,
    step: u64,
    state: TrainState,
    streams: LaneRandom,
    pub layers: Vec<ModelLayer>,
    /// Input of the first layer of each network.
    inputs: Vec<(Role, Vec<i8>)>,
    /// Since they were taken: phases of pulses of every update and apply, losses and ranges of outputs.
    pub phases: Vec<Vec<u8>>,
    pub losses: Vec<(Phase, u64, i8, i8)>,
}

/// Element of a feature map.
fn element(shape: Shape, y: i64, x: i64, c: usize) -> Option<usize> {
    let inside = y >= 0 && x >= 0 && y < shape.height as i64 && x < shape.width as i64;
    inside.then(|| (y as usize * shape.width + x as usize) * shape.channels + c)
}

/// A window of `kernel` at pixel (y, x) of the smaller map: elements of the larger one, kernel row by kernel row.
fn window(shape: Shape, kernel: usize, stride: usize, padding: usize, y: usize, x: usize) -> Vec<Vec<Option<usize>>> {
    let at = |p: usize, k: usize| (p * stride + k) as i64 - padding as i64;
    let row = |ky| {
        let cell = |kx| (0..shape.channels).map(move |c| element(shape, at(y, ky), at(x, kx), c));
        (0..kernel).flat_map(cell).collect()
    };
    (0..kernel).map(row).collect()
}

fn pixel(shape: Shape, position: usize) -> Vec<Vec<Option<usize>>> {
    vec![(0..shape.channels).map(|c| Some(position * shape.channels + c)).collect()]
}

impl ModelLayer {
    fn positions(&self) -> usize {
        match self.layer.op {
            LayerOp::Dense => 1,
            LayerOp::Conv { .. } => self.layer.output.height * self.layer.output.width,
            LayerOp::ConvTranspose { .. } => self.layer.input.height * self.layer.input.width,
        }
    }

    /// Input elements of the matrix rows at a position, segment by segment.
    fn rows(&self, position: usize) -> Vec<Vec<Option<usize>>> {
        let (i, o) = (self.layer.input, self.layer.output);
        match self.layer.op {
            LayerOp::Dense => vec![(0..i.len()).map(Some).collect()],
            LayerOp::Conv { kernel, stride, padding } => {
                window(i, kernel, stride, padding, position / o.width, position % o.width)
            }
            LayerOp::ConvTranspose { .. } => pixel(i, position),
        }
    }

    /// Output elements of the matrix columns at a position, segment by segment.
    fn columns(&self, position: usize) -> Vec<Vec<Option<usize>>> {
        let (i, o) = (self.layer.input, self.layer.output);
        match self.layer.op {
            LayerOp::Dense => vec![(0..o.len()).map(Some).collect()],
            LayerOp::Conv { .. } => pixel(o, position),
            LayerOp::ConvTranspose { kernel, stride, padding, .. } => {
                window(o, kernel, stride, padding, position / i.width, position % i.width)
            }
        }
    }

    fn weight(&self, i: usize, j: usize) -> i64 {
        self.plus[(i, j)] - self.minus[(i, j)]
    }
}

fn values(elements: &[Vec<Option<usize>>], tensor: &[i8]) -> Vec<i64> {
    elements.iter().flatten().map(|e| e.map_or(0, |e| i64::from(tensor[e]))).collect()
}

/// One read: codes of every line and tile, sums over the tiles of a line. `tile_of` an input line.
fn read(
    inputs: &[i64],
    lines: usize,
    weight: impl Fn(usize, usize) -> i64,
    tile_of: impl Fn(usize) -> usize,
    gain: u32,
    bits: u32,
    count: &mut RangeCount,
) -> Vec<i64> {
    let tiles = (0..inputs.len()).map(&tile_of).max().unwrap_or(0) + 1;
    let top = (1i64 << (bits - 1)) - 1;
    let (mut saturated, mut upper) = (false, false);
    let sums = (0..lines).map(|line| {
        let codes = (0..tiles).map(|tile| {
            let members = inputs.iter().enumerate().filter(|(k, _)| tile_of(*k) == tile);
            let dot: i64 = members.map(|(k, &x)| x * weight(k, line)).sum();
            let code = rounded(dot, gain).clamp(-top - 1, top);
            saturated |= code == top || code == -top - 1;
            upper |= code >= 1 << (bits - 2) || code < -(1 << (bits - 2));
            code
        });
        codes.sum()
    });
    let sums = sums.collect();
    count.total += 1;
    count.saturated += u32::from(saturated);
    count.upper += u32::from(upper);
    sums
}

/// The random word of each element of a tensor that is read word by word.
fn each_word(streams: &mut LaneRandom, lanes: usize, addresses: &[usize], mut f: impl FnMut(usize, u32)) {
    for (k, &address) in addresses.iter().enumerate() {
        f(address, streams.lane(address % lanes));
        let ends = addresses.get(k + 1).is_none_or(|next| next / lanes != address / lanes);
        if ends {
            streams.step();
        }
    }
}

impl Model {
    pub fn new(design: &Design, state: &TrainState) -> Self {
        let wide = |m: &Array2<u16>| m.mapv(i64::from);
        let layers = design.networks.iter().flat_map(|n| n.layers.iter().map(|l| (n.role, l)));
        let layers = layers.zip(&state.layers).map(|((role, layer), s)| ModelLayer {
            layer: layer.clone(),
            role,
            plus: wide(&s.plus),
            minus: wide(&s.minus),
            bias: s.bias.iter().map(|&b| i64::from(b)).collect(),
            gain: s.gain,
            shift: s.shift,
            back_gain: s.back_gain,
            back_shift: s.back_shift,
            rate: s.rate,
            target: s.target,
            fineness: s.fineness,
            gradient: s.remainder.as_ref().map_or(Array2::zeros(s.plus.dim()), |r| r.mapv(i64::from)),
            a: vec![0; layer.output.len()],
            d: vec![0; layer.output.len()],
            bias_sums: vec![0; s.bias.len()],
            counts: Totals::default(),
            totals: Totals::default(),
        });
        Self {
            design: design.clone(),
            seed: state.seed,
            step: state.step,
            state: state.clone(),
            streams: LaneRandom::seeded(0, design.lanes),
            layers: layers.collect(),
            inputs: design.networks.iter().map(|n| (n.role, vec![0; n.input.len()])).collect(),
            phases: vec![],
            losses: vec![],
        }
    }

    fn of_role(&self, role: Role) -> Vec<usize> {
        (0..self.layers.len()).filter(|&l| self.layers[l].role == role).collect()
    }

    /// Input of a layer.
    fn input(&self, layer: usize) -> &[i8] {
        let role = self.layers[layer].role;
        // The discriminator's input is where the generator's output is, be it generated or real.
        if layer > 0 && (self.layers[layer - 1].role == role || role == Role::Discriminator) {
            return &self.layers[layer - 1].a;
        }
        &self.inputs.iter().find(|(r, _)| *r == role).unwrap().1
    }

    pub fn run(&mut self, phase: Phase, image: &[i8], label: Option<u8>) {
        self.seed = self.seed.wrapping_add(SEED_STEP);
        self.streams = LaneRandom::seeded(self.seed, self.design.lanes);
        let real = (self.design.training.as_ref().unwrap().target_real * 127.0).round() as i8;
        let (generator, discriminator, classifier) =
            (self.of_role(Role::Generator), self.of_role(Role::Discriminator), self.of_role(Role::Classifier));
        match phase {
            Phase::Real => {
                // The image lies where the generator's output lies.
                self.layers[discriminator[0] - 1].a.copy_from_slice(image);
                self.forward(&discriminator);
                self.loss(phase, *discriminator.last().unwrap(), |_| real);
                self.backward(&discriminator[1..]);
                self.update(&discriminator);
            }
            Phase::Fake => {
                self.latents();
                self.forward(&generator);
                self.forward(&discriminator);
                self.loss(phase, *discriminator.last().unwrap(), |_| 0);
                self.backward(&discriminator[1..]);
                self.update(&discriminator);
            }
            Phase::Generate => {
                self.latents();
                self.forward(&generator);
                self.forward(&discriminator);
                self.loss(phase, *discriminator.last().unwrap(), |_| 127);
                self.backward(&discriminator);
                self.backward(&generator[1..]);
                self.update(&generator);
            }
            Phase::Classify => {
                self.inputs[0].1.copy_from_slice(image);
                self.forward(&classifier);
                let label = usize::from(label.unwrap());
                self.loss(phase, *classifier.last().unwrap(), |e| if e == label { CLASS_TARGET } else { 0 });
                self.backward(&classifier[1..]);
                self.update(&classifier);
            }
            Phase::ApplyDiscriminator => self.apply(&discriminator),
            Phase::ApplyGenerator => self.apply(&generator),
            Phase::ApplyClassifier => self.apply(&classifier),
        }
        if matches!(phase, Phase::ApplyGenerator | Phase::ApplyClassifier) {
            self.step += 1;
        }
    }

    fn latents(&mut self) {
        let lanes = self.design.lanes;
        let addresses: Vec<usize> = (0..self.inputs[0].1.len()).collect();
        let (to, latent) = (&mut self.inputs[0].1, self.design.latent);
        each_word(&mut self.streams, lanes, &addresses, |e, word| to[e] = latent_code(word, latent));
    }

    fn forward(&mut self, layers: &[usize]) {
        let (rows, bits, lanes) = (self.design.crossbar.rows, self.design.converter.adc_bits, self.design.lanes);
        for &index in layers {
            let x = self.input(index).to_vec();
            let l = &mut self.layers[index];
            let mut sums = vec![0i64; l.layer.output.len()];
            for position in 0..l.positions() {
                let inputs = values(&l.rows(position), &x);
                let mut count = l.counts.1;
                let lines = l.plus.ncols();
                let codes = read(&inputs, lines, |i, j| l.weight(i, j), |i| i / rows, l.gain, bits, &mut count);
                l.counts.1 = count;
                for (element, code) in l.columns(position).into_iter().flatten().zip(codes) {
                    if let Some(element) = element {
                        sums[element] += code;
                    }
                }
            }
            let biases = l.bias.len();
            for (e, sum) in sums.into_iter().enumerate() {
                l.a[e] = activate((sum + l.bias[e % biases]) as i32, l.shift, l.layer.activation);
            }
            if l.layer.dropout > 0.0 {
                let threshold = (l.layer.dropout * 256.0).round() as u32;
                let addresses: Vec<usize> = (0..l.a.len()).collect();
                let a = &mut l.a;
                each_word(&mut self.streams, lanes, &addresses, |e, word| {
                    if word >> 24 < threshold {
                        a[e] = 0;
                    }
                });
            }
        }
    }

    fn loss(&mut self, phase: Phase, layer: usize, target: impl Fn(usize) -> i8) {
        let l = &mut self.layers[layer];
        for e in 0..l.a.len() {
            l.d[e] = (i32::from(l.a[e]) - i32::from(target(e))).clamp(-127, 127) as i8;
            let square = u64::from(l.d[e].unsigned_abs()).pow(2);
            match self.losses.iter_mut().find(|(p, ..)| *p == phase) {
                Some((_, sum, low, high)) => {
                    (*sum, *low, *high) = (*sum + square, l.a[e].min(*low), l.a[e].max(*high));
                }
                None => self.losses.push((phase, square, l.a[e], l.a[e])),
            }
        }
    }

    fn backward(&mut self, layers: &[usize]) {
        let crossbar = &self.design.crossbar;
        let adcs = crossbar.columns / crossbar.columns_per_adc;
        let bits = self.design.converter.adc_bits;
        for &index in layers.iter().rev() {
            let [maker, l] = self.layers.get_disjoint_mut([index - 1, index]).unwrap();
            let column_tiles = l.plus.ncols().div_ceil(crossbar.columns);
            let mut sums = vec![0i64; l.layer.input.len()];
            for position in 0..l.positions() {
                let errors = values(&l.columns(position), &l.d);
                let tile_of = |j: usize| j % (column_tiles * adcs) / adcs;
                let mut count = l.counts.2;
                let lines = l.plus.nrows();
                let codes = read(&errors, lines, |j, i| l.weight(i, j), tile_of, l.back_gain, bits, &mut count);
                l.counts.2 = count;
                for (element, code) in l.rows(position).into_iter().flatten().zip(codes) {
                    if let Some(element) = element {
                        sums[element] += code;
                    }
                }
            }
            for (e, sum) in sums.into_iter().enumerate() {
                let r = rounded_error(sum, l.back_shift);
                l.counts.3.total += 1;
                l.counts.3.saturated += u32::from(r.abs() > 127);
                l.counts.3.upper += u32::from(r.abs() > 63);
                let r = r.clamp(-127, 127) as i32;
                maker.d[e] = derive(r, maker.a[e], maker.layer.activation, maker.layer.dropout > 0.0);
            }
        }
    }

    /// Moves the devices of a cell, each within its range.
    /// `devices`: whether plus and minus of a pair are connected.
    fn pulse(&mut self, layer: usize, i: usize, j: usize, up: bool, devices: [bool; 2]) {
        let top = i64::from(self.design.device.levels) - 1;
        let l = &mut self.layers[layer];
        let d = if up { 1 } else { -1 };
        if self.design.crossbar.pair == PairScheme::Reference || devices[0] {
            l.plus[(i, j)] = (l.plus[(i, j)] + d).clamp(0, top);
        }
        if self.design.crossbar.pair == PairScheme::Differential && devices[1] {
            l.minus[(i, j)] = (l.minus[(i, j)] - d).clamp(0, top);
        }
    }

    fn fire(&mut self, elements: &[Vec<Option<usize>>], tensor: &[i8], rate: Rate) -> Vec<i8> {
        let lanes = self.design.lanes;
        let mut out = Vec::new();
        for segment in elements {
            let inside: Vec<usize> = segment.iter().copied().flatten().collect();
            let mut fired = std::collections::HashMap::new();
            each_word(&mut self.streams, lanes, &inside, |e, word| {
                fired.insert(e, fire(tensor[e], word, rate));
            });
            out.extend(segment.iter().map(|e| e.map_or(0, |e| fired[&e])));
        }
        out
    }

    fn update(&mut self, layers: &[usize]) {
        let stochastic = self.design.training.as_ref().unwrap().rule == UpdateRule::Stochastic;
        for &index in layers {
            let x = self.input(index).to_vec();
            let d = self.layers[index].d.clone();
            let rate = self.layers[index].rate;
            let positions = self.layers[index].positions();
            // At least sixteen chances for a line to fire, in whole passes over the positions.
            let passes = if stochastic { 16usize.div_ceil(positions) } else { 1 };
            let mut phases = vec![Vec::new(); passes];
            let mut minus = false;
            for (pass, position) in (0..passes).flat_map(|pass| (0..positions).map(move |p| (pass, p))) {
                let (rows, columns) = (self.layers[index].rows(position), self.layers[index].columns(position));
                if !stochastic {
                    for (i, x) in values(&rows, &x).into_iter().enumerate() {
                        for (j, d) in values(&columns, &d).into_iter().enumerate() {
                            self.layers[index].gradient[(i, j)] += x * d;
                        }
                    }
                    continue;
                }
                // The random bit below those that a line's code is compared with, then in turns.
                if position == 0 {
                    minus = self.streams.lane(0) >> 8 & 1 == 1;
                }
                let word_lines = self.fire(&rows, &x, Rate::from_code(rate.code().max(16) - 16));
                let bit_lines = self.fire(&columns, &d, Rate::from_code((rate.code() + 16).min(127)));
                let mut given = 0;
                for (word, bit, up) in [(1, 1, false), (1, -1, true), (-1, 1, true), (-1, -1, false)] {
                    let chosen = |codes: &[i8], sign: i8| -> Vec<usize> {
                        (0..codes.len()).filter(|&k| codes[k] == sign).collect()
                    };
                    let (rows, columns) = (chosen(&word_lines, word), chosen(&bit_lines, bit));
                    given += u8::from(!rows.is_empty() && !columns.is_empty());
                    self.layers[index].counts.0 += (rows.len() * columns.len()) as u32;
                    for &i in &rows {
                        for &j in &columns {
                            self.pulse(index, i, j, up, [!minus, minus]);
                        }
                    }
                }
                minus = !minus;
                phases[pass].push(given);
            }
            if stochastic {
                self.phases.extend(phases);
            }
            let l = &mut self.layers[index];
            let biases = l.bias.len();
            for (e, &d) in l.d.iter().enumerate() {
                l.bias_sums[e % biases] += i64::from(d);
            }
        }
    }

    fn apply(&mut self, trained: &[usize]) {
        let training = self.design.training.clone().unwrap();
        let lanes = self.design.lanes;
        if training.rule == UpdateRule::Accumulate {
            for &index in trained {
                let (rows, columns) = self.layers[index].plus.dim();
                let mut phases = Vec::new();
                for i in 0..rows {
                    let (mut up, mut down) = (false, false);
                    for j in 0..columns {
                        let word = self.streams.lane(j % lanes);
                        let l = &mut self.layers[index];
                        let sum = l.gradient[(i, j)] as i32;
                        let (result, rest) = if training.keep_remainder {
                            cut_gradient(sum, l.rate)
                        } else {
                            (round_gradient(sum, word, l.rate), 0)
                        };
                        l.gradient[(i, j)] = i64::from(rest);
                        l.counts.0 += u32::from(result != 0);
                        (up, down) = (up || result < 0, down || result > 0);
                        if result != 0 {
                            self.pulse(index, i, j, result < 0, [true; 2]);
                        }
                        if !training.keep_remainder && (j % lanes == lanes - 1 || j == columns - 1) {
                            self.streams.step();
                        }
                    }
                    phases.push(u8::from(up) + u8::from(down));
                }
                self.phases.push(phases);
            }
        }
        for index in 0..self.layers.len() {
            let l = &mut self.layers[index];
            let (pulses, row_reads, column_reads, errors) = std::mem::take(&mut l.counts);
            let change;
            (l.gain, l.shift, change) = change_forward_gain(l.gain, l.shift, row_reads.gain_change());
            (l.back_gain, l.back_shift) =
                change_backward_gain(l.back_gain, l.back_shift, column_reads.gain_change(), errors.shift_change());
            let is_trained = trained.contains(&index);
            for (bias, sum) in l.bias.iter_mut().zip(&mut l.bias_sums) {
                let sum = if is_trained { std::mem::take(sum) } else { 0 };
                *bias = i64::from(step_bias(
                    *bias as i32,
                    change,
                    sum.signum() as i32,
                    l.shift,
                    l.fineness,
                    self.streams.lane(0),
                ));
            }
            if is_trained {
                let target = self.state.settings.target_at(l.target, self.step);
                l.rate = match training.rule {
                    UpdateRule::Stochastic => l.rate.adapt_fire(pulses, target),
                    UpdateRule::Accumulate => l.rate.adapt_step(pulses, target),
                };
            }
            let add = |to: &mut RangeCount, from: RangeCount| {
                to.saturated += from.saturated;
                to.upper += from.upper;
                to.total += from.total;
            };
            l.totals.0 += pulses;
            add(&mut l.totals.1, row_reads);
            add(&mut l.totals.2, column_reads);
            add(&mut l.totals.3, errors);
        }
    }

    pub fn compare_memories(&self, schedule: &Schedule, memory: &[i8], errors: &[i8], name: &str) {
        for l in &self.layers {
            let tensor = schedule.tensors.iter().find(|t| t.name == l.layer.name).unwrap();
            let base = tensor.base_word * schedule.lanes;
            assert_eq!(&memory[base..base + l.a.len()], &l.a, "{name}: activations of {}", l.layer.name);
            assert_eq!(&errors[base..base + l.d.len()], &l.d, "{name}: errors of {}", l.layer.name);
        }
    }

    pub fn compare_state(&self, state: &TrainState, name: &str) {
        assert_eq!((state.seed, state.step), (self.seed, self.step), "{name}");
        for (k, (l, s)) in self.layers.iter().zip(&state.layers).enumerate() {
            assert_eq!(s.plus.mapv(i64::from), l.plus, "{name}: plus devices of layer {k}");
            assert_eq!(s.minus.mapv(i64::from), l.minus, "{name}: minus devices of layer {k}");
            let bias: Vec<i64> = s.bias.iter().map(|&b| i64::from(b)).collect();
            assert_eq!(bias, l.bias, "{name}: biases of layer {k}");
            let got = (s.gain, s.shift, s.back_gain, s.back_shift, s.rate, s.target);
            let expected = (l.gain, l.shift, l.back_gain, l.back_shift, l.rate, l.target);
            assert_eq!(got, expected, "{name}: gains, shifts, rate and target of layer {k}");
        }
    }
}
