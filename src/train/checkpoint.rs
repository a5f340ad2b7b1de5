//! Everything that a run continues from, in one file.

use super::TrainingError;
use crate::config::{Design, Network, Role, Training};
use crate::data::TensorFile;
use crate::emit::config_hash;
use crate::float::FloatState;
use crate::golden::{LayerState, TrainSettings, TrainState};
use crate::numeric::Rate;
use crate::weights::{LayerWeights, NetworkWeights, Weights};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Name of the file in a run's directory.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// Raised when an older program could misread the file.
/// 2: a pulse of the stochastic rule moves one device of a pair.
const FORMAT_VERSION: u32 = 2;

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Devices and registers, by the golden model.
    Chip,
    /// The same networks in f32 with Adam.
    Float,
}

/// What a run is a function of, besides the number of its steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    pub kind: Kind,
    /// SHA-256 of the description without `[training]`.
    pub design_sha256: String,
    pub training: Training,
    /// SHA-256 of the training images and labels.
    pub data_sha256: String,
    /// Training images.
    pub images: usize,
    /// Images a step.
    pub batch: usize,
    pub seed: u32,
}

/// The part of a checkpoint that changes with the steps.
#[derive(Clone, Debug, PartialEq)]
pub enum State {
    Chip(TrainState),
    Float(FloatState),
}

/// A checkpoint as it is in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub origin: Origin,
    pub state: State,
}

/// The description in the file.
#[derive(Serialize, Deserialize)]
struct Header {
    format_version: u32,
    #[serde(flatten)]
    origin: Origin,
    step: u64,
    /// Of the trainer or of the float network.
    state_seed: u64,
    settings: Option<TrainSettings>,
}

impl Origin {
    /// SHA-256 of what weights depend on: the description without the rules of training.
    pub fn hash(design: &Design) -> String {
        config_hash(&Design { training: None, ..design.clone() })
    }

    /// The first thing in which a checkpoint's origin differs from this one; `file` is the checkpoint's.
    pub fn require(&self, found: &Origin, file: &str) -> Result<(), TrainingError> {
        let text = |origin: &Origin| {
            let training = serde_json::json!(origin.training).to_string();
            [
                ("what is trained", format!("{:?}", origin.kind).to_lowercase()),
                ("the design", format!("the one with SHA-256 {}", &origin.design_sha256)),
                ("`training`", training),
                ("the data set", format!("the one with SHA-256 {}", &origin.data_sha256)),
                ("the number of images", origin.images.to_string()),
                ("the batch", origin.batch.to_string()),
                ("the seed", origin.seed.to_string()),
            ]
        };
        let other = text(found).into_iter().zip(text(self)).find(|(found, wanted)| found != wanted);
        other.map_or(Ok(()), |((what, found), (_, wanted))| {
            Err(TrainingError::Other { file: file.into(), what, found, wanted })
        })
    }
}

impl Checkpoint {
    pub fn step(&self) -> u64 {
        match &self.state {
            State::Chip(state) => state.step,
            State::Float(state) => state.step,
        }
    }

    /// Writes the checkpoint, whole or not at all.
    pub fn write(&self, design: &Design, path: &Path) -> Result<(), TrainingError> {
        Ok(self.to_file(design).write(path)?)
    }

    /// Reads a checkpoint of `design`, whatever its `[training]`.
    pub fn read(design: &Design, path: &Path) -> Result<Self, TrainingError> {
        let name = path.display().to_string();
        Self::from_file(&TensorFile::read(path)?, design, &name)
    }

    fn to_file(&self, design: &Design) -> TensorFile {
        let mut file = TensorFile::default();
        let (step, state_seed, settings) = match &self.state {
            State::Chip(state) => {
                for (name, layer) in names(design).zip(&state.layers) {
                    put_layer(&mut file, design, &name, layer);
                }
                (state.step, u64::from(state.seed), Some(state.settings.clone()))
            }
            State::Float(state) => {
                for (what, weights) in [("weights", &state.weights), ("first", &state.first), ("second", &state.second)]
                {
                    let layers = weights.networks.iter().flat_map(|n| &n.layers);
                    for (name, layer) in names(design).zip(layers) {
                        let (matrix, bias) = (&layer.matrix, &layer.bias);
                        file.insert(format!("{name}.{what}"), matrix.shape(), matrix.iter().copied());
                        file.insert(format!("{name}.bias.{what}"), bias.shape(), bias.iter().copied());
                    }
                }
                (state.step, state.seed, None)
            }
        };
        let header = Header { format_version: FORMAT_VERSION, origin: self.origin.clone(), step, state_seed, settings };
        if let Ok(serde_json::Value::Object(description)) = serde_json::to_value(header) {
            file.description = description;
        }
        file
    }

