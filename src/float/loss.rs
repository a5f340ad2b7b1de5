//! Losses of one output each, and their gradients.

/// Binary cross entropy of `sigmoid(logit)` with `target`, and its derivative, `sigmoid(logit) - target`.
pub(super) fn binary(logit: f32, target: f32) -> (f32, f32) {
    // log(1 + exp(x)) without overflow.
    let softplus = logit.max(0.0) + (-logit.abs()).exp().ln_1p();
    (softplus - logit * target, 1.0 / (1.0 + (-logit).exp()) - target)
}

/// Cross entropy of `softmax(logits)` with `class`; `gradient` becomes that with respect to the logits.
pub(super) fn categorical(logits: &[f32], class: usize, gradient: &mut [f32]) -> f32 {
    let probability = softmax(logits, gradient);
    gradient[class] -= 1.0;
    -probability(class)
}

/// Probabilities of classes into `out`; gives the logarithm of each.
pub(super) fn softmax<'a>(logits: &'a [f32], out: &mut [f32]) -> impl Fn(usize) -> f32 + use<'a> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    for (to, &logit) in out.iter_mut().zip(logits) {
        *to = (logit - most).exp();
    }
    let sum: f32 = out.iter().sum();
    out.iter_mut().for_each(|p| *p /= sum);
    let log_sum = sum.ln();
    move |class| logits[class] - most - log_sum
}
