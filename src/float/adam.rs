//! Adam (Kingma and Ba, "Adam: a method for stochastic optimization", 2015), as PyTorch computes it.

use crate::weights::{LayerWeights, NetworkWeights};
use ndarray::{ArrayViewD, ArrayViewMutD};

/// Settings of Adam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    pub rate: f32,
    /// Decay of the mean of gradients, and of the mean of their squares.
    pub betas: (f32, f32),
    pub epsilon: f32,
}

impl Adam {
    /// `step` counts from 1. `first` and `second` are the two means.
    pub(super) fn update(
        &self,
        weights: &mut NetworkWeights,
        first: &mut NetworkWeights,
        second: &mut NetworkWeights,
        gradient: &NetworkWeights,
        step: u64,
    ) {
        let exponent = i32::try_from(step).unwrap_or(i32::MAX);
        let unbias = |beta: f32| 1.0 - f64::from(beta).powi(exponent);
        let rate = (f64::from(self.rate) / unbias(self.betas.0)) as f32;
        let scale = unbias(self.betas.1).sqrt() as f32;
        let layers = weights.layers.iter_mut().zip(&mut first.layers).zip(&mut second.layers).zip(&gradient.layers);
        for (((w, m), v), g) in layers {
            let (w, m, v) = (views(w), views(m), views(v));
            let g = [g.matrix.view().into_dyn(), g.bias.view().into_dyn()];
            for (((w, m), v), g) in w.into_iter().zip(m).zip(v).zip(g) {
                self.tensor(w, m, v, g, rate, scale);
            }
        }
    }

    fn tensor(
        &self,
        mut weights: ArrayViewMutD<'_, f32>,
        mut first: ArrayViewMutD<'_, f32>,
        mut second: ArrayViewMutD<'_, f32>,
        gradient: ArrayViewD<'_, f32>,
        rate: f32,
        scale: f32,
    ) {
        let (b1, b2) = self.betas;
        ndarray::azip!((w in &mut weights, m in &mut first, v in &mut second, &g in &gradient) {
            *m = b1 * *m + (1.0 - b1) * g;
            *v = b2 * *v + (1.0 - b2) * g * g;
            *w -= rate * *m / (v.sqrt() / scale + self.epsilon);
        });
    }
}

fn views(layer: &mut LayerWeights) -> [ArrayViewMutD<'_, f32>; 2] {
    [layer.matrix.view_mut().into_dyn(), layer.bias.view_mut().into_dyn()]
}
