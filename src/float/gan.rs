//! The baseline: a GAN of a design in f32, trained with Adam.

use super::adam::Adam;
use super::image::{pixels, to_real};
use super::loss::binary;
use super::net::{Dropout, Net, sum, zeros};
use super::state::FloatState;
use crate::config::{Design, LatentDistribution, Role};
use crate::weights::seeded::SplitMix64;
use crate::weights::{NetworkWeights, Weights};
use ndarray::{Array4, ArrayView4};
use rayon::prelude::*;

/// Images that one thread takes at a time. Fixed, because sums of floats depend on the order: so results do not depend on
/// the number of threads.
pub(super) const CHUNK: usize = 8;

/// Rate of the generator 1e-3.
pub const GENERATOR: Adam = Adam { rate: 1e-3, betas: (0.5, 0.999), epsilon: 1e-8 };
/// Rate of the discriminator: half of the generator's.
pub const DISCRIMINATOR: Adam = Adam { rate: 5e-4, ..GENERATOR };
/// Target of the discriminator for real images, unless the design says otherwise.
pub const TARGET_REAL: f64 = 0.9;

/// A GAN in f32. Losses are binary cross entropies of one output; the generator's is non-saturating. A step trains the
/// discriminator once, then the generator once.
#[derive(Clone, Debug)]
pub struct FloatGan {
    design: Design,
    generator: Net,
    discriminator: Net,
    target_real: f32,
    state: FloatState,
}

/// Means over a batch, in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GanLosses {
    /// Of the discriminator for real images.
    pub real: f64,
    /// Of the discriminator for generated images.
    pub fake: f64,
    /// Of the generator.
    pub generator: f64,
}

/// Places of the networks in a GAN's design.
const G: usize = 0;
const D: usize = 1;

/// Uses of random numbers in a step: each has its own streams.
#[derive(Clone, Copy)]
enum Use {
    FakeLatents,
    Latents,
    RealDropout,
    FakeDropout,
    FakeGeneratorDropout,
    GeneratorDropout,
    DiscriminatorDropout,
}

impl FloatGan {
    /// Initial weights of [`Weights::seeded`]. `None` if the design is no GAN.
    pub fn new(design: &Design, seed: u64) -> Option<Self> {
        Self::from_state(design, FloatState::new(Weights::seeded(design, seed), seed))
    }

    /// Continues from a state of the same design. `None` if the design is no GAN.
    pub fn from_state(design: &Design, state: FloatState) -> Option<Self> {
        let (generator, discriminator) = (design.network(Role::Generator)?, design.network(Role::Discriminator)?);
        let target_real = design.training.as_ref().map_or(TARGET_REAL, |t| t.target_real) as f32;
        let (generator, discriminator) = (Net::new(generator), Net::with_logits(discriminator));
        Some(Self { design: design.clone(), generator, discriminator, target_real, state })
    }

    pub fn state(&self) -> &FloatState {
        &self.state
    }

    /// One step on a batch of real images, `[images, height, width, channels]`.
    pub fn step(&mut self, images: ArrayView4<'_, u8>) -> GanLosses {
        let real = to_real(images, self.design.pixel_range);
        let batch = images.dim().0;
        let t = self.state.step + 1;

        let chunks = real.par_chunks(CHUNK * self.discriminator.input).enumerate();
        let parts: Vec<_> = chunks.map(|(index, real)| self.discriminate(real, index * CHUNK, batch)).collect();
        let mut losses = GanLosses::default();
        for (real, fake, _) in &parts {
            losses.real += real / batch as f64;
            losses.fake += fake / batch as f64;
        }
        let gradient = sum(zeros(&self.state.weights.networks[D]), parts.into_iter().map(|p| p.2));
        let [weights, first, second] = self.state.network(D);
        DISCRIMINATOR.update(weights, first, second, &gradient, t);

        let starts: Vec<usize> = (0..batch).step_by(CHUNK).collect();
        let count = |first: usize| CHUNK.min(batch - first);
        let parts: Vec<_> = starts.into_par_iter().map(|first| self.forge(first, count(first), batch)).collect();
        losses.generator = parts.iter().map(|p| p.0).sum::<f64>() / batch as f64;
        let gradient = sum(zeros(&self.state.weights.networks[G]), parts.into_iter().map(|p| p.1));
        let [weights, first, second] = self.state.network(G);
        GENERATOR.update(weights, first, second, &gradient, t);

        self.state.step = t;
        losses
    }

