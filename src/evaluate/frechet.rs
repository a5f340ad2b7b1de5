//! Frechet distance of two Gaussians (Dowson and Landau, 1982), fitted to features of images as Heusel et al. do it
//! ("GANs trained by a two time-scale update rule", 2017).

use nalgebra::{DMatrix, DVector};
use ndarray::ArrayView2;

/// Mean and covariance of a set of feature vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Gaussian {
    pub mean: DVector<f64>,
    /// With the divisor `n - 1`.
    pub covariance: DMatrix<f64>,
}

impl Gaussian {
    /// The moments of `features`, `[vectors, features]`. A covariance of one vector is zero.
    pub fn of(features: ArrayView2<'_, f32>) -> Self {
        let (count, size) = features.dim();
        let samples = DMatrix::from_fn(count, size, |i, j| f64::from(features[[i, j]]));
        let mean = DVector::from_fn(size, |j, _| samples.column(j).sum() / count.max(1) as f64);
        let centred = DMatrix::from_fn(count, size, |i, j| samples[(i, j)] - mean[j]);
        let covariance = centred.tr_mul(&centred) / count.saturating_sub(1).max(1) as f64;
        Self { mean, covariance }
    }
}

/// `|m_a - m_b|^2 + tr(A + B - 2 (A B)^(1/2))` for covariances `A` and `B`; at least 0.
///
/// # Panics
/// If the two have different numbers of features.
pub fn frechet_distance(a: &Gaussian, b: &Gaussian) -> f64 {
    // (A B)^(1/2) has the trace of the symmetric (A^(1/2) B A^(1/2))^(1/2).
    let root = square_root(&a.covariance);
    let product = &root * &b.covariance * &root;
    let traces = a.covariance.trace() + b.covariance.trace() - 2.0 * square_root(&product).trace();
    ((&a.mean - &b.mean).norm_squared() + traces).max(0.0)
}

/// Square root of a symmetric matrix without negative eigenvalues; those that rounding made are taken for 0.
fn square_root(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let symmetric = (matrix + matrix.transpose()) * 0.5;
    let eigen = symmetric.symmetric_eigen();
    let roots = eigen.eigenvalues.map(|v| v.max(0.0).sqrt());
    &eigen.eigenvectors * DMatrix::from_diagonal(&roots) * eigen.eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array2;

    fn gaussian(mean: &[f64], covariance: &[f64]) -> Gaussian {
        let size = mean.len();
        Gaussian { mean: DVector::from_row_slice(mean), covariance: DMatrix::from_row_slice(size, size, covariance) }
    }

    #[test]
    fn diagonal_gaussians_have_the_closed_form() {
        let a = gaussian(&[1.0, 2.0], &[4.0, 0.0, 0.0, 9.0]);
        let b = gaussian(&[4.0, -2.0], &[1.0, 0.0, 0.0, 25.0]);
        // 9 + 16 for the means, (2 - 1)^2 + (3 - 5)^2 for the deviations.
        assert!((frechet_distance(&a, &b) - 30.0).abs() < 1e-9);
        assert!((frechet_distance(&b, &a) - 30.0).abs() < 1e-9);
        assert!(frechet_distance(&a, &a).abs() < 1e-9);
    }

    #[test]
    fn a_turn_changes_no_distance_and_covariances_that_do_not_commute_are_right() {
        // For 2x2 matrices tr (A B)^(1/2) = sqrt(tr(A B) + 2 sqrt(det(A B))).
        let a = gaussian(&[0.0, 0.0], &[2.0, 1.0, 1.0, 3.0]);
        let b = gaussian(&[0.0, 0.0], &[5.0, -2.0, -2.0, 1.0]);
        let (trace, det): (f64, f64) = (2.0 * 5.0 - 2.0 - 2.0 + 3.0, 5.0 * 1.0);
        let expected = 5.0 + 6.0 - 2.0 * (trace + 2.0 * det.sqrt()).sqrt();
        assert!((frechet_distance(&a, &b) - expected).abs() < 1e-9);
    }

    #[test]
    fn singular_covariances_are_no_trouble() {
        let a = gaussian(&[0.0; 3], &[1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
        let zero = gaussian(&[0.0; 3], &[0.0; 9]);
        assert!((frechet_distance(&a, &zero) - 2.0).abs() < 1e-9);
        assert!(frechet_distance(&a, &a).abs() < 1e-7);
    }

    #[test]
    fn moments_are_those_of_the_textbook() {
        let features = Array2::from_shape_vec((4, 2), vec![1.0, 0.0, 3.0, 0.0, 1.0, 2.0, 3.0, 6.0]).expect("4 x 2");
        let found = Gaussian::of(features.view());
        assert_eq!(found.mean.as_slice(), [2.0, 2.0]);
        let expected = [4.0, 4.0, 4.0, 24.0].map(|v| v / 3.0);
        assert!(found.covariance.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{}", found.covariance);
    }
}
