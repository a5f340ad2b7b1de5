//! The classifier behind the scores: made from a data set once, then read from the cache.

use crate::config::{Activation, Layer, LayerOp, Network, PixelRange, Role, Shape};
use crate::cosim::tools::tool_dir;
use crate::data::batches::shuffled;
use crate::data::{Batches, DataSet, TensorFile, TensorFileError};
use crate::float::{CLASSIFIER, FloatClassifier, FloatState};
use crate::weights::seeded::SplitMix64;
use crate::weights::{LayerWeights, NetworkWeights, Weights};
use ndarray::{Array1, Array2, Axis};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Outputs of the layer before the last.
pub(super) const FEATURES: usize = 64;
/// Images a step.
const BATCH: usize = 64;
/// Images seen in training, however large the data set is: 12 epochs of 9,000.
const SEEN: usize = 108_000;
/// Share of the images that accuracy is measured on.
const HELD_OUT: usize = 10;
const SEED: u64 = 1;
/// Raised when the network or its training changes, so that old files in the cache are not used.
const VERSION: u32 = 1;

/// A data set that no classifier can be made from.
#[derive(Debug, Error)]
pub enum JudgeError {
    #[error(
        "{source_name}: {images} images of {classes} classes; scores need at least {FEATURES} images and 2 classes"
    )]
    TooSmall { source_name: String, images: usize, classes: usize },
}

crate::data::diagnostic!(JudgeError);

impl JudgeError {
    /// What the user can do about it.
    pub fn help(&self) -> String {
        "use a larger data set".into()
    }
}

/// The trained classifier and its accuracy on images it has not seen, 0 to 1.
pub(super) struct Judge {
    pub classifier: FloatClassifier,
    pub accuracy: f64,
}