    /// Sums of the losses of real and generated images, and the discriminator's gradient.
    fn discriminate(&self, real: &[f32], first: usize, batch: usize) -> (f64, f64, NetworkWeights) {
        let weights = &self.state.weights.networks[D];
        let mut gradient = zeros(weights);
        let count = real.len() / self.discriminator.input;
        let latents = self.latents(self.seed(Use::FakeLatents), first, count);
        let dropout = Some(self.dropout(Use::FakeGeneratorDropout, first));
        let fake = self.generator.forward(&self.state.weights.networks[G], &latents, dropout).into_output();
        let sides = [(real, self.target_real, Use::RealDropout), (&fake[..], 0.0, Use::FakeDropout)];
        let [real, fake] = sides.map(|(images, target, usage)| {
            let pass = self.discriminator.forward(weights, images, Some(self.dropout(usage, first)));
            let (loss, error) = judge(pass.output(), target, batch * self.discriminator.output);
            self.discriminator.backward(weights, images, &pass, error, Some(&mut gradient), false);
            loss / self.discriminator.output as f64
        });
        (real, fake, gradient)
    }

    /// Sum of the losses and the generator's gradient.
    fn forge(&self, first: usize, count: usize, batch: usize) -> (f64, NetworkWeights) {
        let [g, d] = [G, D].map(|network| &self.state.weights.networks[network]);
        let latents = self.latents(self.seed(Use::Latents), first, count);
        let forward = self.generator.forward(g, &latents, Some(self.dropout(Use::GeneratorDropout, first)));
        let images = forward.output();
        let pass = self.discriminator.forward(d, images, Some(self.dropout(Use::DiscriminatorDropout, first)));
        let (loss, error) = judge(pass.output(), 1.0, batch * self.discriminator.output);
        let error = self.discriminator.backward(d, images, &pass, error, None, true);
        let mut gradient = zeros(g);
        if let Some(error) = error {
            self.generator.backward(g, &latents, &forward, error, Some(&mut gradient), false);
        }
        (loss / self.discriminator.output as f64, gradient)
    }

    /// `count` images without dropout, `[count, height, width, channels]`. The same seed gives the same images.
    pub fn generate(&self, count: usize, seed: u64) -> Array4<u8> {
        let starts: Vec<usize> = (0..count).step_by(CHUNK).collect();
        let parts: Vec<Vec<u8>> = starts
            .into_par_iter()
            .map(|first| {
                let latents = self.latents(seed, first, CHUNK.min(count - first));
                let pass = self.generator.forward(&self.state.weights.networks[G], &latents, None);
                pixels(pass.output(), self.design.pixel_range)
            })
            .collect();
        let shape = self.design.image;
        Array4::from_shape_vec((count, shape.height, shape.width, shape.channels), parts.concat())
            .expect("the generator's output is an image")
    }

    fn seed(&self, usage: Use) -> u64 {
        let mut stream = SplitMix64::stream(self.state.seed, self.state.step);
        (0..=usage as usize).map(|_| stream.next_u64()).last().unwrap_or(0)
    }

    fn dropout(&self, usage: Use, first: usize) -> Dropout {
        Dropout { seed: self.seed(usage), first }
    }

    /// Latents of images `first` and following; each has its own stream.
    fn latents(&self, seed: u64, first: usize, count: usize) -> Vec<f32> {
        let mut latents = Vec::with_capacity(count * self.generator.input);
        for image in first..first + count {
            let mut stream = SplitMix64::stream(seed, image as u64);
            let draw = || match self.design.latent {
                LatentDistribution::Normal => normal(&mut stream),
                LatentDistribution::Uniform => stream.uniform(-1.0, 1.0) as f32,
            };
            latents.extend(std::iter::repeat_with(draw).take(self.generator.input));
        }
        latents
    }
}

/// A standard normal number (Box and Muller, 1958; one of the pair).
fn normal(stream: &mut SplitMix64) -> f32 {
    let radius = (-2.0 * (1.0 - stream.unit()).ln()).sqrt();
    (radius * (std::f64::consts::TAU * stream.unit()).cos()) as f32
}

/// Sum of the losses, and their gradients over `outputs`.
fn judge(logits: &[f32], target: f32, outputs: usize) -> (f64, Vec<f32>) {
    let mut loss = 0.0;
    let gradient = logits.iter().map(|&logit| {
        let (value, gradient) = binary(logit, target);
        loss += f64::from(value);
        gradient / outputs as f32
    });
    let gradient = gradient.collect();
    (loss, gradient)
}
