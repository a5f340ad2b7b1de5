//! Inception score (Salimans et al., "Improved techniques for training GANs", 2016).

use ndarray::ArrayView2;

/// `exp(E KL(p(y|x) || p(y)))` for class probabilities `[images, classes]`, over all images at once: 1 if all images say
/// the same, up to the number of classes if every image is sure and every class equally frequent.
pub fn inception_score(probabilities: ArrayView2<'_, f32>) -> f64 {
    let (images, classes) = probabilities.dim();
    if images == 0 {
        return 1.0;
    }
    let mut mean = vec![0.0; classes];
    for row in probabilities.outer_iter() {
        row.iter().zip(&mut mean).for_each(|(&p, sum)| *sum += f64::from(p) / images as f64);
    }
    let divergence = |row: ndarray::ArrayView1<'_, f32>| -> f64 {
        let terms = row.iter().zip(&mean).filter(|&(&p, _)| p > 0.0);
        terms.map(|(&p, &q)| f64::from(p) * (f64::from(p) / q).ln()).sum()
    };
    let total: f64 = probabilities.outer_iter().map(divergence).sum();
    (total / images as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    #[test]
    fn sure_and_balanced_scores_the_number_of_classes() {
        let one_hot = Array2::from_shape_fn((50, 10), |(i, j)| f32::from(u8::from(i % 10 == j)));
        assert!((inception_score(one_hot.view()) - 10.0).abs() < 1e-9);
    }

    #[test]
    fn equal_answers_score_one() {
        let same = Array2::from_shape_fn((50, 10), |(_, j)| f32::from(u8::from(j == 3)));
        assert!((inception_score(same.view()) - 1.0).abs() < 1e-9);
        let unsure = Array2::from_elem((50, 10), 0.1);
        assert!((inception_score(unsure.view()) - 1.0).abs() < 1e-6);
    }

    #[test]
    fn two_unsure_halves_have_the_closed_form() {
        // p is (3/4, 1/4) or (1/4, 3/4), the mean (1/2, 1/2): KL = 3/4 ln(3/2) + 1/4 ln(1/2).
        let p = Array2::from_shape_fn((6, 2), |(i, j)| if i % 2 == j { 0.75 } else { 0.25 });
        let expected = (0.75 * 1.5f64.ln() + 0.25 * 0.5f64.ln()).exp();
        assert!((inception_score(p.view()) - expected).abs() < 1e-9);
    }
}
