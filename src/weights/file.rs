//! Safetensors files of PyTorch layouts.

use super::{NetworkWeights, Weights, WeightsError, float, layout};
use crate::config::{Design, Layer, Network};
use crate::data::atomic::{self, Sync};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

impl Weights {
    /// Loads the weights of every network of `design` from a safetensors file; see the
    /// [module](super) for names and layouts. Each tensor of the file must have its use.
    pub fn load(design: &Design, path: &Path) -> Result<Weights, WeightsError> {
        let file = path.display().to_string();
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(reason) => return Err(WeightsError::Unreadable { file, reason }),
        };
        Self::parse(design, &bytes, &file)
    }

    /// As [`Weights::load`], from memory; `name` is what errors call the file.
    pub fn parse(design: &Design, bytes: &[u8], name: &str) -> Result<Weights, WeightsError> {
        let reader = Reader::open(bytes, name)?;
        reader.check_names(design)?;
        let networks = design.networks.iter().map(|network| reader.network(network));
        Ok(Weights { networks: networks.collect::<Result<_, _>>()? })
    }

    /// Saves as safetensors, F32, names and layouts of the [module](super), biases always included.
    ///
    /// [`Weights::load`] gives back the same bits. The bytes depend on the weights only. The
    /// weights are checked as if loaded, so that no file is written that could not be read.
    pub fn save(&self, design: &Design, path: &Path) -> Result<(), WeightsError> {
        let file = path.display().to_string();
        let mut tensors = Vec::new();
        for network in &design.networks {
            let role = network.role.name();
            let layers = self.network(network.role).map_or(&[][..], |n| &n.layers);
            for (index, layer) in network.layers.iter().enumerate() {
                let weight_name = format!("{role}.{index}.weight");
                let bias_name = format!("{role}.{index}.bias");
                let Some(weights) = layers.get(index) else {
                    let found = (0..index).map(|i| format!("{role}.{i}.weight")).collect();
                    return Err(missing(&file, network, found, index, Vec::new()));
                };
                let size = vec![layer.matrix_rows(), layer.matrix_columns()];
                check_shape(&file, &weight_name, layer, weights.matrix.shape(), size)?;
                check_shape(&file, &bias_name, layer, weights.bias.shape(), vec![layer.biases()])?;
                let (weight, bias) = layout::to_torch(layer, weights);
                for (name, shape, values) in
                    [(weight_name, layout::torch_shape(layer), weight), (bias_name, vec![layer.biases()], bias)]
                {
                    check_finite(&file, &name, &shape, &values)?;
                    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
                    tensors.push((name, shape, bytes));
                }
            }
        }
        let views = tensors.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, shape.clone(), bytes);
            (name.as_str(), view.expect("four bytes an element"))
        });
        let bytes = safetensors::serialize(views, None).expect("names and sizes are consistent");
        Ok(atomic::write(path, &bytes, Sync::Yes)?)
    }
}

