//! How good generated images are: the Frechet distance of their features to those of real images, and the inception
//! score, with a small classifier in place of the Inception network.
//!
//! The classifier is trained on the data set itself, so figures compare runs on one data set and say nothing across data
//! sets. They depend on the number of images, too: compare figures of equal counts only.

mod frechet;
mod inception;
mod judge;
mod scorer;

pub use frechet::{Gaussian, frechet_distance};
pub use inception::inception_score;
pub use judge::JudgeError;
pub use scorer::{Score, Scorer};
