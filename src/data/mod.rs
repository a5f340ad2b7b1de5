//! Images in, pictures and files out: data sets, synthetic digits, PNG grids, atomic writes.
//!
//! Every source of images ends in a [`DataSet`], whose element order (row, column, channel) is the
//! order of `Shape`, so that an image flattens directly to a network's input.

pub mod atomic;
pub mod batches;
pub(crate) mod font;
pub mod idx;
mod idx_error;
mod ink;
pub mod mnist;
mod plot;
pub mod png_grid;
mod set;
pub mod synthetic;
mod tensor_file;

#[cfg(test)]
mod idx_tests;
#[cfg(test)]
mod picture_tests;
#[cfg(test)]
mod set_tests;

pub use atomic::WriteError;
pub use batches::Batches;
pub use idx::IdxError;
pub use mnist::{MnistError, Split};
pub use plot::{Curve, Plot};
pub use png_grid::{Arrange, Grid, Panel};
pub use set::{DataSet, Fitted, ShapeError, downscale};
pub use tensor_file::{Element, TensorFile, TensorFileError};

/// Makes an error with a method `help() -> String` a [`miette::Diagnostic`] with that help.
macro_rules! diagnostic {
    ($error:ty) => {
        impl miette::Diagnostic for $error {
            fn help(&self) -> Option<Box<dyn std::fmt::Display + '_>> {
                Some(Box::new(<$error>::help(self)))
            }
        }
    };
}
pub(crate) use diagnostic;