/// An open file: its name for errors, its tensors by name.
struct Reader<'a> {
    file: &'a str,
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> Reader<'a> {
    fn open(bytes: &'a [u8], file: &'a str) -> Result<Self, WeightsError> {
        match SafeTensors::deserialize(bytes) {
            Ok(parsed) => Ok(Self { file, tensors: parsed.tensors().into_iter().collect() }),
            Err(reason) => Err(WeightsError::Format { file: file.into(), reason: reason.to_string() }),
        }
    }

    /// Indices of the weights of `network`, increasing: entry k is the index of layer k.
    fn indices(&self, network: &Network) -> Vec<u64> {
        let role = network.role.name();
        let indices = self.tensors.keys().filter_map(|name| match split(name)? {
            (prefix, index, "weight") if prefix == role => Some(index),
            _ => None,
        });
        indices.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Tensors that are no weight or bias of a layer.
    fn unused(&self, design: &Design) -> Vec<String> {
        let mut used = BTreeSet::new();
        for network in &design.networks {
            let role = network.role.name();
            for index in self.indices(network).iter().take(network.layers.len()) {
                used.insert(format!("{role}.{index}.weight"));
                used.insert(format!("{role}.{index}.bias"));
            }
        }
        self.tensors.keys().filter(|name| !used.contains(*name)).cloned().collect()
    }

    /// Each layer must have its weight, each tensor its layer.
    fn check_names(&self, design: &Design) -> Result<(), WeightsError> {
        let unused = self.unused(design);
        for network in &design.networks {
            let (role, indices) = (network.role.name(), self.indices(network));
            if indices.len() < network.layers.len() {
                // Without gaps the first index that is not there is missing; with gaps nobody
                // knows.
                let layer = indices.iter().zip(0..).take_while(|&(&index, place)| index == place).count();
                let found = indices.iter().map(|i| format!("{role}.{i}.weight")).collect();
                return Err(missing(self.file, network, found, layer, unused));
            }
        }
        match unused.is_empty() {
            true => Ok(()),
            false => Err(WeightsError::Extra { file: self.file.into(), tensors: unused }),
        }
    }

    fn network(&self, network: &Network) -> Result<NetworkWeights, WeightsError> {
        let role = network.role.name();
        let indices = self.indices(network);
        let mut layers = Vec::with_capacity(network.layers.len());
        for (layer, index) in network.layers.iter().zip(indices) {
            let name = format!("{role}.{index}.weight");
            let weight = self.values(layer, &name, layout::torch_shape(layer))?;
            let name = format!("{role}.{index}.bias");
            let bias = match self.tensors.contains_key(&name) {
                true => self.values(layer, &name, vec![layer.biases()])?,
                false => vec![0.0; layer.biases()],
            };
            layers.push(layout::from_torch(layer, &weight, &bias));
        }
        Ok(NetworkWeights { role: network.role, layers })
    }

    fn values(&self, layer: &Layer, name: &str, shape: Vec<usize>) -> Result<Vec<f32>, WeightsError> {
        let tensor = &self.tensors[name];
        check_shape(self.file, name, layer, tensor.shape(), shape)?;
        let Some(values) = float::decode(tensor.dtype(), tensor.data()) else {
            let (file, tensor, found) = (self.file.into(), name.into(), format!("{:?}", tensor.dtype()));
            return Err(WeightsError::ElementType { file, tensor, found });
        };
        check_finite(self.file, name, tensor.shape(), &values)?;
        Ok(values)
    }
}

/// Role, index and kind of a tensor name; `None` if it is not of the form `role.index.kind`.
fn split(name: &str) -> Option<(&str, u64, &str)> {
    let (prefix, rest) = name.split_once('.')?;
    let (digits, kind) = rest.split_once('.')?;
    let index: u64 = digits.parse().ok()?;
    // `00` and `+0` parse too, but would be a second name for index 0.
    (index.to_string() == digits).then_some((prefix, index, kind))
}

fn missing(file: &str, network: &Network, found: Vec<String>, layer: usize, unused: Vec<String>) -> WeightsError {
    let (role, wanted) = (network.role.name(), network.layers.len());
    let missing = format!("{role}.{layer}.weight");
    WeightsError::Missing { file: file.into(), role, found, wanted, missing, unused }
}

fn check_shape(
    file: &str,
    tensor: &str,
    layer: &Layer,
    found: &[usize],
    wanted: Vec<usize>,
) -> Result<(), WeightsError> {
    if found == wanted {
        return Ok(());
    }
    let (file, tensor, layer) = (file.into(), tensor.into(), layer.name.clone());
    Err(WeightsError::Shape { file, tensor, layer, found: found.into(), wanted })
}

fn check_finite(file: &str, tensor: &str, shape: &[usize], values: &[f32]) -> Result<(), WeightsError> {
    let Some(mut place) = values.iter().position(|v| !v.is_finite()) else {
        return Ok(());
    };
    let value = values[place];
    let mut index = vec![0; shape.len()];
    for (slot, &extent) in index.iter_mut().zip(shape).rev() {
        *slot = place % extent;
        place /= extent;
    }
    Err(WeightsError::NotFinite { file: file.into(), tensor: tensor.into(), index, value })
}
