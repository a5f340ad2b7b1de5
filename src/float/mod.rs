//! Training in f32 with Adam: the baseline that training on the chip is measured against, and the classifier that
//! measures it.
//!
//! Weights have the orientation of the crossbars ([`crate::weights`]), so a float result can be mapped to devices or
//! saved in PyTorch's layouts. Dropout rescales what it keeps, as PyTorch does. A seed gives the same weights with any
//! number of threads; another processor may round products differently.

mod adam;
mod classifier;
mod gan;
mod image;
mod loss;
mod net;
mod stage;
mod state;
mod window;

#[cfg(test)]
mod tests;

pub use adam::Adam;
pub use classifier::{CLASSIFIER, Classified, FloatClassifier};
pub use gan::{DISCRIMINATOR, FloatGan, GENERATOR, GanLosses, TARGET_REAL};
pub use state::FloatState;
