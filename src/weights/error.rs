//! What can be wrong with a weight file, and what to do about it.

use super::float::SUPPORTED;
use crate::data::WriteError;
use thiserror::Error;

/// A weight file that does not fit the design, or weights that cannot be saved.
#[derive(Debug, Error)]
pub enum WeightsError {
    #[error("{file}: cannot be read: {reason}")]
    Unreadable { file: String, reason: std::io::Error },
    /// Not safetensors, cut short, or with bytes that belong to no tensor.
    #[error("{file}: not a complete safetensors file: {reason}")]
    Format { file: String, reason: String },
    /// Fewer weights than layers; `unused` are the tensors of the file that belong to no layer.
    #[error("{file}: {} of {wanted} weights of the {role} are there ({}), `{missing}` is missing{}",
        found.len(), list(found), also(unused))]
    Missing {
        file: String,
        role: &'static str,
        found: Vec<String>,
        wanted: usize,
        missing: String,
        unused: Vec<String>,
    },
    #[error("{file}: tensors that the design has no use for: {}", list(tensors))]
    Extra { file: String, tensors: Vec<String> },
    #[error("{file}: tensor `{tensor}` for layer `{layer}` is {found:?}, it must be {wanted:?}")]
    Shape { file: String, tensor: String, layer: String, found: Vec<usize>, wanted: Vec<usize> },
    #[error("{file}: tensor `{tensor}` has elements of type {found}, allowed are {SUPPORTED}")]
    ElementType { file: String, tensor: String, found: String },
    #[error("{file}: tensor `{tensor}` holds {value} at {index:?}, only finite values of f32 are allowed")]
    NotFinite { file: String, tensor: String, index: Vec<usize>, value: f32 },
    #[error(transparent)]
    Write(#[from] WriteError),
}

crate::data::diagnostic!(WeightsError);

impl WeightsError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Missing { role, .. } => {
                return format!(
                    "name the weights {role}.0.weight, {role}.1.weight, ...: one for each layer of \
                     the design, with gaps where nn.Sequential has activations"
                );
            }
            Self::Write(error) => return error.help(),
            Self::Unreadable { .. } => "check that the path names a file that you may read",
            Self::Format { .. } => {
                "save with `safetensors.torch.save_file(model.state_dict(), path)`; a .pt file of \
                 torch.save has to be converted, a file that is cut short fetched again"
            }
            Self::Extra { .. } => {
                "save the tensors of the design's networks only; fold batch normalization into the \
                 layer before it, or add the layers to the design"
            }
            Self::Shape { .. } => {
                "the weights belong to another design: change the layer in the design, or train again"
            }
            Self::ElementType { .. } => "convert before saving, e.g. `tensor.float()`",
            Self::NotFinite { .. } => "training diverged: take an earlier checkpoint, or train with a lower rate",
        }
        .into()
    }
}

/// The names, the first ones of many.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 8;
    match names.len() {
        0 => "none".into(),
        count if count > SHOWN => {
            format!("{} and {} more", names[..SHOWN].join(", "), count - SHOWN)
        }
        _ => names.join(", "),
    }
}

fn also(unused: &[String]) -> String {
    match unused {
        [] => String::new(),
        names => format!("; without use are {}", list(names)),
    }
}