impl Judge {
    /// From the cache, else trained. `progress` gets the steps made and all steps.
    pub fn for_data(data: &DataSet, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, JudgeError> {
        Self::cached(data, &cache_dir(), progress)
    }

    fn cached(data: &DataSet, directory: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<Self, JudgeError> {
        let classes = data.labels.iter().max().map_or(0, |&most| usize::from(most) + 1);
        if data.len() < FEATURES || classes < 2 {
            let (source_name, images) = (data.source.clone(), data.len());
            return Err(JudgeError::TooSmall { source_name, images, classes });
        }
        let network = network(data.shape(), classes);
        let path = directory.join(format!("{}.safetensors", &key(data)[..32]));
        if let Ok(judge) = read(&network, &path) {
            return Ok(judge);
        }
        let judge = train(&network, data, progress);
        // A cache that cannot be written only costs time.
        let _ = std::fs::create_dir_all(directory);
        let _ = write(&judge, &path);
        Ok(judge)
    }
}

fn cache_dir() -> PathBuf {
    tool_dir().join("classifiers")
}

/// Convolutions that halve the sides until they are at most 8, at least two, then the features, then the classes.
fn network(image: Shape, classes: usize) -> Network {
    let mut layers: Vec<Layer> = Vec::new();
    let mut add = |op, activation, output: &dyn Fn(Shape) -> Shape| {
        let input = layers.last().map_or(image, |l: &Layer| l.output);
        let name = format!("classifier_{}", layers.len());
        let output = output(input);
        layers.push(Layer { name, op, activation, dropout: 0.0, input, output });
        output
    };
    let mut map = image;
    for index in 0.. {
        if index >= 2 && map.height.max(map.width) <= 8 {
            break;
        }
        let op = LayerOp::Conv { kernel: 5, stride: 2, padding: 2 };
        let channels = if index == 0 { 16 } else { 32 };
        map = add(op, Activation::Relu, &|s| Shape::new(s.height.div_ceil(2), s.width.div_ceil(2), channels));
    }
    add(LayerOp::Dense, Activation::Relu, &|_| Shape::vector(FEATURES));
    add(LayerOp::Dense, Activation::Linear, &|_| Shape::vector(classes));
    Network { role: Role::Classifier, input: image, layers }
}

fn train(network: &Network, data: &DataSet, progress: &mut dyn FnMut(u64, u64)) -> Judge {
    let order = shuffled(data.len(), SplitMix64::stream(SEED, 0));
    let (test, learn) = order.split_at(data.len() / HELD_OUT);
    let mut classifier = FloatClassifier::new(network, PixelRange::Unit, SEED);
    let mut batches = Batches::new(learn.len(), SEED);
    let steps = (SEEN / BATCH) as u64;
    for step in 0..steps {
        // A rate that falls to zero is worth one percent of accuracy.
        classifier.set_rate(CLASSIFIER.rate * (1.0 - step as f32 / steps as f32));
        let images: Vec<usize> = batches.batch(step, BATCH).into_iter().map(|i| learn[i]).collect();
        let labels: Vec<u8> = images.iter().map(|&i| data.labels[i]).collect();
        classifier.step(data.images.select(Axis(0), &images).view(), &labels);
        progress(step + 1, steps);
    }
    let classes = classifier.classify(data.images.select(Axis(0), test).view()).classes();
    let right = classes.iter().zip(test).filter(|&(&class, &image)| class == usize::from(data.labels[image])).count();
    Judge { classifier, accuracy: right as f64 / test.len() as f64 }
}

/// SHA-256 of what the classifier depends on.
fn key(data: &DataSet) -> String {
    let mut hash = Sha256::new();
    hash.update(format!(
        "{VERSION} {:?} {BATCH} {SEEN} {HELD_OUT} {SEED} {:?}",
        data.images.dim(),
        std::env::consts::ARCH
    ));
    hash.update(data.images.as_slice().expect("data sets are in standard layout"));
    hash.update(&data.labels);
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

fn read(network: &Network, path: &Path) -> Result<Judge, TensorFileError> {
    let file = TensorFile::read(path)?;
    let name = path.display().to_string();
    let layer = |(index, layer): (usize, &Layer)| {
        let size = [layer.matrix_rows(), layer.matrix_columns()];
        let matrix = file.get(&name, &format!("{index}.matrix"), &size)?;
        let bias = file.get(&name, &format!("{index}.bias"), &[layer.biases()])?;
        let matrix = Array2::from_shape_vec(size, matrix).expect("`get` checked the size");
        Ok(LayerWeights { matrix, bias: Array1::from_vec(bias) })
    };
    let layers = network.layers.iter().enumerate().map(layer).collect::<Result<_, TensorFileError>>()?;
    let missing =
        || TensorFileError::Tensor { file: name.clone(), name: "accuracy".into(), problem: "is missing".into() };
    let accuracy = file.description.get("accuracy").and_then(serde_json::Value::as_f64).ok_or_else(missing)?;
    let weights = Weights { networks: vec![NetworkWeights { role: network.role, layers }] };
    let classifier = FloatClassifier::from_state(network, PixelRange::Unit, FloatState::new(weights, SEED));
    Ok(Judge { classifier, accuracy })
}

fn write(judge: &Judge, path: &Path) -> Result<(), crate::data::WriteError> {
    let mut file = TensorFile::default();
    file.description.insert("accuracy".into(), judge.accuracy.into());
    for (index, layer) in judge.classifier.state().weights.networks[0].layers.iter().enumerate() {
        file.insert(format!("{index}.matrix"), layer.matrix.shape(), layer.matrix.iter().copied());
        file.insert(format!("{index}.bias"), layer.bias.shape(), layer.bias.iter().copied());
    }
    file.write(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::synthetic;

    #[test]
    fn the_network_fits_every_image() {
        for (height, width, channels) in [(28, 28, 1), (8, 8, 1), (32, 32, 3), (64, 48, 3), (1, 1, 1), (3, 200, 2)] {
            let network = network(Shape::new(height, width, channels), 10);
            for pair in network.layers.windows(2) {
                assert_eq!(pair[0].output, pair[1].input);
            }
            assert_eq!(network.layers.last().expect("layers").input.len(), FEATURES);
            assert_eq!(network.output().len(), 10);
        }
    }

    #[test]
    fn a_judge_is_trained_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let data = synthetic::digits(Shape::new(8, 8, 1), 200, 1);
        let mut steps = 0;
        let first = Judge::cached(&data, folder.path(), &mut |_, _| steps += 1).expect("enough images");
        assert!(steps > 0 && first.accuracy > 0.5, "{}", first.accuracy);
        let mut more = 0;
        let second = Judge::cached(&data, folder.path(), &mut |_, _| more += 1).expect("enough images");
        assert_eq!((more, second.accuracy), (0, first.accuracy));
        let said = |judge: &Judge| judge.classifier.classify(data.images.view());
        assert_eq!(said(&first), said(&second));
        // A damaged file is made again.
        let path = std::fs::read_dir(folder.path()).expect("a folder").next().expect("a file").expect("a file").path();
        let bytes = std::fs::read(&path).expect("a file");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("a file");
        Judge::cached(&data, folder.path(), &mut |_, _| more += 1).expect("enough images");
        assert_eq!((more, std::fs::read(&path).expect("a file")), (steps, bytes));
    }
}