    fn from_file(file: &TensorFile, design: &Design, name: &str) -> Result<Self, TrainingError> {
        let content = |reason: String| TrainingError::Content { file: name.into(), reason };
        let description = serde_json::Value::from(file.description.clone());
        if description.get("format_version").is_none() {
            return Err(content("not a checkpoint of a training run".into()));
        }
        if description["format_version"] != FORMAT_VERSION {
            let found = &description["format_version"];
            return Err(content(format!(
                "format version {found}; this program reads {FORMAT_VERSION}: start the run again"
            )));
        }
        let header: Header = serde_json::from_value(description).map_err(|e| content(e.to_string()))?;
        let (what, found, wanted) = ("the design", &header.origin.design_sha256, Origin::hash(design));
        if *found != wanted {
            let text = |hash: &str| format!("the one with SHA-256 {hash}");
            return Err(TrainingError::Other { file: name.into(), what, found: text(found), wanted: text(&wanted) });
        }
        let state = match (header.origin.kind, header.settings) {
            (Kind::Chip, Some(settings)) => {
                let seed = u32::try_from(header.state_seed).map_err(|e| content(format!("state_seed: {e}")))?;
                let keeps = header.origin.training.keep_remainder;
                let layers = design.networks.iter().flat_map(|n| &n.layers);
                let layers =
                    layers.map(|layer| get_layer(file, name, design, layer, keeps)).collect::<Result<_, _>>()?;
                State::Chip(TrainState { step: header.step, seed, settings, layers })
            }
            (Kind::Chip, None) => return Err(content("no settings".into())),
            (Kind::Float, _) => {
                let weights = |what| get_weights(file, name, design, what);
                let (first, second) = (weights("first")?, weights("second")?);
                let (step, seed) = (header.step, header.state_seed);
                State::Float(FloatState { weights: weights("weights")?, first, second, step, seed })
            }
        };
        Ok(Self { origin: header.origin, state })
    }
}

/// Names of all layers, network by network.
fn names(design: &Design) -> impl Iterator<Item = String> {
    design.networks.iter().flat_map(|n| &n.layers).map(|l| l.name.clone())
}

/// Registers of a layer in the order of the file: gain, shift, back_gain, back_shift, rate, target, fineness.
const REGISTERS: usize = 7;

fn put_layer(file: &mut TensorFile, design: &Design, name: &str, layer: &LayerState) {
    for (what, codes) in [("plus", &layer.plus), ("minus", &layer.minus)] {
        let name = format!("{name}.{what}");
        match design.device.model {
            Some(_) => file.insert(name, codes.shape(), codes.iter().copied()),
            // Levels fit a byte.
            None => file.insert(name, codes.shape(), codes.iter().map(|&level| level as u8)),
        }
    }
    file.insert(format!("{name}.bias"), &[layer.bias.len()], layer.bias.iter().copied());
    let registers: [u32; REGISTERS] = [
        layer.gain,
        layer.shift,
        layer.back_gain,
        layer.back_shift,
        u32::from(layer.rate.code()),
        layer.target,
        layer.fineness,
    ];
    file.insert(format!("{name}.registers"), &[REGISTERS], registers);
    if let Some(remainder) = &layer.remainder {
        file.insert(format!("{name}.remainder"), remainder.shape(), remainder.iter().copied());
    }
}

fn get_layer(
    file: &TensorFile,
    path: &str,
    design: &Design,
    layer: &crate::config::Layer,
    keeps: bool,
) -> Result<LayerState, TrainingError> {
    let (name, size) = (&layer.name, [layer.matrix_rows(), layer.matrix_columns()]);
    let codes = |what| -> Result<Array2<u16>, TrainingError> {
        let name = format!("{name}.{what}");
        let codes = match design.device.model {
            Some(_) => file.get(path, &name, &size)?,
            None => file.get::<u8>(path, &name, &size)?.into_iter().map(u16::from).collect(),
        };
        Ok(shaped(size, codes))
    };
    let registers = file.get(path, &format!("{name}.registers"), &[REGISTERS])?;
    let [gain, shift, back_gain, back_shift, rate, target, fineness]: [u32; REGISTERS] =
        registers.try_into().expect("`get` checked the length");
    let content = |reason| TrainingError::Content { file: path.into(), reason };
    let rate = u8::try_from(rate).map_err(|e| content(format!("{name}: rate: {e}")))?;
    if fineness > 15 {
        return Err(content(format!("{name}: a fineness of {fineness}")));
    }
    Ok(LayerState {
        plus: codes("plus")?,
        minus: codes("minus")?,
        bias: file.get(path, &format!("{name}.bias"), &[layer.biases()])?,
        gain,
        shift,
        back_gain,
        back_shift,
        rate: Rate::from_code(rate),
        target,
        fineness,
        remainder: match keeps {
            true => Some(shaped(size, file.get(path, &format!("{name}.remainder"), &size)?)),
            false => None,
        },
    })
}

fn get_weights(file: &TensorFile, path: &str, design: &Design, what: &str) -> Result<Weights, TrainingError> {
    let network = |network: &Network| -> Result<NetworkWeights, TrainingError> {
        let layers = network.layers.iter().map(|layer| {
            let (name, size) = (&layer.name, [layer.matrix_rows(), layer.matrix_columns()]);
            let matrix = shaped(size, file.get(path, &format!("{name}.{what}"), &size)?);
            let bias = file.get(path, &format!("{name}.bias.{what}"), &[layer.biases()])?;
            Ok(LayerWeights { matrix, bias: Array1::from_vec(bias) })
        });
        let role: Role = network.role;
        Ok(NetworkWeights { role, layers: layers.collect::<Result<_, TrainingError>>()? })
    };
    Ok(Weights { networks: design.networks.iter().map(network).collect::<Result<_, _>>()? })
}

fn shaped<T>(size: [usize; 2], values: Vec<T>) -> Array2<T> {
    Array2::from_shape_vec(size, values).expect("`get` checked the size")
}
