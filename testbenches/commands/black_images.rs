//! A data set that no network learns from.

use std::fs;
use std::path::Path;

/// Black images: nothing tells the classes apart, and every output is the same.
pub fn write_black_images(folder: &Path, count: u8) {
    fs::create_dir(folder).expect("a folder");
    let header = |kind: u8, sizes: &[u8]| {
        let sizes = sizes.iter().flat_map(|&size| [0, 0, 0, size]);
        [0, 0, 8, kind].into_iter().chain(sizes).collect::<Vec<u8>>()
    };
    let mut images = header(3, &[count, 28, 28]);
    images.resize(images.len() + usize::from(count) * 28 * 28, 0);
    fs::write(folder.join("t10k-images-idx3-ubyte"), images).expect("a file");
    let labels = header(1, &[count]).into_iter().chain((0..count).map(|i| i % 10)).collect::<Vec<u8>>();
    fs::write(folder.join("t10k-labels-idx1-ubyte"), labels).expect("a file");
}
